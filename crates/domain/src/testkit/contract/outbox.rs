//! What holds of mail that waits.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::directory::{done, people};
use super::{minutes, taken};
use crate::credential::{KeyId, Sealed};
use crate::id::MailId;
use crate::mail::{Claim, ClaimedMail, FailedTry, MailRecord, MailState, NewMail};
use crate::page::Page;
use crate::store::{Store, StoreError, UniqueField};
use crate::testkit::fixture::{BORN, id, mail};
use crate::time::Timestamp;

const EVERY_STATE: [MailState; 4] = [MailState::Waiting, MailState::Delivered, MailState::Dead, MailState::Expired];

async fn put(store: &dyn Store, mails: &[NewMail]) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.outbox().put(mails).await?;
    super::commit(work).await
}

fn claim_of(by: &str, minute: u64) -> Claim {
    Claim { by: by.to_owned(), now: minutes(minute), until: minutes(minute + 5), most: 10 }
}

async fn claim(store: &dyn Store, claim: &Claim) -> Vec<ClaimedMail> {
    done(store, async |work| work.outbox().claim(claim).await).await.unwrap()
}

async fn ids(store: &dyn Store, by: &str, minute: u64) -> Vec<MailId> {
    claim(store, &claim_of(by, minute)).await.into_iter().map(|mail| mail.id).collect()
}

async fn deliver(store: &dyn Store, short_id: &str, by: &str, minute: u64) -> bool {
    done(store, async |work| work.outbox().delivered(&id(short_id), by, minutes(minute)).await).await.unwrap()
}

async fn fail(store: &dyn Store, short_id: &str, by: &str, retry_at: Option<Timestamp>) -> bool {
    let failure = FailedTry { at: minutes(1), reason: "450".to_owned(), retry_at };
    done(store, async |work| work.outbox().failed(&id(short_id), by, &failure).await).await.unwrap()
}

async fn list(store: &dyn Store, states: &[MailState]) -> Vec<MailRecord> {
    store.read().await.unwrap().outbox().list(states, Page { number: 0, size: 100 }).await.unwrap()
}

async fn next_due(store: &dyn Store) -> Option<Timestamp> {
    store.read().await.unwrap().outbox().next_due().await.unwrap()
}

/// What is taken is the letter as it was sealed; what is listed is nothing of it.
pub async fn a_mail_is_taken_as_it_was_put(store: &dyn Store) {
    people(store, &["ada"]).await;
    let whole = NewMail { user_id: Some(id("ada")), expires_at: Some(minutes(60)), ..mail("x") };
    put(store, &[whole.clone(), mail("y")]).await.unwrap();
    assert_eq!(next_due(store).await, Some(BORN));

    let claimed = claim(store, &claim_of("w", 0)).await;

    assert_eq!(claimed.iter().map(|mail| mail.id.clone()).collect::<Vec<_>>(), [id("x"), id("y")]);
    assert_eq!((claimed[0].sealed.key_id.clone(), &claimed[0].sealed.bytes), (whole.sealed.key_id, &whole.sealed.bytes));
    assert_eq!((claimed[0].tries, claimed[0].created_at), (1, BORN));
    let records = list(store, &EVERY_STATE).await;
    let wanted = MailRecord {
        id: id("x"),
        user_id: Some(id("ada")),
        kind: whole.kind,
        state: MailState::Waiting,
        tries: 1,
        created_at: BORN,
        due_at: minutes(5),
        reason: None,
    };
    assert_eq!(records, [wanted.clone(), MailRecord { id: id("y"), user_id: None, ..wanted }]);
    assert_eq!(next_due(store).await, Some(minutes(5)));
}

async fn under_others(store: &dyn Store, key: &str, after: Option<&str>, most: u32) -> Vec<MailId> {
    let (after, mut reading) = (after.map(id), store.read().await.unwrap());
    let found = reading.outbox().sealed_under_others(&KeyId::new(key), after.as_ref(), most).await.unwrap();
    found.into_iter().map(|mail| mail.id).collect()
}

fn anew(short_id: &str) -> Sealed {
    Sealed { key_id: KeyId::new("k2"), bytes: format!("\0letter {short_id} anew").into_bytes() }
}

async fn reseal(store: &dyn Store, short_id: &str, before: &Sealed) -> bool {
    done(store, async |work| work.outbox().reseal(&id(short_id), before, &anew(short_id)).await).await.unwrap()
}

/// Letters under another key are found by id, some at a time, whether they wait, are held or were given up; wiped ones are not.
pub async fn letters_under_another_key_are_found(store: &dyn Store) {
    put(store, &["m1", "m2", "m3", "m4"].map(mail)).await.unwrap();
    put(store, &[NewMail { sealed: anew("m5"), ..mail("m5") }]).await.unwrap();
    assert_eq!(ids(store, "w", 0).await.len(), 5);
    assert!(deliver(store, "m2", "w", 1).await && fail(store, "m3", "w", None).await);
    let mut wanted = ["m1", "m3", "m4"].map(id::<MailId>).to_vec();
    wanted.sort_unstable();

    assert_eq!(under_others(store, "k2", None, 10).await, wanted);
    assert_eq!(under_others(store, "k2", None, 2).await, wanted[..2]);
    let mut reading = store.read().await.unwrap();
    let rest = reading.outbox().sealed_under_others(&KeyId::new("k2"), Some(&wanted[1]), 10).await.unwrap();
    assert_eq!(rest.into_iter().map(|mail| mail.id).collect::<Vec<_>>(), wanted[2..]);
    drop(reading);
    assert_eq!(under_others(store, "k1", None, 10).await, [id("m5")]);
}

/// A letter is sealed anew while it is the one that was read; its row stays whose it is, and a delivered one stays wiped.
pub async fn a_letter_is_sealed_anew_while_it_is_the_one_that_was_read(store: &dyn Store) {
    put(store, &["m1", "m2"].map(mail)).await.unwrap();
    let [first, second] = ["m1", "m2"].map(|short| mail(short).sealed);
    assert_eq!(ids(store, "w", 0).await.len(), 2);

    assert!(reseal(store, "m1", &first).await, "whoever holds the row");
    assert!(!reseal(store, "m1", &first).await, "it is another one now");
    assert!(!reseal(store, "m2", &Sealed { key_id: KeyId::new("k0"), ..second.clone() }).await);
    assert!(!reseal(store, "m3", &first).await);
    assert!(deliver(store, "m2", "w", 1).await && !reseal(store, "m2", &second).await, "it is wiped");

    assert!(fail(store, "m1", "w", Some(minutes(2))).await, "it is still his");
    let again = claim(store, &claim_of("v", 2)).await;
    let [again] = <[ClaimedMail; 1]>::try_from(again).unwrap();
    assert_eq!((again.id, again.tries, again.sealed.key_id, again.sealed.bytes), (id("m1"), 2, anew("m1").key_id, anew("m1").bytes));
}

/// A mail's id is its own.
pub async fn an_id_belongs_to_one_mail(store: &dyn Store) {
    put(store, &[mail("x")]).await.unwrap();
    assert_eq!(taken(&put(store, &[mail("y"), mail("x")]).await), Some(UniqueField::Id));
    assert_eq!(list(store, &EVERY_STATE).await.len(), 1);
}

/// What one takes nobody else gets until the time of the take is over.
pub async fn a_mail_is_taken_by_one_at_a_time(store: &dyn Store) {
    put(store, &[mail("x")]).await.unwrap();

    assert_eq!(ids(store, "v", 0).await, [id("x")]);
    assert_eq!(ids(store, "w", 4).await, []);
    assert_eq!(ids(store, "w", 5).await, [id("x")]);

    assert!(!deliver(store, "x", "v", 6).await && !fail(store, "x", "v", None).await);
    assert!(deliver(store, "x", "w", 6).await);
    assert!(!deliver(store, "x", "w", 6).await);
}

/// Of workers that take at once no two get one mail, and none is left.
pub async fn takes_at_once_share_no_mail(store: &dyn Store) {
    let mails: Vec<_> = (0..40).map(|number| mail(&format!("m{number}x"))).collect();
    put(store, &mails).await.unwrap();

    let takes = join_all((0..8).map(async |worker: u32| ids(store, &worker.to_string(), 0).await)).await;

    let all: Vec<_> = takes.into_iter().flatten().collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    let mut rest = all.len();
    while rest < 40 {
        let more = ids(store, "rest", 0).await;
        assert!(!more.is_empty());
        rest += more.len();
    }
}

/// No more are taken than wanted, those first that were due first.
pub async fn those_are_taken_first_that_were_due_first(store: &dyn Store) {
    let at = |short: &str, minute| NewMail { created_at: minutes(minute), ..mail(short) };
    put(store, &[at("x", 2), at("y", 1), at("z", 3)]).await.unwrap();
    let two = |by, minute| Claim { most: 2, ..claim_of(by, minute) };

    let first: Vec<_> = claim(store, &two("v", 2)).await.into_iter().map(|mail| mail.id).collect();
    assert_eq!(first, [id("x"), id("y")]);
    assert_eq!(ids(store, "w", 2).await, []);
    assert_eq!(ids(store, "w", 3).await, [id("z")]);
}

/// A delivered mail has lost its letter and is taken no more.
pub async fn a_delivered_mail_is_wiped(store: &dyn Store) {
    put(store, &[mail("x")]).await.unwrap();
    ids(store, "w", 0).await;

    assert!(deliver(store, "x", "w", 1).await);

    assert_eq!(ids(store, "w", 100).await, []);
    assert_eq!((list(store, &[MailState::Delivered]).await.len(), list(store, &[MailState::Waiting]).await.len()), (1, 0));
    assert_eq!(next_due(store).await, None);
    assert_eq!(done(store, async |work| work.outbox().retry(None, minutes(2)).await).await.unwrap(), 0);
}

/// A failed try waits for its time, and each is counted.
pub async fn a_failed_try_waits_for_its_time(store: &dyn Store) {
    put(store, &[mail("x")]).await.unwrap();
    ids(store, "w", 0).await;

    assert!(fail(store, "x", "w", Some(minutes(3))).await);

    assert_eq!(ids(store, "w", 2).await, []);
    let again = claim(store, &claim_of("w", 3)).await;
    assert_eq!(again.iter().map(|mail| mail.tries).collect::<Vec<_>>(), [2]);
    assert_eq!(list(store, &[MailState::Waiting]).await[0].reason.as_deref(), Some("450"));
}

/// A dead mail is taken no more until somebody lets it be tried again; then it has all its tries, and its letter.
pub async fn a_dead_mail_can_be_tried_again(store: &dyn Store) {
    put(store, &[mail("x"), mail("y"), mail("z")]).await.unwrap();
    ids(store, "w", 0).await;
    for short in ["x", "y", "z"] {
        assert!(fail(store, short, "w", None).await);
    }
    assert_eq!((ids(store, "w", 100).await, list(store, &[MailState::Dead]).await.len()), (vec![], 3));

    let retry = async |one: Option<MailId>| done(store, async |work| work.outbox().retry(one.as_ref(), minutes(9)).await).await.unwrap();
    assert_eq!((retry(Some(id("y"))).await, retry(Some(id("q"))).await), (1, 0));

    let taken = claim(store, &claim_of("w", 9)).await;
    assert_eq!((taken[0].id.clone(), taken[0].tries, taken.len()), (id("y"), 1, 1));
    assert_eq!((&taken[0].sealed.bytes, retry(None).await), (&mail("y").sealed.bytes, 2));
}

/// A letter that is of no use any more is cut, waiting or dead, and never taken after its time.
pub async fn what_is_of_no_use_is_cut(store: &dyn Store) {
    let until = |short: &str, minute| NewMail { expires_at: Some(minutes(minute)), ..mail(short) };
    put(store, &[until("x", 1), until("y", 2), mail("z"), until("d", 20)]).await.unwrap();
    assert_eq!(ids(store, "w", 1).await, [id("y"), id("z"), id("d")]);
    assert!(fail(store, "d", "w", None).await && deliver(store, "z", "w", 1).await);
    let cut = async |minute, most| done(store, async |work| work.outbox().cut(minutes(minute), most).await).await.unwrap();

    assert_eq!((cut(2, 1).await, cut(2, 10).await, cut(2, 10).await, cut(20, 10).await), (1, 1, 0, 1));

    assert!(!deliver(store, "y", "w", 2).await);
    let states: Vec<_> = list(store, &EVERY_STATE).await.into_iter().map(|record| record.state).collect();
    assert_eq!(states, [MailState::Expired, MailState::Expired, MailState::Delivered, MailState::Expired]);
    assert_eq!(done(store, async |work| work.outbox().retry(None, minutes(30)).await).await.unwrap(), 0);
    assert_eq!(ids(store, "w", 100).await, []);
}

/// Rows that ended before a time are removed, no more at a time than wanted; what waits stays.
pub async fn ended_rows_are_purged(store: &dyn Store) {
    put(store, &[mail("x"), mail("y"), mail("z")]).await.unwrap();
    ids(store, "w", 0).await;
    assert!(deliver(store, "x", "w", 1).await && deliver(store, "y", "w", 2).await);
    let purge = async |minute, most| done(store, async |work| work.outbox().purge(minutes(minute), most).await).await.unwrap();

    assert_eq!((purge(1, 10).await, purge(3, 1).await, purge(3, 10).await, purge(100, 10).await), (0, 1, 1, 0));

    assert_eq!(list(store, &EVERY_STATE).await.len(), 1);
}

/// The mail of a unit of work that is dropped was never put.
pub async fn dropped_mail_is_none(store: &dyn Store) {
    let mut work = super::begin(store).await;
    work.outbox().put(&[mail("x")]).await.unwrap();
    drop(work);
    assert_eq!(list(store, &EVERY_STATE).await, []);
}

/// The mail of a removed account goes with it; what belongs to nobody stays.
pub async fn mail_of_a_removed_account_goes(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let of = |short: &str, user: &str| NewMail { user_id: Some(id(user)), ..mail(short) };
    put(store, &[of("x", "ada"), of("y", "bob"), mail("z")]).await.unwrap();

    assert!(done(store, async |work| work.users().remove(&id("ada")).await).await.unwrap());

    let left: Vec<_> = list(store, &EVERY_STATE).await.into_iter().map(|record| record.id).collect();
    assert_eq!(left, [id("y"), id("z")]);
}
