//! Searching accounts, and completing names while they are typed.

use super::look_up::view_of;
use super::selection::{Selected, check_channel, check_team};
use super::{Accounts, Actor, ListError, Permission, Permit, RoleNames, Selection, acting, operations};
use crate::id::{ChannelId, TeamId};
use crate::store::Reading;
use crate::user::query::{Filter, Scope, Search, Searched, View, words};
use crate::user::shown::ShownUser;

/// A search that somebody asks for.
#[derive(Debug, Clone, Default)]
pub struct SearchWanted {
    /// What is searched for.
    pub term: String,
    /// Among which accounts.
    pub selection: Selection,
    /// Of which roles.
    pub roles: RoleNames,
    /// Whether deactivated accounts are found too.
    pub with_inactive: bool,
    /// Most accounts that are found.
    pub most: u32,
}

/// A name that somebody wants completed.
#[derive(Debug, Clone, Default)]
pub struct CompletionWanted {
    /// What was typed so far.
    pub name: String,
    /// In which team; empty for everywhere.
    pub in_team: String,
    /// In which channel of it; empty for none.
    pub in_channel: String,
    /// A team that those come from who are offered first; empty for none. Where nobody of it is meant, or the actor does not see it,
    /// everybody is offered.
    pub rather_in_team: String,
    /// Most accounts that are found, in the channel and outside it.
    pub most: u32,
}

/// Accounts whose names may be meant.
#[derive(Debug, Default)]
pub struct Completion {
    /// Those in the channel, or in the team, or all.
    pub users: Vec<ShownUser>,
    /// Those of the team outside the channel.
    pub out_of_channel: Vec<ShownUser>,
}

impl Accounts {
    /// The accounts that have every word of a term. Nobody is found by what the actor may not see.
    ///
    /// # Errors
    ///
    /// [`ListError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn search(
        &self,
        _: Permit<operations::SearchUsers>,
        actor: &Actor,
        wanted: SearchWanted,
    ) -> Result<Vec<ShownUser>, ListError> {
        let mut reading = self.store.read().await?;
        let Selected::Scope(scope) = wanted.selection.of_search(&mut *reading, actor).await? else { return Ok(Vec::new()) };
        if wanted.roles.is_hopeless() || wanted.term.contains('\0') {
            return Ok(Vec::new());
        }
        let roles = wanted.roles.filter(&scope);
        let filter = Filter { is_active: (!wanted.with_inactive).then_some(true), roles, view: view_of(actor) };
        let is_admin = actor.holds(Permission::ManageSystem);
        let privacy = self.rules.privacy;
        let searched = Searched { full_name: is_admin || privacy.shows_full_name, email: is_admin || privacy.shows_email };
        let search = Search { scope, filter, words: words(&wanted.term), searched, most: wanted.most };
        let found = reading.users().search(&search).await?;
        Ok(self.shown(actor, found))
    }

    /// The active accounts whose names may be meant by what was typed so far.
    ///
    /// # Errors
    ///
    /// [`ListError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn complete(
        &self,
        _: Permit<operations::AutocompleteUsers>,
        actor: &Actor,
        wanted: CompletionWanted,
    ) -> Result<Completion, ListError> {
        let mut reading = self.store.read().await?;
        acting::still_in::<ListError>(&mut *reading, actor).await?;
        let (channel, team) = (wanted.in_channel.parse::<ChannelId>().ok(), wanted.in_team.parse::<TeamId>().ok());
        if !wanted.in_channel.is_empty() {
            check_channel(&mut *reading, actor, channel.as_ref()).await?;
        }
        if !wanted.in_team.is_empty() {
            check_team(&mut *reading, actor, team.as_ref()).await?;
        }
        if let Some(completion) = self.complete_rather(&mut *reading, actor, &wanted).await? {
            return Ok(completion);
        }
        let mut completion = Completion::default();
        for (scope, is_inside) in completed_scopes(&wanted, team, channel) {
            let shown = self.completed(&mut *reading, actor, scope, &wanted).await?;
            *(if is_inside { &mut completion.users } else { &mut completion.out_of_channel }) = shown;
        }
        Ok(completion)
    }

    async fn complete_rather(
        &self,
        reading: &mut dyn Reading,
        actor: &Actor,
        wanted: &CompletionWanted,
    ) -> Result<Option<Completion>, ListError> {
        let Ok(team) = wanted.rather_in_team.parse::<TeamId>() else { return Ok(None) };
        match check_team(reading, actor, Some(&team)).await {
            Ok(()) => {}
            Err(ListError::Forbidden(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let users = self.completed(reading, actor, Scope::InTeam(team), wanted).await?;
        Ok((!users.is_empty()).then(|| Completion { users, ..Completion::default() }))
    }

    async fn completed(
        &self,
        reading: &mut dyn Reading,
        actor: &Actor,
        scope: Scope,
        wanted: &CompletionWanted,
    ) -> Result<Vec<ShownUser>, ListError> {
        if wanted.name.contains('\0') {
            return Ok(Vec::new());
        }
        // Who reads a channel sees who is in it.
        let view = if matches!(scope, Scope::InChannel(_)) { View::Everybody } else { view_of(actor) };
        let filter = Filter { is_active: Some(true), view, ..Filter::default() };
        let sees_names = actor.holds(Permission::ManageSystem) || self.rules.privacy.shows_full_name;
        let searched = Searched { full_name: sees_names, email: false };
        let search = Search { scope, filter, words: words(&wanted.name), searched, most: wanted.most };
        let found = reading.users().search(&search).await?;
        Ok(self.shown(actor, found))
    }
}

/// Where names are completed, and whether that is inside the channel.
fn completed_scopes(wanted: &CompletionWanted, team: Option<TeamId>, channel: Option<ChannelId>) -> Vec<(Scope, bool)> {
    match (team, channel) {
        (Some(team), Some(channel)) => {
            let outside = Scope::NotInChannel { team, channel: channel.clone(), is_constrained: false };
            vec![(Scope::InChannel(channel), true), (outside, false)]
        }
        (Some(team), None) => vec![(Scope::InTeam(team), true)],
        // A team of that id can't be: nobody is in it.
        (None, _) if !wanted.in_team.is_empty() => Vec::new(),
        (None, Some(channel)) => vec![(Scope::InChannel(channel), true)],
        (None, None) => vec![(Scope::Everyone, true)],
    }
}

#[cfg(test)]
mod tests;
