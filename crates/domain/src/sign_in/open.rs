//! Beginning a session for somebody who has shown who he is.

use super::{Claim, Opened, Shown, SignInError, SignIns, Trial};
use crate::audit::{AuditEntry, Origin};
use crate::client::Client;
use crate::credential::{Method, Token};
use crate::id::{SessionId, UserId};
use crate::notice::{self, Event};
use crate::operation::Operation;
use crate::port::Purpose;
use crate::session::{DeviceProps, EndReason, Ending, Guard, NewSession, ProviderSession, Session, SessionKind};
use crate::store::UnitOfWork;
use crate::time::Timestamp;
use crate::user::User;

impl SignIns {
    /// Begins a session. What was shown is used up with it, or not at all.
    pub(super) async fn open(
        &self,
        trial: Trial,
        shown: Option<&Shown>,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        let Trial { attempt, renewed, .. } = trial;
        let now = self.clock.now();
        let methods = [Some(Method::Password), shown.map(Shown::method)].into_iter().flatten().collect();
        let kind = if client.is_mobile() { SessionKind::Mobile } else { SessionKind::Web };
        let session = self.new_session(&attempt.user.id, kind, methods, client, now);
        let mut work = self.store.begin().await?;
        let token = self.put_session(&mut *work, &session, attempt.guard).await?;
        if let Some(renewal) = &renewed {
            work.credentials().renew(&attempt.user.id, &renewal.verified, &renewal.renewed).await?;
        }
        // After the account's own row, as everywhere: two that take them in another order would wait for each other.
        if let Some(shown) = shown {
            self.redeem(&mut *work, shown, &attempt.user, origin).await?;
        }
        self.finish(work, attempt.user, session, token, claim, origin).await
    }

    /// Writes down that a session has begun, and keeps all that its unit of work did.
    pub(super) async fn finish(
        &self,
        mut work: Box<dyn UnitOfWork>,
        user: User,
        session: Session,
        token: Token,
        claim: &Claim,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        let now = session.created_at;
        let device = self.note_device(&mut *work, &user, claim, &session).await?;
        work.audits().record(&self.opened_entries(&session, origin)).await?;
        work.commit().await?;
        let user = User { last_login_at: now, updated_at: now.max(user.updated_at), ..user };
        Ok(Opened { session, token, user, device })
    }

    /// Stores a session, unless the account has changed since it was looked at; gives its token.
    pub(super) async fn put_session(&self, work: &mut dyn UnitOfWork, session: &Session, guard: Guard) -> Result<Token, SignInError> {
        let token = Token::from_random(self.randomness.bits());
        let stored = NewSession { session: session.clone(), token: self.keys.digest(Purpose::Session, token.expose()) };
        if !work.sessions().open(&stored, guard).await? {
            // The password was changed or the sessions were revoked while this one was being checked.
            return Err(SignInError::InvalidCredentials);
        }
        self.leave_device(work, session).await?;
        // Sign-ins at once take turns at the account, so that each sees those before it: none is beyond the cap when the last has ended.
        let ending = Ending { at: session.created_at, reason: EndReason::TooMany, by: None };
        work.sessions().end_beyond(&session.user_id, &session.id, self.rules.sessions_per_user, &ending).await?;
        Ok(token)
    }

    /// Uses a code up; somebody who uses a recovery code hears of it.
    pub(super) async fn redeem(&self, work: &mut dyn UnitOfWork, shown: &Shown, user: &User, origin: &Origin) -> Result<(), SignInError> {
        if !shown.redeem(work, user).await? {
            return Err(SignInError::WrongCode);
        }
        if let Shown::Recovery(_) = shown {
            let now = self.clock.now();
            notice::post(work, &self.postbox, Event::RecoveryCodeUsed, user, now).await?;
            let own = Some(user.id.clone());
            let entry = self.entry(Operation::CreateRecoveryCodes, now, origin);
            work.audits().record(&[AuditEntry { actor: own.clone(), target: own, reason: Some("recovery code used"), ..entry }]).await?;
        }
        Ok(())
    }

    /// Ends the sessions on the device that a new one takes the place of.
    async fn leave_device(&self, work: &mut dyn UnitOfWork, session: &Session) -> Result<(), SignInError> {
        let user = &session.user_id;
        if !session.device_id.is_empty() {
            let ending = Ending { at: session.created_at, reason: EndReason::DeviceReused, by: Some(user.clone()) };
            work.sessions().end_device(user, &session.device_id, Some(&session.id), &ending).await?;
        }
        Ok(())
    }

    pub(super) fn new_session(&self, user: &UserId, kind: SessionKind, methods: Vec<Method>, client: &Client, now: Timestamp) -> Session {
        Session {
            id: SessionId::from_random(self.randomness.bits()),
            user_id: user.clone(),
            kind,
            authenticated_at: now,
            methods,
            created_at: now,
            last_active_at: now,
            expires_at: now.after(self.rules.lengths.of(kind)),
            absolute_expires_at: now.after(self.rules.lengths.absolute),
            first_address: client.address,
            last_address: client.address,
            user_agent: client.user_agent.clone(),
            device_id: client.device_id.clone(),
            device: DeviceProps::default(),
            provider: ProviderSession::default(),
            ended: None,
        }
    }
}
