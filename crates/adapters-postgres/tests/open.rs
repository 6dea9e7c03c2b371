//! Opening a store, and what people are told when that fails.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::time::Duration;

use muster_adapters_postgres::testkit::{Cluster, execute};
use muster_adapters_postgres::{OpenError, PgOptions, PgStore};

/// Opens without waiting for a server that is away.
async fn refused(url: &str) -> OpenError {
    let options = PgOptions { connect_wait: Duration::ZERO, ..PgOptions::new(url) };
    PgStore::open(options).await.err().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_without_being_shown() {
    let cluster = Cluster::own();
    let url = cluster.database().await;
    execute(url.as_str(), "CREATE ROLE guarded LOGIN PASSWORD 'right'").await;

    let error = refused(&url.as_str().replace("postgres@", "guarded:canary@")).await;

    assert!(matches!(error, OpenError::Login { .. }), "{error}");
    let told = format!("{error} {error:?}");
    assert!(told.contains("check user and password") && !told.contains("canary"), "{told}");
    assert!(PgStore::open(PgOptions::new(url.as_str().replace("postgres@", "guarded:right@"))).await.is_ok());
    let no_password = refused(&url.as_str().replace("postgres@", "guarded@")).await;
    assert!(matches!(no_password, OpenError::Login { .. }), "{no_password}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_database_is_named() {
    let url = Cluster::shared().database().await;

    let error = refused(&format!("{}x", url.as_str())).await;

    assert!(matches!(error, OpenError::Database { .. }), "{error}");
    assert!(error.to_string().contains("createdb muster_test_"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_named() {
    let error = refused("postgres://somebody:canary@127.0.0.1:1/nowhere").await;

    assert!(matches!(error, OpenError::Away { .. }), "{error}");
    assert!(error.to_string().contains("127.0.0.1:1/nowhere") && !error.to_string().contains("canary"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_later_is_waited_for() {
    let cluster = Cluster::own();
    let url = cluster.database().await;
    cluster.stop();

    let opening = tokio::spawn(PgStore::open(PgOptions::new(url.as_str())));
    tokio::task::yield_now().await;
    cluster.start();

    assert!(opening.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_refused_where_it_is_asked_for() {
    let cluster = Cluster::own();
    let url = cluster.database().await;

    let error = refused(&format!("{}?sslmode=verify-full", url.as_str())).await;

    assert!(matches!(error, OpenError::Tls { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_certificates_is_named() {
    let options = PgOptions { ca_file: Some("/dev/null".into()), ..PgOptions::new("postgres://u:p@db.example.test/d") };

    let error = PgStore::open(options).await.err().unwrap();

    assert!(matches!(error, OpenError::CaFile { .. }) && error.to_string().contains("/dev/null"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_hide_the_url() {
    let options = PgOptions::new("postgres://u:canary@localhost/d");

    assert!(!format!("{options:?}").contains("canary"));
}
