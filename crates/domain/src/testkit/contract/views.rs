//! What holds of who knows whom: whom somebody may see who sees only those he shares a channel with.

use super::directory::{add_channel, add_group, add_team, done, enter, filtered, ids, in_channel, in_team, known_to, people};
use crate::channel::{Channel, ChannelKind};
use crate::id::UserId;
use crate::page::Page;
use crate::store::Store;
use crate::testkit::fixture::{BORN, channel, id};
use crate::time::Timestamp;
use crate::user::query::{Count, Listing, Scope, Search, Searched, View, words};
use crate::username::Username;

/// Cyd is with ada in one channel and with bob in an archived one; dan is in another channel, eve in none.
async fn acquaintances(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_team(store, "t", &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_channel(store, "c", Some("t"), &["ada", "cyd"]).await;
    add_channel(store, "d", Some("t"), &["ada", "dan"]).await;
    let archived = Channel { deleted_at: BORN, ..channel("e", None) };
    done(store, async |work| work.channels().insert(&archived).await).await.unwrap();
    enter(store, "e", &["bob", "cyd"]).await;
}

async fn share_channel(store: &dyn Store, one: &str, other: &str) -> bool {
    store.read().await.unwrap().users().share_channel(&id(one), &id(other)).await.unwrap()
}

async fn acquaintances_of(store: &dyn Store, name: &str) -> Vec<UserId> {
    store.read().await.unwrap().users().known_to(&id(name)).await.unwrap()
}

/// A list shows those somebody shares a channel with, archived ones included, and himself.
pub async fn a_list_shows_whom_somebody_knows(store: &dyn Store) {
    acquaintances(store).await;

    assert_eq!(filtered(store, Scope::Everyone, known_to("cyd")).await, ["ada", "bob", "cyd"]);
    assert_eq!(filtered(store, Scope::Everyone, known_to("ada")).await, ["ada", "cyd", "dan"]);
    assert_eq!(filtered(store, in_team("t"), known_to("cyd")).await, ["ada", "bob", "cyd"]);
    assert_eq!(filtered(store, in_channel("d"), known_to("cyd")).await, ["ada"]);
}

/// Who is in no channel sees nobody, not even himself; nor does who is not there.
pub async fn who_is_in_no_channel_sees_nobody(store: &dyn Store) {
    acquaintances(store).await;

    assert!(filtered(store, Scope::Everyone, known_to("eve")).await.is_empty());
    assert!(filtered(store, Scope::Everyone, known_to("nobody")).await.is_empty());
    assert!(acquaintances_of(store, "eve").await.is_empty());
}

/// Who is alone in a channel sees himself.
pub async fn who_is_alone_in_a_channel_sees_himself(store: &dyn Store) {
    acquaintances(store).await;

    add_channel(store, "f", None, &["eve"]).await;

    assert_eq!(filtered(store, Scope::Everyone, known_to("eve")).await, ["eve"]);
    assert!(acquaintances_of(store, "eve").await.is_empty());
}

/// Whom somebody knows changes with whoever comes and goes.
pub async fn acquaintances_come_and_go(store: &dyn Store) {
    acquaintances(store).await;

    enter(store, "c", &["eve"]).await;
    done(store, async |work| work.channels().leave(&id("c"), &id("ada")).await).await.unwrap();

    assert_eq!(filtered(store, Scope::Everyone, known_to("cyd")).await, ["bob", "cyd", "eve"]);
    assert_eq!(acquaintances_of(store, "cyd").await, ids(&["bob", "eve"]));
}

/// Look-ups by id and by login name leave out whom somebody does not know.
pub async fn look_ups_leave_out_strangers(store: &dyn Store) {
    acquaintances(store).await;
    let names = ["ada", "bob", "cyd", "dan", "eve"];
    let (ids, view) = (ids(&names), View::KnownTo(id("cyd")));
    let usernames: Vec<_> = names.iter().map(|name| Username::parse(name).unwrap()).collect();
    let mut reading = store.read().await.unwrap();

    let by_id = reading.users().by_ids(&ids, Timestamp::NEVER, &view).await.unwrap();
    let by_name = reading.users().by_usernames(&usernames, &view).await.unwrap();

    assert_eq!(by_id.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["ada", "bob", "cyd"]);
    assert_eq!(by_name, by_id);
}

/// A search finds, and a count counts, only whom somebody knows.
pub async fn searches_and_counts_leave_out_strangers(store: &dyn Store) {
    acquaintances(store).await;
    let search = Search {
        scope: in_team("t"),
        filter: known_to("cyd"),
        words: words("a"),
        searched: Searched { full_name: false, email: false },
        most: 10,
    };
    let count = Count { filter: known_to("cyd"), with_bots: true, with_remote: true, ..Count::default() };
    let mut reading = store.read().await.unwrap();

    let found = reading.users().search(&search).await.unwrap();
    let long = reading.users().search(&Search { words: words("ada"), filter: known_to("bob"), ..search.clone() }).await.unwrap();
    let counts = [count.clone(), Count { scope: in_team("t"), ..count.clone() }, Count { scope: in_channel("d"), ..count }];

    assert_eq!(found.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["ada"]);
    assert!(long.is_empty());
    for (count, expected) in counts.iter().zip([3, 3, 1]) {
        assert_eq!(reading.users().count(count).await.unwrap(), expected, "{:?}", count.scope);
    }
}

/// A list of those somebody knows comes in parts.
pub async fn a_list_of_acquaintances_comes_in_parts(store: &dyn Store) {
    let names: Vec<_> = (0..30).map(|number| format!("name{number:02}")).collect();
    let short: Vec<_> = names.iter().map(String::as_str).collect();
    people(store, &short).await;
    add_channel(store, "c", None, &short.iter().copied().step_by(2).collect::<Vec<_>>()).await;
    add_channel(store, "d", None, &short.iter().copied().step_by(3).collect::<Vec<_>>()).await;
    let known: Vec<_> = (0..30).filter(|number| number % 2 == 0 || number % 3 == 0).map(|number| names[number].clone()).collect();

    for (number, slice) in (0..).zip(known.chunks(6)) {
        let part = Listing { filter: known_to("name00"), page: Page { number, size: 6 }, ..super::directory::listing(Scope::Everyone) };
        assert_eq!(super::directory::listed(store, &part).await, slice);
    }
}

/// Two accounts share a channel if both are in one, an archived one too; a team in common is none.
pub async fn two_share_a_channel_that_both_are_in(store: &dyn Store) {
    acquaintances(store).await;

    assert!(share_channel(store, "ada", "cyd").await && share_channel(store, "cyd", "ada").await);
    assert!(share_channel(store, "bob", "cyd").await);
    assert!(!share_channel(store, "ada", "bob").await);
    assert!(!share_channel(store, "ada", "eve").await);
    assert!(!share_channel(store, "ada", "nobody").await);
}

/// Whom an account knows is told by id, each once, without the account itself.
pub async fn acquaintances_are_told_by_id(store: &dyn Store) {
    acquaintances(store).await;
    add_channel(store, "f", None, &["ada", "dan", "cyd"]).await;
    super::directory::rename(store, "dan", "aaa").await;

    assert_eq!(acquaintances_of(store, "ada").await, ids(&["cyd", "dan"]));
    assert_eq!(acquaintances_of(store, "nobody").await, []);
}

/// The others in group channels are told by channel and login name: of the wanted channels that are group channels and one's own.
pub async fn others_in_group_channels_are_told(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    add_group(store, "g", &["ada", "bob"]).await;
    add_channel(store, "z", None, &["ada", "cyd", "bob"]).await;
    add_channel(store, "c", None, &["dan", "ada"]).await;
    add_channel(store, "d", None, &["bob", "cyd"]).await;
    add_channel(store, "e", Some("t"), &["ada", "bob"]).await;
    add_channel(store, "f", None, &["ada", "bob"]).await;
    let direct = Channel { kind: ChannelKind::Direct, ..channel("h", None) };
    done(store, async |work| work.channels().insert(&direct).await).await.unwrap();
    enter(store, "h", &["ada", "bob"]).await;
    let wanted = ["z", "c", "d", "e", "h", "z", "x"].map(id);

    let others = store.read().await.unwrap().users().in_group_channels(&id("ada"), &wanted).await.unwrap();

    let told: Vec<_> = others.iter().map(|(channel, user)| (channel.as_str()[..1].to_owned(), user.username.as_str())).collect();
    assert_eq!(told, [("c".to_owned(), "dan"), ("z".to_owned(), "bob"), ("z".to_owned(), "cyd")]);
    let none = store.read().await.unwrap().users().in_group_channels(&id("ada"), &[]).await.unwrap();
    assert_eq!(none, []);
}
