//! PostgreSQL that is away, goes away and comes back, as clients and operators of the program see it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken fixture should fail the test")]

#[path = "process/client.rs"]
mod client;
#[path = "process/muster.rs"]
mod muster;
#[path = "process/poll.rs"]
mod poll;
#[path = "process/tarpit.rs"]
mod tarpit;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use client::{PASSWORD, Reply, get, missing, sign_in, sign_up};
use muster::{Place, free_address};
use muster_adapters_postgres::testkit::{Cluster, PgUrl, execute};
use tarpit::Tarpit;
use tokio::runtime::Runtime;
use tokio::time::Instant;

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// How long any answer may take while the database is away.
const BOUND: Duration = Duration::from_secs(10);
/// Sign-ups that one thread asks for at most.
const MOST: u32 = 20_000;
/// Answers of a kind that are waited for before the test goes on.
const ENOUGH: u32 = 20;

fn empty_database(cluster: &Cluster) -> PgUrl {
    Runtime::new().unwrap().block_on(cluster.empty_database())
}

fn place(url: &str) -> Place {
    Place::new().set("store.url", url).set("secrets.key", KEY)
}

/// The same database, asked for by another user.
fn as_user(database: &PgUrl, user: &str) -> String {
    database.as_str().replacen("postgres@", &format!("{user}@"), 1)
}

/// Checks that a refusal is one that clients can read.
fn assert_unavailable(reply: &Reply) {
    assert!(matches!(reply.status, 500 | 503), "{reply:?}");
    let body = reply.json();
    assert_eq!(body["status_code"], reply.status, "{reply:?}");
    let is_text = |name: &str| body[name].as_str().is_some_and(|text| !text.is_empty());
    assert!(is_text("id") && is_text("message") && is_text("request_id") && body["detailed_error"] == "", "{reply:?}");
}

/// Waits until enough more were counted.
fn more(what: &str, count: &AtomicU32) {
    let before = count.load(Ordering::SeqCst);
    poll::until(what, || (count.load(Ordering::SeqCst) >= before + ENOUGH).then_some(()));
}

/// What clients that go on asking have seen.
#[derive(Default)]
struct Seen {
    successes: AtomicU32,
    failures: AtomicU32,
    is_over: AtomicBool,
}

impl Seen {
    /// Takes note of an answer; whether it is a success.
    fn note(&self, reply: &Reply, began: Instant, success: u16) -> bool {
        assert!(began.elapsed() < BOUND, "{:?}: {reply:?}", began.elapsed());
        if reply.status == success {
            self.successes.fetch_add(1, Ordering::SeqCst);
            return true;
        }
        assert_unavailable(reply);
        self.failures.fetch_add(1, Ordering::SeqCst);
        poll::pause();
        false
    }

    /// Signs people up and asks who one is, until it is over; gives the names that were acknowledged.
    fn load(&self, address: SocketAddr, token: &str, thread: u32) -> Vec<String> {
        let mut names = Vec::new();
        for name in (0..MOST).map(|number| format!("user{thread}x{number}")) {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let began = Instant::now();
            if self.note(&sign_up(address, &name).unwrap(), began, 201) {
                names.push(name);
            }
            let began = Instant::now();
            self.note(&get(address, "/api/v4/users/me", token), began, 200);
        }
        names
    }
}

#[test]
fn a_database_that_is_killed_under_load_is_missed_and_taken_back() {
    let cluster = Cluster::own();
    let database = empty_database(&cluster);
    let mut place = place(database.as_str()).set("accounts.open_sign_up", true);
    let mut service = place.serve();
    place.change("server.listen", service.address);
    sign_up(service.address, "ada").unwrap();
    let (address, token, seen) = (service.address, sign_in(service.address, "ada", PASSWORD).token(), Seen::default());

    let (names, meanwhile, health) = std::thread::scope(|threads| {
        let (seen, token) = (&seen, &token);
        let clients: Vec<_> = (0..4).map(|thread| threads.spawn(move || seen.load(address, token, thread))).collect();
        more("clients are served", &seen.successes);
        cluster.stop();
        more("clients are refused", &seen.failures);
        let meanwhile = get(address, "/readyz", "");
        let health = place.run(&["health"]);
        cluster.start();
        more("clients are served again", &seen.successes);
        seen.is_over.store(true, Ordering::SeqCst);
        (clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>(), meanwhile, health)
    });

    assert_eq!(meanwhile.status, 503);
    assert_unavailable(&meanwhile);
    assert_eq!(health.sentence(), "the service is not ready (it answered 503); see what it logs");
    assert_eq!(get(address, "/readyz", "").status, 200);
    assert!(!service.running.has_ended());
    assert!(names.len() >= 10, "{}", names.len());
    assert_eq!(missing(address, &token, &names), Vec::<String>::new());
    assert_eq!(sign_in(address, names.last().unwrap(), PASSWORD).status, 201);
    service.stop().succeeded();
}

#[test]
fn a_start_waits_for_the_database_and_says_so() {
    let cluster = Cluster::own();
    let database = empty_database(&cluster);
    let place = place(database.as_str());
    cluster.stop();

    let mut service = place.start();
    let line = poll::until("it says that it waits", || {
        let log = service.running.log();
        log.lines().find(|line| line.contains("PostgreSQL does not answer yet; trying on")).map(str::to_owned)
    });
    cluster.start();

    assert!(service.is_ready_at_last(), "{}", service.running.log());
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(line["server"].as_str().unwrap().starts_with("127.0.0.1:") && line["level"] == "WARN", "{line}");
    assert_eq!(sign_up(service.address, "ada").unwrap().status, 201);
}

#[test]
fn a_start_that_waits_stops_when_it_is_told_to() {
    let place = place(&format!("postgres://u:canary@{}/d", free_address()));
    let service = place.start();
    poll::until("it waits", || service.running.log().contains("does not answer yet").then_some(()));

    let ended = service.stop();

    assert!(!ended.log.contains("canary"), "{ended:?}");
    ended.succeeded();
}

#[test]
fn a_database_that_never_answers_is_told() {
    let away = free_address();
    let place = place(&format!("postgres://u:canary@{away}/d")).set("server.listen", free_address()).set("store.connect_wait_secs", 1);

    let failed = place.run(&["serve"]);

    let told = failed.sentence();
    assert!(told.starts_with(&format!("PostgreSQL at {away}/d did not answer within 1 s")), "{told}");
    assert!(told.ends_with("start it, or correct store.url") && !failed.log.contains("canary"), "{failed:?}");
}

#[test]
fn what_waiting_does_not_mend_is_told_at_once_without_the_password() {
    let cluster = Cluster::own();
    let database = empty_database(&cluster);
    Runtime::new().unwrap().block_on(execute(database.as_str(), "CREATE ROLE guarded LOGIN PASSWORD 'right'"));
    let (server, name) = database.as_str().rsplit_once('/').unwrap();
    let started = |url: &str| place(url).set("server.listen", free_address()).run(&["serve"]);

    let password = started(&as_user(&database, "guarded:canary"));
    let none = started(&as_user(&database, "guarded"));
    let user = started(&as_user(&database, "nobody:canary"));
    let missing = started(&format!("{}/canary_free", server.replacen("postgres@", "postgres:canary@", 1)));
    let rights = started(&as_user(&database, "guarded:right"));

    for failed in [&password, &none, &user] {
        let told = failed.sentence();
        assert!(told.contains(&format!("/{name} refuses the user (")), "{told}");
        assert!(told.contains("check user and password in store.url"), "{told}");
    }
    let told = missing.sentence();
    assert!(told.contains("has no such database") && told.contains("createdb canary_free"), "{told}");
    let told = rights.sentence();
    assert!(told.starts_with("a migration failed and was undone: ") && told.contains("may create tables"), "{told}");
    for failed in [&password, &none, &user, &missing, &rights] {
        assert!(!failed.log.replace("canary_free", "").contains("canary") && !failed.log.contains("right@"), "{failed:?}");
        assert!(!failed.log.contains("trying on"), "{failed:?}");
    }
}

#[test]
fn a_database_that_hangs_is_given_up_and_taken_back() {
    let cluster = Cluster::own();
    let database = empty_database(&cluster);
    let server = server_of(&database);
    let tarpit = Tarpit::before(server);
    let behind = database.as_str().replacen(&server.to_string(), &tarpit.address.to_string(), 1);
    let settings = [("accounts.open_sign_up", "true"), ("server.request_timeout_secs", "2"), ("store.wait_timeout_secs", "2")];
    let place = settings.into_iter().fold(place(&behind), |place, (name, value)| place.set(name, value));
    let service = place.serve();
    sign_up(service.address, "ada").unwrap();
    let token = sign_in(service.address, "ada", PASSWORD).token();

    tarpit.freeze();
    for _ in 0..10 {
        let began = Instant::now();
        assert_unavailable(&get(service.address, "/api/v4/users/me", &token));
        assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());
    }
    tarpit.thaw();

    poll::until("the database is taken back", || (get(service.address, "/api/v4/users/me", &token).status == 200).then_some(()));
    assert!(missing(service.address, &token, &["ada".to_owned()]).is_empty());
}

/// Where a database's server listens.
fn server_of(database: &PgUrl) -> SocketAddr {
    let (_, behind) = database.as_str().split_once('@').unwrap();
    let (server, _) = behind.split_once('/').unwrap();
    server.parse().unwrap()
}
