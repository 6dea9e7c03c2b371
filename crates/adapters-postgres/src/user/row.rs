//! Accounts as rows, and rows as accounts.

use diesel::dsl::SqlTypeOf;
use diesel::pg::Pg;
use diesel::prelude::*;
use muster_domain::email::Email;
use muster_domain::id::UserId;
use muster_domain::locale::Locale;
use muster_domain::map::TextMap;
use muster_domain::role::Roles;
use muster_domain::store::{Cause, StoreError};
use muster_domain::time::Timestamp;
use muster_domain::user::{AcceptedTerms, Bot, ExternalIdentity, Profile, User};
use muster_domain::username::Username;
use serde_json::Value;

use crate::error::{corrupt, unavailable};
use crate::schema::users;
use crate::user::texts::TextsRow;

/// The columns of [`UserRow`] in their order, each behind a prefix.
macro_rules! account {
    ($of:literal) => {
        concat!(
            $of,
            "id, ",
            $of,
            "created_at, ",
            $of,
            "updated_at, ",
            $of,
            "deleted_at, ",
            $of,
            "username, ",
            $of,
            "email, ",
            $of,
            "is_email_verified, ",
            $of,
            "nickname, ",
            $of,
            "first_name, ",
            $of,
            "last_name, ",
            $of,
            "position, ",
            $of,
            "locale, ",
            $of,
            "timezone, ",
            $of,
            "props, ",
            $of,
            "notify_props, ",
            $of,
            "roles, ",
            $of,
            "allows_marketing, ",
            $of,
            "auth_service, ",
            $of,
            "auth_data, ",
            $of,
            "password_updated_at, ",
            $of,
            "picture_updated_at, ",
            $of,
            "failed_attempts, ",
            $of,
            "locked_until, ",
            $of,
            "has_second_factor, ",
            $of,
            "remote_id, ",
            $of,
            "last_login_at, ",
            $of,
            "is_bot, ",
            $of,
            "bot_description, ",
            $of,
            "bot_icon_updated_at, ",
            $of,
            "terms_id, ",
            $of,
            "terms_at, ",
            $of,
            "credential_epoch, ",
            $of,
            "bot_owner_id, ",
            $of,
            "bot_created_at, ",
            $of,
            "bot_updated_at"
        )
    };
}
pub(crate) use account;

/// What the columns of [`UserRow`] are in SQL.
pub(crate) type UserSql = SqlTypeOf<<UserRow as Selectable<Pg>>::SelectExpression>;

/// An account as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
#[expect(clippy::struct_excessive_bools, reason = "the table has these columns")]
pub(crate) struct UserRow {
    pub(crate) id: String,
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
    timezone: Option<Value>,
    props: Value,
    notify_props: Value,
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
    pub(crate) is_bot: bool,
    bot_description: String,
    bot_icon_updated_at: i64,
    terms_id: Option<String>,
    terms_at: i64,
    credential_epoch: i64,
    bot_owner_id: Option<String>,
    bot_created_at: i64,
    bot_updated_at: i64,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        read(row).map_err(corrupt("users"))
    }
}

fn read(row: UserRow) -> Result<User, Cause> {
    let bot = row.is_bot.then_some(BotRow {
        description: row.bot_description,
        icon_updated_at: row.bot_icon_updated_at,
        owner_id: row.bot_owner_id,
        created_at: row.bot_created_at,
        updated_at: row.bot_updated_at,
    });
    Ok(User {
        id: row.id.parse()?,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
        deleted_at: Timestamp::from_millis(row.deleted_at),
        username: Username::parse_exact(&row.username)?,
        email: Email::parse(&row.email)?,
        is_email_verified: row.is_email_verified,
        profile: Profile {
            nickname: row.nickname,
            first_name: row.first_name,
            last_name: row.last_name,
            position: row.position,
            locale: Locale::parse(&row.locale)?,
            timezone: row.timezone.map(map).transpose()?,
            props: map(row.props)?,
            notify_props: map(row.notify_props)?,
        },
        roles: Roles::parse(&row.roles)?,
        allows_marketing: row.allows_marketing,
        identity: ExternalIdentity { service: row.auth_service, subject: row.auth_data },
        password_updated_at: Timestamp::from_millis(row.password_updated_at),
        picture_updated_at: Timestamp::from_millis(row.picture_updated_at),
        failed_attempts: u32::try_from(row.failed_attempts)?,
        has_second_factor: row.has_second_factor,
        remote_id: row.remote_id,
        last_login_at: Timestamp::from_millis(row.last_login_at),
        bot: bot.map(Bot::try_from).transpose()?,
        accepted_terms: row.terms_id.map(|id| AcceptedTerms { id, at: Timestamp::from_millis(row.terms_at) }),
        credential_epoch: row.credential_epoch,
    })
}

/// The columns of an account that a bot alone fills.
struct BotRow {
    description: String,
    icon_updated_at: i64,
    owner_id: Option<String>,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<BotRow> for Bot {
    type Error = Cause;

    fn try_from(row: BotRow) -> Result<Self, Cause> {
        Ok(Self {
            description: row.description,
            icon_updated_at: Timestamp::from_millis(row.icon_updated_at),
            owner_id: row.owner_id.map(|id| id.parse()).transpose()?,
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        })
    }
}

fn map(json: Value) -> Result<TextMap, Cause> {
    // The error's own text may repeat what the row holds.
    serde_json::from_value(json).map_err(|_| "a map holds something else than texts".into())
}

/// What an update writes.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = users, treat_none_as_null = true)]
#[expect(clippy::struct_excessive_bools, reason = "the table has these columns")]
pub(crate) struct ChangedRow<'a> {
    updated_at: i64,
    deleted_at: i64,
    username: &'a str,
    email: &'a str,
    is_email_verified: bool,
    nickname: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    position: &'a str,
    locale: &'a str,
    timezone: Option<Value>,
    props: Value,
    notify_props: Value,
    roles: String,
    allows_marketing: bool,
    auth_service: &'a str,
    auth_data: Option<String>,
    password_updated_at: i64,
    picture_updated_at: i64,
    has_second_factor: bool,
    remote_id: Option<String>,
    is_bot: bool,
    bot_description: &'a str,
    bot_icon_updated_at: i64,
    bot_owner_id: Option<String>,
    bot_created_at: i64,
    bot_updated_at: i64,
    terms_id: Option<String>,
    terms_at: i64,
    #[diesel(embed)]
    texts: TextsRow,
}

impl<'a> TryFrom<&'a User> for ChangedRow<'a> {
    type Error = StoreError;

    fn try_from(user: &'a User) -> Result<Self, StoreError> {
        let (profile, bot, terms) = (&user.profile, user.bot.as_ref(), user.accepted_terms.as_ref());
        Ok(Self {
            updated_at: user.updated_at.as_millis(),
            deleted_at: user.deleted_at.as_millis(),
            username: user.username.as_str(),
            email: user.email.as_str(),
            is_email_verified: user.is_email_verified,
            nickname: &profile.nickname,
            first_name: &profile.first_name,
            last_name: &profile.last_name,
            position: &profile.position,
            locale: profile.locale.as_str(),
            timezone: profile.timezone.as_ref().map(json).transpose()?,
            props: json(&profile.props)?,
            notify_props: json(&profile.notify_props)?,
            roles: user.roles.to_string(),
            allows_marketing: user.allows_marketing,
            auth_service: &user.identity.service,
            auth_data: user.identity.subject.clone(),
            password_updated_at: user.password_updated_at.as_millis(),
            picture_updated_at: user.picture_updated_at.as_millis(),
            has_second_factor: user.has_second_factor,
            remote_id: user.remote_id.clone(),
            is_bot: bot.is_some(),
            bot_description: bot.map_or("", |bot| &bot.description),
            bot_icon_updated_at: bot.map_or(0, |bot| bot.icon_updated_at.as_millis()),
            bot_owner_id: bot.and_then(|bot| bot.owner_id.as_ref()).map(UserId::to_string),
            bot_created_at: bot.map_or(0, |bot| bot.created_at.as_millis()),
            bot_updated_at: bot.map_or(0, |bot| bot.updated_at.as_millis()),
            terms_id: terms.map(|terms| terms.id.clone()),
            terms_at: terms.map_or(0, |terms| terms.at.as_millis()),
            texts: TextsRow::of(user),
        })
    }
}

fn json(map: &TextMap) -> Result<Value, StoreError> {
    serde_json::to_value(map).map_err(unavailable)
}

/// A new account.
#[derive(Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUserRow<'a> {
    id: &'a str,
    created_at: i64,
    #[diesel(embed)]
    changed: ChangedRow<'a>,
    failed_attempts: i64,
    last_login_at: i64,
    credential_epoch: i64,
}

impl<'a> TryFrom<&'a User> for NewUserRow<'a> {
    type Error = StoreError;

    fn try_from(user: &'a User) -> Result<Self, StoreError> {
        Ok(Self {
            id: user.id.as_str(),
            created_at: user.created_at.as_millis(),
            changed: ChangedRow::try_from(user)?,
            failed_attempts: i64::from(user.failed_attempts),
            last_login_at: user.last_login_at.as_millis(),
            credential_epoch: user.credential_epoch,
        })
    }
}
