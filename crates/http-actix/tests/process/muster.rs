//! The program, started in a folder of its own and ended with its test.

use std::cell::Cell;
use std::fmt::Display;
use std::fs::{File, read_to_string};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{client, poll};

/// A port may be taken away between looking and starting; so often another is tried.
const PORTS: u32 = 5;

/// A working folder, and the settings of what is started in it.
pub(crate) struct Place {
    folder: TempDir,
    /// What the processes write, beside the folder that is theirs.
    outputs: TempDir,
    started: Cell<u32>,
    settings: Vec<(String, String)>,
}

impl Place {
    /// An empty folder, nothing set.
    pub(crate) fn bare() -> Self {
        let temporary = || tempfile::Builder::new().prefix("muster-program-").tempdir().unwrap();
        Self { folder: temporary(), outputs: temporary(), started: Cell::new(0), settings: Vec::new() }
    }

    /// An empty folder; passwords cost next to nothing and tries are not limited.
    pub(crate) fn new() -> Self {
        Self::bare().set("passwords.memory_kib", 64).set("passwords.passes", 1).set("limits.enabled", false)
    }

    /// The same place with another setting in its environment.
    pub(crate) fn set(mut self, setting: &str, value: impl Display) -> Self {
        self.change(setting, value);
        self
    }

    /// Sets what later processes find in their environment.
    pub(crate) fn change(&mut self, setting: &str, value: impl Display) {
        let name = format!("MUSTER_{}", setting.replace('.', "__").to_uppercase());
        self.settings.retain(|(set, _)| *set != name);
        self.settings.push((name, value.to_string()));
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the program with some input, and with settings of this process alone.
    pub(crate) fn spawn(&self, arguments: &[&str], settings: &[(&str, String)], input: &str) -> Running {
        let number = self.started.replace(self.started.get() + 1);
        let file = |kind: &str| self.outputs.path().join(format!("{number}.{kind}"));
        std::fs::write(file("in"), input).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MUSTER_")) {
            command.env_remove(name);
        }
        command.current_dir(self.folder()).args(arguments).envs(self.settings.iter().cloned()).envs(settings.iter().cloned());
        command.stdin(File::open(file("in")).unwrap());
        command.stdout(Stdio::from(File::create(file("out")).unwrap())).stderr(Stdio::from(File::create(file("err")).unwrap()));
        Running { child: command.spawn().unwrap(), out: file("out"), err: file("err") }
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.spawn(arguments, &[], "").ended()
    }

    /// Starts the service on a free port, not waiting for anything.
    pub(crate) fn start(&self) -> Service {
        let address = free_address();
        Service { running: self.spawn(&["serve"], &[("MUSTER_SERVER__LISTEN", address.to_string())], ""), address }
    }

    /// Starts the service, and waits until it is ready.
    pub(crate) fn serve(&self) -> Service {
        for _ in 0..PORTS {
            let mut service = self.start();
            if service.is_ready_at_last() {
                return service;
            }
            let told = service.running.log();
            assert!(told.contains("can't listen"), "the service does not start: {told}");
        }
        panic!("every port is taken");
    }
}

/// A port of loopback that nobody listens on at the moment.
///
/// From below those that systems give away by themselves: an outgoing connection of some other test does not take it meanwhile.
pub(crate) fn free_address() -> SocketAddr {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let ports = std::iter::repeat_with(|| {
        let number = std::process::id().wrapping_mul(61).wrapping_add(ASKED.fetch_add(1, Ordering::SeqCst));
        u16::try_from(10_000 + number % 20_000).unwrap()
    });
    let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    addresses.find(|address| TcpListener::bind(address).is_ok()).unwrap()
}

/// A process, killed when this goes.
pub(crate) struct Running {
    pub(crate) child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// What it wrote to its output.
    pub(crate) fn printed(&self) -> String {
        read_to_string(&self.out).unwrap()
    }

    /// What it wrote to its error stream.
    pub(crate) fn log(&self) -> String {
        read_to_string(&self.err).unwrap()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Asks it to stop, as a supervisor does.
    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ended {
        let status = poll::until("a process has ended", || self.child.try_wait().unwrap());
        Ended { code: status.code(), printed: self.printed(), log: self.log() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended; its number is nobody else's before it was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) printed: String,
    pub(crate) log: String,
}

impl Ended {
    /// What it printed when all was well.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.printed
    }

    /// The one sentence it failed with.
    pub(crate) fn sentence(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        let mut lines = self.log.lines().filter(|line| !line.starts_with('{'));
        let told = lines.next().and_then(|line| line.strip_prefix("muster: ")).unwrap_or_else(|| panic!("no sentence: {self:?}"));
        assert_eq!(lines.next(), None, "more than a sentence: {self:?}");
        told
    }
}

/// A service.
pub(crate) struct Service {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
}

impl Service {
    /// Waits until it can serve; false when it ends before.
    pub(crate) fn is_ready_at_last(&mut self) -> bool {
        let has_greeted = poll::until("the service has started", || {
            let has_greeted = self.running.printed().contains("Muster listens");
            (has_greeted || self.running.has_ended()).then_some(has_greeted)
        });
        if has_greeted {
            poll::until("the service is ready", || (client::get(self.address, "/readyz", "").status == 200).then_some(()));
        }
        has_greeted
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(self) -> Ended {
        self.running.terminate();
        self.running.ended()
    }
}
