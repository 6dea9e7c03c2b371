//! Encrypted connections.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::time::Duration;

use muster_adapters_postgres::testkit::{Cluster, PgUrl, execute};
use muster_adapters_postgres::{OpenError, PgOptions, PgStore};
use muster_domain::store::Store;
use tokio_postgres::NoTls;

/// Makes an authority, and a certificate of it for 127.0.0.1, in the server's own folder and as its own user.
const CERTIFY: &str = "COPY (SELECT 1) TO PROGRAM $$
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=authority -keyout ca.key -out ca.crt 2>&1 &&
    openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr 2>&1 &&
    echo subjectAltName=IP:127.0.0.1 > server.ext &&
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile server.ext -out server.crt 2>&1 &&
    chmod 600 server.key $$";

/// A server with TLS, one of its databases, and the file of its authority.
async fn with_tls() -> (Cluster, PgUrl, tempfile::NamedTempFile) {
    let cluster = Cluster::own();
    let url = cluster.database().await;
    execute(url.as_str(), CERTIFY).await;
    execute(url.as_str(), "ALTER SYSTEM SET ssl = on").await;
    cluster.restart();
    let authority = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(authority.path(), text(url.as_str(), "SELECT pg_read_file('ca.crt')").await).unwrap();
    (cluster, url, authority)
}

/// The one text that a query gives.
async fn text(url: &str, sql: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_its_authority_and_its_name() {
    let (_cluster, url, authority) = with_tls().await;
    let at = |host: &str| format!("{}?sslmode=verify-full", url.as_str().replace("127.0.0.1", host));
    let options = |url: String| PgOptions { connect_wait: Duration::ZERO, ..PgOptions::new(url) };
    let trusting = |url: String| PgOptions { ca_file: Some(authority.path().to_owned()), ..options(url) };

    let store = PgStore::open(trusting(at("127.0.0.1"))).await.unwrap();
    let reading = store.read().await.unwrap();
    let ciphers = "SELECT string_agg(DISTINCT version, ' ') FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'muster' AND ssl";
    let version = text(url.as_str(), ciphers).await;
    drop(reading);
    let other_name = PgStore::open(trusting(at("localhost"))).await.err();
    let unknown_authority = PgStore::open(options(at("127.0.0.1"))).await.err();

    assert_eq!(version, "TLSv1.3");
    assert!(matches!(other_name, Some(OpenError::Tls { .. })), "{other_name:?}");
    assert!(matches!(unknown_authority, Some(OpenError::Tls { .. })), "{unknown_authority:?}");
}
