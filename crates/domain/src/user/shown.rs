//! What of an account is shown to whom.

use super::User;
use crate::time::Timestamp;

/// How close the one who looks is to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// Its holder.
    Own,
    /// Somebody who may manage the system.
    Admin,
    /// Anybody else who is signed in.
    Other,
}

/// What the operator lets people see of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy {
    /// Mail addresses.
    pub shows_email: bool,
    /// First and last names.
    pub shows_full_name: bool,
}

/// An account as one viewer gets it: what he may not see is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownUser {
    /// The account, blanked.
    pub user: User,
    /// The provider's name for its holder; `None` when there is none or when its holder looks.
    pub auth_data: Option<String>,
    /// Its notification choices are left out.
    pub hides_notify_props: bool,
    /// Its mail address is left out.
    pub hides_email: bool,
}

impl User {
    /// Shows the account whole but for its secrets, as its holder and who has just changed it see it.
    #[must_use]
    pub fn shown_whole(self) -> ShownUser {
        ShownUser { auth_data: self.identity.subject.clone(), hides_notify_props: false, hides_email: false, user: self }
    }

    /// Shows the account as a viewer may see it.
    #[must_use]
    pub fn shown_to(mut self, viewer: Viewer, privacy: Privacy) -> ShownUser {
        if viewer == Viewer::Own {
            return self.shown_whole();
        }
        self.is_email_verified = false;
        self.allows_marketing = false;
        self.password_updated_at = Timestamp::NEVER;
        self.accepted_terms = self.accepted_terms.filter(|_| viewer == Viewer::Admin);
        if viewer == Viewer::Admin {
            return self.shown_whole();
        }
        self.failed_attempts = 0;
        self.identity.service.clear();
        if !privacy.shows_email {
            self.profile.props.remove("RemoteEmail");
        }
        if !privacy.shows_full_name {
            self.profile.first_name.clear();
            self.profile.last_name.clear();
        }
        ShownUser { auth_data: Some(String::new()), hides_notify_props: true, hides_email: !privacy.shows_email, user: self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::fixture;
    use crate::user::ExternalIdentity;

    const OPEN: Privacy = Privacy { shows_email: true, shows_full_name: true };

    fn full() -> User {
        let mut user = fixture::user("a", "ada");
        user.is_email_verified = true;
        user.failed_attempts = 3;
        user.identity = ExternalIdentity { service: "ldap".into(), subject: Some("uid-7".into()) };
        user.profile.first_name = "Ada".into();
        user.profile.props.insert("RemoteEmail".into(), "x@example.test".into());
        user
    }

    #[test]
    fn its_holder_sees_everything() {
        let shown = full().shown_to(Viewer::Own, OPEN);
        assert_eq!(shown.user, full());
        assert_eq!(shown.auth_data.as_deref(), Some("uid-7"));
    }

    #[test]
    fn an_admin_sees_how_it_signs_in_but_not_whether_its_address_is_verified() {
        let shown = full().shown_to(Viewer::Admin, OPEN);
        assert!(!shown.user.is_email_verified && !shown.hides_notify_props);
        assert_eq!((shown.user.failed_attempts, shown.auth_data.as_deref()), (3, Some("uid-7")));
        assert_eq!(shown.user.password_updated_at, Timestamp::NEVER);
    }

    #[test]
    fn others_see_neither_attempts_nor_how_it_signs_in() {
        let shown = full().shown_to(Viewer::Other, OPEN);
        assert!(shown.hides_notify_props);
        assert_eq!((shown.user.failed_attempts, shown.user.identity.service.as_str()), (0, ""));
        assert_eq!(shown.auth_data.as_deref(), Some(""));
        assert_eq!(shown.user.profile.first_name, "Ada");
    }

    #[test]
    fn the_operator_can_hide_names_and_addresses() {
        let closed = Privacy { shows_email: false, shows_full_name: false };
        let shown = full().shown_to(Viewer::Other, closed);
        assert_eq!(shown.user.profile.first_name, "");
        assert!(shown.hides_email);
        assert!(!shown.user.profile.props.contains_key("RemoteEmail"));
    }
}
