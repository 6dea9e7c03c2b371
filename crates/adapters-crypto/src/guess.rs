//! Passwords that are guessed first.

use muster_domain::credential::Password;
use muster_domain::password::LONGEST;
use muster_domain::port::Guesses;
use zxcvbn::{Score, zxcvbn};

/// Estimates by dictionaries and patterns how many guesses a password takes, and refuses what a million find.
#[derive(Debug, Clone, Copy, Default)]
pub struct EstimatedGuesses;

/// Shorter parts of what is known are in every password by chance.
const SHORTEST: usize = 3;

impl Guesses for EstimatedGuesses {
    fn is_guessable(&self, password: &Password, known: &[&str]) -> bool {
        // An estimate takes longer than linear time: what is too long is refused elsewhere.
        let text = &password.expose()[..password.expose().floor_char_boundary(LONGEST)];
        let parts =
            known.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric())).filter(|part| part.chars().count() >= SHORTEST);
        let known: Vec<_> = known.iter().copied().chain(parts).collect();
        zxcvbn(text, &known).score() < Score::Two
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_guessable(password: &str) -> bool {
        EstimatedGuesses.is_guessable(&Password::from(password.to_owned()), &["ada.lovelace", "countess@engines.example"])
    }

    #[test]
    fn common_passwords_are_guessed() {
        for password in ["password", "password1", "12345678", "qwertyuiop", "iloveyou", "aaaaaaaaaaaa"] {
            assert!(is_guessable(password), "{password}");
        }
    }

    #[test]
    fn what_is_known_of_somebody_is_guessed() {
        for password in ["ada.lovelace", "lovelace1", "Countess1", "countess@engines.example"] {
            assert!(is_guessable(password), "{password}");
        }
        assert!(!EstimatedGuesses.is_guessable(&Password::from("lovelace-1842-notes".to_owned()), &["bob"]));
    }

    #[test]
    fn others_are_taken_however_long() {
        for password in ["vinegar tundra cobalt", "kX9#mQ2$vL"] {
            assert!(!is_guessable(password), "{password}");
        }
    }
}
