//! Migrations, by hand, at start, and by two at once.

use muster_adapters_postgres::testkit::{Cluster, PgUrl};
use serde_json::Value;

use crate::client::{PASSWORD, sign_in, sign_up};
use crate::muster::{Place, Service, free_address};

const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn empty_database() -> PgUrl {
    tokio::runtime::Runtime::new().unwrap().block_on(Cluster::shared().empty_database())
}

fn applied(service: &Service) -> Vec<String> {
    let lines = service.running.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>();
    let names = lines.iter().filter(|line| line["message"] == "applied a migration");
    names.map(|line| line["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn migrating_twice_is_no_failure() {
    let place = Place::new();

    let first = place.run(&["migrate"]).succeeded();
    let second = place.run(&["migrate"]).succeeded();

    assert!(first.starts_with("applied ") && first.contains("_foundation"), "{first}");
    assert_eq!(second, "the store is up to date\n");
}

#[test]
fn a_start_that_may_not_migrate_says_what_is_missing() {
    let place = Place::new().set("server.listen", free_address()).set("store.migrate", false);

    let failed = place.run(&["serve"]);
    place.run(&["migrate"]).succeeded();

    let told = failed.sentence();
    assert!(told.starts_with("the store lacks migrations, ") && told.contains("_foundation the first"), "{told}");
    assert!(told.ends_with("run `muster migrate`, or set store.migrate to true"), "{told}");
    place.serve().stop().succeeded();
}

/// Starts two services at once, and sees that one migrated and that they serve the same accounts.
fn two_at_once(place: &Place) {
    let mut services = [place.start(), place.start()];
    for service in &mut services {
        assert!(service.is_ready_at_last(), "{}", service.running.log());
    }
    let [one, other] = services;
    let applied = [applied(&one), applied(&other)].concat();
    let distinct: std::collections::BTreeSet<_> = applied.iter().collect();

    assert!(!applied.is_empty() && applied.len() == distinct.len(), "{applied:?}");
    assert_eq!(sign_up(one.address, "ada").unwrap().status, 201);
    assert_eq!(sign_up(other.address, "bob").unwrap().status, 403, "the first account is another's");
    let token = sign_in(one.address, "ada", PASSWORD).token();
    assert_eq!(crate::client::get(other.address, "/api/v4/users/me", &token).status, 200);
}

#[test]
fn two_services_on_one_file_migrate_once() {
    let place = Place::new();

    two_at_once(&place);

    let mut names: Vec<_> =
        std::fs::read_dir(place.folder().join("data")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.contains("key"));
    assert_eq!(names, ["muster.key"]);
}

#[test]
fn two_services_on_one_server_migrate_once() {
    let database = empty_database();

    two_at_once(&Place::new().set("store.url", database.as_str()).set("secrets.key", KEY));
}
