//! The promises that every store keeps.
//!
//! Each promise is one function over a fresh store without accounts; [`store_contract!`](crate::store_contract) makes each a test.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use crate::credential::{Digest, NewPassword};
use crate::id::UserId;
use crate::session::{Guard, NewSession, SignedIn};
use crate::store::{Attempt, LockRules, LoginName, Store, StoreError, UniqueField, UnitOfWork};
use crate::testkit::fixture::{self, BORN};
use crate::time::Timestamp;
use crate::user::User;

pub mod audits;
pub mod credentials;
pub mod endings;
pub mod service;
pub mod sessions;
pub mod users;
pub mod work;

/// Makes every promise of the contract a test with its own name, a minute long at most.
///
/// Takes the name of an `async fn` that gives what dereferences to an empty store: an `Arc`, or a guard that cleans up when it is
/// dropped. The store needs two connections at least; the calling crate needs `tokio` with its macros and timers.
///
/// ```text
/// async fn fresh_store() -> std::sync::Arc<MemoryStore> {
///     std::sync::Arc::default()
/// }
///
/// muster_domain::store_contract!(fresh_store);
/// ```
#[macro_export]
macro_rules! store_contract {
    ($fresh_store:ident) => {
        $crate::store_contract! { @group $fresh_store users:
            an_account_is_found_each_way,
            a_unit_of_work_finds_its_own_accounts,
            a_login_text_is_a_username_or_an_address,
            nobody_is_found_who_is_not_there,
            any_tells_whether_there_are_accounts,
            a_username_is_held_once,
            an_address_is_held_once,
            an_identity_is_held_once,
            identities_are_compared_byte_for_byte,
            an_id_is_held_once,
            ids_differ_by_letter_case,
            accounts_are_added_all_or_none,
            a_clash_within_a_batch_is_told,
            an_empty_batch_adds_nothing,
            ten_thousand_are_looked_up_at_once,
            accounts_come_in_the_order_of_bytes,
            since_leaves_out_what_did_not_change_after,
            every_field_of_an_account_is_kept,
            time_zones_are_kept_as_they_are,
            an_update_touches_only_its_fields,
            an_update_can_not_take_what_is_taken,
            what_is_given_up_is_free,
            epochs_grow_one_by_one,
            of_two_sign_ups_with_one_name_one_is_refused,
            no_change_of_a_locked_account_is_lost,
        }
        $crate::store_contract! { @group $fresh_store credentials:
            a_try_finds_the_account_each_way,
            a_try_of_an_unknown_account_finds_nothing,
            a_try_shows_the_account_before_it_is_counted,
            bots_and_accounts_without_password_are_not_tried,
            a_deactivated_account_is_tried,
            the_limit_locks_an_account,
            each_lock_allows_one_try_and_doubles,
            no_lock_is_longer_than_the_longest,
            no_burst_gets_more_tries_than_the_limit,
            no_burst_gets_more_than_one_try_after_a_lock,
            a_try_given_back_was_not_counted,
            no_more_tries_are_given_back_than_were_counted,
            forgiving_unlocks,
            a_session_opened_forgives,
            a_try_counts_live_sessions,
            an_account_has_one_password,
            a_password_belongs_to_an_account,
            a_change_replaces_the_password,
            a_change_takes_the_place_of_a_provider,
            a_hash_is_renewed_while_it_is_the_verified_one,
            a_changed_password_is_not_renewed,
            a_try_shows_the_epochs,
            a_dropped_try_is_not_counted,
        }
        $crate::store_contract! { @group $fresh_store sessions:
            every_field_of_a_session_is_kept,
            sessions_are_of_any_kind,
            a_session_is_found_by_any_of_its_hashes,
            a_session_comes_with_its_account_as_it_is_now,
            roles_come_with_a_session,
            an_expired_session_is_still_found,
            opening_writes_down_the_sign_in,
            a_session_needs_its_guard_and_an_active_account,
            a_token_belongs_to_one_session,
            a_sign_in_goes_from_try_to_session,
        }
        $crate::store_contract! { @group $fresh_store endings:
            a_session_ends_once_and_loses_its_token,
            of_two_endings_at_once_one_does_it,
            all_sessions_of_an_account_end_but_one,
            sessions_on_a_device_end,
            the_sessions_last_active_are_kept,
            as_many_sessions_are_kept_as_wanted,
            a_touch_moves_forward_only,
            a_touch_moves_a_token_to_another_key,
            a_touch_brings_nothing_back,
            sessions_are_counted_by_key,
            old_sessions_are_purged,
            a_purge_is_bounded,
            an_ended_session_is_kept_from_its_end,
            dropped_sessions_are_undone,
        }
        $crate::store_contract! { @group $fresh_store audits:
            what_an_entry_says_is_kept,
            an_entry_needs_only_the_essentials,
            entries_come_in_the_order_of_writing,
            entries_of_one_time_keep_their_order,
            no_more_entries_come_than_wanted,
            an_entry_is_written_once,
            entries_written_at_once_have_places_of_their_own,
            a_dropped_entry_is_not_written,
        }
        $crate::store_contract! { @group $fresh_store service:
            what_was_put_is_got,
            what_was_never_put_is_not_there,
            a_latch_keeps_its_first_value,
            a_latch_leaves_a_value_alone,
            of_latches_at_once_one_is_first,
            a_dropped_latch_is_open,
            the_global_epoch_grows_one_by_one,
            time_is_plausible,
        }
        $crate::store_contract! { @group $fresh_store work:
            a_sign_in_fails_after_a_revocation,
            a_sign_in_fails_after_a_revocation_of_everybody,
            a_sign_in_fails_after_a_change_of_password,
            a_sign_in_and_a_revocation_at_once_leave_no_session,
            a_sign_in_and_a_revocation_of_everybody_at_once_leave_no_session,
            a_sign_in_and_a_change_of_password_at_once_leave_no_session,
            what_is_committed_is_seen,
            what_is_dropped_is_undone,
            changes_that_are_dropped_are_undone,
            a_store_outlives_dropped_units_of_work,
            a_store_outlives_refusals,
            readers_are_answered_during_a_unit_of_work,
            units_of_work_at_once_all_get_their_turn,
            sign_ins_at_once_all_succeed,
        }
    };
    (@group $fresh_store:ident $group:ident: $($promise:ident,)*) => {
        mod $group {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $promise() {
                    let store = super::$fresh_store().await;
                    let promise = $crate::testkit::contract::$group::$promise(&*store);
                    let kept = tokio::time::timeout(std::time::Duration::from_secs(60), promise).await;
                    assert!(kept.is_ok(), "the store did not answer within a minute");
                }
            )*
        }
    };
}

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
    store.read().await.unwrap().sessions().by_token(hashes).await.unwrap()
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

#[cfg(test)]
mod tests {
    const GROUPS: [(&str, &str); 7] = [
        ("audits", include_str!("contract/audits.rs")),
        ("credentials", include_str!("contract/credentials.rs")),
        ("endings", include_str!("contract/endings.rs")),
        ("service", include_str!("contract/service.rs")),
        ("sessions", include_str!("contract/sessions.rs")),
        ("users", include_str!("contract/users.rs")),
        ("work", include_str!("contract/work.rs")),
    ];

    #[test]
    fn every_promise_is_made_a_test() {
        let list = include_str!("contract.rs");
        for (group, source) in GROUPS {
            let (_, rest) = list.split_once(&format!("@group $fresh_store {group}:")).unwrap();
            let (listed, _) = rest.split_once('}').unwrap();
            let listed: Vec<_> = listed.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
            let written: Vec<_> =
                source.split("pub async fn ").skip(1).filter_map(|rest| rest.split_once('(')).map(|(name, _)| name).collect();
            assert_eq!(listed, written, "{group}");
        }
    }
}
