//! Passwords in memory, and tries of them.

use std::sync::Arc;

use async_trait::async_trait;

use super::state::{Account, HeldPassword, State};
use super::{Repositories, Work};
use crate::credential::{NewPassword, PasswordHash};
use crate::id::UserId;
use crate::store::{Attempt, Credentials, LockRules, LoginName, StoreError, UniqueField};
use crate::time::Timestamp;
use crate::user::ExternalIdentity;

#[async_trait]
impl Credentials for Repositories<Work> {
    async fn insert(&mut self, passwords: &[NewPassword]) -> Result<(), StoreError> {
        let mut changed = State::clone(&self.0.state);
        for password in passwords {
            add(&mut changed, password)?;
        }
        self.0.state = Arc::new(changed);
        Ok(())
    }

    async fn change(&mut self, password: &NewPassword) -> Result<(), StoreError> {
        let Some(account) = self.0.state_mut().accounts.get_mut(&password.user_id) else {
            return Err(nobody());
        };
        account.password = Some(held(password));
        account.locked_until = Timestamp::NEVER;
        account.user.failed_attempts = 0;
        account.user.password_updated_at = password.created_at;
        account.user.updated_at = password.created_at;
        account.user.identity = ExternalIdentity::default();
        account.user.credential_epoch += 1;
        Ok(())
    }

    async fn renew(&mut self, user: &UserId, verified: &PasswordHash, renewed: &PasswordHash) -> Result<bool, StoreError> {
        let password = self.0.state_mut().accounts.get_mut(user).and_then(|account| account.password.as_mut());
        let Some(password) = password.filter(|password| password.hash.expose() == verified.expose()) else {
            return Ok(false);
        };
        password.hash = renewed.clone();
        Ok(true)
    }

    async fn attempt(&mut self, login: &LoginName, rules: &LockRules, now: Timestamp) -> Result<Option<Attempt>, StoreError> {
        let state = self.0.state_mut();
        let id = match login {
            LoginName::Id(id) => Some(id.clone()),
            LoginName::Text(text) => state.by_login(text).map(|user| user.id),
        };
        let Some(account) = id.and_then(|id| state.accounts.get(&id)).cloned() else {
            return Ok(None);
        };
        let user = account.user.clone();
        let guard = state.guard(&user);
        let is_open = is_open(&account, rules, now);
        let hash = account.password.as_ref().map(|password| password.hash.clone());
        let after = if is_open { counted(account, rules, now) } else { account };
        let locked_until = after.locked_until;
        state.accounts.insert(user.id.clone(), after);
        Ok(Some(Attempt { user, hash, is_open, locked_until, guard }))
    }

    async fn give_back(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().change(user, |account| {
            account.user.failed_attempts = account.user.failed_attempts.saturating_sub(1);
            account.locked_until = Timestamp::NEVER;
        });
        Ok(())
    }

    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().change(user, Account::forgive);
        Ok(())
    }

    async fn remove_password(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().change(user, |account| {
            account.password = None;
            account.forgive();
            account.user.credential_epoch += 1;
        });
        Ok(())
    }
}

fn nobody() -> StoreError {
    StoreError::Unavailable("a password belongs to no account".into())
}

fn held(password: &NewPassword) -> HeldPassword {
    HeldPassword { id: password.id.clone(), hash: password.hash.clone() }
}

fn add(state: &mut State, password: &NewPassword) -> Result<(), StoreError> {
    let is_known = state.accounts.values().filter_map(|account| account.password.as_ref()).any(|other| other.id == password.id);
    let account = state.accounts.get_mut(&password.user_id).ok_or_else(nobody)?;
    if is_known || account.password.is_some() {
        return Err(StoreError::Taken(UniqueField::Id));
    }
    account.password = Some(held(password));
    Ok(())
}

fn is_open(account: &Account, rules: &LockRules, now: Timestamp) -> bool {
    let is_locked = account.user.failed_attempts >= rules.limit && account.locked_until > now;
    account.user.bot.is_none() && !is_locked
}

/// An account with one more try counted, and locked where the limit is reached.
fn counted(mut account: Account, rules: &LockRules, now: Timestamp) -> Account {
    account.user.failed_attempts = account.user.failed_attempts.saturating_add(1);
    if let Some(lock) = rules.lock_after(account.user.failed_attempts) {
        account.locked_until = now.after(lock);
    }
    account
}
