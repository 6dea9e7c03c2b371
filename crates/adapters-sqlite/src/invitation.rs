//! Invitations by mail.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::credential::Digest;
use muster_domain::id::{ChannelId, InvitationId};
use muster_domain::invitation::{Invitation, NewInvitation};
use muster_domain::store::{Invitations, ReadInvitations, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::invitations;
use crate::statement::{Bind, Statement};
use crate::user::id;

const PURGE: &str = "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE created_at < ? ORDER BY created_at LIMIT ?)";

#[derive(Insertable)]
#[diesel(table_name = invitations, treat_none_as_default_value = false)]
struct NewRow {
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

impl From<&NewInvitation> for NewRow {
    fn from(new: &NewInvitation) -> Self {
        let NewInvitation { invitation, token } = new;
        Self {
            id: invitation.id.to_string(),
            token_hash: token.value().to_owned(),
            key_id: token.key().as_str().to_owned(),
            team_id: invitation.team_id.to_string(),
            channels: invitation.channels.iter().map(ChannelId::as_str).collect::<Vec<_>>().join(" "),
            email: invitation.email.clone(),
            is_guest: invitation.is_guest,
            invited_by: invitation.invited_by.as_ref().map(ToString::to_string),
            created_at: invitation.created_at.as_millis(),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations, check_for_backend(Sqlite))]
struct InvitationRow {
    id: String,
    team_id: String,
    channels: String,
    email: String,
    is_guest: bool,
    invited_by: Option<String>,
    created_at: i64,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StoreError;

    fn try_from(row: InvitationRow) -> Result<Self, StoreError> {
        let channels = row.channels.split_ascii_whitespace().map(|channel| id(channel, "invitations", "channels"));
        Ok(Self {
            id: id(&row.id, "invitations", "id")?,
            team_id: id(&row.team_id, "invitations", "team_id")?,
            channels: channels.collect::<Result<_, _>>()?,
            email: row.email,
            is_guest: row.is_guest,
            invited_by: row.invited_by.map(|inviter| id(&inviter, "invitations", "invited_by")).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

fn by_token(c: &mut SqliteConnection, hashes: &[Digest]) -> QueryResult<Option<InvitationRow>> {
    for hash in hashes {
        let found = invitations::table.filter(invitations::token_hash.eq(hash.value())).filter(invitations::key_id.eq(hash.key().as_str()));
        let row = found.select(InvitationRow::as_select()).get_result(c).optional()?;
        if row.is_some() {
            return Ok(row);
        }
    }
    Ok(None)
}

#[async_trait]
impl ReadInvitations for Repositories {
    #[tracing::instrument(name = "db.invitations.by_token", skip_all)]
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<Invitation>, StoreError> {
        let hashes = hashes.to_vec();
        self.run(move |c| by_token(c, &hashes)).await?.map(Invitation::try_from).transpose()
    }
}

#[async_trait]
impl Invitations for Repositories {
    #[tracing::instrument(name = "db.invitations.insert", skip_all, fields(invitation.id = invitation.invitation.id.as_str()))]
    async fn insert(&mut self, invitation: &NewInvitation) -> Result<(), StoreError> {
        let row = NewRow::from(invitation);
        self.run(move |c| diesel::insert_into(invitations::table).values(row).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.invitations.redeem", skip_all, fields(invitation.id = id.as_str()))]
    async fn redeem(&mut self, id: &InvitationId) -> Result<bool, StoreError> {
        let id = id.clone();
        Ok(self.run(move |c| diesel::delete(invitations::table.find(id.as_str())).execute(c)).await? == 1)
    }

    #[tracing::instrument(name = "db.invitations.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = vec![Bind::Number(before.as_millis()), Bind::Number(i64::from(most))];
            Statement::<()>::new(PURGE, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }
}
