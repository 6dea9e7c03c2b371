//! A letter as people read it.

use askama::Template;
use chrono::DateTime;
use muster_domain::locale::Locale;
use muster_domain::mail::{Letter, MailKind};
use muster_domain::time::Timestamp;
use url::Url;

use crate::words::Language;

/// The address of the service can't be the beginning of links.
#[derive(Debug, thiserror::Error)]
#[error("the site's address is no URL that links can begin with")]
pub struct InvalidSite;

/// Writes letters out. Links begin with the site's address, whatever a request said.
#[derive(Debug, Clone)]
pub struct Writer {
    site: String,
    name: String,
    default: Language,
}

/// A mail as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// What both forms of a mail show.
#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    language: &'a str,
    subject: &'a str,
    greeting: &'a str,
    paragraphs: &'a [String],
    action: Option<&'a (String, String)>,
    closing: &'a str,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Text<'a> {
    greeting: &'a str,
    paragraphs: &'a [String],
    action: Option<&'a (String, String)>,
    closing: &'a str,
}

impl Writer {
    /// A writer for the site of an address, called by a name, with a language for readers of others.
    ///
    /// # Errors
    ///
    /// [`InvalidSite`] when the address is no `http` or `https` URL.
    pub fn new(site: &str, name: &str, default: &Locale) -> Result<Self, InvalidSite> {
        let url = Url::parse(site).map_err(|_| InvalidSite)?;
        if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
            return Err(InvalidSite);
        }
        let name = if name.is_empty() { url.host_str().unwrap_or_default() } else { name };
        let default = Language::of(default.as_str()).unwrap_or(Language::English);
        Ok(Self { site: site.trim_end_matches('/').to_owned(), name: name.to_owned(), default })
    }

    /// Writes a letter out.
    pub(crate) fn write(&self, letter: &Letter) -> Result<Page, askama::Error> {
        let language = Language::of(letter.locale.as_str()).unwrap_or(self.default);
        let (words, frame) = (language.words(letter.kind), language.frame());
        let fill = |text: &str| self.filled(text, letter);
        let subject = fill(words.subject);
        let paragraphs: Vec<_> = words.paragraphs.iter().map(|paragraph| fill(paragraph)).collect();
        let action = words.action.zip(self.link(letter)).map(|(label, link)| (fill(label), link));
        let (greeting, closing) = (fill(frame.greeting), fill(frame.closing));
        let (greeting, closing, action) = (greeting.as_str(), closing.as_str(), action.as_ref());
        let html = Html { language: language.tag(), subject: &subject, greeting, paragraphs: &paragraphs, action, closing }.render()?;
        let text = Text { greeting, paragraphs: &paragraphs, action, closing }.render()?;
        Ok(Page { subject, text, html })
    }

    /// Where a letter's link leads.
    fn link(&self, letter: &Letter) -> Option<String> {
        let token = letter.token.as_ref()?.expose();
        let site = &self.site;
        match letter.kind {
            MailKind::Reset => Some(format!("{site}/reset_password_complete?token={token}")),
            MailKind::Verification => {
                let email: String = url::form_urlencoded::byte_serialize(letter.to.as_str().as_bytes()).collect();
                Some(format!("{site}/do_verify_email?token={token}&email={email}"))
            }
            MailKind::MagicLink => Some(format!("{site}/landing#/login/one_time_link?t={token}")),
            MailKind::EmailLeft => Some(format!("{site}/undo_email_change?token={token}")),
            MailKind::SignsInElsewhere
            | MailKind::NewDevice
            | MailKind::PasswordChanged
            | MailKind::EmailArrived
            | MailKind::FactorOn
            | MailKind::FactorOff
            | MailKind::RecoveryCodeUsed
            | MailKind::RecoveryCodesMade
            | MailKind::TokenMade
            | MailKind::TokenEnabled
            | MailKind::SignInMethodChanged
            | MailKind::RolesRaised
            | MailKind::AccountEnded
            | MailKind::UsernameChanged => None,
        }
    }

    /// A text with what stands for its names. What is filled in is not looked through again: somebody else may have written it.
    fn filled(&self, text: &str, letter: &Letter) -> String {
        let mut parts = text.split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap_or((part, ""));
            match name {
                "site" => filled.push_str(&self.name),
                "user" => filled.push_str(&letter.username),
                "time" => filled.push_str(&time(letter.at)),
                "detail" => filled.push_str(&plain(letter.detail.as_deref().unwrap_or_default())),
                _ => {}
            }
            filled.push_str(rest);
        }
        filled
    }
}

/// Most characters of what somebody wrote that a mail repeats.
const LONGEST_DETAIL: usize = 120;

/// What somebody wrote, on one line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_DETAIL).collect()
}

fn time(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.as_millis()).map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests;
