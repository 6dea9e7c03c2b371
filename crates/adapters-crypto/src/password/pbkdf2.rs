//! PBKDF2 with SHA-256: what recent installations of other services hold.

use argon2::password_hash::phc;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::stored::{Unusable, decimal};

const MOST_ROUNDS: u32 = 2_000_000;
const SHORTEST: u32 = 16;
const LONGEST: u32 = 64;

/// A stored hash whose cost is within bounds.
#[derive(Debug)]
pub(super) struct Stored {
    rounds: u32,
    salt: phc::Salt,
    hash: phc::Output,
}

impl Stored {
    pub(super) const ID: &'static str = "pbkdf2";

    pub(super) fn parse(text: &phc::PasswordHash) -> Result<Self, Unusable> {
        let (Some(salt), Some(hash), None) = (text.salt, text.hash, text.version) else { return Err(Unusable::Malformed) };
        if text.params.iter().count() != 3 {
            return Err(Unusable::Malformed);
        }
        if text.params.get_str("f") != Some("SHA256") {
            return Err(Unusable::Unknown);
        }
        let (rounds, length) = (decimal(&text.params, "w")?, decimal(&text.params, "l")?);
        if rounds > MOST_ROUNDS || length > LONGEST {
            return Err(Unusable::TooCostly);
        }
        if rounds == 0 || length < SHORTEST || u32::try_from(hash.len()) != Ok(length) {
            return Err(Unusable::Malformed);
        }
        Ok(Self { rounds, salt, hash })
    }

    pub(super) fn matches(&self, password: &str) -> bool {
        let mut buffer = Zeroizing::new([0; phc::Output::MAX_LENGTH]);
        let hash = &mut buffer[..self.hash.len()];
        pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &self.salt, self.rounds, hash);
        hash.ct_eq(self.hash.as_bytes()).into()
    }
}
