//! Starting, and what a running service shows to its operator.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::client::{get, sign_in, sign_up};
use crate::muster::{Place, free_address};

/// Far more than a start takes, on a machine that does other things too.
const GENEROUS: Duration = Duration::from_secs(10);

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn nothing_needs_to_be_configured() {
    let place = Place::bare();

    let service = place.serve();

    let data = place.folder().join("data");
    assert_eq!(std::fs::read_dir(place.folder()).unwrap().count(), 1);
    assert_eq!((mode(&data), mode(&data.join("muster.key")), mode(&data.join("muster.db"))), (0o700, 0o600, 0o600));
    let printed = service.running.printed();
    assert!(printed.contains(&format!("http://{}", service.address)), "{printed}");
    assert!(printed.contains("The first account becomes admin"), "{printed}");
    let made = sign_up(service.address, "ada").unwrap();
    assert_eq!((made.status, &made.json()["roles"]), (201, &"system_admin system_user".into()));
}

#[test]
fn a_second_start_finds_everything_and_is_quick() {
    let place = Place::bare();
    let first = place.serve();
    sign_up(first.address, "ada").unwrap();
    let token = sign_in(first.address, "ada", crate::client::PASSWORD).token();
    first.stop().succeeded();

    let began = Instant::now();
    let second = place.serve();
    let took = began.elapsed();

    println!("ready after {took:?}");
    assert!(took < GENEROUS, "{took:?}");
    assert_eq!(get(second.address, "/api/v4/users/me", &token).status, 200);
    assert_eq!(second.running.printed().lines().count(), 1, "no next step: {}", second.running.printed());
}

#[test]
fn a_taken_port_is_told_before_anything_is_made() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();

    let failed = place.spawn(&["serve"], &[("MUSTER_SERVER__LISTEN", address.to_string())], "").ended();

    let told = failed.sentence();
    assert!(told.starts_with(&format!("can't listen on {address}: another program listens there; stop it")), "{told}");
    assert!(told.contains("server.listen"), "{told}");
    assert!(!place.folder().join("data").exists());
}

#[test]
fn a_taken_port_of_the_metrics_is_told_by_its_own_name() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = Place::new().set("server.listen", free_address()).set("server.admin_listen", taken.local_addr().unwrap());

    let failed = place.run(&["serve"]);

    assert!(failed.sentence().contains("server.admin_listen"), "{failed:?}");
}

#[test]
fn a_file_in_the_folders_way_is_told() {
    let place = Place::new().set("server.listen", free_address());
    std::fs::write(place.folder().join("data"), "a file").unwrap();

    let failed = place.run(&["serve"]);

    let told = failed.sentence();
    assert!(told.starts_with("the folder ") && told.contains("/data can't be made or written to"), "{told}");
    assert!(told.contains("let the user that runs Muster write there, or choose another place"), "{told}");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let place = Place::new().set("server.listen", free_address()).set("store.url", "sqlite://notes.txt");
    std::fs::write(place.folder().join("notes.txt"), "notes ".repeat(1000)).unwrap();

    let failed = place.run(&["serve"]);

    assert!(failed.sentence().contains("notes.txt is no SQLite database: move it away"), "{failed:?}");
}

#[test]
fn where_the_first_account_is_no_admin_the_command_that_makes_one_is_shown() {
    let place = Place::new().set("accounts.first_is_admin", "no");

    let service = place.serve();

    let printed = service.running.printed();
    assert!(printed.contains("muster user create --system-admin"), "{printed}");
    assert_eq!(sign_up(service.address, "ada").unwrap().status, 403);
}

#[test]
fn secrets_reach_no_core_dump() {
    let place = Place::new();
    let service = place.serve();

    let limits = std::fs::read_to_string(format!("/proc/{}/limits", service.running.child.id())).unwrap();

    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{line}");
}

#[test]
fn logs_are_for_programs_where_nobody_looks_on() {
    let place = Place::new();
    let service = place.serve();

    let ended = service.stop();

    let lines: Vec<Value> = ended.log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["level"].is_string() && line["timestamp"].is_string()), "{lines:?}");
    let has = |message: &str| lines.iter().any(|line| line["message"] == message);
    assert!(has("applied a migration") && has("made a root key; back it up together with the database") && has("stopped"), "{lines:?}");
}

#[test]
fn metrics_are_on_their_own_listener_alone() {
    let metrics = free_address();
    let place = Place::new().set("server.admin_listen", metrics);
    let service = place.serve();
    sign_up(service.address, "ada").unwrap();

    let page = get(metrics, "/metrics", "");

    assert_eq!(page.status, 200);
    assert!(page.text.contains("muster_requests_total{operation=\"CreateUser\",status=\"201\"} 1"), "{}", page.text);
    assert_eq!(get(service.address, "/metrics", "").status, 404);
    assert_eq!(get(metrics, "/api/v4/users/me", "").status, 404);
}

#[test]
fn health_tells_whether_the_service_can_serve() {
    let mut place = Place::new();
    let service = place.serve();
    place.change("server.listen", service.address);

    let healthy = place.run(&["health"]);
    service.stop();
    let ill = place.run(&["health"]);

    assert_eq!(healthy.succeeded(), "ready\n");
    assert!(ill.sentence().starts_with(&format!("the service does not answer on {}", service_address(&place))), "{ill:?}");
}

fn service_address(place: &Place) -> String {
    let shown = place.run(&["config", "show"]).succeeded();
    let line = shown.lines().find_map(|line| line.strip_prefix("listen = \"")).unwrap();
    line.split('"').next().unwrap().to_owned()
}

#[test]
fn every_command_explains_itself() {
    let place = Place::bare();
    let commands = [
        "",
        "serve",
        "migrate",
        "user",
        "user create",
        "user set-password",
        "config",
        "config check",
        "config show",
        "mail",
        "mail list",
        "mail retry",
        "secrets",
        "secrets rotate",
        "seed",
        "health",
    ];
    for command in commands {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = place.run(&arguments);
        assert!(!help.log.contains("panicked"), "{command}: {help:?}");
        let text = help.succeeded();
        assert!(text.contains("Usage: muster"), "{command}: {text}");
        assert!(!command.is_empty() || text.contains("Examples:\n  muster serve"), "{text}");
    }
}

#[test]
fn a_command_that_nobody_knows_is_no_panic() {
    let failed = Place::bare().run(&["dance"]);

    assert_eq!(failed.code, Some(2), "{failed:?}");
    assert!(failed.log.contains("dance") && !failed.log.contains("panicked"), "{failed:?}");
}
