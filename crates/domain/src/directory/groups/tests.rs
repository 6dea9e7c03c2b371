//! Rules of groups.

use super::*;
use crate::id::{ChannelId, TeamId};
use crate::store::Store;
use crate::team::{Standing, TeamMember};
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted, origin};

fn g() -> GroupId {
    fixture::id("g")
}

fn wanted(name: &str) -> NewGroup {
    NewGroup { name: name.into(), display_name: "Crew".into(), ..NewGroup::default() }
}

/// An admin, Ada who looks after the team `t` and its channel `c`, an ordinary member and a guest of both, and the group `g`.
async fn bench() -> (Bench, [Actor; 4]) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let bob = bench.person("bob", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    let looks_after = TeamMember { standing: Standing::ADMIN, ..fixture::team_member("t", "ada") };
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
            work.teams().join(&looks_after).await.unwrap();
            work.groups().insert(&fixture::group("g")).await.unwrap();
        })
        .await;
    bench.enrol("t", &["bob", "gus"]).await;
    bench.seat("c", &["ada", "gus"]).await;
    (bench, [root, ada, bob, gus])
}

async fn create(bench: &Bench, actor: &Actor, wanted: NewGroup, members: &[&str]) -> Result<Group, GroupError> {
    let members: Vec<UserId> = members.iter().map(|name| fixture::id(name)).collect();
    bench.directory.create_group(granted(actor), actor, wanted, &members, &origin()).await
}

#[tokio::test]
async fn a_group_has_the_members_that_there_are() {
    let (bench, [_, ada, ..]) = bench().await;
    let made = create(&bench, &ada, wanted("crew"), &["ada", "none", "bob"]).await.unwrap();
    let (seen, size) = bench.directory.group(granted(&ada), &made.id).await.unwrap();
    assert_eq!((seen.name.as_str(), size), ("crew", 2));
    assert_eq!(bench.directory.groups(granted(&ada), Page::FIRST).await.unwrap().len(), 2);
    assert!(matches!(bench.directory.group(granted(&ada), &fixture::id("none")).await, Err(GroupError::Missing)));
}

#[tokio::test]
async fn a_group_is_named_like_no_other_and_like_nobody() {
    let (bench, [_, ada, ..]) = bench().await;
    assert!(matches!(create(&bench, &ada, wanted("bob"), &[]).await, Err(GroupError::Taken)));
    assert!(matches!(create(&bench, &ada, wanted("group-g"), &[]).await, Err(GroupError::Taken)));
    assert!(matches!(create(&bench, &ada, wanted("No name"), &[]).await, Err(GroupError::Invalid(InvalidGroup::Name))));
    create(&bench, &ada, wanted("crew"), &[]).await.unwrap();
    let named = crate::user::patch::Patch { username: Some("crew".into()), ..crate::user::patch::Patch::default() };
    let renamed = bench.accounts.patch(&ada, ada.user_id().unwrap(), named, &String::new().into(), &origin()).await;
    assert!(matches!(renamed, Err(crate::accounts::ChangeError::Taken(UniqueField::Username))));
    assert!(bench.register_as(&Actor::Nobody, fixture::registration("crew")).await.is_err());
}

#[tokio::test]
async fn a_removed_group_frees_its_name() {
    let (bench, [_, ada, ..]) = bench().await;
    let delete = async || bench.directory.delete_group(granted(&ada), &ada, &g(), &origin()).await;
    delete().await.unwrap();
    assert!(matches!(delete().await, Err(GroupError::Missing)));
    assert!(create(&bench, &ada, wanted("group-g"), &[]).await.is_ok());
    let added = bench.directory.add_to_group(granted(&ada), &ada, &g(), &[fixture::id("ada")], &origin()).await;
    assert!(matches!(added, Err(GroupError::Missing)));
}

#[tokio::test]
async fn who_comes_and_who_goes_is_told() {
    let (bench, [_, ada, ..]) = bench().await;
    let ids = |names: &[&str]| names.iter().map(|name| fixture::id(name)).collect::<Vec<UserId>>();
    let (ada_alone, both) = (ids(&["ada"]), ids(&["ada", "bob"]));
    assert_eq!(bench.directory.add_to_group(granted(&ada), &ada, &g(), &ada_alone, &origin()).await.unwrap(), ada_alone);
    assert_eq!(bench.directory.add_to_group(granted(&ada), &ada, &g(), &both, &origin()).await.unwrap(), ids(&["bob"]));
    assert_eq!(bench.directory.take_out_of_group(granted(&ada), &ada, &g(), &ada_alone, &origin()).await.unwrap(), ada_alone);
    assert!(bench.directory.take_out_of_group(granted(&ada), &ada, &g(), &ada_alone, &origin()).await.unwrap().is_empty());
    let none = bench.directory.take_out_of_group(granted(&ada), &ada, &fixture::id("none"), &both, &origin()).await;
    assert!(matches!(none, Err(GroupError::Missing)));
}

#[tokio::test]
async fn guests_make_and_change_no_groups() {
    let (_, [.., gus]) = bench().await;
    assert!(crate::permission::permit::<operations::CreateGroup>(&gus, None).is_err());
    assert!(crate::permission::permit::<operations::DeleteGroup>(&gus, None).is_err());
    assert!(crate::permission::permit::<operations::AddGroupMembers>(&gus, None).is_err());
    assert!(crate::permission::permit::<operations::DeleteGroupMembers>(&gus, None).is_err());
}

async fn link(bench: &Bench, actor: &Actor, place: &Place, is_linked: bool) -> Result<(), GroupError> {
    match (place, is_linked) {
        (Place::Team(_), true) => {
            bench.directory.link_group::<operations::LinkGroupSyncableForTeam>(actor, &g(), place, true, &origin()).await
        }
        (Place::Team(_), false) => {
            bench.directory.link_group::<operations::UnlinkGroupSyncableForTeam>(actor, &g(), place, false, &origin()).await
        }
        (Place::Channel(_), true) => {
            bench.directory.link_group::<operations::LinkGroupSyncableForChannel>(actor, &g(), place, true, &origin()).await
        }
        (Place::Channel(_), false) => {
            bench.directory.link_group::<operations::UnlinkGroupSyncableForChannel>(actor, &g(), place, false, &origin()).await
        }
    }
}

#[tokio::test]
async fn who_looks_after_a_place_links_groups_to_it() {
    let (bench, [root, ada, bob, gus]) = bench().await;
    let manager = bench.person("max", "system_user system_user_manager").await;
    let (team, channel) = (Place::Team(fixture::id::<TeamId>("t")), Place::Channel(fixture::id::<ChannelId>("c")));
    for place in [&team, &channel] {
        for actor in [&bob, &gus, &Actor::Nobody] {
            for is_linked in [true, false] {
                assert!(matches!(link(&bench, actor, place, is_linked).await, Err(GroupError::Forbidden(_))), "{place:?}");
            }
        }
        for actor in [&root, &ada, &manager] {
            link(&bench, actor, place, true).await.unwrap();
            link(&bench, actor, place, true).await.unwrap();
            link(&bench, actor, place, false).await.unwrap();
            assert!(matches!(link(&bench, actor, place, false).await, Err(GroupError::MissingPlace)));
        }
    }
}

#[tokio::test]
async fn links_join_what_there_is() {
    let (bench, [root, ada, ..]) = bench().await;
    for place in [Place::Team(fixture::id("none")), Place::Channel(fixture::id("none"))] {
        assert!(matches!(link(&bench, &root, &place, true).await, Err(GroupError::MissingPlace)));
        assert!(matches!(link(&bench, &ada, &place, true).await, Err(GroupError::Forbidden(_))));
    }
    bench.write(async |work| work.groups().remove(&g(), fixture::BORN).await.unwrap()).await;
    assert!(matches!(link(&bench, &root, &Place::Team(fixture::id("t")), true).await, Err(GroupError::Missing)));
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(link(&bench, &root, &Place::Team(fixture::id("t")), true).await, Err(GroupError::Store(_))));
    assert!(bench.store.read().await.unwrap().groups().list(Page::FIRST).await.unwrap().is_empty());
}
