//! Opening accounts.

use super::{
    Accounts, Actor, AuditEntry, Client, Counted, FIRST_ACCOUNT, Forbidden, InvalidUser, Operation, Ordering, Origin, PasswordsError,
    Permission, Permit, Registration, Roles, Standing, StoreError, UniqueField, User, WeakPassword, Whose, acting, operations,
};
use crate::credential::Token;
use crate::directory::membership;
use crate::invitation::Invitation;
use crate::port::Purpose;
use crate::preference::Preference;
use crate::provider::has_own_addresses;
use crate::team::Team;
use crate::username::Username;

/// The link by which somebody may have been invited.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// The token of an invitation by mail; empty for none.
    pub token: String,
    /// The id of a team's standing invitation; empty for none.
    pub team: String,
}

/// Why no account was opened.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Nobody holds such an invitation by mail.
    #[error("the invitation is unknown")]
    UnknownInvitation,
    /// The token is one of a link in another mail.
    #[error("the link is no invitation")]
    OtherLink,
    /// No team has such a standing invitation.
    #[error("the team's invitation is unknown")]
    UnknownTeamInvitation,
    /// The invitation by mail is too old.
    #[error("the invitation has expired")]
    ExpiredInvitation,
    /// The invitation by mail was sent to another address.
    #[error("the invitation was sent to another address")]
    OtherAddress,
    /// Only members of linked groups belong to the team.
    #[error("only members of linked groups belong to the team")]
    GroupConstrained,
    /// The team takes addresses of other domains alone.
    #[error("the team does not take addresses of this domain")]
    TeamDomain,
    /// Addresses of other domains alone are taken here.
    #[error("addresses of this domain are not taken")]
    Domain,
    /// Nobody but an admin opens accounts here, not even by an invitation.
    #[error("sign-up is switched off")]
    SwitchedOff,
    /// Only admins open accounts here.
    #[error("sign-up is closed")]
    Closed,
    /// Too many sign-ups from this network.
    #[error("too many sign-ups")]
    TooMany(Standing),
    /// The password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// An id was asked for.
    #[error("an id can't be chosen")]
    ChosenId,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidUser),
    /// Another account holds the name or the address.
    #[error("{0:?} is taken")]
    Taken(UniqueField),
    /// The password was not hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordsError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for RegisterError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(field) => Self::Taken(field),
            other => Self::Store(other),
        }
    }
}

impl RegisterError {
    /// Whether somebody has shown an invitation that does not count, or not for him.
    const fn is_refused_link(&self) -> bool {
        matches!(
            self,
            Self::UnknownInvitation | Self::OtherLink | Self::UnknownTeamInvitation | Self::ExpiredInvitation | Self::OtherAddress
        )
    }
}

/// On what ground an account is opened.
#[derive(Debug, Clone)]
enum Admission {
    /// Anybody may sign up.
    Open,
    /// Only the first of all may.
    FirstOnly,
    /// An admin does it.
    ByAdmin,
    /// The operator does it, for an admin.
    AsAdmin,
    /// A team's standing invitation was shown.
    ToTeam(Box<Team>),
    /// An invitation by mail was shown.
    Invited(Box<Team>, Box<Invitation>),
}

impl Admission {
    /// The roles of the new account; none when it may not be opened after all.
    fn roles(&self, is_first_admin: bool) -> Option<Roles> {
        match self {
            Self::AsAdmin => Some(Roles::admin()),
            _ if is_first_admin => Some(Roles::admin()),
            Self::Invited(_, invitation) if invitation.is_guest => Some(Roles::guest()),
            Self::Open | Self::ByAdmin | Self::ToTeam(_) | Self::Invited(..) => Some(Roles::user()),
            Self::FirstOnly => None,
        }
    }

    const fn is_guest(&self) -> bool {
        matches!(self, Self::Invited(_, invitation) if invitation.is_guest)
    }
}

impl Accounts {
    /// Opens an account for somebody who signs up or was invited, or whom an admin signs up. The first of all becomes admin where
    /// the rules say so; of two at once, one does. Who was invited joins the team.
    ///
    /// # Errors
    ///
    /// [`RegisterError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn register(
        &self,
        _: Permit<operations::CreateUser>,
        actor: &Actor,
        wanted: Registration,
        link: &Link,
        client: &Client,
        origin: &Origin,
    ) -> Result<User, RegisterError> {
        let registered = self.register_by(actor, wanted, link, client, origin).await;
        if registered.as_ref().is_err_and(RegisterError::is_refused_link) {
            self.sign_ins.record_refused_link(Operation::CreateUser, origin).await;
        }
        registered
    }

    async fn register_by(
        &self,
        actor: &Actor,
        wanted: Registration,
        link: &Link,
        client: &Client,
        origin: &Origin,
    ) -> Result<User, RegisterError> {
        let is_by_admin = actor.holds(Permission::ManageSystem);
        let admission = if !link.token.is_empty() {
            self.invited(&link.token, &wanted).await?
        } else if !link.team.is_empty() {
            self.invited_to_team(&link.team, &wanted).await?
        } else if is_by_admin {
            return self.open(actor, wanted, Admission::ByAdmin, origin).await;
        } else {
            self.public_admission().await?
        };
        if is_by_admin {
            return self.open(actor, wanted, admission, origin).await;
        }
        match self.limits.take(Counted::SignUpsByAddress, Whose::Network(client.address.network())) {
            Some(standing) if !standing.is_allowed() => Err(RegisterError::TooMany(standing)),
            _ => self.open(actor, wanted.by_the_public(), admission, origin).await,
        }
    }

    /// Opens an account for the operator at the machine, an admin's if he says so.
    ///
    /// # Errors
    ///
    /// [`RegisterError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create(&self, wanted: Registration, is_admin: bool) -> Result<User, RegisterError> {
        let admission = if is_admin { Admission::AsAdmin } else { Admission::ByAdmin };
        self.open(&Actor::Operator, wanted, admission, &Origin::at_the_machine()).await
    }

    async fn public_admission(&self) -> Result<Admission, RegisterError> {
        if !self.rules.allows_sign_up {
            return Err(RegisterError::SwitchedOff);
        }
        let may_be_first = self.awaits_first_admin().await?;
        match (self.rules.open_sign_up, may_be_first) {
            (true, _) => Ok(Admission::Open),
            (false, true) => Ok(Admission::FirstOnly),
            (false, false) => Err(RegisterError::Closed),
        }
    }

    async fn invited(&self, token: &str, wanted: &Registration) -> Result<Admission, RegisterError> {
        let hashes = self.keys.candidates(Purpose::OneTime, Token::presented(token).expose());
        let mut reading = self.store.read().await?;
        let Some(invitation) = reading.invitations().by_token(&hashes).await? else {
            let by_link = self.keys.candidates(Purpose::GuestInvitation, Token::presented(token).expose());
            let is_other =
                reading.one_time_tokens().by_token(&hashes).await?.is_some() || reading.invitations().by_token(&by_link).await?.is_some();
            return Err(if is_other { RegisterError::OtherLink } else { RegisterError::UnknownInvitation });
        };
        if !self.rules.allows_sign_up {
            return Err(RegisterError::SwitchedOff);
        }
        if invitation.has_expired(self.clock.now()) {
            return Err(RegisterError::ExpiredInvitation);
        }
        let team = reading.teams().by_id(&invitation.team_id).await?.ok_or(RegisterError::UnknownInvitation)?;
        if invitation.email != wanted.email.trim().to_lowercase() {
            return Err(RegisterError::OtherAddress);
        }
        Ok(Admission::Invited(Box::new(team), Box::new(invitation)))
    }

    async fn invited_to_team(&self, invite_id: &str, wanted: &Registration) -> Result<Admission, RegisterError> {
        if !self.rules.allows_sign_up {
            return Err(RegisterError::SwitchedOff);
        }
        let team = self.store.read().await?.teams().by_invite_id(invite_id).await?;
        let team = team.filter(|team| team.deleted_at == crate::time::Timestamp::NEVER).ok_or(RegisterError::UnknownTeamInvitation)?;
        if team.is_group_constrained == Some(true) {
            return Err(RegisterError::GroupConstrained);
        }
        if !crate::email::MailDomains::parse(&team.allowed_domains).take(&wanted.email) {
            return Err(RegisterError::TeamDomain);
        }
        Ok(Admission::ToTeam(Box::new(team)))
    }

    /// Whether a group has the name; one that can't be a username is refused later, by its form.
    async fn check_group_names(&self, name: &str) -> Result<(), RegisterError> {
        let Ok(name) = Username::parse(name) else { return Ok(()) };
        let is_taken = self.store.read().await?.groups().has_name(name.as_str()).await?;
        if is_taken { Err(RegisterError::Taken(UniqueField::Username)) } else { Ok(()) }
    }

    fn check_domain(&self, wanted: &Registration, admission: &Admission) -> Result<(), RegisterError> {
        let domains = if admission.is_guest() { &self.rules.guest_domains } else { &self.rules.domains };
        let is_exempt = has_own_addresses(&wanted.auth_service);
        if is_exempt || domains.take(&wanted.email) { Ok(()) } else { Err(RegisterError::Domain) }
    }

    async fn open(&self, actor: &Actor, wanted: Registration, admission: Admission, origin: &Origin) -> Result<User, RegisterError> {
        self.check_group_names(&wanted.username).await?;
        self.check_domain(&wanted, &admission)?;
        if wanted.auth_service.is_empty() {
            self.check_password(&wanted.password, &[&wanted.username, &wanted.email])?;
        }
        if !wanted.id.is_empty() {
            return Err(RegisterError::ChosenId);
        }
        let password = wanted.password.clone();
        let mut user = wanted.into_user(self.birth())?;
        // Who holds a token that was sent to the address reads mail there.
        user.is_email_verified |= matches!(admission, Admission::Invited(..));
        let hash = if password.is_empty() { None } else { Some(self.passwords.hash(&password).await?) };
        let mut work = acting::begin::<RegisterError>(&*self.store, actor, &[]).await?;
        let is_first = !self.had_first.load(Ordering::Relaxed) && work.service().latch(FIRST_ACCOUNT, user.id.as_str()).await?;
        user.roles = admission.roles(is_first && self.rules.first_is_admin).ok_or(RegisterError::Closed)?;
        if work.groups().has_name(user.username.as_str()).await? {
            return Err(RegisterError::Taken(UniqueField::Username));
        }
        work.users().insert(std::slice::from_ref(&user)).await?;
        if let Some(hash) = hash {
            work.credentials().insert(&[self.new_password(&user.id, hash)]).await?;
        }
        work.preferences().put(&Preference::of_newcomer(&user.id)).await?;
        match &admission {
            Admission::ToTeam(team) => membership::join(&mut *work, team, &user, user.created_at).await.map(drop)?,
            Admission::Invited(team, invitation) => self.accept(&mut *work, team, invitation, &user).await?,
            Admission::Open | Admission::FirstOnly | Admission::ByAdmin | Admission::AsAdmin => {}
        }
        self.ask_for_confirmation(&mut *work, &user, user.created_at).await?;
        work.audits().record(&[self.created_entry(actor, &user, origin)]).await?;
        work.commit().await?;
        self.had_first.store(true, Ordering::Relaxed);
        Ok(user)
    }

    async fn accept(
        &self,
        work: &mut dyn crate::store::UnitOfWork,
        team: &Team,
        invitation: &Invitation,
        user: &User,
    ) -> Result<(), RegisterError> {
        if !work.invitations().redeem(&invitation.id).await? {
            return Err(RegisterError::UnknownInvitation);
        }
        membership::join(work, team, user, user.created_at).await?;
        Ok(membership::enter(work, &invitation.channels, user, user.created_at).await?)
    }

    pub(super) fn created_entry(&self, actor: &Actor, user: &User, origin: &Origin) -> AuditEntry {
        let after = serde_json::json!({ "username": user.username.as_str(), "roles": user.roles.to_string() });
        AuditEntry { after: Some(after), ..self.done(Operation::CreateUser, actor, &user.id, user.created_at, origin) }
    }
}

#[cfg(test)]
mod tests;
