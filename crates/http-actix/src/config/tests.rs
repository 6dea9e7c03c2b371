//! Settings as an operator writes them.

use figment::providers::{Format, Toml};

use super::*;

fn over_defaults(toml: &str) -> Figment {
    Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(toml))
}

fn refused(toml: &str) -> String {
    Config::read(&over_defaults(toml)).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_settings() {
    let config = Config::read(&over_defaults("")).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8065");
    assert_eq!(config.site_url(), "http://127.0.0.1:8065");
    assert!(!config.accounts.open_sign_up && config.limits.enabled);
}

#[test]
fn an_unknown_setting_is_refused_by_its_name() {
    let told = refused("[server]\nlistn = \"127.0.0.1:1\"");
    assert!(told.contains("listn") && told.contains("server"), "{told}");
}

#[test]
fn lists_may_be_texts_with_commas() {
    let config = Config::read(&over_defaults("[server]\ntrusted_proxies = \"127.0.0.0/8, ::1/128\"")).unwrap();
    assert_eq!(config.server.trusted_proxies.len(), 2);
    assert!(refused("[server]\ntrusted_proxies = \"nonsense\"").contains("nonsense"));
}

#[test]
fn what_would_be_unsafe_or_useless_is_refused() {
    assert!(refused("[server]\ncors_origins = [\"*\"]\ncors_credentials = true").contains("cors_origins"));
    assert!(refused("[server]\ncors_origins = [\"https://a.test/path\"]").contains("no origin"));
    assert!(refused("[cookies]\nsame_site = \"none\"").contains("same_site"));
    assert!(refused("[server]\nsite_url = \"users.example.test\"").contains("site_url"));
    assert!(refused("[store]\nurl = \"mysql://x\"").contains("store.url"));
    assert!(refused("[passwords]\nminimum_length = 80").contains("minimum_length"));
    assert!(refused("[accounts]\ndefault_locale = \"xx\"").contains("default_locale"));
    assert!(refused("[sessions]\nidle_minutes = 9").contains("sessions.idle_minutes"));
    assert!(refused("[tokens]\nper_user = 0").contains("tokens.per_user"));
}

#[test]
fn what_needs_something_else_is_refused_without_it() {
    let mail = "[mail]\nsmtp_host = \"127.0.0.1\"\nfrom = \"crew@example.test\"\n";
    for (toml, setting) in [
        ("[accounts]\nrestrict_domains = \"example.test\"".to_owned(), "require_verified_email"),
        ("[accounts]\nrestrict_guest_domains = \"example.test\"".to_owned(), "require_verified_email"),
        ("[accounts]\nrequire_verified_email = true".to_owned(), "mail.smtp_host"),
        ("[accounts]\nguest_magic_links = true".to_owned(), "mail.smtp_host"),
        ("[accounts]\nrefused_sign_in_ms = 30000".to_owned(), "accounts.refused_sign_in_ms"),
        ("[server]\nrequest_timeout_secs = 1\n[mail]\nanswer_floor_ms = 1000".to_owned(), "mail.answer_floor_ms"),
    ] {
        assert!(refused(&toml).contains(setting), "{toml}");
    }
    let all = "[accounts]\nrestrict_domains = \"example.test\"\nrequire_verified_email = true\nguest_magic_links = true";
    Config::read(&over_defaults(&format!("{mail}{all}"))).unwrap();
}

#[test]
fn what_is_shown_hides_secrets() {
    let text = shown(&over_defaults(
        "[secrets]\nkey = \"canary\"\nprevious_keys = [\"canary\"]\n[store]\nurl = \"postgres://u:canary@h/d?password=canary\"",
    ))
    .unwrap();
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("postgres://u:hidden@h/d"), "{text}");
}

#[test]
fn a_wrong_value_is_not_repeated() {
    let secrets = [
        "store = \"postgres://u:canary@h/d\"",
        "secrets = \"canary\"",
        "[secrets]\nkey = { canary = 1 }",
        "[secrets]\nprevious_keys = { canary = 1 }",
        "[secrets]\nkey = \"canary",
    ];
    for toml in secrets {
        let told = refused(toml);
        assert!(!told.contains("canary") && !told.contains('\n'), "{told}");
    }
    assert!(refused("[server]\nlisten = \"localhost:8065\"").contains("such as 127.0.0.1:8065"));
    assert!(refused("[store]\nconnections = \"many\"").contains("store.connections: it must be a whole number"));
}

#[test]
fn what_is_shown_hides_secrets_in_wrong_places() {
    for toml in [
        "[secrets]\nkye = \"canary\"",
        "[store]\nuri = \"canary\"",
        "[canary_section]\nkey = \"canary\"",
        "[store]\nurl = \"postgres://u:12/canary@h/d\"",
        "[store]\nurl = \"postgres://u:12?canary@h/d\"",
        "[store]\nurl = \"postgres://u:12#canary@h/d\"",
    ] {
        let text = shown(&over_defaults(toml)).unwrap();
        assert!(!text.contains("canary\""), "{text}");
        assert!(!text.contains("canary@"), "{text}");
    }
    assert!(shown(&over_defaults("[secrets]\nkye = \"x\"")).unwrap().contains("there is no such setting"));
}
