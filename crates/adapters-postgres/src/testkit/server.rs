//! The throw-away server's files and processes.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Ports are taken away between looking and starting; so often another is tried.
const TRIES: u32 = 5;

/// Settings of a server whose data nobody needs after a power cut; what it acknowledged still outlives its own end.
const SETTINGS: &str =
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c full_page_writes=off -c max_connections=300";

/// Passwords are asked of the user `guarded` alone.
const HOST_RULES: &str = "host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";

/// A server that ends with the test's process, however that ends.
pub(super) struct Server {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    watchdog: Child,
}

impl Server {
    /// Makes and starts a server.
    pub(super) fn new() -> Self {
        let binaries = binaries();
        let folder = tempfile::Builder::new().prefix("muster-postgres-").tempdir().unwrap().keep();
        if is_root() {
            give_to_postgres(&folder);
        }
        let data = folder.join("data");
        let initdb = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync", "-D"];
        let made = run(as_postgres(&binaries.join("initdb")).args(initdb).arg(&data));
        assert!(made.status.success(), "initdb failed: {}", text(&made));
        std::fs::write(data.join("pg_hba.conf"), HOST_RULES).unwrap();
        let watchdog = watchdog(&binaries, &folder);
        let mut server = Self { binaries, folder, port: 0, watchdog };
        server.start_somewhere();
        server
    }

    /// The URL of its first database.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it on its port.
    pub(super) fn start(&self) -> Result<(), String> {
        let options = format!("-p {} {SETTINGS}", self.port);
        let log = self.folder.join("data/server.log");
        let started = run(self.pg_ctl().args(["-w", "-t", "60", "-o", &options, "-l"]).arg(&log).arg("start"));
        let told = || format!("{}{}", text(&started), std::fs::read_to_string(&log).unwrap_or_default());
        if started.status.success() { Ok(()) } else { Err(told()) }
    }

    /// Stops it without letting it finish anything.
    pub(super) fn stop(&self) {
        let stopped = run(self.pg_ctl().args(["-m", "immediate", "-w", "stop"]));
        assert!(stopped.status.success(), "{}", text(&stopped));
    }

    fn start_somewhere(&mut self) {
        let mut last = String::new();
        for _ in 0..TRIES {
            self.port = free_port();
            match self.start() {
                Ok(()) => return,
                Err(reason) => last = reason,
            }
        }
        panic!("PostgreSQL does not start: {last}");
    }

    fn pg_ctl(&self) -> Command {
        let mut command = as_postgres(&self.binaries.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data"));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What the watchdog waits for: the end of its input.
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// A process that outlives this one by as long as it takes to stop the server and to remove its files.
///
/// In a group of its own, so that an interrupt at the terminal does not end it first.
fn watchdog(binaries: &Path, folder: &Path) -> Child {
    let stop = as_postgres(&binaries.join("pg_ctl"));
    let mut command = Command::new("sh");
    command.args(["-c", r#"read -r _; "$@"; rm -rf "$0""#]).arg(folder).arg(stop.get_program()).args(stop.get_args());
    command.arg("-D").arg(folder.join("data")).args(["-m", "immediate", "-w", "stop"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap()
}

/// The folder of the newest PostgreSQL's programs.
fn binaries() -> PathBuf {
    let mut debian: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    debian.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = debian.into_iter().rev().map(|version| version.join("bin")).chain(std::env::split_paths(&path));
    let mut complete = folders.filter(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file());
    complete.next().unwrap_or_else(|| {
        panic!(
            "these tests need PostgreSQL, and neither /usr/lib/postgresql nor PATH has it: \
             run `apt-get install postgresql`, or set TEST_DATABASE_URL to a server whose user may create databases"
        )
    })
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    id_of(&["-u"]) == 0
}

fn id_of(arguments: &[&str]) -> u32 {
    let told = run(Command::new("id").args(arguments));
    assert!(told.status.success(), "PostgreSQL refuses to run as root, and there is no user postgres: {}", text(&told));
    text(&told).trim().parse().unwrap()
}

fn give_to_postgres(folder: &Path) {
    chown(folder, Some(id_of(&["-u", "postgres"])), Some(id_of(&["-g", "postgres"]))).unwrap();
}

/// PostgreSQL refuses to run as root: it then runs as its own user.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn run(command: &mut Command) -> Output {
    command.current_dir("/").stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
