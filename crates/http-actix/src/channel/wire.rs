//! Channels as the wire carries them.

use std::collections::BTreeMap;

use muster_domain::channel::ChannelMember;
use muster_domain::directory::ChannelSeen;
use muster_domain::id::{TeamId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A channel. Nothing is said in this service: its counts are 0.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelBody<'a> {
    /// Names the channel, for life.
    pub id: &'a str,
    /// When it was made, in ms.
    pub create_at: i64,
    /// When it last changed, in ms.
    pub update_at: i64,
    /// When it was archived, in ms; 0 while it is in use.
    pub delete_at: i64,
    /// Its team; empty for direct and group channels.
    pub team_id: &'a str,
    /// `O`, `P`, `D` or `G`: who gets in.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What people call it; empty for direct channels.
    pub display_name: &'a str,
    /// Its name in addresses.
    pub name: &'a str,
    /// The line above what is said in it.
    pub header: &'a str,
    /// What it is for.
    pub purpose: &'a str,
    /// When something was last said in it, in ms.
    pub last_post_at: i64,
    /// How much was said in it.
    pub total_msg_count: i64,
    /// Always 0: nothing reads it any more.
    pub extra_update_at: i64,
    /// Who made it; empty when nobody did.
    pub creator_id: &'a str,
    /// Always null: there are no schemes here.
    pub scheme_id: Option<&'a str>,
    /// Always null: there are no free properties.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub props: Option<()>,
    /// Whether only members of linked groups are in it.
    pub group_constrained: Option<bool>,
    /// Always false: nothing is translated here.
    pub autotranslation: bool,
    /// Always null: no other server has it.
    pub shared: Option<bool>,
    /// How many threads were begun in it.
    pub total_msg_count_root: i64,
    /// Always null: there are no policies here.
    pub policy_id: Option<&'a str>,
    /// When a thread was last begun in it, in ms.
    pub last_root_post_at: i64,
    /// Always null: there are no banners here.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub banner_info: Option<()>,
    /// Always false: there are no policies here.
    pub policy_enforced: bool,
    /// Always false: there are no policies here.
    pub policy_is_active: bool,
    /// Always empty: categories are the clients' own.
    pub default_category_name: &'static str,
}

impl<'a> From<&'a ChannelSeen> for ChannelBody<'a> {
    fn from(seen: &'a ChannelSeen) -> Self {
        let channel = &seen.channel;
        Self {
            id: channel.id.as_str(),
            create_at: channel.created_at.as_millis(),
            update_at: channel.updated_at.as_millis(),
            delete_at: channel.deleted_at.as_millis(),
            team_id: channel.team_id.as_ref().map(TeamId::as_str).unwrap_or_default(),
            kind: channel.kind.letter(),
            display_name: &seen.display_name,
            name: &channel.name,
            header: &channel.header,
            purpose: &channel.purpose,
            last_post_at: 0,
            total_msg_count: 0,
            extra_update_at: 0,
            creator_id: channel.creator_id.as_ref().map(UserId::as_str).unwrap_or_default(),
            scheme_id: None,
            props: None,
            group_constrained: channel.is_group_constrained,
            autotranslation: false,
            shared: None,
            total_msg_count_root: 0,
            policy_id: None,
            last_root_post_at: 0,
            banner_info: None,
            policy_enforced: false,
            policy_is_active: false,
            default_category_name: "",
        }
    }
}

/// What a member is notified of in a channel where he chose nothing.
const NOTIFY_PROPS: [(&str, &str); 6] = [
    ("channel_auto_follow_threads", "off"),
    ("desktop", "default"),
    ("email", "default"),
    ("ignore_channel_mentions", "default"),
    ("mark_unread", "all"),
    ("push", "default"),
];

/// Somebody's place in a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelMember)]
#[expect(clippy::struct_excessive_bools, reason = "the wire has that many flags")]
pub struct ChannelMemberBody<'a> {
    /// Which channel.
    pub channel_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// Names of his roles in the channel with a space between them.
    pub roles: String,
    /// When he last looked, in ms; -1 to others.
    pub last_viewed_at: i64,
    /// How much he has seen of what was said.
    pub msg_count: i64,
    /// How often he was mentioned since.
    pub mention_count: i64,
    /// How often outside threads.
    pub mention_count_root: i64,
    /// How often urgently.
    pub urgent_mention_count: i64,
    /// How many begun threads he has seen.
    pub msg_count_root: i64,
    /// What he is notified of.
    pub notify_props: BTreeMap<&'static str, &'static str>,
    /// When his place last changed, in ms; -1 to others.
    pub last_update_at: i64,
    /// Whether he is a guest of it.
    pub scheme_guest: bool,
    /// Whether he is an ordinary member.
    pub scheme_user: bool,
    /// Whether he looks after it.
    pub scheme_admin: bool,
    /// Always empty: there are no roles but those.
    pub explicit_roles: &'static str,
    /// Always false: nothing is translated here.
    pub autotranslation_disabled: bool,
}

impl<'a> ChannelMemberBody<'a> {
    /// A place as it is shown to somebody: when its holder looks is for himself alone.
    #[must_use]
    pub fn shown_to(viewer: Option<&UserId>, member: &'a ChannelMember) -> Self {
        let (standing, is_own) = (member.standing, viewer == Some(&member.user_id));
        Self {
            channel_id: member.channel_id.as_str(),
            user_id: member.user_id.as_str(),
            roles: standing.roles("channel"),
            last_viewed_at: if is_own { 0 } else { -1 },
            msg_count: 0,
            mention_count: 0,
            mention_count_root: 0,
            urgent_mention_count: 0,
            msg_count_root: 0,
            notify_props: NOTIFY_PROPS.into(),
            last_update_at: if is_own { member.created_at.as_millis() } else { -1 },
            scheme_guest: standing.is_guest,
            scheme_user: standing.is_user,
            scheme_admin: standing.is_admin,
            explicit_roles: "",
            autotranslation_disabled: false,
        }
    }
}

/// What is asked of a new channel of a team. Further fields of a channel are taken and ignored, but for an id, which is refused.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateChannelBody {
    /// Its team.
    pub team_id: String,
    /// Its name in addresses.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// `O` or `P`: who gets in.
    #[serde(rename = "type")]
    pub kind: String,
    /// The line above what is said in it.
    pub header: Option<String>,
    /// What it is for.
    pub purpose: Option<String>,
}

/// Who gets into a channel: one account, answered by one place, or several, answered by a list.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AddChannelMembersBody {
    /// One account.
    pub user_id: Option<String>,
    /// Several accounts, 1,000 at most.
    pub user_ids: Option<Vec<String>>,
}
