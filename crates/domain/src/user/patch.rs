//! A change of an account, field by field.

use super::{InvalidUser, User, check_maps, check_names};
use crate::email::Email;
use crate::locale::Locale;
use crate::map::{TextMap, forget_mention, normalised_props, updated_notify_props};
use crate::text::without_invisible;
use crate::time::Timestamp;
use crate::username::Username;

/// What somebody wants changed, as it was typed; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Login name.
    pub username: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Nickname.
    pub nickname: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Position.
    pub position: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Time zone, replaced as a whole.
    pub timezone: Option<TextMap>,
    /// Free properties, replaced as a whole.
    pub props: Option<TextMap>,
    /// Notifications, replaced as a whole.
    pub notify_props: Option<TextMap>,
}

/// What somebody says of himself in full, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Replacement {
    /// Every field; what was not given is empty.
    pub patch: Patch,
    /// Time zone; `None` forgets the one there was: later it is an empty one.
    pub timezone: Option<TextMap>,
    /// Whether news by mail are wanted.
    pub allows_marketing: bool,
}

impl Replacement {
    /// Checks the changed account in the order of the wire's rules, and gives it.
    ///
    /// # Errors
    ///
    /// [`InvalidUser`] names the first rule that is broken.
    pub fn apply(self, mut user: User, now: Timestamp) -> Result<User, InvalidUser> {
        user.profile.timezone = Some(self.timezone.unwrap_or_default());
        user.allows_marketing = self.allows_marketing;
        self.patch.apply(user, now)
    }
}

impl Patch {
    /// The address that is asked for, if it is not the one the account has, letter case aside.
    #[must_use]
    pub fn new_email(&self, user: &User) -> Option<&str> {
        self.email.as_deref().filter(|email| email.to_lowercase() != user.email.as_str())
    }

    /// Checks the changed account in the order of the wire's rules, and gives it.
    ///
    /// # Errors
    ///
    /// [`InvalidUser`] names the first rule that is broken.
    pub fn apply(self, mut user: User, now: Timestamp) -> Result<User, InvalidUser> {
        let former = user.username.clone();
        if let Some(name) = self.username {
            user.username = Username::parse(&name).map_err(|_| InvalidUser::Username)?;
        }
        if let Some(text) = self.email {
            let email = Email::parse_untrimmed(&text).map_err(|_| InvalidUser::Email)?;
            // The provider will set its own again.
            if !user.identity.is_of_oauth() {
                user.is_email_verified &= email == user.email;
                user.email = email;
            }
        }
        let profile = &mut user.profile;
        replace(&mut profile.nickname, self.nickname.map(|text| without_invisible(&text)));
        replace(&mut profile.first_name, self.first_name.map(|text| without_invisible(&text)));
        replace(&mut profile.last_name, self.last_name.map(|text| without_invisible(&text)));
        replace(&mut profile.position, self.position);
        check_names(profile)?;
        if let Some(tag) = self.locale {
            profile.locale = Locale::parse(&tag).map_err(|_| InvalidUser::Locale)?;
        }
        if self.timezone.is_some() {
            profile.timezone = self.timezone;
        }
        replace(&mut profile.props, self.props);
        replace(&mut profile.notify_props, self.notify_props);
        check_maps(profile)?;
        profile.props = normalised_props(std::mem::take(&mut profile.props), now).map_err(|_| InvalidUser::Property)?;
        profile.notify_props = updated_notify_props(std::mem::take(&mut profile.notify_props));
        if user.username != former {
            forget_mention(&mut user.profile.notify_props, former.as_str());
            // The generated picture shows the name's first letter: whoever holds it fetches it again.
            if user.picture_updated_at <= Timestamp::NEVER {
                user.picture_updated_at = now.negated();
            }
        }
        user.updated_at = now.max(user.updated_at);
        Ok(user)
    }
}

fn replace<T>(field: &mut T, wanted: Option<T>) {
    if let Some(value) = wanted {
        *field = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::default_notify_props;
    use crate::testkit::fixture;

    const NOW: Timestamp = Timestamp::from_millis(5_000_000_000_000);

    fn patched(patch: Patch) -> Result<User, InvalidUser> {
        patch.apply(fixture::user("a", "ada"), NOW)
    }

    #[test]
    fn what_is_not_named_stays() {
        let before = User { updated_at: NOW, ..fixture::user("a", "ada") };
        assert_eq!(patched(Patch::default()).unwrap(), before);
    }

    #[test]
    fn maps_are_replaced_as_a_whole() {
        let props = TextMap::from([("x".into(), "1".into())]);
        let user = patched(Patch { props: Some(props.clone()), notify_props: Some(TextMap::new()), ..Patch::default() }).unwrap();
        assert_eq!(user.profile.props, props);
        assert_eq!(user.profile.notify_props, default_notify_props());
    }

    #[test]
    fn another_address_is_not_verified() {
        let verified = User { is_email_verified: true, ..fixture::user("a", "ada") };
        let same = Patch { email: Some(verified.email.as_str().to_uppercase()), ..Patch::default() };
        assert!(same.new_email(&verified).is_none());
        assert!(same.apply(verified.clone(), NOW).unwrap().is_email_verified);
        let other = Patch { email: Some("x@example.test".into()), ..Patch::default() };
        assert!(!other.apply(verified, NOW).unwrap().is_email_verified);
    }

    #[test]
    fn the_first_broken_rule_is_told() {
        let refused = |patch: Patch| patched(patch).unwrap_err();
        assert_eq!(refused(Patch { username: Some(String::new()), ..Patch::default() }), InvalidUser::Username);
        assert_eq!(refused(Patch { email: Some("nonsense".into()), ..Patch::default() }), InvalidUser::Email);
        assert_eq!(refused(Patch { email: Some(" ada@example.test".into()), ..Patch::default() }), InvalidUser::Email);
        assert_eq!(refused(Patch { last_name: Some("l".repeat(65)), ..Patch::default() }), InvalidUser::LastName);
        assert_eq!(refused(Patch { locale: Some("xx".into()), ..Patch::default() }), InvalidUser::Locale);
        let status = TextMap::from([("customStatus".into(), "busy".into())]);
        assert_eq!(refused(Patch { props: Some(status), ..Patch::default() }), InvalidUser::Property);
    }

    #[test]
    fn time_never_runs_backwards() {
        let user = User { updated_at: NOW, ..fixture::user("a", "ada") };
        assert_eq!(Patch::default().apply(user, Timestamp::from_millis(1)).unwrap().updated_at, NOW);
    }
}
