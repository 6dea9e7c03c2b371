//! Groups of accounts, and what they are linked to.

use std::collections::HashSet;

use async_trait::async_trait;
use diesel::dsl::{count_star, exists};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use muster_domain::group::{Group, Place};
use muster_domain::id::{GroupId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{Cause, Groups, ReadGroups, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::{is_storable, offset};
use crate::schema::{group_members, group_places, user_groups};
use crate::statement::{Bind, Statement};

/// Rows are locked and added in one order, as where people are put into channels. The group's lock waits for its removal.
const ADD: &str = "WITH held AS MATERIALIZED (SELECT id FROM user_groups WHERE id = ? FOR SHARE), \
    known AS MATERIALIZED (\
        SELECT users.id, users.username FROM unnest(?) AS wanted JOIN users ON users.id = wanted FOR KEY SHARE OF users) \
    INSERT INTO group_members (group_id, user_id, username, created_at) \
    SELECT held.id, known.id, known.username, ? FROM held, known ON CONFLICT DO NOTHING RETURNING user_id";

const TAKE_OUT: &str = "DELETE FROM group_members WHERE group_id = ? AND user_id = ANY(?) RETURNING user_id";

const LINK: &str = "INSERT INTO group_places (group_id, team_id, channel_id, created_at) \
    SELECT id, ?, ?, ? FROM user_groups WHERE id = ? FOR SHARE ON CONFLICT DO NOTHING";

/// A group as it is stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = user_groups, check_for_backend(diesel::pg::Pg))]
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
        let group = group.clone();
        Self {
            id: group.id.to_string(),
            name: group.name,
            display_name: group.display_name,
            description: group.description,
            allows_reference: group.allows_reference,
            created_at: group.created_at.as_millis(),
            updated_at: group.updated_at.as_millis(),
            deleted_at: group.deleted_at.as_millis(),
        }
    }
}

fn read(row: GroupRow) -> Result<Group, Cause> {
    Ok(Group {
        id: row.id.parse()?,
        name: row.name,
        display_name: row.display_name,
        description: row.description,
        allows_reference: row.allows_reference,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        deleted_at: Timestamp::from_millis(row.deleted_at),
    })
}

fn entity(row: GroupRow) -> Result<Group, StoreError> {
    read(row).map_err(corrupt("user_groups"))
}

/// The team and the channel that a place is, one of them.
fn columns(place: &Place) -> (Option<&str>, Option<&str>) {
    match place {
        Place::Team(team) => (Some(team.as_str()), None),
        Place::Channel(channel) => (None, Some(channel.as_str())),
    }
}

/// Those of some ids that a statement told of, in their order.
fn told(users: &[UserId], ids: Vec<(String,)>) -> Vec<UserId> {
    let mut ids: HashSet<_> = ids.into_iter().map(|(id,)| id).collect();
    users.iter().filter(|user| ids.remove(user.as_str())).cloned().collect()
}

#[async_trait]
impl ReadGroups for Lease {
    #[tracing::instrument(name = "db.groups.by_id", skip_all)]
    async fn by_id(&mut self, id: &GroupId) -> Result<Option<Group>, StoreError> {
        let query = user_groups::table.filter(user_groups::id.eq(id.as_str())).select(GroupRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.settle(found)?.map(entity).transpose()
    }

    #[tracing::instrument(name = "db.groups.list", skip_all)]
    async fn list(&mut self, page: Page) -> Result<Vec<Group>, StoreError> {
        let query = user_groups::table
            .filter(user_groups::deleted_at.eq(diesel::dsl::sql("0")))
            .order((user_groups::display_name, user_groups::id))
            .offset(offset(page))
            .limit(i64::from(page.size))
            .select(GroupRow::as_select());
        let found = query.load(self.connection()?).await;
        self.settle(found)?.into_iter().map(entity).collect()
    }

    #[tracing::instrument(name = "db.groups.has_name", skip_all)]
    async fn has_name(&mut self, name: &str) -> Result<bool, StoreError> {
        if !is_storable(name) {
            return Ok(false);
        }
        let named = user_groups::table.filter(user_groups::name.eq(name)).filter(user_groups::deleted_at.eq(diesel::dsl::sql("0")));
        let found = diesel::select(exists(named)).get_result(self.connection()?).await;
        self.settle(found)
    }

    #[tracing::instrument(name = "db.groups.size", skip_all, fields(group.id = group.as_str()))]
    async fn size(&mut self, group: &GroupId) -> Result<u64, StoreError> {
        let query = group_members::table.filter(group_members::group_id.eq(group.as_str())).select(count_star());
        let counted: QueryResult<i64> = query.first(self.connection()?).await;
        u64::try_from(self.settle(counted)?).map_err(|error| corrupt("group_members")(error.into()))
    }
}

#[async_trait]
impl Groups for Lease {
    #[tracing::instrument(name = "db.groups.insert", skip_all, fields(group.id = group.id.as_str()))]
    async fn insert(&mut self, group: &Group) -> Result<(), StoreError> {
        let inserted = diesel::insert_into(user_groups::table).values(GroupRow::from(group)).execute(self.connection()?).await;
        self.settle(inserted).map(|_| ())
    }

    #[tracing::instrument(name = "db.groups.remove", skip_all, fields(group.id = group.as_str()))]
    async fn remove(&mut self, group: &GroupId, at: Timestamp) -> Result<(), StoreError> {
        // The group comes first: its lock makes those wait that add to it or link it.
        let removed = (user_groups::updated_at.eq(at.as_millis()), user_groups::deleted_at.eq(at.as_millis()));
        let updated = diesel::update(user_groups::table.find(group.as_str())).set(removed).execute(self.connection()?).await;
        self.settle(updated)?;
        let members = group_members::table.filter(group_members::group_id.eq(group.as_str()));
        let deleted = diesel::delete(members).execute(self.connection()?).await;
        self.settle(deleted)?;
        let places = group_places::table.filter(group_places::group_id.eq(group.as_str()));
        let deleted = diesel::delete(places).execute(self.connection()?).await;
        self.settle(deleted).map(|_| ())
    }

    #[tracing::instrument(name = "db.groups.add", skip_all, fields(group.id = group.as_str(), count = users.len()))]
    async fn add(&mut self, group: &GroupId, users: &[UserId], at: Timestamp) -> Result<Vec<UserId>, StoreError> {
        let mut ids: Vec<_> = users.iter().map(UserId::as_str).collect();
        ids.sort_unstable();
        let binds = vec![Bind::Text(group.as_str()), Bind::Texts(ids), Bind::Number(at.as_millis())];
        let added = Statement::<(Text,)>::new(ADD, binds).load(self.connection()?).await;
        Ok(told(users, self.settle(added)?))
    }

    #[tracing::instrument(name = "db.groups.take_out", skip_all, fields(group.id = group.as_str(), count = users.len()))]
    async fn take_out(&mut self, group: &GroupId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let binds = vec![Bind::Text(group.as_str()), Bind::Texts(users.iter().map(UserId::as_str).collect())];
        let taken = Statement::<(Text,)>::new(TAKE_OUT, binds).load(self.connection()?).await;
        Ok(told(users, self.settle(taken)?))
    }

    #[tracing::instrument(name = "db.groups.link", skip_all, fields(group.id = group.as_str()))]
    async fn link(&mut self, group: &GroupId, place: &Place, at: Timestamp) -> Result<(), StoreError> {
        let (team, channel) = columns(place);
        let binds = vec![Bind::MaybeText(team), Bind::MaybeText(channel), Bind::Number(at.as_millis()), Bind::Text(group.as_str())];
        let linked = Statement::<()>::new(LINK, binds).execute(self.connection()?).await;
        self.settle(linked).map(|_| ())
    }

    #[tracing::instrument(name = "db.groups.unlink", skip_all, fields(group.id = group.as_str()))]
    async fn unlink(&mut self, group: &GroupId, place: &Place) -> Result<bool, StoreError> {
        let (team, channel) = columns(place);
        let links = group_places::table.filter(group_places::group_id.eq(group.as_str()));
        let links = links.filter(group_places::team_id.is_not_distinct_from(team));
        let links = links.filter(group_places::channel_id.is_not_distinct_from(channel));
        let deleted = diesel::delete(links).execute(self.connection()?).await;
        Ok(self.settle(deleted)? == 1)
    }
}
