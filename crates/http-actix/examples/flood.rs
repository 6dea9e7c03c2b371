//! Thousands of wrong sign-ins at once against a release build: what others notice of them.
//!
//! A third tries one person, a third everybody, a third names that nobody has, each from an address of its own. Meanwhile somebody
//! reads `/users/me`, and the person who is tried signs in from a device that is known. TLS is ended by a proxy in front of Muster:
//! this program stands in for it and says `X-Forwarded-Proto: https`. Load and service share the cores: read how times compare.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

#[path = "load/service.rs"]
mod service;
#[path = "load/wire.rs"]
mod wire;

use service::{ADMIN, HOME, PASSWORD, Service, sign_in};
use wire::{Answer, Ask, Line, ask};

/// Everything ends after this.
const LIMIT: Duration = Duration::from_secs(110);
/// How long `/users/me` is measured without a flood.
const QUIET: Duration = Duration::from_secs(5);
/// Between two reads of `/users/me`.
const PACE: Duration = Duration::from_millis(4);
/// Between two sign-ins from the known device.
const OWN_PACE: Duration = Duration::from_millis(400);
/// Seeded accounts.
const PEOPLE: u32 = 300;
/// Connections that are made at a time: fewer than may wait to be accepted.
const AT_A_TIME: usize = 256;
/// Open files besides the connections.
const SPARE_FILES: u64 = 100;

/// Wrong sign-ins by the thousand.
#[derive(Parser)]
struct Args {
    /// The program; else `$MUSTER`, else `target/ci/muster`.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Sign-ins at once.
    #[arg(long, default_value_t = 10_000)]
    tries: u32,
    /// How often each of them is tried again.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Switches the limits on tries off: the queue of password checks is the only guard then.
    #[arg(long)]
    unlimited: bool,
}

/// What came of all tries.
#[derive(Default)]
struct Counts {
    answers: BTreeMap<String, u32>,
    faults: u32,
}

impl Counts {
    fn note(&mut self, kind: String, is_right: bool) {
        *self.answers.entry(kind).or_default() += 1;
        self.faults += u32::from(!is_right);
    }

    fn answer(&mut self, answer: &Answer) {
        let waits = answer.header("retry-after").is_some();
        let is_right = match answer.status {
            401 => true,
            429 | 503 => waits,
            _ => false,
        };
        self.note(format!("{}{}", answer.status, if waits { ", Retry-After" } else { "" }), is_right);
    }
}

/// Times of requests, sorted.
struct Times(Vec<Duration>);

impl Times {
    fn at(&self, hundredths: usize) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get(last * hundredths / 100).copied().unwrap_or_default()
    }
}

/// The connections that the limit on open files leaves room for.
fn connections(wanted: u32) -> u32 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let needed = u64::from(wanted) + SPARE_FILES;
    if limit.current.is_some_and(|current| current < needed) {
        let raised = limit.maximum.map_or(needed, |most| most.min(needed));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok() {
            println!("raised the limit on open files to {raised}, for the service too");
        }
    }
    let room = getrlimit(Resource::Nofile).current.unwrap_or(needed).saturating_sub(SPARE_FILES);
    let fits = u32::try_from(room).unwrap_or(u32::MAX).min(wanted);
    if fits < wanted {
        println!("the limit on open files lets {fits} connections be open, not {wanted}");
    }
    fits
}

/// Whom a try is aimed at.
fn victim(number: u32) -> String {
    match number % 3 {
        0 => ADMIN.to_owned(),
        1 => format!("seed{:06}", 1 + number / 3 % PEOPLE),
        _ => format!("nobody{number}"),
    }
}

/// Opens connections, lets every one try at once, and counts what comes back.
async fn flood(host: SocketAddr, args: &Args, lines: u32, go: watch::Receiver<bool>, opened: Arc<Semaphore>) -> Counts {
    let (gate, rounds) = (Arc::new(Semaphore::new(AT_A_TIME)), args.rounds);
    let mut tries = JoinSet::new();
    for number in 0..lines {
        let (gate, mut go, opened) = (gate.clone(), go.clone(), opened.clone());
        tries.spawn(async move {
            let [_, _, high, low] = number.to_be_bytes();
            let wrong = sign_in(&victim(number), "a wrong password", &format!("198.18.{high}.{low}"));
            let place = gate.acquire().await;
            let line = Line::open(host).await;
            drop(place);
            opened.add_permits(1);
            let _ = go.wait_for(|is_time| *is_time).await;
            let mut answers = Vec::new();
            match line {
                Ok(mut line) => {
                    for _ in 0..rounds {
                        answers.push(line.ask(&wrong).await);
                    }
                }
                Err(error) => answers.push(Err(error)),
            }
            answers
        });
    }
    let mut counts = Counts::default();
    while let Some(answers) = tries.join_next().await {
        for answer in answers.unwrap_or_default() {
            match answer {
                Ok(answer) => counts.answer(&answer),
                Err(error) => counts.note(format!("no answer: {error}"), false),
            }
        }
    }
    counts
}

/// Reads `/users/me` at an even pace until told to stop. A read that is due counts from then, however late it is sent.
async fn read_me(host: SocketAddr, token: String, stop: Arc<AtomicBool>) -> std::io::Result<Times> {
    let me = Ask::of("GET /api/v4/users/me", HOME, &Value::Null).with("Authorization", &format!("Bearer {token}"));
    let (mut line, mut times, mut due) = (Line::open(host).await?, Vec::new(), Instant::now());
    while !stop.load(Ordering::Relaxed) {
        let answer = line.ask(&me).await?;
        if answer.status != 200 {
            return Err(std::io::Error::other(format!("/users/me answered {}", answer.status)));
        }
        times.push(due.elapsed());
        due = Instant::now().max(due + PACE);
        tokio::time::sleep_until(due).await;
    }
    times.sort_unstable();
    Ok(Times(times))
}

/// Signs in from a browser; tells the cookie of a device that has just become known.
async fn own_sign_in(host: SocketAddr, device: Option<&str>) -> std::io::Result<(Answer, Option<String>)> {
    let mut own = sign_in(ADMIN, PASSWORD, HOME).with("X-Requested-With", "XMLHttpRequest");
    if let Some(cookie) = device {
        own = own.with("Cookie", cookie);
    }
    let answer = ask(host, &own).await?;
    let cookies = answer.headers("set-cookie").filter_map(|cookie| cookie.split(';').next());
    let device = cookies.into_iter().find(|cookie| cookie.starts_with("__Host-")).map(str::to_owned);
    Ok((answer, device))
}

/// Signs in from the known device again and again; what was answered, and how long it took.
async fn known_device(host: SocketAddr, device: String, stop: Arc<AtomicBool>) -> (Counts, Times) {
    let (mut counts, mut times) = (Counts::default(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let started = Instant::now();
        match own_sign_in(host, Some(&device)).await {
            Ok((answer, _)) => counts.note(answer.status.to_string(), answer.status == 201),
            Err(error) => counts.note(format!("no answer: {error}"), false),
        }
        times.push(started.elapsed());
        sleep(OWN_PACE).await;
    }
    times.sort_unstable();
    (counts, Times(times))
}

/// Measures and prints; tells how many answers were wrong.
async fn measure(service: &Service, args: &Args, lines: u32) -> Result<u32, String> {
    let told = |error: std::io::Error| error.to_string();
    let host = service.address;
    let token = service.admin().await?;
    let (_, device) = own_sign_in(host, None).await.map_err(told)?;
    let device = device.ok_or("the service gives no cookie of a known device")?;
    let (go, is_time) = watch::channel(false);
    let opened = Arc::new(Semaphore::new(0));

    let quiet = reading(host, &token, QUIET).await?;
    let idle_kib = service.status_kib("VmRSS");
    let flooding = {
        let (args, opened) = (Args { program: None, ..*args }, opened.clone());
        tokio::spawn(async move { flood(host, &args, lines, is_time, opened).await })
    };
    let _ = opened.acquire_many(lines).await;
    let stop = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn(read_me(host, token.clone(), stop.clone()));
    let own = tokio::spawn(known_device(host, device, stop.clone()));
    let started = Instant::now();
    go.send_replace(true);
    let counts = flooding.await.map_err(|error| error.to_string())?;
    let took = started.elapsed();
    stop.store(true, Ordering::Relaxed);
    let busy = reads.await.map_err(|error| error.to_string())?.map_err(told)?;
    let (own, own_times) = own.await.map_err(|error| error.to_string())?;

    println!("{} wrong sign-ins on {lines} connections, answered in {:.1} s", lines * args.rounds, took.as_secs_f64());
    for (kind, count) in &counts.answers {
        println!("  {count:>7}  {kind}");
    }
    print_times("GET /users/me, quiet", &quiet);
    print_times("GET /users/me, flooded", &busy);
    let ratio = busy.at(99).as_secs_f64() / quiet.at(99).as_secs_f64();
    println!("  p99 changes by {:+.0} %", 100.0 * (ratio - 1.0));
    let tried: u32 = own.answers.values().sum();
    println!("right password from the known device: {} of {tried} got in {:?}", tried - own.faults, own.answers);
    print_times("sign-in from the known device", &own_times);
    println!("memory: {} KiB before, {} KiB at the peak", idle_kib, service.status_kib("VmHWM"));
    let logged = service.log().lines().count();
    println!("errors in the log: {logged}");
    Ok(counts.faults + own.faults + u32::from(tried == 0))
}

async fn reading(host: SocketAddr, token: &str, span: Duration) -> Result<Times, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn(read_me(host, token.to_owned(), stop.clone()));
    sleep(span).await;
    stop.store(true, Ordering::Relaxed);
    reads.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

fn print_times(what: &str, times: &Times) {
    let us = |hundredths| times.at(hundredths).as_micros();
    println!("{what:<32} p50 {:>8} µs  p99 {:>8} µs  of {}", us(50), us(99), times.0.len());
}

async fn run(args: Args) -> Result<u32, String> {
    let lines = connections(args.tries);
    let settings = if args.unlimited { "[limits]\nenabled = false\n" } else { "" };
    let service = Service::start(&service::program(args.program.clone()), PEOPLE, settings).await?;
    timeout(LIMIT, measure(&service, &args, lines)).await.map_err(|_| "it takes too long".to_owned())?
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(faults) => {
            println!("{faults} faults");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
