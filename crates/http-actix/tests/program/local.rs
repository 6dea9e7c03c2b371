//! The local socket as a file: who may reach it, what was there before, what is left.

use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::muster::Place;
use crate::socket;

/// A place whose service listens on a socket, and the socket's path.
pub(crate) fn place() -> (Place, PathBuf) {
    let place = Place::new().set("server.local_socket", "run/muster.socket");
    let path = place.folder().join("run/muster.socket");
    (place, path)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn answers(path: &Path) -> bool {
    socket::call(path, "GET /api/v4/system/ping", &Value::Null).is_ok_and(|reply| reply.status == 200)
}

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_service() {
    let (place, path) = place();

    let service = place.serve();

    assert!(path.metadata().unwrap().file_type().is_socket() && answers(&path));
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    service.stop().succeeded();
    assert!(!path.exists());
}

#[test]
fn without_the_setting_there_is_no_socket() {
    let place = Place::new();
    let _service = place.serve();

    assert_eq!(std::fs::read_dir(place.folder()).unwrap().count(), 1, "the store's folder alone");
}

#[test]
fn a_folder_that_others_may_enter_is_refused() {
    for open in [0o755, 0o711, 0o770, 0o750, 0o701] {
        let (place, path) = place();
        let folder = path.parent().unwrap();
        std::fs::DirBuilder::new().mode(0o700).create(folder).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(open)).unwrap();

        let failed = place.start().running.ended();

        let told = failed.sentence();
        assert!(told.starts_with("server.local_socket: run/muster.socket lies in a folder that others may enter"), "{told}");
        assert!(told.contains("chmod 700 run"), "{told}");
        assert!(!path.exists() && !place.folder().join("data").exists(), "nothing is made");
    }
}

#[test]
fn a_socket_of_a_program_that_was_killed_is_replaced() {
    let (place, path) = place();
    let mut killed = place.serve();
    killed.running.child.kill().unwrap();
    killed.running.child.wait().unwrap();
    assert!(path.exists() && !answers(&path));

    let _service = place.serve();

    assert!(answers(&path));
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let (place, path) = place();
    std::fs::DirBuilder::new().mode(0o700).create(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "precious").unwrap();

    let failed = place.start().running.ended();

    assert!(failed.sentence().contains("is a file and no socket"), "{failed:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn a_socket_that_another_program_listens_on_is_left_to_it() {
    let (place, path) = place();
    let first = place.serve();

    let failed = place.start().running.ended();

    assert!(failed.sentence().contains("is listened on by another program"), "{failed:?}");
    assert!(answers(&path), "the first goes on");
    first.stop().succeeded();
    let other = UnixListener::bind(&path).unwrap();
    assert!(place.start().running.ended().sentence().contains("is listened on by another program"));
    drop(other);
}

#[test]
fn a_path_that_can_be_no_sockets_is_told() {
    for path in ["x".repeat(300), format!("run/{}", "x".repeat(120)), "/proc/muster/socket".to_owned()] {
        let place = Place::new().set("server.local_socket", &path);

        let failed = place.start().running.ended();

        assert!(failed.sentence().starts_with("server.local_socket: "), "{failed:?}");
    }
}
