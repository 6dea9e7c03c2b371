//! Where the root key comes from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use muster_adapters_crypto::{Keys, RootKey, SystemRandomness};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::StartError;
use crate::config::Config;

/// The keys that settings name; beside an SQLite file, without a word of them, a key of its own is made and kept.
///
/// # Errors
///
/// [`StartError`] says which key is missing, unreadable or readable by others, and how to mend it.
pub fn keys(config: &Config, sqlite_file: Option<&Path>) -> Result<Keys, StartError> {
    let wrong = |name: &str, error: &dyn std::fmt::Display| StartError::Settings(format!("{name}: {error}"));
    let current = if !config.secrets.key.expose_secret().is_empty() {
        RootKey::parse(config.secrets.key.expose_secret()).map_err(|error| wrong("secrets.key", &error))?
    } else if let Some(path) = &config.secrets.key_file {
        read(path)?
    } else if let Some(file) = sqlite_file {
        let path = file.with_file_name("muster.key");
        if path.exists() { read(&path)? } else { made(&path)? }
    } else {
        return Err(StartError::Settings(
            "secrets.key: PostgreSQL needs a key that all nodes share; set it, or secrets.key_file, to the output of `openssl rand -base64 32`"
                .to_owned(),
        ));
    };
    let parse = |key: &SecretString| RootKey::parse(key.expose_secret()).map_err(|error| wrong("secrets.previous_keys", &error));
    let previous = config.secrets.previous_keys.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    Keys::new(current, previous).map_err(|error| wrong("secrets.key", &error))
}

fn read(path: &Path) -> Result<RootKey, StartError> {
    let failed = |told: String| StartError::Settings(format!("the key file {}: {told}", path.display()));
    let mode = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(failed(format!("others can read it (mode {:03o}); run chmod 600 on it", mode & 0o777)));
    }
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?);
    RootKey::parse(text.trim()).map_err(|error| failed(error.to_string()))
}

/// Makes a key and keeps it; of two processes at once, the later reads what the earlier made.
fn made(path: &Path) -> Result<RootKey, StartError> {
    let failed = |error: std::io::Error| StartError::Settings(format!("the key file {} can't be written: {error}", path.display()));
    let randomness = SystemRandomness::new().map_err(|error| StartError::Settings(error.to_string()))?;
    let key = RootKey::generate(&randomness);
    // Written whole under another name first: nobody ever reads half a key.
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    let written =
        file.write_all(key.to_base64().expose_secret().as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft).map_err(failed)?;
    match linked {
        Ok(()) => {
            tracing::info!(path = %path.display(), "made a root key; back it up together with the database");
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(failed(error)),
    }
}
