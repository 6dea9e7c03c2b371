//! Guests see whom they share a channel with, and nobody else in any way.

use super::*;
use crate::page::Page;
use crate::status::{Presence, Status};
use crate::user::query::Order;

/// Gus, who is in the team `t` with everybody, and in its channel `c` and the group channel `m` with Ada alone; Bob is elsewhere.
async fn bench() -> (Bench, Actor) {
    let bench = Bench::default();
    bench.person("ada", "system_user").await;
    bench.person("bob", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            for channel in [fixture::channel("c", Some("t")), fixture::channel("d", Some("t")), fixture::channel("m", None)] {
                work.channels().insert(&channel).await.unwrap();
            }
            work.groups().insert(&fixture::group("g")).await.unwrap();
            let everybody = ["ada", "bob", "gus"].map(fixture::id);
            work.groups().add(&fixture::id("g"), &everybody, fixture::BORN).await.unwrap();
            for id in everybody {
                let status = Status { presence: Presence::Online, last_activity_at: fixture::BORN, ..Status::unknown(id) };
                work.statuses().put(&status).await.unwrap();
            }
        })
        .await;
    bench.enrol("t", &["ada", "bob", "gus"]).await;
    bench.seat("c", &["ada", "gus"]).await;
    bench.seat("d", &["ada", "bob"]).await;
    (bench, gus)
}

fn text(short: &str) -> String {
    fixture::id::<UserId>(short).to_string()
}

fn names<'a>(shown: impl IntoIterator<Item = &'a crate::user::shown::ShownUser>) -> String {
    shown.into_iter().map(|shown| shown.user.username.as_str()).collect::<Vec<_>>().join(" ")
}

async fn listed(bench: &Bench, gus: &Actor, change: impl FnOnce(&mut ListWanted)) -> String {
    let mut wanted = ListWanted::default();
    change(&mut wanted);
    let listed = bench.accounts.list(granted(gus), gus, wanted).await.unwrap();
    names(listed.iter().map(|listed| &listed.shown))
}

#[tokio::test]
async fn lists_show_guests_whom_they_know() {
    let (bench, gus) = bench().await;
    let list = async |change: fn(&mut ListWanted)| listed(&bench, &gus, change).await;
    assert_eq!(list(|_| ()).await, "ada gus");
    assert_eq!(list(|w| w.selection.in_team = text("t")).await, "ada gus");
    assert_eq!(list(|w| (w.selection.in_team, w.order) = (text("t"), Order::Created)).await, "ada gus");
    assert_eq!(list(|w| (w.selection.in_team, w.order) = (text("t"), Order::Activity)).await, "ada gus");
    assert_eq!(list(|w| w.selection.in_group = text("g")).await, "ada gus");
    assert_eq!(list(|w| w.selection.in_channel = text("c")).await, "ada gus");
    bench.write(async |work| work.groups().take_out(&fixture::id("g"), &["ada", "bob"].map(fixture::id)).await.unwrap()).await;
    assert_eq!(list(|w| w.selection.not_in_group = text("g")).await, "ada");
    bench.write(async |work| work.channels().leave(&fixture::id("c"), &fixture::id("ada")).await.unwrap()).await;
    bench.seat("m", &["ada", "gus"]).await;
    assert_eq!(list(|w| (w.selection.not_in_channel, w.selection.in_team) = (text("c"), text("t"))).await, "ada");
    bench.write(async |work| work.teams().leave(&fixture::id("t"), &fixture::id("bob"), fixture::BORN).await.unwrap()).await;
    assert_eq!(list(|w| w.selection.not_in_team = text("t")).await, "");
}

#[tokio::test]
async fn searches_and_completions_show_guests_whom_they_know() {
    let (bench, gus) = bench().await;
    let search = async |term: &str, change: fn(&mut Selection)| {
        let mut wanted = SearchWanted { term: term.into(), most: 9, ..SearchWanted::default() };
        change(&mut wanted.selection);
        names(&bench.accounts.search(granted(&gus), &gus, wanted).await.unwrap())
    };
    assert_eq!(search("example", |_| ()).await, "ada gus");
    assert_eq!(search("bob", |_| ()).await, "");
    assert_eq!(search(&text("bob"), |_| ()).await, "", "nor by an id that he has heard of");
    assert_eq!(search("example", |s| s.in_team = text("t")).await, "ada gus");
    assert_eq!(search("example", |s| s.in_group = text("g")).await, "ada gus");
    assert_eq!(search("example", |s| s.without_team = true).await, "");

    let complete = async |change: fn(&mut CompletionWanted)| {
        let mut wanted = CompletionWanted { most: 9, ..CompletionWanted::default() };
        change(&mut wanted);
        let found = bench.accounts.complete(granted(&gus), &gus, wanted).await.unwrap();
        (names(&found.users), names(&found.out_of_channel))
    };
    assert_eq!(complete(|_| ()).await.0, "ada gus");
    assert_eq!(complete(|w| w.in_team = text("t")).await.0, "ada gus");
    assert_eq!(complete(|w| w.rather_in_team = text("t")).await.0, "ada gus");
    assert_eq!(complete(|w| (w.in_team, w.in_channel) = (text("t"), text("c"))).await, ("ada gus".into(), String::new()));
}

#[tokio::test]
async fn look_ups_show_guests_whom_they_know() {
    let (bench, gus) = bench().await;
    let ids = ["ada", "bob", "gus", "none"].map(fixture::id);
    let found = bench.accounts.users_by_ids(granted(&gus), &gus, &ids, Timestamp::NEVER).await.unwrap();
    assert_eq!(names(&found), "ada gus");
    let usernames = ["ada", "bob", "gus"].map(|name| Username::parse(name).unwrap());
    assert_eq!(names(&bench.accounts.users_by_usernames(granted(&gus), &gus, &usernames).await.unwrap()), "ada gus");
    for (name, is_seen) in [("ada", true), ("bob", false), ("none", false)] {
        let (id, username) = (fixture::id(name), Username::parse(name).unwrap());
        let mut outcomes = vec![
            bench.accounts.user(&gus, &id).await.map(drop),
            bench.accounts.user_by_username(&gus, &username).await.map(drop),
            bench.accounts.user_by_email(&gus, &fixture::email(name)).await.map(drop),
        ];
        for picture in [bench.accounts.picture(&gus, &id, None).await, bench.accounts.default_picture(&gus, &id).await] {
            outcomes.push(match picture {
                Err(PictureSeenError::LookUp(error)) => Err(error),
                other => other.map(drop).map_err(|error| panic!("{error}")),
            });
        }
        for outcome in outcomes {
            let is_as_expected = if is_seen { outcome.is_ok() } else { matches!(outcome, Err(LookUpError::Forbidden(_))) };
            assert!(is_as_expected, "{name}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn counts_and_ids_tell_guests_of_whom_they_know() {
    let (bench, gus) = bench().await;
    bench.seat("m", &["gus"]).await;
    assert_eq!(bench.accounts.total(granted(&gus), &gus).await.unwrap(), 2);
    assert_eq!(bench.accounts.known(granted(&gus), &gus).await.unwrap(), [fixture::id("ada")]);
    assert!(matches!(bench.accounts.statistics(&gus, Statistics::default()).await, Err(ListError::Forbidden(_))));
    let channels = ["c", "d", "m"].map(text).to_vec();
    assert!(bench.accounts.in_group_channels(granted(&gus), &gus, channels).await.unwrap().is_empty());
}

#[tokio::test]
async fn members_and_statuses_show_guests_whom_they_know() {
    let (bench, gus) = bench().await;
    let members = bench.directory.team_members(&gus, &fixture::id("t"), Page::FIRST).await.unwrap();
    assert_eq!(members.into_iter().map(|member| member.user_id).collect::<Vec<_>>(), ["ada", "gus"].map(fixture::id));
    let member = async |name| bench.directory.team_member(&gus, &fixture::id("t"), &fixture::id(name)).await;
    assert!(member("ada").await.is_ok() && member("bob").await.is_err());

    let ids = ["bob", "ada", "none", "gus"].map(fixture::id);
    let told = bench.directory.statuses(granted(&gus), &gus, &ids).await.unwrap();
    let presences: Vec<_> = told.iter().map(|status| status.presence).collect();
    assert_eq!(presences, [Presence::Offline, Presence::Online, Presence::Offline, Presence::Online]);
    assert_eq!(told[0], Status::unknown(fixture::id("bob")), "as one who is not there");
    let status = bench.directory.status(granted(&gus), &gus, &fixture::id("bob")).await.unwrap();
    assert_eq!(status, Status::unknown(fixture::id("bob")));
}

#[tokio::test]
async fn a_guest_without_a_channel_sees_nobody() {
    let (bench, _) = bench().await;
    let lone = bench.person("lone", "system_guest").await;
    bench.enrol("t", &["lone"]).await;
    assert_eq!(listed(&bench, &lone, |_| ()).await, "");
    assert_eq!(listed(&bench, &lone, |w| w.selection.in_team = text("t")).await, "");
    assert_eq!(bench.accounts.total(granted(&lone), &lone).await.unwrap(), 0);
    assert!(bench.accounts.known(granted(&lone), &lone).await.unwrap().is_empty());
    assert!(bench.accounts.user(&lone, &fixture::id("lone")).await.is_ok(), "but himself, by his id");
    let (own, team) = (fixture::id("lone"), fixture::id("t"));
    let away = Status { presence: Presence::Away, ..Status::unknown(own) };
    bench.write(async |work| work.statuses().put(&away).await.unwrap()).await;
    assert_eq!(bench.directory.status(granted(&lone), &lone, &away.user_id).await.unwrap(), away);
    assert!(bench.directory.team_member(&lone, &team, &away.user_id).await.is_ok());
    assert_eq!(bench.directory.team_members(&lone, &team, Page::FIRST).await.unwrap().len(), 1);
}
