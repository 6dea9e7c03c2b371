//! Sessions.

mod bearer;
mod row;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::credential::KeyId;
use muster_domain::id::{SessionId, UserId};
use muster_domain::page::Page;
use muster_domain::session::{DeviceChange, EndReason, Ending, Guard, NewSession, Session, Touch};
use muster_domain::store::{Held, ReadSessions, Sessions, Shown, StoreError};
use muster_domain::time::Timestamp;

use row::{DeviceRow, EndingRow, TouchRow};

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::offset;
use crate::schema::sessions;
use crate::statement::{Bind, Statement};

pub(crate) use row::{SessionRow, SessionSql, address, session_columns};

/// The lock on the epoch waits for a change of it that is under way, and the account's own lock for a change of the account; both
/// conditions are then looked at again.
const OPEN: &str = "WITH epoch AS (SELECT 1 FROM service_state WHERE name = 'global_epoch' AND value = ? FOR SHARE), \
    owner AS (UPDATE users SET failed_attempts = 0, locked_until = 0, last_login_at = ?, updated_at = greatest(updated_at, ?) \
    WHERE id = ? AND deleted_at = 0 AND credential_epoch = ? AND EXISTS (SELECT 1 FROM epoch) RETURNING id) \
    INSERT INTO sessions (user_id, id, token_hash, key_id, kind, methods, first_address, last_address, user_agent, device_id, issuer, \
    subject, provider_session_id, voip_device_id, mobile_version, authenticated_at, created_at, last_active_at, expires_at, \
    absolute_expires_at, is_silent) SELECT owner.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::bigint = 1 FROM owner";

/// Rows that somebody else ends meanwhile are waited for and make room for others: fewer than the limit means that none is left.
const END_EVERYBODYS: &str = "WITH chosen AS MATERIALIZED (SELECT id FROM sessions WHERE ended_at IS NULL AND created_at <= ? \
    LIMIT ? FOR UPDATE) UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = ?, token_hash = NULL \
    FROM chosen WHERE sessions.id = chosen.id AND sessions.ended_at IS NULL";

/// Nodes that sweep at once take different rows. Those are chosen once: a sub-query that locks may be run for each row.
const END_EXPIRED: &str = "WITH chosen AS MATERIALIZED (SELECT id FROM sessions WHERE ended_at IS NULL \
    AND least(expires_at, absolute_expires_at) <= ? LIMIT ? FOR UPDATE SKIP LOCKED) \
    UPDATE sessions SET ended_at = least(expires_at, absolute_expires_at), end_reason = ?, ended_by = NULL, token_hash = NULL \
    FROM chosen WHERE sessions.id = chosen.id AND sessions.ended_at IS NULL";

const END_IDLE: &str = "WITH chosen AS MATERIALIZED (SELECT id FROM sessions WHERE ended_at IS NULL AND last_active_at <= ? \
    LIMIT ? FOR UPDATE SKIP LOCKED) UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = NULL, token_hash = NULL \
    FROM chosen WHERE sessions.id = chosen.id AND sessions.ended_at IS NULL";

const END_BEYOND: &str = "UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = ?, token_hash = NULL \
    WHERE ended_at IS NULL AND id IN (SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL \
    AND id <> ? ORDER BY last_active_at DESC, id OFFSET ?)";

/// Nodes that purge at once take different rows, chosen once as well.
const PURGE: &str = "DELETE FROM sessions WHERE id = ANY (ARRAY (SELECT id FROM sessions \
    WHERE coalesce(ended_at, least(expires_at, absolute_expires_at)) < ? \
    ORDER BY coalesce(ended_at, least(expires_at, absolute_expires_at)) LIMIT ? FOR UPDATE SKIP LOCKED))";

#[async_trait]
impl ReadSessions for Lease {
    #[tracing::instrument(name = "db.sessions.by_token", skip_all)]
    async fn by_token(&mut self, shown: &Shown) -> Result<Option<Held>, StoreError> {
        let found = bearer::statement(shown).load(self.connection()?).await;
        let rows: Vec<bearer::Row> = self.settle(found)?;
        rows.into_iter().find(|row| bearer::is_shown(row, shown)).map(bearer::held).transpose()
    }

    #[tracing::instrument(name = "db.sessions.by_id", skip_all)]
    async fn by_id(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let live = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
        let found: QueryResult<_> = live.select(SessionRow::as_select()).first(self.connection()?).await.optional();
        self.settle(found)?.map(Session::try_from).transpose()
    }

    #[tracing::instrument(name = "db.sessions.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        let query = sessions::table
            .filter(sessions::user_id.eq(user.as_str()))
            .filter(sessions::ended_at.is_null())
            .order((sessions::last_active_at.desc(), sessions::id))
            .limit(page.size.into())
            .offset(offset(page));
        let found: QueryResult<Vec<_>> = query.select(SessionRow::as_select()).load(self.connection()?).await;
        self.settle(found)?.into_iter().map(Session::try_from).collect()
    }

    #[tracing::instrument(name = "db.sessions.ended_of_user", skip_all, fields(user.id = user.as_str()))]
    async fn ended_of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        let query = sessions::table
            .filter(sessions::user_id.eq(user.as_str()))
            .filter(sessions::ended_at.is_not_null())
            .order((sessions::ended_at.desc(), sessions::id))
            .limit(page.size.into())
            .offset(offset(page));
        let found: QueryResult<Vec<_>> = query.select(SessionRow::as_select()).load(self.connection()?).await;
        self.settle(found)?.into_iter().map(Session::try_from).collect()
    }

    #[tracing::instrument(name = "db.sessions.count_by_key", skip_all)]
    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let query = sessions::table
            .filter(sessions::ended_at.is_null())
            .group_by(sessions::key_id)
            .order(sessions::key_id)
            .select((sessions::key_id, count_star()));
        let counted: QueryResult<Vec<(String, i64)>> = query.load(self.connection()?).await;
        let rows = self.settle(counted)?.into_iter();
        rows.map(|(key, count)| Ok((KeyId::new(&key), u64::try_from(count).map_err(|error| corrupt("sessions")(error.into()))?))).collect()
    }
}

fn open_binds<'a>(new: &'a NewSession, guard: Guard, epoch: &'a str, texts: &'a row::Texts) -> Vec<Bind<'a>> {
    let (session, token) = (&new.session, &new.token);
    let created_at = session.created_at.as_millis();
    let mut binds = vec![Bind::Text(epoch), Bind::Number(created_at), Bind::Number(created_at)];
    binds.extend([Bind::Text(session.user_id.as_str()), Bind::Number(guard.credential_epoch)]);
    binds.extend([session.id.as_str(), token.value(), token.key().as_str(), session.kind.id()].map(Bind::Text));
    binds.extend([&texts.methods, &texts.first_address, &texts.last_address].map(|text| Bind::Text(text)));
    binds.extend([session.user_agent.as_str(), session.device_id.as_str()].map(Bind::Text));
    let provider = &session.provider;
    binds.extend([&provider.issuer, &provider.subject, &provider.session_id].map(|text| Bind::MaybeText(text.as_deref())));
    binds.extend([session.device.voip_device_id.as_str(), session.device.mobile_version.as_str()].map(Bind::Text));
    let times = [session.authenticated_at, session.created_at, session.last_active_at, session.expires_at, session.absolute_expires_at];
    binds.extend(times.map(|time| Bind::Number(time.as_millis())));
    binds.push(Bind::MaybeNumber(session.device.is_silent.map(i64::from)));
    binds
}

#[async_trait]
impl Sessions for Lease {
    #[tracing::instrument(name = "db.sessions.open", skip_all, fields(session.id = session.session.id.as_str()))]
    async fn open(&mut self, session: &NewSession, guard: Guard) -> Result<bool, StoreError> {
        let (epoch, texts) = (guard.global_epoch.to_string(), row::Texts::of(&session.session));
        let statement = Statement::<()>::new(OPEN, open_binds(session, guard, &epoch, &texts));
        let inserted = statement.execute(self.connection()?).await;
        Ok(self.settle(inserted)? == 1)
    }

    #[tracing::instrument(name = "db.sessions.end", skip_all, fields(session.id = id.as_str()))]
    async fn end(&mut self, id: &SessionId, ending: &Ending) -> Result<bool, StoreError> {
        let ended = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
        let query = diesel::update(ended).set(EndingRow::from(ending));
        let updated = query.execute(self.connection()?).await;
        Ok(self.settle(updated)? == 1)
    }

    #[tracing::instrument(name = "db.sessions.end_all", skip_all, fields(user.id = user.as_str()))]
    async fn end_all(&mut self, user: &UserId, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError> {
        // No session has an empty id.
        let ended = sessions::table
            .filter(sessions::user_id.eq(user.as_str()))
            .filter(sessions::id.ne(except.map_or("", SessionId::as_str)))
            .filter(sessions::ended_at.is_null());
        let query = diesel::update(ended).set(EndingRow::from(ending));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.end_device", skip_all, fields(user.id = user.as_str()))]
    async fn end_device(&mut self, user: &UserId, device_id: &str, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError> {
        let ended = sessions::table
            .filter(sessions::user_id.eq(user.as_str()))
            .filter(sessions::device_id.eq(device_id))
            .filter(sessions::id.ne(except.map_or("", SessionId::as_str)))
            .filter(sessions::ended_at.is_null());
        let query = diesel::update(ended).set(EndingRow::from(ending));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.end_beyond", skip_all, fields(user.id = user.as_str()))]
    async fn end_beyond(&mut self, user: &UserId, new: &SessionId, kept: u32, ending: &Ending) -> Result<u64, StoreError> {
        let binds = vec![
            Bind::Number(ending.at.as_millis()),
            Bind::Text(ending.reason.id()),
            Bind::MaybeText(ending.by.as_ref().map(UserId::as_str)),
            Bind::Text(user.as_str()),
            Bind::Text(new.as_str()),
            Bind::Number(i64::from(kept.saturating_sub(1))),
        ];
        let updated = Statement::<()>::new(END_BEYOND, binds).execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.end_own", skip_all, fields(user.id = user.as_str()))]
    async fn end_own(&mut self, user: &UserId, id: &SessionId, ending: &Ending) -> Result<bool, StoreError> {
        let own = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::user_id.eq(user.as_str()));
        let query = diesel::update(own.filter(sessions::ended_at.is_null())).set(EndingRow::from(ending));
        let updated = query.execute(self.connection()?).await;
        Ok(self.settle(updated)? == 1)
    }

    #[tracing::instrument(name = "db.sessions.end_everybodys", skip_all)]
    async fn end_everybodys(&mut self, ending: &Ending, most: u32) -> Result<u64, StoreError> {
        let at = ending.at.as_millis();
        let mut binds = vec![Bind::Number(at), Bind::Number(most.into()), Bind::Number(at), Bind::Text(ending.reason.id())];
        binds.push(Bind::MaybeText(ending.by.as_ref().map(UserId::as_str)));
        let updated = Statement::<()>::new(END_EVERYBODYS, binds).execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.end_expired", skip_all)]
    async fn end_expired(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = vec![Bind::Number(now.as_millis()), Bind::Number(most.into()), Bind::Text(EndReason::Expired.id())];
        let updated = Statement::<()>::new(END_EXPIRED, binds).execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.end_idle", skip_all)]
    async fn end_idle(&mut self, last_active: Timestamp, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut binds = vec![Bind::Number(last_active.as_millis()), Bind::Number(most.into())];
        binds.extend([Bind::Number(now.as_millis()), Bind::Text(EndReason::Idle.id())]);
        let updated = Statement::<()>::new(END_IDLE, binds).execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.attach", skip_all, fields(session.id = id.as_str()))]
    async fn attach(&mut self, id: &SessionId, change: &DeviceChange) -> Result<bool, StoreError> {
        let live = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
        // The id is written as it is, so that there is always something to write.
        let query = diesel::update(live).set((sessions::id.eq(id.as_str()), DeviceRow::from(change)));
        let updated = query.execute(self.connection()?).await;
        Ok(self.settle(updated)? == 1)
    }

    #[tracing::instrument(name = "db.sessions.touch", skip_all, fields(session.id = id.as_str()))]
    async fn touch(&mut self, id: &SessionId, touch: &Touch) -> Result<(), StoreError> {
        let touched = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
        let query = diesel::update(touched).set((row::later(touch.at), row::extended(touch.expires_at), TouchRow::from(touch)));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }

    #[tracing::instrument(name = "db.sessions.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = vec![Bind::Number(before.as_millis()), Bind::Number(i64::from(most))];
        let deleted = Statement::<()>::new(PURGE, binds).execute(self.connection()?).await;
        self.settle(deleted).map(count)
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
