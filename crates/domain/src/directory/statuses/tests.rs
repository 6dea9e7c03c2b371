//! Rules of whether people are there.

use super::*;
use crate::port::Clock;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted, origin};

async fn bench() -> (Bench, Actor, Actor) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    (bench, root, ada)
}

async fn set(bench: &Bench, actor: &Actor, short_id: &str, presence: Presence) -> Result<Status, StatusError> {
    bench.directory.set_status(actor, &fixture::id(short_id), presence, 1_800_000_000, &origin()).await
}

#[tokio::test]
async fn people_and_those_above_them_say_whether_they_are_there() {
    let (bench, root, ada) = bench().await;
    let quiet = set(&bench, &ada, "ada", Presence::DoNotDisturb).await.unwrap();
    assert_eq!((quiet.is_manual, quiet.dnd_end_secs), (true, 1_800_000_000));
    let away = set(&bench, &root, "ada", Presence::Away).await.unwrap();
    assert_eq!((away.is_manual, away.dnd_end_secs), (true, 0));
    assert!(!set(&bench, &ada, "ada", Presence::Online).await.unwrap().is_manual);
    assert!(matches!(set(&bench, &ada, "root", Presence::Away).await, Err(StatusError::Forbidden(_))));
    assert!(matches!(set(&bench, &ada, "none", Presence::Away).await, Err(StatusError::Forbidden(_))));
    assert!(matches!(set(&bench, &root, "none", Presence::Away).await, Err(StatusError::Missing)));
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(set(&bench, &ada, "ada", Presence::Away).await, Err(StatusError::Store(_))));
}

#[tokio::test]
async fn statuses_come_in_the_order_asked_for_and_each_once() {
    let (bench, root, ada) = bench().await;
    set(&bench, &ada, "ada", Presence::Away).await.unwrap();
    let asked = ["root", "ada", "none", "ada"].map(fixture::id);
    let told = bench.directory.statuses(granted(&root), &root, &asked).await.unwrap();
    let told: Vec<_> = told.into_iter().map(|status| (status.user_id, status.presence)).collect();
    let expected = [("root", Presence::Offline), ("ada", Presence::Away), ("none", Presence::Offline)];
    assert_eq!(told, expected.map(|(name, presence)| (fixture::id(name), presence)));
    let one = bench.directory.status(granted(&root), &root, &fixture::id("ada")).await.unwrap();
    assert_eq!(one.presence, Presence::Away);
}

#[tokio::test]
async fn only_who_comes_or_goes_is_active() {
    let (bench, _, ada) = bench().await;
    let at = async |presence| {
        bench.clock.advance(std::time::Duration::from_mins(1));
        let status = set(&bench, &ada, "ada", presence).await.unwrap();
        (status.last_activity_at, bench.clock.now())
    };
    assert_eq!(at(Presence::DoNotDisturb).await.0, Timestamp::NEVER);
    let (came, now) = at(Presence::Online).await;
    assert_eq!(came, now);
    assert_eq!(at(Presence::Away).await.0, came);
    assert_eq!(at(Presence::DoNotDisturb).await.0, came);
    let (went, now) = at(Presence::Offline).await;
    assert_eq!(went, now);
}

#[tokio::test]
async fn who_is_back_in_office_answers_himself() {
    let (bench, root, ada) = bench().await;
    let id = fixture::id("ada");
    let props = async || bench.held(&id).await.profile.notify_props;
    let switch_on = async || {
        let machine = [("auto_responder_active", "true"), ("auto_responder_message", "away")];
        let notify_props = Some(machine.map(|(key, text)| (key.to_owned(), text.to_owned())).into());
        let on = crate::user::patch::Patch { notify_props, ..Default::default() };
        bench.accounts.patch(&ada, &id, on, &String::new().into(), &origin()).await.unwrap();
    };
    switch_on().await;
    bench.faults.commits.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(set(&bench, &ada, "ada", Presence::Online).await.is_err());
    assert_eq!(props().await["auto_responder_active"], "true", "both change, or neither");

    set(&bench, &root, "ada", Presence::Away).await.unwrap();

    let after = props().await;
    assert_eq!((after["auto_responder_active"].as_str(), after["auto_responder_message"].as_str()), ("false", "away"));
    // Who was not out of office leaves it as it is.
    switch_on().await;
    bench.write(async |work| work.statuses().put(&Status { presence: Presence::Away, ..Status::unknown(id.clone()) }).await.unwrap()).await;
    let changed_at = bench.held(&id).await.updated_at;
    bench.clock.advance(std::time::Duration::from_mins(1));
    set(&bench, &ada, "ada", Presence::Online).await.unwrap();
    assert_eq!(props().await["auto_responder_active"], "true");
    assert_eq!(bench.held(&id).await.updated_at, changed_at);
}

#[tokio::test]
async fn what_people_wrote_of_themselves_is_offered_again_until_they_forget_it() {
    let (bench, root, ada) = bench().await;
    let id = fixture::id("ada");
    let write = async |text: &str| {
        let status = Some(format!(r#"{{"emoji":"tea","text":"{text}"}}"#));
        bench.accounts.set_custom_status::<operations::UpdateUserCustomStatus>(&ada, &id, status, &origin()).await.unwrap();
    };
    let forget = async |actor: &Actor, name: &str, text: &str| {
        let (id, status) = (fixture::id(name), format!(r#"{{"emoji":"tea","text":"{text}","duration":"today"}}"#));
        bench.directory.forget_custom_status::<operations::RemoveRecentCustomStatus>(actor, &id, &status, &origin()).await
    };
    let offered = async || {
        let held = bench.directory.preferences::<operations::GetPreferences>(&ada, &id, Some(recent_status::CATEGORY)).await.unwrap();
        let recent: Vec<serde_json::Value> = serde_json::from_str(&held[0].value).unwrap();
        recent.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for text in ["a", "b", "c", "d", "e", "a", "f"] {
        write(text).await;
    }
    assert_eq!(offered().await, ["f", "a", "e", "d", "c"]);

    forget(&ada, "ada", "e").await.unwrap();
    forget(&root, "ada", "none").await.unwrap();

    assert_eq!(offered().await, ["f", "a", "d", "c"]);
    assert!(matches!(forget(&ada, "root", "f").await, Err(StatusError::Forbidden(_))));
    assert!(matches!(forget(&root, "none", "f").await, Err(StatusError::Missing)));
    let long = "x".repeat(7_000);
    for n in 0..4 {
        let status = Some(format!(r#"{{"emoji":"{n}{long}","text":"{n}"}}"#));
        bench.accounts.set_custom_status::<operations::UpdateUserCustomStatus>(&ada, &id, status, &origin()).await.unwrap();
    }
    assert_eq!(offered().await, ["3", "2"], "as many as a preference holds");
    let spoilt = fixture::preference("ada", recent_status::CATEGORY, recent_status::NAME, "no list");
    bench.write(async |work| work.preferences().put(&[spoilt]).await.unwrap()).await;
    write("new").await;
    assert_eq!(offered().await, ["new"]);
}
