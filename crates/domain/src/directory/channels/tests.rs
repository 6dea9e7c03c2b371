//! Rules of channels.

use super::*;
use crate::store::Store;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted, origin};

type OfTeam = operations::GetChannelsForTeamForUser;

type All = operations::GetAllChannelsForUser;

fn c() -> ChannelId {
    fixture::id("c")
}

fn t() -> TeamId {
    fixture::id("t")
}

/// An admin; the team `t` with an open and a private channel; Ada is in both, Bob in the team alone, Gus a guest in the open one,
/// Eve elsewhere.
async fn bench() -> (Bench, [Actor; 5]) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let bob = bench.person("bob", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    let eve = bench.person("eve", "system_user").await;
    let private = Channel { kind: ChannelKind::Private, ..fixture::channel("p", Some("t")) };
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
            work.channels().insert(&private).await.unwrap();
        })
        .await;
    bench.enrol("t", &["ada", "bob", "gus"]).await;
    bench.seat("c", &["ada", "gus"]).await;
    bench.seat("p", &["ada"]).await;
    (bench, [root, ada, bob, gus, eve])
}

fn ids(names: &[&str]) -> Vec<UserId> {
    names.iter().map(|name| fixture::id(name)).collect()
}

async fn direct(bench: &Bench, actor: &Actor, names: &[&str]) -> Result<ChannelSeen, ChannelError> {
    bench.directory.direct_channel(granted(actor), actor, &ids(names), &origin()).await
}

async fn group(bench: &Bench, actor: &Actor, names: &[&str]) -> Result<ChannelSeen, ChannelError> {
    bench.directory.group_channel(granted(actor), actor, &ids(names), &origin()).await
}

fn wanted(kind: &str, name: &str) -> NewChannel {
    let (header, purpose) = (String::new(), String::new());
    NewChannel { team_id: t(), name: name.into(), display_name: "New".into(), kind: kind.into(), header, purpose }
}

#[tokio::test]
async fn members_of_a_team_make_its_channels() {
    let (bench, [root, ada, _, gus, eve]) = bench().await;
    let create = async |actor: &Actor, wanted| bench.directory.create_channel(actor, wanted, &origin()).await;
    for (kind, name) in [("O", "open"), ("P", "closed")] {
        let made = create(&ada, wanted(kind, name)).await.unwrap().channel;
        let place = bench.store.read().await.unwrap().channels().member(&made.id, &fixture::id("ada")).await.unwrap().unwrap();
        assert_eq!((place.standing, made.creator_id), (Standing::ADMIN, ada.user_id().cloned()));
        for outsider in [&gus, &eve, &Actor::Nobody] {
            assert!(matches!(create(outsider, wanted(kind, "other")).await, Err(ChannelError::Forbidden(_))), "{kind}");
        }
    }
    assert!(matches!(create(&ada, wanted("O", "open")).await, Err(ChannelError::Taken)));
    assert!(matches!(create(&ada, wanted("D", "x")).await, Err(ChannelError::Invalid(InvalidChannel::NotOfATeam))));
    assert!(matches!(create(&ada, wanted("O", "no name")).await, Err(ChannelError::Invalid(InvalidChannel::Name))));
    let nowhere = NewChannel { team_id: fixture::id("none"), ..wanted("O", "x") };
    assert!(matches!(create(&root, nowhere).await, Err(ChannelError::Forbidden(_))));
}

#[tokio::test]
async fn two_people_have_one_channel_whoever_asks() {
    let (bench, [root, ada, bob, ..]) = bench().await;
    let made = direct(&bench, &ada, &["ada", "bob"]).await.unwrap().channel;
    assert_eq!((made.kind, made.team_id.clone()), (ChannelKind::Direct, None));
    for (actor, names) in [(&bob, ["ada", "bob"]), (&ada, ["bob", "ada"]), (&root, ["bob", "ada"])] {
        assert_eq!(direct(&bench, actor, &names).await.unwrap().channel.id, made.id);
    }
    assert_eq!(bench.audit().await.len(), 1, "it was made once");
    let own = direct(&bench, &ada, &["ada"]).await.unwrap().channel;
    assert_eq!(direct(&bench, &ada, &["ada", "ada"]).await.unwrap().channel.id, own.id);
    let members = bench.store.read().await.unwrap().channels().members(&own.id, crate::page::Page::FIRST).await.unwrap();
    assert_eq!(members.len(), 1);
}

#[tokio::test]
async fn who_makes_no_channel_of_two_is_told_why() {
    let (bench, [_, ada, _, gus, _]) = bench().await;
    for names in [&[][..], &["bob"], &["ada", "bob", "eve"]] {
        assert!(matches!(direct(&bench, &ada, names).await, Err(ChannelError::NotTwo)), "{names:?}");
    }
    assert!(matches!(direct(&bench, &ada, &["bob", "eve"]).await, Err(ChannelError::Forbidden(_))), "not among them");
    assert!(matches!(direct(&bench, &ada, &["ada", "none"]).await, Err(ChannelError::MissingUser)));
    assert!(direct(&bench, &gus, &["gus", "ada"]).await.is_ok());
    for unseen in ["bob", "eve", "none"] {
        let refused = direct(&bench, &gus, &["gus", unseen]).await;
        assert!(matches!(refused, Err(ChannelError::Forbidden(_))), "a guest learns nothing of {unseen}: {refused:?}");
    }
}

#[tokio::test]
async fn the_same_people_have_one_channel() {
    let (bench, [_, ada, bob, ..]) = bench().await;
    let made = group(&bench, &ada, &["bob", "eve"]).await.unwrap();
    assert_eq!((made.channel.kind, made.display_name.as_str()), (ChannelKind::Group, "ada, bob, eve"));
    for (actor, names) in [(&bob, &["eve", "ada"][..]), (&ada, &["eve", "bob", "ada", "bob"])] {
        assert_eq!(group(&bench, actor, names).await.unwrap().channel.id, made.channel.id);
    }
    assert_ne!(group(&bench, &ada, &["bob", "root"]).await.unwrap().channel.id, made.channel.id);
    assert_eq!(bench.directory.channel(&bob, &made.channel.id).await.unwrap().display_name, "ada, bob, eve");
    let own = bench.directory.channels_of::<All>(&bob, bob.user_id().unwrap(), None).await.unwrap();
    let mut names: Vec<_> = own.iter().map(|seen| seen.display_name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ada, bob, eve", "ada, bob, root"]);
}

#[tokio::test]
async fn a_group_channel_has_three_to_eight_people_who_see_each_other() {
    let (bench, [_, ada, _, gus, _]) = bench().await;
    let crowd = ["u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"];
    for name in crowd {
        bench.person(name, "system_user").await;
    }
    for names in [&["bob"][..], &["ada", "bob"], &crowd] {
        assert!(matches!(group(&bench, &ada, names).await, Err(ChannelError::GroupSize)), "{names:?}");
    }
    assert!(group(&bench, &ada, &crowd[..7]).await.is_ok());
    assert!(matches!(group(&bench, &ada, &["bob", "none"]).await, Err(ChannelError::MissingUser)));
    for unseen in ["bob", "none"] {
        assert!(matches!(group(&bench, &gus, &["ada", unseen]).await, Err(ChannelError::Forbidden(_))), "{unseen}");
    }
}

#[tokio::test]
async fn a_channel_that_is_made_in_the_meantime_is_the_one() {
    let (bench, [_, ada, ..]) = bench().await;
    let mut turn = bench.store.begin().await.unwrap();
    let made =
        Channel { kind: ChannelKind::Direct, name: direct_name(&fixture::id("ada"), &fixture::id("bob")), ..fixture::channel("x", None) };
    let meanwhile = async {
        turn.channels().insert(&made).await.unwrap();
        turn.commit().await.unwrap();
    };
    let (seen, ()) = tokio::join!(direct(&bench, &ada, &["ada", "bob"]), meanwhile);
    assert_eq!(seen.unwrap().channel.id, made.id);
}

#[tokio::test]
async fn channels_are_shown_to_those_who_read_them() {
    let (bench, [root, ada, bob, gus, eve]) = bench().await;
    let look = async |actor: &Actor, name: &str| {
        let by_id = bench.directory.channel(actor, &fixture::id(name)).await;
        let by_name = bench.directory.channel_by_name(actor, &t(), &format!("channel-{name}")).await;
        let by_names = bench.directory.channel_by_names(actor, "team-t", &format!("channel-{name}")).await;
        let [by_id, by_name, by_names] = [by_id, by_name, by_names].map(|seen| match seen {
            Ok(_) => true,
            Err(ChannelError::Forbidden(_)) => false,
            Err(error) => panic!("{error}"),
        });
        assert_eq!((by_name, by_names), (by_id, by_id));
        by_id
    };
    assert!(look(&root, "c").await && look(&root, "p").await);
    assert!(look(&ada, "c").await && look(&ada, "p").await);
    assert!(look(&bob, "c").await && !look(&bob, "p").await, "an open channel is open to its team");
    assert!(look(&gus, "c").await && !look(&gus, "p").await);
    assert!(!look(&eve, "c").await && !look(&eve, "p").await && !look(&Actor::Nobody, "c").await);
}

#[tokio::test]
async fn a_channel_that_is_not_there_is_missing() {
    let (bench, [root, ..]) = bench().await;
    let archived = Channel { deleted_at: fixture::BORN, ..fixture::channel("old", Some("t")) };
    bench.write(async |work| work.channels().insert(&archived).await.unwrap()).await;
    assert!(matches!(bench.directory.channel(&root, &fixture::id("none")).await, Err(ChannelError::Missing)));
    assert!(bench.directory.channel(&root, &archived.id).await.is_ok());
    for name in ["none", "channel-old"] {
        assert!(matches!(bench.directory.channel_by_name(&root, &t(), name).await, Err(ChannelError::Missing)), "{name}");
    }
    assert!(matches!(bench.directory.channel_by_names(&root, "none", "channel-c").await, Err(ChannelError::Missing)));
}

#[tokio::test]
async fn the_channels_of_somebody_are_his_and_those_aboves_to_see() {
    let (bench, [root, ada, bob, ..]) = bench().await;
    let id = fixture::id("ada");
    for actor in [&root, &ada] {
        assert_eq!(bench.directory.channels_of::<OfTeam>(actor, &id, Some(&t())).await.unwrap().len(), 2);
        assert_eq!(bench.directory.channel_memberships(actor, &id, &t()).await.unwrap().len(), 2);
    }
    assert!(matches!(bench.directory.channels_of::<OfTeam>(&bob, &id, Some(&t())).await, Err(ChannelError::Forbidden(_))));
    assert!(matches!(bench.directory.channel_memberships(&bob, &id, &t()).await, Err(ChannelError::Forbidden(_))));
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(bench.directory.channel(&root, &c()).await, Err(ChannelError::Store(_))));
}
