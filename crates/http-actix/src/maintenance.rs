//! What the service does by itself, now and then.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use muster_domain::device::DEVICE_LIFETIME;
use muster_domain::invitation::LIFETIME;
use muster_domain::one_time::KEPT;
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;

use crate::app::Service;
use crate::limits::MemoryLimits;

/// How often refusals that share an entry are written down, and limits forget who is free again.
const OFTEN: Duration = Duration::from_secs(10);
/// How often the records of ended sessions are looked through.
const SELDOM: Duration = Duration::from_hours(1);
/// Pieces of work on the indexes of searches, done one after the other: each takes about a second.
const PIECES: u32 = 4;
/// Records removed in one transaction.
const BATCH: u32 = 1000;

/// Does what must not wait for long, until it is dropped.
pub async fn often(service: Data<Service>, limits: Option<Arc<MemoryLimits>>) {
    let mut due = tokio::time::interval(OFTEN);
    loop {
        due.tick().await;
        service.refusals.flush().await;
        note("letters that were of no use any more", remove(&service, Remnant::Letters(service.clock.now())).await);
        if let Some(limits) = &limits {
            limits.prune();
        }
        tend(&service).await;
    }
}

/// Does what may wait, until it is dropped; the retentions are those of ended sessions and of mails.
pub async fn seldom(service: Data<Service>, [retention, mail_retention]: [Duration; 2]) {
    let mut due = tokio::time::interval(SELDOM);
    loop {
        due.tick().await;
        let now = service.clock.now();
        if let Err(error) = service.live_sessions.sweep().await {
            tracing::warn!(error = muster_domain::cause::chain(&error), "sessions whose time is over could not be ended");
        }
        note("the records of ended sessions", remove(&service, Remnant::EndedSessions(now.before(retention))).await);
        note("invitations that had expired", remove(&service, Remnant::Invitations(now.before(LIFETIME))).await);
        note("tokens of links in mails", remove(&service, Remnant::Tokens(now.before(KEPT))).await);
        note("devices that were not used for long", remove(&service, Remnant::Devices(now.before(DEVICE_LIFETIME))).await);
        note("records of mails", remove(&service, Remnant::MailRecords(now.before(mail_retention))).await);
    }
}

/// Keeps searches quick, some pieces at a time: nobody waits for it.
async fn tend(service: &Service) {
    for _ in 0..PIECES {
        match service.store.tend().await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                return tracing::warn!(error = muster_domain::cause::chain(&error), "the indexes of searches could not be tended");
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

/// Something that is needed up to a time.
#[derive(Clone, Copy)]
enum Remnant {
    EndedSessions(Timestamp),
    Invitations(Timestamp),
    Tokens(Timestamp),
    MailRecords(Timestamp),
    Letters(Timestamp),
    Devices(Timestamp),
}

/// Removes a batch after another, each in a unit of work of its own, until there is none left.
async fn remove(service: &Service, remnant: Remnant) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let mut work = service.store.begin().await?;
        let removed = match remnant {
            Remnant::EndedSessions(before) => work.sessions().purge(before, BATCH).await?,
            Remnant::Invitations(before) => work.invitations().purge(before, BATCH).await?,
            Remnant::Tokens(before) => work.one_time_tokens().purge(before, BATCH).await?,
            Remnant::MailRecords(before) => work.outbox().purge(before, BATCH).await?,
            Remnant::Devices(before) => work.known_devices().purge(before, BATCH).await?,
            Remnant::Letters(now) => work.outbox().cut(now, BATCH).await?,
        };
        work.commit().await?;
        all += removed;
        if removed < u64::from(BATCH) {
            return Ok(all);
        }
    }
}
