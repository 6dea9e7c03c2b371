//! Rules of opening accounts by invitation, by rule of domain and beyond the limits.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::email::MailDomains;
use crate::invitation::Invitee;
use crate::invitation::LIFETIME;
use crate::limit::RateLimits;
use crate::store::{Store, StoreError};
use crate::team::Standing as Place;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};

fn by_team(invite_id: &str) -> Link {
    Link { team: invite_id.to_owned(), ..Link::default() }
}

fn by_token(token: &Token) -> Link {
    Link { token: token.expose().to_owned(), ..Link::default() }
}

async fn register(bench: &Bench, actor: &Actor, wanted: Registration, link: &Link) -> Result<User, RegisterError> {
    bench.accounts.register(granted(actor), actor, wanted, link, &fixture::client(), &origin()).await
}

async fn join(bench: &Bench, username: &str, link: &Link) -> Result<User, RegisterError> {
    register(bench, &Actor::Nobody, fixture::registration(username), link).await
}

/// A service that is closed to all but the invited, with a team, its two default channels and one more.
async fn closed(change: impl FnOnce(&mut crate::accounts::AccountRules)) -> Bench {
    let bench = Bench::under(|rules| {
        rules.open_sign_up = false;
        change(rules);
    });
    bench.person("root", "system_admin system_user").await;
    let channels = [("town", "town-square"), ("off", "off-topic"), ("room", "room")]
        .map(|(id, name)| crate::channel::Channel { name: name.into(), ..fixture::channel(id, Some("t")) });
    bench
        .write(async |work| {
            assert!(work.service().latch(FIRST_ACCOUNT, "root").await.unwrap());
            work.teams().insert(&Team { name: "crew".into(), ..fixture::team("t") }).await.unwrap();
            for channel in &channels {
                work.channels().insert(channel).await.unwrap();
            }
        })
        .await;
    bench
}

fn invite_id() -> String {
    fixture::team("t").invite_id
}

async fn change_team(change: impl FnOnce(&mut Team)) -> Bench {
    let bench = Bench::default();
    bench.register("root").await;
    let mut team = fixture::team("t");
    change(&mut team);
    bench.write(async |work| work.teams().insert(&team).await.unwrap()).await;
    bench
}

async fn invite(bench: &Bench, channels: &[&str], username: &str, is_guest: bool) -> Token {
    let channels: Vec<_> = channels.iter().map(|&name| name.to_owned()).collect();
    let email = format!("{username}@example.test");
    let invitee = if is_guest { Invitee::Guest } else { Invitee::Member };
    bench.directory.invite(granted(&Actor::Operator), "crew", &channels, &email, invitee).await.unwrap().token
}

async fn channels_of(bench: &Bench, user: &User) -> Vec<String> {
    let found = bench.store.read().await.unwrap().channels().of_user(&user.id, None).await.unwrap();
    let mut names: Vec<_> = found.into_iter().map(|channel| channel.name).collect();
    names.sort_unstable();
    names
}

async fn place(bench: &Bench, user: &User) -> Place {
    bench.store.read().await.unwrap().teams().member(&fixture::id("t"), &user.id).await.unwrap().unwrap().standing
}

#[tokio::test]
async fn a_teams_invitation_opens_a_closed_service() {
    let bench = closed(|_| ()).await;
    assert!(matches!(join(&bench, "ada", &Link::default()).await, Err(RegisterError::Closed)));
    let ada = join(&bench, "ada", &by_team(&invite_id())).await.unwrap();
    assert_eq!((&ada.roles, ada.is_email_verified), (&Roles::user(), false));
    assert_eq!(place(&bench, &ada).await, Place::USER);
    assert_eq!(channels_of(&bench, &ada).await, ["off-topic", "town-square"]);
}

#[tokio::test]
async fn a_leaked_invitation_is_worth_nothing_where_sign_up_is_off() {
    let off = closed(|rules| rules.allows_sign_up = false).await;
    let token = invite(&off, &[], "ada", false).await;
    let root = off.person("boss", "system_admin system_user").await;

    assert!(matches!(join(&off, "ada", &by_team(&invite_id())).await, Err(RegisterError::SwitchedOff)));
    assert!(matches!(join(&off, "ada", &by_token(&token)).await, Err(RegisterError::SwitchedOff)));
    assert!(matches!(join(&off, "ada", &Link::default()).await, Err(RegisterError::SwitchedOff)));
    assert!(register(&off, &root, fixture::registration("ada"), &Link::default()).await.is_ok(), "admins always may");
}

#[tokio::test]
async fn a_team_refuses_whom_it_does_not_take() {
    let unknown = change_team(|_| ()).await;
    assert!(matches!(join(&unknown, "ada", &by_team("x")).await, Err(RegisterError::UnknownTeamInvitation)));
    let archived = change_team(|team| team.deleted_at = fixture::BORN).await;
    assert!(matches!(join(&archived, "ada", &by_team(&invite_id())).await, Err(RegisterError::UnknownTeamInvitation)));
    let constrained = change_team(|team| team.is_group_constrained = Some(true)).await;
    assert!(matches!(join(&constrained, "ada", &by_team(&invite_id())).await, Err(RegisterError::GroupConstrained)));
    let elsewhere = change_team(|team| team.allowed_domains = "corp.test".into()).await;
    assert!(matches!(join(&elsewhere, "ada", &by_team(&invite_id())).await, Err(RegisterError::TeamDomain)));
}

#[tokio::test]
async fn an_invitation_by_mail_opens_one_account_and_proves_the_address() {
    let bench = closed(|_| ()).await;
    let token = invite(&bench, &["room"], "ada", false).await;
    let ada = join(&bench, "ada", &by_token(&token)).await.unwrap();
    assert!(ada.is_email_verified && ada.roles == Roles::user());
    assert_eq!(channels_of(&bench, &ada).await, ["off-topic", "room", "town-square"]);
    let again = join(&bench, "ada", &by_token(&token)).await;
    assert!(matches!(again, Err(RegisterError::UnknownInvitation)));
}

#[tokio::test]
async fn an_invited_guest_is_one_and_is_where_he_was_invited_to() {
    let bench = closed(|_| ()).await;
    let token = invite(&bench, &["room"], "gus", true).await;
    let wanted = Registration { email: " GUS@example.test ".into(), ..fixture::registration("gus") };
    let gus = register(&bench, &Actor::Nobody, wanted, &by_token(&token)).await.unwrap();
    assert!(gus.is_email_verified && gus.roles == Roles::guest());
    assert_eq!((place(&bench, &gus).await, channels_of(&bench, &gus).await), (Place::GUEST, vec!["room".to_owned()]));
}

#[tokio::test]
async fn an_invitation_by_mail_is_good_for_its_address_and_its_time() {
    let bench = closed(|_| ()).await;
    let token = invite(&bench, &[], "ada", false).await;
    assert!(matches!(join(&bench, "eve", &by_token(&token)).await, Err(RegisterError::OtherAddress)));
    bench.clock.advance(LIFETIME);
    assert!(matches!(join(&bench, "eve", &by_token(&token)).await, Err(RegisterError::OtherAddress)));
    bench.clock.advance(Duration::from_millis(1));
    assert!(matches!(join(&bench, "ada", &by_token(&token)).await, Err(RegisterError::ExpiredInvitation)));
    let both = Link { team: invite_id(), ..by_token(&token) };
    assert!(matches!(join(&bench, "ada", &both).await, Err(RegisterError::ExpiredInvitation)), "the token counts first");
}

#[tokio::test]
async fn of_many_who_hold_a_token_at_once_one_gets_in() {
    let bench = closed(|_| ()).await;
    let token = invite(&bench, &[], "ada", false).await;
    let turn = bench.store.begin().await.unwrap();
    let link = by_token(&token);
    let tries = futures_util::future::join_all((0..50).map(|n| {
        let wanted = Registration { email: "ada@example.test".into(), ..fixture::registration(&format!("ada{n}")) };
        register(&bench, &Actor::Nobody, wanted, &link)
    }));
    let (outcomes, ()) = tokio::join!(tries, async { drop(turn) });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_token_that_is_used_up_in_the_meantime_opens_nothing() {
    let bench = closed(|_| ()).await;
    let token = invite(&bench, &[], "ada", false).await;
    let mut turn = bench.store.begin().await.unwrap();
    let meanwhile = async {
        let hashes = [crate::port::Keyring::digest(&crate::testkit::fake::PlainKeyring::default(), Purpose::OneTime, token.expose())];
        let held = turn.invitations().by_token(&hashes).await.unwrap().unwrap();
        assert!(turn.invitations().redeem(&held.id).await.unwrap());
        turn.commit().await.unwrap();
    };
    let link = by_token(&token);
    let (outcome, ()) = tokio::join!(join(&bench, "ada", &link), meanwhile);
    assert!(matches!(outcome, Err(RegisterError::UnknownInvitation)));
    let name = crate::username::Username::parse("ada").unwrap();
    assert!(bench.store.read().await.unwrap().users().by_username(&name).await.unwrap().is_none());
}

#[tokio::test]
async fn the_domains_of_members_and_of_guests_are_two() {
    for (members, guests, is_taken) in [("example.test", "corp.test", [true, false]), ("corp.test", "example.test", [false, true])] {
        let bench = closed(|rules| {
            rules.domains = MailDomains::parse(members);
            rules.guest_domains = MailDomains::parse(guests);
        })
        .await;
        for (name, is_guest, is_taken) in [("ada", false, is_taken[0]), ("gus", true, is_taken[1])] {
            let token = invite(&bench, &["room"], name, is_guest).await;
            let outcome = join(&bench, name, &by_token(&token)).await;
            assert_eq!(outcome.is_ok(), is_taken, "{name} among {members} and {guests}");
            assert!(is_taken || matches!(outcome, Err(RegisterError::Domain)));
        }
    }
}

#[tokio::test]
async fn a_domain_binds_everybody_but_those_whom_a_directory_vouches_for() {
    let bench = Bench::under(|rules| rules.domains = MailDomains::parse("corp.test"));
    let root = bench.person("root", "system_admin system_user").await;
    let from = |name: &str, service: &str| Registration {
        auth_service: service.into(),
        auth_data: if service.is_empty() { String::new() } else { name.to_owned() },
        password: if service.is_empty() { "Passw0rd!x".to_owned().into() } else { String::new().into() },
        ..fixture::registration(name)
    };
    assert!(matches!(join(&bench, "ada", &Link::default()).await, Err(RegisterError::Domain)));
    for service in ["", "gitlab"] {
        let refused = register(&bench, &root, from("ada", service), &Link::default()).await;
        assert!(matches!(refused, Err(RegisterError::Domain)), "{service}");
    }
    for service in ["ldap", "saml"] {
        assert!(register(&bench, &root, from(service, service), &Link::default()).await.is_ok(), "{service}");
    }
    let claimed = register(&bench, &Actor::Nobody, from("eve", "ldap"), &Link::default()).await;
    assert!(matches!(claimed, Err(RegisterError::Domain)), "nobody says of himself that a directory vouches for him");
}

#[tokio::test]
async fn a_group_and_an_account_are_never_named_alike() {
    let bench = Bench::default();
    let group = crate::group::Group { name: "ada".into(), ..fixture::group("g") };
    bench.write(async |work| work.groups().insert(&group).await.unwrap()).await;
    for name in ["ada", "ADA"] {
        let refused = join(&bench, name, &Link::default()).await;
        assert!(matches!(refused, Err(RegisterError::Taken(UniqueField::Username))), "{name}");
    }
}

/// Lets nobody sign up.
struct Full;

impl RateLimits for Full {
    fn take(&self, counted: Counted, _: Whose<'_>) -> Option<Standing> {
        let retry_after = Some(Duration::from_secs(1));
        (counted == Counted::SignUpsByAddress).then_some(Standing { limit: 1, remaining: 0, reset_after: Duration::ZERO, retry_after })
    }
}

#[tokio::test]
async fn a_network_signs_up_so_often_and_admins_as_often_as_they_like() {
    let bench = Bench::on(account_rules(), sign_in_rules(), |ports| ports.limits = Arc::new(Full));
    let root = bench.person("root", "system_admin system_user").await;
    assert!(matches!(join(&bench, "ada", &Link::default()).await, Err(RegisterError::TooMany(_))));
    assert!(register(&bench, &root, fixture::registration("ada"), &Link::default()).await.is_ok());
}

#[tokio::test]
async fn what_fails_opens_no_account() {
    let bench = Bench::default();
    *bench.passwords.is_busy.lock().unwrap() = true;
    assert!(matches!(join(&bench, "ada", &Link::default()).await, Err(RegisterError::Passwords(_))));
    *bench.passwords.is_busy.lock().unwrap() = false;
    bench.faults.commits.store(1, std::sync::atomic::Ordering::SeqCst);
    let failed = join(&bench, "ada", &Link::default()).await;
    assert!(matches!(failed, Err(RegisterError::Store(StoreError::Unavailable(_)))));
    assert!(bench.accounts.is_empty().await.unwrap() && bench.accounts.awaits_first_admin().await.unwrap());
}

#[tokio::test]
async fn of_two_who_come_first_at_once_one_is_admin() {
    let bench = Bench::default();
    let turn = bench.store.begin().await.unwrap();
    let link = Link::default();
    let (ada, bob, ()) = tokio::join!(join(&bench, "ada", &link), join(&bench, "bob", &link), async { drop(turn) });
    let admins = [ada.unwrap(), bob.unwrap()].iter().filter(|user| user.is_admin()).count();
    assert_eq!(admins, 1);
}

#[tokio::test]
async fn a_newcomer_has_what_clients_expect() {
    let bench = Bench::default();
    let ada = join(&bench, "ada", &Link::default()).await.unwrap();
    let held = bench.store.read().await.unwrap().preferences().of_user(&ada.id, None).await.unwrap();
    let mut expected = Preference::of_newcomer(&ada.id);
    expected.sort_by(|one, other| one.category.cmp(&other.category));
    assert_eq!(held, expected);
}

#[tokio::test]
async fn a_groups_name_is_refused_before_domain_and_password() {
    let bench = Bench::under(|rules| rules.domains = MailDomains::parse("corp.test"));
    let root = bench.person("root", "system_admin system_user").await;
    let group = crate::group::Group { name: "crew".into(), ..fixture::group("g") };
    bench.write(async |work| work.groups().insert(&group).await.unwrap()).await;
    let wanted =
        |name: &str| Registration { password: crate::credential::Password::from("short".to_owned()), ..fixture::registration(name) };
    let refused = async |name: &str| register(&bench, &root, wanted(name), &Link::default()).await;
    assert!(matches!(refused("Crew").await, Err(RegisterError::Taken(UniqueField::Username))));
    assert!(matches!(refused("crow").await, Err(RegisterError::Domain)));
}

#[tokio::test]
async fn every_refused_invitation_is_written_down_once() {
    let bench = closed(|_| ()).await;
    let [used, late, others] =
        [invite(&bench, &[], "ada", false).await, invite(&bench, &[], "bob", false).await, invite(&bench, &[], "cyd", false).await];
    join(&bench, "ada", &by_token(&used)).await.unwrap();
    let before = bench.audit().await.len();

    assert!(matches!(join(&bench, "ada", &by_token(&used)).await, Err(RegisterError::UnknownInvitation)));
    assert!(matches!(join(&bench, "eve", &by_token(&others)).await, Err(RegisterError::OtherAddress)));
    let unknown = by_team("unknown");
    assert!(matches!(join(&bench, "eve", &unknown).await, Err(RegisterError::UnknownTeamInvitation)));
    bench.clock.advance(Duration::from_hours(49));
    assert!(matches!(join(&bench, "bob", &by_token(&late)).await, Err(RegisterError::ExpiredInvitation)));

    let written = bench.audit().await.split_off(before);
    assert_eq!(written.len(), 4);
    for entry in written {
        assert_eq!((entry.operation.as_str(), entry.outcome.as_str(), entry.reason.as_deref()), ("CreateUser", "refused", Some("link")));
    }
}
