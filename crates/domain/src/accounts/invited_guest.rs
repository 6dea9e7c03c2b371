//! Guests whom the link of their invitation lets in by itself.

use super::{
    AccountRules, Accounts, Actor, Client, Origin, Password, Permit, Registration, Roles, StoreError, UniqueField, User, operations,
};
use crate::credential::Token;
use crate::directory::membership;
use crate::id::encode;
use crate::invitation::Invitation;
use crate::port::Purpose;
use crate::preference::Preference;
use crate::sign_in::{Claim, MAGIC_LINK, Opened, SignInError};
use crate::team::Team;
use crate::time::Timestamp;
use crate::user::ExternalIdentity;
use crate::username::Username;

/// Names that are tried for a guest.
const NAMES: u32 = 10;

/// Most characters of a name before others are added that tell it from another.
const STEM: usize = 56;

/// Why an account was not opened under a name.
enum NotOpened {
    /// Somebody has the name.
    Name,
    /// Nobody is let in.
    For(SignInError),
}

impl<E: Into<SignInError>> From<E> for NotOpened {
    fn from(error: E) -> Self {
        Self::For(error.into())
    }
}

impl Accounts {
    /// Begins a session for who holds the token of a link: that of an invitation which lets a guest in by itself, and opens his account
    /// first, or that of a mail to a guest who has one. Either is used up with it; where nobody is let in it is not.
    ///
    /// # Errors
    ///
    /// [`SignInError`] says why not; [`SignInError::InvalidCredentials`] does not tell what is wrong with the link.
    #[tracing::instrument(skip_all)]
    pub async fn sign_in_by_link(
        &self,
        _: Permit<operations::Login>,
        token: &Token,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, SignInError> {
        self.sign_ins.count_link(client)?;
        let hashes = self.keys.candidates(Purpose::GuestInvitation, token.expose());
        let found = self.store.read().await?.invitations().by_token(&hashes).await?;
        let Some(invitation) = found else { return self.sign_ins.sign_in_by_link(token, claim, client, origin).await };
        let result = self.let_guest_in(&invitation, claim, client, origin).await;
        if let Err(error) = &result {
            self.sign_ins.record_link(error, None, origin).await;
        }
        result
    }

    async fn let_guest_in(&self, invitation: &Invitation, claim: &Claim, client: &Client, origin: &Origin) -> Result<Opened, SignInError> {
        let is_allowed = self.sign_ins.rules().has_links && takes(&self.rules, invitation);
        if !is_allowed || invitation.has_expired(self.clock.now()) {
            return Err(SignInError::InvalidCredentials);
        }
        let team = self.store.read().await?.teams().by_id(&invitation.team_id).await?;
        let team = team.filter(|team| team.deleted_at == Timestamp::NEVER).ok_or(SignInError::InvalidCredentials)?;
        for number in 0..NAMES {
            let name = guest_name(&invitation.email, (number > 0).then(|| self.randomness.bits()));
            match self.open_guest(invitation, &team, name, claim, client, origin).await {
                Err(NotOpened::Name) => {}
                Err(NotOpened::For(error)) => return Err(error),
                Ok(opened) => return Ok(opened),
            }
        }
        Err(SignInError::InvalidCredentials)
    }

    /// Opens the account and begins its session in one unit of work, which uses the invitation up: of many at once one gets in.
    async fn open_guest(
        &self,
        invitation: &Invitation,
        team: &Team,
        name: String,
        claim: &Claim,
        client: &Client,
        origin: &Origin,
    ) -> Result<Opened, NotOpened> {
        if Username::parse(&name).is_err() {
            return Err(NotOpened::Name);
        }
        let guest = self.guest(invitation, name)?;
        let mut work = self.store.begin().await?;
        if !work.invitations().redeem(&invitation.id).await? {
            return Err(SignInError::InvalidCredentials.into());
        }
        if work.groups().has_name(guest.username.as_str()).await? {
            return Err(NotOpened::Name);
        }
        match work.users().insert(std::slice::from_ref(&guest)).await {
            Err(StoreError::Taken(UniqueField::Username)) => return Err(NotOpened::Name),
            // Somebody has an account under the address: the link is no way into it.
            Err(StoreError::Taken(_)) => return Err(SignInError::InvalidCredentials.into()),
            inserted => inserted?,
        }
        work.preferences().put(&Preference::of_newcomer(&guest.id)).await?;
        membership::join(&mut *work, team, &guest, guest.created_at).await?;
        membership::enter(&mut *work, &invitation.channels, &guest, guest.created_at).await?;
        work.audits().record(&[self.created_entry(&Actor::Nobody, &guest, origin)]).await?;
        Ok(self.sign_ins.enter_new(work, &guest.id, claim, client, origin).await?)
    }

    fn guest(&self, invitation: &Invitation, name: String) -> Result<User, SignInError> {
        let wanted = Registration::new(name, invitation.email.clone(), Password::from(String::new()));
        let user = wanted.into_user(self.birth()).map_err(|_| SignInError::InvalidCredentials)?;
        // Who holds a token that was sent to the address reads mail there.
        let identity = ExternalIdentity { service: MAGIC_LINK.to_owned(), subject: None };
        Ok(User { roles: Roles::guest(), is_email_verified: true, identity, ..user })
    }
}

/// Whether accounts are opened for such as an invitation is for.
fn takes(rules: &AccountRules, invitation: &Invitation) -> bool {
    rules.allows_sign_up && rules.guest_domains.take(&invitation.email)
}

/// A login name made of what an address has before its domain; with random bits, one that nobody has.
fn guest_name(email: &str, bits: Option<[u8; 16]>) -> String {
    let local = email.split('@').next().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let stem: String = local.chars().take(STEM).map(|c| if allowed(c) { c.to_ascii_lowercase() } else { '-' }).collect();
    bits.map_or_else(|| stem.clone(), |bits| stem.clone() + &encode(bits)[..8])
}

#[cfg(test)]
mod tests;
