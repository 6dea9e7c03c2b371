//! Sessions.

mod row;

use async_trait::async_trait;
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::credential::{Digest, KeyId};
use muster_domain::id::{SessionId, UserId};
use muster_domain::session::{Ending, Guard, NewSession, Session, SignedIn, Touch};
use muster_domain::store::{ReadSessions, Sessions, StoreError};
use muster_domain::time::Timestamp;
use muster_domain::user::User;

use row::{EndingRow, SessionRow, TouchRow};

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::{sessions, users};
use crate::statement::{Bind, Statement};
use crate::user::UserRow;

/// The lock on the epoch waits for a change of it that is under way, and the account's own lock for a change of the account; both
/// conditions are then looked at again.
const OPEN: &str = "WITH epoch AS (SELECT 1 FROM service_state WHERE name = 'global_epoch' AND value = ? FOR SHARE), \
    owner AS (UPDATE users SET failed_attempts = 0, locked_until = 0, last_login_at = ?, updated_at = greatest(updated_at, ?) \
    WHERE id = ? AND deleted_at = 0 AND credential_epoch = ? AND EXISTS (SELECT 1 FROM epoch) RETURNING id) \
    INSERT INTO sessions (user_id, id, token_hash, key_id, kind, methods, first_address, last_address, user_agent, device_id, issuer, \
    subject, provider_session_id, authenticated_at, created_at, last_active_at, expires_at, absolute_expires_at) \
    SELECT owner.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM owner";

const END_BEYOND: &str = "UPDATE sessions SET ended_at = ?, end_reason = ?, ended_by = ?, token_hash = NULL \
    WHERE ended_at IS NULL AND id IN (SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL \
    ORDER BY last_active_at DESC, id OFFSET ?)";

/// Nodes that purge at once take different rows.
const PURGE: &str = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
    WHERE coalesce(ended_at, least(expires_at, absolute_expires_at)) < ? \
    ORDER BY coalesce(ended_at, least(expires_at, absolute_expires_at)) LIMIT ? FOR UPDATE SKIP LOCKED)";

#[async_trait]
impl ReadSessions for Lease {
    #[tracing::instrument(name = "db.sessions.by_token", skip_all)]
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<SignedIn>, StoreError> {
        let live = sessions::table
            .inner_join(users::table)
            .filter(sessions::ended_at.is_null())
            .select((SessionRow::as_select(), UserRow::as_select()));
        let found: QueryResult<Vec<(SessionRow, UserRow)>> = if let [hash] = hashes {
            // One key is the rule. PostgreSQL keeps a plan for one value, and plans anew for every array: that takes three times as long.
            live.filter(sessions::token_hash.eq(hash.value())).load(self.connection()?).await
        } else {
            let values: Vec<_> = hashes.iter().map(Digest::value).collect();
            live.filter(sessions::token_hash.eq_any(values)).load(self.connection()?).await
        };
        let mut rows = self.settle(found)?.into_iter();
        rows.find(|(session, _)| session.has_one_of(hashes)).map(signed_in).transpose()
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

fn signed_in((session, user): (SessionRow, UserRow)) -> Result<SignedIn, StoreError> {
    let key = KeyId::new(&session.key_id);
    Ok(SignedIn { session: Session::try_from(session)?, user: User::try_from(user)?, key })
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
    let times = [session.authenticated_at, session.created_at, session.last_active_at, session.expires_at, session.absolute_expires_at];
    binds.extend(times.map(|time| Bind::Number(time.as_millis())));
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
    async fn end_device(&mut self, user: &UserId, device_id: &str, ending: &Ending) -> Result<u64, StoreError> {
        let ended = sessions::table
            .filter(sessions::user_id.eq(user.as_str()))
            .filter(sessions::device_id.eq(device_id))
            .filter(sessions::ended_at.is_null());
        let query = diesel::update(ended).set(EndingRow::from(ending));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.end_beyond", skip_all, fields(user.id = user.as_str()))]
    async fn end_beyond(&mut self, user: &UserId, kept: u32, ending: &Ending) -> Result<u64, StoreError> {
        let binds = vec![
            Bind::Number(ending.at.as_millis()),
            Bind::Text(ending.reason.id()),
            Bind::MaybeText(ending.by.as_ref().map(UserId::as_str)),
            Bind::Text(user.as_str()),
            Bind::Number(i64::from(kept)),
        ];
        let updated = Statement::<()>::new(END_BEYOND, binds).execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.sessions.touch", skip_all, fields(session.id = id.as_str()))]
    async fn touch(&mut self, id: &SessionId, touch: &Touch) -> Result<(), StoreError> {
        let touched = sessions::table.filter(sessions::id.eq(id.as_str())).filter(sessions::ended_at.is_null());
        let query = diesel::update(touched).set((row::later(touch.at), TouchRow::from(touch)));
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
