//! Known devices.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use muster_domain::credential::Digest;
use muster_domain::device::NewDevice;
use muster_domain::id::UserId;
use muster_domain::store::{KnownDevices, LockRules, ReadKnownDevices, StoreError};
use muster_domain::time::Timestamp;

use crate::lease::Lease;
use crate::schema::known_devices;
use crate::statement::{Bind, Statement};

/// Counts a try where one is allowed, as one of an account's is.
const CLAIM: &str = "UPDATE known_devices SET failed = failed + 1, locked_until = CASE WHEN failed + 1 < ? THEN locked_until \
    ELSE (? + least(?::numeric, ?::numeric * (1::bigint << least(20, greatest(0, failed + 1 - ?))::int)))::bigint END \
    WHERE user_id = ? AND key_id || ' ' || token_hash = ANY (?) AND (failed < ? OR locked_until <= ?)";

const GIVE_BACK: &str = "UPDATE known_devices SET failed = greatest(failed - 1, 0), locked_until = 0 \
    WHERE user_id = ? AND key_id || ' ' || token_hash = ANY (?)";

const IS_KNOWN: &str = "SELECT EXISTS (SELECT 1 FROM known_devices WHERE user_id = ? AND key_id || ' ' || token_hash = ANY (?))";

const RECOGNISE: &str = "UPDATE known_devices SET failed = 0, locked_until = 0, last_used_at = ? \
    WHERE user_id = ? AND key_id || ' ' || token_hash = ANY (?)";

const GIVE_WAY: &str = "DELETE FROM known_devices WHERE id IN \
    (SELECT id FROM known_devices WHERE user_id = ? ORDER BY last_used_at DESC, id DESC OFFSET ?)";

/// Nodes that purge at once take different rows.
const PURGE: &str = "DELETE FROM known_devices WHERE id = ANY (ARRAY (SELECT id FROM known_devices WHERE last_used_at < ? \
    ORDER BY last_used_at LIMIT ? FOR UPDATE SKIP LOCKED))";

#[derive(Insertable)]
#[diesel(table_name = known_devices)]
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

/// Each hash with the name of its key before it.
fn with_keys(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().map(|hash| format!("{} {}", hash.key().as_str(), hash.value())).collect()
}

fn texts(texts: &[String]) -> Bind<'_> {
    Bind::Texts(texts.iter().map(String::as_str).collect())
}

#[async_trait]
impl ReadKnownDevices for Lease {
    #[tracing::instrument(name = "db.known_devices.is_known", skip_all, fields(user.id = user.as_str()))]
    async fn is_known(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError> {
        let hashes = with_keys(hashes);
        let binds = vec![Bind::Text(user.as_str()), texts(&hashes)];
        let found = Statement::<(Bool,)>::new(IS_KNOWN, binds).get_result::<(bool,)>(self.connection()?).await;
        self.settle(found).map(|(is_known,)| is_known)
    }
}

#[async_trait]
impl KnownDevices for Lease {
    #[tracing::instrument(name = "db.known_devices.attempt", skip_all, fields(user.id = user.as_str()))]
    async fn attempt(&mut self, user: &UserId, hashes: &[Digest], rules: &LockRules, now: Timestamp) -> Result<bool, StoreError> {
        let (limit, now, hashes) = (i64::from(rules.limit), now.as_millis(), with_keys(hashes));
        let numbers = [limit, now, rules.longest_lock_ms, rules.first_lock_ms, limit].map(Bind::Number);
        let which = [Bind::Text(user.as_str()), texts(&hashes), Bind::Number(limit), Bind::Number(now)];
        let claimed = Statement::<()>::new(CLAIM, numbers.into_iter().chain(which).collect()).execute(self.connection()?).await;
        Ok(self.settle(claimed)? == 1)
    }

    #[tracing::instrument(name = "db.known_devices.give_back", skip_all, fields(user.id = user.as_str()))]
    async fn give_back(&mut self, user: &UserId, hashes: &[Digest]) -> Result<(), StoreError> {
        let hashes = with_keys(hashes);
        let binds = vec![Bind::Text(user.as_str()), texts(&hashes)];
        let given = Statement::<()>::new(GIVE_BACK, binds).execute(self.connection()?).await;
        self.settle(given).map(drop)
    }

    #[tracing::instrument(name = "db.known_devices.recognise", skip_all, fields(user.id = user.as_str()))]
    async fn recognise(&mut self, user: &UserId, hashes: &[Digest], now: Timestamp) -> Result<bool, StoreError> {
        let hashes = with_keys(hashes);
        let binds = vec![Bind::Number(now.as_millis()), Bind::Text(user.as_str()), texts(&hashes)];
        let recognised = Statement::<()>::new(RECOGNISE, binds).execute(self.connection()?).await;
        Ok(self.settle(recognised)? == 1)
    }

    #[tracing::instrument(name = "db.known_devices.know", skip_all, fields(user.id = device.user_id.as_str()))]
    async fn know(&mut self, device: &NewDevice, most: u32) -> Result<bool, StoreError> {
        let own = known_devices::table.filter(known_devices::user_id.eq(device.user_id.as_str()));
        let had_any = diesel::select(diesel::dsl::exists(own)).get_result::<bool>(self.connection()?).await;
        let had_any = self.settle(had_any)?;
        let inserted = diesel::insert_into(known_devices::table).values(DeviceRow::from(device)).execute(self.connection()?).await;
        self.settle(inserted)?;
        let binds = vec![Bind::Text(device.user_id.as_str()), Bind::Number(most.into())];
        let given_way = Statement::<()>::new(GIVE_WAY, binds).execute(self.connection()?).await;
        self.settle(given_way).map(|_| had_any)
    }

    #[tracing::instrument(name = "db.known_devices.forget", skip_all, fields(user.id = user.as_str()))]
    async fn forget(&mut self, user: &UserId) -> Result<(), StoreError> {
        let own = known_devices::table.filter(known_devices::user_id.eq(user.as_str()));
        let forgotten = diesel::delete(own).execute(self.connection()?).await;
        self.settle(forgotten).map(drop)
    }

    #[tracing::instrument(name = "db.known_devices.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = [before.as_millis(), i64::from(most)].map(Bind::Number).to_vec();
        let purged = Statement::<()>::new(PURGE, binds).execute(self.connection()?).await;
        Ok(u64::try_from(self.settle(purged)?).unwrap_or(u64::MAX))
    }
}
