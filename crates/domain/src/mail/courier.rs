//! Delivering what waits in the outbox.

use std::sync::Arc;
use std::time::Duration;

use super::{Claim, ClaimedMail, DeliveryError, FailedTry, Mailer, Postbox};
use crate::id::MailId;
use crate::port::{Clock, Randomness};
use crate::store::{Store, StoreError};
use crate::time::Timestamp;
use crate::use_cases::Ports;

/// How often a mail is tried, and how long a worker may hold one.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryRules {
    /// Tries before a mail is given up.
    pub tries: u32,
    /// The pause after the first failed try; each further one doubles it.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// For how long nobody else takes what a worker took; longer than a delivery may take.
    pub lease: Duration,
}

impl DeliveryRules {
    /// When to try again after so many tries; never, if they are used up.
    #[must_use]
    pub fn retry_at(&self, tries: u32, now: Timestamp) -> Option<Timestamp> {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(20));
        let pause = self.first_pause.saturating_mul(doubled).min(self.longest_pause);
        (tries < self.tries).then(|| now.after(pause))
    }
}

/// What a worker found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// It tried a mail: more may be due.
    Ran,
    /// Nothing is due before a time, or nothing waits at all.
    Idle(Option<Timestamp>),
}

/// Takes mails from the outbox one at a time and hands them to a mailer. Several may work at once, on several nodes.
pub struct Courier {
    store: Arc<dyn Store>,
    postbox: Postbox,
    mailer: Arc<dyn Mailer>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    rules: DeliveryRules,
}

impl Courier {
    /// A worker on these ports.
    #[must_use]
    pub fn new(ports: &Ports, mailer: Arc<dyn Mailer>, rules: DeliveryRules) -> Self {
        let Ports { store, clock, randomness, .. } = ports.clone();
        Self { store, postbox: Postbox::new(ports), mailer, clock, randomness, rules }
    }

    /// Tries the next mail that is due.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the outbox can't be reached. A mail that was taken is tried again when the time of the take is over.
    #[tracing::instrument(name = "mail.run", skip_all)]
    pub async fn run(&self) -> Result<Errand, StoreError> {
        let now = self.clock.now();
        let by = MailId::from_random(self.randomness.bits()).to_string();
        let claim = Claim { by, now, until: now.after(self.rules.lease), most: 1 };
        let mut work = self.store.begin().await?;
        let claimed = work.outbox().claim(&claim).await?;
        work.commit().await?;
        let Some(mail) = claimed.into_iter().next() else {
            return Ok(Errand::Idle(self.store.read().await?.outbox().next_due().await?));
        };
        let outcome = self.tried(&mail).await;
        self.note(&mail, &claim.by, outcome).await?;
        Ok(Errand::Ran)
    }

    async fn tried(&self, mail: &ClaimedMail) -> Result<(), DeliveryError> {
        // The last try was begun and never ended: a letter that breaks whoever takes it up must not do so for ever.
        if mail.tries > self.rules.tries {
            return Err(DeliveryError::Never("it was taken up more often than it may be tried".to_owned()));
        }
        let letter = self.postbox.open(mail).map_err(|error| DeliveryError::Never(error.to_string()))?;
        self.mailer.deliver(&mail.id, &letter).await
    }

    async fn note(&self, mail: &ClaimedMail, by: &str, outcome: Result<(), DeliveryError>) -> Result<(), StoreError> {
        let at = self.clock.now();
        let mut work = self.store.begin().await?;
        let is_own = match outcome {
            Ok(()) => work.outbox().delivered(&mail.id, by, at).await?,
            Err(error) => {
                let failure = self.failure(mail, error, at);
                tracing::warn!(
                    mail.id = mail.id.as_str(),
                    mail.tries,
                    is_given_up = failure.retry_at.is_none(),
                    reason = failure.reason,
                    "a mail was not delivered"
                );
                work.outbox().failed(&mail.id, by, &failure).await?
            }
        };
        if !is_own {
            tracing::info!(mail.id = mail.id.as_str(), "a mail was taken by somebody else, cut or removed meanwhile");
        }
        work.commit().await
    }

    fn failure(&self, mail: &ClaimedMail, error: DeliveryError, at: Timestamp) -> FailedTry {
        match error {
            DeliveryError::NotNow(reason) => FailedTry { at, reason, retry_at: self.rules.retry_at(mail.tries, at) },
            DeliveryError::Never(reason) => FailedTry { at, reason, retry_at: None },
        }
    }
}

#[cfg(test)]
mod tests;
