//! Accounts in memory.

use std::collections::HashSet;

use async_trait::async_trait;

use super::state::{Account, State};
use super::{Look, Repositories, Work, at_most, part};
use crate::channel::ChannelKind;
use crate::email::Email;
use crate::id::{ChannelId, UserId};
use crate::page::Page;
use crate::store::{ReadUsers, StoreError, UniqueField, Users};
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{BotListing, Count, Listed, Listing, Search, View};
use crate::username::Username;

mod query;
mod removal;

#[async_trait]
impl<S: Look> ReadUsers for Repositories<S> {
    async fn by_id(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        Ok(self.0.state().accounts.get(id).map(|account| account.user.clone()))
    }

    async fn by_username(&mut self, username: &Username) -> Result<Option<User>, StoreError> {
        Ok(self.0.state().user(|user| user.username == *username))
    }

    async fn by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError> {
        Ok(self.0.state().user(|user| user.email == *email))
    }

    async fn by_login(&mut self, login: &str) -> Result<Option<User>, StoreError> {
        Ok(self.0.state().by_login(login))
    }

    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp, view: &View) -> Result<Vec<User>, StoreError> {
        let state = self.0.state();
        let (wanted, sees): (HashSet<_>, _) = (ids.iter().collect(), state.sees(view));
        let has_changed = |user: &User| since == Timestamp::NEVER || user.updated_at > since;
        Ok(state.sorted(|user| wanted.contains(&user.id) && has_changed(user) && sees(user)))
    }

    async fn by_usernames(&mut self, usernames: &[Username], view: &View) -> Result<Vec<User>, StoreError> {
        let state = self.0.state();
        let (wanted, sees): (HashSet<_>, _) = (usernames.iter().collect(), state.sees(view));
        Ok(state.sorted(|user| wanted.contains(&user.username) && sees(user)))
    }

    async fn any(&mut self) -> Result<bool, StoreError> {
        Ok(!self.0.state().accounts.is_empty())
    }

    async fn list(&mut self, listing: &Listing) -> Result<Vec<Listed>, StoreError> {
        Ok(part(self.0.state().listed(listing), listing.page))
    }

    async fn search(&mut self, search: &Search) -> Result<Vec<User>, StoreError> {
        let mut found = self.0.state().searched(search);
        found.truncate(at_most(search.most));
        Ok(found)
    }

    async fn count(&mut self, count: &Count) -> Result<u64, StoreError> {
        Ok(self.0.state().counted(count) as u64)
    }

    async fn share_channel(&mut self, one: &UserId, other: &UserId) -> Result<bool, StoreError> {
        Ok(self.0.state().known_to(one).contains(other))
    }

    async fn known_to(&mut self, id: &UserId) -> Result<Vec<UserId>, StoreError> {
        let state = self.0.state();
        let mut known: Vec<_> = state.known_to(id).into_iter().filter(|known| *known != id).cloned().collect();
        known.sort_unstable();
        Ok(known)
    }

    async fn in_group_channels(&mut self, id: &UserId, channels: &[ChannelId]) -> Result<Vec<(ChannelId, User)>, StoreError> {
        let state = self.0.state();
        let is_group = |channel: &ChannelId| state.channels.get(channel).is_some_and(|channel| channel.kind == ChannelKind::Group);
        let own = state.channels_of(id).map(|member| &member.channel_id).filter(|channel| channels.contains(channel) && is_group(channel));
        let others = |channel: &ChannelId| state.sorted(|user| user.id != *id && state.channel_member(channel, &user.id).is_some());
        Ok(own.flat_map(|channel| others(channel).into_iter().map(|user| (channel.clone(), user))).collect())
    }

    async fn with_address_outside(&mut self, domains: &[String], page: Page) -> Result<Vec<User>, StoreError> {
        let is_outside = |user: &User| !domains.iter().any(|domain| user.email.as_str().contains(domain.as_str()));
        let is_meant = |user: &User| {
            user.is_active() && user.bot.is_none() && !user.is_guest() && user.identity.service.is_empty() && is_outside(user)
        };
        Ok(part(self.0.state().sorted(is_meant), page))
    }

    async fn bots(&mut self, listing: &BotListing) -> Result<Vec<User>, StoreError> {
        Ok(part(self.0.state().bots(listing), listing.page))
    }

    async fn ids_after(&mut self, after: Option<&UserId>, most: u32) -> Result<Vec<UserId>, StoreError> {
        let state = self.0.state();
        Ok(state.accounts.keys().filter(|id| after.is_none_or(|after| *id > after)).take(at_most(most)).cloned().collect())
    }

    async fn has_other_admin(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let counts = |user: &User| user.id != *id && user.is_admin() && user.is_active() && user.bot.is_none() && !user.is_remote();
        Ok(self.0.state().users().any(counts))
    }
}

#[async_trait]
impl Users for Repositories<Work> {
    async fn insert(&mut self, users: &[User]) -> Result<(), StoreError> {
        let mut held = Held::of(&self.0.state);
        for user in users {
            held.add(user)?;
        }
        let accounts = users.iter().map(|user| Account { user: user.clone(), locked_until: Timestamp::NEVER, password: None });
        self.0.state_mut().accounts.extend(accounts.map(|account| (account.user.id.clone(), account)));
        Ok(())
    }

    async fn locked(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        // Units of work take turns: while this one lasts, nobody else writes anyway.
        self.by_id(id).await
    }

    async fn update(&mut self, user: &User) -> Result<(), StoreError> {
        let state = self.0.state_mut();
        if !state.accounts.contains_key(&user.id) {
            return Ok(());
        }
        if state.user(|other| other.id != user.id && other.username == user.username).is_some() {
            return Err(StoreError::Taken(UniqueField::Username));
        }
        if state.user(|other| other.id != user.id && other.email == user.email).is_some() {
            return Err(StoreError::Taken(UniqueField::Email));
        }
        if state.user(|other| other.id != user.id && identity(other).is_some() && identity(other) == identity(user)).is_some() {
            return Err(StoreError::Taken(UniqueField::Identity));
        }
        state.change(&user.id, |account| account.user = updated(&account.user, user));
        Ok(())
    }

    async fn remove(&mut self, id: &UserId) -> Result<bool, StoreError> {
        Ok(self.0.state_mut().remove(id))
    }

    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().change(id, |account| account.user.credential_epoch += 1);
        Ok(())
    }
}

/// An account as an update leaves it.
fn updated(before: &User, wanted: &User) -> User {
    let User { created_at, failed_attempts, last_login_at, credential_epoch, .. } = *before;
    User { created_at, failed_attempts, last_login_at, credential_epoch, ..wanted.clone() }
}

impl State {
    fn bots(&self, listing: &BotListing) -> Vec<User> {
        let is_active = |owner: &UserId| self.accounts.get(owner).is_some_and(|account| account.user.is_active());
        let is_meant = |user: &&User| {
            user.bot.as_ref().is_some_and(|bot| {
                (listing.owner.is_none() || bot.owner_id == listing.owner)
                    && (listing.with_inactive || user.is_active())
                    // A bot whose owner was removed has none.
                    && !(listing.is_orphaned && bot.owner_id.as_ref().is_some_and(is_active))
            })
        };
        let mut found: Vec<_> = self.users().filter(is_meant).cloned().collect();
        found.sort_by_key(|user| (user.bot.as_ref().map(|bot| bot.created_at), user.id.clone()));
        found
    }
}

/// What accounts hold alone.
struct Held<'a> {
    ids: HashSet<&'a UserId>,
    usernames: HashSet<&'a Username>,
    emails: HashSet<&'a Email>,
    identities: HashSet<(&'a str, &'a str)>,
}

impl<'a> Held<'a> {
    fn of(state: &'a State) -> Self {
        let users = || state.accounts.values().map(|account| &account.user);
        Self {
            ids: state.accounts.keys().collect(),
            usernames: users().map(|user| &user.username).collect(),
            emails: users().map(|user| &user.email).collect(),
            identities: users().filter_map(identity).collect(),
        }
    }

    fn add(&mut self, user: &'a User) -> Result<(), StoreError> {
        let is_new = [
            (self.ids.insert(&user.id), UniqueField::Id),
            (self.usernames.insert(&user.username), UniqueField::Username),
            (self.emails.insert(&user.email), UniqueField::Email),
            (identity(user).is_none_or(|identity| self.identities.insert(identity)), UniqueField::Identity),
        ];
        is_new.into_iter().find(|(is_new, _)| !is_new).map_or(Ok(()), |(_, field)| Err(StoreError::Taken(field)))
    }
}

fn identity(user: &User) -> Option<(&str, &str)> {
    user.identity.subject.as_deref().map(|subject| (user.identity.service.as_str(), subject))
}
