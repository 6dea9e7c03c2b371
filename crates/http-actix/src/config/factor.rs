//! Settings of second factors, and of changing by what somebody signs in.

use serde::Deserialize;

/// Changing by what somebody signs in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityConfig {
    /// Minutes that a sign-in is recent enough for that; 0: for ever.
    pub fresh_for_minutes: u64,
}

/// Second factors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorConfig {
    /// Whether one may be activated, and is then asked for.
    pub enabled: bool,
    /// Whether everybody has to have one.
    pub enforced: bool,
    /// Whether guests have to as well.
    pub enforced_for_guests: bool,
    /// What code generators call the service.
    pub issuer: String,
}
