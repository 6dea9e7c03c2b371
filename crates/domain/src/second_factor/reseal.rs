//! Sealing secrets under the current key that were sealed under a former one.

use secrecy::ExposeSecret;

use super::{FactorError, SecondFactors};
use crate::factor;
use crate::id::CredentialId;
use crate::port::SealPurpose;

/// Secrets of one transaction.
const BATCH: u32 = 200;

/// What became of secrets under former keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets that were sealed anew.
    pub secrets: u64,
    /// Secrets that no key opens: they stay as they are.
    pub lost: u64,
    /// Recovery codes and known devices that stay under former keys until they are used up or expire.
    pub left: u64,
}

impl SecondFactors {
    /// Seals every secret under the current key, some at a time, while the service goes on. One that changes meanwhile is left to
    /// whoever changed it.
    ///
    /// # Errors
    ///
    /// [`FactorError::Store`] when the store fails; what was done stays done.
    #[tracing::instrument(skip_all)]
    pub async fn reseal(&self) -> Result<Resealed, FactorError> {
        let current = self.keys.current();
        let (mut resealed, mut after) = (Resealed::default(), None::<CredentialId>);
        loop {
            let found = self.store.read().await?.factors().sealed_under_others(&current, after.as_ref(), BATCH).await?;
            let Some(last) = found.last() else { break };
            after = Some(last.id.clone());
            let mut work = self.store.begin().await?;
            for factor in &found {
                let context = factor::context(&factor.id);
                let Ok(secret) = self.sealer.open(SealPurpose::Factor, context, &factor.sealed) else {
                    resealed.lost += 1;
                    continue;
                };
                let sealed = self.sealer.seal(SealPurpose::Factor, context, secret.expose_secret())?;
                resealed.secrets += u64::from(work.factors().reseal(&factor.id, &factor.sealed, &sealed).await?);
            }
            work.commit().await?;
        }
        resealed.left = self.store.read().await?.factors().hashed_under_others(&current).await?;
        Ok(resealed)
    }
}
