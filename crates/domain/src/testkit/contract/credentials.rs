//! What holds of passwords and of tries of them.

use futures_util::future::join_all;

use super::{
    RULES, UNCHANGED, account, add, add_with_password, attempt, attempt_of, begin, commit, grow_epoch, minutes, open, password, taken,
};
use crate::credential::{NewPassword, PasswordHash};
use crate::session::Guard;
use crate::store::{Attempt, LockRules, LoginName, Store, StoreError, UniqueField};
use crate::testkit::fixture::{self, BORN, id, identity, new_session, user};
use crate::time::Timestamp;
use crate::user::{Bot, ExternalIdentity, User};

fn named(text: &str) -> LoginName {
    LoginName::Text(text.to_owned())
}

fn hash_of(attempt: &Attempt) -> Option<&str> {
    attempt.hash.as_ref().map(PasswordHash::expose)
}

async fn insert(store: &dyn Store, passwords: &[NewPassword]) -> Result<(), StoreError> {
    let mut work = begin(store).await;
    work.credentials().insert(passwords).await?;
    commit(work).await
}

async fn change(store: &dyn Store, password: &NewPassword) {
    let mut work = begin(store).await;
    work.credentials().change(password).await.unwrap();
    commit(work).await.unwrap();
}

async fn renew(store: &dyn Store, verified: &str, renewed: &str) -> bool {
    let hash = |text: &str| PasswordHash::from(text.to_owned());
    let mut work = begin(store).await;
    let did = work.credentials().renew(&id("a"), &hash(verified), &hash(renewed)).await.unwrap();
    commit(work).await.unwrap();
    did
}

async fn give_back(store: &dyn Store) {
    let mut work = begin(store).await;
    work.credentials().give_back(&id("a")).await.unwrap();
    commit(work).await.unwrap();
}

/// Tries the password of the account `a` until it is locked.
async fn lock(store: &dyn Store) {
    for _ in 0..RULES.limit {
        assert!(attempt_of(store, "a", BORN).await.is_open);
    }
}

/// A try finds the account by id, by login name and by address, with what verifies its password.
pub async fn a_try_finds_the_account_each_way(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash of ada").await;
    add_with_password(store, &user("b", "bob"), "hash of bob").await;

    for login in [LoginName::Id(id("a")), named("ada"), named("ada@example.test")] {
        let found = attempt(store, &login, &LockRules { limit: 10, ..RULES }, BORN).await.unwrap();

        assert_eq!(found.user.id, id("a"));
        assert_eq!(hash_of(&found), Some("hash of ada"));
        assert!(found.is_open);
        assert_eq!(found.guard, UNCHANGED);
    }
}

/// A try of an unknown account finds nothing, and an id is no login name.
pub async fn a_try_of_an_unknown_account_finds_nothing(store: &dyn Store) {
    let ada = user("a", "ada");
    add_with_password(store, &ada, "hash").await;

    for login in [LoginName::Id(id("b")), named("bob"), named(ada.id.as_str()), named("")] {
        assert!(attempt(store, &login, &RULES, BORN).await.is_none(), "{login:?}");
    }
}

/// A try shows the account as it was before, and is counted on that account alone.
pub async fn a_try_shows_the_account_before_it_is_counted(store: &dyn Store) {
    let detailed = User { bot: None, ..fixture::detailed_user("a", "ada") };
    add_with_password(store, &detailed, "hash").await;
    add_with_password(store, &user("b", "bob"), "hash").await;

    let found = attempt(store, &named("ada"), &LockRules { limit: 10, ..RULES }, BORN).await.unwrap();

    assert_eq!(found.user, detailed);
    assert_eq!(found.guard, Guard { credential_epoch: detailed.credential_epoch, global_epoch: 0 });
    assert_eq!(account(store, "a").await, User { failed_attempts: 3, ..detailed });
    assert_eq!(account(store, "b").await, user("b", "bob"));
}

/// Bots are not tried, nor is anything counted then.
pub async fn bots_are_not_tried(store: &dyn Store) {
    add_with_password(store, &User { bot: Some(Bot::default()), ..user("a", "ada") }, "hash").await;

    let bot = attempt_of(store, "a", BORN).await;

    assert!(!bot.is_open);
    assert_eq!(account(store, "a").await.failed_attempts, 0);
}

/// An account without a password is tried and locked like any other: nobody learns by it how it signs in.
pub async fn an_account_without_password_is_tried(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();

    for _ in 0..RULES.limit {
        let found = attempt_of(store, "a", BORN).await;
        assert!(found.is_open && found.hash.is_none());
    }

    let locked = attempt_of(store, "a", BORN).await;
    assert!(!locked.is_open);
    assert_eq!(locked.locked_until, minutes(1));
}

/// A deactivated account is tried like any other: only who knows its password is told.
pub async fn a_deactivated_account_is_tried(store: &dyn Store) {
    add_with_password(store, &User { deleted_at: BORN, ..user("a", "ada") }, "hash").await;

    let found = attempt_of(store, "a", BORN).await;

    assert!(found.is_open && !found.user.is_active());
    assert_eq!(account(store, "a").await.failed_attempts, 1);
}

/// The try that reaches the limit locks the account, and while it is locked nothing is counted.
pub async fn the_limit_locks_an_account(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;

    let mut tries = Vec::new();
    for _ in 0..5 {
        let found = attempt_of(store, "a", BORN).await;
        tries.push((found.is_open, found.user.failed_attempts, found.locked_until));
    }

    let open = |before, until| (true, before, until);
    let locked = (false, 3, minutes(1));
    assert_eq!(tries, [open(0, Timestamp::NEVER), open(1, Timestamp::NEVER), open(2, minutes(1)), locked, locked]);
    assert_eq!(account(store, "a").await.failed_attempts, 3);
}

/// When the lock ends, one more try is open, and the next lock is twice as long.
pub async fn each_lock_allows_one_try_and_doubles(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    lock(store).await;

    for (start, end) in [(1, 3), (3, 7), (7, 15)] {
        let early = attempt_of(store, "a", Timestamp::from_millis(minutes(start).as_millis() - 1)).await;
        let first = attempt_of(store, "a", minutes(start)).await;
        let second = attempt_of(store, "a", minutes(start)).await;

        assert!(!early.is_open && first.is_open && !second.is_open, "the lock that ends after {start} minutes");
        assert_eq!((first.locked_until, second.locked_until), (minutes(end), minutes(end)));
    }
}

/// No lock is longer than the longest, however many tries there were.
pub async fn no_lock_is_longer_than_the_longest(store: &dyn Store) {
    add_with_password(store, &User { failed_attempts: 6, ..user("a", "ada") }, "hash").await;
    add_with_password(store, &User { failed_attempts: 1_000_000, ..user("b", "bob") }, "hash").await;
    let rules = LockRules { longest_lock_ms: 150_000, ..RULES };

    let some = attempt(store, &named("ada"), &rules, BORN).await.unwrap();
    let many = attempt_of(store, "b", BORN).await;

    assert!(some.is_open && many.is_open);
    assert_eq!(some.locked_until, Timestamp::from_millis(BORN.as_millis() + 150_000));
    assert_eq!(many.locked_until, minutes(60));
}

/// Of fifty tries at once no more are open than the limit says.
pub async fn no_burst_gets_more_tries_than_the_limit(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    let rules = LockRules { limit: 5, ..RULES };

    let ada = named("ada");
    let tries = join_all((0..50).map(|_| attempt(store, &ada, &rules, BORN))).await;

    assert_eq!(tries.iter().flatten().filter(|found| found.is_open).count(), 5);
    assert_eq!(account(store, "a").await.failed_attempts, 5);
}

/// Of twenty tries at once after a lock has ended one is open.
pub async fn no_burst_gets_more_than_one_try_after_a_lock(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    lock(store).await;

    let tries = join_all((0..20).map(|_| attempt_of(store, "a", minutes(1)))).await;

    assert_eq!(tries.iter().filter(|found| found.is_open).count(), 1);
    assert_eq!(account(store, "a").await.failed_attempts, 4);
}

/// A try that is given back was never counted: the lock it caused ends.
pub async fn a_try_given_back_was_not_counted(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    lock(store).await;

    give_back(store).await;

    let again = attempt_of(store, "a", BORN).await;
    assert!(again.is_open);
    assert_eq!(again.user.failed_attempts, 2);
}

/// No more tries are given back than were counted.
pub async fn no_more_tries_are_given_back_than_were_counted(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;

    give_back(store).await;

    assert_eq!(account(store, "a").await, user("a", "ada"));
}

/// Forgiving forgets every wrong password and unlocks.
pub async fn forgiving_unlocks(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    lock(store).await;
    let mut work = begin(store).await;

    work.credentials().forgive(&id("a")).await.unwrap();
    commit(work).await.unwrap();

    let found = attempt_of(store, "a", BORN).await;
    assert!(found.is_open);
    assert_eq!((found.user.failed_attempts, found.locked_until), (0, Timestamp::NEVER));
}

/// A session that is opened forgets wrong passwords and unlocks.
pub async fn a_session_opened_forgives(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    lock(store).await;

    assert!(open(store, &new_session("s", "a"), UNCHANGED).await);

    let found = attempt_of(store, "a", BORN).await;
    assert!(found.is_open);
    assert_eq!((found.user.failed_attempts, found.locked_until), (0, Timestamp::NEVER));
}

/// An account has one password, and all of a batch are added or none.
pub async fn an_account_has_one_password(store: &dyn Store) {
    let (ada, bob) = (user("a", "ada"), user("b", "bob"));
    add_with_password(store, &ada, "first").await;
    add(store, std::slice::from_ref(&bob)).await.unwrap();
    let second = NewPassword { id: id("other"), ..password(&ada, "second") };

    let refused = insert(store, &[password(&bob, "hash"), second]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Id));
    assert_eq!(hash_of(&attempt_of(store, "a", BORN).await), Some("first"));
    assert_eq!(hash_of(&attempt_of(store, "b", BORN).await), None);
}

/// Nobody's password is not kept.
pub async fn a_password_belongs_to_an_account(store: &dyn Store) {
    let refused = insert(store, &[password(&user("a", "ada"), "hash")]).await;

    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

/// A change replaces the password, unlocks the account, and tells when and that it changed.
pub async fn a_change_replaces_the_password(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "first").await;
    lock(store).await;
    let changed = NewPassword { id: id("new"), created_at: minutes(5), ..fixture::password("a", "second") };

    change(store, &changed).await;

    let expected = User { updated_at: minutes(5), password_updated_at: minutes(5), credential_epoch: 1, ..user("a", "ada") };
    assert_eq!(account(store, "a").await, expected);
    let found = attempt_of(store, "a", BORN).await;
    assert!(found.is_open);
    assert_eq!((hash_of(&found), found.locked_until), (Some("second"), Timestamp::NEVER));
}

/// A change gives a password to an account that had none; what a provider said of it is forgotten and free.
pub async fn a_change_takes_the_place_of_a_provider(store: &dyn Store) {
    let ada = User { identity: identity("ldap", "ada"), ..user("a", "ada") };
    add(store, &[ada]).await.unwrap();

    change(store, &fixture::password("a", "hash")).await;

    assert_eq!(account(store, "a").await.identity, ExternalIdentity::default());
    assert_eq!(hash_of(&attempt_of(store, "a", BORN).await), Some("hash"));
    add(store, &[User { identity: identity("ldap", "ada"), ..user("b", "bob") }]).await.unwrap();
}

/// A hash is renewed while it is the one that was verified, and nothing else of the account changes.
pub async fn a_hash_is_renewed_while_it_is_the_verified_one(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "weak").await;

    assert!(renew(store, "weak", "strong").await);
    assert!(!renew(store, "weak", "stronger").await);

    assert_eq!(account(store, "a").await, user("a", "ada"));
    assert_eq!(hash_of(&attempt_of(store, "a", BORN).await), Some("strong"));
}

/// A password that changed meanwhile is not replaced by the old one's new hash.
pub async fn a_changed_password_is_not_renewed(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "weak").await;
    change(store, &fixture::password("a", "changed")).await;

    assert!(!renew(store, "weak", "strong").await);

    assert_eq!(hash_of(&attempt_of(store, "a", BORN).await), Some("changed"));
}

/// A try shows the epochs that a session must be opened under.
pub async fn a_try_shows_the_epochs(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    grow_epoch(store, &id("a")).await;
    super::grow_global_epoch(store).await;
    super::grow_global_epoch(store).await;

    let found = attempt_of(store, "a", BORN).await;

    assert_eq!(found.guard, Guard { credential_epoch: 1, global_epoch: 2 });
}

/// A try that was not committed is not counted.
pub async fn a_dropped_try_is_not_counted(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    let mut work = begin(store).await;
    work.credentials().attempt(&named("ada"), &RULES, BORN).await.unwrap();
    work.credentials().change(&fixture::password("a", "dropped")).await.unwrap();

    drop(work);

    let found = attempt_of(store, "a", BORN).await;
    assert_eq!((&found.user, hash_of(&found)), (&user("a", "ada"), Some("hash")));
}

/// An account without its password is unlocked, and sign-ins that were begun before fail; others keep theirs.
pub async fn a_removed_password_lets_nobody_in(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    add_with_password(store, &user("b", "bob"), "hash").await;
    let begun = attempt_of(store, "a", BORN).await;
    let mut work = begin(store).await;

    work.credentials().remove_password(&id("a")).await.unwrap();
    commit(work).await.unwrap();

    let tried = attempt_of(store, "a", BORN).await;
    assert!(tried.hash.is_none());
    assert_eq!((tried.user.failed_attempts, tried.guard.credential_epoch), (0, begun.guard.credential_epoch + 1));
    assert!(!open(store, &new_session("s", "a"), begun.guard).await);
    assert!(attempt_of(store, "b", BORN).await.hash.is_some());
}

/// An account that has lost its password may get another.
pub async fn a_removed_password_makes_room(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    let mut work = begin(store).await;
    work.credentials().remove_password(&id("a")).await.unwrap();
    work.credentials().insert(&[password(&user("a", "ada"), "other")]).await.unwrap();
    commit(work).await.unwrap();

    let tried = attempt_of(store, "a", BORN).await;

    assert_eq!(tried.hash.unwrap().expose(), "other");
}
