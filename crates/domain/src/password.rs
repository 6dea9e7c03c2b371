//! What a password must be like.

use crate::credential::Password;

/// Most bytes a password has: what every stored kind of hash takes in whole.
pub const LONGEST: usize = 72;

/// What the operator asks of new passwords.
#[expect(clippy::struct_excessive_bools, reason = "each kind of character is asked for or not, as the settings say")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Fewest bytes.
    pub minimum_length: usize,
    /// Whether a lower-case letter is needed.
    pub needs_lowercase: bool,
    /// Whether an upper-case letter is needed.
    pub needs_uppercase: bool,
    /// Whether a digit is needed.
    pub needs_number: bool,
    /// Whether a mark of ASCII is needed.
    pub needs_symbol: bool,
}

/// Why a password is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few bytes.
    #[error("a password has at least {0} bytes")]
    TooShort(usize),
    /// Too many bytes.
    #[error("a password has at most {LONGEST} bytes")]
    TooLong,
    /// Common, or made of what everybody knows of its holder.
    #[error("it is common, or easily guessed from the username or the address")]
    Guessable,
    /// Kinds of characters that are missing, in the wire's order.
    #[error("a password needs these kinds of characters too: {}", .0.join(", "))]
    Lacks(Vec<&'static str>),
}

impl PasswordPolicy {
    /// Checks a new password. Its length is told alone.
    ///
    /// # Errors
    ///
    /// [`WeakPassword`] says what is wrong with it.
    pub fn check(&self, password: &Password) -> Result<(), WeakPassword> {
        let text = password.expose();
        if text.len() < self.minimum_length {
            return Err(WeakPassword::TooShort(self.minimum_length));
        }
        if text.len() > LONGEST {
            return Err(WeakPassword::TooLong);
        }
        let has = |is: fn(char) -> bool| text.chars().any(is);
        let kinds = [
            ("lowercase", self.needs_lowercase, has(|c| c.is_ascii_lowercase())),
            ("uppercase", self.needs_uppercase, has(|c| c.is_ascii_uppercase())),
            ("number", self.needs_number, has(|c| c.is_ascii_digit())),
            ("symbol", self.needs_symbol, has(is_symbol)),
        ];
        let missing: Vec<_> = kinds.into_iter().filter(|(_, needed, there)| *needed && !there).map(|(kind, ..)| kind).collect();
        if missing.is_empty() { Ok(()) } else { Err(WeakPassword::Lacks(missing)) }
    }
}

/// A space or a mark of ASCII; curly braces don't count on the wire.
fn is_symbol(c: char) -> bool {
    c == ' ' || c.is_ascii_punctuation() && !"{}".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: PasswordPolicy =
        PasswordPolicy { minimum_length: 8, needs_lowercase: false, needs_uppercase: false, needs_number: false, needs_symbol: false };

    fn check(policy: PasswordPolicy, text: &str) -> Result<(), WeakPassword> {
        policy.check(&Password::from(text.to_owned()))
    }

    #[test]
    fn length_counts_bytes() {
        assert_eq!(check(PLAIN, "éééé"), Ok(()));
        assert_eq!(check(PLAIN, "Abcde1!"), Err(WeakPassword::TooShort(8)));
        assert_eq!(check(PLAIN, &"p".repeat(72)), Ok(()));
        assert_eq!(check(PLAIN, &"p".repeat(73)), Err(WeakPassword::TooLong));
    }

    #[test]
    fn missing_kinds_are_told_together() {
        let strict = PasswordPolicy { needs_lowercase: true, needs_uppercase: true, needs_number: true, needs_symbol: true, ..PLAIN };
        assert_eq!(check(strict, "abcdefgh"), Err(WeakPassword::Lacks(vec!["uppercase", "number", "symbol"])));
        assert_eq!(check(strict, "Abcdefg1{"), Err(WeakPassword::Lacks(vec!["symbol"])));
        assert_eq!(check(strict, "Abcdef1 "), Ok(()));
    }
}
