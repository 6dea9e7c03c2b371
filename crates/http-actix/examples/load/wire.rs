//! A small HTTP client: one connection that is kept.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// What is asked: a method and a path, header lines that each end in a line break, a body.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) asked: &'static str,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Ask {
    /// Something asked by somebody at an address, as a proxy that ends TLS hands it on.
    pub(crate) fn of(asked: &'static str, address: &str, body: &Value) -> Self {
        let headers = format!("X-Forwarded-For: {address}\r\nX-Forwarded-Proto: https\r\nContent-Type: application/json\r\n");
        Self { asked, headers, body: if body.is_null() { String::new() } else { body.to_string() } }
    }

    /// The same with another header.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.extend([name, ": ", value, "\r\n"]);
        self
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Every value of a header.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }
}

/// A connection.
pub(crate) struct Line {
    stream: TcpStream,
    host: SocketAddr,
}

impl Line {
    pub(crate) async fn open(host: SocketAddr) -> std::io::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(host)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host })
    }

    /// Asks, and reads the whole answer.
    pub(crate) async fn ask(&mut self, ask: &Ask) -> std::io::Result<Answer> {
        let Ask { asked, headers, body } = ask;
        let request = format!("{asked} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {}\r\n\r\n{body}", self.host, body.len());
        timeout(PATIENCE, async {
            self.stream.write_all(request.as_bytes()).await?;
            self.answer().await
        })
        .await?
    }

    async fn answer(&mut self) -> std::io::Result<Answer> {
        let mut read = Vec::with_capacity(2048);
        loop {
            if let Some(answer) = whole(&read) {
                return answer;
            }
            if self.stream.read_buf(&mut read).await? == 0 {
                return Err(std::io::Error::other("the connection was closed before the answer had ended"));
            }
        }
    }
}

/// The answer, once all of it is there.
fn whole(read: &[u8]) -> Option<std::io::Result<Answer>> {
    let end = read.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (String::from_utf8_lossy(&read[..end]), &read[end + 4..]);
    let mut answer = Answer { status: 0, head: head.into_owned(), body: String::new() };
    let status = answer.head.split(' ').nth(1).and_then(|text| text.parse().ok());
    let (Some(status), Some(length)) = (status, answer.header("content-length").and_then(|text| text.parse::<usize>().ok())) else {
        return Some(Err(std::io::Error::other("an answer without a status or a length")));
    };
    if body.len() < length {
        return None;
    }
    answer.status = status;
    answer.body = String::from_utf8_lossy(&body[..length]).into_owned();
    Some(Ok(answer))
}

/// Asks on a connection of its own.
pub(crate) async fn ask(host: SocketAddr, ask: &Ask) -> std::io::Result<Answer> {
    Line::open(host).await?.ask(ask).await
}
