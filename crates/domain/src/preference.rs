//! What clients remember of their users.

use std::collections::BTreeMap;

use crate::id::UserId;
use crate::recent_status;
use crate::text::fits;

/// The category in which clients remember how they look.
const THEME: &str = "theme";
/// Most preferences that one request carries.
pub const BATCH: usize = 100;
/// Most preferences that the clients of one account keep.
pub const OF_ACCOUNT: u32 = 10_000;

/// Category and name of what the service keeps among them itself: it takes no place from what clients remember.
pub const OF_SERVICE: (&str, &str) = (recent_status::CATEGORY, recent_status::NAME);

/// Something a client remembers of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Whose it is.
    pub user_id: UserId,
    /// What it belongs to.
    pub category: String,
    /// Its name there.
    pub name: String,
    /// What is remembered.
    pub value: String,
}

/// The first rule that a preference breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPreference {
    /// The category.
    #[error("category has 1 to 32 characters")]
    Category,
    /// The name.
    #[error("name has at most 32 characters")]
    Name,
    /// The value.
    #[error("value has at most 20000 characters")]
    Value,
    /// The value, where it is a theme.
    #[error("a theme is a JSON object of texts")]
    Theme,
}

impl Preference {
    /// Checks the fields in the order of the wire's rules.
    ///
    /// # Errors
    ///
    /// [`InvalidPreference`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), InvalidPreference> {
        let rules = [
            (self.category.is_empty() || !fits(&self.category, 32), InvalidPreference::Category),
            (!fits(&self.name, 32), InvalidPreference::Name),
            (!fits(&self.value, 20_000), InvalidPreference::Value),
        ];
        rules.into_iter().find(|(is_broken, _)| *is_broken).map_or(Ok(()), |(_, broken)| Err(broken))
    }

    /// Checks a preference that is to be remembered: clients rely on the form of a theme, and fail to start on another.
    ///
    /// # Errors
    ///
    /// [`InvalidPreference`] names the first rule that is broken.
    pub fn check_new(&self) -> Result<(), InvalidPreference> {
        self.check()?;
        if self.category == THEME && !is_theme(&self.value) { Err(InvalidPreference::Theme) } else { Ok(()) }
    }

    /// What every new account has.
    #[must_use]
    pub fn of_newcomer(user: &UserId) -> Vec<Self> {
        let own = |category: &str, name: &str, value: &str| Self {
            user_id: user.clone(),
            category: category.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        };
        vec![
            own("recommended_next_steps", "hide", "false"),
            own("tutorial_step", user.as_str(), "0"),
            own("system_notice", "GMasDM", "true"),
        ]
    }
}

/// Whether a text begins with a JSON object of texts, or with none; what follows does not count.
fn is_theme(value: &str) -> bool {
    type Theme = Option<BTreeMap<String, Option<String>>>;
    serde_json::Deserializer::from_str(value).into_iter::<Theme>().next().is_some_and(|read| read.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::fixture::id;

    #[test]
    fn the_first_broken_rule_is_told() {
        let own = Preference::of_newcomer(&id("a")).remove(0);
        assert_eq!(own.check(), Ok(()));
        assert_eq!(Preference { category: String::new(), ..own.clone() }.check(), Err(InvalidPreference::Category));
        assert_eq!(Preference { name: "n".repeat(33), ..own.clone() }.check(), Err(InvalidPreference::Name));
        assert_eq!(Preference { value: "\0".into(), ..own }.check(), Err(InvalidPreference::Value));
    }

    #[test]
    fn a_theme_is_an_object_of_texts() {
        let theme = |value: &str| Preference { category: THEME.into(), value: value.into(), ..Preference::of_newcomer(&id("a")).remove(0) };
        for value in [r##"{"sidebarBg":"#145dbf"}"##, "{}", r#"{"a":null}"#, "null", "{} and more"] {
            assert_eq!(theme(value).check_new(), Ok(()), "{value}");
        }
        for value in ["", "dark", "[]", r#"{"a":1}"#, r#"{"a":{}}"#, r#"{"a":"b""#, &"[".repeat(20_000)] {
            assert_eq!(theme(value).check_new(), Err(InvalidPreference::Theme), "{value}");
        }
        let too_long = format!(r#"{{"a":"{}"}}"#, "x".repeat(20_000));
        assert_eq!(theme(&too_long).check_new(), Err(InvalidPreference::Value), "its length comes first");
        assert_eq!(Preference { category: "other".into(), ..theme("dark") }.check_new(), Ok(()));
    }
}
