//! The URL of a database, and whether its connection must be encrypted.

use std::net::IpAddr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// Why a URL names no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It has another form, or an option that nobody knows. Which one is not told: it may be a piece of the password.
    #[error(
        "it has the form postgres://user:password@host:5432/database, with @ : / ? # % in a password written as %40 %3A %2F %3F %23 %25, \
         and of options only sslmode, application_name, options, connect_timeout, target_session_attrs and the like"
    )]
    Form,
    /// The way of encryption is unknown.
    #[error("sslmode is one of disable, allow, prefer, require, verify-ca, verify-full")]
    SslMode,
    /// No server is named.
    #[error("it names no host")]
    Host,
}

/// Reads a URL, and decides about encryption.
pub(crate) fn parse(url: &str) -> Result<Config, InvalidUrl> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(InvalidUrl::Form);
    }
    let (plain, asked) = split_ssl_mode(url);
    let mut config: Config = plain.parse().map_err(|_| InvalidUrl::Form)?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(InvalidUrl::Host);
    }
    let mode = ssl_mode(asked, is_local(&config))?;
    config.ssl_mode(mode);
    Ok(config)
}

/// Takes `sslmode` out of a URL: the driver refuses two of its values.
fn split_ssl_mode(url: &str) -> (String, Option<&str>) {
    let behind_credentials = url.find('@').map_or(0, |at| at + 1);
    let Some((front, query)) = url[behind_credentials..].split_once('?') else {
        return (url.to_owned(), None);
    };
    let asked = query.split('&').filter_map(|option| option.strip_prefix("sslmode=")).next_back();
    let rest: Vec<_> = query.split('&').filter(|option| !option.starts_with("sslmode=")).collect();
    (format!("{}{front}?{}", &url[..behind_credentials], rest.join("&")), asked)
}

/// Passwords and accounts cross no network in the clear unless the URL says so in so many words.
///
/// Wherever there is encryption, the certificate's chain and name are verified, whatever the mode is called.
fn ssl_mode(asked: Option<&str>, is_local: bool) -> Result<SslMode, InvalidUrl> {
    match asked {
        Some("disable") => Ok(SslMode::Disable),
        Some("prefer") if is_local => Ok(SslMode::Prefer),
        None | Some("allow") if is_local => Ok(SslMode::Disable),
        None | Some("allow" | "prefer" | "require" | "verify-ca" | "verify-full") => Ok(SslMode::Require),
        Some(_) => Err(InvalidUrl::SslMode),
    }
}

fn is_local(config: &Config) -> bool {
    let is_local_host = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(is_local_host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// The server and the database, for people: without user and password.
pub(crate) fn shown(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => config.get_hostaddrs().first().map(IpAddr::to_string).unwrap_or_default(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("{host}:{port}/{}", database(config))
}

/// The database's name.
pub(crate) fn database(config: &Config) -> &str {
    config.get_dbname().or(config.get_user()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        parse(url).unwrap().get_ssl_mode()
    }

    #[test]
    fn other_machines_are_spoken_to_in_secret_alone() {
        for query in ["", "?sslmode=require", "?sslmode=verify-full", "?sslmode=verify-ca", "?sslmode=prefer", "?sslmode=allow"] {
            assert_eq!(mode(&format!("postgres://u:p@db.example.test/d{query}")), SslMode::Require, "{query}");
        }
        assert_eq!(mode("postgres://u:p@192.0.2.1:5433/d"), SslMode::Require);
        assert_eq!(mode("postgres://u:p@db.example.test/d?connect_timeout=3&sslmode=disable"), SslMode::Disable);
    }

    #[test]
    fn this_machine_is_spoken_to_as_the_url_says() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "%2Frun%2Fpostgresql"] {
            assert_eq!(mode(&format!("postgres://u@{host}/d")), SslMode::Disable, "{host}");
            assert_eq!(mode(&format!("postgresql://u@{host}/d?sslmode=prefer")), SslMode::Prefer, "{host}");
            assert_eq!(mode(&format!("postgres://u@{host}/d?sslmode=verify-full")), SslMode::Require, "{host}");
        }
    }

    #[test]
    fn one_foreign_host_among_several_counts() {
        assert_eq!(mode("postgres://u@localhost,db.example.test/d"), SslMode::Require);
        assert_eq!(mode("postgres://u@localhost/d?hostaddr=192.0.2.1"), SslMode::Require);
    }

    #[test]
    fn a_url_that_is_wrong_is_refused_without_being_repeated() {
        let urls = [
            ("mysql://u:canary@h/d", InvalidUrl::Form),
            ("host=h password=canary", InvalidUrl::Form),
            ("postgres://u:can?ary=x@h:y/d", InvalidUrl::Form),
            ("postgres://u:p@h/d?canary=1", InvalidUrl::Form),
            ("postgres://u:p@h/d?sslmode=canary", InvalidUrl::SslMode),
            ("postgres:///d", InvalidUrl::Host),
        ];
        for (url, expected) in urls {
            let refused = parse(url).unwrap_err();
            assert_eq!(refused, expected, "{url}");
            assert!(!refused.to_string().contains("canary"));
        }
    }

    #[test]
    fn the_rest_of_the_url_is_kept() {
        let config = parse("postgres://u:p%3Fsslmode=x@h:5433/d?sslmode=require&application_name=n").unwrap();
        assert_eq!(config.get_password(), Some(b"p?sslmode=x".as_slice()));
        assert_eq!(config.get_application_name(), Some("n"));
        assert_eq!(shown(&config), "h:5433/d");
    }
}
