//! Files in an S3 store.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken fixture should fail the test")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use muster_adapters_files::{S3Options, StoredFiles};
use muster_domain::port::{Files as _, FilesError};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;

#[macro_use]
#[path = "support/contract.rs"]
mod contract;
#[path = "support/moto.rs"]
mod moto;

/// How long a caller waits at most, and a little for a busy machine.
const PATIENCE: Duration = Duration::from_millis(5_500);

fn options(address: &str, bucket: &str) -> S3Options {
    S3Options {
        endpoint: format!("http://{address}").parse().ok(),
        region: "us-east-1".to_owned(),
        bucket: bucket.to_owned(),
        key_id: "muster".to_owned(),
        secret: SecretString::from("not a secret"),
        allow_http: true,
        is_path_style: true,
        prefix: String::new(),
    }
}

/// A bucket of its own for each test.
fn fresh_options() -> S3Options {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let bucket = format!("muster-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let moto = moto::moto();
    moto.make_bucket(&bucket);
    options(&moto.address, &bucket)
}

fn fresh() -> (StoredFiles, ()) {
    (StoredFiles::s3(&S3Options { prefix: "muster/data".to_owned(), ..fresh_options() }).unwrap(), ())
}

files_contract!(fresh);

fn texts(error: &FilesError) -> String {
    muster_domain::cause::chain(error)
}

#[tokio::test]
async fn prefixes_keep_two_services_apart() {
    let options = fresh_options();
    let first = StoredFiles::s3(&S3Options { prefix: "first".to_owned(), ..options.clone() }).unwrap();
    let second = StoredFiles::s3(&S3Options { prefix: "second/".to_owned(), ..options.clone() }).unwrap();
    first.write("u/a", b"one".to_vec()).await.unwrap();
    second.write("u/a", b"two".to_vec()).await.unwrap();

    first.clear("u").await.unwrap();

    assert_eq!(first.read("u/a").await.unwrap(), None);
    assert_eq!(second.read("u/a").await.unwrap().unwrap(), b"two");
    assert_eq!(StoredFiles::s3(&options).unwrap().read("second/u/a").await.unwrap().unwrap(), b"two");
}

#[tokio::test]
async fn a_missing_bucket_is_a_failure() {
    let files = StoredFiles::s3(&options(&moto::moto().address, "no-such-bucket")).unwrap();

    let (read, written, cleared) = (files.read("a/b").await, files.write("a/b", vec![1]).await, files.clear("a").await);

    for failure in [read.unwrap_err(), written.unwrap_err(), cleared.unwrap_err()] {
        assert!(texts(&failure).contains("NoSuchBucket"), "{}", texts(&failure));
    }
}

#[tokio::test]
async fn a_closed_port_is_a_failure_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);

    fails_in_time(&address).await;
}

#[tokio::test]
async fn a_store_that_never_answers_is_a_failure_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });

    fails_in_time(&address).await;
}

#[tokio::test]
async fn a_store_that_answers_drop_by_drop_is_a_failure_soon() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 1_000]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 1000\r\n\r\n").await;
                while stream.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            });
        }
    });

    let files = StoredFiles::s3(&options(&address, "pictures")).unwrap();
    let began = Instant::now();

    files.read("a/b").await.unwrap_err();
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_store_in_trouble_is_a_failure_soon_that_tells_no_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1_000]).await;
            let _ = stream.write_all(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
        }
    });

    let told = texts(&fails_in_time(&address).await);

    assert!(told.contains("503"), "{told}");
    assert!(!told.contains("not a secret"), "{told}");
}

/// Every call fails in time; gives the failure of writing.
async fn fails_in_time(address: &str) -> FilesError {
    let files = StoredFiles::s3(&options(address, "pictures")).unwrap();
    let began = Instant::now();

    let (read, written, cleared) = tokio::join!(files.read("a/b"), files.write("a/b", vec![1]), files.clear("a"));

    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    read.unwrap_err();
    cleared.unwrap_err();
    written.unwrap_err()
}
