//! Channels, and who is in them.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use muster_domain::channel::{Channel, ChannelKind, ChannelMember};
use muster_domain::id::{ChannelId, TeamId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{Cause, Channels, ReadChannels, StoreError, UniqueField};
use muster_domain::team::Standing;
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::{is_storable, offset};
use crate::schema::{channel_members, channels};
use crate::statement::{Bind, Statement};

/// The accounts' locks make changes of their usernames wait, which would leave the new rows behind.
const JOIN: &str = "WITH known AS MATERIALIZED (\
        SELECT wanted.*, users.username FROM unnest(?, ?, ?, ?, ?, ?) \
        AS wanted (channel_id, user_id, is_guest, is_user, is_admin, created_at) \
        JOIN users ON users.id = wanted.user_id JOIN channels ON channels.id = wanted.channel_id FOR KEY SHARE OF users) \
    INSERT INTO channel_members (channel_id, user_id, username, is_guest, is_user, is_admin, created_at) \
    SELECT channel_id, user_id, username, is_guest, is_user, is_admin, created_at FROM known \
    ON CONFLICT DO NOTHING RETURNING channel_id, user_id";

/// A channel as it is stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = channels, check_for_backend(diesel::pg::Pg))]
struct ChannelRow {
    id: String,
    team_id: Option<String>,
    kind: String,
    name: String,
    display_name: String,
    header: String,
    purpose: String,
    creator_id: Option<String>,
    created_at: i64,
    updated_at: i64,
    deleted_at: i64,
    is_group_constrained: Option<bool>,
}

impl From<&Channel> for ChannelRow {
    fn from(channel: &Channel) -> Self {
        let channel = channel.clone();
        Self {
            id: channel.id.to_string(),
            team_id: channel.team_id.map(|id| id.to_string()),
            kind: channel.kind.letter().to_owned(),
            name: channel.name,
            display_name: channel.display_name,
            header: channel.header,
            purpose: channel.purpose,
            creator_id: channel.creator_id.map(|id| id.to_string()),
            created_at: channel.created_at.as_millis(),
            updated_at: channel.updated_at.as_millis(),
            deleted_at: channel.deleted_at.as_millis(),
            is_group_constrained: channel.is_group_constrained,
        }
    }
}

fn read(row: ChannelRow) -> Result<Channel, Cause> {
    Ok(Channel {
        id: row.id.parse()?,
        team_id: row.team_id.map(|id| id.parse()).transpose()?,
        kind: ChannelKind::from_letter(&row.kind).ok_or("the channel's kind is unknown")?,
        name: row.name,
        display_name: row.display_name,
        header: row.header,
        purpose: row.purpose,
        creator_id: row.creator_id.map(|id| id.parse()).transpose()?,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        deleted_at: Timestamp::from_millis(row.deleted_at),
        is_group_constrained: row.is_group_constrained,
    })
}

fn entity(row: ChannelRow) -> Result<Channel, StoreError> {
    read(row).map_err(corrupt("channels"))
}

/// Somebody's place in a channel as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = channel_members, check_for_backend(diesel::pg::Pg))]
struct MemberRow {
    channel_id: String,
    user_id: String,
    is_guest: bool,
    is_user: bool,
    is_admin: bool,
    created_at: i64,
}

impl TryFrom<MemberRow> for ChannelMember {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        let corrupt = corrupt("channel_members");
        Ok(Self {
            channel_id: row.channel_id.parse().map_err(|error| corrupt(Box::new(error)))?,
            user_id: row.user_id.parse().map_err(|error| corrupt(Box::new(error)))?,
            standing: Standing { is_guest: row.is_guest, is_user: row.is_user, is_admin: row.is_admin },
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

#[async_trait]
impl ReadChannels for Lease {
    #[tracing::instrument(name = "db.channels.by_id", skip_all)]
    async fn by_id(&mut self, id: &ChannelId) -> Result<Option<Channel>, StoreError> {
        let query = channels::table.filter(channels::id.eq(id.as_str())).select(ChannelRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.settle(found)?.map(entity).transpose()
    }

    #[tracing::instrument(name = "db.channels.by_name", skip_all)]
    async fn by_name(&mut self, team: Option<&TeamId>, name: &str) -> Result<Option<Channel>, StoreError> {
        if !is_storable(name) {
            return Ok(None);
        }
        let query = channels::table.filter(channels::name.eq(name)).select(ChannelRow::as_select());
        let found = match team {
            Some(team) => query.filter(channels::team_id.eq(team.as_str())).first(self.connection()?).await,
            None => query.filter(channels::team_id.is_null()).first(self.connection()?).await,
        };
        self.settle(found.optional())?.map(entity).transpose()
    }

    #[tracing::instrument(name = "db.channels.member", skip_all, fields(channel.id = channel.as_str()))]
    async fn member(&mut self, channel: &ChannelId, user: &UserId) -> Result<Option<ChannelMember>, StoreError> {
        let place = channel_members::table.find((channel.as_str(), user.as_str()));
        let found = place.select(MemberRow::as_select()).first(self.connection()?).await.optional();
        self.settle(found)?.map(ChannelMember::try_from).transpose()
    }

    #[tracing::instrument(name = "db.channels.members", skip_all, fields(channel.id = channel.as_str()))]
    async fn members(&mut self, channel: &ChannelId, page: Page) -> Result<Vec<ChannelMember>, StoreError> {
        let query = channel_members::table
            .filter(channel_members::channel_id.eq(channel.as_str()))
            .order((channel_members::username, channel_members::user_id))
            .offset(offset(page))
            .limit(i64::from(page.size))
            .select(MemberRow::as_select());
        let found = query.load(self.connection()?).await;
        self.settle(found)?.into_iter().map(ChannelMember::try_from).collect()
    }

    #[tracing::instrument(name = "db.channels.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<Channel>, StoreError> {
        let query = channel_members::table
            .inner_join(channels::table)
            .filter(channel_members::user_id.eq(user.as_str()))
            .filter(channels::deleted_at.eq(0))
            .order((channels::display_name, channels::id))
            .select(ChannelRow::as_select());
        let found = match team {
            Some(team) => {
                let is_near = channels::team_id.eq(team.as_str()).or(channels::team_id.is_null());
                query.filter(is_near.assume_not_null()).load(self.connection()?).await
            }
            None => query.load(self.connection()?).await,
        };
        self.settle(found)?.into_iter().map(entity).collect()
    }

    #[tracing::instrument(name = "db.channels.memberships", skip_all, fields(user.id = user.as_str()))]
    async fn memberships(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<ChannelMember>, StoreError> {
        let query = channel_members::table
            .inner_join(channels::table)
            .filter(channel_members::user_id.eq(user.as_str()))
            .order(channel_members::channel_id)
            .select(MemberRow::as_select());
        let found = match team {
            Some(team) => {
                let is_near = channels::team_id.eq(team.as_str()).or(channels::team_id.is_null());
                query.filter(is_near.assume_not_null()).load(self.connection()?).await
            }
            None => query.load(self.connection()?).await,
        };
        self.settle(found)?.into_iter().map(ChannelMember::try_from).collect()
    }
}

#[async_trait]
impl Channels for Lease {
    #[tracing::instrument(name = "db.channels.insert", skip_all, fields(channel.id = channel.id.as_str()))]
    async fn insert(&mut self, channel: &Channel) -> Result<(), StoreError> {
        // An error would undo the unit of work: what is taken is told by the count.
        let query = diesel::insert_into(channels::table).values(ChannelRow::from(channel)).on_conflict_do_nothing();
        let inserted = query.execute(self.connection()?).await;
        if self.settle(inserted)? == 1 {
            return Ok(());
        }
        let query = diesel::select(exists(channels::table.find(channel.id.as_str())));
        let has_id = query.get_result::<bool>(self.connection()?).await;
        Err(StoreError::Taken(if self.settle(has_id)? { UniqueField::Id } else { UniqueField::Name }))
    }

    #[tracing::instrument(name = "db.channels.join", skip_all, fields(count = members.len()))]
    async fn join(&mut self, members: &[ChannelMember]) -> Result<Vec<UserId>, StoreError> {
        // Rows are locked and added in one order, so that two that add the same people don't wait for each other.
        let mut sorted: Vec<_> = members.iter().collect();
        sorted.sort_by_key(|member| (&member.channel_id, &member.user_id));
        let flags = |flag: fn(&Standing) -> bool| Bind::Flags(sorted.iter().map(|member| flag(&member.standing)).collect());
        let binds = vec![
            Bind::Texts(sorted.iter().map(|member| member.channel_id.as_str()).collect()),
            Bind::Texts(sorted.iter().map(|member| member.user_id.as_str()).collect()),
            flags(|standing| standing.is_guest),
            flags(|standing| standing.is_user),
            flags(|standing| standing.is_admin),
            Bind::Numbers(sorted.iter().map(|member| member.created_at.as_millis()).collect()),
        ];
        let joined = Statement::<(Text, Text)>::new(JOIN, binds).load::<(String, String)>(self.connection()?).await;
        let mut joined: HashSet<_> = self.settle(joined)?.into_iter().collect();
        let mut is_new = |member: &&ChannelMember| joined.remove(&(member.channel_id.to_string(), member.user_id.to_string()));
        Ok(members.iter().filter(|member| is_new(member)).map(|member| member.user_id.clone()).collect())
    }

    #[tracing::instrument(name = "db.channels.leave", skip_all, fields(channel.id = channel.as_str(), user.id = user.as_str()))]
    async fn leave(&mut self, channel: &ChannelId, user: &UserId) -> Result<bool, StoreError> {
        let place = channel_members::table.find((channel.as_str(), user.as_str()));
        let deleted = diesel::delete(place).execute(self.connection()?).await;
        Ok(self.settle(deleted)? == 1)
    }
}
