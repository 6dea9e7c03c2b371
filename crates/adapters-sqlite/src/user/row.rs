//! Accounts as rows, and rows as accounts.

use diesel::dsl::SqlTypeOf;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::email::Email;
use muster_domain::locale::Locale;
use muster_domain::map::TextMap;
use muster_domain::role::{self, Roles};
use muster_domain::store::StoreError;
use muster_domain::time::Timestamp;
use muster_domain::user::query::{NameFormat, SearchTexts, sort_name};
use muster_domain::user::{AcceptedTerms, Bot, ExternalIdentity, Profile, User};
use muster_domain::username::Username;

use crate::error::corrupt;
use crate::schema::{identities, users};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = users, check_for_backend(Sqlite), treat_none_as_default_value = false)]
#[expect(clippy::struct_excessive_bools, reason = "one field for each column")]
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) deleted_at: i64,
    pub(super) username: String,
    pub(super) email: String,
    pub(super) is_email_verified: bool,
    pub(super) nickname: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) position: String,
    pub(super) locale: String,
    pub(super) timezone: Option<String>,
    pub(super) props: String,
    pub(super) notify_props: String,
    pub(super) roles: String,
    pub(super) allows_marketing: bool,
    pub(super) auth_service: String,
    pub(super) auth_data: Option<String>,
    pub(super) password_updated_at: i64,
    pub(super) picture_updated_at: i64,
    pub(crate) failed_attempts: i64,
    pub(crate) locked_until: i64,
    pub(super) has_second_factor: bool,
    pub(super) remote_id: Option<String>,
    pub(super) last_login_at: i64,
    pub(super) is_bot: bool,
    pub(super) bot_description: String,
    pub(super) bot_icon_updated_at: i64,
    pub(super) terms_id: Option<String>,
    pub(super) terms_at: i64,
    pub(super) credential_epoch: i64,
    pub(super) bot_owner_id: Option<String>,
    pub(super) bot_created_at: i64,
    pub(super) bot_updated_at: i64,
}

/// The columns of [`UserRow`] in its order, for statements that are written as SQL.
macro_rules! user_columns {
    () => {
        "users.id, users.created_at, users.updated_at, users.deleted_at, users.username, users.email, users.is_email_verified, \
         users.nickname, users.first_name, users.last_name, users.position, users.locale, users.timezone, users.props, \
         users.notify_props, users.roles, users.allows_marketing, users.auth_service, users.auth_data, users.password_updated_at, \
         users.picture_updated_at, users.failed_attempts, users.locked_until, users.has_second_factor, users.remote_id, \
         users.last_login_at, users.is_bot, users.bot_description, users.bot_icon_updated_at, users.terms_id, users.terms_at, \
         users.credential_epoch, users.bot_owner_id, users.bot_created_at, users.bot_updated_at"
    };
}
pub(crate) use user_columns;

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
            bot_owner_id: bot.owner_id.map(|owner| owner.as_str().to_owned()),
            bot_created_at: bot.created_at.as_millis(),
            bot_updated_at: bot.updated_at.as_millis(),
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
        let bot = Bot {
            description: row.bot_description,
            icon_updated_at: Timestamp::from_millis(row.bot_icon_updated_at),
            owner_id: row.bot_owner_id.map(|id| id.parse().ok().ok_or_else(bad("bot_owner_id"))).transpose()?,
            created_at: Timestamp::from_millis(row.bot_created_at),
            updated_at: Timestamp::from_millis(row.bot_updated_at),
        };
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

/// What a statement written as SQL gives for [`user_columns!`].
pub(crate) type UserColumns = SqlTypeOf<<UserRow as Selectable<Sqlite>>::SelectExpression>;

/// What of an account is searched and sorted, folded by the domain.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(super) struct FoldedRow {
    search_names: String,
    search_full_name: String,
    search_email: String,
    sort_nickname: String,
    sort_full_name: String,
}

impl From<&User> for FoldedRow {
    fn from(user: &User) -> Self {
        let texts = SearchTexts::of(user);
        Self {
            search_names: texts.names,
            search_full_name: texts.full_name,
            search_email: texts.email,
            sort_nickname: sort_name(user, NameFormat::Nickname),
            sort_full_name: sort_name(user, NameFormat::FullName),
        }
    }
}

/// A new account.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(super) struct NewUserRow {
    #[diesel(embed)]
    pub(super) user: UserRow,
    #[diesel(embed)]
    folded: FoldedRow,
    pub(super) number: i64,
}

impl NewUserRow {
    /// The account under a number that no other has.
    pub(super) fn numbered((number, user): (i64, &User)) -> Self {
        Self { user: UserRow::from(user), folded: FoldedRow::from(user), number }
    }
}

/// The roles of an account besides the one that nearly all have, as JSON; nothing where there are none.
pub(super) fn roles_beside(user: &User) -> Option<String> {
    let names: Vec<_> = user.roles.names().filter(|name| *name != role::USER).collect();
    if names.is_empty() { None } else { serde_json::to_string(&names).ok() }
}

#[derive(Insertable)]
#[diesel(table_name = identities, treat_none_as_default_value = false)]
pub(super) struct IdentityRow {
    pub(super) user_id: String,
    pub(super) provider: String,
    pub(super) issuer: String,
    pub(super) subject: String,
}

impl IdentityRow {
    pub(super) fn of(user: &User) -> Option<Self> {
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

/// Texts as JSON, for one `?` of a statement.
pub(crate) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> String {
    serde_json::to_string(&values.collect::<Vec<_>>()).unwrap_or_default()
}
