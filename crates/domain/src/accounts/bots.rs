//! Accounts of programs.

use super::{
    Accounts, Actor, AuditEntry, Birth, Event, Forbidden, InvalidUser, Operation, Origin, Password, PasswordsError, Permission, Permit,
    Registration, Roles, StoreError, Timestamp, UniqueField, User, UserId, WeakPassword, acting, notice, operations, permit,
};
use crate::permission::{Permitted, permit_here};
use crate::session::{EndReason, Ending};
use crate::text::fits;
use crate::user::patch::Patch;
use crate::user::query::BotListing;
use crate::user::{Bot, ExternalIdentity};

/// Why a bot was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such account, or no such bot.
    #[error("there is no such bot")]
    Missing,
    /// It is a bot already.
    #[error("the account is a bot already")]
    AlreadyBot,
    /// Nobody but this admin could look after the service.
    #[error("it is the last admin")]
    LastAdmin,
    /// The name breaks a rule.
    #[error("the bot's username has 1 to 64 lower-case letters, digits, dots, dashes or underscores")]
    Username,
    /// The description is too long.
    #[error("the bot's description has at most 1024 characters")]
    Description,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(InvalidUser),
    /// Another account holds the name.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// A bot can't answer for a bot.
    #[error("a bot can't answer for a bot")]
    OwnerIsBot,
    /// A password is needed to become a person's.
    #[error("a password is needed")]
    PasswordNeeded,
    /// The password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The password was not hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for BotError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(field) => Self::Taken(field),
            other => Self::Store(other),
        }
    }
}

impl From<InvalidUser> for BotError {
    fn from(error: InvalidUser) -> Self {
        if error == InvalidUser::Username { Self::Username } else { Self::Invalid(error) }
    }
}

/// What somebody asks of a new bot, as it was typed.
#[derive(Debug, Clone, Default)]
pub struct NewBot {
    /// Login name.
    pub username: String,
    /// What people call it.
    pub display_name: String,
    /// What it does.
    pub description: String,
}

/// What somebody wants changed of a bot; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct BotPatch {
    /// Login name.
    pub username: Option<String>,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it does.
    pub description: Option<String>,
}

/// What a bot becomes when it becomes a person's account.
#[derive(Debug, Clone)]
pub struct Converted {
    /// Fields of the account.
    pub patch: Patch,
    /// The password to sign in with.
    pub password: Password,
    /// Whether it becomes an admin's.
    pub is_admin: bool,
}

/// Most characters of what a bot does.
const DESCRIPTION: usize = 1024;

impl Accounts {
    /// Makes a bot, for which the actor answers.
    ///
    /// # Errors
    ///
    /// [`BotError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create_bot(
        &self,
        _: Permit<operations::CreateBot>,
        actor: &Actor,
        wanted: NewBot,
        origin: &Origin,
    ) -> Result<User, BotError> {
        if actor.user().is_some_and(|own| own.bot.is_some()) {
            return Err(Forbidden::Lacks(Permission::CreateBot).into());
        }
        if wanted.username.is_empty() {
            return Err(BotError::Username);
        }
        check_description(&wanted.description)?;
        let birth = Birth { roles: Roles::user(), ..self.birth() };
        let now = birth.at;
        let email = format!("{}@localhost", wanted.username.to_lowercase());
        let registration =
            Registration { first_name: wanted.display_name, ..Registration::new(wanted.username, email, Password::from(String::new())) };
        let mut user = registration.into_user(birth)?;
        let owner_id = actor.user_id().cloned();
        user.bot = Some(Bot { description: wanted.description, owner_id, created_at: now, updated_at: now, ..Bot::default() });
        let mut work = acting::begin::<BotError>(&*self.store, actor, &[]).await?;
        if work.groups().has_name(user.username.as_str()).await? {
            return Err(BotError::Taken(UniqueField::Username));
        }
        work.users().insert(std::slice::from_ref(&user)).await?;
        let after = serde_json::json!({ "username": user.username.as_str() });
        let entry = self.done(Operation::CreateBot, actor, &user.id, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(user)
    }

    /// Bots that the actor may see: everybody's, or his own.
    ///
    /// # Errors
    ///
    /// [`BotError::Forbidden`] when he may see none.
    #[tracing::instrument(skip_all)]
    pub async fn bots(&self, actor: &Actor, mut listing: BotListing) -> Result<Vec<User>, BotError> {
        let sees_all = actor.holds(Permission::ReadOthersBots);
        permit_here::<operations::GetBots>(actor, |_| sees_all)?;
        if !sees_all {
            listing.owner = actor.user_id().cloned();
        }
        Ok(self.store.read().await?.users().bots(&listing).await?)
    }

    /// A bot that the actor may see; to others there is none.
    ///
    /// # Errors
    ///
    /// [`BotError::Missing`] when there is none for him.
    #[tracing::instrument(skip_all)]
    pub async fn bot(&self, actor: &Actor, id: &UserId, with_inactive: bool) -> Result<User, BotError> {
        // The row names no more than a permission: which bots it is about is asked of each.
        permit_here::<operations::GetBot>(actor, |_| true)?;
        let found = self.store.read().await?.users().by_id(id).await?;
        let seen = found.filter(|user| sees_bot(actor, user) && (with_inactive || user.is_active()));
        seen.ok_or(BotError::Missing)
    }

    /// Changes fields of a bot.
    ///
    /// # Errors
    ///
    /// [`BotError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn patch_bot(&self, actor: &Actor, id: &UserId, wanted: BotPatch, origin: &Origin) -> Result<User, BotError> {
        wanted.description.as_deref().map_or(Ok(()), check_description)?;
        let patch = Patch { username: wanted.username, first_name: wanted.display_name, ..Patch::default() };
        let change = |mut user: User, now| {
            if let (Some(bot), Some(description)) = (&mut user.bot, wanted.description) {
                bot.description = description;
            }
            Ok(patch.apply(user, now)?)
        };
        self.change_bot::<operations::PatchBot>(actor, id, change, origin).await
    }

    /// Switches a bot on or off.
    ///
    /// # Errors
    ///
    /// [`BotError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn set_bot_active<O: Permitted>(
        &self,
        actor: &Actor,
        id: &UserId,
        is_active: bool,
        origin: &Origin,
    ) -> Result<User, BotError> {
        let change = |user: User, now: Timestamp| Ok(User { deleted_at: if is_active { Timestamp::NEVER } else { now }, ..user });
        self.change_bot::<O>(actor, id, change, origin).await
    }

    /// Makes somebody else answer for a bot.
    ///
    /// # Errors
    ///
    /// [`BotError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn assign_bot(&self, actor: &Actor, id: &UserId, owner: &UserId, origin: &Origin) -> Result<User, BotError> {
        // Who may not give the bot away learns nothing of whom he names.
        permit::<operations::AssignBot>(actor, Some(&self.bot(actor, id, true).await?))?;
        let owner = self.store.read().await?.users().by_id(owner).await?.ok_or(BotError::Missing)?;
        if owner.bot.is_some() {
            return Err(BotError::OwnerIsBot);
        }
        let change = |user: User, _| {
            let bot = user.bot.clone().map(|bot| Bot { owner_id: Some(owner.id.clone()), ..bot });
            Ok(User { bot, ..user })
        };
        self.change_bot::<operations::AssignBot>(actor, id, change, origin).await
    }

    async fn change_bot<O: Permitted>(
        &self,
        actor: &Actor,
        id: &UserId,
        change: impl FnOnce(User, Timestamp) -> Result<User, BotError> + Send,
        origin: &Origin,
    ) -> Result<User, BotError> {
        let now = self.clock.now();
        let mut work = acting::begin::<BotError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.filter(|user| user.bot.is_some());
        let before = before.filter(|user| sees_bot(actor, user)).ok_or(BotError::Missing)?;
        permit::<O>(actor, Some(&before))?;
        let mut after = change(before.clone(), now)?;
        after.updated_at = now.max(before.updated_at);
        if let Some(bot) = &mut after.bot {
            bot.updated_at = now;
        }
        if after.username != before.username && work.groups().has_name(after.username.as_str()).await? {
            return Err(BotError::Taken(UniqueField::Username));
        }
        work.users().update(&after).await?;
        if before.is_active() && !after.is_active() {
            work.users().grow_epoch(id).await?;
            let ending = Ending { at: now, reason: EndReason::Deactivated, by: actor.user_id().cloned() };
            work.sessions().end_all(id, None, &ending).await?;
        }
        let (was, is) = super::change::changed(&before, &after);
        let entry = self.done(O::OPERATION, actor, id, now, origin);
        work.audits().record(&[AuditEntry { before: Some(was), after: Some(is), ..entry }]).await?;
        work.commit().await?;
        Ok(after)
    }

    /// Makes a person's account a bot's, which answers for itself: its sessions, its password and its provider's word end.
    ///
    /// # Errors
    ///
    /// [`BotError`] names the first check that failed. An account that is not there is missing, not forbidden.
    #[tracing::instrument(skip_all)]
    pub async fn convert_to_bot(&self, actor: &Actor, id: &UserId, origin: &Origin) -> Result<User, BotError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        let seen = seen.ok_or(BotError::Missing)?;
        permit::<operations::ConvertUserToBot>(actor, Some(&seen))?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let is_held = super::activation::hold_admins(&mut *work, &seen).await?;
        acting::hold::<BotError>(&mut *work, actor, &[id]).await?;
        let before = work.users().locked(id).await?.ok_or(BotError::Missing)?;
        permit::<operations::ConvertUserToBot>(actor, Some(&before))?;
        if before.bot.is_some() {
            return Err(BotError::AlreadyBot);
        }
        if super::activation::is_last_admin(&mut *work, &before, is_held).await? {
            return Err(BotError::LastAdmin);
        }
        work.one_time_tokens().end(id, &crate::one_time::TokenKind::ENDED_BY_ADDRESS).await?;
        // As a bot it is told nothing any more.
        notice::post(&mut *work, &self.postbox, Event::Deactivated, &before, now).await?;
        let bot = Bot { owner_id: Some(id.clone()), created_at: now, updated_at: now, ..Bot::default() };
        let identity = ExternalIdentity::default();
        let after = User { bot: Some(bot), identity, has_second_factor: false, updated_at: now.max(before.updated_at), ..before };
        work.users().update(&after).await?;
        work.credentials().remove_password(id).await?;
        work.factors().clear(id, now).await?;
        let ending = Ending { at: now, reason: EndReason::Converted, by: actor.user_id().cloned() };
        work.sessions().end_all(id, None, &ending).await?;
        work.audits().record(&[self.done(Operation::ConvertUserToBot, actor, id, now, origin)]).await?;
        work.commit().await?;
        Ok(after)
    }

    /// Makes a bot's account a person's, who signs in with a password.
    ///
    /// # Errors
    ///
    /// [`BotError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn convert_to_user(&self, actor: &Actor, id: &UserId, wanted: Converted, origin: &Origin) -> Result<User, BotError> {
        let seen = self.store.read().await?.users().by_id(id).await?;
        permit::<operations::ConvertBotToUser>(actor, seen.as_ref())?;
        seen.filter(|user| user.bot.is_some()).ok_or(BotError::Missing)?;
        if wanted.password.is_empty() {
            return Err(BotError::PasswordNeeded);
        }
        self.check_password(&wanted.password, &[])?;
        let hash = self.passwords.hash(&wanted.password).await?;
        let now = self.clock.now();
        let mut work = acting::begin::<BotError>(&*self.store, actor, &[id]).await?;
        let before = work.users().locked(id).await?.filter(|user| user.bot.is_some()).ok_or(BotError::Missing)?;
        permit::<operations::ConvertBotToUser>(actor, Some(&before))?;
        let mut after = wanted.patch.apply(User { bot: None, ..before.clone() }, now)?;
        if wanted.is_admin {
            after.roles = Roles::parse(&format!("{} {}", crate::role::ADMIN, after.roles)).unwrap_or_else(|_| Roles::admin()).tidied();
        }
        after.password_updated_at = now;
        if after.username != before.username && work.groups().has_name(after.username.as_str()).await? {
            return Err(BotError::Taken(UniqueField::Username));
        }
        work.users().update(&after).await?;
        work.credentials().change(&self.new_password(id, hash)).await?;
        work.audits().record(&[self.done(Operation::ConvertBotToUser, actor, id, now, origin)]).await?;
        work.commit().await?;
        Ok(after)
    }
}

fn check_description(text: &str) -> Result<(), BotError> {
    if fits(text, DESCRIPTION) { Ok(()) } else { Err(BotError::Description) }
}

/// Whether an account is a bot that an actor may know of.
fn sees_bot(actor: &Actor, user: &User) -> bool {
    let Some(bot) = &user.bot else { return false };
    let is_own = bot.owner_id.is_some() && bot.owner_id.as_ref() == actor.user_id();
    actor.holds(Permission::ReadOthersBots) || (is_own && actor.holds(Permission::ReadBots))
}

#[cfg(test)]
mod tests;
