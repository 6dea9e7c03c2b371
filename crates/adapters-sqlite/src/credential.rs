//! Passwords, and tries of them.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use muster_domain::credential::{NewPassword, PasswordHash};
use muster_domain::id::UserId;
use muster_domain::session::Guard;
use muster_domain::store::{Attempt, Credentials, LockRules, LoginName, StoreError};
use muster_domain::time::Timestamp;
use muster_domain::user::User;

use crate::connection::Repositories;
use crate::schema::{credentials, identities, users};
use crate::statement::{Bind, Statement, all_or_none};
use crate::user::{UserColumns, UserRow, user_columns};

/// Rows of one statement: SQLite takes 32,766 values.
const ROWS: usize = 5_000;

/// The account that somebody names by its id, its login name or its address.
macro_rules! named {
    () => {
        "users.rowid = coalesce((SELECT rowid FROM users AS named WHERE named.id = ?), \
         (SELECT rowid FROM users AS named WHERE named.username = ?), (SELECT rowid FROM users AS named WHERE named.email = ?))"
    };
}

/// The account, its password, and the service's epoch.
macro_rules! facts {
    () => {
        concat!(
            user_columns!(),
            ", (SELECT secret FROM credentials WHERE user_id = users.id AND kind = 'password'), \
             coalesce((SELECT CAST(value AS INTEGER) FROM service_state WHERE name = 'global_epoch'), 0)"
        )
    };
}

/// Counts a try where one is allowed. The lock doubles with each try past the limit; twenty times is longer than any lock.
const CLAIM: &str = concat!(
    "UPDATE users SET failed_attempts = failed_attempts + 1, locked_until = CASE WHEN failed_attempts + 1 >= ? \
     THEN ? + min(?, ? * (1 << min(failed_attempts + 1 - ?, 20))) ELSE locked_until END WHERE ",
    named!(),
    " AND is_bot = 0 AND (failed_attempts < ? OR locked_until <= ?) RETURNING ",
    facts!()
);

const LOOK: &str = concat!("SELECT ", facts!(), " FROM users WHERE ", named!());

const RENEW: &str = "UPDATE credentials SET secret = ? WHERE user_id = ? AND kind = 'password' AND secret = ?";

const REPLACE: &str = "INSERT INTO credentials (id, user_id, kind, secret, created_at) VALUES (?, ?, 'password', ?, ?) \
    ON CONFLICT (user_id, kind) WHERE kind = 'password' DO UPDATE SET id = excluded.id, secret = excluded.secret, key_id = NULL, \
    parameters = NULL, created_at = excluded.created_at, last_used_at = NULL";

type Facts = (UserColumns, Nullable<Text>, BigInt);
type FactsRow = (UserRow, Option<String>, i64);

#[derive(Insertable)]
#[diesel(table_name = credentials, treat_none_as_default_value = false)]
struct CredentialRow<'a> {
    id: &'a str,
    user_id: &'a str,
    kind: &'a str,
    secret: &'a str,
    created_at: i64,
}

impl<'a> From<&'a NewPassword> for CredentialRow<'a> {
    fn from(password: &'a NewPassword) -> Self {
        Self {
            id: password.id.as_str(),
            user_id: password.user_id.as_str(),
            kind: "password",
            secret: password.hash.expose(),
            created_at: password.created_at.as_millis(),
        }
    }
}

fn attempt(row: FactsRow, is_open: bool) -> Result<Attempt, StoreError> {
    let (mut user, secret, global_epoch) = row;
    // The statement shows the account as it left it.
    user.failed_attempts -= i64::from(is_open);
    let locked_until = Timestamp::from_millis(user.locked_until);
    let user = User::try_from(user)?;
    Ok(Attempt {
        guard: Guard { credential_epoch: user.credential_epoch, global_epoch },
        user,
        hash: secret.map(PasswordHash::from),
        is_open,
        locked_until,
    })
}

fn claim(c: &mut SqliteConnection, login: &LoginName, rules: LockRules, now: i64) -> QueryResult<Option<(FactsRow, bool)>> {
    let (id, text) = match login {
        LoginName::Id(id) => (Some(id.as_str()), None),
        LoginName::Text(text) => (None, Some(text.as_str())),
    };
    let limit = i64::from(rules.limit);
    let (now, limit) = (|| Bind::Number(now), || Bind::Number(limit));
    let mut binds = vec![limit(), now(), Bind::Number(rules.longest_lock_ms), Bind::Number(rules.first_lock_ms), limit()];
    binds.extend([Bind::MaybeText(id), Bind::MaybeText(text), Bind::MaybeText(text), limit(), now()]);
    if let Some(row) = Statement::<Facts>::new(CLAIM, binds).get_result(c).optional()? {
        return Ok(Some((row, true)));
    }
    let binds = vec![Bind::MaybeText(id), Bind::MaybeText(text), Bind::MaybeText(text)];
    let row = Statement::<Facts>::new(LOOK, binds).get_result(c).optional()?;
    Ok(row.map(|row| (row, false)))
}

fn change(c: &mut SqliteConnection, password: &NewPassword) -> QueryResult<()> {
    let (user, at) = (password.user_id.as_str(), password.created_at.as_millis());
    let binds = vec![Bind::Text(password.id.as_str()), Bind::Text(user), Bind::Text(password.hash.expose()), Bind::Number(at)];
    Statement::<()>::new(REPLACE, binds).execute(c)?;
    diesel::delete(identities::table.filter(identities::user_id.eq(user))).execute(c)?;
    let changes = (
        (users::failed_attempts.eq(0), users::locked_until.eq(0)),
        (users::password_updated_at.eq(at), users::updated_at.eq(at)),
        (users::auth_service.eq(""), users::auth_data.eq(None::<String>)),
        users::credential_epoch.eq(users::credential_epoch + 1),
    );
    diesel::update(users::table.find(user)).set(changes).execute(c).map(drop)
}

fn remove_password(c: &mut SqliteConnection, user: &str) -> QueryResult<()> {
    let password = credentials::table.filter(credentials::user_id.eq(user)).filter(credentials::kind.eq("password"));
    diesel::delete(password).execute(c)?;
    let none = (users::failed_attempts.eq(0), users::locked_until.eq(0), users::credential_epoch.eq(users::credential_epoch + 1));
    diesel::update(users::table.find(user)).set(none).execute(c).map(drop)
}

#[async_trait]
impl Credentials for Repositories {
    #[tracing::instrument(name = "db.credentials.insert", skip_all, fields(passwords = passwords.len()))]
    async fn insert(&mut self, passwords: &[NewPassword]) -> Result<(), StoreError> {
        let passwords = passwords.to_vec();
        self.run(move |c| {
            all_or_none(c, |c| {
                for some in passwords.chunks(ROWS) {
                    let rows: Vec<_> = some.iter().map(CredentialRow::from).collect();
                    diesel::insert_into(credentials::table).values(rows).execute(c)?;
                }
                Ok(())
            })
        })
        .await
    }

    #[tracing::instrument(name = "db.credentials.change", skip_all, fields(user.id = password.user_id.as_str()))]
    async fn change(&mut self, password: &NewPassword) -> Result<(), StoreError> {
        let password = password.clone();
        self.run(move |c| all_or_none(c, |c| change(c, &password))).await
    }

    #[tracing::instrument(name = "db.credentials.renew", skip_all, fields(user.id = user.as_str()))]
    async fn renew(&mut self, user: &UserId, verified: &PasswordHash, renewed: &PasswordHash) -> Result<bool, StoreError> {
        let (user, verified, renewed) = (user.clone(), verified.clone(), renewed.clone());
        let query = move |c: &mut _| {
            let binds = vec![Bind::Text(renewed.expose()), Bind::Text(user.as_str()), Bind::Text(verified.expose())];
            Statement::<()>::new(RENEW, binds).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.credentials.attempt", skip_all)]
    async fn attempt(&mut self, login: &LoginName, rules: &LockRules, now: Timestamp) -> Result<Option<Attempt>, StoreError> {
        let (login, rules) = (login.clone(), *rules);
        let found = self.run(move |c| claim(c, &login, rules, now.as_millis())).await?;
        found.map(|(row, is_open)| attempt(row, is_open)).transpose()
    }

    #[tracing::instrument(name = "db.credentials.give_back", skip_all, fields(user.id = user.as_str()))]
    async fn give_back(&mut self, user: &UserId) -> Result<(), StoreError> {
        const GIVE_BACK: &str = "UPDATE users SET failed_attempts = max(failed_attempts - 1, 0), locked_until = 0 WHERE id = ?";
        let user = user.clone();
        self.run(move |c| Statement::<()>::new(GIVE_BACK, vec![Bind::Text(user.as_str())]).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.credentials.remove_password", skip_all, fields(user.id = user.as_str()))]
    async fn remove_password(&mut self, user: &UserId) -> Result<(), StoreError> {
        let user = user.clone();
        self.run(move |c| all_or_none(c, |c| remove_password(c, user.as_str()))).await
    }

    #[tracing::instrument(name = "db.credentials.forgive", skip_all, fields(user.id = user.as_str()))]
    async fn forgive(&mut self, user: &UserId) -> Result<(), StoreError> {
        let user = user.clone();
        let none = (users::failed_attempts.eq(0), users::locked_until.eq(0));
        self.run(move |c| diesel::update(users::table.find(user.as_str())).set(none).execute(c)).await.map(drop)
    }
}
