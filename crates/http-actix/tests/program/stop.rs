//! Being stopped, and being killed.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::ScopedJoinHandle;

use crate::client::{PASSWORD, get, missing, sign_in, sign_up};
use crate::muster::{Place, Service, free_address};
use crate::poll;

/// Sign-ins that run or wait when the service is told to stop.
const RUNNING: usize = 4;
/// How often they are started, until they are seen at work all together.
const ROUNDS: u32 = 20;
/// Accounts acknowledged before the service is killed.
const BEFORE: u32 = 100;

/// What became of sign-ins that ran or waited when the service was told to stop, and whether that found any still at it; nothing when
/// they were done before all had begun.
fn stopped_meanwhile(service: &Service, metrics: SocketAddr) -> Option<(Vec<u16>, bool)> {
    let address = service.address;
    std::thread::scope(|threads| {
        let sign_ins: Vec<_> = (0..RUNNING).map(|_| threads.spawn(move || sign_in(address, "ada", PASSWORD).status)).collect();
        let all_wait = format!("muster_password_queue {}\n", RUNNING - 1);
        let have_begun = poll::until("one sign-in runs and the others wait", || {
            let have_ended = sign_ins.iter().all(ScopedJoinHandle::is_finished);
            get(metrics, "/metrics", "").text.contains(&all_wait).then_some(true).or(have_ended.then_some(false))
        });
        if !have_begun {
            return None;
        }
        service.running.terminate();
        poll::until("new connections are refused", || TcpStream::connect(address).is_err().then_some(()));
        let some_run = sign_ins.iter().any(|sign_in| !sign_in.is_finished());
        Some((sign_ins.into_iter().map(|thread| thread.join().unwrap()).collect(), some_run))
    })
}

#[test]
fn what_runs_is_finished_and_nothing_new_is_begun() {
    let metrics = free_address();
    let place = Place::new().set("passwords.memory_kib", 64 * 1024).set("passwords.passes", 4).set("passwords.threads", 1);
    let place = place.set("server.admin_listen", metrics);
    let service = place.serve();
    sign_up(service.address, "ada").unwrap();

    let (statuses, some_run) = (0..ROUNDS).find_map(|_| stopped_meanwhile(&service, metrics)).unwrap();
    let ended = service.running.ended();

    assert_eq!(statuses, [201; RUNNING]);
    assert!(some_run, "every sign-in had ended before the service listened no more");
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn a_service_that_has_just_started_stops_in_order() {
    let place = Place::new();
    place.serve().stop().succeeded();

    for _ in 0..5 {
        let service = place.start();
        poll::until("it listens", || TcpStream::connect(service.address).is_ok().then_some(()));
        assert_eq!(service.stop().code, Some(0));
    }
}

#[test]
fn a_killed_service_loses_nothing_acknowledged() {
    let place = Place::new().set("accounts.open_sign_up", true);
    let mut service = place.serve();
    sign_up(service.address, "ada").unwrap();
    let token = sign_in(service.address, "ada", PASSWORD).token();
    let (address, count, is_over) = (service.address, AtomicU32::new(0), AtomicBool::new(false));

    let names: Vec<String> = std::thread::scope(|threads| {
        let sign_ups = |writer: u32| {
            let names = (0..10_000).map(|number| format!("user{writer}x{number}"));
            let names = names.take_while(|_| !is_over.load(Ordering::SeqCst));
            let acknowledged = |name: &String| sign_up(address, name).is_ok_and(|reply| reply.status == 201);
            names.filter(acknowledged).inspect(|_| _ = count.fetch_add(1, Ordering::SeqCst)).collect::<Vec<_>>()
        };
        let writers: Vec<_> = (0..4).map(|writer| threads.spawn(move || sign_ups(writer))).collect();
        poll::until("enough accounts were acknowledged", || (count.load(Ordering::SeqCst) >= BEFORE).then_some(()));
        service.running.child.kill().unwrap();
        is_over.store(true, Ordering::SeqCst);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });

    let service = place.serve();
    assert!(names.len() >= BEFORE as usize);
    assert_eq!(missing(service.address, &token, &names), Vec::<String>::new());
    assert_eq!(sign_in(service.address, names.last().unwrap(), PASSWORD).status, 201);
}

/// The files of the store's folder, other than pictures.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder.join("data")).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_stopped_service_leaves_one_file_that_holds_everything() {
    let whole = ["muster.db", "muster.db.lock", "muster.key"].map(str::to_owned).into();
    let place = Place::new();
    for round in 0..5 {
        let service = place.serve();
        if round == 0 {
            sign_up(service.address, "ada").unwrap();
        }
        sign_in(service.address, "ada", PASSWORD).token();
        assert!(files(place.folder()).contains("muster.db-wal"));

        service.stop().succeeded();

        assert_eq!(files(place.folder()), whole, "after round {round}");
    }
    place.run(&["mail", "list"]).succeeded();
    assert_eq!(files(place.folder()), whole, "after a command");
    place.run(&["migrate"]).succeeded();
    assert_eq!(files(place.folder()), whole, "after a command that asks the writer alone");
}
