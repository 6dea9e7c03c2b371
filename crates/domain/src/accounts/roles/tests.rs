//! Rules of what accounts may do.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, acting, origin};
use proptest::prelude::*;

async fn set(bench: &Bench, actor: &Actor, short_id: &str, roles: &str) -> Result<(), RolesError> {
    bench.accounts.set_roles(actor, &fixture::id(short_id), roles, &origin()).await
}

async fn roles(bench: &Bench, short_id: &str) -> String {
    bench.held(&fixture::id(short_id)).await.roles.to_string()
}

/// Ada, an ordinary member with a session, and an admin.
async fn bench() -> (Bench, Actor) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    (bench, root)
}

async fn standings(bench: &Bench) -> [crate::team::Standing; 2] {
    let mut reading = crate::store::Store::read(&*bench.store).await.unwrap();
    let team = reading.teams().member(&fixture::id("t"), &fixture::id("ada")).await.unwrap().unwrap();
    let channel = reading.channels().member(&fixture::id("c"), &fixture::id("ada")).await.unwrap().unwrap();
    [team.standing, channel.standing]
}

#[tokio::test]
async fn new_roles_act_at_once_in_sessions_that_go_on() {
    let (bench, root) = bench().await;
    let (_, token) = bench.session("ada").await;
    set(&bench, &root, "ada", "system_user system_manager system_user").await.unwrap();
    let roles = bench.actor(&token).await.user().unwrap().roles.to_string();
    assert_eq!(roles, "system_user system_manager", "no name twice");
    let told = bench.store.audits().pop().unwrap().shown_as;
    assert_eq!(told, Some(format!("user={} roles=system_user system_manager", fixture::id::<UserId>("ada"))));
}

#[tokio::test]
async fn sign_ins_that_were_begun_under_other_roles_fail() {
    let (bench, root) = bench().await;
    let id = fixture::id("ada");
    let mut epochs = vec![bench.held(&id).await.credential_epoch];
    set(&bench, &root, "ada", "system_user system_manager").await.unwrap();
    epochs.push(bench.held(&id).await.credential_epoch);
    bench.accounts.demote(&root, &id, &origin()).await.unwrap();
    epochs.push(bench.held(&id).await.credential_epoch);
    bench.accounts.promote(&root, &id, &origin()).await.unwrap();
    epochs.push(bench.held(&id).await.credential_epoch);
    assert!(epochs.is_sorted_by(|one, next| one < next), "{epochs:?}");
}

#[tokio::test]
async fn roles_that_can_not_be_are_refused_in_order() {
    let (bench, root) = bench().await;
    let ada = acting(&bench.held(&fixture::id("ada")).await);
    for wanted in ["system_admin", "System_user", "a-b", "system_user é"] {
        assert!(matches!(set(&bench, &ada, "ada", wanted).await, Err(RolesError::Malformed)), "{wanted}");
    }
    assert!(matches!(set(&bench, &ada, "ada", "").await, Err(RolesError::Forbidden(_))));
    assert!(matches!(set(&bench, &root, "ada", "").await, Err(RolesError::Malformed)));
    assert!(matches!(set(&bench, &ada, "ada", "system_admin system_user").await, Err(RolesError::Forbidden(_))));
    assert!(matches!(set(&bench, &root, "none", "system_user").await, Err(RolesError::Missing)));
    assert!(matches!(set(&bench, &root, "ada", "system_user no_such_role").await, Err(RolesError::UnknownRole)));
    assert!(matches!(set(&bench, &root, "ada", &"system_user ".repeat(30)).await, Err(RolesError::TooLong)));
    assert!(matches!(set(&bench, &root, "root", "system_user").await, Err(RolesError::LastAdmin)));
    assert_eq!((roles(&bench, "ada").await, roles(&bench, "root").await), ("system_user".into(), "system_admin system_user".into()));
    assert!(bench.audit().await.is_empty());
}

#[tokio::test]
async fn the_operator_grants_what_he_wants() {
    let (bench, _) = bench().await;
    set(&bench, &Actor::Operator, "ada", "system_admin system_user").await.unwrap();
    assert_eq!(roles(&bench, "ada").await, "system_admin system_user");
}

#[tokio::test]
async fn a_guest_has_no_other_role_and_is_one_everywhere() {
    let (bench, root) = bench().await;
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
            let team = crate::team::TeamMember { standing: crate::team::Standing::ADMIN, ..fixture::team_member("t", "ada") };
            work.teams().join(&team).await.unwrap();
            let channel = crate::channel::ChannelMember { standing: crate::team::Standing::ADMIN, ..fixture::channel_member("c", "ada") };
            work.channels().join(&[channel]).await.unwrap();
        })
        .await;
    set(&bench, &root, "ada", "system_user system_manager").await.unwrap();
    let (_, token) = bench.session("ada").await;

    bench.accounts.demote(&root, &fixture::id("ada"), &origin()).await.unwrap();

    assert_eq!(roles(&bench, "ada").await, "system_guest");
    assert_eq!(standings(&bench).await, [crate::team::Standing::GUEST; 2]);
    assert!(bench.actor(&token).await.user().unwrap().is_guest(), "the session goes on with less");
}

#[tokio::test]
async fn a_promoted_guest_joins_what_every_member_is_in() {
    let (bench, root) = bench().await;
    bench.person("gus", "system_guest system_custom_group_admin").await;
    let town = crate::channel::Channel { name: "town-square".into(), ..fixture::channel("town", Some("t")) };
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&town).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
        })
        .await;
    bench.enrol("t", &["gus"]).await;

    bench.accounts.promote(&root, &fixture::id("gus"), &origin()).await.unwrap();

    assert_eq!(roles(&bench, "gus").await, "system_user system_custom_group_admin");
    let mut reading = crate::store::Store::read(&*bench.store).await.unwrap();
    let places = reading.channels().memberships(&fixture::id("gus"), None).await.unwrap();
    assert_eq!(places.iter().map(|place| place.channel_id.clone()).collect::<Vec<_>>(), [town.id]);
    assert_eq!(places[0].standing, crate::team::Standing::USER);
    let member = reading.teams().member(&fixture::id("t"), &fixture::id("gus")).await.unwrap().unwrap();
    assert_eq!(member.standing, crate::team::Standing::USER);
}

#[tokio::test]
async fn who_does_not_become_a_guest_or_a_member_is_told_why() {
    let (bench, root) = bench().await;
    let ada = acting(&bench.held(&fixture::id("ada")).await);
    bench.person("gus", "system_guest").await;
    let linked = User { roles: Roles::guest(), identity: fixture::identity("magic_link", "x"), ..fixture::user("mag", "mag") };
    bench.put(linked).await;
    let demote = async |actor: &Actor, name: &str| bench.accounts.demote(actor, &fixture::id(name), &origin()).await.unwrap_err();
    let promote = async |actor: &Actor, name: &str| bench.accounts.promote(actor, &fixture::id(name), &origin()).await.unwrap_err();

    assert!(matches!(demote(&ada, "ada").await, GuestError::Forbidden(_)));
    assert!(matches!(demote(&ada, "none").await, GuestError::Forbidden(_)));
    assert!(matches!(demote(&root, "none").await, GuestError::Missing));
    assert!(matches!(demote(&root, "gus").await, GuestError::AlreadyGuest));
    assert!(matches!(demote(&root, "root").await, GuestError::LastAdmin));
    assert!(matches!(promote(&ada, "gus").await, GuestError::Forbidden(_)));
    assert!(matches!(promote(&root, "none").await, GuestError::Missing));
    assert!(matches!(promote(&root, "ada").await, GuestError::NoGuest));
    assert!(matches!(promote(&root, "mag").await, GuestError::MagicLink));
    assert_eq!(roles(&bench, "mag").await, "system_guest");
}

fn some_roles() -> impl Strategy<Value = Vec<&'static str>> {
    let names: Vec<_> = role::CATALOGUE.iter().map(|role| role.name).collect();
    proptest::sample::subsequence(names, 0..5)
}

fn holder(short_id: &str, names: &[&str]) -> User {
    User { roles: Roles::parse(&names.join(" ")).unwrap(), ..fixture::user(short_id, short_id) }
}

proptest! {
    /// Written against the names in the catalogue, for no role of the catalogue but the admin's may change roles at all.
    #[test]
    fn nobody_grants_what_he_does_not_hold(own in some_roles(), held in some_roles(), wanted in some_roles()) {
        let (actor, target) = (holder("actor", &own), holder("target", &held));
        let all = |names: &[&str]| -> Vec<_> { names.iter().flat_map(|name| role::known(name).unwrap().permissions).collect() };
        let (may_grant, has) = (all(&own), all(&held));
        let is_more = all(&wanted).into_iter().any(|permission| !may_grant.contains(&permission) && !has.contains(&permission));

        let is_granted = check_grant(&acting(&actor), &target, &wanted).is_ok();

        prop_assert!(!(is_granted && is_more), "{:?} gave {:?} to {:?}", own, wanted, held);
    }

    #[test]
    fn whoever_holds_everything_of_a_role_may_grant_it(own in some_roles(), held in some_roles()) {
        prop_assert!(check_grant(&acting(&holder("actor", &own)), &holder("target", &held), &own).is_ok());
        prop_assert!(check_grant(&Actor::Nobody, &holder("target", &held), &held).is_ok(), "what is there already is no grant");
    }
}
