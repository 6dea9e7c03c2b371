//! Sessions.

mod bearer;
mod row;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use muster_domain::credential::{Digest, KeyId};
use muster_domain::id::{SessionId, UserId};
use muster_domain::page::Page;
use muster_domain::session::{DeviceChange, EndReason, Ending, Guard, NewSession, Session, Touch};
use muster_domain::store::{Held, ReadSessions, Sessions, Shown, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::sessions;
use crate::statement::{Bind, Statement};

#[cfg(test)]
pub(crate) use bearer::{BY_ONE, BY_TWO};
pub(crate) use row::{SessionColumns, SessionRow, address, session_columns};

/// Adds a session if the account is active and nothing changed that lets somebody in.
const OPEN: &str = "INSERT INTO sessions (id, user_id, token_hash, key_id, kind, authenticated_at, methods, created_at, last_active_at, \
    expires_at, absolute_expires_at, first_address, last_address, user_agent, device_id, issuer, subject, provider_session_id, ended_at, \
    end_reason, ended_by, voip_device_id, is_silent, mobile_version) \
    SELECT ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM users \
    WHERE id = ? AND deleted_at = 0 AND credential_epoch = ? \
    AND coalesce((SELECT CAST(value AS INTEGER) FROM service_state WHERE name = 'global_epoch'), 0) = ?";

const SIGNED_IN: &str =
    "UPDATE users SET failed_attempts = 0, locked_until = 0, last_login_at = ?, updated_at = max(updated_at, ?) WHERE id = ?";

const END_BEYOND: &str = "UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = ?, token_hash = NULL WHERE id IN \
    (SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL AND id <> ? ORDER BY last_active_at DESC, id LIMIT -1 OFFSET ?)";

const TOUCH: &str = "UPDATE sessions SET last_active_at = max(last_active_at, ?), last_address = ?, token_hash = coalesce(?, token_hash), \
    key_id = coalesce(?, key_id), expires_at = max(expires_at, coalesce(?, expires_at)) WHERE id = ? AND ended_at IS NULL";

const END_EVERYBODYS: &str = "UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = ?, token_hash = NULL WHERE id IN \
    (SELECT id FROM sessions WHERE ended_at IS NULL AND created_at <= ? LIMIT ?)";

pub(crate) const END_EXPIRED: &str = "UPDATE sessions SET ended_at = min(expires_at, absolute_expires_at), end_reason = ?, \
    ended_by = NULL, token_hash = NULL WHERE id IN (SELECT id FROM sessions WHERE ended_at IS NULL \
    AND min(expires_at, absolute_expires_at) <= ? LIMIT ?)";

pub(crate) const END_IDLE: &str = "UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = NULL, token_hash = NULL WHERE id IN \
    (SELECT id FROM sessions WHERE ended_at IS NULL AND last_active_at <= ? LIMIT ?)";

const ATTACH: &str = "UPDATE sessions SET device_id = coalesce(?, device_id), voip_device_id = coalesce(?, voip_device_id), \
    is_silent = coalesce(?, is_silent), mobile_version = coalesce(?, mobile_version), expires_at = coalesce(?, expires_at) \
    WHERE id = ? AND ended_at IS NULL";

pub(crate) const PURGE: &str = "DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions \
    WHERE coalesce(ended_at, min(expires_at, absolute_expires_at)) < ? \
    ORDER BY coalesce(ended_at, min(expires_at, absolute_expires_at)) LIMIT ?)";

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
    let device = &session.device;
    binds.extend([
        Bind::Text(&device.voip_device_id),
        Bind::MaybeNumber(device.is_silent.map(i64::from)),
        Bind::Text(&device.mobile_version),
    ]);
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
    async fn by_token(&mut self, shown: &Shown) -> Result<Option<Held>, StoreError> {
        let shown = shown.clone();
        self.run(move |c| bearer::by_token(c, &shown)).await?.map(bearer::held).transpose()
    }

    #[tracing::instrument(name = "db.sessions.by_id", skip_all)]
    async fn by_id(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let id = id.clone();
        let query = move |c: &mut _| {
            let live = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
            live.select(SessionRow::as_select()).get_result(c).optional()
        };
        self.run(query).await?.map(Session::try_from).transpose()
    }

    #[tracing::instrument(name = "db.sessions.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| {
            let live = sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_null());
            let ordered = live.order((sessions::last_active_at.desc(), sessions::id)).select(SessionRow::as_select());
            ordered.limit(i64::from(page.size)).offset(offset(page)).load(c)
        };
        self.run(query).await?.into_iter().map(Session::try_from).collect()
    }

    #[tracing::instrument(name = "db.sessions.ended_of_user", skip_all, fields(user.id = user.as_str()))]
    async fn ended_of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| {
            let ended = sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_not_null());
            let ordered = ended.order((sessions::ended_at.desc(), sessions::id)).select(SessionRow::as_select());
            ordered.limit(i64::from(page.size)).offset(offset(page)).load(c)
        };
        self.run(query).await?.into_iter().map(Session::try_from).collect()
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
    async fn end_device(&mut self, user: &UserId, device_id: &str, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError> {
        let (user, device_id, changes) = (user.clone(), device_id.to_owned(), ended(ending));
        // No session has an empty id.
        let kept = except.map_or_else(String::new, |id| id.as_str().to_owned());
        let query = move |c: &mut _| {
            let live = sessions::table.filter(sessions::user_id.eq(user.as_str())).filter(sessions::ended_at.is_null());
            diesel::update(live.filter(sessions::device_id.eq(device_id)).filter(sessions::id.ne(kept))).set(changes).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.end_beyond", skip_all, fields(user.id = user.as_str()))]
    async fn end_beyond(&mut self, user: &UserId, new: &SessionId, kept: u32, ending: &Ending) -> Result<u64, StoreError> {
        let (user, new, ending) = (user.clone(), new.clone(), ending.clone());
        let query = move |c: &mut _| {
            let mut binds = vec![Bind::Number(ending.at.as_millis()), Bind::Text(ending.reason.id())];
            binds.push(Bind::MaybeText(ending.by.as_ref().map(UserId::as_str)));
            binds.extend([Bind::Text(user.as_str()), Bind::Text(new.as_str()), Bind::Number(i64::from(kept.saturating_sub(1)))]);
            Statement::<()>::new(END_BEYOND, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.end_own", skip_all, fields(user.id = user.as_str()))]
    async fn end_own(&mut self, user: &UserId, id: &SessionId, ending: &Ending) -> Result<bool, StoreError> {
        let (user, id, changes) = (user.clone(), id.clone(), ended(ending));
        let query = move |c: &mut _| {
            let live = sessions::table.find(id.as_str()).filter(sessions::ended_at.is_null());
            diesel::update(live.filter(sessions::user_id.eq(user.as_str()))).set(changes).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.sessions.end_everybodys", skip_all)]
    async fn end_everybodys(&mut self, ending: &Ending, most: u32) -> Result<u64, StoreError> {
        let ending = ending.clone();
        let query = move |c: &mut _| {
            let at = Bind::Number(ending.at.as_millis());
            let by = Bind::MaybeText(ending.by.as_ref().map(UserId::as_str));
            let binds = vec![at, Bind::Text(ending.reason.id()), by, Bind::Number(ending.at.as_millis()), Bind::Number(most.into())];
            Statement::<()>::new(END_EVERYBODYS, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.end_expired", skip_all)]
    async fn end_expired(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = vec![Bind::Text(EndReason::Expired.id()), Bind::Number(now.as_millis()), Bind::Number(most.into())];
            Statement::<()>::new(END_EXPIRED, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.end_idle", skip_all)]
    async fn end_idle(&mut self, last_active: Timestamp, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let (now, last_active) = (Bind::Number(now.as_millis()), Bind::Number(last_active.as_millis()));
            let binds = vec![now, Bind::Text(EndReason::Idle.id()), last_active, Bind::Number(most.into())];
            Statement::<()>::new(END_IDLE, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.sessions.attach", skip_all, fields(session.id = id.as_str()))]
    async fn attach(&mut self, id: &SessionId, change: &DeviceChange) -> Result<bool, StoreError> {
        let (id, change) = (id.clone(), change.clone());
        let query = move |c: &mut _| {
            let mut binds = vec![Bind::MaybeText(change.device_id.as_deref()), Bind::MaybeText(change.voip_device_id.as_deref())];
            binds.extend([Bind::MaybeNumber(change.is_silent.map(i64::from)), Bind::MaybeText(change.mobile_version.as_deref())]);
            binds.extend([Bind::MaybeNumber(change.expires_at.map(Timestamp::as_millis)), Bind::Text(id.as_str())]);
            Statement::<()>::new(ATTACH, binds).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.sessions.touch", skip_all, fields(session.id = id.as_str()))]
    async fn touch(&mut self, id: &SessionId, touch: &Touch) -> Result<(), StoreError> {
        let (id, touch) = (id.clone(), touch.clone());
        let query = move |c: &mut _| {
            let (address, token) = (touch.address.ip().to_string(), touch.token.as_ref());
            let mut binds = vec![Bind::Number(touch.at.as_millis()), Bind::Text(&address), Bind::MaybeText(token.map(Digest::value))];
            binds.push(Bind::MaybeText(token.map(|token| token.key().as_str())));
            binds.extend([Bind::MaybeNumber(touch.expires_at.map(Timestamp::as_millis)), Bind::Text(id.as_str())]);
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

/// Rows before a page.
pub(crate) fn offset(page: Page) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}
