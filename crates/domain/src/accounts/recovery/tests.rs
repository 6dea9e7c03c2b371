//! Rules of new passwords by links in mails.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::join_all;

use super::*;
use crate::accounts::{Actor, NewSecret};
use crate::limit::RateLimits;
use crate::testkit::fixture::{self, client, id};
use crate::testkit::service::{Bench, account_rules, acting, granted, origin, sign_in_rules};
use crate::user::ExternalIdentity;

const NEW: &str = "An0ther!pass";

async fn bench() -> Bench {
    let bench = Bench::default();
    bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    bench
}

async fn send(bench: &Bench, address: &str) -> Result<(), RecoveryError> {
    bench.accounts.send_reset(granted(&Actor::Nobody), address, &client(), &origin()).await
}

async fn reset(bench: &Bench, token: &Token, password: &str) -> Result<(), ResetError> {
    let password = Password::from(password.to_owned());
    bench.accounts.reset_password(granted(&Actor::Nobody), token, &password, &client(), &origin()).await
}

/// The token of the link that an address is sent.
async fn link(bench: &Bench, address: &str) -> Token {
    send(bench, address).await.unwrap();
    bench.letters().await.pop().unwrap().token.unwrap()
}

async fn change(bench: &Bench, actor: &Actor, patch: crate::user::patch::Patch, password: &str) {
    let password = Password::from(password.to_owned());
    bench.accounts.patch(actor, &id("ada"), patch, &password, &origin()).await.unwrap();
}

fn to(address: &str) -> crate::user::patch::Patch {
    crate::user::patch::Patch { email: Some(address.to_owned()), ..crate::user::patch::Patch::default() }
}

#[tokio::test]
async fn a_link_gives_a_new_password_ends_the_sessions_and_unlocks() {
    let bench = bench().await;
    let (_, session) = bench.session("ada").await;
    for _ in 0..3 {
        bench.sign_in("ada", "nope").await.unwrap_err();
    }
    let token = link(&bench, "  Ada@Example.TEST ").await;

    reset(&bench, &token, NEW).await.unwrap();

    assert!(bench.actor(&session).await.user().is_none());
    assert!(bench.sign_in("ada", NEW).await.is_ok() && bench.sign_in("ada", "Passw0rd!x").await.is_err());
    assert_eq!(bench.letters().await.iter().map(|letter| letter.kind).collect::<Vec<_>>(), [MailKind::PasswordChanged]);
    let operations: Vec<_> = bench.audit().await.into_iter().map(|entry| entry.operation).collect();
    assert!(["SendPasswordResetEmail", "ResetPassword"].iter().all(|name| operations.iter().any(|operation| operation == name)));
}

#[tokio::test]
async fn mail_goes_to_the_stored_address_and_nobody_learns_who_is_here() {
    let bench = bench().await;
    bench.put(fixture::bot("bot", "robot", "root")).await;
    bench.put(User { remote_id: Some("there".to_owned()), ..fixture::user("rem", "rem") }).await;
    for address in ["nobody@example.test", "ada", "nonsense", "robot@example.test", "rem@example.test", "ada@example.test,eve@x.test"] {
        send(&bench, address).await.unwrap();
        assert!(bench.letters().await.is_empty(), "{address}");
    }
    send(&bench, "ADA@example.test").await.unwrap();
    let letters = bench.letters().await;
    assert_eq!((letters.len(), &letters[0].to), (1, &fixture::email("ada")));
}

#[tokio::test]
async fn who_signs_in_elsewhere_is_told_how_and_gets_no_link() {
    let bench = bench().await;
    let identity = ExternalIdentity { service: "gitlab".to_owned(), subject: Some("7".to_owned()) };
    bench.put(User { identity, ..fixture::user("sso", "sso") }).await;

    send(&bench, "sso@example.test").await.unwrap();

    let letters = bench.letters().await;
    assert_eq!((letters[0].kind, letters[0].detail.as_deref()), (MailKind::SignsInElsewhere, Some("gitlab")));
    assert!(letters[0].token.is_none());
}

#[tokio::test]
async fn a_link_works_once_and_a_refused_password_does_not_use_it_up() {
    let bench = bench().await;
    let token = link(&bench, "ada@example.test").await;

    assert!(matches!(reset(&bench, &token, "short").await, Err(ResetError::Weak(_))));
    reset(&bench, &token, NEW).await.unwrap();

    assert!(matches!(reset(&bench, &token, "Th1rd!password").await, Err(ResetError::UnknownLink)));
}

#[tokio::test]
async fn of_two_hundred_resets_at_once_one_counts() {
    let bench = bench().await;
    let token = link(&bench, "ada@example.test").await;
    let passwords: Vec<_> = (0..200).map(|number| format!("Passw0rd!{number}")).collect();

    let told = join_all(passwords.iter().map(|password| reset(&bench, &token, password))).await;

    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), 1);
    assert_eq!(bench.letters().await.len(), 1);
}

#[tokio::test]
async fn a_later_request_ends_the_link_before() {
    let bench = bench().await;
    let first = link(&bench, "ada@example.test").await;
    let second = link(&bench, "ada@example.test").await;

    assert!(matches!(reset(&bench, &first, NEW).await, Err(ResetError::UnknownLink)));
    reset(&bench, &second, NEW).await.unwrap();
}

#[tokio::test]
async fn a_link_is_for_what_it_was_sent_for() {
    let bench = bench().await;
    bench.accounts.send_verification(granted(&Actor::Nobody), "ada", &client(), &origin()).await.unwrap();
    let verification = bench.letters().await.pop().unwrap().token.unwrap();

    assert!(matches!(reset(&bench, &verification, NEW).await, Err(ResetError::OtherLink)));
    bench.accounts.verify_email(granted(&Actor::Nobody), &verification, &client(), &origin()).await.unwrap();
}

#[tokio::test]
async fn a_link_expires_with_its_time_with_the_password_and_with_the_address() {
    let bench = bench().await;
    let root = acting(&bench.held(&id("root")).await);

    let token = link(&bench, "ada@example.test").await;
    bench.clock.advance(TokenKind::Reset.lifetime());
    assert!(matches!(reset(&bench, &token, NEW).await, Err(ResetError::ExpiredLink)));

    let token = link(&bench, "ada@example.test").await;
    let wanted = NewSecret { current: Password::from(String::new()), new: Password::from(NEW.to_owned()), is_hashed: false };
    bench.accounts.change_password(&root, &id("ada"), &wanted, &origin()).await.unwrap();
    assert!(matches!(reset(&bench, &token, "Th1rd!password").await, Err(ResetError::ExpiredLink)));

    bench.letters().await;
    let token = link(&bench, "ada@example.test").await;
    change(&bench, &root, to("elsewhere@example.test"), "").await;
    // The link stays dead when the address comes back.
    change(&bench, &root, to("ada@example.test"), "").await;
    assert!(matches!(reset(&bench, &token, "Th1rd!password").await, Err(ResetError::ExpiredLink)));
}

#[tokio::test]
async fn an_account_that_became_another_kind_is_not_reset() {
    let bench = bench().await;
    let root = acting(&bench.held(&id("root")).await);
    let token = link(&bench, "ada@example.test").await;
    bench.accounts.set_identity(&root, &id("ada"), "gitlab".into(), "7".into(), &origin()).await.unwrap();
    assert!(matches!(reset(&bench, &token, NEW).await, Err(ResetError::ExpiredLink | ResetError::Provided)));
    assert_eq!(bench.held(&id("ada")).await.identity.service, "gitlab");
}

/// Lets one pass of each, whoever asks.
#[derive(Default)]
struct OneEach(std::sync::Mutex<std::collections::HashSet<(Counted, String)>>);

impl RateLimits for OneEach {
    fn take(&self, counted: Counted, whose: Whose<'_>) -> Option<Standing> {
        let key = match whose {
            Whose::Network(network) => network.to_string(),
            Whose::Account(name) => name.to_owned(),
        };
        let is_first = self.0.lock().unwrap().insert((counted, key));
        let second = std::time::Duration::from_secs(1);
        Some(Standing { limit: 1, remaining: 0, reset_after: second, retry_after: (!is_first).then_some(second) })
    }
}

fn from(address: [u8; 4]) -> Client {
    Client { address: crate::client::ClientAddress::new(IpAddr::from(address)), ..client() }
}

#[tokio::test]
async fn mails_are_limited_by_network_and_by_recipient_whether_there_is_an_account_or_not() {
    let bench = Bench::new(account_rules(), sign_in_rules(), Arc::<OneEach>::default());
    bench.person("ada", "system_user").await;
    let ask = async |address: &str, client: &Client| {
        let sent = bench.accounts.send_reset(granted(&Actor::Nobody), address, client, &origin()).await;
        matches!(sent, Err(RecoveryError::TooMany(_)))
    };
    let [one, two, three, four] = [[10, 0, 0, 1], [10, 0, 0, 2], [10, 0, 0, 3], [10, 0, 0, 4]].map(from);

    assert!(!ask("ada@example.test", &one).await && ask("other@example.test", &one).await);
    assert!(ask(" ADA@example.test", &two).await);
    assert!(!ask("nobody@example.test", &three).await && ask("nobody@example.test", &four).await);
}

#[tokio::test]
async fn links_that_nobody_holds_are_limited() {
    let bench = Bench::new(account_rules(), sign_in_rules(), Arc::<OneEach>::default());
    let guess = Token::presented(&"x".repeat(one_time::LENGTH));
    assert!(matches!(reset(&bench, &guess, NEW).await, Err(ResetError::UnknownLink)));
    assert!(matches!(reset(&bench, &guess, NEW).await, Err(ResetError::TooMany(_))));
}

#[tokio::test]
async fn a_service_without_mail_says_so_whoever_asks() {
    let bench = Bench::on(account_rules(), sign_in_rules(), |ports| ports.sends_mail = false);
    bench.person("ada", "system_user").await;
    for address in ["ada@example.test", "nobody@example.test"] {
        assert!(matches!(send(&bench, address).await, Err(RecoveryError::NoMail)), "{address}");
    }
}

#[tokio::test]
async fn failures_of_the_ports_are_told_and_keep_the_link() {
    let bench = bench().await;
    let token = link(&bench, "ada@example.test").await;
    *bench.passwords.is_busy.lock().unwrap() = true;
    assert!(matches!(reset(&bench, &token, NEW).await, Err(ResetError::Passwords(_))));
    *bench.passwords.is_busy.lock().unwrap() = false;
    for fails in [&bench.faults.reads, &bench.faults.begins, &bench.faults.commits] {
        fails.store(1, std::sync::atomic::Ordering::SeqCst);
        assert!(matches!(reset(&bench, &token, NEW).await, Err(ResetError::Store(_))));
    }
    reset(&bench, &token, NEW).await.unwrap();
}

/// Another address ends links; one that is left over all the same is of no use.
#[tokio::test]
async fn a_link_that_outlived_its_address_resets_nothing() {
    let bench = bench().await;
    let token = Token::presented(&"f".repeat(one_time::LENGTH));
    let mut left = fixture::one_time_token("f", "ada");
    left.token.email = fixture::email("former");
    left.hash = bench.ports.keys.digest(Purpose::OneTime, token.expose());
    bench.write(async |work| work.one_time_tokens().put(&left).await.unwrap()).await;

    assert!(matches!(reset(&bench, &token, NEW).await, Err(ResetError::ExpiredLink)));
    assert!(bench.sign_in("ada", NEW).await.is_err());
}
