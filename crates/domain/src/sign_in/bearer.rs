//! Whom a token belongs to, and what its use leaves behind.

use super::SignIns;
use crate::access_token::{TokenOwner, is_misspelt};
use crate::actor::Principal;
use crate::client::ClientAddress;
use crate::credential::{KeyId, Token};
use crate::id::{AccessTokenId, SessionId};
use crate::limit::{Counted, Standing, Whose};
use crate::port::Purpose;
use crate::session::{SignedIn, Touch};
use crate::store::{Held, Shown, StoreError};
use crate::time::Timestamp;

/// Whom a token belongs to.
#[derive(Debug)]
pub enum Bearer {
    /// A session that lives, or an access token that counts, and its account.
    Known(Box<Held>),
    /// Nobody.
    Unknown,
    /// Nobody, and this network has shown too many such tokens.
    TooMany(Standing),
}

/// The use of a session or an access token, to be written down.
#[derive(Debug, Clone)]
pub enum Use {
    /// A session's.
    Session(SessionId, Touch),
    /// An access token's.
    AccessToken(AccessTokenId, Touch),
}

impl SignIns {
    /// Tells whom a token belongs to now. Anybody's guess costs the same look-up.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn bearer(&self, token: &Token, address: ClientAddress) -> Result<Bearer, StoreError> {
        let text = token.expose();
        let hashes = |purpose| self.keys.candidates(purpose, text);
        let found = if is_misspelt(text) {
            None
        } else {
            let shown = Shown { sessions: hashes(Purpose::Session), access_tokens: hashes(Purpose::AccessToken) };
            self.store.read().await?.sessions().by_token(&shown).await?
        };
        let now = self.clock.now();
        Ok(match found.filter(|held| self.counts(held, now)) {
            Some(held) => Bearer::Known(Box::new(held)),
            None => match self.limits.take(Counted::UnknownTokensByAddress, Whose::Network(address.network())) {
                Some(standing) if !standing.is_allowed() => Bearer::TooMany(standing),
                _ => Bearer::Unknown,
            },
        })
    }

    /// Who acts by what a token stands for, with what the rules ask of him first.
    #[must_use]
    pub fn principal(&self, held: Held) -> Principal {
        let principal = Principal::from(held);
        let (lacks_factor, now) = (self.must_add_factor(&principal.user), self.clock.now());
        let is_stale = self.rules.fresh_for.is_some_and(|most| now.since(principal.proof.authenticated_at) > most);
        Principal { lacks_factor, is_stale, ..principal }
    }

    /// Whether what a token stands for lets its account in.
    fn counts(&self, held: &Held, now: Timestamp) -> bool {
        match held {
            Held::Session(SignedIn { session, user, .. }) => user.is_active() && self.rules.lengths.allow(session, now),
            Held::AccessToken(TokenOwner { token, user, .. }) => {
                let is_wanted = self.rules.tokens.are_enabled || user.bot.is_some();
                is_wanted && token.is_live(now) && user.is_active() && !user.is_remote()
            }
        }
    }

    /// What is to be written down of a token's use, if it is time to: at most every five minutes, or to move it to the current key.
    #[must_use]
    pub fn due_use(&self, held: &Held, token: &Token, address: ClientAddress) -> Option<Use> {
        let now = self.clock.now();
        let moved = |key: &KeyId, purpose| (*key != self.keys.current()).then(|| self.keys.digest(purpose, token.expose()));
        match held {
            Held::Session(SignedIn { session, key, .. }) => {
                let moved = moved(key, Purpose::Session);
                let touch = Touch { at: now, address, token: moved, expires_at: self.rules.lengths.extended(session, now) };
                (touch.token.is_some() || session.is_touch_due(now)).then(|| Use::Session(session.id.clone(), touch))
            }
            Held::AccessToken(TokenOwner { token: held, key, .. }) => {
                let touch = Touch { at: now, address, token: moved(key, Purpose::AccessToken), expires_at: None };
                (touch.token.is_some() || held.is_touch_due(now)).then(|| Use::AccessToken(held.id.clone(), touch))
            }
        }
    }

    /// Writes down the use of a session or an access token.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it could not be written.
    #[tracing::instrument(skip_all)]
    pub async fn note(&self, usage: &Use) -> Result<(), StoreError> {
        let mut work = self.store.begin().await?;
        match usage {
            Use::Session(id, touch) => work.sessions().touch(id, touch).await?,
            Use::AccessToken(id, touch) => work.access_tokens().touch(id, touch).await?,
        }
        work.commit().await
    }

    /// The value that proves that a request with a session's or an access token's cookie was not forged by another site.
    #[must_use]
    pub fn csrf(&self, credential_id: &str) -> String {
        self.keys.digest(Purpose::Csrf, credential_id).value().to_owned()
    }

    /// Whether a request shows that value.
    #[must_use]
    pub fn is_csrf(&self, credential_id: &str, presented: &str) -> bool {
        self.keys.matches(Purpose::Csrf, credential_id, presented)
    }
}
