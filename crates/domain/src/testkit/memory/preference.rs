//! What clients remember, in memory.

use async_trait::async_trait;

use super::{Look, Repositories, Work};
use crate::id::UserId;
use crate::preference::{OF_SERVICE, Preference};
use crate::store::{Preferences, ReadPreferences, StoreError};

#[async_trait]
impl<S: Look> ReadPreferences for Repositories<S> {
    async fn of_user(&mut self, user: &UserId, category: Option<&str>) -> Result<Vec<Preference>, StoreError> {
        let state = self.0.state();
        let own = state.preferences.get(user).into_iter().flat_map(|own| own.values());
        Ok(own.filter(|preference| category.is_none_or(|category| preference.category == category)).cloned().collect())
    }

    async fn count(&mut self, user: &UserId) -> Result<u32, StoreError> {
        let state = self.0.state();
        let own = state.preferences.get(user).into_iter().flat_map(|own| own.values());
        let count = own.filter(|held| (held.category.as_str(), held.name.as_str()) != OF_SERVICE).count();
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }
}

#[async_trait]
impl Preferences for Repositories<Work> {
    async fn put(&mut self, preferences: &[Preference]) -> Result<(), StoreError> {
        let held = &mut self.0.state_mut().preferences;
        for preference in preferences {
            held.entry(preference.user_id.clone()).or_default().insert(key(preference), preference.clone());
        }
        Ok(())
    }

    async fn remove(&mut self, preferences: &[Preference]) -> Result<(), StoreError> {
        let held = &mut self.0.state_mut().preferences;
        for preference in preferences {
            if let Some(own) = held.get_mut(&preference.user_id) {
                own.remove(&key(preference));
            }
        }
        Ok(())
    }
}

fn key(preference: &Preference) -> (String, String) {
    (preference.category.clone(), preference.name.clone())
}
