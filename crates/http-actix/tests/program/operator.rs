//! What the operator does over the local socket.

use std::path::{Path, PathBuf};

use muster_adapters_sqlite::{SqliteOptions, SqliteStore};
use serde_json::{Value, json};

use crate::client::{self, PASSWORD, Reply};
use crate::local::place;
use crate::muster::{Place, Service};
use crate::{poll, socket};

const NOWHERE: &str = "api.context.404.app_error";

/// A service with a socket.
struct Machine {
    place: Place,
    path: PathBuf,
    service: Service,
}

impl Machine {
    fn new() -> Self {
        let (place, path) = place();
        let service = place.serve();
        Self { place, path, service }
    }

    fn ask(&self, asked: &str, body: &Value) -> Reply {
        let (method, path) = asked.split_once(' ').unwrap();
        socket::call(&self.path, &format!("{method} /api/v4{path}"), body).unwrap()
    }

    /// What is answered, which must be so.
    fn done(&self, status: u16, asked: &str, body: &Value) -> Value {
        let reply = self.ask(asked, body);
        assert_eq!(reply.status, status, "{asked} {}", reply.text);
        reply.json()
    }

    fn get(&self, path: &str) -> Value {
        self.done(200, &format!("GET {path}"), &Value::Null)
    }

    /// Opens an account; gives its id.
    fn open(&self, name: &str) -> String {
        let body = json!({ "username": name, "email": format!("{name}@example.test"), "password": PASSWORD });
        self.done(201, "POST /users", &body)["id"].as_str().unwrap().to_owned()
    }

    fn is_error(&self, asked: &str, status: u16, id: &str) {
        let reply = self.ask(asked, &json!({}));
        assert_eq!((reply.status, reply.json()["id"].as_str()), (status, Some(id)), "{asked} {}", reply.text);
    }
}

fn ok() -> Value {
    json!({ "status": "OK" })
}

#[test]
fn accounts_are_looked_after_without_a_token() {
    let machine = Machine::new();
    let (ada, bob) = (machine.open("ada"), machine.open("bob"));
    assert_eq!(machine.get(&format!("/users/{ada}"))["roles"], "system_admin system_user", "the first of all");
    assert_eq!(machine.get("/users").as_array().unwrap().len(), 2);
    assert_eq!(machine.get(&format!("/users/{bob}"))["notify_props"]["email"], "true", "as an admin sees it");
    assert_eq!(machine.get("/users/username/bob")["id"], bob.as_str());
    assert_eq!(machine.get("/users/email/bob@example.test")["id"], bob.as_str());
    assert_eq!(machine.done(200, "POST /users/ids", &json!([bob]))[0]["username"], "bob");
    let whole = json!({ "id": bob, "username": "bob", "email": "new@example.test", "nickname": "Bobby" });
    assert_eq!(machine.done(200, &format!("PUT /users/{bob}"), &whole)["email"], "new@example.test", "no password is needed");
    for (asked, body) in [
        ("PUT /roles", json!({ "roles": "system_user system_admin" })),
        ("PUT /active", json!({ "active": false })),
        ("PUT /active", json!({ "active": true })),
        ("POST /demote", Value::Null),
        ("POST /promote", Value::Null),
        ("PUT /auth", json!({ "auth_service": "saml", "auth_data": "bob" })),
        ("POST /convert_to_bot", Value::Null),
    ] {
        let (method, rest) = asked.split_once(' ').unwrap();
        machine.done(200, &format!("{method} /users/{bob}{rest}"), &body);
    }
    assert_eq!(machine.get(&format!("/users/{bob}"))["is_bot"], true);
    machine.is_error("GET /users/me", 400, "api.context.invalid_url_param.app_error");
}

#[test]
fn the_directory_is_looked_after_without_a_token() {
    let machine = Machine::new();
    let (ada, bob) = (machine.open("ada"), machine.open("bob"));
    let team = json!({ "name": "crew", "display_name": "Crew", "type": "O" });
    let team = machine.done(201, "POST /teams", &team)["id"].as_str().unwrap().to_owned();
    let room = json!({ "team_id": team, "name": "room", "display_name": "Room", "type": "O" });
    let room = machine.done(201, "POST /channels", &room)["id"].as_str().unwrap().to_owned();
    for user in [&ada, &bob] {
        machine.done(201, &format!("POST /teams/{team}/members"), &json!({ "team_id": team, "user_id": user }));
        machine.done(201, &format!("POST /channels/{room}/members"), &json!({ "user_id": user }));
    }
    for list in [format!("in_team={team}"), format!("in_channel={room}")] {
        assert_eq!(machine.get(&format!("/users?{list}")).as_array().unwrap().len(), 2, "{list}");
    }
    assert_eq!(machine.get("/users?without_team=true"), json!([]));
    for path in ["/teams", "/teams/name/crew", "/bots", "/roles", "/roles/name/system_user"] {
        machine.get(path);
    }
    let one = json!([{ "user_id": bob, "category": "c", "name": "n", "value": "v" }]);
    assert_eq!(machine.done(200, &format!("PUT /users/{bob}/preferences"), &one), ok());
    assert_eq!(machine.get(&format!("/users/{bob}/preferences/c")), one);
    assert_eq!(machine.done(200, &format!("DELETE /channels/{room}/members/{bob}"), &Value::Null), ok());
    assert_eq!(machine.done(200, &format!("DELETE /teams/{team}/members/{bob}"), &Value::Null), ok());
}

#[test]
fn nothing_else_is_there() {
    let machine = Machine::new();
    let ada = machine.open("ada");
    for asked in [
        "POST /users/login".to_owned(),
        "POST /users/logout".to_owned(),
        "POST /users/usernames".to_owned(),
        "POST /users/search".to_owned(),
        "GET /users/stats/filtered".to_owned(),
        format!("PUT /users/{ada}/patch"),
        format!("GET /users/{ada}/image"),
        format!("POST /users/{ada}/image"),
        format!("GET /users/{ada}/audits"),
        format!("GET /users/{ada}/status"),
        format!("POST /users/{ada}/terms_of_service"),
        "POST /bots".to_owned(),
        "GET /openapi.json".to_owned(),
        "GET /nowhere".to_owned(),
    ] {
        machine.is_error(&asked, 404, NOWHERE);
    }
    // These have the form of an id.
    for word in ["stats", "known", "autocomplete"] {
        assert!([400, 404].contains(&machine.ask(&format!("GET /users/{word}"), &Value::Null).status), "{word}");
    }
    for path in ["/", "/livez", "/readyz", "/docs/"] {
        let reply = socket::call(&machine.path, &format!("GET {path}"), &Value::Null).unwrap();
        assert_eq!((reply.status, reply.json()["id"].as_str()), (404, Some(NOWHERE)), "{path}");
    }
}

#[test]
fn a_token_makes_nobody_less_there() {
    let machine = Machine::new();
    let (_, bob) = (machine.open("ada"), machine.open("bob"));
    let token = client::sign_in(machine.service.address, "bob", PASSWORD).token();
    for token in [token.as_str(), "dead"] {
        let path = format!("PUT /api/v4/users/{bob}/roles");

        let reply = socket::with_token(&machine.path, &path, token, &json!({ "roles": "system_user" })).unwrap();

        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

#[test]
fn sessions_end_at_once_by_what_the_operator_does() {
    let machine = Machine::new();
    let (_, bob) = (machine.open("ada"), machine.open("bob"));
    let token = client::sign_in(machine.service.address, "bob", PASSWORD).token();
    assert_eq!(client::get(machine.service.address, "/api/v4/users/me", &token).status, 200);

    machine.done(200, &format!("PUT /users/{bob}/active"), &json!({ "active": false }));

    assert_eq!(client::get(machine.service.address, "/api/v4/users/me", &token).status, 401);
}

#[test]
fn everybody_is_removed_at_the_machine_alone() {
    let machine = Machine::new();
    for name in ["ada", "bob"] {
        machine.open(name);
    }
    let token = client::sign_in(machine.service.address, "ada", PASSWORD).token();
    let over_network = client::call(machine.service.address, "DELETE /api/v4/users", &token, &Value::Null).unwrap();
    assert_eq!((over_network.status, over_network.json()["id"].as_str()), (404, Some(NOWHERE)));

    assert_eq!(machine.done(200, "DELETE /users", &Value::Null), ok());

    assert_eq!(machine.get("/users"), json!([]));
    assert_eq!(client::get(machine.service.address, "/api/v4/users/me", &token).status, 401);
    assert_eq!(machine.done(200, "DELETE /users", &Value::Null), ok(), "and again");
    let ada = machine.open("ada");
    machine.done(200, &format!("PUT /users/{ada}/roles"), &json!({ "roles": "system_user system_admin" }));
}

/// Whether a text is in any file of a folder.
fn holds(folder: &Path, text: &str) -> bool {
    let mut paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.any(|path| {
        let is_in_file = || std::fs::read(&path).unwrap_or_default().windows(text.len()).any(|part| part == text.as_bytes());
        if path.is_dir() { holds(&path, text) } else { is_in_file() }
    })
}

/// Opens a store and closes it, which brings everything that was written into its file.
fn close(file: &Path) {
    let options = SqliteOptions { path: file.to_owned(), readers: 1, is_synchronous_full: false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    drop(runtime.block_on(SqliteStore::open(options)).unwrap());
    let log = file.with_extension("db-wal");
    poll::until("the store is closed", || (!log.exists()).then_some(()));
}

#[test]
fn nothing_of_whom_the_operator_removes_is_left_on_the_disk() {
    let machine = Machine::new();
    let (ada, gone) = (machine.open("ada"), machine.open("qzxwvqj"));
    let named =
        json!({ "id": gone, "username": "qzxwvqj", "email": "vwxzzkq@example.test", "nickname": "xqjzkwv", "first_name": "jqkxzvw" });
    machine.done(200, &format!("PUT /users/{gone}"), &named);
    client::sign_in(machine.service.address, "qzxwvqj", PASSWORD);
    let texts = ["qzxwvqj", "vwxzzkq", "xqjzkwv", "jqkxzvw"];
    assert!(texts.iter().all(|text| holds(machine.place.folder(), text)));

    // The setting that allows it over the network is off, and the last admin may go too: whoever is at the machine can make another.
    assert_eq!(machine.done(200, &format!("DELETE /users/{gone}?permanent=true"), &Value::Null), ok());
    assert_eq!(machine.done(200, &format!("DELETE /users/{ada}?permanent=true"), &Value::Null), ok());

    let Machine { place, service, .. } = machine;
    let ended = service.stop();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    close(&place.folder().join("data/muster.db"));
    let left: Vec<_> = texts.iter().filter(|text| holds(place.folder(), text) || ended.log.contains(**text)).collect();
    assert_eq!(left, Vec::<&&str>::new());
    assert!(holds(place.folder(), "local_socket"), "the audit says how it was done");
}
