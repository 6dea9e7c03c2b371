//! Ports that stand in for those of a bench: a store that fails when it is told to, and a hasher that waits.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::super::fake::PlainPasswords;
use crate::credential::{Password, PasswordHash};
use crate::id::{InvitationId, UserId};
use crate::port::{PasswordPlace, Passwords, PasswordsError, Verdict};
use crate::store::{
    AccessTokens, Audits, Channels, Credentials, Factors, Groups, Invitations, KnownDevices, OneTimeTokens, Outbox, Preferences, Reading,
    Service, Sessions, Statuses, Store, StoreError, Teams, TermsOfService, UnitOfWork, Users,
};
use crate::user::User;

/// Which calls of a store fail next, and how many units of work it has kept.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many of the next looks fail.
    pub reads: AtomicU32,
    /// How many of the next units of work can't begin.
    pub begins: AtomicU32,
    /// How many of the next units of work can't be kept.
    pub commits: AtomicU32,
    /// What somebody else does to an account right before the next unit of work begins.
    pub meanwhile: Mutex<Option<Meanwhile>>,
    kept: AtomicU64,
}

/// Something that somebody else does.
#[derive(Debug, Clone)]
pub enum Meanwhile {
    /// He writes an account.
    Writes(Box<User>),
    /// He removes one.
    Removes(UserId),
    /// He uses an invitation up.
    Redeems(InvitationId),
}

impl Meanwhile {
    async fn happen(self, store: &dyn Store) -> Result<(), StoreError> {
        let mut work = store.begin().await?;
        match self {
            Self::Writes(user) => work.users().update(&user).await?,
            Self::Removes(id) => work.users().remove(&id).await.map(drop)?,
            Self::Redeems(id) => work.invitations().redeem(&id).await.map(drop)?,
        }
        work.commit().await
    }
}

impl Faults {
    /// How many units of work were kept.
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::SeqCst)
    }

    fn strike(due: &AtomicU32) -> Result<(), StoreError> {
        let is_due = due.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1)).is_ok();
        if is_due { Err(StoreError::Unavailable("told to fail".into())) } else { Ok(()) }
    }
}

/// A store in front of another.
pub(super) struct FaultyStore {
    pub(super) behind: Arc<dyn Store>,
    pub(super) faults: Arc<Faults>,
}

#[async_trait]
impl Store for FaultyStore {
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        Faults::strike(&self.faults.reads)?;
        self.behind.read().await
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        Faults::strike(&self.faults.begins)?;
        let meanwhile = self.faults.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.happen(&*self.behind).await?;
        }
        Ok(Box::new(FaultyWork { behind: self.behind.begin().await?, faults: Arc::clone(&self.faults) }))
    }

    async fn tend(&self) -> Result<bool, StoreError> {
        self.behind.tend().await
    }
}

struct FaultyWork {
    behind: Box<dyn UnitOfWork>,
    faults: Arc<Faults>,
}

#[async_trait]
impl UnitOfWork for FaultyWork {
    fn users(&mut self) -> &mut dyn Users {
        self.behind.users()
    }

    fn credentials(&mut self) -> &mut dyn Credentials {
        self.behind.credentials()
    }

    fn sessions(&mut self) -> &mut dyn Sessions {
        self.behind.sessions()
    }

    fn access_tokens(&mut self) -> &mut dyn AccessTokens {
        self.behind.access_tokens()
    }

    fn audits(&mut self) -> &mut dyn Audits {
        self.behind.audits()
    }

    fn teams(&mut self) -> &mut dyn Teams {
        self.behind.teams()
    }

    fn channels(&mut self) -> &mut dyn Channels {
        self.behind.channels()
    }

    fn groups(&mut self) -> &mut dyn Groups {
        self.behind.groups()
    }

    fn invitations(&mut self) -> &mut dyn Invitations {
        self.behind.invitations()
    }

    fn terms(&mut self) -> &mut dyn TermsOfService {
        self.behind.terms()
    }

    fn preferences(&mut self) -> &mut dyn Preferences {
        self.behind.preferences()
    }

    fn statuses(&mut self) -> &mut dyn Statuses {
        self.behind.statuses()
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.behind.outbox()
    }

    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokens {
        self.behind.one_time_tokens()
    }

    fn factors(&mut self) -> &mut dyn Factors {
        self.behind.factors()
    }

    fn known_devices(&mut self) -> &mut dyn KnownDevices {
        self.behind.known_devices()
    }

    fn service(&mut self) -> &mut dyn Service {
        self.behind.service()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Faults::strike(&self.faults.commits)?;
        self.behind.commit().await?;
        self.faults.kept.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Checks passwords as [`PlainPasswords`] does, while nobody holds the gate.
pub(super) struct GatedPasswords {
    pub(super) behind: Arc<PlainPasswords>,
    pub(super) gate: Arc<async_lock::Mutex<()>>,
}

#[async_trait]
impl Passwords for GatedPasswords {
    fn admit(&self) -> Result<PasswordPlace, PasswordsError> {
        self.behind.admit()
    }

    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        self.behind.hash(password).await
    }

    async fn verify(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        drop(self.gate.lock().await);
        self.behind.verify(password, stored).await
    }

    async fn verify_known(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        drop(self.gate.lock().await);
        self.behind.verify_known(password, stored).await
    }

    fn knows(&self, hash: &PasswordHash) -> bool {
        self.behind.knows(hash)
    }
}
