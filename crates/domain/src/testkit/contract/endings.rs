//! What holds of the use and the end of sessions.

use futures_util::future::{join, join_all};

use super::sessions::{expiring, of_ada, sign_in, token, under};
use super::{UNCHANGED, account, begin, by_token, commit, is_signed_in, minutes, open};
use crate::client::ClientAddress;
use crate::credential::{Digest, KeyId};
use crate::session::{Ending, NewSession, Session, Touch};
use crate::store::Store;
use crate::testkit::fixture::{address, ending, id, new_session, session};
use crate::time::Timestamp;

fn last_active(short_id: &str, at: Timestamp) -> NewSession {
    let new = new_session(short_id, "a");
    NewSession { session: Session { last_active_at: at, ..new.session }, ..new }
}

fn on_device(short_id: &str, short_user_id: &str, device_id: &str) -> NewSession {
    let new = new_session(short_id, short_user_id);
    NewSession { session: Session { device_id: device_id.to_owned(), ..new.session }, ..new }
}

async fn signed_in(store: &dyn Store, short_ids: &[&str]) -> Vec<bool> {
    join_all(short_ids.iter().map(|short| is_signed_in(store, short))).await
}

async fn end_with(store: &dyn Store, short_id: &str, ending: &Ending) -> bool {
    let mut work = begin(store).await;
    let did = work.sessions().end(&id(short_id), ending).await.unwrap();
    commit(work).await.unwrap();
    did
}

async fn end(store: &dyn Store, short_id: &str) -> bool {
    end_with(store, short_id, &ending()).await
}

async fn touch(store: &dyn Store, short_id: &str, at: Timestamp, token: Option<Digest>) {
    let address = ClientAddress::new("2001:db8::7".parse().unwrap());
    let mut work = begin(store).await;
    work.sessions().touch(&id(short_id), &Touch { at, address, token, expires_at: None }).await.unwrap();
    commit(work).await.unwrap();
}

async fn purge(store: &dyn Store, before: Timestamp, most: u32) -> u64 {
    let mut work = begin(store).await;
    let purged = work.sessions().purge(before, most).await.unwrap();
    commit(work).await.unwrap();
    purged
}

async fn count_by_key(store: &dyn Store) -> Vec<(String, u64)> {
    let counts = store.read().await.unwrap().sessions().count_by_key().await.unwrap();
    let mut counts: Vec<_> = counts.into_iter().map(|(key, count)| (key.as_str().to_owned(), count)).collect();
    counts.sort();
    counts
}

/// A session ends once, and then its token finds nothing and is held no more; others go on.
pub async fn a_session_ends_once_and_loses_its_token(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t"])).await;

    assert!(end(store, "s").await);
    assert!(!end(store, "s").await);
    assert!(!end(store, "unknown").await);

    assert_eq!(signed_in(store, &["s", "t"]).await, [false, true]);
    let successor = NewSession { token: token("s"), ..new_session("u", "a") };
    assert!(open(store, &successor, UNCHANGED).await);
    assert_eq!(by_token(store, &[token("s")]).await.unwrap().session.id, id("u"));
}

/// Of two endings of a session at once one does it.
pub async fn of_two_endings_at_once_one_does_it(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;

    let (first, second) = join(end(store, "s"), end(store, "s")).await;

    assert!(first != second);
}

/// Every session of an account ends, or every one but one; others' go on.
pub async fn all_sessions_of_an_account_end_but_one(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t", "u"])).await;
    assert!(open(store, &new_session("o", "b"), UNCHANGED).await);
    let mut work = begin(store).await;

    let others = work.sessions().end_all(&id("a"), Some(&id("t")), &ending()).await.unwrap();
    commit(work).await.unwrap();

    assert_eq!(others, 2);
    assert_eq!(signed_in(store, &["s", "t", "u", "o"]).await, [false, true, false, true]);
    let mut work = begin(store).await;
    assert_eq!(work.sessions().end_all(&id("a"), None, &ending()).await.unwrap(), 1);
    assert_eq!(work.sessions().end_all(&id("a"), None, &ending()).await.unwrap(), 0);
    commit(work).await.unwrap();
    assert_eq!(signed_in(store, &["t", "o"]).await, [false, true]);
}

/// An account's sessions on one device end; those on others, and others' on the same device, go on.
pub async fn sessions_on_a_device_end(store: &dyn Store) {
    let sessions =
        [on_device("s", "a", "d"), on_device("t", "a", "d"), on_device("u", "a", "D"), on_device("o", "b", "d"), new_session("p", "a")];
    sign_in(store, &sessions).await;
    let mut work = begin(store).await;

    let first = work.sessions().end_device(&id("a"), "d", None, &ending()).await.unwrap();
    let second = work.sessions().end_device(&id("a"), "d", None, &ending()).await.unwrap();
    commit(work).await.unwrap();

    assert_eq!((first, second), (2, 0));
    assert_eq!(signed_in(store, &["s", "t", "u", "o", "p"]).await, [false, false, true, true, true]);
}

/// The sessions that were last active are kept, however many ended before them.
pub async fn the_sessions_last_active_are_kept(store: &dyn Store) {
    let sessions = [("s", 3), ("t", 1), ("u", 4), ("v", 2), ("w", 5)].map(|(short, minute)| last_active(short, minutes(minute)));
    sign_in(store, &sessions).await;
    assert!(open(store, &new_session("o", "b"), UNCHANGED).await);
    assert!(end(store, "w").await);
    let mut work = begin(store).await;

    let ended = work.sessions().end_beyond(&id("a"), &id("u"), 2, &ending()).await.unwrap();
    let again = work.sessions().end_beyond(&id("a"), &id("u"), 2, &ending()).await.unwrap();
    commit(work).await.unwrap();

    assert_eq!((ended, again), (2, 0));
    assert_eq!(signed_in(store, &["s", "t", "u", "v", "w", "o"]).await, [true, false, true, false, false, true]);
}

/// As many sessions are kept as were wanted, though all were last active at one time.
pub async fn as_many_sessions_are_kept_as_wanted(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t", "u", "v"])).await;
    let mut work = begin(store).await;

    let beyond_three = work.sessions().end_beyond(&id("a"), &id("t"), 3, &ending()).await.unwrap();
    let beyond_two = work.sessions().end_beyond(&id("a"), &id("t"), 2, &ending()).await.unwrap();
    commit(work).await.unwrap();

    assert_eq!((beyond_three, beyond_two), (1, 1));
    let live = signed_in(store, &["s", "t", "u", "v"]).await;
    assert_eq!(live.into_iter().filter(|is_live| *is_live).count(), 2);
}

/// A session that was just made never gives way to others, whatever their ids, and though a clock says that they were used later.
pub async fn a_new_session_gives_way_to_none(store: &dyn Store) {
    sign_in(store, &[last_active("o", minutes(9))]).await;
    for short in ["t", "s", "u"] {
        assert!(open(store, &last_active(short, minutes(3)), UNCHANGED).await);
        let mut work = begin(store).await;

        let ended = work.sessions().end_beyond(&id("a"), &id(short), 1, &ending()).await.unwrap();
        commit(work).await.unwrap();

        assert_eq!((ended, signed_in(store, &[short]).await), (1, vec![true]), "{short}");
    }
}

/// The use of a session is written down, and its time moves forward only.
pub async fn a_touch_moves_forward_only(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t"])).await;

    touch(store, "s", minutes(7), None).await;
    touch(store, "s", minutes(6), None).await;

    let found = by_token(store, &[token("s")]).await.unwrap();
    let last_address = ClientAddress::new("2001:db8::7".parse().unwrap());
    assert_eq!(found.session, Session { last_active_at: minutes(7), last_address, ..session("s", "a") });
    assert_eq!(found.key, *token("s").key());
    assert_eq!(by_token(store, &[token("t")]).await.unwrap().session.last_address, address());
}

/// A touch moves a token to another key: the old hash finds nothing more.
pub async fn a_touch_moves_a_token_to_another_key(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;

    touch(store, "s", minutes(7), Some(under("k2", "new"))).await;

    let found = by_token(store, &[under("k2", "new")]).await.unwrap();
    assert_eq!((found.session.id, found.key), (id("s"), KeyId::new("k2")));
    assert!(!is_signed_in(store, "s").await);
    assert_eq!(count_by_key(store).await, [("k2".to_owned(), 1)]);
}

/// A touch does not bring back a session that ended, nor make one that never was.
pub async fn a_touch_brings_nothing_back(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;
    assert!(end(store, "s").await);

    touch(store, "s", minutes(7), Some(under("k2", "new"))).await;
    touch(store, "unknown", minutes(7), Some(under("k2", "newer"))).await;

    assert!(by_token(store, &[under("k2", "new"), under("k2", "newer"), token("s")]).await.is_none());
    assert_eq!(count_by_key(store).await, []);
}

/// The sessions that have not ended are counted under the key of their token.
pub async fn sessions_are_counted_by_key(store: &dyn Store) {
    assert_eq!(count_by_key(store).await, []);
    let under_another = NewSession { token: under("k2", "value"), ..new_session("t", "b") };
    sign_in(store, &of_ada(["s", "u", "v"])).await;
    assert!(open(store, &under_another, UNCHANGED).await);
    assert!(end(store, "u").await);

    assert_eq!(count_by_key(store).await, [("k1".to_owned(), 2), ("k2".to_owned(), 1)]);
}

/// Sessions that ended or expired before a time are removed, others not.
pub async fn old_sessions_are_purged(store: &dyn Store) {
    let idle = expiring("idle", minutes(10), minutes(90));
    let old = expiring("old", minutes(90), minutes(10));
    let late = expiring("late", minutes(20), minutes(20));
    let [ended, ended_later] = of_ada(["ended", "recent"]);
    sign_in(store, &[idle, old, late, ended, ended_later, new_session("live", "a")]).await;
    assert!(end_with(store, "ended", &Ending { at: minutes(19), ..ending() }).await);
    assert!(end_with(store, "recent", &Ending { at: minutes(20), ..ending() }).await);

    assert_eq!(purge(store, minutes(10), 100).await, 0);
    assert_eq!(purge(store, minutes(20), 100).await, 3);

    assert_eq!(signed_in(store, &["idle", "old", "late", "live"]).await, [false, false, true, true]);
    assert_eq!(purge(store, minutes(21), 100).await, 2);
    assert_eq!(account(store, "a").await.id, id("a"));
}

/// No more sessions are removed at a time than wanted.
pub async fn a_purge_is_bounded(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t", "u", "v", "w"])).await;

    let mut purged = Vec::new();
    for _ in 0..4 {
        purged.push(purge(store, minutes(61), 2).await);
    }

    assert_eq!(purged, [2, 2, 1, 0]);
}

/// A session that ended counts as ended from then on, not from when it would have expired.
pub async fn an_ended_session_is_kept_from_its_end(store: &dyn Store) {
    sign_in(store, &[expiring("s", minutes(10), minutes(10))]).await;
    assert!(end_with(store, "s", &Ending { at: minutes(30), by: None, ..ending() }).await);

    assert_eq!(purge(store, minutes(30), 100).await, 0);
    assert_eq!(purge(store, minutes(31), 100).await, 1);
}

/// Endings that a dropped unit of work made are undone, and so is a session it opened.
pub async fn dropped_sessions_are_undone(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;
    let mut work = begin(store).await;
    assert!(work.sessions().open(&new_session("t", "a"), UNCHANGED).await.unwrap());
    assert!(work.sessions().end(&id("s"), &ending()).await.unwrap());

    drop(work);

    assert_eq!(signed_in(store, &["s", "t"]).await, [true, false]);
}
