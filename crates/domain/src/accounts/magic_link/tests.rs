//! Rules of links by which guests sign in.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::actor::Actor;
use crate::credential::{Method, Token};
use crate::role::Roles;
use crate::session::SessionKind;
use crate::sign_in::{Claim, MAGIC_LINK, Opened, SignInError, SignInRules};
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};
use crate::user::User;

fn guest() -> User {
    User { roles: Roles::guest(), identity: fixture::identity(MAGIC_LINK, "g"), ..fixture::user("g", "gia") }
}

async fn bench() -> Bench {
    let bench = Bench::default();
    bench.put(guest()).await;
    bench
}

async fn ask(bench: &Bench, login: &str) -> Result<bool, RecoveryError> {
    bench.accounts.ask_for_link(granted(&Actor::Nobody), login, &fixture::client(), &origin()).await
}

/// The token of the link that was asked for.
async fn link(bench: &Bench) -> Token {
    assert!(ask(bench, "gia").await.unwrap());
    let letter = bench.letters().await.pop().unwrap();
    assert_eq!((letter.kind, letter.to), (MailKind::MagicLink, guest().email));
    letter.token.unwrap()
}

async fn enter(bench: &Bench, token: &Token) -> Result<Opened, SignInError> {
    let claim = Claim::new(None, String::new(), String::new().into());
    bench.accounts.sign_in_by_link(granted(&Actor::Nobody), token, &claim, &fixture::client(), &origin()).await
}

fn is_wrong(entered: &Result<Opened, SignInError>) -> bool {
    matches!(entered, Err(SignInError::InvalidCredentials))
}

#[tokio::test]
async fn a_guest_is_sent_a_link_that_lets_him_in_once() {
    let bench = bench().await;
    let token = link(&bench).await;

    let opened = enter(&bench, &token).await.unwrap();

    assert_eq!((opened.session.kind, opened.session.methods), (SessionKind::Sso, vec![Method::MagicLink]));
    assert_eq!(bench.actor(&opened.token).await.user_id(), Some(&guest().id));
    assert!(is_wrong(&enter(&bench, &token).await));
}

#[tokio::test]
async fn nobody_else_is_sent_one_or_told_apart() {
    let bench = bench().await;
    let others = [
        User { identity: fixture::identity(MAGIC_LINK, "m"), ..fixture::user("m", "member") },
        User { roles: Roles::guest(), ..fixture::user("p", "password") },
        User { roles: Roles::guest(), identity: fixture::identity("gitlab", "s"), ..fixture::user("s", "sso") },
        User {
            remote_id: Some("far".into()),
            identity: fixture::identity(MAGIC_LINK, "r"),
            roles: Roles::guest(),
            ..fixture::user("r", "rem")
        },
        User {
            deleted_at: fixture::BORN,
            identity: fixture::identity(MAGIC_LINK, "d"),
            roles: Roles::guest(),
            ..fixture::user("d", "gone")
        },
    ];
    for user in others {
        bench.put(user).await;
    }
    for login in ["member", "password", "sso", "rem", "gone", "nobody", "", "g\0"] {
        assert!(!ask(&bench, login).await.unwrap(), "{login}");
    }
    assert!(bench.letters().await.is_empty());
}

#[tokio::test]
async fn a_new_link_ends_the_earlier_one_and_none_lasts() {
    let bench = bench().await;
    let (first, second) = (link(&bench).await, link(&bench).await);
    assert!(is_wrong(&enter(&bench, &first).await));
    bench.clock.advance(Duration::from_mins(5));
    assert!(is_wrong(&enter(&bench, &second).await));
    assert!(is_wrong(&enter(&bench, &Token::from_random([7; 16])).await));
}

#[tokio::test]
async fn a_link_opens_the_account_as_it_is_now() {
    let changes: [fn(User) -> User; 4] = [
        |user| User { deleted_at: fixture::BORN, ..user },
        |user| User { roles: Roles::user(), ..user },
        |user| User { identity: fixture::identity("gitlab", "g"), ..user },
        |user| User { email: fixture::user("x", "xia").email, ..user },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let bench = bench().await;
        let token = link(&bench).await;
        bench.write(async |work| work.users().update(&change(guest())).await.unwrap()).await;

        let entered = enter(&bench, &token).await;

        assert_eq!(matches!(entered, Err(SignInError::Inactive)), number == 0, "{number}: {entered:?}");
        assert!(number == 0 || is_wrong(&entered), "{number}: {entered:?}");
    }
}

#[tokio::test]
async fn no_other_link_lets_anybody_in() {
    let bench = bench().await;
    let held = bench.held(&guest().id).await;
    let verification =
        bench.write(async |work| bench.accounts.put_token(work, TokenKind::Verification, &held, fixture::BORN).await.unwrap()).await;
    assert!(is_wrong(&enter(&bench, &verification).await));
}

#[tokio::test]
async fn guesses_at_a_password_do_not_lock_a_link_out() {
    let bench = bench().await;
    let token = link(&bench).await;
    for _ in 0..5 {
        let _ = bench.sign_in("gia", "guess").await;
    }
    assert!(matches!(bench.sign_in("gia", "guess").await, Err(SignInError::Locked(_))));
    enter(&bench, &token).await.unwrap();
}

#[tokio::test]
async fn a_link_that_could_not_be_used_counts_against_nobody() {
    let bench = bench().await;
    for _ in 0..5 {
        assert!(is_wrong(&enter(&bench, &Token::from_random([7; 16])).await));
    }
    assert_eq!(bench.held(&guest().id).await.failed_attempts, 0);
}

#[tokio::test]
async fn where_the_operator_wants_none_there_are_none() {
    let rules = SignInRules { has_links: false, ..sign_in_rules() };
    let off = Bench::on(account_rules(), rules, |_| {});
    off.put(guest()).await;
    assert!(!ask(&off, "gia").await.unwrap());
    let silent = Bench::on(account_rules(), sign_in_rules(), |ports| ports.sends_mail = false);
    silent.put(guest()).await;
    assert!(!ask(&silent, "gia").await.unwrap());

    let held = off.held(&guest().id).await;
    let token = off.write(async |work| off.accounts.put_token(work, TokenKind::MagicLink, &held, fixture::BORN).await.unwrap()).await;
    assert!(is_wrong(&enter(&off, &token).await));
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_gets_in() {
    let bench = Arc::new(bench().await);
    let token = link(&bench).await;
    let entered = futures_util::future::join_all((0..50).map(|_| enter(&bench, &token))).await;
    assert_eq!(entered.iter().filter(|entered| entered.is_ok()).count(), 1);
}
