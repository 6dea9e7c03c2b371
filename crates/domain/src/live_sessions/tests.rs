//! Rules of looking at sessions and of ending them.

use std::time::Duration;

use super::*;
use crate::credential::Token;
use crate::limit::Unlimited;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};

const HOUR: Duration = Duration::from_hours(1);

/// Rules under which sessions live for an hour, and for three if they are used.
fn with_lengths(change: impl FnOnce(&mut SessionLengths)) -> Bench {
    let mut rules = sign_in_rules();
    rules.lengths.absolute = HOUR * 3;
    change(&mut rules.lengths);
    Bench::new(account_rules(), rules, std::sync::Arc::new(Unlimited))
}

fn own(actor: &Actor) -> UserId {
    actor.user_id().unwrap().clone()
}

/// The sessions of an account that ended, and why, the last first.
async fn ends(bench: &Bench, of: &Actor) -> Vec<(EndReason, Option<UserId>)> {
    let ended = bench.live_sessions.ended(granted(&Actor::Operator), &own(of), Page::FIRST).await.unwrap();
    ended.into_iter().filter_map(|session| session.ended).map(|ending| (ending.reason, ending.by)).collect()
}

async fn lives(bench: &Bench, token: &Token) -> bool {
    bench.actor(token).await.user().is_some()
}

#[tokio::test]
async fn people_see_their_own_sessions_and_admins_everybodys() {
    let bench = Bench::default();
    let (admin, ada) = (bench.somebody("admin").await, bench.somebody("ada").await);
    let bob = bench.somebody("bob").await;
    bench.session("ada").await;
    let count = async |actor: &Actor, id: &UserId| bench.live_sessions.list(actor, id, None).await.map(|seen| seen.sessions.len());

    assert_eq!((count(&ada, &own(&ada)).await.unwrap(), count(&admin, &own(&ada)).await.unwrap()), (2, 2));
    assert!(matches!(count(&bob, &own(&ada)).await, Err(LiveSessionError::Forbidden(_))));
    assert_eq!(count(&admin, &fixture::id("none")).await.unwrap(), 0);
    assert!(matches!(count(&bob, &fixture::id("none")).await, Err(LiveSessionError::Forbidden(_))));
}

#[tokio::test]
async fn the_list_has_no_more_than_an_account_may_have() {
    let bench = Bench::default();
    let ada = bench.somebody("ada").await;
    for _ in 0..7 {
        bench.clock.advance(Duration::from_secs(1));
        bench.session("ada").await;
    }

    let (_, token) = bench.session("ada").await;
    let seen = bench.live_sessions.list(&bench.actor(&token).await, &own(&ada), None).await.unwrap();

    assert_eq!(seen.sessions.len(), 3);
    assert!(ends(&bench, &ada).await.iter().all(|(reason, _)| *reason == EndReason::TooMany));
}

#[tokio::test]
async fn sign_ins_at_once_do_not_go_beyond_the_cap() {
    // Tries that are under way count, so fewer would be let in at once.
    let rules = SignInRules { lock: crate::store::LockRules::after(100), ..sign_in_rules() };
    let bench = Bench::new(account_rules(), rules, std::sync::Arc::new(Unlimited));
    let ada = bench.register("ada").await;
    let gate = bench.gate.lock().await;
    let all = futures_util::future::join_all((0..10).map(|_| bench.sign_in("ada", "Passw0rd!x")));

    let (opened, ()) = futures_util::future::join(all, async { drop(gate) }).await;

    assert!(opened.iter().all(Result::is_ok));
    assert_eq!(bench.store.sessions().iter().filter(|session| session.user_id == ada.id && session.ended.is_none()).count(), 3);
}

#[tokio::test]
async fn the_id_of_a_session_is_no_right_to_end_it() {
    let bench = Bench::default();
    let (admin, ada) = (bench.somebody("admin").await, bench.somebody("ada").await);
    let (bob, token) = (bench.somebody("bob").await, bench.session("ada").await.1);
    let id = ada.session_id().unwrap();
    let revoke = async |actor: &Actor, of: &Actor, id: &str| bench.live_sessions.revoke(actor, &own(of), id, &origin()).await;

    assert!(matches!(revoke(&bob, &ada, id.as_str()).await, Err(LiveSessionError::Forbidden(_))));
    assert!(matches!(revoke(&bob, &bob, id.as_str()).await, Err(LiveSessionError::AnothersSession)));
    assert!(matches!(revoke(&admin, &bob, id.as_str()).await, Err(LiveSessionError::AnothersSession)));
    assert!(matches!(revoke(&ada, &ada, "").await, Err(LiveSessionError::NoId)));
    assert!(matches!(revoke(&ada, &ada, token.expose()).await, Err(LiveSessionError::Missing)), "a token is no name");
    assert_eq!(ends(&bench, &ada).await, []);

    revoke(&admin, &ada, id.as_str()).await.unwrap();

    assert!(matches!(revoke(&ada, &ada, id.as_str()).await, Err(LiveSessionError::Missing)));
    assert_eq!(ends(&bench, &ada).await, [(EndReason::Revoked, Some(own(&admin)))]);
    assert!(lives(&bench, &token).await);
}

#[tokio::test]
async fn all_sessions_of_an_account_end_and_sign_ins_begun_before_fail() {
    let bench = Bench::default();
    let (admin, ada) = (bench.somebody("admin").await, bench.somebody("ada").await);
    let (_, token) = bench.session("ada").await;
    let gate = bench.gate.lock().await;
    let revoke = async {
        let done = bench.live_sessions.revoke_all(&admin, &own(&ada), &origin()).await;
        drop(gate);
        done
    };

    let (late, done) = futures_util::future::join(bench.sign_in("ada", "Passw0rd!x"), revoke).await;

    done.unwrap();
    assert!(late.is_err() && !lives(&bench, &token).await);
    assert_eq!(ends(&bench, &ada).await.len(), 2);
    bench.live_sessions.revoke_all(&admin, &fixture::id("none"), &origin()).await.unwrap();
}

#[tokio::test]
async fn everybodys_sessions_end_and_sign_ins_begun_before_fail() {
    let bench = Bench::default();
    let (admin, admins) = (bench.somebody("admin").await, bench.session("admin").await.1);
    let ada = bench.somebody("ada").await;
    let gate = bench.gate.lock().await;
    let revoke = async {
        let done = bench.live_sessions.revoke_everybodys(granted(&admin), &admin, &origin()).await;
        drop(gate);
        done
    };

    let (late, done) = futures_util::future::join(bench.sign_in("ada", "Passw0rd!x"), revoke).await;

    done.unwrap();
    assert!(late.is_err() && !lives(&bench, &admins).await);
    assert_eq!(ends(&bench, &ada).await, [(EndReason::Revoked, Some(own(&admin)))]);
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_ok());
}

#[tokio::test]
async fn use_keeps_a_session_alive_up_to_its_absolute_end() {
    let bench = with_lengths(|_| {});
    bench.somebody("ada").await;
    let (_, token) = bench.session("ada").await;
    let used = async || match bench.sign_ins.bearer(&token, fixture::address()).await.unwrap() {
        crate::sign_in::Bearer::Known(held) => {
            if let Some(usage) = bench.sign_ins.due_use(&held, &token, fixture::address()) {
                bench.sign_ins.note(&usage).await.unwrap();
            }
            true
        }
        _ => false,
    };

    for _ in 0..5 {
        assert!(used().await);
        bench.clock.advance(HOUR / 2);
    }
    bench.clock.advance(Duration::from_millis(30 * 60 * 1000 - 1));
    assert!(used().await);
    bench.clock.advance(Duration::from_millis(1));
    assert!(!used().await, "three hours are over");
}

#[tokio::test]
async fn without_extension_a_session_ends_in_its_time() {
    let bench = with_lengths(|lengths| lengths.extends = false);
    bench.somebody("ada").await;
    let (_, token) = bench.session("ada").await;
    bench.clock.advance(HOUR / 2);
    let crate::sign_in::Bearer::Known(held) = bench.sign_ins.bearer(&token, fixture::address()).await.unwrap() else { panic!("over") };
    bench.sign_ins.note(&bench.sign_ins.due_use(&held, &token, fixture::address()).unwrap()).await.unwrap();

    bench.clock.advance(HOUR / 2);

    assert!(!lives(&bench, &token).await);
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_and_it_is_on_record_why() {
    let bench = with_lengths(|lengths| lengths.idle = Some(HOUR / 2));
    let ada = bench.somebody("ada").await;
    let (_, token) = bench.session("ada").await;
    bench.clock.advance(HOUR / 2);

    assert!(!lives(&bench, &token).await, "before anything was swept");
    assert_eq!(bench.live_sessions.list(&ada, &own(&ada), None).await.unwrap().sessions, []);
    assert_eq!(bench.live_sessions.sweep().await.unwrap(), 2);

    assert_eq!(ends(&bench, &ada).await, [(EndReason::Idle, None), (EndReason::Idle, None)]);
    assert_eq!(bench.live_sessions.sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn a_session_whose_time_is_over_is_on_record() {
    let bench = Bench::default();
    let ada = bench.somebody("ada").await;
    bench.clock.advance(HOUR);

    bench.live_sessions.sweep().await.unwrap();

    assert_eq!(ends(&bench, &ada).await, [(EndReason::Expired, None)]);
}

#[tokio::test]
async fn a_push_device_has_one_session() {
    let bench = with_lengths(|lengths| lengths.mobile = HOUR * 2);
    let ada = bench.somebody("ada").await;
    let (other, token) = bench.session("ada").await;
    let on = |device: &str| DeviceChange { device_id: Some(device.to_owned()), ..DeviceChange::default() };
    let attach = async |actor: &Actor, change| bench.live_sessions.attach(granted(actor), actor, change, &origin()).await.unwrap();
    attach(&other, on("apple:x")).await;
    bench.clock.advance(HOUR / 2);

    let end = attach(&ada, on("apple:x")).await;

    assert_eq!(end, Some(bench.clock.now().after(HOUR * 2)));
    assert!(!lives(&bench, &token).await);
    assert_eq!(ends(&bench, &ada).await, [(EndReason::DeviceReused, Some(own(&ada)))]);
    assert_eq!(attach(&ada, DeviceChange::default()).await, None);
    assert_eq!(attach(&Actor::Operator, on("apple:x")).await, None);
}

#[tokio::test]
async fn without_extension_a_phones_session_counts_from_its_beginning() {
    let bench = with_lengths(|lengths| lengths.extends = false);
    let ada = bench.somebody("ada").await;
    let born = bench.clock.now();
    bench.clock.advance(HOUR / 2);
    let change = DeviceChange { device_id: Some("d".to_owned()), ..DeviceChange::default() };

    let end = bench.live_sessions.attach(granted(&ada), &ada, change, &origin()).await.unwrap();

    assert_eq!(end, Some(born.after(HOUR)));
}
