//! Accounts as rows, and rows as accounts.

use diesel::prelude::*;
use muster_domain::email::Email;
use muster_domain::locale::Locale;
use muster_domain::map::TextMap;
use muster_domain::role::Roles;
use muster_domain::store::{Cause, StoreError};
use muster_domain::time::Timestamp;
use muster_domain::user::{AcceptedTerms, Bot, ExternalIdentity, Profile, User};
use muster_domain::username::Username;
use serde_json::Value;

use crate::error::{corrupt, unavailable};
use crate::schema::{identities, users};

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
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        read(row).map_err(corrupt("users"))
    }
}

fn read(row: UserRow) -> Result<User, Cause> {
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
        bot: row.is_bot.then(|| Bot { description: row.bot_description, icon_updated_at: Timestamp::from_millis(row.bot_icon_updated_at) }),
        accepted_terms: row.terms_id.map(|id| AcceptedTerms { id, at: Timestamp::from_millis(row.terms_at) }),
        credential_epoch: row.credential_epoch,
    })
}

fn map(json: Value) -> Result<TextMap, Cause> {
    // The error's own text may repeat what the row holds.
    serde_json::from_value(json).map_err(|_| "a map holds something else than texts".into())
}

/// What an update writes.
#[derive(AsChangeset, Insertable)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(crate) struct ProfileRow<'a> {
    updated_at: i64,
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
}

impl<'a> TryFrom<&'a User> for ProfileRow<'a> {
    type Error = StoreError;

    fn try_from(user: &'a User) -> Result<Self, StoreError> {
        let profile = &user.profile;
        Ok(Self {
            updated_at: user.updated_at.as_millis(),
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
    deleted_at: i64,
    #[diesel(embed)]
    profile: ProfileRow<'a>,
    roles: String,
    allows_marketing: bool,
    auth_service: &'a str,
    auth_data: Option<&'a str>,
    password_updated_at: i64,
    picture_updated_at: i64,
    failed_attempts: i64,
    has_second_factor: bool,
    remote_id: Option<&'a str>,
    last_login_at: i64,
    is_bot: bool,
    bot_description: &'a str,
    bot_icon_updated_at: i64,
    terms_id: Option<&'a str>,
    terms_at: i64,
    credential_epoch: i64,
}

impl<'a> TryFrom<&'a User> for NewUserRow<'a> {
    type Error = StoreError;

    fn try_from(user: &'a User) -> Result<Self, StoreError> {
        let (bot, terms) = (user.bot.as_ref(), user.accepted_terms.as_ref());
        Ok(Self {
            id: user.id.as_str(),
            created_at: user.created_at.as_millis(),
            deleted_at: user.deleted_at.as_millis(),
            profile: ProfileRow::try_from(user)?,
            roles: user.roles.to_string(),
            allows_marketing: user.allows_marketing,
            auth_service: &user.identity.service,
            auth_data: user.identity.subject.as_deref(),
            password_updated_at: user.password_updated_at.as_millis(),
            picture_updated_at: user.picture_updated_at.as_millis(),
            failed_attempts: i64::from(user.failed_attempts),
            has_second_factor: user.has_second_factor,
            remote_id: user.remote_id.as_deref(),
            last_login_at: user.last_login_at.as_millis(),
            is_bot: bot.is_some(),
            bot_description: bot.map_or("", |bot| &bot.description),
            bot_icon_updated_at: bot.map_or(0, |bot| bot.icon_updated_at.as_millis()),
            terms_id: terms.map(|terms| terms.id.as_str()),
            terms_at: terms.map_or(0, |terms| terms.at.as_millis()),
            credential_epoch: user.credential_epoch,
        })
    }
}

/// An account elsewhere that signs in to one here.
#[derive(Insertable)]
#[diesel(table_name = identities)]
pub(crate) struct IdentityRow<'a> {
    user_id: &'a str,
    provider: &'a str,
    issuer: &'a str,
    subject: &'a str,
}

impl<'a> IdentityRow<'a> {
    /// The row of an account that a provider has a name for.
    pub(crate) fn of(user: &'a User) -> Option<Self> {
        let service = user.identity.service.as_str();
        let subject = user.identity.subject.as_deref()?;
        Some(Self { user_id: user.id.as_str(), provider: service, issuer: service, subject })
    }
}
