//! A letter as the text that is sealed.

use serde::{Deserialize, Serialize};

use super::{Letter, MailKind};
use crate::credential::Token;
use crate::email::Email;
use crate::locale::Locale;
use crate::time::Timestamp;

/// A text that is no letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no letter")]
pub struct InvalidLetter;

#[derive(Serialize, Deserialize)]
struct Payload {
    kind: String,
    to: String,
    locale: String,
    username: String,
    at: i64,
    token: Option<String>,
    detail: Option<String>,
}

impl Letter {
    /// The letter as a text, to be sealed at once.
    pub(super) fn written(&self) -> Result<Vec<u8>, InvalidLetter> {
        let payload = Payload {
            kind: self.kind.id().to_owned(),
            to: self.to.as_str().to_owned(),
            locale: self.locale.as_str().to_owned(),
            username: self.username.clone(),
            at: self.at.as_millis(),
            token: self.token.as_ref().map(|token| token.expose().to_owned()),
            detail: self.detail.clone(),
        };
        serde_json::to_vec(&payload).map_err(|_| InvalidLetter)
    }

    /// The letter that a text is.
    pub(super) fn read(text: &[u8]) -> Result<Self, InvalidLetter> {
        let payload: Payload = serde_json::from_slice(text).map_err(|_| InvalidLetter)?;
        Ok(Self {
            kind: MailKind::from_id(&payload.kind).ok_or(InvalidLetter)?,
            to: Email::parse(&payload.to).map_err(|_| InvalidLetter)?,
            locale: Locale::parse(&payload.locale).map_err(|_| InvalidLetter)?,
            username: payload.username,
            at: Timestamp::from_millis(payload.at),
            token: payload.token.as_deref().map(Token::presented),
            detail: payload.detail,
        })
    }
}
