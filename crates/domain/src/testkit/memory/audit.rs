//! The audit in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work, part};
use crate::audit::{ActionSeen, AuditEntry, RecordedAudit};
use crate::id::UserId;
use crate::page::Page;
use crate::store::{Audits, ReadAudits, StoreError, UniqueField};

#[async_trait]
impl<S: Look> ReadAudits for Repositories<S> {
    async fn latest(&mut self, most: u32) -> Result<Vec<RecordedAudit>, StoreError> {
        let state = self.0.state();
        let newest_first = (1..).zip(&state.audits).collect::<Vec<_>>().into_iter().rev();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(newest_first.take(most).map(|(sequence, entry)| recorded(sequence, entry)).collect())
    }

    async fn by_actor(&mut self, actor: &UserId, page: Page) -> Result<Vec<ActionSeen>, StoreError> {
        let state = self.0.state();
        let shown = state.audits.iter().rev().filter(|entry| entry.actor.as_ref() == Some(actor)).filter_map(seen);
        Ok(part(shown, page))
    }
}

#[async_trait]
impl Audits for Repositories<Work> {
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

/// What the holder of the account that acted is shown, if anything.
fn seen(entry: &AuditEntry) -> Option<ActionSeen> {
    let extra = entry.shown_as.clone()?;
    Some(ActionSeen {
        id: entry.id.to_string(),
        at: entry.at,
        actor: entry.actor.as_ref()?.to_string(),
        action: entry.origin.path.clone().unwrap_or_default(),
        extra,
        address: entry.origin.address.map(|address| address.ip().to_string()).unwrap_or_default(),
        session_id: entry.credential_id.clone().unwrap_or_default(),
    })
}
