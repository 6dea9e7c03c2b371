//! Trying a text as everything that lets somebody in.

use std::collections::BTreeSet;

use muster_domain::access_token::is_misspelt;
use muster_domain::factor::FactorCode;
use muster_domain::id::ID_LENGTH;
use muster_domain::one_time;
use muster_domain::port::Purpose;
use serde_json::{Value, json};

use super::app::{PASSWORD, TestApp};

/// Codes and devices that one unit of work tries.
const AT_ONCE: usize = 500;

/// What a text may let somebody in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The token of a session, or an access token.
    Bearer,
    /// What a link in a mail carries.
    Link,
    /// A code that stands in for a second factor.
    RecoveryCode,
    /// What a browser shows so that no stranger's guesses lock its owner out.
    Device,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Bearer, Self::Link, Self::RecoveryCode, Self::Device];

    /// Whether any secret of the kind is so long.
    pub(crate) const fn has_length(self, length: usize) -> bool {
        match self {
            // With the mark and the check, or without.
            Self::Bearer => length == ID_LENGTH || length == ID_LENGTH + 11,
            Self::Link => length == one_time::LENGTH,
            // As it is read, with a dash or more in it or none.
            Self::RecoveryCode => length < 32,
            Self::Device => length == ID_LENGTH,
        }
    }

    /// Whether a text has the form of a secret of the kind; others are the hash of none.
    pub(crate) fn could_be(self, text: &str) -> bool {
        match self {
            Self::Bearer => self.has_length(text.len()) && (text.len() == ID_LENGTH || text.starts_with("mus_") && !is_misspelt(text)),
            Self::Link | Self::Device => self.has_length(text.len()),
            // The parser is asked for what is left without dashes alone: it is slow.
            Self::RecoveryCode => {
                text.bytes().filter(u8::is_ascii_alphanumeric).count() == 16 && matches!(FactorCode::parse(text), FactorCode::Recovery(_))
            }
        }
    }
}

/// The first of the texts that lets somebody in, or stands in for what does.
pub(crate) async fn first_that_opens(app: &TestApp, kind: Kind, texts: BTreeSet<String>) -> Option<String> {
    let texts: Vec<_> = texts.into_iter().collect();
    match kind {
        Kind::Bearer | Kind::Link => {
            for text in texts {
                let opens = if kind == Kind::Bearer { is_bearer(app, &text).await } else { is_link(app, &text).await };
                if opens {
                    return Some(text);
                }
            }
            None
        }
        // Who tries these signs in with the right password each time: the store is asked for many at once.
        Kind::RecoveryCode | Kind::Device => {
            for some in texts.chunks(AT_ONCE) {
                if is_held(app, kind, some).await {
                    return if let [one] = some { Some(one.clone()) } else { Some(format!("one of {some:?}")) };
                }
            }
            None
        }
    }
}

async fn is_bearer(app: &TestApp, text: &str) -> bool {
    app.get("/api/v4/users/me").bearer(text).send().await.status == 200
}

async fn is_link(app: &TestApp, text: &str) -> bool {
    let is_taken = async |path: &str, body: Value| app.post(path, &body).send().await.status < 300;
    is_taken("/api/v4/users/email/verify", json!({ "token": text })).await
        || is_taken("/api/v4/users/password/reset", json!({ "code": text, "new_password": PASSWORD })).await
        || is_taken("/api/v4/users/login", json!({ "magic_link_token": text })).await
}

/// Whether anybody's recovery code or known device is among the texts. Nothing is used up: the unit of work is dropped.
async fn is_held(app: &TestApp, kind: Kind, texts: &[String]) -> bool {
    let mut work = app.store().begin().await.unwrap();
    let users = work.users().ids_after(None, 9).await.unwrap();
    let purpose = if kind == Kind::Device { Purpose::KnownDevice } else { Purpose::RecoveryCode };
    let plain = |text: &String| match FactorCode::parse(text) {
        FactorCode::Recovery(code) if kind == Kind::RecoveryCode => code.expose().to_owned(),
        _ => text.clone(),
    };
    let hashes: Vec<_> = texts.iter().flat_map(|text| app.keys().candidates(purpose, &plain(text))).collect();
    let mut is_held = false;
    for user in &users {
        is_held |= match kind {
            Kind::Device => work.known_devices().is_known(user, &hashes).await.unwrap(),
            _ => work.factors().redeem_recovery_code(user, &hashes).await.unwrap(),
        };
    }
    is_held
}
