//! Sessions in memory.

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;

use super::state::{HeldSession, State};
use super::{Look, Repositories, Work, at_most, part};
use crate::access_token::TokenOwner;
use crate::credential::{Digest, KeyId};
use crate::id::{SessionId, UserId};
use crate::page::Page;
use crate::session::{DeviceChange, EndReason, Ending, Guard, NewSession, Session, SignedIn, Touch};
use crate::store::{Held, ReadSessions, Sessions, Shown, StoreError, UniqueField};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadSessions for Repositories<S> {
    async fn by_token(&mut self, shown: &Shown) -> Result<Option<Held>, StoreError> {
        let state = self.0.state();
        let session = state.sessions.values().find_map(|held| {
            let token = held.token.as_ref().filter(|token| shown.sessions.contains(token))?;
            let account = state.accounts.get(&held.session.user_id)?;
            let signed_in = SignedIn { session: held.session.clone(), user: account.user.clone(), key: token.key().clone() };
            Some(Held::Session(signed_in))
        });
        let access_token = || {
            let held = state.access_tokens.values().find(|held| shown.access_tokens.contains(&held.hash))?;
            let user = state.accounts.get(&held.token.user_id)?.user.clone();
            Some(Held::AccessToken(TokenOwner { token: held.token.clone(), user, key: held.hash.key().clone() }))
        };
        Ok(session.or_else(access_token))
    }

    async fn by_id(&mut self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let state = self.0.state();
        Ok(state.sessions.get(id).map(|held| &held.session).filter(|session| session.ended.is_none()).cloned())
    }

    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        let mut found = self.0.state().sessions_of(user, |session| session.ended.is_none());
        found.sort_by_key(|session| Reverse(session.last_active_at));
        Ok(part(found, page))
    }

    async fn ended_of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<Session>, StoreError> {
        let mut found = self.0.state().sessions_of(user, |session| session.ended.is_some());
        found.sort_by_key(|session| Reverse(session.ended.as_ref().map(|ending| ending.at)));
        Ok(part(found, page))
    }

    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let mut counts = HashMap::new();
        for token in self.0.state().sessions.values().filter_map(|held| held.token.as_ref()) {
            *counts.entry(token.key().clone()).or_insert(0) += 1;
        }
        Ok(counts.into_iter().collect())
    }
}

#[async_trait]
impl Sessions for Repositories<Work> {
    async fn open(&mut self, session: &NewSession, guard: Guard) -> Result<bool, StoreError> {
        let NewSession { session, token } = session;
        let state = self.0.state_mut();
        let account = state.accounts.get(&session.user_id).map(|account| &account.user);
        if !account.is_some_and(|user| user.is_active() && state.guard(user) == guard) {
            return Ok(false);
        }
        if state.sessions.contains_key(&session.id) || state.is_token_held(token, &session.id) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        state.sessions.insert(session.id.clone(), HeldSession { session: session.clone(), token: Some(token.clone()) });
        state.change(&session.user_id, |account| {
            account.forgive();
            account.user.last_login_at = session.created_at;
            account.user.updated_at = account.user.updated_at.max(session.created_at);
        });
        Ok(true)
    }

    async fn end(&mut self, id: &SessionId, ending: &Ending) -> Result<bool, StoreError> {
        Ok(self.0.state_mut().end_where(ending, |session| session.id == *id) == 1)
    }

    async fn end_all(&mut self, user: &UserId, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError> {
        Ok(self.0.state_mut().end_where(ending, |session| session.user_id == *user && Some(&session.id) != except))
    }

    async fn end_device(&mut self, user: &UserId, device_id: &str, except: Option<&SessionId>, ending: &Ending) -> Result<u64, StoreError> {
        let is_meant = |session: &Session| session.user_id == *user && session.device_id == device_id && Some(&session.id) != except;
        Ok(self.0.state_mut().end_where(ending, is_meant))
    }

    async fn end_beyond(&mut self, user: &UserId, new: &SessionId, kept: u32, ending: &Ending) -> Result<u64, StoreError> {
        let state = self.0.state_mut();
        let mine = state.sessions.values().map(|held| &held.session).filter(|session| session.user_id == *user && session.ended.is_none());
        let others = mine.filter(|session| session.id != *new);
        let mut order: Vec<_> = others.map(|session| (Reverse(session.last_active_at), session.id.clone())).collect();
        order.sort_unstable();
        let others_kept = usize::try_from(kept.saturating_sub(1)).unwrap_or(usize::MAX);
        let beyond: Vec<_> = order.into_iter().map(|(_, id)| id).skip(others_kept).collect();
        Ok(state.end_where(ending, |session| beyond.contains(&session.id)))
    }

    async fn end_own(&mut self, user: &UserId, id: &SessionId, ending: &Ending) -> Result<bool, StoreError> {
        Ok(self.0.state_mut().end_where(ending, |session| session.id == *id && session.user_id == *user) == 1)
    }

    async fn end_everybodys(&mut self, ending: &Ending, most: u32) -> Result<u64, StoreError> {
        Ok(self.0.state_mut().end_some(ending, most, |session| session.created_at <= ending.at))
    }

    async fn end_expired(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let ending = |at| Ending { at, reason: EndReason::Expired, by: None };
        let state = self.0.state_mut();
        let over = state.live(most, |session| session.expires_at.min(session.absolute_expires_at) <= now);
        Ok(over.iter().map(|over| state.end_where(&ending(over_at(over)), |session| session.id == over.id)).sum())
    }

    async fn end_idle(&mut self, last_active: Timestamp, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let ending = Ending { at: now, reason: EndReason::Idle, by: None };
        Ok(self.0.state_mut().end_some(&ending, most, |session| session.last_active_at <= last_active))
    }

    async fn attach(&mut self, id: &SessionId, change: &DeviceChange) -> Result<bool, StoreError> {
        let held = self.0.state_mut().sessions.get_mut(id).filter(|held| held.session.ended.is_none());
        let Some(session) = held.map(|held| &mut held.session) else { return Ok(false) };
        let device = &mut session.device;
        let parts = [(&change.device_id, &mut session.device_id), (&change.voip_device_id, &mut device.voip_device_id)];
        for (new, held) in parts.into_iter().chain([(&change.mobile_version, &mut device.mobile_version)]) {
            held.clone_from(new.as_ref().unwrap_or(&held.clone()));
        }
        session.device.is_silent = change.is_silent.or(session.device.is_silent);
        session.expires_at = change.expires_at.unwrap_or(session.expires_at);
        Ok(true)
    }

    async fn touch(&mut self, id: &SessionId, touch: &Touch) -> Result<(), StoreError> {
        let state = self.0.state_mut();
        if touch.token.as_ref().is_some_and(|token| state.is_token_held(token, id)) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        if let Some(held) = state.sessions.get_mut(id).filter(|held| held.session.ended.is_none()) {
            held.session.last_active_at = held.session.last_active_at.max(touch.at);
            held.session.last_address = touch.address;
            held.session.expires_at = touch.expires_at.map_or(held.session.expires_at, |end| end.max(held.session.expires_at));
            held.token = touch.token.clone().or(held.token.take());
        }
        Ok(())
    }

    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let sessions = &mut self.0.state_mut().sessions;
        let old = sessions.values().map(|held| &held.session).filter(|session| over_at(session) < before).map(|session| session.id.clone());
        let old: Vec<_> = old.take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
        for id in &old {
            sessions.remove(id);
        }
        Ok(old.len() as u64)
    }
}

/// When a session ended, or else ends by itself.
fn over_at(session: &Session) -> Timestamp {
    let expires_at = session.expires_at.min(session.absolute_expires_at);
    session.ended.as_ref().map_or(expires_at, |ending| ending.at)
}

impl State {
    fn is_token_held(&self, token: &Digest, by_other_than: &SessionId) -> bool {
        let others = self.sessions.values().filter(|held| held.session.id != *by_other_than);
        others.filter_map(|held| held.token.as_ref()).any(|held| held.value() == token.value())
    }

    fn sessions_of(&self, user: &UserId, is_wanted: impl Fn(&Session) -> bool) -> Vec<Session> {
        let mine = self.sessions.values().map(|held| &held.session).filter(|session| session.user_id == *user);
        mine.filter(|session| is_wanted(session)).cloned().collect()
    }

    fn live(&self, most: u32, is_wanted: impl Fn(&Session) -> bool) -> Vec<Session> {
        let live = self.sessions.values().map(|held| &held.session).filter(|session| session.ended.is_none());
        live.filter(|session| is_wanted(session)).take(at_most(most)).cloned().collect()
    }

    fn end_some(&mut self, ending: &Ending, most: u32, is_meant: impl Fn(&Session) -> bool) -> u64 {
        let meant = self.live(most, is_meant);
        self.end_where(ending, |session| meant.iter().any(|one| one.id == session.id))
    }

    fn end_where(&mut self, ending: &Ending, is_meant: impl Fn(&Session) -> bool) -> u64 {
        let mut count = 0;
        for held in self.sessions.values_mut().filter(|held| held.session.ended.is_none() && is_meant(&held.session)) {
            held.session.ended = Some(ending.clone());
            held.token = None;
            count += 1;
        }
        count
    }
}
