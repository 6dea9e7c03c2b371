//! How mail leaves the service.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::{Config, read};

/// Mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The mail server; empty for none.
    pub smtp_host: String,
    /// Its port.
    pub smtp_port: u16,
    /// How the way to it is protected.
    pub security: MailSecurity,
    /// The name to log in with; empty for none.
    pub username: String,
    /// The password to log in with.
    pub password: SecretString,
    /// A file that holds it.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub password_file: Option<PathBuf>,
    /// The sender.
    pub from: String,
    /// What letters call the service.
    pub site_name: String,
    /// Seconds that one delivery may take.
    pub timeout_secs: u64,
    /// Mails that are delivered at once.
    pub connections: u32,
    /// Tries before a mail is given up.
    pub max_tries: u32,
    /// Days that the record of a mail is kept.
    pub retention_days: u64,
    /// Whether new addresses are asked for confirmation.
    pub verify_addresses: bool,
    /// Milliseconds that an answer takes at least where it must not tell whether there is an account.
    pub answer_floor_ms: u64,
}

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// Not at all.
    None,
    /// From the first byte.
    Tls,
    /// After the greeting.
    Starttls,
}

impl MailConfig {
    /// Whether the service sends mail at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.smtp_host.is_empty()
    }
}

impl Config {
    /// What can't be without a mail server.
    fn mail_is_missing(&self) -> Option<String> {
        let needs = [
            ("accounts.require_verified_email", self.accounts.require_verified_email, "nobody could be sent the link that lets him in"),
            ("accounts.guest_magic_links", self.accounts.guest_magic_links, "guests could not be sent theirs"),
        ];
        let (setting, _, why) = needs.into_iter().find(|(_, is_on, _)| *is_on)?;
        Some(format!("mail.smtp_host: {setting} needs a mail server: {why}; name one, or set {setting} to false"))
    }

    pub(super) fn mail_is_wrong(&self) -> Option<String> {
        let mail = &self.mail;
        if !mail.is_on() {
            return self.mail_is_missing();
        }
        if !mail.from.contains('@') {
            return Some("mail.from: with mail.smtp_host it must be the sender's address, such as Crew <users@example.test>".to_owned());
        }
        let is_near = matches!(mail.smtp_host.as_str(), "localhost" | "127.0.0.1" | "::1");
        (mail.security == MailSecurity::None && !mail.username.is_empty() && !is_near).then(|| {
            "mail.security: \"none\" would show the password of mail.username to the network; set \"starttls\" or \"tls\"".to_owned()
        })
    }
}
