//! Sessions.

use std::net::IpAddr;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::client::ClientAddress;
use muster_domain::credential::{Digest, KeyId, Method};
use muster_domain::id::{SessionId, UserId};
use muster_domain::session::{EndReason, Ending, Guard, NewSession, ProviderSession, Session, SessionKind, SignedIn, Touch};
use muster_domain::store::{ReadSessions, Sessions, StoreError};
use muster_domain::time::Timestamp;
use muster_domain::user::User;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::{sessions, users};
use crate::statement::{Bind, Statement};
use crate::user::UserRow;

/// Adds a session if the account is active and nothing changed that lets somebody in.
const OPEN: &str = "INSERT INTO sessions (id, user_id, token_hash, key_id, kind, authenticated_at, methods, created_at, last_active_at, \
    expires_at, absolute_expires_at, first_address, last_address, user_agent, device_id, issuer, subject, provider_session_id, ended_at, \
    end_reason, ended_by) SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM users \
    WHERE id = ? AND deleted_at = 0 AND credential_epoch = ? \
    AND coalesce((SELECT CAST(value AS INTEGER) FROM service_state WHERE name = 'global_epoch'), 0) = ?";

const SIGNED_IN: &str =
    "UPDATE users SET failed_attempts = 0, locked_until = 0, last_login_at = ?, updated_at = max(updated_at, ?) WHERE id = ?";

const END_BEYOND: &str = "UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = ?, token_hash = NULL WHERE id IN \
    (SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL ORDER BY last_active_at DESC, id LIMIT -1 OFFSET ?)";

const TOUCH: &str = "UPDATE sessions SET last_active_at = max(last_active_at, ?), last_address = ?, token_hash = coalesce(?, token_hash), \
    key_id = coalesce(?, key_id) WHERE id = ? AND ended_at IS NULL";

pub(crate) const PURGE: &str = "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions \
    WHERE coalesce(ended_at, min(expires_at, absolute_expires_at)) < ? \
    ORDER BY coalesce(ended_at, min(expires_at, absolute_expires_at)) LIMIT ?)";

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Sqlite))]
struct SessionRow {
    id: String,
    user_id: String,
    key_id: String,
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
            provider: ProviderSession { issuer: row.issuer, subject: row.subject, session_id: row.provider_session_id },
        })
    }
}

fn address(text: &str) -> Option<ClientAddress> {
    text.parse::<IpAddr>().ok().map(ClientAddress::new)
}

/// What becomes of a row when its session ends: its token is good for nothing from then on.
type Ended = (
    diesel::dsl::Eq<sessions::ended_at, Option<i64>>,
    diesel::dsl::Eq<sessions::end_reason, Option<&'static str>>,
    diesel::dsl::Eq<sessions::ended_by, Option<String>>,
    diesel::dsl::Eq<sessions::token_hash, Option<String>>,
);

fn ended(ending: &Ending) -> Ended {
    (
        sessions::ended_at.eq(Some(ending.at.as_millis())),
        sessions::end_reason.eq(Some(ending.reason.id())),
        sessions::ended_by.eq(ending.by.as_ref().map(|by| by.as_str().to_owned())),
        sessions::token_hash.eq(None),
    )
}

fn by_token(c: &mut SqliteConnection, hashes: &[Digest]) -> QueryResult<Option<(SessionRow, UserRow)>> {
    let found = |hash| {
        let hash: &Digest = hash;
        sessions::token_hash.eq(hash.value()).and(sessions::key_id.eq(hash.key().as_str()))
    };
    let live = sessions::table.inner_join(users::table).filter(sessions::ended_at.is_null());
    let wanted = (SessionRow::as_select(), UserRow::as_select());
    // Not `first`: it binds a LIMIT, and SQLite prepares a statement anew each time such a value is bound.
    // One key is the rule, and its statement is known by its type; more than one while keys change.
    match hashes {
        [] => Ok(None),
        [hash] => live.filter(found(hash)).select(wanted).get_result(c).optional(),
        [hash, former] => live.filter(found(hash).or(found(former))).select(wanted).get_result(c).optional(),
        [first, rest @ ..] => {
            let query = rest.iter().fold(live.filter(found(first)).into_boxed(), |query, hash| query.or_filter(found(hash)));
            query.filter(sessions::ended_at.is_null()).select(wanted).get_result(c).optional()
        }
    }
}

fn open(c: &mut SqliteConnection, new: &NewSession, guard: Guard) -> QueryResult<bool> {
    let session = &new.session;
    let methods = session.methods.iter().map(|method| method.id()).collect::<Vec<_>>().join(" ");
    let (first, last) = (session.first_address.ip().to_string(), session.last_address.ip().to_string());
    let time = |at: Timestamp| Bind::Number(at.as_millis());
    let mut binds = vec![Bind::Text(session.id.as_str()), Bind::Text(new.token.value()), Bind::Text(new.token.key().as_str())];
    binds.extend([Bind::Text(session.kind.id()), time(session.authenticated_at), Bind::Text(&methods)]);
    binds.extend([time(session.created_at), time(session.last_active_at), time(session.expires_at), time(session.absolute_expires_at)]);
    binds.extend([Bind::Text(&first), Bind::Text(&last), Bind::Text(&session.user_agent), Bind::Text(&session.device_id)]);
    let provider = &session.provider;
    binds.extend([&provider.issuer, &provider.subject, &provider.session_id].map(|text| Bind::MaybeText(text.as_deref())));
    let ended = session.ended.as_ref();
    binds.push(Bind::MaybeNumber(ended.map(|ending| ending.at.as_millis())));
    binds.push(Bind::MaybeText(ended.map(|ending| ending.reason.id())));
    binds.push(Bind::MaybeText(ended.and_then(|ending| ending.by.as_ref()).map(UserId::as_str)));
    binds.extend([Bind::Text(session.user_id.as_str()), Bind::Number(guard.credential_epoch), Bind::Number(guard.global_epoch)]);
    if Statement::<()>::new(OPEN, binds).execute(c)? == 0 {
        return Ok(false);
    }
    let binds = vec![time(session.created_at), time(session.created_at), Bind::Text(session.user_id.as_str())];
    Statement::<()>::new(SIGNED_IN, binds).execute(c)?;
    Ok(true)
}

#[async_trait]
impl ReadSessions for Repositories {
    #[tracing::instrument(name = "db.sessions.by_token", skip_all)]
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<SignedIn>, StoreError> {
        let hashes = hashes.to_vec();
        let Some((session, user)) = self.run(move |c| by_token(c, &hashes)).await? else { return Ok(None) };
        let key = KeyId::new(&session.key_id);
        Ok(Some(SignedIn { session: session.try_into()?, user: User::try_from(user)?, key }))
    }

    #[tracing::instrument(name = "db.sessions.count_by_key", skip_all)]
    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let query = |c: &mut _| {
            let live = sessions::table.filter(sessions::ended_at.is_null()).group_by(sessions::key_id);
            live.select((sessions::key_id, count_star())).order(sessions::key_id).load::<(String, i64)>(c)
        };
        let rows = self.run(query).await?;
        Ok(rows.into_iter().map(|(key, count)| (KeyId::new(&key), count.unsigned_abs())).collect())
    }
}

#[async_trait]
impl Sessions for Repositories {
    #[tracing::instrument(name = "db.sessions.open", skip_all, fields(user.id = session.session.user_id.as_str()))]
    async fn open(&mut self, session: &NewSession, guard: Guard) -> Result<bool, StoreError> {
        let session = session.clone();
        self.run(move |c| open(c, &session, guard)).await
    }

    #[tracing::instrument(name = "db.sessions.end", skip_all, fields(session.id = id.as_str()))]
    async fn end(&mut self, id: &SessionId, ending: &Ending) -> Result<bool, StoreError> {
        let (id, changes) = (id.clone(), ended(ending));
        let query = move |c: &mut _| {
            let live = sessions::table.find(id.as_str()).filter(sessions::ended_at.is_null());
            diesel::update(live).set(changes).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.sessions.end_all", skip_all, fields(user.id = user.as_str()))]
    async fn end_all(&mut self, user: &UserId, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError> {
        let (user, changes) = (user.clone(), ended(ending));
        // No session has an empty id.
        let kept = except.map_or_else(String::new, |id| id.as_str().to_owned());
        let query = move |c: &mut _| {
            let live = sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_null());
            diesel::update(live.filter(sessions::id.ne(kept))).set(changes).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.end_device", skip_all, fields(user.id = user.as_str()))]
    async fn end_device(&mut self, user: &UserId, device_id: &str, ending: &Ending) -> Result<u64, StoreError> {
        let (user, device_id, changes) = (user.clone(), device_id.to_owned(), ended(ending));
        let query = move |c: &mut _| {
            let live = sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_null());
            diesel::update(live.filter(sessions::device_id.eq(device_id))).set(changes).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.end_beyond", skip_all, fields(user.id = user.as_str()))]
    async fn end_beyond(&mut self, user: &UserId, kept: u32, ending: &Ending) -> Result<u64, StoreError> {
        let (user, ending) = (user.clone(), ending.clone());
        let query = move |c: &mut _| {
            let mut binds = vec![Bind::Number(ending.at.as_millis()), Bind::Text(ending.reason.id())];
            binds.push(Bind::MaybeText(ending.by.as_ref().map(UserId::as_str)));
            binds.extend([Bind::Text(user.as_str()), Bind::Number(i64::from(kept))]);
            Statement::<()>::new(END_BEYOND, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.touch", skip_all, fields(session.id = id.as_str()))]
    async fn touch(&mut self, id: &SessionId, touch: &Touch) -> Result<(), StoreError> {
        let (id, touch) = (id.clone(), touch.clone());
        let query = move |c: &mut _| {
            let (address, token) = (touch.address.ip().to_string(), touch.token.as_ref());
            let mut binds = vec![Bind::Number(touch.at.as_millis()), Bind::Text(&address), Bind::MaybeText(token.map(Digest::value))];
            binds.extend([Bind::MaybeText(token.map(|token| token.key().as_str())), Bind::Text(id.as_str())]);
            Statement::<()>::new(TOUCH, binds).execute(c)
        };
        self.run(query).await.map(drop)
    }

    #[tracing::instrument(name = "db.sessions.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = vec![Bind::Number(before.as_millis()), Bind::Number(i64::from(most))];
            Statement::<()>::new(PURGE, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }
}
