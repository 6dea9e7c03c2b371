//! What holds of what is asked of each account of a list: its roles, and whether it is active.

use super::add;
use super::directory::{
    add_channel, add_group, add_team, change, channel_place, deactivate, done, filtered, in_channel, in_team, join, listed, listing,
    not_in_channel, not_in_team, people, team_place,
};
use crate::page::Page;
use crate::role::{ADMIN, GUEST, MANAGERS, Roles, USER};
use crate::store::Store;
use crate::team::Standing;
use crate::testkit::fixture::{id, user};
use crate::user::User;
use crate::user::query::{Filter, Listing, RoleFilter, RoleTest, Scope};

/// Adds accounts with roles.
async fn people_with(store: &dyn Store, roles: &[(&str, &str)]) {
    let users: Vec<_> = roles.iter().map(|(name, roles)| User { roles: Roles::parse(roles).unwrap(), ..user(name, name) }).collect();
    add(store, &users).await.unwrap();
}

/// One of each kind, and some with names of roles that are like others.
async fn all_kinds(store: &dyn Store) {
    let kinds = [
        ("ada", "system_admin system_user"),
        ("bob", "system_user"),
        ("cyd", "system_guest"),
        ("dan", "system_user system_manager"),
        ("eve", "system_user custom_role"),
        ("fay", "system_user xsystem_admin system_adminx"),
        ("gus", "custom_role system_user system_read_only_admin"),
        ("hal", "custom_role"),
        ("ian", ""),
    ];
    people_with(store, &kinds).await;
}

fn any_of(tests: &[RoleTest]) -> Filter {
    let roles = RoleFilter { any_of: tests.to_vec(), ..RoleFilter::default() };
    Filter { roles, ..Filter::default() }
}

fn all_of(names: &[&'static str]) -> Filter {
    let roles = RoleFilter { all_of: names.to_vec(), ..RoleFilter::default() };
    Filter { roles, ..Filter::default() }
}

/// Active ones alone, deactivated ones alone, or both are listed, whatever the list begins with.
pub async fn active_or_deactivated_ones_are_listed(store: &dyn Store) {
    let names = ["ada", "bob", "cyd", "dan"];
    people(store, &names).await;
    add_team(store, "t", &names).await;
    add_team(store, "u", &[]).await;
    add_channel(store, "c", Some("t"), &names).await;
    add_channel(store, "d", Some("t"), &[]).await;
    deactivate(store, "bob").await;
    deactivate(store, "dan").await;
    let scopes = [Scope::Everyone, in_team("t"), not_in_team("u"), in_channel("c"), not_in_channel("t", "d")];

    for scope in scopes {
        let by = async |is_active| filtered(store, scope.clone(), Filter { is_active, ..Filter::default() }).await;

        assert_eq!(by(Some(true)).await, ["ada", "cyd"], "{scope:?}");
        assert_eq!(by(Some(false)).await, ["bob", "dan"], "{scope:?}");
        assert_eq!(by(None).await, names, "{scope:?}");
    }
}

/// Those without a team, and those of groups, are filtered too.
pub async fn deactivated_ones_of_small_lists_are_filtered(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_group(store, "g", &["ada", "bob"]).await;
    deactivate(store, "bob").await;
    let by = async |scope, is_active| filtered(store, scope, Filter { is_active: Some(is_active), ..Filter::default() }).await;

    assert_eq!(by(Scope::WithoutTeam, false).await, ["bob"]);
    assert_eq!(by(Scope::WithoutTeam, true).await, ["ada"]);
    assert_eq!(by(Scope::InGroup(id("g")), true).await, ["ada"]);
    assert!(by(Scope::InGroup(id("g")), false).await.is_empty());
    assert!(by(Scope::NotInGroup(id("h")), false).await.is_empty());
}

/// Roles that are exactly one are those that have no other beside it.
pub async fn exactly_one_role_has_no_other_beside_it(store: &dyn Store) {
    all_kinds(store).await;

    assert_eq!(filtered(store, Scope::Everyone, any_of(&[RoleTest::Exactly(USER)])).await, ["bob"]);
    assert_eq!(filtered(store, Scope::Everyone, any_of(&[RoleTest::Exactly(GUEST)])).await, ["cyd"]);
    assert!(filtered(store, Scope::Everyone, any_of(&[RoleTest::Exactly(ADMIN)])).await.is_empty());
}

/// A role is found by its whole name, wherever it stands, and not by a part of it.
pub async fn a_role_is_found_by_its_whole_name(store: &dyn Store) {
    all_kinds(store).await;
    let with = async |names: &[&'static str]| filtered(store, Scope::Everyone, any_of(&[RoleTest::AnyOf(names.to_vec())])).await;

    assert_eq!(with(&[ADMIN]).await, ["ada"]);
    assert_eq!(with(&[USER]).await, ["ada", "bob", "dan", "eve", "fay", "gus"]);
    assert_eq!(with(&[GUEST, ADMIN]).await, ["ada", "cyd"]);
    assert_eq!(with(&MANAGERS).await, ["dan", "gus"]);
    assert_eq!(filtered(store, Scope::Everyone, all_of(&[ADMIN, GUEST])).await, ["ada", "cyd"]);
}

/// Of several ways to have the right roles one is enough, and nobody comes twice who has them in several ways.
pub async fn one_way_to_have_the_right_roles_is_enough(store: &dyn Store) {
    all_kinds(store).await;
    let tests = [RoleTest::Exactly(USER), RoleTest::AnyOf(vec![ADMIN, USER]), RoleTest::AnyOf(vec![MANAGERS[0], ADMIN])];

    assert_eq!(filtered(store, Scope::Everyone, any_of(&tests)).await, ["ada", "bob", "dan", "eve", "fay", "gus"]);
    assert_eq!(filtered(store, Scope::Everyone, any_of(&[tests[0].clone(), tests[2].clone()])).await, ["ada", "bob", "dan"]);
}

/// What must be had and what is enough are both asked for.
pub async fn what_must_be_had_counts_beside_what_is_enough(store: &dyn Store) {
    all_kinds(store).await;
    let mut filter = any_of(&[RoleTest::AnyOf(vec![USER]), RoleTest::AnyOf(vec![GUEST])]);
    filter.roles.all_of = vec![GUEST, MANAGERS[0], MANAGERS[2]];
    assert_eq!(filtered(store, Scope::Everyone, filter.clone()).await, ["cyd", "dan", "gus"]);

    deactivate(store, "dan").await;

    assert_eq!(filtered(store, Scope::Everyone, Filter { is_active: Some(true), ..filter.clone() }).await, ["cyd", "gus"]);
    assert_eq!(filtered(store, Scope::Everyone, Filter { is_active: Some(false), ..filter }).await, ["dan"]);
}

/// Roles count as they are now, for the name that somebody has now.
pub async fn roles_count_as_they_are_now(store: &dyn Store) {
    people_with(store, &[("ada", "system_admin system_user"), ("bob", "system_user"), ("cyd", "system_user")]).await;
    let admins = any_of(&[RoleTest::AnyOf(vec![ADMIN])]);

    change(store, "ada", |user| user.roles = Roles::user()).await;
    change(store, "cyd", |user| user.roles = Roles::admin()).await;
    change(store, "bob", |user| user.roles = Roles::parse("system_user system_admin").unwrap()).await;
    super::directory::rename(store, "bob", "zed").await;

    assert_eq!(filtered(store, Scope::Everyone, admins).await, ["cyd", "zed"]);
    assert_eq!(filtered(store, Scope::Everyone, any_of(&[RoleTest::Exactly(USER)])).await, ["ada"]);
}

/// Adds one of each standing to a team or a channel by the places' names.
fn standings() -> [(&'static str, Standing); 6] {
    let guest_admin = Standing { is_guest: true, is_user: false, is_admin: true };
    [
        ("ada", Standing::ADMIN),
        ("bob", Standing::USER),
        ("cyd", Standing::GUEST),
        ("dan", Standing::ADMIN),
        ("eve", Standing::USER),
        ("fay", guest_admin),
    ]
}

/// Who looks after a team, who is an ordinary member and who a guest are told apart; system admins are neither of the first two.
pub async fn standings_in_a_team_are_told_apart(store: &dyn Store) {
    people(store, &["bob", "cyd", "dan", "fay"]).await;
    people_with(store, &[("ada", "system_admin system_user"), ("eve", "system_user system_admin")]).await;
    add_team(store, "t", &[]).await;
    add_team(store, "u", &["ada", "bob", "cyd", "dan"]).await;
    for (name, standing) in standings() {
        join(store, &team_place("t", name, standing)).await;
    }
    let with = async |tests: &[RoleTest]| filtered(store, in_team("t"), any_of(tests)).await;

    assert_eq!(with(&[RoleTest::PlaceAdmin]).await, ["dan", "fay"]);
    assert_eq!(with(&[RoleTest::PlaceUser]).await, ["bob"]);
    assert_eq!(with(&[RoleTest::PlaceGuest]).await, ["cyd", "fay"]);
    assert_eq!(with(&[RoleTest::PlaceUser, RoleTest::PlaceGuest]).await, ["bob", "cyd", "fay"]);
    assert_eq!(with(&[RoleTest::PlaceUser, RoleTest::AnyOf(vec![ADMIN])]).await, ["ada", "bob", "eve"]);
}

/// Standings in a channel are told apart as those in a team.
pub async fn standings_in_a_channel_are_told_apart(store: &dyn Store) {
    people(store, &["bob", "cyd", "dan", "fay"]).await;
    people_with(store, &[("ada", "system_admin system_user"), ("eve", "system_user system_admin")]).await;
    add_channel(store, "c", None, &[]).await;
    add_channel(store, "d", None, &["ada", "bob", "cyd", "dan"]).await;
    let places = standings().map(|(name, standing)| channel_place("c", name, standing));
    done(store, async |work| work.channels().join(&places).await).await.unwrap();
    let with = async |tests: &[RoleTest]| filtered(store, in_channel("c"), any_of(tests)).await;

    assert_eq!(with(&[RoleTest::PlaceAdmin]).await, ["dan", "fay"]);
    assert_eq!(with(&[RoleTest::PlaceUser]).await, ["bob"]);
    assert_eq!(with(&[RoleTest::PlaceGuest]).await, ["cyd", "fay"]);
    assert_eq!(with(&[RoleTest::PlaceAdmin, RoleTest::Exactly(USER)]).await, ["bob", "cyd", "dan", "fay"]);
}

/// What a filter by roles leaves comes in parts.
pub async fn a_list_by_roles_comes_in_parts(store: &dyn Store) {
    let names: Vec<_> = (0..40).map(|number| format!("name{number:02}")).collect();
    let roles = |number: usize| if number.is_multiple_of(4) { "system_user system_manager" } else { "system_user" };
    let kinds: Vec<_> = (0..).zip(&names).map(|(number, name)| (name.as_str(), roles(number))).collect();
    people_with(store, &kinds).await;
    add_team(store, "t", &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let managers: Vec<_> = (0..40).step_by(4).map(|number| names[number].clone()).collect();

    for scope in [Scope::Everyone, in_team("t")] {
        for (number, slice) in (0..).zip(managers.chunks(3)) {
            let filter = any_of(&[RoleTest::AnyOf(vec![MANAGERS[0]])]);
            let part = Listing { filter, page: Page { number, size: 3 }, ..listing(scope.clone()) };
            assert_eq!(listed(store, &part).await, slice, "{scope:?}");
        }
    }
}
