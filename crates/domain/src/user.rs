//! Accounts.

pub mod patch;
pub mod query;
pub mod registration;
pub mod shown;

use crate::email::Email;
use crate::id::UserId;
use crate::locale::Locale;
use crate::map::TextMap;
use crate::provider::Provider;
use crate::role::{self, Permission, Roles};
use crate::time::Timestamp;
use crate::username::Username;

/// What people say of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// What others call them.
    pub nickname: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Job or place in the organisation.
    pub position: String,
    /// Language of the interface.
    pub locale: Locale,
    /// Time zone, automatic or chosen; `None` when none was ever stored.
    pub timezone: Option<TextMap>,
    /// Free properties, the custom status among them.
    pub props: TextMap,
    /// What they are notified of, and how.
    pub notify_props: TextMap,
}

/// An account elsewhere that signs in to this one, as the wire shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExternalIdentity {
    /// The provider; empty for a password.
    pub service: String,
    /// The person's name there.
    pub subject: Option<String>,
}

impl ExternalIdentity {
    /// Whether the provider is one of those that speak OAuth: it sets its people's names and addresses at each sign-in.
    #[must_use]
    pub fn is_of_oauth(&self) -> bool {
        Provider::from_id(&self.service).is_some_and(|provider| provider != Provider::Saml)
    }
}

/// What an account has besides when it is a program and not a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bot {
    /// What it does.
    pub description: String,
    /// When its picture last changed.
    pub icon_updated_at: Timestamp,
    /// Who answers for it; nobody when the service made it by itself.
    pub owner_id: Option<UserId>,
    /// When it became a bot.
    pub created_at: Timestamp,
    /// When it last changed as a bot.
    pub updated_at: Timestamp,
}

/// Terms of service that somebody accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedTerms {
    /// Which.
    pub id: String,
    /// When.
    pub at: Timestamp,
}

/// One account. Passwords, factors and tokens are not part of it: see [`crate::credential`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Names the account, for life.
    pub id: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything in it last changed.
    pub updated_at: Timestamp,
    /// When it was deactivated; never while it is active.
    pub deleted_at: Timestamp,
    /// Its login name.
    pub username: Username,
    /// Its mail address.
    pub email: Email,
    /// Whether somebody has shown to read mail there.
    pub is_email_verified: bool,
    /// What its holder says of himself.
    pub profile: Profile,
    /// What it may do.
    pub roles: Roles,
    /// Whether its holder wants news by mail.
    pub allows_marketing: bool,
    /// Who vouches for it, if not a password.
    pub identity: ExternalIdentity,
    /// When its password last changed.
    pub password_updated_at: Timestamp,
    /// When its picture last changed; negative while a generated one is shown.
    pub picture_updated_at: Timestamp,
    /// Wrong passwords since the last right one.
    pub failed_attempts: u32,
    /// Whether a second factor is asked for.
    pub has_second_factor: bool,
    /// The other server it lives on; an empty text for none.
    pub remote_id: Option<String>,
    /// When it last signed in.
    pub last_login_at: Timestamp,
    /// What it is if not a person.
    pub bot: Option<Bot>,
    /// The terms of service its holder accepted last.
    pub accepted_terms: Option<AcceptedTerms>,
    /// Grows with every change of what lets somebody in.
    pub credential_epoch: i64,
}

/// The notification choice that says whether others get an answer by itself.
const ANSWERING_MACHINE: &str = "auto_responder_active";

impl User {
    /// Whether the account may be used.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.deleted_at == Timestamp::NEVER
    }

    /// Whether its holder sees only what he was invited to.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.roles.contains(role::GUEST)
    }

    /// Whether its holder may do everything.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.roles.grant(Permission::ManageSystem)
    }

    /// Whether the account lives on another server.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.remote_id.as_deref().is_some_and(|id| !id.is_empty())
    }

    /// Whether its answering machine is on.
    #[must_use]
    pub fn has_answering_machine_on(&self) -> bool {
        self.profile.notify_props.get(ANSWERING_MACHINE).is_some_and(|text| text == "true")
    }

    /// The account with its answering machine off.
    #[must_use]
    pub fn without_answering_machine(mut self, now: Timestamp) -> Self {
        self.profile.notify_props.insert(ANSWERING_MACHINE.to_owned(), "false".to_owned());
        self.updated_at = now.max(self.updated_at);
        self
    }
}

/// The first rule that an account's fields break, in the order in which they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUser {
    /// The login name.
    #[error(
        "the username has 1 to 64 lower-case letters, digits, dots, dashes or underscores, and is none of all, channel, matterbot, system"
    )]
    Username,
    /// The mail address.
    #[error("the e-mail address has at most 128 bytes and the form name@domain")]
    Email,
    /// The nickname.
    #[error("the nickname has at most 64 characters and no NUL")]
    Nickname,
    /// The position.
    #[error("the position has at most 128 characters and no NUL")]
    Position,
    /// The given name.
    #[error("the first name has at most 64 characters and no NUL")]
    FirstName,
    /// The family name.
    #[error("the last name has at most 64 characters and no NUL")]
    LastName,
    /// The length of a provider's name for somebody.
    #[error("auth_data has at most 128 bytes and no NUL")]
    AuthData,
    /// A provider's name for somebody without the provider.
    #[error("auth_data needs an auth_service")]
    AuthDataWithoutService,
    /// Both a password and a provider.
    #[error("an account has either a password or auth_data")]
    AuthDataWithPassword,
    /// The language.
    #[error("the locale is empty or a language tag of at most 5 bytes")]
    Locale,
    /// The time zone.
    #[error("the timezone has at most 256 characters as JSON")]
    Timezone,
    /// A free property.
    #[error("props and notify_props have at most 64 keys and 16 kB of JSON without NUL, and customStatus is the text of a JSON object")]
    Property,
}

/// Checks the profile's texts in the order of the wire's rules.
pub(crate) fn check_names(profile: &Profile) -> Result<(), InvalidUser> {
    let rules = [
        (&profile.nickname, 64, InvalidUser::Nickname),
        (&profile.position, 128, InvalidUser::Position),
        (&profile.first_name, 64, InvalidUser::FirstName),
        (&profile.last_name, 64, InvalidUser::LastName),
    ];
    rules.into_iter().find(|(text, most, _)| !crate::text::fits(text, *most)).map_or(Ok(()), |(_, _, broken)| Err(broken))
}

/// Checks the profile's maps in the order of the wire's rules.
pub(crate) fn check_maps(profile: &Profile) -> Result<(), InvalidUser> {
    if profile.timezone.as_ref().is_some_and(|map| !crate::map::is_timezone(map)) {
        return Err(InvalidUser::Timezone);
    }
    let storable = crate::map::is_storable(&profile.props) && crate::map::is_storable(&profile.notify_props);
    if storable { Ok(()) } else { Err(InvalidUser::Property) }
}
