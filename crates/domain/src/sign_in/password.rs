//! Checking a password: every path that does counts the try before it looks.

use super::{Claim, SignInError, SignIns};
use crate::audit::Origin;
use crate::client::Client;
use crate::credential::{Digest, Password, PasswordHash, Token};
use crate::id::UserId;
use crate::limit::{Counted, Whose};
use crate::operation::Operation;
use crate::port::{PasswordPlace, PasswordsError, Purpose, Verdict};
use crate::provider::{Bound, LDAP};
use crate::store::{Attempt, LoginName, StoreError};
use crate::time::Timestamp;
use crate::user::User;

/// Where a try is counted.
#[derive(Debug, Clone)]
enum Counter {
    /// At the account.
    Account,
    /// At a known device of it, by the hashes of its token.
    Device(Vec<Digest>),
    /// Nowhere: it is locked, or a bot's.
    None,
}

/// A try that was counted.
pub(super) struct Trial {
    pub(super) attempt: Attempt,
    counter: Counter,
    /// Whether it is made on a device that the account knows.
    is_known: bool,
    /// The place that its check takes.
    place: Option<PasswordPlace>,
    /// The hash to store in place of the one that was verified.
    pub(super) renewed: Option<Renewal>,
}

/// Whose try was counted where.
pub(super) struct CountedTry {
    user: UserId,
    counter: Counter,
}

impl Trial {
    pub(super) fn counted(&self) -> CountedTry {
        CountedTry { user: self.attempt.user.id.clone(), counter: self.counter.clone() }
    }
}

/// A hash that takes the place of another of the same password.
pub(super) struct Renewal {
    pub(super) verified: PasswordHash,
    pub(super) renewed: PasswordHash,
}

/// Whose password is tried.
pub(super) enum Tried {
    /// An account's.
    Account(Box<Trial>),
    /// Nobody's; with the end of the lock, where that name was tried too often, and the place that the check takes.
    Nobody(Option<Timestamp>, Option<PasswordPlace>),
}

impl Tried {
    pub(super) fn account(&self) -> Option<&UserId> {
        match self {
            Self::Account(trial) => Some(&trial.attempt.user.id),
            Self::Nobody(..) => None,
        }
    }
}

impl SignIns {
    /// Checks the password of somebody who is signed in, counts a wrong one as a sign-in does, and writes it into the audit.
    ///
    /// # Errors
    ///
    /// [`SignInError::InvalidCredentials`] and [`SignInError::Locked`], besides failures.
    #[tracing::instrument(skip_all)]
    pub async fn prove_on_record(
        &self,
        operation: Operation,
        user: &UserId,
        password: &Password,
        origin: &Origin,
    ) -> Result<(), SignInError> {
        let proven = self.prove(user, password).await;
        if let Err(error @ SignInError::InvalidCredentials) = &proven
            && let Some(reason) = error.audited()
        {
            self.record_refusal(operation, reason, Some(user.clone()), "", origin).await;
        }
        proven
    }

    /// Checks the password of somebody who is signed in, and counts a wrong one as a sign-in does. Whoever answers one with 401 has
    /// it on record by that.
    ///
    /// # Errors
    ///
    /// As for [`Self::prove_on_record`].
    #[tracing::instrument(skip_all)]
    pub async fn prove(&self, user: &UserId, password: &Password) -> Result<(), SignInError> {
        let tried = self.try_account(&LoginName::Id(user.clone()), None).await?;
        let tried = tried.map_or(Tried::Nobody(None, None), |trial| Tried::Account(Box::new(trial)));
        let trial = self.verified(tried, password).await?;
        let mut work = self.store.begin().await?;
        work.credentials().forgive(&trial.attempt.user.id).await?;
        work.commit().await?;
        Ok(())
    }

    /// Asks the directory whether a password is that of a name there, on behalf of an account, and counts it there as a try of its own.
    ///
    /// # Errors
    ///
    /// [`SignInError::InvalidCredentials`] and [`SignInError::Locked`], besides failures.
    pub(crate) async fn bind_for(&self, user: &User, name: &str, password: &Password, origin: &Origin) -> Result<Bound, SignInError> {
        let bound = self.bound_for(user, name, password).await;
        if let Err(error) = &bound
            && let Some(reason) = error.audited()
        {
            self.record_refusal(Operation::SwitchAccountType, reason, Some(user.id.clone()), "", origin).await;
        }
        bound
    }

    async fn bound_for(&self, user: &User, name: &str, password: &Password) -> Result<Bound, SignInError> {
        let name_there = name.to_lowercase();
        self.count(Counted::SignInsByAccount, Whose::Account(&name_there))?;
        // Whose the name is there counts too: own sign-ins forgive what is counted at the account.
        let digest = self.keys.digest(Purpose::UnknownLogin, &format!("ldap {name_there}"));
        if let Some(until) = self.strangers.attempt(&digest, &self.rules.lock, self.clock.now()) {
            return Err(self.locked(until));
        }
        let tried = self.try_account(&LoginName::Id(user.id.clone()), None).await?;
        let trial = tried.ok_or(SignInError::InvalidCredentials)?;
        if !trial.attempt.is_open {
            return Err(self.locked(trial.attempt.locked_until));
        }
        match self.providers.bind(name, password).await {
            Ok(Bound::Wrong) => Err(SignInError::InvalidCredentials),
            other => {
                self.give_back(&trial.counted()).await?;
                Ok(other?)
            }
        }
    }

    /// Counts a try against what limits it: the network, the name, and the account or, where nobody has the name, the name again.
    pub(super) async fn counted(&self, claim: &Claim, client: &Client) -> Result<Tried, SignInError> {
        self.count(Counted::SignInsByAddress, Whose::Network(client.address.network()))?;
        let typed = claim.typed.to_lowercase();
        let of_name = || self.count(Counted::SignInsByAccount, Whose::Account(&typed));
        // The place first: whose password nobody is going to look at has not tried it.
        let place = match self.passwords.admit() {
            Ok(place) => of_name().map(|()| place),
            Err(crowded) => Err(crowded.into()),
        };
        let place = match place {
            Ok(place) => Some(place),
            // Strangers keep its holder out there neither by trying his name nor by being many.
            Err(refused) if self.is_on_known_device(claim).await? => {
                if let SignInError::Passwords(_) = refused {
                    // This try is looked at without a place, and is none for free.
                    drop(of_name());
                }
                None
            }
            Err(refused) => return Err(refused),
        };
        if let Some(login) = &claim.login
            && let Some(trial) = self.try_account(login, claim.device.as_ref()).await?
        {
            return Ok(Tried::Account(Box::new(Trial { place, ..trial })));
        }
        if typed.is_empty() {
            return Ok(Tried::Nobody(None, place));
        }
        let name = self.keys.digest(Purpose::UnknownLogin, &typed);
        Ok(Tried::Nobody(self.strangers.attempt(&name, &self.rules.lock, self.clock.now()), place))
    }

    /// Whether a sign-in comes from a device that the account knows. A look only: anybody may make such a token up, and this is asked
    /// of those who have used their tries up.
    async fn is_on_known_device(&self, claim: &Claim) -> Result<bool, StoreError> {
        let (Some(login), Some(token)) = (&claim.login, claim.device.as_ref().filter(|_| self.rules.knows_devices)) else {
            return Ok(false);
        };
        let mut reading = self.store.read().await?;
        let user = match login {
            LoginName::Id(id) => reading.users().by_id(id).await?,
            LoginName::Text(text) => reading.users().by_login(text).await?,
        };
        let Some(user) = user else { return Ok(false) };
        let hashes = self.keys.candidates(Purpose::KnownDevice, token.expose());
        reading.known_devices().is_known(&user.id, &hashes).await
    }

    async fn try_account(&self, login: &LoginName, device: Option<&Token>) -> Result<Option<Trial>, StoreError> {
        let (rules, now) = (&self.rules.lock, self.clock.now());
        let mut work = self.store.begin().await?;
        let Some(attempt) = work.credentials().attempt(login, rules, now).await? else { return Ok(None) };
        let mut counter = if attempt.is_open { Counter::Account } else { Counter::None };
        let mut is_known = false;
        if let Some(token) = device.filter(|_| self.rules.knows_devices && attempt.user.bot.is_none()) {
            let hashes = self.keys.candidates(Purpose::KnownDevice, token.expose());
            is_known = work.known_devices().is_known(&attempt.user.id, &hashes).await?;
            if !attempt.is_open && work.known_devices().attempt(&attempt.user.id, &hashes, rules, now).await? {
                counter = Counter::Device(hashes);
            }
        }
        work.commit().await?;
        Ok(Some(Trial { attempt, counter, is_known, place: None, renewed: None }))
    }

    /// Checks a password against what a try found, always at the cost of one check.
    pub(super) async fn verified(&self, tried: Tried, password: &Password) -> Result<Trial, SignInError> {
        let mut trial = match tried {
            Tried::Nobody(locked_until, _place) => {
                self.passwords.verify(password, None).await?;
                return Err(locked_until.map_or(SignInError::InvalidCredentials, |until| self.locked(until)));
            }
            Tried::Account(trial) => *trial,
        };
        let is_open = !matches!(trial.counter, Counter::None);
        let stored = trial.attempt.hash.clone().filter(|_| is_open);
        let checked = self.checked_by(&trial, password, stored.clone()).await;
        trial.place = None;
        let verdict = match checked {
            Ok(verdict) => verdict,
            Err(error) => {
                // Nobody looked at the password, so the try does not count.
                self.give_back(&trial.counted()).await?;
                return Err(error.into());
            }
        };
        match (verdict, stored) {
            (Verdict::Right { renewed }, Some(verified)) => {
                trial.renewed = renewed.map(|renewed| Renewal { verified, renewed });
                Ok(trial)
            }
            _ if trial.attempt.user.bot.is_some() => Err(SignInError::Bot),
            _ if !is_open => Err(self.locked(trial.attempt.locked_until)),
            (_, None) if trial.attempt.user.identity.service == LDAP => self.bound(trial, password).await,
            _ => Err(SignInError::InvalidCredentials),
        }
    }

    async fn checked_by(&self, trial: &Trial, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, PasswordsError> {
        if trial.is_known { self.passwords.verify_known(password, stored).await } else { self.passwords.verify(password, stored).await }
    }

    /// Asks the directory, which has its own limit: ours is reached before, and then it is not asked any more.
    async fn bound(&self, trial: Trial, password: &Password) -> Result<Trial, SignInError> {
        let name = trial.attempt.user.identity.subject.clone().unwrap_or_default();
        match self.providers.bind(&name, password).await {
            Ok(Bound::Right { .. }) => Ok(trial),
            Ok(Bound::Wrong | Bound::NotSetUp) => Err(SignInError::InvalidCredentials),
            Err(error) => {
                self.give_back(&trial.counted()).await?;
                Err(error.into())
            }
        }
    }

    /// Gives a counted try back: the password was right, or was never looked at.
    pub(super) async fn give_back(&self, CountedTry { user, counter }: &CountedTry) -> Result<(), StoreError> {
        let mut work = self.store.begin().await?;
        match counter {
            Counter::Account => work.credentials().give_back(user).await?,
            Counter::Device(hashes) => work.known_devices().give_back(user, hashes).await?,
            Counter::None => return Ok(()),
        }
        work.commit().await
    }

    pub(super) fn locked(&self, until: Timestamp) -> SignInError {
        let wait = until.since(self.clock.now());
        // For ever is no time to come back at.
        SignInError::Locked((wait <= super::LONGEST_LOCK).then_some(wait))
    }
}
