//! The root key: kept from others, checked, replaced.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use crate::client::{PASSWORD, get, sign_in, sign_up};
use crate::muster::{Place, free_address};
use crate::poll;

const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NEW: &str = "//////////////////////////////////////////8=";
const OTHER: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let place = Place::new().set("server.listen", free_address());
    place.serve().stop().succeeded();
    let key = place.folder().join("data/muster.key");
    std::fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();

    let failed = place.run(&["serve"]);
    std::fs::set_permissions(&key, Permissions::from_mode(0o400)).unwrap();
    let mended = place.serve().stop();

    let told = failed.sentence();
    assert_eq!(told, "the key file data/muster.key can be read by others (mode 640); run chmod 600 on it");
    mended.succeeded();
}

#[test]
fn a_file_of_a_secret_that_others_can_read_is_refused() {
    let smtp = |place: Place| place.set("mail.smtp_host", "smtp.test").set("mail.from", "a@crew.test").set("mail.username", "users");
    let s3 = |place: Place| place.set("files.driver", "s3").set("files.s3_bucket", "bucket").set("files.s3_key_id", "k");
    let settings: [(&str, &dyn Fn(Place) -> Place); 3] =
        [("store.url_file", &|place| place), ("mail.password_file", &smtp), ("files.s3_secret_file", &s3)];
    for (setting, others) in settings {
        let place = others(Place::new()).set(setting, "secret");
        let secret = place.folder().join("secret");
        std::fs::write(&secret, "sqlite://canary.db").unwrap();
        std::fs::set_permissions(&secret, Permissions::from_mode(0o604)).unwrap();

        let refused = place.run(&["config", "check"]);
        std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
        let taken = place.run(&["config", "check"]);

        assert_eq!(refused.sentence(), format!("{setting}: secret can be read by others (mode 604); run chmod 600 on it"));
        taken.succeeded();
    }
}

#[test]
fn a_key_file_that_holds_something_else_is_told_without_its_text() {
    let place = Place::new().set("server.listen", free_address());
    place.serve().stop().succeeded();
    std::fs::write(place.folder().join("data/muster.key"), "canary, no key").unwrap();

    let failed = place.run(&["serve"]);

    let told = failed.sentence();
    assert!(told.starts_with("the key file data/muster.key: a key is 32 random bytes in base64"), "{told}");
    assert!(told.contains("put it back from a backup") && !failed.log.contains("canary"), "{failed:?}");
}

#[test]
fn a_named_key_file_is_used_and_none_is_made() {
    let place = Place::new().set("secrets.key_file", "root-key");
    std::fs::write(place.folder().join("root-key"), format!("{OLD}\n")).unwrap();
    std::fs::set_permissions(place.folder().join("root-key"), Permissions::from_mode(0o600)).unwrap();

    place.serve().stop().succeeded();

    assert!(!place.folder().join("data/muster.key").exists());
}

#[test]
fn a_wrong_key_is_refused_and_the_right_one_still_works() {
    let mut place = Place::new().set("server.listen", free_address()).set("secrets.key", OLD);
    place.serve().stop().succeeded();

    place.change("secrets.key", OTHER);
    let failed = [place.run(&["serve"]), place.run(&["secrets", "rotate"]), place.run(&["seed", "--users", "1"])];
    place.change("secrets.key", OLD);
    let mended = place.serve().stop();

    for failed in failed {
        let told = failed.sentence();
        assert!(told.starts_with("the root key is not the one this store was made with; set secrets.key to that one"), "{told}");
        assert!(told.contains("secrets.previous_keys") && !failed.log.contains(OTHER), "{failed:?}");
    }
    mended.succeeded();
}

#[test]
fn a_lost_key_file_is_told_and_no_other_takes_its_place() {
    let place = Place::new().set("server.listen", free_address());
    place.serve().stop().succeeded();
    let (key, backup) = (place.folder().join("data/muster.key"), place.folder().join("backup"));
    std::fs::rename(&key, &backup).unwrap();

    let failed = place.run(&["serve"]);

    let told = failed.sentence();
    assert!(told.starts_with("the key file data/muster.key is missing") && told.contains("put it back from a backup"), "{told}");
    assert!(!key.exists());
    std::fs::rename(&backup, &key).unwrap();
    place.serve().stop().succeeded();
}

#[test]
fn sessions_go_on_under_a_new_key() {
    let mut place = Place::new().set("secrets.key", OLD);
    let service = place.serve();
    sign_up(service.address, "ada").unwrap();
    let tokens = [sign_in(service.address, "ada", PASSWORD).token(), sign_in(service.address, "ada", PASSWORD).token()];
    service.stop().succeeded();

    place.change("secrets.key", NEW);
    place.change("secrets.previous_keys", OLD);
    let rotated = place.run(&["secrets", "rotate"]).succeeded();
    assert!(
        rotated.starts_with("the store now belongs to the new key\nstill stored under former keys: 2 sessions, 0 access tokens;"),
        "{rotated}"
    );
    let service = place.serve();
    for token in &tokens {
        assert_eq!(get(service.address, "/api/v4/users/me", token).status, 200);
    }
    let rest = poll::until("both sessions have moved", || {
        let told = place.run(&["secrets", "rotate"]).succeeded();
        told.contains("needs the former keys any more").then_some(told)
    });
    service.stop().succeeded();
    place.change("secrets.previous_keys", "");
    let service = place.serve();

    assert!(rest.starts_with("the store belongs to the current key already\n"), "{rest}");
    for token in &tokens {
        assert_eq!(get(service.address, "/api/v4/users/me", token).status, 200);
    }
}
