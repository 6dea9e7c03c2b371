//! Groups as the wire carries them.

use muster_domain::group::{Group, Place};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::user::UserBody;

/// The one source of groups here.
pub(super) const CUSTOM: &str = "custom";

/// A group of accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupBody<'a> {
    /// Names the group, for life.
    pub id: &'a str,
    /// Its name in mentions.
    pub name: &'a str,
    /// What people call it.
    pub display_name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Always `custom`: people look after it.
    pub source: &'static str,
    /// Always null: no provider has it.
    pub remote_id: Option<&'a str>,
    /// When it was made, in ms.
    pub create_at: i64,
    /// When it last changed, in ms.
    pub update_at: i64,
    /// When it was removed, in ms; 0 while it is in use.
    pub delete_at: i64,
    /// Always false: links are not told here.
    pub has_syncables: bool,
    /// How many accounts are in it, where that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_count: Option<u64>,
    /// Whether anybody may mention it and list its members.
    pub allow_reference: bool,
    /// Always null: members are listed elsewhere.
    pub member_ids: Option<Vec<&'a str>>,
}

impl<'a> From<&'a Group> for GroupBody<'a> {
    fn from(group: &'a Group) -> Self {
        Self {
            id: group.id.as_str(),
            name: &group.name,
            display_name: &group.display_name,
            description: &group.description,
            source: CUSTOM,
            remote_id: None,
            create_at: group.created_at.as_millis(),
            update_at: group.updated_at.as_millis(),
            delete_at: group.deleted_at.as_millis(),
            has_syncables: false,
            member_count: None,
            allow_reference: group.allows_reference,
            member_ids: None,
        }
    }
}

/// An account that came into a group, or left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupMember)]
pub struct GroupMemberBody<'a> {
    /// Which group.
    pub group_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// When he came, in ms; 0 where that is not told.
    pub create_at: i64,
    /// When he left, in ms; 0 while he is in it.
    pub delete_at: i64,
}

/// One page of who is in a group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupMemberList)]
pub struct GroupUsersBody<'a> {
    /// The accounts.
    pub members: Vec<UserBody<'a>>,
    /// How many there are on all pages.
    pub total_member_count: u64,
}

/// A link from a group to a team or a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupSyncable)]
pub struct GroupLinkBody<'a> {
    /// Which group.
    pub group_id: &'a str,
    /// The team, if it is linked to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<&'a str>,
    /// The channel, if it is linked to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<&'a str>,
    /// Always false: a link adds nobody by itself.
    pub auto_add: bool,
    /// Always false: a link makes nobody an admin.
    pub scheme_admin: bool,
    /// When it was made, in ms.
    pub create_at: i64,
    /// When it last changed, in ms.
    pub update_at: i64,
    /// Always 0: a link that ended is not shown.
    pub delete_at: i64,
}

impl<'a> GroupLinkBody<'a> {
    /// A link that was made just now.
    #[must_use]
    pub fn new(group_id: &'a str, place: &'a Place, at: i64) -> Self {
        let (team_id, channel_id) = match place {
            Place::Team(team) => (Some(team.as_str()), None),
            Place::Channel(channel) => (None, Some(channel.as_str())),
        };
        Self { group_id, team_id, channel_id, auto_add: false, scheme_admin: false, create_at: at, update_at: at, delete_at: 0 }
    }
}

/// What is asked of a new group.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateGroupBody {
    /// Its name in mentions.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `custom`, or nothing, which is the same.
    pub source: Option<String>,
    /// Whether anybody may mention it and list its members.
    pub allow_reference: Option<bool>,
    /// Who is in it, 1,000 accounts at most.
    pub user_ids: Option<Vec<String>>,
}

/// Whom a group gets or loses.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GroupMembersBody {
    /// The accounts, 1,000 at most.
    pub user_ids: Vec<String>,
}

/// How a group is linked. Both are taken and not followed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct GroupLinkPatchBody {
    /// Whether its members are added by themselves.
    pub auto_add: Option<bool>,
    /// Whether its members become admins.
    pub scheme_admin: Option<bool>,
}
