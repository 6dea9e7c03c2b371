//! Devices that somebody has signed in with before.

use super::{Claim, SignIns};
use crate::credential::Token;
use crate::device::{DEVICES_PER_USER, NewDevice};
use crate::id::CredentialId;
use crate::notice::{self, Event};
use crate::port::Purpose;
use crate::session::Session;
use crate::store::{StoreError, UnitOfWork};
use crate::user::User;

impl SignIns {
    /// Writes down that a device was used to sign in with in full; gives a token where it is to be known from now on. Who was
    /// known on others hears of it.
    pub(super) async fn note_device(
        &self,
        work: &mut dyn UnitOfWork,
        user: &User,
        claim: &Claim,
        session: &Session,
    ) -> Result<Option<Token>, StoreError> {
        if !self.rules.knows_devices || !claim.keeps_device {
            return Ok(None);
        }
        let now = session.created_at;
        if let Some(shown) = &claim.device {
            let hashes = self.keys.candidates(Purpose::KnownDevice, shown.expose());
            if work.known_devices().recognise(&user.id, &hashes, now).await? {
                return Ok(None);
            }
        }
        let token = Token::from_random(self.randomness.bits());
        let device = NewDevice {
            id: CredentialId::from_random(self.randomness.bits()),
            user_id: user.id.clone(),
            hash: self.keys.digest(Purpose::KnownDevice, token.expose()),
            created_at: now,
        };
        if work.known_devices().know(&device, DEVICES_PER_USER).await? {
            notice::post(work, &self.postbox, Event::NewDevice(session.user_agent.clone()), user, now).await?;
        }
        Ok(Some(token))
    }
}
