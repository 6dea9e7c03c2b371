//! Changes of a small world: nine accounts, two teams, four channels and two groups.

use proptest::bool::ANY;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::directory::{channel_place, team_place};
use super::super::minutes;
use crate::group::Place;
use crate::id::UserId;
use crate::role::Roles;
use crate::status::{Presence, Status};
use crate::store::{Store, StoreError, UnitOfWork};
use crate::team::Standing;
use crate::testkit::fixture::{channel, email, group, id, status, team, user};
use crate::time::Timestamp;
use crate::user::{Bot, User};
use crate::username::Username;

pub(super) const USERS: [&str; 9] = ["u1x", "u2x", "u3x", "u4x", "u5x", "u6x", "u7x", "u8x", "u9x"];
pub(super) const TEAMS: [&str; 2] = ["t1x", "t2x"];
pub(super) const CHANNELS: [&str; 4] = ["c1x", "c2x", "c3x", "c4x"];
pub(super) const GROUPS: [&str; 2] = ["g1x", "g2x"];
const NAMES: [&str; 11] = ["ada", "adam", "a.b", "a_b", "a-b", "bob", "ann", "anna", "zed", "jo", "x1"];
const TEXTS: [&str; 9] = ["", "Ada", "ada B", "Örn", "100%_", "a_b", "李 计算", "ZZ top", "anna"];
const ROLES: [&str; 6] =
    ["system_user", "system_user system_admin", "system_admin", "system_guest", "system_user system_manager", "custom_role"];
const STANDINGS: [Standing; 3] = [Standing::USER, Standing::GUEST, Standing::ADMIN];

/// How the answer to a refused change begins.
pub(super) const REFUSED: &str = "refused";

type Name = &'static str;

/// One change.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Insert(Name, Name, Name),
    Update(Name, Change),
    Remove(Name),
    JoinTeam(Name, Name, Standing),
    LeaveTeam(Name, Name),
    SetGuest(Name, bool),
    Enter(Name, Vec<Name>, Standing),
    Exit(Name, Name),
    AddToGroup(Name, Vec<Name>),
    TakeOut(Name, Vec<Name>),
    RemoveGroup(Name),
    Link(Name, Place),
    Unlink(Name, Place),
    Status(Name, Presence, u64),
}

/// One change of an account.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Username(Name),
    Nickname(Name),
    LastName(Name),
    Roles(Name),
    Activity(bool),
    Remote(Option<Name>),
    Bot(Option<Name>),
}

/// Adds what is there from the beginning: enough for most questions to have answers.
pub(super) async fn begin_with(store: &dyn Store) {
    let mut work = store.begin().await.unwrap();
    for (number, short) in USERS.into_iter().take(7).enumerate() {
        let roles = Roles::parse(ROLES[number % ROLES.len()]).unwrap();
        let bot = (number % 3 == 2).then(|| Bot { owner_id: Some(id("u1x")), created_at: minutes(9), ..Bot::default() });
        work.users().insert(&[User { roles, bot, ..newcomer(short, NAMES[number], TEXTS[number]) }]).await.unwrap();
    }
    for short in TEAMS {
        work.teams().insert(&team(short)).await.unwrap();
    }
    for (short, team) in CHANNELS.into_iter().zip([Some("t1x"), Some("t1x"), Some("t2x"), None]) {
        work.channels().insert(&channel(short, team)).await.unwrap();
    }
    for short in GROUPS {
        work.groups().insert(&group(short)).await.unwrap();
    }
    for (number, short) in USERS.into_iter().take(6).enumerate() {
        let standing = STANDINGS[number % 3];
        work.teams().join(&team_place(TEAMS[number / 4], short, standing)).await.unwrap();
        work.channels().join(&[channel_place(CHANNELS[number % 4], short, standing), channel_place("c4x", short, standing)]).await.unwrap();
        work.groups().add(&id(GROUPS[number % 2]), &[id(short)], minutes(0)).await.unwrap();
    }
    for place in [Place::Team(id("t1x")), Place::Team(id("t2x")), Place::Channel(id("c1x")), Place::Channel(id("c3x"))] {
        work.groups().link(&id("g1x"), &place, minutes(0)).await.unwrap();
    }
    work.commit().await.unwrap();
}

fn newcomer(short: &str, name: &str, nickname: &str) -> User {
    let mut user = user(short, "spare");
    (user.username, user.email) = (Username::parse(name).unwrap(), email(name));
    nickname.clone_into(&mut user.profile.nickname);
    user.created_at = minutes(short.len() as u64 + u64::from(short.as_bytes()[1] % 3));
    user
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    let user = || select(&USERS[..]);
    let users = || proptest::collection::vec(user(), 0..4);
    let standing = || select(&STANDINGS[..]);
    let place = || {
        prop_oneof![
            select(&TEAMS[..]).prop_map(|team| Place::Team(id(team))),
            select(&CHANNELS[..]).prop_map(|channel| Place::Channel(id(channel)))
        ]
    };
    let (team, channel, group) = (|| select(&TEAMS[..]), || select(&CHANNELS[..]), || select(&GROUPS[..]));
    let presences = [Presence::Online, Presence::Away, Presence::DoNotDisturb, Presence::Offline, Presence::OutOfOffice];
    prop_oneof![
        6 => (user(), select(&NAMES[..]), select(&TEXTS[..])).prop_map(|(user, name, nickname)| Step::Insert(user, name, nickname)),
        8 => (user(), any_change()).prop_map(|(user, change)| Step::Update(user, change)),
        1 => user().prop_map(Step::Remove),
        6 => (team(), user(), standing()).prop_map(|(team, user, standing)| Step::JoinTeam(team, user, standing)),
        3 => (team(), user()).prop_map(|(team, user)| Step::LeaveTeam(team, user)),
        1 => (user(), ANY).prop_map(|(user, is_guest)| Step::SetGuest(user, is_guest)),
        5 => (channel(), users(), standing()).prop_map(|(channel, users, standing)| Step::Enter(channel, users, standing)),
        2 => (channel(), user()).prop_map(|(channel, user)| Step::Exit(channel, user)),
        3 => (group(), users()).prop_map(|(group, users)| Step::AddToGroup(group, users)),
        1 => (group(), users()).prop_map(|(group, users)| Step::TakeOut(group, users)),
        1 => group().prop_map(Step::RemoveGroup),
        2 => (group(), place()).prop_map(|(group, place)| Step::Link(group, place)),
        1 => (group(), place()).prop_map(|(group, place)| Step::Unlink(group, place)),
        3 => (user(), select(presences.to_vec()), 0..4_u64).prop_map(|(user, presence, minute)| Step::Status(user, presence, minute)),
    ]
}

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        select(&NAMES[..]).prop_map(Change::Username),
        select(&TEXTS[..]).prop_map(Change::Nickname),
        select(&TEXTS[..]).prop_map(Change::LastName),
        select(&ROLES[..]).prop_map(Change::Roles),
        proptest::bool::weighted(0.6).prop_map(Change::Activity),
        proptest::option::of(select(&["", "there"][..])).prop_map(Change::Remote),
        proptest::option::of(select(&USERS[..])).prop_map(Change::Bot),
    ]
}

impl Change {
    /// The owner that is wanted of a bot, if there is such an account: an owner that is not there would be refused by some stores.
    async fn owner(&self, work: &mut dyn UnitOfWork) -> Option<UserId> {
        let Self::Bot(Some(owner)) = self else { return None };
        work.users().by_id(&id(owner)).await.unwrap().map(|owner| owner.id)
    }

    fn make(&self, user: &mut User, owner_id: Option<UserId>) {
        match self {
            Self::Username(name) => (user.username, user.email) = (Username::parse(name).unwrap(), email(name)),
            Self::Nickname(text) => (*text).clone_into(&mut user.profile.nickname),
            Self::LastName(text) => (*text).clone_into(&mut user.profile.last_name),
            Self::Roles(text) => user.roles = Roles::parse(text).unwrap(),
            Self::Activity(true) => user.deleted_at = Timestamp::NEVER,
            Self::Activity(false) => user.deleted_at = minutes(1),
            Self::Remote(server) => user.remote_id = server.map(str::to_owned),
            Self::Bot(None) => user.bot = None,
            Self::Bot(Some(_)) => user.bot = Some(Bot { owner_id, created_at: user.created_at, ..Bot::default() }),
        }
    }
}

impl Step {
    /// Takes the step, and tells what was answered.
    pub(super) async fn take(&self, work: &mut dyn UnitOfWork) -> String {
        match self {
            Self::Insert(short, name, nickname) => told(work.users().insert(&[newcomer(short, name, nickname)]).await),
            Self::Update(short, change) => {
                let Some(mut user) = work.users().locked(&id(short)).await.unwrap() else { return "nobody".to_owned() };
                change.make(&mut user, change.owner(work).await);
                told(work.users().update(&user).await)
            }
            Self::Remove(short) => told(work.users().remove(&id(short)).await),
            Self::SetGuest(short, is_guest) => told(work.teams().set_guest(&id(short), *is_guest).await),
            Self::Status(short, presence, minute) => {
                if work.users().by_id(&id(short)).await.unwrap().is_none() {
                    return "nobody".to_owned();
                }
                let status = Status { last_activity_at: minutes(*minute), ..status(short, *presence) };
                told(work.statuses().put(&status).await)
            }
            Self::JoinTeam(..) | Self::LeaveTeam(..) | Self::Enter(..) | Self::Exit(..) => self.move_people(work).await,
            _ => self.change_group(work).await,
        }
    }

    async fn move_people(&self, work: &mut dyn UnitOfWork) -> String {
        match self {
            Self::JoinTeam(team, short, standing) => {
                if work.users().by_id(&id(short)).await.unwrap().is_none() {
                    return "nobody".to_owned();
                }
                told(work.teams().join(&team_place(team, short, *standing)).await)
            }
            Self::LeaveTeam(team, short) => told(work.teams().leave(&id(team), &id(short), minutes(9)).await),
            Self::Enter(channel, shorts, standing) => {
                let mut places = Vec::new();
                for short in shorts {
                    if work.users().by_id(&id(short)).await.unwrap().is_some() {
                        places.push(channel_place(channel, short, *standing));
                    }
                }
                told(work.channels().join(&places).await.map(sorted))
            }
            Self::Exit(channel, short) => told(work.channels().leave(&id(channel), &id(short)).await),
            _ => String::new(),
        }
    }

    async fn change_group(&self, work: &mut dyn UnitOfWork) -> String {
        let ids = |shorts: &[Name]| shorts.iter().map(|short| id(short)).collect::<Vec<_>>();
        match self {
            Self::AddToGroup(group, shorts) => told(work.groups().add(&id(group), &ids(shorts), minutes(1)).await.map(sorted)),
            Self::TakeOut(group, shorts) => told(work.groups().take_out(&id(group), &ids(shorts)).await.map(sorted)),
            Self::RemoveGroup(group) => told(work.groups().remove(&id(group), minutes(1)).await),
            Self::Link(group, place) => told(work.groups().link(&id(group), place, minutes(1)).await),
            Self::Unlink(group, place) => told(work.groups().unlink(&id(group), place).await),
            _ => String::new(),
        }
    }
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort();
    values
}

/// Which field is taken is told elsewhere: here several may be at once.
fn told<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(StoreError::Taken(_)) => format!("{REFUSED}: taken"),
        Err(error) => format!("{REFUSED}: {error:?}"),
    }
}
