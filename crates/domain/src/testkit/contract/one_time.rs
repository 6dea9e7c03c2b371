//! What holds of tokens of links in mails.

use futures_util::future::join_all;

use super::directory::{done, people};
use super::{minutes, taken};
use crate::credential::{Digest, KeyId};
use crate::one_time::{NewOneTimeToken, OneTimeToken, TokenKind};
use crate::store::{Store, StoreError, UniqueField};
use crate::testkit::fixture::{BORN, digest, email, id, one_time_token};
use crate::time::Timestamp;

async fn put(store: &dyn Store, token: &NewOneTimeToken) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.one_time_tokens().put(token).await?;
    super::commit(work).await
}

async fn by_token(store: &dyn Store, hashes: &[Digest]) -> Option<OneTimeToken> {
    store.read().await.unwrap().one_time_tokens().by_token(hashes).await.unwrap()
}

async fn redeem(store: &dyn Store, new: &NewOneTimeToken, kind: TokenKind, now: Timestamp) -> Option<OneTimeToken> {
    let hashes = [digest("other"), new.hash.clone()];
    done(store, async |work| work.one_time_tokens().redeem(&hashes, kind, now).await).await.unwrap()
}

fn of_kind(short_id: &str, user: &str, kind: TokenKind) -> NewOneTimeToken {
    let new = one_time_token(short_id, user);
    NewOneTimeToken { token: OneTimeToken { kind, ..new.token }, ..new }
}

/// A token is found by any of its hashes, with every field, and by no hash of another key.
pub async fn a_token_is_found_by_its_hash(store: &dyn Store) {
    people(store, &["ada"]).await;
    let new = one_time_token("x", "ada");
    put(store, &new).await.unwrap();

    assert_eq!(by_token(store, &[digest("other"), new.hash.clone()]).await, Some(new.token));
    let of_other_key = Digest::new(KeyId::new("other"), new.hash.value().to_owned());
    assert_eq!((by_token(store, &[of_other_key]).await, by_token(store, &[]).await), (None, None));
}

/// A token's id and its hash are its own.
pub async fn a_hash_belongs_to_one_token(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let first = one_time_token("x", "ada");
    put(store, &first).await.unwrap();

    let same_hash = put(store, &NewOneTimeToken { hash: first.hash.clone(), ..one_time_token("y", "bob") }).await;
    let same_id = put(store, &NewOneTimeToken { hash: digest("z"), ..one_time_token("x", "bob") }).await;

    assert_eq!((taken(&same_hash), taken(&same_id)), (Some(UniqueField::Id), Some(UniqueField::Id)));
    assert_eq!(by_token(store, &[first.hash]).await, Some(first.token));
}

/// A later token of a kind takes the place of the one before; other kinds, others' and those for other addresses stay.
pub async fn a_later_token_ends_the_one_before(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let elsewhere = one_time_token("e", "ada");
    let elsewhere = NewOneTimeToken { token: OneTimeToken { email: email("else"), ..elsewhere.token }, ..elsewhere };
    let others = [of_kind("v", "ada", TokenKind::Verification), one_time_token("b", "bob"), elsewhere];
    let (first, second) = (one_time_token("x", "ada"), one_time_token("y", "ada"));
    for token in others.iter().chain([&first, &second]) {
        put(store, token).await.unwrap();
    }

    assert_eq!(redeem(store, &first, TokenKind::Reset, BORN).await, None);
    assert_eq!(redeem(store, &second, TokenKind::Reset, BORN).await, Some(second.token));
    for token in others {
        assert_eq!(by_token(store, &[token.hash]).await, Some(token.token));
    }
}

/// A token is used up once, as what it is, and while it counts.
pub async fn a_token_is_used_up_once(store: &dyn Store) {
    people(store, &["ada"]).await;
    let new = one_time_token("x", "ada");
    put(store, &new).await.unwrap();

    assert_eq!(redeem(store, &new, TokenKind::Verification, BORN).await, None);
    assert_eq!(redeem(store, &new, TokenKind::Reset, new.token.expires_at).await, None);
    assert_eq!(redeem(store, &new, TokenKind::Reset, BORN).await, Some(new.token.clone()));
    assert_eq!(redeem(store, &new, TokenKind::Reset, BORN).await, None);
}

/// Of two hundred who use a token up at once one gets it.
pub async fn of_two_hundred_at_once_one_uses_a_token_up(store: &dyn Store) {
    people(store, &["ada"]).await;
    let new = one_time_token("x", "ada");
    put(store, &new).await.unwrap();

    let told = join_all((0..200).map(|_| redeem(store, &new, TokenKind::Reset, BORN))).await;

    assert_eq!(told.iter().flatten().count(), 1);
}

/// Of tokens that are made at once one counts.
pub async fn of_tokens_made_at_once_one_counts(store: &dyn Store) {
    people(store, &["ada"]).await;
    let tokens: Vec<_> = (0..20).map(|number| one_time_token(&format!("n{number}x"), "ada")).collect();

    let made = join_all(tokens.iter().map(|token| put(store, token))).await;

    assert!(made.iter().all(Result::is_ok));
    let mut counting = 0;
    for token in &tokens {
        counting += usize::from(by_token(store, std::slice::from_ref(&token.hash)).await.is_some());
    }
    assert_eq!(counting, 1);
}

/// Tokens that were ended are found, and used by nobody.
pub async fn ended_tokens_are_of_no_use(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    let reset = one_time_token("x", "ada");
    let (undo, others) = (of_kind("u", "ada", TokenKind::EmailUndo), one_time_token("b", "bob"));
    for token in [&reset, &undo, &others] {
        put(store, token).await.unwrap();
    }
    let end = async || done(store, async |work| work.one_time_tokens().end(&id("ada"), &TokenKind::ENDED_BY_ADDRESS).await).await.unwrap();

    assert_eq!((end().await, end().await), (1, 0));

    assert_eq!(redeem(store, &reset, TokenKind::Reset, BORN).await, None);
    assert_eq!(by_token(store, &[reset.hash]).await.map(|token| token.is_live(BORN)), Some(false));
    assert!(
        redeem(store, &undo, TokenKind::EmailUndo, BORN).await.is_some() && redeem(store, &others, TokenKind::Reset, BORN).await.is_some()
    );
}

/// A use that is dropped was none.
pub async fn a_dropped_use_leaves_the_token(store: &dyn Store) {
    people(store, &["ada"]).await;
    let new = one_time_token("x", "ada");
    put(store, &new).await.unwrap();
    let mut work = super::begin(store).await;
    let hashes = [new.hash.clone()];
    assert!(work.one_time_tokens().redeem(&hashes, TokenKind::Reset, BORN).await.unwrap().is_some());

    drop(work);

    assert!(redeem(store, &new, TokenKind::Reset, BORN).await.is_some());
}

/// Old tokens are removed, no more at a time than wanted, and a removed account's go with it.
pub async fn old_tokens_go(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    let at = |short: &str, user: &str, minute| {
        let new = one_time_token(short, user);
        NewOneTimeToken { token: OneTimeToken { created_at: minutes(minute), ..new.token }, ..new }
    };
    for token in [at("x", "ada", 1), at("y", "bob", 2), at("z", "cyd", 9)] {
        put(store, &token).await.unwrap();
    }
    let purge = async |most| done(store, async |work| work.one_time_tokens().purge(minutes(3), most).await).await.unwrap();

    assert_eq!((purge(1).await, purge(10).await, purge(10).await), (1, 1, 0));
    assert!(by_token(store, &[one_time_token("z", "cyd").hash]).await.is_some());

    done(store, async |work| work.users().remove(&id("cyd")).await).await.unwrap();
    assert_eq!(by_token(store, &[one_time_token("z", "cyd").hash]).await, None);
}
