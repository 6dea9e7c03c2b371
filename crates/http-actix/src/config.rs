//! Settings: read once, in `main`, over documented defaults.

mod check;
mod error;
mod factor;
mod files;
mod log;
mod mail;
#[cfg(test)]
mod manual;
mod read;
mod sessions;
mod show;

use std::net::SocketAddr;
use std::path::PathBuf;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;

pub use error::ConfigError;
pub use factor::{SecondFactorConfig, SecurityConfig};
pub use files::{FilesConfig, FilesDriver};
pub use log::{LogConfig, LogFormat, LogLevel};
pub use mail::{MailConfig, MailSecurity};
pub use sessions::{SessionsConfig, TokensConfig};
pub use show::shown;

/// Every setting with its default, and what it means.
pub const DEFAULTS: &str = include_str!("config/defaults.toml");

/// How one service behaves. What each setting means is written in [`DEFAULTS`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and answering.
    pub server: ServerConfig,
    /// Where everything is kept.
    pub store: StoreConfig,
    /// Keys.
    pub secrets: SecretsConfig,
    /// Accounts.
    pub accounts: AccountsConfig,
    /// Passwords.
    pub passwords: PasswordsConfig,
    /// Second factors.
    pub second_factor: SecondFactorConfig,
    /// Changing by what somebody signs in.
    pub security: SecurityConfig,
    /// Sessions.
    pub sessions: SessionsConfig,
    /// Access tokens.
    pub tokens: TokensConfig,
    /// Profile pictures.
    pub files: FilesConfig,
    /// Mail.
    pub mail: MailConfig,
    /// Cookies.
    pub cookies: CookiesConfig,
    /// How often something may be tried.
    pub limits: LimitsConfig,
    /// Concessions to clients.
    pub compat: CompatConfig,
    /// Logs.
    pub log: LogConfig,
}

/// Listening and answering.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on.
    #[serde(deserialize_with = "read::socket")]
    pub listen: SocketAddr,
    /// Address of the service as people see it.
    pub site_url: String,
    /// Address and port of the metrics.
    #[serde(deserialize_with = "read::socket_if_any")]
    pub admin_listen: Option<SocketAddr>,
    /// Networks of reverse proxies.
    #[serde(deserialize_with = "read::list")]
    pub trusted_proxies: Vec<IpNet>,
    /// Seconds that running requests get at the end.
    pub shutdown_secs: u64,
    /// Seconds that a body may take to arrive.
    pub body_timeout_secs: u64,
    /// Seconds that a request may take in all.
    pub request_timeout_secs: u64,
    /// Origins of pages elsewhere.
    #[serde(deserialize_with = "read::list")]
    pub cors_origins: Vec<String>,
    /// Whether such pages may send cookies.
    pub cors_credentials: bool,
    /// A socket for the operator at the machine.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub local_socket: Option<PathBuf>,
}

/// Where everything is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// Address of the store.
    pub url: SecretString,
    /// A file that holds the address.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub url_file: Option<PathBuf>,
    /// Whether migrations are applied at start.
    pub migrate: bool,
    /// Connections to PostgreSQL.
    pub connections: usize,
    /// Seconds that one statement may take.
    pub statement_timeout_secs: u64,
    /// Seconds to wait for a free connection.
    pub wait_timeout_secs: u64,
    /// Seconds to wait at start for a database that does not answer.
    pub connect_wait_secs: u64,
    /// Certificates that vouch for PostgreSQL.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub ca_file: Option<PathBuf>,
    /// Threads that read from SQLite.
    pub readers: usize,
    /// What survives a power cut.
    pub synchronous: Synchronous,
}

/// What survives a power cut in SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// All but the last moments.
    Normal,
    /// Everything acknowledged.
    Full,
}

/// Keys.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    /// The root key; empty for none.
    pub key: SecretString,
    /// A file that holds it.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub key_file: Option<PathBuf>,
    /// Former root keys.
    #[serde(deserialize_with = "read::list")]
    pub previous_keys: Vec<SecretString>,
}

/// Accounts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct AccountsConfig {
    /// Whether anybody may sign up.
    pub open_sign_up: bool,
    /// Whether the very first account becomes admin.
    #[serde(deserialize_with = "read::word_or_switch")]
    pub first_is_admin: FirstIsAdmin,
    /// Wrong passwords that lock an account.
    pub max_failed_sign_ins: u32,
    /// Whether a lock stays until somebody opens the account.
    pub lock_for_ever: bool,
    /// Milliseconds that a refused sign-in takes at least.
    pub refused_sign_in_ms: u64,
    /// Whether devices are known that somebody has signed in with before.
    pub known_devices: bool,
    /// Whether guests without a password sign in by links in mails.
    pub guest_magic_links: bool,
    /// Whether nobody is let in before his address is verified.
    pub require_verified_email: bool,
    /// Language of accounts whose own is not shipped.
    pub default_locale: String,
    /// Whether people see each other's addresses.
    pub show_email_address: bool,
    /// Whether people see each other's names.
    pub show_full_name: bool,
    /// Sessions of one account.
    pub sessions_per_user: u32,
    /// Whether it is told who asks for a second factor.
    pub reveal_mfa: bool,
    /// Whether anybody but an admin opens accounts, by an invitation too.
    pub allow_sign_up: bool,
    /// Mail domains of members.
    pub restrict_domains: String,
    /// Mail domains of guests.
    pub restrict_guest_domains: String,
    /// Whether people deactivate their own accounts.
    pub allow_own_deactivation: bool,
    /// Whether accounts are removed for good over the network.
    pub allow_permanent_deletion: bool,
    /// Whether bots stop with the account that answers for them.
    pub stop_bots_with_owner: bool,
    /// What people are called.
    pub name_format: NameFormat,
}

/// What people are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameFormat {
    /// By their usernames.
    Username,
    /// By their nicknames, else full names, else usernames.
    NicknameFullName,
    /// By their full names, else usernames.
    FullName,
}

impl NameFormat {
    /// The name that clients know it by.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::NicknameFullName => "nickname_full_name",
            Self::FullName => "full_name",
        }
    }
}

/// Whether the very first account becomes admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FirstIsAdmin {
    /// Always.
    Yes,
    /// Never.
    No,
    /// While the service listens on loopback alone.
    Local,
}

/// Passwords.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each kind of character is asked for or not")]
pub struct PasswordsConfig {
    /// Fewest bytes.
    pub minimum_length: usize,
    /// Whether a lower-case letter is needed.
    pub require_lowercase: bool,
    /// Whether an upper-case letter is needed.
    pub require_uppercase: bool,
    /// Whether a digit is needed.
    pub require_number: bool,
    /// Whether a mark is needed.
    pub require_symbol: bool,
    /// Whether common and self-related ones are refused.
    pub refuse_guessable: bool,
    /// Memory of argon2id in KiB.
    pub memory_kib: u32,
    /// Passes of argon2id.
    pub passes: u32,
    /// Lanes of argon2id.
    pub lanes: u32,
    /// Threads that hash.
    pub threads: usize,
    /// Passwords that may wait.
    pub queue: usize,
}

/// Cookies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CookiesConfig {
    /// Which sites' requests carry them.
    pub same_site: SameSite,
}

/// Which sites' requests carry a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// Our own, and plain links from others.
    Lax,
    /// Every site's.
    None,
}

/// How often something may be tried.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Whether tries are limited.
    pub enabled: bool,
    /// Sign-ins from one network.
    pub sign_in_per_address_per_minute: u32,
    /// Sign-ins to one account.
    pub sign_in_per_account_per_minute: u32,
    /// Sign-ups from one network.
    pub sign_up_per_address_per_hour: u32,
    /// Tokens that nobody holds, from one network.
    pub unknown_tokens_per_address_per_minute: u32,
    /// Mails that one network asks for.
    pub mail_per_address_per_hour: u32,
    /// Mails that are asked for to one address.
    pub mail_per_recipient_per_hour: u32,
}

/// Concessions to clients.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompatConfig {
    /// Whether sign-in and sign-out answer 200.
    pub reference_status_codes: bool,
}

/// The sources of settings, the later ones over the earlier.
#[must_use]
pub fn sources(file: Option<&std::path::Path>) -> Figment {
    let defaults = Figment::from(Toml::string(DEFAULTS));
    let with_file = file.map_or(defaults.clone(), |path| defaults.merge(Toml::file_exact(path)));
    with_file.merge(Env::prefixed("MUSTER_").split("__"))
}

impl Config {
    /// Reads and checks the settings.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names each setting that is wrong, where it came from, and what it should be.
    pub fn read(sources: &Figment) -> Result<Self, ConfigError> {
        let config: Self = sources.extract()?;
        config.checked()
    }
}

#[cfg(test)]
mod tests;
