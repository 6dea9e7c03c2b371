//! Switching between the ways of signing in: a password here, a directory, an identity provider.

use super::{
    Accounts, Actor, AuditEntry, Client, Operation, Origin, Password, PasswordsError, Permit, StoreError, Timestamp, UniqueField, User,
    WeakPassword, operations,
};
use crate::notice::{self, Event};
use crate::one_time::TokenKind;
use crate::provider::{Bound, LDAP, Provider, ProviderError};
use crate::session::{EndReason, Ending};
use crate::sign_in::{Claim, SignInError, text_login};
use crate::store::UnitOfWork;
use crate::user::ExternalIdentity;

/// From one way of signing in to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// From a password to a provider.
    ToProvider(Provider),
    /// From a provider to a password.
    FromProvider(Provider),
    /// From a password to the directory.
    ToDirectory,
    /// From the directory to a password.
    FromDirectory,
}

impl Switch {
    /// The switch between two ways as the wire names them; nothing where there is no such switch.
    #[must_use]
    pub fn between(current: &str, new: &str) -> Option<Self> {
        match (current, new) {
            ("email", LDAP) => Some(Self::ToDirectory),
            (LDAP, "email") => Some(Self::FromDirectory),
            ("email", provider) => Provider::from_id(provider).map(Self::ToProvider),
            (provider, "email") => Provider::from_id(provider).map(Self::FromProvider),
            _ => None,
        }
    }
}

/// What somebody shows to switch.
pub struct SwitchWanted {
    /// Which way.
    pub switch: Switch,
    /// The account's address.
    pub email: String,
    /// The password that counts now.
    pub password: Password,
    /// The one that is to count: here, or in the directory.
    pub new_password: Password,
    /// A code of the second factor.
    pub code: String,
    /// The name in the directory.
    pub directory_name: String,
}

/// Tells nothing of what was typed.
impl std::fmt::Debug for SwitchWanted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SwitchWanted").field("switch", &self.switch).finish_non_exhaustive()
    }
}

/// Where somebody goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwitchedTo {
    /// To the provider: nothing changes until he has shown it who he is.
    Provider(String),
    /// To signing in anew: his sessions have ended.
    SignIn,
}

/// Why nothing was switched.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The password or the code is wrong, or the account can't be signed in to.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// Nobody is signed in.
    #[error("sign in first")]
    NotSignedIn,
    /// It is somebody else's account.
    #[error("it is somebody else's account")]
    NotOwn,
    /// The account signs in another way than was said.
    #[error("the account signs in another way")]
    OtherSignIn,
    /// The account signs in by links in mails alone.
    #[error("the account signs in by links in mails")]
    MagicLink,
    /// The provider, or the directory, is not set up.
    #[error("it is not set up")]
    NotSetUp(Switch),
    /// The directory says another password is the right one.
    #[error("the directory's password is wrong")]
    WrongDirectoryPassword,
    /// Another account signs in by this name.
    #[error("another account signs in by this name")]
    Taken,
    /// The new password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The new password was not hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The provider does not answer.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for SwitchError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueField::Identity) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl Accounts {
    /// Switches an account to another way of signing in, for who shows that he may sign in to it now.
    ///
    /// # Errors
    ///
    /// [`SwitchError`] names the first check that failed; nothing is changed then.
    #[tracing::instrument(skip_all)]
    pub async fn switch(
        &self,
        _: Permit<operations::SwitchAccountType>,
        actor: &Actor,
        wanted: SwitchWanted,
        client: &Client,
        origin: &Origin,
    ) -> Result<SwitchedTo, SwitchError> {
        match wanted.switch {
            Switch::ToProvider(provider) => {
                let user = self.proven(&wanted, client, origin).await?;
                check_service(&user, "")?;
                let address = self.providers.link_address(provider, &user).await?;
                address.map(SwitchedTo::Provider).ok_or(SwitchError::NotSetUp(wanted.switch))
            }
            Switch::FromProvider(provider) => {
                let user = self.own(actor, &wanted.email, provider).await?;
                self.to_password(&user, &wanted.new_password, actor, origin).await
            }
            Switch::ToDirectory => {
                let user = self.proven(&wanted, client, origin).await?;
                check_service(&user, "")?;
                let bound = self.sign_ins.bind_for(&user, &wanted.directory_name, &wanted.new_password, origin).await;
                match bound {
                    Ok(Bound::Right { subject }) => self.to_directory(&user, subject, origin).await,
                    Ok(Bound::NotSetUp) => Err(SwitchError::NotSetUp(wanted.switch)),
                    Ok(Bound::Wrong) | Err(SignInError::InvalidCredentials) => Err(SwitchError::WrongDirectoryPassword),
                    Err(error) => Err(error.into()),
                }
            }
            Switch::FromDirectory => {
                if !self.providers.has_directory() {
                    return Err(SwitchError::NotSetUp(wanted.switch));
                }
                let user = match self.proven(&wanted, client, origin).await {
                    Err(SwitchError::SignIn(SignInError::InvalidCredentials)) => return Err(SwitchError::WrongDirectoryPassword),
                    other => other?,
                };
                check_service(&user, LDAP)?;
                self.to_password(&user, &wanted.new_password, actor, origin).await
            }
        }
    }

    async fn proven(&self, wanted: &SwitchWanted, client: &Client, origin: &Origin) -> Result<User, SwitchError> {
        // By the address alone: a username names nobody here.
        let login = text_login(&wanted.email).filter(|_| wanted.email.contains('@'));
        let claim = Claim { code: wanted.code.clone(), ..Claim::new(login, wanted.email.clone(), wanted.password.clone()) };
        Ok(self.sign_ins.prove_whole(Operation::SwitchAccountType, &claim, client, origin).await?)
    }

    /// The account of who acts, if it is the one that was named and signs in by the provider.
    async fn own(&self, actor: &Actor, email: &str, provider: Provider) -> Result<User, SwitchError> {
        let id = actor.user_id().ok_or(SwitchError::NotSignedIn)?;
        let user = self.store.read().await?.users().by_id(id).await?.filter(User::is_active).ok_or(SwitchError::NotSignedIn)?;
        if user.email.as_str() != email.to_lowercase() {
            return Err(SwitchError::NotOwn);
        }
        if user.identity.service == "magic_link" {
            return Err(SwitchError::MagicLink);
        }
        check_service(&user, provider.id())?;
        Ok(user)
    }

    async fn to_password(&self, user: &User, password: &Password, actor: &Actor, origin: &Origin) -> Result<SwitchedTo, SwitchError> {
        self.check_password(password, &[user.username.as_str(), user.email.as_str()])?;
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let before = work.users().locked(&user.id).await?.ok_or(SwitchError::NotSignedIn)?;
        check_proof(user, &before)?;
        check_service(&before, &user.identity.service)?;
        work.credentials().change(&self.new_password(&user.id, hash)).await?;
        let after = User { identity: ExternalIdentity::default(), ..before.clone() };
        self.end_switched(&mut *work, actor, &before, &after, now, origin).await?;
        work.commit().await?;
        Ok(SwitchedTo::SignIn)
    }

    async fn to_directory(&self, user: &User, subject: String, origin: &Origin) -> Result<SwitchedTo, SwitchError> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let before = work.users().locked(&user.id).await?.ok_or(SwitchError::OtherSignIn)?;
        check_proof(user, &before)?;
        check_service(&before, "")?;
        let identity = ExternalIdentity { service: LDAP.to_owned(), subject: Some(subject) };
        let after = User { identity, password_updated_at: now, updated_at: now.max(before.updated_at), ..before.clone() };
        work.users().update(&after).await?;
        work.credentials().remove_password(&user.id).await?;
        self.end_switched(&mut *work, &Actor::Nobody, &before, &after, now, origin).await?;
        work.commit().await?;
        Ok(SwitchedTo::SignIn)
    }

    /// Ends what another way of signing in ends, tells the holder, and writes it down.
    async fn end_switched(
        &self,
        work: &mut dyn UnitOfWork,
        actor: &Actor,
        before: &User,
        after: &User,
        now: Timestamp,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let ending = Ending { at: now, reason: EndReason::SignInMethodChanged, by: Some(before.id.clone()) };
        work.sessions().end_all(&before.id, None, &ending).await?;
        work.one_time_tokens().end(&before.id, &TokenKind::ENDED_BY_PASSWORD).await?;
        work.known_devices().forget(&before.id).await?;
        let service = Some(after.identity.service.as_str()).filter(|service| !service.is_empty());
        let event = Event::SignInMethodChanged(service.unwrap_or("email").to_owned());
        notice::post(work, &self.postbox, event, after, now).await?;
        let [was, is] = [before, after].map(|user| Some(serde_json::json!({ "auth_service": user.identity.service })));
        let entry = self.done(Operation::SwitchAccountType, actor, &before.id, now, origin);
        // Who has shown the account's password acts as its holder.
        let by_holder = Some(entry.actor.unwrap_or_else(|| before.id.clone()));
        let entry = AuditEntry { actor: by_holder, before: was, after: is, shown_as: Some("success".to_owned()), ..entry };
        work.audits().record(&[entry]).await
    }
}

/// What was shown may be no proof any more.
fn check_proof(seen: &User, before: &User) -> Result<(), SwitchError> {
    if seen.credential_epoch == before.credential_epoch { Ok(()) } else { Err(SignInError::InvalidCredentials.into()) }
}

fn check_service(user: &User, wanted: &str) -> Result<(), SwitchError> {
    if user.identity.service == wanted { Ok(()) } else { Err(SwitchError::OtherSignIn) }
}

#[cfg(test)]
mod tests;
