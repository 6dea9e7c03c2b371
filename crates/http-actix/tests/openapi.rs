//! The description of the API, held against the API text, and the pages beside the operations.
//!
//! `api-text.json` has, of every operation of the text, its method, path, statuses, parameters and field names, and no sentence.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use app::TestApp;
use muster_adapters_crypto::SystemClock;
use muster_domain::operation::Operation;
use muster_domain::permission::TABLE;
use muster_http_actix::app::OPERATIONS;
use muster_http_actix::wiring::Ports;
use serde::Deserialize;
use serde_json::{Value, json};

/// What is described besides: method, path and name.
const PAGES: &[(&str, &str, &str)] = &[
    ("GET", "/livez", "Live"),
    ("GET", "/readyz", "Ready"),
    ("GET", "/api/v4/system/ping", "Ping"),
    ("GET", "/api/v4/config/client", "GetClientConfig"),
    ("GET", "/api/v4/license/client", "GetClientLicense"),
];

/// Where the text describes what it can't mean.
const SLIPS: &[&str] = &[
    // A list, taken for an object.
    "GetKnownUsers in its response: items",
];

/// What a description says of an operation.
#[derive(Debug, Deserialize)]
struct Described {
    method: String,
    path: String,
    parameters: BTreeSet<String>,
    statuses: BTreeSet<String>,
    request: BTreeSet<String>,
    response: BTreeSet<String>,
}

type Description = BTreeMap<String, Described>;

fn text() -> Description {
    serde_json::from_str(include_str!("api-text.json")).unwrap()
}

async fn ours() -> Description {
    let document = TestApp::new().await.get("/api/v4/openapi.json").send().await.json();
    let paths = document["paths"].as_object().unwrap();
    let operations =
        paths.iter().flat_map(|(path, methods)| methods.as_object().unwrap().iter().map(move |(method, told)| (path, method, told)));
    operations
        .map(|(path, method, told)| (told["operationId"].as_str().unwrap().to_owned(), described(&document, path, method, told)))
        .collect()
}

fn described(document: &Value, path: &str, method: &str, told: &Value) -> Described {
    let parameters = told["parameters"].as_array().into_iter().flatten();
    let statuses = told["responses"].as_object().unwrap();
    let done = statuses.iter().filter(|(status, _)| status.starts_with('2'));
    Described {
        method: method.to_owned(),
        path: path.to_owned(),
        parameters: parameters.map(|one| format!("{} {}", one["in"].as_str().unwrap(), one["name"].as_str().unwrap())).collect(),
        statuses: statuses.keys().cloned().collect(),
        request: body_fields(document, &told["requestBody"]),
        response: done.flat_map(|(_, response)| body_fields(document, response)).collect(),
    }
}

fn body_fields(document: &Value, body: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, content) in body["content"].as_object().into_iter().flatten() {
        fields(document, &content["schema"], "", &mut names);
    }
    names
}

/// The names of a schema's fields, those of inner objects behind a dot.
fn fields(document: &Value, schema: &Value, prefix: &str, names: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fields(document, document.pointer(&reference[1..]).unwrap(), prefix, names);
    }
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().flat_map(|key| schema[key].as_array().into_iter().flatten());
    parts.chain([&schema["items"]].into_iter().filter(|items| items.is_object())).for_each(|part| fields(document, part, prefix, names));
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        names.insert(format!("{prefix}{name}"));
        fields(document, inner, &format!("{prefix}{name}."), names);
    }
}

/// A path without the forms of its parts.
fn plain(path: &str) -> String {
    let mut parts = path.split('{');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| {
        let (name, behind) = part.split_once('}').unwrap();
        format!("{plain}{{{}}}{behind}", name.split(':').next().unwrap())
    })
}

#[actix_web::test]
async fn what_is_built_is_described_and_the_other_way_round() {
    let ours = ours().await;

    let described: BTreeSet<_> = ours.iter().map(|(id, told)| (told.method.to_uppercase(), told.path.clone(), id.clone())).collect();
    let operations = OPERATIONS.iter().map(|(method, path, operation)| ((*method).to_owned(), plain(path), operation.id().to_owned()));
    let pages = PAGES.iter().map(|(method, path, id)| ((*method).to_owned(), plain(path), (*id).to_owned()));
    let built: BTreeSet<_> = operations.chain(pages).collect();

    assert_eq!(described, built);
}

#[test]
fn what_is_built_is_in_the_table_of_permissions_and_the_other_way_round() {
    let built: BTreeSet<_> = OPERATIONS.iter().map(|(_, _, operation)| *operation).collect();
    // Nobody can call them: the program does at the machine.
    let built: BTreeSet<_> = built.into_iter().chain([Operation::InviteByLink, Operation::RetryMail]).collect();

    assert_eq!(TABLE.iter().map(|entry| entry.operation).collect::<BTreeSet<_>>(), built);
}

#[actix_web::test]
async fn the_description_has_at_least_what_the_text_has() {
    let (text, ours) = (text(), ours().await);
    assert_eq!(text.len(), 76);
    let beside = |id: &str| Operation::BESIDE.iter().any(|operation| operation.id() == id) || PAGES.iter().any(|(_, _, page)| *page == id);
    let mut lacks = Vec::new();
    for (id, ours) in ours.iter().filter(|(id, _)| !beside(id)) {
        // The text begins one name with a small letter.
        let small = format!("{}{}", id[..1].to_lowercase(), &id[1..]);
        let text = text.get(id).unwrap_or_else(|| &text[&small]);

        assert_eq!((&ours.method, &ours.path), (&text.method, &text.path), "{id}");
        for (what, ours, text) in [
            ("parameters", &ours.parameters, &text.parameters),
            ("statuses", &ours.statuses, &text.statuses),
            ("request", &ours.request, &text.request),
            ("response", &ours.response, &text.response),
        ] {
            // The text writes an example where any channel's id stands.
            let missing = text.difference(ours).filter(|name| !name.starts_with("<CHANNEL_ID>"));
            lacks.extend(missing.map(|name| format!("{id} in its {what}: {name}")));
        }
    }
    assert_eq!(lacks, SLIPS);
}

#[actix_web::test]
async fn every_described_reference_leads_somewhere() {
    fn check(document: &Value, part: &Value) {
        if let Some(reference) = part["$ref"].as_str() {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
        }
        let members = part.as_object().into_iter().flat_map(|members| members.values());
        members.chain(part.as_array().into_iter().flatten()).for_each(|inner| check(document, inner));
    }
    let document = TestApp::new().await.get("/api/v4/openapi.json").send().await.json();

    check(&document, &document);

    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
}

#[actix_web::test]
async fn the_page_is_made_of_our_own_files() {
    let app = TestApp::new().await;
    let moved = app.get("/docs").send().await;
    assert_eq!((moved.status, moved.header("location")), (308, Some("/docs/")));

    let page = app.get("/docs/").send().await;

    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"));
    assert!(!page.text().contains("://"), "nothing is loaded from elsewhere");
    let sources: Vec<_> = page
        .text()
        .split(['"', '\''])
        .filter(|text| [Some("js"), Some("css")].contains(&text.rsplit_once('.').map(|(_, kind)| kind)))
        .collect();
    assert!(sources.len() >= 3, "{sources:?}");
    for source in sources {
        assert_eq!(app.get(&format!("/docs/{}", source.trim_start_matches("./"))).send().await.status, 200, "{source}");
    }
    assert!(!page.text().contains("<script>"), "the policy runs no script in the page's text");
    assert!(app.get("/docs/swagger-initializer.js").send().await.text().contains("/api/v4/openapi.json"));
}

#[actix_web::test]
async fn the_root_says_what_this_is() {
    let page = TestApp::new().await.get("/").send().await;

    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.header("content-security-policy").is_some() && page.text().contains("/docs/"));
}

#[actix_web::test]
async fn the_service_says_whether_it_lives_and_is_ready() {
    let app = TestApp::on("", |_, ports| Ports { clock: Arc::new(SystemClock), ..ports }).await;
    for path in ["/livez", "/readyz"] {
        let reply = app.get(path).send().await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })), "{path}");
    }

    let skewed = TestApp::new().await.get("/readyz").send().await;

    skewed.is_error(503, "app.system.not_ready.app_error");
    assert!(skewed.text().contains("clock"), "{}", skewed.text());
}

#[actix_web::test]
async fn a_ping_is_answered() {
    let app = TestApp::new().await;

    let plain = app.get("/api/v4/system/ping").send().await;
    let whole = app.get("/api/v4/system/ping?get_server_status=true").send().await;

    assert_eq!((plain.status, &plain.json()["status"], plain.json().get("database_status")), (200, &json!("OK"), None));
    assert_eq!((whole.status, &whole.json()["database_status"]), (200, &json!("OK")));
}

#[actix_web::test]
async fn clients_are_told_the_settings_and_more_who_is_signed_in() {
    let app = TestApp::with("server.site_url = \"https://example.test\"").await;
    let ask = || app.get("/api/v4/config/client?format=old");
    assert_eq!(ask().send().await.json()["NoAccounts"], "true");
    let ada = app.somebody("ada").await;

    let (stranger, known) = (ask().send().await.json(), ask().by(&ada).send().await.json());

    assert_eq!(
        (&stranger["NoAccounts"], &stranger["Version"], &stranger["SiteURL"]),
        (&json!("false"), &json!("11.6.0"), &json!("https://example.test"))
    );
    assert_eq!((stranger.get("ShowFullName"), &known["ShowFullName"]), (None, &json!("true")));
    let known = known.as_object().unwrap();
    assert!(stranger.as_object().unwrap().iter().all(|(key, value)| value.is_string() && known.get(key) == Some(value)));
}

#[actix_web::test]
async fn clients_are_told_that_nothing_is_licensed() {
    let app = TestApp::new().await;

    let reply = app.get("/api/v4/license/client?format=old").send().await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "IsLicensed": "false" })));
    app.get("/api/v4/license/client").send().await.is_error(400, "api.license.client.old_format.app_error");
    app.get("/api/v4/license/client?format=new").send().await.is_error(400, app::BODY_PARAM);
}
