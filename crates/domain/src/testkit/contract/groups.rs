//! What holds of groups, who is in them and what they are linked to.

use futures_util::future::join_all;

use super::directory::{ALL, add_channel, add_group, add_team, deactivate, done, ids, link, of_scope, people};
use super::{minutes, taken};
use crate::group::{Group, Place};
use crate::id::UserId;
use crate::page::Page;
use crate::store::{Store, StoreError, UniqueField};
use crate::testkit::fixture::{BORN, group, id};
use crate::user::query::Scope;

async fn insert(store: &dyn Store, group: &Group) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.groups().insert(group).await?;
    super::commit(work).await
}

async fn put_in(store: &dyn Store, group: &str, names: &[&str]) -> Vec<UserId> {
    let ids = ids(names);
    let mut added = done(store, async |work| work.groups().add(&id(group), &ids, minutes(1)).await).await.unwrap();
    added.sort();
    added
}

async fn take_out(store: &dyn Store, group: &str, names: &[&str]) -> Vec<UserId> {
    let ids = ids(names);
    let mut taken = done(store, async |work| work.groups().take_out(&id(group), &ids).await).await.unwrap();
    taken.sort();
    taken
}

async fn unlink(store: &dyn Store, group: &str, place: &Place) -> bool {
    done(store, async |work| work.groups().unlink(&id(group), place).await).await.unwrap()
}

async fn size(store: &dyn Store, group: &str) -> u64 {
    store.read().await.unwrap().groups().size(&id(group)).await.unwrap()
}

/// Every field of a group is kept; a removed one is found by its id too.
pub async fn every_field_of_a_group_is_kept(store: &dyn Store) {
    let detailed = Group {
        name: "crew".into(),
        display_name: "Ünsere \"Crew\" 🚀 % \\".into(),
        description: "it's\n; --".into(),
        allows_reference: false,
        created_at: minutes(1),
        updated_at: minutes(2),
        deleted_at: minutes(3),
        ..group("g")
    };
    insert(store, &detailed).await.unwrap();
    insert(store, &group("h")).await.unwrap();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.groups().by_id(&id("g")).await.unwrap(), Some(detailed));
    assert_eq!(reading.groups().by_id(&id("h")).await.unwrap(), Some(group("h")));
    assert_eq!(reading.groups().by_id(&id("G")).await.unwrap(), None);
}

/// A group's name is its own as long as it is in use.
pub async fn a_name_belongs_to_one_group_in_use(store: &dyn Store) {
    let called = |short: &str| Group { name: "crew".into(), ..group(short) };
    insert(store, &called("g")).await.unwrap();
    let has_name = async |name: &str| store.read().await.unwrap().groups().has_name(name).await.unwrap();
    assert!(has_name("crew").await && !has_name("Crew").await && !has_name("cre").await);

    assert_eq!(taken(&insert(store, &called("h")).await), Some(UniqueField::Name));
    assert_eq!(taken(&insert(store, &group("g")).await), Some(UniqueField::Id));
    done(store, async |work| work.groups().remove(&id("g"), minutes(5)).await).await.unwrap();

    assert!(!has_name("crew").await);
    assert!(insert(store, &called("h")).await.is_ok());
    assert!(has_name("crew").await);
}

/// Groups in use are listed by display name and then by id, in parts.
pub async fn groups_in_use_are_listed(store: &dyn Store) {
    let called = |short: &str, display_name: &str| Group { display_name: display_name.into(), ..group(short) };
    let removed = Group { deleted_at: BORN, ..called("x", "A") };
    for group in [called("z", "B"), called("y", "b"), called("v", "B"), called("w", "A"), removed] {
        insert(store, &group).await.unwrap();
    }
    let part = async |page| {
        let groups = store.read().await.unwrap().groups().list(page).await.unwrap();
        groups.iter().map(|group| group.id.as_str()[..1].to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(part(ALL).await, ["w", "v", "z", "y"]);
    assert_eq!(part(Page { number: 1, size: 3 }).await, ["y"]);
    assert_eq!(part(Page { number: 2, size: 3 }).await, [""; 0]);
    assert_eq!(part(Page { number: 0, size: 0 }).await, [""; 0]);
}

/// Who is put into a group is in it once; those are told who were not, and ids that nobody has are left out.
pub async fn who_is_put_into_a_group_is_in_it(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_group(store, "g", &["ada"]).await;
    add_group(store, "h", &["bob"]).await;

    assert_eq!(put_in(store, "g", &["ada", "bob", "nobody", "bob"]).await, ids(&["bob"]));
    assert_eq!(put_in(store, "g", &[]).await, []);

    assert_eq!((size(store, "g").await, size(store, "h").await, size(store, "i").await), (2, 1, 0));
    assert_eq!(of_scope(store, Scope::InGroup(id("g"))).await, ["ada", "bob"]);
    deactivate(store, "ada").await;
    assert_eq!(size(store, "g").await, 2);
}

/// Who is taken out of a group is in it no more; those are told who were.
pub async fn who_is_taken_out_of_a_group_is_in_it_no_more(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_group(store, "g", &["ada", "bob"]).await;

    assert_eq!(take_out(store, "g", &["bob", "cyd", "nobody", "bob"]).await, ids(&["bob"]));
    assert_eq!(take_out(store, "g", &[]).await, []);

    assert_eq!(of_scope(store, Scope::InGroup(id("g"))).await, ["ada"]);
    assert_eq!(of_scope(store, Scope::NotInGroup(id("g"))).await, ["bob", "cyd"]);
    assert_eq!(put_in(store, "g", &["bob"]).await, ids(&["bob"]));
}

/// Of several at once who put somebody into a group one is told that he was not in it; likewise of several who take him out.
pub async fn changes_of_a_group_at_once_are_told_once(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_group(store, "g", &[]).await;

    let added = join_all((0..8).map(|_| put_in(store, "g", &["ada"]))).await;
    let taken = join_all((0..8).map(|_| take_out(store, "g", &["ada"]))).await;

    assert_eq!((added.concat(), taken.concat()), (ids(&["ada"]), ids(&["ada"])));
    assert_eq!(size(store, "g").await, 0);
}

/// A removed group has no members and no links, is listed no more, and is still found by its id.
pub async fn a_removed_group_is_empty(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &[]).await;
    add_group(store, "g", &["ada"]).await;
    add_group(store, "h", &["bob"]).await;
    for group in ["g", "h"] {
        link(store, group, &Place::Team(id("t"))).await;
    }

    done(store, async |work| work.groups().remove(&id("g"), minutes(5)).await).await.unwrap();

    let mut reading = store.read().await.unwrap();
    let removed = reading.groups().by_id(&id("g")).await.unwrap().unwrap();
    assert_eq!((removed.deleted_at, removed.name), (minutes(5), group("g").name));
    assert_eq!(reading.groups().list(ALL).await.unwrap(), [group("h")]);
    assert_eq!(reading.groups().size(&id("g")).await.unwrap(), 0);
    assert_eq!(of_scope(store, Scope::InGroup(id("g"))).await, [""; 0]);
    assert_eq!(of_scope(store, Scope::NotInTeam { team: id("t"), is_constrained: true }).await, ["bob"]);
    assert!(!unlink(store, "g", &Place::Team(id("t"))).await);
    assert_eq!(size(store, "h").await, 1);
}

/// A link is there once, however often it is made, and ends once; links to teams and to channels are told apart.
pub async fn a_link_is_made_and_ended_once(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_team(store, "x", &[]).await;
    add_channel(store, "x", None, &[]).await;
    add_group(store, "g", &["ada"]).await;
    let (team, channel) = (Place::Team(id("x")), Place::Channel(id("x")));
    assert!(!unlink(store, "g", &team).await);

    link(store, "g", &team).await;
    link(store, "g", &team).await;

    assert!(!unlink(store, "g", &channel).await);
    link(store, "g", &channel).await;
    link(store, "g", &channel).await;
    assert!(unlink(store, "g", &team).await && !unlink(store, "g", &team).await);
    assert!(unlink(store, "g", &channel).await && !unlink(store, "g", &channel).await);
}

/// What a unit of work writes of groups it sees, and it goes with it when it is dropped.
pub async fn dropped_groups_are_undone(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_group(store, "g", &["ada"]).await;
    let mut work = super::begin(store).await;
    work.groups().insert(&group("h")).await.unwrap();
    work.groups().add(&id("h"), &ids(&["ada"]), BORN).await.unwrap();
    work.groups().remove(&id("g"), BORN).await.unwrap();
    assert_eq!((work.groups().size(&id("h")).await.unwrap(), work.groups().size(&id("g")).await.unwrap()), (1, 0));

    drop(work);

    assert_eq!(size(store, "g").await, 1);
    assert_eq!(store.read().await.unwrap().groups().list(ALL).await.unwrap(), [group("g")]);
}
