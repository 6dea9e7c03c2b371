//! What promises about people in teams, channels and groups begin with, and look with. An account's short id is its login name
//! without what no id has.

use super::{begin, commit, minutes};
use crate::channel::ChannelMember;
use crate::group::Place;
use crate::id::{TeamId, UserId};
use crate::page::Page;
use crate::store::{Store, StoreError, UnitOfWork};
use crate::team::{Standing, TeamMember};
use crate::testkit::fixture::{channel, channel_member, email, group, id, team, team_member, user};
use crate::user::User;
use crate::user::query::{Count, Filter, Listed, Listing, Order, Scope, View};
use crate::username::Username;

/// Enough rows for any part of a list.
pub(super) const ALL: Page = Page { number: 0, size: 100_000 };

/// Does something in a unit of work of its own.
pub(super) async fn done<T>(store: &dyn Store, act: impl AsyncFnOnce(&mut dyn UnitOfWork) -> T) -> T {
    let mut work = begin(store).await;
    let result = act(&mut *work).await;
    commit(work).await.unwrap();
    result
}

/// The short id of who has a login name.
pub(super) fn short_id(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Adds ordinary accounts.
pub(super) async fn people(store: &dyn Store, names: &[&str]) {
    let users: Vec<_> = names.iter().map(|name| user(&short_id(name), name)).collect();
    done(store, async |work| work.users().insert(&users).await).await.unwrap();
}

/// Writes an account that is there as something else.
pub(super) async fn change(store: &dyn Store, name: &str, change: impl FnOnce(&mut User)) {
    done(store, async |work| {
        let mut user = work.users().locked(&id(&short_id(name))).await.unwrap().unwrap();
        change(&mut user);
        work.users().update(&user).await
    })
    .await
    .unwrap();
}

/// Gives an account another login name and address; its id stays.
pub(super) async fn rename(store: &dyn Store, before: &str, after: &str) {
    change(store, before, |user| (user.username, user.email) = (Username::parse(after).unwrap(), email(after))).await;
}

pub(super) async fn deactivate(store: &dyn Store, name: &str) {
    change(store, name, |user| user.deleted_at = minutes(1)).await;
}

/// Adds a team with ordinary members.
pub(super) async fn add_team(store: &dyn Store, short_id: &str, members: &[&str]) {
    done(store, async |work| {
        work.teams().insert(&team(short_id)).await?;
        for member in members {
            work.teams().join(&team_member(short_id, member)).await?;
        }
        Ok::<_, StoreError>(())
    })
    .await
    .unwrap();
}

pub(super) async fn join(store: &dyn Store, member: &TeamMember) -> bool {
    done(store, async |work| work.teams().join(member).await).await.unwrap()
}

pub(super) async fn leave(store: &dyn Store, team: &str, name: &str) -> bool {
    done(store, async |work| work.teams().leave(&id(team), &id(name), minutes(9)).await).await.unwrap()
}

/// Adds a channel with ordinary members.
pub(super) async fn add_channel(store: &dyn Store, short_id: &str, team: Option<&str>, members: &[&str]) {
    done(store, async |work| work.channels().insert(&channel(short_id, team)).await).await.unwrap();
    enter(store, short_id, members).await;
}

/// Puts ordinary members into a channel.
pub(super) async fn enter(store: &dyn Store, channel: &str, members: &[&str]) -> Vec<UserId> {
    let members: Vec<_> = members.iter().map(|member| channel_member(channel, member)).collect();
    done(store, async |work| work.channels().join(&members).await).await.unwrap()
}

/// Adds a group with members.
pub(super) async fn add_group(store: &dyn Store, short_id: &str, members: &[&str]) {
    let ids = ids(members);
    done(store, async |work| {
        work.groups().insert(&group(short_id)).await?;
        work.groups().add(&id(short_id), &ids, minutes(0)).await
    })
    .await
    .unwrap();
}

pub(super) async fn link(store: &dyn Store, group: &str, place: &Place) {
    done(store, async |work| work.groups().link(&id(group), place, minutes(0)).await).await.unwrap();
}

pub(super) fn ids(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| id(name)).collect()
}

/// A member of a team with other rights.
pub(super) fn team_place(team: &str, name: &str, standing: Standing) -> TeamMember {
    TeamMember { standing, ..team_member(team, name) }
}

/// A member of a channel with other rights.
pub(super) fn channel_place(channel: &str, name: &str, standing: Standing) -> ChannelMember {
    ChannelMember { standing, ..channel_member(channel, name) }
}

/// The whole of a scope by username.
pub(super) fn listing(scope: Scope) -> Listing {
    Listing { scope, page: ALL, ..Listing::default() }
}

pub(super) fn in_team(short_id: &str) -> Scope {
    Scope::InTeam(id(short_id))
}

pub(super) fn in_channel(short_id: &str) -> Scope {
    Scope::InChannel(id(short_id))
}

pub(super) fn not_in_team(short_id: &str) -> Scope {
    Scope::NotInTeam { team: id(short_id), is_constrained: false }
}

pub(super) fn not_in_channel(team: &str, channel: &str) -> Scope {
    Scope::NotInChannel { team: id::<TeamId>(team), channel: id(channel), is_constrained: false }
}

/// What is listed, as it was told.
pub(super) async fn rows(store: &dyn Store, listing: &Listing) -> Vec<Listed> {
    store.read().await.unwrap().users().list(listing).await.unwrap()
}

/// The login names that are listed.
pub(super) async fn listed(store: &dyn Store, listing: &Listing) -> Vec<String> {
    rows(store, listing).await.iter().map(|row| row.user.username.as_str().to_owned()).collect()
}

/// The login names of the whole of a scope.
pub(super) async fn of_scope(store: &dyn Store, scope: Scope) -> Vec<String> {
    listed(store, &listing(scope)).await
}

/// The login names of the whole of a scope in an order.
pub(super) async fn ordered(store: &dyn Store, scope: Scope, order: Order) -> Vec<String> {
    listed(store, &Listing { order, ..listing(scope) }).await
}

/// The login names of the part of a scope that a filter leaves.
pub(super) async fn filtered(store: &dyn Store, scope: Scope, filter: Filter) -> Vec<String> {
    listed(store, &Listing { filter, ..listing(scope) }).await
}

pub(super) fn known_to(name: &str) -> Filter {
    Filter { view: View::KnownTo(id(name)), ..Filter::default() }
}

/// How many people and bots of all servers there are in a scope.
pub(super) async fn count_all(store: &dyn Store, scope: Scope) -> u64 {
    let count = Count { scope, with_bots: true, with_remote: true, ..Count::default() };
    store.read().await.unwrap().users().count(&count).await.unwrap()
}
