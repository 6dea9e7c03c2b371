//! The promises that every store keeps.
//!
//! Each promise is one function over a fresh store without accounts; [`store_contract!`](crate::store_contract) makes each a test.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crate::credential::{Digest, NewPassword};
use crate::id::UserId;
use crate::session::{Guard, NewSession, SignedIn};
use crate::store::{Attempt, Held, LockRules, LoginName, Shown, Store, StoreError, UniqueField, UnitOfWork};
use crate::testkit::fixture::{self, BORN};
use crate::time::Timestamp;
use crate::user::User;

pub mod access_tokens;
pub mod audits;
pub mod bots;
pub mod channels;
pub mod counts;
pub mod credentials;
pub mod crowds;
pub mod devices;
mod directory;
pub mod endings;
pub mod factors;
pub mod filters;
pub mod groups;
pub mod invitations;
pub mod known_devices;
pub mod lists;
pub mod model;
pub mod one_time;
pub mod orders;
pub mod outbox;
pub mod pages;
pub mod preferences;
mod promises;
pub mod removal;
pub mod searches;
pub mod searches_within;
pub mod service;
pub mod sessions;
pub mod statuses;
pub mod surveys;
pub mod teams;
pub mod terms;
pub mod users;
pub mod views;
pub mod work;

/// What a new account's sessions are made under.
const UNCHANGED: Guard = Guard { credential_epoch: 0, global_epoch: 0 };

/// Three wrong passwords lock for a minute, then two, up to an hour.
const RULES: LockRules = LockRules { limit: 3, first_lock_ms: 60_000, longest_lock_ms: 3_600_000 };

fn minutes(count: u64) -> Timestamp {
    BORN.after(Duration::from_mins(count))
}

/// The field that another account holds, if that is why something was refused.
fn taken<T>(result: &Result<T, StoreError>) -> Option<UniqueField> {
    match result {
        Err(StoreError::Taken(field)) => Some(*field),
        _ => None,
    }
}

/// Lets whatever else runs at once go on: a store that never waits would otherwise do one thing after the other.
async fn give_way() {
    let mut has_given_way = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_given_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn begin(store: &dyn Store) -> Box<dyn UnitOfWork> {
    let work = store.begin().await.unwrap();
    give_way().await;
    work
}

async fn commit(work: Box<dyn UnitOfWork>) -> Result<(), StoreError> {
    give_way().await;
    work.commit().await
}

/// One sign-up: adds accounts in a unit of work of their own.
async fn add(store: &dyn Store, users: &[User]) -> Result<(), StoreError> {
    let mut work = begin(store).await;
    work.users().insert(users).await?;
    commit(work).await
}

fn password(user: &User, hash: &str) -> NewPassword {
    NewPassword { id: user.id.as_str().parse().unwrap(), user_id: user.id.clone(), ..fixture::password("", hash) }
}

/// Adds an account with a password.
async fn add_with_password(store: &dyn Store, user: &User, hash: &str) {
    let mut work = begin(store).await;
    work.users().insert(std::slice::from_ref(user)).await.unwrap();
    work.credentials().insert(&[password(user, hash)]).await.unwrap();
    commit(work).await.unwrap();
}

async fn by_id(store: &dyn Store, short_id: &str) -> Option<User> {
    store.read().await.unwrap().users().by_id(&fixture::id(short_id)).await.unwrap()
}

/// The account of an id that must be there.
async fn account(store: &dyn Store, short_id: &str) -> User {
    by_id(store, short_id).await.unwrap()
}

/// Tries a password in a unit of work of its own.
async fn attempt(store: &dyn Store, login: &LoginName, rules: &LockRules, now: Timestamp) -> Option<Attempt> {
    let mut work = begin(store).await;
    let attempt = work.credentials().attempt(login, rules, now).await.unwrap();
    commit(work).await.unwrap();
    attempt
}

/// Tries the password of an account that must be there.
async fn attempt_of(store: &dyn Store, short_id: &str, now: Timestamp) -> Attempt {
    attempt(store, &LoginName::Id(fixture::id(short_id)), &RULES, now).await.unwrap()
}

/// Opens a session in a unit of work of its own.
async fn open(store: &dyn Store, session: &NewSession, guard: Guard) -> bool {
    let mut work = begin(store).await;
    let is_open = work.sessions().open(session, guard).await.unwrap();
    commit(work).await.unwrap();
    is_open
}

async fn by_token(store: &dyn Store, hashes: &[Digest]) -> Option<SignedIn> {
    let shown = Shown { sessions: hashes.to_vec(), access_tokens: Vec::new() };
    match store.read().await.unwrap().sessions().by_token(&shown).await.unwrap() {
        Some(Held::Session(signed_in)) => Some(signed_in),
        Some(Held::AccessToken(_)) | None => None,
    }
}

/// Whether the fixture's session of an id is there and has not ended.
async fn is_signed_in(store: &dyn Store, short_id: &str) -> bool {
    by_token(store, &[fixture::new_session(short_id, "").token]).await.is_some()
}

async fn grow_epoch(store: &dyn Store, user: &UserId) {
    let mut work = begin(store).await;
    work.users().grow_epoch(user).await.unwrap();
    commit(work).await.unwrap();
}

async fn grow_global_epoch(store: &dyn Store) {
    let mut work = begin(store).await;
    work.service().grow_global_epoch().await.unwrap();
    commit(work).await.unwrap();
}
