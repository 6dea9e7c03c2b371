//! Trying mail again that was given up.

use std::sync::Arc;

use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::id::{AuditId, MailId};
use crate::operation::Operation;
use crate::permission::{Permit, operations};
use crate::port::{Clock, Randomness};
use crate::store::{Store, StoreError};
use crate::use_cases::Ports;

/// Lets mail that was given up wait again.
pub struct Retrial {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Retrial {
    /// On these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        let Ports { store, clock, randomness, .. } = ports.clone();
        Self { store, clock, randomness }
    }

    /// Lets one mail that was given up wait again, or all of them, due at once with all their tries. Tells how many, and the audit too.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when nothing was changed.
    #[tracing::instrument(skip_all)]
    pub async fn retry(&self, _: Permit<operations::RetryMail>, id: Option<&MailId>) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let count = work.outbox().retry(id, now).await?;
        if count == 0 {
            return Ok(0);
        }
        let entry = AuditEntry::new(
            AuditId::from_random(self.randomness.bits()),
            now,
            Operation::RetryMail,
            Outcome::Done,
            Origin::at_the_machine(),
        );
        let after = serde_json::json!({ "mails": count, "mail": id.map(MailId::as_str) });
        work.audits().record(&[AuditEntry { after: Some(after), ..entry.by(&Actor::Operator) }]).await?;
        work.commit().await?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Claim, FailedTry};
    use crate::permission::permit;
    use crate::testkit::fixture::{self, BORN, id};
    use crate::testkit::service::{Bench, acting, granted};
    use crate::user::User;

    /// Mails that were given up.
    async fn dead() -> Bench {
        let bench = Bench::default();
        let claim = Claim { by: "w".into(), now: BORN, until: BORN, most: 9 };
        bench
            .write(async |work| {
                let outbox = work.outbox();
                outbox.put(&["m1", "m2"].map(fixture::mail)).await.unwrap();
                for mail in outbox.claim(&claim).await.unwrap() {
                    let failure = FailedTry { at: BORN, reason: "550".into(), retry_at: None };
                    assert!(outbox.failed(&mail.id, "w", &failure).await.unwrap());
                }
            })
            .await;
        bench
    }

    #[tokio::test]
    async fn what_is_tried_again_is_written_down_and_what_was_not_given_up_is_not() {
        let bench = dead().await;
        let retrial = Retrial::new(&bench.ports);

        let counts = [
            retrial.retry(granted(&Actor::Operator), Some(&id("m1"))).await.unwrap(),
            retrial.retry(granted(&Actor::Operator), Some(&id("m1"))).await.unwrap(),
            retrial.retry(granted(&Actor::Operator), None).await.unwrap(),
            retrial.retry(granted(&Actor::Operator), None).await.unwrap(),
        ];

        assert_eq!(counts, [1, 0, 1, 0]);
        let entries: Vec<_> = bench.store.audits().into_iter().map(|entry| (entry.operation, entry.outcome, entry.after)).collect();
        let told = |mail: Option<&MailId>| {
            (Operation::RetryMail, Outcome::Done, Some(serde_json::json!({ "mails": 1, "mail": mail.map(MailId::as_str) })))
        };
        assert_eq!(entries, [told(Some(&id("m1"))), told(None)]);
    }

    #[tokio::test]
    async fn what_the_store_does_not_keep_is_not_tried_again() {
        let bench = dead().await;
        let before = format!("{:?}", bench.store);
        bench.faults.commits.store(1, std::sync::atomic::Ordering::SeqCst);

        Retrial::new(&bench.ports).retry(granted(&Actor::Operator), None).await.unwrap_err();

        assert_eq!(format!("{:?}", bench.store), before);
    }

    #[test]
    fn nobody_does_it_over_the_network() {
        let root = acting(&User { roles: crate::role::Roles::admin(), ..fixture::user("root", "root") });
        assert!(permit::<operations::RetryMail>(&root, None).is_err());
    }
}
