//! Changing accounts.

use super::{
    Accounts, Actor, AuditEntry, Forbidden, InvalidUser, Operation, Origin, Outcome, Password, PasswordsError, Permit, StoreError,
    UniqueField, User, UserId, operations, permit,
};
use crate::sign_in::SignInError;
use crate::user::patch::Patch;
use crate::user::shown::ShownUser;

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// The field belongs to the account's provider.
    #[error("the field {0} is set by the account's provider")]
    Provided(&'static str),
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

impl From<StoreError> for PatchError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(field) => Self::Taken(field),
            other => Self::Store(other),
        }
    }
}

impl From<SignInError> for PatchError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Locked => Self::Locked,
            SignInError::Passwords(error) => Self::Passwords(error),
            SignInError::Store(error) => Self::Store(error),
            SignInError::BlankPassword
            | SignInError::InvalidCredentials
            | SignInError::Inactive
            | SignInError::Bot
            | SignInError::Remote
            | SignInError::FactorNeeded
            | SignInError::TooMany(_) => Self::WrongPassword,
        }
    }
}

impl Accounts {
    /// Changes fields of an account. Who changes his own address shows his password.
    ///
    /// # Errors
    ///
    /// [`PatchError`] names the first check that failed; nothing is changed then.
    #[tracing::instrument(skip_all)]
    pub async fn patch(
        &self,
        actor: &Actor,
        id: &UserId,
        mut wanted: Patch,
        password: &Password,
        origin: &Origin,
    ) -> Result<ShownUser, PatchError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        let permit = permit::<operations::PatchUser>(actor, seen.as_ref())?;
        let seen = seen.ok_or(PatchError::Missing)?;
        check_provided(&seen, &mut wanted)?;
        if actor.user_id() == Some(id) && wanted.new_email(&seen).is_some() {
            if password.is_empty() {
                return Err(PatchError::PasswordNeeded);
            }
            self.sign_ins.prove(id, password).await?;
        }
        self.write(permit, actor, id, wanted, origin).await
    }

    async fn write(
        &self,
        _: Permit<operations::PatchUser>,
        actor: &Actor,
        id: &UserId,
        wanted: Patch,
        origin: &Origin,
    ) -> Result<ShownUser, PatchError> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let before = work.users().locked(id).await?.ok_or(PatchError::Missing)?;
        // The account may have risen in rank since it was looked at.
        permit::<operations::PatchUser>(actor, Some(&before))?;
        let after = wanted.apply(before.clone(), now)?;
        work.users().update(&after).await?;
        let (was, is) = changed(&before, &after);
        let entry = AuditEntry::new(self.audit_id(), now, Operation::PatchUser, Outcome::Done, origin.clone());
        work.audits().record(&[AuditEntry { target: Some(id.clone()), before: Some(was), after: Some(is), ..entry.by(actor) }]).await?;
        work.commit().await?;
        Ok(after.shown_whole())
    }
}

/// Refuses what an account's provider decides, and drops an address that the provider will set again.
fn check_provided(user: &User, wanted: &mut Patch) -> Result<(), PatchError> {
    if user.identity.service.is_empty() {
        return Ok(());
    }
    let differs = |wanted: &Option<String>, held: &str| wanted.as_deref().is_some_and(|text| text != held);
    if differs(&wanted.username, user.username.as_str()) {
        return Err(PatchError::Provided("username"));
    }
    if differs(&wanted.first_name, &user.profile.first_name) || differs(&wanted.last_name, &user.profile.last_name) {
        return Err(PatchError::Provided("full name"));
    }
    wanted.email = None;
    Ok(())
}

/// The fields that differ, as they were and as they are.
fn changed(before: &User, after: &User) -> (serde_json::Value, serde_json::Value) {
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

fn fields(user: &User) -> [(&'static str, serde_json::Value); 11] {
    let profile = &user.profile;
    [
        ("username", user.username.as_str().into()),
        ("email", user.email.as_str().into()),
        ("email_verified", user.is_email_verified.into()),
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
