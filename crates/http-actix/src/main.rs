//! The program `muster`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use muster_http_actix::cli::{self, Cli};
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Hashing takes and gives back large pieces of memory all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let command = Cli::parse();
    match prepared().and_then(|runtime| runtime.block_on(cli::run(command))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(told) => {
            let _ = writeln!(std::io::stderr(), "muster: {told}");
            ExitCode::FAILURE
        }
    }
}

/// Keeps secrets out of core dumps, and makes the runtime that outlives every request.
fn prepared() -> Result<tokio::runtime::Runtime, String> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(|error| format!("core dumps can't be switched off: {error}"))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| format!("core dumps can't be switched off: {error}"))?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| format!("the runtime can't be made: {error}"))
}
