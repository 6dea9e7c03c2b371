//! Which field of an account is shown to whom: by the viewer's role, the operator's privacy settings, and the way he asks.

use muster_domain::role::Roles;
use muster_domain::testkit::fixture::{self, BORN};
use muster_domain::user::{AcceptedTerms, User};
use serde_json::{Value, json};

use crate::app::{PASSWORD, Somebody, TestApp};
use crate::scene::Scene;

/// What a viewer may see.
#[expect(clippy::struct_excessive_bools, reason = "each is decided by itself")]
#[derive(Debug, Clone, Copy)]
struct Eyes {
    address: bool,
    names: bool,
    /// How it signs in, how often that failed, what it is notified of.
    inner: bool,
    /// What its holder alone sees.
    own: bool,
}

/// An account in which every field has something in it that no other account has.
fn full(user: &mut User) {
    user.profile.nickname = "nickname".into();
    user.profile.first_name = "first-canary".into();
    user.profile.last_name = "last-canary".into();
    user.profile.position = "position".into();
    user.profile.props.insert("RemoteEmail".into(), "remote-canary@example.test".into());
    user.profile.props.insert("key".into(), "value".into());
    user.profile.notify_props.insert("mention_keys".into(), "mention-canary".into());
    user.is_email_verified = true;
    user.allows_marketing = true;
    user.has_second_factor = false;
    user.failed_attempts = 3;
    user.last_login_at = BORN;
    user.accepted_terms = Some(AcceptedTerms { id: "terms-canary".into(), at: BORN });
}

/// The ways to be shown one account, as method, path, body, and where in the answer it is.
fn ways(scene: &Scene, target: &Somebody) -> Vec<(&'static str, String, Value, &'static str)> {
    let name = &target.name;
    vec![
        ("GET", format!("/users/{}", target.id), Value::Null, ""),
        ("GET", format!("/users/username/{name}"), Value::Null, ""),
        ("GET", format!("/users/email/{name}@example.test"), Value::Null, ""),
        ("POST", "/users/ids".to_owned(), json!([target.id]), "/0"),
        ("POST", "/users/usernames".to_owned(), json!([name]), "/0"),
        ("POST", "/users/search".to_owned(), json!({ "term": name }), "/0"),
        ("GET", format!("/users/autocomplete?name={name}"), Value::Null, "/users/0"),
        ("GET", "/users?role=system_manager".to_owned(), Value::Null, "/0"),
        ("GET", format!("/users?in_team={}&role=system_manager", scene.team), Value::Null, "/0"),
        ("GET", format!("/users?in_channel={}&roles=system_manager", scene.room), Value::Null, "/0"),
    ]
}

#[track_caller]
fn is_seen(user: &Value, eyes: Eyes, context: &str) {
    let text = user.to_string();
    let is = |key: &str, shown: bool, value: Value| {
        let hidden = user.get(key).is_none_or(|held| [json!(""), json!(0), json!(false), Value::Null].contains(held));
        assert!(if shown { user.get(key) == Some(&value) } else { hidden }, "{context}: {key} in {text}");
    };
    is("nickname", true, json!("nickname"));
    is("position", true, json!("position"));
    is("email", eyes.address, json!("eve@example.test"));
    is("first_name", eyes.names, json!("first-canary"));
    is("last_name", eyes.names, json!("last-canary"));
    assert_eq!(user["props"]["key"], "value", "{context}");
    assert_eq!(user["props"].get("RemoteEmail").is_some(), eyes.address, "{context}: {text}");
    assert_eq!(user.get("notify_props").is_some(), eyes.inner, "{context}: {text}");
    is("failed_attempts", eyes.inner, json!(3));
    is("auth_service", eyes.inner, json!("saml"));
    is("auth_data", eyes.inner, json!("auth-canary"));
    is("email_verified", eyes.own, json!(true));
    is("allow_marketing", eyes.own, json!(true));
    is("last_password_update", eyes.own, json!(BORN.as_millis()));
    for secret in ["password", "mfa_secret", "mfa_used_timestamps", "last_login", "credential_epoch"] {
        assert_eq!(user.get(secret), None, "{context}: {text}");
    }
    let canaries =
        [("first-canary", eyes.names), ("eve@example", eyes.address), ("remote-canary", eyes.address), ("mention-canary", eyes.inner)];
    for (canary, is_shown) in canaries {
        assert_eq!(text.contains(canary), is_shown, "{context}: {canary} in {text}");
    }
}

/// Puts somebody into the store, the team and the room, and signs him in before he is bound to a provider.
async fn eve(scene: &Scene) -> Somebody {
    let user = scene.app.insert("eve", |user| user.roles = Roles::parse("system_user system_manager").unwrap()).await;
    let eve = Somebody { id: user.id.to_string(), token: scene.app.sign_in("eve").await, name: "eve".to_owned() };
    let mut held = user;
    full(&mut held);
    held.identity = fixture::identity("saml", "auth-canary");
    let mut work = scene.app.store().begin().await.unwrap();
    work.users().update(&held).await.unwrap();
    work.commit().await.unwrap();
    crate::admit(scene, &eve.id).await;
    eve
}

async fn fails_to_sign_in(scene: &Scene, times: usize) {
    for _ in 0..times {
        scene.app.login("eve", "wrong").send().await;
    }
}

async fn viewers(scene: &Scene) -> Vec<(Somebody, bool)> {
    let copy = |who: &Somebody| Somebody { id: who.id.clone(), token: who.token.clone(), name: who.name.clone() };
    let reader = scene.app.insert("ron", |user| user.roles = Roles::parse("system_user system_read_only_admin").unwrap()).await;
    let ron = Somebody { id: reader.id.to_string(), token: scene.app.sign_in("ron").await, name: "ron".to_owned() };
    crate::admit(scene, &ron.id).await;
    crate::admit(scene, &scene.gil.id).await;
    vec![(copy(&scene.ada), true), (copy(&scene.bob), false), (copy(&scene.gil), false), (ron, false)]
}

#[actix_web::test]
async fn every_field_is_shown_to_those_alone_who_may_see_it() {
    for (address, names) in [(true, true), (true, false), (false, true), (false, false)] {
        let settings = format!("accounts = {{ show_email_address = {address}, show_full_name = {names} }}");
        let scene = Scene::of(TestApp::with(&settings).await).await;
        let eve = eve(&scene).await;
        fails_to_sign_in(&scene, 3).await;
        let mut viewers = viewers(&scene).await;
        viewers.push((Somebody { id: eve.id.clone(), token: eve.token.clone(), name: eve.name.clone() }, false));
        for (viewer, is_admin) in &viewers {
            for (number, (method, path, body, place)) in ways(&scene, &eve).into_iter().enumerate() {
                let reply = scene.call(viewer, method, &path, &body).await;
                let context = format!("{} {method} {path} {body} {settings}", viewer.name);
                if path.starts_with("/users/email/") && !address && !is_admin {
                    reply.is_error(403, "api.user.get_user_by_email.permissions.app_error");
                    continue;
                }
                assert_eq!(reply.status, 200, "{context}: {}", reply.text());

                // To himself one is shown whole where he is looked up by id or by name, and as anybody else elsewhere.
                let own = viewer.id == eve.id && number < 2;
                let all = own || *is_admin;
                let eyes = Eyes { address: all || address, names: all || names, inner: all, own };
                let answer = reply.json();
                let user = answer.pointer(place).unwrap();
                assert_eq!(user["id"], json!(eve.id), "{context}");
                is_seen(user, eyes, &context);
            }
        }
    }
}

#[actix_web::test]
async fn terms_are_shown_to_their_holder_and_to_admins() {
    let scene = Scene::new().await;
    let eve = eve(&scene).await;
    for (viewer, is_admin) in viewers(&scene).await {
        for (method, path, body, _) in ways(&scene, &eve) {
            let text = scene.call(&viewer, method, &path, &body).await.text().to_owned();

            assert!(is_admin || !text.contains("terms-canary"), "{} {method} {path} {text}", viewer.name);
        }
    }
    assert_eq!(scene.seen(&eve, "/users/me").await["terms_of_service_id"], "terms-canary");
}

#[actix_web::test]
async fn no_answer_shows_a_secret() {
    let scene = Scene::new().await;
    let eve = eve(&scene).await;
    scene.post(&scene.ada, "/bots", &json!({ "username": "robo" })).await;
    let secrets = [PASSWORD, "hash of", "mfa_secret", "\"password\"", "last_login", "credential", &scene.ada.token, &eve.token];
    let id = &eve.id;
    let reads = ["", "/audits", "/teams", "/teams/members", "/channels", "/preferences", "/status", "/terms_of_service"];
    let lists =
        ["/users", "/users/stats", "/users/known", "/users/stats/filtered", "/bots", "/groups", "/teams", "/roles", "/limits/server"];
    let paths = reads
        .iter()
        .map(|rest| format!("/users/{id}{rest}"))
        .chain(lists.map(str::to_owned))
        .chain(["/config/client?format=old".to_owned()]);
    let writes = [
        ("PUT", format!("/users/{id}/patch"), json!({ "nickname": "nickname", "props": { "key": "value" } })),
        ("PUT", format!("/users/{id}"), json!({ "id": id, "username": "eve", "email": "eve@example.test", "password": PASSWORD })),
        ("PUT", format!("/users/{id}/auth"), json!({ "auth_service": "ldap", "auth_data": "eve", "password": PASSWORD })),
        ("POST", "/users".to_owned(), json!({ "username": "new", "email": "new@example.test", "password": PASSWORD })),
        ("POST", "/users/login".to_owned(), json!({ "login_id": "bob", "password": PASSWORD })),
        ("POST", format!("/users/{id}/convert_to_bot"), Value::Null),
        ("PUT", format!("/users/{id}/roles"), json!({ "roles": "system_user" })),
        ("DELETE", format!("/users/{id}"), Value::Null),
    ];
    let calls = paths
        .map(|path| ("GET", path, Value::Null))
        .chain(ways(&scene, &eve).into_iter().map(|(method, path, body, _)| (method, path, body)));
    for (method, path, body) in calls.chain(writes).collect::<Vec<_>>() {
        for who in [&scene.bob, &scene.gil, &scene.ada] {
            let reply = scene.call(who, method, &path, &body).await;

            let text = String::from_utf8_lossy(&reply.body);
            let shown = secrets.iter().find(|secret| text.contains(**secret));
            assert!(shown.is_none(), "{} {method} {path} shows {shown:?}: {text}", who.name);
        }
    }
}
