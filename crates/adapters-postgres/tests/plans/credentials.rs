//! What requests and the upkeep do with sessions, tokens, mails and second factors.

use std::time::Duration;

use muster_adapters_postgres::PgStore;
use muster_domain::credential::{KeyId, Sealed};
use muster_domain::device::NewDevice;
use muster_domain::factor::{NewFactor, NewRecoveryCode};
use muster_domain::id::{CredentialId, UserId};
use muster_domain::mail::{Claim, FailedTry, MailState};
use muster_domain::one_time::TokenKind;
use muster_domain::page::Page;
use muster_domain::session::{DeviceChange, Guard, Touch};
use muster_domain::store::{LockRules, Store, UnitOfWork};
use muster_domain::testkit::fixture::{self, BORN, id};
use muster_domain::time::Timestamp;

/// What is used here.
pub(crate) const TABLES: [&str; 8] =
    ["sessions", "access_tokens", "one_time_tokens", "outbox", "factors", "factor_tries", "recovery_codes", "known_devices"];

const RULES: LockRules = LockRules { limit: 3, first_lock_ms: 60_000, longest_lock_ms: 3_600_000 };
const UNCHANGED: Guard = Guard { credential_epoch: 0, global_epoch: 0 };

fn later(minutes: u64) -> Timestamp {
    BORN.after(Duration::from_mins(minutes))
}

fn credential_id(short: &str) -> CredentialId {
    id::<UserId>(short).as_str().parse().unwrap()
}

fn touch() -> Touch {
    Touch { at: later(1), address: fixture::address(), token: None, expires_at: None }
}

async fn sessions(work: &mut dyn UnitOfWork) {
    let owner = id("u1x");
    let sessions = work.sessions();
    for short in ["s1", "s2", "s3"] {
        assert!(sessions.open(&fixture::new_session(short, "u1x"), UNCHANGED).await.unwrap());
    }
    let change = DeviceChange { device_id: Some("d".to_owned()), ..DeviceChange::default() };
    assert!(sessions.attach(&id("s1"), &change).await.unwrap());
    sessions.touch(&id("s1"), &touch()).await.unwrap();
    sessions.by_id(&id("s1")).await.unwrap();
    let ending = fixture::ending();
    sessions.end(&id("s1"), &ending).await.unwrap();
    sessions.end_own(&owner, &id("s2"), &ending).await.unwrap();
    sessions.end_device(&owner, "d", Some(&id("s3")), &ending).await.unwrap();
    sessions.end_beyond(&owner, &id("s3"), 5, &ending).await.unwrap();
    sessions.end_all(&owner, None, &ending).await.unwrap();
    sessions.end_expired(later(99), 9).await.unwrap();
    sessions.end_idle(BORN, later(99), 9).await.unwrap();
    sessions.end_everybodys(&ending, 9).await.unwrap();
    sessions.purge(later(99), 9).await.unwrap();
}

async fn access_tokens(work: &mut dyn UnitOfWork) {
    let tokens = work.access_tokens();
    assert!(tokens.insert(&fixture::new_access_token("t1", "u1x"), 9).await.unwrap());
    tokens.by_id(&id("t1")).await.unwrap();
    tokens.touch(&id("t1"), &touch()).await.unwrap();
    tokens.set_active(&id("t1"), false).await.unwrap();
    assert!(tokens.remove(&id("t1")).await.unwrap());
}

async fn one_time_tokens(work: &mut dyn UnitOfWork) {
    let hashes = [fixture::digest("hash of o1")];
    let tokens = work.one_time_tokens();
    tokens.put(&fixture::one_time_token("o1", "u1x")).await.unwrap();
    assert!(tokens.by_token(&hashes).await.unwrap().is_some());
    assert!(tokens.redeem(&hashes, TokenKind::Reset, BORN).await.unwrap().is_some());
    tokens.end(&id("u1x"), &[TokenKind::Reset]).await.unwrap();
    tokens.purge(later(99), 9).await.unwrap();
}

async fn outbox(work: &mut dyn UnitOfWork) {
    let outbox = work.outbox();
    outbox.put(&[fixture::mail("m1"), fixture::mail("m2")]).await.unwrap();
    outbox.next_due().await.unwrap();
    let claim = Claim { by: "w".to_owned(), now: BORN, until: later(5), most: 2 };
    assert_eq!(outbox.claim(&claim).await.unwrap().len(), 2);
    assert!(outbox.delivered(&id("m1"), "w", later(1)).await.unwrap());
    let failure = FailedTry { at: later(1), reason: "450".to_owned(), retry_at: None };
    assert!(outbox.failed(&id("m2"), "w", &failure).await.unwrap());
    outbox.list(&[MailState::Dead], Page::FIRST).await.unwrap();
    outbox.retry(Some(&id("m2")), later(2)).await.unwrap();
    outbox.retry(None, later(2)).await.unwrap();
    outbox.cut(later(99), 9).await.unwrap();
    outbox.purge(later(99), 9).await.unwrap();
}

async fn factors(work: &mut dyn UnitOfWork) {
    let (owner, factor) = (id("u1x"), credential_id("f1"));
    let sealed = Sealed { key_id: KeyId::new("k1"), bytes: b"sealed".to_vec() };
    let factors = work.factors();
    factors.propose(&NewFactor { id: factor.clone(), user_id: id("u1x"), sealed, created_at: BORN }).await.unwrap();
    assert!(factors.activate(&factor, 1, BORN).await.unwrap());
    factors.attempt(&owner, &RULES, BORN).await.unwrap();
    factors.forgive(&owner).await.unwrap();
    assert!(factors.use_step(&factor, 2).await.unwrap());
    factors.of_user(&owner).await.unwrap();
    let hash = || fixture::digest("code");
    factors.replace_recovery_codes(&owner, &[NewRecoveryCode { hash: hash(), created_at: BORN }]).await.unwrap();
    factors.recovery_codes_left(&owner).await.unwrap();
    assert!(factors.redeem_recovery_code(&owner, &[hash()]).await.unwrap());
    assert!(factors.clear(&owner, BORN).await.unwrap());
}

async fn known_devices(work: &mut dyn UnitOfWork) {
    let (owner, hashes) = (id("u1x"), [fixture::digest("device")]);
    let device = NewDevice { id: credential_id("d1"), user_id: id("u1x"), hash: fixture::digest("device"), created_at: BORN };
    let devices = work.known_devices();
    devices.know(&device, 2).await.unwrap();
    assert!(devices.attempt(&owner, &hashes, &RULES, BORN).await.unwrap());
    devices.give_back(&owner, &hashes).await.unwrap();
    assert!(devices.recognise(&owner, &hashes, BORN).await.unwrap());
    devices.purge(BORN, 9).await.unwrap();
    devices.forget(&owner).await.unwrap();
}

/// Does each thing once.
pub(crate) async fn use_each(store: &PgStore) {
    let mut work = store.begin().await.unwrap();
    sessions(&mut *work).await;
    access_tokens(&mut *work).await;
    one_time_tokens(&mut *work).await;
    outbox(&mut *work).await;
    factors(&mut *work).await;
    known_devices(&mut *work).await;
    work.commit().await.unwrap();
}
