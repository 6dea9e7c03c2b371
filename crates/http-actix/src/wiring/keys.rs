//! Where the root key comes from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use muster_adapters_crypto::{Keys, RootKey, SystemRandomness};
use secrecy::ExposeSecret;

use super::{StartError, secret_file};
use crate::config::Config;

/// How somebody gets a key.
const MAKE: &str = "`openssl rand -base64 32` makes one";

/// The keys that settings name; beside an SQLite file, without a word of them, a key of its own is made and kept.
///
/// # Errors
///
/// [`StartError`] says which key is missing, unreadable or readable by others, and how to mend it.
pub fn keys(config: &Config, sqlite_file: Option<&Path>) -> Result<Keys, StartError> {
    let wrong = |told: &str| StartError::Settings(format!("secrets.key: {told}"));
    let current = if !config.secrets.key.expose_secret().is_empty() {
        RootKey::parse(config.secrets.key.expose_secret()).map_err(|error| wrong(&format!("{error}; {MAKE}")))?
    } else if let Some(path) = &config.secrets.key_file {
        read(path)?
    } else if let Some(path) = sqlite_file.map(beside) {
        if path.exists() { read(&path)? } else { made(&path)? }
    } else {
        return Err(wrong("PostgreSQL needs a key that all nodes share; set it or secrets.key_file; `openssl rand -base64 32` makes one"));
    };
    Keys::new(current, previous(config)?).map_err(|error| wrong(&error.to_string()))
}

/// Checks the keys that settings name, as far as that goes without a store: nothing is made.
///
/// # Errors
///
/// [`StartError`] as for [`keys`].
pub fn check_keys(config: &Config) -> Result<(), StartError> {
    if is_named(config) || !super::backend::is_file(config)? { keys(config, None).map(drop) } else { previous(config).map(drop) }
}

/// The file beside an SQLite file that [`keys`] would have to make.
#[must_use]
pub fn missing_key_file(config: &Config, sqlite_file: Option<&Path>) -> Option<PathBuf> {
    sqlite_file.filter(|_| !is_named(config)).map(beside).filter(|path| !path.exists())
}

fn is_named(config: &Config) -> bool {
    !config.secrets.key.expose_secret().is_empty() || config.secrets.key_file.is_some()
}

fn beside(sqlite_file: &Path) -> PathBuf {
    sqlite_file.with_file_name("muster.key")
}

fn previous(config: &Config) -> Result<Vec<RootKey>, StartError> {
    let wrong = |error| StartError::Settings(format!("secrets.previous_keys: {error}; correct it, or take it out"));
    config.secrets.previous_keys.iter().map(|key| RootKey::parse(key.expose_secret()).map_err(wrong)).collect()
}

fn read(path: &Path) -> Result<RootKey, StartError> {
    let whose = format!("the key file {}", path.display());
    let text = secret_file::read(path, &whose, "secrets.key_file")?;
    let wrong = |error| StartError::Settings(format!("{whose}: {error}; put it back from a backup, or, for a new store, {MAKE}"));
    RootKey::parse(text.trim()).map_err(wrong)
}

/// Makes a key and keeps it; of two processes at once, the later reads what the earlier made.
fn made(path: &Path) -> Result<RootKey, StartError> {
    let failed = |error: std::io::Error| {
        let path = path.display();
        StartError::Settings(format!("the key file {path} can't be made ({error}); let the user that runs Muster write to its folder"))
    };
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
