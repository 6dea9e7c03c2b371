//! Questions about the small world.

use proptest::bool::{ANY, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::super::directory::ALL;
use super::step::{CHANNELS, GROUPS, TEAMS, USERS};
use crate::page::Page;
use crate::role::{ADMIN, GUEST, MANAGERS, USER};
use crate::store::{ReadChannels, ReadGroups, ReadTeams, ReadUsers, Reading, UnitOfWork};
use crate::testkit::fixture::id;
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{
    BotListing, Count, Filter, Listing, NameFormat, Order, RoleFilter, RoleTest, Scope, Search, Searched, View, words,
};

/// Terms that many have, and terms that few have.
const COMMON: [&str; 6] = ["", "a", "ad", "ada", "an", "example"];
const RARE: [&str; 16] = [
    "ann",
    "anna",
    "ad an",
    "zz",
    "%",
    "_b",
    "a_b",
    "orn",
    "ÖRN",
    "李",
    "计算",
    "100",
    "100%_",
    "top zz",
    "b. a",
    "u2x00000000000000000000000",
];

type Name = &'static str;

/// One question.
#[derive(Debug, Clone)]
pub(super) enum Query {
    List(Listing),
    Search(Search),
    Count(Count),
    Bots(BotListing),
    ByIds(View),
    KnownTo(Name),
    ShareChannel(Name, Name),
    InGroupChannels(Name),
    HasOtherAdmin(Name),
    IdsAfter(Name, u32),
    AddressOutside(Name, Page),
    OfTeam(Name, Page),
    OfChannel(Name, Page),
    OfUser(Name, Option<Name>),
    OfGroup(Name),
}

pub(super) fn any_query() -> impl Strategy<Value = Query> {
    let user = || select(&USERS[..]);
    let team = || select(&TEAMS[..]);
    prop_oneof![
        8 => any_listing().prop_map(Query::List),
        8 => any_search().prop_map(Query::Search),
        3 => any_count().prop_map(Query::Count),
        1 => any_bots().prop_map(Query::Bots),
        1 => any_view().prop_map(Query::ByIds),
        1 => user().prop_map(Query::KnownTo),
        1 => (user(), user()).prop_map(|(one, other)| Query::ShareChannel(one, other)),
        1 => user().prop_map(Query::InGroupChannels),
        1 => user().prop_map(Query::HasOtherAdmin),
        1 => (user(), 0..4_u32).prop_map(|(user, most)| Query::IdsAfter(user, most)),
        1 => (select(&["ada", "@example.test", "a_", "%"][..]), any_page()).prop_map(|(text, page)| Query::AddressOutside(text, page)),
        1 => (team(), any_page()).prop_map(|(team, page)| Query::OfTeam(team, page)),
        1 => (select(&CHANNELS[..]), any_page()).prop_map(|(channel, page)| Query::OfChannel(channel, page)),
        1 => (user(), proptest::option::of(team())).prop_map(|(user, team)| Query::OfUser(user, team)),
        1 => select(&GROUPS[..]).prop_map(Query::OfGroup),
    ]
}

/// What is asked at the end of each sequence: everything there is to see.
pub(super) fn last() -> Vec<Query> {
    let scopes = [Scope::Everyone, Scope::WithoutTeam].into_iter().chain(TEAMS.map(|team| Scope::InTeam(id(team))));
    let scopes = scopes.chain(CHANNELS.map(|channel| Scope::InChannel(id(channel))));
    let lists = scopes.map(|scope| Query::List(Listing { scope, page: ALL, ..Listing::default() }));
    let counts = TEAMS.map(|team| Query::Count(Count { scope: Scope::InTeam(id(team)), ..Count::default() }));
    let others = USERS.into_iter().flat_map(|user| [Query::OfUser(user, None), Query::KnownTo(user), Query::HasOtherAdmin(user)]);
    lists.chain(counts).chain(others).chain([Query::ByIds(View::Everybody), Query::Count(Count::default())]).collect()
}

fn any_page() -> impl Strategy<Value = Page> {
    prop_oneof![2 => Just(ALL), 1 => (0..3_u32, 0..5_u32).prop_map(|(number, size)| Page { number, size })]
}

fn any_view() -> impl Strategy<Value = View> {
    prop_oneof![6 => Just(View::Everybody), 1 => select(&USERS[..]).prop_map(|user| View::KnownTo(id(user)))]
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let team = || select(&TEAMS[..]).prop_map(id);
    let channel = || select(&CHANNELS[..]).prop_map(id);
    let group = || select(&GROUPS[..]).prop_map(id);
    prop_oneof![
        6 => Just(Scope::Everyone),
        1 => Just(Scope::WithoutTeam),
        3 => team().prop_map(Scope::InTeam),
        2 => (team(), weighted(0.4)).prop_map(|(team, is_constrained)| Scope::NotInTeam { team, is_constrained }),
        3 => channel().prop_map(Scope::InChannel),
        2 => (team(), channel(), weighted(0.4))
            .prop_map(|(team, channel, is_constrained)| Scope::NotInChannel { team, channel, is_constrained }),
        2 => group().prop_map(Scope::InGroup),
        1 => group().prop_map(Scope::NotInGroup),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let tests = vec![
        RoleTest::Exactly(USER),
        RoleTest::Exactly(GUEST),
        RoleTest::AnyOf(vec![ADMIN]),
        RoleTest::AnyOf(vec![GUEST, MANAGERS[0]]),
        RoleTest::PlaceAdmin,
        RoleTest::PlaceUser,
        RoleTest::PlaceGuest,
    ];
    let all_of = prop_oneof![8 => Just(vec![]), 1 => subsequence(vec![USER, ADMIN, GUEST], 1..3)];
    let any_of = prop_oneof![4 => Just(vec![]), 1 => subsequence(tests, 1..4)];
    let roles = (all_of, any_of).prop_map(|(all_of, any_of)| RoleFilter { all_of, any_of });
    (proptest::option::weighted(0.3, ANY), roles, any_view()).prop_map(|(is_active, roles, view)| Filter { is_active, roles, view })
}

/// A filter without what has no meaning where there is no team or channel, or among its former members.
fn meant(mut filter: Filter, scope: &Scope, order: Order) -> Filter {
    let is_place = matches!(scope, Scope::InTeam(_) | Scope::InChannel(_)) && !matches!(order, Order::Activity | Order::Created);
    filter.roles.any_of.retain(|test| is_place || matches!(test, RoleTest::Exactly(_) | RoleTest::AnyOf(_)));
    filter
}

/// The orders that a scope has, one of them.
fn order_of(scope: &Scope, choice: usize) -> Order {
    let orders: &[Order] = match scope {
        Scope::InTeam(_) => &[Order::Username, Order::Activity, Order::Created],
        Scope::InChannel(_) => &[Order::Username, Order::Status, Order::AdminsFirst],
        Scope::InGroup(_) => {
            &[Order::DisplayName(NameFormat::Username), Order::DisplayName(NameFormat::Nickname), Order::DisplayName(NameFormat::FullName)]
        }
        _ => &[Order::Username],
    };
    orders[choice % orders.len()]
}

fn any_listing() -> impl Strategy<Value = Listing> {
    (any_scope(), any_filter(), 0..3_usize, any_page()).prop_map(|(scope, filter, choice, page)| {
        let order = order_of(&scope, choice);
        Listing { filter: meant(filter, &scope, order), scope, order, page }
    })
}

fn any_search() -> impl Strategy<Value = Search> {
    let searched = (weighted(0.7), weighted(0.7)).prop_map(|(full_name, email)| Searched { full_name, email });
    (any_scope(), any_filter(), prop_oneof![select(&COMMON[..]), select(&RARE[..])], searched, prop_oneof![1 => 0..4_u32, 2 => Just(100)])
        .prop_map(|(scope, filter, term, searched, most)| Search {
            filter: meant(filter, &scope, Order::Username),
            scope,
            words: words(term),
            searched,
            most,
        })
}

fn any_count() -> impl Strategy<Value = Count> {
    let team = select(&TEAMS[..]).prop_map(|team| Scope::InTeam(id(team)));
    let channel = select(&CHANNELS[..]).prop_map(|channel| Scope::InChannel(id(channel)));
    (prop_oneof![Just(Scope::Everyone), team, channel], any_filter(), ANY, ANY).prop_map(|(scope, filter, with_bots, with_remote)| Count {
        filter: meant(filter, &scope, Order::Username),
        scope,
        with_bots,
        with_remote,
    })
}

fn any_bots() -> impl Strategy<Value = BotListing> {
    let owner = proptest::option::weighted(0.3, select(&USERS[..]).prop_map(id));
    (owner, ANY, ANY, any_page()).prop_map(|(owner, with_inactive, is_orphaned, page)| BotListing {
        owner,
        with_inactive,
        is_orphaned,
        page,
    })
}

impl Query {
    /// Asks outside of any unit of work.
    pub(super) async fn ask(&self, reading: &mut dyn Reading) -> String {
        match self {
            Self::OfTeam(team, page) => of_team(reading.teams(), team, *page).await,
            Self::OfChannel(channel, page) => of_channel(reading.channels(), channel, *page).await,
            Self::OfUser(user, team) => [of_user(reading.teams(), user).await, places(reading.channels(), user, *team).await].concat(),
            Self::OfGroup(group) => of_group(reading.groups(), group).await,
            _ => self.ask_of(reading.users()).await,
        }
    }

    /// Asks within a unit of work.
    pub(super) async fn ask_in(&self, work: &mut dyn UnitOfWork) -> String {
        match self {
            Self::OfTeam(team, page) => of_team(work.teams(), team, *page).await,
            Self::OfChannel(channel, page) => of_channel(work.channels(), channel, *page).await,
            Self::OfUser(user, team) => [of_user(work.teams(), user).await, places(work.channels(), user, *team).await].concat(),
            Self::OfGroup(group) => of_group(work.groups(), group).await,
            _ => self.ask_of(work.users()).await,
        }
    }

    async fn ask_of(&self, users: &mut dyn ReadUsers) -> String {
        match self {
            Self::List(listing) => {
                let rows = users.list(listing).await.unwrap();
                format!("{:?}", rows.iter().map(|row| (row.user.username.as_str(), row.last_activity_at.as_millis())).collect::<Vec<_>>())
            }
            Self::Search(search) => names(&users.search(search).await.unwrap()),
            Self::Count(count) => users.count(count).await.unwrap().to_string(),
            Self::Bots(listing) => names(&users.bots(listing).await.unwrap()),
            Self::ByIds(view) => format!("{:?}", users.by_ids(&USERS.map(id), Timestamp::NEVER, view).await.unwrap()),
            Self::KnownTo(user) => format!("{:?}", users.known_to(&id(user)).await.unwrap()),
            Self::ShareChannel(one, other) if one == other => String::new(),
            Self::ShareChannel(one, other) => users.share_channel(&id(one), &id(other)).await.unwrap().to_string(),
            Self::InGroupChannels(user) => {
                let others = users.in_group_channels(&id(user), &CHANNELS.map(id)).await.unwrap();
                format!("{:?}", others.iter().map(|(channel, user)| (channel.as_str(), user.username.as_str())).collect::<Vec<_>>())
            }
            Self::HasOtherAdmin(user) => users.has_other_admin(&id(user)).await.unwrap().to_string(),
            Self::IdsAfter(user, most) => format!("{:?}", users.ids_after(Some(&id(user)), *most).await.unwrap()),
            Self::AddressOutside(text, page) => names(&users.with_address_outside(&[(*text).to_owned()], *page).await.unwrap()),
            Self::OfTeam(..) | Self::OfChannel(..) | Self::OfUser(..) | Self::OfGroup(..) => String::new(),
        }
    }
}

async fn of_team(teams: &mut dyn ReadTeams, team: &str, page: Page) -> String {
    format!("{:?}", teams.members(&id(team), page).await.unwrap())
}

async fn of_channel(channels: &mut dyn ReadChannels, channel: &str, page: Page) -> String {
    format!("{:?}", channels.members(&id(channel), page).await.unwrap())
}

async fn of_user(teams: &mut dyn ReadTeams, user: &str) -> String {
    let places = teams.memberships(&id(user)).await.unwrap();
    // How far the rights of a former member would go is nobody's concern.
    let places = places.iter().map(|place| (&place.team_id, place.deleted_at, place.is_active().then_some(place.standing)));
    let places = format!("{:?}", places.collect::<Vec<_>>());
    format!("{places} {:?}", teams.of_user(&id(user)).await.unwrap().iter().map(|team| &team.id).collect::<Vec<_>>())
}

async fn places(channels: &mut dyn ReadChannels, user: &str, team: Option<&str>) -> String {
    let team = team.map(id);
    let places = channels.memberships(&id(user), team.as_ref()).await.unwrap();
    let ids: Vec<_> = channels.of_user(&id(user), team.as_ref()).await.unwrap().into_iter().map(|channel| channel.id).collect();
    format!("{places:?} {ids:?}")
}

async fn of_group(groups: &mut dyn ReadGroups, group: &str) -> String {
    let size = groups.size(&id(group)).await.unwrap();
    format!("{size} {:?}", groups.list(ALL).await.unwrap().iter().map(|group| &group.id).collect::<Vec<_>>())
}

fn names(users: &[User]) -> String {
    format!("{:?}", users.iter().map(|user| user.username.as_str()).collect::<Vec<_>>())
}
