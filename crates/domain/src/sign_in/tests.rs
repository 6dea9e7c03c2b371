//! Rules of signing in and out.

use std::time::Duration;

use super::*;
use crate::credential::Method;
use crate::port::PasswordsError;
use crate::session::SessionKind;
use crate::testkit::fake::PlainKeyring;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};
use crate::testkit::{fixture, memory::MemoryStore};

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
        Bearer::Known(known) => known,
        other => panic!("{other:?}"),
    };
    assert!(bench.sign_ins.due_touch(&*known().await, &token, fixture::address()).is_none());
    bench.clock.advance(Duration::from_mins(5));
    let touch = bench.sign_ins.due_touch(&*known().await, &token, fixture::address()).unwrap();
    assert!(touch.token.is_none());
    bench.sign_ins.touch(&known().await.session.id, &touch).await.unwrap();
    assert!(bench.sign_ins.due_touch(&*known().await, &token, fixture::address()).is_none());

    let mut moved = *known().await;
    moved.key = crate::credential::KeyId::new("former");
    assert!(bench.sign_ins.due_touch(&moved, &token, fixture::address()).unwrap().token.is_some());
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

/// Signs in from a browser that shows a device's token, or can keep one.
async fn from_browser(bench: &Bench, password: &str, device: Option<&Token>) -> Result<Opened, SignInError> {
    let claim = Claim {
        device: device.cloned(),
        keeps_device: true,
        ..Claim::new(text_login("ada"), "ada".into(), Password::from(password.to_owned()))
    };
    bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &fixture::client(), &origin()).await
}

#[tokio::test]
async fn strangers_do_not_lock_somebody_out_of_a_known_device() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    for _ in 0..4 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Locked(_))));
    assert!(matches!(from_browser(&bench, RIGHT, Some(&Token::from_random([9; 16]))).await, Err(SignInError::Locked(_))));

    let opened = from_browser(&bench, RIGHT, Some(&device)).await.unwrap();

    assert!(opened.device.is_none(), "it is known already");
}

#[tokio::test]
async fn a_known_device_has_no_more_tries_than_anybody() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    for _ in 0..3 {
        assert!(matches!(from_browser(&bench, "nope", Some(&device)).await, Err(SignInError::InvalidCredentials)), "at the account");
    }
    for _ in 0..3 {
        assert!(matches!(from_browser(&bench, "nope", Some(&device)).await, Err(SignInError::InvalidCredentials)), "at the device");
    }
    assert!(matches!(from_browser(&bench, RIGHT, Some(&device)).await, Err(SignInError::Locked(_))));
}

#[tokio::test]
async fn an_overloaded_hasher_counts_no_try_of_a_device() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    for _ in 0..3 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    *bench.passwords.is_busy.lock().unwrap() = true;
    for _ in 0..5 {
        assert!(matches!(from_browser(&bench, RIGHT, Some(&device)).await, Err(SignInError::Passwords(_))));
    }
    *bench.passwords.is_busy.lock().unwrap() = false;
    from_browser(&bench, RIGHT, Some(&device)).await.unwrap();
}

#[tokio::test]
async fn no_device_is_known_where_the_operator_wants_none() {
    let bench = Bench::new(account_rules(), SignInRules { knows_devices: false, ..sign_in_rules() }, Arc::new(crate::limit::Unlimited));
    bench.register("ada").await;
    assert!(from_browser(&bench, RIGHT, None).await.unwrap().device.is_none());
}

#[tokio::test]
async fn names_that_nobody_has_are_locked_like_accounts() {
    let bench = Bench::default();
    bench.register("ada").await;
    bench.put(User { identity: sso(), ..fixture::user("s", "sso") }).await;
    let mut told = Vec::new();
    for name in ["ada", "nobody", "sso"] {
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(bench.sign_in(name, "nope").await.unwrap_err().to_string());
        }
        bench.clock.advance(FIRST_LOCK);
        for _ in 0..2 {
            let Err(error) = bench.sign_in(name, "nope").await else { panic!("let in") };
            answers.push(format!("{error:?}"));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1], "an account and nobody's");
    assert_eq!(told[0], told[2], "one that signs in elsewhere");
    assert!(told[0][6].contains("Locked(Some(120s))"), "{told:?}");
}

fn sso() -> crate::user::ExternalIdentity {
    crate::user::ExternalIdentity { service: "gitlab".into(), subject: Some("x".into()) }
}

#[tokio::test]
async fn a_lock_for_ever_names_no_time() {
    let lock = LockRules::for_ever(2);
    let bench = Bench::new(account_rules(), SignInRules { lock, ..sign_in_rules() }, Arc::new(crate::limit::Unlimited));
    bench.register("ada").await;
    for _ in 0..2 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    bench.clock.advance(Duration::from_hours(24 * 365));
    assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Locked(None))));
    assert_eq!(LockRules::for_ever(1).lock_after(30), LockRules::for_ever(1).lock_after(1));
}

/// CVE-2026-0999: an account that signs in elsewhere is not let in with a password, whatever names it.
#[tokio::test]
async fn each_name_of_an_account_meets_the_same_rule() {
    let bench = Bench::default();
    bench.put(User { identity: sso(), ..fixture::user("s", "sso") }).await;
    for login in [LoginName::Text("sso".into()), LoginName::Text("sso@example.test".into()), LoginName::Id(fixture::id("s"))] {
        let claim = Claim::new(Some(login.clone()), "x".into(), Password::from(RIGHT.to_owned()));
        let told = bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &fixture::client(), &origin()).await;
        assert!(matches!(told, Err(SignInError::InvalidCredentials)), "{login:?}");
    }
}

/// CVE-2024-39836: neither accounts of other servers nor bots get a session, even with a right password.
#[tokio::test]
async fn accounts_that_nobody_signs_in_to_get_no_session() {
    let bench = Bench::default();
    bench.put(User { remote_id: Some("far".into()), ..fixture::user("r", "remote") }).await;
    let robot = User { bot: Some(crate::user::Bot::default()), ..fixture::user("b", "robot") };
    put(&bench.store, robot, Some("hash of Passw0rd!x")).await;
    assert!(matches!(bench.sign_in("remote", RIGHT).await, Err(SignInError::Remote)));
    assert!(matches!(bench.sign_in("robot", RIGHT).await, Err(SignInError::Bot)));
    assert!(bench.store.sessions().is_empty());
}

#[tokio::test]
async fn an_address_is_verified_first_where_the_operator_wants_it() {
    let rules = SignInRules { needs_verified_email: true, ..sign_in_rules() };
    let bench = Bench::new(account_rules(), rules, Arc::new(crate::limit::Unlimited));
    bench.put(User { is_email_verified: false, ..fixture::user("a", "ada") }).await;
    bench.put(User { is_email_verified: true, ..fixture::user("b", "bob") }).await;
    for _ in 0..5 {
        assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Unverified)), "right passwords do not lock");
    }
    assert!(matches!(bench.sign_in("ada", "nope").await, Err(SignInError::InvalidCredentials)), "told after the password alone");
    bench.sign_in("bob", RIGHT).await.unwrap();
}

/// A directory that knows one password, and counts how often it is asked.
#[derive(Default)]
struct Directory(std::sync::atomic::AtomicU32);

impl Directory {
    fn binds(&self) -> u32 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl crate::provider::Providers for Directory {
    async fn link_address(&self, _: crate::provider::Provider, _: &User) -> Result<Option<String>, crate::provider::ProviderError> {
        Ok(None)
    }

    fn has_directory(&self) -> bool {
        true
    }

    async fn bind(&self, name: &str, password: &Password) -> Result<crate::provider::Bound, crate::provider::ProviderError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let is_right = name == "cn=ada" && password.expose() == "directory";
        Ok(if is_right { crate::provider::Bound::Right { subject: name.into() } } else { crate::provider::Bound::Wrong })
    }
}

/// CVE-2025-31947: nobody locks an account in the directory through us.
#[tokio::test]
async fn the_directory_is_not_asked_beyond_our_own_limit() {
    let directory = Arc::<Directory>::default();
    let providers = directory.clone();
    let bench = Bench::on(account_rules(), sign_in_rules(), |ports| ports.providers = providers);
    let identity = crate::user::ExternalIdentity { service: "ldap".into(), subject: Some("cn=ada".into()) };
    put(&bench.store, User { identity, ..fixture::user("a", "ada") }, None).await;
    bench.sign_in("ada", "directory").await.unwrap();

    for _ in 0..10 {
        let _ = bench.sign_in("ada", "nope").await;
    }

    assert_eq!(directory.binds(), 1 + 3);
    assert!(matches!(bench.sign_in("ada", "directory").await, Err(SignInError::Locked(_))));
    bench.clock.advance(FIRST_LOCK);
    bench.sign_in("ada", "directory").await.unwrap();
}
