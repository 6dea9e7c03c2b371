//! A client of the local socket: one request a connection.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::Value;

use crate::client::Reply;

/// Asks and reads the whole answer; `body` is null for none.
pub(crate) fn call(path: &Path, asked: &str, body: &Value) -> std::io::Result<Reply> {
    with_token(path, asked, "", body)
}

/// Asks as [`call`] does, with a token.
pub(crate) fn with_token(path: &Path, asked: &str, token: &str, body: &Value) -> std::io::Result<Reply> {
    let mut stream = UnixStream::connect(path)?;
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let bearer = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\nCookie: MMAUTHTOKEN={token}\r\n") };
    let length = text.len();
    let request = format!("{asked} HTTP/1.1\r\nHost: local\r\nConnection: close\r\nContent-Length: {length}\r\n{bearer}\r\n{text}");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Reply::parse(&answer).ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))
}
