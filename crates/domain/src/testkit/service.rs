//! The use cases on a store in memory and ports that answer at once.

use std::sync::Arc;

use super::fake::{Counting, FixedClock, MemoryFiles, PlainCodes, PlainKeyring, PlainPasswords, PlainPictures};
use super::fixture;
use super::memory::MemoryStore;
use ports::{FaultyStore, GatedPasswords};

use crate::access_token::TokenRules;
use crate::accounts::{AccountRules, Accounts, Link};
use crate::actor::{Actor, CredentialKind, Principal, Proof};
use crate::audit::{Origin, RecordedAudit};
use crate::credential::{NewPassword, Password, Token};
use crate::directory::Directory;
use crate::email::MailDomains;
use crate::factor::FactorRules;
use crate::id::UserId;
use crate::limit::{RateLimits, Unlimited};
use crate::live_sessions::LiveSessions;
use crate::locale::Locale;
use crate::mail::{self, Letter, Postbox};
use crate::password::PasswordPolicy;
use crate::permission::{Permit, Permitted, permit};
use crate::refusal::Refusals;
use crate::role::Roles;
use crate::session::SessionLengths;
use crate::sign_in::{Bearer, Claim, Opened, SignInError, SignInRules, SignIns, text_login};
use crate::store::{LockRules, Store, UnitOfWork};
use crate::team::Standing;
use crate::time::Timestamp;
use crate::tokens::Tokens;
use crate::use_cases::{Ports, UseCases};
use crate::user::User;
use crate::user::query::NameFormat;
use crate::user::registration::Registration;
use crate::user::shown::Privacy;

mod ports;

pub use ports::{Faults, Meanwhile};

/// Everything a test of the use cases needs.
pub struct Bench {
    /// The ports, as the use cases have them.
    pub ports: Ports,
    /// The store.
    pub store: Arc<MemoryStore>,
    /// What of the store fails before the use cases.
    pub faults: Arc<Faults>,
    /// While somebody holds it, no password is checked: what happens meanwhile happens between a sign-in's look and its session.
    pub gate: Arc<async_lock::Mutex<()>>,
    /// The clock.
    pub clock: Arc<FixedClock>,
    /// The hasher.
    pub passwords: Arc<PlainPasswords>,
    /// Pictures.
    pub files: Arc<MemoryFiles>,
    /// Where letters are put.
    pub postbox: Postbox,
    /// Accounts.
    pub accounts: Arc<Accounts>,
    /// What lies around them.
    pub directory: Arc<Directory>,
    /// Sign-ins.
    pub sign_ins: Arc<SignIns>,
    /// Sessions.
    pub live_sessions: Arc<LiveSessions>,
    /// Access tokens.
    pub tokens: Arc<Tokens>,
    /// Second factors.
    pub second_factors: Arc<crate::second_factor::SecondFactors>,
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
        allows_sign_up: true,
        domains: MailDomains::default(),
        guest_domains: MailDomains::default(),
        allows_own_deactivation: false,
        allows_removal: true,
        stops_bots_with_owner: true,
        name_format: NameFormat::Username,
        verifies_addresses: false,
    }
}

/// Rules with three tries, three sessions and an hour each.
#[must_use]
pub fn sign_in_rules() -> SignInRules {
    let hour = std::time::Duration::from_hours(1);
    SignInRules {
        lock: LockRules::after(3),
        lengths: SessionLengths { web: hour, mobile: hour, sso: hour, absolute: hour, extends: true, idle: None },
        sessions_per_user: 3,
        tokens: TokenRules { are_enabled: true, per_user: 3, longest: None, are_marked: false, make_tokens: true },
        factor: FactorRules {
            is_enabled: true,
            is_enforced: false,
            is_enforced_for_guests: false,
            issuer: "muster".into(),
            is_revealed: true,
        },
        needs_verified_email: false,
        knows_devices: true,
        has_links: true,
        fresh_for: None,
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
        Self::on(accounts, sign_ins, |ports| ports.limits = limits)
    }

    /// The use cases under the usual rules but for a change of those of accounts.
    #[must_use]
    pub fn under(change: impl FnOnce(&mut AccountRules)) -> Self {
        let mut rules = account_rules();
        change(&mut rules);
        Self::new(rules, sign_in_rules(), Arc::new(Unlimited))
    }

    /// The use cases under these rules, on the usual ports but for a change of them.
    #[must_use]
    pub fn on(accounts: AccountRules, sign_ins: SignInRules, change: impl FnOnce(&mut Ports)) -> Self {
        let (faults, gate) = (Arc::<Faults>::default(), Arc::<async_lock::Mutex<()>>::default());
        let (store, clock, passwords) = (Arc::<MemoryStore>::default(), Arc::<FixedClock>::default(), Arc::<PlainPasswords>::default());
        let files = Arc::<MemoryFiles>::default();
        let mut ports = Ports {
            store: Arc::new(FaultyStore { behind: store.clone(), faults: faults.clone() }),
            keys: Arc::new(PlainKeyring::default()),
            sealer: Arc::new(PlainKeyring::default()),
            codes: Arc::new(PlainCodes),
            providers: Arc::new(crate::provider::NoProviders),
            passwords: Arc::new(GatedPasswords { behind: passwords.clone(), gate: gate.clone() }),
            guesses: None,
            clock: clock.clone(),
            randomness: Arc::new(Counting::default()),
            limits: Arc::new(Unlimited),
            pictures: Arc::new(PlainPictures),
            files: Some(files.clone()),
            sends_mail: true,
        };
        change(&mut ports);
        let postbox = Postbox::new(&ports);
        let UseCases { accounts, directory, sign_ins, live_sessions, tokens, second_factors, refusals } =
            UseCases::new(&ports, accounts, sign_ins);
        Self {
            ports,
            store,
            faults,
            gate,
            clock,
            passwords,
            files,
            postbox,
            accounts,
            directory,
            sign_ins,
            live_sessions,
            tokens,
            second_factors,
            refusals,
        }
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
        self.accounts.register(permit, actor, wanted, &Link::default(), &fixture::client(), &origin()).await
    }

    /// Signs in with a password.
    ///
    /// # Errors
    ///
    /// What [`SignIns::sign_in`] says.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Opened, SignInError> {
        let claim = Claim::new(text_login(login), login.to_owned(), Password::from(password.to_owned()));
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

    /// Signs in with the password of the fixtures; with the token of the session.
    pub async fn session(&self, username: &str) -> (Actor, Token) {
        let token = self.sign_in(username, "Passw0rd!x").await.unwrap().token;
        (self.actor(&token).await, token)
    }

    /// Writes straight into the store.
    pub async fn write<T>(&self, change: impl AsyncFnOnce(&mut dyn UnitOfWork) -> T) -> T {
        let mut work = self.store.begin().await.unwrap();
        let made = change(&mut *work).await;
        work.commit().await.unwrap();
        made
    }

    /// Puts an account into the store, with the password of the fixtures unless it is a bot's; gives who acts as it.
    pub async fn put(&self, user: User) -> Actor {
        let credential = NewPassword {
            id: crate::id::CredentialId::from_random(user_bits(&user.id)),
            user_id: user.id.clone(),
            ..fixture::password("p", "hash of Passw0rd!x")
        };
        self.write(async |work| {
            work.users().insert(std::slice::from_ref(&user)).await.unwrap();
            if user.bot.is_none() {
                work.credentials().insert(&[credential]).await.unwrap();
            }
        })
        .await;
        acting(&user)
    }

    /// Puts an account with these roles into the store, whose short id is its username; gives who acts as it.
    pub async fn person(&self, username: &str, roles: &str) -> Actor {
        self.put(User { roles: Roles::parse(roles).unwrap(), ..fixture::user(username, username) }).await
    }

    /// Puts accounts into a team, by short ids.
    pub async fn enrol(&self, team: &str, members: &[&str]) {
        self.write(async |work| {
            for member in members {
                let standing = standing_of(work, &fixture::id(member)).await;
                work.teams().join(&crate::team::TeamMember { standing, ..fixture::team_member(team, member) }).await.unwrap();
            }
        })
        .await;
    }

    /// Puts accounts into a channel, by short ids.
    pub async fn seat(&self, channel: &str, members: &[&str]) {
        self.write(async |work| {
            for member in members {
                let standing = standing_of(work, &fixture::id(member)).await;
                let place = crate::channel::ChannelMember { standing, ..fixture::channel_member(channel, member) };
                work.channels().join(&[place]).await.unwrap();
            }
        })
        .await;
    }

    /// The account of an id as it is held now.
    pub async fn held(&self, id: &UserId) -> User {
        self.store.read().await.unwrap().users().by_id(id).await.unwrap().unwrap()
    }

    /// What the mails say that wait now; no later call gives them again.
    pub async fn letters(&self) -> Vec<Letter> {
        let now = self.ports.clock.now();
        let claim = mail::Claim { by: "letters".to_owned(), now, until: now.after(std::time::Duration::from_hours(1)), most: 1000 };
        let claimed = self.write(async |work| work.outbox().claim(&claim).await.unwrap()).await;
        claimed.iter().map(|mail| self.postbox.open(mail).unwrap()).collect()
    }

    /// The audit, oldest first, as operation, outcome and reason.
    pub async fn audit(&self) -> Vec<RecordedAudit> {
        let mut entries = self.store.read().await.unwrap().audits().latest(1000).await.unwrap();
        entries.reverse();
        entries
    }
}

async fn standing_of(work: &mut dyn UnitOfWork, id: &UserId) -> Standing {
    Standing::of_newcomer(work.users().by_id(id).await.unwrap().is_some_and(|user| user.is_guest()))
}

/// Bits that stand for an account's id, so that credentials of two accounts have two ids.
fn user_bits(id: &UserId) -> [u8; 16] {
    let mut bits = [0; 16];
    bits.copy_from_slice(&id.as_str().as_bytes()[..16]);
    bits
}

/// Who acts as an account, in a session that nobody has stored.
#[must_use]
pub fn acting(user: &User) -> Actor {
    let proof = Proof {
        kind: CredentialKind::Session,
        id: fixture::id::<crate::id::SessionId>("session").to_string(),
        authenticated_at: Timestamp::NEVER,
        methods: Vec::new(),
        scopes: None,
    };
    Actor::Account(Box::new(Principal { user: user.clone(), proof, lacks_factor: false, is_stale: false }))
}

/// The permit of an operation without a target.
#[must_use]
pub fn granted<O: Permitted>(actor: &Actor) -> Permit<O> {
    permit(actor, None).unwrap()
}

/// Nowhere in particular.
#[must_use]
pub fn origin() -> Origin {
    Origin { request_id: None, address: Some(fixture::address()), path: None }
}
