//! Waking those who deliver mail when there is some: at the commit that puts it into the outbox.

use std::sync::Arc;

use async_trait::async_trait;
use muster_domain::store::{
    AccessTokens, Audits, Channels, Credentials, Factors, Groups, Invitations, KnownDevices, OneTimeTokens, Outbox, Preferences, Reading,
    Service, Sessions, Statuses, Store, StoreError, Teams, TermsOfService, UnitOfWork, Users,
};
use tokio::sync::Notify;

/// A store that rings when a unit of work that used the outbox was committed.
pub struct RingingStore {
    behind: Arc<dyn Store>,
    bell: Arc<Notify>,
}

impl RingingStore {
    /// A store before another, with the bell that it rings.
    #[must_use]
    pub fn new(behind: Arc<dyn Store>, bell: Arc<Notify>) -> Self {
        Self { behind, bell }
    }
}

#[async_trait]
impl Store for RingingStore {
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        self.behind.read().await
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        let behind = self.behind.begin().await?;
        Ok(Box::new(RingingWork { behind, bell: Arc::clone(&self.bell), has_mail: false }))
    }

    async fn tend(&self) -> Result<bool, StoreError> {
        self.behind.tend().await
    }
}

struct RingingWork {
    behind: Box<dyn UnitOfWork>,
    bell: Arc<Notify>,
    has_mail: bool,
}

/// Gives each repository as the unit of work behind does.
macro_rules! repositories {
    ($($accessor:ident: $port:ident,)*) => {
        $(fn $accessor(&mut self) -> &mut dyn $port {
            self.behind.$accessor()
        })*
    };
}

#[async_trait]
impl UnitOfWork for RingingWork {
    repositories! {
        users: Users,
        credentials: Credentials,
        factors: Factors,
        known_devices: KnownDevices,
        sessions: Sessions,
        access_tokens: AccessTokens,
        audits: Audits,
        teams: Teams,
        channels: Channels,
        groups: Groups,
        invitations: Invitations,
        terms: TermsOfService,
        preferences: Preferences,
        statuses: Statuses,
        one_time_tokens: OneTimeTokens,
        service: Service,
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self.has_mail = true;
        self.behind.outbox()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { behind, bell, has_mail } = *self;
        behind.commit().await?;
        if has_mail {
            bell.notify_one();
        }
        Ok(())
    }
}
