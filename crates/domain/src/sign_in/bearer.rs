//! Whom a token belongs to, and what its use leaves behind.

use super::SignIns;
use crate::client::ClientAddress;
use crate::credential::Token;
use crate::id::SessionId;
use crate::limit::{Counted, Standing, Whose};
use crate::port::Purpose;
use crate::session::{SignedIn, Touch};
use crate::store::StoreError;

/// Whom a token belongs to.
#[derive(Debug)]
pub enum Bearer {
    /// A session that lives, and its account.
    Known(Box<SignedIn>),
    /// Nobody.
    Unknown,
    /// Nobody, and this network has shown too many such tokens.
    TooMany(Standing),
}

impl SignIns {
    /// Tells whom a token belongs to now. Anybody's guess costs the same look-up.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn bearer(&self, token: &Token, address: ClientAddress) -> Result<Bearer, StoreError> {
        let hashes = self.keys.candidates(Purpose::Session, token.expose());
        let found = self.store.read().await?.sessions().by_token(&hashes).await?;
        let now = self.clock.now();
        let live = found.filter(|signed_in| signed_in.session.is_live(now) && signed_in.user.is_active());
        Ok(match live {
            Some(signed_in) => Bearer::Known(Box::new(signed_in)),
            None => match self.limits.take(Counted::UnknownTokensByAddress, Whose::Network(address.network())) {
                Some(standing) if !standing.is_allowed() => Bearer::TooMany(standing),
                _ => Bearer::Unknown,
            },
        })
    }

    /// What is to be written down of a session's use, if it is time to: at most every five minutes, or to move a token to the
    /// current key.
    #[must_use]
    pub fn due_touch(&self, signed_in: &SignedIn, token: &Token, address: ClientAddress) -> Option<Touch> {
        let now = self.clock.now();
        let moved = (signed_in.key != self.keys.current()).then(|| self.keys.digest(Purpose::Session, token.expose()));
        let is_due = moved.is_some() || signed_in.session.is_touch_due(now);
        is_due.then_some(Touch { at: now, address, token: moved })
    }

    /// Writes down the use of a session.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it could not be written.
    #[tracing::instrument(skip_all)]
    pub async fn touch(&self, session: &SessionId, touch: &Touch) -> Result<(), StoreError> {
        let mut work = self.store.begin().await?;
        work.sessions().touch(session, touch).await?;
        work.commit().await
    }

    /// The value that proves that a request of a session was not forged by another site.
    #[must_use]
    pub fn csrf(&self, session: &SessionId) -> String {
        self.keys.digest(Purpose::Csrf, session.as_str()).value().to_owned()
    }

    /// Whether a request shows that value.
    #[must_use]
    pub fn is_csrf(&self, session: &SessionId, presented: &str) -> bool {
        self.keys.matches(Purpose::Csrf, session.as_str(), presented)
    }
}
