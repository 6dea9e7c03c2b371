//! A mail server that does as it is told: takes mail, refuses, stalls, or hangs up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Deed {
    /// Takes the mail.
    Take,
    /// Answers a step with a code: `greeting`, `MAIL`, `RCPT`, `DATA` or `end`.
    Answer(&'static str, u16),
    /// Says nothing at a step.
    Stall(&'static str),
    /// Answers a step when the client has given up waiting.
    Late(&'static str),
    /// Hangs up at a step; `text` is in the middle of the mail.
    HangUp(&'static str),
}

/// The server.
pub(crate) struct FakeServer {
    pub(crate) port: u16,
    deeds: Arc<Mutex<VecDeque<Deed>>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl FakeServer {
    /// Listens on a port of its own; connections beyond the deeds take mail.
    pub(crate) async fn start(deeds: impl IntoIterator<Item = Deed>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (deeds, taken) = (Arc::new(Mutex::new(deeds.into_iter().collect::<VecDeque<_>>())), Arc::<Mutex<Vec<String>>>::default());
        let server = Self { port, deeds: deeds.clone(), taken: taken.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let deed = deeds.lock().unwrap().pop_front().unwrap_or(Deed::Take);
                tokio::spawn(serve(stream, deed, taken.clone()));
            }
        });
        server
    }

    /// The mails that were taken, whole.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    /// Deeds that nobody has met yet.
    pub(crate) fn left(&self) -> usize {
        self.deeds.lock().unwrap().len()
    }
}

async fn serve(stream: TcpStream, deed: Deed, taken: Arc<Mutex<Vec<String>>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    if !step(&mut write, deed, "greeting", "220 fake").await {
        return;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let usual = match verb.as_str() {
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        if !step(&mut write, deed, &verb, usual).await {
            return;
        }
        if verb == "QUIT" {
            return;
        }
        if verb == "DATA" && !matches!(deed, Deed::Answer("DATA", _)) {
            let mut mail = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if matches!(deed, Deed::HangUp("text")) {
                    return;
                }
                if line == "." {
                    break;
                }
                mail.push_str(&line);
                mail.push('\n');
            }
            if !matches!(deed, Deed::Answer("end", _)) {
                taken.lock().unwrap().push(mail);
            }
            if !step(&mut write, deed, "end", "250 taken").await {
                return;
            }
        }
    }
}

/// Answers one step; tells whether the connection goes on.
async fn step(write: &mut tokio::net::tcp::OwnedWriteHalf, deed: Deed, step: &str, usual: &str) -> bool {
    let answer = match deed {
        Deed::Answer(at, code) if at == step => format!("{code} told to"),
        Deed::Stall(at) if at == step => {
            std::future::pending::<()>().await;
            return false;
        }
        Deed::Late(at) if at == step => {
            tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            usual.to_owned()
        }
        Deed::HangUp(at) if at == step => return false,
        _ => usual.to_owned(),
    };
    write.write_all(format!("{answer}\r\n").as_bytes()).await.is_ok()
}
