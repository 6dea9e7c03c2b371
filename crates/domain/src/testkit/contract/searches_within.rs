//! What searches keep to.

use super::begin;
use super::directory::{
    add_channel, add_group, add_team, change, deactivate, done, in_channel, in_team, join, leave, not_in_channel, not_in_team, people,
    rename, team_place,
};
use super::searches::{NOBODY, found, found_by, named, searching, three};
use crate::role::Roles;
use crate::store::Store;
use crate::team::Standing;
use crate::testkit::fixture::id;
use crate::user::query::{Filter, RoleFilter, RoleTest, Scope, Search};

/// A search keeps to what it begins with, long words and short ones alike.
pub async fn a_search_keeps_to_its_scope(store: &dyn Store) {
    people(store, &["xada", "xbob", "xcyd", "xdan"]).await;
    add_team(store, "t", &["xada", "xbob", "xcyd"]).await;
    add_channel(store, "c", Some("t"), &["xada"]).await;
    add_group(store, "g", &["xada", "xdan"]).await;
    leave(store, "t", "xbob").await;
    deactivate(store, "xdan").await;
    let expected: [(Scope, &[&str]); 8] = [
        (Scope::Everyone, &["xada", "xbob", "xcyd", "xdan"]),
        (in_team("t"), &["xada", "xcyd"]),
        (not_in_team("t"), &["xbob", "xdan"]),
        (in_channel("c"), &["xada"]),
        (not_in_channel("t", "c"), &["xcyd"]),
        (Scope::WithoutTeam, &["xbob", "xdan"]),
        (Scope::InGroup(id("g")), &["xada"]),
        (Scope::NotInGroup(id("g")), &["xbob", "xcyd"]),
    ];

    for (scope, expected) in expected {
        for term in ["", "x", "example", "x example"] {
            assert_eq!(found_by(store, &Search { scope: scope.clone(), ..searching(term) }).await, expected, "{scope:?} {term}");
        }
    }
}

/// A search keeps to its filter.
pub async fn a_search_keeps_to_its_filter(store: &dyn Store) {
    people(store, &["xada", "xbob", "xcyd"]).await;
    add_team(store, "t", &["xada"]).await;
    join(store, &team_place("t", "xbob", Standing::ADMIN)).await;
    deactivate(store, "xbob").await;
    change(store, "xcyd", |user| user.roles = Roles::admin()).await;
    let roles = |test| RoleFilter { any_of: vec![test], ..RoleFilter::default() };
    let active = Filter { is_active: Some(true), ..Filter::default() };
    let admins = Filter { roles: roles(RoleTest::AnyOf(vec![crate::role::ADMIN])), ..Filter::default() };
    let place = Filter { roles: roles(RoleTest::PlaceAdmin), ..Filter::default() };

    for term in ["", "x", "example"] {
        assert_eq!(found_by(store, &Search { filter: active.clone(), ..searching(term) }).await, ["xada", "xcyd"], "{term}");
        assert_eq!(found_by(store, &Search { filter: admins.clone(), ..searching(term) }).await, ["xcyd"], "{term}");
        let in_team = Search { scope: in_team("t"), filter: place.clone(), ..searching(term) };
        assert_eq!(found_by(store, &in_team).await, ["xbob"], "{term}");
    }
    let exact = Search { filter: active, ..searching("xbob") };
    assert_eq!(found_by(store, &exact).await, NOBODY);
}

/// What is found follows every change, and what somebody gave up finds him no more.
pub async fn what_is_found_follows_changes(store: &dyn Store) {
    three(store).await;

    rename(store, "ada", "lovelace").await;
    change(store, "ada", |user| user.profile.nickname.clear()).await;
    change(store, "bob.b", |user| user.profile.last_name = "Ada".into()).await;
    done(store, async |work| work.users().remove(&id("cyd9")).await).await.unwrap();

    assert_eq!(found(store, "lovelace").await, ["lovelace"]);
    assert_eq!(found(store, "ada").await, ["bob.b"]);
    for term in ["enchantress", "countess", "babbage", "godel", "kurt", "9"] {
        assert_eq!(found(store, term).await, NOBODY, "{term}");
    }
    assert_eq!(found(store, "augusta").await, ["lovelace"]);
}

/// A unit of work finds what it wrote; when it is dropped, nobody else ever does.
pub async fn a_unit_of_work_finds_what_it_wrote(store: &dyn Store) {
    three(store).await;
    let mut work = begin(store).await;
    work.users().insert(&[named("dan", "Newcomer", "", "")]).await.unwrap();
    work.users().remove(&id("ada")).await.unwrap();

    let newcomers = work.users().search(&searching("newcomer")).await.unwrap();
    let gone = work.users().search(&searching("augusta")).await.unwrap();

    assert_eq!((newcomers.len(), gone.len()), (1, 0));
    drop(work);
    assert_eq!(found(store, "newcomer").await, NOBODY);
    assert_eq!(found(store, "augusta").await, ["ada"]);
}
