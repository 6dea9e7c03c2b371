//! Accounts that are made at the machine.

use crate::client::{PASSWORD, get, missing, sign_in};
use crate::muster::{Ended, Place};

fn create(place: &Place, name: &str, email: &str, password: &str) -> Ended {
    let arguments = ["user", "create", "--system-admin", "--username", name, "--email", email];
    place.spawn(&arguments, &[], &format!("{password}\n")).ended()
}

#[test]
fn an_admin_is_made_with_a_password_from_standard_input() {
    let place = Place::new();

    let made = create(&place, "ada", "ada@example.test", PASSWORD);

    assert!(!made.log.contains(PASSWORD) && !made.printed.contains(PASSWORD), "{made:?}");
    let told = made.succeeded();
    assert!(told.starts_with("made ada with the id ") && told.ends_with("and the roles system_admin system_user\n"), "{told}");
    let service = place.serve();
    assert_eq!(sign_in(service.address, "ada", PASSWORD).json()["roles"], "system_admin system_user");
}

#[test]
fn a_password_is_no_argument() {
    let place = Place::new();
    let arguments = ["user", "create", "--username", "ada", "--email", "ada@example.test", "--password", PASSWORD];

    let failed = place.run(&arguments);

    assert_eq!(failed.code, Some(2), "{failed:?}");
    assert!(failed.log.contains("unexpected argument '--password'") && !failed.log.contains(PASSWORD), "{failed:?}");
    assert_eq!(std::fs::read_dir(place.folder()).unwrap().count(), 0);
}

#[test]
fn what_breaks_a_rule_is_refused_with_the_rule() {
    let place = Place::new();
    create(&place, "ada", "ada@example.test", PASSWORD).succeeded();

    let weak = create(&place, "bob", "bob@example.test", "canary");
    let empty = create(&place, "bob", "bob@example.test", "");
    let long = create(&place, "bob", "bob@example.test", &"canary".repeat(200));
    let name = create(&place, "ADA", "bob@example.test", PASSWORD);
    let email = create(&place, "bob", "Ada@Example.test", PASSWORD);
    let form = create(&place, "b o b", "bob@example.test", PASSWORD);

    for failed in [&weak, &empty] {
        assert_eq!(failed.sentence(), "the password is refused: a password has at least 8 bytes; choose another");
    }
    assert_eq!(long.sentence(), "the password is refused: a password has at most 72 bytes; choose another");
    assert!([&weak, &long].iter().all(|failed| !failed.log.contains("canary")));
    assert_eq!(name.sentence(), "another account has this username; choose another");
    assert_eq!(email.sentence(), "another account has this mail address; choose another");
    assert!(form.sentence().starts_with("the username has 1 to 64 "), "{form:?}");
}

#[test]
fn a_password_set_at_the_machine_ends_sessions_of_a_running_service() {
    let place = Place::new();
    create(&place, "ada", "ada@example.test", PASSWORD).succeeded();
    let service = place.serve();
    let token = sign_in(service.address, "ada", PASSWORD).token();
    let set =
        |name: &str, password: &str| place.spawn(&["user", "set-password", "--username", name], &[], &format!("{password}\r\n")).ended();

    let weak = set("ada", "canary");
    let unknown = set("bob", PASSWORD);
    assert_eq!(get(service.address, "/api/v4/users/me", &token).status, 200);
    let done = set("ada", "another password");

    assert_eq!(weak.sentence(), "the password is refused: a password has at least 8 bytes; choose another");
    assert_eq!(unknown.sentence(), "there is no account of that name");
    assert_eq!(done.succeeded(), "the password is set, the account's sessions have ended\n");
    assert_eq!(get(service.address, "/api/v4/users/me", &token).status, 401);
    assert_eq!(sign_in(service.address, "ada", PASSWORD).status, 401);
    assert_eq!(sign_in(service.address, "ada", "another password").status, 201);
}

#[test]
fn an_empty_store_is_seeded_and_a_used_one_is_not() {
    let place = Place::new();

    let told = place.run(&["seed", "--users", "2000", "--ids-file", "ids"]).succeeded();
    let again = place.run(&["seed", "--users", "1"]);

    let password = told.trim().strip_prefix("seed000001 to seed002000 sign in with the password ").unwrap();
    assert_eq!(std::fs::read_to_string(place.folder().join("ids")).unwrap().lines().count(), 2000);
    assert!(again.sentence().starts_with("the store has accounts already; seed an empty one"), "{again:?}");
    let service = place.serve();
    let token = sign_in(service.address, "seed000001", password).token();
    let names: Vec<String> = [1, 1000, 2000].iter().map(|number| format!("seed{number:06}")).collect();
    assert_eq!(missing(service.address, &token, &names), Vec::<String>::new());
}
