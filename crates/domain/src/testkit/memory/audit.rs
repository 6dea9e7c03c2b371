//! The audit in memory.

use async_trait::async_trait;

use super::{Look, View, Work};
use crate::audit::{AuditEntry, RecordedAudit};
use crate::store::{Audits, ReadAudits, StoreError, UniqueField};

#[async_trait]
impl<S: Look> ReadAudits for View<S> {
    async fn latest(&mut self, most: u32) -> Result<Vec<RecordedAudit>, StoreError> {
        let state = self.0.state();
        let newest_first = (1..).zip(&state.audits).collect::<Vec<_>>().into_iter().rev();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(newest_first.take(most).map(|(sequence, entry)| recorded(sequence, entry)).collect())
    }
}

#[async_trait]
impl Audits for View<Work> {
    async fn record(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let audits = &mut self.0.state_mut().audits;
        let written = audits.len();
        for entry in entries {
            if audits.iter().any(|other| other.id == entry.id) {
                audits.truncate(written);
                return Err(StoreError::Taken(UniqueField::Id));
            }
            audits.push(entry.clone());
        }
        Ok(())
    }
}

fn recorded(sequence: i64, entry: &AuditEntry) -> RecordedAudit {
    RecordedAudit {
        sequence,
        operation: entry.operation.id().to_owned(),
        outcome: entry.outcome.id().to_owned(),
        reason: entry.reason.map(str::to_owned),
        actor: entry.actor.as_ref().map(ToString::to_string),
        target: entry.target.as_ref().map(ToString::to_string),
        count: entry.count,
    }
}
