//! Changing accounts.

use super::{
    Accounts, Actor, AuditEntry, Event, Forbidden, InvalidUser, Operation, Origin, Password, PasswordsError, StoreError, Timestamp,
    UniqueField, User, UserId, acting, notice, operations, permit,
};
use crate::permission::Permitted;
use crate::provider::{LDAP, has_own_addresses};
use crate::recent_status;
use crate::sign_in::SignInError;
use crate::status::{Presence, Status};
use crate::store::UnitOfWork;
use crate::user::patch::{Patch, Replacement};
use crate::user::shown::ShownUser;
use crate::username::Username;

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// The field belongs to the account's provider.
    #[error("the field {0} is set by the account's provider")]
    Provided(&'static str),
    /// The account's directory alone decides its address.
    #[error("the address is set by the account's directory")]
    Directory,
    /// Addresses of other domains alone are taken here.
    #[error("addresses of this domain are not taken")]
    Domain {
        /// Whether the rule is that of guests.
        is_guest: bool,
    },
    /// Another address needs the password.
    #[error("another address needs the password")]
    PasswordNeeded,
    /// The password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// Too many wrong passwords in a row.
    #[error("the account is locked for too many wrong passwords")]
    Locked,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidUser),
    /// Another account holds the name or the address.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The password was not checked.
    #[error(transparent)]
    Passwords(PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(field) => Self::Taken(field),
            other => Self::Store(other),
        }
    }
}

impl From<SignInError> for ChangeError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Locked(_) => Self::Locked,
            SignInError::Passwords(error) => Self::Passwords(error),
            SignInError::Store(error) => Self::Store(error),
            SignInError::BlankPassword
            | SignInError::InvalidCredentials
            | SignInError::Inactive
            | SignInError::Bot
            | SignInError::Remote
            | SignInError::FactorNeeded
            | SignInError::WrongCode
            | SignInError::Unverified
            | SignInError::Seal(_)
            | SignInError::Provider(_)
            | SignInError::TooMany(_) => Self::WrongPassword,
        }
    }
}

impl Accounts {
    /// Changes fields of an account. Who changes his own address shows his password.
    ///
    /// # Errors
    ///
    /// [`ChangeError`] names the first check that failed; nothing is changed then.
    #[tracing::instrument(skip_all)]
    pub async fn patch(
        &self,
        actor: &Actor,
        id: &UserId,
        wanted: Patch,
        password: &Password,
        origin: &Origin,
    ) -> Result<ShownUser, ChangeError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::PatchUser>(actor, seen.as_ref())?;
        let seen = seen.ok_or(ChangeError::Missing)?;
        self.check::<operations::PatchUser>(actor, &seen, &wanted, password, origin).await?;
        let apply = |user: User, now| wanted.apply(user, now);
        self.write::<operations::PatchUser>(actor, &seen, apply, origin).await
    }

    /// Replaces what somebody says of himself: what is not given becomes empty. Who changes his own address shows his password.
    ///
    /// # Errors
    ///
    /// [`ChangeError`] names the first check that failed; nothing is changed then.
    #[tracing::instrument(skip_all)]
    pub async fn update(
        &self,
        actor: &Actor,
        id: &UserId,
        wanted: Replacement,
        password: &Password,
        origin: &Origin,
    ) -> Result<ShownUser, ChangeError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::UpdateUser>(actor, seen.as_ref())?;
        let seen = seen.ok_or(ChangeError::Missing)?;
        self.check::<operations::UpdateUser>(actor, &seen, &wanted.patch, password, origin).await?;
        let has_timezone = wanted.timezone.is_some();
        let apply = |user: User, now| wanted.apply(user, now);
        let mut shown = self.write::<operations::UpdateUser>(actor, &seen, apply, origin).await?;
        // Who said nothing of it hears nothing of it.
        shown.user.profile.timezone = shown.user.profile.timezone.filter(|_| has_timezone);
        Ok(shown)
    }

    /// Sets the status that people write for themselves, as the text of a JSON object, or takes it away.
    ///
    /// # Errors
    ///
    /// [`ChangeError`] names the first check that failed; nothing is changed then.
    #[tracing::instrument(skip_all)]
    pub async fn set_custom_status<O: Permitted>(
        &self,
        actor: &Actor,
        id: &UserId,
        status: Option<String>,
        origin: &Origin,
    ) -> Result<(), ChangeError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<O>(actor, seen.as_ref())?;
        let seen = seen.ok_or(ChangeError::Missing)?;
        let apply = |user: User, now| {
            let mut props = user.profile.props.clone();
            props.insert("customStatus".to_owned(), status.unwrap_or_default());
            Patch { props: Some(props), ..Patch::default() }.apply(user, now)
        };
        self.write::<O>(actor, &seen, apply, origin).await.map(drop)
    }

    /// Whether an account may get another name and address, and its holder has shown that he is the one who asks.
    async fn check<O: Permitted>(
        &self,
        actor: &Actor,
        seen: &User,
        wanted: &Patch,
        password: &Password,
        origin: &Origin,
    ) -> Result<(), ChangeError> {
        check_provided(seen, wanted)?;
        // A whole account without an address asks for no other one: it is refused by its form.
        let is_left_out = |email: &str| O::OPERATION == Operation::UpdateUser && email.trim().is_empty();
        let address = wanted.new_email(seen).filter(|email| !is_left_out(email));
        if address.is_some() && actor.user_id() == Some(&seen.id) {
            self.prove::<O>(&seen.id, password, origin).await?;
        }
        let name = wanted.username.as_deref().and_then(|name| Username::parse(name).ok()).filter(|name| *name != seen.username);
        if let Some(name) = name
            && self.store.read().await?.groups().has_name(name.as_str()).await?
        {
            return Err(ChangeError::Taken(UniqueField::Username));
        }
        address.map_or(Ok(()), |address| self.check_domain_of(seen, address))
    }

    async fn prove<O: Permitted>(&self, id: &UserId, password: &Password, origin: &Origin) -> Result<(), ChangeError> {
        if password.is_empty() {
            return Err(ChangeError::PasswordNeeded);
        }
        match O::OPERATION {
            // It answers a wrong one with 401.
            Operation::PatchUser => self.sign_ins.prove(id, password).await?,
            other => self.sign_ins.prove_on_record(other, id, password, origin).await?,
        }
        Ok(())
    }

    fn check_domain_of(&self, seen: &User, address: &str) -> Result<(), ChangeError> {
        if has_own_addresses(&seen.identity.service) {
            return Ok(());
        }
        let (domains, is_guest) = if seen.is_guest() { (&self.rules.guest_domains, true) } else { (&self.rules.domains, false) };
        if domains.take(address) { Ok(()) } else { Err(ChangeError::Domain { is_guest }) }
    }

    async fn write<O: Permitted>(
        &self,
        actor: &Actor,
        seen: &User,
        apply: impl FnOnce(User, Timestamp) -> Result<User, InvalidUser> + Send,
        origin: &Origin,
    ) -> Result<ShownUser, ChangeError> {
        let now = self.clock.now();
        let mut work = acting::begin::<ChangeError>(&*self.store, actor, &[&seen.id]).await?;
        let before = work.users().locked(&seen.id).await?.ok_or(ChangeError::Missing)?;
        // The account may have risen in rank since it was looked at.
        permit::<O>(actor, Some(&before))?;
        let after = apply(before.clone(), now)?;
        if before.identity.service == LDAP && after.email != before.email {
            return Err(ChangeError::Directory);
        }
        let is_own = actor.user_id() == Some(&seen.id);
        if is_own && after.email != before.email && (before.credential_epoch != seen.credential_epoch || before.email != seen.email) {
            // The password that was shown may count no more, or none was asked for since that was the address.
            return Err(ChangeError::WrongPassword);
        }
        if after.username != before.username && work.groups().has_name(after.username.as_str()).await? {
            return Err(ChangeError::Taken(UniqueField::Username));
        }
        work.users().update(&after).await?;
        if after.username != before.username {
            let event = Event::Renamed(before.username.as_str().to_owned());
            notice::post(&mut *work, &self.postbox, event, &after, now).await?;
        }
        if after.email != before.email {
            self.move_address(&mut *work, &before, &after, now).await?;
        }
        if O::OPERATION == Operation::PatchUser {
            follow_answering_machine(&mut *work, &before, &after, now).await?;
        }
        if O::OPERATION == Operation::UpdateUserCustomStatus
            && let Some(status) = after.profile.props.get("customStatus")
        {
            recent_status::keep(&mut *work, &after.id, status).await?;
        }
        let (was, is) = changed(&before, &after);
        let entry = self.done(O::OPERATION, actor, &seen.id, now, origin);
        // What people write for a moment is no part of what they are shown to have done.
        let is_shown = matches!(O::OPERATION, Operation::UpdateUser | Operation::PatchUser);
        let entry = AuditEntry { before: Some(was), after: Some(is), shown_as: is_shown.then(String::new), ..entry };
        work.audits().record(&[entry]).await?;
        work.commit().await?;
        Ok(after.shown_whole())
    }
}

/// Makes somebody out of office when his answering machine is switched on, and there again when it is switched off.
async fn follow_answering_machine(work: &mut dyn UnitOfWork, before: &User, after: &User, now: Timestamp) -> Result<(), StoreError> {
    let presence = match (before.has_answering_machine_on(), after.has_answering_machine_on()) {
        (false, true) => Presence::OutOfOffice,
        (true, false) => Presence::Online,
        (false, false) | (true, true) => return Ok(()),
    };
    let is_manual = presence == Presence::OutOfOffice;
    work.statuses().put(&Status { presence, is_manual, last_activity_at: now, ..Status::unknown(after.id.clone()) }).await
}

/// Refuses what an account's provider decides.
fn check_provided(user: &User, wanted: &Patch) -> Result<(), ChangeError> {
    if user.identity.service.is_empty() {
        return Ok(());
    }
    let differs = |wanted: &Option<String>, held: &str| wanted.as_deref().is_some_and(|text| text != held);
    if differs(&wanted.username, user.username.as_str()) {
        return Err(ChangeError::Provided("username"));
    }
    let is_renamed = differs(&wanted.first_name, &user.profile.first_name) || differs(&wanted.last_name, &user.profile.last_name);
    if user.identity.is_of_oauth() && is_renamed {
        return Err(ChangeError::Provided("full name"));
    }
    Ok(())
}

/// The fields that differ, as they were and as they are.
pub(crate) fn changed(before: &User, after: &User) -> (serde_json::Value, serde_json::Value) {
    let (was, is) = (fields(before), fields(after));
    let mut sides = (serde_json::Map::new(), serde_json::Map::new());
    for ((name, was), (_, is)) in was.into_iter().zip(is) {
        if was != is {
            sides.0.insert(name.to_owned(), was);
            sides.1.insert(name.to_owned(), is);
        }
    }
    (sides.0.into(), sides.1.into())
}

fn fields(user: &User) -> [(&'static str, serde_json::Value); 12] {
    let profile = &user.profile;
    [
        ("username", user.username.as_str().into()),
        ("email", user.email.as_str().into()),
        ("email_verified", user.is_email_verified.into()),
        ("allow_marketing", user.allows_marketing.into()),
        ("nickname", profile.nickname.as_str().into()),
        ("first_name", profile.first_name.as_str().into()),
        ("last_name", profile.last_name.as_str().into()),
        ("position", profile.position.as_str().into()),
        ("locale", profile.locale.as_str().into()),
        ("timezone", serde_json::json!(profile.timezone)),
        ("props", serde_json::json!(profile.props)),
        ("notify_props", serde_json::json!(profile.notify_props)),
    ]
}

#[cfg(test)]
mod tests;
