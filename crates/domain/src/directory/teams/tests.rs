//! Rules of teams and their members.

use super::*;
use crate::store::Store;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, acting, granted, origin};

type Places = operations::GetTeamMembersForUser;

fn t() -> TeamId {
    fixture::id("t")
}

/// An admin, the team `t` with its admin Ada, a member and a guest, and somebody outside.
async fn bench(change: impl FnOnce(&mut Team)) -> (Bench, [Actor; 5]) {
    let bench = Bench::default();
    let mut team = Team { email: "ada@example.test".into(), ..fixture::team("t") };
    change(&mut team);
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let bob = bench.person("bob", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    let eve = bench.person("eve", "system_user").await;
    let looks_after = TeamMember { standing: Standing::ADMIN, ..fixture::team_member("t", "ada") };
    bench
        .write(async |work| {
            work.teams().insert(&team).await.unwrap();
            work.channels().insert(&Channel { name: "town-square".into(), ..fixture::channel("town", Some("t")) }).await.unwrap();
            work.teams().join(&looks_after).await.unwrap();
        })
        .await;
    bench.enrol("t", &["bob", "gus"]).await;
    (bench, [root, ada, bob, gus, eve])
}

async fn add(bench: &Bench, actor: &Actor, short_id: &str) -> Result<TeamMember, TeamError> {
    bench.directory.add_team_member(actor, &t(), &fixture::id(short_id), &origin()).await
}

async fn remove(bench: &Bench, actor: &Actor, short_id: &str) -> Result<(), TeamError> {
    bench.directory.remove_team_member(actor, &t(), &fixture::id(short_id), &origin()).await
}

fn hidden(seen: &TeamSeen) -> (bool, bool) {
    (seen.hides_email, seen.hides_invite)
}

#[tokio::test]
async fn who_makes_a_team_looks_after_it_and_its_channels() {
    let (bench, [_, _, _, gus, eve]) = bench(|_| ()).await;
    let wanted = || NewTeam { name: "crew".into(), display_name: "Crew".into(), kind: "O".into(), ..NewTeam::default() };
    let create = async |wanted| bench.directory.create_team(granted(&eve), &eve, wanted, &origin()).await;
    bench.clock.advance(std::time::Duration::from_secs(1));
    let team = create(wanted()).await.unwrap();
    assert_eq!((team.email.as_str(), team.invite_id.len()), ("eve@example.test", 26));
    let mut reading = bench.store.read().await.unwrap();
    let place = reading.teams().member(&team.id, &fixture::id("eve")).await.unwrap().unwrap();
    let channels = reading.channels().memberships(&fixture::id("eve"), Some(&team.id)).await.unwrap();
    assert_eq!((place.standing, channels.len()), (Standing::ADMIN, DEFAULTS.len()));
    assert!(channels.iter().all(|place| place.standing == Standing::ADMIN));
    assert!(bench.held(&fixture::id("eve")).await.updated_at > fixture::BORN);

    assert!(matches!(create(wanted()).await, Err(TeamError::Taken)));
    assert!(matches!(create(NewTeam { name: "x".into(), ..wanted() }).await, Err(TeamError::Invalid(InvalidTeam::Name))));
    assert!(crate::permission::permit::<operations::CreateTeam>(&gus, None).is_err());
    let other = NewTeam { name: "other".into(), ..wanted() };
    let ours = bench.directory.create_team(granted(&Actor::Operator), &Actor::Operator, other, &origin()).await.unwrap();
    assert_eq!(ours.email, "");
    assert!(bench.store.read().await.unwrap().teams().members(&ours.id, Page::FIRST).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_may_not_invite_does_not_get_the_invitation() {
    let (bench, [root, ada, bob, gus, eve]) = bench(|_| ()).await;
    let seen = async |actor: &Actor| bench.directory.team(actor, &t()).await;
    assert_eq!(hidden(&seen(&root).await.unwrap()), (false, false));
    assert_eq!(hidden(&seen(&ada).await.unwrap()), (false, false));
    assert_eq!(hidden(&seen(&bob).await.unwrap()), (true, false), "a member invites");
    assert_eq!(hidden(&seen(&gus).await.unwrap()), (true, true));
    assert!(matches!(seen(&eve).await, Err(TeamError::Forbidden(_))));
    assert!(matches!(seen(&Actor::Nobody).await, Err(TeamError::Forbidden(Forbidden::NotSignedIn))));
    for (actor, expected) in [(&bob, (true, false)), (&gus, (true, true))] {
        let own = bench.directory.teams_of(actor, actor.user_id().unwrap()).await.unwrap();
        assert_eq!(own.iter().map(hidden).collect::<Vec<_>>(), [expected]);
        assert_eq!(hidden(&bench.directory.team_by_name(actor, "team-t").await.unwrap()), expected);
    }
    let manager = bench.person("max", "system_user system_user_manager").await;
    assert_eq!(hidden(&seen(&manager).await.unwrap()), (false, true), "who manages teams need not invite to them");
}

#[tokio::test]
async fn open_teams_are_shown_to_members_of_the_system_without_their_invitation() {
    let (bench, [root, _, _, gus, eve]) = bench(|team| (team.kind, team.allows_open_invite) = (TeamKind::Open, true)).await;
    let closed = Team { kind: TeamKind::Open, ..fixture::team("u") };
    bench.write(async |work| work.teams().insert(&closed).await.unwrap()).await;
    assert_eq!(hidden(&bench.directory.team(&eve, &t()).await.unwrap()), (true, true));
    assert!(matches!(bench.directory.team(&eve, &fixture::id("u")).await, Err(TeamError::Forbidden(_))));
    let list = async |actor: &Actor| bench.directory.teams(granted(actor), actor, Page::FIRST).await;
    assert_eq!(list(&eve).await.unwrap().iter().map(hidden).collect::<Vec<_>>(), [(true, true)]);
    assert_eq!(list(&root).await.unwrap().iter().map(hidden).collect::<Vec<_>>(), [(false, false); 2]);
    assert!(matches!(list(&gus).await, Err(TeamError::Forbidden(_))));
}

#[tokio::test]
async fn a_team_that_is_not_there_is_missing() {
    let (bench, [root, ..]) = bench(|_| ()).await;
    assert!(matches!(bench.directory.team(&root, &fixture::id("none")).await, Err(TeamError::Missing)));
    assert!(matches!(bench.directory.team_by_name(&root, "none").await, Err(TeamError::Missing)));
    let (none, user) = (fixture::id("none"), fixture::id("eve"));
    assert!(matches!(bench.directory.add_team_member(&root, &none, &user, &origin()).await, Err(TeamError::Missing)));
    assert!(matches!(bench.directory.remove_team_member(&root, &none, &user, &origin()).await, Err(TeamError::Missing)));
}

#[tokio::test]
async fn the_teams_of_somebody_are_his_and_those_aboves_to_see() {
    let (bench, [root, ada, ..]) = bench(|_| ()).await;
    let bob = fixture::id("bob");
    assert_eq!(bench.directory.teams_of(&root, &bob).await.unwrap().len(), 1);
    assert!(matches!(bench.directory.teams_of(&ada, &bob).await, Err(TeamError::Forbidden(_))));
    assert!(matches!(bench.directory.team_memberships::<Places>(&ada, &bob).await, Err(TeamError::Forbidden(_))));
    remove(&bench, &root, "bob").await.unwrap();
    assert!(!bench.directory.team_memberships::<Places>(&root, &bob).await.unwrap()[0].is_active(), "former places too");
    assert!(bench.directory.teams_of(&root, &bob).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_may_add_whom_to_a_team() {
    let (bench, [root, ada, bob, gus, eve]) = bench(|_| ()).await;
    bench.person("gil", "system_guest").await;
    bench.person("fay", "system_user").await;
    for (actor, name) in [(&eve, "eve"), (&eve, "fay"), (&gus, "fay"), (&gus, "gil"), (&bob, "gil"), (&ada, "gil"), (&Actor::Nobody, "fay")]
    {
        assert!(matches!(add(&bench, actor, name).await, Err(TeamError::Forbidden(_))), "{name}");
    }
    bench.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(add(&bench, &bob, "fay").await.unwrap().standing, Standing::USER);
    assert_eq!(add(&bench, &root, "gil").await.unwrap().standing, Standing::GUEST);
    assert!(matches!(add(&bench, &root, "none").await, Err(TeamError::MissingUser)));
    let mut reading = bench.store.read().await.unwrap();
    assert_eq!(reading.channels().memberships(&fixture::id("fay"), Some(&t())).await.unwrap().len(), 1);
    assert!(reading.channels().memberships(&fixture::id("gil"), Some(&t())).await.unwrap().is_empty());
    assert!(bench.held(&fixture::id("fay")).await.updated_at > fixture::BORN);
    let entries = bench.audit().await.len();
    assert_eq!(add(&bench, &root, "ada").await.unwrap().standing, Standing::ADMIN, "who is in stays as he is");
    assert_eq!(bench.audit().await.len(), entries);
}

#[tokio::test]
async fn people_join_by_themselves_where_the_team_is_open() {
    let (bench, [_, _, _, gus, eve]) = bench(|team| team.allows_open_invite = true).await;
    assert!(add(&bench, &eve, "eve").await.is_ok());
    remove(&bench, &gus, "gus").await.unwrap();
    assert!(matches!(add(&bench, &gus, "gus").await, Err(TeamError::Forbidden(_))), "a guest is invited");
}

#[tokio::test]
async fn a_team_takes_whom_its_rules_take() {
    let (elsewhere, [root, ..]) = bench(|team| team.allowed_domains = "corp.test".into()).await;
    assert!(matches!(add(&elsewhere, &root, "eve").await, Err(TeamError::Domain)));
    let (linked, [root, ..]) = bench(|team| team.is_group_constrained = Some(true)).await;
    assert!(matches!(add(&linked, &root, "eve").await, Err(TeamError::GroupConstrained)));
    let (team, group) = (crate::group::Place::Team(t()), fixture::id("g"));
    linked.write(async |work| work.groups().insert(&fixture::group("g")).await.unwrap()).await;
    linked.write(async |work| work.groups().link(&group, &team, fixture::BORN).await.unwrap()).await;
    assert!(matches!(add(&linked, &root, "eve").await, Err(TeamError::GroupConstrained)), "she is in no linked group");
    linked.write(async |work| work.groups().add(&group, &[fixture::id("eve")], fixture::BORN).await.unwrap()).await;
    assert!(add(&linked, &root, "eve").await.is_ok());
}

#[tokio::test]
async fn members_are_shown_to_members() {
    let (bench, [root, _, bob, _, eve]) = bench(|_| ()).await;
    let members = async |actor: &Actor| bench.directory.team_members(actor, &t(), Page::FIRST).await;
    assert_eq!(members(&bob).await.unwrap().len(), 3);
    assert!(matches!(members(&eve).await, Err(TeamError::Forbidden(_))));
    let member = async |actor: &Actor, name| bench.directory.team_member(actor, &t(), &fixture::id(name)).await;
    assert!(member(&bob, "ada").await.is_ok() && member(&root, "ada").await.is_ok());
    assert!(matches!(member(&bob, "eve").await, Err(TeamError::NoMember)));
    assert!(matches!(member(&eve, "ada").await, Err(TeamError::Forbidden(_))));
}

#[tokio::test]
async fn who_leaves_a_team_leaves_its_channels() {
    let (bench, [_, ada, bob, gus, eve]) = bench(|_| ()).await;
    bench.seat("town", &["bob", "gus"]).await;
    for (actor, name) in [(&bob, "gus"), (&gus, "bob"), (&eve, "bob"), (&Actor::Nobody, "bob")] {
        assert!(matches!(remove(&bench, actor, name).await, Err(TeamError::Forbidden(_))), "{name}");
    }
    remove(&bench, &bob, "bob").await.unwrap();
    remove(&bench, &ada, "gus").await.unwrap();
    assert!(matches!(remove(&bench, &ada, "gus").await, Err(TeamError::NoMember)));
    let mut reading = bench.store.read().await.unwrap();
    assert!(reading.channels().members(&fixture::id("town"), Page::FIRST).await.unwrap().is_empty());
    let gone = acting(&bench.held(&fixture::id("bob")).await);
    assert!(matches!(bench.directory.team(&gone, &t()).await, Err(TeamError::Forbidden(_))));
}

#[tokio::test]
async fn a_token_leaves_nothing_that_it_is_not_good_for() {
    let (bench, [_, _, bob, ..]) = bench(|_| ()).await;
    let Actor::Account(mut principal) = bob else { panic!("bob is signed in") };
    principal.proof.scopes = Some(vec!["GetUser".into()]);
    let narrow = Actor::Account(principal);
    assert!(matches!(
        bench.directory.remove_team_member(&narrow, &t(), &fixture::id("bob"), &origin()).await,
        Err(TeamError::Forbidden(_))
    ));
}
