//! Files that hold a secret: their owner reads them, and nobody else.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::StartError;

/// Whoever is not the owner.
const OTHERS: u32 = 0o077;

/// The text of a file that a setting names; refused where others can get at it, too.
pub(super) fn read(path: &Path, whose: &str, setting: &str) -> Result<Zeroizing<String>, StartError> {
    let unreadable = |error: std::io::Error| {
        StartError::Settings(format!("{whose} can't be read ({error}); let the user that runs Muster read it, or correct {setting}"))
    };
    let mut file = File::open(path).map_err(unreadable)?;
    // Of what was opened, not of what has the name by now.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode();
    if mode & OTHERS != 0 {
        let mode = mode & 0o777;
        return Err(StartError::Settings(format!("{whose} can be read by others (mode {mode:03o}); run chmod 600 on it")));
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// The secret in the file of a setting.
pub(super) fn secret(path: &Path, setting: &str) -> Result<SecretString, StartError> {
    let text = read(path, &format!("{setting}: {}", path.display()), setting)?;
    Ok(SecretString::from(text.trim().to_owned()))
}
