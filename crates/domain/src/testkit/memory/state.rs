//! What the store in memory holds.

use std::collections::BTreeMap;

use crate::audit::AuditEntry;
use crate::credential::{Digest, PasswordHash};
use crate::id::{CredentialId, SessionId, UserId};
use crate::session::{Guard, Session};
use crate::time::Timestamp;
use crate::user::User;

/// The name under which the whole service's epoch is remembered.
const GLOBAL_EPOCH: &str = "global_epoch";

#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) accounts: BTreeMap<UserId, Account>,
    pub(super) sessions: BTreeMap<SessionId, HeldSession>,
    pub(super) audits: Vec<AuditEntry>,
    pub(super) values: BTreeMap<String, String>,
}

#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) locked_until: Timestamp,
    pub(super) password: Option<HeldPassword>,
}

#[derive(Debug, Clone)]
pub(super) struct HeldPassword {
    pub(super) id: CredentialId,
    pub(super) hash: PasswordHash,
}

#[derive(Debug, Clone)]
pub(super) struct HeldSession {
    pub(super) session: Session,
    /// What stands for the token; an ended session has lost it.
    pub(super) token: Option<Digest>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            audits: Vec::new(),
            values: BTreeMap::from([(GLOBAL_EPOCH.to_owned(), "0".to_owned())]),
        }
    }
}

impl State {
    pub(super) fn user(&self, found: impl Fn(&User) -> bool) -> Option<User> {
        self.accounts.values().map(|account| &account.user).find(|user| found(user)).cloned()
    }

    pub(super) fn by_login(&self, login: &str) -> Option<User> {
        self.user(|user| user.username.as_str() == login).or_else(|| self.user(|user| user.email.as_str() == login))
    }

    /// Accounts in the order of the bytes of their login names.
    pub(super) fn sorted(&self, is_wanted: impl Fn(&User) -> bool) -> Vec<User> {
        let mut found: Vec<_> = self.accounts.values().map(|account| &account.user).filter(|user| is_wanted(user)).cloned().collect();
        found.sort_unstable_by(|one, other| one.username.cmp(&other.username));
        found
    }

    /// Changes an account, if it is there.
    pub(super) fn change(&mut self, id: &UserId, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(id) {
            change(account);
        }
    }

    fn global_epoch(&self) -> i64 {
        self.values.get(GLOBAL_EPOCH).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    pub(super) fn grow_global_epoch(&mut self) {
        let grown = self.global_epoch().saturating_add(1);
        self.values.insert(GLOBAL_EPOCH.to_owned(), grown.to_string());
    }

    pub(super) fn guard(&self, user: &User) -> Guard {
        Guard { credential_epoch: user.credential_epoch, global_epoch: self.global_epoch() }
    }

    pub(super) fn live_sessions(&self, user: &UserId, now: Timestamp) -> u32 {
        let live = self.sessions.values().filter(|held| held.session.user_id == *user && held.session.is_live(now)).count();
        u32::try_from(live).unwrap_or(u32::MAX)
    }
}

impl Account {
    /// Forgets wrong passwords and unlocks.
    pub(super) fn forgive(&mut self) {
        self.user.failed_attempts = 0;
        self.locked_until = Timestamp::NEVER;
    }
}
