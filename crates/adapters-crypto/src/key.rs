//! Keyed hashes under keys that are derived from the root keys.

mod root;
mod seal;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::{Hkdf, InvalidLength};
use hmac::{Hmac, KeyInit, Mac};
use muster_domain::credential::{Digest, KeyId};
use muster_domain::port::{Keyring, Purpose};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

pub use root::{InvalidRootKey, RootKey};

/// What every derived key's label begins with: another version of the scheme derives other keys.
const SCHEME: &str = "muster/v1/";

type HmacSha256 = Hmac<Sha256>;

/// The keyring: one current root key, and former ones that still verify.
pub struct Keys {
    current: PurposeKeys,
    previous: Vec<PurposeKeys>,
}

impl Keys {
    /// Derives every key once. A former key that is given twice, or is the current one, counts once.
    ///
    /// # Errors
    ///
    /// [`InvalidLength`] never comes: HKDF-SHA256 gives 8,160 bytes, and each key has 32 at the most.
    #[expect(clippy::needless_pass_by_value, reason = "root keys are wiped as soon as theirs are derived")]
    pub fn new(current: RootKey, previous: Vec<RootKey>) -> Result<Self, InvalidLength> {
        let mut distinct: Vec<&RootKey> = Vec::with_capacity(previous.len());
        for key in &previous {
            if !key.is(&current) && !distinct.iter().any(|known| known.is(key)) {
                distinct.push(key);
            }
        }
        let previous = distinct.into_iter().map(PurposeKeys::derive).collect::<Result<_, _>>()?;
        Ok(Self { current: PurposeKeys::derive(&current)?, previous })
    }

    fn all(&self) -> impl Iterator<Item = &PurposeKeys> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl Keyring for Keys {
    fn current(&self) -> KeyId {
        self.current.id.clone()
    }

    fn digest(&self, purpose: Purpose, text: &str) -> Digest {
        self.current.digest(purpose, text)
    }

    fn content_name(&self, content: &str) -> String {
        use sha1::Digest as _;
        let digits = |byte: u8| [byte >> 4, byte & 15];
        let bytes = sha1::Sha1::digest(content);
        bytes.iter().flat_map(|byte| digits(*byte)).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
    }

    fn candidates(&self, purpose: Purpose, text: &str) -> Vec<Digest> {
        self.all().map(|keys| keys.digest(purpose, text)).collect()
    }

    fn matches(&self, purpose: Purpose, text: &str, presented: &str) -> bool {
        let Some(presented) = decode(presented) else { return false };
        let matching = |keys: &PurposeKeys| keys.mac(purpose, text).ct_eq(&presented);
        self.all().map(matching).fold(Choice::from(0), |any, one| any | one).into()
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.all().map(|keys| keys.id.as_str());
        out.write_str("Keys")?;
        out.debug_list().entries(ids).finish()
    }
}

/// What is derived from one root key. Each hash starts from a state that has taken its key in already.
struct PurposeKeys {
    id: KeyId,
    session: HmacSha256,
    access_token: HmacSha256,
    csrf: HmacSha256,
    unknown_login: HmacSha256,
    one_time: HmacSha256,
    guest_invitation: HmacSha256,
    recovery_code: HmacSha256,
    known_device: HmacSha256,
    check: HmacSha256,
    seals: seal::Ciphers,
}

impl PurposeKeys {
    fn derive(root: &RootKey) -> Result<Self, InvalidLength> {
        let source = Hkdf::new(None, root.bytes());
        Ok(Self {
            id: derive_id(&source)?,
            session: derive_mac(&source, Purpose::Session)?,
            access_token: derive_mac(&source, Purpose::AccessToken)?,
            csrf: derive_mac(&source, Purpose::Csrf)?,
            unknown_login: derive_mac(&source, Purpose::UnknownLogin)?,
            one_time: derive_mac(&source, Purpose::OneTime)?,
            guest_invitation: derive_mac(&source, Purpose::GuestInvitation)?,
            recovery_code: derive_mac(&source, Purpose::RecoveryCode)?,
            known_device: derive_mac(&source, Purpose::KnownDevice)?,
            check: derive_mac(&source, Purpose::Check)?,
            seals: seal::Ciphers::derive(&source)?,
        })
    }

    fn mac(&self, purpose: Purpose, text: &str) -> [u8; 32] {
        let keyed = match purpose {
            Purpose::Session => &self.session,
            Purpose::AccessToken => &self.access_token,
            Purpose::Csrf => &self.csrf,
            Purpose::UnknownLogin => &self.unknown_login,
            Purpose::OneTime => &self.one_time,
            Purpose::GuestInvitation => &self.guest_invitation,
            Purpose::RecoveryCode => &self.recovery_code,
            Purpose::KnownDevice => &self.known_device,
            Purpose::Check => &self.check,
        };
        keyed.clone().chain_update(text).finalize().into_bytes().into()
    }

    fn digest(&self, purpose: Purpose, text: &str) -> Digest {
        Digest::new(self.id.clone(), URL_SAFE_NO_PAD.encode(self.mac(purpose, text)))
    }
}

/// A presented hash's bytes. How long this takes tells nothing but what its bearer knows.
fn decode(presented: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 33];
    let length = URL_SAFE_NO_PAD.decode_slice(presented, &mut bytes).ok()?;
    bytes[..length].try_into().ok()
}

fn derive_id(source: &Hkdf<Sha256>) -> Result<KeyId, InvalidLength> {
    let mut bytes = [0; 8];
    bytes[2..].copy_from_slice(&expand::<6>(source, "key id")?);
    Ok(KeyId::new(&format!("{:012x}", u64::from_be_bytes(bytes))))
}

fn derive_mac(source: &Hkdf<Sha256>, purpose: Purpose) -> Result<HmacSha256, InvalidLength> {
    // HMAC fills a shorter key up with zeros to its block of 64 bytes: this is a key of 32 bytes.
    let mut block = Zeroizing::new([0; 64]);
    let key = Zeroizing::new(expand::<32>(source, purpose.id())?);
    block[..32].copy_from_slice(&*key);
    Ok(HmacSha256::new((&*block).into()))
}

fn expand<const LENGTH: usize>(source: &Hkdf<Sha256>, label: &str) -> Result<[u8; LENGTH], InvalidLength> {
    let mut bytes = [0; LENGTH];
    source.expand_multi_info(&[SCHEME.as_bytes(), label.as_bytes()], &mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
