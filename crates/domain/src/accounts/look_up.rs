//! Looking at accounts.

use super::{Accounts, Actor, Forbidden, Permission, Permit, Privacy, StoreError, User, UserId, Username, operations, permit_known};
use crate::email::Email;
use crate::permission::Permitted;
use crate::store::Reading;
use crate::time::Timestamp;
use crate::user::query::View;
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
        let permit = self.permit_to_see::<operations::GetUser>(actor, target.as_ref()).await?;
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
        let permit = self.permit_to_see::<operations::GetUserByUsername>(actor, target.as_ref()).await?;
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
        self.permit_to_see::<operations::GetUserByEmail>(actor, target.as_ref()).await?;
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
        let found = self.store.read().await?.users().by_ids(ids, since, &view_of(actor)).await?;
        Ok(self.shown(actor, found))
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
        let found = self.store.read().await?.users().by_usernames(usernames, &view_of(actor)).await?;
        Ok(self.shown(actor, found))
    }

    /// Asks the table whether an actor sees an account; who sees only people he knows is looked up in his channels.
    pub(super) async fn permit_to_see<O: Permitted>(&self, actor: &Actor, target: Option<&User>) -> Result<Permit<O>, LookUpError> {
        let is_known = match (view_of(actor), target) {
            (View::KnownTo(own), Some(target)) if own != target.id => {
                self.store.read().await?.users().share_channel(&own, &target.id).await?
            }
            _ => false,
        };
        Ok(permit_known::<O>(actor, target, is_known)?)
    }

    /// Those of some ids that an actor sees, his own among them.
    pub(crate) async fn visible(&self, reading: &mut dyn Reading, actor: &Actor, ids: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let view = view_of(actor);
        if view == View::Everybody {
            return Ok(ids.to_vec());
        }
        let mut seen: Vec<_> = reading.users().by_ids(ids, Timestamp::NEVER, &view).await?.into_iter().map(|user| user.id).collect();
        seen.extend(actor.user_id().filter(|own| ids.contains(own) && !seen.contains(own)).cloned());
        Ok(seen)
    }

    fn seen<O: Permitted>(&self, _: Permit<O>, actor: &Actor, target: Option<User>) -> Result<Seen, LookUpError> {
        let user = target.ok_or(LookUpError::Missing)?;
        let viewer = if actor.user_id() == Some(&user.id) { Viewer::Own } else { viewer_of_others(actor) };
        Ok(Seen { shown: user.shown_to(viewer, self.rules.privacy), viewer })
    }

    /// Accounts as an actor sees others.
    pub(super) fn shown(&self, actor: &Actor, found: Vec<User>) -> Vec<ShownUser> {
        let viewer = viewer_of_others(actor);
        let privacy: Privacy = self.rules.privacy;
        found.into_iter().map(|user| user.shown_to(viewer, privacy)).collect()
    }
}

pub(super) fn viewer_of_others(actor: &Actor) -> Viewer {
    if actor.holds(Permission::ManageSystem) { Viewer::Admin } else { Viewer::Other }
}

/// Whom an actor may see at all.
pub(super) fn view_of(actor: &Actor) -> View {
    match actor.user_id() {
        Some(own) if !actor.holds(Permission::ViewMembers) => View::KnownTo(own.clone()),
        _ => View::Everybody,
    }
}
