//! Settings: refused by name, shown with their sources, secrets hidden.

use crate::muster::{Ended, Place, free_address};

fn checked(place: &Place) -> Ended {
    place.run(&["config", "check"])
}

fn file(place: &Place, text: &str) -> Ended {
    std::fs::write(place.folder().join("muster.toml"), text).unwrap();
    place.run(&["config", "check", "--config", "muster.toml"])
}

#[test]
fn an_unknown_setting_of_the_environment_is_refused_by_its_name() {
    let place = Place::new().set("server.listen", free_address()).set("server.listn", "canary");

    for command in ["serve", "migrate", "health"] {
        let failed = place.run(&[command]);
        let told = failed.sentence();
        assert!(told.starts_with("server.listn: there is no such setting; correct it to one of listen, "), "{told}");
        assert!(told.ends_with("(from MUSTER_SERVER__LISTN)") && !told.contains("canary"), "{told}");
    }
    assert_eq!(std::fs::read_dir(place.folder()).unwrap().count(), 0);
}

#[test]
fn an_unknown_setting_of_the_file_is_refused_by_its_name() {
    let failed = file(&Place::new(), "[accounts]\nopen_signup = true\n");

    let told = failed.sentence();
    assert!(told.starts_with("accounts.open_signup: there is no such setting"), "{told}");
    assert!(told.contains("open_sign_up") && told.contains("(from ") && told.contains("muster.toml"), "{told}");
}

#[test]
fn an_unknown_section_is_refused_by_its_name() {
    let failed = checked(&Place::new().set("serve.listen", "canary"));

    assert!(failed.sentence().starts_with("serve: there is no such setting"), "{failed:?}");
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_told_by_its_name() {
    let place = Place::new();

    let missing = place.run(&["config", "show", "--config", "nowhere.toml"]);
    let broken = file(&place, "[secrets]\nkey = \"canary\n");

    let told = missing.sentence();
    assert!(told.starts_with("the settings file ") && told.contains("nowhere.toml can't be used: No such file"), "{told}");
    let told = broken.sentence();
    assert!(told.contains("muster.toml can't be used: TOML parse error at line 2"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

#[test]
fn a_value_of_another_form_is_told_without_being_repeated() {
    let told = |setting: &str, value: &str| checked(&Place::new().set(setting, value)).sentence().to_owned();

    assert!(
        told("server.listen", "localhost:80").contains("an IP address and a port, such as 127.0.0.1:8065 (from MUSTER_SERVER__LISTEN)")
    );
    assert!(told("store.connections", "many").starts_with("store.connections: it must be a whole number"));
    assert!(told("accounts.first_is_admin", "perhaps").contains("it must be one of yes, no, local"));
    assert!(told("log.level", "loud").contains("it must be one of error, warn, info, debug, trace"));
    assert!(told("server.trusted_proxies", "5").contains("it must be a list, or a text with commas between its items"));
    for (setting, value) in
        [("store", "postgres://u:canary@h/d"), ("secrets", "canary"), ("secrets.key", "canary"), ("secrets.key", "[canary]")]
    {
        let told = told(setting, value);
        assert!(told.starts_with(setting) && !told.contains("canary"), "{told}");
    }
}

#[test]
fn switches_take_true_and_false_for_yes_and_no() {
    for value in ["true", "false", "yes", "no", "local"] {
        checked(&Place::new().set("accounts.first_is_admin", value)).succeeded();
    }
}

#[test]
fn settings_are_shown_with_their_sources_and_without_secrets() {
    let place = Place::bare()
        .set("server.listen", "127.0.0.1:8066")
        .set("store.url", "postgres://muster:canary@db.example.test/muster?sslmode=require")
        .set("secrets.previous_keys", "canary-one,canary-two")
        .set("secrets.kye", "canary");
    std::fs::write(
        place.folder().join("muster.toml"),
        "[server]\nlisten = \"127.0.0.1:1\"\nshutdown_secs = 7\n[secrets]\nkey = \"canary\"\n",
    )
    .unwrap();

    let shown = place.run(&["--config", "muster.toml", "config", "show"]).succeeded();

    assert!(!shown.contains("canary"), "{shown}");
    let line = |start: &str| shown.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
    assert_eq!(line("listen"), "listen = \"127.0.0.1:8066\"  # from MUSTER_SERVER__LISTEN");
    assert!(line("shutdown_secs").starts_with("shutdown_secs = 7  # from ") && line("shutdown_secs").ends_with("muster.toml"));
    assert_eq!(line("body_timeout_secs"), "body_timeout_secs = 15  # default");
    assert!(line("url ").contains("postgres://muster:hidden@db.example.test/muster?sslmode=require"), "{shown}");
    assert!(line("key ").starts_with("key = \"(hidden)\"  # from "));
    assert_eq!(line("kye"), "kye = \"(hidden)\"  # from MUSTER_SECRETS__KYE, there is no such setting");
}

#[test]
fn usable_settings_pass_the_check_which_makes_nothing() {
    let place = Place::new();

    assert_eq!(checked(&place).succeeded(), "the settings can be used\n");

    assert_eq!(std::fs::read_dir(place.folder()).unwrap().count(), 0);
}

#[test]
fn what_a_start_would_refuse_the_check_refuses_too() {
    let wrong = [
        ("passwords.passes", "99", "passes are 1 to 16"),
        ("store.url", "mysql://h/d", "store.url: it must begin with sqlite://"),
        ("store.url", "sqlite://", "store.url: sqlite:// needs a path"),
        ("store.url", "postgres://u:p@h:port/d", "store.url is not the URL of a PostgreSQL database"),
        ("store.url", "postgres://u:p@h/d", "secrets.key: PostgreSQL needs a key"),
        ("store.url_file", "nowhere", "store.url_file: nowhere can't be read"),
        ("secrets.key", "c2hvcnQ=", "secrets.key: a key is 32 random bytes in base64, but this text stands for 5 bytes"),
        ("secrets.key_file", "nowhere", "the key file nowhere can't be read"),
        ("secrets.previous_keys", "c2hvcnQ=", "secrets.previous_keys: a key is 32 random bytes"),
    ];
    for (setting, value, expected) in wrong {
        let failed = checked(&Place::new().set(setting, value));
        assert!(failed.sentence().contains(expected), "{setting}: {failed:?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let failed = checked(&Place::new().set("accounts.default_locale", "xx").set("store.readers", 0).set("passwords.minimum_length", 1));

    assert_eq!(failed.code, Some(1));
    for name in ["accounts.default_locale: ", "store.readers: ", "passwords.minimum_length: "] {
        assert!(failed.log.contains(name), "{failed:?}");
    }
}

#[test]
fn postgres_without_a_key_is_refused_before_it_is_asked() {
    let place = Place::new().set("server.listen", free_address()).set("store.url", format!("postgres://u@{}/d", free_address()));

    let failed = place.run(&["serve"]);

    assert!(failed.sentence().starts_with("secrets.key: PostgreSQL needs a key that all nodes share"), "{failed:?}");
    assert!(failed.sentence().contains("openssl rand -base64 32"), "{failed:?}");
    assert!(!failed.log.contains("does not answer"), "{failed:?}");
}
