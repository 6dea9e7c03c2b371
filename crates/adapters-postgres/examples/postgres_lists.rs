//! Measures lists and searches over many accounts, on a throw-away PostgreSQL: `postgres_lists 1000000`, and of these what has a
//! part of a name: `postgres_lists 1000000 "not in"`.
//!
//! `LISTS_URL` names a database that is kept; one that is empty is filled first.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement without its server should fail, and tells what it found")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

// A folder of its own: files beside this one are examples too.
#[path = "postgres_lists/crowd.rs"]
mod crowd;

use std::time::{Duration, Instant};

use muster_adapters_postgres::testkit::{Cluster, execute};
use muster_adapters_postgres::{PgOptions, PgStore};
use muster_domain::page::Page;
use muster_domain::store::Store;
use muster_domain::testkit::fixture::id;
use muster_domain::user::query::{Count, Filter, Listing, NameFormat, Order, RoleFilter, Scope, Search, Searched, View, words};

use crowd::Crowd;

const ROUNDS: usize = 200;
const NAMES: Searched = Searched { full_name: true, email: false };
const WITH_ADDRESSES: Searched = Searched { full_name: true, email: true };

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let accounts = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let crowd = Crowd { accounts };
    if let Ok(url) = std::env::var("LISTS_URL") {
        return run(crowd, &url).await;
    }
    let cluster = Cluster::own();
    let database = cluster.database().await;
    execute(database.as_str(), "ALTER SYSTEM SET shared_buffers = '1GB'").await;
    execute(database.as_str(), "ALTER SYSTEM SET max_wal_size = '8GB'").await;
    cluster.restart();
    run(crowd, database.as_str()).await;
}

async fn run(crowd: Crowd, url: &str) {
    let options = PgOptions { connections: 2, statement_timeout: Duration::from_mins(10), ..PgOptions::new(url.to_owned()) };
    let store = PgStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    let everyone = Count { with_bots: true, with_remote: true, ..Count::default() };
    if count(&store, &everyone).await == 0 {
        let began = Instant::now();
        crowd.gather(&store, url).await;
        println!("{} accounts in {:?}\n", crowd.accounts, began.elapsed());
    }
    let began = Instant::now();
    while store.tend().await.unwrap() {}
    println!("tended in {:?}\n", began.elapsed());
    head("look-up");
    measure("by id", |round| by_id(&store, crowd, round)).await;
    searches(&store, crowd).await;
    lists(&store, crowd).await;
    counts(&store).await;
    let everyone = count(&store, &everyone).await;
    crowd.write(&store, everyone).await;
}

/// Whether something is measured: all is, or what the second argument names a part of.
fn is_wanted(what: &str) -> bool {
    std::env::args().nth(2).is_none_or(|part| what.contains(&part))
}

/// Runs something again and again, and prints how long it took, and how many rows it gave at the most.
async fn measure<F: Future<Output = usize>>(what: &str, run: impl Fn(usize) -> F) {
    if !is_wanted(what) {
        return;
    }
    let mut took = Vec::with_capacity(ROUNDS);
    let (mut rows, began) = (0, Instant::now());
    for round in 0..ROUNDS {
        let start = Instant::now();
        rows = rows.max(run(round).await);
        took.push(start.elapsed());
        if round >= 20 && began.elapsed() > Duration::from_secs(20) {
            break;
        }
    }
    took.sort_unstable();
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)].as_secs_f64() * 1_000.0;
    println!("| {what} | {rows} | {:.2} | {:.2} |", at(50), at(99));
}

fn head(what: &str) {
    println!("\n| {what} | rows | p50 ms | p99 ms |\n| --- | --- | --- | --- |");
}

/// A kind of word, and the word of a round.
type Term = (&'static str, fn(Crowd, usize) -> String);

const TERMS: [Term; 11] = [
    ("rare, a username", |crowd, round| Crowd::username(round * 7_919 % crowd.accounts)),
    ("rare, digits of one", |crowd, round| Crowd::username(round * 7_919 % crowd.accounts)[4..].to_owned()),
    ("nobody's", |_, round| format!("nobody{round}")),
    ("middling, a family (1 in 900)", |_, round| format!("fam{:03}", round * 37 % 900)),
    ("a first name (1 in 100)", |_, round| crowd::FIRST_NAMES[round % 100].to_owned()),
    ("common, spread (1 in 10)", |_, _| "ann".to_owned()),
    ("common, together in the order (1 in 10)", |_, _| "seed1".to_owned()),
    ("two words", |_, round| format!("ann fam{:03}", round * 37 % 900)),
    ("a Cyrillic name, nobody's", |_, _| "лавлейс".to_owned()),
    ("one letter", |_, round| char::from(b'a' + u8::try_from(round % 26).unwrap()).to_string()),
    ("two letters, nobody's", |_, _| "qx".to_owned()),
];

async fn by_id(store: &PgStore, crowd: Crowd, round: usize) -> usize {
    let id = Crowd::id(round * 7_919 % crowd.accounts);
    store.read().await.unwrap().users().by_id(&id).await.unwrap().iter().count()
}

async fn searches(store: &PgStore, crowd: Crowd) {
    head("search");
    for (what, term) in TERMS {
        measure(what, |round| search(store, Scope::Everyone, term(crowd, round), NAMES)).await;
    }
    for (what, term) in [TERMS[0], TERMS[3], TERMS[5]] {
        measure(&format!("{what}, with addresses"), |round| search(store, Scope::Everyone, term(crowd, round), WITH_ADDRESSES)).await;
    }
    for (team, size) in [("all", "of all"), ("tenth", "of a tenth"), ("few", "of 50")] {
        for (what, term) in [TERMS[0], TERMS[3], TERMS[5], TERMS[9], TERMS[10]] {
            let scope = Scope::InTeam(id(team));
            measure(&format!("{what}, in a team {size}"), |round| search(store, scope.clone(), term(crowd, round), NAMES)).await;
        }
    }
}

async fn search(store: &PgStore, scope: Scope, term: String, searched: Searched) -> usize {
    let filter = Filter { is_active: Some(true), ..Filter::default() };
    let search = Search { scope, filter, words: words(&term), searched, most: 100 };
    store.read().await.unwrap().users().search(&search).await.unwrap().len()
}

async fn lists(store: &PgStore, crowd: Crowd) {
    head("list");
    let all = Filter::default();
    let active = Filter { is_active: Some(true), ..Filter::default() };
    let inactive = Filter { is_active: Some(false), ..Filter::default() };
    let role = |name| Filter { roles: RoleFilter::default().or_system(name), ..Filter::default() };
    let known = Filter { view: View::KnownTo(id("knower")), ..Filter::default() };
    let team = |name| Scope::InTeam(id(name));
    let channel = Scope::InChannel(id("square"));
    let not_in = |name| Scope::NotInTeam { team: id(name), is_constrained: false };
    let not_in_channel = |name| Scope::NotInChannel { team: id("all"), channel: id(name), is_constrained: false };
    let group = Scope::InGroup(id("group"));
    let by_nickname = Order::DisplayName(NameFormat::Nickname);
    let lists = [
        ("everyone", Scope::Everyone, &all, Order::Username),
        ("everyone, active", Scope::Everyone, &active, Order::Username),
        ("everyone, inactive", Scope::Everyone, &inactive, Order::Username),
        ("everyone, admins", Scope::Everyone, &role("system_admin"), Order::Username),
        ("everyone, guests", Scope::Everyone, &role("system_guest"), Order::Username),
        ("everyone, known to one", Scope::Everyone, &known, Order::Username),
        ("everyone, newest", Scope::Everyone, &all, Order::Created),
        ("without a team", Scope::WithoutTeam, &all, Order::Username),
        ("team of all", team("all"), &all, Order::Username),
        ("team of all, active", team("all"), &active, Order::Username),
        ("team of all, inactive", team("all"), &inactive, Order::Username),
        ("team of all, guests", team("all"), &role("system_guest"), Order::Username),
        ("team of a tenth", team("tenth"), &all, Order::Username),
        ("team of a tenth, active", team("tenth"), &active, Order::Username),
        ("team of a tenth, inactive", team("tenth"), &inactive, Order::Username),
        ("team of 50", team("few"), &all, Order::Username),
        ("team of all, newest", team("all"), &all, Order::Created),
        ("team of a tenth, newest", team("tenth"), &all, Order::Created),
        ("team of 50, newest", team("few"), &all, Order::Created),
        ("team of all, last active", team("all"), &all, Order::Activity),
        ("team of a tenth, last active", team("tenth"), &all, Order::Activity),
        ("team of 50, last active", team("few"), &all, Order::Activity),
        ("not in a team of 50", not_in("few"), &all, Order::Username),
        ("not in a team of a tenth", not_in("tenth"), &all, Order::Username),
        ("not in a team of nearly all", not_in("all"), &all, Order::Username),
        ("not in a team of nearly all, active", not_in("all"), &active, Order::Username),
        ("not in a team of nearly all, inactive", not_in("all"), &inactive, Order::Username),
        ("not in a team of nearly all, guests", not_in("all"), &role("system_guest"), Order::Username),
        ("channel of all", channel.clone(), &all, Order::Username),
        ("channel of all, by status", channel.clone(), &all, Order::Status),
        ("channel of all, admins first", channel.clone(), &all, Order::AdminsFirst),
        ("not in a channel of a tenth", not_in_channel("tenth"), &all, Order::Username),
        ("not in a channel of all", not_in_channel("square"), &all, Order::Username),
        ("group of a tenth, by nickname", group.clone(), &all, by_nickname),
        ("not in a group of a tenth", Scope::NotInGroup(id("group")), &all, Order::Username),
    ];
    for (what, scope, filter, order) in lists {
        let deep = u32::try_from(crowd.accounts / 100).unwrap().min(10_000);
        for number in [0, deep] {
            let listing = Listing { scope: scope.clone(), filter: filter.clone(), order, page: Page { number, size: 60 } };
            measure(&format!("{what}, page {number}"), |_| list(store, &listing)).await;
        }
    }
}

async fn list(store: &PgStore, listing: &Listing) -> usize {
    store.read().await.unwrap().users().list(listing).await.unwrap().len()
}

async fn counts(store: &PgStore) {
    head("count");
    let scopes = [
        ("everyone", Scope::Everyone),
        ("team of all", Scope::InTeam(id("all"))),
        ("team of 50", Scope::InTeam(id("few"))),
        ("channel of all", Scope::InChannel(id("square"))),
    ];
    for (what, scope) in scopes {
        let whole = Count { scope: scope.clone(), with_bots: true, with_remote: true, ..Count::default() };
        let active = Count { scope, filter: Filter { is_active: Some(true), ..Filter::default() }, ..Count::default() };
        measure(&format!("{what}, all"), |_| count(store, &whole)).await;
        measure(&format!("{what}, active people"), |_| count(store, &active)).await;
    }
}

async fn count(store: &PgStore, count: &Count) -> usize {
    usize::try_from(store.read().await.unwrap().users().count(count).await.unwrap()).unwrap()
}
