//! Second factors.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use muster_domain::credential::{Digest, KeyId, Sealed};
use muster_domain::factor::{FactorTry, NewFactor, NewRecoveryCode, StoredFactor};
use muster_domain::id::{CredentialId, UserId};
use muster_domain::store::{Factors, LockRules, ReadFactors, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::{factor_tries, factors, known_devices, recovery_codes};
use crate::statement::{Bind, Statement, all_or_none, snapshot};
use crate::user::id;

/// Counts a try where one is allowed. The lock doubles with each try past the limit; twenty times is longer than any lock.
const CLAIM: &str = "INSERT INTO factor_tries (user_id, failed, locked_until) VALUES (?, 1, CASE WHEN 1 < ? THEN 0 ELSE ? + min(?, ?) END) \
    ON CONFLICT (user_id) DO UPDATE SET failed = failed + 1, locked_until = CASE WHEN failed + 1 < ? THEN locked_until \
    ELSE ? + min(?, ? * (1 << min(failed + 1 - ?, 20))) END WHERE failed < ? OR locked_until <= ? RETURNING locked_until";

const REDEEM: &str = "DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ? AND key_id = ?";

const REMOVE_ACTIVE: &str =
    "DELETE FROM factors WHERE is_active = 1 AND user_id = (SELECT user_id FROM factors AS waiting WHERE id = ? AND is_active = 0)";

/// Writes down whether an account asks for a second factor; one that is to ask no more is left alone if it did not ask.
const NOTE: &str = "UPDATE users SET has_second_factor = ?, credential_epoch = credential_epoch + 1, updated_at = max(updated_at, ?) \
    WHERE id = ? AND (has_second_factor = 1 OR ? = 1)";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = factors, check_for_backend(Sqlite), treat_none_as_default_value = false)]
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

impl TryFrom<FactorRow> for StoredFactor {
    type Error = StoreError;

    fn try_from(row: FactorRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "factors", "id")?,
            user_id: id(&row.user_id, "factors", "user_id")?,
            sealed: Sealed { key_id: KeyId::new(&row.key_id), bytes: row.secret },
            is_active: row.is_active,
            last_step: row.last_step,
        })
    }
}

fn all(rows: Vec<FactorRow>) -> Result<Vec<StoredFactor>, StoreError> {
    rows.into_iter().map(StoredFactor::try_from).collect()
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}

fn note(c: &mut SqliteConnection, user: &str, is_on: bool, now: i64) -> QueryResult<usize> {
    let is_on = || Bind::Number(i64::from(is_on));
    Statement::<()>::new(NOTE, vec![is_on(), Bind::Number(now), Bind::Text(user), is_on()]).execute(c)
}

fn claim(c: &mut SqliteConnection, user: &str, rules: LockRules, now: i64) -> QueryResult<FactorTry> {
    let (limit, first, longest) = (i64::from(rules.limit), rules.first_lock_ms, rules.longest_lock_ms);
    let numbers = [limit, now, longest, first, limit, now, longest, first, limit, limit, now];
    let binds = std::iter::once(Bind::Text(user)).chain(numbers.map(Bind::Number)).collect();
    if Statement::<BigInt>::new(CLAIM, binds).get_result::<i64>(c).optional()?.is_some() {
        return Ok(FactorTry::Open);
    }
    let until: i64 = factor_tries::table.find(user).select(factor_tries::locked_until).get_result(c)?;
    Ok(FactorTry::Locked(Timestamp::from_millis(until)))
}

fn activate(c: &mut SqliteConnection, id: &str, step: i64, now: i64) -> QueryResult<bool> {
    Statement::<()>::new(REMOVE_ACTIVE, vec![Bind::Text(id)]).execute(c)?;
    let waiting = factors::table.find(id).filter(factors::is_active.eq(false));
    let activated = diesel::update(waiting).set((factors::is_active.eq(true), factors::last_step.eq(step)));
    let Some(owner) = activated.returning(factors::user_id).get_result::<String>(c).optional()? else { return Ok(false) };
    note(c, &owner, true, now)?;
    Ok(true)
}

fn clear(c: &mut SqliteConnection, user: &str, now: i64) -> QueryResult<bool> {
    diesel::delete(factors::table.filter(factors::user_id.eq(user))).execute(c)?;
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(c)?;
    diesel::delete(factor_tries::table.find(user)).execute(c)?;
    Ok(note(c, user, false, now)? == 1)
}

fn replace(c: &mut SqliteConnection, user: &str, codes: &[NewRecoveryCode]) -> QueryResult<()> {
    diesel::delete(recovery_codes::table.filter(recovery_codes::user_id.eq(user))).execute(c)?;
    for code in codes {
        let row = (
            recovery_codes::user_id.eq(user),
            recovery_codes::code_hash.eq(code.hash.value()),
            recovery_codes::key_id.eq(code.hash.key().as_str()),
            recovery_codes::created_at.eq(code.created_at.as_millis()),
        );
        diesel::insert_into(recovery_codes::table).values(row).execute(c)?;
    }
    Ok(())
}

fn redeem(c: &mut SqliteConnection, user: &str, hashes: &[Digest]) -> QueryResult<bool> {
    for hash in hashes {
        let binds = [user, hash.value(), hash.key().as_str()].map(Bind::Text).into();
        if Statement::<()>::new(REDEEM, binds).execute(c)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

#[async_trait]
impl ReadFactors for Repositories {
    #[tracing::instrument(name = "db.factors.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId) -> Result<Vec<StoredFactor>, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| factors::table.filter(factors::user_id.eq(user.as_str())).select(FactorRow::as_select()).load(c);
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.factors.recovery_codes_left", skip_all, fields(user.id = user.as_str()))]
    async fn recovery_codes_left(&mut self, user: &UserId) -> Result<u64, StoreError> {
        let user = user.clone();
        let own = move |c: &mut _| recovery_codes::table.filter(recovery_codes::user_id.eq(user.as_str())).count().get_result(c);
        Ok(count(self.run(own).await?))
    }

    #[tracing::instrument(name = "db.factors.sealed_under_others", skip_all)]
    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&CredentialId>, most: u32) -> Result<Vec<StoredFactor>, StoreError> {
        let (key, after) = (key.clone(), after.map(ToString::to_string).unwrap_or_default());
        let query = move |c: &mut _| {
            let others = factors::table.filter(factors::key_id.ne(key.as_str())).filter(factors::id.gt(after));
            others.order(factors::id).limit(most.into()).select(FactorRow::as_select()).load(c)
        };
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.factors.hashed_under_others", skip_all)]
    async fn hashed_under_others(&mut self, key: &KeyId) -> Result<u64, StoreError> {
        let key = key.clone();
        let query = move |c: &mut SqliteConnection| {
            snapshot(c, |c| {
                let codes: i64 = recovery_codes::table.filter(recovery_codes::key_id.ne(key.as_str())).count().get_result(c)?;
                let devices: i64 = known_devices::table.filter(known_devices::key_id.ne(key.as_str())).count().get_result(c)?;
                Ok(codes + devices)
            })
        };
        Ok(count(self.run(query).await?))
    }
}

#[async_trait]
impl Factors for Repositories {
    #[tracing::instrument(name = "db.factors.propose", skip_all, fields(user.id = factor.user_id.as_str()))]
    async fn propose(&mut self, factor: &NewFactor) -> Result<(), StoreError> {
        use diesel::upsert::excluded;
        let row = FactorRow::from(factor);
        let query = move |c: &mut _| {
            diesel::insert_into(factors::table)
                .values(row)
                .on_conflict((factors::user_id, factors::is_active))
                .do_update()
                .set((
                    factors::id.eq(excluded(factors::id)),
                    factors::key_id.eq(excluded(factors::key_id)),
                    factors::secret.eq(excluded(factors::secret)),
                    factors::created_at.eq(excluded(factors::created_at)),
                ))
                .execute(c)
        };
        self.run(query).await.map(drop)
    }

    #[tracing::instrument(name = "db.factors.attempt", skip_all, fields(user.id = user.as_str()))]
    async fn attempt(&mut self, user: &UserId, rules: &LockRules, now: Timestamp) -> Result<FactorTry, StoreError> {
        let (user, rules) = (user.clone(), *rules);
        self.run(move |c| claim(c, user.as_str(), rules, now.as_millis())).await
    }

    #[tracing::instrument(name = "db.factors.forgive", skip_all, fields(user.id = user.as_str()))]
    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError> {
        let user = user.clone();
        self.run(move |c| diesel::delete(factor_tries::table.find(user.as_str())).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.factors.use_step", skip_all)]
    async fn use_step(&mut self, id: &CredentialId, step: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        let query = move |c: &mut _| {
            let unused = factors::table.find(id.as_str()).filter(factors::is_active.eq(true)).filter(factors::last_step.lt(step));
            diesel::update(unused).set(factors::last_step.eq(step)).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.factors.activate", skip_all)]
    async fn activate(&mut self, id: &CredentialId, step: i64, now: Timestamp) -> Result<bool, StoreError> {
        let id = id.clone();
        self.run(move |c| all_or_none(c, |c| activate(c, id.as_str(), step, now.as_millis()))).await
    }

    #[tracing::instrument(name = "db.factors.clear", skip_all, fields(user.id = user.as_str()))]
    async fn clear(&mut self, user: &UserId, now: Timestamp) -> Result<bool, StoreError> {
        let user = user.clone();
        self.run(move |c| all_or_none(c, |c| clear(c, user.as_str(), now.as_millis()))).await
    }

    #[tracing::instrument(name = "db.factors.replace_recovery_codes", skip_all, fields(user.id = user.as_str()))]
    async fn replace_recovery_codes(&mut self, user: &UserId, codes: &[NewRecoveryCode]) -> Result<(), StoreError> {
        let (user, codes) = (user.clone(), codes.to_vec());
        self.run(move |c| all_or_none(c, |c| replace(c, user.as_str(), &codes))).await
    }

    #[tracing::instrument(name = "db.factors.redeem_recovery_code", skip_all, fields(user.id = user.as_str()))]
    async fn redeem_recovery_code(&mut self, user: &UserId, hashes: &[Digest]) -> Result<bool, StoreError> {
        let (user, hashes) = (user.clone(), hashes.to_vec());
        self.run(move |c| redeem(c, user.as_str(), &hashes)).await
    }

    #[tracing::instrument(name = "db.factors.reseal", skip_all)]
    async fn reseal(&mut self, id: &CredentialId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError> {
        let (id, before, after) = (id.clone(), before.clone(), after.clone());
        let query = move |c: &mut _| {
            let same = factors::table.find(id.as_str()).filter(factors::key_id.eq(before.key_id.as_str()));
            let anew = (factors::key_id.eq(after.key_id.as_str()), factors::secret.eq(&after.bytes));
            diesel::update(same.filter(factors::secret.eq(&before.bytes))).set(anew).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }
}
