//! What the store in memory holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::access_token::NewAccessToken;
use crate::audit::AuditEntry;
use crate::channel::{Channel, ChannelMember};
use crate::credential::{Digest, PasswordHash};
use crate::device::NewDevice;
use crate::factor::{NewRecoveryCode, StoredFactor};
use crate::group::{Group, Place};
use crate::id::{AccessTokenId, ChannelId, CredentialId, GroupId, InvitationId, OneTimeTokenId, SessionId, TeamId, UserId};
use crate::invitation::NewInvitation;
use crate::mail::{MailRecord, NewMail};
use crate::one_time::NewOneTimeToken;
use crate::preference::Preference;
use crate::session::{Guard, Session};
use crate::status::Status;
use crate::store::LockRules;
use crate::team::{Team, TeamMember};
use crate::terms::Terms;
use crate::time::Timestamp;
use crate::user::User;
use crate::username::Username;

/// The name under which the whole service's epoch is remembered.
const GLOBAL_EPOCH: &str = "global_epoch";

#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) accounts: BTreeMap<UserId, Account>,
    pub(super) sessions: BTreeMap<SessionId, HeldSession>,
    pub(super) access_tokens: BTreeMap<AccessTokenId, NewAccessToken>,
    pub(super) audits: Vec<AuditEntry>,
    pub(super) teams: BTreeMap<TeamId, Team>,
    /// Places in teams, former ones too, by account.
    pub(super) team_members: BTreeMap<UserId, BTreeMap<TeamId, TeamMember>>,
    pub(super) channels: BTreeMap<ChannelId, Channel>,
    /// Places in channels, by account.
    pub(super) channel_members: BTreeMap<UserId, BTreeMap<ChannelId, ChannelMember>>,
    pub(super) groups: BTreeMap<GroupId, HeldGroup>,
    pub(super) invitations: BTreeMap<InvitationId, NewInvitation>,
    /// Terms in the order in which they were added.
    pub(super) terms: Vec<Terms>,
    /// What is remembered, by account, then by category and name.
    pub(super) preferences: BTreeMap<UserId, BTreeMap<(String, String), Preference>>,
    pub(super) statuses: BTreeMap<UserId, Status>,
    /// Rows of the outbox in the order in which they were added.
    pub(super) outbox: Vec<HeldMail>,
    pub(super) one_time_tokens: BTreeMap<OneTimeTokenId, NewOneTimeToken>,
    /// Secrets of second factors, by their own names.
    pub(super) factors: BTreeMap<CredentialId, StoredFactor>,
    pub(super) factor_tries: BTreeMap<UserId, Tries>,
    pub(super) recovery_codes: BTreeMap<UserId, Vec<NewRecoveryCode>>,
    pub(super) devices: BTreeMap<CredentialId, HeldDevice>,
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

#[derive(Debug, Clone)]
pub(super) struct HeldMail {
    pub(super) mail: NewMail,
    /// Whether the letter was wiped.
    pub(super) is_wiped: bool,
    pub(super) record: MailRecord,
    pub(super) claimed_by: Option<String>,
    pub(super) ended_at: Timestamp,
}

/// Tries in a row that were wrong, or are under way.
#[derive(Debug, Clone, Default)]
pub(super) struct Tries {
    pub(super) failed: u32,
    pub(super) locked_until: Timestamp,
}

impl Tries {
    /// Counts a try, if one is allowed; tells whether it is.
    pub(super) fn count(&mut self, rules: &LockRules, now: Timestamp) -> bool {
        if self.failed >= rules.limit && self.locked_until > now {
            return false;
        }
        self.failed = self.failed.saturating_add(1);
        if let Some(lock) = rules.lock_after(self.failed) {
            self.locked_until = now.after(lock);
        }
        true
    }
}

#[derive(Debug, Clone)]
pub(super) struct HeldDevice {
    pub(super) device: NewDevice,
    pub(super) last_used_at: Timestamp,
    pub(super) tries: Tries,
}

#[derive(Debug, Clone)]
pub(super) struct HeldGroup {
    pub(super) group: Group,
    pub(super) members: BTreeSet<UserId>,
    pub(super) places: Vec<Place>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            accounts: BTreeMap::new(),
            sessions: BTreeMap::new(),
            access_tokens: BTreeMap::new(),
            audits: Vec::new(),
            teams: BTreeMap::new(),
            team_members: BTreeMap::new(),
            channels: BTreeMap::new(),
            channel_members: BTreeMap::new(),
            groups: BTreeMap::new(),
            invitations: BTreeMap::new(),
            terms: Vec::new(),
            preferences: BTreeMap::new(),
            statuses: BTreeMap::new(),
            outbox: Vec::new(),
            one_time_tokens: BTreeMap::new(),
            factors: BTreeMap::new(),
            factor_tries: BTreeMap::new(),
            recovery_codes: BTreeMap::new(),
            devices: BTreeMap::new(),
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

    /// Every account, by id.
    pub(super) fn users(&self) -> impl Iterator<Item = &User> {
        self.accounts.values().map(|account| &account.user)
    }

    /// The login name of an account.
    pub(super) fn username(&self, id: &UserId) -> Option<&Username> {
        self.accounts.get(id).map(|account| &account.user.username)
    }

    /// Somebody's place in a team, a former one too.
    pub(super) fn team_member(&self, team: &TeamId, user: &UserId) -> Option<&TeamMember> {
        self.team_members.get(user)?.get(team)
    }

    /// Somebody's place in a channel.
    pub(super) fn channel_member(&self, channel: &ChannelId, user: &UserId) -> Option<&ChannelMember> {
        self.channel_members.get(user)?.get(channel)
    }

    /// Somebody's places in channels.
    pub(super) fn channels_of(&self, user: &UserId) -> impl Iterator<Item = &ChannelMember> {
        self.channel_members.get(user).into_iter().flat_map(BTreeMap::values)
    }

    /// Accounts in the order of the bytes of their login names.
    pub(super) fn sorted(&self, is_wanted: impl Fn(&User) -> bool) -> Vec<User> {
        let mut found: Vec<_> = self.users().filter(|user| is_wanted(user)).cloned().collect();
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
}

impl Account {
    /// Forgets wrong passwords and unlocks.
    pub(super) fn forgive(&mut self) {
        self.user.failed_attempts = 0;
        self.locked_until = Timestamp::NEVER;
    }
}
