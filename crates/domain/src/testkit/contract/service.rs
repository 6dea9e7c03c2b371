//! What holds of the service's own memory.

use futures_util::future::join_all;

use super::{add_with_password, attempt_of, begin, commit, grow_global_epoch};
use crate::store::Store;
use crate::testkit::fixture::{BORN, user};
use crate::time::Timestamp;

async fn get(store: &dyn Store, name: &str) -> Option<String> {
    store.read().await.unwrap().service().get(name).await.unwrap()
}

async fn put(store: &dyn Store, name: &str, value: &str) {
    let mut work = begin(store).await;
    work.service().put(name, value).await.unwrap();
    commit(work).await.unwrap();
}

async fn latch(store: &dyn Store, name: &str, value: &str) -> bool {
    let mut work = begin(store).await;
    let did = work.service().latch(name, value).await.unwrap();
    commit(work).await.unwrap();
    did
}

/// What was put is got, in a unit of work as well; the last value counts.
pub async fn what_was_put_is_got(store: &dyn Store) {
    put(store, "name", "first").await;
    put(store, "name", "O'Second \"名\"").await;
    put(store, "other", "").await;

    assert_eq!(get(store, "name").await.as_deref(), Some("O'Second \"名\""));
    assert_eq!(get(store, "other").await.as_deref(), Some(""));
    assert_eq!(begin(store).await.service().get("other").await.unwrap().as_deref(), Some(""));
}

/// What was never put is not there, and names are told apart by letter case.
pub async fn what_was_never_put_is_not_there(store: &dyn Store) {
    put(store, "name", "value").await;

    assert_eq!(get(store, "Name").await, None);
}

/// A latch keeps its first value.
pub async fn a_latch_keeps_its_first_value(store: &dyn Store) {
    assert!(latch(store, "latch", "first").await);

    let again = latch(store, "latch", "second").await;

    assert!(!again);
    assert_eq!(get(store, "latch").await.as_deref(), Some("first"));
}

/// A value that was put holds a latch too.
pub async fn a_latch_leaves_a_value_alone(store: &dyn Store) {
    put(store, "name", "put").await;

    let did = latch(store, "name", "latched").await;

    assert!(!did);
    assert_eq!(get(store, "name").await.as_deref(), Some("put"));
}

/// Of sixteen latches at once one is first, and its value lasts.
pub async fn of_latches_at_once_one_is_first(store: &dyn Store) {
    let values: Vec<_> = (0..16).map(|number| number.to_string()).collect();

    let did = join_all(values.iter().map(|value| latch(store, "latch", value))).await;

    assert_eq!(did.iter().filter(|did| **did).count(), 1);
    let first = did.iter().position(|did| *did).unwrap();
    assert_eq!(get(store, "latch").await, Some(values[first].clone()));
}

/// A latch that was dropped before it was committed can be set again.
pub async fn a_dropped_latch_is_open(store: &dyn Store) {
    let mut work = begin(store).await;
    assert!(work.service().latch("latch", "dropped").await.unwrap());

    drop(work);

    assert!(latch(store, "latch", "kept").await);
}

/// The service's epoch grows by one each time, none of sixteen at once being lost.
pub async fn the_global_epoch_grows_one_by_one(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    let before = attempt_of(store, "a", BORN).await.guard;

    join_all((0..16).map(|_| grow_global_epoch(store))).await;

    let after = attempt_of(store, "a", BORN).await.guard;
    assert_eq!((before.global_epoch, after.global_epoch), (0, 16));
    assert_eq!(after.credential_epoch, before.credential_epoch);
}

/// The store's time lies in this century and does not run backwards.
pub async fn time_is_plausible(store: &dyn Store) {
    let mut reading = store.read().await.unwrap();

    let first = reading.service().time().await.unwrap();
    let second = begin(store).await.service().time().await.unwrap();

    let (start, end) = (Timestamp::from_millis(1_577_836_800_000), Timestamp::from_millis(4_102_444_800_000));
    assert!(start < first && first <= second && second < end, "{first:?}, then {second:?}");
}

/// Units of work that hold a name take turns: none of eight changes at once is lost.
pub async fn who_holds_a_name_holds_it_alone(store: &dyn Store) {
    put(store, "count", "0").await;
    let grow = async |_| {
        let mut work = begin(store).await;
        work.service().lock("name").await.unwrap();
        let count: u32 = work.service().get("count").await.unwrap().unwrap().parse().unwrap();
        super::give_way().await;
        work.service().put("count", &(count + 1).to_string()).await.unwrap();
        commit(work).await.unwrap();
    };

    join_all((0..8).map(grow)).await;

    assert_eq!(get(store, "count").await.as_deref(), Some("8"));
}

/// A name is free when the unit of work that held it was dropped, and may be held twice by one.
pub async fn a_dropped_unit_of_work_holds_nothing(store: &dyn Store) {
    let mut work = begin(store).await;
    work.service().lock("name").await.unwrap();
    work.service().lock("name").await.unwrap();

    drop(work);

    let mut next = begin(store).await;
    next.service().lock("name").await.unwrap();
    commit(next).await.unwrap();
}

/// Holding a name neither sets it nor changes its value.
pub async fn a_held_name_keeps_its_value(store: &dyn Store) {
    put(store, "name", "value").await;
    let mut work = begin(store).await;
    work.service().lock("name").await.unwrap();
    work.service().lock("latch").await.unwrap();
    commit(work).await.unwrap();

    assert_eq!(get(store, "name").await.as_deref(), Some("value"));
    assert_eq!(get(store, "latch").await, None);
    assert!(latch(store, "latch", "value").await);
}
