//! Passwords, and tries of them.

use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use muster_domain::credential::{NewPassword, PasswordHash};
use muster_domain::id::UserId;
use muster_domain::session::Guard;
use muster_domain::store::{Attempt, Credentials, LockRules, LoginName, StoreError};
use muster_domain::time::Timestamp;
use muster_domain::user::User;

use crate::lease::Lease;
use crate::schema::{credentials, identities, users};
use crate::statement::{Bind, Statement};
use crate::user::{UserRow, UserSql, account};

const PASSWORD: &str = "password";
/// PostgreSQL takes 65,535 values in one statement; a password has five.
const PASSWORDS_A_STATEMENT: usize = 10_000;

/// Account, hash and epochs come from one snapshot, so that a new epoch is never seen with an old hash. The claim locks the account's
/// row and looks at its tries again as they are by then, so that no burst gets more of them than the limit.
macro_rules! attempt {
    ($which:literal) => {
        concat!(
            "WITH found AS MATERIALIZED (SELECT ",
            account!(""),
            ", (SELECT secret FROM credentials WHERE user_id = users.id AND kind = 'password') AS secret FROM users ",
            $which,
            " LIMIT 1), \
             claimed AS (UPDATE users SET failed_attempts = users.failed_attempts + 1, \
             locked_until = CASE WHEN users.failed_attempts + 1 < ? THEN users.locked_until ELSE (? + least(?::numeric, \
             ?::numeric * (1::bigint << least(20, greatest(0, users.failed_attempts + 1 - ?))::int)))::bigint END \
             FROM found WHERE users.id = found.id AND NOT users.is_bot \
             AND (users.failed_attempts < ? OR users.locked_until <= ?) \
             RETURNING users.id AS claimed_id, users.failed_attempts AS claimed_attempts, users.locked_until AS claimed_until) \
             SELECT ",
            account!(""),
            ", secret, claimed_attempts, claimed_until, \
             (SELECT value::bigint FROM service_state WHERE name = 'global_epoch') \
             FROM found LEFT JOIN claimed ON claimed_id = id"
        )
    };
}

const ATTEMPT_BY_ID: &str = attempt!("WHERE id = ?");
const ATTEMPT_BY_TEXT: &str = attempt!("WHERE username = ? OR email = ? ORDER BY (username = ?) DESC");

const UPSERT: &str = "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES (?, ?, 'password', ?, ?) \
    ON CONFLICT (user_id, kind) WHERE kind = 'password' DO UPDATE SET id = excluded.id, secret = excluded.secret, key_id = NULL, \
    parameters = NULL, created_at = excluded.created_at, last_used_at = NULL";

type AttemptTypes = (UserSql, Nullable<Text>, Nullable<BigInt>, Nullable<BigInt>, Nullable<BigInt>);

/// What a try of a password found.
#[derive(Queryable)]
struct AttemptRow {
    user: UserRow,
    secret: Option<String>,
    claimed_attempts: Option<i64>,
    claimed_until: Option<i64>,
    global_epoch: Option<i64>,
}

impl AttemptRow {
    fn into_attempt(mut self, rules: &LockRules, now: Timestamp) -> Result<Attempt, StoreError> {
        let is_open = self.claimed_attempts.is_some();
        if let Some(counted) = self.claimed_attempts {
            self.user.failed_attempts = counted - 1;
        }
        let locked_until = self.claimed_until.unwrap_or_else(|| self.refused_until(rules, now));
        let user = User::try_from(self.user)?;
        Ok(Attempt {
            guard: Guard { credential_epoch: user.credential_epoch, global_epoch: self.global_epoch.unwrap_or_default() },
            user,
            hash: self.secret.map(PasswordHash::from),
            is_open,
            locked_until: Timestamp::from_millis(locked_until),
        })
    }

    /// Until when an account is locked that gave no try.
    fn refused_until(&self, rules: &LockRules, now: Timestamp) -> i64 {
        let is_locked = self.user.locked_until > now.as_millis() && self.user.failed_attempts >= i64::from(rules.limit);
        if is_locked || self.user.is_bot {
            return self.user.locked_until;
        }
        // Somebody else's try locked it since the snapshot: for no less than this.
        now.as_millis().saturating_add(rules.first_lock_ms)
    }
}

/// A password as it is stored.
#[derive(Insertable)]
#[diesel(table_name = credentials)]
struct PasswordRow<'a> {
    id: &'a str,
    user_id: &'a str,
    kind: &'static str,
    secret: &'a str,
    created_at: i64,
}

impl<'a> From<&'a NewPassword> for PasswordRow<'a> {
    fn from(password: &'a NewPassword) -> Self {
        Self {
            id: password.id.as_str(),
            user_id: password.user_id.as_str(),
            kind: PASSWORD,
            secret: password.hash.expose(),
            created_at: password.created_at.as_millis(),
        }
    }
}

fn attempt_statement<'a>(login: &'a LoginName, rules: &LockRules, now: Timestamp) -> Statement<'a, AttemptTypes> {
    let (sql, mut binds) = match login {
        LoginName::Id(id) => (ATTEMPT_BY_ID, vec![Bind::Text(id.as_str())]),
        LoginName::Text(text) => (ATTEMPT_BY_TEXT, vec![Bind::Text(text), Bind::Text(text), Bind::Text(text)]),
    };
    let (limit, now) = (i64::from(rules.limit), now.as_millis());
    let numbers = [limit, now, rules.longest_lock_ms, rules.first_lock_ms, limit, limit, now];
    binds.extend(numbers.map(Bind::Number));
    Statement::new(sql, binds)
}

#[async_trait]
impl Credentials for Lease {
    #[tracing::instrument(name = "db.credentials.insert", skip_all, fields(count = passwords.len()))]
    async fn insert(&mut self, passwords: &[NewPassword]) -> Result<(), StoreError> {
        for some in passwords.chunks(PASSWORDS_A_STATEMENT) {
            let rows: Vec<_> = some.iter().map(PasswordRow::from).collect();
            let inserted = diesel::insert_into(credentials::table).values(&rows).execute(self.connection()?).await;
            self.settle(inserted)?;
        }
        Ok(())
    }

    #[tracing::instrument(name = "db.credentials.change", skip_all, fields(user.id = password.user_id.as_str()))]
    async fn change(&mut self, password: &NewPassword) -> Result<(), StoreError> {
        let (user, at) = (password.user_id.as_str(), password.created_at.as_millis());
        // The account comes first: its row makes a session wait that is opened at the same time.
        let unlock = diesel::update(users::table.filter(users::id.eq(user))).set((
            users::failed_attempts.eq(0),
            users::locked_until.eq(0),
            users::password_updated_at.eq(at),
            users::updated_at.eq(at),
            users::auth_service.eq(""),
            users::auth_data.eq(None::<&str>),
            users::credential_epoch.eq(users::credential_epoch + 1),
        ));
        let unlocked = unlock.execute(self.connection()?).await;
        self.settle(unlocked)?;
        let forget = diesel::delete(identities::table.filter(identities::user_id.eq(user)));
        let forgotten = forget.execute(self.connection()?).await;
        self.settle(forgotten)?;
        let binds = vec![Bind::Text(password.id.as_str()), Bind::Text(user), Bind::Text(password.hash.expose()), Bind::Number(at)];
        let stored = Statement::<()>::new(UPSERT, binds).execute(self.connection()?).await;
        self.settle(stored).map(|_| ())
    }

    #[tracing::instrument(name = "db.credentials.renew", skip_all, fields(user.id = user.as_str()))]
    async fn renew(&mut self, user: &UserId, verified: &PasswordHash, renewed: &PasswordHash) -> Result<bool, StoreError> {
        let current = credentials::table
            .filter(credentials::user_id.eq(user.as_str()))
            .filter(credentials::kind.eq(PASSWORD))
            .filter(credentials::secret.eq(verified.expose()));
        let query = diesel::update(current).set(credentials::secret.eq(renewed.expose()));
        let updated = query.execute(self.connection()?).await;
        Ok(self.settle(updated)? == 1)
    }

    #[tracing::instrument(name = "db.credentials.attempt", skip_all)]
    async fn attempt(&mut self, login: &LoginName, rules: &LockRules, now: Timestamp) -> Result<Option<Attempt>, StoreError> {
        let found = attempt_statement(login, rules, now).get_result::<AttemptRow>(self.connection()?).await.optional();
        self.settle(found)?.map(|row| row.into_attempt(rules, now)).transpose()
    }

    #[tracing::instrument(name = "db.credentials.give_back", skip_all, fields(user.id = user.as_str()))]
    async fn give_back(&mut self, user: &UserId) -> Result<(), StoreError> {
        let counted = users::table.filter(users::id.eq(user.as_str())).filter(users::failed_attempts.gt(0));
        let query = diesel::update(counted).set((users::failed_attempts.eq(users::failed_attempts - 1), users::locked_until.eq(0)));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }

    #[tracing::instrument(name = "db.credentials.forgive", skip_all, fields(user.id = user.as_str()))]
    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError> {
        let query =
            diesel::update(users::table.filter(users::id.eq(user.as_str()))).set((users::failed_attempts.eq(0), users::locked_until.eq(0)));
        let updated = query.execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }

    #[tracing::instrument(name = "db.credentials.remove_password", skip_all, fields(user.id = user.as_str()))]
    async fn remove_password(&mut self, user: &UserId) -> Result<(), StoreError> {
        // The account comes first, as where a password is changed.
        let unlock = diesel::update(users::table.filter(users::id.eq(user.as_str()))).set((
            users::failed_attempts.eq(0),
            users::locked_until.eq(0),
            users::credential_epoch.eq(users::credential_epoch + 1),
        ));
        let unlocked = unlock.execute(self.connection()?).await;
        self.settle(unlocked)?;
        let password = credentials::table.filter(credentials::user_id.eq(user.as_str())).filter(credentials::kind.eq(PASSWORD));
        let deleted = diesel::delete(password).execute(self.connection()?).await;
        self.settle(deleted).map(|_| ())
    }
}
