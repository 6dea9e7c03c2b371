//! Rules of changing passwords.

use std::sync::Arc;

use super::*;
use crate::mail::MailKind;
use crate::port::Guesses;
use crate::sign_in::SignInError;
use crate::testkit::fixture::{self, id};
use crate::testkit::service::{Bench, account_rules, origin, sign_in_rules};
use crate::user::ExternalIdentity;

const OLD: &str = "Passw0rd!x";
const NEW: &str = "An0ther!pass";

fn secret(current: &str, new: &str) -> NewSecret {
    NewSecret { current: Password::from(current.to_owned()), new: Password::from(new.to_owned()), is_hashed: false }
}

async fn change(bench: &Bench, actor: &Actor, short_id: &str, wanted: NewSecret) -> Result<(), PasswordError> {
    bench.accounts.change_password(actor, &id(short_id), &wanted, &origin()).await
}

async fn signs_in(bench: &Bench, password: &str) -> bool {
    bench.sign_in("ada", password).await.is_ok()
}

async fn bench() -> (Bench, Actor, Actor) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    (bench, root, ada)
}

#[tokio::test]
async fn ones_own_password_changes_by_showing_it_and_ends_the_other_sessions() {
    let (bench, ..) = bench().await;
    let ((ada, own), (_, other)) = (bench.session("ada").await, bench.session("ada").await);

    change(&bench, &ada, "ada", secret(OLD, NEW)).await.unwrap();

    assert!(bench.actor(&own).await.user().is_some() && bench.actor(&other).await.user().is_none());
    assert!(!signs_in(&bench, OLD).await && signs_in(&bench, NEW).await);
    assert_eq!(bench.letters().await.iter().map(|letter| letter.kind).collect::<Vec<_>>(), [MailKind::PasswordChanged]);
}

#[tokio::test]
async fn an_admin_sets_anothers_password_which_ends_every_session_and_is_told() {
    let (bench, root, _) = bench().await;
    let (_, token) = bench.session("ada").await;

    change(&bench, &root, "ada", secret("", NEW)).await.unwrap();

    assert!(bench.actor(&token).await.user().is_none() && signs_in(&bench, NEW).await);
    assert_eq!(bench.letters().await[0].to, fixture::email("ada"));
}

#[tokio::test]
async fn nobody_else_changes_a_password() {
    let (bench, root, ada) = bench().await;
    let bob = bench.person("bob", "system_user").await;
    for (actor, target) in [(&bob, "ada"), (&ada, "root"), (&bob, "nobody"), (&root, "nobody")] {
        assert!(matches!(change(&bench, actor, target, secret(OLD, NEW)).await, Err(PasswordError::Forbidden(_))), "{target}");
    }
    assert!(signs_in(&bench, OLD).await);
}

#[tokio::test]
async fn wrong_current_passwords_lock_as_those_of_a_sign_in_do() {
    let (bench, _, ada) = bench().await;
    assert!(matches!(change(&bench, &ada, "ada", secret("", NEW)).await, Err(PasswordError::CurrentNeeded)));
    for _ in 0..3 {
        assert!(matches!(change(&bench, &ada, "ada", secret("nope", NEW)).await, Err(PasswordError::Wrong)));
    }
    assert!(matches!(change(&bench, &ada, "ada", secret(OLD, NEW)).await, Err(PasswordError::Locked)));
    assert!(!signs_in(&bench, OLD).await);
}

#[tokio::test]
async fn a_password_that_was_right_is_no_proof_after_a_change() {
    let (bench, root, ada) = bench().await;
    let gate = bench.gate.lock_arc().await;
    let meanwhile = async {
        change(&bench, &root, "ada", secret("", NEW)).await.unwrap();
        drop(gate);
    };
    // The old password is looked at before the admin's change and checked after it.
    let (own, ()) = tokio::join!(change(&bench, &ada, "ada", secret(OLD, "Th1rd!password")), meanwhile);

    assert!(matches!(own, Err(PasswordError::Wrong)), "{own:?}");
    assert!(signs_in(&bench, NEW).await);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_old_one_stays() {
    let (bench, root, ada) = bench().await;
    for (actor, wanted) in [(&ada, secret(OLD, "short")), (&root, secret("", "short"))] {
        assert!(matches!(change(&bench, actor, "ada", wanted).await, Err(PasswordError::Weak(WeakPassword::TooShort(8)))));
    }
    assert!(signs_in(&bench, OLD).await);
}

struct Known;

impl Guesses for Known {
    fn is_guessable(&self, password: &Password, known: &[&str]) -> bool {
        known.contains(&password.expose())
    }
}

#[tokio::test]
async fn a_password_that_is_guessed_first_is_refused_everywhere() {
    let bench = Bench::on(account_rules(), sign_in_rules(), |ports| ports.guesses = Some(Arc::new(Known)));
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("lovelace", "system_user").await;
    let guessable = "lovelace@example.test";

    let changed = change(&bench, &root, "lovelace", secret("", guessable)).await;
    let set = bench.accounts.set_password(&Username::parse("lovelace").unwrap(), &Password::from(guessable.to_owned())).await;
    let wanted =
        crate::user::registration::Registration { password: Password::from("new@example.test".to_owned()), ..fixture::registration("new") };
    let opened = bench.register_as(&Actor::Nobody, wanted).await;

    assert!(matches!(changed, Err(PasswordError::Weak(WeakPassword::Guessable))));
    assert!(matches!(set, Err(SetPasswordError::Weak(WeakPassword::Guessable))));
    assert!(matches!(opened, Err(crate::accounts::RegisterError::Weak(WeakPassword::Guessable))));
}

#[tokio::test]
async fn only_admins_set_hashes_and_only_known_ones() {
    let (bench, root, ada) = bench().await;
    let hashed = |hash: &str| NewSecret { is_hashed: true, ..secret(OLD, hash) };
    let bob = bench.person("bob", "system_user").await;

    assert!(matches!(change(&bench, &ada, "ada", hashed("hash of x")).await, Err(PasswordError::OwnHash)));
    assert!(matches!(change(&bench, &bob, "ada", hashed("hash of x")).await, Err(PasswordError::Forbidden(_))));
    assert!(matches!(change(&bench, &root, "ada", hashed("plain")).await, Err(PasswordError::UnknownHash)));
    change(&bench, &root, "ada", hashed("hash of Imp0rted!x")).await.unwrap();
    assert!(signs_in(&bench, "Imp0rted!x").await);
}

#[tokio::test]
async fn who_has_no_password_here_changes_none() {
    let (bench, root, _) = bench().await;
    let of = |service: &str| ExternalIdentity { service: service.to_owned(), subject: Some("7".to_owned()) };
    let elsewhere = bench.put(User { identity: of("gitlab"), ..fixture::user("sso", "sso") }).await;
    let linked = bench.put(User { identity: of("magic_link"), ..fixture::user("mag", "mag") }).await;
    bench.put(fixture::bot("bot", "robot", "root")).await;
    bench.put(User { remote_id: Some("there".to_owned()), ..fixture::user("rem", "rem") }).await;

    assert!(matches!(change(&bench, &elsewhere, "sso", secret(OLD, NEW)).await, Err(PasswordError::Provided)));
    assert!(matches!(change(&bench, &linked, "mag", secret(OLD, NEW)).await, Err(PasswordError::MagicLink)));
    assert!(matches!(change(&bench, &root, "rem", secret("", NEW)).await, Err(PasswordError::NoPerson)));
    assert!(matches!(change(&bench, &root, "bot", secret("", "short")).await, Err(PasswordError::Weak(_))));
    change(&bench, &root, "bot", secret("", NEW)).await.unwrap();
    assert!(matches!(bench.sign_in("robot", NEW).await, Err(SignInError::Bot)), "good for nothing");
    // What an admin sets takes the provider's place.
    change(&bench, &root, "sso", secret("", NEW)).await.unwrap();
    assert!(bench.held(&id("sso")).await.identity.service.is_empty());
}

#[tokio::test]
async fn failures_of_the_ports_are_told() {
    let (bench, root, _) = bench().await;
    *bench.passwords.is_busy.lock().unwrap() = true;
    assert!(matches!(change(&bench, &root, "ada", secret("", NEW)).await, Err(PasswordError::Passwords(_))));
    let set = bench.accounts.set_password(&Username::parse("ada").unwrap(), &Password::from(NEW.to_owned())).await;
    assert!(matches!(set, Err(SetPasswordError::Passwords(_))));
    let missing = bench.accounts.set_password(&Username::parse("nobody").unwrap(), &Password::from(NEW.to_owned())).await;
    assert!(matches!(missing, Err(SetPasswordError::Missing)));
}
