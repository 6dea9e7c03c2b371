//! Teams, channels, groups and what else lies around accounts.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;
#[path = "directory/scene.rs"]
mod scene;

#[path = "directory/bots.rs"]
mod bots;
#[path = "directory/channels.rs"]
mod channels;
#[path = "directory/groups.rs"]
mod groups;
#[path = "directory/people.rs"]
mod people;
#[path = "directory/places.rs"]
mod places;
#[path = "directory/roles.rs"]
mod roles;
#[path = "directory/teams.rs"]
mod teams;

use app::{EXPIRED, URL_PARAM};
use muster_domain::operation::Operation;
use muster_http_actix::routes::OPERATIONS;
use scene::{Scene, unknown};
use serde_json::{Value, json};

/// The names of a path's parts that are not fixed, and what stands before each and behind the last.
fn parts(pattern: &str) -> (Vec<&str>, Vec<&str>) {
    let (first, rest) = pattern.split_once('{').unwrap_or((pattern, ""));
    let open = rest.split('{').filter_map(|part| part.split_once('}'));
    let (names, behind): (Vec<_>, Vec<_>) = open.map(|(name, behind)| (name.split(':').next().unwrap(), behind)).unzip();
    (names, [vec![first], behind].concat())
}

/// A path with something in place of each of its parts that are not fixed.
fn filled(pattern: &str, part: impl Fn(&str) -> String) -> String {
    let (names, fixed) = parts(pattern);
    let filled = names.iter().map(|name| part(name)).chain([String::new()]);
    fixed.iter().zip(filled).flat_map(|(fixed, part)| [(*fixed).to_owned(), part]).collect()
}

/// The operations beside those of accounts that are served over the network.
fn beside() -> impl Iterator<Item = (&'static str, &'static str)> {
    let beside = OPERATIONS.iter().filter(|(_, _, operation)| Operation::BESIDE.contains(operation));
    beside.map(|(method, pattern, _)| (*method, *pattern))
}

#[actix_web::test]
async fn nobody_who_is_not_signed_in_gets_anything() {
    let scene = Scene::new().await;
    assert_eq!(beside().count(), Operation::BESIDE.len() - 2);
    // A link in a mail is proof enough.
    for (method, pattern) in beside().filter(|(_, pattern)| !pattern.ends_with("/email/undo")) {
        let path = filled(pattern, |_| unknown());

        let reply = scene.app.ask(method, &path).body(json!({}).to_string()).send().await;

        assert_eq!(reply.told(), (401, EXPIRED.to_owned()), "{method} {path}");
    }
}

#[actix_web::test]
async fn an_id_of_a_wrong_form_is_refused_wherever_it_is() {
    let scene = Scene::new().await;
    for (method, pattern) in beside() {
        for wrong in parts(pattern).0.into_iter().filter(|name| name.ends_with("_id")) {
            let path = filled(pattern, |name| if name == wrong { "short".to_owned() } else { unknown() });

            let reply = scene.app.ask(method, &path).by(&scene.ada).body(Value::Null.to_string()).send().await;

            assert_eq!(reply.told(), (400, URL_PARAM.to_owned()), "{method} {path}");
            let message = reply.json()["message"].as_str().unwrap().to_owned();
            assert!(message.contains(wrong), "{message} names {wrong}");
        }
    }
}
