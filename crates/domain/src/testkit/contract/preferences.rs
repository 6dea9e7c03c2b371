//! What holds of what clients remember.

use super::directory::{done, people};
use crate::preference::{OF_SERVICE, Preference};
use crate::store::Store;
use crate::testkit::fixture::{id, preference};

async fn put(store: &dyn Store, preferences: &[Preference]) {
    done(store, async |work| work.preferences().put(preferences).await).await.unwrap();
}

async fn remove(store: &dyn Store, preferences: &[Preference]) {
    done(store, async |work| work.preferences().remove(preferences).await).await.unwrap();
}

async fn of_user(store: &dyn Store, name: &str, category: Option<&str>) -> Vec<Preference> {
    store.read().await.unwrap().preferences().of_user(&id(name), category).await.unwrap()
}

async fn count(store: &dyn Store, name: &str) -> u32 {
    store.read().await.unwrap().preferences().count(&id(name)).await.unwrap()
}

/// What is remembered of an account comes by category and name, in the order of bytes; all of it, or one category.
pub async fn what_is_remembered_comes_by_category_and_name(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let of_ada = [
        preference("ada", "Theme", "z", "\"1\" 'it' \\ 名"),
        preference("ada", "theme", "", ""),
        preference("ada", "theme", "A", "2"),
        preference("ada", "theme", "a", "3"),
        preference("ada", "théme", "a", "4"),
    ];
    put(store, &[of_ada[3].clone(), of_ada[0].clone(), of_ada[4].clone(), of_ada[1].clone(), of_ada[2].clone()]).await;
    put(store, &[preference("bob", "theme", "a", "5")]).await;

    assert_eq!(of_user(store, "ada", None).await, of_ada);
    assert_eq!(of_user(store, "ada", Some("theme")).await, of_ada[1..4]);
    assert_eq!(of_user(store, "ada", Some("them_")).await, []);
    assert_eq!(of_user(store, "nobody", None).await, []);
    assert_eq!((count(store, "ada").await, count(store, "bob").await, count(store, "nobody").await), (5, 1, 0));
}

/// What was remembered under the same name is replaced; of two in one batch the last counts.
pub async fn what_is_remembered_again_is_replaced(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    put(store, &[preference("ada", "theme", "a", "1"), preference("bob", "theme", "a", "1")]).await;

    put(store, &[preference("ada", "theme", "a", "2"), preference("ada", "theme", "b", "3"), preference("ada", "theme", "a", "4")]).await;
    put(store, &[]).await;

    assert_eq!(of_user(store, "ada", None).await, [preference("ada", "theme", "a", "4"), preference("ada", "theme", "b", "3")]);
    assert_eq!(of_user(store, "bob", None).await, [preference("bob", "theme", "a", "1")]);
}

/// What is forgotten is gone, whatever its value; what was never remembered can be forgotten too.
pub async fn what_is_forgotten_is_gone(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let kept = [preference("ada", "theme", "b", "1"), preference("ada", "views", "a", "1")];
    put(store, &[kept[0].clone(), kept[1].clone(), preference("ada", "theme", "a", "1"), preference("bob", "theme", "a", "1")]).await;

    remove(store, &[preference("ada", "theme", "a", "other"), preference("ada", "theme", "A", ""), preference("nobody", "x", "y", "z")])
        .await;
    remove(store, &[]).await;

    assert_eq!(of_user(store, "ada", None).await, kept);
    assert_eq!((count(store, "ada").await, count(store, "bob").await), (2, 1));
}

/// A whole batch is remembered and forgotten.
pub async fn a_whole_batch_is_remembered_and_forgotten(store: &dyn Store) {
    people(store, &["ada"]).await;
    let batch: Vec<_> = (0..100).map(|number| preference("ada", "theme", &format!("name{number:02}"), &"v".repeat(2_000))).collect();

    put(store, &batch).await;
    assert_eq!(of_user(store, "ada", Some("theme")).await, batch);

    remove(store, &batch[1..]).await;
    assert_eq!(of_user(store, "ada", None).await, batch[..1]);
}

/// What the service keeps among what clients remember is not counted; what only resembles it is.
pub async fn what_the_service_keeps_is_not_counted(store: &dyn Store) {
    people(store, &["ada"]).await;
    let (category, name) = OF_SERVICE;
    put(store, &[preference("ada", category, name, "[]")]).await;
    assert_eq!(count(store, "ada").await, 0);

    put(store, &[preference("ada", category, "other", ""), preference("ada", "other", name, "")]).await;

    assert_eq!((count(store, "ada").await, of_user(store, "ada", None).await.len()), (2, 3));
}

/// What one account's clients remember at once is all there.
pub async fn what_is_remembered_at_once_is_all_there(store: &dyn Store) {
    people(store, &["ada"]).await;
    let one = async |number: usize| {
        put(store, &[preference("ada", "own", &number.to_string(), "1"), preference("ada", "common", "a", &number.to_string())]).await;
    };

    futures_util::future::join_all((0..8).map(one)).await;

    assert_eq!(count(store, "ada").await, 9);
}

/// What a unit of work remembers it sees, and it goes with it when it is dropped.
pub async fn a_dropped_memory_is_none(store: &dyn Store) {
    people(store, &["ada"]).await;
    put(store, &[preference("ada", "theme", "a", "1")]).await;
    let mut work = super::begin(store).await;
    work.preferences().put(&[preference("ada", "theme", "a", "2"), preference("ada", "theme", "b", "2")]).await.unwrap();
    assert_eq!(work.preferences().count(&id("ada")).await.unwrap(), 2);

    drop(work);

    assert_eq!(of_user(store, "ada", None).await, [preference("ada", "theme", "a", "1")]);
}
