//! What the service does by itself, now and then.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use muster_domain::device::DEVICE_LIFETIME;
use muster_domain::invitation::LIFETIME;
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;

use crate::app::Service;
use crate::limits::MemoryLimits;

/// How often refusals that share an entry are written down, and limits forget who is free again.
const OFTEN: Duration = Duration::from_secs(10);
/// How often the records of ended sessions are looked through.
const SELDOM: Duration = Duration::from_hours(1);
/// Records removed in one transaction.
const BATCH: u32 = 1000;

/// Runs until it is dropped.
pub async fn run(service: Data<Service>, limits: Option<Arc<MemoryLimits>>, retention: Duration) {
    let (mut often, mut seldom) = (tokio::time::interval(OFTEN), tokio::time::interval(SELDOM));
    loop {
        tokio::select! {
            _ = often.tick() => {
                service.refusals.flush().await;
                if let Some(limits) = &limits {
                    limits.prune();
                }
            }
            _ = seldom.tick() => {
                let now = service.clock.now();
                note("the records of ended sessions", purge(&service, now.before(retention)).await);
                note("invitations that had expired", purge_invitations(&service, now.before(LIFETIME)).await);
                note("devices that were not used for long", purge_devices(&service, now.before(DEVICE_LIFETIME)).await);
            }
        }
    }
}

fn note(what: &str, removed: Result<u64, StoreError>) {
    match removed {
        Ok(0) => {}
        Ok(removed) => tracing::info!(removed, what, "removed what is no longer needed"),
        Err(error) => tracing::warn!(error = muster_domain::cause::chain(&error), what, "what is no longer needed could not be removed"),
    }
}

async fn purge_invitations(service: &Service, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let mut work = service.store.begin().await?;
        let removed = work.invitations().purge(before, BATCH).await?;
        work.commit().await?;
        all += removed;
        if removed < u64::from(BATCH) {
            return Ok(all);
        }
    }
}

async fn purge_devices(service: &Service, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let mut work = service.store.begin().await?;
        let removed = work.known_devices().purge(before, BATCH).await?;
        work.commit().await?;
        all += removed;
        if removed < u64::from(BATCH) {
            return Ok(all);
        }
    }
}

async fn purge(service: &Service, before: Timestamp) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let mut work = service.store.begin().await?;
        let removed = work.sessions().purge(before, BATCH).await?;
        work.commit().await?;
        all += removed;
        if removed < u64::from(BATCH) {
            return Ok(all);
        }
    }
}
