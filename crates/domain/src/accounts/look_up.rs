//! Looking at accounts.

use super::{Accounts, Actor, Forbidden, Permission, Permit, Privacy, StoreError, User, UserId, Username, operations, permit};
use crate::email::Email;
use crate::permission::Permitted;
use crate::time::Timestamp;
use crate::user::shown::{ShownUser, Viewer};

/// An account as one viewer gets it, and how close he is to it.
#[derive(Debug)]
pub struct Seen {
    /// The account.
    pub shown: ShownUser,
    /// How close the viewer is.
    pub viewer: Viewer,
}

/// Why an account is not shown.
#[derive(Debug, thiserror::Error)]
pub enum LookUpError {
    /// The viewer may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Addresses are not to be searched for here.
    #[error("mail addresses are hidden")]
    HiddenAddresses,
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Accounts {
    /// Shows the account of an id.
    ///
    /// # Errors
    ///
    /// [`LookUpError::Forbidden`] comes before [`LookUpError::Missing`]: who sees nobody does not learn who there is.
    #[tracing::instrument(skip_all)]
    pub async fn user(&self, actor: &Actor, id: &UserId) -> Result<Seen, LookUpError> {
        let target = match actor.user() {
            Some(own) if own.id == *id => Some(own.clone()),
            _ => self.store.read().await?.users().by_id(id).await?,
        };
        let permit = permit::<operations::GetUser>(actor, target.as_ref())?;
        self.seen(permit, actor, target)
    }

    /// Shows the account of a login name.
    ///
    /// # Errors
    ///
    /// [`LookUpError`], as for an id.
    #[tracing::instrument(skip_all)]
    pub async fn user_by_username(&self, actor: &Actor, username: &Username) -> Result<Seen, LookUpError> {
        let target = match actor.user() {
            Some(own) if own.username == *username => Some(own.clone()),
            _ => self.store.read().await?.users().by_username(username).await?,
        };
        let permit = permit::<operations::GetUserByUsername>(actor, target.as_ref())?;
        self.seen(permit, actor, target)
    }

    /// Shows the account of a mail address, its own holder no more than others.
    ///
    /// # Errors
    ///
    /// [`LookUpError::HiddenAddresses`] where people don't see each other's addresses.
    #[tracing::instrument(skip_all)]
    pub async fn user_by_email(&self, actor: &Actor, email: &Email) -> Result<ShownUser, LookUpError> {
        if !self.rules.privacy.shows_email && !actor.holds(Permission::ManageSystem) {
            return Err(LookUpError::HiddenAddresses);
        }
        let target = self.store.read().await?.users().by_email(email).await?;
        permit::<operations::GetUserByEmail>(actor, target.as_ref())?;
        let target = target.ok_or(LookUpError::Missing)?;
        Ok(target.shown_to(viewer_of_others(actor), self.rules.privacy))
    }

    /// Shows the accounts of some ids that changed after a time; what the viewer can't see is left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn users_by_ids(
        &self,
        _: Permit<operations::GetUsersByIds>,
        actor: &Actor,
        ids: &[UserId],
        since: Timestamp,
    ) -> Result<Vec<ShownUser>, StoreError> {
        let found = self.store.read().await?.users().by_ids(ids, since).await?;
        Ok(self.visible(actor, found))
    }

    /// Shows the accounts of some login names; what the viewer can't see is left out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn users_by_usernames(
        &self,
        _: Permit<operations::GetUsersByUsernames>,
        actor: &Actor,
        usernames: &[Username],
    ) -> Result<Vec<ShownUser>, StoreError> {
        let found = self.store.read().await?.users().by_usernames(usernames).await?;
        Ok(self.visible(actor, found))
    }

    fn seen<O: Permitted>(&self, _: Permit<O>, actor: &Actor, target: Option<User>) -> Result<Seen, LookUpError> {
        let user = target.ok_or(LookUpError::Missing)?;
        let viewer = if actor.user_id() == Some(&user.id) { Viewer::Own } else { viewer_of_others(actor) };
        Ok(Seen { shown: user.shown_to(viewer, self.rules.privacy), viewer })
    }

    fn visible(&self, actor: &Actor, found: Vec<User>) -> Vec<ShownUser> {
        let viewer = viewer_of_others(actor);
        let sees = |user: &User| permit::<operations::GetUser>(actor, Some(user)).is_ok();
        let privacy: Privacy = self.rules.privacy;
        found.into_iter().filter(sees).map(|user| user.shown_to(viewer, privacy)).collect()
    }
}

fn viewer_of_others(actor: &Actor) -> Viewer {
    if actor.holds(Permission::ManageSystem) { Viewer::Admin } else { Viewer::Other }
}
