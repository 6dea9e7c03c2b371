//! Codes as people type them.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Digits of a generator's code.
const DIGITS: usize = 6;
/// Characters of a recovery code, without the dashes between them.
const RECOVERY_LENGTH: usize = 16;

/// What somebody typed for a code.
#[derive(Debug)]
pub enum FactorCode {
    /// Nothing.
    Missing,
    /// What no code looks like.
    Malformed,
    /// A code of a generator: six digits.
    Generated(SecretString),
    /// A code that stands in for a lost generator.
    Recovery(RecoveryCode),
    /// Eight digits: a code of a kind that nobody has.
    Foreign,
}

impl FactorCode {
    /// Reads a code; spaces around it don't count.
    #[must_use]
    pub fn parse(typed: &str) -> Self {
        let code = typed.trim();
        let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
        match code.len() {
            0 => Self::Missing,
            DIGITS if is_number => Self::Generated(SecretString::from(code.to_owned())),
            8 if is_number && !code.starts_with('0') => Self::Foreign,
            _ => RecoveryCode::parse(code).map_or(Self::Malformed, Self::Recovery),
        }
    }
}

/// A code that stands in for a lost generator, once.
#[derive(Clone)]
pub struct RecoveryCode(SecretString);

impl RecoveryCode {
    /// A new code, of 78 random bits.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(SecretString::from(crate::id::encode(bits)[crate::id::ID_LENGTH - RECOVERY_LENGTH..].to_owned()))
    }

    /// Reads a code, with or without its dashes, in any case.
    fn parse(typed: &str) -> Option<Self> {
        let code: String = typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
        let is_code = code.len() == RECOVERY_LENGTH && typed.len() < 32 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_code.then(|| Self(SecretString::from(code)))
    }

    /// The code without its dashes, for a hash alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The code as its holder is shown it: four groups of four.
    #[must_use]
    pub fn shown(&self) -> String {
        let code = self.expose();
        [0, 4, 8, 12].map(|at| code.get(at..at + 4).unwrap_or_default()).join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn six_digits_are_a_code_and_spaces_around_do_not_count() {
        assert!(matches!(FactorCode::parse(" 012345 "), FactorCode::Generated(code) if code.expose_secret() == "012345"));
        assert!(matches!(FactorCode::parse("  "), FactorCode::Missing));
        assert!(matches!(FactorCode::parse("12345678"), FactorCode::Foreign));
        for malformed in ["12345", "1234567", "abcdef", "02345678", "１２", "123456\0"] {
            assert!(matches!(FactorCode::parse(malformed), FactorCode::Malformed), "{malformed:?}");
        }
    }

    #[test]
    fn a_recovery_code_is_read_as_it_is_shown_and_without_its_dashes() {
        let code = RecoveryCode::from_random([7; 16]);
        assert_eq!(code.shown().len(), 19);
        for typed in [code.shown(), code.shown().to_uppercase(), code.expose().to_owned(), format!(" {} ", code.shown())] {
            assert!(matches!(FactorCode::parse(&typed), FactorCode::Recovery(read) if read.expose() == code.expose()), "{typed}");
        }
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(typed: String) {
            let _ = FactorCode::parse(&typed);
        }
    }
}
