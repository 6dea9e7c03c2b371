//! The use cases of one service, on its ports.

use std::sync::Arc;

use crate::accounts::{AccountRules, Accounts};
use crate::directory::Directory;
use crate::limit::RateLimits;
use crate::live_sessions::LiveSessions;
use crate::port::{Clock, FactorCodes, Files, Guesses, Keyring, Passwords, Pictures, Randomness, Sealer};
use crate::provider::Providers;
use crate::refusal::Refusals;
use crate::second_factor::SecondFactors;
use crate::sign_in::{SignInRules, SignIns};
use crate::store::Store;
use crate::tokens::Tokens;

/// The ports of one service: what its use cases ask of the world.
#[derive(Clone)]
pub struct Ports {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What hashes tokens.
    pub keys: Arc<dyn Keyring>,
    /// What seals secrets at rest.
    pub sealer: Arc<dyn Sealer>,
    /// What makes and reads what code generators need.
    pub codes: Arc<dyn FactorCodes>,
    /// Those elsewhere who vouch for people.
    pub providers: Arc<dyn Providers>,
    /// What makes and checks password hashes.
    pub passwords: Arc<dyn Passwords>,
    /// What tells passwords that are guessed first; none where these are taken.
    pub guesses: Option<Arc<dyn Guesses>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What nobody can guess.
    pub randomness: Arc<dyn Randomness>,
    /// How often something may be tried.
    pub limits: Arc<dyn RateLimits>,
    /// What makes pictures.
    pub pictures: Arc<dyn Pictures>,
    /// Where pictures are kept; nowhere if nothing is set up for it.
    pub files: Option<Arc<dyn Files>>,
    /// Whether the service sends mail: else none is written down either.
    pub sends_mail: bool,
}

/// The use cases of one service.
#[derive(Clone)]
pub struct UseCases {
    /// Opening accounts, looking at them, changing them.
    pub accounts: Arc<Accounts>,
    /// Teams, channels, groups and what else lies around accounts.
    pub directory: Arc<Directory>,
    /// Signing in and out.
    pub sign_ins: Arc<SignIns>,
    /// Sessions that live, and those that did.
    pub live_sessions: Arc<LiveSessions>,
    /// Access tokens.
    pub tokens: Arc<Tokens>,
    /// Second factors.
    pub second_factors: Arc<SecondFactors>,
    /// Writing refusals down.
    pub refusals: Arc<Refusals>,
}

impl UseCases {
    /// The use cases on these ports, under the operator's rules.
    #[must_use]
    pub fn new(ports: &Ports, accounts: AccountRules, sign_ins: SignInRules) -> Self {
        let refusals = Arc::new(Refusals::new(ports));
        let live_sessions = Arc::new(LiveSessions::new(ports, &sign_ins));
        let tokens = Arc::new(Tokens::new(ports, sign_ins.tokens.clone()));
        let sign_ins = Arc::new(SignIns::new(ports, refusals.clone(), sign_ins));
        let second_factors = Arc::new(SecondFactors::new(ports, sign_ins.clone()));
        let accounts = Arc::new(Accounts::new(ports, sign_ins.clone(), accounts));
        let directory = Arc::new(Directory::new(ports, accounts.clone()));
        Self { accounts, directory, sign_ins, live_sessions, tokens, second_factors, refusals }
    }
}
