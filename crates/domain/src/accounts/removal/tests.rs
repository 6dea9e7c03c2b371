//! Rules of removing accounts.

use std::sync::atomic::Ordering;

use super::*;
use crate::audit::AuditEntry;
use crate::page::Page;
use crate::store::{LockRules, LoginName, Store};
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted, origin};
use crate::user::User;
use crate::user::query::{BotListing, Listing};

async fn remove(bench: &Bench, actor: &Actor, short_id: &str, how: Removal) -> Result<(), RemovalError> {
    bench.accounts.remove(actor, &fixture::id(short_id), how, &origin()).await
}

async fn is_there(bench: &Bench, short_id: &str) -> bool {
    bench.store.read().await.unwrap().users().by_id(&fixture::id(short_id)).await.unwrap().is_some()
}

/// Ada, who belongs to everything there is, and root, who has done things to her.
async fn rooted(bench: &Bench) -> Actor {
    let root = bench.person("root", "system_admin system_user").await;
    let ada = fixture::user("ada", "augusta");
    let ada = bench.put(User { identity: fixture::identity("gitlab", "ada-at-gitlab"), ..ada }).await;
    bench.put(fixture::bot("bot", "bot", "ada")).await;
    let team = crate::team::Team { email: "augusta@example.test".into(), ..fixture::team("t") };
    let channel = crate::channel::Channel { creator_id: ada.user_id().cloned(), ..fixture::channel("c", Some("t")) };
    let terms = crate::terms::Terms { author: ada.user_id().cloned(), ..fixture::terms("terms", "Be kind.") };
    let guard = crate::session::Guard { credential_epoch: 0, global_epoch: 0 };
    bench
        .write(async |work| {
            work.teams().insert(&team).await.unwrap();
            work.channels().insert(&channel).await.unwrap();
            work.groups().insert(&fixture::group("g")).await.unwrap();
            work.groups().add(&fixture::id("g"), &[fixture::id("ada")], fixture::BORN).await.unwrap();
            work.terms().insert(&terms).await.unwrap();
            work.invitations().insert(&fixture::invitation("i", "t", "augusta")).await.unwrap();
            work.preferences().put(&[fixture::preference("ada", "theme", "x", "dark")]).await.unwrap();
            assert!(work.sessions().open(&fixture::new_session("s", "ada"), guard).await.unwrap());
        })
        .await;
    bench.enrol("t", &["ada"]).await;
    bench.seat("c", &["ada"]).await;
    bench.accounts.set_picture(&ada, ada.user_id().unwrap(), b"PNG".to_vec(), &origin()).await.unwrap();
    let named = crate::user::patch::Patch { nickname: Some("Countess".into()), ..crate::user::patch::Patch::default() };
    bench.accounts.patch(&root, ada.user_id().unwrap(), named, &String::new().into(), &origin()).await.unwrap();
    root
}

#[tokio::test]
async fn what_is_removed_for_good_leaves_nothing() {
    let bench = Bench::default();
    let root = rooted(&bench).await;
    assert!(format!("{:?}", bench.store).contains("augusta") && !bench.files.names().is_empty());

    remove(&bench, &root, "ada", Removal::ForGood).await.unwrap();

    let ada = fixture::user("ada", "augusta");
    let mut reading = bench.store.read().await.unwrap();
    assert!(reading.users().by_id(&ada.id).await.unwrap().is_none());
    assert!(reading.users().by_username(&ada.username).await.unwrap().is_none());
    assert!(reading.users().by_email(&ada.email).await.unwrap().is_none());
    assert_eq!(reading.users().list(&Listing::default()).await.unwrap().len(), 2);
    assert!(reading.teams().member(&fixture::id("t"), &ada.id).await.unwrap().is_none());
    assert!(reading.teams().memberships(&ada.id).await.unwrap().is_empty());
    assert_eq!(reading.teams().by_id(&fixture::id("t")).await.unwrap().unwrap().email, "");
    assert!(reading.channels().members(&fixture::id("c"), Page::FIRST).await.unwrap().is_empty());
    assert_eq!(reading.channels().by_id(&fixture::id("c")).await.unwrap().unwrap().creator_id, None);
    assert_eq!(reading.groups().size(&fixture::id("g")).await.unwrap(), 0);
    assert!(reading.invitations().by_token(&[fixture::digest("hash of i")]).await.unwrap().is_none());
    assert_eq!(reading.terms().latest().await.unwrap().unwrap().author, None);
    assert!(reading.preferences().of_user(&ada.id, None).await.unwrap().is_empty());
    assert!(reading.statuses().of_users(std::slice::from_ref(&ada.id)).await.unwrap().is_empty());
    assert!(reading.audits().by_actor(&ada.id, Page::FIRST).await.unwrap().is_empty());
    let orphans = reading.users().bots(&BotListing { with_inactive: true, is_orphaned: true, ..BotListing::default() }).await.unwrap();
    assert_eq!(orphans.into_iter().map(|bot| bot.bot.unwrap().owner_id).collect::<Vec<_>>(), [None]);
    assert!(bench.store.sessions().iter().all(|session| session.user_id != ada.id));
    let login = LoginName::Id(ada.id.clone());
    let attempt = bench.write(async |work| work.credentials().attempt(&login, &LockRules::after(3), fixture::BORN).await.unwrap()).await;
    assert!(attempt.is_none());
    assert!(bench.files.names().is_empty());
    for trace in ["augusta", "Countess", "ada-at-gitlab", "dark"] {
        assert!(!format!("{:?}", bench.store).contains(trace), "{trace} is left");
    }
}

#[tokio::test]
async fn what_others_did_to_a_removed_account_is_known_without_its_names() {
    let bench = Bench::default();
    let root = rooted(&bench).await;
    remove(&bench, &root, "ada", Removal::ForGood).await.unwrap();

    let about_her: Vec<AuditEntry> = bench.store.audits().into_iter().filter(|entry| entry.target == Some(fixture::id("ada"))).collect();
    let told: Vec<_> = about_her.iter().map(|entry| (entry.operation, entry.reason)).collect();
    assert_eq!(told, [(Operation::PatchUser, None), (Operation::DeleteUser, Some("for_good"))]);
    assert!(about_her.iter().all(|entry| entry.actor.as_ref() == root.user_id()));
    assert!(about_her.iter().all(|entry| entry.before.is_none() && entry.after.is_none()));
}

#[tokio::test]
async fn a_removal_that_is_not_for_good_is_a_deactivation() {
    let bench = Bench::default();
    let root = rooted(&bench).await;
    remove(&bench, &root, "ada", Removal::Deactivation).await.unwrap();
    assert!(!bench.held(&fixture::id("ada")).await.is_active() && !bench.held(&fixture::id("bot")).await.is_active());
    assert!(bench.store.sessions().iter().all(|session| session.ended.is_some()));
    assert_eq!(bench.files.names().len(), 1);
    assert_eq!(bench.audit().await.pop().unwrap().reason.as_deref(), Some("deactivated"));
}

#[tokio::test]
async fn who_may_not_remove_an_account_is_told_why() {
    use Removal::{Deactivation, ForGood};
    let bench = Bench::under(|rules| rules.allows_removal = false);
    let (root, ada) = (bench.person("root", "system_admin system_user").await, bench.person("ada", "system_user").await);
    bench.person("bob", "system_user").await;

    assert!(matches!(remove(&bench, &ada, "bob", Deactivation).await, Err(RemovalError::Forbidden(_))));
    assert!(matches!(remove(&bench, &ada, "root", Deactivation).await, Err(RemovalError::Forbidden(_))));
    assert!(matches!(remove(&bench, &ada, "none", Deactivation).await, Err(RemovalError::Forbidden(_))));
    assert!(matches!(remove(&bench, &ada, "ada", Deactivation).await, Err(RemovalError::OwnNotAllowed)));
    assert!(matches!(remove(&bench, &root, "none", Deactivation).await, Err(RemovalError::Missing)));
    assert!(matches!(remove(&bench, &root, "bob", ForGood).await, Err(RemovalError::NotAllowed { is_admin: true })));
    assert!(matches!(remove(&bench, &root, "root", Deactivation).await, Err(RemovalError::LastAdmin)));
    assert!(bench.audit().await.is_empty());
}

#[tokio::test]
async fn people_remove_themselves_where_both_rules_let_them() {
    let half = Bench::under(|rules| (rules.allows_own_deactivation, rules.allows_removal) = (true, false));
    let ada = half.person("ada", "system_user").await;
    let refused = remove(&half, &ada, "ada", Removal::ForGood).await;
    assert!(matches!(refused, Err(RemovalError::NotAllowed { is_admin: false })));
    remove(&half, &ada, "ada", Removal::Deactivation).await.unwrap();
    assert!(!half.held(&fixture::id("ada")).await.is_active());

    let whole = Bench::under(|rules| rules.allows_own_deactivation = true);
    let ada = whole.person("ada", "system_user").await;
    remove(&whole, &ada, "ada", Removal::ForGood).await.unwrap();
    assert!(!is_there(&whole, "ada").await);
}

#[tokio::test]
async fn at_the_machine_nothing_forbids_a_removal() {
    let bench = Bench::under(|rules| rules.allows_removal = false);
    bench.person("root", "system_admin system_user").await;
    remove(&bench, &Actor::Operator, "root", Removal::ForGood).await.unwrap();
    assert!(!is_there(&bench, "root").await);
}

#[tokio::test]
async fn a_picture_that_can_not_be_removed_is_told_after_everything_else_is_gone() {
    let bench = Bench::default();
    let root = rooted(&bench).await;
    *bench.files.is_out_of_reach.lock().unwrap() = true;
    assert!(matches!(remove(&bench, &root, "ada", Removal::ForGood).await, Err(RemovalError::PictureLeft(_))));
    assert!(!is_there(&bench, "ada").await);
}

#[tokio::test]
async fn all_are_removed_but_those_that_fail() {
    let bench = Bench::default();
    for name in ["ada", "bob", "eve"] {
        bench.person(name, "system_admin system_user").await;
    }
    bench.faults.commits.store(1, Ordering::SeqCst);

    let gone = bench.accounts.remove_all(granted(&Actor::Operator), &Actor::Operator, &origin()).await.unwrap();

    assert_eq!(gone, 2);
    assert!(is_there(&bench, "ada").await && !is_there(&bench, "bob").await && !is_there(&bench, "eve").await);
}

#[tokio::test]
async fn an_account_whose_picture_is_left_counts_as_removed() {
    let bench = Bench::default();
    bench.person("ada", "system_user").await;
    *bench.files.is_out_of_reach.lock().unwrap() = true;
    let gone = bench.accounts.remove_all(granted(&Actor::Operator), &Actor::Operator, &origin()).await.unwrap();
    assert_eq!((gone, is_there(&bench, "ada").await), (1, false));
}

#[tokio::test]
async fn all_means_those_beyond_the_first_batch_too() {
    let bench = Bench::default();
    let crowd: Vec<_> = (0..BATCH + 2).map(|n| fixture::user(&format!("u{n}x"), &format!("user{n}"))).collect();
    bench.write(async |work| work.users().insert(&crowd).await.unwrap()).await;
    let gone = bench.accounts.remove_all(granted(&Actor::Operator), &Actor::Operator, &origin()).await.unwrap();
    assert_eq!(gone, u64::from(BATCH) + 2);
    assert!(bench.accounts.is_empty().await.unwrap());
}

#[tokio::test]
async fn only_the_operator_removes_all() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let refused = crate::permission::permit::<operations::PermanentDeleteAllUsers>(&root, None);
    assert_eq!(refused.unwrap_err(), Forbidden::NotAtTheMachine);
    bench.faults.reads.store(1, Ordering::SeqCst);
    let failed = bench.accounts.remove_all(granted(&Actor::Operator), &Actor::Operator, &origin()).await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))));
}
