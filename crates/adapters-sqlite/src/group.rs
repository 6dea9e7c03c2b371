//! Groups, and what they are linked to.

use async_trait::async_trait;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use muster_domain::group::{Group, Place};
use muster_domain::id::{GroupId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{Groups, ReadGroups, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::{group_members, user_groups};
use crate::statement::{Bind, Statement, all_or_none};
use crate::user::{id, texts};

const ADD: &str = "INSERT INTO group_members (group_id, user_id, username, created_at) \
    SELECT user_groups.id, users.id, users.username, ? FROM json_each(?) AS wanted CROSS JOIN users ON users.id = wanted.value \
    CROSS JOIN user_groups ON user_groups.id = ? WHERE true ON CONFLICT DO NOTHING RETURNING user_id";

const TAKE_OUT: &str = "DELETE FROM group_members WHERE group_id = ? AND user_id IN (SELECT value FROM json_each(?)) RETURNING user_id";

const LINK_TEAM: &str = "INSERT INTO group_places (group_id, team_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";

const LINK_CHANNEL: &str = "INSERT INTO group_places (group_id, channel_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";

const UNLINK_TEAM: &str = "DELETE FROM group_places WHERE group_id = ? AND team_id = ?";

const UNLINK_CHANNEL: &str = "DELETE FROM group_places WHERE group_id = ? AND channel_id = ?";

const UNLINK_ALL: &str = "DELETE FROM group_places WHERE group_id = ?";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = user_groups, check_for_backend(Sqlite))]
struct GroupRow {
    id: String,
    name: String,
    display_name: String,
    description: String,
    allows_reference: bool,
    created_at: i64,
    updated_at: i64,
    deleted_at: i64,
}

impl From<&Group> for GroupRow {
    fn from(group: &Group) -> Self {
        Self {
            id: group.id.as_str().to_owned(),
            name: group.name.clone(),
            display_name: group.display_name.clone(),
            description: group.description.clone(),
            allows_reference: group.allows_reference,
            created_at: group.created_at.as_millis(),
            updated_at: group.updated_at.as_millis(),
            deleted_at: group.deleted_at.as_millis(),
        }
    }
}

impl TryFrom<GroupRow> for Group {
    type Error = StoreError;

    fn try_from(row: GroupRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "user_groups", "id")?,
            name: row.name,
            display_name: row.display_name,
            description: row.description,
            allows_reference: row.allows_reference,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            deleted_at: Timestamp::from_millis(row.deleted_at),
        })
    }
}

fn remove(c: &mut SqliteConnection, group: &str, at: i64) -> QueryResult<()> {
    all_or_none(c, |c| {
        let removed = (user_groups::deleted_at.eq(at), user_groups::updated_at.eq(at));
        diesel::update(user_groups::table.find(group)).set(removed).execute(c)?;
        diesel::delete(group_members::table.filter(group_members::group_id.eq(group))).execute(c)?;
        Statement::<()>::new(UNLINK_ALL, vec![Bind::Text(group)]).execute(c).map(drop)
    })
}

/// A statement for a team, or one for a channel, with the id of what it is about.
fn of_place<'a>(place: &'a Place, of_team: &'static str, of_channel: &'static str) -> (&'static str, &'a str) {
    match place {
        Place::Team(team) => (of_team, team.as_str()),
        Place::Channel(channel) => (of_channel, channel.as_str()),
    }
}

fn user_ids(ids: &[String]) -> Result<Vec<UserId>, StoreError> {
    ids.iter().map(|user| id(user, "group_members", "user_id")).collect()
}

#[async_trait]
impl ReadGroups for Repositories {
    #[tracing::instrument(name = "db.groups.by_id", skip_all)]
    async fn by_id(&mut self, id: &GroupId) -> Result<Option<Group>, StoreError> {
        let id = id.clone();
        let query = move |c: &mut _| user_groups::table.find(id.as_str()).select(GroupRow::as_select()).get_result(c).optional();
        self.run(query).await?.map(Group::try_from).transpose()
    }

    #[tracing::instrument(name = "db.groups.list", skip_all)]
    async fn list(&mut self, page: Page) -> Result<Vec<Group>, StoreError> {
        let query = move |c: &mut _| {
            let in_use = user_groups::table.filter(user_groups::deleted_at.eq(0)).order((user_groups::display_name, user_groups::id));
            let offset = i64::try_from(page.offset()).unwrap_or(i64::MAX);
            in_use.limit(i64::from(page.size)).offset(offset).select(GroupRow::as_select()).load(c)
        };
        self.run(query).await?.into_iter().map(Group::try_from).collect()
    }

    #[tracing::instrument(name = "db.groups.has_name", skip_all)]
    async fn has_name(&mut self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        let query = move |c: &mut _| {
            let named = user_groups::table.filter(user_groups::name.eq(name)).filter(user_groups::deleted_at.eq(0));
            diesel::select(exists(named)).get_result(c)
        };
        self.run(query).await
    }

    #[tracing::instrument(name = "db.groups.size", skip_all)]
    async fn size(&mut self, group: &GroupId) -> Result<u64, StoreError> {
        let group = group.clone();
        let query = move |c: &mut _| {
            group_members::table.filter(group_members::group_id.eq(group.as_str())).select(count_star()).get_result::<i64>(c)
        };
        Ok(self.run(query).await?.unsigned_abs())
    }
}

#[async_trait]
impl Groups for Repositories {
    #[tracing::instrument(name = "db.groups.insert", skip_all, fields(group.id = group.id.as_str()))]
    async fn insert(&mut self, group: &Group) -> Result<(), StoreError> {
        let row = GroupRow::from(group);
        self.run(move |c| diesel::insert_into(user_groups::table).values(row).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.groups.remove", skip_all, fields(group.id = group.as_str()))]
    async fn remove(&mut self, group: &GroupId, at: Timestamp) -> Result<(), StoreError> {
        let group = group.clone();
        self.run(move |c| remove(c, group.as_str(), at.as_millis())).await
    }

    #[tracing::instrument(name = "db.groups.add", skip_all, fields(group.id = group.as_str(), users = users.len()))]
    async fn add(&mut self, group: &GroupId, users: &[UserId], at: Timestamp) -> Result<Vec<UserId>, StoreError> {
        let (group, wanted) = (group.clone(), texts(users.iter().map(UserId::as_str)));
        let query = move |c: &mut _| {
            let binds = vec![Bind::Number(at.as_millis()), Bind::Text(&wanted), Bind::Text(group.as_str())];
            Statement::<Text>::new(ADD, binds).load::<String>(c)
        };
        user_ids(&self.run(query).await?)
    }

    #[tracing::instrument(name = "db.groups.take_out", skip_all, fields(group.id = group.as_str(), users = users.len()))]
    async fn take_out(&mut self, group: &GroupId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let (group, wanted) = (group.clone(), texts(users.iter().map(UserId::as_str)));
        let query =
            move |c: &mut _| Statement::<Text>::new(TAKE_OUT, vec![Bind::Text(group.as_str()), Bind::Text(&wanted)]).load::<String>(c);
        user_ids(&self.run(query).await?)
    }

    #[tracing::instrument(name = "db.groups.link", skip_all, fields(group.id = group.as_str()))]
    async fn link(&mut self, group: &GroupId, place: &Place, at: Timestamp) -> Result<(), StoreError> {
        let (group, place) = (group.clone(), place.clone());
        let query = move |c: &mut _| {
            let (link, id) = of_place(&place, LINK_TEAM, LINK_CHANNEL);
            Statement::<()>::new(link, vec![Bind::Text(group.as_str()), Bind::Text(id), Bind::Number(at.as_millis())]).execute(c)
        };
        self.run(query).await.map(drop)
    }

    #[tracing::instrument(name = "db.groups.unlink", skip_all, fields(group.id = group.as_str()))]
    async fn unlink(&mut self, group: &GroupId, place: &Place) -> Result<bool, StoreError> {
        let (group, place) = (group.clone(), place.clone());
        let query = move |c: &mut _| {
            let (unlink, id) = of_place(&place, UNLINK_TEAM, UNLINK_CHANNEL);
            Statement::<()>::new(unlink, vec![Bind::Text(group.as_str()), Bind::Text(id)]).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }
}
