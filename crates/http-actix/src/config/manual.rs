//! The settings as people read of them, held to `docs/settings.md`.

use std::fmt::Write as _;

use super::DEFAULTS;

/// The reference server's settings that ours answer to; those of ours that are not here fail the test below.
const REFERENCE: &[(&str, &str)] = &[
    ("server.listen", "ServiceSettings.ListenAddress"),
    ("server.site_url", "ServiceSettings.SiteURL"),
    ("server.admin_listen", "MetricsSettings.ListenAddress"),
    ("server.trusted_proxies", "ServiceSettings.TrustedProxyIPHeader"),
    ("server.shutdown_secs", ""),
    ("server.body_timeout_secs", "ServiceSettings.ReadTimeout"),
    ("server.request_timeout_secs", "ServiceSettings.WriteTimeout"),
    ("server.cors_origins", "ServiceSettings.AllowCorsFrom"),
    ("server.cors_credentials", "ServiceSettings.CorsAllowCredentials"),
    ("server.local_socket", "ServiceSettings.LocalModeSocketLocation"),
    ("store.url", "SqlSettings.DataSource"),
    ("store.url_file", ""),
    ("store.migrate", ""),
    ("store.connections", "SqlSettings.MaxOpenConns"),
    ("store.statement_timeout_secs", "SqlSettings.QueryTimeout"),
    ("store.wait_timeout_secs", ""),
    ("store.connect_wait_secs", ""),
    ("store.ca_file", ""),
    ("store.readers", ""),
    ("store.synchronous", ""),
    ("secrets.key", "SqlSettings.AtRestEncryptKey"),
    ("secrets.key_file", ""),
    ("secrets.previous_keys", ""),
    ("accounts.open_sign_up", "TeamSettings.EnableOpenServer"),
    ("accounts.first_is_admin", ""),
    ("accounts.max_failed_sign_ins", "ServiceSettings.MaximumLoginAttempts"),
    ("accounts.lock_for_ever", ""),
    ("accounts.refused_sign_in_ms", ""),
    ("accounts.known_devices", ""),
    ("accounts.guest_magic_links", "GuestAccountsSettings.EnableGuestMagicLink"),
    ("accounts.require_verified_email", "EmailSettings.RequireEmailVerification"),
    ("passwords.refuse_guessable", ""),
    ("security.fresh_for_minutes", ""),
    ("second_factor.enabled", "ServiceSettings.EnableMultifactorAuthentication"),
    ("second_factor.enforced", "ServiceSettings.EnforceMultifactorAuthentication"),
    ("second_factor.enforced_for_guests", "GuestAccountsSettings.EnforceMultifactorAuthentication"),
    ("second_factor.issuer", ""),
    ("mail.smtp_host", "EmailSettings.SMTPServer"),
    ("mail.smtp_port", "EmailSettings.SMTPPort"),
    ("mail.security", "EmailSettings.ConnectionSecurity"),
    ("mail.username", "EmailSettings.SMTPUsername"),
    ("mail.password", "EmailSettings.SMTPPassword"),
    ("mail.password_file", ""),
    ("mail.from", "EmailSettings.FeedbackEmail"),
    ("mail.site_name", "TeamSettings.SiteName"),
    ("mail.timeout_secs", "EmailSettings.SMTPServerTimeout"),
    ("mail.connections", ""),
    ("mail.max_tries", ""),
    ("mail.retention_days", ""),
    ("mail.verify_addresses", ""),
    ("mail.answer_floor_ms", ""),
    ("limits.mail_per_address_per_hour", ""),
    ("limits.mail_per_recipient_per_hour", ""),
    ("accounts.default_locale", "LocalizationSettings.DefaultClientLocale"),
    ("accounts.show_email_address", "PrivacySettings.ShowEmailAddress"),
    ("accounts.show_full_name", "PrivacySettings.ShowFullName"),
    ("accounts.sessions_per_user", ""),
    ("accounts.reveal_mfa", "ServiceSettings.DisableLegacyMFA, turned round"),
    ("accounts.allow_sign_up", "TeamSettings.EnableUserCreation"),
    ("accounts.restrict_domains", "TeamSettings.RestrictCreationToDomains"),
    ("accounts.restrict_guest_domains", "GuestAccountsSettings.RestrictCreationToDomains"),
    ("accounts.allow_own_deactivation", "TeamSettings.EnableUserDeactivation"),
    ("accounts.allow_permanent_deletion", "ServiceSettings.EnableAPIUserDeletion"),
    ("accounts.stop_bots_with_owner", "ServiceSettings.DisableBotsWhenOwnerIsDeactivated"),
    ("accounts.name_format", "TeamSettings.TeammateNameDisplay"),
    ("passwords.minimum_length", "PasswordSettings.MinimumLength"),
    ("passwords.require_lowercase", "PasswordSettings.Lowercase"),
    ("passwords.require_uppercase", "PasswordSettings.Uppercase"),
    ("passwords.require_number", "PasswordSettings.Number"),
    ("passwords.require_symbol", "PasswordSettings.Symbol"),
    ("passwords.memory_kib", ""),
    ("passwords.passes", ""),
    ("passwords.lanes", ""),
    ("passwords.threads", ""),
    ("passwords.queue", ""),
    ("sessions.web_hours", "ServiceSettings.SessionLengthWebInHours"),
    ("sessions.mobile_hours", "ServiceSettings.SessionLengthMobileInHours"),
    ("sessions.sso_hours", "ServiceSettings.SessionLengthSSOInHours"),
    ("sessions.extend_with_activity", "ServiceSettings.ExtendSessionLengthWithActivity"),
    ("sessions.idle_minutes", "ServiceSettings.SessionIdleTimeoutInMinutes"),
    ("sessions.absolute_days", ""),
    ("sessions.retention_days", ""),
    ("tokens.enabled", "ServiceSettings.EnableUserAccessTokens"),
    ("tokens.per_user", ""),
    ("tokens.max_days", "ServiceSettings.MaximumPersonalAccessTokenLifetimeDays"),
    ("tokens.marked", ""),
    ("tokens.make_tokens", ""),
    ("files.driver", "FileSettings.DriverName"),
    ("files.folder", "FileSettings.Directory"),
    ("files.picture_bytes", "FileSettings.MaxFileSize"),
    ("files.picture_pixels", "FileSettings.MaxImageResolution"),
    ("files.s3_endpoint", "FileSettings.AmazonS3Endpoint"),
    ("files.s3_region", "FileSettings.AmazonS3Region"),
    ("files.s3_bucket", "FileSettings.AmazonS3Bucket"),
    ("files.s3_prefix", "FileSettings.AmazonS3PathPrefix"),
    ("files.s3_key_id", "FileSettings.AmazonS3AccessKeyId"),
    ("files.s3_secret", "FileSettings.AmazonS3SecretAccessKey"),
    ("files.s3_secret_file", ""),
    ("files.s3_path_style", ""),
    ("files.s3_allow_http", "FileSettings.AmazonS3SSL, turned round"),
    ("cookies.same_site", ""),
    ("limits.enabled", "RateLimitSettings.Enable"),
    ("limits.sign_in_per_address_per_minute", "RateLimitSettings.PerSec"),
    ("limits.sign_in_per_account_per_minute", ""),
    ("limits.sign_up_per_address_per_hour", ""),
    ("limits.unknown_tokens_per_address_per_minute", ""),
    ("compat.reference_status_codes", ""),
    ("log.level", "LogSettings.ConsoleLevel"),
    ("log.format", "LogSettings.ConsoleJson"),
];

/// What the end of a name says of the value's unit.
const UNITS: &[(&str, &str)] = &[
    ("_ms", "milliseconds"),
    ("_secs", "seconds"),
    ("_minutes", "minutes"),
    ("_hours", "hours"),
    ("_days", "days"),
    ("_bytes", "bytes"),
    ("_length", "bytes"),
    ("_kib", "KiB"),
    ("_pixels", "pixels"),
    ("_per_minute", "a minute"),
    ("_per_hour", "an hour"),
];

/// One setting.
struct Setting {
    name: String,
    default: String,
    told: String,
}

/// The settings of the defaults, in order, each with the remark above it; those without one of their own share the one before.
fn settings() -> Vec<Setting> {
    let (mut section, mut told, mut is_over, mut all) = (String::new(), String::new(), true, Vec::new());
    for line in DEFAULTS.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some(remark) = line.strip_prefix("# ") {
            if std::mem::take(&mut is_over) {
                told.clear();
            }
            let gap = if told.is_empty() { "" } else { " " };
            let _ = write!(told, "{gap}{remark}");
        } else if let Some((key, value)) = line.split_once(" = ") {
            is_over = true;
            all.push(Setting { name: format!("{section}.{key}"), default: value.to_owned(), told: told.clone() });
        } else {
            is_over = true;
            told.clear();
        }
    }
    all
}

fn unit(setting: &Setting) -> &'static str {
    let by_name = UNITS.iter().find(|(end, _)| setting.name.ends_with(end)).map(|(_, unit)| *unit);
    by_name.unwrap_or(match setting.default.as_bytes().first() {
        Some(b't' | b'f') => "yes or no",
        Some(b'[') => "list",
        Some(b'"') => "text",
        _ => "number",
    })
}

fn reference(setting: &Setting) -> &'static str {
    let (_, name) = REFERENCE.iter().find(|(ours, _)| *ours == setting.name).unwrap_or_else(|| {
        panic!("{} is not in the list of config/manual.rs: name the reference's setting, or \"\"", setting.name);
    });
    name
}

fn printed() -> String {
    let mut text = String::from(
        "# Settings\n\nPrinted from `crates/http-actix/src/config/defaults.toml`; a test holds the two together. A file given by `--config` is \
         read over the defaults, then the environment: `MUSTER_SECTION__KEY`, such as `MUSTER_SERVER__LISTEN`. `muster config show` tells \
         what counts and where it came from.\n\n\"Answers to\" names the setting of the reference server that means the same or nearly so; it is \
         empty where there is none.\n",
    );
    let mut section = "";
    let all = settings();
    for setting in &all {
        let (of, key) = setting.name.split_once('.').unwrap_or_default();
        if of != section {
            section = of;
            let _ = write!(text, "\n## {section}\n\n| setting | default | unit | answers to | what it means |\n|{}\n", " --- |".repeat(5));
        }
        let code = |text: &str| if text.is_empty() { String::new() } else { format!("`{text}`") };
        let cells = [code(key), code(&setting.default), unit(setting).to_owned(), code(reference(setting)), setting.told.clone()];
        let _ = writeln!(text, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    text
}

#[test]
fn the_printed_settings_are_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
    if std::env::var_os("MUSTER_PRINT_SETTINGS").is_some() {
        std::fs::write(path, printed()).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(held, printed(), "print it again with MUSTER_PRINT_SETTINGS=1 cargo test -p muster-http-actix --lib the_printed_settings");
}

#[test]
fn every_setting_is_told_of_and_every_name_is_a_setting() {
    let all = settings();
    assert!(all.iter().all(|setting| setting.told.len() > 3), "a setting has no remark");
    for (name, _) in REFERENCE {
        assert!(all.iter().any(|setting| setting.name == *name), "{name} is no setting");
    }
    let read: figment::value::Dict = toml_dict();
    let known: usize = read.values().filter_map(|section| section.as_dict()).map(figment::value::Dict::len).sum();
    assert_eq!(all.len(), known);
}

fn toml_dict() -> figment::value::Dict {
    use figment::providers::{Format, Toml};
    figment::Figment::from(Toml::string(DEFAULTS)).extract().unwrap()
}
