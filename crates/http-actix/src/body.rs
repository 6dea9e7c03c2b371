//! Request bodies, read as leniently as clients need and as strictly as types allow.
//!
//! JSON counts whatever the `Content-Type`; letter case of keys does not matter, the last of two equal keys counts, and text
//! behind the first value is ignored.

use std::collections::{HashMap, HashSet};
use std::fmt;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{Ready, ready};
use muster_domain::map::TextMap;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::app::Service;
use crate::error::ApiError;

/// Most bytes of a body: what the wire promises, and the slack the reference gives.
pub const BODY_BYTES: usize = 300_000 + 512;

/// How long a body may take to arrive where nobody set it.
pub const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// A body that was not read yet: it is read after the caller is known.
pub struct RawBody {
    payload: Payload,
    declared: Option<usize>,
    timeout: std::time::Duration,
}

impl FromRequest for RawBody {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let declared = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let timeout = Service::of(request).map_or(TIMEOUT, |service| service.body_timeout);
        ready(Ok(Self { payload: payload.take(), declared, timeout }))
    }
}

impl RawBody {
    /// The bytes.
    ///
    /// # Errors
    ///
    /// 413 above [`BODY_BYTES`], 408 when they take too long, 400 when the connection breaks them off.
    pub async fn bytes(mut self) -> Result<Bytes, ApiError> {
        if self.declared.is_some_and(|length| length > BODY_BYTES) {
            return Err(ApiError::too_large());
        }
        let timeout = self.timeout;
        actix_web::rt::time::timeout(timeout, self.collect()).await.unwrap_or_else(|_| {
            let message = "The request body took too long to arrive.";
            Err(ApiError::client(StatusCode::REQUEST_TIMEOUT, "api.context.request_timeout.app_error", message))
        })
    }

    async fn collect(&mut self) -> Result<Bytes, ApiError> {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::body_param("body"))?;
            if bytes.len() + chunk.len() > BODY_BYTES {
                return Err(ApiError::too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }

    /// The fields of a JSON object; `null` is an object without any.
    ///
    /// # Errors
    ///
    /// 400 naming `what` when the body is no JSON object.
    pub async fn fields(self, what: &'static str) -> Result<Fields, ApiError> {
        let members = first::<Option<Members>>(&self.bytes().await?).ok_or_else(|| ApiError::body_param(what))?;
        Ok(Fields { what, members: members.unwrap_or_default().0 })
    }

    /// The texts of a JSON object; anything else in it, or in its place, counts as not there.
    ///
    /// # Errors
    ///
    /// As for [`Self::bytes`].
    pub async fn texts(self) -> Result<Texts, ApiError> {
        let members = match first(&self.bytes().await?) {
            Some(Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        let mut read = Texts { texts: HashMap::new(), truths: HashSet::new() };
        for (key, value) in members {
            match value {
                Value::String(text) => {
                    read.texts.insert(key, text);
                }
                Value::Bool(true) => {
                    read.truths.insert(key);
                }
                _ => {}
            }
        }
        Ok(read)
    }

    /// A JSON array of objects, each with its fields; `null` is an empty one.
    ///
    /// # Errors
    ///
    /// 400 naming `what` when the body is something else.
    pub async fn objects(self, what: &'static str) -> Result<Vec<Fields>, ApiError> {
        let objects = first::<Option<Vec<Members>>>(&self.bytes().await?).ok_or_else(|| ApiError::body_param(what))?;
        Ok(objects.unwrap_or_default().into_iter().map(|members| Fields { what, members: members.0 }).collect())
    }

    /// A JSON array of texts; `null` is an empty one.
    ///
    /// # Errors
    ///
    /// 400 when the body is something else.
    pub async fn list(self) -> Result<Vec<String>, ApiError> {
        match first(&self.bytes().await?) {
            Some(Value::Null) => Ok(Vec::new()),
            Some(value @ Value::Array(_)) => serde_json::from_value(value).map_err(|_| ApiError::payload()),
            _ => Err(ApiError::payload()),
        }
    }
}

/// The first JSON value of a body. What is no Unicode in it is read as U+FFFD, as clients of the reference are used to.
fn first<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let read = |bytes: &[u8]| serde_json::Deserializer::from_slice(bytes).into_iter().next()?.ok();
    read(bytes).or_else(|| read(mended(bytes).as_bytes()))
}

/// A text with U+FFFD in place of broken UTF-8, and of escapes that are half a surrogate pair.
fn mended(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let (mut rest, mut mended) = (&*text, String::with_capacity(text.len()));
    while let Some(escape) = rest.find('\\') {
        mended.push_str(&rest[..escape]);
        rest = &rest[escape..];
        let length = match (code_unit(rest), rest.get(6..).and_then(code_unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push('\u{FFFD}');
                rest = &rest[6..];
                continue;
            }
            // Two characters, so that the second of two backslashes begins nothing.
            _ => rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end),
        };
        mended.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    mended + rest
}

/// What a text's first six characters escape.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

/// The members of an object, by key in lower case.
#[derive(Default)]
struct Members(HashMap<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members, A::Error> {
                let mut members = Members::default();
                while let Some((key, value)) = object.next_entry::<String, Value>()? {
                    members.0.insert(key.to_ascii_lowercase(), value);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// The texts of a lenient body.
pub struct Texts {
    texts: HashMap<String, String>,
    truths: HashSet<String>,
}

impl Texts {
    /// Takes a text out; an empty one when it is not there.
    #[must_use]
    pub fn take(&mut self, key: &str) -> String {
        self.texts.remove(key).unwrap_or_default()
    }

    /// Whether a field is true, as a truth value or as the text of one.
    #[must_use]
    pub fn is_true(&self, key: &str) -> bool {
        self.truths.contains(key) || self.texts.get(key).is_some_and(|text| text == "true")
    }
}

/// The fields of a body whose types are checked.
#[derive(Debug)]
pub struct Fields {
    what: &'static str,
    members: HashMap<String, Value>,
}

impl Fields {
    /// Takes a text out; `None` when it is missing or null.
    ///
    /// # Errors
    ///
    /// 400 when the field is no text.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, ApiError> {
        match self.members.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::body_param(self.what)),
        }
    }

    /// Takes a truth value out; `false` when it is missing or null.
    ///
    /// # Errors
    ///
    /// 400 when the field is no truth value.
    pub fn flag(&mut self, key: &str) -> Result<bool, ApiError> {
        match self.members.remove(key) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(ApiError::body_param(self.what)),
        }
    }

    /// Takes a truth value out that must be there.
    ///
    /// # Errors
    ///
    /// 400 naming the field when it is missing or something else.
    pub fn truth(&mut self, key: &'static str) -> Result<bool, ApiError> {
        match self.members.remove(key) {
            Some(Value::Bool(flag)) => Ok(flag),
            _ => Err(ApiError::body_param(key)),
        }
    }

    /// Whether a field is there and a text.
    #[must_use]
    pub fn has_text(&self, key: &str) -> bool {
        self.members.get(key).is_some_and(Value::is_string)
    }

    /// Takes a truth value out that must be there, as one or as the text of one.
    ///
    /// # Errors
    ///
    /// 400 naming the field when it is missing or something else.
    pub fn truth_or_text(&mut self, key: &'static str) -> Result<bool, ApiError> {
        match self.members.remove(key) {
            Some(Value::Bool(flag)) => Ok(flag),
            Some(Value::String(text)) => text.parse().map_err(|_| ApiError::body_param(key)),
            _ => Err(ApiError::body_param(key)),
        }
    }

    /// Takes a list of texts out; an empty one when it is missing or null.
    ///
    /// # Errors
    ///
    /// 400 when the field is something else.
    pub fn list(&mut self, key: &str) -> Result<Vec<String>, ApiError> {
        match self.members.remove(key) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(value) => serde_json::from_value(value).map_err(|_| ApiError::body_param(self.what)),
        }
    }

    /// Takes a whole number out; `None` when it is missing or null.
    ///
    /// # Errors
    ///
    /// 400 when the field is something else.
    pub fn number(&mut self, key: &str) -> Result<Option<i64>, ApiError> {
        match self.members.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| ApiError::body_param(self.what)),
        }
    }

    /// Takes a map of texts out; `None` when it is missing or null.
    ///
    /// # Errors
    ///
    /// 400 when the field is no object or holds something else than texts.
    pub fn map(&mut self, key: &str) -> Result<Option<TextMap>, ApiError> {
        let Some(Value::Object(members)) = self
            .members
            .remove(key)
            .filter(|value| !value.is_null())
            .map_or(Ok(None), |value| if value.is_object() { Ok(Some(value)) } else { Err(ApiError::body_param(self.what)) })?
        else {
            return Ok(None);
        };
        let texts = members.into_iter().map(|(key, value)| match value {
            Value::String(text) => Ok((key, text)),
            Value::Null => Ok((key, String::new())),
            _ => Err(ApiError::body_param(self.what)),
        });
        texts.collect::<Result<TextMap, _>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(json: &str) -> Fields {
        Fields { what: "user", members: first::<Members>(json.as_bytes()).unwrap().0 }
    }

    #[test]
    fn what_is_no_unicode_becomes_a_replacement_character() {
        let read = |bytes: &[u8]| first::<String>(bytes);
        let cases: [(&[u8], &str); 8] = [
            (b"\"a\xffb\"", "a\u{FFFD}b"),
            (br#""\ud800""#, "\u{FFFD}"),
            (br#""\udc00x\ud800\u0041""#, "\u{FFFD}x\u{FFFD}A"),
            (br#""\ud83d\ude00\ud83d""#, "\u{1F600}\u{FFFD}"),
            (br#""\\ud800 \ud800""#, "\\ud800 \u{FFFD}"),
            (br#""\"\udfff""#, "\"\u{FFFD}"),
            (br#""\ud800\n""#, "\u{FFFD}\n"),
            (br#""\ud800\\""#, "\u{FFFD}\\"),
        ];
        for (bytes, text) in cases {
            assert_eq!(read(bytes).as_deref(), Some(text));
        }
        assert_eq!([read(br#""\ud8""#), read(br#""\ud800"#), read(b"\"\xff")], [None, None, None]);
    }

    #[test]
    fn keys_have_no_case_and_the_last_one_counts() {
        assert_eq!(fields(r#"{"Username":"a"}"#).text("username").unwrap().as_deref(), Some("a"));
        assert_eq!(fields(r#"{"username":"a","Username":"b"}"#).text("username").unwrap().as_deref(), Some("b"));
        assert_eq!(fields(r#"{"username":"a","username":"b"} x"#).text("username").unwrap().as_deref(), Some("b"));
    }

    #[test]
    fn other_types_are_refused_and_null_is_nothing() {
        assert!(fields(r#"{"a":5}"#).text("a").is_err());
        assert!(fields(r#"{"a":"yes"}"#).flag("a").is_err());
        assert!(["1.5", "1.0", "1e3", "9223372036854775808"].iter().all(|n| fields(&format!("{{\"a\":{n}}}")).number("a").is_err()));
        assert!(fields(r#"{"a":[]}"#).map("a").is_err());
        assert!(fields(r#"{"a":{"b":1}}"#).map("a").is_err());
        assert_eq!(fields(r#"{"a":null}"#).map("a").unwrap(), None);
        assert_eq!(fields(r#"{"a":null}"#).text("a").unwrap(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let _ = (first::<Value>(&bytes), first::<Members>(&bytes));
        }

        #[test]
        fn nesting_is_bounded(depth in 200_usize..20_000) {
            prop_assert!(first::<Value>("[".repeat(depth).as_bytes()).is_none());
        }
    }
}
