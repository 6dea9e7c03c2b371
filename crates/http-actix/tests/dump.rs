//! Who has the whole store has nothing that lets him in.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;
#[path = "dump/secrets.rs"]
mod secrets;
#[path = "dump/trial.rs"]
mod trial;

use std::collections::BTreeSet;

use app::TestApp;
use muster_adapters_postgres::testkit::{Cluster, text};
use muster_domain::mail::MailState;
use muster_domain::page::Page;
use secrets::{Secrets, peopled};
use serde_json::json;
use trial::Kind;

/// Every row of every table as text, and what is binary in them once more as it is.
async fn rows(url: &str) -> Vec<u8> {
    let tables = text(url, "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'").await;
    let mut dump = Vec::new();
    for table in tables.split(',') {
        let rows = text(url, &format!("SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM \"{table}\" AS t")).await;
        for hex in rows.split("\\x").skip(1) {
            let digits: Vec<_> = hex.bytes().map_while(|byte| char::from(byte).to_digit(16)).collect();
            dump.extend(digits.chunks_exact(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()));
            dump.push(b'\n');
        }
        dump.extend(rows.into_bytes());
    }
    dump
}

/// Every part of 16 to 64 characters that could be a secret of a kind.
fn parts(dump: &[u8], kind: Kind) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for run in dump.split(|byte| !byte.is_ascii_alphanumeric() && !b"_-".contains(byte)) {
        for length in (16..=64).filter(|length| kind.has_length(*length)) {
            let texts = run.windows(length).map(|part| std::str::from_utf8(part).unwrap());
            parts.extend(texts.filter(|text| kind.could_be(text)).map(str::to_owned));
        }
    }
    parts
}

/// Puts every secret into the store in clear, where somebody keeps what he likes.
async fn plant(app: &TestApp, secrets: &Secrets) {
    let bearer = &secrets.of(Kind::Bearer)[1];
    let me = app.get("/api/v4/users/me").bearer(bearer).send().await.json()["id"].clone();
    for (at, (_, secret)) in secrets.0.iter().enumerate() {
        let planted = json!([{ "user_id": me, "category": "c", "name": format!("n{at}"), "value": secret }]);
        assert_eq!(app.put("/api/v4/users/me/preferences", &planted).bearer(bearer).send().await.status, 200);
    }
}

async fn nothing_lets_anybody_in(app: &TestApp, secrets: &Secrets, dump: impl AsyncFn() -> Vec<u8>) {
    let before = dump().await;
    for (kind, secret) in &secrets.0 {
        assert!((16..=64).contains(&secret.len()) && kind.could_be(secret), "{kind:?} are of another form: {secret}");
        for text in [secret.clone(), secret.replace('-', "")] {
            assert!(!before.windows(text.len()).any(|part| part == text.as_bytes()), "the store holds {text}");
        }
    }
    for kind in Kind::ALL {
        let parts = parts(&before, kind);
        assert!(parts.len() > 500 || kind == Kind::Link, "only {} texts were found that could be {kind:?}", parts.len());
        assert_eq!(trial::first_that_opens(app, kind, parts).await, None, "{kind:?}");
    }

    // The trial itself works: what stands there in clear is found, and lets in.
    plant(app, secrets).await;
    let after = dump().await;
    for kind in Kind::ALL {
        let parts = parts(&after, kind);
        for secret in secrets.of(kind) {
            assert!(parts.contains(&secret), "{kind:?}: {secret} was not found");
            assert_eq!(trial::first_that_opens(app, kind, BTreeSet::from([secret.clone()])).await, Some(secret), "{kind:?}");
        }
    }
}

#[actix_web::test]
async fn nothing_in_the_files_of_a_store_lets_anybody_in() {
    let (app, secrets) = peopled("").await;
    let waiting = app.store().read().await.unwrap().outbox().list(&[MailState::Waiting], Page::FIRST).await.unwrap();
    assert!(waiting.len() >= 3, "letters wait, sealed");

    nothing_lets_anybody_in(&app, &secrets, async || app.dump()).await;
}

#[actix_web::test]
async fn nothing_in_a_dump_of_postgresql_lets_anybody_in() {
    let database = Cluster::shared().database().await;
    let (app, secrets) = peopled(&format!("store.url = \"{}\"\n", database.as_str())).await;

    nothing_lets_anybody_in(&app, &secrets, async || rows(database.as_str()).await).await;
}
