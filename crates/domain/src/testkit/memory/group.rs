//! Groups in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::state::{HeldGroup, State};
use super::{Look, Repositories, Work, part};
use crate::group::{Group, Place};
use crate::id::{GroupId, UserId};
use crate::page::Page;
use crate::store::{Groups, ReadGroups, StoreError, UniqueField};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadGroups for Repositories<S> {
    async fn by_id(&mut self, id: &GroupId) -> Result<Option<Group>, StoreError> {
        Ok(self.0.state().groups.get(id).map(|held| held.group.clone()))
    }

    async fn list(&mut self, page: Page) -> Result<Vec<Group>, StoreError> {
        let state = self.0.state();
        let mut found: Vec<_> = state.groups_in_use().map(|held| held.group.clone()).collect();
        // The sort is stable, and the map is in the order of ids.
        found.sort_by(|one, other| one.display_name.cmp(&other.display_name));
        Ok(part(found, page))
    }

    async fn has_name(&mut self, name: &str) -> Result<bool, StoreError> {
        Ok(self.0.state().groups_in_use().any(|held| held.group.name == name))
    }

    async fn size(&mut self, group: &GroupId) -> Result<u64, StoreError> {
        Ok(self.0.state().groups.get(group).map_or(0, |held| held.members.len() as u64))
    }
}

#[async_trait]
impl Groups for Repositories<Work> {
    async fn insert(&mut self, group: &Group) -> Result<(), StoreError> {
        let state = self.0.state_mut();
        if state.groups.contains_key(&group.id) {
            return Err(StoreError::Taken(UniqueField::Id));
        }
        let is_in_use = group.deleted_at == Timestamp::NEVER;
        if is_in_use && state.groups_in_use().any(|held| held.group.name == group.name) {
            return Err(StoreError::Taken(UniqueField::Name));
        }
        let held = HeldGroup { group: group.clone(), members: BTreeSet::new(), places: Vec::new() };
        state.groups.insert(group.id.clone(), held);
        Ok(())
    }

    async fn remove(&mut self, group: &GroupId, at: Timestamp) -> Result<(), StoreError> {
        if let Some(held) = self.0.state_mut().groups.get_mut(group) {
            let removed = Group { updated_at: at, deleted_at: at, ..held.group.clone() };
            *held = HeldGroup { group: removed, members: BTreeSet::new(), places: Vec::new() };
        }
        Ok(())
    }

    async fn add(&mut self, group: &GroupId, users: &[UserId], _at: Timestamp) -> Result<Vec<UserId>, StoreError> {
        let State { accounts, groups, .. } = self.0.state_mut();
        let Some(held) = groups.get_mut(group) else { return Ok(Vec::new()) };
        let known = users.iter().filter(|user| accounts.contains_key(*user));
        Ok(known.filter(|user| held.members.insert((*user).clone())).cloned().collect())
    }

    async fn take_out(&mut self, group: &GroupId, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let Some(held) = self.0.state_mut().groups.get_mut(group) else { return Ok(Vec::new()) };
        Ok(users.iter().filter(|user| held.members.remove(*user)).cloned().collect())
    }

    async fn link(&mut self, group: &GroupId, place: &Place, _at: Timestamp) -> Result<(), StoreError> {
        if let Some(held) = self.0.state_mut().groups.get_mut(group).filter(|held| !held.places.contains(place)) {
            held.places.push(place.clone());
        }
        Ok(())
    }

    async fn unlink(&mut self, group: &GroupId, place: &Place) -> Result<bool, StoreError> {
        let Some(held) = self.0.state_mut().groups.get_mut(group) else { return Ok(false) };
        let before = held.places.len();
        held.places.retain(|other| other != place);
        Ok(held.places.len() < before)
    }
}

impl State {
    fn groups_in_use(&self) -> impl Iterator<Item = &HeldGroup> {
        self.groups.values().filter(|held| held.group.deleted_at == Timestamp::NEVER)
    }
}
