//! How sessions and access tokens live.

use serde::Deserialize;

/// Sessions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionsConfig {
    /// Hours in browsers and desktop programs.
    pub web_hours: u64,
    /// Hours on phones.
    pub mobile_hours: u64,
    /// Hours by single sign-on.
    pub sso_hours: u64,
    /// Whether use moves a session's end.
    pub extend_with_activity: bool,
    /// Minutes without use after which a session ends.
    pub idle_minutes: u64,
    /// Days after which a session ends however much it is used.
    pub absolute_days: u64,
    /// Days that the record of an ended session is kept.
    pub retention_days: u64,
}

/// Access tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokensConfig {
    /// Whether people have any.
    pub enabled: bool,
    /// Tokens of one account.
    pub per_user: u32,
    /// Days that people's tokens live at most.
    pub max_days: u64,
    /// Whether new ones are marked and checked.
    pub marked: bool,
    /// Whether a token makes tokens.
    pub make_tokens: bool,
}
