//! Invitations by mail.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::credential::Digest;
use muster_domain::id::{InvitationId, UserId};
use muster_domain::invitation::{Invitation, NewInvitation};
use muster_domain::store::{Cause, Invitations, ReadInvitations, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::invitations;
use crate::statement::{Bind, Statement};

/// Nodes that purge at once take different rows. Those are chosen once: a sub-query that locks may be run for each row.
const PURGE: &str = "DELETE FROM invitations WHERE id = ANY (ARRAY (SELECT id FROM invitations WHERE created_at < ? \
    ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED))";

/// An invitation as it is stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = invitations, check_for_backend(diesel::pg::Pg))]
struct InvitationRow {
    id: String,
    token_hash: String,
    key_id: String,
    team_id: String,
    channels: String,
    email: String,
    is_guest: bool,
    invited_by: Option<String>,
    created_at: i64,
}

impl From<&NewInvitation> for InvitationRow {
    fn from(new: &NewInvitation) -> Self {
        let invitation = &new.invitation;
        Self {
            id: invitation.id.to_string(),
            token_hash: new.token.value().to_owned(),
            key_id: new.token.key().as_str().to_owned(),
            team_id: invitation.team_id.to_string(),
            channels: invitation.channels.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            email: invitation.email.clone(),
            is_guest: invitation.is_guest,
            invited_by: invitation.invited_by.as_ref().map(UserId::to_string),
            created_at: invitation.created_at.as_millis(),
        }
    }
}

impl InvitationRow {
    /// Whether the stored hash is one of some, made under the same key.
    fn has_one_of(&self, hashes: &[Digest]) -> bool {
        hashes.iter().any(|hash| self.token_hash == hash.value() && self.key_id == hash.key().as_str())
    }
}

fn read(row: InvitationRow) -> Result<Invitation, Cause> {
    Ok(Invitation {
        id: row.id.parse()?,
        team_id: row.team_id.parse()?,
        channels: row.channels.split_ascii_whitespace().map(str::parse).collect::<Result<_, _>>()?,
        email: row.email,
        is_guest: row.is_guest,
        invited_by: row.invited_by.map(|id| id.parse()).transpose()?,
        created_at: Timestamp::from_millis(row.created_at),
    })
}

#[async_trait]
impl ReadInvitations for Lease {
    #[tracing::instrument(name = "db.invitations.by_token", skip_all)]
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<Invitation>, StoreError> {
        let values: Vec<_> = hashes.iter().map(Digest::value).collect();
        let query = invitations::table.filter(invitations::token_hash.eq_any(values)).select(InvitationRow::as_select());
        let found = query.load(self.connection()?).await;
        let mut rows = self.settle(found)?.into_iter();
        rows.find(|row| row.has_one_of(hashes)).map(|row| read(row).map_err(corrupt("invitations"))).transpose()
    }
}

#[async_trait]
impl Invitations for Lease {
    #[tracing::instrument(name = "db.invitations.insert", skip_all, fields(invitation.id = invitation.invitation.id.as_str()))]
    async fn insert(&mut self, invitation: &NewInvitation) -> Result<(), StoreError> {
        let query = diesel::insert_into(invitations::table).values(InvitationRow::from(invitation));
        let inserted = query.execute(self.connection()?).await;
        self.settle(inserted).map(|_| ())
    }

    #[tracing::instrument(name = "db.invitations.redeem", skip_all, fields(invitation.id = id.as_str()))]
    async fn redeem(&mut self, id: &InvitationId) -> Result<bool, StoreError> {
        let deleted = diesel::delete(invitations::table.find(id.as_str())).execute(self.connection()?).await;
        Ok(self.settle(deleted)? == 1)
    }

    #[tracing::instrument(name = "db.invitations.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = vec![Bind::Number(before.as_millis()), Bind::Number(i64::from(most))];
        let deleted = Statement::<()>::new(PURGE, binds).execute(self.connection()?).await;
        Ok(u64::try_from(self.settle(deleted)?).unwrap_or(u64::MAX))
    }
}
