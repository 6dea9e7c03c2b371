//! What holds of the audit.

use futures_util::future::join_all;

use super::{begin, commit, minutes, taken};
use crate::audit::{ActionSeen, AuditEntry, Outcome, RecordedAudit};
use crate::operation::Operation;
use crate::page::Page;
use crate::store::{Store, StoreError, UniqueField};
use crate::testkit::fixture::{BORN, address, audit, digest, id};

async fn record(store: &dyn Store, entries: &[AuditEntry]) -> Result<(), StoreError> {
    let mut work = begin(store).await;
    work.audits().record(entries).await?;
    commit(work).await
}

async fn latest(store: &dyn Store, most: u32) -> Vec<RecordedAudit> {
    store.read().await.unwrap().audits().latest(most).await.unwrap()
}

fn counted(short_id: &str, count: u32) -> AuditEntry {
    AuditEntry { count, ..audit(short_id) }
}

fn counts(entries: &[RecordedAudit]) -> Vec<u32> {
    entries.iter().map(|entry| entry.count).collect()
}

/// What an entry says is read back, its count included.
pub async fn what_an_entry_says_is_kept(store: &dyn Store) {
    let mut entry = AuditEntry {
        actor: Some(id("actor")),
        credential_id: Some("credential".to_owned()),
        credential_kind: Some("session"),
        target: Some(id("target")),
        operation: Operation::PatchUser,
        outcome: Outcome::Refused,
        reason: Some("not_allowed"),
        unknown_login: Some(digest("unknown")),
        before: Some(serde_json::json!({ "nickname": "O'Ada \"名\"" })),
        after: Some(serde_json::json!({ "nickname": null })),
        count: 7,
        ..audit("a")
    };
    entry.origin.request_id = Some(id("request"));
    entry.origin.address = Some(address());

    record(store, &[entry]).await.unwrap();

    let recorded = latest(store, 10).await;
    let sequence = recorded[0].sequence;
    let expected = RecordedAudit {
        sequence,
        operation: "PatchUser".to_owned(),
        outcome: "refused".to_owned(),
        reason: Some("not_allowed".to_owned()),
        actor: Some(id::<crate::id::UserId>("actor").to_string()),
        target: Some(id::<crate::id::UserId>("target").to_string()),
        count: 7,
    };
    assert_eq!(recorded, [expected]);
}

/// An entry with nothing but the essentials is kept, of accounts that are not there too.
pub async fn an_entry_needs_only_the_essentials(store: &dyn Store) {
    record(store, &[audit("a")]).await.unwrap();

    let recorded = latest(store, 10).await.remove(0);

    assert_eq!((recorded.operation.as_str(), recorded.outcome.as_str(), recorded.count), ("Login", "done", 1));
    assert_eq!((recorded.reason, recorded.actor, recorded.target), (None, None, None));
}

/// The newest come first: in the order of writing, whatever their times say.
pub async fn entries_come_in_the_order_of_writing(store: &dyn Store) {
    let later = AuditEntry { at: minutes(5), ..counted("z", 1) };
    let earlier = AuditEntry { at: BORN, ..counted("a", 2) };
    record(store, &[later]).await.unwrap();
    record(store, &[earlier]).await.unwrap();

    let recorded = latest(store, 10).await;

    assert_eq!(counts(&recorded), [2, 1]);
}

/// Entries of one time and one batch keep the order in which they were given.
pub async fn entries_of_one_time_keep_their_order(store: &dyn Store) {
    let entries: Vec<_> = (1..=50_u32).map(|number| counted(&format!("{}x", 1_000 - number), number)).collect();

    record(store, &entries).await.unwrap();

    let recorded = latest(store, 100).await;
    assert_eq!(counts(&recorded), (1..=50).rev().collect::<Vec<_>>());
    assert!(recorded.is_sorted_by(|newer, older| newer.sequence > older.sequence));
}

/// No more entries come than were asked for, and none of an empty audit.
pub async fn no_more_entries_come_than_wanted(store: &dyn Store) {
    assert_eq!(latest(store, 10).await, []);
    record(store, &[counted("a", 1), counted("b", 2), counted("c", 3)]).await.unwrap();

    let (two, none) = (latest(store, 2).await, latest(store, 0).await);

    assert_eq!(counts(&two), [3, 2]);
    assert_eq!(none, []);
}

/// An entry's id is used once.
pub async fn an_entry_is_written_once(store: &dyn Store) {
    record(store, &[counted("a", 1)]).await.unwrap();

    let refused = record(store, &[counted("b", 2), counted("a", 3)]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Id));
    assert_eq!(counts(&latest(store, 10).await), [1]);
}

/// Entries written at once all have a place of their own.
pub async fn entries_written_at_once_have_places_of_their_own(store: &dyn Store) {
    let entries: Vec<_> = (0..16).map(|number| [audit(&format!("{number}x"))]).collect();

    let results = join_all(entries.iter().map(|entry| record(store, entry))).await;

    assert!(results.iter().all(Result::is_ok));
    let recorded = latest(store, 100).await;
    assert_eq!(recorded.len(), 16);
    assert!(recorded.is_sorted_by(|newer, older| newer.sequence > older.sequence));
}

/// What a unit of work writes into the audit goes with it when it is dropped.
pub async fn a_dropped_entry_is_not_written(store: &dyn Store) {
    let mut work = begin(store).await;
    work.audits().record(&[audit("a")]).await.unwrap();

    drop(work);

    assert_eq!(latest(store, 10).await, []);
}

async fn by_actor(store: &dyn Store, actor: &str, page: Page) -> Vec<ActionSeen> {
    store.read().await.unwrap().audits().by_actor(&id(actor), page).await.unwrap()
}

/// Something that an account did and its holder is shown.
fn shown(short_id: &str, actor: &str, extra: &str) -> AuditEntry {
    AuditEntry { actor: Some(id(actor)), shown_as: Some(extra.to_owned()), ..audit(short_id) }
}

/// What an account did is shown with where and how it was done; what is not known is empty.
pub async fn what_an_account_did_is_shown(store: &dyn Store) {
    let mut detailed = AuditEntry { at: minutes(1), credential_id: Some("credential".into()), ..shown("x", "ada", "it's \"名\"") };
    (detailed.origin.path, detailed.origin.address) = (Some("/api/v4/users".into()), Some(address()));
    record(store, &[detailed, shown("y", "ada", "")]).await.unwrap();

    let seen = by_actor(store, "ada", Page::FIRST).await;

    let bare = ActionSeen {
        id: id::<crate::id::AuditId>("y").to_string(),
        at: BORN,
        actor: id::<crate::id::UserId>("ada").to_string(),
        action: String::new(),
        extra: String::new(),
        address: String::new(),
        session_id: String::new(),
    };
    let full = ActionSeen {
        id: id::<crate::id::AuditId>("x").to_string(),
        at: minutes(1),
        action: "/api/v4/users".into(),
        extra: "it's \"名\"".into(),
        address: "192.0.2.7".into(),
        session_id: "credential".into(),
        ..bare.clone()
    };
    assert_eq!(seen, [bare, full]);
}

/// What is kept from an account's holder, and what others did, is not shown.
pub async fn only_what_may_be_shown_of_ones_own_is_shown(store: &dyn Store) {
    let hidden = AuditEntry { shown_as: None, ..shown("x", "ada", "") };
    let to_ada = AuditEntry { target: Some(id("ada")), ..shown("y", "bob", "other") };
    let nobodys = AuditEntry { actor: None, ..shown("z", "ada", "nobody") };
    record(store, &[hidden, to_ada, nobodys, shown("w", "ada", "own")]).await.unwrap();

    let seen = by_actor(store, "ada", Page::FIRST).await;

    assert_eq!(seen.iter().map(|seen| seen.extra.as_str()).collect::<Vec<_>>(), ["own"]);
    assert_eq!(latest(store, 10).await.len(), 4);
}

/// What an account did is shown newest first, in the order of writing, part by part.
pub async fn what_an_account_did_comes_in_parts(store: &dyn Store) {
    let entry = |number: u32| {
        if number.is_multiple_of(3) {
            shown(&format!("{number}x"), "bob", "")
        } else {
            shown(&format!("{number}x"), "ada", &number.to_string())
        }
    };
    let entries: Vec<_> = (0..30).map(entry).collect();
    record(store, &entries).await.unwrap();
    let part = async |number, size| {
        let seen = by_actor(store, "ada", Page { number, size }).await;
        seen.into_iter().map(|seen| seen.extra).collect::<Vec<_>>()
    };

    assert_eq!(part(0, 3).await, ["29", "28", "26"]);
    assert_eq!(part(6, 3).await, ["2", "1"]);
    assert_eq!(part(7, 3).await, [""; 0]);
    assert_eq!(part(0, 0).await, [""; 0]);
    assert_eq!(part(0, 200).await.len(), 20);
}
