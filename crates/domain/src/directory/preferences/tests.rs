//! Rules of what clients remember.

use super::*;
use crate::preference::OF_SERVICE;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, origin};

fn one(name: &str, value: &str) -> Preference {
    fixture::preference("ada", "look", name, value)
}

async fn bench() -> (Bench, Actor, Actor) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    (bench, root, ada)
}

async fn put(bench: &Bench, actor: &Actor, wanted: &[Preference]) -> Result<(), PreferenceError> {
    bench.directory.put_preferences(actor, &fixture::id("ada"), wanted, &origin()).await
}

async fn held(bench: &Bench, actor: &Actor, category: Option<&str>) -> Result<Vec<Preference>, PreferenceError> {
    bench.directory.preferences::<operations::GetPreferences>(actor, &fixture::id("ada"), category).await
}

#[tokio::test]
async fn what_is_remembered_is_replaced_and_forgotten() {
    let (bench, root, ada) = bench().await;
    put(&bench, &ada, &[one("a", "1"), one("b", "1")]).await.unwrap();
    put(&bench, &root, &[one("a", "2"), fixture::preference("ada", "other", "a", "3")]).await.unwrap();
    assert_eq!(held(&bench, &ada, Some("look")).await.unwrap(), [one("a", "2"), one("b", "1")]);
    let remove = async |wanted: &[Preference]| bench.directory.remove_preferences(&ada, &fixture::id("ada"), wanted, &origin()).await;
    remove(&[one("a", "whatever"), one("none", "")]).await.unwrap();
    assert_eq!(held(&bench, &ada, None).await.unwrap().len(), 2);
    assert!(held(&bench, &ada, Some("none")).await.unwrap().is_empty());
    assert!(matches!(remove(&[]).await, Err(PreferenceError::Number)));
    assert!(matches!(remove(&[fixture::preference("root", "c", "n", "v")]).await, Err(PreferenceError::Foreign)));
}

#[tokio::test]
async fn what_can_not_be_remembered_is_told_in_order() {
    let (bench, root, ada) = bench().await;
    let bob = bench.person("bob", "system_user").await;
    let many: Vec<_> = (0..=BATCH).map(|n| one(&n.to_string(), "")).collect();
    assert!(matches!(put(&bench, &bob, &[]).await, Err(PreferenceError::Forbidden(_))));
    assert!(matches!(held(&bench, &bob, None).await, Err(PreferenceError::Forbidden(_))));
    assert!(matches!(put(&bench, &ada, &[]).await, Err(PreferenceError::Number)));
    assert!(matches!(put(&bench, &ada, &many).await, Err(PreferenceError::Number)));
    assert!(put(&bench, &ada, &many[1..]).await.is_ok());
    let theme = [fixture::preference("ada", "theme", "", "dark")];
    assert!(matches!(put(&bench, &ada, &theme).await, Err(PreferenceError::Invalid(InvalidPreference::Theme))));
    assert!(bench.directory.remove_preferences(&ada, &fixture::id("ada"), &theme, &origin()).await.is_ok());
    let foreign = [one("a", ""), fixture::preference("root", "look", "a", "")];
    assert!(matches!(put(&bench, &ada, &foreign).await, Err(PreferenceError::Foreign)));
    let half = [one("fine", ""), one(&"n".repeat(33), "")];
    assert!(matches!(put(&bench, &ada, &half).await, Err(PreferenceError::Invalid(InvalidPreference::Name))));
    assert_eq!(held(&bench, &ada, None).await.unwrap().len(), BATCH, "all or none");
    let nobodys = [fixture::preference("none", "look", "a", "")];
    let missing = bench.directory.put_preferences(&root, &fixture::id("none"), &nobodys, &origin()).await;
    assert!(matches!(missing, Err(PreferenceError::Missing)));
}

#[tokio::test]
async fn an_account_remembers_so_much_and_no_more() {
    let (bench, _, ada) = bench().await;
    let full: Vec<_> = (0..OF_ACCOUNT).map(|n| one(&n.to_string(), "")).collect();
    bench.write(async |work| work.preferences().put(&full).await.unwrap()).await;
    assert!(put(&bench, &ada, &[one("0", "new")]).await.is_ok());
    assert!(matches!(put(&bench, &ada, &[one("more", "")]).await, Err(PreferenceError::TooMany)));
    assert_eq!(held(&bench, &ada, None).await.unwrap().len(), full.len());
    // What the service keeps among them takes no place from theirs, and finds one when they have them all.
    let status = Some(r#"{"emoji":"tea","text":"at tea"}"#.to_owned());
    let id = fixture::id("ada");
    bench.accounts.set_custom_status::<operations::UpdateUserCustomStatus>(&ada, &id, status, &origin()).await.unwrap();
    assert!(held(&bench, &ada, Some(OF_SERVICE.0)).await.unwrap()[0].value.contains("at tea"));
    assert!(put(&bench, &ada, &[one("0", "newer")]).await.is_ok());
    assert!(matches!(put(&bench, &ada, &[one("more", "")]).await, Err(PreferenceError::TooMany)));
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(held(&bench, &ada, None).await, Err(PreferenceError::Store(_))));
}
