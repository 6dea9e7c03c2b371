//! What holds of known devices.

use futures_util::future::join_all;

use super::{RULES, add, begin, commit, minutes};
use crate::credential::{Digest, KeyId};
use crate::device::NewDevice;
use crate::id::UserId;
use crate::store::Store;
use crate::testkit::fixture::{BORN, id, user};
use crate::time::Timestamp;

fn hashes(text: &str) -> [Digest; 2] {
    ["k2", "k1"].map(|key| Digest::new(KeyId::new(key), text.to_owned()))
}

fn device(short: &str, at: Timestamp) -> NewDevice {
    let [_, hash] = hashes(short);
    NewDevice { id: id::<UserId>(short).as_str().parse().unwrap(), user_id: id("a"), hash, created_at: at }
}

async fn know(store: &dyn Store, short: &str, at: Timestamp) -> bool {
    let mut work = begin(store).await;
    let had_any = work.known_devices().know(&device(short, at), 2).await.unwrap();
    commit(work).await.unwrap();
    had_any
}

async fn attempt(store: &dyn Store, owner: &str, token: &str, now: Timestamp) -> bool {
    let mut work = begin(store).await;
    let is_open = work.known_devices().attempt(&id(owner), &hashes(token), &RULES, now).await.unwrap();
    commit(work).await.unwrap();
    is_open
}

async fn recognise(store: &dyn Store, token: &str, now: Timestamp) -> bool {
    let mut work = begin(store).await;
    let is_known = work.known_devices().recognise(&id("a"), &hashes(token), now).await.unwrap();
    commit(work).await.unwrap();
    is_known
}

async fn ada(store: &dyn Store) {
    add(store, &[user("a", "ada"), user("b", "bob")]).await.unwrap();
    assert!(!know(store, "d", BORN).await, "the first");
}

/// A known device has a counter of its own, which locks for longer each time.
pub async fn a_known_device_has_a_counter_of_its_own(store: &dyn Store) {
    ada(store).await;
    assert!(know(store, "e", BORN).await, "another");
    let mut work = begin(store).await;
    for (owner, token, is_known) in [("a", "d", true), ("a", "x", false), ("b", "d", false)] {
        assert_eq!(work.known_devices().is_known(&id(owner), &hashes(token)).await.unwrap(), is_known, "{owner} {token}");
    }
    drop(work);
    for _ in 0..RULES.limit {
        assert!(attempt(store, "a", "d", BORN).await);
    }

    assert!(!attempt(store, "a", "d", BORN).await);
    assert!(attempt(store, "a", "e", BORN).await);
    assert!(attempt(store, "a", "d", minutes(1)).await);
    assert!(!attempt(store, "a", "d", minutes(2)).await);
}

/// A burst from one device gets no more tries than the limit.
pub async fn a_burst_from_a_device_gets_no_more_tries_than_the_limit(store: &dyn Store) {
    ada(store).await;

    let tried = join_all((0..20).map(|_| attempt(store, "a", "d", BORN))).await;

    assert_eq!(tried.into_iter().filter(|is_open| *is_open).count(), RULES.limit as usize);
}

/// A device is known to its own account alone.
pub async fn a_device_is_known_to_its_account_alone(store: &dyn Store) {
    ada(store).await;

    assert!(!attempt(store, "b", "d", BORN).await);
    assert!(!attempt(store, "a", "nope", BORN).await);
    assert!(!recognise(store, "nope", BORN).await);
}

/// A device that was used to sign in is forgiven.
pub async fn a_device_that_is_recognised_is_forgiven(store: &dyn Store) {
    ada(store).await;
    for _ in 0..=RULES.limit {
        attempt(store, "a", "d", BORN).await;
    }

    assert!(recognise(store, "d", BORN).await);

    assert!(attempt(store, "a", "d", BORN).await);
}

/// A try that nobody looked at is given back.
pub async fn a_try_of_a_device_is_given_back(store: &dyn Store) {
    ada(store).await;
    for _ in 0..10 {
        assert!(attempt(store, "a", "d", BORN).await);
        let mut work = begin(store).await;
        work.known_devices().give_back(&id("a"), &hashes("d")).await.unwrap();
        commit(work).await.unwrap();
    }
}

/// Beyond so many, the devices that were used least lately give way.
pub async fn the_least_used_devices_give_way(store: &dyn Store) {
    ada(store).await;
    know(store, "e", minutes(1)).await;
    assert!(recognise(store, "d", minutes(2)).await);

    know(store, "f", minutes(3)).await;

    assert!(recognise(store, "d", minutes(3)).await && recognise(store, "f", minutes(3)).await);
    assert!(!recognise(store, "e", minutes(3)).await);
}

/// Devices that were not used for long are purged, some at a time.
pub async fn devices_that_were_not_used_are_purged(store: &dyn Store) {
    ada(store).await;
    know(store, "e", minutes(1)).await;
    recognise(store, "d", minutes(9)).await;
    let mut work = begin(store).await;

    assert_eq!(work.known_devices().purge(minutes(5), 10).await.unwrap(), 1);
    commit(work).await.unwrap();

    assert!(recognise(store, "d", minutes(9)).await && !recognise(store, "e", minutes(9)).await);
}

/// An account's devices can be forgotten together.
pub async fn forgotten_devices_are_unknown(store: &dyn Store) {
    ada(store).await;
    let mut work = begin(store).await;
    work.known_devices().forget(&id("a")).await.unwrap();
    commit(work).await.unwrap();

    assert!(!recognise(store, "d", BORN).await);
}
