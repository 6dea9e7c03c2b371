//! The secret that every other key is derived from.

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine as _};
use muster_domain::port::Randomness;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Bytes that a root key has.
const LENGTH: usize = 32;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// Why a text is no root key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRootKey {
    /// It is not base64.
    #[error("a key is {LENGTH} random bytes in base64, but this text is not base64")]
    Encoding,
    /// It stands for another number of bytes.
    #[error("a key is {LENGTH} random bytes in base64, but this text stands for {0} bytes")]
    Length(usize),
}

/// The service's one secret of 32 bytes: wiped when dropped, never shown.
pub struct RootKey(SecretBox<[u8; LENGTH]>);

impl RootKey {
    /// Reads a key in base64, of the standard or the URL-safe alphabet, padded or not.
    ///
    /// # Errors
    ///
    /// [`InvalidRootKey`] says what is wrong, and shows nothing of the text.
    pub fn parse(text: &str) -> Result<Self, InvalidRootKey> {
        // Key files end in a line break.
        let text = text.trim_ascii();
        let engine = if text.contains(['-', '_']) { FOR_URLS } else { PLAIN };
        let mut bytes = Zeroizing::new(Vec::new());
        engine.decode_vec(text, &mut bytes).map_err(|_| InvalidRootKey::Encoding)?;
        if bytes.len() != LENGTH {
            return Err(InvalidRootKey::Length(bytes.len()));
        }
        Ok(Self(SecretBox::init_with_mut(|key: &mut [u8; LENGTH]| key.copy_from_slice(&bytes))))
    }

    /// Makes a new key.
    #[must_use]
    pub fn generate(randomness: &(impl Randomness + ?Sized)) -> Self {
        Self(SecretBox::init_with_mut(|key: &mut [u8; LENGTH]| {
            for half in key.chunks_exact_mut(LENGTH / 2) {
                let mut bits = randomness.bits();
                half.copy_from_slice(&bits);
                bits.zeroize();
            }
        }))
    }

    /// The key as text, for the file that keeps it.
    #[must_use]
    pub fn to_base64(&self) -> SecretString {
        SecretString::from(STANDARD.encode(self.bytes()))
    }

    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        self.0.expose_secret()
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("RootKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::SystemRandomness;

    /// 32 bytes that need both marks of either alphabet.
    const STANDARD_TEXT: &str = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=";
    const URL_TEXT: &str = "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";

    #[test]
    fn both_alphabets_are_read_with_and_without_padding() {
        let key = RootKey::parse(STANDARD_TEXT).unwrap();

        assert!(key.is(&RootKey::parse(STANDARD_TEXT.trim_end_matches('=')).unwrap()));
        assert!(key.is(&RootKey::parse(URL_TEXT).unwrap()));
        assert!(key.is(&RootKey::parse(&format!("{URL_TEXT}=\n")).unwrap()));
    }

    #[test]
    fn other_lengths_are_refused_by_number() {
        let refusal = |bytes: usize| RootKey::parse(&STANDARD.encode(vec![1; bytes])).unwrap_err();

        assert_eq!(RootKey::parse("").unwrap_err(), InvalidRootKey::Length(0));
        assert_eq!(refusal(31), InvalidRootKey::Length(31));
        assert_eq!(refusal(33), InvalidRootKey::Length(33));
        assert_eq!(refusal(33).to_string(), "a key is 32 random bytes in base64, but this text stands for 33 bytes");
    }

    #[test]
    fn other_texts_are_refused_without_being_shown() {
        let refusal = RootKey::parse("canary, not a key").unwrap_err();

        assert_eq!(refusal, InvalidRootKey::Encoding);
        assert!(!refusal.to_string().contains("canary"));
    }

    #[test]
    fn generated_keys_differ_and_come_back_from_their_text() {
        let randomness = SystemRandomness::new().unwrap();

        let key = RootKey::generate(&randomness);

        assert!(!key.is(&RootKey::generate(&randomness)));
        assert!(key.is(&RootKey::parse(key.to_base64().expose_secret()).unwrap()));
        assert_ne!(key.bytes()[..16], key.bytes()[16..]);
    }

    #[test]
    fn a_key_shows_nothing_when_debugged() {
        assert_eq!(format!("{:?}", RootKey::parse(STANDARD_TEXT).unwrap()), "RootKey(…)");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fail_otherwise(text: String) {
            let _ = RootKey::parse(&text);
        }
    }
}
