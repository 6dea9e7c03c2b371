//! What holds of lists of bots.

use super::directory::{change, deactivate, done, people};
use super::{add, minutes};
use crate::page::Page;
use crate::store::Store;
use crate::testkit::fixture::{id, user};
use crate::user::query::BotListing;
use crate::user::{Bot, User};

async fn bots(store: &dyn Store, listing: &BotListing) -> Vec<String> {
    let bots = store.read().await.unwrap().users().bots(listing).await.unwrap();
    bots.iter().map(|bot| bot.username.as_str().to_owned()).collect()
}

/// A bot that was made at a time; the short id `nobody` names no owner.
fn made(name: &str, owner: &str, minute: u64) -> User {
    let owner_id = (owner != "nobody").then(|| id(owner));
    User { bot: Some(Bot { owner_id, created_at: minutes(minute), ..Bot::default() }), ..user(name, name) }
}

/// Six bots: of two owners, one of them deactivated, and one that the service made by itself.
async fn some_bots(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let made = [("r1", "ada", 4), ("r2", "bob", 1), ("r3", "ada", 2), ("r4", "ada", 3), ("r5", "bob", 2), ("r6", "nobody", 6)]
        .map(|(name, owner, minute)| made(name, owner, minute));
    add(store, &made).await.unwrap();
    deactivate(store, "r4").await;
}

/// Bots are listed oldest first, and of one time by id; people never.
pub async fn bots_are_listed_oldest_first(store: &dyn Store) {
    some_bots(store).await;

    let listed = bots(store, &BotListing::default()).await;

    assert_eq!(listed, ["r2", "r3", "r5", "r1", "r6"]);
}

/// A listed bot is the whole account.
pub async fn whole_bots_are_listed(store: &dyn Store) {
    let robot = crate::testkit::fixture::detailed_user("ada", "ada");
    add(store, std::slice::from_ref(&robot)).await.unwrap();

    let listed = store.read().await.unwrap().users().bots(&BotListing { with_inactive: true, ..BotListing::default() }).await.unwrap();

    assert_eq!(listed, [robot]);
}

/// Deactivated bots are listed where they are to.
pub async fn deactivated_bots_are_listed_where_they_are_to(store: &dyn Store) {
    some_bots(store).await;

    let listed = bots(store, &BotListing { with_inactive: true, ..BotListing::default() }).await;

    assert_eq!(listed, ["r2", "r3", "r5", "r4", "r1", "r6"]);
}

/// The bots of one owner are listed.
pub async fn bots_of_an_owner_are_listed(store: &dyn Store) {
    some_bots(store).await;
    let of = |name| BotListing { owner: Some(id(name)), with_inactive: true, ..BotListing::default() };

    assert_eq!(bots(store, &of("ada")).await, ["r3", "r4", "r1"]);
    assert_eq!(bots(store, &BotListing { with_inactive: false, ..of("ada") }).await, ["r3", "r1"]);
    assert_eq!(bots(store, &of("nobody")).await, [""; 0]);
}

/// Orphans are the bots whose owner is deactivated or gone.
pub async fn bots_of_owners_that_are_gone_are_orphans(store: &dyn Store) {
    some_bots(store).await;
    done(store, async |work| work.users().remove(&id("r6")).await).await.unwrap();
    let orphans = BotListing { is_orphaned: true, with_inactive: true, ..BotListing::default() };
    assert_eq!(bots(store, &orphans).await, [""; 0]);

    deactivate(store, "ada").await;
    assert_eq!(bots(store, &orphans).await, ["r3", "r4", "r1"]);
    assert_eq!(bots(store, &BotListing { owner: Some(id("ada")), with_inactive: false, ..orphans.clone() }).await, ["r3", "r1"]);
    assert_eq!(bots(store, &BotListing { owner: Some(id("bob")), ..orphans.clone() }).await, [""; 0]);

    done(store, async |work| work.users().remove(&id("bob")).await).await.unwrap();
    assert_eq!(bots(store, &orphans).await, ["r2", "r3", "r5", "r4", "r1"]);
}

/// Bots come in parts.
pub async fn bots_come_in_parts(store: &dyn Store) {
    some_bots(store).await;
    let part = async |number, size| bots(store, &BotListing { page: Page { number, size }, ..BotListing::default() }).await;

    assert_eq!(part(0, 2).await, ["r2", "r3"]);
    assert_eq!(part(2, 2).await, ["r6"]);
    assert_eq!(part(3, 2).await, [""; 0]);
    assert_eq!(part(0, 0).await, [""; 0]);
}

/// A person becomes a bot, gets another owner, and is listed accordingly.
pub async fn a_bot_is_listed_as_it_is_now(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    change(store, "cyd", |user| user.bot = made("cyd", "ada", 1).bot).await;
    let of = |name| BotListing { owner: Some(id(name)), ..BotListing::default() };
    assert_eq!(bots(store, &of("ada")).await, ["cyd"]);

    change(store, "cyd", |user| user.bot = made("cyd", "bob", 1).bot).await;

    assert_eq!((bots(store, &of("ada")).await.len(), bots(store, &of("bob")).await.len()), (0, 1));
    change(store, "cyd", |user| user.bot = None).await;
    assert_eq!(bots(store, &BotListing::default()).await, [""; 0]);
}
