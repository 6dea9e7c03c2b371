//! Rows as sessions.

use std::net::IpAddr;

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::client::ClientAddress;
use muster_domain::credential::Method;
use muster_domain::session::{DeviceProps, EndReason, Ending, ProviderSession, Session, SessionKind};
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::schema::sessions;

/// The columns of [`SessionRow`] in its order, for statements that are written as SQL.
macro_rules! session_columns {
    () => {
        "sessions.id, sessions.user_id, sessions.key_id, sessions.kind, sessions.authenticated_at, sessions.methods, \
         sessions.created_at, sessions.last_active_at, sessions.expires_at, sessions.absolute_expires_at, \
         sessions.first_address, sessions.last_address, sessions.user_agent, sessions.device_id, sessions.issuer, \
         sessions.subject, sessions.provider_session_id, sessions.ended_at, sessions.end_reason, sessions.ended_by, \
         sessions.voip_device_id, sessions.is_silent, sessions.mobile_version"
    };
}
pub(crate) use session_columns;

/// What a statement written as SQL gives for [`session_columns!`].
pub(crate) type SessionColumns = SqlTypeOf<<SessionRow as Selectable<Sqlite>>::SelectExpression>;

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Sqlite))]
pub(crate) struct SessionRow {
    id: String,
    user_id: String,
    pub(crate) key_id: String,
    kind: String,
    authenticated_at: i64,
    methods: String,
    created_at: i64,
    last_active_at: i64,
    expires_at: i64,
    absolute_expires_at: i64,
    first_address: String,
    last_address: String,
    user_agent: String,
    device_id: String,
    issuer: Option<String>,
    subject: Option<String>,
    provider_session_id: Option<String>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    ended_by: Option<String>,
    voip_device_id: String,
    is_silent: Option<bool>,
    mobile_version: String,
}

impl SessionRow {
    fn ending(&self) -> Result<Option<Ending>, StoreError> {
        let Some(at) = self.ended_at else { return Ok(None) };
        let reason = self.end_reason.as_deref().and_then(EndReason::from_id).ok_or_else(|| corrupt("sessions", "end_reason"))?;
        let by = self.ended_by.as_deref().map(str::parse).transpose().map_err(|_| corrupt("sessions", "ended_by"))?;
        Ok(Some(Ending { at: Timestamp::from_millis(at), reason, by }))
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let bad = |column| move || corrupt("sessions", column);
        let methods: Option<_> = row.methods.split_ascii_whitespace().map(Method::from_id).collect();
        Ok(Self {
            ended: row.ending()?,
            id: row.id.parse().ok().ok_or_else(bad("id"))?,
            user_id: row.user_id.parse().ok().ok_or_else(bad("user_id"))?,
            kind: SessionKind::from_id(&row.kind).ok_or_else(bad("kind"))?,
            authenticated_at: Timestamp::from_millis(row.authenticated_at),
            methods: methods.ok_or_else(bad("methods"))?,
            created_at: Timestamp::from_millis(row.created_at),
            last_active_at: Timestamp::from_millis(row.last_active_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            absolute_expires_at: Timestamp::from_millis(row.absolute_expires_at),
            first_address: address(&row.first_address).ok_or_else(bad("first_address"))?,
            last_address: address(&row.last_address).ok_or_else(bad("last_address"))?,
            user_agent: row.user_agent,
            device_id: row.device_id,
            device: DeviceProps { voip_device_id: row.voip_device_id, is_silent: row.is_silent, mobile_version: row.mobile_version },
            provider: ProviderSession { issuer: row.issuer, subject: row.subject, session_id: row.provider_session_id },
        })
    }
}

pub(crate) fn address(text: &str) -> Option<ClientAddress> {
    text.parse::<IpAddr>().ok().map(ClientAddress::new)
}
