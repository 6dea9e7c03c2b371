//! Whether answers tell by their time which accounts there are, or how they sign in.
//!
//! Asks thousands of times, in an order that is drawn, for accounts of every kind and for nobody. Of each kind of request it compares
//! the medians with those for nobody: what a random half against the other half differs by at least as often, is noise (a permutation
//! test). It fails where the difference is no noise and is above [`BOUND`]. The settings are the defaults, with the floors that
//! refused sign-ins and requests for mail have; limits and locks are off, since they would answer in place of what is measured.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

#[path = "load/service.rs"]
mod service;
#[path = "load/wire.rs"]
mod wire;

use service::{HOME, PASSWORD, Service, sign_in};
use wire::{Ask, Line, ask};

/// The most that a median may differ where it is no noise: far below what a network adds.
const BOUND: Duration = Duration::from_millis(2);
/// The share of shuffles below which a difference is no noise.
const RARE: f64 = 0.01;
/// Shuffles of a permutation test.
const SHUFFLES: u32 = 1_000;
/// Requests at once: the cores are to be idle most of the time.
const AT_ONCE: usize = 8;
const SETTINGS: &str = "[accounts]\nmax_failed_sign_ins = 1000000\n[limits]\nenabled = false\n\
    [mail]\nsmtp_host = \"127.0.0.1\"\nsmtp_port = 9\nfrom = \"crew@example.test\"\n";
/// Hashes of no password that is tried.
const HASHES: [(&str, &str); 2] = [
    ("bcrypt", "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"),
    ("pbkdf2", "$pbkdf2$f=SHA256,w=600000,l=32$AAECAwQFBgcICQoLDA0ODw$E/+p5Dsn8RlX7XLO0QS+7OIDOBCx+c9RKHSTlhT8KAY"),
];

/// Whether answers tell by their time which accounts there are.
#[derive(Parser)]
struct Args {
    /// The program; else `$MUSTER`, else `target/ci/muster`.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Requests of each kind for each kind of account.
    #[arg(long, default_value_t = 150)]
    rounds: usize,
}

/// A drawn order that is the same each time.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// A kind of request for a kind of account; the first of each kind of request is for nobody.
struct Group {
    request: &'static str,
    account: &'static str,
    ask: Ask,
    times: Vec<f64>,
}

fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    for account in ["nobody", "argon2", "bcrypt", "pbkdf2", "sso", "gone"] {
        groups.push(("sign-in", account, sign_in(account, "a wrong password", HOME)));
    }
    for account in ["nobody", "argon2", "sso", "gone"] {
        let email = json!({ "email": format!("{account}@example.test") });
        groups.push(("reset", account, Ask::of("POST /api/v4/users/password/reset/send", HOME, &email)));
        groups.push(("verification", account, Ask::of("POST /api/v4/users/email/verify/send", HOME, &email)));
        let login = json!({ "login_id": account });
        groups.push(("login type", account, Ask::of("POST /api/v4/users/login/type", HOME, &login)));
    }
    groups.into_iter().map(|(request, account, ask)| Group { request, account, ask, times: Vec::new() }).collect()
}

/// Makes an account of each kind.
async fn people(service: &Service) -> Result<(), String> {
    let admin = service.admin().await?;
    let call = async |asked: &'static str, path: String, body: serde_json::Value| {
        let asked: &'static str = Box::leak(format!("{asked} {path}").into_boxed_str());
        let answer = ask(service.address, &Ask::of(asked, HOME, &body).with("Authorization", &format!("Bearer {admin}"))).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let told = serde_json::from_str::<serde_json::Value>(&answer.body).unwrap_or_default();
        if answer.status < 300 { Ok(told["id"].as_str().unwrap_or_default().to_owned()) } else { Err(answer.body) }
    };
    for name in ["argon2", "bcrypt", "pbkdf2", "sso", "gone"] {
        let mut body = json!({ "username": name, "email": format!("{name}@example.test") });
        if name == "sso" {
            (body["auth_service"], body["auth_data"]) = (json!("gitlab"), json!("7"));
        } else {
            body["password"] = json!(PASSWORD);
        }
        let id = call("POST", "/api/v4/users".to_owned(), body).await?;
        if let Some((_, hash)) = HASHES.iter().find(|(kind, _)| *kind == name) {
            let given = json!({ "new_password": hash, "already_hashed": "true" });
            call("PUT", format!("/api/v4/users/{id}/password"), given).await?;
        }
        if name == "gone" {
            call("PUT", format!("/api/v4/users/{id}/active"), json!({ "active": false })).await?;
        }
    }
    Ok(())
}

/// Asks everything so many times, in a drawn order.
async fn measure(host: SocketAddr, groups: &mut [Group], rounds: usize, drawn: &mut Drawn) -> Result<(), String> {
    let mut order: Vec<usize> = (0..groups.len()).flat_map(|group| std::iter::repeat_n(group, rounds)).collect();
    drawn.shuffle(&mut order);
    let mut running = JoinSet::new();
    for part in order.chunks(order.len().div_ceil(AT_ONCE)) {
        let asks: Vec<_> = part.iter().map(|group| (*group, groups[*group].ask.clone())).collect();
        running.spawn(async move {
            let mut line = Line::open(host).await?;
            let mut times = Vec::new();
            for (group, ask) in asks {
                let began = Instant::now();
                let answer = line.ask(&ask).await?;
                if answer.status >= 500 {
                    return Err(std::io::Error::other(answer.body));
                }
                times.push((group, began.elapsed().as_secs_f64()));
            }
            Ok(times)
        });
    }
    while let Some(times) = running.join_next().await {
        for (group, time) in times.map_err(|error| error.to_string())?.map_err(|error| error.to_string())? {
            groups[group].times.push(time);
        }
    }
    Ok(())
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// How far two medians are apart, and how often shuffled ones are at least as far.
fn difference(group: &[f64], nobody: &[f64], drawn: &mut Drawn) -> (f64, f64) {
    let apart = median(group) - median(nobody);
    let mut all = [group, nobody].concat();
    let as_far = (0..SHUFFLES).filter(|_| {
        drawn.shuffle(&mut all);
        let (first, second) = all.split_at(group.len());
        (median(first) - median(second)).abs() >= apart.abs()
    });
    (apart, f64::from(u32::try_from(as_far.count()).unwrap_or(SHUFFLES)) / f64::from(SHUFFLES))
}

/// Prints what was measured; tells whether nothing stands out.
fn told(groups: &[Group], drawn: &mut Drawn) -> bool {
    println!("| request | account | answers | median ms | against nobody µs | p |\n| --- | --- | --- | --- | --- | --- |");
    let mut is_alike = true;
    for group in groups {
        let nobody = groups.iter().find(|other| other.request == group.request && other.account == "nobody");
        let (apart, p) = nobody.map_or((0.0, 1.0), |nobody| difference(&group.times, &nobody.times, drawn));
        let stands_out = p < RARE && apart.abs() > BOUND.as_secs_f64();
        is_alike &= !stands_out;
        let (count, middle) = (group.times.len(), median(&group.times) * 1e3);
        let mark = if stands_out { " **stands out**" } else { "" };
        println!("| {} | {} | {count} | {middle:.3} | {:+.0} | {p:.3}{mark} |", group.request, group.account, apart * 1e6);
    }
    is_alike
}

async fn run(args: Args) -> Result<bool, String> {
    let service = Service::start(&service::program(args.program), 100, SETTINGS).await?;
    people(&service).await?;
    let (mut groups, mut drawn) = (groups(), Drawn(7));
    groups.sort_by_key(|group| group.request);
    measure(service.address, &mut groups, args.rounds, &mut drawn).await?;
    let is_alike = told(&groups, &mut drawn);
    println!("\nmost memory: {} KiB", service.status_kib("VmHWM"));
    Ok(is_alike)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("some answers tell by their time what they must not");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
