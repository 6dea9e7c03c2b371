//! Accounts as the wire carries them.

use std::collections::BTreeMap;

use muster_domain::map::TextMap;
use muster_domain::user::shown::ShownUser;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a number is left out of JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Whether a truth value is left out of JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// Whether a map is left out of JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_empty(map: &&TextMap) -> bool {
    map.is_empty()
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
#[expect(clippy::struct_excessive_bools, reason = "the wire has that many flags")]
pub struct UserBody<'a> {
    /// Names the account, for life.
    pub id: &'a str,
    /// When it was made, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub create_at: i64,
    /// When it last changed, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub update_at: i64,
    /// When it was deactivated, in ms; 0 while it is active.
    pub delete_at: i64,
    /// Its login name.
    pub username: &'a str,
    /// The provider's name for its holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_data: Option<&'a str>,
    /// The provider that vouches for it; empty for a password.
    pub auth_service: &'a str,
    /// Its mail address; empty where it is hidden.
    pub email: &'a str,
    /// Whether somebody has shown to read mail there.
    #[serde(skip_serializing_if = "is_false")]
    pub email_verified: bool,
    /// What others call its holder.
    pub nickname: &'a str,
    /// Given name.
    pub first_name: &'a str,
    /// Family name.
    pub last_name: &'a str,
    /// Job or place in the organisation.
    pub position: &'a str,
    /// Names of roles with a space between them.
    pub roles: String,
    /// Whether news by mail are wanted.
    #[serde(skip_serializing_if = "is_false")]
    pub allow_marketing: bool,
    /// Free properties.
    #[serde(skip_serializing_if = "is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub props: &'a TextMap,
    /// What its holder is notified of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<UserNotifyPropsBody>)]
    pub notify_props: Option<&'a TextMap>,
    /// When its password last changed, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_password_update: i64,
    /// When its picture last changed, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_picture_update: i64,
    /// Wrong passwords since the last right one.
    #[serde(skip_serializing_if = "is_zero")]
    pub failed_attempts: i64,
    /// Language of the interface.
    pub locale: &'a str,
    /// Time zone.
    #[schema(value_type = Option<TimezoneBody>)]
    pub timezone: Option<&'a TextMap>,
    /// Whether a second factor is asked for.
    #[serde(skip_serializing_if = "is_false")]
    pub mfa_active: bool,
    /// The other server it lives on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_id: Option<&'a str>,
    /// When its holder was last active, in ms; told by lists in that order alone.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_activity_at: i64,
    /// Whether it is a program's.
    #[serde(skip_serializing_if = "is_false")]
    pub is_bot: bool,
    /// What the program does.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub bot_description: &'a str,
    /// When the program's picture last changed, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub bot_last_icon_update: i64,
    /// The terms of service accepted last.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub terms_of_service_id: &'a str,
    /// When they were accepted, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub terms_of_service_create_at: i64,
    /// Whether its making asked for no mail of welcome.
    pub disable_welcome_email: bool,
}

impl<'a> From<&'a ShownUser> for UserBody<'a> {
    fn from(shown: &'a ShownUser) -> Self {
        let (user, profile) = (&shown.user, &shown.user.profile);
        let (bot, terms) = (user.bot.as_ref(), user.accepted_terms.as_ref());
        Self {
            id: user.id.as_str(),
            create_at: user.created_at.as_millis(),
            update_at: user.updated_at.as_millis(),
            delete_at: user.deleted_at.as_millis(),
            username: user.username.as_str(),
            auth_data: shown.auth_data.as_deref(),
            auth_service: &user.identity.service,
            email: if shown.hides_email { "" } else { user.email.as_str() },
            email_verified: user.is_email_verified,
            nickname: &profile.nickname,
            first_name: &profile.first_name,
            last_name: &profile.last_name,
            position: &profile.position,
            roles: user.roles.to_string(),
            allow_marketing: user.allows_marketing,
            props: &profile.props,
            notify_props: Some(&profile.notify_props).filter(|map| !shown.hides_notify_props && !map.is_empty()),
            last_password_update: user.password_updated_at.as_millis(),
            last_picture_update: user.picture_updated_at.as_millis(),
            failed_attempts: user.failed_attempts.into(),
            locale: profile.locale.as_str(),
            timezone: profile.timezone.as_ref(),
            mfa_active: user.has_second_factor,
            remote_id: user.remote_id.as_deref(),
            last_activity_at: 0,
            is_bot: bot.is_some(),
            bot_description: bot.map(|bot| bot.description.as_str()).unwrap_or_default(),
            bot_last_icon_update: bot.map(|bot| bot.icon_updated_at.as_millis()).unwrap_or_default(),
            terms_of_service_id: terms.map(|terms| terms.id.as_str()).unwrap_or_default(),
            terms_of_service_create_at: terms.map(|terms| terms.at.as_millis()).unwrap_or_default(),
            disable_welcome_email: false,
        }
    }
}

/// What an account's holder is notified of, and how. Further keys are kept as they come.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = UserNotifyProps)]
pub struct UserNotifyPropsBody {
    /// `true` or `false`: mails.
    pub email: Option<String>,
    /// `all`, `mention` or `none`: messages to phones.
    pub push: Option<String>,
    /// `all`, `mention` or `none`: messages on desktops.
    pub desktop: Option<String>,
    /// `true` or `false`: a sound on desktops.
    pub desktop_sound: Option<String>,
    /// Words with commas between them that count as a mention.
    pub mention_keys: Option<String>,
    /// `true` or `false`: whether mentions of everybody count.
    pub channel: Option<String>,
    /// `true` or `false`: whether the first name counts as a mention.
    pub first_name: Option<String>,
    /// `true` or `false`: whether an answer is sent by itself.
    pub auto_responder_active: Option<String>,
    /// That answer.
    pub auto_responder_message: Option<String>,
    /// `online`, `away` or `offline`: when phones are sent messages.
    pub push_status: Option<String>,
    /// `never`, `root` or `any`: answers that count.
    pub comments: Option<String>,
}

/// A time zone, automatic or chosen.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Timezone)]
pub struct TimezoneBody {
    /// `true` or `false`: whether the device decides.
    #[serde(rename = "useAutomaticTimezone")]
    pub use_automatic_timezone: Option<String>,
    /// The chosen one.
    #[serde(rename = "manualTimezone")]
    pub manual_timezone: Option<String>,
    /// The device's.
    #[serde(rename = "automaticTimezone")]
    pub automatic_timezone: Option<String>,
}

/// What is asked of a new account. Further fields of an account are taken and ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateUserBody {
    /// Mail address.
    pub email: String,
    /// Login name; one is made up if it is empty.
    pub username: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Nickname.
    pub nickname: Option<String>,
    /// The provider's name for its holder; an admin's word alone counts.
    pub auth_data: Option<String>,
    /// The provider; an admin's word alone counts.
    pub auth_service: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Position.
    pub position: Option<String>,
    /// Free properties.
    pub props: Option<BTreeMap<String, String>>,
    /// Notifications.
    pub notify_props: Option<UserNotifyPropsBody>,
    /// Time zone.
    pub timezone: Option<TimezoneBody>,
}

/// What is to change of an account; what is missing or null stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PatchUserBody {
    /// Mail address; one's own needs the password.
    pub email: Option<String>,
    /// The present password, for another address.
    pub password: Option<String>,
    /// Login name.
    pub username: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Nickname.
    pub nickname: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// Position.
    pub position: Option<String>,
    /// Free properties, replaced as a whole.
    pub props: Option<BTreeMap<String, String>>,
    /// Notifications, replaced as a whole.
    pub notify_props: Option<UserNotifyPropsBody>,
    /// Time zone, replaced as a whole.
    pub timezone: Option<TimezoneBody>,
}
