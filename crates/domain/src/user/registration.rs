//! A wish for a new account, and what becomes of it.

use super::{ExternalIdentity, InvalidUser, Profile, User, check_maps, check_names};
use crate::credential::Password;
use crate::email::Email;
use crate::id::UserId;
use crate::locale::Locale;
use crate::map::{TextMap, default_notify_props, default_timezone, normalised_props};
use crate::role::Roles;
use crate::text::without_invisible;
use crate::time::Timestamp;
use crate::username::Username;

/// Most bytes of a provider's name for somebody that the wire carries.
const SUBJECT_BYTES: usize = 128;

/// What somebody asks of a new account, as it was typed.
///
/// The texts are raw on purpose: the rules are checked one after another, between checks of who is asking.
#[derive(Debug, Clone)]
pub struct Registration {
    /// An id, which nobody may choose: anything but an empty text is refused.
    pub id: String,
    /// Login name; empty for one that is made up.
    pub username: String,
    /// Mail address.
    pub email: String,
    /// Password; empty for an account that somebody else vouches for.
    pub password: Password,
    /// Nickname.
    pub nickname: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Position.
    pub position: String,
    /// Language.
    pub locale: String,
    /// Time zone.
    pub timezone: Option<TextMap>,
    /// Free properties.
    pub props: TextMap,
    /// Notifications.
    pub notify_props: TextMap,
    /// Whether news by mail are wanted.
    pub allows_marketing: bool,
    /// Whether the address is known to be its holder's; an admin's word alone counts.
    pub is_email_verified: bool,
    /// The provider; an admin's word alone counts.
    pub auth_service: String,
    /// The person's name there; an admin's word alone counts.
    pub auth_data: String,
}

/// What the service decides about a new account.
#[derive(Debug)]
pub struct Birth {
    /// Its id.
    pub id: UserId,
    /// A login name in case none was asked for.
    pub spare_username: Username,
    /// What it may do.
    pub roles: Roles,
    /// When it comes to be.
    pub at: Timestamp,
    /// The language of those whose own is not shipped.
    pub default_locale: Locale,
}

impl Registration {
    /// A wish that says no more than it must.
    #[must_use]
    pub fn new(username: String, email: String, password: Password) -> Self {
        Self {
            id: String::new(),
            username,
            email,
            password,
            nickname: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            position: String::new(),
            locale: String::new(),
            timezone: None,
            props: TextMap::new(),
            notify_props: TextMap::new(),
            allows_marketing: false,
            is_email_verified: false,
            auth_service: String::new(),
            auth_data: String::new(),
        }
    }

    /// Forgets what only an admin may say.
    #[must_use]
    pub fn by_the_public(self) -> Self {
        Self { is_email_verified: false, auth_service: String::new(), auth_data: String::new(), ..self }
    }

    /// Checks every field in the order of the wire's rules, and makes the account.
    ///
    /// # Errors
    ///
    /// [`InvalidUser`] names the first rule that is broken.
    pub fn into_user(self, birth: Birth) -> Result<User, InvalidUser> {
        let username = if self.username.is_empty() {
            birth.spare_username
        } else {
            Username::parse(&self.username).map_err(|_| InvalidUser::Username)?
        };
        let email = Email::parse(&self.email).map_err(|_| InvalidUser::Email)?;
        let mut profile = Profile {
            nickname: without_invisible(&self.nickname),
            first_name: without_invisible(&self.first_name),
            last_name: without_invisible(&self.last_name),
            position: self.position,
            locale: Locale::supported_or(&self.locale, &birth.default_locale),
            timezone: Some(self.timezone.unwrap_or_else(default_timezone)),
            props: self.props,
            notify_props: if self.notify_props.is_empty() { default_notify_props() } else { self.notify_props },
        };
        check_names(&profile)?;
        let identity = identity(self.auth_service, self.auth_data, !self.password.is_empty())?;
        check_maps(&profile)?;
        profile.props = normalised_props(profile.props, birth.at).map_err(|_| InvalidUser::Property)?;
        Ok(User {
            id: birth.id,
            created_at: birth.at,
            updated_at: birth.at,
            deleted_at: Timestamp::NEVER,
            username,
            email,
            is_email_verified: self.is_email_verified,
            profile,
            roles: birth.roles,
            allows_marketing: self.allows_marketing,
            identity,
            password_updated_at: birth.at,
            picture_updated_at: Timestamp::NEVER,
            failed_attempts: 0,
            has_second_factor: false,
            remote_id: Some(String::new()),
            last_login_at: Timestamp::NEVER,
            bot: None,
            accepted_terms: None,
            credential_epoch: 0,
        })
    }
}

fn identity(service: String, data: String, has_password: bool) -> Result<ExternalIdentity, InvalidUser> {
    let broken = [
        (data.len() > SUBJECT_BYTES || data.contains('\0') || !crate::text::fits(&service, 32), InvalidUser::AuthData),
        (!data.is_empty() && service.is_empty(), InvalidUser::AuthDataWithoutService),
        (!data.is_empty() && has_password, InvalidUser::AuthDataWithPassword),
    ];
    match broken.into_iter().find(|(is_broken, _)| *is_broken) {
        Some((_, rule)) => Err(rule),
        None => Ok(ExternalIdentity { service, subject: Some(data).filter(|subject| !subject.is_empty()) }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::fixture::{birth, registration};

    fn refused(change: impl FnOnce(&mut Registration)) -> InvalidUser {
        let mut wanted = registration("ada");
        change(&mut wanted);
        wanted.into_user(birth()).unwrap_err()
    }

    #[test]
    fn a_new_account_has_the_defaults_of_the_wire() {
        let user = registration("Ada").into_user(birth()).unwrap();
        assert_eq!(user.username.as_str(), "ada");
        assert_eq!(user.profile.locale.as_str(), "en");
        assert_eq!(user.profile.notify_props, default_notify_props());
        assert_eq!(user.profile.timezone, Some(default_timezone()));
        assert_eq!(user.remote_id.as_deref(), Some(""));
        assert_eq!((user.updated_at, user.password_updated_at), (user.created_at, user.created_at));
    }

    #[test]
    fn who_gives_no_username_gets_one() {
        let user = Registration { username: String::new(), ..registration("ada") }.into_user(birth()).unwrap();
        assert_eq!(user.username.as_str().len(), 27);
    }

    #[test]
    fn the_first_broken_rule_is_told() {
        assert_eq!(refused(|r| (r.username, r.email) = ("a b".into(), "x".into())), InvalidUser::Username);
        assert_eq!(refused(|r| (r.email, r.nickname) = ("x".into(), "n".repeat(65))), InvalidUser::Email);
        assert_eq!(refused(|r| (r.nickname, r.position) = ("n".repeat(65), "p".repeat(129))), InvalidUser::Nickname);
        assert_eq!(refused(|r| (r.position, r.first_name) = ("p".repeat(129), "\0".into())), InvalidUser::Position);
        assert_eq!(refused(|r| (r.first_name, r.last_name) = ("\0".into(), "\0".into())), InvalidUser::FirstName);
        assert_eq!(refused(|r| r.last_name = "l".repeat(65)), InvalidUser::LastName);
        assert_eq!(refused(|r| (r.auth_service, r.auth_data) = ("ldap".into(), "d".repeat(129))), InvalidUser::AuthData);
        assert_eq!(refused(|r| r.auth_data = "d".into()), InvalidUser::AuthDataWithoutService);
        assert_eq!(refused(|r| (r.auth_service, r.auth_data) = ("ldap".into(), "d".into())), InvalidUser::AuthDataWithPassword);
        assert_eq!(refused(|r| r.timezone = Some([("k".into(), "v".repeat(249))].into())), InvalidUser::Timezone);
        assert_eq!(refused(|r| r.props = [("customStatus".into(), "busy".into())].into()), InvalidUser::Property);
        assert_eq!(refused(|r| r.notify_props = [("k".into(), "\0".into())].into()), InvalidUser::Property);
    }

    #[test]
    fn the_public_has_no_say_in_what_admins_decide() {
        let wanted = Registration { is_email_verified: true, auth_service: "ldap".into(), auth_data: "x".into(), ..registration("ada") };
        let user = wanted.by_the_public().into_user(birth()).unwrap();
        assert_eq!((user.is_email_verified, user.identity), (false, ExternalIdentity::default()));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_makes_an_account_or_a_clear_refusal(username: String, email: String, nickname: String, status: String) {
            let props = [("customStatus".to_owned(), status)].into();
            let wanted = Registration { username, email, nickname, props, ..registration("ada") };
            if let Ok(user) = wanted.into_user(birth()) {
                prop_assert!(!user.profile.nickname.contains('\0'));
            }
        }
    }
}
