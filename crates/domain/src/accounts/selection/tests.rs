//! Which accounts a request means, and who may ask for them.

use super::*;
use crate::accounts::{CompletionWanted, ListWanted, SearchWanted};
use crate::store::Store;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted};
use crate::user::User;
use crate::user::query::RoleTest::{PlaceAdmin, PlaceUser};

/// An admin, a member and a guest of the team `t` and its channel `c`, and somebody who belongs to nothing.
async fn bench() -> (Bench, [Actor; 4]) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    let bob = bench.person("bob", "system_user").await;
    let silent = crate::group::Group { allows_reference: false, ..fixture::group("silent") };
    let gone = crate::group::Group { deleted_at: fixture::BORN, ..fixture::group("gone") };
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
            for group in [&fixture::group("g"), &silent, &gone] {
                work.groups().insert(group).await.unwrap();
            }
        })
        .await;
    bench.enrol("t", &["ada", "gus"]).await;
    bench.seat("c", &["ada", "gus"]).await;
    (bench, [root, ada, gus, bob])
}

fn id(short: &str) -> String {
    fixture::id::<TeamId>(short).to_string()
}

fn wanted(change: impl FnOnce(&mut Selection)) -> Selection {
    let mut selection = Selection::default();
    change(&mut selection);
    selection
}

fn team(short: &str) -> TeamId {
    fixture::id(short)
}

fn channel(short: &str) -> ChannelId {
    fixture::id(short)
}

async fn listed(bench: &Bench, actor: &Actor, selection: &Selection) -> Result<Selected, ListError> {
    selection.of_list(&mut *bench.store.read().await.unwrap(), actor, false).await
}

async fn searched(bench: &Bench, actor: &Actor, selection: &Selection) -> Result<Selected, ListError> {
    selection.of_search(&mut *bench.store.read().await.unwrap(), actor).await
}

fn lacks(outcome: &Result<Selected, ListError>) -> Option<Permission> {
    match outcome {
        Err(ListError::Forbidden(Forbidden::Lacks(permission))) => Some(*permission),
        _ => None,
    }
}

#[tokio::test]
async fn each_part_of_a_request_asks_for_a_right_of_its_own() {
    let (bench, [root, ada, gus, bob]) = bench().await;
    let inside = [wanted(|s| s.in_team = id("t")), wanted(|s| s.not_in_team = id("t"))];
    let reads = [wanted(|s| s.in_channel = id("c")), wanted(|s| (s.not_in_channel, s.in_team) = (id("c"), id("t")))];
    for selection in &inside {
        for ask in [listed(&bench, &bob, selection).await, searched(&bench, &bob, selection).await] {
            assert_eq!(lacks(&ask), Some(Permission::ViewTeam), "{selection:?}");
        }
    }
    for selection in &reads {
        for ask in [listed(&bench, &bob, selection).await, searched(&bench, &bob, selection).await] {
            assert_eq!(lacks(&ask), Some(Permission::ReadChannel), "{selection:?}");
        }
    }
    for selection in inside.iter().chain(&reads) {
        for actor in [&root, &ada, &gus] {
            assert!(listed(&bench, actor, selection).await.is_ok() && searched(&bench, actor, selection).await.is_ok());
        }
    }
    let homeless = wanted(|s| s.without_team = true);
    assert_eq!(lacks(&listed(&bench, &ada, &homeless).await), Some(Permission::ListUsersWithoutTeam));
    assert_eq!(listed(&bench, &root, &homeless).await.unwrap(), Selected::Scope(Scope::WithoutTeam));
}

#[tokio::test]
async fn who_left_a_team_or_has_no_right_there_sees_nobody_of_it() {
    let (bench, [_, ada, gus, _]) = bench().await;
    let nothing = crate::channel::ChannelMember { standing: crate::team::Standing::default(), ..fixture::channel_member("c", "gus") };
    bench
        .write(async |work| {
            work.teams().leave(&team("t"), &fixture::id("ada"), fixture::BORN).await.unwrap();
            work.channels().leave(&channel("c"), &fixture::id("gus")).await.unwrap();
            work.channels().join(&[nothing]).await.unwrap();
        })
        .await;
    assert_eq!(lacks(&listed(&bench, &ada, &wanted(|s| s.in_team = id("t"))).await), Some(Permission::ViewTeam));
    assert_eq!(lacks(&listed(&bench, &ada, &wanted(|s| s.in_channel = id("c"))).await), Some(Permission::ReadChannel));
    assert_eq!(lacks(&listed(&bench, &gus, &wanted(|s| s.in_channel = id("c"))).await), Some(Permission::ReadChannel));
}

#[tokio::test]
async fn nobody_reads_a_channel_that_is_not_there() {
    let (bench, [root, ..]) = bench().await;
    for text in [id("none"), "x".into()] {
        let ask = listed(&bench, &root, &wanted(|s| s.in_channel = text)).await;
        assert_eq!(lacks(&ask), Some(Permission::ReadChannel));
    }
    assert_eq!(listed(&bench, &root, &wanted(|s| s.in_team = "x".into())).await.unwrap(), Selected::Nobody);
    assert_eq!(listed(&bench, &root, &wanted(|s| s.not_in_team = "x".into())).await.unwrap(), Selected::Scope(Scope::Everyone));
}

#[tokio::test]
async fn groups_are_listed_if_they_may_be_mentioned() {
    let (bench, [root, ada, gus, _]) = bench().await;
    for selection in [wanted(|s| s.in_group = id("silent")), wanted(|s| s.not_in_group = id("silent"))] {
        for actor in [&ada, &gus] {
            assert_eq!(lacks(&listed(&bench, actor, &selection).await), Some(Permission::ReadGroups));
            assert_eq!(lacks(&searched(&bench, actor, &selection).await), Some(Permission::ReadGroups));
        }
        assert!(listed(&bench, &root, &selection).await.is_ok());
    }
    assert_eq!(listed(&bench, &gus, &wanted(|s| s.in_group = id("g"))).await.unwrap(), Selected::Scope(Scope::InGroup(fixture::id("g"))));
    for text in [id("none"), id("gone"), "x".into()] {
        let selection = wanted(|s| s.not_in_group = text);
        assert!(matches!(listed(&bench, &root, &selection).await, Err(ListError::UnknownGroup)));
        assert!(matches!(searched(&bench, &root, &selection).await, Err(ListError::UnknownGroup)));
    }
}

#[tokio::test]
async fn of_several_parts_the_first_counts() {
    let (bench, [root, ..]) = bench().await;
    let (in_team, in_channel) = (Scope::InTeam(team("t")), Scope::InChannel(channel("c")));
    let outside_channel = Scope::NotInChannel { team: team("t"), channel: channel("c"), is_constrained: true };
    let outside_team = Scope::NotInTeam { team: team("t"), is_constrained: true };
    let mut all = Selection {
        in_team: id("t"),
        not_in_team: id("t"),
        in_channel: id("c"),
        not_in_channel: id("c"),
        in_group: id("g"),
        not_in_group: id("g"),
        without_team: true,
        is_group_constrained: true,
    };
    let (mut lists, mut searches) = (Vec::new(), Vec::new());
    let drops: [fn(&mut Selection); 7] = [
        |s| s.without_team = false,
        |s| s.not_in_channel.clear(),
        |s| s.not_in_team.clear(),
        |s| s.in_team.clear(),
        |s| s.in_channel.clear(),
        |s| s.in_group.clear(),
        |s| s.not_in_group.clear(),
    ];
    for drop in drops {
        lists.push(listed(&bench, &root, &all).await.unwrap());
        searches.push(searched(&bench, &root, &all).await.unwrap());
        drop(&mut all);
    }
    let (grouped, ungrouped) = (Scope::InGroup(fixture::id("g")), Scope::NotInGroup(fixture::id("g")));
    let expected = [&Scope::WithoutTeam, &outside_channel, &outside_team, &in_team, &in_channel, &grouped, &ungrouped];
    assert_eq!(lists, expected.map(|scope| Selected::Scope(scope.clone())));
    let expected = [&Scope::WithoutTeam, &in_channel, &in_channel, &in_channel, &in_channel, &grouped, &ungrouped];
    assert_eq!(searches, expected.map(|scope| Selected::Scope(scope.clone())));
    assert_eq!(searched(&bench, &root, &all).await.unwrap(), Selected::Scope(Scope::Everyone));
}

#[tokio::test]
async fn a_channels_order_wants_the_channel() {
    let (bench, [root, ..]) = bench().await;
    let both = wanted(|s| (s.in_team, s.in_channel) = (id("t"), id("c")));
    let selected = both.of_list(&mut *bench.store.read().await.unwrap(), &root, true).await.unwrap();
    assert_eq!(selected, Selected::Scope(Scope::InChannel(channel("c"))));
    assert_eq!(listed(&bench, &root, &both).await.unwrap(), Selected::Scope(Scope::InTeam(team("t"))));
}

#[tokio::test]
async fn a_search_checks_even_what_does_not_count() {
    let (bench, [_, ada, _, bob]) = bench().await;
    bench.seat("c", &["bob"]).await;
    let both = wanted(|s| (s.in_team, s.in_channel) = (id("t"), id("c")));
    assert_eq!(lacks(&searched(&bench, &bob, &both).await), Some(Permission::ViewTeam));
    assert_eq!(searched(&bench, &ada, &both).await.unwrap(), Selected::Scope(Scope::InChannel(channel("c"))));
}

fn roles(change: impl FnOnce(&mut RoleNames)) -> RoleNames {
    let mut names = RoleNames::default();
    change(&mut names);
    names
}

#[test]
fn roles_that_are_not_there_are_told_by_their_field() {
    let both = wanted(|s| (s.in_team, s.in_channel) = (id("t"), id("c")));
    let unknown = vec!["no_such_role".to_owned()];
    let told = |names: &RoleNames, selection: &Selection| match names.check_known(selection) {
        Err(ListError::UnknownRole(field)) => Some(field),
        _ => None,
    };
    assert_eq!(told(&roles(|r| r.role = "no_such_role".into()), &both), Some("role"));
    assert_eq!(told(&roles(|r| r.roles = unknown.clone()), &both), Some("roles"));
    assert_eq!(told(&roles(|r| r.team_roles = unknown.clone()), &both), Some("teamRoles"));
    assert_eq!(told(&roles(|r| r.channel_roles = unknown.clone()), &both), Some("channelRoles"));
    let ignored = roles(|r| (r.team_roles, r.channel_roles) = (unknown.clone(), unknown.clone()));
    assert_eq!(told(&ignored, &Selection::default()), None);
    let malformed = roles(|r| r.roles = vec!["No role".into()]);
    assert!(matches!(malformed.check_form(&both), Err(ListError::UnknownRole("roles"))));
    assert!(roles(|r| r.roles = unknown).check_form(&both).is_ok());
}

#[test]
fn roles_of_a_place_count_in_that_place_alone() {
    let names = roles(|r| (r.team_roles, r.channel_roles) = (vec!["team_admin".into()], vec!["channel_user".into()]));
    assert_eq!(names.filter(&Scope::InTeam(team("t"))).any_of, [PlaceAdmin]);
    assert_eq!(names.filter(&Scope::InChannel(channel("c"))).any_of, [PlaceUser]);
    assert!(names.filter(&Scope::Everyone).is_empty());
    assert!(roles(|r| r.role = "no_such_role".into()).is_hopeless());
    assert!(!roles(|r| r.role = "system".into()).is_hopeless() && !RoleNames::default().is_hopeless());
}

#[tokio::test]
async fn who_was_put_out_or_demoted_lists_nobody() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let held = root.user().unwrap().clone();
    let off = User { deleted_at: fixture::BORN, ..held.clone() };
    let demoted = User { roles: crate::role::Roles::user(), ..held };
    for (becomes, expected) in [(off, Forbidden::NotSignedIn), (demoted, Forbidden::Demoted)] {
        bench.write(async |work| work.users().update(&becomes).await.unwrap()).await;
        let (search, completion) = (SearchWanted::default(), CompletionWanted::default());
        let refused = [
            bench.accounts.list(granted(&root), &root, ListWanted::default()).await.unwrap_err(),
            bench.accounts.search(granted(&root), &root, search).await.unwrap_err(),
            bench.accounts.complete(granted(&root), &root, completion).await.unwrap_err(),
        ];
        for refused in refused {
            assert!(matches!(refused, ListError::Forbidden(why) if why == expected), "{refused}");
        }
    }
}
