//! Sealing: XChaCha20-Poly1305 under a key of each purpose, bound to the place where the value is kept.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::{Hkdf, InvalidLength};
use muster_domain::credential::{KeyId, Sealed};
use muster_domain::port::{SealContext, SealError, SealPurpose, Sealer};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::SecretSlice;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Keys, expand};

/// Bytes of the nonce: enough to draw each at random, for ever.
const NONCE: usize = 24;

/// What seals for each purpose under one root key.
pub(super) struct Ciphers {
    factor: XChaCha20Poly1305,
    outbox: XChaCha20Poly1305,
}

impl Ciphers {
    pub(super) fn derive(source: &Hkdf<Sha256>) -> Result<Self, InvalidLength> {
        let cipher = |purpose: SealPurpose| {
            let key = Zeroizing::new(expand::<32>(source, purpose.id())?);
            Ok(XChaCha20Poly1305::new((&*key).into()))
        };
        Ok(Self { factor: cipher(SealPurpose::Factor)?, outbox: cipher(SealPurpose::Outbox)? })
    }

    const fn of(&self, purpose: SealPurpose) -> &XChaCha20Poly1305 {
        match purpose {
            SealPurpose::Factor => &self.factor,
            SealPurpose::Outbox => &self.outbox,
        }
    }
}

impl Sealer for Keys {
    fn seal(&self, purpose: SealPurpose, context: SealContext<'_>, plain: &[u8]) -> Result<Sealed, SealError> {
        let mut nonce = [0; NONCE];
        SysRng.try_fill_bytes(&mut nonce).map_err(|error| SealError::Failed(Box::new(error)))?;
        let keys = &self.current;
        let aad = associated(&keys.id, context);
        let payload = Payload { msg: plain, aad: &aad };
        let cipher = keys.seals.of(purpose);
        let mut bytes = nonce.to_vec();
        bytes.extend(cipher.encrypt(&XNonce::from(nonce), payload).map_err(|error| SealError::Failed(Box::new(error)))?);
        Ok(Sealed { key_id: keys.id.clone(), bytes })
    }

    fn open(&self, purpose: SealPurpose, context: SealContext<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, SealError> {
        let known = self.all().find(|keys| keys.id == sealed.key_id);
        let keys = known.ok_or_else(|| SealError::KeyMissing(sealed.key_id.clone()))?;
        let (nonce, msg) = sealed.bytes.split_first_chunk::<NONCE>().ok_or(SealError::Forged)?;
        let aad = associated(&keys.id, context);
        let opened = keys.seals.of(purpose).decrypt(&XNonce::from(*nonce), Payload { msg, aad: &aad });
        opened.map(SecretSlice::from).map_err(|_| SealError::Forged)
    }
}

/// What a sealed value is bound to. Each part tells its length: no two places make the same bytes.
fn associated(key: &KeyId, SealContext { table, row, column }: SealContext<'_>) -> Vec<u8> {
    let mut bound = Vec::new();
    for part in [key.as_str(), table, row, column] {
        bound.extend((part.len() as u64).to_be_bytes());
        bound.extend(part.as_bytes());
    }
    bound
}

#[cfg(test)]
mod tests;
