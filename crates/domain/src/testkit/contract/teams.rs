//! What holds of teams and who belongs to them.

use futures_util::future::join_all;

use super::directory::{
    ALL, add_channel, add_team, channel_place, done, enter, ids, in_team, join, leave, of_scope, people, rename, team_place,
};
use super::{minutes, taken};
use crate::page::Page;
use crate::store::{Store, StoreError, UniqueField};
use crate::team::{Standing, Team, TeamKind, TeamMember};
use crate::testkit::fixture::{BORN, channel_member, id, team, team_member};

/// A team in which every field differs from its default.
fn detailed() -> Team {
    Team {
        created_at: minutes(1),
        updated_at: minutes(2),
        deleted_at: minutes(3),
        name: "crew".into(),
        display_name: "Ünsere \"Crew\" 🚀 % \\".into(),
        description: "what's it about\n; --".into(),
        email: "ada@example.test".into(),
        kind: TeamKind::Open,
        company_name: "名".into(),
        allowed_domains: "example.test, corp.test".into(),
        invite_id: "invite".into(),
        allows_open_invite: true,
        is_group_constrained: Some(true),
        ..team("t")
    }
}

async fn insert(store: &dyn Store, team: &Team) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.teams().insert(team).await?;
    super::commit(work).await
}

async fn member(store: &dyn Store, team: &str, name: &str) -> Option<TeamMember> {
    store.read().await.unwrap().teams().member(&id(team), &id(name)).await.unwrap()
}

fn short(teams: &[Team]) -> Vec<&str> {
    teams.iter().map(|team| &team.id.as_str()[..1]).collect()
}

/// A team is found by its id, its name and its invitation, each whole and byte for byte, with every field.
pub async fn a_team_is_found_each_way(store: &dyn Store) {
    let unsaid = Team { is_group_constrained: Some(false), ..team("u") };
    insert(store, &detailed()).await.unwrap();
    insert(store, &unsaid).await.unwrap();
    insert(store, &team("v")).await.unwrap();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.teams().by_id(&id("t")).await.unwrap(), Some(detailed()));
    assert_eq!(reading.teams().by_name("crew").await.unwrap(), Some(detailed()));
    assert_eq!(reading.teams().by_invite_id("invite").await.unwrap(), Some(detailed()));
    assert_eq!(reading.teams().by_id(&id("u")).await.unwrap(), Some(unsaid));
    assert_eq!(reading.teams().by_id(&id("v")).await.unwrap(), Some(team("v")));
    assert_eq!(reading.teams().by_id(&id("T")).await.unwrap(), None);
    assert_eq!(reading.teams().by_name("Crew").await.unwrap(), None);
    assert_eq!(reading.teams().by_name("cre_").await.unwrap(), None);
    assert_eq!(reading.teams().by_invite_id("Invite").await.unwrap(), None);
}

/// A team's name is its own, an archived one's too.
pub async fn a_name_belongs_to_one_team(store: &dyn Store) {
    insert(store, &detailed()).await.unwrap();

    let twin = insert(store, &Team { name: "crew".into(), ..team("u") }).await;
    let other_case = insert(store, &Team { name: "Crew".into(), ..team("v") }).await;
    let same_id = insert(store, &team("t")).await;

    assert_eq!(taken(&twin), Some(UniqueField::Name));
    assert!(other_case.is_ok());
    assert_eq!(taken(&same_id), Some(UniqueField::Id));
    assert_eq!(store.read().await.unwrap().teams().by_id(&id("t")).await.unwrap(), Some(detailed()));
}

/// Teams in use are listed by display name and then by id, in parts; all, or those that people join by themselves.
pub async fn teams_in_use_are_listed(store: &dyn Store) {
    let called =
        |short: &str, display_name: &str, allows_open_invite| Team { display_name: display_name.into(), allows_open_invite, ..team(short) };
    let archived = Team { deleted_at: BORN, ..called("x", "A", true) };
    for team in [called("z", "B", true), called("y", "b", false), called("v", "B", false), called("w", "A", true), archived] {
        insert(store, &team).await.unwrap();
    }

    let mut reading = store.read().await.unwrap();

    assert_eq!(short(&reading.teams().list(false, ALL).await.unwrap()), ["w", "v", "z", "y"]);
    assert_eq!(short(&reading.teams().list(true, ALL).await.unwrap()), ["w", "z"]);
    assert_eq!(short(&reading.teams().list(false, Page { number: 1, size: 3 }).await.unwrap()), ["y"]);
    assert_eq!(short(&reading.teams().list(true, Page { number: 1, size: 1 }).await.unwrap()), ["z"]);
    assert_eq!(reading.teams().list(false, Page { number: 2, size: 3 }).await.unwrap(), []);
    assert_eq!(reading.teams().list(false, Page { number: 0, size: 0 }).await.unwrap(), []);
}

/// An account's teams are those in use that it belongs to now, by display name and then by id.
pub async fn an_account_has_the_teams_it_belongs_to(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    for team in [Team { display_name: "A".into(), ..team("w") }, Team { display_name: "A".into(), ..team("v") }] {
        insert(store, &team).await.unwrap();
    }
    insert(store, &Team { deleted_at: BORN, ..team("x") }).await.unwrap();
    add_team(store, "u", &["bob"]).await;
    add_team(store, "t", &["ada"]).await;
    for short in ["w", "v", "x", "u"] {
        join(store, &team_member(short, "ada")).await;
    }

    leave(store, "u", "ada").await;

    let mut reading = store.read().await.unwrap();
    assert_eq!(short(&reading.teams().of_user(&id("ada")).await.unwrap()), ["v", "w", "t"]);
    assert_eq!(short(&reading.teams().of_user(&id("bob")).await.unwrap()), ["u"]);
    assert_eq!(reading.teams().of_user(&id("nobody")).await.unwrap(), []);
}

/// Who joins is a member as he was described, and who is one stays as he is.
pub async fn who_joins_is_a_member(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &[]).await;
    let admin = TeamMember { created_at: minutes(1), ..team_place("t", "ada", Standing::ADMIN) };

    assert!(join(store, &admin).await);
    assert!(!join(store, &team_member("t", "ada")).await);

    assert_eq!(member(store, "t", "ada").await, Some(admin));
    assert_eq!(member(store, "t", "bob").await, None);
}

/// Who leaves is a former member, once; who joins again is a member as he is described then.
pub async fn who_leaves_is_a_former_member(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada"]).await;

    assert!(leave(store, "t", "ada").await);
    assert!(!leave(store, "t", "ada").await);
    assert!(!leave(store, "t", "bob").await && !leave(store, "u", "ada").await);

    assert_eq!(member(store, "t", "ada").await, Some(TeamMember { deleted_at: minutes(9), ..team_member("t", "ada") }));
    let guest = TeamMember { created_at: minutes(10), ..team_place("t", "ada", Standing::GUEST) };
    assert!(join(store, &guest).await);
    assert_eq!(member(store, "t", "ada").await, Some(guest));
    assert!(leave(store, "t", "ada").await);
}

/// Who leaves a team leaves its channels, archived ones too, and no others.
pub async fn who_leaves_a_team_leaves_its_channels(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    add_team(store, "u", &["ada"]).await;
    let archived = crate::channel::Channel { deleted_at: BORN, ..crate::testkit::fixture::channel("f", Some("t")) };
    done(store, async |work| work.channels().insert(&archived).await).await.unwrap();
    enter(store, "f", &["ada"]).await;
    add_channel(store, "c", Some("t"), &["ada", "bob"]).await;
    add_channel(store, "d", Some("u"), &["ada"]).await;
    add_channel(store, "e", None, &["ada"]).await;

    leave(store, "t", "ada").await;

    let mut reading = store.read().await.unwrap();
    let kept = reading.channels().memberships(&id("ada"), None).await.unwrap();
    assert_eq!(kept, [channel_member("d", "ada"), channel_member("e", "ada")]);
    assert_eq!(reading.channels().members(&id("c"), ALL).await.unwrap(), [channel_member("c", "bob")]);
}

/// Who joins several times at once is told once that he was no member, and counts once.
pub async fn joining_at_once_is_joining_once(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["bob"]).await;
    leave(store, "t", "bob").await;
    for name in ["ada", "bob"] {
        let newcomer = team_member("t", name);

        let told = join_all((0..8).map(|_| join(store, &newcomer))).await;

        assert_eq!(told.iter().filter(|told| **told).count(), 1, "{name}");
    }
    assert_eq!(of_scope(store, in_team("t")).await, ["ada", "bob"]);
    assert_eq!(super::directory::count_all(store, in_team("t")).await, 2);
    assert_eq!(of_scope(store, crate::user::query::Scope::WithoutTeam).await, [""; 0]);
}

/// Who leaves several times at once is told once that he was a member.
pub async fn leaving_at_once_is_leaving_once(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada", "bob"]).await;

    let told = join_all((0..8).map(|_| leave(store, "t", "ada"))).await;

    assert_eq!(told.iter().filter(|told| **told).count(), 1);
    assert_eq!(super::directory::count_all(store, in_team("t")).await, 1);
    assert_eq!(of_scope(store, crate::user::query::Scope::WithoutTeam).await, ["ada"]);
}

/// Those who belong to a team now come by login name, in parts.
pub async fn members_come_by_login_name(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_team(store, "t", &["eve", "dan", "cyd", "bob", "ada"]).await;
    add_team(store, "u", &["ada"]).await;
    leave(store, "t", "bob").await;
    rename(store, "ada", "zed").await;
    let part = async |number, size| {
        let members = store.read().await.unwrap().teams().members(&id("t"), Page { number, size }).await.unwrap();
        members.into_iter().map(|member| member.user_id).collect::<Vec<_>>()
    };

    assert_eq!(part(0, 10).await, ids(&["cyd", "dan", "eve", "ada"]));
    assert_eq!(part(1, 3).await, ids(&["ada"]));
    assert_eq!(part(2, 3).await, []);
    assert_eq!(part(0, 0).await, []);
}

/// An account's places in teams come by team, former ones too.
pub async fn places_in_teams_come_by_team(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    for short in ["v", "t", "u"] {
        add_team(store, short, &["ada"]).await;
    }
    join(store, &team_member("t", "bob")).await;
    leave(store, "u", "ada").await;

    let mut reading = store.read().await.unwrap();

    let former = TeamMember { deleted_at: minutes(9), ..team_member("u", "ada") };
    assert_eq!(reading.teams().memberships(&id("ada")).await.unwrap(), [team_member("t", "ada"), former, team_member("v", "ada")]);
    assert_eq!(reading.teams().memberships(&id("bob")).await.unwrap(), [team_member("t", "bob")]);
}

/// Who becomes a guest is one of every team and channel he belongs to, and looks after none; who becomes none is an ordinary member.
pub async fn a_guest_is_one_of_every_place(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    for short in ["t", "u"] {
        add_team(store, short, &["bob"]).await;
    }
    join(store, &team_place("t", "ada", Standing::ADMIN)).await;
    join(store, &team_place("u", "ada", Standing::USER)).await;
    add_channel(store, "c", Some("t"), &["bob"]).await;
    add_channel(store, "d", None, &["ada"]).await;
    let admin = channel_place("c", "ada", Standing::ADMIN);
    done(store, async |work| work.channels().join(&[admin]).await).await.unwrap();
    let become_guest = async |is_guest| done(store, async |work| work.teams().set_guest(&id("ada"), is_guest).await).await.unwrap();
    let standings = async |name: &str| {
        let mut reading = store.read().await.unwrap();
        let teams = reading.teams().memberships(&id(name)).await.unwrap().into_iter().map(|member| member.standing);
        let channels = reading.channels().memberships(&id(name), None).await.unwrap().into_iter().map(|member| member.standing);
        teams.chain(channels).collect::<Vec<_>>()
    };

    become_guest(true).await;
    assert_eq!(standings("ada").await, [Standing::GUEST; 4]);
    assert_eq!(standings("bob").await, [Standing::USER; 3]);

    become_guest(false).await;
    assert_eq!(standings("ada").await, [Standing::USER; 4]);
}

/// Who becomes no guest without having been one goes on looking after what he looks after.
pub async fn who_was_no_guest_keeps_his_places(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_team(store, "t", &[]).await;
    join(store, &team_place("t", "ada", Standing::ADMIN)).await;

    done(store, async |work| work.teams().set_guest(&id("ada"), false).await).await.unwrap();

    assert_eq!(member(store, "t", "ada").await.unwrap().standing, Standing::ADMIN);
}

/// What a unit of work writes of teams it sees, and it goes with it when it is dropped.
pub async fn dropped_memberships_are_undone(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada"]).await;
    let mut work = super::begin(store).await;
    work.teams().insert(&team("u")).await.unwrap();
    assert!(work.teams().join(&team_member("t", "bob")).await.unwrap());
    assert!(work.teams().leave(&id("t"), &id("ada"), BORN).await.unwrap());
    assert_eq!(work.teams().members(&id("t"), ALL).await.unwrap(), [team_member("t", "bob")]);

    drop(work);

    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.teams().members(&id("t"), ALL).await.unwrap(), [team_member("t", "ada")]);
    assert_eq!(reading.teams().by_id(&id("u")).await.unwrap(), None);
}
