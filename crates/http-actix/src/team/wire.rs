//! Teams as the wire carries them.

use muster_domain::directory::TeamSeen;
use muster_domain::team::TeamMember;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub struct TeamBody<'a> {
    /// Names the team, for life.
    pub id: &'a str,
    /// When it was made, in ms.
    pub create_at: i64,
    /// When it last changed, in ms.
    pub update_at: i64,
    /// When it was archived, in ms; 0 while it is in use.
    pub delete_at: i64,
    /// What people call it.
    pub display_name: &'a str,
    /// Its name in addresses.
    pub name: &'a str,
    /// What it is about.
    pub description: &'a str,
    /// The mail address of who made it; empty to those who don't manage it.
    pub email: &'a str,
    /// `O` or `I`: who may join.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The organisation.
    pub company_name: &'a str,
    /// Mail domains of those who may join; empty for any.
    pub allowed_domains: &'a str,
    /// What a standing invitation carries; empty to those who may not invite.
    pub invite_id: &'a str,
    /// Whether members of the system join by themselves.
    pub allow_open_invite: bool,
    /// Always null: there are no schemes here.
    pub scheme_id: Option<&'a str>,
    /// Whether only members of linked groups belong to it.
    pub group_constrained: Option<bool>,
    /// Always null: there are no policies here.
    pub policy_id: Option<&'a str>,
    /// Always false: nothing here is limited by a contract.
    pub cloud_limits_archived: bool,
}

impl<'a> From<&'a TeamSeen> for TeamBody<'a> {
    fn from(seen: &'a TeamSeen) -> Self {
        let team = &seen.team;
        Self {
            id: team.id.as_str(),
            create_at: team.created_at.as_millis(),
            update_at: team.updated_at.as_millis(),
            delete_at: team.deleted_at.as_millis(),
            display_name: &team.display_name,
            name: &team.name,
            description: &team.description,
            email: if seen.hides_email { "" } else { &team.email },
            kind: team.kind.letter(),
            company_name: &team.company_name,
            allowed_domains: &team.allowed_domains,
            invite_id: if seen.hides_invite { "" } else { &team.invite_id },
            allow_open_invite: team.allows_open_invite,
            scheme_id: None,
            group_constrained: team.is_group_constrained,
            policy_id: None,
            cloud_limits_archived: false,
        }
    }
}

/// Somebody's place in a team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TeamMember)]
pub struct TeamMemberBody<'a> {
    /// Which team.
    pub team_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// Names of his roles in the team with a space between them.
    pub roles: String,
    /// When he left, in ms; 0 while he belongs to it.
    pub delete_at: i64,
    /// Whether he is a guest of it.
    pub scheme_guest: bool,
    /// Whether he is an ordinary member.
    pub scheme_user: bool,
    /// Whether he looks after it.
    pub scheme_admin: bool,
    /// Always empty: there are no roles but those.
    pub explicit_roles: &'static str,
}

impl<'a> From<&'a TeamMember> for TeamMemberBody<'a> {
    fn from(member: &'a TeamMember) -> Self {
        let standing = member.standing;
        Self {
            team_id: member.team_id.as_str(),
            user_id: member.user_id.as_str(),
            roles: standing.roles("team"),
            delete_at: member.deleted_at.as_millis(),
            scheme_guest: standing.is_guest,
            scheme_user: standing.is_user,
            scheme_admin: standing.is_admin,
            explicit_roles: "",
        }
    }
}

/// What somebody has not read in a team. Nothing is said in this service, so nothing is unread.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TeamUnread)]
pub struct TeamUnreadBody<'a> {
    /// Which team.
    pub team_id: &'a str,
    /// Messages.
    pub msg_count: u32,
    /// Messages that mention him.
    pub mention_count: u32,
    /// Those that begin a thread.
    pub mention_count_root: u32,
    /// Messages that begin a thread.
    pub msg_count_root: u32,
    /// Threads.
    pub thread_count: u32,
    /// Mentions in threads.
    pub thread_mention_count: u32,
    /// Urgent ones among them.
    pub thread_urgent_mention_count: u32,
}

impl<'a> From<&'a TeamMember> for TeamUnreadBody<'a> {
    fn from(member: &'a TeamMember) -> Self {
        Self {
            team_id: member.team_id.as_str(),
            msg_count: 0,
            mention_count: 0,
            mention_count_root: 0,
            msg_count_root: 0,
            thread_count: 0,
            thread_mention_count: 0,
            thread_urgent_mention_count: 0,
        }
    }
}

/// What is asked of a new team. Further fields of a team are taken and ignored, but for an id, which is refused.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateTeamBody {
    /// Its name in addresses.
    pub name: String,
    /// What people call it.
    pub display_name: String,
    /// `O` or `I`: who may join.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about.
    pub description: Option<String>,
    /// The organisation.
    pub company_name: Option<String>,
    /// Mail domains of those who may join.
    pub allowed_domains: Option<String>,
    /// Whether members of the system join by themselves.
    pub allow_open_invite: Option<bool>,
    /// Whether only members of linked groups belong to it.
    pub group_constrained: Option<bool>,
}

/// Who becomes a member of which team.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AddTeamMemberBody {
    /// The team, as in the address.
    pub team_id: String,
    /// The account.
    pub user_id: String,
}
