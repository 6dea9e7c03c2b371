//! Rules of who is in a channel.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, origin};
use crate::user::User;

fn ids(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| fixture::id(name)).collect()
}

/// An admin; the team `t` with an open channel `c` and a private one `p`; Ada is in both, Bob and Gus, a guest, in the team alone;
/// Eve is elsewhere, Ian has left, and Off is switched off.
async fn bench() -> (Bench, [Actor; 4]) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let bob = bench.person("bob", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    bench.person("eve", "system_user").await;
    bench.person("ian", "system_user").await;
    bench.put(User { deleted_at: fixture::BORN, ..fixture::user("off", "off") }).await;
    let private = Channel { kind: ChannelKind::Private, ..fixture::channel("p", Some("t")) };
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
            work.channels().insert(&private).await.unwrap();
            work.channels().insert(&fixture::channel("m", None)).await.unwrap();
        })
        .await;
    bench.enrol("t", &["ada", "bob", "gus", "ian", "off"]).await;
    bench.write(async |work| work.teams().leave(&fixture::id("t"), &fixture::id("ian"), fixture::BORN).await.unwrap()).await;
    for channel in ["c", "p", "m"] {
        bench.seat(channel, &["ada"]).await;
    }
    (bench, [root, ada, bob, gus])
}

async fn add(bench: &Bench, actor: &Actor, channel: &str, names: &[&str]) -> Result<Vec<ChannelMember>, ChannelError> {
    bench.directory.add_channel_members(actor, &fixture::id(channel), &ids(names), &origin()).await
}

async fn remove(bench: &Bench, actor: &Actor, channel: &str, name: &str) -> Result<(), ChannelError> {
    bench.directory.remove_channel_member(actor, &fixture::id(channel), &fixture::id(name), &origin()).await
}

#[tokio::test]
async fn people_join_open_channels_of_their_team_and_are_put_into_others() {
    let (bench, [root, ada, bob, gus]) = bench().await;
    for (actor, channel, name) in
        [(&bob, "c", "gus"), (&bob, "p", "bob"), (&gus, "c", "gus"), (&gus, "p", "gus"), (&Actor::Nobody, "c", "bob")]
    {
        let refused = add(&bench, actor, channel, &[name]).await;
        assert!(matches!(refused, Err(ChannelError::Forbidden(_))), "{channel} {name}");
    }
    assert_eq!(add(&bench, &bob, "c", &["bob"]).await.unwrap()[0].standing, Standing::USER);
    assert_eq!(add(&bench, &ada, "p", &["gus"]).await.unwrap()[0].standing, Standing::GUEST);
    assert!(add(&bench, &root, "p", &["bob"]).await.is_ok());
    assert_eq!(bench.audit().await.len(), 3);
    assert_eq!(add(&bench, &root, "p", &["bob"]).await.unwrap().len(), 1, "who is in it stays");
    assert_eq!(bench.audit().await.len(), 3);
}

#[tokio::test]
async fn those_who_can_not_be_in_it_are_left_out_unless_all_are() {
    let (bench, [root, ..]) = bench().await;
    let added = add(&bench, &root, "c", &["none", "bob", "off"]).await.unwrap();
    assert_eq!(added.into_iter().map(|place| place.user_id).collect::<Vec<_>>(), ids(&["bob"]));
    assert!(matches!(add(&bench, &root, "c", &["off", "none"]).await, Err(ChannelError::MissingUser)), "the last is told");
    assert!(matches!(add(&bench, &root, "c", &["off"]).await, Err(ChannelError::Inactive)));
    assert!(matches!(add(&bench, &root, "c", &["eve"]).await, Err(ChannelError::NoTeamMember)));
    assert!(matches!(add(&bench, &root, "c", &["ian"]).await, Err(ChannelError::LeftTeam)));
    assert!(matches!(add(&bench, &root, "m", &["bob"]).await, Err(ChannelError::Closed)));
    assert!(matches!(add(&bench, &root, "none", &["bob"]).await, Err(ChannelError::Missing)));
}

#[tokio::test]
async fn members_are_shown_to_those_who_read_the_channel() {
    let (bench, [root, ada, bob, gus]) = bench().await;
    let channel = fixture::id("c");
    for actor in [&root, &ada] {
        assert_eq!(bench.directory.channel_members(actor, &channel, Page::FIRST).await.unwrap().len(), 1);
        assert!(bench.directory.channel_member(actor, &channel, &fixture::id("ada")).await.is_ok());
    }
    for actor in [&bob, &gus, &Actor::Nobody] {
        let members = bench.directory.channel_members(actor, &channel, Page::FIRST).await;
        let member = bench.directory.channel_member(actor, &channel, &fixture::id("ada")).await;
        assert!(matches!((members, member), (Err(ChannelError::Forbidden(_)), Err(ChannelError::Forbidden(_)))));
    }
    assert!(matches!(bench.directory.channel_member(&ada, &channel, &fixture::id("bob")).await, Err(ChannelError::NoMember)));
}

#[tokio::test]
async fn anybody_leaves_and_members_take_each_other_out() {
    let (bench, [root, ada, bob, gus]) = bench().await;
    bench.seat("c", &["bob", "gus"]).await;
    bench.seat("p", &["gus"]).await;
    for (actor, channel) in [(&gus, "c"), (&gus, "p"), (&bob, "p"), (&Actor::Nobody, "c")] {
        assert!(matches!(remove(&bench, actor, channel, "ada").await, Err(ChannelError::Forbidden(_))), "{channel}");
    }
    remove(&bench, &gus, "c", "gus").await.unwrap();
    remove(&bench, &ada, "p", "gus").await.unwrap();
    remove(&bench, &ada, "c", "bob").await.unwrap();
    assert!(matches!(remove(&bench, &root, "c", "bob").await, Err(ChannelError::NoMember)));
    assert!(matches!(remove(&bench, &root, "none", "bob").await, Err(ChannelError::Missing)));
    assert!(matches!(remove(&bench, &ada, "m", "ada").await, Err(ChannelError::Closed)));
}

#[tokio::test]
async fn a_token_leaves_nothing_that_it_is_not_good_for() {
    let (bench, [_, _, bob, _]) = bench().await;
    bench.seat("c", &["bob"]).await;
    let Actor::Account(mut principal) = bob else { panic!("bob is signed in") };
    principal.proof.scopes = Some(vec!["GetUser".into()]);
    let narrow = Actor::Account(principal);
    assert!(matches!(
        bench.directory.remove_channel_member(&narrow, &fixture::id("c"), &fixture::id("bob"), &origin()).await,
        Err(ChannelError::Forbidden(_))
    ));
}
