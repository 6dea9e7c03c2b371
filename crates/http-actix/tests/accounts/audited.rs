//! Every change is in the audit, with who did what to whom.

use muster_domain::audit::RecordedAudit;
use muster_domain::operation::Operation;
use muster_domain::permission::{Recorded, TABLE};
use serde_json::{Value, json};

use crate::app::reply::Reply;
use crate::app::{PASSWORD, TestApp, new_user};
use crate::lists::group;
use crate::pictures::{form, send};
use crate::scene::Scene;

/// A call that changes something: the operation, its path and its body.
pub(crate) type Step = (Operation, String, Value);

/// The ids of what is there besides.
pub(crate) struct Things {
    group: String,
    bot: String,
    terms: String,
    token: String,
    session: String,
}

pub(crate) async fn things(scene: &Scene) -> Things {
    let terms = scene.post(&scene.ada, "/terms_of_service", &json!({ "text": "Be kind." })).await.json()["id"].as_str().unwrap().to_owned();
    let bot = scene.made(&scene.ada, "/bots", &json!({ "username": "robo" })).await;
    let token = scene.made(&scene.ada, &format!("/users/{bot}/tokens"), &json!({ "description": "robo" })).await;
    let sessions = scene.call(&scene.ada, "GET", &format!("/users/{}/sessions", scene.cy.id), &Value::Null).await.json();
    let session = sessions[0]["id"].as_str().unwrap().to_owned();
    Things { group: group(scene, &[&scene.bob.id], true).await, bot, terms, token, session }
}

/// What an admin does to accounts, in an order in which everything can be done.
pub(crate) fn to_accounts(scene: &Scene, things: &Things) -> Vec<Step> {
    use Operation as O;
    let cy = |rest: &str| format!("/users/{}{rest}", scene.cy.id);
    let whole = json!({ "id": scene.cy.id, "username": "cy", "email": "cy@example.test" });
    let accepted = json!({ "termsOfServiceId": things.terms, "accepted": true });
    vec![
        (O::Login, "/users/login".to_owned(), json!({ "login_id": "ada", "password": PASSWORD })),
        (O::CreateUser, "/users".to_owned(), new_user("new")),
        (O::PatchUser, cy("/patch"), json!({ "nickname": "Cy" })),
        (O::UpdateUser, cy(""), whole),
        (O::RevokeSession, cy("/sessions/revoke"), json!({ "session_id": things.session })),
        (O::UpdateUserPassword, cy("/password"), json!({ "new_password": "An0ther!pass" })),
        (O::VerifyUserEmailWithoutToken, cy("/email/verify/member"), Value::Null),
        (O::UpdateUserRoles, cy("/roles"), json!({ "roles": "system_user system_manager" })),
        (O::DemoteUserToGuest, cy("/demote"), Value::Null),
        (O::PromoteGuestToUser, cy("/promote"), Value::Null),
        (O::SetProfileImage, cy("/image"), Value::Null),
        (O::SetDefaultProfileImage, cy("/image"), Value::Null),
        (O::ResetPasswordFailedAttempts, cy("/reset_failed_attempts"), Value::Null),
        (O::UpdateUserAuth, cy("/auth"), json!({ "auth_service": "saml", "auth_data": "cy" })),
        (O::RegisterTermsOfServiceAction, "/users/me/terms_of_service".to_owned(), accepted),
        (O::CreateUserAccessToken, cy("/tokens"), json!({ "description": "ci" })),
        (O::DisableUserAccessToken, "/users/tokens/disable".to_owned(), json!({ "token_id": things.token })),
        (O::EnableUserAccessToken, "/users/tokens/enable".to_owned(), json!({ "token_id": things.token })),
        (O::RevokeUserAccessToken, "/users/tokens/revoke".to_owned(), json!({ "token_id": things.token })),
        (O::RevokeAllSessions, cy("/sessions/revoke/all"), Value::Null),
        (O::AttachDeviceExtraProps, "/users/sessions/device".to_owned(), json!({ "device_id": "d" })),
        (O::GenerateMfaSecret, "/users/me/mfa/generate".to_owned(), Value::Null),
        (O::UpdateUserMfa, "/users/me/mfa".to_owned(), json!({ "activate": false })),
        (O::UpdateUserActive, cy("/active"), json!({ "active": false })),
        (O::DeleteUser, cy(""), Value::Null),
        (O::ConvertUserToBot, format!("/users/{}/convert_to_bot", scene.dan.id), Value::Null),
    ]
}

/// What an admin does to all that lies around accounts.
pub(crate) fn around(scene: &Scene, things: &Things) -> Vec<Step> {
    use Operation as O;
    let (team, room, bob, group, bot) = (&scene.team, &scene.room, &scene.bob.id, &things.group, &things.bot);
    let named = |name: &str| json!({ "name": name, "display_name": name, "type": "O", "team_id": team, "source": "custom" });
    let (users, user) = (json!({ "user_ids": [scene.gil.id] }), json!({ "user_id": scene.gil.id, "team_id": team }));
    let remembered = json!([{ "user_id": scene.ada.id, "category": "c", "name": "n", "value": "v" }]);
    let at = |path: &str| path.to_owned();
    vec![
        (O::CreateTeam, at("/teams"), named("second")),
        (O::AddTeamMember, format!("/teams/{team}/members"), user.clone()),
        (O::CreateChannel, at("/channels"), named("second")),
        (O::CreateDirectChannel, at("/channels/direct"), json!([scene.ada.id, bob])),
        (O::CreateGroupChannel, at("/channels/group"), json!([scene.ada.id, bob, scene.gil.id])),
        (O::AddChannelMember, format!("/channels/{room}/members"), user),
        (O::RemoveUserFromChannel, format!("/channels/{room}/members/{}", scene.gil.id), Value::Null),
        (O::RemoveTeamMember, format!("/teams/{team}/members/{}", scene.gil.id), Value::Null),
        (O::CreateGroup, at("/groups"), named("second")),
        (O::AddGroupMembers, format!("/groups/{group}/members"), users.clone()),
        (O::DeleteGroupMembers, format!("/groups/{group}/members"), users),
        (O::LinkGroupSyncableForTeam, format!("/groups/{group}/teams/{team}/link"), json!({ "auto_add": false })),
        (O::UnlinkGroupSyncableForTeam, format!("/groups/{group}/teams/{team}/link"), Value::Null),
        (O::LinkGroupSyncableForChannel, format!("/groups/{group}/channels/{room}/link"), json!({ "auto_add": false })),
        (O::UnlinkGroupSyncableForChannel, format!("/groups/{group}/channels/{room}/link"), Value::Null),
        (O::DeleteGroup, format!("/groups/{group}"), Value::Null),
        (O::CreateBot, at("/bots"), json!({ "username": "helper" })),
        (O::PatchBot, format!("/bots/{bot}"), json!({ "username": "robot" })),
        (O::DisableBot, format!("/bots/{bot}/disable"), Value::Null),
        (O::EnableBot, format!("/bots/{bot}/enable"), Value::Null),
        (O::AssignBot, format!("/bots/{bot}/assign/{bob}"), Value::Null),
        (O::ConvertBotToUser, format!("/bots/{bot}/convert_to_user"), json!({ "password": PASSWORD })),
        (O::CreateTermsOfService, at("/terms_of_service"), json!({ "text": "Be very kind." })),
        (O::UpdatePreferences, at("/users/me/preferences"), remembered.clone()),
        (O::DeletePreferences, at("/users/me/preferences/delete"), remembered),
        (O::UpdateUserStatus, at("/users/me/status"), json!({ "user_id": scene.ada.id, "status": "away" })),
        (O::UpdateUserCustomStatus, at("/users/me/status/custom"), json!({ "emoji": "tea", "text": "tea" })),
        (O::UnsetUserCustomStatus, at("/users/me/status/custom"), Value::Null),
        (O::RemoveRecentCustomStatus, at("/users/me/status/custom/recent"), json!({ "emoji": "tea", "text": "tea" })),
        (O::PostUserRecentCustomStatusDelete, at("/users/me/status/custom/recent/delete"), json!({ "text": "tea" })),
    ]
}

fn method(operation: Operation) -> &'static str {
    let mut all = muster_http_actix::app::OPERATIONS.iter();
    all.find(|(_, _, other)| *other == operation).unwrap().0
}

/// The entries that there are, newest first.
pub(crate) async fn entries(scene: &Scene) -> Vec<RecordedAudit> {
    scene.app.store().read().await.unwrap().audits().latest(1000).await.unwrap()
}

/// Lets the admin do something.
pub(crate) async fn take(scene: &Scene, operation: Operation, path: &str, body: &Value) -> Reply {
    match operation {
        Operation::SetProfileImage => send(scene, &scene.ada, &scene.cy.id, form(b"PNG")).await,
        _ => scene.call(&scene.ada, method(operation), path, body).await,
    }
}

#[actix_web::test]
async fn every_change_is_written_down_with_who_did_what_to_whom() {
    let scene = Scene::of(TestApp::with("tokens.enabled = true").await).await;
    let things = things(&scene).await;
    let mut steps = [around(&scene, &things), to_accounts(&scene, &things)].concat();
    steps.push((Operation::Logout, "/users/logout".to_owned(), Value::Null));
    let called = |operation| steps.iter().any(|(other, _, _)| *other == operation);
    // Nobody calls these over the network, or nobody signed in does, with what a mail carries.
    let apart = [
        Operation::PermanentDeleteAllUsers,
        Operation::InviteByLink,
        Operation::RetryMail,
        // After it nobody calls anything.
        Operation::RevokeSessionsFromAllUsers,
        // Wants a code, or is proven like a sign-in.
        Operation::CreateRecoveryCodes,
        Operation::SwitchAccountType,
        Operation::SendPasswordResetEmail,
        Operation::ResetPassword,
        Operation::SendVerificationEmail,
        Operation::VerifyUserEmail,
        Operation::UndoEmailChange,
    ];
    let changes = TABLE.iter().filter(|entry| entry.recorded == Recorded::Changes).map(|entry| entry.operation);
    assert_eq!(changes.filter(|operation| !called(*operation) && !apart.contains(operation)).collect::<Vec<_>>(), []);
    for (operation, path, body) in steps {
        let before = entries(&scene).await.len();

        let reply = take(&scene, operation, &path, &body).await;

        assert!(reply.status < 300, "{path} {}", reply.text());
        let written = entries(&scene).await;
        let expected = if operation == Operation::Login { 2 } else { 1 };
        assert_eq!(written.len(), before + expected, "{}", operation.id());
        for entry in &written[..expected] {
            assert_eq!((entry.operation.as_str(), entry.outcome.as_str(), entry.count), (operation.id(), "done", 1));
            assert_eq!(entry.actor, Some(scene.ada.id.clone()), "{}", operation.id());
            let tells_whom = !path.starts_with("/users/tokens/");
            if Operation::ALL.contains(&operation) && tells_whom {
                let target = entry.target.clone().unwrap();
                let is_named = path.contains(&target);
                let is_own =
                    target == scene.ada.id && ["/login", "/logout", "/me/", "/sessions/device"].iter().any(|part| path.contains(part));
                assert!(is_named || is_own || operation == Operation::CreateUser, "{} {target}", operation.id());
            }
        }
    }
}

#[actix_web::test]
async fn what_is_refused_changes_nothing_that_is_written_down_as_done() {
    let scene = Scene::new().await;
    let things = things(&scene).await;
    let done = async || entries(&scene).await.iter().filter(|entry| entry.outcome == "done").count();
    let before = done().await;
    for (operation, path, body) in to_accounts(&scene, &things)
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/users/") && !path.contains("/me/") && !path.contains("/sessions/device"))
    {
        if operation == Operation::Login {
            continue;
        }
        let reply = scene.call(&scene.gil, method(operation), &path, &body).await;

        assert_eq!(reply.status, 403, "{} {}", operation.id(), reply.text());
        let latest = entries(&scene).await.remove(0);
        assert_eq!(
            (latest.operation.as_str(), latest.outcome.as_str(), latest.actor),
            (operation.id(), "refused", Some(scene.gil.id.clone()))
        );
    }
    assert_eq!(done().await, before);
}
