//! What holds of channels and who is in them.

use futures_util::future::join_all;

use super::directory::{ALL, add_channel, add_team, channel_place, count_all, done, enter, ids, in_channel, of_scope, people, rename};
use super::{minutes, taken};
use crate::channel::{Channel, ChannelKind, ChannelMember, direct_name};
use crate::id::UserId;
use crate::page::Page;
use crate::store::{Store, StoreError, UniqueField};
use crate::team::Standing;
use crate::testkit::fixture::{BORN, channel, channel_member, id, user};

/// A channel in which every field differs from its default.
fn detailed() -> Channel {
    Channel {
        kind: ChannelKind::Private,
        name: "room".into(),
        display_name: "Ünser \"Room\" 🚀 % \\".into(),
        header: "it's\nabove".into(),
        purpose: "名; --".into(),
        creator_id: Some(id("ada")),
        created_at: minutes(1),
        updated_at: minutes(2),
        deleted_at: minutes(3),
        is_group_constrained: Some(true),
        ..channel("c", Some("t"))
    }
}

async fn insert(store: &dyn Store, channel: &Channel) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.channels().insert(channel).await?;
    super::commit(work).await
}

fn short(channels: &[Channel]) -> Vec<&str> {
    channels.iter().map(|channel| &channel.id.as_str()[..1]).collect()
}

fn sorted(mut ids: Vec<UserId>) -> Vec<UserId> {
    ids.sort();
    ids
}

/// A channel is found by its id, and by its name in its team or among those without one, with every field.
pub async fn a_channel_is_found_each_way(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_team(store, "t", &[]).await;
    let direct = Channel { kind: ChannelKind::Direct, display_name: String::new(), ..channel("d", None) };
    let namesake = Channel { name: "room".into(), is_group_constrained: Some(false), ..channel("e", None) };
    for channel in [&detailed(), &direct, &namesake] {
        insert(store, channel).await.unwrap();
    }

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.channels().by_id(&id("c")).await.unwrap(), Some(detailed()));
    assert_eq!(reading.channels().by_id(&id("d")).await.unwrap(), Some(direct));
    assert_eq!(reading.channels().by_name(Some(&id("t")), "room").await.unwrap(), Some(detailed()));
    assert_eq!(reading.channels().by_name(None, "room").await.unwrap(), Some(namesake));
    assert_eq!(reading.channels().by_name(Some(&id("u")), "room").await.unwrap(), None);
    assert_eq!(reading.channels().by_name(Some(&id("t")), "channel-d").await.unwrap(), None);
    assert_eq!(reading.channels().by_name(None, "Room").await.unwrap(), None);
    assert_eq!(reading.channels().by_id(&id("C")).await.unwrap(), None);
}

/// A channel's name is its own in its team, or among those without one, an archived channel's too.
pub async fn a_name_belongs_to_one_channel_of_a_team(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_team(store, "t", &[]).await;
    add_team(store, "u", &[]).await;
    insert(store, &detailed()).await.unwrap();
    let called = |short: &str, team| Channel { name: "room".into(), ..channel(short, team) };

    assert_eq!(taken(&insert(store, &called("d", Some("t"))).await), Some(UniqueField::Name));
    assert!(insert(store, &called("e", Some("u"))).await.is_ok());
    assert!(insert(store, &called("f", None)).await.is_ok());
    assert_eq!(taken(&insert(store, &called("g", None)).await), Some(UniqueField::Name));
    assert!(insert(store, &Channel { name: "Room".into(), ..channel("h", Some("t")) }).await.is_ok());
    assert_eq!(taken(&insert(store, &channel("c", Some("u"))).await), Some(UniqueField::Id));
}

/// A name that is taken leaves the unit of work as it was: it goes on and is committed, with what it wrote before.
pub async fn a_taken_name_leaves_the_unit_of_work_usable(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_channel(store, "c", None, &[]).await;
    let mut work = super::begin(store).await;
    work.users().insert(&[user("bob", "bob")]).await.unwrap();

    let twin = Channel { name: "channel-c".into(), ..channel("d", None) };
    let refused = work.channels().insert(&twin).await;

    assert_eq!(taken(&refused), Some(UniqueField::Name));
    let there = work.channels().by_name(None, "channel-c").await.unwrap().unwrap();
    assert_eq!(work.channels().join(&[channel_member("c", "bob")]).await.unwrap(), ids(&["bob"]));
    work.commit().await.unwrap();
    assert_eq!(there.id, id("c"));
    assert_eq!(of_scope(store, in_channel("c")).await, ["bob"]);
    assert_eq!(store.read().await.unwrap().channels().by_id(&id("d")).await.unwrap(), None);
}

/// Of several who make the channel of two people at once one makes it, and all of them end in it.
pub async fn of_several_who_make_a_direct_channel_one_does(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let name = direct_name(&id("ada"), &id("bob"));
    let make = async |number: usize| {
        let mut work = super::begin(store).await;
        let wanted = Channel { kind: ChannelKind::Direct, name: name.clone(), ..channel(&format!("c{number}x"), None) };
        let made = work.channels().insert(&wanted).await;
        let there = match &made {
            Ok(()) => wanted.id.clone(),
            Err(_) => work.channels().by_name(None, &name).await.unwrap().unwrap().id,
        };
        let members = ["ada", "bob"].map(|name| ChannelMember { channel_id: there.clone(), ..channel_member("", name) });
        let joined = work.channels().join(&members).await.unwrap();
        super::commit(work).await.unwrap();
        (made.is_ok(), there, joined.len())
    };

    let results = join_all((0..8).map(make)).await;

    assert_eq!(results.iter().filter(|(is_made, ..)| *is_made).count(), 1);
    assert_eq!(results.iter().map(|(_, _, joined)| joined).sum::<usize>(), 2);
    assert!(results.iter().all(|(_, channel, _)| *channel == results[0].1));
}

/// Who comes into a channel is in it as he was described, and who is in it stays as he is; those are told who were not.
pub async fn who_comes_into_a_channel_is_in_it(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_channel(store, "c", None, &["ada"]).await;
    let admin = ChannelMember { created_at: minutes(1), ..channel_place("c", "bob", Standing::ADMIN) };
    let places = [channel_place("c", "ada", Standing::GUEST), admin.clone(), channel_member("c", "cyd")];

    let joined = done(store, async |work| work.channels().join(&places).await).await.unwrap();

    assert_eq!(sorted(joined), ids(&["bob", "cyd"]));
    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.channels().member(&id("c"), &id("ada")).await.unwrap(), Some(channel_member("c", "ada")));
    assert_eq!(reading.channels().member(&id("c"), &id("bob")).await.unwrap(), Some(admin));
    assert_eq!(reading.channels().member(&id("d"), &id("bob")).await.unwrap(), None);
    assert_eq!(enter(store, "c", &[]).await, []);
}

/// Nobody comes into a channel twice, not within one batch either, and one batch fills several channels.
pub async fn nobody_comes_twice(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_channel(store, "c", None, &[]).await;
    add_channel(store, "d", None, &["ada"]).await;
    let batch = [channel_member("c", "ada"), channel_member("c", "ada"), channel_member("d", "ada"), channel_member("d", "bob")];

    let joined = done(store, async |work| work.channels().join(&batch).await).await.unwrap();

    assert_eq!(sorted(joined), ids(&["ada", "bob"]));
    assert_eq!((count_all(store, in_channel("c")).await, count_all(store, in_channel("d")).await), (1, 2));
}

/// Many come into a channel at once.
pub async fn many_come_into_a_channel_at_once(store: &dyn Store) {
    let names: Vec<_> = (0..1_500).map(|number| format!("name{number:04}")).collect();
    let short: Vec<_> = names.iter().map(String::as_str).collect();
    people(store, &short).await;
    add_channel(store, "c", None, &short[..3]).await;

    let joined = enter(store, "c", &short).await;

    assert_eq!(sorted(joined), sorted(ids(&short[3..])));
    assert_eq!(of_scope(store, in_channel("c")).await, names);
}

/// Of several at once who put somebody into a channel one is told that he was not in it; likewise of several who take him out.
pub async fn coming_and_going_at_once_is_told_once(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_channel(store, "c", None, &[]).await;
    let take_out = async || done(store, async |work| work.channels().leave(&id("c"), &id("ada")).await).await.unwrap();

    let came = join_all((0..8).map(|_| enter(store, "c", &["ada"]))).await;
    let count = count_all(store, in_channel("c")).await;
    let went = join_all((0..8).map(|_| take_out())).await;

    assert_eq!(came.concat(), ids(&["ada"]));
    assert_eq!(count, 1);
    assert_eq!(went.iter().filter(|went| **went).count(), 1);
    assert_eq!(count_all(store, in_channel("c")).await, 0);
}

/// Who leaves a channel is in it no more, and may come back.
pub async fn who_leaves_a_channel_may_come_back(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_channel(store, "c", None, &["ada"]).await;
    let go =
        async |channel: &str, name: &str| done(store, async |work| work.channels().leave(&id(channel), &id(name)).await).await.unwrap();

    assert!(go("c", "ada").await);
    assert!(!go("c", "ada").await && !go("c", "bob").await && !go("d", "ada").await);

    assert_eq!(store.read().await.unwrap().channels().member(&id("c"), &id("ada")).await.unwrap(), None);
    assert_eq!(enter(store, "c", &["ada"]).await, ids(&["ada"]));
}

/// Those in a channel come by login name, in parts.
pub async fn members_come_by_login_name(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_channel(store, "c", None, &["cyd", "ada", "bob"]).await;
    rename(store, "ada", "zed").await;
    let part = async |number, size| store.read().await.unwrap().channels().members(&id("c"), Page { number, size }).await.unwrap();

    assert_eq!(part(0, 10).await, ["bob", "cyd", "ada"].map(|name| channel_member("c", name)));
    assert_eq!(part(1, 2).await, [channel_member("c", "ada")]);
    assert_eq!(part(2, 2).await, []);
    assert_eq!(part(0, 0).await, []);
}

/// Ada's channels: two of a team, one of another, one without and an archived one.
async fn channels_of_ada(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada"]).await;
    add_team(store, "u", &["ada"]).await;
    let called = |short: &str, team, display_name: &str| Channel { display_name: display_name.into(), ..channel(short, team) };
    let archived = Channel { deleted_at: BORN, ..called("g", Some("t"), "A") };
    let channels = [called("f", Some("t"), "B"), called("e", Some("t"), "B"), called("d", Some("u"), "A"), called("c", None, ""), archived];
    for channel in channels {
        insert(store, &channel).await.unwrap();
    }
    for short in ["c", "d", "e", "f", "g"] {
        enter(store, short, &["ada"]).await;
    }
    add_channel(store, "h", Some("t"), &["bob"]).await;
}

/// An account's channels in use come by display name and then by id: all, or those of a team and those without one.
pub async fn an_account_has_the_channels_it_is_in(store: &dyn Store) {
    channels_of_ada(store).await;

    let mut reading = store.read().await.unwrap();

    assert_eq!(short(&reading.channels().of_user(&id("ada"), None).await.unwrap()), ["c", "d", "e", "f"]);
    assert_eq!(short(&reading.channels().of_user(&id("ada"), Some(&id("t"))).await.unwrap()), ["c", "e", "f"]);
    assert_eq!(short(&reading.channels().of_user(&id("ada"), Some(&id("u"))).await.unwrap()), ["c", "d"]);
    assert_eq!(short(&reading.channels().of_user(&id("bob"), None).await.unwrap()), ["h"]);
    assert_eq!(reading.channels().of_user(&id("nobody"), None).await.unwrap(), []);
}

/// An account's places in channels come by channel, in archived ones too: all, or those of a team and those without one.
pub async fn places_in_channels_come_by_channel(store: &dyn Store) {
    channels_of_ada(store).await;
    let places = |shorts: &[&str]| shorts.iter().map(|short| channel_member(short, "ada")).collect::<Vec<_>>();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.channels().memberships(&id("ada"), None).await.unwrap(), places(&["c", "d", "e", "f", "g"]));
    assert_eq!(reading.channels().memberships(&id("ada"), Some(&id("t"))).await.unwrap(), places(&["c", "e", "f", "g"]));
    assert_eq!(reading.channels().memberships(&id("ada"), Some(&id("x"))).await.unwrap(), places(&["c"]));
}

/// What a unit of work writes of channels it sees, and it goes with it when it is dropped.
pub async fn dropped_channels_are_undone(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_channel(store, "c", None, &["ada"]).await;
    let mut work = super::begin(store).await;
    work.channels().insert(&channel("d", None)).await.unwrap();
    work.channels().join(&[channel_member("c", "bob")]).await.unwrap();
    assert!(work.channels().leave(&id("c"), &id("ada")).await.unwrap());
    assert_eq!(work.channels().members(&id("c"), ALL).await.unwrap(), [channel_member("c", "bob")]);

    drop(work);

    assert_eq!(of_scope(store, in_channel("c")).await, ["ada"]);
    assert_eq!(store.read().await.unwrap().channels().by_id(&id("d")).await.unwrap(), None);
}
