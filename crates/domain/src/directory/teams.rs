//! Teams and their members.

use super::{AccessError, Directory, demand, in_team, membership, permit_for, target};
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin};
use crate::channel::{Channel, ChannelKind, ChannelMember, DEFAULTS};
use crate::id::{ChannelId, TeamId, UserId, encode};
use crate::operation::Operation;
use crate::page::Page;
use crate::permission::{Forbidden, Permit, Permitted, operations, permit_here};
use crate::role::Permission;
use crate::store::{Reading, StoreError, UniqueField, UnitOfWork};
use crate::team::{InvalidTeam, NewTeam, Standing, Team, TeamKind, TeamMember};
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{Filter, Scope, Search, Searched, Word};

/// Why a team was not made, shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum TeamError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such team.
    #[error("there is no such team")]
    Missing,
    /// There is no such account.
    #[error("there is no such account")]
    MissingUser,
    /// He does not belong to the team.
    #[error("the account does not belong to the team")]
    NoMember,
    /// A field breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidTeam),
    /// Another team has the name.
    #[error("another team has the name")]
    Taken,
    /// The team takes addresses of other domains alone.
    #[error("the team does not take addresses of this domain")]
    Domain,
    /// Only members of linked groups belong to the team.
    #[error("only members of linked groups belong to the team")]
    GroupConstrained,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for TeamError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(UniqueField::Name) => Self::Taken,
            other => Self::Store(other),
        }
    }
}

impl From<AccessError> for TeamError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Forbidden(error) => Self::Forbidden(error),
            AccessError::Store(error) => error.into(),
        }
    }
}

/// A team as one viewer gets it.
#[derive(Debug, Clone)]
pub struct TeamSeen {
    /// The team.
    pub team: Team,
    /// Its maker's address is left out.
    pub hides_email: bool,
    /// Its standing invitation is left out.
    pub hides_invite: bool,
}

impl Directory {
    /// Makes a team with the channels that every team has; the actor becomes its admin.
    ///
    /// # Errors
    ///
    /// [`TeamError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn create_team(
        &self,
        _: Permit<operations::CreateTeam>,
        actor: &Actor,
        wanted: NewTeam,
        origin: &Origin,
    ) -> Result<Team, TeamError> {
        let now = self.clock.now();
        let email = actor.user().map_or_else(String::new, |own| own.email.as_str().to_owned());
        let team = wanted.into_team(TeamId::from_random(self.randomness.bits()), encode(self.randomness.bits()), email, now)?;
        let mut work = acting::begin::<TeamError>(&*self.store, actor, &[]).await?;
        work.teams().insert(&team).await?;
        for (name, display_name) in DEFAULTS {
            work.channels().insert(&self.default_channel(&team, actor, name, display_name)).await?;
        }
        if let Some(own) = actor.user() {
            self.found(&mut *work, &team, own).await?;
        }
        let after = serde_json::json!({ "team": team.id.as_str(), "name": team.name });
        let entry = self.entry(Operation::CreateTeam, actor, now, origin);
        work.audits().record(&[AuditEntry { after: Some(after), ..entry }]).await?;
        work.commit().await?;
        Ok(team)
    }

    fn default_channel(&self, team: &Team, actor: &Actor, name: &str, display_name: &str) -> Channel {
        Channel {
            id: ChannelId::from_random(self.randomness.bits()),
            team_id: Some(team.id.clone()),
            kind: ChannelKind::Open,
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            header: String::new(),
            purpose: String::new(),
            creator_id: actor.user_id().cloned(),
            created_at: team.created_at,
            updated_at: team.created_at,
            deleted_at: Timestamp::NEVER,
            is_group_constrained: None,
        }
    }

    /// Makes whoever made a team its admin, and its channels' too.
    async fn found(&self, work: &mut dyn UnitOfWork, team: &Team, own: &User) -> Result<(), StoreError> {
        let at = team.created_at;
        let member = TeamMember {
            team_id: team.id.clone(),
            user_id: own.id.clone(),
            standing: Standing::ADMIN,
            created_at: at,
            deleted_at: Timestamp::NEVER,
        };
        work.teams().join(&member).await?;
        for (name, _) in DEFAULTS {
            if let Some(channel) = work.channels().by_name(Some(&team.id), name).await? {
                let member = ChannelMember { channel_id: channel.id, user_id: own.id.clone(), standing: Standing::ADMIN, created_at: at };
                work.channels().join(&[member]).await?;
            }
        }
        touch(work, &own.id, at).await
    }

    /// The team of an id, to its members and to those who see every team; an open one to whoever may list those.
    ///
    /// # Errors
    ///
    /// [`TeamError::Missing`] or [`TeamError::Forbidden`].
    #[tracing::instrument(skip_all)]
    pub async fn team(&self, actor: &Actor, id: &TeamId) -> Result<TeamSeen, TeamError> {
        let mut reading = self.store.read().await?;
        let team = reading.teams().by_id(id).await?.ok_or(TeamError::Missing)?;
        seen::<operations::GetTeam>(&mut *reading, actor, team).await
    }

    /// The team of a name, as that of an id.
    ///
    /// # Errors
    ///
    /// [`TeamError::Missing`] or [`TeamError::Forbidden`].
    #[tracing::instrument(skip_all)]
    pub async fn team_by_name(&self, actor: &Actor, name: &str) -> Result<TeamSeen, TeamError> {
        let mut reading = self.store.read().await?;
        let team = reading.teams().by_name(name).await?.ok_or(TeamError::Missing)?;
        seen::<operations::GetTeamByName>(&mut *reading, actor, team).await
    }

    /// Teams in use: all to those who see every team, open ones to others.
    ///
    /// # Errors
    ///
    /// [`TeamError::Forbidden`] when the actor may list none.
    #[tracing::instrument(skip_all)]
    pub async fn teams(&self, _: Permit<operations::GetAllTeams>, actor: &Actor, page: Page) -> Result<Vec<TeamSeen>, TeamError> {
        let sees_all = actor.holds(Permission::ViewTeam);
        if !sees_all && !actor.holds(Permission::ListPublicTeams) {
            return Err(Forbidden::Lacks(Permission::ListPublicTeams).into());
        }
        let teams = self.store.read().await?.teams().list(!sees_all, page).await?;
        Ok(teams.into_iter().map(|team| sanitised(actor, team, |_| false)).collect())
    }

    /// The teams that an account belongs to.
    ///
    /// # Errors
    ///
    /// [`TeamError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn teams_of(&self, actor: &Actor, user: &UserId) -> Result<Vec<TeamSeen>, TeamError> {
        let mut reading = self.store.read().await?;
        permit_for::<operations::GetTeamsForUser>(&mut *reading, actor, user).await?;
        let teams = reading.teams().of_user(user).await?;
        let own = match actor.user_id() {
            Some(own) => reading.teams().memberships(own).await?,
            None => Vec::new(),
        };
        let here = |team: &TeamId, permission| {
            own.iter().any(|member| member.team_id == *team && member.is_active() && member.standing.grants("team", permission))
        };
        Ok(teams
            .into_iter()
            .map(|team| {
                let id = team.id.clone();
                sanitised(actor, team, |permission| here(&id, permission))
            })
            .collect())
    }

    /// An account's places in teams, former ones too.
    ///
    /// # Errors
    ///
    /// [`TeamError::Forbidden`] but for its holder and those above him.
    #[tracing::instrument(skip_all)]
    pub async fn team_memberships<O: Permitted>(&self, actor: &Actor, user: &UserId) -> Result<Vec<TeamMember>, TeamError> {
        let mut reading = self.store.read().await?;
        permit_for::<O>(&mut *reading, actor, user).await?;
        Ok(reading.teams().memberships(user).await?)
    }

    /// Makes somebody a member of a team. Who is one already stays as he is.
    ///
    /// # Errors
    ///
    /// [`TeamError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn add_team_member(&self, actor: &Actor, team: &TeamId, user: &UserId, origin: &Origin) -> Result<TeamMember, TeamError> {
        let mut reading = self.store.read().await?;
        let team = reading.teams().by_id(team).await?.ok_or(TeamError::Missing)?;
        self.check_adding(&mut *reading, actor, &team, user).await?;
        let user = target(&mut *reading, actor, user).await?.ok_or(TeamError::MissingUser)?;
        if !crate::email::MailDomains::parse(&team.allowed_domains).take(user.email.as_str()) {
            return Err(TeamError::Domain);
        }
        if team.is_group_constrained == Some(true) && !is_in_linked_group(&mut *reading, &team.id, &user).await? {
            return Err(TeamError::GroupConstrained);
        }
        drop(reading);
        let now = self.clock.now();
        let mut work = acting::begin::<TeamError>(&*self.store, actor, &[&user.id]).await?;
        if membership::join(&mut *work, &team, &user, now).await? {
            touch(&mut *work, &user.id, now).await?;
            let after = serde_json::json!({ "team": team.id.as_str() });
            let entry = self.entry(Operation::AddTeamMember, actor, now, origin);
            work.audits().record(&[AuditEntry { target: Some(user.id.clone()), after: Some(after), ..entry }]).await?;
        }
        let member = work.teams().member(&team.id, &user.id).await?.ok_or(TeamError::NoMember)?;
        work.commit().await?;
        Ok(member)
    }

    async fn check_adding(&self, reading: &mut dyn Reading, actor: &Actor, team: &Team, user: &UserId) -> Result<(), TeamError> {
        let here = in_team(reading, actor, &team.id).await?;
        let needed = match actor.user_id() {
            Some(own) if own == user && team.allows_open_invite => Permission::JoinPublicTeams,
            Some(own) if own == user => Permission::JoinPrivateTeams,
            _ => Permission::AddUserToTeam,
        };
        demand::<operations::AddTeamMember>(actor, needed, &here)?;
        let is_guest = actor.user_id() != Some(user) && reading.users().by_id(user).await?.is_some_and(|user| user.is_guest());
        if is_guest {
            demand::<operations::AddTeamMember>(actor, Permission::InviteGuest, &here)?;
        }
        Ok(())
    }

    /// Somebody's place in a team.
    ///
    /// # Errors
    ///
    /// [`TeamError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn team_member(&self, actor: &Actor, team: &TeamId, user: &UserId) -> Result<TeamMember, TeamError> {
        let mut reading = self.store.read().await?;
        let here = in_team(&mut *reading, actor, team).await?;
        permit_here::<operations::GetTeamMember>(actor, here)?;
        let seen = self.accounts.visible(&mut *reading, actor, std::slice::from_ref(user)).await?;
        let member = reading.teams().member(team, user).await?.filter(|member| seen.contains(&member.user_id));
        member.ok_or(TeamError::NoMember)
    }

    /// Who belongs to a team, as far as the actor sees them.
    ///
    /// # Errors
    ///
    /// [`TeamError::Forbidden`] but for its members and those who see every team.
    #[tracing::instrument(skip_all)]
    pub async fn team_members(&self, actor: &Actor, team: &TeamId, page: Page) -> Result<Vec<TeamMember>, TeamError> {
        let mut reading = self.store.read().await?;
        let here = in_team(&mut *reading, actor, team).await?;
        permit_here::<operations::GetTeamMembers>(actor, here)?;
        let members = reading.teams().members(team, page).await?;
        let ids: Vec<_> = members.iter().map(|member| member.user_id.clone()).collect();
        let seen = self.accounts.visible(&mut *reading, actor, &ids).await?;
        Ok(members.into_iter().filter(|member| seen.contains(&member.user_id)).collect())
    }

    /// Ends somebody's membership of a team; anybody ends his own.
    ///
    /// # Errors
    ///
    /// [`TeamError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn remove_team_member(&self, actor: &Actor, team: &TeamId, user: &UserId, origin: &Origin) -> Result<(), TeamError> {
        let mut reading = self.store.read().await?;
        let here = in_team(&mut *reading, actor, team).await?;
        let is_own = actor.user_id() == Some(user);
        permit_here::<operations::RemoveTeamMember>(actor, |permission| is_own || here(permission))?;
        let team = reading.teams().by_id(team).await?.ok_or(TeamError::Missing)?;
        drop(reading);
        let now = self.clock.now();
        let mut work = acting::begin::<TeamError>(&*self.store, actor, &[user]).await?;
        if !work.teams().leave(&team.id, user, now).await? {
            return Err(TeamError::NoMember);
        }
        touch(&mut *work, user, now).await?;
        let before = serde_json::json!({ "team": team.id.as_str() });
        let entry = self.entry(Operation::RemoveTeamMember, actor, now, origin);
        work.audits().record(&[AuditEntry { target: Some(user.clone()), before: Some(before), ..entry }]).await?;
        work.commit().await?;
        Ok(())
    }
}

/// Whether an account is in a group that is linked to a team, or belongs to the team already.
async fn is_in_linked_group(reading: &mut dyn Reading, team: &TeamId, user: &User) -> Result<bool, StoreError> {
    if reading.teams().member(team, &user.id).await?.is_some_and(|member| member.is_active()) {
        return Ok(true);
    }
    let itself = Word { folded: user.username.as_str().to_owned(), id: Some(user.id.clone()) };
    let search = Search {
        scope: Scope::NotInTeam { team: team.clone(), is_constrained: true },
        filter: Filter::default(),
        words: vec![itself],
        searched: Searched { full_name: false, email: false },
        most: 1,
    };
    Ok(reading.users().search(&search).await?.iter().any(|found| found.id == user.id))
}

/// Moves an account's time of change: its teams have changed.
async fn touch(work: &mut dyn UnitOfWork, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
    match work.users().locked(user).await? {
        Some(user) => work.users().update(&User { updated_at: now.max(user.updated_at), ..user }).await,
        None => Ok(()),
    }
}

async fn seen<O: Permitted>(reading: &mut dyn Reading, actor: &Actor, team: Team) -> Result<TeamSeen, TeamError> {
    let here = in_team(reading, actor, &team.id).await?;
    let is_public = team.kind == TeamKind::Open && team.allows_open_invite && actor.holds(Permission::ListPublicTeams);
    permit_here::<O>(actor, |permission| is_public || here(permission))?;
    Ok(sanitised(actor, team, here))
}

fn sanitised(actor: &Actor, team: Team, here: impl Fn(Permission) -> bool) -> TeamSeen {
    let holds = |permission| actor.holds(permission) || here(permission);
    TeamSeen { hides_email: !holds(Permission::ManageTeam), hides_invite: !holds(Permission::InviteUser), team }
}

#[cfg(test)]
mod tests;
