//! Rules of accepting terms of service.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, acting, granted, origin};

async fn bench() -> (Bench, Actor) {
    let bench = Bench::default();
    let ada = bench.person("ada", "system_user").await;
    bench
        .write(async |work| {
            work.terms().insert(&fixture::terms("old", "Be good.")).await.unwrap();
            work.terms().insert(&fixture::terms("new", "Be kind.")).await.unwrap();
        })
        .await;
    (bench, ada)
}

async fn accept(bench: &Bench, actor: &Actor, terms: &str, is_accepted: bool) -> Result<(), AcceptError> {
    bench.accounts.accept_terms(granted(actor), actor, Some(fixture::id(terms)), is_accepted, &origin()).await
}

async fn accepted(bench: &Bench) -> Option<String> {
    let ada = acting(&bench.held(&fixture::id("ada")).await);
    bench.accounts.accepted_terms(&granted(&ada), &ada).map(|terms| terms.id.clone())
}

#[tokio::test]
async fn the_terms_accepted_last_count_until_they_are_declined() {
    let (bench, ada) = bench().await;
    let id = |short: &str| Some(fixture::id::<TermsId>(short).to_string());
    assert_eq!(accepted(&bench).await, None);
    accept(&bench, &ada, "old", true).await.unwrap();
    accept(&bench, &ada, "new", true).await.unwrap();
    assert_eq!(accepted(&bench).await, id("new"));
    accept(&bench, &ada, "old", false).await.unwrap();
    assert_eq!(accepted(&bench).await, id("new"), "these were not declined");
    accept(&bench, &ada, "new", false).await.unwrap();
    assert_eq!(accepted(&bench).await, None);
}

#[tokio::test]
async fn only_people_accept_terms_and_only_terms_that_there_are() {
    let (bench, ada) = bench().await;
    assert!(matches!(accept(&bench, &ada, "none", true).await, Err(AcceptError::UnknownTerms)));
    let nameless = bench.accounts.accept_terms(granted(&ada), &ada, None, true, &origin()).await;
    assert!(matches!(nameless, Err(AcceptError::UnknownTerms)));
    assert!(matches!(accept(&bench, &Actor::Operator, "new", true).await, Err(AcceptError::Nobody)));
    let gone = acting(&fixture::user("gone", "gone"));
    assert!(matches!(accept(&bench, &gone, "new", true).await, Err(AcceptError::Forbidden(Forbidden::NotSignedIn))));
    assert!(bench.audit().await.is_empty());
}
