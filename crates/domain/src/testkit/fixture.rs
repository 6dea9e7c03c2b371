//! Small valid values. A short text names an id: it is padded to 26 characters.

use std::str::FromStr;

use crate::audit::{AuditEntry, Origin, Outcome};
use crate::client::{Client, ClientAddress};
use crate::credential::{Digest, KeyId, Method, NewPassword, Password, PasswordHash};
use crate::email::Email;
use crate::locale::Locale;
use crate::map::TextMap;
use crate::operation::Operation;
use crate::session::{EndReason, Ending, NewSession, ProviderSession, Session, SessionKind};
use crate::time::Timestamp;
use crate::user::registration::{Birth, Registration};
use crate::user::{AcceptedTerms, Bot, ExternalIdentity, Profile, User};
use crate::username::Username;

/// When every fixture was made: the first of January 2026.
pub const BORN: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// An id of any kind.
#[must_use]
pub fn id<I: FromStr>(short: &str) -> I
where
    I::Err: std::fmt::Debug,
{
    format!("{short:0<26}").parse().unwrap()
}

/// A wish for an account that breaks no rule.
#[must_use]
pub fn registration(username: &str) -> Registration {
    Registration::new(username.to_owned(), format!("{username}@example.test"), Password::from("Passw0rd!x".to_owned()))
}

/// What the service decides about a fixture.
#[must_use]
pub fn birth() -> Birth {
    Birth {
        id: id("b"),
        spare_username: Username::generated([7; 16]),
        roles: crate::role::Roles::user(),
        at: BORN,
        default_locale: Locale::parse("en").unwrap(),
    }
}

/// An ordinary active account with the address `<username>@example.test`.
#[must_use]
pub fn user(short_id: &str, username: &str) -> User {
    registration(username).into_user(Birth { id: id(short_id), ..birth() }).unwrap()
}

/// A mail address at `example.test`.
#[must_use]
pub fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.test")).unwrap()
}

/// A password credential; the text stands in for a hash.
#[must_use]
pub fn password(short_user_id: &str, hash: &str) -> NewPassword {
    NewPassword { id: id(short_user_id), user_id: id(short_user_id), hash: PasswordHash::from(hash.to_owned()), created_at: BORN }
}

/// A web session that lives for an hour.
#[must_use]
pub fn session(short_id: &str, short_user_id: &str) -> Session {
    let hour = std::time::Duration::from_hours(1);
    Session {
        id: id(short_id),
        user_id: id(short_user_id),
        kind: SessionKind::Web,
        authenticated_at: BORN,
        methods: vec![Method::Password],
        created_at: BORN,
        last_active_at: BORN,
        expires_at: BORN.after(hour),
        absolute_expires_at: BORN.after(hour),
        first_address: address(),
        last_address: address(),
        user_agent: "test".to_owned(),
        device_id: String::new(),
        provider: ProviderSession::default(),
        ended: None,
    }
}

/// A session to store; its token's hash is `hash of <id>`.
#[must_use]
pub fn new_session(short_id: &str, short_user_id: &str) -> NewSession {
    NewSession { session: session(short_id, short_user_id), token: digest(&format!("hash of {short_id}")) }
}

/// A hash under the key `k1`.
#[must_use]
pub fn digest(value: &str) -> Digest {
    Digest::new(KeyId::new("k1"), value.to_owned())
}

/// An address of the documentation range.
#[must_use]
pub fn address() -> ClientAddress {
    ClientAddress::new("192.0.2.7".parse().unwrap())
}

/// A program on a desk.
#[must_use]
pub fn client() -> Client {
    Client::new(address(), "test")
}

/// An account in which every field that a store keeps differs from its default.
#[must_use]
pub fn detailed_user(short_id: &str, username: &str) -> User {
    let later = |minutes| BORN.after(std::time::Duration::from_mins(minutes));
    let map = |key: &str, value: &str| TextMap::from([(key.to_owned(), value.to_owned())]);
    User {
        updated_at: later(1),
        deleted_at: later(2),
        is_email_verified: true,
        profile: Profile {
            nickname: "Ada 🚀 \"the\" O'Count".to_owned(),
            first_name: "Ådä".to_owned(),
            last_name: "Лавлейс; -- \\ %_".to_owned(),
            position: "计算机".to_owned(),
            locale: Locale::parse("pt-BR").unwrap(),
            timezone: Some(map("manualTimezone", "Europe/London")),
            props: map("clé \"quoted\" \\ '", "värde\n{\"a\": [1]}"),
            notify_props: map("mention_keys", "ada,@ada"),
        },
        roles: crate::role::Roles::admin(),
        allows_marketing: true,
        identity: identity("saml", "Ada@Provider"),
        password_updated_at: later(3),
        picture_updated_at: Timestamp::from_millis(-later(4).as_millis()),
        failed_attempts: 2,
        has_second_factor: true,
        remote_id: Some("remote".to_owned()),
        last_login_at: later(5),
        bot: Some(Bot { description: "counts 'n' computes".to_owned(), icon_updated_at: later(6) }),
        accepted_terms: Some(AcceptedTerms { id: "terms".to_owned(), at: later(7) }),
        credential_epoch: 8,
        ..user(short_id, username)
    }
}

/// Somebody's name at a provider.
#[must_use]
pub fn identity(service: &str, subject: &str) -> ExternalIdentity {
    ExternalIdentity { service: service.to_owned(), subject: Some(subject.to_owned()) }
}

/// The end of a session by revocation, a minute after it was made.
#[must_use]
pub fn ending() -> Ending {
    Ending { at: BORN.after(std::time::Duration::from_mins(1)), reason: EndReason::Revoked, by: Some(id("admin")) }
}

/// An entry of a sign-in that was done at the machine.
#[must_use]
pub fn audit(short_id: &str) -> AuditEntry {
    let origin = Origin { request_id: None, address: None };
    AuditEntry::new(id(short_id), BORN, Operation::Login, Outcome::Done, origin)
}
