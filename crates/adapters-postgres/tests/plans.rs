//! How PostgreSQL goes about lists and searches: by an index, whatever its statistics say.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "plans/credentials.rs"]
mod credentials;

use muster_adapters_postgres::testkit::{Cluster, execute, text};
use muster_adapters_postgres::{PgOptions, PgStore};
use muster_domain::id::UserId;
use muster_domain::page::Page;
use muster_domain::status::Presence;
use muster_domain::store::{Shown, Store};
use muster_domain::testkit::fixture::{self, id};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::user::query::{BotListing, Count, Filter, Listing, NameFormat, Order, RoleFilter, Scope, Search, Searched, View, words};

/// More than a set has that is fetched and sorted.
const MANY: usize = 2_100;

/// Every plan that a connection of the database uses is written to the server's log from now on.
const LOG_PLANS: &str = "DO $$ BEGIN \
    EXECUTE format('ALTER DATABASE %I SET session_preload_libraries = auto_explain', current_database()); \
    EXECUTE format('ALTER DATABASE %I SET auto_explain.log_min_duration = 0', current_database()); \
    END $$";

async fn gather(store: &PgStore) {
    let users: Vec<User> = (0..MANY).map(|number| fixture::user(&format!("u{number}x"), &format!("user{number:04}"))).collect();
    let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&users).await.unwrap();
    work.groups().insert(&fixture::group("many")).await.unwrap();
    work.groups().add(&id("many"), &ids, fixture::BORN).await.unwrap();
    for team in ["many", "few"] {
        work.teams().insert(&fixture::team(team)).await.unwrap();
        work.channels().insert(&fixture::channel(team, Some("many"))).await.unwrap();
    }
    for (number, user) in ids.iter().enumerate() {
        let mut member = fixture::team_member(if number < 3 { "few" } else { "many" }, "x");
        member.user_id = user.clone();
        work.teams().join(&member).await.unwrap();
    }
    let place =
        |channel, user: &UserId| muster_domain::channel::ChannelMember { user_id: user.clone(), ..fixture::channel_member(channel, "x") };
    let members = ids.iter().map(|user| place("many", user)).chain(ids.iter().take(3).map(|user| place("few", user)));
    work.channels().join(&members.collect::<Vec<_>>()).await.unwrap();
    for number in 0..20 {
        work.statuses().put(&fixture::status(&format!("u{number}x"), Presence::Online)).await.unwrap();
    }
    work.commit().await.unwrap();
}

fn scopes() -> Vec<Scope> {
    let mut scopes = vec![Scope::Everyone, Scope::WithoutTeam, Scope::InGroup(id("many")), Scope::NotInGroup(id("many"))];
    for place in ["many", "few"] {
        scopes.push(Scope::InTeam(id(place)));
        scopes.push(Scope::InChannel(id(place)));
        for is_constrained in [false, true] {
            scopes.push(Scope::NotInTeam { team: id(place), is_constrained });
            scopes.push(Scope::NotInChannel { team: id("many"), channel: id(place), is_constrained });
        }
    }
    scopes
}

fn filters() -> Vec<Filter> {
    let roles = |roles| Filter { roles, ..Filter::default() };
    vec![
        Filter::default(),
        Filter { is_active: Some(true), ..Filter::default() },
        Filter { is_active: Some(false), ..Filter::default() },
        Filter { view: View::KnownTo(id("u1x")), ..Filter::default() },
        Filter { view: View::KnownTo(id("u2000x")), ..Filter::default() },
        roles(RoleFilter::default().with_part("system_admin")),
        roles(RoleFilter::default().or_system("system_user")),
        roles(RoleFilter::default().or_system("system_guest").or_place("channel_admin").or_place("team_guest")),
        roles(RoleFilter::default().or_place("channel_user")),
    ]
}

const ORDERS: [Order; 7] = [
    Order::Username,
    Order::Activity,
    Order::Created,
    Order::Status,
    Order::AdminsFirst,
    Order::DisplayName(NameFormat::Nickname),
    Order::DisplayName(NameFormat::FullName),
];

async fn list_and_search(store: &PgStore) {
    let mut reading = store.read().await.unwrap();
    let users = reading.users();
    for scope in scopes() {
        for filter in filters() {
            for order in ORDERS {
                for number in [0, 15] {
                    let page = Page { number, size: 100 };
                    users.list(&Listing { scope: scope.clone(), filter: filter.clone(), order, page }).await.unwrap();
                }
            }
            for term in ["", "u", "user", "user0001", "example", &"i".repeat(26)] {
                let searched = Searched { full_name: true, email: true };
                let search = Search { scope: scope.clone(), filter: filter.clone(), words: words(term), searched, most: 100 };
                users.search(&search).await.unwrap();
            }
            users.count(&Count { scope: scope.clone(), filter, ..Count::default() }).await.unwrap();
        }
    }
}

async fn look_up(store: &PgStore) {
    let mut reading = store.read().await.unwrap();
    let known = View::KnownTo(id("u1x"));
    let users = reading.users();
    users.by_ids(&[id("u1x"), id("u2x")], Timestamp::NEVER, &known).await.unwrap();
    users.by_usernames(&[fixture::user("x", "user0001").username], &known).await.unwrap();
    users.by_login("user0001").await.unwrap();
    users.share_channel(&id("u1x"), &id("u2x")).await.unwrap();
    users.known_to(&id("u1x")).await.unwrap();
    users.in_group_channels(&id("u1x"), &[id("many")]).await.unwrap();
    users.with_address_outside(&["example".to_owned()], Page::FIRST).await.unwrap();
    users.bots(&BotListing { owner: Some(id("u1x")), is_orphaned: true, ..BotListing::default() }).await.unwrap();
    users.bots(&BotListing::default()).await.unwrap();
    users.ids_after(Some(&id("u1x")), 10).await.unwrap();
    users.has_other_admin(&id("u1x")).await.unwrap();
    reading.statuses().of_users(&[id("u1x"), id("u2x")]).await.unwrap();
    reading.teams().of_user(&id("u1x")).await.unwrap();
    reading.teams().members(&id("many"), Page::FIRST).await.unwrap();
    reading.teams().memberships(&id("u1x")).await.unwrap();
    reading.channels().of_user(&id("u1x"), Some(&id("many"))).await.unwrap();
    reading.channels().members(&id("many"), Page::FIRST).await.unwrap();
    reading.channels().memberships(&id("u1x"), Some(&id("many"))).await.unwrap();
    reading.groups().size(&id("many")).await.unwrap();
    let hash = |text: &str| fixture::digest(text);
    for hashes in [vec![hash("a")], vec![hash("a"), hash("b")]] {
        reading.sessions().by_token(&Shown { sessions: hashes.clone(), access_tokens: hashes }).await.unwrap();
    }
    reading.sessions().of_user(&id("u1x"), Page::FIRST).await.unwrap();
    reading.sessions().ended_of_user(&id("u1x"), Page::FIRST).await.unwrap();
    reading.access_tokens().of_user(&id("u1x"), Page::FIRST).await.unwrap();
    reading.access_tokens().list(Page::FIRST).await.unwrap();
    reading.access_tokens().search("user0001", 9).await.unwrap();
    let mut work = store.begin().await.unwrap();
    work.teams().join(&fixture::team_member("few", "u9x")).await.unwrap();
    work.teams().set_guest(&id("u9x"), true).await.unwrap();
    work.channels().join(&[fixture::channel_member("few", "u9x")]).await.unwrap();
    work.groups().add(&id("many"), &[id("u9x")], fixture::BORN).await.unwrap();
    work.statuses().put(&fixture::status("u9x", Presence::Away)).await.unwrap();
    work.teams().leave(&id("few"), &id("u9x"), fixture::BORN).await.unwrap();
    work.users().remove(&id("u9x")).await.unwrap();
}

/// The plans in the server's log, each with its statement.
async fn plans(url: &str) -> Vec<String> {
    // This asks for more than one connection gives at once of what is written at the same time: all was awaited before.
    let log = text(url, "SELECT pg_read_file('server.log')").await;
    log.split("Query Text: ")
        .skip(1)
        .map(|plan| plan.lines().take_while(|line| !line.contains(" LOG: ")).collect::<Vec<_>>().join("\n"))
        .collect()
}

/// Whether a plan goes through a whole table; through an index from end to end if what is sorted was to be fetched first.
fn goes_through_all(plan: &str) -> bool {
    // How many hold a role that nearly everybody holds can only be found by looking at everybody.
    if plan.starts_with("SELECT count(*) FROM users AS f WHERE TRUE AND (f.roles = $1)") {
        return false;
    }
    let directory =
        ["users", "team_members", "team_outsiders", "channel_members", "group_members", "statuses", "channels", "user_roles_beside"];
    let tables = directory.iter().chain(&credentials::TABLES);
    let lines: Vec<_> = plan.lines().collect();
    let scans = |words: &[&str]| tables.clone().any(|table| words.windows(2).any(|pair| pair[0] == "on" && pair[1] == *table));
    lines.iter().enumerate().any(|(number, line)| {
        let words: Vec<_> = line.split_whitespace().collect();
        // Some indexes hold those alone who are asked for.
        let is_whole = !["users_inactive", "users_without_team"].iter().any(|index| words.contains(index));
        let has_condition = lines.get(number + 1).is_some_and(|next| next.contains("Cond:"));
        let walks = plan.starts_with("WITH few") && line.contains("Index") && is_whole && !has_condition;
        scans(&words) && (line.contains("Seq Scan") || walks)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_list_search_or_look_up_goes_through_a_whole_table() {
    let cluster = Cluster::own();
    let database = cluster.database().await;
    let url = database.as_str();
    let store = PgStore::open(PgOptions::new(url)).await.unwrap();
    gather(&store).await;
    while store.tend().await.unwrap() {}
    drop(store);
    // Statistics as they are after a while, and as if nobody had ever been there.
    execute(url, "ANALYZE users, team_members, channel_members").await;
    execute(url, LOG_PLANS).await;
    let store = PgStore::open(PgOptions { connections: 2, ..PgOptions::new(url) }).await.unwrap();

    list_and_search(&store).await;
    look_up(&store).await;
    credentials::use_each(&store).await;

    let plans = plans(url).await;
    assert!(plans.len() > 1_000, "{} plans were logged", plans.len());
    for table in credentials::TABLES.iter().chain(&["team_outsiders"]) {
        assert!(plans.iter().any(|plan| plan.contains(&format!(" on {table}"))), "no plan touches {table}");
    }
    let scans: Vec<_> = plans.iter().filter(|plan| goes_through_all(plan)).collect();
    assert!(scans.is_empty(), "{} of {} plans, as this:\n{}", scans.len(), plans.len(), scans[0]);
}
