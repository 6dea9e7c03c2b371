//! Small valid values. A short text names an id: it is padded to 26 characters.

use std::str::FromStr;

use crate::access_token::{AccessToken, NewAccessToken};
use crate::actor::CredentialKind;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::channel::{Channel, ChannelKind, ChannelMember};
use crate::client::{Client, ClientAddress};
use crate::credential::{Digest, KeyId, Method, NewPassword, Password, PasswordHash, Sealed};
use crate::email::Email;
use crate::group::Group;
use crate::invitation::{Invitation, NewInvitation};
use crate::locale::Locale;
use crate::mail::{MailKind, NewMail};
use crate::map::TextMap;
use crate::one_time::{NewOneTimeToken, OneTimeToken, TokenKind};
use crate::operation::Operation;
use crate::preference::Preference;
use crate::session::{EndReason, Ending, NewSession, ProviderSession, Session, SessionKind};
use crate::status::{Presence, Status};
use crate::team::{Standing, Team, TeamKind, TeamMember};
use crate::terms::Terms;
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
        device: crate::session::DeviceProps::default(),
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
        bot: Some(Bot {
            description: "counts 'n' computes".to_owned(),
            icon_updated_at: later(6),
            // Its own: there need be no other account.
            owner_id: Some(id(short_id)),
            created_at: later(8),
            updated_at: later(9),
        }),
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

/// A bot that an account answers for, with the address `<username>@example.test`.
#[must_use]
pub fn bot(short_id: &str, username: &str, short_owner_id: &str) -> User {
    let bot = Bot { owner_id: Some(id(short_owner_id)), created_at: BORN, updated_at: BORN, ..Bot::default() };
    User { bot: Some(bot), ..user(short_id, username) }
}

/// The end of a session by revocation, a minute after it was made.
#[must_use]
pub fn ending() -> Ending {
    Ending { at: BORN.after(std::time::Duration::from_mins(1)), reason: EndReason::Revoked, by: Some(id("admin")) }
}

/// An entry of a sign-in that was done at the machine.
#[must_use]
pub fn audit(short_id: &str) -> AuditEntry {
    let origin = Origin::at_the_machine();
    AuditEntry::new(id(short_id), BORN, Operation::Login, Outcome::Done, origin)
}

/// An access token that was made in a session, by its owner, for good.
#[must_use]
pub fn access_token(short_id: &str, short_user_id: &str) -> AccessToken {
    AccessToken {
        id: id(short_id),
        user_id: id(short_user_id),
        description: format!("token {short_id}"),
        is_active: true,
        scopes: None,
        created_by: Some(id(short_user_id)),
        created_via: CredentialKind::Session,
        created_at: BORN,
        expires_at: None,
        last_used_at: None,
        last_address: None,
    }
}

/// The same to be stored, with the hash `hash of <id>`.
#[must_use]
pub fn new_access_token(short_id: &str, short_user_id: &str) -> NewAccessToken {
    NewAccessToken { token: access_token(short_id, short_user_id), hash: digest(&format!("hash of {short_id}")) }
}

/// A team that its members invite to, by the name `team-<id>`.
#[must_use]
pub fn team(short_id: &str) -> Team {
    Team {
        id: id(short_id),
        created_at: BORN,
        updated_at: BORN,
        deleted_at: Timestamp::NEVER,
        name: format!("team-{short_id}"),
        display_name: format!("Team {short_id}"),
        description: String::new(),
        email: String::new(),
        kind: TeamKind::Invited,
        company_name: String::new(),
        allowed_domains: String::new(),
        invite_id: id::<crate::id::TeamId>(short_id).to_string(),
        allows_open_invite: false,
        is_group_constrained: None,
    }
}

/// An ordinary member of a team.
#[must_use]
pub fn team_member(short_team_id: &str, short_user_id: &str) -> TeamMember {
    TeamMember {
        team_id: id(short_team_id),
        user_id: id(short_user_id),
        standing: Standing::USER,
        created_at: BORN,
        deleted_at: Timestamp::NEVER,
    }
}

/// An open channel of a team, or a group channel without one, by the name `channel-<id>`.
#[must_use]
pub fn channel(short_id: &str, short_team_id: Option<&str>) -> Channel {
    Channel {
        id: id(short_id),
        team_id: short_team_id.map(id),
        kind: if short_team_id.is_some() { ChannelKind::Open } else { ChannelKind::Group },
        name: format!("channel-{short_id}"),
        display_name: format!("Channel {short_id}"),
        header: String::new(),
        purpose: String::new(),
        creator_id: None,
        created_at: BORN,
        updated_at: BORN,
        deleted_at: Timestamp::NEVER,
        is_group_constrained: None,
    }
}

/// An ordinary member of a channel.
#[must_use]
pub fn channel_member(short_channel_id: &str, short_user_id: &str) -> ChannelMember {
    ChannelMember { channel_id: id(short_channel_id), user_id: id(short_user_id), standing: Standing::USER, created_at: BORN }
}

/// A group by the name `group-<id>`.
#[must_use]
pub fn group(short_id: &str) -> Group {
    Group {
        id: id(short_id),
        name: format!("group-{short_id}"),
        display_name: format!("Group {short_id}"),
        description: String::new(),
        allows_reference: true,
        created_at: BORN,
        updated_at: BORN,
        deleted_at: Timestamp::NEVER,
    }
}

/// An invitation of `<name>@example.test` to a team; its token's hash is `hash of <id>`.
#[must_use]
pub fn invitation(short_id: &str, short_team_id: &str, name: &str) -> NewInvitation {
    let invitation = Invitation {
        id: id(short_id),
        team_id: id(short_team_id),
        channels: Vec::new(),
        email: email(name).as_str().to_owned(),
        is_guest: false,
        invited_by: None,
        created_at: BORN,
    };
    NewInvitation { invitation, token: digest(&format!("hash of {short_id}")) }
}

/// A mail that belongs to nobody and is of use for ever.
#[must_use]
pub fn mail(short_id: &str) -> NewMail {
    let sealed = Sealed { key_id: KeyId::new("k1"), bytes: format!("\0letter {short_id}").into_bytes() };
    NewMail { id: id(short_id), user_id: None, kind: MailKind::Reset, sealed, created_at: BORN, expires_at: None }
}

/// A reset's token for `<user>@example.test` that counts for a day; its hash is `hash of <id>`.
#[must_use]
pub fn one_time_token(short_id: &str, short_user_id: &str) -> NewOneTimeToken {
    let token = OneTimeToken {
        id: id(short_id),
        user_id: id(short_user_id),
        kind: TokenKind::Reset,
        email: email(short_user_id),
        created_at: BORN,
        expires_at: BORN.after(TokenKind::Reset.lifetime()),
    };
    NewOneTimeToken { token, hash: digest(&format!("hash of {short_id}")) }
}

/// Terms that nobody is known to have written.
#[must_use]
pub fn terms(short_id: &str, text: &str) -> Terms {
    Terms { id: id(short_id), created_at: BORN, author: None, text: text.to_owned() }
}

/// Something a client remembers.
#[must_use]
pub fn preference(short_user_id: &str, category: &str, name: &str, value: &str) -> Preference {
    Preference { user_id: id(short_user_id), category: category.to_owned(), name: name.to_owned(), value: value.to_owned() }
}

/// A presence that the service found out by itself.
#[must_use]
pub fn status(short_user_id: &str, presence: Presence) -> Status {
    Status { presence, last_activity_at: BORN, ..Status::unknown(id(short_user_id)) }
}
