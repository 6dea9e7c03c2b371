//! Tokens of links in mails: typed, short-lived, used once, and stored as hashes alone.

use std::time::Duration;

use crate::credential::{Digest, Token};
use crate::email::Email;
use crate::id::{OneTimeTokenId, UserId};
use crate::port::Randomness;
use crate::time::Timestamp;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A new password.
    Reset,
    /// Showing that somebody reads mail at the account's address.
    Verification,
    /// A guest's sign-in.
    MagicLink,
    /// Taking back a change of address.
    EmailUndo,
}

impl TokenKind {
    /// Every kind with its name.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Reset, "reset"), (Self::Verification, "verification"), (Self::MagicLink, "magic_link"), (Self::EmailUndo, "email_undo")];

    /// Kinds that end when the account gets another address; what undoes the change must outlive it.
    pub const ENDED_BY_ADDRESS: [Self; 3] = [Self::Reset, Self::Verification, Self::MagicLink];

    /// Kinds that end when the account gets another password, or another way to sign in: those that let somebody in. That somebody
    /// reads mail at its address is as true as before.
    pub const ENDED_BY_PASSWORD: [Self; 2] = [Self::Reset, Self::MagicLink];

    /// How long a token counts.
    #[must_use]
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::Reset | Self::Verification => Duration::from_hours(24),
            Self::MagicLink => Duration::from_mins(5),
            Self::EmailUndo => Duration::from_hours(7 * 24),
        }
    }

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

/// How long rows of tokens are kept at most, whatever their kind.
pub const KEPT: Duration = Duration::from_hours(8 * 24);

/// Characters of a token.
pub const LENGTH: usize = 64;

/// A token of a link. The token itself is not part of it: a store holds its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeToken {
    /// Names the row.
    pub id: OneTimeTokenId,
    /// Whose account it is about.
    pub user_id: UserId,
    /// What it is good for.
    pub kind: TokenKind,
    /// The address it was sent to.
    pub email: Email,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never, once it was ended.
    pub expires_at: Timestamp,
}

impl OneTimeToken {
    /// Whether it counts at a time.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// A token to be stored, with the hash that finds it.
#[derive(Debug, Clone)]
pub struct NewOneTimeToken {
    /// The token.
    pub token: OneTimeToken,
    /// What stands for it.
    pub hash: Digest,
}

/// Draws a token of [`LENGTH`] characters.
#[must_use]
pub fn draw(randomness: &dyn Randomness) -> Token {
    let mut text: String = (0..3).map(|_| crate::id::encode(randomness.bits())).collect();
    text.truncate(LENGTH);
    Token::presented(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_are_kept_while_they_count() {
        assert!(TokenKind::ALL.iter().all(|(kind, id)| TokenKind::from_id(id) == Some(*kind) && kind.id() == *id));
        assert!(TokenKind::ALL.iter().all(|(kind, _)| kind.lifetime() < KEPT));
    }

    #[test]
    fn a_token_has_64_characters() {
        assert_eq!(draw(&crate::testkit::fake::Counting::default()).expose().len(), LENGTH);
    }
}
