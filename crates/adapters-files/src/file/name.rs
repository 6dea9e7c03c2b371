//! Names of files, checked.

use object_store::path::{Path, PathPart};

/// A text that names no file here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file's name has parts of letters, digits, dots, dashes and underscores between slashes, none of which begins with a dot")]
pub(super) struct InvalidName;

/// The path of a file under a prefix: it never leads out of it.
pub(super) fn path(prefix: &Path, name: &str) -> Result<Path, InvalidName> {
    let parts = name.split('/').map(|part| is_part(part).then(|| PathPart::from(part)).ok_or(InvalidName));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    Ok(prefix.parts().chain(parts).collect())
}

fn is_part(part: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || ".-_".contains(character);
    (1..=200).contains(&part.len()) && !part.starts_with('.') && part.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_put_under_the_prefix() {
        let prefix = Path::from("muster/data");

        assert_eq!(path(&prefix, "users/abc/profile-1.png").unwrap().as_ref(), "muster/data/users/abc/profile-1.png");
        assert_eq!(path(&Path::default(), "users").unwrap().as_ref(), "users");
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["", "/", "/etc/passwd", "a/", "a//b", ".", "..", "a/../b", "a/.hidden", "a\\b", "a b", "a#1", "a\0", "a%2e", "C:"] {
            assert_eq!(path(&Path::from("a"), name), Err(InvalidName), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_leads_out_of_the_prefix(name in any::<String>()) {
            let prefix = Path::from("muster/data");

            if let Ok(path) = path(&prefix, &name) {
                prop_assert!(path.prefix_matches(&prefix));
                prop_assert!(path.parts().all(|part| part.as_ref() != ".."));
            }
        }
    }
}
