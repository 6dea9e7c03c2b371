//! bcrypt: what older installations hold.

use bcrypt::HashParts;

use super::hasher::Failure;
use super::stored::Unusable;

/// About a second of one core.
const HIGHEST_COST: u32 = 14;
const LOWEST_COST: u32 = 4;

/// A stored hash whose cost is within bounds.
#[derive(Debug)]
pub(super) struct Stored<'a>(&'a str);

impl<'a> Stored<'a> {
    pub(super) fn is_kind_of(text: &str) -> bool {
        ["$2a$", "$2b$", "$2y$"].iter().any(|prefix| text.starts_with(prefix))
    }

    pub(super) fn parse(text: &'a str) -> Result<Self, Unusable> {
        let parts: HashParts = text.parse().map_err(|_| Unusable::Malformed)?;
        match parts.get_cost() {
            ..LOWEST_COST => Err(Unusable::Malformed),
            LOWEST_COST..=HIGHEST_COST => Ok(Self(text)),
            _ => Err(Unusable::TooCostly),
        }
    }

    /// Whether this is the password's hash. Takes all of it in: a password has at most 72 bytes.
    pub(super) fn matches(&self, password: &str) -> Result<bool, Failure> {
        Ok(bcrypt::verify(password, self.0)?)
    }
}
