//! Lists and counts of accounts.

use super::look_up::view_of;
use super::selection::Selected;
use super::{Accounts, Actor, Forbidden, Permission, Permit, RoleNames, Selection, StoreError, User, UserId, operations};
use crate::id::ChannelId;
use crate::page::Page;
use crate::time::Timestamp;
use crate::user::query::{Count, Filter, Listing, NameFormat, Order, Scope, View};
use crate::user::shown::{ShownUser, Viewer};

/// Why accounts are not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// There is no such group.
    #[error("there is no such group")]
    UnknownGroup,
    /// There is no such role; the field that names it.
    #[error("{0} names no role")]
    UnknownRole(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A list that somebody asks for.
#[derive(Debug, Clone, Default)]
pub struct ListWanted {
    /// Which accounts.
    pub selection: Selection,
    /// Which roles.
    pub roles: RoleNames,
    /// Active ones alone, deactivated ones alone, or both.
    pub is_active: Option<bool>,
    /// Their order.
    pub order: Order,
    /// Which part.
    pub page: Page,
}

/// An account of a list as it is shown.
#[derive(Debug)]
pub struct ListedUser {
    /// The account.
    pub shown: ShownUser,
    /// When it was last active, where the order tells.
    pub last_activity_at: Timestamp,
}

/// A count that somebody asks for.
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    /// A team's or a channel's accounts, or everybody's.
    pub selection: Selection,
    /// Which roles.
    pub roles: RoleNames,
    /// Whether deactivated accounts count.
    pub with_inactive: bool,
    /// Whether bots count.
    pub with_bots: bool,
    /// Whether accounts that live on another server count.
    pub with_remote: bool,
}

/// Most channels that one request asks for.
const CHANNELS: usize = 50;

impl Accounts {
    /// One page of a list, as the actor sees others.
    ///
    /// # Errors
    ///
    /// [`ListError`] names the first check that failed.
    #[tracing::instrument(skip_all)]
    pub async fn list(&self, _: Permit<operations::GetUsers>, actor: &Actor, wanted: ListWanted) -> Result<Vec<ListedUser>, ListError> {
        wanted.roles.check_known(&wanted.selection)?;
        let mut reading = self.store.read().await?;
        let is_channel_order = matches!(wanted.order, Order::Status | Order::AdminsFirst);
        let selected = wanted.selection.of_list(&mut *reading, actor, is_channel_order).await?;
        let Selected::Scope(scope) = selected else { return Ok(Vec::new()) };
        let filter = list_filter(actor, &scope, &wanted);
        // Those in a group are shown to admins as to anybody: the wire has it so.
        let is_plain = matches!(scope, Scope::InGroup(_) | Scope::NotInGroup(_));
        let order = self.order(wanted.order, actor);
        let listed = reading.users().list(&Listing { scope, filter, order, page: wanted.page }).await?;
        let viewer = if is_plain { Viewer::Other } else { super::look_up::viewer_of_others(actor) };
        let shown = |listed: crate::user::query::Listed| ListedUser {
            shown: listed.user.shown_to(viewer, self.rules.privacy),
            last_activity_at: listed.last_activity_at,
        };
        Ok(listed.into_iter().map(shown).collect())
    }

    /// The order by names follows what people are called here; where full names are hidden, it does not follow them.
    fn order(&self, order: Order, actor: &Actor) -> Order {
        let sees_names = self.rules.privacy.shows_full_name || actor.holds(Permission::ManageSystem);
        match order {
            Order::DisplayName(_) if sees_names => Order::DisplayName(self.rules.name_format),
            Order::DisplayName(_) => Order::DisplayName(NameFormat::Username),
            other => other,
        }
    }

    /// The ids of everybody who is in a channel together with the actor.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn known(&self, _: Permit<operations::GetKnownUsers>, actor: &Actor) -> Result<Vec<UserId>, StoreError> {
        match actor.user_id() {
            Some(own) => self.store.read().await?.users().known_to(own).await,
            None => Ok(Vec::new()),
        }
    }

    /// The others in some group channels that the actor is in, as he sees others; of many channels, those with the first ids.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn in_group_channels(
        &self,
        _: Permit<operations::GetUsersByGroupChannelIds>,
        actor: &Actor,
        mut channels: Vec<String>,
    ) -> Result<Vec<(ChannelId, ShownUser)>, StoreError> {
        let Some(own) = actor.user_id() else { return Ok(Vec::new()) };
        channels.sort_unstable();
        channels.dedup();
        channels.truncate(CHANNELS);
        let channels: Vec<ChannelId> = channels.iter().filter_map(|id| id.parse().ok()).collect();
        let found = self.store.read().await?.users().in_group_channels(own, &channels).await?;
        let viewer = super::look_up::viewer_of_others(actor);
        Ok(found.into_iter().map(|(channel, user)| (channel, user.shown_to(viewer, self.rules.privacy))).collect())
    }

    /// How many active accounts the actor may see, bots among them, those of other servers not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when that can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn total(&self, _: Permit<operations::GetTotalUsersStats>, actor: &Actor) -> Result<u64, StoreError> {
        let filter = Filter { is_active: Some(true), view: view_of(actor), ..Filter::default() };
        let count = Count { filter, with_bots: true, ..Count::default() };
        self.store.read().await?.users().count(&count).await
    }

    /// How many accounts there are of a kind.
    ///
    /// # Errors
    ///
    /// [`ListError::UnknownRole`] for a name that no role can have; it comes before the question who asks.
    #[tracing::instrument(skip_all)]
    pub async fn statistics(&self, actor: &Actor, wanted: Statistics) -> Result<u64, ListError> {
        wanted.roles.check_form(&wanted.selection)?;
        crate::permission::permit::<operations::GetTotalUsersStatsFiltered>(actor, None)?;
        let (in_team, in_channel) = (&wanted.selection.in_team, &wanted.selection.in_channel);
        let scope = match (in_team.as_str(), in_channel.as_str()) {
            ("", "") => Some(Scope::Everyone),
            ("", channel) => channel.parse().ok().map(Scope::InChannel),
            (team, _) => team.parse().ok().map(Scope::InTeam),
        };
        let Some(scope) = scope else { return Ok(0) };
        let is_active = (!wanted.with_inactive).then_some(true);
        let filter = Filter { is_active, roles: wanted.roles.filter(&scope), view: View::Everybody };
        let count = Count { scope, filter, with_bots: wanted.with_bots, with_remote: wanted.with_remote };
        Ok(self.store.read().await?.users().count(&count).await?)
    }

    /// Accounts whose address is of none of the domains that are taken here; all that could have one, where any is taken.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they can't be told.
    #[tracing::instrument(skip_all)]
    pub async fn with_invalid_address(
        &self,
        _: Permit<operations::GetUsersWithInvalidEmails>,
        page: Page,
    ) -> Result<Vec<User>, StoreError> {
        self.store.read().await?.users().with_address_outside(self.rules.domains.all(), page).await
    }
}

/// What a list asks of each account: some lists look at less than others, as the wire has it.
fn list_filter(actor: &Actor, scope: &Scope, wanted: &ListWanted) -> Filter {
    let view = view_of(actor);
    let roles = || {
        // A single role also counts among the system's.
        let mut names = wanted.roles.clone();
        if !names.role.is_empty() {
            names.roles = vec![names.role.clone()];
        }
        names.filter(scope)
    };
    match (scope, wanted.order) {
        (Scope::NotInChannel { .. } | Scope::NotInTeam { .. } | Scope::NotInGroup(_) | Scope::InGroup(_), _)
        | (Scope::InTeam(_), Order::Activity | Order::Created) => Filter { view, ..Filter::default() },
        (Scope::InChannel(_), Order::Status | Order::AdminsFirst) => Filter { is_active: wanted.is_active, ..Filter::default() },
        // Who reads a channel sees who is in it.
        (Scope::InChannel(_), _) => Filter { is_active: wanted.is_active, roles: roles(), view: View::Everybody },
        (Scope::Everyone | Scope::WithoutTeam | Scope::InTeam(_), _) => Filter { is_active: wanted.is_active, roles: roles(), view },
    }
}

#[cfg(test)]
mod tests;
