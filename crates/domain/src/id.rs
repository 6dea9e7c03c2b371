//! Identifiers: 26 characters that stand for 128 random bits.

use std::fmt;

/// The alphabet of generated ids and tokens (z-base-32).
const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";

/// Characters that every id and every session token has.
pub const ID_LENGTH: usize = 26;

/// Writes 128 bits as 26 characters of the id alphabet, most significant bit first.
#[must_use]
pub fn encode(bits: [u8; 16]) -> String {
    let value = u128::from_be_bytes(bits);
    (0..ID_LENGTH)
        .map(|position| {
            let taken = 5 * (position + 1);
            let group = if taken <= 128 { value >> (128 - taken) } else { value << (taken - 128) };
            char::from(ALPHABET[usize::try_from(group & 31).unwrap_or_default()])
        })
        .collect()
}

/// A text that is no id: an id has 26 letters or digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id has 26 letters or digits")]
pub struct InvalidId;

fn check(text: &str) -> Result<String, InvalidId> {
    let valid = text.len() == ID_LENGTH && text.chars().all(char::is_alphanumeric);
    valid.then(|| text.to_owned()).ok_or(InvalidId)
}

/// Makes distinct id types, so that one kind can't be passed for another.
macro_rules! id_type {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// Makes an id of 128 random bits.
            #[must_use]
            pub fn from_random(bits: [u8; 16]) -> Self {
                Self(encode(bits))
            }

            /// The 26 characters.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                check(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

id_type! {
    /// Names one account, for life.
    UserId;
    /// Names one signed-in device.
    SessionId;
    /// Names one personal access token.
    AccessTokenId;
    /// Names one stored credential.
    CredentialId;
    /// Names one entry of the audit.
    AuditId;
    /// Names one request, in answers and in logs.
    RequestId;
    /// Names one team.
    TeamId;
    /// Names one channel.
    ChannelId;
    /// Names one group of accounts.
    GroupId;
    /// Names one text of terms of service.
    TermsId;
    /// Names one invitation by mail.
    InvitationId;
    /// Names one mail that waits, or was sent.
    MailId;
    /// Names one token of a link in a mail.
    OneTimeTokenId;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_alphabet_reads_from_the_most_significant_bit() {
        assert_eq!(encode([0; 16]), "y".repeat(26));
        assert_eq!(encode([255; 16]), format!("{}h", "9".repeat(25)));
        assert_eq!(&encode([0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])[..2], "by");
    }

    #[test]
    fn texts_of_another_length_are_refused() {
        assert!("a".repeat(25).parse::<UserId>().is_err());
        assert!("a".repeat(27).parse::<UserId>().is_err());
        assert!(format!("{}-", "a".repeat(25)).parse::<UserId>().is_err());
        assert!("A9".repeat(13).parse::<UserId>().is_ok());
    }

    proptest! {
        #[test]
        fn every_generated_id_is_valid_and_unlike_its_neighbour(bits: [u8; 16]) {
            let id = UserId::from_random(bits);
            prop_assert_eq!(id.as_str().parse::<UserId>(), Ok(id.clone()));
            let mut other = bits;
            other[15] ^= 1;
            prop_assert_ne!(UserId::from_random(other), id);
        }

        #[test]
        fn no_text_makes_the_parser_fail_otherwise(text: String) {
            let _ = text.parse::<UserId>();
        }
    }
}
