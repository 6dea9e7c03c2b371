//! Signed-in devices.

use std::time::Duration;

use crate::client::ClientAddress;
use crate::credential::{Digest, KeyId, Method};
use crate::id::{SessionId, UserId};
use crate::time::Timestamp;
use crate::user::User;

/// How a session came to be, which decides its length and what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionKind {
    /// A browser or a program on a desk.
    Web,
    /// A phone or tablet.
    Mobile,
    /// An identity provider's word.
    Sso,
    /// An application that acts for its user by OAuth.
    OauthApp,
}

impl SessionKind {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Web, "web"), (Self::Mobile, "mobile"), (Self::Sso, "sso"), (Self::OauthApp, "oauth_app")];

    /// The name under which stores hold the kind.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, id)| id)
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == id).map(|(kind, _)| *kind)
    }
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Its holder signed out.
    SignedOut,
    /// Somebody revoked it.
    Revoked,
    /// The account's password changed.
    PasswordChanged,
    /// The same device signed in again.
    DeviceReused,
    /// The account had more sessions than it may have.
    TooMany,
    /// The account was deactivated.
    Deactivated,
    /// The account became a bot's.
    Converted,
    /// Its time was over.
    Expired,
    /// It was not used for too long.
    Idle,
    /// Its holder changed the second factor.
    FactorChanged,
    /// The account signs in another way.
    SignInMethodChanged,
}

impl EndReason {
    const ALL: [(Self, &'static str); 11] = [
        (Self::SignedOut, "signed_out"),
        (Self::Revoked, "revoked"),
        (Self::PasswordChanged, "password_changed"),
        (Self::DeviceReused, "device_reused"),
        (Self::TooMany, "too_many"),
        (Self::Deactivated, "deactivated"),
        (Self::Converted, "converted"),
        (Self::Expired, "expired"),
        (Self::Idle, "idle"),
        (Self::FactorChanged, "factor_changed"),
        (Self::SignInMethodChanged, "sign_in_method_changed"),
    ];

    /// The name under which stores and audits hold the reason.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(reason, _)| *reason == self).map_or("", |(_, id)| id)
    }

    /// The reason of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == id).map(|(reason, _)| *reason)
    }
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: EndReason,
    /// Through whom; nobody when the service did it by itself.
    pub by: Option<UserId>,
}

/// The provider's side of a single sign-on session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProviderSession {
    /// Who vouched.
    pub issuer: Option<String>,
    /// The person's name there.
    pub subject: Option<String>,
    /// The session's name there, by which the provider ends it.
    pub session_id: Option<String>,
}

/// What a push device tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceProps {
    /// The device that calls are pushed to; empty for none.
    pub voip_device_id: String,
    /// Whether it wants no notifications; `None` while it has not said.
    pub is_silent: Option<bool>,
    /// The version of its program; empty while it has not said.
    pub mobile_version: String,
}

/// What changes of a session's push device; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceChange {
    /// The push device that holds it.
    pub device_id: Option<String>,
    /// The device that calls are pushed to.
    pub voip_device_id: Option<String>,
    /// Whether it wants no notifications.
    pub is_silent: Option<bool>,
    /// The version of its program.
    pub mobile_version: Option<String>,
    /// When the session ends if it is not used.
    pub expires_at: Option<Timestamp>,
}

/// One signed-in device. Its token is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Names the session.
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// How it came to be.
    pub kind: SessionKind,
    /// When its holder last proved who he is.
    pub authenticated_at: Timestamp,
    /// By what.
    pub methods: Vec<Method>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to five minutes.
    pub last_active_at: Timestamp,
    /// When it ends if it is not used.
    pub expires_at: Timestamp,
    /// When it ends however much it is used.
    pub absolute_expires_at: Timestamp,
    /// Where it began.
    pub first_address: ClientAddress,
    /// Where it was last used.
    pub last_address: ClientAddress,
    /// The program that holds it.
    pub user_agent: String,
    /// The push device that holds it; empty for none.
    pub device_id: String,
    /// What that device tells of itself.
    pub device: DeviceProps,
    /// The provider's side.
    pub provider: ProviderSession,
    /// How it ended; `None` while it lives.
    pub ended: Option<Ending>,
}

impl Session {
    /// Whether the session still counts at a time.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at && now < self.absolute_expires_at
    }

    /// Whether its use should be written down again: once in five minutes is enough.
    #[must_use]
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        now.since(self.last_active_at) >= TOUCH_EVERY
    }
}

/// How often the use of a session is written down.
pub(crate) const TOUCH_EVERY: Duration = Duration::from_mins(5);

/// A session to be stored, with the hash that finds it.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// What stands for its token.
    pub token: Digest,
}

/// What must still hold when a session is made: it was read before the password was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// The account's credential epoch.
    pub credential_epoch: i64,
    /// The whole service's credential epoch.
    pub global_epoch: i64,
}

/// A live session, its account as it is now, and the key that its token is stored under.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Its account, roles included, read with it.
    pub user: User,
    /// The key of the stored hash.
    pub key: KeyId,
}

/// The use of a session, written down.
#[derive(Debug, Clone)]
pub struct Touch {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: ClientAddress,
    /// The token's hash under the current key, where it is stored under a former one.
    pub token: Option<Digest>,
    /// When the session ends from now on if it is not used; `None` leaves that as it is.
    pub expires_at: Option<Timestamp>,
}

/// How long sessions live.
#[derive(Debug, Clone)]
pub struct SessionLengths {
    /// Browsers and desktop programs.
    pub web: Duration,
    /// Phones and tablets.
    pub mobile: Duration,
    /// Single sign-on.
    pub sso: Duration,
    /// However much a session is used.
    pub absolute: Duration,
    /// Whether use moves a session's end.
    pub extends: bool,
    /// Without use, whatever their end; `None` for as long as that is.
    pub idle: Option<Duration>,
}

impl SessionLengths {
    /// The length of one kind; never more than the absolute one.
    #[must_use]
    pub fn of(&self, kind: SessionKind) -> Duration {
        let length = match kind {
            SessionKind::Web => self.web,
            SessionKind::Mobile => self.mobile,
            SessionKind::Sso | SessionKind::OauthApp => self.sso,
        };
        length.min(self.absolute)
    }

    /// The length of a session, which a push device makes a mobile one.
    #[must_use]
    pub fn of_session(&self, session: &Session) -> Duration {
        self.of(if session.device_id.is_empty() { session.kind } else { SessionKind::Mobile })
    }

    /// The end that use moves a session's to, if it is time to: after five minutes, a hundredth of its length or a day.
    #[must_use]
    pub fn extended(&self, session: &Session, now: Timestamp) -> Option<Timestamp> {
        let length = self.of_session(session);
        let end = now.after(length).min(session.absolute_expires_at);
        let least = TOUCH_EVERY.max((length / 100).min(Duration::from_hours(24)));
        (self.extends && end.since(session.expires_at) >= least).then_some(end)
    }

    /// Whether a session counts: it has not ended, its time is not over, and it was used lately enough.
    #[must_use]
    pub fn allow(&self, session: &Session, now: Timestamp) -> bool {
        session.is_live(now) && self.idle.is_none_or(|idle| now.since(session.last_active_at) < idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::fixture;

    #[test]
    fn a_session_lives_until_either_of_its_ends() {
        let session = Session {
            expires_at: Timestamp::from_millis(10),
            absolute_expires_at: Timestamp::from_millis(20),
            ..fixture::session("s", "u")
        };
        assert!(session.is_live(Timestamp::from_millis(9)));
        assert!(!session.is_live(Timestamp::from_millis(10)));
        let extended = Session { expires_at: Timestamp::from_millis(30), ..session };
        assert!(!extended.is_live(Timestamp::from_millis(20)));
    }

    #[test]
    fn no_kind_outlives_the_absolute_length() {
        let hour = Duration::from_hours(1);
        let lengths = SessionLengths { web: hour * 3, mobile: hour, sso: hour * 2, absolute: hour * 2, extends: true, idle: None };
        assert_eq!(lengths.of(SessionKind::Web), hour * 2);
        assert_eq!(lengths.of(SessionKind::Mobile), hour);
        let on_device = Session { device_id: "d".to_owned(), ..fixture::session("s", "u") };
        assert_eq!(lengths.of_session(&on_device), hour);
    }

    #[test]
    fn use_moves_the_end_up_to_the_absolute_one() {
        let (hour, minute) = (Duration::from_hours(1), Duration::from_mins(1));
        let lengths = SessionLengths { web: hour, mobile: hour, sso: hour, absolute: hour * 2, extends: true, idle: None };
        let born = fixture::BORN;
        let session = Session { expires_at: born.after(hour), absolute_expires_at: born.after(hour * 2), ..fixture::session("s", "u") };
        assert_eq!(lengths.extended(&session, born.after(minute * 4)), None, "not after every request");
        assert_eq!(lengths.extended(&session, born.after(minute * 5)), Some(born.after(minute * 65)));
        assert_eq!(lengths.extended(&session, born.after(minute * 90)), Some(born.after(hour * 2)));
        assert_eq!(SessionLengths { extends: false, ..lengths }.extended(&session, born.after(minute * 5)), None);
    }

    #[test]
    fn a_session_that_is_not_used_ends_early_where_that_is_wanted() {
        let hour = Duration::from_hours(1);
        let lengths = SessionLengths { web: hour, mobile: hour, sso: hour, absolute: hour, extends: true, idle: Some(hour / 2) };
        let session = Session { last_active_at: fixture::BORN, ..fixture::session("s", "u") };
        assert!(lengths.allow(&session, fixture::BORN.after(Duration::from_millis(30 * 60 * 1000 - 1))));
        assert!(!lengths.allow(&session, fixture::BORN.after(hour / 2)));
        assert!(SessionLengths { idle: None, ..lengths }.allow(&session, fixture::BORN.after(hour / 2)));
    }

    #[test]
    fn kinds_and_reasons_have_names_of_their_own() {
        assert!(SessionKind::ALL.iter().all(|(kind, id)| SessionKind::from_id(id) == Some(*kind)));
        assert!(EndReason::ALL.iter().all(|(reason, id)| EndReason::from_id(id) == Some(*reason)));
    }
}
