//! Channels, and who is in them.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::channel::{Channel, ChannelKind, ChannelMember};
use muster_domain::id::{ChannelId, TeamId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{Channels, ReadChannels, StoreError};
use muster_domain::team::Standing;
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::{channel_members, channels};
use crate::statement::{Bind, Statement, all_or_none};
use crate::user::id;

const JOIN: &str = "INSERT INTO channel_members (channel_id, user_id, username, is_guest, is_user, is_admin, created_at) \
    SELECT channels.id, users.id, users.username, ?, ?, ?, ? FROM channels CROSS JOIN users WHERE channels.id = ? AND users.id = ? \
    ON CONFLICT DO NOTHING";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = channels, check_for_backend(Sqlite), treat_none_as_default_value = false)]
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
        Self {
            id: channel.id.as_str().to_owned(),
            team_id: channel.team_id.as_ref().map(ToString::to_string),
            kind: channel.kind.letter().to_owned(),
            name: channel.name.clone(),
            display_name: channel.display_name.clone(),
            header: channel.header.clone(),
            purpose: channel.purpose.clone(),
            creator_id: channel.creator_id.as_ref().map(ToString::to_string),
            created_at: channel.created_at.as_millis(),
            updated_at: channel.updated_at.as_millis(),
            deleted_at: channel.deleted_at.as_millis(),
            is_group_constrained: channel.is_group_constrained,
        }
    }
}

impl TryFrom<ChannelRow> for Channel {
    type Error = StoreError;

    fn try_from(row: ChannelRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "channels", "id")?,
            team_id: row.team_id.map(|team| id(&team, "channels", "team_id")).transpose()?,
            kind: ChannelKind::from_letter(&row.kind).ok_or_else(|| corrupt("channels", "kind"))?,
            name: row.name,
            display_name: row.display_name,
            header: row.header,
            purpose: row.purpose,
            creator_id: row.creator_id.map(|creator| id(&creator, "channels", "creator_id")).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            deleted_at: Timestamp::from_millis(row.deleted_at),
            is_group_constrained: row.is_group_constrained,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = channel_members, check_for_backend(Sqlite))]
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
        Ok(Self {
            channel_id: id(&row.channel_id, "channel_members", "channel_id")?,
            user_id: id(&row.user_id, "channel_members", "user_id")?,
            standing: Standing { is_guest: row.is_guest, is_user: row.is_user, is_admin: row.is_admin },
            created_at: Timestamp::from_millis(row.created_at),
        })
    }
}

fn found(row: Option<ChannelRow>) -> Result<Option<Channel>, StoreError> {
    row.map(Channel::try_from).transpose()
}

fn by_name(c: &mut SqliteConnection, team: Option<&str>, name: &str) -> QueryResult<Option<ChannelRow>> {
    let named = channels::table.filter(channels::name.eq(name)).select(ChannelRow::as_select());
    match team {
        Some(team) => named.filter(channels::team_id.eq(team)).get_result(c).optional(),
        None => named.filter(channels::team_id.is_null()).get_result(c).optional(),
    }
}

fn of_user(c: &mut SqliteConnection, user: &str, team: Option<&str>) -> QueryResult<Vec<ChannelRow>> {
    let own = channel_members::table.filter(channel_members::user_id.eq(user)).inner_join(channels::table);
    let in_use = own.filter(channels::deleted_at.eq(0)).order((channels::display_name, channels::id)).select(ChannelRow::as_select());
    match team {
        Some(team) => in_use.filter(channels::team_id.is_null().or(channels::team_id.eq(team))).load(c),
        None => in_use.load(c),
    }
}

fn memberships(c: &mut SqliteConnection, user: &str, team: Option<&str>) -> QueryResult<Vec<MemberRow>> {
    let own = channel_members::table.filter(channel_members::user_id.eq(user)).inner_join(channels::table);
    let own = own.order(channel_members::channel_id).select(MemberRow::as_select());
    match team {
        Some(team) => own.filter(channels::team_id.is_null().or(channels::team_id.eq(team))).load(c),
        None => own.load(c),
    }
}

fn join(c: &mut SqliteConnection, member: &ChannelMember) -> QueryResult<bool> {
    let Standing { is_guest, is_user, is_admin } = member.standing;
    let mut binds: Vec<_> = [is_guest, is_user, is_admin].map(|right| Bind::Number(right.into())).into();
    binds.push(Bind::Number(member.created_at.as_millis()));
    binds.extend([Bind::Text(member.channel_id.as_str()), Bind::Text(member.user_id.as_str())]);
    Ok(Statement::<()>::new(JOIN, binds).execute(c)? == 1)
}

#[async_trait]
impl ReadChannels for Repositories {
    #[tracing::instrument(name = "db.channels.by_id", skip_all)]
    async fn by_id(&mut self, id: &ChannelId) -> Result<Option<Channel>, StoreError> {
        let id = id.clone();
        found(self.run(move |c| channels::table.find(id.as_str()).select(ChannelRow::as_select()).get_result(c).optional()).await?)
    }

    #[tracing::instrument(name = "db.channels.by_name", skip_all)]
    async fn by_name(&mut self, team: Option<&TeamId>, name: &str) -> Result<Option<Channel>, StoreError> {
        let (team, name) = (team.cloned(), name.to_owned());
        found(self.run(move |c| by_name(c, team.as_ref().map(TeamId::as_str), &name)).await?)
    }

    #[tracing::instrument(name = "db.channels.member", skip_all)]
    async fn member(&mut self, channel: &ChannelId, user: &UserId) -> Result<Option<ChannelMember>, StoreError> {
        let (channel, user) = (channel.clone(), user.clone());
        let query = move |c: &mut _| {
            channel_members::table.find((channel.as_str(), user.as_str())).select(MemberRow::as_select()).get_result(c).optional()
        };
        self.run(query).await?.map(ChannelMember::try_from).transpose()
    }

    #[tracing::instrument(name = "db.channels.members", skip_all)]
    async fn members(&mut self, channel: &ChannelId, page: Page) -> Result<Vec<ChannelMember>, StoreError> {
        let channel = channel.clone();
        let query = move |c: &mut _| {
            let members = channel_members::table.filter(channel_members::channel_id.eq(channel.as_str()));
            let ordered = members.order((channel_members::username, channel_members::user_id)).limit(i64::from(page.size));
            ordered.offset(i64::try_from(page.offset()).unwrap_or(i64::MAX)).select(MemberRow::as_select()).load(c)
        };
        self.run(query).await?.into_iter().map(ChannelMember::try_from).collect()
    }

    #[tracing::instrument(name = "db.channels.of_user", skip_all)]
    async fn of_user(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<Channel>, StoreError> {
        let (user, team) = (user.clone(), team.cloned());
        let rows = self.run(move |c| of_user(c, user.as_str(), team.as_ref().map(TeamId::as_str))).await?;
        rows.into_iter().map(Channel::try_from).collect()
    }

    #[tracing::instrument(name = "db.channels.memberships", skip_all)]
    async fn memberships(&mut self, user: &UserId, team: Option<&TeamId>) -> Result<Vec<ChannelMember>, StoreError> {
        let (user, team) = (user.clone(), team.cloned());
        let rows = self.run(move |c| memberships(c, user.as_str(), team.as_ref().map(TeamId::as_str))).await?;
        rows.into_iter().map(ChannelMember::try_from).collect()
    }
}

#[async_trait]
impl Channels for Repositories {
    #[tracing::instrument(name = "db.channels.insert", skip_all, fields(channel.id = channel.id.as_str()))]
    async fn insert(&mut self, channel: &Channel) -> Result<(), StoreError> {
        let row = ChannelRow::from(channel);
        // One statement that a clash undoes by itself: what the unit of work did before stays.
        self.run(move |c| diesel::insert_into(channels::table).values(row).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.channels.join", skip_all, fields(members = members.len()))]
    async fn join(&mut self, members: &[ChannelMember]) -> Result<Vec<UserId>, StoreError> {
        let members = members.to_vec();
        self.run(move |c| {
            all_or_none(c, |c| {
                let mut joined = Vec::new();
                for member in members {
                    if join(c, &member)? {
                        joined.push(member.user_id);
                    }
                }
                Ok(joined)
            })
        })
        .await
    }

    #[tracing::instrument(name = "db.channels.leave", skip_all, fields(channel.id = channel.as_str(), user.id = user.as_str()))]
    async fn leave(&mut self, channel: &ChannelId, user: &UserId) -> Result<bool, StoreError> {
        let (channel, user) = (channel.clone(), user.clone());
        let query = move |c: &mut _| diesel::delete(channel_members::table.find((channel.as_str(), user.as_str()))).execute(c);
        Ok(self.run(query).await? == 1)
    }
}
