//! Settings of second factors.

use serde::Deserialize;

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
