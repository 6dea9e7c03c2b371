//! What settings must be like, beyond their types.

use secrecy::ExposeSecret;
use url::Url;

use super::{Config, ConfigError, FilesDriver, SameSite};

impl Config {
    pub(super) fn checked(self) -> Result<Self, ConfigError> {
        let rules = [
            self.site_url_is_wrong(),
            self.cors_is_wrong(),
            self.cookies_are_wrong(),
            self.store_is_wrong(),
            self.locale_is_wrong(),
            self.files_are_wrong(),
            self.idle_is_wrong(),
            self.domains_are_wrong(),
            self.floors_are_wrong(),
            self.mail_is_wrong(),
            self.second_factor_is_wrong(),
            self.numbers_are_wrong(),
        ];
        let wrong: Vec<_> = rules.into_iter().flatten().collect();
        if wrong.is_empty() { Ok(self) } else { Err(ConfigError::Wrong(wrong)) }
    }

    /// Address of the service as people see it.
    #[must_use]
    pub fn site_url(&self) -> String {
        if self.server.site_url.is_empty() {
            format!("http://{}", self.server.listen)
        } else {
            self.server.site_url.trim_end_matches('/').to_owned()
        }
    }

    fn site_url_is_wrong(&self) -> Option<String> {
        let parsed = Url::parse(&self.site_url());
        let is_right = parsed.is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
        });
        (!is_right).then(|| {
            "server.site_url: it must be an http:// or https:// address without query, such as https://users.example.test".to_owned()
        })
    }

    fn cors_is_wrong(&self) -> Option<String> {
        let origins = &self.server.cors_origins;
        if self.server.cors_credentials && origins.iter().any(|origin| origin == "*") {
            return Some(
                "server.cors_origins: \"*\" together with cors_credentials would let every site act for its visitors; list the origins"
                    .to_owned(),
            );
        }
        let is_origin =
            |origin: &String| origin == "*" || Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == **origin);
        let odd = origins.iter().find(|origin| !is_origin(origin))?;
        Some(format!("server.cors_origins: {odd} is no origin; write scheme, host and port alone, such as https://chat.example.test"))
    }

    /// Who need not show that he reads mail at an address can claim one of any domain.
    fn domains_are_wrong(&self) -> Option<String> {
        let accounts = &self.accounts;
        let is_restricted = !(accounts.restrict_domains.trim().is_empty() && accounts.restrict_guest_domains.trim().is_empty());
        (is_restricted && !accounts.require_verified_email).then(|| {
            "accounts.restrict_domains: an address that nobody has verified may be anybody's; set accounts.require_verified_email to true, \
             or leave restrict_domains and restrict_guest_domains empty"
                .to_owned()
        })
    }

    /// An answer that waits longer than a request may take is none.
    fn floors_are_wrong(&self) -> Option<String> {
        let most = self.server.request_timeout_secs.saturating_mul(1000);
        let floors =
            [("accounts.refused_sign_in_ms", self.accounts.refused_sign_in_ms), ("mail.answer_floor_ms", self.mail.answer_floor_ms)];
        let (setting, _) = floors.into_iter().find(|(_, floor)| *floor >= most)?;
        Some(format!("{setting}: it must be less than server.request_timeout_secs, which is {most} ms; no answer would come in time"))
    }

    fn cookies_are_wrong(&self) -> Option<String> {
        let needs_https = self.cookies.same_site == SameSite::None && !self.site_url().starts_with("https://");
        needs_https.then(|| "cookies.same_site: \"none\" works over https alone; set server.site_url to an https:// address".to_owned())
    }

    fn store_is_wrong(&self) -> Option<String> {
        let url = self.store.url.expose_secret();
        let is_known =
            self.store.url_file.is_some() || ["sqlite://", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        (!is_known).then(|| "store.url: it must begin with sqlite:// or postgres://".to_owned())
    }

    fn locale_is_wrong(&self) -> Option<String> {
        let known = muster_domain::locale::Locale::supported().contains(&self.accounts.default_locale.as_str());
        (!known).then(|| format!("accounts.default_locale: it must be one of {}", muster_domain::locale::Locale::supported().join(", ")))
    }

    fn files_are_wrong(&self) -> Option<String> {
        let files = &self.files;
        if files.driver != FilesDriver::S3 {
            return None;
        }
        if !(3..=63).contains(&files.s3_bucket.len()) {
            return Some("files.s3_bucket: with files.driver \"s3\" it must name a bucket, of 3 to 63 characters".to_owned());
        }
        let is_http = files.s3_endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
        (is_http && !files.s3_allow_http).then(|| {
            "files.s3_endpoint: it is http, which shows pictures and the key's use to the network; set an https:// address, or s3_allow_http".to_owned()
        })
    }

    fn idle_is_wrong(&self) -> Option<String> {
        // Use is written down every five minutes: below that, who is busy would seem idle.
        let is_wrong = !matches!(self.sessions.idle_minutes, 0 | 10..=525_600);
        is_wrong.then(|| "sessions.idle_minutes: it must be 0, or from 10 to 525600".to_owned())
    }

    fn second_factor_is_wrong(&self) -> Option<String> {
        let wanted = &self.second_factor;
        if wanted.enforced && !wanted.enabled {
            return Some(
                "second_factor.enforced: nobody can activate one while second_factor.enabled is false; set both, or neither".to_owned(),
            );
        }
        (wanted.issuer.len() > 64 || wanted.issuer.contains(':'))
            .then(|| "second_factor.issuer: it has at most 64 bytes and no colon, which code generators can't show".to_owned())
    }

    /// What code generators call the service: the host that people see, without the `www.` that says nothing.
    #[must_use]
    pub fn factor_issuer(&self) -> String {
        if !self.second_factor.issuer.is_empty() {
            return self.second_factor.issuer.clone();
        }
        let host = Url::parse(&self.site_url()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        host.strip_prefix("www.").unwrap_or(&host).to_owned()
    }

    fn numbers_are_wrong(&self) -> Option<String> {
        let within = |name: &str, value: u64, least: u64, most: u64| {
            (!(least..=most).contains(&value)).then(|| format!("{name}: it must be from {least} to {most}"))
        };
        let wide = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        [
            within("passwords.minimum_length", wide(self.passwords.minimum_length), 5, 72),
            within("accounts.max_failed_sign_ins", self.accounts.max_failed_sign_ins.into(), 1, 1_000_000),
            within("accounts.refused_sign_in_ms", self.accounts.refused_sign_in_ms, 0, 10_000),
            within("accounts.sessions_per_user", self.accounts.sessions_per_user.into(), 1, 100_000),
            within("sessions.web_hours", self.sessions.web_hours, 1, 876_000),
            within("sessions.mobile_hours", self.sessions.mobile_hours, 1, 876_000),
            within("sessions.sso_hours", self.sessions.sso_hours, 1, 876_000),
            within("tokens.per_user", self.tokens.per_user.into(), 1, 10_000),
            within("tokens.max_days", self.tokens.max_days, 0, 36_500),
            within("sessions.absolute_days", self.sessions.absolute_days, 1, 36_500),
            within("sessions.retention_days", self.sessions.retention_days, 1, 36_500),
            within("files.picture_bytes", wide(self.files.picture_bytes), 1024, 104_857_600),
            within("files.picture_pixels", self.files.picture_pixels, 16_384, 268_435_456),
            within("store.connections", wide(self.store.connections), 1, 1000),
            within("store.readers", wide(self.store.readers), 1, 64),
            within("store.statement_timeout_secs", self.store.statement_timeout_secs, 1, 3600),
            within("store.wait_timeout_secs", self.store.wait_timeout_secs, 1, 3600),
            within("server.request_timeout_secs", self.server.request_timeout_secs, 1, 3600),
            within("server.body_timeout_secs", self.server.body_timeout_secs, 1, 3600),
            within("limits.sign_in_per_address_per_minute", self.limits.sign_in_per_address_per_minute.into(), 1, 1_000_000),
            within("limits.sign_in_per_account_per_minute", self.limits.sign_in_per_account_per_minute.into(), 1, 1_000_000),
            within("limits.sign_up_per_address_per_hour", self.limits.sign_up_per_address_per_hour.into(), 1, 1_000_000),
            within("limits.unknown_tokens_per_address_per_minute", self.limits.unknown_tokens_per_address_per_minute.into(), 1, 1_000_000),
            within("limits.mail_per_address_per_hour", self.limits.mail_per_address_per_hour.into(), 1, 1_000_000),
            within("limits.mail_per_recipient_per_hour", self.limits.mail_per_recipient_per_hour.into(), 1, 1_000_000),
            within("mail.timeout_secs", self.mail.timeout_secs, 1, 600),
            within("mail.connections", self.mail.connections.into(), 1, 64),
            within("mail.max_tries", self.mail.max_tries.into(), 1, 1000),
            within("mail.retention_days", self.mail.retention_days, 1, 36_500),
            within("mail.answer_floor_ms", self.mail.answer_floor_ms, 0, 10_000),
        ]
        .into_iter()
        .flatten()
        .reduce(|all, next| format!("{all}\n{next}"))
    }
}
