//! The outbox in memory.

use async_trait::async_trait;

use super::state::HeldMail;
use super::{Look, Repositories, Work, at_most, part};
use crate::credential::{KeyId, Sealed};
use crate::id::MailId;
use crate::mail::{Claim, ClaimedMail, FailedTry, MailRecord, MailState, NewMail, SealedMail};
use crate::page::Page;
use crate::store::{Outbox, ReadOutbox, StoreError, UniqueField};
use crate::time::Timestamp;

impl HeldMail {
    fn new(mail: &NewMail) -> Self {
        let record = MailRecord {
            id: mail.id.clone(),
            user_id: mail.user_id.clone(),
            kind: mail.kind,
            state: MailState::Waiting,
            tries: 0,
            created_at: mail.created_at,
            due_at: mail.created_at,
            reason: None,
        };
        Self { mail: mail.clone(), is_wiped: false, record, claimed_by: None, ended_at: Timestamp::NEVER }
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let is_of_use = self.mail.expires_at.is_none_or(|expires_at| now < expires_at);
        self.record.state == MailState::Waiting && self.record.due_at <= now && is_of_use
    }

    fn is_held_by(&self, by: &str) -> bool {
        self.record.state == MailState::Waiting && self.claimed_by.as_deref() == Some(by)
    }

    fn end(&mut self, state: MailState, at: Timestamp) {
        (self.record.state, self.claimed_by, self.ended_at) = (state, None, at);
        self.is_wiped |= state != MailState::Dead;
    }

    fn claimed(&mut self, claim: &Claim) -> ClaimedMail {
        self.record.tries += 1;
        (self.record.due_at, self.claimed_by) = (claim.until, Some(claim.by.clone()));
        ClaimedMail {
            id: self.mail.id.clone(),
            sealed: self.mail.sealed.clone(),
            tries: self.record.tries,
            created_at: self.mail.created_at,
        }
    }
}

impl Repositories<Work> {
    /// The row of somebody's take, while it is his.
    fn held(&mut self, id: &MailId, by: &str) -> Option<&mut HeldMail> {
        self.0.state_mut().outbox.iter_mut().find(|held| held.mail.id == *id && held.is_held_by(by))
    }
}

#[async_trait]
impl<S: Look> ReadOutbox for Repositories<S> {
    async fn list(&mut self, states: &[MailState], page: Page) -> Result<Vec<MailRecord>, StoreError> {
        let state = self.0.state();
        let rows = state.outbox.iter().map(|held| &held.record).filter(|record| states.contains(&record.state));
        Ok(part(rows.cloned(), page))
    }

    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let state = self.0.state();
        let waiting = state.outbox.iter().filter(|held| held.record.state == MailState::Waiting);
        Ok(waiting.map(|held| held.record.due_at).min())
    }

    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&MailId>, most: u32) -> Result<Vec<SealedMail>, StoreError> {
        let is_meant =
            |held: &&HeldMail| !held.is_wiped && held.mail.sealed.key_id != *key && after.is_none_or(|after| held.mail.id > *after);
        let state = self.0.state();
        let found = state.outbox.iter().filter(is_meant);
        let mut found: Vec<_> = found.map(|held| SealedMail { id: held.mail.id.clone(), sealed: held.mail.sealed.clone() }).collect();
        found.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        found.truncate(at_most(most));
        Ok(found)
    }
}

#[async_trait]
impl Outbox for Repositories<Work> {
    async fn put(&mut self, mails: &[NewMail]) -> Result<(), StoreError> {
        let outbox = &mut self.0.state_mut().outbox;
        for mail in mails {
            if outbox.iter().any(|held| held.mail.id == mail.id) {
                return Err(StoreError::Taken(UniqueField::Id));
            }
            outbox.push(HeldMail::new(mail));
        }
        Ok(())
    }

    async fn claim(&mut self, claim: &Claim) -> Result<Vec<ClaimedMail>, StoreError> {
        let mut due: Vec<_> = self.0.state_mut().outbox.iter_mut().enumerate().filter(|(_, held)| held.is_due(claim.now)).collect();
        due.sort_by_key(|(_, held)| held.record.due_at);
        due.truncate(at_most(claim.most));
        due.sort_by_key(|(place, _)| *place);
        Ok(due.into_iter().map(|(_, held)| held.claimed(claim)).collect())
    }

    async fn delivered(&mut self, id: &MailId, by: &str, at: Timestamp) -> Result<bool, StoreError> {
        let Some(held) = self.held(id, by) else { return Ok(false) };
        held.end(MailState::Delivered, at);
        held.record.reason = None;
        Ok(true)
    }

    async fn failed(&mut self, id: &MailId, by: &str, failure: &FailedTry) -> Result<bool, StoreError> {
        let Some(held) = self.held(id, by) else { return Ok(false) };
        held.record.reason = Some(failure.reason.clone());
        match failure.retry_at {
            Some(due_at) => (held.record.due_at, held.claimed_by) = (due_at, None),
            None => held.end(MailState::Dead, failure.at),
        }
        Ok(true)
    }

    async fn retry(&mut self, id: Option<&MailId>, now: Timestamp) -> Result<u64, StoreError> {
        let is_meant = |held: &&mut HeldMail| held.record.state == MailState::Dead && id.is_none_or(|id| held.mail.id == *id);
        let mut count = 0;
        for held in self.0.state_mut().outbox.iter_mut().filter(is_meant) {
            (held.record.state, held.record.tries, held.record.due_at) = (MailState::Waiting, 0, now);
            held.ended_at = Timestamp::NEVER;
            count += 1;
        }
        Ok(count)
    }

    async fn reseal(&mut self, id: &MailId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError> {
        let is_same = |held: &&mut HeldMail| {
            let sealed = &held.mail.sealed;
            held.mail.id == *id && !held.is_wiped && sealed.key_id == before.key_id && sealed.bytes == before.bytes
        };
        let held = self.0.state_mut().outbox.iter_mut().find(is_same);
        Ok(held.map(|held| held.mail.sealed = after.clone()).is_some())
    }

    async fn cut(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let is_useless = |held: &&mut HeldMail| !held.is_wiped && held.mail.expires_at.is_some_and(|expires_at| expires_at <= now);
        let mut count = 0;
        for held in self.0.state_mut().outbox.iter_mut().filter(is_useless).take(at_most(most)) {
            held.end(MailState::Expired, now);
            count += 1;
        }
        Ok(count)
    }

    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let outbox = &mut self.0.state_mut().outbox;
        let is_old = |held: &&HeldMail| held.ended_at != Timestamp::NEVER && held.ended_at < before;
        let old: Vec<_> = outbox.iter().filter(is_old).take(at_most(most)).map(|held| held.mail.id.clone()).collect();
        outbox.retain(|held| !old.contains(&held.mail.id));
        Ok(old.len() as u64)
    }
}
