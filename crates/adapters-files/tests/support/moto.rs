//! A throw-away S3 server: moto, in a process of its own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// Ports are taken away between looking and starting; so often another is tried.
const TRIES: u32 = 3;

/// Looks for an answer, a tenth of a second apart.
const LOOKS: u32 = 600;

/// The server of this test program. It ends with the program, however that ends.
pub(crate) struct Moto {
    pub(crate) address: String,
    process: Child,
    _watchdog: Child,
}

/// The server of this test program, started by whoever asks first.
pub(crate) fn moto() -> &'static Moto {
    static SERVER: OnceLock<Moto> = OnceLock::new();
    SERVER.get_or_init(Moto::start)
}

impl Moto {
    fn start() -> Self {
        let program = program();
        for _ in 0..TRIES {
            let mut server = Self::start_at(&program, free_port());
            if server.is_ready() {
                return server;
            }
        }
        panic!("{} does not start: run it by hand to see why; it needs the extras of `pip install 'moto[server,s3]'`", program.display());
    }

    fn start_at(program: &Path, port: u16) -> Self {
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        // In groups of their own, so that an interrupt at the terminal ends neither before this program.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let process = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        Self { address: format!("127.0.0.1:{port}"), _watchdog: watchdog(&process), process }
    }

    fn is_ready(&mut self) -> bool {
        for _ in 0..LOOKS {
            if self.request("GET", "/moto-api/").is_ok_and(|answer| answer.starts_with("HTTP/1.1 ")) {
                return true;
            }
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        false
    }

    /// Makes a bucket.
    pub(crate) fn make_bucket(&self, name: &str) {
        let answer = self.request("PUT", &format!("/{name}")).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }

    fn request(&self, method: &str, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", self.address)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A shell that outlives this program by as long as it takes to stop the server: it waits for the end of its input.
fn watchdog(server: &Child) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", r#"read -r _; kill "$0""#, &server.id().to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap()
}

/// The program: where the environment says, on PATH, or where `script/test` puts it.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("MOTO_SERVER") {
        return program.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let target = std::env::current_exe().unwrap().ancestors().find_map(|folder| Some(folder.join("moto/bin")).filter(|bin| bin.is_dir()));
    let mut folders = std::env::split_paths(&path).chain(target);
    folders.find_map(|folder| Some(folder.join("moto_server")).filter(|program| program.is_file())).unwrap_or_else(|| {
        panic!(
            "these tests need the S3 server of moto, and neither PATH nor target/moto has it: run `script/test` once, which installs it, \
             or `pip install 'moto[server,s3]'`, or set MOTO_SERVER to the program moto_server"
        )
    })
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
