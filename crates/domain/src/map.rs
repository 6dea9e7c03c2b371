//! Maps of text to text that clients keep with an account: notification choices, time zone, free properties.

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// A map of text to text, in the order of its keys.
pub type TextMap = BTreeMap<String, String>;

/// Most bytes a map has as JSON: a map is a place for settings, not for files.
pub const MAP_BYTES: usize = 16 * 1024;
/// Most keys a map has.
pub const MAP_KEYS: usize = 64;
/// Most characters a time zone map has as JSON.
const TIMEZONE_CHARACTERS: usize = 256;
/// Most characters of the text of a custom status.
const STATUS_CHARACTERS: usize = 100;

/// Whether a map stays in the bounds that every stored map has.
#[must_use]
pub fn is_storable(map: &TextMap) -> bool {
    let clean = map.iter().all(|(key, value)| !key.contains('\0') && !value.contains('\0'));
    clean && map.len() <= MAP_KEYS && json_length(map, str::len) <= MAP_BYTES
}

/// Whether a time zone map stays in its bound.
#[must_use]
pub fn is_timezone(map: &TextMap) -> bool {
    is_storable(map) && json_length(map, |json| json.chars().count()) <= TIMEZONE_CHARACTERS
}

fn json_length(map: &TextMap, measure: impl Fn(&str) -> usize) -> usize {
    serde_json::to_string(map).map_or(usize::MAX, |json| measure(&json))
}

/// The time zone of an account that chose none: its device's.
#[must_use]
pub fn default_timezone() -> TextMap {
    owned(&[("automaticTimezone", ""), ("manualTimezone", ""), ("useAutomaticTimezone", "true")])
}

/// The notifications of an account that chose none.
#[must_use]
pub fn default_notify_props() -> TextMap {
    owned(&[
        ("channel", "true"),
        ("comments", "never"),
        ("desktop", "mention"),
        ("desktop_sound", "true"),
        ("desktop_threads", "all"),
        ("email", "true"),
        ("email_threads", "all"),
        ("first_name", "false"),
        ("mention_keys", ""),
        ("push", "mention"),
        ("push_status", "online"),
        ("push_threads", "all"),
    ])
}

fn owned(pairs: &[(&str, &str)]) -> TextMap {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Notification choices as an update stores them: the defaults for none, mention keys lower-cased and without blanks.
#[must_use]
pub fn updated_notify_props(mut chosen: TextMap) -> TextMap {
    if chosen.is_empty() {
        return default_notify_props();
    }
    if let Some(keys) = chosen.get_mut("mention_keys") {
        *keys = keys.split(',').filter(|key| !key.is_empty()).map(str::to_lowercase).collect::<Vec<_>>().join(",");
    }
    chosen
}

/// Takes a former username out of the words that its holder is notified of. A comma is before each of those that are left, as
/// clients are used to.
pub fn forget_mention(notify_props: &mut TextMap, username: &str) {
    let keys = notify_props.entry("mention_keys".to_owned()).or_default();
    let mention = format!("@{username}");
    let left = keys.split(',').filter(|key| !key.is_empty() && *key != username && *key != mention);
    *keys = left.fold(String::new(), |keys, key| keys + "," + key);
}

/// A free property that is not in the form its readers need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the property customStatus must be the text of a JSON object")]
pub struct InvalidProperty;

/// The status that people set for themselves, as `props.customStatus` carries it.
#[derive(Debug, Default, serde::Serialize)]
struct CustomStatus {
    emoji: String,
    text: String,
    duration: String,
    expires_at: String,
}

/// Free properties as they are stored: a custom status in its bounds, everything else as it came.
///
/// # Errors
///
/// [`InvalidProperty`] when the custom status is not the text of a JSON object.
pub fn normalised_props(mut props: TextMap, now: Timestamp) -> Result<TextMap, InvalidProperty> {
    if let Some(status) = props.get_mut("customStatus")
        && !status.is_empty()
    {
        *status = normalised_status(status, now)?;
    }
    Ok(props)
}

fn normalised_status(json: &str, now: Timestamp) -> Result<String, InvalidProperty> {
    let serde_json::Value::Object(members) = serde_json::from_str(json).map_err(|_| InvalidProperty)? else {
        return Err(InvalidProperty);
    };
    let text = |key: &str| match members.get(key) {
        None | Some(serde_json::Value::Null) => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    };
    // Members of another type leave an empty status, as the reference stores it.
    let status = || {
        let expires_at = Some(text("expires_at")?).filter(|at| !at.is_empty()).unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned());
        let ends = chrono::DateTime::parse_from_rfc3339(&expires_at).ok()?.timestamp_millis();
        let mut duration = text("duration")?;
        if duration.is_empty() && ends >= now.as_millis() {
            "date_and_time".clone_into(&mut duration);
        }
        let cut = text("text")?.chars().take(STATUS_CHARACTERS).collect();
        Some(CustomStatus { emoji: text("emoji")?, text: cut, duration, expires_at })
    };
    let status = status().unwrap_or_else(|| CustomStatus { expires_at: "0001-01-01T00:00:00Z".to_owned(), ..CustomStatus::default() });
    serde_json::to_string(&status).map_err(|_| InvalidProperty)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(key: &str, value: &str) -> TextMap {
        owned(&[(key, value)])
    }

    #[test]
    fn a_time_zone_has_256_characters_of_json_at_most() {
        assert!(is_timezone(&one("k", &"v".repeat(248))));
        assert!(!is_timezone(&one("k", &"v".repeat(249))));
    }

    #[test]
    fn maps_are_bounded_and_hold_no_nul() {
        assert!(!is_storable(&one("k", &"v".repeat(MAP_BYTES))));
        assert!(!is_storable(&(0..65).map(|n| (n.to_string(), String::new())).collect()));
        assert!(!is_storable(&one("k\0", "v")));
    }

    #[test]
    fn mention_keys_lose_blanks_and_case_but_no_spaces() {
        assert_eq!(updated_notify_props(one("mention_keys", "Ab,,cD, eF")), one("mention_keys", "ab,cd, ef"));
        assert_eq!(updated_notify_props(TextMap::new()), default_notify_props());
    }

    #[test]
    fn a_former_username_is_forgotten() {
        let mut props = one("mention_keys", "ada,@ada,lovelace");
        forget_mention(&mut props, "ada");
        assert_eq!(props, one("mention_keys", ",lovelace"));
        forget_mention(&mut props, "countess");
        assert_eq!(props, one("mention_keys", ",lovelace"), "no comma more");
        forget_mention(&mut props, "lovelace");
        assert_eq!(props, one("mention_keys", ""));
    }

    #[test]
    fn a_custom_status_is_an_object_in_its_bounds() {
        let now = Timestamp::from_millis(1_000);
        let status = |json: &str| normalised_props(one("customStatus", json), now).map(|mut p| p.remove("customStatus").unwrap());
        assert_eq!(status("busy"), Err(InvalidProperty));
        assert_eq!(status("[]"), Err(InvalidProperty));
        assert_eq!(status("").unwrap(), "");
        assert!(status(r#"{"text":5}"#).unwrap().contains(r#""text":"""#));
        assert!(status(r#"{"text":"tea","expires_at":"2030-01-01T00:00:00Z"}"#).unwrap().contains("date_and_time"));
        let long = status(&format!(r#"{{"text":"{}"}}"#, "é".repeat(200))).unwrap();
        assert_eq!(long.matches('é').count(), 100);
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(json in r#"\{"emoji":"[a-z]{0,5}","text":"[a-z]{0,120}","duration":"[a-z]{0,5}"\}"#) {
            let now = Timestamp::from_millis(1_000);
            let once = normalised_props(one("customStatus", &json), now).unwrap();
            prop_assert_eq!(normalised_props(once.clone(), now).unwrap(), once);
        }

        #[test]
        fn no_text_makes_a_status_panic(json: String) {
            let _ = normalised_props(one("customStatus", &json), Timestamp::from_millis(1));
        }
    }
}
