//! Some people, a team and a room in it.

use muster_domain::role::Roles;
use serde_json::{Value, json};

use crate::app::reply::Reply;
use crate::app::{Somebody, TestApp};

/// Some people, a team and a room in it.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    /// The admin of everything.
    pub(crate) ada: Somebody,
    /// Who made the team and the room.
    pub(crate) bob: Somebody,
    /// A member of the team, and not of the room.
    pub(crate) cy: Somebody,
    /// An outsider.
    pub(crate) dan: Somebody,
    /// A guest who knows nobody.
    pub(crate) gil: Somebody,
    pub(crate) team: String,
    pub(crate) room: String,
}

/// An id that nobody and nothing has.
pub(crate) fn unknown() -> String {
    "z".repeat(26)
}

/// The texts under a key of each object of a list.
pub(crate) fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().unwrap().iter().map(|one| one[key].as_str().unwrap()).collect()
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::of(TestApp::new().await).await
    }

    /// In an application whose settings are others than usual; people can sign up.
    pub(crate) async fn of(app: TestApp) -> Self {
        let [ada, bob, cy, dan] =
            [app.somebody("ada").await, app.somebody("bob").await, app.somebody("cy").await, app.somebody("dan").await];
        let guest = app.insert("gil", |user| user.roles = Roles::guest()).await;
        let gil = Somebody { id: guest.id.as_str().to_owned(), token: app.sign_in("gil").await, name: "gil".to_owned() };
        let mut scene = Self { app, ada, bob, cy, dan, gil, team: String::new(), room: String::new() };
        scene.team = scene.made(&scene.bob, "/teams", &json!({ "name": "crew", "display_name": "Crew", "type": "O" })).await;
        scene.join(&scene.team, &scene.cy.id).await;
        let room = json!({ "team_id": scene.team, "name": "room", "display_name": "Room", "type": "O" });
        scene.room = scene.made(&scene.bob, "/channels", &room).await;
        scene
    }

    /// Calls the API for somebody, or for nobody; `null` is no body.
    pub(crate) async fn call<'a>(&self, by: impl Into<Option<&'a Somebody>>, method: &str, path: &str, body: &Value) -> Reply {
        let mut ask = self.app.ask(method, &format!("/api/v4{path}"));
        if let Some(somebody) = by.into() {
            ask = ask.by(somebody);
        }
        if !body.is_null() {
            ask = ask.body(body.to_string());
        }
        ask.send().await
    }

    pub(crate) async fn get<'a>(&self, by: impl Into<Option<&'a Somebody>>, path: &str) -> Reply {
        self.call(by, "GET", path, &Value::Null).await
    }

    pub(crate) async fn post<'a>(&self, by: impl Into<Option<&'a Somebody>>, path: &str, body: &Value) -> Reply {
        self.call(by, "POST", path, body).await
    }

    pub(crate) async fn put<'a>(&self, by: impl Into<Option<&'a Somebody>>, path: &str, body: &Value) -> Reply {
        self.call(by, "PUT", path, body).await
    }

    pub(crate) async fn delete<'a>(&self, by: impl Into<Option<&'a Somebody>>, path: &str) -> Reply {
        self.call(by, "DELETE", path, &Value::Null).await
    }

    /// What somebody is shown.
    pub(crate) async fn seen(&self, by: &Somebody, path: &str) -> Value {
        let reply = self.get(by, path).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// The id of something that was made.
    pub(crate) async fn made(&self, by: &Somebody, path: &str, body: &Value) -> String {
        let reply = self.post(by, path, body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let made = reply.json();
        made["id"].as_str().or(made["user_id"].as_str()).unwrap().to_owned()
    }

    /// Makes somebody a member of a team, as the admin of everything.
    pub(crate) async fn join(&self, team: &str, user: &str) {
        let reply = self.post(&self.ada, &format!("/teams/{team}/members"), &json!({ "team_id": team, "user_id": user })).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    /// Puts somebody into a channel, as the admin of everything.
    pub(crate) async fn enter(&self, channel: &str, user: &str) {
        let reply = self.post(&self.ada, &format!("/channels/{channel}/members"), &json!({ "user_id": user })).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
}
