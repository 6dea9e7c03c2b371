//! How lists, searches and counts are answered: by indexes, and in their order.

use std::sync::{Arc, Mutex};

use diesel::connection::InstrumentationEvent;
use muster_domain::page::Page;
use muster_domain::testkit::fixture::{channel, channel_member, group, id, status, team, team_member, user};
use muster_domain::user::query::{Count, Filter, Listing, NameFormat, Order, RoleFilter, RoleTest, Scope, Search, Searched, View, words};

use super::crowd::CROWDED;
use super::tests::fresh_store;
use super::*;

type Seen = Arc<Mutex<Vec<String>>>;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// Statements that the store's reader runs are written down.
async fn watched(store: &SqliteStore) -> Seen {
    let seen = Seen::default();
    let there = Arc::clone(&seen);
    let listen = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            there.lock().unwrap().push(query.to_string());
        }
    };
    store.readers.run(move |connection| connection.set_instrumentation(listen)).await.unwrap();
    seen
}

/// The plans of what was run.
async fn plans(store: &SqliteStore, seen: &Seen) -> Vec<(String, Vec<String>)> {
    let statements = std::mem::take(&mut *seen.lock().unwrap());
    let mut plans = Vec::new();
    // What can't hold is not looked for: SQLite plans nothing worth a look there.
    let asked = statements.into_iter().filter(|statement| statement.starts_with("SELECT") && !statement.contains("(false"));
    for statement in asked {
        let (sql, _) = statement.split_once(" -- binds").unwrap_or((&statement, ""));
        let explain = format!("EXPLAIN QUERY PLAN {}", sql.replace('?', "'x'"));
        let steps = store.writer.run(move |c| diesel::sql_query(explain).load::<Step>(c)).await.unwrap().unwrap();
        plans.push((sql.to_owned(), steps.into_iter().map(|step| step.detail).collect()));
    }
    plans
}

fn scopes() -> Vec<Scope> {
    vec![
        Scope::Everyone,
        Scope::WithoutTeam,
        Scope::InTeam(id("t")),
        Scope::NotInTeam { team: id("t"), is_constrained: false },
        Scope::NotInTeam { team: id("t"), is_constrained: true },
        Scope::NotInTeam { team: id("f"), is_constrained: false },
        Scope::InChannel(id("c")),
        Scope::NotInChannel { team: id("t"), channel: id("c"), is_constrained: false },
        Scope::NotInChannel { team: id("t"), channel: id("c"), is_constrained: true },
        Scope::InGroup(id("g")),
        Scope::NotInGroup(id("g")),
    ]
}

fn filters() -> Vec<Filter> {
    let with = |roles| Filter { roles, ..Filter::default() };
    let any_of = |tests: &[RoleTest]| with(RoleFilter { any_of: tests.to_vec(), ..RoleFilter::default() });
    vec![
        Filter::default(),
        Filter { is_active: Some(true), ..Filter::default() },
        Filter { is_active: Some(false), ..Filter::default() },
        Filter { view: View::KnownTo(id("a")), ..Filter::default() },
        with(RoleFilter { all_of: vec!["system_admin"], ..RoleFilter::default() }),
        with(RoleFilter { all_of: vec!["system_user", "system_user_manager"], ..RoleFilter::default() }),
        any_of(&[RoleTest::AnyOf(vec!["system_admin"]), RoleTest::PlaceAdmin]),
        any_of(&[RoleTest::Exactly("system_user")]),
        any_of(&[RoleTest::PlaceGuest]),
    ]
}

const ORDERS: [Order; 8] = [
    Order::Username,
    Order::Activity,
    Order::Created,
    Order::Status,
    Order::AdminsFirst,
    Order::DisplayName(NameFormat::Username),
    Order::DisplayName(NameFormat::Nickname),
    Order::DisplayName(NameFormat::FullName),
];

async fn peopled(bounds: Bounds) -> (SqliteStore, tempfile::TempDir) {
    let (mut store, folder) = fresh_store().await;
    store.bounds = bounds;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[user("a", "ada"), user("b", "bob")]).await.unwrap();
    for (short, members) in [("t", &["a"][..]), ("f", &["a", "b"])] {
        work.teams().insert(&team(short)).await.unwrap();
        for member in members {
            work.teams().join(&team_member(short, member)).await.unwrap();
        }
    }
    work.channels().insert(&channel("c", Some("t"))).await.unwrap();
    work.channels().join(&[channel_member("c", "a")]).await.unwrap();
    work.groups().insert(&group("g")).await.unwrap();
    work.statuses().put(&status("a", muster_domain::status::Presence::Online)).await.unwrap();
    work.commit().await.unwrap();
    while store.tend().await.unwrap() {}
    (store, folder)
}

/// Steps that read a whole table, not in the order of an index.
fn scans(steps: &[String]) -> Vec<&String> {
    let is_whole = |step: &&String| {
        step.starts_with("SCAN ")
            && !["USING", "VIRTUAL TABLE", "CONSTANT ROW", "(subquery", "(join"].iter().any(|word| step.contains(word))
    };
    // Such aliases stand for accounts that were counted as few before, and for the segments of the order, which are.
    steps.iter().filter(is_whole).filter(|step| !["SCAN m", "SCAN part"].contains(&step.as_str())).collect()
}

#[tokio::test]
async fn no_list_reads_a_whole_table() {
    for bounds in [Bounds::USUAL, CROWDED] {
        let (store, _folder) = peopled(bounds).await;
        let seen = watched(&store).await;
        for (scope, filter) in scopes().iter().flat_map(|scope| filters().into_iter().map(move |filter| (scope, filter))) {
            for order in ORDERS {
                let listing = Listing { scope: scope.clone(), filter: filter.clone(), order, page: Page { number: 2, size: 60 } };
                store.read().await.unwrap().users().list(&listing).await.unwrap();
                for (sql, steps) in plans(&store, &seen).await {
                    assert!(scans(&steps).is_empty(), "{listing:?}\n{sql}\n{steps:#?}");
                    // Of many, none is sorted: the index has the order.
                    if bounds.few == 0 && sql.contains("LIMIT ? OFFSET ?") {
                        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY")), "{listing:?}\n{sql}\n{steps:#?}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn no_search_and_no_count_reads_a_whole_table() {
    for bounds in [Bounds::USUAL, CROWDED] {
        let (store, _folder) = peopled(bounds).await;
        let seen = watched(&store).await;
        for (scope, filter) in scopes().iter().flat_map(|scope| filters().into_iter().map(move |filter| (scope, filter))) {
            let count = Count { scope: scope.clone(), filter: filter.clone(), ..Count::default() };
            store.read().await.unwrap().users().count(&count).await.unwrap();
            for term in ["", "a", "ada", "ada bob"] {
                let searched = Searched { full_name: true, email: true };
                let search = Search { scope: scope.clone(), filter: filter.clone(), words: words(term), searched, most: 100 };
                store.read().await.unwrap().users().search(&search).await.unwrap();
            }
            // To count nearly everyone by his roles, the table itself is the shortest way.
            let counts_all = |sql: &str| sql.starts_with("SELECT count(*) FROM users WHERE");
            for (sql, steps) in plans(&store, &seen).await.into_iter().filter(|(sql, _)| !counts_all(sql)) {
                assert!(scans(&steps).is_empty(), "{scope:?} {filter:?}\n{sql}\n{steps:#?}");
            }
        }
    }
}
