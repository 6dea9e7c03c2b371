//! Sessions as the wire carries them.

use std::collections::BTreeMap;

use muster_domain::id::UserId;
use muster_domain::live_sessions::SessionsSeen;
use muster_domain::session::{Session, SessionKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agent::Agent;
use crate::team::TeamMemberBody;

/// Texts that clients know of a session.
type Props = BTreeMap<&'static str, String>;

/// A signed-in device.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionBody<'a> {
    /// Names the session.
    pub id: &'a str,
    /// Always empty: a token is told once, when the session begins.
    pub token: &'static str,
    /// When it began, in ms.
    pub create_at: i64,
    /// When it ends if it is not used, in ms.
    pub expires_at: i64,
    /// When it was last used, to five minutes, in ms.
    pub last_activity_at: i64,
    /// Who is signed in.
    pub user_id: &'a str,
    /// The push device that holds it; empty for none.
    pub device_id: &'a str,
    /// The device that calls are pushed to; empty for none.
    pub voip_device_id: &'a str,
    /// The account's roles, with a space between them.
    pub roles: String,
    /// Whether an application holds it that acts for its user.
    pub is_oauth: bool,
    /// Always false: nobody is told of an end to come.
    pub expired_notify: bool,
    /// What is known of the program that holds it; its holder finds here the value `csrf` that goes with it.
    #[schema(value_type = BTreeMap<String, String>)]
    pub props: Props,
    /// The account's places in teams.
    pub team_members: Vec<TeamMemberBody<'a>>,
    /// Always false: the local socket needs no session.
    pub local: bool,
}

fn props(session: &Session) -> Props {
    let Agent { platform, os, browser } = Agent::of(&session.user_agent);
    let mut props = Props::from([("platform", platform.to_owned()), ("os", os.to_owned()), ("browser", browser)]);
    let kind = |is_it: bool| is_it.to_string();
    props.insert("isMobile", kind(session.kind == SessionKind::Mobile));
    let is_saml = session.kind == SessionKind::Sso && session.provider.issuer.as_deref() == Some("saml");
    props.insert("isSaml", kind(is_saml));
    props.insert("isOAuthUser", kind(session.kind == SessionKind::Sso && !is_saml));
    if let Some(is_silent) = session.device.is_silent {
        props.insert("device_notification_disabled", is_silent.to_string());
    }
    if !session.device.mobile_version.is_empty() {
        props.insert("mobile_version", session.device.mobile_version.clone());
    }
    props
}

impl<'a> SessionBody<'a> {
    /// The sessions of an account; `csrf` gives the value that goes with one, for its holder alone.
    #[must_use]
    pub fn all(seen: &'a SessionsSeen, csrf: impl Fn(&Session) -> Option<String>) -> Vec<Self> {
        let Some(owner) = &seen.owner else { return Vec::new() };
        let body = |session: &'a Session| {
            let mut props = props(session);
            props.insert("is_guest", owner.is_guest().to_string());
            props.extend(csrf(session).map(|value| ("csrf", value)));
            Self {
                id: session.id.as_str(),
                token: "",
                create_at: session.created_at.as_millis(),
                expires_at: session.expires_at.as_millis(),
                last_activity_at: session.last_active_at.as_millis(),
                user_id: session.user_id.as_str(),
                device_id: &session.device_id,
                voip_device_id: &session.device.voip_device_id,
                roles: owner.roles.to_string(),
                is_oauth: session.kind == SessionKind::OauthApp,
                expired_notify: false,
                props,
                team_members: seen.memberships.iter().map(TeamMemberBody::from).collect(),
                local: false,
            }
        };
        seen.sessions.iter().map(body).collect()
    }
}

/// A session that has ended, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndedSession)]
pub struct EndedSessionBody<'a> {
    /// Names the session.
    pub id: &'a str,
    /// Who was signed in.
    pub user_id: &'a str,
    /// How it came to be: `web`, `mobile`, `sso` or `oauth_app`.
    pub kind: &'static str,
    /// When it began, in ms.
    pub create_at: i64,
    /// When it was last used, to five minutes, in ms.
    pub last_activity_at: i64,
    /// When it ended, in ms.
    pub end_at: i64,
    /// Why: `signed_out`, `revoked`, `password_changed`, `expired`, `idle`, `deactivated`, `converted`, `device_reused`, `too_many`.
    pub end_reason: &'static str,
    /// The id of the account through which it ended; empty when the service ended it by itself.
    pub ended_by: &'a str,
    /// The push device that held it; empty for none.
    pub device_id: &'a str,
    /// The address where it began.
    pub first_address: String,
    /// The address where it was last used.
    pub last_address: String,
    /// What is known of the program that held it.
    #[schema(value_type = BTreeMap<String, String>)]
    pub props: Props,
}

impl<'a> EndedSessionBody<'a> {
    /// A session's end; none while it lives.
    #[must_use]
    pub fn of(session: &'a Session) -> Option<Self> {
        let ending = session.ended.as_ref()?;
        Some(Self {
            id: session.id.as_str(),
            user_id: session.user_id.as_str(),
            kind: session.kind.id(),
            create_at: session.created_at.as_millis(),
            last_activity_at: session.last_active_at.as_millis(),
            end_at: ending.at.as_millis(),
            end_reason: ending.reason.id(),
            ended_by: ending.by.as_ref().map_or("", UserId::as_str),
            device_id: &session.device_id,
            first_address: session.first_address.ip().to_string(),
            last_address: session.last_address.ip().to_string(),
            props: props(session),
        })
    }
}

/// Which session is to end.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RevokeSessionBody {
    /// The session's id.
    pub session_id: String,
}

/// What a push device tells of itself; what is missing stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeviceBody {
    /// The push device; its other sessions end.
    pub device_id: Option<String>,
    /// The device that calls are pushed to.
    pub voip_device_id: Option<String>,
    /// `true` or `false`: whether it wants no notifications; `deviceNotificationDisabled` is the same.
    pub device_notification_disabled: Option<String>,
    /// The same as `device_notification_disabled`; a value of another form is not looked at.
    #[serde(rename = "deviceNotificationDisabled")]
    pub documented_notification_disabled: Option<String>,
    /// Three numbers with dots between them: the version of its program; `mobileVersion` is the same.
    pub mobile_version: Option<String>,
    /// The same as `mobile_version`; a value of another form is not looked at.
    #[serde(rename = "mobileVersion")]
    pub documented_mobile_version: Option<String>,
}
