//! The audit.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::audit::{ActionSeen, AuditEntry, RecordedAudit};
use muster_domain::id::UserId;
use muster_domain::page::Page;
use muster_domain::store::{Audits, ReadAudits, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::audits;
use crate::statement::all_or_none;

/// Rows of one statement: SQLite takes 32,766 values, and a row has 18.
const ROWS: usize = 1_800;

#[derive(Insertable)]
#[diesel(table_name = audits, treat_none_as_default_value = false)]
struct EntryRow {
    id: String,
    at: i64,
    actor: Option<String>,
    credential_id: Option<String>,
    credential_kind: Option<String>,
    target: Option<String>,
    operation: &'static str,
    outcome: &'static str,
    reason: Option<String>,
    address: Option<String>,
    request_id: Option<String>,
    unknown_login_hash: Option<String>,
    unknown_login_key: Option<String>,
    before: Option<String>,
    after: Option<String>,
    count: i64,
    action: Option<String>,
    extra: Option<String>,
}

impl From<&AuditEntry> for EntryRow {
    fn from(entry: &AuditEntry) -> Self {
        let unknown = entry.unknown_login.as_ref();
        Self {
            id: entry.id.to_string(),
            at: entry.at.as_millis(),
            actor: entry.actor.as_ref().map(ToString::to_string),
            credential_id: entry.credential_id.clone(),
            credential_kind: entry.credential_kind.map(str::to_owned),
            target: entry.target.as_ref().map(ToString::to_string),
            operation: entry.operation.id(),
            outcome: entry.outcome.id(),
            reason: entry.reason.map(str::to_owned),
            address: entry.origin.address.map(|address| address.ip().to_string()),
            request_id: entry.origin.request_id.as_ref().map(ToString::to_string),
            unknown_login_hash: unknown.map(|digest| digest.value().to_owned()),
            unknown_login_key: unknown.map(|digest| digest.key().as_str().to_owned()),
            before: entry.before.as_ref().map(ToString::to_string),
            after: entry.after.as_ref().map(ToString::to_string),
            count: i64::from(entry.count),
            action: entry.shown_as.is_some().then(|| entry.origin.path.clone().unwrap_or_default()),
            extra: entry.shown_as.clone(),
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audits, check_for_backend(Sqlite))]
struct RecordedRow {
    seq: i64,
    operation: String,
    outcome: String,
    reason: Option<String>,
    actor: Option<String>,
    target: Option<String>,
    count: i64,
}

impl TryFrom<RecordedRow> for RecordedAudit {
    type Error = StoreError;

    fn try_from(row: RecordedRow) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: row.seq,
            operation: row.operation,
            outcome: row.outcome,
            reason: row.reason,
            actor: row.actor,
            target: row.target,
            count: row.count.try_into().map_err(|_| corrupt("audits", "count"))?,
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audits, check_for_backend(Sqlite))]
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
impl ReadAudits for Repositories {
    #[tracing::instrument(name = "db.audits.latest", skip_all)]
    async fn latest(&mut self, most: u32) -> Result<Vec<RecordedAudit>, StoreError> {
        let query =
            move |c: &mut _| audits::table.order(audits::seq.desc()).limit(i64::from(most)).select(RecordedRow::as_select()).load(c);
        self.run(query).await?.into_iter().map(RecordedAudit::try_from).collect()
    }

    #[tracing::instrument(name = "db.audits.by_actor", skip_all, fields(user.id = actor.as_str()))]
    async fn by_actor(&mut self, actor: &UserId, page: Page) -> Result<Vec<ActionSeen>, StoreError> {
        let actor = actor.clone();
        let query = move |c: &mut _| {
            let shown = audits::table.filter(audits::actor.eq(actor.as_str())).filter(audits::extra.is_not_null());
            let newest = shown.order(audits::seq.desc()).limit(i64::from(page.size));
            newest.offset(i64::try_from(page.offset()).unwrap_or(i64::MAX)).select(SeenRow::as_select()).load(c)
        };
        Ok(self.run(query).await?.into_iter().map(ActionSeen::from).collect())
    }
}

#[async_trait]
impl Audits for Repositories {
    #[tracing::instrument(name = "db.audits.record", skip_all, fields(entries = entries.len()))]
    async fn record(&mut self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let rows: Vec<_> = entries.iter().map(EntryRow::from).collect();
        self.run(move |c| {
            all_or_none(c, |c| {
                for some in rows.chunks(ROWS) {
                    diesel::insert_into(audits::table).values(some).execute(c)?;
                }
                Ok(())
            })
        })
        .await
    }
}
