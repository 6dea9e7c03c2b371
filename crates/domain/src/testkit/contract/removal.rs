//! What holds of the removal of an account: nothing of its own is left, and what stays forgets it.

use super::directory::{add_channel, add_group, add_team, count_all, done, ids, in_channel, in_team, listed, listing, of_scope, people};
use super::searches::found;
use super::{UNCHANGED, account, add, add_with_password, attempt_of, by_id, by_token, open, password};
use crate::audit::AuditEntry;
use crate::channel::Channel;
use crate::credential::Digest;
use crate::invitation::{Invitation, NewInvitation};
use crate::status::Presence;
use crate::store::{LoginName, Store};
use crate::team::Team;
use crate::terms::Terms;
use crate::testkit::fixture::{
    BORN, audit, bot, channel, email, id, identity, invitation, new_session, preference, status, team, terms, user,
};
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{BotListing, Scope, View};

async fn remove(store: &dyn Store, name: &str) -> bool {
    done(store, async |work| work.users().remove(&id(name)).await).await.unwrap()
}

fn token(short_id: &str) -> Vec<Digest> {
    vec![new_session(short_id, "").token]
}

/// A removed account is found no way any more, and removing it again tells that it is not there.
pub async fn a_removed_account_is_found_no_way(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let ada = user("ada", "ada");

    assert!(remove(store, "ada").await);
    assert!(!remove(store, "ada").await);

    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.users().by_id(&ada.id).await.unwrap(), None);
    assert_eq!(reading.users().by_username(&ada.username).await.unwrap(), None);
    assert_eq!(reading.users().by_email(&ada.email).await.unwrap(), None);
    assert_eq!(reading.users().by_login("ada").await.unwrap(), None);
    assert_eq!(reading.users().by_ids(&[ada.id], Timestamp::NEVER, &View::Everybody).await.unwrap(), []);
    assert_eq!(reading.users().ids_after(None, 10).await.unwrap(), ids(&["bob"]));
    assert_eq!(of_scope(store, Scope::Everyone).await, ["bob"]);
    assert_eq!(found(store, "ada").await, [""; 0]);
    assert_eq!(count_all(store, Scope::Everyone).await, 1);
}

/// What a removed account held is free: its id, login name, address and identity, and nothing of it comes back with them.
pub async fn what_a_removed_account_held_is_free(store: &dyn Store) {
    let ada = User { identity: identity("ldap", "ada"), ..user("ada", "ada") };
    add(store, std::slice::from_ref(&ada)).await.unwrap();
    remove(store, "ada").await;

    add(store, std::slice::from_ref(&ada)).await.unwrap();

    assert_eq!(account(store, "ada").await, ada);
}

/// The password and the sessions of a removed account go; others' stay.
pub async fn credentials_and_sessions_go(store: &dyn Store) {
    add_with_password(store, &user("ada", "ada"), "hash").await;
    add_with_password(store, &user("bob", "bob"), "other").await;
    assert!(open(store, &new_session("s", "ada"), UNCHANGED).await && open(store, &new_session("o", "bob"), UNCHANGED).await);
    done(store, async |work| work.sessions().end_all(&id("ada"), None, &crate::testkit::fixture::ending()).await).await.unwrap();
    assert!(open(store, &new_session("t", "ada"), UNCHANGED).await);

    remove(store, "ada").await;

    assert!(by_token(store, &token("t")).await.is_none() && by_token(store, &token("o")).await.is_some());
    assert!(super::attempt(store, &LoginName::Text("ada".into()), &super::RULES, BORN).await.is_none());
    let counts = store.read().await.unwrap().sessions().count_by_key().await.unwrap();
    assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), 1);
    add(store, &[user("ada", "ada")]).await.unwrap();
    assert!(attempt_of(store, "ada", BORN).await.hash.is_none() && attempt_of(store, "bob", BORN).await.hash.is_some());
    done(store, async |work| work.credentials().insert(&[password(&user("ada", "ada"), "new")]).await).await.unwrap();
    assert!(open(store, &new_session("t", "ada"), UNCHANGED).await);
}

/// Memberships of a removed account go, former ones too, and do not come back with its id.
pub async fn memberships_go(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    add_team(store, "u", &["ada"]).await;
    super::directory::leave(store, "u", "ada").await;
    add_channel(store, "c", Some("t"), &["ada", "bob"]).await;
    add_group(store, "g", &["ada", "bob"]).await;

    remove(store, "ada").await;

    let look = async || {
        let mut reading = store.read().await.unwrap();
        let page = super::directory::ALL;
        assert_eq!(reading.teams().members(&id("t"), page).await.unwrap().len(), 1);
        assert_eq!(reading.teams().memberships(&id("ada")).await.unwrap(), []);
        assert_eq!(reading.teams().member(&id("u"), &id("ada")).await.unwrap(), None);
        assert_eq!(reading.channels().members(&id("c"), page).await.unwrap().len(), 1);
        assert_eq!(reading.channels().memberships(&id("ada"), None).await.unwrap(), []);
        assert_eq!(reading.groups().size(&id("g")).await.unwrap(), 1);
        assert_eq!(reading.users().known_to(&id("bob")).await.unwrap(), []);
        assert_eq!((count_all(store, in_team("t")).await, count_all(store, in_channel("c")).await), (1, 1));
        assert_eq!(listed(store, &listing(in_team("t"))).await, ["bob"]);
    };
    look().await;
    add(store, &[user("ada", "ada")]).await.unwrap();
    look().await;
    assert_eq!(of_scope(store, Scope::WithoutTeam).await, ["ada"]);
}

/// What clients remember of a removed account goes, and its status; others' stay.
pub async fn preferences_and_status_go(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let preferences = ["ada", "bob"].map(|name| preference(name, "theme", "", "dark"));
    done(store, async |work| work.preferences().put(&preferences).await).await.unwrap();
    for name in ["ada", "bob"] {
        done(store, async |work| work.statuses().put(&status(name, Presence::Online)).await).await.unwrap();
    }

    remove(store, "ada").await;
    add(store, &[user("ada", "ada")]).await.unwrap();

    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.preferences().count(&id("ada")).await.unwrap(), 0);
    assert_eq!(reading.preferences().of_user(&id("bob"), None).await.unwrap(), [preferences[1].clone()]);
    assert_eq!(reading.statuses().of_users(&ids(&["ada", "bob"])).await.unwrap(), [status("bob", Presence::Online)]);
}

/// Invitations to the address of a removed account go; those it sent to others stay, without who sent them.
pub async fn invitations_to_its_address_go(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &[]).await;
    let sent = invitation("y", "t", "cyd");
    let sent = NewInvitation { invitation: Invitation { invited_by: Some(id("ada")), ..sent.invitation }, ..sent };
    for invitation in [&invitation("x", "t", "ada"), &sent, &invitation("z", "t", "adam")] {
        done(store, async |work| work.invitations().insert(invitation).await).await.unwrap();
    }

    remove(store, "ada").await;

    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.invitations().by_token(&[invitation("x", "t", "ada").token]).await.unwrap(), None);
    let kept = reading.invitations().by_token(&[sent.token]).await.unwrap().unwrap();
    assert_eq!(kept, Invitation { invited_by: None, ..sent.invitation });
    assert!(reading.invitations().by_token(&[invitation("z", "t", "adam").token]).await.unwrap().is_some());
}

/// The audit of what a removed account did goes; that others did something to it stays.
pub async fn the_audit_of_what_it_did_goes(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let entry = |short: &str, actor: &str, target: &str, count| AuditEntry {
        actor: Some(id(actor)),
        target: Some(id(target)),
        before: Some(serde_json::json!({ "nickname": "Ada" })),
        after: Some(serde_json::json!({ "nickname": null })),
        shown_as: Some("shown".into()),
        count,
        ..audit(short)
    };
    let entries = [entry("w", "ada", "bob", 1), entry("x", "bob", "ada", 2), entry("y", "bob", "bob", 3), entry("z", "ada", "ada", 4)];
    done(store, async |work| work.audits().record(&entries).await).await.unwrap();

    remove(store, "ada").await;

    let mut reading = store.read().await.unwrap();
    let kept = reading.audits().latest(10).await.unwrap();
    assert_eq!(kept.iter().map(|entry| entry.count).collect::<Vec<_>>(), [3, 2]);
    assert!(
        kept.iter().all(|entry| entry.operation == "Login" && entry.actor.as_deref() == Some(entries[1].actor.as_ref().unwrap().as_str()))
    );
    assert_eq!(reading.audits().by_actor(&id("ada"), super::directory::ALL).await.unwrap(), []);
    assert!(!reading.audits().by_actor(&id("bob"), super::directory::ALL).await.unwrap().is_empty());
}

/// A team that a removed account made loses its address, terms lose their author and a channel its maker.
pub async fn what_it_made_forgets_it(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let by = |short: &str, name: &str| Team { email: email(name).as_str().to_owned(), ..team(short) };
    let written = |short: &str, name: &str| Terms { author: Some(id(name)), ..terms(short, "text") };
    let made = |short: &str, name: &str| Channel { creator_id: Some(id(name)), ..channel(short, None) };
    for (short, name) in [("t", "ada"), ("u", "bob")] {
        done(store, async |work| work.teams().insert(&by(short, name)).await).await.unwrap();
        done(store, async |work| work.terms().insert(&written(short, name)).await).await.unwrap();
        done(store, async |work| work.channels().insert(&made(short, name)).await).await.unwrap();
    }

    remove(store, "ada").await;

    let mut reading = store.read().await.unwrap();
    assert_eq!(reading.teams().by_id(&id("t")).await.unwrap(), Some(team("t")));
    assert_eq!(reading.teams().by_id(&id("u")).await.unwrap(), Some(by("u", "bob")));
    assert_eq!(reading.terms().by_id(&id("t")).await.unwrap(), Some(terms("t", "text")));
    assert_eq!(reading.terms().by_id(&id("u")).await.unwrap(), Some(written("u", "bob")));
    assert_eq!(reading.channels().by_id(&id("t")).await.unwrap(), Some(channel("t", None)));
    assert_eq!(reading.channels().by_id(&id("u")).await.unwrap(), Some(made("u", "bob")));
}

/// The bots that a removed account owned stay, without owner.
pub async fn its_bots_stay_without_owner(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add(store, &[bot("r1", "robot1", "ada"), bot("r2", "robot2", "bob")]).await.unwrap();

    remove(store, "ada").await;

    assert_eq!(account(store, "r1").await.bot.unwrap().owner_id, None);
    assert_eq!(account(store, "r2").await, bot("r2", "robot2", "bob"));
    let orphans = BotListing { is_orphaned: true, ..BotListing::default() };
    let orphans = store.read().await.unwrap().users().bots(&orphans).await.unwrap();
    assert_eq!(orphans.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["robot1"]);
}

/// A bot is removed as anybody, and one that owns itself too.
pub async fn bots_are_removed_as_anybody(store: &dyn Store) {
    people(store, &["ada"]).await;
    add(store, &[bot("r1", "robot1", "ada"), bot("r2", "robot2", "r2")]).await.unwrap();

    assert!(remove(store, "r1").await && remove(store, "r2").await);

    assert_eq!(of_scope(store, Scope::Everyone).await, ["ada"]);
}

/// A removal that is dropped is undone whole.
pub async fn a_dropped_removal_is_undone(store: &dyn Store) {
    add_with_password(store, &user("ada", "ada"), "hash").await;
    add_team(store, "t", &["ada"]).await;
    assert!(open(store, &new_session("s", "ada"), UNCHANGED).await);
    let before = by_id(store, "ada").await;
    let mut work = super::begin(store).await;
    assert!(work.users().remove(&id("ada")).await.unwrap());
    assert_eq!(work.users().by_id(&id("ada")).await.unwrap(), None);

    drop(work);

    assert_eq!(by_id(store, "ada").await, before);
    assert!(by_token(store, &token("s")).await.is_some());
    assert_eq!(of_scope(store, in_team("t")).await, ["ada"]);
    assert_eq!(found(store, "ada").await, ["ada"]);
}

/// Of several removals at once one is told that the account was there.
pub async fn of_removals_at_once_one_is_told_so(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_team(store, "t", &["ada"]).await;

    let told = futures_util::future::join_all((0..8).map(|_| remove(store, "ada"))).await;

    assert_eq!(told.iter().filter(|told| **told).count(), 1);
    assert_eq!(count_all(store, in_team("t")).await, 0);
}
