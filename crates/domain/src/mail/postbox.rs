//! Where use cases put letters.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{ClaimedMail, InvalidLetter, Letter, NewMail, SealedMail};
use crate::credential::Sealed;
use crate::id::{MailId, UserId};
use crate::port::{Randomness, SealContext, SealError, SealPurpose, Sealer};
use crate::store::{StoreError, UnitOfWork};
use crate::time::Timestamp;
use crate::use_cases::Ports;

/// Seals letters and puts them into the outbox; takes none where the service sends no mail.
#[derive(Clone)]
pub struct Postbox {
    sealer: Arc<dyn Sealer>,
    randomness: Arc<dyn Randomness>,
    is_open: bool,
}

impl Postbox {
    /// A postbox on these ports.
    #[must_use]
    pub fn new(ports: &Ports) -> Self {
        Self { sealer: ports.sealer.clone(), randomness: ports.randomness.clone(), is_open: ports.sends_mail }
    }

    /// Whether the service sends mail at all.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Puts a letter into the outbox of a unit of work; `expires` is when it is of no use any more. The account's removal takes it along.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it could not be put there.
    pub async fn put(
        &self,
        work: &mut dyn UnitOfWork,
        user: Option<&UserId>,
        letter: &Letter,
        expires: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        if !self.is_open {
            return Ok(());
        }
        let id = MailId::from_random(self.randomness.bits());
        let written = letter.written().map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let sealed = self.sealer.seal(SealPurpose::Outbox, context(&id), &written);
        let sealed = sealed.map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        let mail = NewMail { id, user_id: user.cloned(), kind: letter.kind, sealed, created_at: letter.at, expires_at: expires };
        work.outbox().put(&[mail]).await
    }

    /// The letter of a row.
    ///
    /// # Errors
    ///
    /// [`InvalidLetter`] when none of the service's keys opens it, or it holds no letter.
    pub fn open(&self, mail: &ClaimedMail) -> Result<Letter, InvalidLetter> {
        let written = self.sealer.open(SealPurpose::Outbox, context(&mail.id), &mail.sealed).map_err(|_| InvalidLetter)?;
        Letter::read(written.expose_secret())
    }

    /// A letter sealed under the current key; nothing when none of the service's keys opens it.
    pub(super) fn resealed(&self, mail: &SealedMail) -> Result<Option<Sealed>, SealError> {
        let Ok(written) = self.sealer.open(SealPurpose::Outbox, context(&mail.id), &mail.sealed) else { return Ok(None) };
        self.sealer.seal(SealPurpose::Outbox, context(&mail.id), written.expose_secret()).map(Some)
    }
}

/// Where a letter lies: sealed for one row, it opens in no other.
fn context(id: &MailId) -> SealContext<'_> {
    SealContext { table: "outbox", row: id.as_str(), column: "payload" }
}
