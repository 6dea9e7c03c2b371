//! Known devices.

use async_trait::async_trait;
use diesel::prelude::*;
use muster_domain::credential::Digest;
use muster_domain::device::NewDevice;
use muster_domain::id::UserId;
use muster_domain::store::{KnownDevices, LockRules, ReadKnownDevices, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::known_devices;
use crate::statement::{Bind, Statement, all_or_none};

/// Counts a try where one is allowed, as one of an account's is.
const CLAIM: &str = "UPDATE known_devices SET failed = failed + 1, locked_until = CASE WHEN failed + 1 < ? THEN locked_until \
    ELSE ? + min(?, ? * (1 << min(failed + 1 - ?, 20))) END \
    WHERE user_id = ? AND token_hash = ? AND key_id = ? AND (failed < ? OR locked_until <= ?)";

const GIVE_BACK: &str = "UPDATE known_devices SET failed = max(failed - 1, 0), locked_until = 0 \
    WHERE user_id = ? AND token_hash = ? AND key_id = ?";

const RECOGNISE: &str = "UPDATE known_devices SET failed = 0, locked_until = 0, last_used_at = ? \
    WHERE user_id = ? AND token_hash = ? AND key_id = ?";

const GIVE_WAY: &str = "DELETE FROM known_devices WHERE id IN \
    (SELECT id FROM known_devices WHERE user_id = ? ORDER BY last_used_at DESC, id DESC LIMIT -1 OFFSET ?)";

const PURGE: &str =
    "DELETE FROM known_devices WHERE id IN (SELECT id FROM known_devices WHERE last_used_at < ? ORDER BY last_used_at LIMIT ?)";

#[derive(Insertable)]
#[diesel(table_name = known_devices, treat_none_as_default_value = false)]
struct DeviceRow<'a> {
    id: &'a str,
    user_id: &'a str,
    token_hash: &'a str,
    key_id: &'a str,
    created_at: i64,
    last_used_at: i64,
    failed: i64,
    locked_until: i64,
}

impl<'a> From<&'a NewDevice> for DeviceRow<'a> {
    fn from(device: &'a NewDevice) -> Self {
        let at = device.created_at.as_millis();
        Self {
            id: device.id.as_str(),
            user_id: device.user_id.as_str(),
            token_hash: device.hash.value(),
            key_id: device.hash.key().as_str(),
            created_at: at,
            last_used_at: at,
            failed: 0,
            locked_until: 0,
        }
    }
}

/// How many devices a statement changes that names one by each hash.
fn each(
    c: &mut SqliteConnection,
    user: &UserId,
    hashes: &[Digest],
    statement: impl for<'a> Fn([Bind<'a>; 3]) -> Statement<'a, ()>,
) -> QueryResult<bool> {
    for hash in hashes {
        let which = [user.as_str(), hash.value(), hash.key().as_str()].map(Bind::Text);
        if statement(which).execute(c)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

#[async_trait]
impl ReadKnownDevices for Repositories {
    #[tracing::instrument(name = "db.known_devices.is_known", skip_all, fields(user.id = user.as_str()))]
    async fn is_known(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError> {
        let (user, hashes) = (user.clone(), hashes.to_vec());
        self.run(move |c| {
            hashes.iter().try_fold(false, |is_known, hash| {
                let own = known_devices::table.filter(known_devices::user_id.eq(user.as_str()));
                let this = own.filter(known_devices::token_hash.eq(hash.value())).filter(known_devices::key_id.eq(hash.key().as_str()));
                Ok(is_known || diesel::select(diesel::dsl::exists(this)).get_result(c)?)
            })
        })
        .await
    }
}

#[async_trait]
impl KnownDevices for Repositories {
    #[tracing::instrument(name = "db.known_devices.attempt", skip_all, fields(user.id = user.as_str()))]
    async fn attempt(&mut self, user: &UserId, hashes: &[Digest], rules: &LockRules, now: Timestamp) -> Result<bool, StoreError> {
        let (user, hashes, limit, now) = (user.clone(), hashes.to_vec(), i64::from(rules.limit), now.as_millis());
        let counted = [limit, now, rules.longest_lock_ms, rules.first_lock_ms, limit];
        self.run(move |c| {
            each(c, &user, &hashes, |which| {
                let binds = counted.map(Bind::Number).into_iter().chain(which).chain([limit, now].map(Bind::Number));
                Statement::new(CLAIM, binds.collect())
            })
        })
        .await
    }

    #[tracing::instrument(name = "db.known_devices.give_back", skip_all, fields(user.id = user.as_str()))]
    async fn give_back(&mut self, user: &UserId, hashes: &[Digest]) -> Result<(), StoreError> {
        let (user, hashes) = (user.clone(), hashes.to_vec());
        self.run(move |c| each(c, &user, &hashes, |which| Statement::new(GIVE_BACK, which.into()))).await.map(drop)
    }

    #[tracing::instrument(name = "db.known_devices.recognise", skip_all, fields(user.id = user.as_str()))]
    async fn recognise(&mut self, user: &UserId, hashes: &[Digest], now: Timestamp) -> Result<bool, StoreError> {
        let (user, hashes, now) = (user.clone(), hashes.to_vec(), now.as_millis());
        self.run(move |c| {
            each(c, &user, &hashes, |which| Statement::new(RECOGNISE, std::iter::once(Bind::Number(now)).chain(which).collect()))
        })
        .await
    }

    #[tracing::instrument(name = "db.known_devices.know", skip_all, fields(user.id = device.user_id.as_str()))]
    async fn know(&mut self, device: &NewDevice, most: u32) -> Result<bool, StoreError> {
        let device = device.clone();
        self.run(move |c| {
            all_or_none(c, |c| {
                let own = known_devices::table.filter(known_devices::user_id.eq(device.user_id.as_str()));
                let had_any = diesel::select(diesel::dsl::exists(own)).get_result(c)?;
                diesel::insert_into(known_devices::table).values(DeviceRow::from(&device)).execute(c)?;
                let binds = vec![Bind::Text(device.user_id.as_str()), Bind::Number(most.into())];
                Statement::<()>::new(GIVE_WAY, binds).execute(c)?;
                Ok(had_any)
            })
        })
        .await
    }

    #[tracing::instrument(name = "db.known_devices.forget", skip_all, fields(user.id = user.as_str()))]
    async fn forget(&mut self, user: &UserId) -> Result<(), StoreError> {
        let user = user.clone();
        let own = move |c: &mut _| diesel::delete(known_devices::table.filter(known_devices::user_id.eq(user.as_str()))).execute(c);
        self.run(own).await.map(drop)
    }

    #[tracing::instrument(name = "db.known_devices.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = [before.as_millis(), i64::from(most)].map(Bind::Number).into();
            Statement::<()>::new(PURGE, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }
}
