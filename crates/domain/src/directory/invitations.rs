//! Invitations that the operator hands on.

use super::Directory;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::credential::Token;
use crate::email::Email;
use crate::id::InvitationId;
use crate::invitation::{Invitation, Invitee, NewInvitation};
use crate::operation::Operation;
use crate::permission::{Permit, operations};
use crate::store::StoreError;

/// An invitation that was made, with the token that its link carries.
#[derive(Debug)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// Its token, told this once.
    pub token: Token,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// There is no such team.
    #[error("there is no team of that name")]
    MissingTeam,
    /// There is no such channel.
    #[error("the team has no channel of that name")]
    MissingChannel,
    /// It is no mail address.
    #[error("the e-mail address has the form name@domain")]
    Email,
    /// A guest needs a channel to be in.
    #[error("a guest is invited to channels: name one at least")]
    GuestWithoutChannel,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// Makes an invitation for an address, for the operator at the machine to hand on.
    ///
    /// # Errors
    ///
    /// [`InviteError`] names what is missing.
    #[tracing::instrument(skip_all)]
    pub async fn invite(
        &self,
        _: Permit<operations::InviteByLink>,
        team: &str,
        channels: &[String],
        email: &str,
        invitee: Invitee,
    ) -> Result<Invited, InviteError> {
        let email = Email::parse(email).map_err(|_| InviteError::Email)?;
        if invitee.is_guest() && channels.is_empty() {
            return Err(InviteError::GuestWithoutChannel);
        }
        let now = self.clock.now();
        let token = Token::from_random(self.randomness.bits());
        let mut work = self.store.begin().await?;
        let team = work.teams().by_name(team).await?.ok_or(InviteError::MissingTeam)?;
        let mut ids = Vec::with_capacity(channels.len());
        for name in channels {
            ids.push(work.channels().by_name(Some(&team.id), name).await?.ok_or(InviteError::MissingChannel)?.id);
        }
        let invitation = Invitation {
            id: InvitationId::from_random(self.randomness.bits()),
            team_id: team.id.clone(),
            channels: ids,
            email: email.as_str().to_owned(),
            is_guest: invitee.is_guest(),
            invited_by: None,
            created_at: now,
        };
        let digest = self.keys.digest(invitee.purpose(), token.expose());
        work.invitations().insert(&NewInvitation { invitation: invitation.clone(), token: digest }).await?;
        let after =
            serde_json::json!({ "team": team.id.as_str(), "guest": invitee.is_guest(), "by_link": invitee == Invitee::GuestByLink });
        let entry = self.entry(Operation::InviteByLink, &Actor::Operator, now, &Origin::at_the_machine());
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(Invited { invitation, token })
    }
}

#[cfg(test)]
mod tests;
