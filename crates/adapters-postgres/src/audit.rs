//! The audit.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::audit::{ActionSeen, AuditEntry, RecordedAudit};
use muster_domain::credential::Digest;
use muster_domain::id::{RequestId, UserId};
use muster_domain::page::Page;
use muster_domain::store::{Audits, ReadAudits, StoreError};
use muster_domain::time::Timestamp;
use serde_json::Value;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::offset;
use crate::schema::audits;

/// PostgreSQL takes 65,535 values in one statement; an entry has 18.
const ENTRIES_A_STATEMENT: usize = 3_500;

/// A new entry.
#[derive(Insertable)]
#[diesel(table_name = audits)]
struct NewAuditRow<'a> {
    id: &'a str,
    at: i64,
    actor: Option<&'a str>,
    credential_id: Option<&'a str>,
    credential_kind: Option<&'a str>,
    target: Option<&'a str>,
    operation: &'static str,
    outcome: &'static str,
    reason: Option<&'a str>,
    address: Option<String>,
    request_id: Option<&'a str>,
    unknown_login_hash: Option<&'a str>,
    unknown_login_key: Option<&'a str>,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    count: i64,
    action: Option<&'a str>,
    extra: Option<&'a str>,
}

impl<'a> From<&'a AuditEntry> for NewAuditRow<'a> {
    fn from(entry: &'a AuditEntry) -> Self {
        let unknown = entry.unknown_login.as_ref();
        Self {
            id: entry.id.as_str(),
            at: entry.at.as_millis(),
            actor: entry.actor.as_ref().map(UserId::as_str),
            credential_id: entry.credential_id.as_deref(),
            credential_kind: entry.credential_kind,
            target: entry.target.as_ref().map(UserId::as_str),
            operation: entry.operation.id(),
            outcome: entry.outcome.id(),
            reason: entry.reason,
            address: entry.origin.address.map(|address| address.ip().to_string()),
            request_id: entry.origin.request_id.as_ref().map(RequestId::as_str),
            unknown_login_hash: unknown.map(Digest::value),
            unknown_login_key: unknown.map(|digest| digest.key().as_str()),
            before: entry.before.as_ref(),
            after: entry.after.as_ref(),
            count: i64::from(entry.count),
            // Only what its actor is shown says where it was done.
            action: entry.shown_as.as_ref().map(|_| entry.origin.path.as_deref().unwrap_or_default()),
            extra: entry.shown_as.as_deref(),
        }
    }
}

/// An entry as it is read back.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audits, check_for_backend(diesel::pg::Pg))]
struct AuditRow {
    seq: i64,
    operation: String,
    outcome: String,
    reason: Option<String>,
    actor: Option<String>,
    target: Option<String>,
    count: i64,
}

impl TryFrom<AuditRow> for RecordedAudit {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: row.seq,
            operation: row.operation,
            outcome: row.outcome,
            reason: row.reason,
            actor: row.actor,
            target: row.target,
            count: u32::try_from(row.count).map_err(|error| corrupt("audits")(error.into()))?,
        })
    }
}

/// An entry as its actor is shown it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audits, check_for_backend(diesel::pg::Pg))]
struct SeenRow {
    id: String,
    at: i64,
    actor: Option<String>,
    action: Option<String>,
    extra: Option<String>,
    address: Option<String>,
    credential_id: Option<String>,
}

impl From<SeenRow> for ActionSeen {
    fn from(row: SeenRow) -> Self {
        Self {
            id: row.id,
            at: Timestamp::from_millis(row.at),
            actor: row.actor.unwrap_or_default(),
            action: row.action.unwrap_or_default(),
            extra: row.extra.unwrap_or_default(),
            address: row.address.unwrap_or_default(),
            session_id: row.credential_id.unwrap_or_default(),
        }
    }
}

#[async_trait]
impl ReadAudits for Lease {
    #[tracing::instrument(name = "db.audits.latest", skip_all)]
    async fn latest(&mut self, most: u32) -> Result<Vec<RecordedAudit>, StoreError> {
        let query = audits::table.order(audits::seq.desc()).limit(i64::from(most)).select(AuditRow::as_select());
        let found = query.load(self.connection()?).await;
        self.settle(found)?.into_iter().map(RecordedAudit::try_from).collect()
    }

    #[tracing::instrument(name = "db.audits.by_actor", skip_all, fields(user.id = actor.as_str()))]
    async fn by_actor(&mut self, actor: &UserId, page: Page) -> Result<Vec<ActionSeen>, StoreError> {
        let query = audits::table
            .filter(audits::actor.eq(actor.as_str()))
            .filter(audits::extra.is_not_null())
            .order(audits::seq.desc())
            .offset(offset(page))
            .limit(i64::from(page.size))
            .select(SeenRow::as_select());
        let found = query.load(self.connection()?).await;
        Ok(self.settle(found)?.into_iter().map(ActionSeen::from).collect())
    }
}

#[async_trait]
impl Audits for Lease {
    #[tracing::instrument(name = "db.audits.record", skip_all, fields(count = entries.len()))]
    async fn record(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        for some in entries.chunks(ENTRIES_A_STATEMENT) {
            let rows: Vec<_> = some.iter().map(NewAuditRow::from).collect();
            let inserted = diesel::insert_into(audits::table).values(&rows).execute(self.connection()?).await;
            self.settle(inserted)?;
        }
        Ok(())
    }
}
