//! Refusals in the audit: what was refused has no transaction of its own to be written in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::audit::{AuditEntry, Origin, Outcome};
use crate::id::AuditId;
use crate::operation::Operation;
use crate::port::{Clock, Randomness};
use crate::store::{Store, StoreError};
use crate::use_cases::Ports;

/// Entries written in one second; what comes above that shares an entry per operation and reason.
const PER_SECOND: u32 = 20;

/// Writes refusals down, each in a small transaction, and above a rate many in one.
pub struct Refusals {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    window: Mutex<Window>,
}

/// Refusals that wait to be written, counted by operation and reason.
type Pending = BTreeMap<(Operation, &'static str), u32>;

#[derive(Default)]
struct Window {
    second: i64,
    written: u32,
    pending: Pending,
}

impl Window {
    /// Lets an entry through, with what waited before it; or keeps it waiting.
    fn admit(&mut self, second: i64, entry: AuditEntry) -> Option<(AuditEntry, Pending)> {
        if self.second != second {
            (self.second, self.written) = (second, 0);
        }
        if self.written >= PER_SECOND {
            *self.pending.entry((entry.operation, entry.reason.unwrap_or_default())).or_default() += entry.count;
            return None;
        }
        self.written += 1;
        Some((entry, std::mem::take(&mut self.pending)))
    }
}

impl Refusals {
    /// A writer on these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        let Ports { store, clock, randomness, .. } = ports.clone();
        Self { store, clock, randomness, window: Mutex::default() }
    }

    /// An entry of something refused just now.
    #[must_use]
    pub fn entry(&self, operation: Operation, reason: &'static str, origin: Origin) -> AuditEntry {
        let id = AuditId::from_random(self.randomness.bits());
        AuditEntry { reason: Some(reason), ..AuditEntry::new(id, self.clock.now(), operation, Outcome::Refused, origin) }
    }

    /// Writes a refusal down. A store that fails is logged, and changes nothing about the refusal.
    #[tracing::instrument(skip_all)]
    pub async fn record(&self, entry: AuditEntry) {
        let admitted = self.window().admit(entry.at.as_millis() / 1000, entry);
        if let Some((entry, pending)) = admitted {
            let mut entries = self.summaries(pending);
            entries.push(entry);
            self.write(&entries).await;
        }
    }

    /// Writes down what still waits.
    #[tracing::instrument(skip_all)]
    pub async fn flush(&self) {
        let pending = std::mem::take(&mut self.window().pending);
        let entries = self.summaries(pending);
        if !entries.is_empty() {
            self.write(&entries).await;
        }
    }

    fn window(&self) -> std::sync::MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn summaries(&self, pending: Pending) -> Vec<AuditEntry> {
        let nowhere = Origin::at_the_machine();
        pending
            .into_iter()
            .map(|((operation, reason), count)| AuditEntry { count, ..self.entry(operation, reason, nowhere.clone()) })
            .collect()
    }

    async fn write(&self, entries: &[AuditEntry]) {
        if let Err(error) = self.try_write(entries).await {
            tracing::error!(error = crate::cause::chain(&error), entries = entries.len(), "refusals could not be written down");
        }
    }

    async fn try_write(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let mut work = self.store.begin().await?;
        work.audits().record(entries).await?;
        work.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::service::Bench;

    fn refusal(bench: &Bench) -> AuditEntry {
        bench.refusals.entry(Operation::Login, "unknown", Origin::at_the_machine())
    }

    async fn counts(bench: &Bench) -> Vec<u32> {
        bench.audit().await.iter().map(|entry| entry.count).collect()
    }

    #[tokio::test]
    async fn above_the_rate_refusals_share_an_entry() {
        let bench = Bench::default();
        for _ in 0..PER_SECOND + 7 {
            bench.refusals.record(refusal(&bench)).await;
        }
        assert_eq!(counts(&bench).await, vec![1; 20]);

        bench.clock.advance(std::time::Duration::from_secs(1));
        bench.refusals.record(refusal(&bench)).await;
        assert_eq!(counts(&bench).await[20..], [7, 1]);
    }

    #[tokio::test]
    async fn what_waits_is_written_at_the_end() {
        let bench = Bench::default();
        for _ in 0..=PER_SECOND {
            bench.refusals.record(refusal(&bench)).await;
        }
        bench.refusals.flush().await;
        bench.refusals.flush().await;
        assert_eq!(counts(&bench).await.len(), 21);
    }
}
