//! What letters say, in each language.

use muster_domain::mail::MailKind;

mod english;
mod french;
mod german;
mod japanese;
mod spanish;

/// What one kind of letter says. `{site}`, `{user}`, `{time}` and `{detail}` are filled in.
pub(crate) struct Words {
    pub(crate) subject: &'static str,
    pub(crate) paragraphs: &'static [&'static str],
    /// What the link is called, where there is one.
    pub(crate) action: Option<&'static str>,
}

/// What every letter begins and ends with.
pub(crate) struct Frame {
    pub(crate) greeting: &'static str,
    pub(crate) closing: &'static str,
}

/// A language that letters are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    Spanish,
    French,
    Japanese,
}

impl Language {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 5] = [Self::English, Self::German, Self::Spanish, Self::French, Self::Japanese];

    /// The language of a locale, whatever its region.
    pub(crate) fn of(locale: &str) -> Option<Self> {
        let language = locale.split(['-', '_']).next().unwrap_or_default();
        match language.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            "es" => Some(Self::Spanish),
            "fr" => Some(Self::French),
            "ja" => Some(Self::Japanese),
            _ => None,
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Japanese => "ja",
        }
    }

    pub(crate) const fn words(self, kind: MailKind) -> Words {
        match self {
            Self::English => english::words(kind),
            Self::German => german::words(kind),
            Self::Spanish => spanish::words(kind),
            Self::French => french::words(kind),
            Self::Japanese => japanese::words(kind),
        }
    }

    pub(crate) const fn frame(self) -> &'static Frame {
        match self {
            Self::English => &english::FRAME,
            Self::German => &german::FRAME,
            Self::Spanish => &spanish::FRAME,
            Self::French => &french::FRAME,
            Self::Japanese => &japanese::FRAME,
        }
    }
}
