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

const fn says(subject: &'static str, paragraphs: &'static [&'static str], action: Option<&'static str>) -> Words {
    Words { subject, paragraphs, action }
}

/// What every letter begins and ends with.
pub(crate) struct Frame {
    pub(crate) greeting: &'static str,
    pub(crate) closing: &'static str,
}

/// All that is said in one language.
struct Letters {
    frame: Frame,
    ways_in: WaysIn,
    account: AccountNews,
    factors: FactorNews,
    tokens: TokenNews,
}

/// Letters about ways in.
struct WaysIn {
    reset: Words,
    signs_in_elsewhere: Words,
    verification: Words,
    magic_link: Words,
    new_device: Words,
    sign_in_method_changed: Words,
}

/// Letters about what becomes of an account.
struct AccountNews {
    password_changed: Words,
    email_arrived: Words,
    email_left: Words,
    roles_raised: Words,
    account_ended: Words,
    username_changed: Words,
}

/// Letters about second factors.
struct FactorNews {
    factor_on: Words,
    factor_off: Words,
    recovery_code_used: Words,
    recovery_codes_made: Words,
}

/// Letters about access tokens.
struct TokenNews {
    token_made: Words,
    token_enabled: Words,
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

    const fn letters(self) -> &'static Letters {
        match self {
            Self::English => &english::LETTERS,
            Self::German => &german::LETTERS,
            Self::Spanish => &spanish::LETTERS,
            Self::French => &french::LETTERS,
            Self::Japanese => &japanese::LETTERS,
        }
    }

    pub(crate) const fn words(self, kind: MailKind) -> &'static Words {
        let Letters { ways_in, account, factors, tokens, .. } = self.letters();
        match kind {
            MailKind::Reset => &ways_in.reset,
            MailKind::SignsInElsewhere => &ways_in.signs_in_elsewhere,
            MailKind::Verification => &ways_in.verification,
            MailKind::MagicLink => &ways_in.magic_link,
            MailKind::NewDevice => &ways_in.new_device,
            MailKind::SignInMethodChanged => &ways_in.sign_in_method_changed,
            MailKind::PasswordChanged => &account.password_changed,
            MailKind::EmailArrived => &account.email_arrived,
            MailKind::EmailLeft => &account.email_left,
            MailKind::RolesRaised => &account.roles_raised,
            MailKind::AccountEnded => &account.account_ended,
            MailKind::UsernameChanged => &account.username_changed,
            MailKind::FactorOn => &factors.factor_on,
            MailKind::FactorOff => &factors.factor_off,
            MailKind::RecoveryCodeUsed => &factors.recovery_code_used,
            MailKind::RecoveryCodesMade => &factors.recovery_codes_made,
            MailKind::TokenMade => &tokens.token_made,
            MailKind::TokenEnabled => &tokens.token_enabled,
        }
    }

    pub(crate) const fn frame(self) -> &'static Frame {
        &self.letters().frame
    }
}
