//! Stored hashes of every kind that is verified.

use argon2::password_hash::phc;

use super::{argon, bcrypt, pbkdf2};

/// Why a stored hash is not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("unknown kind")]
    Unknown,
    #[error("malformed")]
    Malformed,
    #[error("costs too much")]
    TooCostly,
}

/// A stored hash, ready to be verified at a bounded cost.
#[derive(Debug)]
pub(super) enum Stored<'a> {
    Argon(argon::Stored),
    Bcrypt(bcrypt::Stored<'a>),
    Pbkdf2(pbkdf2::Stored),
}

impl<'a> Stored<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Unusable> {
        if bcrypt::Stored::is_kind_of(text) {
            return bcrypt::Stored::parse(text).map(Self::Bcrypt);
        }
        let text = phc::PasswordHash::new(text).map_err(|_| Unusable::Unknown)?;
        if text.algorithm.as_str() == pbkdf2::Stored::ID {
            return pbkdf2::Stored::parse(&text).map(Self::Pbkdf2);
        }
        argon::Stored::parse(&text).map(Self::Argon)
    }
}

/// A number among a hash's parameters.
pub(super) fn decimal(params: &phc::ParamsString, name: &str) -> Result<u32, Unusable> {
    params.get_decimal(name).ok_or(Unusable::Malformed)
}
