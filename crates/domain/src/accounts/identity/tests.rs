//! Rules of who vouches for an account's holder.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, origin};

async fn set(bench: &Bench, actor: &Actor, short_id: &str, service: &str, subject: &str) -> Result<(), IdentityError> {
    bench.accounts.set_identity(actor, &fixture::id(short_id), service.into(), subject.into(), &origin()).await
}

async fn bench() -> (Bench, Actor, Actor) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    (bench, root, ada)
}

#[tokio::test]
async fn a_provider_takes_the_place_of_the_password_and_sessions_go_on() {
    let (bench, root, _) = bench().await;
    let (_, token) = bench.session("ada").await;
    let gate = bench.gate.lock_arc().await;
    let meanwhile = async {
        set(&bench, &root, "ada", "gitlab", "7").await.unwrap();
        drop(gate);
    };

    let (begun, ()) = tokio::join!(bench.sign_in("ada", "Passw0rd!x"), meanwhile);

    assert!(begun.is_err() && bench.sign_in("ada", "Passw0rd!x").await.is_err());
    assert_eq!(bench.actor(&token).await.user().unwrap().identity, fixture::identity("gitlab", "7"));
    let entry = bench.store.audits().into_iter().find(|entry| entry.operation == Operation::UpdateUserAuth).unwrap();
    assert_eq!(entry.after, Some(serde_json::json!({ "auth_service": "gitlab" })), "never the name there");
}

#[tokio::test]
async fn what_is_wrong_with_an_identity_is_told_in_order() {
    let (bench, root, ada) = bench().await;
    set(&bench, &root, "root", "gitlab", "1").await.unwrap();
    assert!(matches!(set(&bench, &ada, "ada", "", "").await, Err(IdentityError::Forbidden(_))));
    assert!(matches!(set(&bench, &ada, "root", "gitlab", "7").await, Err(IdentityError::Forbidden(_))));
    assert!(matches!(set(&bench, &root, "ada", "", "7").await, Err(IdentityError::Incomplete)));
    assert!(matches!(set(&bench, &root, "ada", "gitlab", "").await, Err(IdentityError::Incomplete)));
    assert!(matches!(set(&bench, &root, "ada", &"s".repeat(33), "7").await, Err(IdentityError::Invalid)));
    assert!(matches!(set(&bench, &root, "ada", "gitlab", &"d".repeat(129)).await, Err(IdentityError::Invalid)));
    assert!(matches!(set(&bench, &root, "ada", "gitlab", "\0").await, Err(IdentityError::Invalid)));
    assert!(matches!(set(&bench, &root, "ada", "gitlab", "1").await, Err(IdentityError::Taken)));
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_ok(), "nothing has changed");
}

#[tokio::test]
async fn an_id_that_nobody_has_changes_nothing() {
    let (bench, root, _) = bench().await;
    set(&bench, &root, "none", "gitlab", "7").await.unwrap();
    assert!(bench.audit().await.is_empty());
}

#[tokio::test]
async fn identities_are_compared_byte_by_byte() {
    let (bench, root, _) = bench().await;
    set(&bench, &root, "root", "gitlab", "ann").await.unwrap();
    for subject in ["joann", "Ann", "ann ", "anna", "ánn"] {
        set(&bench, &root, "ada", "gitlab", subject).await.unwrap();
    }
    set(&bench, &root, "ada", "google", "ann").await.unwrap();
}
