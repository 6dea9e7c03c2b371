//! What every place for files promises.

use std::sync::Arc;

use muster_domain::port::Files;

/// What was written is read, byte for byte.
pub(crate) async fn what_was_written_is_read(files: &dyn Files) {
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();

    files.write("users/ada/profile-1.png", bytes.clone()).await.unwrap();

    assert_eq!(files.read("users/ada/profile-1.png").await.unwrap(), Some(bytes));
}

/// A file may be empty, and its name may have letters of any script.
pub(crate) async fn empty_files_and_foreign_letters_are_kept(files: &dyn Files) {
    files.write("users/ädä_é/Ω.png", Vec::new()).await.unwrap();

    assert_eq!(files.read("users/ädä_é/Ω.png").await.unwrap(), Some(Vec::new()));
}

/// A file that is not there is nothing, and no failure.
pub(crate) async fn what_is_not_there_is_nothing(files: &dyn Files) {
    files.write("users/ada/profile-1.png", b"one".to_vec()).await.unwrap();

    assert_eq!(files.read("users/ada/profile-2.png").await.unwrap(), None);
    assert_eq!(files.read("users/bob/profile-1.png").await.unwrap(), None);
    assert_eq!(files.read("users/ada").await.unwrap(), None);
}

/// The newest writing is what is read.
pub(crate) async fn a_file_is_replaced(files: &dyn Files) {
    files.write("a/b", b"one".to_vec()).await.unwrap();

    files.write("a/b", b"another".to_vec()).await.unwrap();

    assert_eq!(files.read("a/b").await.unwrap().unwrap(), b"another");
}

/// Who reads while others write sees one of the writings, whole.
pub(crate) async fn nobody_sees_half_a_file(files: Arc<dyn Files>) {
    files.write("a/b", vec![0; 40_000]).await.unwrap();
    let writers = (1..4_u8).map(|byte| {
        let files = Arc::clone(&files);
        tokio::spawn(async move {
            for _ in 0..10 {
                files.write("a/b", vec![byte; 40_000]).await.unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();

    while writers.iter().any(|writer| !writer.is_finished()) {
        let read = files.read("a/b").await.unwrap().unwrap();

        assert_eq!(read.len(), 40_000);
        assert!(read.iter().all(|byte| *byte == read[0]));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

/// A removed file is gone, and no other; it can be removed again.
pub(crate) async fn a_removed_file_is_gone(files: &dyn Files) {
    for name in ["u/ada/1.png", "u/ada/2.png"] {
        files.write(name, name.into()).await.unwrap();
    }

    files.remove("u/ada/1.png").await.unwrap();
    files.remove("u/ada/1.png").await.unwrap();

    assert_eq!(files.read("u/ada/1.png").await.unwrap(), None);
    assert!(files.read("u/ada/2.png").await.unwrap().is_some());
}

/// Clearing removes all of a folder, and nothing of others.
pub(crate) async fn clearing_stays_in_its_folder(files: &dyn Files) {
    for name in ["u/ada/1.png", "u/ada/old/3.png", "u/ada2/1.png", "u/bob/1.png"] {
        files.write(name, name.into()).await.unwrap();
    }

    files.clear("u/ada").await.unwrap();

    for (name, stays) in [("u/ada/1.png", false), ("u/ada/old/3.png", false), ("u/ada2/1.png", true), ("u/bob/1.png", true)] {
        assert_eq!(files.read(name).await.unwrap().is_some(), stays, "{name}");
    }
}

/// Clearing leaves nothing, and can be done again.
pub(crate) async fn clearing_leaves_nothing(files: &dyn Files) {
    for number in 0..30 {
        files.write(&format!("u/ada/{number}.png"), vec![1]).await.unwrap();
    }

    files.clear("u/ada").await.unwrap();
    files.clear("u/ada").await.unwrap();

    for number in 0..30 {
        assert_eq!(files.read(&format!("u/ada/{number}.png")).await.unwrap(), None);
    }
}

/// A folder that was never there is cleared already.
pub(crate) async fn a_folder_that_is_not_there_is_clear(files: &dyn Files) {
    files.clear("nobody/here").await.unwrap();
}

/// Names lead nowhere else.
pub(crate) async fn names_that_lead_elsewhere_are_refused(files: &dyn Files) {
    for name in ["", "/a", "a/", "a//b", "../a", "a/../../b", "a/./b", "a\\b", "a\0b"] {
        assert!(files.read(name).await.is_err(), "{name:?}");
        assert!(files.write(name, vec![1]).await.is_err(), "{name:?}");
        assert!(files.remove(name).await.is_err(), "{name:?}");
        assert!(files.clear(name).await.is_err(), "{name:?}");
    }
}

/// Makes a test of each promise; `$fresh` is a function that gives empty files, and what must live as long as they.
macro_rules! files_contract {
    ($fresh:path) => {
        files_contract!($fresh: what_was_written_is_read empty_files_and_foreign_letters_are_kept what_is_not_there_is_nothing
            a_file_is_replaced a_removed_file_is_gone clearing_stays_in_its_folder clearing_leaves_nothing
            a_folder_that_is_not_there_is_clear names_that_lead_elsewhere_are_refused);

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn nobody_sees_half_a_file() {
            let (files, _keep) = $fresh();
            contract::nobody_sees_half_a_file(std::sync::Arc::new(files)).await;
        }
    };
    ($fresh:path: $($promise:ident)*) => {$(
        #[tokio::test]
        async fn $promise() {
            let (files, _keep) = $fresh();
            contract::$promise(&files).await;
        }
    )*};
}
