//! The use cases on a store in memory and ports that answer at once.

use std::sync::Arc;

use super::fake::{Counting, FixedClock, PlainKeyring, PlainPasswords};
use super::fixture;
use super::memory::MemoryStore;
use crate::accounts::{AccountRules, Accounts, Invitation};
use crate::actor::{Actor, Principal};
use crate::audit::{Origin, RecordedAudit};
use crate::credential::{Password, Token};
use crate::limit::{RateLimits, Unlimited};
use crate::locale::Locale;
use crate::password::PasswordPolicy;
use crate::permission::{Permit, Permitted, permit};
use crate::refusal::Refusals;
use crate::session::SessionLengths;
use crate::sign_in::{Bearer, Claim, Opened, SignInError, SignInRules, SignIns, text_login};
use crate::store::{LockRules, Store};
use crate::use_cases::{Ports, UseCases};
use crate::user::User;
use crate::user::registration::Registration;
use crate::user::shown::Privacy;

/// Everything a test of the use cases needs.
pub struct Bench {
    /// The store.
    pub store: Arc<MemoryStore>,
    /// The clock.
    pub clock: Arc<FixedClock>,
    /// The hasher.
    pub passwords: Arc<PlainPasswords>,
    /// Accounts.
    pub accounts: Arc<Accounts>,
    /// Sign-ins.
    pub sign_ins: Arc<SignIns>,
    /// Refusals.
    pub refusals: Arc<Refusals>,
}

/// Rules that let anybody sign up, the first as admin.
#[must_use]
pub fn account_rules() -> AccountRules {
    AccountRules {
        open_sign_up: true,
        first_is_admin: true,
        passwords: PasswordPolicy {
            minimum_length: 8,
            needs_lowercase: false,
            needs_uppercase: false,
            needs_number: false,
            needs_symbol: false,
        },
        default_locale: Locale::parse("en").unwrap(),
        privacy: Privacy { shows_email: true, shows_full_name: true },
    }
}

/// Rules with three tries, three sessions and an hour each.
#[must_use]
pub fn sign_in_rules() -> SignInRules {
    let hour = std::time::Duration::from_hours(1);
    SignInRules {
        lock: LockRules::after(3),
        lengths: SessionLengths { web: hour, mobile: hour, sso: hour, absolute: hour },
        sessions_per_user: 3,
        reveals_factor: true,
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new(account_rules(), sign_in_rules(), Arc::new(Unlimited))
    }
}

impl Bench {
    /// The use cases under these rules.
    #[must_use]
    pub fn new(accounts: AccountRules, sign_ins: SignInRules, limits: Arc<dyn RateLimits>) -> Self {
        let (store, clock, passwords) = (Arc::<MemoryStore>::default(), Arc::<FixedClock>::default(), Arc::<PlainPasswords>::default());
        let ports = Ports {
            store: store.clone(),
            keys: Arc::new(PlainKeyring::default()),
            passwords: passwords.clone(),
            clock: clock.clone(),
            randomness: Arc::new(Counting::default()),
            limits,
        };
        let UseCases { accounts, sign_ins, refusals } = UseCases::new(&ports, accounts, sign_ins);
        Self { store, clock, passwords, accounts, sign_ins, refusals }
    }

    /// Signs somebody up with the password of the fixtures.
    pub async fn register(&self, username: &str) -> User {
        self.register_as(&Actor::Nobody, fixture::registration(username)).await.unwrap()
    }

    /// Signs somebody up on somebody's behalf.
    ///
    /// # Errors
    ///
    /// What [`Accounts::register`] says.
    pub async fn register_as(&self, actor: &Actor, wanted: Registration) -> Result<User, crate::accounts::RegisterError> {
        let permit = granted(actor);
        self.accounts.register(permit, actor, wanted, &Invitation::default(), &fixture::client(), &origin()).await
    }

    /// Signs in with a password.
    ///
    /// # Errors
    ///
    /// What [`SignIns::sign_in`] says.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Opened, SignInError> {
        let claim = Claim { login: text_login(login), typed: login.to_owned(), password: Password::from(password.to_owned()) };
        self.sign_ins.sign_in(granted(&Actor::Nobody), claim, &fixture::client(), &origin()).await
    }

    /// Who a token belongs to; nobody when it belongs to nobody.
    pub async fn actor(&self, token: &Token) -> Actor {
        match self.sign_ins.bearer(token, fixture::address()).await.unwrap() {
            Bearer::Known(known) => Actor::Account(Box::new(Principal::from(*known))),
            Bearer::Unknown | Bearer::TooMany(_) => Actor::Nobody,
        }
    }

    /// Signs somebody up and in.
    pub async fn somebody(&self, username: &str) -> Actor {
        self.register(username).await;
        let opened = self.sign_in(username, "Passw0rd!x").await.unwrap();
        self.actor(&opened.token).await
    }

    /// The audit, oldest first, as operation, outcome and reason.
    pub async fn audit(&self) -> Vec<RecordedAudit> {
        let mut entries = self.store.read().await.unwrap().audits().latest(1000).await.unwrap();
        entries.reverse();
        entries
    }
}

/// The permit of an operation without a target.
#[must_use]
pub fn granted<O: Permitted>(actor: &Actor) -> Permit<O> {
    permit(actor, None).unwrap()
}

/// Nowhere in particular.
#[must_use]
pub fn origin() -> Origin {
    Origin { request_id: None, address: Some(fixture::address()) }
}
