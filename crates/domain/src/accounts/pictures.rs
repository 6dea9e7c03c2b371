//! Profile pictures.

use std::sync::Arc;

use super::{Accounts, Actor, AuditEntry, Forbidden, LookUpError, Origin, StoreError, Timestamp, User, UserId, acting, operations, permit};
use crate::permission::Permitted;
use crate::port::{Files, FilesError, PictureError};

/// A picture as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureSeen {
    /// A square PNG; nothing when the caller holds it as it is.
    pub png: Option<Vec<u8>>,
    /// When it was set; negative or never for a generated one.
    pub at: Timestamp,
}

/// Why a picture was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPictureError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Pictures are not kept here.
    #[error("there is nowhere to keep pictures")]
    NoFiles,
    /// There is no such account.
    #[error("there is no such account")]
    Missing,
    /// It is no picture that can be shown, or none could be made of it.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The picture could not be kept.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a picture is not shown.
#[derive(Debug, thiserror::Error)]
pub enum PictureSeenError {
    /// The account is not shown.
    #[error(transparent)]
    LookUp(#[from] LookUpError),
    /// None could be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The files could not be reached.
    #[error(transparent)]
    Files(#[from] FilesError),
}

impl From<StoreError> for PictureSeenError {
    fn from(error: StoreError) -> Self {
        Self::LookUp(error.into())
    }
}

/// The folder of an account's picture.
pub(super) fn folder(id: &UserId) -> String {
    format!("users/{id}")
}

/// The name of a picture: another one has another name, so that whoever reads while one is set gets either, whole.
fn name(id: &UserId, at: Timestamp) -> String {
    format!("{}/profile-{}.png", folder(id), at.as_millis())
}

impl Accounts {
    /// The picture of an account, generated where none was set; nothing of it where the caller holds the one of that time.
    ///
    /// # Errors
    ///
    /// [`PictureSeenError::LookUp`] as for the account itself.
    #[tracing::instrument(skip_all)]
    pub async fn picture(&self, actor: &Actor, id: &UserId, held: Option<Timestamp>) -> Result<PictureSeen, PictureSeenError> {
        let user = self.pictured::<operations::GetProfileImage>(actor, id).await?;
        let at = user.picture_updated_at;
        if held == Some(at) {
            return Ok(PictureSeen { png: None, at });
        }
        if let Some(png) = self.stored(&user.id, at).await? {
            return Ok(PictureSeen { png: Some(png), at });
        }
        if at <= Timestamp::NEVER {
            return self.generated(&user).await;
        }
        // Another one was set in this moment; or the file is lost, which nobody should hold on to.
        let user = self.pictured::<operations::GetProfileImage>(actor, id).await?;
        match self.stored(&user.id, user.picture_updated_at).await? {
            Some(png) => Ok(PictureSeen { png: Some(png), at: user.picture_updated_at }),
            None => Ok(PictureSeen { at: Timestamp::NEVER, ..self.generated(&user).await? }),
        }
    }

    async fn stored(&self, id: &UserId, at: Timestamp) -> Result<Option<Vec<u8>>, FilesError> {
        match &self.files {
            Some(files) if at > Timestamp::NEVER => files.read(&name(id, at)).await,
            _ => Ok(None),
        }
    }

    /// The generated picture of an account.
    ///
    /// # Errors
    ///
    /// [`PictureSeenError::LookUp`] as for the account itself.
    #[tracing::instrument(skip_all)]
    pub async fn default_picture(&self, actor: &Actor, id: &UserId) -> Result<PictureSeen, PictureSeenError> {
        let user = self.pictured::<operations::GetDefaultProfileImage>(actor, id).await?;
        self.generated(&user).await
    }

    /// Whether somebody may set an account's picture, before it is sent.
    ///
    /// # Errors
    ///
    /// [`SetPictureError::Forbidden`] or [`SetPictureError::NoFiles`].
    #[tracing::instrument(skip_all)]
    pub async fn may_set_picture(&self, actor: &Actor, id: &UserId) -> Result<(), SetPictureError> {
        let target = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::SetProfileImage>(actor, target.as_ref())?;
        self.kept()?;
        Ok(())
    }

    /// Sets an account's picture from what somebody sent. The same picture again changes nothing.
    ///
    /// # Errors
    ///
    /// [`SetPictureError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn set_picture(&self, actor: &Actor, id: &UserId, sent: Vec<u8>, origin: &Origin) -> Result<(), SetPictureError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::SetProfileImage>(actor, seen.as_ref())?;
        let files = self.kept()?;
        let seen = seen.ok_or(SetPictureError::Missing)?;
        let png = self.pictures.square(sent).await?;
        if seen.picture_updated_at > Timestamp::NEVER && files.read(&name(id, seen.picture_updated_at)).await?.as_ref() == Some(&png) {
            return Ok(());
        }
        // Later than the one before, so that its name is another.
        let at = self.clock.now().max(Timestamp::from_millis(seen.picture_updated_at.as_millis().saturating_abs() + 1));
        files.write(&name(id, at), png).await?;
        let noted = self.note_picture::<operations::SetProfileImage>(actor, id, at, origin).await;
        match &noted {
            // Two that were sent in one moment share a name.
            Ok(former) if *former == at => {}
            Ok(former) => forget(files, id, *former).await,
            // The account may have been removed meanwhile, with its folder: nothing must stay behind.
            Err(_) => forget(files, id, at).await,
        }
        noted.map(drop)
    }

    /// Makes an account's picture the generated one again.
    ///
    /// # Errors
    ///
    /// [`SetPictureError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn reset_picture(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<(), SetPictureError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::SetDefaultProfileImage>(actor, seen.as_ref())?;
        let files = self.kept()?;
        let seen = seen.ok_or(SetPictureError::Missing)?;
        let at = self.clock.now().max(Timestamp::from_millis(seen.picture_updated_at.as_millis().saturating_abs() + 1));
        let former = self.note_picture::<operations::SetDefaultProfileImage>(actor, id, at.negated(), origin).await?;
        forget(files, id, former).await;
        Ok(())
    }

    fn kept(&self) -> Result<&Arc<dyn Files>, SetPictureError> {
        self.files.as_ref().ok_or(SetPictureError::NoFiles)
    }

    async fn pictured<O: Permitted>(&self, actor: &Actor, id: &UserId) -> Result<User, LookUpError> {
        let target = match actor.user() {
            Some(own) if own.id == *id => Some(own.clone()),
            _ => self.store.read().await?.users().by_id(id).await?,
        };
        self.permit_to_see::<O>(actor, target.as_ref()).await?;
        target.ok_or(LookUpError::Missing)
    }

    async fn generated(&self, user: &User) -> Result<PictureSeen, PictureSeenError> {
        let png = if user.bot.is_some() { self.pictures.bot() } else { self.pictures.initial(&user.id, &user.username).await? };
        Ok(PictureSeen { png: Some(png), at: user.picture_updated_at })
    }

    /// Writes down that an account has another picture; gives the time of the one before.
    async fn note_picture<O: Permitted>(
        &self,
        actor: &Actor,
        id: &UserId,
        at: Timestamp,
        origin: &Origin,
    ) -> Result<Timestamp, SetPictureError> {
        let now = self.clock.now();
        let mut work = acting::begin::<SetPictureError>(&*self.store, actor, &[id]).await?;
        let mut user = work.users().locked(id).await?.ok_or(SetPictureError::Missing)?;
        permit::<O>(actor, Some(&user))?;
        let former = std::mem::replace(&mut user.picture_updated_at, at);
        user.updated_at = now.max(user.updated_at);
        if let Some(bot) = &mut user.bot {
            bot.icon_updated_at = now;
        }
        work.users().update(&user).await?;
        let entry = self.done(O::OPERATION, actor, id, now, origin);
        work.audits().record(&[AuditEntry { shown_as: Some(String::new()), ..entry }]).await?;
        work.commit().await?;
        Ok(former)
    }
}

/// Removes a picture that is no longer shown. That it may be left harms nobody: the account's removal takes it along.
async fn forget(files: &Arc<dyn Files>, id: &UserId, at: Timestamp) {
    if at <= Timestamp::NEVER {
        return;
    }
    if let Err(error) = files.remove(&name(id, at)).await {
        tracing::warn!(error = crate::cause::chain(&error), "a former picture could not be removed");
    }
}

#[cfg(test)]
mod tests;
