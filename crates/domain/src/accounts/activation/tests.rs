//! Rules of switching accounts off and on.

use super::*;
use crate::page;
use crate::sign_in::SignInError;
use crate::store::Store;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, acting, origin};

async fn switch(bench: &Bench, actor: &Actor, short_id: &str, is_active: bool) -> Result<(), ActivationError> {
    bench.accounts.set_active(actor, &fixture::id(short_id), is_active, &origin()).await
}

async fn is_active(bench: &Bench, short_id: &str) -> bool {
    bench.held(&fixture::id(short_id)).await.is_active()
}

async fn presence(bench: &Bench, short_id: &str) -> Vec<Presence> {
    let found = bench.store.read().await.unwrap().statuses().of_users(&[fixture::id(short_id)]).await.unwrap();
    found.into_iter().map(|status| status.presence).collect()
}

#[tokio::test]
async fn deactivation_ends_every_session_and_lets_nobody_in() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    let ((_, first), (_, second)) = (bench.session("ada").await, bench.session("ada").await);
    let (_, other) = bench.session("root").await;

    switch(&bench, &root, "ada", false).await.unwrap();

    assert!(bench.actor(&first).await.user().is_none() && bench.actor(&second).await.user().is_none());
    assert!(bench.actor(&other).await.user().is_some());
    let ended: Vec<_> = bench.store.sessions().into_iter().filter_map(|session| session.ended).collect();
    assert_eq!(ended.len(), 2);
    assert!(ended.iter().all(|ending| ending.reason == EndReason::Deactivated && ending.by.as_ref() == root.user_id()));
    assert!(matches!(bench.sign_in("ada", "Passw0rd!x").await, Err(SignInError::Inactive)));
    assert_eq!(presence(&bench, "ada").await, [Presence::Offline]);
}

#[tokio::test]
async fn what_was_ended_does_not_come_back_with_the_account() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    let (_, token) = bench.session("ada").await;
    switch(&bench, &root, "ada", false).await.unwrap();

    switch(&bench, &root, "ada", true).await.unwrap();

    assert!(bench.actor(&token).await.user().is_none());
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_ok());
}

#[tokio::test]
async fn a_sign_in_that_was_begun_fails_even_if_the_account_is_switched_on_again() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    let gate = bench.gate.lock_arc().await;
    let meanwhile = async {
        switch(&bench, &root, "ada", false).await.unwrap();
        switch(&bench, &root, "ada", true).await.unwrap();
        drop(gate);
    };

    let (begun, ()) = tokio::join!(bench.sign_in("ada", "Passw0rd!x"), meanwhile);

    assert!(matches!(begun, Err(SignInError::InvalidCredentials)));
    assert!(bench.store.sessions().is_empty());
}

#[tokio::test]
async fn each_switch_alone_fails_sign_ins_that_were_begun() {
    for is_active in [true, false] {
        let bench = Bench::default();
        let root = bench.person("root", "system_admin system_user").await;
        bench.person("ada", "system_user").await;
        let before = bench.held(&fixture::id("ada")).await.credential_epoch;
        switch(&bench, &root, "ada", is_active).await.unwrap();
        assert!(bench.held(&fixture::id("ada")).await.credential_epoch > before, "active: {is_active}");
    }
}

#[tokio::test]
async fn bots_stop_with_who_answers_for_them_and_nobody_elses() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    // More than one page of them.
    let crowd: Vec<_> = (0..=page::LARGEST).map(|n| fixture::bot(&format!("b{n}x"), &format!("bot{n}"), "ada")).collect();
    bench.write(async |work| work.users().insert(&crowd).await.unwrap()).await;
    bench.put(fixture::bot("other", "other", "root")).await;

    switch(&bench, &root, "ada", false).await.unwrap();

    let mut running = Vec::new();
    for bot in &crowd {
        running.extend(Some(bench.held(&bot.id).await).filter(User::is_active));
    }
    assert!(running.is_empty());
    assert!(is_active(&bench, "other").await);
    assert_eq!(presence(&bench, "b0x").await, [Presence::Offline]);
    switch(&bench, &root, "ada", true).await.unwrap();
    assert!(!is_active(&bench, "b0x").await, "nobody has looked at it since");
}

#[tokio::test]
async fn the_operator_may_let_bots_run_on() {
    let bench = Bench::under(|rules| rules.stops_bots_with_owner = false);
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    bench.put(fixture::bot("bot", "bot", "ada")).await;
    switch(&bench, &root, "ada", false).await.unwrap();
    assert!(is_active(&bench, "bot").await);
}

#[tokio::test]
async fn the_sessions_of_a_stopped_bot_end_too() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    bench.put(fixture::bot("bot", "bot", "ada")).await;
    let guard = crate::session::Guard { credential_epoch: 0, global_epoch: 0 };
    assert!(bench.write(async |work| work.sessions().open(&fixture::new_session("s", "bot"), guard).await.unwrap()).await);
    switch(&bench, &root, "ada", false).await.unwrap();
    assert!(bench.store.sessions().iter().all(|session| session.ended.is_some()));
}

#[tokio::test]
async fn who_may_not_switch_an_account_is_told_why() {
    let bench = Bench::default();
    let (root, ada) = (bench.person("root", "system_admin system_user").await, bench.person("ada", "system_user").await);
    bench.person("bob", "system_user").await;
    let elsewhere = User { identity: fixture::identity("ldap", "uid"), ..fixture::user("eve", "eve") };
    bench.put(elsewhere).await;

    assert!(matches!(switch(&bench, &ada, "bob", false).await, Err(ActivationError::Forbidden(_))));
    assert!(matches!(switch(&bench, &ada, "none", false).await, Err(ActivationError::Forbidden(_))));
    assert!(matches!(switch(&bench, &Actor::Nobody, "bob", false).await, Err(ActivationError::Forbidden(_))));
    assert!(matches!(switch(&bench, &ada, "ada", false).await, Err(ActivationError::OwnNotAllowed)));
    assert!(matches!(switch(&bench, &root, "root", false).await, Err(ActivationError::OwnNotAllowed)));
    assert!(matches!(switch(&bench, &root, "none", false).await, Err(ActivationError::Missing)));
    assert!(matches!(switch(&bench, &root, "eve", false).await, Err(ActivationError::Provided)));
    assert!(matches!(switch(&bench, &Actor::Operator, "root", false).await, Err(ActivationError::LastAdmin)));
    for name in ["root", "ada", "bob", "eve"] {
        assert!(is_active(&bench, name).await, "{name}");
    }
}

#[tokio::test]
async fn people_switch_themselves_off_where_they_may_but_never_on() {
    let bench = Bench::under(|rules| rules.allows_own_deactivation = true);
    bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    switch(&bench, &ada, "ada", false).await.unwrap();
    assert!(!is_active(&bench, "ada").await);
    let gone = acting(&bench.held(&fixture::id("ada")).await);
    assert!(matches!(switch(&bench, &gone, "ada", true).await, Err(ActivationError::Forbidden(_))));
}

#[tokio::test]
async fn an_account_that_is_gone_in_the_meantime_is_missing() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    let mut turn = crate::store::Store::begin(&*bench.store).await.unwrap();
    let meanwhile = async {
        turn.users().remove(&fixture::id("ada")).await.unwrap();
        turn.commit().await.unwrap();
    };
    let (switched, ()) = tokio::join!(switch(&bench, &root, "ada", false), meanwhile);
    assert!(matches!(switched, Err(ActivationError::Missing)));
}
