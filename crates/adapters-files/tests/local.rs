//! Files in a folder of this machine.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::os::unix::fs::PermissionsExt as _;

use muster_adapters_files::StoredFiles;
use muster_domain::port::Files as _;
use tempfile::TempDir;

#[macro_use]
#[path = "support/contract.rs"]
mod contract;

fn fresh() -> (StoredFiles, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (StoredFiles::local(&folder.path().join("files")).unwrap(), folder)
}

files_contract!(fresh);

#[test]
fn the_folder_is_made_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("data/files");

    StoredFiles::local(&files).unwrap();

    assert_eq!(files.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(folder.path().join("data").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(files.read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_that_is_there_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    StoredFiles::local(folder.path()).unwrap().write("a/b", b"one".to_vec()).await.unwrap();

    let again = StoredFiles::local(folder.path()).unwrap();

    assert_eq!(again.read("a/b").await.unwrap().unwrap(), b"one");
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("taken"), b"").unwrap();

    let refused = StoredFiles::local(&folder.path().join("taken/files")).err().unwrap().to_string();

    assert!(refused.starts_with(&format!("the folder {}/taken/files can't be made or written to (", folder.path().display())), "{refused}");
    assert!(refused.ends_with("let the user that runs Muster write there, or choose another place"));
}

#[test]
fn a_folder_that_can_not_be_written_to_is_refused() {
    // Root may write anywhere but to the kernel's own files.
    let refused = StoredFiles::local(std::path::Path::new("/proc/self")).err().unwrap();

    assert_eq!(refused.folder, std::path::Path::new("/proc/self"));
}

#[tokio::test]
async fn a_lost_folder_is_a_failure_to_write_and_nothing_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let files = StoredFiles::local(&folder.path().join("files")).unwrap();
    std::fs::remove_dir(folder.path().join("files")).unwrap();
    std::fs::write(folder.path().join("files"), b"in the way").unwrap();

    assert!(files.write("a/b", vec![1]).await.is_err());
    assert!(files.read("a/b").await.is_err());
    assert!(files.clear("a").await.is_err());
}
