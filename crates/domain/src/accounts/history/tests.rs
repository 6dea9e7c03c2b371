//! Rules of what is told of an account's doings.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, origin};

async fn bench() -> (Bench, [Actor; 3]) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    (bench, [root, ada, gus])
}

async fn told(bench: &Bench, actor: &Actor, short_id: &str, page: Page) -> Vec<String> {
    let seen = bench.accounts.history(actor, &fixture::id(short_id), page).await.unwrap();
    seen.into_iter().map(|action| action.extra).collect()
}

#[tokio::test]
async fn a_holder_and_those_above_him_see_what_he_did_newest_first() {
    let (bench, [root, ada, _]) = bench().await;
    for (name, roles) in [("ada", "system_user system_manager"), ("gus", "system_guest system_manager")] {
        bench.accounts.set_roles(&root, &fixture::id(name), roles, &origin()).await.unwrap();
    }
    bench.session("root").await;

    let all = told(&bench, &root, "root", Page::FIRST).await;

    assert_eq!(all.len(), 4);
    assert!(all[0].starts_with("success session_user=") && all[2].starts_with(&format!("user={}", fixture::id::<UserId>("gus"))));
    assert_eq!(told(&bench, &root, "root", Page { number: 1, size: 3 }).await, all[3..]);
    assert!(told(&bench, &root, "root", Page { number: 2, size: 3 }).await.is_empty());
    assert!(told(&bench, &ada, "ada", Page::FIRST).await.is_empty(), "what was done to her is not hers");
    assert!(told(&bench, &root, "none", Page::FIRST).await.is_empty());
}

#[tokio::test]
async fn what_has_no_text_for_its_holder_is_kept_from_him() {
    let (bench, [root, _, _]) = bench().await;
    bench.accounts.demote(&root, &fixture::id("ada"), &origin()).await.unwrap();
    assert!(told(&bench, &root, "root", Page::FIRST).await.is_empty());
}

#[tokio::test]
async fn nobody_reads_what_others_did() {
    let (bench, [_, ada, gus]) = bench().await;
    for (actor, name) in [(&ada, "root"), (&ada, "gus"), (&ada, "none"), (&gus, "ada"), (&Actor::Nobody, "ada")] {
        let refused = bench.accounts.history(actor, &fixture::id(name), Page::FIRST).await;
        assert!(matches!(refused, Err(HistoryError::Forbidden(_))), "{name}");
    }
}
