//! Rules of accounts.

use super::*;
use crate::actor::Principal;
use crate::email::Email;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted, origin};
use crate::time::Timestamp;
use crate::user::patch::Patch;
use crate::user::shown::Viewer;

mod audit;
mod guests;
mod last_admin;
mod rank;

fn bench(change: impl FnOnce(&mut AccountRules)) -> Bench {
    Bench::under(change)
}

fn patch(nickname: &str) -> Patch {
    Patch { nickname: Some(nickname.to_owned()), ..Patch::default() }
}

fn no_password() -> Password {
    Password::from(String::new())
}

async fn invited(bench: &Bench, invitation: Link) -> RegisterError {
    let wanted = fixture::registration("ada");
    bench.accounts.register(granted(&Actor::Nobody), &Actor::Nobody, wanted, &invitation, &fixture::client(), &origin()).await.unwrap_err()
}

#[tokio::test]
async fn the_first_account_is_admin_and_no_other() {
    let bench = Bench::default();
    assert_eq!(bench.register("ada").await.roles, Roles::admin());
    assert_eq!(bench.register("bob").await.roles, Roles::user());
}

#[tokio::test]
async fn where_sign_up_is_closed_only_the_first_gets_in() {
    let bench = bench(|rules| rules.open_sign_up = false);
    assert!(bench.accounts.awaits_first_admin().await.unwrap());
    let admin = bench.somebody("ada").await;
    let refused = bench.register_as(&Actor::Nobody, fixture::registration("bob")).await.unwrap_err();
    assert!(matches!(refused, RegisterError::Closed));
    assert!(bench.register_as(&admin, fixture::registration("bob")).await.is_ok());
}

#[tokio::test]
async fn on_an_open_network_the_first_to_sign_up_is_nobody_special() {
    let bench = bench(|rules| rules.first_is_admin = false);
    assert_eq!(bench.register("ada").await.roles, Roles::user());
    let closed = super::tests::bench(|rules| (rules.first_is_admin, rules.open_sign_up) = (false, false));
    assert!(matches!(closed.register_as(&Actor::Nobody, fixture::registration("ada")).await, Err(RegisterError::Closed)));
}

#[tokio::test]
async fn an_account_of_the_operators_counts_as_the_first() {
    let bench = Bench::default();
    let made = bench.accounts.create(fixture::registration("ops"), true).await.unwrap();
    assert_eq!(made.roles, Roles::admin());
    assert_eq!(bench.register("ada").await.roles, Roles::user());
}

#[tokio::test]
async fn unknown_invitations_are_refused_before_anything_else() {
    let bench = Bench::default();
    let by_mail = Link { token: "x".into(), ..Link::default() };
    assert!(matches!(invited(&bench, by_mail).await, RegisterError::UnknownInvitation));
    let by_team = Link { team: "x".into(), ..Link::default() };
    assert!(matches!(invited(&bench, by_team).await, RegisterError::UnknownTeamInvitation));
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_up_is_told_in_order() {
    let bench = Bench::default();
    bench.register("ada").await;
    let refused = async |change: fn(&mut Registration)| {
        let mut wanted = fixture::registration("eve");
        change(&mut wanted);
        bench.register_as(&Actor::Nobody, wanted).await.unwrap_err()
    };
    assert!(matches!(refused(|r| (r.password, r.id) = (no_password(), "x".into())).await, RegisterError::Weak(_)));
    assert!(matches!(refused(|r| (r.id, r.username) = ("x".into(), "!".into())).await, RegisterError::ChosenId));
    assert!(matches!(refused(|r| r.username = "!".into()).await, RegisterError::Invalid(InvalidUser::Username)));
    assert!(matches!(refused(|r| r.username = "ADA".into()).await, RegisterError::Taken(UniqueField::Username)));
    assert!(matches!(refused(|r| r.email = "ada@example.test".into()).await, RegisterError::Taken(UniqueField::Email)));
}

#[tokio::test]
async fn only_admins_open_accounts_for_other_ways_in() {
    let bench = Bench::default();
    let admin = bench.somebody("ada").await;
    let elsewhere = |name: &str| Registration {
        auth_service: "ldap".into(),
        auth_data: "uid".into(),
        password: no_password(),
        ..fixture::registration(name)
    };
    let made = bench.register_as(&admin, elsewhere("eve")).await.unwrap();
    assert_eq!(made.identity.service, "ldap");
    assert!(matches!(bench.register_as(&Actor::Nobody, elsewhere("bob")).await, Err(RegisterError::Weak(_))));
    let twice = bench.register_as(&admin, elsewhere("bob")).await.unwrap_err();
    assert!(matches!(twice, RegisterError::Taken(UniqueField::Identity)));
}

#[tokio::test]
async fn people_see_each_other_and_guests_whom_they_share_a_channel_with() {
    let bench = Bench::default();
    let (ada, bob) = (bench.somebody("ada").await, bench.somebody("bob").await);
    let ada_id = ada.user_id().unwrap().clone();
    assert_eq!(bench.accounts.user(&bob, &ada_id).await.unwrap().viewer, Viewer::Other);
    assert_eq!(bench.accounts.user(&ada, &ada_id).await.unwrap().viewer, Viewer::Own);
    assert!(matches!(bench.accounts.user(&ada, &fixture::id("none")).await, Err(LookUpError::Missing)));

    let Actor::Account(principal) = bob else { panic!("bob is signed in") };
    let user = User { roles: Roles::parse("system_guest").unwrap(), ..principal.user };
    let guest = Actor::Account(Box::new(Principal { user, proof: principal.proof, lacks_factor: false, is_stale: false }));
    assert!(matches!(bench.accounts.user(&guest, &ada_id).await, Err(LookUpError::Forbidden(_))));
    assert!(matches!(bench.accounts.user(&guest, &fixture::id("none")).await, Err(LookUpError::Forbidden(_))));
    let ids = [ada_id, guest.user_id().unwrap().clone()];
    let seen = bench.accounts.users_by_ids(granted(&guest), &guest, &ids, Timestamp::NEVER).await.unwrap();
    assert!(seen.is_empty(), "a guest in no channel lists nobody");
}

#[tokio::test]
async fn where_addresses_are_hidden_only_admins_search_by_them() {
    let bench = bench(|rules| rules.privacy.shows_email = false);
    let (ada, bob) = (bench.somebody("ada").await, bench.somebody("bob").await);
    let email = Email::parse("bob@example.test").unwrap();
    assert!(matches!(bench.accounts.user_by_email(&bob, &email).await, Err(LookUpError::HiddenAddresses)));
    assert!(!bench.accounts.user_by_email(&ada, &email).await.unwrap().hides_email);
}

#[tokio::test]
async fn people_change_themselves_and_admins_everybody() {
    let bench = Bench::default();
    let (admin, bob) = (bench.somebody("ada").await, bench.somebody("bob").await);
    let (admin_id, bob_id) = (admin.user_id().unwrap().clone(), bob.user_id().unwrap().clone());
    let change = async |actor: &Actor, id: &UserId| bench.accounts.patch(actor, id, patch("x"), &no_password(), &origin()).await;
    assert_eq!(change(&bob, &bob_id).await.unwrap().user.profile.nickname, "x");
    assert!(matches!(change(&bob, &admin_id).await, Err(ChangeError::Forbidden(_))));
    assert!(change(&admin, &bob_id).await.is_ok());
    assert!(matches!(change(&admin, &fixture::id("none")).await, Err(ChangeError::Missing)));
    assert!(matches!(change(&bob, &fixture::id("none")).await, Err(ChangeError::Forbidden(_))));
    let changes: Vec<_> = bench.audit().await.into_iter().filter(|entry| entry.operation == "PatchUser").collect();
    assert_eq!(changes.len(), 2);
}

#[tokio::test]
async fn another_address_needs_the_password() {
    let bench = Bench::default();
    let bob = bench.somebody("bob").await;
    let id = bob.user_id().unwrap();
    let change = async |password: &str| {
        let wanted = Patch { email: Some("new@example.test".into()), ..Patch::default() };
        bench.accounts.patch(&bob, id, wanted, &Password::from(password.to_owned()), &origin()).await
    };
    assert!(matches!(change("").await, Err(ChangeError::PasswordNeeded)));
    assert!(matches!(change("nope").await, Err(ChangeError::WrongPassword)));
    assert_eq!(change("Passw0rd!x").await.unwrap().user.email.as_str(), "new@example.test");
}

#[tokio::test]
async fn what_a_provider_decides_can_not_be_changed_here() {
    let bench = Bench::default();
    let admin = bench.somebody("ada").await;
    let elsewhere =
        Registration { auth_service: "gitlab".into(), auth_data: "7".into(), password: no_password(), ..fixture::registration("eve") };
    let eve = bench.register_as(&admin, elsewhere).await.unwrap();
    let change = async |wanted: Patch| bench.accounts.patch(&admin, &eve.id, wanted, &no_password(), &origin()).await;
    let renamed = change(Patch { username: Some("eva".into()), ..Patch::default() }).await;
    assert!(matches!(renamed, Err(ChangeError::Provided("username"))));
    let named = change(Patch { first_name: Some("Eva".into()), ..Patch::default() }).await;
    assert!(matches!(named, Err(ChangeError::Provided("full name"))));
    let moved = change(Patch { email: Some("new@example.test".into()), ..Patch::default() }).await.unwrap();
    assert_eq!(moved.user.email.as_str(), "eve@example.test");
}

#[tokio::test]
async fn the_operator_sets_a_password_and_ends_the_sessions() {
    let bench = Bench::default();
    bench.register("ada").await;
    let opened = bench.sign_in("ada", "Passw0rd!x").await.unwrap();
    let name = Username::parse("ada").unwrap();
    let set = async |text: &str| bench.accounts.set_password(&name, &Password::from(text.to_owned())).await;
    assert!(matches!(set("short").await, Err(SetPasswordError::Weak(_))));
    set("An0ther!pass").await.unwrap();
    assert!(bench.actor(&opened.token).await.user().is_none());
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_err());
    assert!(bench.sign_in("ada", "An0ther!pass").await.is_ok());
    let missing = bench.accounts.set_password(&Username::parse("nobody").unwrap(), &Password::from("An0ther!pass".to_owned())).await;
    assert!(matches!(missing, Err(SetPasswordError::Missing)));
}

#[tokio::test]
async fn seeded_accounts_share_a_password() {
    let bench = Bench::default();
    let hash = bench.accounts.seed_hash(&Password::from("Passw0rd!x".to_owned())).await.unwrap();
    assert_eq!(bench.accounts.seed(1..4, &hash).await.unwrap().len(), 3);
    assert!(bench.sign_in("seed000003", "Passw0rd!x").await.is_ok());
    assert!(matches!(bench.accounts.seed(3..5, &hash).await, Err(RegisterError::Taken(_))));
}
