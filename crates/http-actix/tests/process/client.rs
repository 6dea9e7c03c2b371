//! A small HTTP client: one request a connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Longer than any answer takes, even on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// What everybody's password is.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    head: String,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn parse(answer: &str) -> Option<Self> {
        let (head, text) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, head: head.to_owned(), text: text.to_owned() })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_str(&self.text).unwrap()
    }

    /// The token of a sign-in.
    pub(crate) fn token(&self) -> String {
        assert_eq!(self.status, 201, "{self:?}");
        self.header("token").unwrap().to_owned()
    }
}

/// Asks and reads the whole answer; `body` is null for none.
pub(crate) fn call(address: SocketAddr, asked: &str, token: &str, body: &Value) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let bearer = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
    let length = text.len();
    let request = format!("{asked} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{bearer}\r\n{text}");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Reply::parse(&answer).ok_or_else(|| std::io::Error::other(format!("no answer: {answer:?}")))
}

/// Gets a page.
pub(crate) fn get(address: SocketAddr, path: &str, token: &str) -> Reply {
    call(address, &format!("GET {path}"), token, &Value::Null).unwrap()
}

/// Asks for an account of a name.
pub(crate) fn sign_up(address: SocketAddr, name: &str) -> std::io::Result<Reply> {
    let body = json!({ "username": name, "email": format!("{name}@example.test"), "password": PASSWORD });
    call(address, "POST /api/v4/users", "", &body)
}

/// Signs in with a password.
pub(crate) fn sign_in(address: SocketAddr, name: &str, password: &str) -> Reply {
    call(address, "POST /api/v4/users/login", "", &json!({ "login_id": name, "password": password })).unwrap()
}

/// Which of some names have no account.
pub(crate) fn missing(address: SocketAddr, token: &str, names: &[String]) -> Vec<String> {
    let mut missing = Vec::new();
    for some in names.chunks(100) {
        let reply = call(address, "POST /api/v4/users/usernames", token, &json!(some)).unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        let found: Vec<Value> = reply.json().as_array().unwrap().iter().map(|user| user["username"].clone()).collect();
        missing.extend(some.iter().filter(|name| !found.contains(&json!(name))).cloned());
    }
    missing
}
