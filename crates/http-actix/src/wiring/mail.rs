//! How mail leaves the service.

use std::sync::Arc;
use std::time::Duration;

use muster_adapters_mail::{Security, SmtpMailer, SmtpOptions, Writer};
use muster_domain::locale::Locale;
use muster_domain::mail::{Courier, DeliveryRules, Mailer};
use secrecy::{ExposeSecret, SecretString};

use super::{Ports, StartError, secret_file};
use crate::config::{Config, MailSecurity};

/// The pause after a first failed try, and the longest one.
const PAUSES: [Duration; 2] = [Duration::from_secs(30), Duration::from_hours(2)];

/// Who delivers mail, on ports whose store rings no bell; nobody where no mail server is set.
///
/// # Errors
///
/// [`StartError`] names the setting that can't be used.
pub fn courier(config: &Config, ports: &Ports) -> Result<Option<Arc<Courier>>, StartError> {
    if !config.mail.is_on() {
        return Ok(None);
    }
    let mailer: Arc<dyn Mailer> = Arc::new(mailer(config)?);
    Ok(Some(Arc::new(Courier::new(ports, mailer, rules(config)))))
}

pub(super) fn mailer(config: &Config) -> Result<SmtpMailer, StartError> {
    let wanted = &config.mail;
    let default = Locale::parse(&config.accounts.default_locale).unwrap_or_default();
    let writer = Writer::new(&config.site_url(), &wanted.site_name, &default);
    let writer = writer.map_err(|error| StartError::Settings(format!("server.site_url: {error}")))?;
    let options = SmtpOptions {
        host: wanted.smtp_host.clone(),
        port: wanted.smtp_port,
        security: match wanted.security {
            MailSecurity::None => Security::None,
            MailSecurity::Tls => Security::Tls,
            MailSecurity::Starttls => Security::StartTls,
        },
        login: login(config)?,
        from: wanted.from.clone(),
        timeout: Duration::from_secs(wanted.timeout_secs),
    };
    SmtpMailer::new(options, writer).map_err(|error| StartError::Settings(error.to_string()))
}

fn login(config: &Config) -> Result<Option<(String, SecretString)>, StartError> {
    let wanted = &config.mail;
    if wanted.username.is_empty() {
        return Ok(None);
    }
    let password = match &wanted.password_file {
        Some(file) => secret_file::secret(file, "mail.password_file")?,
        None => wanted.password.clone(),
    };
    if password.expose_secret().is_empty() {
        return Err(StartError::Settings("mail.password: mail.username needs one".to_owned()));
    }
    Ok(Some((wanted.username.clone(), password)))
}

fn rules(config: &Config) -> DeliveryRules {
    let [first_pause, longest_pause] = PAUSES;
    DeliveryRules {
        tries: config.mail.max_tries,
        first_pause,
        longest_pause,
        // Whoever holds a mail has given it up long before somebody else may take it.
        lease: Duration::from_secs(config.mail.timeout_secs).saturating_mul(2) + Duration::from_mins(2),
    }
}
