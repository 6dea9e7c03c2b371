//! A store in memory, for tests of rules and for those who embed the domain. It keeps the contract that every store keeps.

use std::sync::{Arc, PoisonError, RwLock};

use async_lock::{Mutex, MutexGuardArc};
use async_trait::async_trait;

use crate::audit::AuditEntry;
use crate::page::Page;
use crate::session::Session;
use crate::store::{
    AccessTokens, Audits, Channels, Credentials, Factors, Groups, Invitations, KnownDevices, OneTimeTokens, Outbox, Preferences,
    ReadAccessTokens, ReadAudits, ReadChannels, ReadFactors, ReadGroups, ReadInvitations, ReadKnownDevices, ReadOneTimeTokens, ReadOutbox,
    ReadPreferences, ReadService, ReadSessions, ReadStatuses, ReadTeams, ReadTerms, ReadUsers, Reading, Service, Sessions, Statuses, Store,
    StoreError, Teams, TermsOfService, UnitOfWork, Users,
};

use state::State;

mod access_token;
mod audit;
mod channel;
mod credential;
mod factor;
mod group;
mod invitation;
mod one_time;
mod outbox;
mod preference;
mod service;
mod session;
mod state;
mod status;
mod team;
mod terms;
mod user;

/// A store that forgets everything when it is dropped. Units of work take turns; readers never wait.
#[derive(Debug, Default)]
pub struct MemoryStore {
    committed: Arc<Committed>,
    turn: Arc<Mutex<()>>,
}

impl MemoryStore {
    /// Every session that was committed, with the ended ones, in the order of their ids.
    #[must_use]
    pub fn sessions(&self) -> Vec<Session> {
        self.committed.state().sessions.values().map(|held| held.session.clone()).collect()
    }

    /// Every audit entry that was committed, in the order of writing.
    #[must_use]
    pub fn audits(&self) -> Vec<AuditEntry> {
        self.committed.state().audits.clone()
    }
}

/// What was committed last.
#[derive(Debug, Default)]
struct Committed(RwLock<Arc<State>>);

impl Committed {
    fn state(&self) -> Arc<State> {
        // The lock is held for an assignment alone, so a panic elsewhere leaves nothing half done.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, state: Arc<State>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        Ok(Box::new(Repositories(Arc::clone(&self.committed))))
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let turn = self.turn.lock_arc().await;
        Ok(Box::new(Repositories(Work { state: self.committed.state(), committed: Arc::clone(&self.committed), _turn: turn })))
    }

    async fn tend(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Gives the state that a look-up looks at.
trait Look: Send {
    fn state(&self) -> Arc<State>;
}

/// Looks at what was committed last, anew with each look-up, as without a transaction.
impl Look for Arc<Committed> {
    fn state(&self) -> Arc<State> {
        Committed::state(self)
    }
}

/// Works on a copy, which is made at the first write and takes the place of what was committed last.
struct Work {
    state: Arc<State>,
    committed: Arc<Committed>,
    _turn: MutexGuardArc<()>,
}

impl Work {
    fn state_mut(&mut self) -> &mut State {
        Arc::make_mut(&mut self.state)
    }
}

impl Look for Work {
    fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }
}

/// One part of a list.
fn part<T>(rows: impl IntoIterator<Item = T>, page: Page) -> Vec<T> {
    rows.into_iter().skip(at_most(page.offset())).take(at_most(page.size)).collect()
}

/// A number of rows, as many as there can be at most.
fn at_most(count: impl TryInto<usize>) -> usize {
    count.try_into().unwrap_or(usize::MAX)
}

/// Every repository over one state.
struct Repositories<S>(S);

impl Reading for Repositories<Arc<Committed>> {
    fn users(&mut self) -> &mut dyn ReadUsers {
        self
    }

    fn sessions(&mut self) -> &mut dyn ReadSessions {
        self
    }

    fn access_tokens(&mut self) -> &mut dyn ReadAccessTokens {
        self
    }

    fn audits(&mut self) -> &mut dyn ReadAudits {
        self
    }

    fn teams(&mut self) -> &mut dyn ReadTeams {
        self
    }

    fn channels(&mut self) -> &mut dyn ReadChannels {
        self
    }

    fn groups(&mut self) -> &mut dyn ReadGroups {
        self
    }

    fn invitations(&mut self) -> &mut dyn ReadInvitations {
        self
    }

    fn terms(&mut self) -> &mut dyn ReadTerms {
        self
    }

    fn preferences(&mut self) -> &mut dyn ReadPreferences {
        self
    }

    fn statuses(&mut self) -> &mut dyn ReadStatuses {
        self
    }

    fn outbox(&mut self) -> &mut dyn ReadOutbox {
        self
    }

    fn one_time_tokens(&mut self) -> &mut dyn ReadOneTimeTokens {
        self
    }

    fn factors(&mut self) -> &mut dyn ReadFactors {
        self
    }

    fn known_devices(&mut self) -> &mut dyn ReadKnownDevices {
        self
    }

    fn service(&mut self) -> &mut dyn ReadService {
        self
    }
}

#[async_trait]
impl UnitOfWork for Repositories<Work> {
    fn users(&mut self) -> &mut dyn Users {
        self
    }

    fn credentials(&mut self) -> &mut dyn Credentials {
        self
    }

    fn sessions(&mut self) -> &mut dyn Sessions {
        self
    }

    fn access_tokens(&mut self) -> &mut dyn AccessTokens {
        self
    }

    fn audits(&mut self) -> &mut dyn Audits {
        self
    }

    fn teams(&mut self) -> &mut dyn Teams {
        self
    }

    fn channels(&mut self) -> &mut dyn Channels {
        self
    }

    fn groups(&mut self) -> &mut dyn Groups {
        self
    }

    fn invitations(&mut self) -> &mut dyn Invitations {
        self
    }

    fn terms(&mut self) -> &mut dyn TermsOfService {
        self
    }

    fn preferences(&mut self) -> &mut dyn Preferences {
        self
    }

    fn statuses(&mut self) -> &mut dyn Statuses {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    fn one_time_tokens(&mut self) -> &mut dyn OneTimeTokens {
        self
    }

    fn factors(&mut self) -> &mut dyn Factors {
        self
    }

    fn known_devices(&mut self) -> &mut dyn KnownDevices {
        self
    }

    fn service(&mut self) -> &mut dyn Service {
        self
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Work { state, committed, .. } = &self.0;
        committed.replace(Arc::clone(state));
        Ok(())
    }
}
