//! Accounts.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::email::Email;
use muster_domain::id::UserId;
use muster_domain::locale::Locale;
use muster_domain::map::TextMap;
use muster_domain::role::Roles;
use muster_domain::store::{ReadUsers, StoreError, Users};
use muster_domain::time::Timestamp;
use muster_domain::user::{AcceptedTerms, Bot, ExternalIdentity, Profile, User};
use muster_domain::username::Username;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::{identities, users};
use crate::statement::{Bind, Statement, all_or_none};

/// Rows of one statement: SQLite takes 32,766 values, and a row has 32.
const ROWS: usize = 1_000;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Sqlite), treat_none_as_default_value = false)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each column")]
pub(crate) struct UserRow {
    id: String,
    created_at: i64,
    updated_at: i64,
    deleted_at: i64,
    username: String,
    email: String,
    is_email_verified: bool,
    nickname: String,
    first_name: String,
    last_name: String,
    position: String,
    locale: String,
    timezone: Option<String>,
    props: String,
    notify_props: String,
    roles: String,
    allows_marketing: bool,
    auth_service: String,
    auth_data: Option<String>,
    password_updated_at: i64,
    picture_updated_at: i64,
    pub(crate) failed_attempts: i64,
    pub(crate) locked_until: i64,
    has_second_factor: bool,
    remote_id: Option<String>,
    last_login_at: i64,
    is_bot: bool,
    bot_description: String,
    bot_icon_updated_at: i64,
    terms_id: Option<String>,
    terms_at: i64,
    credential_epoch: i64,
}

/// The columns of [`UserRow`] in its order, for statements that are written as SQL.
macro_rules! user_columns {
    () => {
        "users.id, users.created_at, users.updated_at, users.deleted_at, users.username, users.email, users.is_email_verified, \
         users.nickname, users.first_name, users.last_name, users.position, users.locale, users.timezone, users.props, \
         users.notify_props, users.roles, users.allows_marketing, users.auth_service, users.auth_data, users.password_updated_at, \
         users.picture_updated_at, users.failed_attempts, users.locked_until, users.has_second_factor, users.remote_id, \
         users.last_login_at, users.is_bot, users.bot_description, users.bot_icon_updated_at, users.terms_id, users.terms_at, \
         users.credential_epoch"
    };
}
pub(crate) use user_columns;

pub(crate) const BY_LOGIN: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users WHERE rowid = coalesce((SELECT rowid FROM users WHERE username = ?), (SELECT rowid FROM users WHERE email = ?))"
);

pub(crate) const BY_IDS: &str = concat!(
    "SELECT ",
    user_columns!(),
    " FROM users WHERE id IN (SELECT value FROM json_each(?)) AND updated_at > ? ORDER BY +username, id"
);

pub(crate) const BY_USERNAMES: &str =
    concat!("SELECT ", user_columns!(), " FROM users WHERE username IN (SELECT value FROM json_each(?)) ORDER BY username, id");

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        let bot = user.bot.clone().unwrap_or_default();
        Self {
            id: user.id.as_str().to_owned(),
            created_at: user.created_at.as_millis(),
            updated_at: user.updated_at.as_millis(),
            deleted_at: user.deleted_at.as_millis(),
            username: user.username.as_str().to_owned(),
            email: user.email.as_str().to_owned(),
            is_email_verified: user.is_email_verified,
            nickname: user.profile.nickname.clone(),
            first_name: user.profile.first_name.clone(),
            last_name: user.profile.last_name.clone(),
            position: user.profile.position.clone(),
            locale: user.profile.locale.as_str().to_owned(),
            timezone: user.profile.timezone.as_ref().map(json),
            props: json(&user.profile.props),
            notify_props: json(&user.profile.notify_props),
            roles: user.roles.to_string(),
            allows_marketing: user.allows_marketing,
            auth_service: user.identity.service.clone(),
            auth_data: user.identity.subject.clone(),
            password_updated_at: user.password_updated_at.as_millis(),
            picture_updated_at: user.picture_updated_at.as_millis(),
            failed_attempts: i64::from(user.failed_attempts),
            locked_until: 0,
            has_second_factor: user.has_second_factor,
            remote_id: user.remote_id.clone(),
            last_login_at: user.last_login_at.as_millis(),
            is_bot: user.bot.is_some(),
            bot_description: bot.description,
            bot_icon_updated_at: bot.icon_updated_at.as_millis(),
            terms_id: user.accepted_terms.as_ref().map(|terms| terms.id.clone()),
            terms_at: user.accepted_terms.as_ref().map_or(0, |terms| terms.at.as_millis()),
            credential_epoch: user.credential_epoch,
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        let bad = |column| move || corrupt("users", column);
        let profile = Profile {
            nickname: row.nickname,
            first_name: row.first_name,
            last_name: row.last_name,
            position: row.position,
            locale: Locale::parse(&row.locale).ok().ok_or_else(bad("locale"))?,
            timezone: row.timezone.map(|text| map(&text).ok_or_else(bad("timezone"))).transpose()?,
            props: map(&row.props).ok_or_else(bad("props"))?,
            notify_props: map(&row.notify_props).ok_or_else(bad("notify_props"))?,
        };
        let bot = Bot { description: row.bot_description, icon_updated_at: Timestamp::from_millis(row.bot_icon_updated_at) };
        Ok(Self {
            id: row.id.parse().ok().ok_or_else(bad("id"))?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            deleted_at: Timestamp::from_millis(row.deleted_at),
            username: Username::parse_exact(&row.username).ok().ok_or_else(bad("username"))?,
            email: Email::parse(&row.email).ok().ok_or_else(bad("email"))?,
            is_email_verified: row.is_email_verified,
            profile,
            roles: Roles::parse(&row.roles).ok().ok_or_else(bad("roles"))?,
            allows_marketing: row.allows_marketing,
            identity: ExternalIdentity { service: row.auth_service, subject: row.auth_data },
            password_updated_at: Timestamp::from_millis(row.password_updated_at),
            picture_updated_at: Timestamp::from_millis(row.picture_updated_at),
            failed_attempts: row.failed_attempts.try_into().ok().ok_or_else(bad("failed_attempts"))?,
            has_second_factor: row.has_second_factor,
            remote_id: row.remote_id,
            last_login_at: Timestamp::from_millis(row.last_login_at),
            bot: row.is_bot.then_some(bot),
            accepted_terms: row.terms_id.map(|id| AcceptedTerms { id, at: Timestamp::from_millis(row.terms_at) }),
            credential_epoch: row.credential_epoch,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = identities, treat_none_as_default_value = false)]
struct IdentityRow {
    user_id: String,
    provider: String,
    issuer: String,
    subject: String,
}

impl IdentityRow {
    fn of(user: &User) -> Option<Self> {
        user.identity.subject.clone().map(|subject| Self {
            user_id: user.id.as_str().to_owned(),
            provider: user.identity.service.clone(),
            issuer: user.identity.service.clone(),
            subject,
        })
    }
}

/// A map as the JSON that a column holds. Text to text can always be written.
fn json(map: &TextMap) -> String {
    serde_json::to_string(map).unwrap_or_default()
}

fn map(json: &str) -> Option<TextMap> {
    serde_json::from_str(json).ok()
}

fn found(row: Option<UserRow>) -> Result<Option<User>, StoreError> {
    row.map(User::try_from).transpose()
}

fn all(rows: Vec<UserRow>) -> Result<Vec<User>, StoreError> {
    rows.into_iter().map(User::try_from).collect()
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> String {
    serde_json::to_string(&values.collect::<Vec<_>>()).unwrap_or_default()
}

#[async_trait]
impl ReadUsers for Repositories {
    // The id is no field of the span: people look up what they took for an id, tokens among it.
    #[tracing::instrument(name = "db.users.by_id", skip_all)]
    async fn by_id(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        let id = id.clone();
        // Not `first`, here and below: it binds a LIMIT, and SQLite prepares a statement anew each time such a value is bound.
        found(self.run(move |c| users::table.find(id.as_str()).select(UserRow::as_select()).get_result(c).optional()).await?)
    }

    #[tracing::instrument(name = "db.users.by_username", skip_all)]
    async fn by_username(&mut self, username: &Username) -> Result<Option<User>, StoreError> {
        let name = username.clone();
        let query =
            move |c: &mut _| users::table.filter(users::username.eq(name.as_str())).select(UserRow::as_select()).get_result(c).optional();
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_email", skip_all)]
    async fn by_email(&mut self, email: &Email) -> Result<Option<User>, StoreError> {
        let email = email.clone();
        let query =
            move |c: &mut _| users::table.filter(users::email.eq(email.as_str())).select(UserRow::as_select()).get_result(c).optional();
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_login", skip_all)]
    async fn by_login(&mut self, login: &str) -> Result<Option<User>, StoreError> {
        let login = login.to_owned();
        let query = move |c: &mut _| {
            let binds = vec![Bind::Text(&login), Bind::Text(&login)];
            Statement::<users::SqlType>::new(BY_LOGIN, binds).get_result::<UserRow>(c).optional()
        };
        found(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_ids", skip_all)]
    async fn by_ids(&mut self, ids: &[UserId], since: Timestamp) -> Result<Vec<User>, StoreError> {
        let ids = texts(ids.iter().map(UserId::as_str));
        let after = if since == Timestamp::NEVER { i64::MIN } else { since.as_millis() };
        let query = move |c: &mut _| {
            let binds = vec![Bind::Text(&ids), Bind::Number(after)];
            Statement::<users::SqlType>::new(BY_IDS, binds).load::<UserRow>(c)
        };
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.by_usernames", skip_all)]
    async fn by_usernames(&mut self, usernames: &[Username]) -> Result<Vec<User>, StoreError> {
        let names = texts(usernames.iter().map(Username::as_str));
        let query = move |c: &mut _| Statement::<users::SqlType>::new(BY_USERNAMES, vec![Bind::Text(&names)]).load::<UserRow>(c);
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.users.any", skip_all)]
    async fn any(&mut self) -> Result<bool, StoreError> {
        let first = self.run(|c| users::table.select(users::id).first::<String>(c).optional()).await?;
        Ok(first.is_some())
    }
}

#[async_trait]
impl Users for Repositories {
    #[tracing::instrument(name = "db.users.insert", skip_all, fields(users = users.len()))]
    async fn insert(&mut self, users: &[User]) -> Result<(), StoreError> {
        let accounts: Vec<_> = users.iter().map(UserRow::from).collect();
        let identities: Vec<_> = users.iter().filter_map(IdentityRow::of).collect();
        self.run(move |c| {
            all_or_none(c, |c| {
                for rows in accounts.chunks(ROWS) {
                    diesel::insert_into(users::table).values(rows).execute(c)?;
                }
                for rows in identities.chunks(ROWS) {
                    diesel::insert_into(identities::table).values(rows).execute(c)?;
                }
                Ok(())
            })
        })
        .await
    }

    #[tracing::instrument(name = "db.users.locked", skip_all, fields(user.id = id.as_str()))]
    async fn locked(&mut self, id: &UserId) -> Result<Option<User>, StoreError> {
        // Nobody else writes while a unit of work lasts.
        self.by_id(id).await
    }

    #[tracing::instrument(name = "db.users.update", skip_all, fields(user.id = user.id.as_str()))]
    async fn update(&mut self, user: &User) -> Result<(), StoreError> {
        let row = UserRow::from(user);
        let query = move |c: &mut _| {
            let changes = (
                (users::username.eq(row.username), users::email.eq(row.email), users::is_email_verified.eq(row.is_email_verified)),
                (users::nickname.eq(row.nickname), users::first_name.eq(row.first_name), users::last_name.eq(row.last_name)),
                (users::position.eq(row.position), users::locale.eq(row.locale), users::timezone.eq(row.timezone)),
                (users::props.eq(row.props), users::notify_props.eq(row.notify_props), users::updated_at.eq(row.updated_at)),
            );
            diesel::update(users::table.find(row.id)).set(changes).execute(c)
        };
        self.run(query).await.map(drop)
    }

    #[tracing::instrument(name = "db.users.grow_epoch", skip_all, fields(user.id = id.as_str()))]
    async fn grow_epoch(&mut self, id: &UserId) -> Result<(), StoreError> {
        let id = id.clone();
        let grown = users::credential_epoch.eq(users::credential_epoch + 1);
        self.run(move |c| diesel::update(users::table.find(id.as_str())).set(grown).execute(c)).await.map(drop)
    }
}
