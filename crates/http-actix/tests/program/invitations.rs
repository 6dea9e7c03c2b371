//! Invitations that are made at the machine.

use serde_json::{Value, json};

use crate::client::{self, PASSWORD};
use crate::local::place;
use crate::socket;

const CREW: [&str; 5] = ["invite", "--team", "crew", "--email", "eve@example.test"];

#[test]
fn a_link_from_the_machine_opens_one_account() {
    let (place, path) = place();
    let service = place.serve();
    let team = json!({ "name": "crew", "display_name": "Crew", "type": "I" });
    assert_eq!(socket::call(&path, "POST /api/v4/teams", &team).unwrap().status, 201);

    let told = place.run(&CREW).succeeded();

    let (link, rest) = told.split_once('\n').unwrap();
    assert_eq!(rest, "The link opens one account, for eve@example.test alone, within 48 hours.\n");
    let token = link.split_once("/signup_user_complete/?t=").unwrap().1;
    assert!(link.starts_with("http://") && token.len() >= 26, "{link}");
    let sign_up = |name: &str| {
        let body = json!({ "username": name, "email": "eve@example.test", "password": PASSWORD });
        client::call(service.address, &format!("POST /api/v4/users?t={token}"), "", &body).unwrap()
    };
    let made = sign_up("eve");
    assert_eq!((made.status, &made.json()["email_verified"]), (201, &json!(true)), "{}", made.text);
    let again = sign_up("eva");
    assert_eq!((again.status, again.json()["id"].as_str()), (404, Some("api.user.create_user.signup_link_invalid.app_error")));
    let team = socket::call(&path, "GET /api/v4/teams/name/crew", &Value::Null).unwrap().json()["id"].as_str().unwrap().to_owned();
    let members = socket::call(&path, &format!("GET /api/v4/users?in_team={team}"), &Value::Null).unwrap().json();
    assert_eq!(members[0]["username"], "eve");
    let log = service.running.log();
    assert!(!log.contains(token) && !log.contains("eve@example.test"), "{log}");
}

#[test]
fn a_guest_is_invited_to_channels() {
    let (place, path) = place();
    let service = place.serve();
    let team = json!({ "name": "crew", "display_name": "Crew", "type": "I" });
    socket::call(&path, "POST /api/v4/teams", &team).unwrap();
    // The first account of all is an admin's, whoever opens it.
    client::sign_up(service.address, "ada").unwrap();
    let guest = [&CREW[..], &["--guest"]].concat();

    let nowhere = place.run(&guest);
    let told = place.run(&[&guest[..], &["--channel", "off-topic"]].concat()).succeeded();

    assert!(nowhere.sentence().contains("a guest is invited to channels"), "{nowhere:?}");
    let token = told.lines().next().unwrap().split_once("?t=").unwrap().1;
    let body = json!({ "username": "eve", "email": "eve@example.test", "password": PASSWORD });
    let made = client::call(service.address, &format!("POST /api/v4/users?t={token}"), "", &body).unwrap();
    assert_eq!((made.status, &made.json()["roles"]), (201, &json!("system_guest")), "{}", made.text);
}

#[test]
fn a_guest_is_let_in_by_the_link_itself_where_guests_sign_in_by_links() {
    let (place, path) = place();
    let guest = [&CREW[..], &["--guest", "--magic-link", "--channel", "off-topic"]].concat();
    let service = place.serve();
    socket::call(&path, "POST /api/v4/teams", &json!({ "name": "crew", "display_name": "Crew", "type": "I" })).unwrap();
    let refused = place.run(&guest);
    service.stop().succeeded();
    let place = place.set("accounts.guest_magic_links", true).set("mail.smtp_host", "127.0.0.1").set("mail.from", "crew@example.test");
    let service = place.serve();

    let told = place.run(&guest).succeeded();

    assert!(refused.sentence().contains("guests don't sign in by links here"), "{refused:?}");
    let (link, rest) = told.split_once('\n').unwrap();
    assert_eq!(rest, "The link lets one guest in, as eve@example.test, within 48 hours and without a password.\n");
    let token = link.split_once("/landing#/login/one_time_link?t=").unwrap().1;
    let body = json!({ "magic_link_token": token });
    let entered = client::call(service.address, "POST /api/v4/users/login", "", &body).unwrap();
    assert_eq!((entered.status, &entered.json()["roles"]), (201, &json!("system_guest")), "{}", entered.text);
    assert!(!service.running.log().contains(token));
}

#[test]
fn what_is_in_an_invitations_way_is_told() {
    let (place, path) = place();
    let _service = place.serve();
    socket::call(&path, "POST /api/v4/teams", &json!({ "name": "crew", "display_name": "Crew", "type": "I" })).unwrap();
    for (arguments, sentence) in [
        (&["--team", "other", "--email", "eve@example.test"][..], "there is no team of that name"),
        (&["--team", "crew", "--email", "eve@example.test", "--channel", "other"], "the team has no channel of that name"),
        (&["--team", "crew", "--email", "eve"], "the e-mail address has the form name@domain"),
    ] {
        let failed = place.run(&[&["invite"], arguments].concat());

        assert_eq!(failed.sentence(), sentence);
    }
}
