//! What holds of accounts.

use futures_util::future::join_all;

use super::{account, add, add_with_password, begin, by_id, commit, grow_epoch, minutes, taken};
use crate::email::Email;
use crate::map::TextMap;
use crate::store::{Store, StoreError, UniqueField};
use crate::testkit::fixture::{BORN, detailed_user, email, id, identity, user};
use crate::time::Timestamp;
use crate::user::query::View;
use crate::user::{Bot, ExternalIdentity, Profile, User};
use crate::username::Username;

/// More accounts than any engine takes in one statement.
const MANY: usize = 3_000;

fn name(text: &str) -> Username {
    Username::parse(text).unwrap()
}

fn usernames(users: &[User]) -> Vec<&str> {
    users.iter().map(|user| user.username.as_str()).collect()
}

fn with_timezone(short_id: &str, timezone: Option<TextMap>) -> User {
    let plain = user(short_id, short_id);
    User { profile: Profile { timezone, ..plain.profile.clone() }, ..plain }
}

fn with_identity(short_id: &str, service: &str, subject: &str) -> User {
    User { identity: identity(service, subject), ..user(short_id, short_id) }
}

fn many() -> Vec<User> {
    (0..MANY).map(|number| user(&format!("u{number}x"), &format!("name{number:05}"))).collect()
}

async fn update(store: &dyn Store, user: &User) -> Result<(), StoreError> {
    let mut work = begin(store).await;
    work.users().update(user).await?;
    commit(work).await
}

/// An account is found by its id, its login name and its address.
pub async fn an_account_is_found_each_way(store: &dyn Store) {
    let ada = user("a", "ada");
    add(store, &[ada.clone(), user("b", "bob")]).await.unwrap();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.users().by_id(&ada.id).await.unwrap(), Some(ada.clone()));
    assert_eq!(reading.users().by_username(&ada.username).await.unwrap(), Some(ada.clone()));
    assert_eq!(reading.users().by_email(&ada.email).await.unwrap(), Some(ada));
}

/// A unit of work finds accounts each way too, its own ones among them.
pub async fn a_unit_of_work_finds_its_own_accounts(store: &dyn Store) {
    let ada = user("a", "ada");
    let mut work = begin(store).await;

    work.users().insert(std::slice::from_ref(&ada)).await.unwrap();

    assert_eq!(work.users().by_id(&ada.id).await.unwrap(), Some(ada.clone()));
    assert_eq!(work.users().by_username(&ada.username).await.unwrap(), Some(ada.clone()));
    assert_eq!(work.users().by_email(&ada.email).await.unwrap(), Some(ada.clone()));
    assert_eq!(work.users().by_login("ada").await.unwrap(), Some(ada.clone()));
    assert_eq!(
        work.users().by_ids(std::slice::from_ref(&ada.id), Timestamp::NEVER, &View::Everybody).await.unwrap(),
        std::slice::from_ref(&ada)
    );
    assert_eq!(work.users().by_usernames(std::slice::from_ref(&ada.username), &View::Everybody).await.unwrap(), [ada]);
    assert!(work.users().any().await.unwrap());
}

/// A login text is a login name or an address, whole and in lower case.
pub async fn a_login_text_is_a_username_or_an_address(store: &dyn Store) {
    let ada = user("a", "ada");
    let namesake = User { email: Email::parse("ada@ada").unwrap(), ..user("b", "ada.b") };
    add(store, &[ada.clone(), namesake.clone()]).await.unwrap();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.users().by_login("ada").await.unwrap(), Some(ada.clone()));
    assert_eq!(reading.users().by_login("ada@example.test").await.unwrap(), Some(ada));
    assert_eq!(reading.users().by_login("ada@ada").await.unwrap(), Some(namesake));
    assert_eq!(reading.users().by_login("ad_").await.unwrap(), None);
    assert_eq!(reading.users().by_login("ADA").await.unwrap(), None);
    assert_eq!(reading.users().by_login("").await.unwrap(), None);
}

/// Who is not there is not found, and that is no error.
pub async fn nobody_is_found_who_is_not_there(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();

    let mut reading = store.read().await.unwrap();

    assert_eq!(reading.users().by_id(&id("b")).await.unwrap(), None);
    assert_eq!(reading.users().by_username(&name("bob")).await.unwrap(), None);
    assert_eq!(reading.users().by_email(&email("bob")).await.unwrap(), None);
    assert_eq!(reading.users().by_ids(&[], Timestamp::NEVER, &View::Everybody).await.unwrap(), []);
    assert_eq!(reading.users().by_usernames(&[], &View::Everybody).await.unwrap(), []);
    assert_eq!(begin(store).await.users().locked(&id("b")).await.unwrap(), None);
}

/// There is no account at first, and then there is.
pub async fn any_tells_whether_there_are_accounts(store: &dyn Store) {
    assert!(!store.read().await.unwrap().users().any().await.unwrap());

    add(store, &[User { deleted_at: BORN, ..user("a", "ada") }]).await.unwrap();

    assert!(store.read().await.unwrap().users().any().await.unwrap());
}

/// A login name belongs to one account at most, however it was typed.
pub async fn a_username_is_held_once(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();
    let twin = User { email: email("other"), ..user("b", "ADA") };

    let refused = add(store, &[twin]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Username));
    assert_eq!(by_id(store, "b").await, None);
}

/// An address belongs to one account at most, however it was typed.
pub async fn an_address_is_held_once(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();
    let twin = User { email: Email::parse("ADA@Example.test").unwrap(), ..user("b", "bob") };

    let refused = add(store, &[twin]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Email));
    assert_eq!(by_id(store, "b").await, None);
}

/// A provider's name for somebody belongs to one account at most.
pub async fn an_identity_is_held_once(store: &dyn Store) {
    add(store, &[with_identity("a", "ldap", "ada")]).await.unwrap();

    let refused = add(store, &[with_identity("b", "ldap", "ada")]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Identity));
    assert_eq!(by_id(store, "b").await, None);
}

/// Identities are compared byte for byte, each provider apart; a provider without a name for somebody may be shared.
pub async fn identities_are_compared_byte_for_byte(store: &dyn Store) {
    let nameless = |short| User { identity: ExternalIdentity { service: "ldap".into(), subject: None }, ..user(short, short) };
    let users = [
        with_identity("a", "ldap", "ada"),
        with_identity("b", "ldap", "Ada"),
        with_identity("c", "saml", "ada"),
        with_identity("d", "ldap", "ada "),
        nameless("e"),
        nameless("f"),
    ];

    add(store, &users).await.unwrap();

    assert_eq!(account(store, "b").await, users[1]);
    assert_eq!(account(store, "f").await, users[5]);
}

/// An id names one account for life.
pub async fn an_id_is_held_once(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();

    let refused = add(store, &[user("a", "bob")]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Id));
    assert_eq!(account(store, "a").await.username, name("ada"));
}

/// Ids that differ by letter case are different.
pub async fn ids_differ_by_letter_case(store: &dyn Store) {
    add(store, &[user("a", "ada"), user("A", "bob")]).await.unwrap();

    let found = store.read().await.unwrap().users().by_ids(&[id("A")], Timestamp::NEVER, &View::Everybody).await.unwrap();

    assert_eq!(usernames(&found), ["bob"]);
    assert_eq!(account(store, "a").await.username, name("ada"));
}

/// Accounts are added all or none, even if the unit of work is committed after the refusal.
pub async fn accounts_are_added_all_or_none(store: &dyn Store) {
    let holder = User { email: email("holder"), ..user("a", "name02999") };
    add(store, std::slice::from_ref(&holder)).await.unwrap();
    let mut work = begin(store).await;

    let refused = work.users().insert(&many()).await;

    assert_eq!(taken(&refused), Some(UniqueField::Username));
    // A store may undo the whole unit of work and say so here.
    let _ = work.commit().await;
    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.users().by_username(&name("name00000")).await.unwrap(), None);
    assert_eq!(reading.users().by_id(&id("a")).await.unwrap(), Some(holder));
}

/// Two of one batch can't hold the same name.
pub async fn a_clash_within_a_batch_is_told(store: &dyn Store) {
    let twin = User { email: email("other"), ..user("b", "ada") };

    let refused = add(store, &[user("a", "ada"), twin]).await;

    assert_eq!(taken(&refused), Some(UniqueField::Username));
    assert_eq!(by_id(store, "a").await, None);
}

/// No accounts are added by an empty batch, and that is no error.
pub async fn an_empty_batch_adds_nothing(store: &dyn Store) {
    add(store, &[]).await.unwrap();

    assert!(!store.read().await.unwrap().users().any().await.unwrap());
}

/// Ten thousand ids and names are looked up at once, and as many accounts are added at once as somebody likes.
pub async fn ten_thousand_are_looked_up_at_once(store: &dyn Store) {
    let users = many();
    add(store, &users).await.unwrap();
    let ids: Vec<_> = (0..10_000).rev().map(|number| id(&format!("u{number}x"))).collect();
    let names: Vec<_> = (0..10_000).rev().map(|number| name(&format!("name{number:05}"))).collect();

    let mut reading = store.read().await.unwrap();
    let by_ids = reading.users().by_ids(&ids, Timestamp::NEVER, &View::Everybody).await.unwrap();
    let by_names = reading.users().by_usernames(&names, &View::Everybody).await.unwrap();

    assert!(by_ids == users, "{} by id", by_ids.len());
    assert!(by_names == users, "{} by name", by_names.len());
}

/// Accounts come in the order of the bytes of their login names, each once, without those that are not there.
pub async fn accounts_come_in_the_order_of_bytes(store: &dyn Store) {
    let ordered = ["-a", ".a", "0a", "9", "_a", "a", "a-b", "a.b", "a0", "a_b", "aa", "b"];
    let account = |(place, text): (usize, &&str)| User { username: name(text), ..user(&format!("z{}x", 99 - place), &format!("n{place}")) };
    let users: Vec<_> = ordered.iter().enumerate().map(account).collect();
    add(store, &users).await.unwrap();
    let mut ids: Vec<_> = users.iter().map(|user| user.id.clone()).collect();
    let mut names: Vec<_> = ordered.iter().rev().map(|text| name(text)).collect();
    ids.extend([id("unknown"), ids[3].clone()]);
    names.extend([name("unknown"), name("a_b")]);

    let mut reading = store.read().await.unwrap();

    assert_eq!(usernames(&reading.users().by_ids(&ids, Timestamp::NEVER, &View::Everybody).await.unwrap()), ordered);
    assert_eq!(usernames(&reading.users().by_usernames(&names, &View::Everybody).await.unwrap()), ordered);
}

/// Of the accounts of some ids only those come that changed after a time, not at it.
pub async fn since_leaves_out_what_did_not_change_after(store: &dyn Store) {
    let changed = |short, at| User { updated_at: at, ..user(short, short) };
    add(store, &[changed("a", minutes(1)), changed("b", minutes(2)), changed("c", minutes(3))]).await.unwrap();
    let ids = [id("a"), id("b"), id("c")];

    let mut reading = store.read().await.unwrap();

    assert_eq!(usernames(&reading.users().by_ids(&ids, minutes(2), &View::Everybody).await.unwrap()), ["c"]);
    assert_eq!(usernames(&reading.users().by_ids(&ids, minutes(1), &View::Everybody).await.unwrap()), ["b", "c"]);
    assert_eq!(reading.users().by_ids(&ids, minutes(3), &View::Everybody).await.unwrap(), []);
}

/// Every field of an account is kept: quotes, controls and letters of all scripts, and a bot's own fields.
pub async fn every_field_of_an_account_is_kept(store: &dyn Store) {
    let detailed = detailed_user("a", "ada");
    let person = User { bot: None, accepted_terms: None, identity: identity("ldap", "Zoë's \"名\" \\"), ..detailed_user("b", "bob") };
    let local = User { remote_id: None, bot: Some(Bot::default()), identity: ExternalIdentity::default(), ..detailed_user("c", "cyd") };
    let unroled = User { roles: crate::role::Roles::default(), ..user("d", "dan") };

    add(store, &[detailed.clone(), person.clone(), local.clone(), unroled.clone()]).await.unwrap();

    assert_eq!(account(store, "a").await, detailed);
    assert_eq!(account(store, "b").await, person);
    assert_eq!(account(store, "c").await, local);
    assert_eq!(account(store, "d").await, unroled);
}

/// No time zone, an empty one and a full one are told apart.
pub async fn time_zones_are_kept_as_they_are(store: &dyn Store) {
    let full = TextMap::from([("manualTimezone".to_owned(), String::new())]);
    let users = [with_timezone("a", None), with_timezone("b", Some(TextMap::new())), with_timezone("c", Some(full))];

    add(store, &users).await.unwrap();

    let ids = [id("a"), id("b"), id("c")];
    assert_eq!(store.read().await.unwrap().users().by_ids(&ids, Timestamp::NEVER, &View::Everybody).await.unwrap(), users);
}

/// An update writes every field but when the account was made, when it last signed in, its wrong passwords and its epoch.
pub async fn an_update_writes_all_but_what_has_statements_of_its_own(store: &dyn Store) {
    let (before, other) = (user("a", "ada"), user("b", "bob"));
    add_with_password(store, &before, "hash").await;
    add(store, std::slice::from_ref(&other)).await.unwrap();
    let wanted = User { created_at: minutes(60), ..detailed_user("a", "eve") };

    update(store, &wanted).await.unwrap();

    let User { created_at, failed_attempts, last_login_at, credential_epoch, .. } = before.clone();
    assert_eq!(account(store, "a").await, User { created_at, failed_attempts, last_login_at, credential_epoch, ..wanted });
    assert_eq!(account(store, "b").await, other);
    update(store, &before).await.unwrap();
    assert_eq!(account(store, "a").await, before);
}

/// An update tells which field another account holds, and then changes nothing.
pub async fn an_update_can_not_take_what_is_taken(store: &dyn Store) {
    let (ada, bob) = (User { identity: identity("ldap", "ada"), ..user("a", "ada") }, user("b", "bob"));
    add(store, &[ada.clone(), bob.clone()]).await.unwrap();

    let same_name = update(store, &User { username: ada.username.clone(), ..bob.clone() }).await;
    let same_address = update(store, &User { email: ada.email.clone(), ..bob.clone() }).await;
    let same_identity = update(store, &User { identity: ada.identity.clone(), ..bob.clone() }).await;

    assert_eq!(taken(&same_name), Some(UniqueField::Username));
    assert_eq!(taken(&same_address), Some(UniqueField::Email));
    assert_eq!(taken(&same_identity), Some(UniqueField::Identity));
    assert_eq!(account(store, "b").await, bob);
}

/// What an account gives up is free, and an account may keep its own.
pub async fn what_is_given_up_is_free(store: &dyn Store) {
    let ada = with_identity("a", "ldap", "ada");
    let heir = User { identity: ada.identity.clone(), email: ada.email.clone(), ..user("b", "ada") };
    add(store, std::slice::from_ref(&ada)).await.unwrap();
    let ada = User { username: name("ada"), ..ada };
    update(store, &ada).await.unwrap();
    update(store, &ada).await.unwrap();
    update(store, &User { username: name("eve"), email: email("eve"), identity: identity("saml", "eve"), ..ada }).await.unwrap();

    add(store, std::slice::from_ref(&heir)).await.unwrap();

    assert_eq!(account(store, "b").await, heir);
    assert_eq!(store.read().await.unwrap().users().by_login("eve").await.unwrap().unwrap().id, id("a"));
}

/// The credential epoch of one account grows by one each time, none of sixteen at once being lost.
pub async fn epochs_grow_one_by_one(store: &dyn Store) {
    add(store, &[user("a", "ada"), user("b", "bob")]).await.unwrap();
    let ada = id("a");

    join_all((0..16).map(|_| grow_epoch(store, &ada))).await;

    assert_eq!(account(store, "a").await, User { credential_epoch: 16, ..user("a", "ada") });
    assert_eq!(account(store, "b").await, user("b", "bob"));
}

/// Of two sign-ups with one name at once, one is told that the name is taken.
pub async fn of_two_sign_ups_with_one_name_one_is_refused(store: &dyn Store) {
    let sign_ups: Vec<_> = ["a", "b"].map(|short| [User { email: email(short), ..user(short, "ada") }]).into();

    let results = join_all(sign_ups.iter().map(|users| add(store, users))).await;

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let refusals: Vec<_> = results.iter().filter(|result| result.is_err()).map(taken).collect();
    assert_eq!(refusals, [Some(UniqueField::Username)]);
    let found = store.read().await.unwrap().users().by_ids(&[id("a"), id("b")], Timestamp::NEVER, &View::Everybody).await.unwrap();
    assert_eq!(usernames(&found), ["ada"]);
}

/// Two changes of one account at once both last, where each locks it first.
pub async fn no_change_of_a_locked_account_is_lost(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();
    let change = async |key: String| {
        let mut work = begin(store).await;
        let mut user = work.users().locked(&id("a")).await.unwrap().unwrap();
        user.profile.props.insert(key, "set".to_owned());
        work.users().update(&user).await.unwrap();
        commit(work).await.unwrap();
    };

    join_all((0..8).map(|number| change(number.to_string()))).await;

    assert_eq!(account(store, "a").await.profile.props.len(), 8);
}
