//! An answer, and what every answer has.

use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use serde_json::{Map, Value, json};

/// Headers that every answer has, checked in every test and so shown in none.
const USUAL: [&str; 7] =
    ["content-type", "expires", "permissions-policy", "referrer-policy", "x-content-type-options", "x-request-id", "x-version-id"];

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The values of all headers of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).map(|value| value.to_str().unwrap()).collect()
    }

    /// The cookie of a name, as it was set.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.all("set-cookie").into_iter().find(|cookie| cookie.starts_with(&format!("{name}=")))
    }

    /// What a cookie holds.
    pub(crate) fn cookie_value(&self, name: &str) -> String {
        let cookie = self.cookie(name).unwrap();
        cookie[name.len() + 1..].split(';').next().unwrap().to_owned()
    }

    /// The id of an error.
    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and id.
    pub(crate) fn told(&self) -> (u16, String) {
        (self.status, self.id())
    }

    /// Fails unless this is such an error.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, id: &str) {
        assert_eq!(self.told(), (status, id.to_owned()), "{}", self.text());
    }

    /// Status, body, and the headers that not every answer has.
    pub(crate) fn shown(&self) -> Value {
        let mut headers = Map::new();
        for name in self.headers.keys().filter(|name| !USUAL.contains(&name.as_str())) {
            let values = self.all(name.as_str());
            headers.insert(name.to_string(), if let [value] = *values { json!(value) } else { json!(values) });
        }
        let body = if self.body.is_empty() { Value::Null } else { self.json() };
        json!({ "status": self.status, "headers": headers, "body": body })
    }

    pub(super) fn check_headers(&self, is_get: bool) {
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(self.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(self.header("permissions-policy"), Some(""));
        assert_eq!(self.header("x-request-id").unwrap().len(), 26);
        assert!(self.header("x-version-id").unwrap().starts_with("11.6.0.muster."));
        assert_eq!(self.header("expires").is_some(), is_get);
    }

    pub(super) fn check_body(&self) {
        let kind = (!self.body.is_empty()).then_some("application/json");
        // The pages that people see.
        if self.header("content-type") == Some("text/html; charset=utf-8") {
            return;
        }
        assert_eq!(self.header("content-type"), kind);
        if self.status < 400 {
            return;
        }
        let body = self.json();
        let mut keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["detailed_error", "id", "message", "request_id", "status_code"]);
        assert!(!self.id().is_empty() && body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert_eq!(body["detailed_error"], "");
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        assert_eq!(body["status_code"], self.status);
    }
}
