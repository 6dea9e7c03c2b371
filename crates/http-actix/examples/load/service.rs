//! The program under load, started in a folder of its own and ended with this.

use std::fs::File;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::wire::{Ask, ask};

/// What the admin is called.
pub(crate) const ADMIN: &str = "ada";
/// His password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// Where he sits.
pub(crate) const HOME: &str = "203.0.113.7";

/// The service.
pub(crate) struct Service {
    child: Child,
    folder: TempDir,
    pub(crate) address: SocketAddr,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    /// Starts the program with some accounts and an admin; `settings` are sections of its file of settings.
    pub(crate) async fn start(program: &Path, people: u32, settings: &str) -> Result<Self, String> {
        if !program.is_file() {
            let build = "cargo build --profile ci -p muster-http-actix --bin muster";
            return Err(format!("there is no program at {}: build it with `{build}`, or name another with --program", program.display()));
        }
        // It is started in another folder.
        let program = &std::fs::canonicalize(program).map_err(|error| error.to_string())?;
        let folder = tempfile::Builder::new().prefix("muster-load-").tempdir().map_err(|error| error.to_string())?;
        let address = free_address().map_err(|error| error.to_string())?;
        let server = format!("[server]\nlisten = \"{address}\"\ntrusted_proxies = [\"127.0.0.0/8\"]\n[log]\nlevel = \"error\"\n");
        std::fs::write(folder.path().join("muster.toml"), server + settings).map_err(|error| error.to_string())?;
        run(program, folder.path(), &["seed", "--users", &people.to_string()], "")?;
        let email = format!("{ADMIN}@example.test");
        run(program, folder.path(), &["user", "create", "--system-admin", "--username", ADMIN, "--email", &email], PASSWORD)?;
        let log = File::create(folder.path().join("log")).map_err(|error| error.to_string())?;
        let mut command = command(program, folder.path(), &["serve"]);
        let child = command.stdout(Stdio::null()).stderr(log).spawn().map_err(|error| error.to_string())?;
        let mut service = Self { child, folder, address };
        service.wait().await?;
        Ok(service)
    }

    async fn wait(&mut self) -> Result<(), String> {
        let ready = Ask::of("GET /readyz", HOME, &Value::Null);
        for _ in 0..500 {
            if ask(self.address, &ready).await.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if self.child.try_wait().map_err(|error| error.to_string())?.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("the service does not start: {}", self.log()))
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A line of what the kernel knows of it, in KiB.
    pub(crate) fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// A session of the admin.
    pub(crate) async fn admin(&self) -> Result<String, String> {
        let answer = ask(self.address, &sign_in(ADMIN, PASSWORD, HOME)).await.map_err(|error| error.to_string())?;
        answer.header("token").map(str::to_owned).ok_or_else(|| format!("the admin is not let in: {}", answer.body))
    }
}

/// A sign-in.
pub(crate) fn sign_in(name: &str, password: &str, address: &str) -> Ask {
    Ask::of("POST /api/v4/users/login", address, &json!({ "login_id": name, "password": password }))
}

/// The program as the command line or the environment names it; else where the profile `ci` puts it.
pub(crate) fn program(named: Option<PathBuf>) -> PathBuf {
    named
        .or_else(|| std::env::var_os("MUSTER").map(PathBuf::from))
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/ci/muster"))
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

fn command(program: &Path, folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUSTER_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).arg("--config").arg("muster.toml").args(arguments).stdin(Stdio::piped());
    command
}

fn run(program: &Path, folder: &Path, arguments: &[&str], input: &str) -> Result<(), String> {
    let mut command = command(program, folder, arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{input}").map_err(|error| error.to_string())?;
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(format!("muster {arguments:?}: {}", String::from_utf8_lossy(&output.stderr))) }
}
