//! Accounts in memory.

use std::collections::HashSet;

use async_trait::async_trait;

use super::state::{Account, State};
use super::{Look, View, Work};
use crate::email::Email;
use crate::id::UserId;
use crate::store::{ReadUsers, StoreError, UniqueField, Users};
use crate::time::Timestamp;
use crate::user::User;
use crate::username::Username;

#[async_trait]
impl<S: Look> ReadUsers for View<S> {
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

    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp) -> Result<Vec<User>, StoreError> {
        let wanted: HashSet<_> = ids.iter().collect();
        let has_changed = |user: &User| since == Timestamp::NEVER || user.updated_at > since;
        Ok(self.0.state().sorted(|user| wanted.contains(&user.id) && has_changed(user)))
    }

    async fn by_usernames(&mut self, usernames: &[Username]) -> Result<Vec<User>, StoreError> {
        let wanted: HashSet<_> = usernames.iter().collect();
        Ok(self.0.state().sorted(|user| wanted.contains(&user.username)))
    }

    async fn any(&mut self) -> Result<bool, StoreError> {
        Ok(!self.0.state().accounts.is_empty())
    }
}

#[async_trait]
impl Users for View<Work> {
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
        state.change(&user.id, |account| account.user = updated(&account.user, user));
        Ok(())
    }

    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().change(id, |account| account.user.credential_epoch += 1);
        Ok(())
    }
}

/// An account with what an update writes of another, and nothing else of it.
fn updated(before: &User, wanted: &User) -> User {
    let User { username, email, is_email_verified, profile, updated_at, .. } = wanted.clone();
    User { updated_at, username, email, is_email_verified, profile, ..before.clone() }
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
