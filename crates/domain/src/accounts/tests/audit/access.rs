//! Changes of access tokens and of sessions.

use super::*;
use crate::session::{DeviceChange, Guard};
use crate::store::UnitOfWork;
use crate::tokens::WantedToken;

const MADE: Option<&str> = Some("success - token_id=");

/// A token and a session of an ordinary account, and the session that acts.
pub(super) async fn prepare(work: &mut dyn UnitOfWork) {
    work.access_tokens().insert(&fixture::new_access_token("token", "ada"), 9).await.unwrap();
    for (session, user) in [("s", "ada"), ("session", "root")] {
        let guard = Guard { credential_epoch: 0, global_epoch: 0 };
        assert!(work.sessions().open(&fixture::new_session(session, user), guard).await.unwrap());
    }
}

fn token() -> crate::id::AccessTokenId {
    fixture::id("token")
}

fn session() -> String {
    fixture::id::<crate::id::SessionId>("s").to_string()
}

pub(super) fn of_access() -> Vec<Case> {
    vec![
        case!(CreateUserAccessToken, ADA, MADE, |w| {
            let wanted = WantedToken { description: "ci".into(), expires_at: None };
            w.bench.tokens.create(&w.root, &user("ada"), wanted, &w.origin).await
        }),
        case!(RevokeUserAccessToken, ADA, MADE, |w| w.bench.tokens.revoke(&w.root, Some(&token()), &w.origin).await),
        case!(DisableUserAccessToken, ADA, MADE, |w| w.bench.tokens.disable(&w.root, Some(&token()), &w.origin).await),
        case!(EnableUserAccessToken, ADA, MADE, |w| w.bench.tokens.enable(&w.root, Some(&token()), &w.origin).await),
        case!(RevokeSession, ADA, BARE, |w| w.bench.live_sessions.revoke(&w.root, &user("ada"), &session(), &w.origin).await),
        case!(RevokeAllSessions, ADA, BARE, |w| w.bench.live_sessions.revoke_all(&w.root, &user("ada"), &w.origin).await),
        case!(RevokeSessionsFromAllUsers, Target::None, BARE, |w| {
            w.bench.live_sessions.revoke_everybodys(permit(&w.root, None)?, &w.root, &w.origin).await
        }),
        case!(AttachDeviceExtraProps, Target::Known("root"), None, |w| {
            let change = DeviceChange { device_id: Some("d".into()), ..DeviceChange::default() };
            w.bench.live_sessions.attach(permit(&w.root, None)?, &w.root, change, &w.origin).await
        }),
    ]
}
