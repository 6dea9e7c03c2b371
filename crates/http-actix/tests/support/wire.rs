//! A real server on loopback, and a client that says exactly what it is told to.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use muster_http_actix::app::{self, Service};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Serves an application.
pub(crate) fn serve(service: Data<Service>) -> Server {
    let server = HttpServer::new(move || app::app(service.clone())).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
    let address = server.addrs()[0];
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);
    Server { address, handle }
}

impl Server {
    /// Sends bytes, and reads the answer until the server has nothing more to say or the connection ends.
    pub(crate) async fn answer(&self, bytes: impl AsRef<[u8]>) -> Answer {
        self.answer_until(bytes, is_whole).await
    }

    /// Sends bytes, and reads what comes until that is enough or the connection ends.
    pub(crate) async fn answer_until(&self, bytes: impl AsRef<[u8]>, is_enough: impl Fn(&[u8]) -> bool) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may answer, and close, before it has heard everything.
        let _ = timeout(PATIENCE, stream.write_all(bytes.as_ref())).await.unwrap();
        read(stream, is_enough).await
    }

    /// Sends bytes, and then nothing more ever.
    pub(crate) async fn answer_to_half(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_ref()).await.unwrap();
        stream.shutdown().await.unwrap();
        read(stream, is_whole).await
    }
}

async fn read(mut stream: TcpStream, is_enough: impl Fn(&[u8]) -> bool) -> Answer {
    let mut heard = Vec::new();
    let mut piece = [0; 4096];
    while !is_enough(&heard) {
        match timeout(PATIENCE, stream.read(&mut piece)).await.unwrap() {
            Ok(0) | Err(_) => break,
            Ok(length) => heard.extend_from_slice(&piece[..length]),
        }
    }
    Answer(String::from_utf8(heard).unwrap())
}

/// Whether head and body have arrived.
fn is_whole(heard: &[u8]) -> bool {
    let Some((first, body)) = std::str::from_utf8(heard).unwrap_or_default().split_once("\r\n\r\n") else { return false };
    let lines = first.to_ascii_lowercase();
    let length = lines.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}

/// An answer as it came over the wire; empty when the connection just ended.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).map_or(0, |status| status.parse().unwrap())
    }

    pub(crate) fn body(&self) -> Value {
        let body = self.0.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
        serde_json::from_str(body).unwrap_or_default()
    }

    /// Fails unless it is such an error, with a body of ours.
    #[track_caller]
    pub(crate) fn is_error(&self, status: u16, id: &str) {
        assert_eq!((self.status(), self.body()["id"].as_str()), (status, Some(id)), "{}", self.0);
        assert!(self.0.contains("\r\ncontent-type: application/json\r\n"), "{}", self.0);
    }
}
