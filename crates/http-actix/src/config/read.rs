//! Values of settings in the forms that a file and the environment give them.

use std::net::SocketAddr;

use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use super::FirstIsAdmin;

/// What an address to listen on looks like.
const SOCKET_FORM: &str = "it must be an IP address and a port, such as 127.0.0.1:8065";

/// Reads a list, or a text with commas between its items.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + for<'t> FromText<'t>,
{
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "it must be a list, or a text with commas between its items")]
    enum Form<T> {
        List(Vec<T>),
        Text(String),
    }
    match Form::<T>::deserialize(deserializer)? {
        Form::List(items) => Ok(items),
        Form::Text(text) => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| T::from_text(item).ok_or_else(|| serde::de::Error::custom(format!("{item} can't be an item of this list"))))
            .collect(),
    }
}

/// An item of a list in the environment.
pub(super) trait FromText<'t>: Sized {
    fn from_text(text: &'t str) -> Option<Self>;
}

impl FromText<'_> for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl FromText<'_> for SecretString {
    fn from_text(text: &str) -> Option<Self> {
        Some(Self::from(text.to_owned()))
    }
}

impl FromText<'_> for IpNet {
    fn from_text(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// Reads `true` as "yes" and `false` as "no": the sources' reader takes those words for no texts.
pub(super) fn word_or_switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FirstIsAdmin, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "it must be one of yes, no, local")]
    enum Form {
        Word(FirstIsAdmin),
        Switch(bool),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Word(word) => word,
        Form::Switch(true) => FirstIsAdmin::Yes,
        Form::Switch(false) => FirstIsAdmin::No,
    })
}

/// Reads an empty text as nothing.
pub(super) fn none_if_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Reads an address and a port.
pub(super) fn socket<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    socket_if_any(deserializer)?.ok_or_else(|| serde::de::Error::custom(SOCKET_FORM))
}

/// Reads an address and a port, an empty text as none.
pub(super) fn socket_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    (!text.is_empty()).then(|| text.parse().map_err(|_| serde::de::Error::custom(SOCKET_FORM))).transpose()
}
