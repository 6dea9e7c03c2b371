//! Looking at sessions, ending them, and what devices tell of themselves.

use std::sync::Arc;

use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::id::{AuditId, SessionId, UserId};
use crate::page::Page;
use crate::permission::{Forbidden, Permit, Permitted, operations, permit};
use crate::port::{Clock, Randomness};
use crate::session::{DeviceChange, EndReason, Ending, Session, SessionKind, SessionLengths};
use crate::sign_in::SignInRules;
use crate::store::{Store, StoreError};
use crate::team::TeamMember;
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::User;

/// Sessions that end in one transaction where many do.
const BATCH: u32 = 1000;

/// Which sessions end together.
enum Many {
    /// Everybody's.
    Everybodys(Ending),
    /// Those whose time is over.
    Expired(Timestamp),
    /// Those that were not used since a time.
    Idle { since: Timestamp, now: Timestamp },
}

/// The sessions of an account, with what of it is shown beside each.
#[derive(Debug, Default)]
pub struct SessionsSeen {
    /// The sessions, the one last active first.
    pub sessions: Vec<Session>,
    /// The account; none for an id that nobody has.
    pub owner: Option<User>,
    /// Its places in teams.
    pub memberships: Vec<TeamMember>,
}

/// Why sessions were not shown or ended.
#[derive(Debug, thiserror::Error)]
pub enum LiveSessionError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such session, or not any more.
    #[error("there is no such session")]
    Missing,
    /// The session is another account's.
    #[error("the session is another account's")]
    AnothersSession,
    /// It is not said which session.
    #[error("it is not said which session")]
    NoId,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use cases of sessions that live, and of those that did.
pub struct LiveSessions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    lengths: SessionLengths,
    per_user: u32,
}

impl LiveSessions {
    /// The use cases on these ports.
    #[must_use]
    pub fn new(ports: &Ports, rules: &SignInRules) -> Self {
        let Ports { store, clock, randomness, .. } = ports.clone();
        Self { store, clock, randomness, lengths: rules.lengths.clone(), per_user: rules.sessions_per_user }
    }

    /// The sessions of an account that live; without a page all of them, which are never more than an account may have.
    ///
    /// # Errors
    ///
    /// [`LiveSessionError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn list(&self, actor: &Actor, id: &UserId, page: Option<Page>) -> Result<SessionsSeen, LiveSessionError> {
        let mut reading = self.store.read().await?;
        let owner = reading.users().by_id(id).await?;
        permit::<operations::GetSessions>(actor, owner.as_ref())?;
        let Some(owner) = owner else { return Ok(SessionsSeen::default()) };
        let page = page.unwrap_or(Page { number: 0, size: self.per_user });
        let now = self.clock.now();
        let mut sessions = reading.sessions().of_user(id, page).await?;
        sessions.retain(|session| self.lengths.allow(session, now));
        let mut memberships = reading.teams().memberships(id).await?;
        memberships.retain(|member| member.deleted_at == Timestamp::NEVER);
        Ok(SessionsSeen { sessions, owner: Some(owner), memberships })
    }

    /// The sessions of an account that have ended, and why, the last one first.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn ended(&self, _: Permit<operations::GetEndedSessions>, id: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        self.store.read().await?.sessions().ended_of_user(id, page).await
    }

    /// Ends one session of an account. The id alone is no right to: the actor must have one over the account.
    ///
    /// # Errors
    ///
    /// [`LiveSessionError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn revoke(&self, actor: &Actor, user: &UserId, session: &str, origin: &Origin) -> Result<(), LiveSessionError> {
        let owner = self.store.read().await?.users().by_id(user).await?;
        permit::<operations::RevokeSession>(actor, owner.as_ref())?;
        if session.is_empty() {
            return Err(LiveSessionError::NoId);
        }
        let session: SessionId = session.parse().map_err(|_| LiveSessionError::Missing)?;
        let ending = self.revocation(actor);
        let mut work = acting::begin::<LiveSessionError>(&*self.store, actor, &[]).await?;
        if !work.sessions().end_own(user, &session, &ending).await? {
            let other = work.sessions().by_id(&session).await?.filter(|found| found.user_id != *user);
            return Err(other.map_or(LiveSessionError::Missing, |_| LiveSessionError::AnothersSession));
        }
        let entry = self.done::<operations::RevokeSession>(actor, Some(user), ending.at, origin);
        let ended = serde_json::json!({ "session_id": session.as_str() });
        work.audits().record(&[AuditEntry { after: Some(ended), shown_as: Some(String::new()), ..entry }]).await?;
        Ok(work.commit().await?)
    }

    /// Ends every session of an account, and makes sign-ins fail that were begun before. An id that nobody has has none.
    ///
    /// # Errors
    ///
    /// [`LiveSessionError::Forbidden`], besides failures.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_all(&self, actor: &Actor, user: &UserId, origin: &Origin) -> Result<(), LiveSessionError> {
        let owner = self.store.read().await?.users().by_id(user).await?;
        permit::<operations::RevokeAllSessions>(actor, owner.as_ref())?;
        if owner.is_none() {
            return Ok(());
        }
        let mut work = acting::begin::<LiveSessionError>(&*self.store, actor, &[user]).await?;
        work.users().grow_epoch(user).await?;
        let ending = self.revocation(actor);
        work.sessions().end_all(user, None, &ending).await?;
        let entry = self.done::<operations::RevokeAllSessions>(actor, Some(user), ending.at, origin);
        work.audits().record(&[AuditEntry { shown_as: Some(String::new()), ..entry }]).await?;
        Ok(work.commit().await?)
    }

    /// Ends the sessions of everybody. First sign-ins that were begun before are made to fail, then the sessions end, many at a
    /// time: who gets in meanwhile stays in, and a call that broke off is made again.
    ///
    /// # Errors
    ///
    /// [`LiveSessionError`]; some may go on when the store failed.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_everybodys(
        &self,
        _: Permit<operations::RevokeSessionsFromAllUsers>,
        actor: &Actor,
        origin: &Origin,
    ) -> Result<(), LiveSessionError> {
        let mut work = self.store.begin().await?;
        work.service().grow_global_epoch().await?;
        acting::hold::<LiveSessionError>(&mut *work, actor, &[]).await?;
        // Only now: what has begun while the epoch was waited for ends too.
        let ending = self.revocation(actor);
        let entry = self.done::<operations::RevokeSessionsFromAllUsers>(actor, None, ending.at, origin);
        work.audits().record(&[AuditEntry { shown_as: Some(String::new()), ..entry }]).await?;
        let ended = work.sessions().end_everybodys(&ending, BATCH).await?;
        work.commit().await?;
        if ended == u64::from(BATCH) {
            self.end_many(&Many::Everybodys(ending)).await?;
        }
        Ok(())
    }

    /// Changes what is known of the device that holds the session that acts; a push device has one session, so its others end.
    /// Gives the session's new end where that moved; nothing is changed for who has no session.
    ///
    /// # Errors
    ///
    /// [`LiveSessionError`] when it was not changed.
    #[tracing::instrument(skip_all)]
    pub async fn attach(
        &self,
        _: Permit<operations::AttachDeviceExtraProps>,
        actor: &Actor,
        wanted: DeviceChange,
        origin: &Origin,
    ) -> Result<Option<Timestamp>, LiveSessionError> {
        let Some((id, user)) = actor.session_id().zip(actor.user_id()) else { return Ok(None) };
        let now = self.clock.now();
        // The account before its sessions, as everywhere.
        let mut work = acting::begin::<LiveSessionError>(&*self.store, actor, &[]).await?;
        let Some(session) = work.sessions().by_id(&id).await? else { return Ok(None) };
        let expires_at = wanted.device_id.as_ref().map(|_| self.end_on_phone(&session, now));
        if let Some(device) = &wanted.device_id {
            let ending = Ending { at: now, reason: EndReason::DeviceReused, by: Some(user.clone()) };
            work.sessions().end_device(user, device, Some(&id), &ending).await?;
        }
        if !work.sessions().attach(&id, &DeviceChange { expires_at, ..wanted }).await? {
            return Ok(None);
        }
        let entry = self.done::<operations::AttachDeviceExtraProps>(actor, Some(user), now, origin);
        work.audits().record(&[entry]).await?;
        work.commit().await?;
        Ok(expires_at)
    }

    /// Ends sessions whose time is over or that were not used for too long, so that it is on record why; tells how many.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when some are left.
    #[tracing::instrument(skip_all)]
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let expired = self.end_many(&Many::Expired(now)).await?;
        let Some(idle) = self.lengths.idle else { return Ok(expired) };
        Ok(expired + self.end_many(&Many::Idle { since: now.before(idle), now }).await?)
    }

    /// Ends some sessions at a time until none is left.
    async fn end_many(&self, which: &Many) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let mut work = self.store.begin().await?;
            let ended = match which {
                Many::Everybodys(ending) => work.sessions().end_everybodys(ending, BATCH).await?,
                Many::Expired(now) => work.sessions().end_expired(*now, BATCH).await?,
                Many::Idle { since, now } => work.sessions().end_idle(*since, *now, BATCH).await?,
            };
            work.commit().await?;
            all += ended;
            if ended < u64::from(BATCH) {
                return Ok(all);
            }
        }
    }

    fn end_on_phone(&self, session: &Session, now: Timestamp) -> Timestamp {
        let begun = if self.lengths.extends { now } else { session.created_at };
        begun.after(self.lengths.of(SessionKind::Mobile)).min(session.absolute_expires_at)
    }

    fn revocation(&self, actor: &Actor) -> Ending {
        Ending { at: self.clock.now(), reason: EndReason::Revoked, by: actor.user_id().cloned() }
    }

    fn done<O: Permitted>(&self, actor: &Actor, target: Option<&UserId>, at: Timestamp, origin: &Origin) -> AuditEntry {
        let id = AuditId::from_random(self.randomness.bits());
        let entry = AuditEntry::new(id, at, O::OPERATION, Outcome::Done, origin.clone()).by(actor);
        AuditEntry { target: target.cloned(), ..entry }
    }
}

#[cfg(test)]
mod tests;
