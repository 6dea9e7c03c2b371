//! What holds of terms of service.

use super::directory::{done, people};
use super::{minutes, taken};
use crate::store::{Store, StoreError, UniqueField};
use crate::terms::{LONGEST, Terms};
use crate::testkit::fixture::{BORN, id, terms};

async fn insert(store: &dyn Store, terms: &Terms) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.terms().insert(terms).await?;
    super::commit(work).await
}

async fn latest(store: &dyn Store) -> Option<Terms> {
    store.read().await.unwrap().terms().latest().await.unwrap()
}

/// Terms are found by their id, with every field, however long they are.
pub async fn every_field_of_terms_is_kept(store: &dyn Store) {
    people(store, &["ada"]).await;
    let long = Terms { created_at: minutes(1), author: Some(id("ada")), ..terms("x", &"名".repeat(LONGEST)) };
    insert(store, &long).await.unwrap();
    insert(store, &terms("y", "it's\n\"short\"")).await.unwrap();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.terms().by_id(&id("x")).await.unwrap(), Some(long));
    assert_eq!(reading.terms().by_id(&id("y")).await.unwrap(), Some(terms("y", "it's\n\"short\"")));
    assert_eq!(reading.terms().by_id(&id("z")).await.unwrap(), None);
}

/// The latest terms are the newest, and of one time those that were added last, in one unit of work too.
pub async fn the_newest_terms_are_the_latest(store: &dyn Store) {
    assert_eq!(latest(store).await, None);
    let at = |short: &str, at| Terms { created_at: at, ..terms(short, short) };
    insert(store, &at("z", BORN)).await.unwrap();
    insert(store, &at("y", BORN)).await.unwrap();
    assert_eq!(latest(store).await.unwrap().text, "y");

    insert(store, &at("w", minutes(2))).await.unwrap();
    insert(store, &at("x", minutes(1))).await.unwrap();
    assert_eq!(latest(store).await.unwrap().text, "w");

    done(store, async |work| {
        work.terms().insert(&at("b", minutes(2))).await.unwrap();
        work.terms().insert(&at("a", minutes(2))).await
    })
    .await
    .unwrap();
    assert_eq!(latest(store).await.unwrap().text, "a");
}

/// The id of terms is their own.
pub async fn an_id_belongs_to_one_text_of_terms(store: &dyn Store) {
    insert(store, &terms("x", "first")).await.unwrap();

    let refused = insert(store, &terms("x", "second")).await;

    assert_eq!(taken(&refused), Some(UniqueField::Id));
    assert_eq!(latest(store).await, Some(terms("x", "first")));
}
