//! What holds of access tokens.

use futures_util::future::{join, join_all};

use super::directory::{ALL, done};
use super::sessions::under;
use super::{add, begin, commit, minutes, open, taken};
use crate::access_token::{AccessToken, NewAccessToken, TokenOwner};
use crate::actor::CredentialKind;
use crate::client::ClientAddress;
use crate::credential::{Digest, KeyId};
use crate::page::Page;
use crate::session::Touch;
use crate::store::{Held, ReadAccessTokens, Shown, Store, StoreError, UniqueField};
use crate::testkit::fixture::{BORN, access_token, address, digest, id, new_access_token, new_session, user};
use crate::time::Timestamp;
use crate::user::User;

/// More tokens than any account has here.
const MANY: u32 = 100;

async fn insert(store: &dyn Store, token: &NewAccessToken, most: u32) -> Result<bool, StoreError> {
    let mut work = begin(store).await;
    work.users().locked(&token.token.user_id).await?;
    let did = work.access_tokens().insert(token, most).await?;
    commit(work).await.map(|()| did)
}

/// Two accounts, `a` and `b`, and some tokens.
async fn with_tokens(store: &dyn Store, tokens: &[NewAccessToken]) {
    add(store, &[user("a", "ada"), user("b", "bob")]).await.unwrap();
    for token in tokens {
        assert!(insert(store, token, MANY).await.unwrap());
    }
}

fn made_at(short_id: &str, short_user_id: &str, at: Timestamp) -> NewAccessToken {
    let new = new_access_token(short_id, short_user_id);
    NewAccessToken { token: AccessToken { created_at: at, ..new.token }, ..new }
}

async fn by_id(store: &dyn Store, short_id: &str) -> Option<AccessToken> {
    store.read().await.unwrap().access_tokens().by_id(&id(short_id)).await.unwrap()
}

async fn by_text(store: &dyn Store, hashes: &[Digest]) -> Option<TokenOwner> {
    let shown = Shown { sessions: vec![digest("no session"); hashes.len()], access_tokens: hashes.to_vec() };
    match store.read().await.unwrap().sessions().by_token(&shown).await.unwrap() {
        Some(Held::AccessToken(owner)) => Some(owner),
        Some(Held::Session(_)) | None => None,
    }
}

/// Look-ups of tokens, by the short ids of what they give.
async fn ids(store: &dyn Store, look: impl AsyncFnOnce(&mut dyn ReadAccessTokens) -> Result<Vec<AccessToken>, StoreError>) -> Vec<String> {
    let mut reading = store.read().await.unwrap();
    let found = look(reading.access_tokens()).await.unwrap();
    found.iter().map(|token| token.description.trim_start_matches("token ").to_owned()).collect()
}

/// Every field of a token is kept.
pub async fn every_field_of_an_access_token_is_kept(store: &dyn Store) {
    let detailed = AccessToken {
        description: "it's \"名\" \\ %_".to_owned(),
        is_active: false,
        scopes: Some(vec!["GetUser".to_owned(), "PatchUser".to_owned()]),
        created_by: None,
        created_via: CredentialKind::LocalSocket,
        created_at: minutes(1),
        expires_at: Some(minutes(2)),
        last_used_at: Some(minutes(3)),
        last_address: Some(ClientAddress::new("2001:db8::1".parse().unwrap())),
        ..access_token("t", "a")
    };
    let none = AccessToken { scopes: Some(Vec::new()), ..access_token("u", "b") };
    let new = |token: &AccessToken, hash| NewAccessToken { token: token.clone(), hash: under("k2", hash) };

    with_tokens(store, &[new(&detailed, "one"), new(&none, "other")]).await;

    assert_eq!(by_id(store, "t").await, Some(detailed));
    assert_eq!(by_id(store, "u").await, Some(none));
    assert_eq!(by_id(store, "unknown").await, None);
}

/// A token is found by any of several hashes, each under its own key, on or off.
pub async fn an_access_token_is_found_by_its_text(store: &dyn Store) {
    let off = NewAccessToken { token: AccessToken { is_active: false, ..access_token("u", "a") }, hash: under("k1", "off") };
    with_tokens(store, &[new_access_token("t", "a"), off]).await;
    let hash = new_access_token("t", "").hash;

    let found = by_text(store, &[digest("other"), hash.clone()]).await.unwrap();
    let alone = by_text(store, std::slice::from_ref(&hash)).await.unwrap();
    let third = by_text(store, &[digest("other"), digest("another"), hash.clone()]).await.unwrap();

    assert_eq!((found.token, found.key), (access_token("t", "a"), hash.key().clone()));
    assert!(alone.token.id == id("t") && third.token.id == id("t"));
    assert!(!by_text(store, &[under("k1", "off")]).await.unwrap().token.is_active);
    let under_another_key = Digest::new(KeyId::new("k9"), hash.value().to_owned());
    assert!(by_text(store, &[under_another_key]).await.is_none() && by_text(store, &[digest("other")]).await.is_none());
    assert!(by_text(store, &[]).await.is_none());
}

/// A token comes with its account as it is now.
pub async fn an_access_token_comes_with_its_account_as_it_is_now(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a")]).await;
    done(store, async |work| {
        let gone = User { deleted_at: minutes(1), ..work.users().locked(&id("a")).await.unwrap().unwrap() };
        work.users().update(&gone).await
    })
    .await
    .unwrap();

    let found = by_text(store, &[new_access_token("t", "").hash]).await.unwrap();

    assert_eq!(found.user, super::account(store, "a").await);
    assert!(!found.user.is_active());
}

/// A text that is a session's is no access token's, and the other way round.
pub async fn sessions_and_access_tokens_are_told_apart(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a")]).await;
    assert!(open(store, &new_session("s", "b"), super::UNCHANGED).await);
    let (session, token) = (new_session("s", "").token, new_access_token("t", "").hash);
    let ask = async |session: &Digest, token: &Digest| {
        let shown = Shown { sessions: vec![session.clone()], access_tokens: vec![token.clone()] };
        store.read().await.unwrap().sessions().by_token(&shown).await.unwrap()
    };

    let (as_session, as_token) = (ask(&session, &digest("other")).await, ask(&digest("other"), &token).await);

    assert!(matches!(as_session, Some(Held::Session(held)) if held.user.id == id("b")));
    assert!(matches!(as_token, Some(Held::AccessToken(held)) if held.user.id == id("a")));
    assert!(ask(&token, &session).await.is_none());
}

/// Tokens come oldest first, of one time by id, part by part; an account's are its own.
pub async fn access_tokens_come_oldest_first(store: &dyn Store) {
    let tokens = [made_at("u", "a", minutes(2)), made_at("t", "a", minutes(2)), made_at("z", "a", minutes(1)), made_at("o", "b", BORN)];
    with_tokens(store, &tokens).await;
    let page = |number, size| Page { number, size };

    assert_eq!(ids(store, async |tokens| tokens.of_user(&id("a"), ALL).await).await, ["z", "t", "u"]);
    assert_eq!(ids(store, async |tokens| tokens.of_user(&id("a"), page(1, 2)).await).await, ["u"]);
    assert_eq!(ids(store, async |tokens| tokens.of_user(&id("c"), ALL).await).await, [""; 0]);
    assert_eq!(ids(store, async |tokens| tokens.list(ALL).await).await, ["o", "z", "t", "u"]);
    assert_eq!(ids(store, async |tokens| tokens.list(page(1, 3)).await).await, ["u"]);
    assert_eq!(ids(store, async |tokens| tokens.list(page(0, 0)).await).await, [""; 0]);
}

/// A search finds tokens by the whole of their id, their owner's id or their owner's login name, and by nothing else.
pub async fn access_tokens_are_found_by_exact_names(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a"), made_at("u", "a", minutes(1)), made_at("o", "b", minutes(2))]).await;
    let search = async |term: &str, most| ids(store, async |tokens| tokens.search(term, most).await).await;

    assert_eq!(search("ada", MANY).await, ["t", "u"]);
    assert_eq!(search(id::<crate::id::UserId>("b").as_str(), MANY).await, ["o"]);
    assert_eq!(search(id::<crate::id::AccessTokenId>("u").as_str(), MANY).await, ["u"]);
    assert_eq!(search("ada", 1).await, ["t"]);
    for term in ["", "ad", "ADA", "ad%", "a_a", "token t", "ada@example.test", "hash of t", "' OR 1=1 --"] {
        assert_eq!(search(term, MANY).await, [""; 0], "{term}");
    }
}

/// An id and a text are one token's, and a token belongs to an account.
pub async fn an_access_token_is_one_alone(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a")]).await;
    let same_id = NewAccessToken { hash: digest("other"), ..new_access_token("t", "b") };
    let same_text = NewAccessToken { hash: new_access_token("t", "").hash, ..new_access_token("u", "b") };

    for twin in [same_id, same_text] {
        assert_eq!(taken(&insert(store, &twin, MANY).await), Some(UniqueField::Id));
    }

    assert!(!matches!(insert(store, &new_access_token("v", "nobody"), MANY).await, Ok(true)));
    assert_eq!(ids(store, async |tokens| tokens.list(ALL).await).await, ["t"]);
}

/// An account that has as many tokens as it may have gets none more; others do.
pub async fn an_account_has_no_more_access_tokens_than_it_may(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a"), new_access_token("u", "a")]).await;

    assert!(!insert(store, &new_access_token("v", "a"), 2).await.unwrap());
    assert!(insert(store, &new_access_token("o", "b"), 2).await.unwrap());
    assert!(insert(store, &new_access_token("w", "a"), 3).await.unwrap());

    assert_eq!(by_id(store, "v").await, None);
}

/// Of many who make tokens for an account at once, so many do as it may have.
pub async fn of_makers_at_once_none_goes_beyond(store: &dyn Store) {
    with_tokens(store, &[]).await;
    let names: Vec<_> = (0..20).map(|number| format!("n{number}x")).collect();

    let made = join_all(names.iter().map(async |name| insert(store, &new_access_token(name, "a"), 5).await.unwrap())).await;

    assert_eq!(made.iter().filter(|did| **did).count(), 5);
    assert_eq!(ids(store, async |tokens| tokens.of_user(&id("a"), ALL).await).await.len(), 5);
}

/// A token is switched off and on, as often as somebody likes; it is told whether that changed it.
pub async fn an_access_token_is_switched_off_and_on(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a"), new_access_token("u", "a")]).await;
    let switch =
        async |short: &str, is_on| done(store, async |work| work.access_tokens().set_active(&id(short), is_on).await).await.unwrap();

    for (is_on, has_changed) in [(false, true), (false, false), (true, true), (true, false), (false, true)] {
        assert_eq!(switch("t", is_on).await, Some(has_changed));
        assert_eq!(by_id(store, "t").await.unwrap().is_active, is_on);
    }

    assert_eq!(switch("unknown", true).await, None);
    assert!(by_id(store, "u").await.unwrap().is_active);
    let told = join_all((0..20).map(|_| switch("t", true))).await;
    assert_eq!(told.iter().filter(|told| **told == Some(true)).count(), 1, "of twenty at once one has changed it");
}

/// A token is removed once, by one of several at once, and its text finds nothing more.
pub async fn an_access_token_is_removed_once(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a"), new_access_token("u", "a")]).await;
    let remove = || done(store, async |work| work.access_tokens().remove(&id("t")).await.unwrap());

    let (first, second) = join(remove(), remove()).await;

    assert!(first != second);
    assert!(by_text(store, &[new_access_token("t", "").hash]).await.is_none() && by_id(store, "t").await.is_none());
    assert!(by_id(store, "u").await.is_some());
    assert!(insert(store, &new_access_token("t", "a"), MANY).await.unwrap());
}

async fn touch(store: &dyn Store, short_id: &str, at: Timestamp, token: Option<Digest>) {
    let touch = Touch { at, address: address(), token, expires_at: None };
    done(store, async |work| work.access_tokens().touch(&id(short_id), &touch).await).await.unwrap();
}

/// The use of a token moves forward, never back; nobody's use is nothing.
pub async fn the_use_of_an_access_token_is_kept(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a"), new_access_token("u", "a")]).await;

    touch(store, "t", minutes(7), None).await;
    touch(store, "t", minutes(6), None).await;
    touch(store, "unknown", minutes(7), None).await;

    let used = AccessToken { last_used_at: Some(minutes(7)), last_address: Some(address()), ..access_token("t", "a") };
    assert_eq!(by_id(store, "t").await, Some(used));
    assert_eq!(by_id(store, "u").await, Some(access_token("u", "a")));
}

/// Use moves a token to another key, under which alone it is found then.
pub async fn an_access_token_moves_to_another_key(store: &dyn Store) {
    with_tokens(store, &[new_access_token("t", "a")]).await;

    touch(store, "t", minutes(7), Some(under("k2", "new"))).await;

    let found = by_text(store, &[under("k2", "new")]).await.unwrap();
    assert_eq!((found.token.id, found.key), (id("t"), KeyId::new("k2")));
    assert!(by_text(store, &[new_access_token("t", "").hash]).await.is_none());
}

/// Tokens are counted by the key they are stored under.
pub async fn access_tokens_are_counted_by_key(store: &dyn Store) {
    let under = |short, key| NewAccessToken { hash: under(key, short), ..new_access_token(short, "a") };
    with_tokens(store, &[under("t", "k1"), under("u", "k2"), under("v", "k1")]).await;

    let mut counts = store.read().await.unwrap().access_tokens().count_by_key().await.unwrap();

    counts.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
    assert_eq!(counts, [(KeyId::new("k1"), 2), (KeyId::new("k2"), 1)]);
}

/// The tokens of a removed account go; those that it made for others stay.
pub async fn access_tokens_go_with_their_account(store: &dyn Store) {
    let for_bob =
        NewAccessToken { token: AccessToken { created_by: Some(id("a")), ..access_token("u", "b") }, ..new_access_token("u", "b") };
    with_tokens(store, &[new_access_token("t", "a"), for_bob]).await;

    done(store, async |work| work.users().remove(&id("a")).await).await.unwrap();

    assert!(by_id(store, "t").await.is_none() && by_text(store, &[new_access_token("t", "").hash]).await.is_none());
    assert!(by_id(store, "u").await.is_some());
}

/// A token of a dropped unit of work is none.
pub async fn a_dropped_access_token_is_none(store: &dyn Store) {
    with_tokens(store, &[]).await;
    let mut work = begin(store).await;
    work.users().locked(&id("a")).await.unwrap();
    assert!(work.access_tokens().insert(&new_access_token("t", "a"), MANY).await.unwrap());
    drop(work);

    assert_eq!(by_id(store, "t").await, None);
}
