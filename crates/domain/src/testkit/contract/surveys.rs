//! What holds of questions about all accounts that are no lists on the wire.

use super::add;
use super::directory::{change, deactivate, done, ids, people, rename};
use crate::email::Email;
use crate::page::Page;
use crate::role::Roles;
use crate::store::Store;
use crate::testkit::fixture::{BORN, bot, id, identity, user};
use crate::user::User;

use super::directory::ALL;

async fn outside(store: &dyn Store, domains: &[&str], page: Page) -> Vec<String> {
    let domains: Vec<_> = domains.iter().map(|domain| (*domain).to_owned()).collect();
    let found = store.read().await.unwrap().users().with_address_outside(&domains, page).await.unwrap();
    found.iter().map(|user| user.username.as_str().to_owned()).collect()
}

async fn ids_after(store: &dyn Store, after: Option<&str>, most: u32) -> Vec<crate::id::UserId> {
    store.read().await.unwrap().users().ids_after(after.map(id).as_ref(), most).await.unwrap()
}

async fn has_other_admin(store: &dyn Store, name: &str) -> bool {
    store.read().await.unwrap().users().has_other_admin(&id(name)).await.unwrap()
}

fn at(name: &str, address: &str) -> User {
    User { email: Email::parse(address).unwrap(), ..user(name, name) }
}

/// Addresses that have none of some texts in them are found, by login name; of no texts every address has none.
pub async fn addresses_outside_some_domains_are_found(store: &dyn Store) {
    let users = [at("cyd", "c@corp.test"), at("ada", "a@example.test"), at("bob", "b@sub.corp.test"), at("dan", "corp.test@else.where")];
    add(store, &users).await.unwrap();

    assert_eq!(outside(store, &[], ALL).await, ["ada", "bob", "cyd", "dan"]);
    assert_eq!(outside(store, &["@corp.test"], ALL).await, ["ada", "bob", "dan"]);
    assert_eq!(outside(store, &["corp.test"], ALL).await, ["ada"]);
    assert_eq!(outside(store, &["@corp.test", "@example.test", "x"], ALL).await, ["bob", "dan"]);
    assert_eq!(outside(store, &["test", "where"], ALL).await, [""; 0]);
}

/// What databases read as patterns is plain text in an address.
pub async fn patterns_in_domains_are_plain_text(store: &dyn Store) {
    add(store, &[at("ada", "a_b@example.test"), at("bob", "axb@example.test"), at("cyd", "c%d@example.test")]).await.unwrap();

    assert_eq!(outside(store, &["a_b"], ALL).await, ["bob", "cyd"]);
    assert_eq!(outside(store, &["%"], ALL).await, ["ada", "bob"]);
    assert_eq!(outside(store, &["\\", "'", "e_ample"], ALL).await, ["ada", "bob", "cyd"]);
}

/// Addresses of active people who sign in by password count: no guests, no bots, nobody for whom somebody else vouches.
pub async fn addresses_of_people_with_passwords_count(store: &dyn Store) {
    let users = [
        user("ada", "ada"),
        bot("bob", "bob", "ada"),
        User { roles: Roles::guest(), ..user("cyd", "cyd") },
        User { deleted_at: BORN, ..user("dan", "dan") },
        User { identity: identity("ldap", "eve"), ..user("eve", "eve") },
        User { roles: Roles::admin(), ..user("fay", "fay") },
    ];
    add(store, &users).await.unwrap();

    assert_eq!(outside(store, &["@corp.test"], ALL).await, ["ada", "fay"]);
}

/// Addresses outside some domains come in parts.
pub async fn addresses_outside_come_in_parts(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    rename(store, "ada", "zed").await;
    let part = async |number, size| outside(store, &["@corp.test"], Page { number, size }).await;

    assert_eq!(part(0, 2).await, ["bob", "cyd"]);
    assert_eq!(part(2, 2).await, ["zed"]);
    assert_eq!(part(3, 2).await, [""; 0]);
    assert_eq!(part(0, 0).await, [""; 0]);
}

/// Ids come in the order of their bytes, each after the one before, until there are no more.
pub async fn ids_come_one_after_the_other(store: &dyn Store) {
    assert_eq!(ids_after(store, None, 10).await, []);
    people(store, &["cyd", "ada", "bob"]).await;
    add(store, &[user("B", "upper"), user("9", "nine")]).await.unwrap();
    deactivate(store, "bob").await;

    assert_eq!(ids_after(store, None, 10).await, ids(&["9", "B", "ada", "bob", "cyd"]));
    assert_eq!(ids_after(store, None, 2).await, ids(&["9", "B"]));
    assert_eq!(ids_after(store, Some("B"), 2).await, ids(&["ada", "bob"]));
    assert_eq!(ids_after(store, Some("b"), 10).await, ids(&["bob", "cyd"]));
    assert_eq!(ids_after(store, Some("cyd"), 10).await, []);
    assert_eq!(ids_after(store, None, 0).await, []);
}

/// Another admin is one that is active, no bot and lives here; the account itself is none.
pub async fn another_admin_is_an_active_person_here(store: &dyn Store) {
    let admin = |name| User { roles: Roles::admin(), ..user(name, name) };
    let remote = User { remote_id: Some("there".into()), ..admin("cyd") };
    let robot = User { roles: Roles::admin(), ..bot("bob", "bob", "ada") };
    let guest = User { roles: Roles::parse("system_guest xsystem_admin system_administrator").unwrap(), ..user("eve", "eve") };
    add(store, &[admin("ada"), robot, remote, guest, User { deleted_at: BORN, ..admin("dan") }, user("fay", "fay")]).await.unwrap();
    assert!(!has_other_admin(store, "ada").await);
    assert!(has_other_admin(store, "fay").await && has_other_admin(store, "nobody").await);

    change(store, "fay", |user| user.roles = Roles::parse("system_user system_admin").unwrap()).await;

    assert!(has_other_admin(store, "ada").await && has_other_admin(store, "fay").await);
}

/// Who was an admin, and who was one and is gone, is no other admin.
pub async fn a_former_admin_is_none(store: &dyn Store) {
    let admin = |name| User { roles: Roles::admin(), ..user(name, name) };
    add(store, &[admin("ada"), admin("bob"), admin("cyd"), User { remote_id: Some(String::new()), ..admin("dan") }]).await.unwrap();
    change(store, "bob", |user| user.roles = Roles::user()).await;
    deactivate(store, "cyd").await;
    assert!(has_other_admin(store, "ada").await);

    done(store, async |work| work.users().remove(&id("dan")).await).await.unwrap();

    assert!(!has_other_admin(store, "ada").await);
}
