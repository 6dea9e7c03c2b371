//! Languages of the interface.

/// Languages that the clients ship; a new account gets one of them.
const SUPPORTED: [&str; 22] = [
    "de", "en", "en-AU", "es", "fr", "it", "hu", "nl", "pl", "pt-BR", "ro", "sv", "vi", "tr", "bg", "ru", "uk", "fa", "ko", "zh-CN",
    "zh-TW", "ja",
];

/// Two-letter codes of ISO 639-1, in alphabetical order.
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el \
en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl \
km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa \
pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur \
uz ve vi vo wa wo xh yi yo za zh zu";

/// A language tag of BCP 47 that has at most 5 bytes, or nothing for the service's default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locale(String);

/// A text that names no language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a locale is empty or a language tag of at most 5 bytes, such as de or pt-BR")]
pub struct InvalidLocale;

impl Locale {
    /// Reads a tag.
    ///
    /// # Errors
    ///
    /// [`InvalidLocale`] for an unknown language, a malformed region or more than 5 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidLocale> {
        let (language, region) = text.split_once(['-', '_']).map_or((text, None), |(l, r)| (l, Some(r)));
        let known = LANGUAGES.split(' ').any(|code| code.eq_ignore_ascii_case(language));
        let placed = region.is_none_or(|r| r.len() == 2 && r.bytes().all(|b| b.is_ascii_alphabetic()));
        (text.is_empty() || known && placed).then(|| Self(text.to_owned())).ok_or(InvalidLocale)
    }

    /// The wanted language if the clients ship it, else the default.
    #[must_use]
    pub fn supported_or(wanted: &str, default: &Self) -> Self {
        if SUPPORTED.contains(&wanted) { Self(wanted.to_owned()) } else { default.clone() }
    }

    /// The tag; empty for the default.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Languages that the clients ship.
    #[must_use]
    pub const fn supported() -> &'static [&'static str] {
        &SUPPORTED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_languages_are_read() {
        for text in ["", "de", "DE", "en-AU", "en_US", "fr-FR"] {
            assert!(Locale::parse(text).is_ok(), "{text}");
        }
        for text in ["xx", "en-USA", "e", "en-", "en-1", "xx-nonsense", "d\0"] {
            assert!(Locale::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_shipped_language_is_a_locale() {
        assert!(SUPPORTED.iter().all(|tag| Locale::parse(tag).is_ok()));
    }

    #[test]
    fn a_new_account_gets_a_shipped_language() {
        let english = Locale::parse("en").unwrap();
        assert_eq!(Locale::supported_or("zh-TW", &english).as_str(), "zh-TW");
        assert_eq!(Locale::supported_or("fr-FR", &english).as_str(), "en");
    }
}
