//! What the domain asks of the world, besides storage.

use std::time::Duration;

use async_trait::async_trait;
use secrecy::{SecretSlice, SecretString};

use crate::credential::{Digest, KeyId, Password, PasswordHash, Sealed};
use crate::time::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Draws what nobody can guess.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Randomness: Send + Sync {
    /// 128 bits of the system's generator.
    fn bits(&self) -> [u8; 16];
}

/// What comes of checking a password.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It is another one, or there is none.
    Wrong,
    /// It is right; with a fresh hash where the stored one is of another kind or weaker than wanted.
    Right {
        /// The hash to store in place of the one that was verified.
        renewed: Option<PasswordHash>,
    },
}

/// Why a password was neither made nor checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordsError {
    /// Too many wait already.
    #[error("too many passwords wait to be checked")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The hasher failed.
    #[error("a password could not be hashed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A place among those whose passwords are checked; it is free again when this is dropped.
pub type PasswordPlace = Box<dyn Send + Sync>;

/// Makes and checks password hashes on workers of its own, a bounded number at a time.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Takes a place for somebody who is going to have a password checked, before anything is looked up or written for him: who is
    /// turned away costs next to nothing.
    ///
    /// # Errors
    ///
    /// [`PasswordsError::Busy`] when all are taken.
    fn admit(&self) -> Result<PasswordPlace, PasswordsError> {
        Ok(Box::new(()))
    }

    /// Hashes a password with the wanted parameters.
    ///
    /// # Errors
    ///
    /// [`PasswordsError::Busy`] when too many wait.
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError>;

    /// Checks a password. Without a stored hash it costs what a check costs, and is wrong.
    ///
    /// # Errors
    ///
    /// [`PasswordsError::Busy`] when too many wait.
    async fn verify(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError>;

    /// The same for who shows a device that the account knows: no crowd of strangers is before him.
    ///
    /// # Errors
    ///
    /// [`PasswordsError::Busy`] when too many such wait.
    async fn verify_known(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        self.verify(password, stored).await
    }

    /// Whether a hash that somebody brings along can be checked, at a cost that is bounded.
    fn knows(&self, hash: &PasswordHash) -> bool;
}

/// Tells passwords that are guessed first.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Guesses: Send + Sync {
    /// Whether a password is common, or made of what is known of its holder.
    #[cfg_attr(feature = "mocks", mockall::concretize)]
    fn is_guessable(&self, password: &Password, known: &[&str]) -> bool;
}

/// What a keyed hash is for: each purpose has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Session tokens.
    Session,
    /// Access tokens.
    AccessToken,
    /// Proof against forged cross-site requests.
    Csrf,
    /// Login names that nobody has, in the audit.
    UnknownLogin,
    /// Tokens that are good for one use: those of links in mails, and of invitations to sign up.
    OneTime,
    /// Tokens of invitations that let a guest in by themselves. With a key of their own they are good for nothing else, and nothing else
    /// for that.
    GuestInvitation,
    /// Codes that stand in for a lost second factor.
    RecoveryCode,
    /// Tokens of devices that somebody has signed in with before.
    KnownDevice,
    /// The value that shows at start whether a store belongs to a key.
    Check,
}

impl Purpose {
    /// The name from which the purpose's key is derived.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Session => "session token",
            Self::AccessToken => "access token",
            Self::Csrf => "csrf",
            Self::UnknownLogin => "unknown login",
            Self::OneTime => "one-time token",
            Self::GuestInvitation => "guest invitation",
            Self::RecoveryCode => "recovery code",
            Self::KnownDevice => "known device",
            Self::Check => "key check",
        }
    }
}

/// Makes keyed hashes under the service's keys, former ones included.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Keyring: Send + Sync {
    /// The key that new hashes are made under.
    fn current(&self) -> KeyId;

    /// A text's hash under the current key.
    fn digest(&self, purpose: Purpose, text: &str) -> Digest;

    /// A text's hashes under every key, the current one first.
    fn candidates(&self, purpose: Purpose, text: &str) -> Vec<Digest>;

    /// The name that the wire gives to what is named by its content: SHA-1 in lower-case hexadecimal digits, without any key.
    fn content_name(&self, content: &str) -> String;

    /// Whether a text is one of another text's hashes, told in constant time.
    fn matches(&self, purpose: Purpose, text: &str, presented: &str) -> bool;
}

/// What a sealed value is: each purpose has a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SealPurpose {
    /// The secret of a second factor.
    Factor,
    /// A mail that waits to be delivered.
    Outbox,
}

impl SealPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::Factor, Self::Outbox];

    /// The name from which the purpose's key is derived.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Factor => "sealed factor",
            Self::Outbox => "sealed outbox",
        }
    }
}

/// Where a sealed value is kept: it opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealContext<'a> {
    /// The table.
    pub table: &'a str,
    /// The row, by what never changes of it.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

/// Why a value was not sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// It was sealed under a key that is not here.
    #[error("the key {} that a value is sealed under is missing", .0.as_str())]
    KeyMissing(KeyId),
    /// It was changed, or belongs to another place.
    #[error("a sealed value was changed or moved")]
    Forged,
    /// The sealer failed.
    #[error("a value could not be sealed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Seals what must be read again and may not lie about in clear; former keys still open.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Sealer: Send + Sync {
    /// Seals a value under the current key.
    ///
    /// # Errors
    ///
    /// [`SealError::Failed`] when there is no randomness for it.
    #[cfg_attr(feature = "mocks", mockall::concretize)]
    fn seal(&self, purpose: SealPurpose, context: SealContext<'_>, plain: &[u8]) -> Result<Sealed, SealError>;

    /// Opens a value that was sealed for the same purpose and place.
    ///
    /// # Errors
    ///
    /// [`SealError::KeyMissing`] and [`SealError::Forged`].
    #[cfg_attr(feature = "mocks", mockall::concretize)]
    fn open(&self, purpose: SealPurpose, context: SealContext<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, SealError>;
}

/// What somebody's code generator is given.
pub struct Enrolment {
    /// The secret as people type it: base32.
    pub secret: SecretString,
    /// The same as a QR code: a PNG.
    pub picture: Vec<u8>,
}

/// Tells nothing: the picture is the secret too.
impl std::fmt::Debug for Enrolment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Enrolment(…)")
    }
}

/// What code generators are given could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("a QR code could not be drawn")]
pub struct EnrolmentError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Does what code generators do, as RFC 6238 has it: six digits, SHA-1, 30 seconds.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait FactorCodes: Send + Sync {
    /// What a code generator is given to make codes of a secret.
    ///
    /// # Errors
    ///
    /// [`EnrolmentError`] when the issuer and the account are too long for a QR code.
    fn enrolment(&self, secret: &[u8], issuer: &str, account: &str) -> Result<Enrolment, EnrolmentError>;

    /// The step of a secret to which a code belongs: of now, of the one before or of the one after.
    fn step(&self, secret: &[u8], code: &str, now: Timestamp) -> Option<i64>;
}

/// Why a picture was not made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is no picture of a known form, or its size can't be read.
    #[error("the file is no PNG, JPEG, GIF or WebP picture")]
    Unknown,
    /// It has more pixels than are decoded.
    #[error("the picture has more pixels than are allowed")]
    TooManyPixels,
    /// Its head is right and the rest of it is broken.
    #[error("the picture is broken")]
    Broken,
    /// Too many wait already.
    #[error("too many pictures wait to be made")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// The maker failed.
    #[error("a picture could not be made")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes profile pictures on workers of its own, a bounded number at a time.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Pictures: Send + Sync {
    /// Makes the picture that is shown from what somebody sent: the first frame, upright, its middle cut out as a square of
    /// 128 × 128 pixels, as a PNG without anything else that came with it.
    ///
    /// # Errors
    ///
    /// [`PictureError`] says what is wrong with what was sent.
    async fn square(&self, sent: Vec<u8>) -> Result<Vec<u8>, PictureError>;

    /// Draws the picture of who has none: the first letter of the username on a colour that the id decides, as a PNG of 128 × 128.
    ///
    /// # Errors
    ///
    /// [`PictureError::Busy`] when too many wait.
    async fn initial(&self, id: &crate::id::UserId, username: &crate::username::Username) -> Result<Vec<u8>, PictureError>;

    /// The picture of bots that have none, as a PNG of 128 × 128.
    fn bot(&self) -> Vec<u8>;
}

/// Files could not be reached.
#[derive(Debug, thiserror::Error)]
#[error("the files can't be reached")]
pub struct FilesError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Keeps files by names with slashes in them.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Files: Send + Sync {
    /// What a file holds; nothing when there is none.
    ///
    /// # Errors
    ///
    /// [`FilesError`] when that can't be told.
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FilesError>;

    /// Writes a file, whole or not at all, in place of the one before.
    ///
    /// # Errors
    ///
    /// [`FilesError`] when it was not written.
    async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), FilesError>;

    /// Removes a file; one that is not there is none to remove.
    ///
    /// # Errors
    ///
    /// [`FilesError`] when it may be left.
    async fn remove(&self, name: &str) -> Result<(), FilesError>;

    /// Removes every file in a folder; a folder that is not there is none to clear.
    ///
    /// # Errors
    ///
    /// [`FilesError`] when some may be left.
    async fn clear(&self, folder: &str) -> Result<(), FilesError>;
}
