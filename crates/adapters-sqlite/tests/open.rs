//! Files that can't be opened, and files that can.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/fresh.rs"]
mod fresh;

use std::path::Path;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use fresh::{fresh_store, options};
use muster_adapters_sqlite::{OpenError, SqliteStore};

/// Names the file to a process that migrates it.
const FILE: &str = "MUSTER_TEST_MIGRATED_FILE";
const ALL: [&str; 8] = [
    "2026-11-24-000001_foundation",
    "2026-11-25-000002_accounts_and_directory",
    "2026-11-26-000001_long_lists_and_searches",
    "2026-11-26-000003_mail_and_one_time_tokens",
    "2026-11-26-000004_tokens_and_sessions",
    "2026-11-26-000005_factors",
    "2026-11-27-000001_outsiders_and_deactivated_members",
    "2026-11-27-000002_groups_in_order",
];

async fn refused(path: &Path) -> OpenError {
    SqliteStore::open(options(path)).await.err().unwrap()
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();

    let error = refused(&file.join("data/muster.db")).await;

    assert!(matches!(error, OpenError::Folder { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(file.join("data").to_str().unwrap()) && text.contains("let the user that runs Muster write there"), "{text}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muster.db");
    let other = "a letter to somebody, long enough to be no empty file\n".repeat(100);
    std::fs::write(&path, &other).unwrap();

    let error = refused(&path).await;

    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("move it away"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), other);
}

#[tokio::test]
async fn a_folder_in_place_of_the_file_is_told() {
    let folder = tempfile::tempdir().unwrap();

    let error = refused(folder.path()).await;

    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_missing_is_made_for_the_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/muster.db");

    let store = SqliteStore::open(options(&path)).await.unwrap();

    store.migrate().await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_path_that_looks_like_a_url_is_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file:muster.db?mode=memory");

    SqliteStore::open(options(&path)).await.unwrap().migrate().await.unwrap();

    assert!(std::fs::metadata(&path).unwrap().len() > 0);
}

#[tokio::test]
async fn migrations_are_named_and_applied_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(options(&folder.path().join("muster.db"))).await.unwrap();

    assert_eq!(store.pending().await.unwrap(), ALL);
    assert_eq!(store.migrate().await.unwrap(), ALL);

    assert!(store.pending().await.unwrap().is_empty());
    assert!(store.migrate().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_file_of_a_newer_muster_is_fine() {
    let store = fresh_store().await;
    let mut newer = SqliteConnection::establish(store.path().to_str().unwrap()).unwrap();
    newer.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')").unwrap();

    assert!(store.migrate().await.unwrap().is_empty());
    assert!(store.pending().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_fails_to_migrate_is_told_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muster.db");
    let store = SqliteStore::open(options(&path)).await.unwrap();
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("CREATE TABLE sessions (id TEXT)").unwrap();

    let error = store.migrate().await.unwrap_err();

    assert!(error.to_string().contains("sessions"), "{error}");
    assert_eq!(store.pending().await.unwrap(), ALL);
    other.batch_execute("DROP TABLE sessions").unwrap();
    assert_eq!(store.migrate().await.unwrap(), ALL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_stores_at_once_one_migrates() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muster.db");
    let nodes: Vec<_> = (0..8)
        .map(|_| {
            let options = options(&path);
            tokio::spawn(async move { SqliteStore::open(options).await.unwrap().migrate().await.unwrap() })
        })
        .collect();

    let mut applied = Vec::new();
    for node in nodes {
        applied.extend(node.await.unwrap());
    }

    assert_eq!(applied, ALL);
}

/// Does nothing but in the processes that [`of_two_processes_at_once_one_migrates`] starts.
#[tokio::test]
async fn the_process_that_migrates() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let store = SqliteStore::open(options(Path::new(&path))).await.unwrap();
    println!("applied {}", store.migrate().await.unwrap().len());
}

#[test]
fn of_two_processes_at_once_one_migrates() {
    let folder = tempfile::tempdir().unwrap();
    let processes: Vec<_> = (0..3)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "the_process_that_migrates", "--nocapture"])
                .env(FILE, folder.path().join("muster.db"))
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();

    let outputs: Vec<_> = processes.into_iter().map(|process| process.wait_with_output().unwrap()).collect();

    assert!(outputs.iter().all(|output| output.status.success()));
    let count = |text: &str| outputs.iter().filter(|output| String::from_utf8_lossy(&output.stdout).contains(text)).count();
    assert_eq!((count(&format!("applied {}", ALL.len())), count("applied 0")), (1, 2));
}
