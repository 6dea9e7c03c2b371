//! Second factors.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use muster_domain::credential::{Digest, KeyId, Sealed};
use muster_domain::factor::{FactorTry, NewFactor, NewRecoveryCode, StoredFactor};
use muster_domain::id::{CredentialId, UserId};
use muster_domain::store::{Cause, Factors, LockRules, ReadFactors, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::{factor_tries, factors, known_devices, recovery_codes};
use crate::statement::{Bind, Statement};

/// Counts a try where one is allowed. The lock doubles with each try past the limit; twenty times is longer than any lock.
const CLAIM: &str = "INSERT INTO factor_tries AS held (user_id, failed, locked_until) \
    VALUES (?, 1, CASE WHEN 1 < ? THEN 0 ELSE ? + least(?, ?::bigint) END) ON CONFLICT (user_id) DO UPDATE SET failed = held.failed + 1, \
    locked_until = CASE WHEN held.failed + 1 < ? THEN held.locked_until ELSE (? + least(?::numeric, \
    ?::numeric * (1::bigint << least(20, greatest(0, held.failed + 1 - ?))::int)))::bigint END \
    WHERE held.failed < ? OR held.locked_until <= ? RETURNING locked_until";

const REDEEM: &str = "DELETE FROM recovery_codes WHERE user_id = ? AND key_id || ' ' || code_hash = ANY (?)";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = factors, check_for_backend(diesel::pg::Pg))]
struct FactorRow {
    id: String,
    user_id: String,
    key_id: String,
    secret: Vec<u8>,
    is_active: bool,
    last_step: i64,
    created_at: i64,
}

impl From<&NewFactor> for FactorRow {
    fn from(factor: &NewFactor) -> Self {
        Self {
            id: factor.id.to_string(),
            user_id: factor.user_id.to_string(),
            key_id: factor.sealed.key_id.as_str().to_owned(),
            secret: factor.sealed.bytes.clone(),
            is_active: false,
            last_step: 0,
            created_at: factor.created_at.as_millis(),
        }
    }
}

fn read(row: FactorRow) -> Result<StoredFactor, Cause> {
    Ok(StoredFactor {
        id: row.id.parse()?,
        user_id: row.user_id.parse()?,
        sealed: Sealed { key_id: KeyId::new(&row.key_id), bytes: row.secret },
        is_active: row.is_active,
        last_step: row.last_step,
    })
}

fn all(rows: Vec<FactorRow>) -> Result<Vec<StoredFactor>, StoreError> {
    rows.into_iter().map(|row| read(row).map_err(corrupt("factors"))).collect()
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

#[async_trait]
impl ReadFactors for Lease {
    #[tracing::instrument(name = "db.factors.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<StoredFactor>, StoreError> {
        let query = factors::table.filter(factors::user_id.eq(user.as_str())).select(FactorRow::as_select());
        let found = query.load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.factors.recovery_codes_left", skip_all, fields(user.id = user.as_str()))]
    async fn recovery_codes_left(&mut self, user: &UserId) -> Result<u64, StoreError> {
        let query = recovery_codes::table.filter(recovery_codes::user_id.eq(user.as_str())).count();
        let found = query.get_result(self.connection()?).await;
        Ok(count(self.settle(found)?))
    }

    #[tracing::instrument(name = "db.factors.sealed_under_others", skip_all)]
    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&CredentialId>, most: u32) -> Result<Vec<StoredFactor>, StoreError> {
        let after = after.map_or("", CredentialId::as_str);
        let others = factors::table.filter(factors::key_id.ne(key.as_str())).filter(factors::id.gt(after));
        let query = others.order(factors::id).limit(most.into()).select(FactorRow::as_select());
        let found = query.load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.factors.hashed_under_others", skip_all)]
    async fn hashed_under_others(&mut self, key: &KeyId) -> Result<u64, StoreError> {
        let codes =
            recovery_codes::table.filter(recovery_codes::key_id.ne(key.as_str())).count().get_result::<i64>(self.connection()?).await;
        let codes = self.settle(codes)?;
        let devices =
            known_devices::table.filter(known_devices::key_id.ne(key.as_str())).count().get_result::<i64>(self.connection()?).await;
        Ok(count(codes) + count(self.settle(devices)?))
    }
}

#[async_trait]
impl Factors for Lease {
    #[tracing::instrument(name = "db.factors.propose", skip_all, fields(user.id = factor.user_id.as_str()))]
    async fn propose(&mut self, factor: &NewFactor) -> Result<(), StoreError> {
        use diesel::upsert::excluded;
        let query = diesel::insert_into(factors::table)
            .values(FactorRow::from(factor))
            .on_conflict((factors::user_id, factors::is_active))
            .do_update()
            .set((
                factors::id.eq(excluded(factors::id)),
                factors::key_id.eq(excluded(factors::key_id)),
                factors::secret.eq(excluded(factors::secret)),
                factors::created_at.eq(excluded(factors::created_at)),
            ));
        let proposed = query.execute(self.connection()?).await;
        self.settle(proposed).map(drop)
    }

    #[tracing::instrument(name = "db.factors.attempt", skip_all, fields(user.id = user.as_str()))]
    async fn attempt(&mut self, user: &UserId, rules: &LockRules, now: Timestamp) -> Result<FactorTry, StoreError> {
        let (limit, now, first, longest) = (i64::from(rules.limit), now.as_millis(), rules.first_lock_ms, rules.longest_lock_ms);
        let numbers = [limit, now, longest, first, limit, now, longest, first, limit, limit, now];
        let binds = std::iter::once(Bind::Text(user.as_str())).chain(numbers.map(Bind::Number)).collect();
        let claimed = Statement::<(BigInt,)>::new(CLAIM, binds).get_result::<(i64,)>(self.connection()?).await.optional();
        if self.settle(claimed)?.is_some() {
            return Ok(FactorTry::Open);
        }
        let until = factor_tries::table.find(user.as_str()).select(factor_tries::locked_until);
        let until = until.get_result(self.connection()?).await.optional();
        Ok(FactorTry::Locked(Timestamp::from_millis(self.settle(until)?.unwrap_or(now))))
    }

    #[tracing::instrument(name = "db.factors.forgive", skip_all, fields(user.id = user.as_str()))]
    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError> {
        let forgiven = diesel::delete(factor_tries::table.find(user.as_str())).execute(self.connection()?).await;
        self.settle(forgiven).map(drop)
    }

    #[tracing::instrument(name = "db.factors.use_step", skip_all)]
    async fn use_step(&mut self, id: &CredentialId, step: i64) -> Result<bool, StoreError> {
        let unused = factors::table.find(id.as_str()).filter(factors::is_active).filter(factors::last_step.lt(step));
        let used = diesel::update(unused).set(factors::last_step.eq(step)).execute(self.connection()?).await;
        Ok(self.settle(used)? == 1)
    }

    #[tracing::instrument(name = "db.factors.activate", skip_all)]
    async fn activate(&mut self, id: &CredentialId, step: i64, now: Timestamp) -> Result<bool, StoreError> {
        const REMOVE_ACTIVE: &str =
            "DELETE FROM factors WHERE is_active AND user_id = (SELECT user_id FROM factors AS waiting WHERE id = ? AND NOT is_active)";
        let removed = Statement::<()>::new(REMOVE_ACTIVE, vec![Bind::Text(id.as_str())]).execute(self.connection()?).await;
        self.settle(removed)?;
        let waiting = factors::table.find(id.as_str()).filter(diesel::dsl::not(factors::is_active));
        let activated = diesel::update(waiting).set((factors::is_active.eq(true), factors::last_step.eq(step)));
        let owner = activated.returning(factors::user_id).get_result::<String>(self.connection()?).await.optional();
        let Some(owner) = self.settle(owner)? else { return Ok(false) };
        self.note_factor(&owner, true, now).await?;
        Ok(true)
    }

    #[tracing::instrument(name = "db.factors.clear", skip_all, fields(user.id = user.as_str()))]
    async fn clear(&mut self, user: &UserId, now: Timestamp) -> Result<bool, StoreError> {
        // The account comes first, as where a session is opened.
        let was_on = self.note_factor(user.as_str(), false, now).await?;
        let secrets = diesel::delete(factors::table.filter(factors::user_id.eq(user.as_str()))).execute(self.connection()?).await;
        self.settle(secrets)?;
        let codes =
            diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user.as_str()))).execute(self.connection()?).await;
        self.settle(codes)?;
        self.forgive(user).await?;
        Ok(was_on)
    }

    #[tracing::instrument(name = "db.factors.replace_recovery_codes", skip_all, fields(user.id = user.as_str()))]
    async fn replace_recovery_codes(&mut self, user: &UserId, codes: &[NewRecoveryCode]) -> Result<(), StoreError> {
        let removed =
            diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user.as_str()))).execute(self.connection()?).await;
        self.settle(removed)?;
        let row = |code: &NewRecoveryCode| {
            (
                recovery_codes::user_id.eq(user.as_str().to_owned()),
                recovery_codes::code_hash.eq(code.hash.value().to_owned()),
                recovery_codes::key_id.eq(code.hash.key().as_str().to_owned()),
                recovery_codes::created_at.eq(code.created_at.as_millis()),
            )
        };
        let rows: Vec<_> = codes.iter().map(row).collect();
        let added = diesel::insert_into(recovery_codes::table).values(rows).execute(self.connection()?).await;
        self.settle(added).map(drop)
    }

    #[tracing::instrument(name = "db.factors.redeem_recovery_code", skip_all, fields(user.id = user.as_str()))]
    async fn redeem_recovery_code(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError> {
        let with_key: Vec<_> = hashes.iter().map(|hash| format!("{} {}", hash.key().as_str(), hash.value())).collect();
        let binds = vec![Bind::Text(user.as_str()), Bind::Texts(with_key.iter().map(String::as_str).collect())];
        let redeemed = Statement::<()>::new(REDEEM, binds).execute(self.connection()?).await;
        Ok(self.settle(redeemed)? > 0)
    }

    #[tracing::instrument(name = "db.factors.reseal", skip_all)]
    async fn reseal(&mut self, id: &CredentialId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError> {
        let same =
            factors::table.find(id.as_str()).filter(factors::key_id.eq(before.key_id.as_str())).filter(factors::secret.eq(&before.bytes));
        let anew = (factors::key_id.eq(after.key_id.as_str()), factors::secret.eq(&after.bytes));
        let resealed = diesel::update(same).set(anew).execute(self.connection()?).await;
        Ok(self.settle(resealed)? == 1)
    }
}

impl Lease {
    /// Writes down whether an account asks for a second factor; tells whether it asked when it is to ask no more.
    async fn note_factor(&mut self, user: &str, is_on: bool, now: Timestamp) -> Result<bool, StoreError> {
        const NOTE: &str = "UPDATE users SET has_second_factor = ?, credential_epoch = credential_epoch + 1, \
            updated_at = greatest(updated_at, ?) WHERE id = ? AND (has_second_factor OR ?)";
        let binds = vec![Bind::Flag(is_on), Bind::Number(now.as_millis()), Bind::Text(user), Bind::Flag(is_on)];
        let noted = Statement::<()>::new(NOTE, binds).execute(self.connection()?).await;
        Ok(self.settle(noted)? == 1)
    }
}
