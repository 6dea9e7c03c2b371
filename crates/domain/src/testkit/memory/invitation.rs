//! Invitations in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work, at_most};
use crate::credential::Digest;
use crate::id::InvitationId;
use crate::invitation::{Invitation, NewInvitation};
use crate::store::{Invitations, ReadInvitations, StoreError, UniqueField};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadInvitations for Repositories<S> {
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<Invitation>, StoreError> {
        Ok(self.0.state().invitations.values().find(|held| hashes.contains(&held.token)).map(|held| held.invitation.clone()))
    }
}

#[async_trait]
impl Invitations for Repositories<Work> {
    async fn insert(&mut self, invitation: &NewInvitation) -> Result<(), StoreError> {
        let invitations = &mut self.0.state_mut().invitations;
        let (id, token) = (&invitation.invitation.id, invitation.token.value());
        if invitations.contains_key(id) || invitations.values().any(|other| other.token.value() == token) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        invitations.insert(id.clone(), invitation.clone());
        Ok(())
    }

    async fn redeem(&mut self, id: &InvitationId) -> Result<bool, StoreError> {
        Ok(self.0.state_mut().invitations.remove(id).is_some())
    }

    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let invitations = &mut self.0.state_mut().invitations;
        let old = invitations.values().map(|held| &held.invitation).filter(|invitation| invitation.created_at < before);
        let old: Vec<_> = old.map(|invitation| invitation.id.clone()).take(at_most(most)).collect();
        invitations.retain(|id, _| !old.contains(id));
        Ok(old.len() as u64)
    }
}
