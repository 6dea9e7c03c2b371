//! Second factors and known devices in memory.

use async_trait::async_trait;

use super::state::{HeldDevice, Tries};
use super::{Look, Repositories, Work};
use crate::credential::{Digest, KeyId, Sealed};
use crate::device::NewDevice;
use crate::factor::{FactorTry, NewFactor, NewRecoveryCode, StoredFactor};
use crate::id::{CredentialId, UserId};
use crate::store::{Factors, KnownDevices, LockRules, ReadFactors, ReadKnownDevices, StoreError};
use crate::time::Timestamp;

#[async_trait]
impl<S: Look> ReadFactors for Repositories<S> {
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<StoredFactor>, StoreError> {
        Ok(self.0.state().factors.values().filter(|factor| factor.user_id == *user).cloned().collect())
    }

    async fn recovery_codes_left(&mut self, user: &UserId) -> Result<u64, StoreError> {
        Ok(self.0.state().recovery_codes.get(user).map_or(0, Vec::len) as u64)
    }

    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&CredentialId>, most: u32) -> Result<Vec<StoredFactor>, StoreError> {
        let state = self.0.state();
        let found = state.factors.values().filter(|factor| factor.sealed.key_id != *key && after.is_none_or(|after| factor.id > *after));
        Ok(found.take(super::at_most(most)).cloned().collect())
    }

    async fn hashed_under_others(&mut self, key: &KeyId) -> Result<u64, StoreError> {
        let state = self.0.state();
        let codes = state.recovery_codes.values().flatten().map(|code| &code.hash);
        let devices = state.devices.values().map(|held| &held.device.hash);
        Ok(codes.chain(devices).filter(|hash| hash.key() != key).count() as u64)
    }
}

#[async_trait]
impl Factors for Repositories<Work> {
    async fn propose(&mut self, factor: &NewFactor) -> Result<(), StoreError> {
        let state = self.0.state_mut();
        state.factors.retain(|_, held| held.is_active || held.user_id != factor.user_id);
        let NewFactor { id, user_id, sealed, .. } = factor.clone();
        state.factors.insert(id.clone(), StoredFactor { id, user_id, sealed, is_active: false, last_step: 0 });
        Ok(())
    }

    async fn attempt(&mut self, user: &UserId, rules: &LockRules, now: Timestamp) -> Result<FactorTry, StoreError> {
        let tries = self.0.state_mut().factor_tries.entry(user.clone()).or_default();
        Ok(if tries.count(rules, now) { FactorTry::Open } else { FactorTry::Locked(tries.locked_until) })
    }

    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().factor_tries.remove(user);
        Ok(())
    }

    async fn use_step(&mut self, id: &CredentialId, step: i64) -> Result<bool, StoreError> {
        let held = self.0.state_mut().factors.get_mut(id).filter(|held| held.is_active && held.last_step < step);
        let Some(held) = held else { return Ok(false) };
        held.last_step = step;
        Ok(true)
    }

    async fn activate(&mut self, id: &CredentialId, step: i64, now: Timestamp) -> Result<bool, StoreError> {
        let state = self.0.state_mut();
        let Some(user) = state.factors.get(id).filter(|held| !held.is_active).map(|held| held.user_id.clone()) else { return Ok(false) };
        state.factors.retain(|_, held| !held.is_active || held.user_id != user);
        if let Some(held) = state.factors.get_mut(id) {
            (held.is_active, held.last_step) = (true, step);
        }
        state.change(&user, |account| {
            account.user.has_second_factor = true;
            account.user.credential_epoch += 1;
            account.user.updated_at = account.user.updated_at.max(now);
        });
        Ok(true)
    }

    async fn clear(&mut self, user: &UserId, now: Timestamp) -> Result<bool, StoreError> {
        let state = self.0.state_mut();
        state.factors.retain(|_, held| held.user_id != *user);
        state.recovery_codes.remove(user);
        state.factor_tries.remove(user);
        let mut was_on = false;
        state.change(user, |account| {
            was_on = account.user.has_second_factor;
            if was_on {
                account.user.has_second_factor = false;
                account.user.credential_epoch += 1;
                account.user.updated_at = account.user.updated_at.max(now);
            }
        });
        Ok(was_on)
    }

    async fn replace_recovery_codes(&mut self, user: &UserId, codes: &[NewRecoveryCode]) -> Result<(), StoreError> {
        self.0.state_mut().recovery_codes.insert(user.clone(), codes.to_vec());
        Ok(())
    }

    async fn redeem_recovery_code(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError> {
        let Some(codes) = self.0.state_mut().recovery_codes.get_mut(user) else { return Ok(false) };
        let before = codes.len();
        codes.retain(|code| !hashes.contains(&code.hash));
        Ok(codes.len() < before)
    }

    async fn reseal(&mut self, id: &CredentialId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError> {
        let held = self.0.state_mut().factors.get_mut(id).filter(|held| held.sealed == *before);
        let Some(held) = held else { return Ok(false) };
        held.sealed = after.clone();
        Ok(true)
    }
}

#[async_trait]
impl<S: Look> ReadKnownDevices for Repositories<S> {
    async fn is_known(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError> {
        Ok(self.0.state().devices.values().any(|held| held.is(user, hashes)))
    }
}

#[async_trait]
impl KnownDevices for Repositories<Work> {
    async fn attempt(&mut self, user: &UserId, hashes: &[Digest], rules: &LockRules, now: Timestamp) -> Result<bool, StoreError> {
        Ok(device(self.0.state_mut().devices.values_mut(), user, hashes).is_some_and(|held| held.tries.count(rules, now)))
    }

    async fn give_back(&mut self, user: &UserId, hashes: &[Digest]) -> Result<(), StoreError> {
        if let Some(held) = device(self.0.state_mut().devices.values_mut(), user, hashes) {
            held.tries = Tries { failed: held.tries.failed.saturating_sub(1), locked_until: Timestamp::NEVER };
        }
        Ok(())
    }

    async fn recognise(&mut self, user: &UserId, hashes: &[Digest], now: Timestamp) -> Result<bool, StoreError> {
        let Some(held) = device(self.0.state_mut().devices.values_mut(), user, hashes) else { return Ok(false) };
        (held.tries, held.last_used_at) = (Tries::default(), now);
        Ok(true)
    }

    async fn know(&mut self, device: &NewDevice, most: u32) -> Result<bool, StoreError> {
        let devices = &mut self.0.state_mut().devices;
        let had_any = devices.values().any(|held| held.device.user_id == device.user_id);
        let held = HeldDevice { device: device.clone(), last_used_at: device.created_at, tries: Tries::default() };
        devices.insert(device.id.clone(), held);
        let mut own: Vec<_> = devices.values().filter(|held| held.device.user_id == device.user_id).collect();
        own.sort_by_key(|held| (std::cmp::Reverse(held.last_used_at), std::cmp::Reverse(held.device.id.clone())));
        let beyond: Vec<_> = own.into_iter().skip(super::at_most(most)).map(|held| held.device.id.clone()).collect();
        devices.retain(|id, _| !beyond.contains(id));
        Ok(had_any)
    }

    async fn forget(&mut self, user: &UserId) -> Result<(), StoreError> {
        self.0.state_mut().devices.retain(|_, held| held.device.user_id != *user);
        Ok(())
    }

    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let devices = &mut self.0.state_mut().devices;
        let old: Vec<_> = devices.values().filter(|held| held.last_used_at < before).map(|held| held.device.id.clone()).collect();
        let old = &old[..old.len().min(super::at_most(most))];
        devices.retain(|id, _| !old.contains(id));
        Ok(old.len() as u64)
    }
}

fn device<'a>(mut devices: impl Iterator<Item = &'a mut HeldDevice>, user: &UserId, hashes: &[Digest]) -> Option<&'a mut HeldDevice> {
    devices.find(|held| held.is(user, hashes))
}

impl HeldDevice {
    fn is(&self, user: &UserId, hashes: &[Digest]) -> bool {
        self.device.user_id == *user && hashes.contains(&self.device.hash)
    }
}
