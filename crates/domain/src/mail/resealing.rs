//! Sealing letters under the current key that were sealed under a former one.

use std::sync::Arc;

use super::Postbox;
use crate::id::MailId;
use crate::port::{Keyring, SealError};
use crate::store::{Store, StoreError};
use crate::use_cases::Ports;

/// Letters of one transaction.
const BATCH: u32 = 200;

/// What became of letters under former keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResealedLetters {
    /// Letters that were sealed anew.
    pub letters: u64,
    /// Letters that no key opens: they stay as they are.
    pub lost: u64,
}

/// Why letters were not sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum ResealingError {
    /// A letter could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Seals letters anew.
pub struct Resealing {
    store: Arc<dyn Store>,
    keys: Arc<dyn Keyring>,
    postbox: Postbox,
}

impl Resealing {
    /// On these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self { store: ports.store.clone(), keys: ports.keys.clone(), postbox: Postbox::new(ports) }
    }

    /// Seals every letter of the outbox under the current key, some at a time, while the service goes on. One that is delivered
    /// meanwhile is left; whoever holds one delivers it as he read it.
    ///
    /// # Errors
    ///
    /// [`ResealingError`]; what was done stays done.
    #[tracing::instrument(skip_all)]
    pub async fn reseal(&self) -> Result<ResealedLetters, ResealingError> {
        let current = self.keys.current();
        let (mut resealed, mut after) = (ResealedLetters::default(), None::<MailId>);
        loop {
            let found = self.store.read().await?.outbox().sealed_under_others(&current, after.as_ref(), BATCH).await?;
            let Some(last) = found.last() else { return Ok(resealed) };
            after = Some(last.id.clone());
            let mut anew = Vec::with_capacity(found.len());
            for mail in &found {
                match self.postbox.resealed(mail)? {
                    Some(sealed) => anew.push((mail, sealed)),
                    None => resealed.lost += 1,
                }
            }
            // All is sealed before the transaction begins: while it lasts, nobody else writes into some stores.
            let mut work = self.store.begin().await?;
            for (mail, sealed) in &anew {
                resealed.letters += u64::from(work.outbox().reseal(&mail.id, &mail.sealed, sealed).await?);
            }
            work.commit().await?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::{KeyId, Sealed};
    use crate::mail::{Claim, Letter, MailKind, NewMail};
    use crate::testkit::fake::PlainKeyring;
    use crate::testkit::fixture::{self, BORN};
    use crate::testkit::service::Bench;

    /// A service whose outbox has some letters, under a former key.
    async fn rotated(letters: u32) -> (Bench, Ports) {
        let bench = Bench::default();
        bench
            .write(async |work| {
                for _ in 0..letters {
                    let letter = Letter::new(MailKind::PasswordChanged, &fixture::user("a", "ada"), BORN);
                    bench.postbox.put(work, None, &letter, None).await.unwrap();
                }
            })
            .await;
        let keys = Arc::new(PlainKeyring { keys: vec!["k2", "k1"] });
        let ports = Ports { keys: keys.clone(), sealer: keys, ..bench.ports.clone() };
        (bench, ports)
    }

    async fn left(ports: &Ports) -> usize {
        let mut reading = ports.store.read().await.unwrap();
        reading.outbox().sealed_under_others(&ports.keys.current(), None, 10_000).await.unwrap().len()
    }

    #[tokio::test]
    async fn every_letter_is_sealed_anew_and_says_what_it_said() {
        let (bench, ports) = rotated(BATCH * 2 + 1).await;

        let resealed = Resealing::new(&ports).reseal().await.unwrap();

        assert_eq!(resealed, ResealedLetters { letters: u64::from(BATCH * 2 + 1), lost: 0 });
        assert_eq!(left(&ports).await, 0);
        let claim = Claim { by: "w".into(), now: BORN, until: BORN, most: 1 };
        let claimed = bench.write(async |work| work.outbox().claim(&claim).await.unwrap()).await;
        assert_eq!(claimed[0].sealed.key_id, ports.keys.current());
        assert_eq!(Postbox::new(&ports).open(&claimed[0]).unwrap().kind, MailKind::PasswordChanged);
        assert_eq!(Resealing::new(&ports).reseal().await.unwrap(), ResealedLetters::default());
    }

    #[tokio::test]
    async fn a_letter_that_no_key_opens_is_told_of_and_stays() {
        let (bench, ports) = rotated(1).await;
        let lost = NewMail { sealed: Sealed { key_id: KeyId::new("k0"), ..fixture::mail("m").sealed }, ..fixture::mail("m") };
        bench.write(async |work| work.outbox().put(&[lost]).await.unwrap()).await;

        let resealed = Resealing::new(&ports).reseal().await.unwrap();

        assert_eq!(resealed, ResealedLetters { letters: 1, lost: 1 });
        assert_eq!(left(&ports).await, 1);
    }

    #[tokio::test]
    async fn a_store_that_fails_is_told() {
        for fails in ["reads", "begins", "commits"] {
            let (bench, ports) = rotated(1).await;
            let faults = &bench.faults;
            let due = match fails {
                "reads" => &faults.reads,
                "begins" => &faults.begins,
                _ => &faults.commits,
            };
            due.store(1, std::sync::atomic::Ordering::SeqCst);

            let failed = Resealing::new(&ports).reseal().await;

            assert!(matches!(failed, Err(ResealingError::Store(_))), "{fails}");
            assert_eq!(left(&ports).await, 1, "{fails}");
        }
    }
}
