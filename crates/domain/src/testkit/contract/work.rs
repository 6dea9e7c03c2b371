//! What holds of units of work, and of a sign-in that something comes between.

use futures_util::future::{join, join_all};

use super::{UNCHANGED, account, add, add_with_password, attempt_of, begin, by_id, commit, is_signed_in, open};
use crate::credential::NewPassword;
use crate::id::UserId;
use crate::store::{Shown, Store, UniqueField, UnitOfWork};
use crate::testkit::fixture::{self, BORN, ending, id, new_session, user};

/// What an owner or an administrator does against somebody who may know the password.
#[derive(Clone, Copy)]
enum Countermeasure {
    Epoch,
    GlobalEpoch,
    Password,
}

impl Countermeasure {
    async fn take(self, store: &dyn Store, user: &UserId) {
        let mut work = begin(store).await;
        match self {
            Self::Epoch => work.users().grow_epoch(user).await.unwrap(),
            Self::GlobalEpoch => work.service().grow_global_epoch().await.unwrap(),
            Self::Password => {
                let changed = NewPassword { user_id: user.clone(), id: id("new"), ..fixture::password("", "changed") };
                work.credentials().change(&changed).await.unwrap();
            }
        }
        work.sessions().end_all(user, None, &ending()).await.unwrap();
        commit(work).await.unwrap();
    }

    /// Lets a sign-in and the countermeasure run at once, some rounds long: whichever is first, no session may be left.
    async fn race(self, store: &dyn Store) {
        add_with_password(store, &user("a", "ada"), "hash").await;
        for round in 0..8 {
            let guard = attempt_of(store, "a", BORN).await.guard;
            let (ada, session) = (id("a"), new_session(&format!("s{round}x"), "a"));
            let opening = open(store, &session, guard);
            let countermeasure = self.take(store, &ada);

            // Whichever is polled first tends to reach the store first.
            if round % 2 == 0 {
                join(opening, countermeasure).await;
            } else {
                join(countermeasure, opening).await;
            }

            assert!(!is_signed_in(store, &format!("s{round}x")).await, "round {round}");
        }
    }

    /// Lets the countermeasure come between the try of a password and the session.
    async fn interleave(self, store: &dyn Store) {
        add_with_password(store, &user("a", "ada"), "hash").await;
        let found = attempt_of(store, "a", BORN).await;
        self.take(store, &found.user.id).await;
        let before = account(store, "a").await;

        let is_open = open(store, &new_session("s", "a"), found.guard).await;

        assert!(!is_open && !is_signed_in(store, "s").await);
        assert_eq!(account(store, "a").await, before);
        let again = attempt_of(store, "a", BORN).await;
        assert!(open(store, &new_session("s", "a"), again.guard).await);
    }
}

/// A revocation between the try of a password and the session makes the sign-in fail; the next one works.
pub async fn a_sign_in_fails_after_a_revocation(store: &dyn Store) {
    Countermeasure::Epoch.interleave(store).await;
}

/// A revocation of everybody between the try of a password and the session makes the sign-in fail; the next one works.
pub async fn a_sign_in_fails_after_a_revocation_of_everybody(store: &dyn Store) {
    Countermeasure::GlobalEpoch.interleave(store).await;
}

/// A change of the password between its try and the session makes the sign-in fail; the next one works.
pub async fn a_sign_in_fails_after_a_change_of_password(store: &dyn Store) {
    Countermeasure::Password.interleave(store).await;
}

/// A sign-in and a revocation at once leave no session.
pub async fn a_sign_in_and_a_revocation_at_once_leave_no_session(store: &dyn Store) {
    Countermeasure::Epoch.race(store).await;
}

/// A sign-in and a revocation of everybody at once leave no session.
pub async fn a_sign_in_and_a_revocation_of_everybody_at_once_leave_no_session(store: &dyn Store) {
    Countermeasure::GlobalEpoch.race(store).await;
}

/// A sign-in and a change of password at once leave no session.
pub async fn a_sign_in_and_a_change_of_password_at_once_leave_no_session(store: &dyn Store) {
    Countermeasure::Password.race(store).await;
}

/// Writes something through every repository.
async fn write_everywhere(work: &mut dyn UnitOfWork) {
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    work.credentials().insert(&[fixture::password("a", "hash")]).await.unwrap();
    assert!(work.sessions().open(&new_session("s", "a"), UNCHANGED).await.unwrap());
    work.audits().record(&[fixture::audit("a")]).await.unwrap();
    work.service().put("name", "value").await.unwrap();
}

/// How much a new reading sees of what is written everywhere: nothing is 0, all is 5.
async fn seen(store: &dyn Store) -> usize {
    let mut reading = store.read().await.unwrap();
    let shown = Shown { sessions: vec![new_session("s", "a").token], access_tokens: Vec::new() };
    let seen = [
        reading.users().by_username(&user("a", "ada").username).await.unwrap().is_some(),
        reading.users().any().await.unwrap(),
        reading.sessions().by_token(&shown).await.unwrap().is_some(),
        !reading.audits().latest(1).await.unwrap().is_empty(),
        reading.service().get("name").await.unwrap().is_some(),
    ];
    seen.iter().filter(|seen| **seen).count()
}

/// What was committed is seen by every reading that begins afterwards, and can be worked with.
pub async fn what_is_committed_is_seen(store: &dyn Store) {
    let mut work = begin(store).await;
    write_everywhere(&mut *work).await;

    commit(work).await.unwrap();

    assert_eq!(seen(store).await, 5);
    assert!(attempt_of(store, "a", BORN).await.hash.is_some());
}

/// A unit of work that is dropped leaves nothing behind, and all it would have taken is free.
pub async fn what_is_dropped_is_undone(store: &dyn Store) {
    let mut work = begin(store).await;
    write_everywhere(&mut *work).await;

    drop(work);

    assert_eq!(seen(store).await, 0);
    let mut again = begin(store).await;
    write_everywhere(&mut *again).await;
    again.commit().await.unwrap();
    assert_eq!(seen(store).await, 5);
}

/// Changes in a unit of work that is dropped are undone too, not only what it added.
pub async fn changes_that_are_dropped_are_undone(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    assert!(open(store, &new_session("s", "a"), UNCHANGED).await);
    let before = account(store, "a").await;
    let mut work = begin(store).await;
    work.users().update(&fixture::detailed_user("a", "eve")).await.unwrap();
    work.users().grow_epoch(&id("a")).await.unwrap();
    work.service().grow_global_epoch().await.unwrap();
    work.sessions().end(&id("s"), &ending()).await.unwrap();

    drop(work);

    assert_eq!(account(store, "a").await, before);
    assert_eq!(attempt_of(store, "a", BORN).await.guard, UNCHANGED);
    assert!(is_signed_in(store, "s").await);
}

/// Many units of work may be dropped one after another, and the store still works.
pub async fn a_store_outlives_dropped_units_of_work(store: &dyn Store) {
    for _ in 0..50 {
        let mut work = begin(store).await;
        work.users().insert(&[user("a", "ada")]).await.unwrap();
        drop(work);
    }

    add(store, &[user("a", "ada")]).await.unwrap();
}

/// A unit of work that was refused something leaves nothing behind when it is dropped, and the store still works.
pub async fn a_store_outlives_refusals(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();
    for _ in 0..50 {
        let mut work = begin(store).await;
        work.service().put("name", "value").await.unwrap();
        let twin = crate::user::User { email: fixture::email("other"), ..user("b", "ada") };
        assert_eq!(super::taken(&work.users().insert(&[twin]).await), Some(UniqueField::Username));
    }

    add(store, &[user("b", "bob")]).await.unwrap();

    assert_eq!(store.read().await.unwrap().service().get("name").await.unwrap(), None);
}

/// Readers are answered while a unit of work is open, by what was committed before, and see what it wrote once it is committed.
pub async fn readers_are_answered_during_a_unit_of_work(store: &dyn Store) {
    add(store, &[user("b", "bob")]).await.unwrap();
    let mut work = begin(store).await;
    work.users().insert(&[user("a", "ada")]).await.unwrap();
    work.users().grow_epoch(&id("b")).await.unwrap();

    let seen = join_all((0..8).map(|_| async { (by_id(store, "a").await, by_id(store, "b").await) })).await;

    assert!(seen.into_iter().all(|seen| seen == (None, Some(user("b", "bob")))));
    commit(work).await.unwrap();
    assert_eq!(by_id(store, "a").await, Some(user("a", "ada")));
    assert_eq!(account(store, "b").await.credential_epoch, 1);
}

/// Sixteen units of work at once all get their turn.
pub async fn units_of_work_at_once_all_get_their_turn(store: &dyn Store) {
    let users: Vec<_> = (0..16).map(|number| [user(&format!("u{number}x"), &format!("name{number}"))]).collect();

    let results = join_all(users.iter().map(|user| add(store, user))).await;

    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

/// One account signs in on sixteen devices at once, and all of them are signed in.
pub async fn sign_ins_at_once_all_succeed(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();
    let sessions: Vec<_> = (0..16).map(|number| new_session(&format!("s{number}x"), "a")).collect();

    let opened = join_all(sessions.iter().map(|session| open(store, session, UNCHANGED))).await;

    assert!(opened.into_iter().all(|is_open| is_open));
    for number in 0..16 {
        assert!(is_signed_in(store, &format!("s{number}x")).await);
    }
}
