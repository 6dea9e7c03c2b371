//! Sessions as rows, and rows as sessions.

use diesel::dsl::{Eq, SqlTypeOf};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use muster_domain::client::ClientAddress;
use muster_domain::credential::{Digest, Method};
use muster_domain::id::UserId;
use muster_domain::session::{DeviceChange, DeviceProps, EndReason, Ending, ProviderSession, Session, SessionKind, Touch};
use muster_domain::store::{Cause, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::schema::sessions;

diesel::define_sql_function! {
    /// The larger of two numbers.
    fn greatest(left: BigInt, right: BigInt) -> BigInt;
}

/// A session as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub(crate) struct SessionRow {
    id: String,
    user_id: String,
    token_hash: Option<String>,
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

/// The columns of [`SessionRow`] in its order, for statements that are written as SQL.
macro_rules! session_columns {
    () => {
        "sessions.id, sessions.user_id, sessions.token_hash, sessions.key_id, sessions.kind, \
         sessions.authenticated_at, sessions.methods, sessions.created_at, sessions.last_active_at, \
         sessions.expires_at, sessions.absolute_expires_at, sessions.first_address, sessions.last_address, \
         sessions.user_agent, sessions.device_id, sessions.issuer, sessions.subject, sessions.provider_session_id, \
         sessions.ended_at, sessions.end_reason, sessions.ended_by, sessions.voip_device_id, sessions.is_silent, \
         sessions.mobile_version"
    };
}
pub(crate) use session_columns;

/// What [`session_columns!`] are in SQL.
pub(crate) type SessionSql = SqlTypeOf<<SessionRow as Selectable<Pg>>::SelectExpression>;

impl SessionRow {
    /// Whether the stored hash is one of some, made under the same key.
    pub(crate) fn has_one_of(&self, hashes: &[Digest]) -> bool {
        hashes.iter().any(|hash| self.token_hash.as_deref() == Some(hash.value()) && self.key_id == hash.key().as_str())
    }

    fn ended(&self) -> Result<Option<Ending>, Cause> {
        let Some(at) = self.ended_at else {
            return Ok(None);
        };
        let reason = self.end_reason.as_deref().and_then(EndReason::from_id).ok_or("the session ended for no known reason")?;
        let by = self.ended_by.as_deref().map(str::parse::<UserId>).transpose()?;
        Ok(Some(Ending { at: Timestamp::from_millis(at), reason, by }))
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        read(row).map_err(corrupt("sessions"))
    }
}

fn read(row: SessionRow) -> Result<Session, Cause> {
    let ended = row.ended()?;
    let methods = row.methods.split_ascii_whitespace().map(Method::from_id).collect::<Option<_>>();
    Ok(Session {
        id: row.id.parse()?,
        user_id: row.user_id.parse()?,
        kind: SessionKind::from_id(&row.kind).ok_or("the session's kind is unknown")?,
        authenticated_at: Timestamp::from_millis(row.authenticated_at),
        methods: methods.ok_or("a method of the session is unknown")?,
        created_at: Timestamp::from_millis(row.created_at),
        last_active_at: Timestamp::from_millis(row.last_active_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        absolute_expires_at: Timestamp::from_millis(row.absolute_expires_at),
        first_address: address(&row.first_address)?,
        last_address: address(&row.last_address)?,
        user_agent: row.user_agent,
        device_id: row.device_id,
        device: DeviceProps { voip_device_id: row.voip_device_id, is_silent: row.is_silent, mobile_version: row.mobile_version },
        provider: ProviderSession { issuer: row.issuer, subject: row.subject, session_id: row.provider_session_id },
        ended,
    })
}

pub(crate) fn address(text: &str) -> Result<ClientAddress, Cause> {
    Ok(ClientAddress::new(text.parse()?))
}

/// The parts of a session that become texts.
pub(crate) struct Texts {
    pub(crate) methods: String,
    pub(crate) first_address: String,
    pub(crate) last_address: String,
}

impl Texts {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            methods: session.methods.iter().map(|method| method.id()).collect::<Vec<_>>().join(" "),
            first_address: session.first_address.ip().to_string(),
            last_address: session.last_address.ip().to_string(),
        }
    }
}

/// The end of a session, which takes its token away.
#[derive(AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub(crate) struct EndingRow {
    ended_at: i64,
    end_reason: &'static str,
    ended_by: Option<String>,
    token_hash: Option<String>,
}

impl From<&Ending> for EndingRow {
    fn from(ending: &Ending) -> Self {
        Self {
            ended_at: ending.at.as_millis(),
            end_reason: ending.reason.id(),
            ended_by: ending.by.as_ref().map(UserId::to_string),
            token_hash: None,
        }
    }
}

/// The use of a session; without a new hash its token stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = sessions)]
pub(crate) struct TouchRow<'a> {
    last_address: String,
    token_hash: Option<&'a str>,
    key_id: Option<&'a str>,
}

impl<'a> From<&'a Touch> for TouchRow<'a> {
    fn from(touch: &'a Touch) -> Self {
        Self {
            last_address: touch.address.ip().to_string(),
            token_hash: touch.token.as_ref().map(Digest::value),
            key_id: touch.token.as_ref().map(|token| token.key().as_str()),
        }
    }
}

/// What changes of a session's push device.
#[derive(AsChangeset)]
#[diesel(table_name = sessions)]
pub(crate) struct DeviceRow<'a> {
    device_id: Option<&'a str>,
    voip_device_id: Option<&'a str>,
    is_silent: Option<bool>,
    mobile_version: Option<&'a str>,
    expires_at: Option<i64>,
}

impl<'a> From<&'a DeviceChange> for DeviceRow<'a> {
    fn from(change: &'a DeviceChange) -> Self {
        Self {
            device_id: change.device_id.as_deref(),
            voip_device_id: change.voip_device_id.as_deref(),
            is_silent: change.is_silent,
            mobile_version: change.mobile_version.as_deref(),
            expires_at: change.expires_at.map(Timestamp::as_millis),
        }
    }
}

/// Moves the time of the last use forward, never back.
pub(crate) fn later(at: Timestamp) -> Eq<sessions::last_active_at, greatest<sessions::last_active_at, i64>> {
    sessions::last_active_at.eq(greatest(sessions::last_active_at, at.as_millis()))
}

/// Moves the end forward if it is to be moved, never back.
pub(crate) fn extended(end: Option<Timestamp>) -> Eq<sessions::expires_at, greatest<sessions::expires_at, i64>> {
    sessions::expires_at.eq(greatest(sessions::expires_at, end.map_or(i64::MIN, Timestamp::as_millis)))
}
