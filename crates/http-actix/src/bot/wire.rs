//! Bots as the wire carries them.

use muster_domain::id::UserId;
use muster_domain::user::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a number is left out of JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A bot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Bot)]
pub struct BotBody<'a> {
    /// The id of its account.
    pub user_id: &'a str,
    /// Its login name.
    pub username: &'a str,
    /// What people call it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub display_name: &'a str,
    /// What it does.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: &'a str,
    /// The id of who answers for it; empty when nobody does.
    pub owner_id: &'a str,
    /// When its picture last changed, in ms.
    #[serde(skip_serializing_if = "is_zero")]
    pub last_icon_update: i64,
    /// When it became a bot, in ms.
    pub create_at: i64,
    /// When it last changed, in ms.
    pub update_at: i64,
    /// When it was deactivated, in ms; 0 while it is active.
    pub delete_at: i64,
}

impl<'a> From<&'a User> for BotBody<'a> {
    fn from(user: &'a User) -> Self {
        let bot = user.bot.as_ref();
        Self {
            user_id: user.id.as_str(),
            username: user.username.as_str(),
            display_name: &user.profile.first_name,
            description: bot.map(|bot| bot.description.as_str()).unwrap_or_default(),
            owner_id: bot.and_then(|bot| bot.owner_id.as_ref()).map(UserId::as_str).unwrap_or_default(),
            last_icon_update: bot.map(|bot| bot.icon_updated_at.as_millis()).unwrap_or_default(),
            create_at: bot.map_or(user.created_at, |bot| bot.created_at).as_millis(),
            update_at: bot.map_or(user.updated_at, |bot| bot.updated_at).as_millis(),
            delete_at: user.deleted_at.as_millis(),
        }
    }
}

/// What is asked of a new bot. Further fields of a bot are taken and ignored.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateBotBody {
    /// Login name.
    pub username: String,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it does.
    pub description: Option<String>,
}

/// What is to change of a bot; what is missing or null stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PatchBotBody {
    /// Login name.
    pub username: Option<String>,
    /// What people call it.
    pub display_name: Option<String>,
    /// What it does.
    pub description: Option<String>,
}
