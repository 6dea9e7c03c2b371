//! What holds of second factors.

use futures_util::future::join_all;

use super::{RULES, UNCHANGED, account, add, begin, commit, minutes, open};
use crate::credential::{Digest, KeyId, Sealed};
use crate::factor::{FactorTry, NewFactor, NewRecoveryCode, StoredFactor};
use crate::id::{CredentialId, UserId};
use crate::store::{Store, StoreError};
use crate::testkit::fixture::{self, BORN, id, new_session, user};
use crate::time::Timestamp;

fn sealed(key: &str, text: &str) -> Sealed {
    Sealed { key_id: KeyId::new(key), bytes: text.as_bytes().to_vec() }
}

fn factor_id(short: &str) -> CredentialId {
    id::<UserId>(short).as_str().parse().unwrap()
}

fn factor(short: &str, owner: &str) -> NewFactor {
    NewFactor { id: factor_id(short), user_id: id(owner), sealed: sealed("k1", short), created_at: BORN }
}

fn code(text: &str) -> NewRecoveryCode {
    NewRecoveryCode { hash: hash(text), created_at: BORN }
}

fn hash(text: &str) -> Digest {
    Digest::new(KeyId::new("k1"), text.to_owned())
}

async fn propose(store: &dyn Store, short: &str, owner: &str) {
    let mut work = begin(store).await;
    work.factors().propose(&factor(short, owner)).await.unwrap();
    commit(work).await.unwrap();
}

async fn activate(store: &dyn Store, short: &str, step: i64) -> Result<bool, StoreError> {
    let mut work = begin(store).await;
    // As its use case does, so that two of them wait for each other.
    work.users().locked(&id("a")).await?;
    let did = work.factors().activate(&factor_id(short), step, BORN).await?;
    commit(work).await?;
    Ok(did)
}

async fn use_step(store: &dyn Store, short: &str, step: i64) -> bool {
    let mut work = begin(store).await;
    let did = work.factors().use_step(&factor_id(short), step).await.unwrap();
    commit(work).await.unwrap();
    did
}

async fn try_code(store: &dyn Store, now: Timestamp) -> FactorTry {
    let mut work = begin(store).await;
    let tried = work.factors().attempt(&id("a"), &RULES, now).await.unwrap();
    commit(work).await.unwrap();
    tried
}

async fn redeem(store: &dyn Store, owner: &str, hashes: &[Digest]) -> bool {
    let mut work = begin(store).await;
    let did = work.factors().redeem_recovery_code(&id(owner), hashes).await.unwrap();
    commit(work).await.unwrap();
    did
}

async fn give_codes(store: &dyn Store, owner: &str, codes: &[&str]) {
    let codes: Vec<_> = codes.iter().map(|text| code(text)).collect();
    let mut work = begin(store).await;
    work.factors().replace_recovery_codes(&id(owner), &codes).await.unwrap();
    commit(work).await.unwrap();
}

async fn clear(store: &dyn Store) -> bool {
    let mut work = begin(store).await;
    let was_on = work.factors().clear(&id("a"), minutes(5)).await.unwrap();
    commit(work).await.unwrap();
    was_on
}

async fn of_ada(store: &dyn Store) -> Vec<StoredFactor> {
    let mut found = store.read().await.unwrap().factors().of_user(&id("a")).await.unwrap();
    found.sort_by_key(|factor| !factor.is_active);
    found
}

async fn ada(store: &dyn Store) {
    add(store, &[user("a", "ada"), user("b", "bob")]).await.unwrap();
}

/// A secret waits until it is activated, and from then on the account asks for a second factor.
pub async fn a_secret_waits_until_it_is_activated(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    let waiting = StoredFactor { id: factor_id("f"), user_id: id("a"), sealed: sealed("k1", "f"), is_active: false, last_step: 0 };
    assert_eq!(of_ada(store).await, std::slice::from_ref(&waiting));
    assert!(!account(store, "a").await.has_second_factor);

    assert!(activate(store, "f", 7).await.unwrap());

    assert_eq!(of_ada(store).await, [StoredFactor { is_active: true, last_step: 7, ..waiting }]);
    assert!(account(store, "a").await.has_second_factor && !account(store, "b").await.has_second_factor);
    assert!(!activate(store, "f", 8).await.unwrap(), "it is active already");
    assert!(!activate(store, "g", 8).await.unwrap(), "there is no such secret");
}

/// A new secret takes the place of the one that waits.
pub async fn a_new_secret_takes_the_place_of_the_one_that_waits(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    propose(store, "h", "b").await;

    propose(store, "g", "a").await;

    assert_eq!(of_ada(store).await.iter().map(|factor| factor.id.clone()).collect::<Vec<_>>(), [factor_id("g")]);
    assert_eq!(store.read().await.unwrap().factors().of_user(&id("b")).await.unwrap().len(), 1);
}

/// While a new secret waits the active one counts; activated, the new one takes its place.
pub async fn an_activated_secret_takes_the_place_of_the_active_one(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    activate(store, "f", 7).await.unwrap();

    propose(store, "g", "a").await;

    let states: Vec<_> = of_ada(store).await.into_iter().map(|factor| (factor.id, factor.is_active)).collect();
    assert_eq!(states, [(factor_id("f"), true), (factor_id("g"), false)]);
    assert!(use_step(store, "f", 8).await);

    activate(store, "g", 9).await.unwrap();
    let states: Vec<_> = of_ada(store).await.into_iter().map(|factor| (factor.id, factor.is_active, factor.last_step)).collect();
    assert_eq!(states, [(factor_id("g"), true, 9)]);
    assert!(!use_step(store, "f", 10).await);
}

/// Of two activations at once one succeeds.
pub async fn of_two_activations_at_once_one_succeeds(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;

    let done = join_all([activate(store, "f", 7), activate(store, "f", 7)]).await;

    assert_eq!(done.into_iter().filter(|done| *done.as_ref().unwrap()).count(), 1);
}

/// A step is used once, and none before it after it.
pub async fn a_step_is_used_once_and_no_earlier_one_after_it(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    activate(store, "f", 7).await.unwrap();

    assert!(!use_step(store, "f", 7).await, "its activation has used it");
    assert!(use_step(store, "f", 9).await);
    assert!(!use_step(store, "f", 9).await);
    assert!(!use_step(store, "f", 8).await);
    assert!(use_step(store, "f", 10).await);
}

/// Of many uses of one step at once, one succeeds.
pub async fn of_many_uses_of_a_step_at_once_one_succeeds(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    activate(store, "f", 7).await.unwrap();

    let used = join_all((0..20).map(|_| use_step(store, "f", 8))).await;

    assert_eq!(used.into_iter().filter(|used| *used).count(), 1);
}

/// A secret that waits has no step to use.
pub async fn a_secret_that_waits_has_no_step_to_use(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;

    assert!(!use_step(store, "f", 8).await);
}

/// Too many wrong codes lock, for longer each time, and the other account's are counted apart.
pub async fn too_many_wrong_codes_lock_for_longer_each_time(store: &dyn Store) {
    ada(store).await;
    for _ in 0..RULES.limit {
        assert_eq!(try_code(store, BORN).await, FactorTry::Open);
    }

    assert_eq!(try_code(store, BORN).await, FactorTry::Locked(minutes(1)));
    assert_eq!(try_code(store, minutes(1)).await, FactorTry::Open);
    assert_eq!(try_code(store, minutes(1)).await, FactorTry::Locked(minutes(3)));
    let mut work = begin(store).await;
    assert_eq!(work.factors().attempt(&id("b"), &RULES, BORN).await.unwrap(), FactorTry::Open);
}

/// A burst of codes gets no more tries than the limit.
pub async fn a_burst_of_codes_gets_no_more_tries_than_the_limit(store: &dyn Store) {
    ada(store).await;

    let tried = join_all((0..20).map(|_| try_code(store, BORN))).await;

    assert_eq!(tried.into_iter().filter(|tried| *tried == FactorTry::Open).count(), RULES.limit as usize);
}

/// A right code forgives wrong ones.
pub async fn a_right_code_forgives_wrong_ones(store: &dyn Store) {
    ada(store).await;
    for _ in 0..=RULES.limit {
        try_code(store, BORN).await;
    }

    let mut work = begin(store).await;
    work.factors().forgive(&id("a")).await.unwrap();
    commit(work).await.unwrap();

    assert_eq!(try_code(store, BORN).await, FactorTry::Open);
}

/// A recovery code is used once, and by its own account.
pub async fn a_recovery_code_is_used_once_by_its_account(store: &dyn Store) {
    ada(store).await;
    give_codes(store, "a", &["one", "two"]).await;
    give_codes(store, "b", &["three"]).await;

    assert!(!redeem(store, "b", &[hash("one")]).await);
    assert!(!redeem(store, "a", &[hash("nope")]).await);
    assert!(!redeem(store, "a", &[Digest::new(KeyId::new("k2"), "one".into())]).await, "it was made under another key");
    assert!(redeem(store, "a", &[hash("nope"), hash("one")]).await);
    assert!(!redeem(store, "a", &[hash("one")]).await);
    assert_eq!(store.read().await.unwrap().factors().recovery_codes_left(&id("a")).await.unwrap(), 1);
}

/// Of many uses of one recovery code at once, one succeeds.
pub async fn of_many_uses_of_a_recovery_code_at_once_one_succeeds(store: &dyn Store) {
    ada(store).await;
    give_codes(store, "a", &["one"]).await;

    let hashes = [hash("one")];
    let used = join_all((0..20).map(|_| redeem(store, "a", &hashes))).await;

    assert_eq!(used.into_iter().filter(|used| *used).count(), 1);
}

/// New recovery codes take the place of old ones.
pub async fn new_recovery_codes_take_the_place_of_old_ones(store: &dyn Store) {
    ada(store).await;
    give_codes(store, "a", &["one", "two"]).await;

    give_codes(store, "a", &["three"]).await;

    assert!(!redeem(store, "a", &[hash("one")]).await);
    assert!(redeem(store, "a", &[hash("three")]).await);
}

/// What is cleared is gone: secrets, recovery codes, wrong codes, and the asking for a second factor.
pub async fn what_is_cleared_is_gone(store: &dyn Store) {
    ada(store).await;
    assert!(!clear(store).await, "nothing was asked for");
    propose(store, "f", "a").await;
    activate(store, "f", 7).await.unwrap();
    propose(store, "g", "a").await;
    give_codes(store, "a", &["one"]).await;
    for _ in 0..=RULES.limit {
        try_code(store, BORN).await;
    }

    assert!(clear(store).await);

    assert_eq!(of_ada(store).await, []);
    assert!(!account(store, "a").await.has_second_factor);
    assert_eq!(account(store, "a").await.updated_at, minutes(5));
    assert!(!redeem(store, "a", &[hash("one")]).await);
    assert_eq!(try_code(store, BORN).await, FactorTry::Open);
}

/// A sign-in that was begun before the factor changed makes no session.
pub async fn a_change_of_the_factor_makes_sign_ins_fail_that_were_begun_before(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;

    activate(store, "f", 7).await.unwrap();
    assert!(!open(store, &new_session("s", "a"), UNCHANGED).await);

    let between = crate::session::Guard { credential_epoch: account(store, "a").await.credential_epoch, ..UNCHANGED };
    clear(store).await;
    assert!(!open(store, &new_session("s", "a"), between).await);
}

/// Secrets under other keys are found some at a time, and resealed.
pub async fn secrets_are_resealed_some_at_a_time(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    propose(store, "g", "b").await;
    give_codes(store, "a", &["one"]).await;
    let (old, new) = (KeyId::new("k1"), KeyId::new("k2"));
    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.factors().sealed_under_others(&old, None, 10).await.unwrap(), []);
    let first = reading.factors().sealed_under_others(&new, None, 1).await.unwrap();
    assert_eq!(first.len(), 1);
    let second = reading.factors().sealed_under_others(&new, Some(&first[0].id), 10).await.unwrap();
    assert_eq!(second.len(), 1);
    assert!(first[0].id < second[0].id);
    assert_eq!(reading.factors().hashed_under_others(&new).await.unwrap(), 1);
    assert_eq!(reading.factors().hashed_under_others(&old).await.unwrap(), 0);
    drop(reading);

    let mut work = begin(store).await;
    assert!(work.factors().reseal(&first[0].id, &first[0].sealed, &sealed("k2", "anew")).await.unwrap());
    commit(work).await.unwrap();

    let left = store.read().await.unwrap().factors().sealed_under_others(&new, None, 10).await.unwrap();
    assert_eq!(left, second);
    let owner = store.read().await.unwrap().factors().of_user(&first[0].user_id).await.unwrap();
    assert_eq!(owner[0].sealed, sealed("k2", "anew"));
}

/// A secret that has changed meanwhile is not resealed.
pub async fn a_secret_that_has_changed_is_not_resealed(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;

    let mut work = begin(store).await;
    let did = work.factors().reseal(&factor_id("f"), &sealed("k1", "other"), &sealed("k2", "anew")).await.unwrap();
    commit(work).await.unwrap();

    assert!(!did);
    assert_eq!(of_ada(store).await[0].sealed, sealed("k1", "f"));
}

/// What belongs to an account's second factor goes with it.
pub async fn factors_go_with_their_account(store: &dyn Store) {
    ada(store).await;
    propose(store, "f", "a").await;
    activate(store, "f", 7).await.unwrap();
    give_codes(store, "a", &["one"]).await;
    try_code(store, BORN).await;

    let mut work = begin(store).await;
    assert!(work.users().remove(&id("a")).await.unwrap());
    commit(work).await.unwrap();

    assert_eq!(of_ada(store).await, []);
    add(store, &[fixture::user("a", "ada")]).await.unwrap();
    assert!(!redeem(store, "a", &[hash("one")]).await);
}
