//! What proves who somebody is. Nothing here can be serialised, and nothing shows its content when debugged.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::id::{CredentialId, UserId};
use crate::time::Timestamp;

/// A password as it was typed, verified exactly as received.
///
/// What can be serialised passes the function of these examples, a credential does not:
///
/// ```
/// fn serialised<T: serde::Serialize>(_: T) {}
/// serialised("secret".to_owned());
/// ```
///
/// ```compile_fail
/// fn serialised<T: serde::Serialize>(_: T) {}
/// serialised(muster_domain::credential::Password::from("secret".to_owned()));
/// ```
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// The text, for hashing alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password(…)")
    }
}

/// A password's hash with its salt and parameters, as one text in the PHC or modular crypt format.
///
/// ```compile_fail
/// fn serialised<T: serde::Serialize>(_: T) {}
/// serialised(muster_domain::credential::PasswordHash::from("$argon2id$…".to_owned()));
/// ```
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// The text, for a store or a verifier alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for PasswordHash {
    fn from(text: String) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash(…)")
    }
}

/// Names the root key under which a value was hashed or sealed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// A key's name as a store holds it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A keyed hash: what a store holds in place of a token.
///
/// ```compile_fail
/// fn serialised<T: serde::Serialize>(_: T) {}
/// let key = muster_domain::credential::KeyId::new("k");
/// serialised(muster_domain::credential::Digest::new(key, String::new()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Digest {
    key: KeyId,
    value: String,
}

impl Digest {
    /// A hash that was made under a key.
    #[must_use]
    pub fn new(key: KeyId, value: String) -> Self {
        Self { key, value }
    }

    /// The key it was made under.
    #[must_use]
    pub fn key(&self) -> &KeyId {
        &self.key
    }

    /// The hash as text, for a store alone.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({}, …)", self.key.as_str())
    }
}

/// What a store holds in place of a secret that must be read again.
///
/// ```compile_fail
/// fn serialised<T: serde::Serialize>(_: T) {}
/// let key_id = muster_domain::credential::KeyId::new("k");
/// serialised(muster_domain::credential::Sealed { key_id, bytes: Vec::new() });
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key it was sealed under.
    pub key_id: KeyId,
    /// The nonce and what was sealed.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sealed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sealed({}, …)", self.key_id.as_str())
    }
}

/// A token that its bearer alone holds: 26 characters for 128 random bits.
///
/// ```compile_fail
/// fn serialised<T: serde::Serialize>(_: T) {}
/// serialised(muster_domain::credential::Token::from_random([0; 16]));
/// ```
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// A new token.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(SecretString::from(crate::id::encode(bits)))
    }

    /// A token as somebody presented it, whatever it holds.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(SecretString::from(text.to_owned()))
    }

    /// The text, for its bearer or a hash alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

/// A password credential to be stored.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Names the credential.
    pub id: CredentialId,
    /// Whose it is.
    pub user_id: UserId,
    /// What verifies it.
    pub hash: PasswordHash,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What was shown to prove who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// A password.
    Password,
    /// A code of a time-based second factor.
    Totp,
    /// A code that stands in for a lost second factor.
    RecoveryCode,
    /// A link sent by mail.
    MagicLink,
    /// An identity provider's word.
    Provider,
}

impl Method {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Password, "password"),
        (Self::Totp, "totp"),
        (Self::RecoveryCode, "recovery_code"),
        (Self::MagicLink, "magic_link"),
        (Self::Provider, "provider"),
    ];

    /// The name under which stores and audits hold the method.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, id)| id)
    }

    /// The method of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == id).map(|(method, _)| *method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_shows_when_debugged() {
        let shown = format!(
            "{:?} {:?} {:?} {:?}",
            Password::from("canary".to_owned()),
            PasswordHash::from("canary".to_owned()),
            Digest::new(KeyId::new("k1"), "canary".to_owned()),
            Token::presented("canary"),
        );
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn every_method_has_a_name_of_its_own() {
        for (method, id) in Method::ALL {
            assert_eq!(Method::from_id(id), Some(method));
            assert_eq!(method.id(), id);
        }
    }
}
