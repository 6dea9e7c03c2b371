//! Measures lists, searches, counts and changes over a directory of some size.
//!
//! `cargo run --release -p muster-adapters-sqlite --example sqlite_lists -- 1000000 [file that is kept [part of a name]]`
#![expect(clippy::unwrap_used, reason = "a measurement that breaks should stop")]

use std::time::Duration;

use muster_adapters_sqlite::{SqliteOptions, SqliteStore};
use muster_domain::id::UserId;
use muster_domain::page::Page;
use muster_domain::role::Roles;
use muster_domain::status::{Presence, Status};
use muster_domain::store::{Store as _, UnitOfWork};
use muster_domain::testkit::fixture::{BORN, channel, channel_member, group, id, status, team, team_member, user};
use muster_domain::user::User;
use muster_domain::user::query::{Count, Filter, Listing, NameFormat, Order, RoleFilter, Scope, Search, Searched, View, words};
use muster_domain::username::Username;
use tokio::time::Instant;

/// Accounts of one unit of work.
const BATCH: usize = 5_000;
/// The deep page; of a smaller directory one as deep in its list.
const DEEP: usize = 10_000;

/// A number far from its neighbours': accounts are made in no order of their names.
fn scattered(number: usize, count: usize) -> usize {
    number * 7_919 % count
}

fn short(number: usize) -> String {
    format!("{number}x")
}

fn account(number: usize) -> User {
    let mut user = user(&short(number), &format!("seed{number:06}"));
    // One of a hundred first names, the first of them more common than the others.
    user.profile.first_name = if number.is_multiple_of(10) { "Ada".to_owned() } else { format!("Name{:02}", number % 100) };
    user.profile.last_name = format!("Fam{:03}", number * 31 % 900);
    user.created_at = BORN.after(Duration::from_secs(number as u64));
    if number % 100 == 3 {
        user.roles = Roles::guest();
    } else if number % 50_000 == 7 {
        user.roles = Roles::admin();
    }
    if number % 20 == 1 {
        user.deleted_at = BORN;
    }
    user
}

async fn fill(store: &SqliteStore, count: usize) {
    let mut work = store.begin().await.unwrap();
    for short in ["all", "tenth", "few"] {
        work.teams().insert(&team(short)).await.unwrap();
    }
    for short in ["c", "n"] {
        work.channels().insert(&channel(short, Some("all"))).await.unwrap();
    }
    work.groups().insert(&group("g")).await.unwrap();
    work.commit().await.unwrap();
    for first in (0..count).step_by(BATCH) {
        let numbers: Vec<_> = (first..(first + BATCH).min(count)).map(|number| scattered(number, count)).collect();
        let users: Vec<_> = numbers.iter().map(|number| account(*number)).collect();
        let mut work = store.begin().await.unwrap();
        work.users().insert(&users).await.unwrap();
        place(&mut *work, &numbers).await;
        work.commit().await.unwrap();
    }
}

/// Puts accounts into the teams, channels and the group, and some of them at their desks.
async fn place(work: &mut dyn UnitOfWork, numbers: &[usize]) {
    for number in numbers.iter().copied() {
        // But for a few, everybody is in the first team.
        let teams = [("all", number % 10_000 != 9), ("tenth", number.is_multiple_of(10)), ("few", number < 50)];
        for (name, _) in teams.into_iter().filter(|(_, is_in)| *is_in) {
            assert!(work.teams().join(&team_member(name, &short(number))).await.unwrap());
        }
        if number % 10 == 5 {
            let presence = [Presence::Online, Presence::Away, Presence::DoNotDisturb, Presence::Offline][number / 10 % 4];
            let last_activity_at = BORN.after(Duration::from_secs(number as u64));
            work.statuses().put(&Status { last_activity_at, ..status(&short(number), presence) }).await.unwrap();
        }
    }
    let everyone: Vec<_> = numbers.iter().map(|number| channel_member("c", &short(*number))).collect();
    work.channels().join(&everyone).await.unwrap();
    let guests: Vec<_> = numbers.iter().filter(|number| *number % 100 == 3).map(|number| channel_member("n", &short(*number))).collect();
    work.channels().join(&guests).await.unwrap();
    let quarter: Vec<UserId> = numbers.iter().filter(|number| number.is_multiple_of(4)).map(|number| id(&short(*number))).collect();
    work.groups().add(&id("g"), &quarter, BORN).await.unwrap();
}

/// Whether something is measured: all is, or what the third argument names a part of.
fn is_wanted(label: &str) -> bool {
    std::env::args().nth(3).is_none_or(|part| label.contains(&part))
}

/// Runs something many times, or as often as some seconds allow, and prints how long it took.
async fn measure(label: &str, mut run: impl AsyncFnMut(usize) -> usize) {
    if !is_wanted(label) {
        return;
    }
    let (began, mut times, mut rows) = (Instant::now(), Vec::new(), 0);
    for round in 0..200 {
        let before = Instant::now();
        rows = run(round).await;
        times.push(before.elapsed());
        if began.elapsed() > Duration::from_secs(6) && times.len() >= 5 {
            break;
        }
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1_000.0;
    println!("| {label} | {rows} | {:.2} | {:.2} | {} |", at(50), at(99), times.len());
}

async fn search(store: &SqliteStore, scope: &Scope, term: &str, is_all: bool) -> usize {
    let searched = Searched { full_name: is_all, email: is_all };
    let search = Search { scope: scope.clone(), filter: Filter::default(), words: words(term), searched, most: 100 };
    store.read().await.unwrap().users().search(&search).await.unwrap().len()
}

async fn searches(store: &SqliteStore, count: usize) {
    let terms: [(&str, &dyn Fn(usize) -> String); 12] = [
        ("rare (seed012345)", &|round| format!("seed{:06}", scattered(round * 10, count))),
        ("absent (zzzq)", &|_| "zzzq".to_owned()),
        ("middling (fam123)", &|round| format!("fam{:03}", round * 7 % 900)),
        ("more (fam12)", &|round| format!("fam{:02}", round % 90)),
        ("between (seed01)", &|round| format!("seed{:02}", round % 100)),
        ("common (ada)", &|_| "ada".to_owned()),
        ("all (seed)", &|_| "seed".to_owned()),
        ("two words (ada fam123)", &|round| format!("ada fam{:03}", round * 7 % 900)),
        ("two words (ada fam12)", &|round| format!("ada fam{:02}", round % 90)),
        ("two common words that nobody has (ada name)", &|_| "ada name".to_owned()),
        ("two letters that nobody has (zq)", &|_| "zq".to_owned()),
        ("one letter (a)", &|_| "a".to_owned()),
    ];
    let scopes = [("everyone", Scope::Everyone), ("team of a tenth", in_team("tenth")), ("team of 50", in_team("few"))];
    for (place, scope) in &scopes {
        for (label, term) in &terms {
            measure(&format!("search {place}: {label}"), async |round| search(store, scope, &term(round), true).await).await;
        }
    }
    for term in ["example", "zzzqzzz"] {
        let ask = async |_| search(store, &Scope::Everyone, term, false).await;
        measure(&format!("search everyone, names alone: {term}"), ask).await;
    }
}

fn in_team(short: &str) -> Scope {
    Scope::InTeam(id(short))
}

fn filters() -> Vec<(&'static str, Filter)> {
    let with = |part: &str| Filter { roles: RoleFilter::default().with_part(part), ..Filter::default() };
    vec![
        ("", Filter::default()),
        (", active", Filter { is_active: Some(true), ..Filter::default() }),
        (", inactive", Filter { is_active: Some(false), ..Filter::default() }),
        (", guests", with("system_guest")),
        (", admins", with("system_admin")),
        (", known to a guest", Filter { view: View::KnownTo(id(&short(103))), ..Filter::default() }),
    ]
}

async fn lists(store: &SqliteStore, count: usize) {
    let not_in = |channel: &str| Scope::NotInChannel { team: id("all"), channel: id(channel), is_constrained: false };
    let not_in_team = |team: &str| Scope::NotInTeam { team: id(team), is_constrained: false };
    let scopes = [
        ("everyone", Scope::Everyone),
        ("without team", Scope::WithoutTeam),
        ("team of all", in_team("all")),
        ("team of a tenth", in_team("tenth")),
        ("team of 50", in_team("few")),
        ("not in team of all", not_in_team("all")),
        ("not in team of 50", not_in_team("few")),
        ("channel of all", Scope::InChannel(id("c"))),
        ("not in channel of all", not_in("c")),
        ("not in channel of guests", not_in("n")),
        ("group of a quarter", Scope::InGroup(id("g"))),
        ("not in group of a quarter", Scope::NotInGroup(id("g"))),
    ];
    for (place, scope) in scopes {
        for (what, filter) in filters() {
            list(store, &format!("{place}{what}"), Listing { scope: scope.clone(), filter, ..Listing::default() }, count).await;
        }
    }
    let by_display_name = [Order::DisplayName(NameFormat::Nickname), Order::DisplayName(NameFormat::FullName)];
    let sorted = [
        ("team of all", in_team("all"), [Order::Created, Order::Activity]),
        ("team of a tenth", in_team("tenth"), [Order::Created, Order::Activity]),
        ("team of 50", in_team("few"), [Order::Created, Order::Activity]),
        ("channel of all", Scope::InChannel(id("c")), [Order::Status, Order::AdminsFirst]),
        ("group of a quarter", Scope::InGroup(id("g")), by_display_name),
    ];
    for (place, scope, orders) in sorted {
        for order in orders {
            list(store, &format!("{place} by {order:?}"), Listing { scope: scope.clone(), order, ..Listing::default() }, count).await;
        }
    }
}

/// The first page of a list, and a deep one.
async fn list(store: &SqliteStore, label: &str, listing: Listing, count: usize) {
    for number in [0, DEEP.min(count / 100)] {
        let page = Page { number: u32::try_from(number).unwrap(), size: 60 };
        let listing = Listing { page, ..listing.clone() };
        let ask = async |_| store.read().await.unwrap().users().list(&listing).await.unwrap().len();
        measure(&format!("{label}, page {number}"), ask).await;
    }
}

async fn counts(store: &SqliteStore) {
    let scopes = [("everyone", Scope::Everyone), ("team of all", in_team("all")), ("channel of all", Scope::InChannel(id("c")))];
    for (place, scope) in scopes {
        for (what, filter) in filters() {
            let count = Count { scope: scope.clone(), filter, ..Count::default() };
            let ask = async |_| usize::try_from(store.read().await.unwrap().users().count(&count).await.unwrap()).unwrap();
            measure(&format!("count of {place}{what}"), ask).await;
        }
    }
}

/// Sign-ups, renames and removals, one a unit of work.
async fn changes(store: &SqliteStore, count: usize) {
    let sign_up = async |round: usize| {
        let mut work = store.begin().await.unwrap();
        work.users().insert(&[account(count + round)]).await.unwrap();
        work.teams().join(&team_member("all", &short(count + round))).await.unwrap();
        work.commit().await.unwrap();
        1
    };
    measure("sign-up into a team", sign_up).await;
    let rename = async |round: usize| {
        let mut work = store.begin().await.unwrap();
        let mut user = work.users().locked(&id(&short(scattered(round, count)))).await.unwrap().unwrap();
        user.username = Username::parse(&format!("renamed{round}")).unwrap();
        work.users().update(&user).await.unwrap();
        work.commit().await.unwrap();
        1
    };
    measure("rename", rename).await;
    let removal = async |round: usize| {
        let mut work = store.begin().await.unwrap();
        assert!(work.users().remove(&id(&short(count + round))).await.unwrap());
        work.users().remove(&id(&short(scattered(round, count)))).await.unwrap();
        work.commit().await.unwrap();
        2
    };
    measure("removal of two", removal).await;
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir().unwrap();
    let path = arguments.next().map_or_else(|| folder.path().join("muster.db"), Into::into);
    let is_new = !path.exists();
    let options = SqliteOptions { path: path.clone(), readers: 1, is_synchronous_full: false };
    let store = SqliteStore::open(options).await.unwrap();
    store.migrate().await.unwrap();
    if is_new {
        let began = Instant::now();
        fill(&store, count).await;
        let size = std::fs::metadata(&path).unwrap().len() / 1_000_000;
        println!("{count} accounts in {:.0} s, {size} MB\n", began.elapsed().as_secs_f64());
    }
    let began = Instant::now();
    while store.tend().await.unwrap() {}
    println!("tended in {:.1} s\n", began.elapsed().as_secs_f64());
    println!("| what | rows | p50 ms | p99 ms | runs |\n| --- | --- | --- | --- | --- |");
    let by_id = async |round| store.read().await.unwrap().users().by_id(&id(&short(scattered(round, count)))).await.unwrap().iter().count();
    measure("by id", by_id).await;
    searches(&store, count).await;
    lists(&store, count).await;
    counts(&store).await;
    changes(&store, count).await;
}
