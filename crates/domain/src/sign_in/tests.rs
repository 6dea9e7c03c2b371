//! Rules of signing in and out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::*;
use crate::credential::Method;
use crate::port::PasswordsError;
use crate::session::SessionKind;
use crate::store::Held;
use crate::testkit::fake::PlainKeyring;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};
use crate::testkit::{fixture, memory::MemoryStore};

mod locks;

const RIGHT: &str = "Passw0rd!x";

async fn put(store: &MemoryStore, user: User, hash: Option<&str>) {
    let mut work = store.begin().await.unwrap();
    let id = user.id.clone();
    work.users().insert(&[user]).await.unwrap();
    if let Some(hash) = hash {
        let password = crate::credential::NewPassword { user_id: id, ..fixture::password("p", hash) };
        work.credentials().insert(&[password]).await.unwrap();
    }
    work.commit().await.unwrap();
}

fn reason(error: &SignInError) -> Option<&'static str> {
    error.audited()
}

#[tokio::test]
async fn the_right_password_begins_a_session() {
    let bench = Bench::default();
    bench.register("ada").await;
    let opened = bench.sign_in("ADA@example.test", RIGHT).await.unwrap();
    let actor = bench.actor(&opened.token).await;
    assert_eq!(actor.user_id(), Some(&opened.user.id));
    assert_eq!(opened.token.expose().len(), 26);
    assert_eq!(opened.session.methods, [Method::Password]);
}

#[tokio::test]
async fn nobody_learns_which_accounts_there_are() {
    let bench = Bench::default();
    bench.register("ada").await;
    let wrong = bench.sign_in("ada", "nope").await.unwrap_err();
    let checks = bench.passwords.checks();
    let unknown = bench.sign_in("nobody", "nope").await.unwrap_err();
    assert!(matches!((&wrong, &unknown), (SignInError::InvalidCredentials, SignInError::InvalidCredentials)));
    assert_eq!(bench.passwords.checks(), checks + 1, "an unknown name costs a check too");
}

#[tokio::test]
async fn a_blank_password_is_told_and_costs_nothing() {
    let bench = Bench::default();
    assert!(matches!(bench.sign_in("ada", "").await, Err(SignInError::BlankPassword)));
    assert_eq!(bench.passwords.checks(), 0);
}

#[tokio::test]
async fn wrong_passwords_lock_for_a_while() {
    let bench = Bench::default();
    bench.register("ada").await;
    for _ in 0..3 {
        assert!(matches!(bench.sign_in("ada", "nope").await, Err(SignInError::InvalidCredentials)));
    }
    assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Locked(_))));
    bench.clock.advance(FIRST_LOCK + Duration::from_millis(1));
    let opened = bench.sign_in("ada", RIGHT).await.unwrap();
    assert_eq!(opened.user.failed_attempts, 3, "the wrong passwords before are told");
    assert_eq!(bench.sign_in("ada", RIGHT).await.unwrap().user.failed_attempts, 0);
}

#[tokio::test]
async fn an_overloaded_hasher_counts_no_try() {
    let bench = Bench::default();
    bench.register("ada").await;
    *bench.passwords.is_busy.lock().unwrap() = true;
    for _ in 0..5 {
        assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Passwords(PasswordsError::Busy { .. }))));
    }
    *bench.passwords.is_busy.lock().unwrap() = false;
    assert_eq!(bench.sign_in("ada", RIGHT).await.unwrap().user.failed_attempts, 0);
}

#[tokio::test]
async fn a_crowd_is_turned_away_before_its_tries_are_written() {
    let bench = Bench::default();
    bench.register("ada").await;
    bench.passwords.is_crowded.store(true, Ordering::SeqCst);
    for name in ["ada", "nobody"] {
        assert!(matches!(bench.sign_in(name, RIGHT).await, Err(SignInError::Passwords(PasswordsError::Busy { .. }))));
    }
    assert_eq!(bench.passwords.checks(), 0);
    bench.passwords.is_crowded.store(false, Ordering::SeqCst);
    assert_eq!(bench.sign_in("ada", RIGHT).await.unwrap().user.failed_attempts, 0);
}

#[tokio::test]
async fn that_an_account_is_deactivated_is_told_after_its_password_alone() {
    let bench = Bench::default();
    let gone = User { deleted_at: fixture::BORN, ..fixture::user("g", "gone") };
    put(&bench.store, gone, Some("hash of Passw0rd!x")).await;
    assert!(matches!(bench.sign_in("gone", "nope").await, Err(SignInError::InvalidCredentials)));
    for _ in 0..5 {
        assert!(matches!(bench.sign_in("gone", RIGHT).await, Err(SignInError::Inactive)), "right passwords do not lock");
    }
}

#[tokio::test]
async fn accounts_that_sign_in_otherwise_are_refused() {
    let bench = Bench::default();
    let remote = User { remote_id: Some("far".into()), ..fixture::user("r", "remote") };
    put(&bench.store, remote, Some("hash of Passw0rd!x")).await;
    assert!(matches!(bench.sign_in("remote", RIGHT).await, Err(SignInError::Remote)));
    let robot = User { bot: Some(crate::user::Bot::default()), ..fixture::user("b", "robot") };
    put(&bench.store, robot, None).await;
    assert!(matches!(bench.sign_in("robot", RIGHT).await, Err(SignInError::Bot)));
    put(&bench.store, fixture::user("s", "sso"), None).await;
    for _ in 0..3 {
        assert!(matches!(bench.sign_in("sso", RIGHT).await, Err(SignInError::InvalidCredentials)));
    }
}

#[tokio::test]
async fn without_its_second_factor_nobody_is_let_in() {
    let bench = Bench::default();
    put(&bench.store, User { has_second_factor: true, ..fixture::user("f", "factor") }, Some("hash of Passw0rd!x")).await;
    assert!(matches!(bench.sign_in("factor", RIGHT).await, Err(SignInError::FactorNeeded)));
    let ask = async |name: &str| bench.sign_ins.asks_for_factor(granted(&Actor::Nobody), name, &fixture::client()).await.unwrap();
    assert!(ask("FACTOR").await);
    assert!(!ask("nobody").await);
}

#[tokio::test]
async fn the_operator_can_hide_who_asks_for_a_factor() {
    let rules = SignInRules { factor: crate::factor::FactorRules { is_revealed: false, ..sign_in_rules().factor }, ..sign_in_rules() };
    let bench = Bench::new(account_rules(), rules, Arc::new(crate::limit::Unlimited));
    let told = bench.sign_ins.asks_for_factor(granted(&Actor::Nobody), "nobody", &fixture::client()).await;
    assert!(told.unwrap());
}

#[tokio::test]
async fn a_foreign_hash_is_replaced() {
    let bench = Bench::default();
    put(&bench.store, fixture::user("o", "old"), Some("old hash of Passw0rd!x")).await;
    bench.sign_in("old", RIGHT).await.unwrap();
    let mut work = bench.store.begin().await.unwrap();
    let attempt = work.credentials().attempt(&LoginName::Text("old".into()), &LockRules::after(3), fixture::BORN).await.unwrap().unwrap();
    assert_eq!(attempt.hash.unwrap().expose(), "hash of Passw0rd!x");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_nothing_else() {
    let bench = Bench::default();
    bench.register("ada").await;
    let (first, second) = (bench.sign_in("ada", RIGHT).await.unwrap(), bench.sign_in("ada", RIGHT).await.unwrap());
    let actor = bench.actor(&first.token).await;
    bench.sign_ins.sign_out(granted(&actor), &actor, &origin()).await.unwrap();
    bench.sign_ins.sign_out(granted(&actor), &actor, &origin()).await.unwrap();
    assert!(bench.actor(&first.token).await.user().is_none());
    assert!(bench.actor(&second.token).await.user().is_some());
    let ends = bench.audit().await.iter().filter(|entry| entry.operation == "Logout").count();
    assert_eq!(ends, 1);
}

#[tokio::test]
async fn sessions_end_with_time_and_with_too_many() {
    let bench = Bench::default();
    bench.register("ada").await;
    let mut tokens = Vec::new();
    for _ in 0..5 {
        bench.clock.advance(Duration::from_secs(1));
        tokens.push(bench.sign_in("ada", RIGHT).await.unwrap().token);
    }
    let mut live = Vec::new();
    for token in &tokens {
        live.push(bench.actor(token).await.user().is_some());
    }
    assert_eq!(live, [false, false, true, true, true]);
    bench.clock.advance(Duration::from_hours(1));
    assert!(bench.actor(&tokens[4]).await.user().is_none());
}

#[tokio::test]
async fn a_device_has_one_session() {
    let bench = Bench::default();
    bench.register("ada").await;
    let on_phone = async || {
        let client = Client { device_id: "apple:x".into(), ..fixture::client() };
        let claim = Claim::new(text_login("ada"), "ada".into(), Password::from(RIGHT.to_owned()));
        bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &client, &origin()).await.unwrap()
    };
    let (first, second) = (on_phone().await, on_phone().await);
    assert_eq!(second.session.kind, SessionKind::Mobile);
    assert!(bench.actor(&first.token).await.user().is_none());
    assert!(bench.actor(&second.token).await.user().is_some());
}

#[tokio::test]
async fn every_refusal_is_written_down_but_never_what_was_typed() {
    let bench = Bench::default();
    bench.register("ada").await;
    let _ = bench.sign_in("ada", "nope").await;
    let _ = bench.sign_in("my-password-by-mistake", "nope").await;
    let refused: Vec<_> = bench.audit().await.into_iter().filter(|entry| entry.outcome == "refused").collect();
    assert_eq!(refused.len(), 2);
    assert!(refused[0].target.is_some() && refused[1].target.is_none());
    assert!(!format!("{refused:?}").contains("my-password"));
    assert_eq!(reason(&SignInError::Locked(None)), Some("locked"));
}

#[tokio::test]
async fn use_is_written_down_every_five_minutes_and_when_the_key_changed() {
    let bench = Bench::default();
    bench.register("ada").await;
    let token = bench.sign_in("ada", RIGHT).await.unwrap().token;
    let known = async || match bench.sign_ins.bearer(&token, fixture::address()).await.unwrap() {
        Bearer::Known(known) => *known,
        other => panic!("{other:?}"),
    };
    let due = |held: &Held| match bench.sign_ins.due_use(held, &token, fixture::address()) {
        Some(Use::Session(_, touch)) => Some(touch),
        Some(Use::AccessToken(..)) | None => None,
    };
    assert!(due(&known().await).is_none());
    bench.clock.advance(Duration::from_mins(5));
    let held = known().await;
    let touch = due(&held).unwrap();
    assert!(touch.token.is_none() && touch.expires_at.is_none(), "the rules end every session after an hour in all");
    bench.sign_ins.note(&bench.sign_ins.due_use(&held, &token, fixture::address()).unwrap()).await.unwrap();
    assert!(due(&known().await).is_none());

    let Held::Session(signed_in) = known().await else { panic!("no session") };
    let moved = crate::session::SignedIn { key: crate::credential::KeyId::new("former"), ..signed_in };
    assert!(due(&Held::Session(moved)).unwrap().token.is_some());
}

#[test]
fn forged_requests_lack_the_sessions_own_value() {
    let keys = PlainKeyring::default();
    let value = keys.digest(Purpose::Csrf, "s1").value().to_owned();
    assert!(keys.matches(Purpose::Csrf, "s1", &value));
    assert!(!keys.matches(Purpose::Csrf, "s2", &value));
    assert!(!keys.matches(Purpose::Csrf, "s1", ""));
}

#[test]
fn texts_that_name_no_account_are_not_looked_up() {
    for text in ["", "a\0b", &"x".repeat(129)] {
        assert_eq!(text_login(text), None);
    }
    assert_eq!(text_login("ADA"), Some(LoginName::Text("ada".into())));
}
