//! What holds of whether people are there.

use super::directory::{done, ids, people};
use super::minutes;
use crate::status::{Presence, Status};
use crate::store::Store;
use crate::testkit::fixture::{id, status};

async fn put(store: &dyn Store, status: &Status) {
    done(store, async |work| work.statuses().put(status).await).await.unwrap();
}

async fn of_users(store: &dyn Store, names: &[&str]) -> Vec<Status> {
    store.read().await.unwrap().statuses().of_users(&ids(names)).await.unwrap()
}

/// Every field of a status is kept, each presence among them.
pub async fn every_field_of_a_status_is_kept(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    let detailed = Status {
        user_id: id("ada"),
        presence: Presence::DoNotDisturb,
        is_manual: true,
        last_activity_at: minutes(1),
        dnd_end_secs: 1_767_229_200,
    };
    let others = [("bob", Presence::Online), ("cyd", Presence::Away), ("dan", Presence::Offline), ("eve", Presence::OutOfOffice)];
    let statuses = [vec![detailed], others.map(|(name, presence)| status(name, presence)).into()].concat();

    for status in &statuses {
        put(store, status).await;
    }

    assert_eq!(of_users(store, &["ada", "bob", "cyd", "dan", "eve"]).await, statuses);
}

/// Statuses come by id, each once; of whom nothing is known is left out.
pub async fn statuses_come_by_id(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    for name in ["cyd", "ada"] {
        put(store, &status(name, Presence::Away)).await;
    }

    let known = of_users(store, &["cyd", "bob", "nobody", "ada", "cyd"]).await;

    assert_eq!(known, [status("ada", Presence::Away), status("cyd", Presence::Away)]);
    assert_eq!(of_users(store, &[]).await, []);
}

/// A status takes the place of the one before.
pub async fn a_status_takes_the_place_of_the_one_before(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let manual = Status { is_manual: true, dnd_end_secs: 7, ..status("ada", Presence::DoNotDisturb) };
    put(store, &manual).await;
    put(store, &status("bob", Presence::Away)).await;

    put(store, &Status::unknown(id("ada"))).await;

    assert_eq!(of_users(store, &["ada", "bob"]).await, [Status::unknown(id("ada")), status("bob", Presence::Away)]);
}

/// Of statuses that are written at once one lasts.
pub async fn of_statuses_at_once_one_lasts(store: &dyn Store) {
    people(store, &["ada"]).await;
    let statuses: Vec<_> = (0..8).map(|second| Status { dnd_end_secs: second, ..status("ada", Presence::Online) }).collect();

    futures_util::future::join_all(statuses.iter().map(|status| put(store, status))).await;

    let known = of_users(store, &["ada"]).await;
    assert!(known.len() == 1 && statuses.contains(&known[0]));
}

/// Thousands are looked up at once.
pub async fn thousands_are_looked_up_at_once(store: &dyn Store) {
    people(store, &["ada"]).await;
    put(store, &status("ada", Presence::Online)).await;
    let ids: Vec<_> = (0..5_000).map(|number| id(&format!("u{number}x"))).chain([id("ada")]).collect();

    let known = store.read().await.unwrap().statuses().of_users(&ids).await.unwrap();

    assert_eq!(known, [status("ada", Presence::Online)]);
}
