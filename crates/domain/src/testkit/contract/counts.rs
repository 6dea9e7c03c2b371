//! What holds of counts of accounts.

use super::add;
use super::directory::{
    add_channel, add_team, change, count_all, deactivate, done, in_channel, in_team, join, leave, people, rename, team_place,
};
use crate::role::{ADMIN, Roles, USER};
use crate::store::Store;
use crate::team::Standing;
use crate::testkit::fixture::{bot, id, team_member, user};
use crate::user::User;
use crate::user::query::{Count, Filter, RoleFilter, RoleTest, Scope};

async fn counted(store: &dyn Store, count: &Count) -> u64 {
    store.read().await.unwrap().users().count(count).await.unwrap()
}

fn filter_by(test: RoleTest) -> Filter {
    Filter { roles: RoleFilter { any_of: vec![test], ..RoleFilter::default() }, ..Filter::default() }
}

/// There is nobody at first.
pub async fn nobody_is_counted_at_first(store: &dyn Store) {
    for scope in [Scope::Everyone, in_team("t"), in_channel("c")] {
        assert_eq!(count_all(store, scope).await, 0);
    }
}

/// People count; bots, and accounts that live elsewhere, only where they are to; who lives on no server lives here.
pub async fn bots_and_remote_accounts_count_where_they_are_to(store: &dyn Store) {
    let remote = |name, server: &str| User { remote_id: Some(server.to_owned()), ..user(name, name) };
    let remote_bot = User { remote_id: Some("there".into()), ..bot("fay", "fay", "ada") };
    add(store, &[user("ada", "ada"), remote("cyd", "there"), remote("dan", "")]).await.unwrap();
    add(store, &[bot("bob", "bob", "ada"), bot("eve", "eve", "ada"), remote_bot]).await.unwrap();
    add_team(store, "t", &["ada", "bob", "cyd", "dan", "eve", "fay"]).await;
    add_channel(store, "c", Some("t"), &["ada", "bob", "cyd", "dan", "eve", "fay"]).await;

    for scope in [Scope::Everyone, in_team("t"), in_channel("c")] {
        let count = |with_bots, with_remote| Count { scope: scope.clone(), with_bots, with_remote, ..Count::default() };

        assert_eq!(counted(store, &count(false, false)).await, 2, "{scope:?}");
        assert_eq!(counted(store, &count(true, false)).await, 4, "{scope:?}");
        assert_eq!(counted(store, &count(false, true)).await, 3, "{scope:?}");
        assert_eq!(counted(store, &count(true, true)).await, 6, "{scope:?}");
    }
}

/// Of a team those count who belong to it now, of a channel those who are in it.
pub async fn members_count_as_long_as_they_are_members(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_team(store, "t", &["ada", "bob", "cyd"]).await;
    add_team(store, "u", &["ada"]).await;
    add_channel(store, "c", Some("t"), &["ada", "bob"]).await;

    leave(store, "t", "bob").await;
    assert_eq!((count_all(store, in_team("t")).await, count_all(store, in_channel("c")).await), (2, 1));

    join(store, &team_member("t", "bob")).await;
    join(store, &team_member("t", "ada")).await;
    rename(store, "ada", "zed").await;
    done(store, async |work| work.users().remove(&id("cyd")).await).await.unwrap();

    assert_eq!((count_all(store, in_team("t")).await, count_all(store, in_team("u")).await), (2, 1));
    assert_eq!(count_all(store, Scope::Everyone).await, 2);
}

/// Active ones, deactivated ones, or both are counted.
pub async fn active_or_deactivated_ones_are_counted(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    add_channel(store, "c", None, &["bob", "cyd"]).await;
    deactivate(store, "bob").await;
    let by =
        |scope: &Scope, is_active| Count { scope: scope.clone(), filter: Filter { is_active, ..Filter::default() }, ..Count::default() };

    for (scope, active) in [(Scope::Everyone, 2), (in_team("t"), 1), (in_channel("c"), 1)] {
        assert_eq!(counted(store, &by(&scope, Some(true))).await, active, "{scope:?}");
        assert_eq!(counted(store, &by(&scope, Some(false))).await, 1, "{scope:?}");
        assert_eq!(counted(store, &by(&scope, None)).await, active + 1, "{scope:?}");
    }
}

/// Those with some roles are counted, as they are now.
pub async fn those_with_roles_are_counted(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    change(store, "ada", |user| user.roles = Roles::admin()).await;
    change(store, "cyd", |user| user.roles = Roles::guest()).await;
    change(store, "dan", |user| user.roles = Roles::admin()).await;
    change(store, "dan", |user| user.roles = Roles::user()).await;
    let by = |scope, test| Count { scope, filter: filter_by(test), ..Count::default() };

    assert_eq!(counted(store, &by(Scope::Everyone, RoleTest::AnyOf(vec![ADMIN]))).await, 1);
    assert_eq!(counted(store, &by(Scope::Everyone, RoleTest::AnyOf(vec![USER]))).await, 3);
    assert_eq!(counted(store, &by(Scope::Everyone, RoleTest::Exactly(USER))).await, 2);
    assert_eq!(counted(store, &by(in_team("t"), RoleTest::Exactly(USER))).await, 1);
    let all_of = RoleFilter { all_of: vec![ADMIN], ..RoleFilter::default() };
    let count = Count { filter: Filter { roles: all_of, is_active: Some(true), ..Filter::default() }, ..Count::default() };
    assert_eq!(counted(store, &count).await, 1);
}

/// Those of a standing in a team or channel are counted.
pub async fn those_of_a_standing_are_counted(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["bob"]).await;
    for (name, standing) in [("ada", Standing::ADMIN), ("cyd", Standing::GUEST), ("dan", Standing::GUEST)] {
        join(store, &team_place("t", name, standing)).await;
    }
    add_channel(store, "c", Some("t"), &["ada", "bob"]).await;
    leave(store, "t", "dan").await;
    let by = |scope, test| Count { scope, filter: filter_by(test), ..Count::default() };

    for (test, in_the_team, in_the_channel) in [(RoleTest::PlaceAdmin, 1, 0), (RoleTest::PlaceUser, 1, 2), (RoleTest::PlaceGuest, 1, 0)] {
        assert_eq!(counted(store, &by(in_team("t"), test.clone())).await, in_the_team, "{test:?}");
        assert_eq!(counted(store, &by(in_channel("c"), test.clone())).await, in_the_channel, "{test:?}");
    }
}

/// A unit of work counts what it wrote; what is dropped never counts.
pub async fn a_unit_of_work_counts_what_it_wrote(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada"]).await;
    let count = Count { scope: in_team("t"), ..Count::default() };
    let mut work = super::begin(store).await;
    work.users().insert(&[user("cyd", "cyd")]).await.unwrap();
    work.teams().join(&team_member("t", "bob")).await.unwrap();
    work.teams().join(&team_member("t", "cyd")).await.unwrap();

    let own = work.users().count(&count).await.unwrap();
    let everyone = work.users().count(&Count::default()).await.unwrap();

    assert_eq!((own, everyone), (3, 3));
    drop(work);
    assert_eq!((counted(store, &count).await, counted(store, &Count::default()).await), (1, 2));
}
