//! Rules of invitations that let a guest in by themselves.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::accounts::{Link, RegisterError};
use crate::credential::Method;
use crate::email::MailDomains;
use crate::invitation::Invitee;
use crate::sign_in::SignInRules;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};

const MAIL: &str = "gia@example.test";

async fn on(bench: Bench) -> Bench {
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            for channel in ["c", "d"] {
                work.channels().insert(&fixture::channel(channel, Some("t"))).await.unwrap();
            }
        })
        .await;
    bench
}

async fn bench() -> Bench {
    on(Bench::default()).await
}

/// The token of an invitation for an address to the channel `c`.
async fn invited(bench: &Bench, email: &str, invitee: Invitee) -> Token {
    let channels = [fixture::channel("c", Some("t")).name];
    let made = bench.directory.invite(granted(&Actor::Operator), &fixture::team("t").name, &channels, email, invitee).await;
    made.unwrap().token
}

async fn enter(bench: &Bench, token: &Token) -> Result<Opened, SignInError> {
    let claim = Claim::new(None, String::new(), String::new().into());
    bench.accounts.sign_in_by_link(granted(&Actor::Nobody), token, &claim, &fixture::client(), &origin()).await
}

fn is_wrong(entered: &Result<Opened, SignInError>) -> bool {
    matches!(entered, Err(SignInError::InvalidCredentials))
}

#[tokio::test]
async fn a_guest_is_let_in_and_is_where_he_was_invited_to() {
    let bench = bench().await;
    let token = invited(&bench, "Gia.O+Hara@example.test", Invitee::GuestByLink).await;

    let opened = enter(&bench, &token).await.unwrap();

    let guest = bench.held(&opened.user.id).await;
    assert_eq!((guest.username.as_str(), guest.email.as_str()), ("gia.o-hara", "gia.o+hara@example.test"));
    assert!(guest.is_email_verified && crate::sign_in::signs_in_by_link(&guest) && guest.identity.subject.is_none());
    assert_eq!((opened.session.methods, opened.session.kind), (vec![Method::MagicLink], crate::session::SessionKind::Sso));
    assert_eq!(bench.actor(&opened.token).await.user_id(), Some(&guest.id));
    let mut reading = bench.ports.store.read().await.unwrap();
    assert!(reading.teams().member(&fixture::id("t"), &guest.id).await.unwrap().unwrap().is_active());
    let places = reading.channels().memberships(&guest.id, None).await.unwrap();
    assert_eq!(places.iter().map(|place| place.channel_id.clone()).collect::<Vec<_>>(), [fixture::id("c")]);
    let kept: Vec<_> = bench.audit().await.into_iter().map(|entry| (entry.operation, entry.outcome)).collect();
    let done = |operation: &str| (operation.to_owned(), "done".to_owned());
    assert_eq!(kept, [done("InviteByLink"), done("CreateUser"), done("Login"), done("Login")]);
    assert!(is_wrong(&enter(&bench, &token).await), "it is used up");
    assert!(bench.accounts.ask_for_link(granted(&Actor::Nobody), "gia.o-hara", &fixture::client(), &origin()).await.unwrap());
}

#[tokio::test]
async fn a_name_that_somebody_has_gets_more_characters() {
    let bench = bench().await;
    bench.person("gia", "system_user").await;
    bench.write(async |work| work.groups().insert(&crate::group::Group { name: "eve".into(), ..fixture::group("g") }).await.unwrap()).await;
    for (email, stem) in [("gia@other.test", "gia"), ("eve@example.test", "eve"), ("all@example.test", "all")] {
        let token = invited(&bench, email, Invitee::GuestByLink).await;
        let name = enter(&bench, &token).await.unwrap().user.username;
        assert!(name.as_str().starts_with(stem) && name.as_str().len() == stem.len() + 8, "{name:?}");
    }
}

#[tokio::test]
async fn nobody_gets_in_under_an_address_that_has_an_account() {
    let bench = bench().await;
    bench.person("gia", "system_user").await;
    let token = invited(&bench, MAIL, Invitee::GuestByLink).await;
    let before = bench.audit().await.len();

    assert!(is_wrong(&enter(&bench, &token).await));

    let [refused] = <[_; 1]>::try_from(bench.audit().await.split_off(before)).unwrap();
    assert_eq!((refused.operation.as_str(), refused.outcome.as_str(), refused.reason.as_deref()), ("Login", "refused", Some("invalid")));
}

#[tokio::test]
async fn an_invitation_ends_after_48_hours() {
    let bench = bench().await;
    let [early, late] =
        [invited(&bench, MAIL, Invitee::GuestByLink).await, invited(&bench, "eve@example.test", Invitee::GuestByLink).await];
    bench.clock.advance(Duration::from_hours(48));
    enter(&bench, &early).await.unwrap();
    bench.clock.advance(Duration::from_millis(1));
    assert!(is_wrong(&enter(&bench, &late).await));
}

#[tokio::test]
async fn an_invitation_that_is_not_wanted_here_is_not_used_up() {
    let no_links = Bench::on(account_rules(), SignInRules { has_links: false, ..sign_in_rules() }, |_| {});
    let no_sign_up = Bench::under(|rules| rules.allows_sign_up = false);
    let other_domains = Bench::under(|rules| rules.guest_domains = MailDomains::parse("other.test"));
    for (number, bench) in [no_links, no_sign_up, other_domains].into_iter().enumerate() {
        let bench = on(bench).await;
        let token = invited(&bench, MAIL, Invitee::GuestByLink).await;

        assert!(is_wrong(&enter(&bench, &token).await), "{number}");

        let hashes = bench.ports.keys.candidates(Purpose::GuestInvitation, token.expose());
        assert!(bench.ports.store.read().await.unwrap().invitations().by_token(&hashes).await.unwrap().is_some(), "{number}");
        assert!(!bench.ports.store.read().await.unwrap().users().any().await.unwrap(), "{number}");
    }
}

#[tokio::test]
async fn an_invitation_to_sign_up_lets_nobody_in_and_one_that_lets_in_signs_nobody_up() {
    let bench = bench().await;
    for invitee in [Invitee::Member, Invitee::Guest] {
        let token = invited(&bench, MAIL, invitee).await;
        assert!(is_wrong(&enter(&bench, &token).await), "{invitee:?}");
    }
    let token = invited(&bench, "gia@example.test", Invitee::GuestByLink).await;
    let (wanted, link) = (fixture::registration("gia"), Link { token: token.expose().to_owned(), ..Link::default() });
    let refused = bench.accounts.register(granted(&Actor::Nobody), &Actor::Nobody, wanted, &link, &fixture::client(), &origin()).await;
    assert!(matches!(refused.unwrap_err(), RegisterError::OtherLink));
}

#[tokio::test]
async fn of_200_at_once_one_gets_in() {
    let bench = Arc::new(bench().await);
    let token = invited(&bench, MAIL, Invitee::GuestByLink).await;

    let entered = futures_util::future::join_all((0..200).map(|_| enter(&bench, &token))).await;

    assert_eq!(entered.iter().filter(|entered| entered.is_ok()).count(), 1);
    assert!(entered.iter().all(|entered| entered.is_ok() || is_wrong(entered)));
    let count = crate::user::query::Count { with_bots: true, ..crate::user::query::Count::default() };
    assert_eq!(bench.ports.store.read().await.unwrap().users().count(&count).await.unwrap(), 1);
}

#[tokio::test]
async fn an_invitation_that_somebody_else_has_just_used_up_opens_nothing() {
    let bench = bench().await;
    let token = invited(&bench, MAIL, Invitee::GuestByLink).await;
    let hashes = bench.ports.keys.candidates(Purpose::GuestInvitation, token.expose());
    let held = bench.ports.store.read().await.unwrap().invitations().by_token(&hashes).await.unwrap().unwrap();
    *bench.faults.meanwhile.lock().unwrap() = Some(crate::testkit::service::Meanwhile::Redeems(held.id));

    assert!(is_wrong(&enter(&bench, &token).await));

    assert!(!bench.ports.store.read().await.unwrap().users().any().await.unwrap());
}

#[tokio::test]
async fn what_the_store_does_not_keep_uses_no_invitation_up() {
    let bench = bench().await;
    let token = invited(&bench, MAIL, Invitee::GuestByLink).await;
    bench.faults.commits.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(enter(&bench, &token).await, Err(SignInError::Store(_))));
    enter(&bench, &token).await.unwrap();
}

#[test]
fn a_name_has_no_characters_that_names_lack() {
    for (email, name) in [("Zoë+x@example.test", "zo--x"), ("a.b_c-d@example.test", "a.b_c-d"), ("@", "")] {
        assert_eq!(guest_name(email, None), name);
    }
    assert_eq!(guest_name(&format!("{}@example.test", "u".repeat(64)), Some([7; 16])).len(), 64);
}
