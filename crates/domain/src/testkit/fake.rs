//! Ports that answer at once and always alike.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretSlice;

use crate::credential::{Digest, KeyId, Password, PasswordHash, Sealed};
use crate::id::UserId;
use crate::port::{
    Clock, Enrolment, EnrolmentError, FactorCodes, Files, FilesError, Keyring, PasswordPlace, Passwords, PasswordsError, PictureError,
    Pictures, Purpose, Randomness, SealContext, SealError, SealPurpose, Sealer, Verdict,
};
use crate::time::Timestamp;
use crate::username::Username;

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl Default for FixedClock {
    fn default() -> Self {
        Self(AtomicI64::new(super::fixture::BORN.as_millis()))
    }
}

impl FixedClock {
    /// Moves the clock.
    pub fn advance(&self, span: Duration) {
        let later = self.now().after(span);
        self.0.store(later.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Counts instead of drawing: 1, 2, 3 and so on.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl Randomness for Counting {
    fn bits(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst) + 1).to_be_bytes()
    }
}

/// Takes `hash of <password>` for a hash, and remembers how often it was asked to check one.
#[derive(Debug, Default)]
pub struct PlainPasswords {
    checks: AtomicU64,
    /// What the next calls answer in place of the truth.
    pub is_busy: Mutex<bool>,
    /// Whether strangers have taken every place.
    pub is_crowded: AtomicBool,
}

impl PlainPasswords {
    /// How many passwords were checked, against a hash or against none.
    pub fn checks(&self) -> u64 {
        self.checks.load(Ordering::SeqCst)
    }

    fn busy(&self) -> Result<(), PasswordsError> {
        let is_busy = *self.is_busy.lock().unwrap();
        if is_busy { Err(PasswordsError::Busy { retry_after: Duration::from_secs(1) }) } else { Ok(()) }
    }
}

#[async_trait]
impl Passwords for PlainPasswords {
    fn admit(&self) -> Result<PasswordPlace, PasswordsError> {
        if self.is_crowded.load(Ordering::SeqCst) {
            return Err(PasswordsError::Busy { retry_after: Duration::from_secs(1) });
        }
        Ok(Box::new(()))
    }

    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        self.busy()?;
        Ok(PasswordHash::from(format!("hash of {}", password.expose())))
    }

    async fn verify(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        self.verify_known(password, stored).await
    }

    async fn verify_known(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        self.busy()?;
        self.checks.fetch_add(1, Ordering::SeqCst);
        let current = format!("hash of {}", password.expose());
        let former = format!("old hash of {}", password.expose());
        Ok(match stored.as_ref().map(PasswordHash::expose) {
            Some(hash) if hash == current => Verdict::Right { renewed: None },
            Some(hash) if hash == former => Verdict::Right { renewed: Some(PasswordHash::from(current)) },
            _ => Verdict::Wrong,
        })
    }

    fn knows(&self, hash: &PasswordHash) -> bool {
        ["hash of ", "old hash of "].iter().any(|kind| hash.expose().starts_with(kind))
    }
}

/// Hashes by writing the key and the purpose before the text.
#[derive(Debug, Clone)]
pub struct PlainKeyring {
    /// Names of the keys, the current one first.
    pub keys: Vec<&'static str>,
}

impl Default for PlainKeyring {
    fn default() -> Self {
        Self { keys: vec!["k1"] }
    }
}

impl Keyring for PlainKeyring {
    fn content_name(&self, content: &str) -> String {
        format!("name of {content}")
    }

    fn current(&self) -> KeyId {
        KeyId::new(self.keys[0])
    }

    fn digest(&self, purpose: Purpose, text: &str) -> Digest {
        self.candidates(purpose, text).swap_remove(0)
    }

    fn candidates(&self, purpose: Purpose, text: &str) -> Vec<Digest> {
        self.keys.iter().map(|key| Digest::new(KeyId::new(key), format!("{key} {} {text}", purpose.id()))).collect()
    }

    fn matches(&self, purpose: Purpose, text: &str, presented: &str) -> bool {
        self.candidates(purpose, text).iter().any(|digest| digest.value() == presented)
    }
}

/// Seals by writing the key, the purpose and the place before the value.
impl Sealer for PlainKeyring {
    fn seal(&self, purpose: SealPurpose, context: SealContext<'_>, plain: &[u8]) -> Result<Sealed, SealError> {
        let head = sealed_head(self.keys[0], purpose, context);
        Ok(Sealed { key_id: KeyId::new(self.keys[0]), bytes: [head.as_bytes(), plain].concat() })
    }

    fn open(&self, purpose: SealPurpose, context: SealContext<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, SealError> {
        let known = self.keys.iter().find(|key| **key == sealed.key_id.as_str());
        let key = known.ok_or_else(|| SealError::KeyMissing(sealed.key_id.clone()))?;
        let head = sealed_head(key, purpose, context);
        sealed.bytes.strip_prefix(head.as_bytes()).map(|plain| plain.to_vec().into()).ok_or(SealError::Forged)
    }
}

fn sealed_head(key: &str, purpose: SealPurpose, SealContext { table, row, column }: SealContext<'_>) -> String {
    format!("{key} {} {table} {row} {column}: ", purpose.id())
}

/// Makes codes of a step and the first byte of a secret.
#[derive(Debug, Default)]
pub struct PlainCodes;

impl PlainCodes {
    /// The code of a secret at a time.
    #[must_use]
    pub fn code(secret: &[u8], at: Timestamp) -> String {
        code_of(secret, at.as_millis() / 30_000)
    }
}

fn code_of(secret: &[u8], step: i64) -> String {
    let sum = secret.iter().fold(0_i64, |sum, byte| (sum * 31 + i64::from(*byte)) % 1_000_000);
    format!("{:06}", (step + sum) % 1_000_000)
}

impl FactorCodes for PlainCodes {
    fn enrolment(&self, secret: &[u8], issuer: &str, account: &str) -> Result<Enrolment, EnrolmentError> {
        let text = secret.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        Ok(Enrolment { picture: format!("PNG of {issuer} {account} {text}").into_bytes(), secret: text.into() })
    }

    fn step(&self, secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
        let step = now.as_millis() / 30_000;
        (step - 1..=step + 1).find(|step| code_of(secret, *step) == code)
    }
}

/// Takes what begins as a picture does for one, and writes `square of ` before it.
#[derive(Debug, Default)]
pub struct PlainPictures;

impl PlainPictures {
    /// How pictures begin: `PNG`, to be short in tests, or as the formats want it.
    const BEGINNINGS: [&[u8]; 5] = [b"PNG", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF"];
}

#[async_trait]
impl Pictures for PlainPictures {
    async fn square(&self, sent: Vec<u8>) -> Result<Vec<u8>, PictureError> {
        let is_known = Self::BEGINNINGS.iter().any(|beginning| sent.starts_with(beginning));
        if is_known { Ok([b"square of ".as_slice(), &sent].concat()) } else { Err(PictureError::Unknown) }
    }

    async fn initial(&self, id: &UserId, username: &Username) -> Result<Vec<u8>, PictureError> {
        Ok(format!("initial of {} {id}", username.as_str()).into_bytes())
    }

    fn bot(&self) -> Vec<u8> {
        b"picture of bots".to_vec()
    }
}

/// Keeps files in memory, or can't be reached.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    /// Whether the next calls fail.
    pub is_out_of_reach: Mutex<bool>,
}

impl MemoryFiles {
    /// The names of all files, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.files.lock().unwrap().keys().cloned().collect()
    }

    fn reach(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Vec<u8>>>, FilesError> {
        let is_out_of_reach = *self.is_out_of_reach.lock().unwrap();
        if is_out_of_reach { Err(FilesError("out of reach".into())) } else { Ok(self.files.lock().unwrap()) }
    }
}

#[async_trait]
impl Files for MemoryFiles {
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FilesError> {
        Ok(self.reach()?.get(name).cloned())
    }

    async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<(), FilesError> {
        self.reach()?.insert(name.to_owned(), bytes);
        Ok(())
    }

    async fn remove(&self, name: &str) -> Result<(), FilesError> {
        self.reach()?.remove(name);
        Ok(())
    }

    async fn clear(&self, folder: &str) -> Result<(), FilesError> {
        let is_in = |name: &str| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.reach()?.retain(|name, _| !is_in(name));
        Ok(())
    }
}
