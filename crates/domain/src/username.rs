//! Login names.

use crate::text::without_invisible;

/// A login name: 1 to 64 of `a-z 0-9 . - _`, held in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Username(String);

/// A text that can't be a login name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a username has 1 to 64 lower-case letters, digits, dots, dashes or underscores and is not a mention of everybody")]
pub struct InvalidUsername;

/// Words that address many people at once and so belong to nobody.
const RESERVED: [&str; 4] = ["all", "channel", "matterbot", "system"];

impl Username {
    /// Reads a name as people type it: letter case and invisible characters don't matter.
    ///
    /// # Errors
    ///
    /// [`InvalidUsername`] when what is left has another length or other characters, or is reserved.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        let lower = without_invisible(text).to_lowercase();
        // Lower-casing İ leaves a combining dot behind; the plain letter is what was meant.
        Self::parse_exact(&lower.replace("i\u{307}", "i"))
    }

    /// Reads a name that must already be in the form in which it is held.
    ///
    /// # Errors
    ///
    /// [`InvalidUsername`] as for [`Self::parse`], and for upper-case letters.
    pub fn parse_exact(text: &str) -> Result<Self, InvalidUsername> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
        let valid = (1..=64).contains(&text.len()) && text.bytes().all(allowed) && !RESERVED.contains(&text);
        valid.then(|| Self(text.to_owned())).ok_or(InvalidUsername)
    }

    /// Makes a name for somebody who gave none, from 128 random bits.
    #[must_use]
    pub fn generated(bits: [u8; 16]) -> Self {
        Self(format!("a{}", crate::id::encode(bits)))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_invisible_characters_do_not_matter() {
        assert_eq!(Username::parse("Upper.Case").unwrap().as_str(), "upper.case");
        assert_eq!(Username::parse("dn\u{feff}bom").unwrap().as_str(), "dnbom");
        assert_eq!(Username::parse("dn\u{130}").unwrap().as_str(), "dni");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "a b", "zoë", "a\0b", "ALL", "system", "a@b", "dn\u{200b}zw"] {
            assert_eq!(Username::parse(text), Err(InvalidUsername), "{text:?}");
        }
        assert!(Username::parse(&"u".repeat(65)).is_err());
        assert!(Username::parse_exact("READB").is_err());
    }

    proptest! {
        #[test]
        fn a_name_that_was_read_reads_as_itself(text: String) {
            if let Ok(name) = Username::parse(&text) {
                prop_assert_eq!(Username::parse_exact(name.as_str()), Ok(name));
            }
        }

        #[test]
        fn generated_names_are_names(bits: [u8; 16]) {
            prop_assert!(Username::parse_exact(Username::generated(bits).as_str()).is_ok());
        }
    }
}
