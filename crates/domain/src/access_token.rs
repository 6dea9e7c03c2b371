//! Access tokens: what programs show in place of a session.

use std::time::Duration;

use crate::actor::CredentialKind;
use crate::client::ClientAddress;
use crate::credential::{Digest, KeyId, Token};
use crate::id::{AccessTokenId, UserId};
use crate::session::TOUCH_EVERY;
use crate::time::Timestamp;
use crate::user::User;

/// Most bytes of what a token is said to be for.
pub const DESCRIPTION: usize = 255;

/// What a marked token begins with, so that scanners find tokens that leaked.
const MARK: &str = "mus_";
/// Characters of a marked token's check, at its end.
const CHECK: usize = 7;

/// An access token. Its text is not part of it: a store holds the text's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Names the token.
    pub id: AccessTokenId,
    /// Whom it acts as.
    pub user_id: UserId,
    /// What it is for, as its maker says.
    pub description: String,
    /// Whether it is switched on.
    pub is_active: bool,
    /// The operations it is good for, by name; `None` for all.
    pub scopes: Option<Vec<String>>,
    /// Who made it; nobody when the operator did at the machine.
    pub created_by: Option<UserId>,
    /// On what proof it was made.
    pub created_via: CredentialKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to five minutes; `None` for never.
    pub last_used_at: Option<Timestamp>,
    /// Where it was last used.
    pub last_address: Option<ClientAddress>,
}

impl AccessToken {
    /// Whether the token is switched on and has not ended.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.is_active && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether its use should be written down again: once in five minutes is enough.
    #[must_use]
    pub fn is_touch_due(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| now.since(last) >= TOUCH_EVERY)
    }
}

/// An access token to be stored, with the hash that finds it.
#[derive(Debug, Clone)]
pub struct NewAccessToken {
    /// The token.
    pub token: AccessToken,
    /// What stands for its text.
    pub hash: Digest,
}

/// An access token, its account as it is now, and the key that its text is stored under.
#[derive(Debug, Clone)]
pub struct TokenOwner {
    /// The token.
    pub token: AccessToken,
    /// Its account, roles included, read with it.
    pub user: User,
    /// The key of the stored hash.
    pub key: KeyId,
}

/// What the operator decides about access tokens.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Whether people have any; bots always may.
    pub are_enabled: bool,
    /// Tokens that one account may have.
    pub per_user: u32,
    /// How long people's tokens live at most, who then must say how long; `None` for as long as they like.
    pub longest: Option<Duration>,
    /// Whether new ones are marked and checked.
    pub are_marked: bool,
    /// Whether a token may make and switch on tokens.
    pub make_tokens: bool,
}

/// The text of a new token.
#[must_use]
pub fn new_text(bits: [u8; 16], is_marked: bool) -> Token {
    let token = Token::from_random(bits);
    if !is_marked {
        return token;
    }
    let body = format!("{MARK}{}", token.expose());
    Token::presented(&format!("{body}{}", check(&body)))
}

/// Whether a text is marked as one of ours and is none: it was cut, or mistyped.
#[must_use]
pub fn is_misspelt(text: &str) -> bool {
    if !text.starts_with(MARK) {
        return false;
    }
    let end = text.len().saturating_sub(CHECK);
    text.split_at_checked(end).is_none_or(|(body, shown)| body.len() <= MARK.len() || shown != check(body))
}

/// The check of a text: its CRC-32 in the alphabet of ids.
fn check(text: &str) -> String {
    let mut bits = [0; 16];
    bits[..4].copy_from_slice(&crc32(text.as_bytes()).to_be_bytes());
    let mut encoded = crate::id::encode(bits);
    encoded.truncate(CHECK);
    encoded
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testkit::fixture;

    #[test]
    fn a_token_lives_while_it_is_on_and_not_over() {
        let token = fixture::access_token("t", "u");
        let (now, end) = (Timestamp::from_millis(9), Some(Timestamp::from_millis(10)));
        assert!(token.is_live(now));
        assert!(!AccessToken { is_active: false, ..token.clone() }.is_live(now));
        let ending = AccessToken { expires_at: end, ..token };
        assert!(ending.is_live(now) && !ending.is_live(Timestamp::from_millis(10)));
    }

    #[test]
    fn use_is_noted_every_five_minutes() {
        let token = fixture::access_token("t", "u");
        assert!(token.is_touch_due(fixture::BORN));
        let used = AccessToken { last_used_at: Some(fixture::BORN), ..token };
        assert!(!used.is_touch_due(fixture::BORN.after(Duration::from_secs(299))));
        assert!(used.is_touch_due(fixture::BORN.after(Duration::from_mins(5))));
    }

    #[test]
    fn the_check_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_plain_token_is_never_misspelt() {
        assert_eq!(new_text([7; 16], false).expose().len(), 26);
        assert!(!is_misspelt(new_text([7; 16], false).expose()) && !is_misspelt(""));
        assert!(is_misspelt("mus_") && is_misspelt("mus_é") && is_misspelt("mus_1234567"));
    }

    proptest! {
        #[test]
        fn a_marked_token_tells_when_a_character_changed(bits: [u8; 16], at in 4_usize..37) {
            let text = new_text(bits, true).expose().to_owned();
            prop_assert_eq!(text.len(), 37);
            prop_assert!(!is_misspelt(&text) && is_misspelt(&text[..36]));
            let other = if text.as_bytes()[at] == b'y' { "b" } else { "y" };
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert!(is_misspelt(&changed));
        }

        #[test]
        fn no_text_makes_the_check_panic(text: String) {
            let _ = (is_misspelt(&text), is_misspelt(&format!("mus_{text}")));
        }
    }
}
