//! What each command does.

use std::io::{BufRead, ErrorKind, IsTerminal, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::web::Data;
use muster_domain::accounts::{RegisterError, SetPasswordError};
use muster_domain::actor::Actor;
use muster_domain::cause::chain as told;
use muster_domain::credential::{KeyId, Password};
use muster_domain::invitation::Invitee;
use muster_domain::key_check::KeyCheck;
use muster_domain::mail::{ResealedLetters, Resealing};
use muster_domain::password::WeakPassword;
use muster_domain::permission::{operations, permit};
use muster_domain::port::Keyring;
use muster_domain::second_factor::Resealed;
use muster_domain::store::UniqueField;
use muster_domain::user::registration::Registration;
use muster_domain::username::Username;

use super::{Cli, Command, ConfigCommand, CreateArgs, InviteArgs, SecretsCommand, UserCommand, mail};
use crate::app::Service;
use crate::config::{self, Config};
use crate::serve::{self, Ready};
use crate::wiring::{self, Backend};
use crate::{logging, seed};

/// How long a command waits for the store to be closed.
const CLOSING: Duration = Duration::from_secs(5);

/// Does what the command line says.
///
/// # Errors
///
/// A sentence that says what is in the way, and how to mend it.
pub async fn run(cli: Cli) -> Result<(), String> {
    let sources = config::sources(cli.config.as_deref());
    if let Command::Config(ConfigCommand::Show) = cli.command {
        return say(&config::shown(&sources).map_err(|error| error.to_string())?);
    }
    let config = Config::read(&sources).map_err(|error| error.to_string())?;
    logging::start(&config.log).map_err(|error| error.to_string())?;
    if let Command::Serve = cli.command {
        return serve::serve(config).await.map_err(|error| error.to_string());
    }
    let opened = OnceLock::new();
    let outcome = work(cli.command, &config, &opened).await;
    serve::close(&opened, CLOSING).await;
    outcome
}

/// Does what a command other than `serve` says; the store that it opens is kept in the given place, and closed by who gave it.
async fn work(command: Command, config: &Config, opened: &OnceLock<Backend>) -> Result<(), String> {
    match command {
        Command::Migrate => migrate(config, opened).await,
        Command::User(UserCommand::Create(args)) => create(config, opened, args).await,
        Command::User(UserCommand::SetPassword { username }) => set_password(config, opened, &username).await,
        Command::Invite(args) => invite(config, opened, &args).await,
        Command::Mail(command) => mail::run(config, opened, &command).await,
        Command::Config(ConfigCommand::Check) => check(config),
        Command::Secrets(SecretsCommand::Rotate) => rotate(config, opened).await,
        Command::Seed(args) => {
            let password = seed::seed(&*service(config, opened).await?, args.users, args.ids_file.as_deref()).await?;
            say(&format!("seed000001 to seed{:06} sign in with the password {password}", args.users))
        }
        Command::Health => health(config),
        // Done with before: neither opens a store for a while only.
        Command::Serve | Command::Config(ConfigCommand::Show) => Ok(()),
    }
}

pub(super) fn say(text: &str) -> Result<(), String> {
    writeln!(std::io::stdout(), "{text}").map_err(|error| format!("nobody reads the output: {error}"))
}

async fn service(config: &Config, opened: &OnceLock<Backend>) -> Result<Data<Service>, String> {
    let Ready { backend, keys, .. } = serve::ready(config, opened).await.map_err(|error| error.to_string())?;
    let ports = wiring::ports(config, backend.store(), keys, None).map_err(|error| error.to_string())?;
    Ok(wiring::service(config, ports))
}

async fn migrate(config: &Config, opened: &OnceLock<Backend>) -> Result<(), String> {
    let backend = Backend::open(config).await.map_err(|error| error.to_string())?;
    let _ = opened.set(backend.clone());
    let applied = backend.migrate().await.map_err(|error| error.to_string())?;
    if applied.is_empty() { say("the store is up to date") } else { say(&format!("applied {}", applied.join(", "))) }
}

async fn create(config: &Config, opened: &OnceLock<Backend>, args: CreateArgs) -> Result<(), String> {
    let wanted = Registration::new(args.username, args.email, password()?);
    let user = service(config, opened).await?.accounts.create(wanted, args.system_admin).await.map_err(|error| not_made(&error))?;
    say(&format!("made {} with the id {} and the roles {}", user.username.as_str(), user.id, user.roles))
}

async fn invite(config: &Config, opened: &OnceLock<Backend>, args: &InviteArgs) -> Result<(), String> {
    let service = service(config, opened).await?;
    let kind = match (args.guest, args.magic_link) {
        (false, _) => Invitee::Member,
        (true, false) => Invitee::Guest,
        (true, true) if service.sign_ins.rules().has_links => Invitee::GuestByLink,
        (true, true) => return Err("guests don't sign in by links here: accounts.guest_magic_links is off, or no mail is sent".to_owned()),
    };
    let permit = permit::<operations::InviteByLink>(&Actor::Operator, None).map_err(|error| error.to_string())?;
    let invited = service.directory.invite(permit, &args.team, &args.channels, &args.email, kind).await.map_err(|error| told(&error))?;
    let (site, token) = (config.site_url(), invited.token.expose());
    if kind == Invitee::GuestByLink {
        let told = format!("The link lets one guest in, as {}, within 48 hours and without a password.", invited.invitation.email);
        return say(&format!("{site}/landing#/login/one_time_link?t={token}\n{told}"));
    }
    let told = format!("The link opens one account, for {} alone, within 48 hours.", invited.invitation.email);
    say(&format!("{site}/signup_user_complete/?t={token}\n{told}"))
}

fn not_made(error: &RegisterError) -> String {
    match error {
        RegisterError::Taken(UniqueField::Username) => "another account has this username; choose another".to_owned(),
        RegisterError::Taken(UniqueField::Email) => "another account has this mail address; choose another".to_owned(),
        RegisterError::Weak(weak) => refused(weak),
        other => told(other),
    }
}

fn refused(weak: &WeakPassword) -> String {
    format!("the password is refused: {weak}; choose another")
}

async fn set_password(config: &Config, opened: &OnceLock<Backend>, username: &str) -> Result<(), String> {
    let username = Username::parse(username).map_err(|error| error.to_string())?;
    let password = password()?;
    service(config, opened).await?.accounts.set_password(&username, &password).await.map_err(|error| match error {
        SetPasswordError::Weak(weak) => refused(&weak),
        other => told(&other),
    })?;
    say("the password is set, the account's sessions have ended")
}

/// Asks for a password twice, or reads the first line of standard input.
fn password() -> Result<Password, String> {
    if !std::io::stdin().is_terminal() {
        let mut line = String::new();
        std::io::stdin().lock().take(1024).read_line(&mut line).map_err(|error| format!("the password can't be read: {error}"))?;
        return Ok(Password::from(line.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map_err(|error| format!("the password can't be read: {error}"));
    let (first, again) = (ask("Password: ")?, ask("Once more: ")?);
    if first == again { Ok(Password::from(first)) } else { Err("the two passwords differ; run the command again".to_owned()) }
}

fn check(config: &Config) -> Result<(), String> {
    wiring::check(config).map_err(|error| error.to_string())?;
    say("the settings can be used")
}

async fn rotate(config: &Config, opened: &OnceLock<Backend>) -> Result<(), String> {
    let Ready { backend, keys, key_check } = serve::ready(config, opened).await.map_err(|error| error.to_string())?;
    let moved = match key_check {
        KeyCheck::Rotated => "the store now belongs to the new key",
        KeyCheck::New | KeyCheck::Current | KeyCheck::Foreign => "the store belongs to the current key already",
    };
    let mut reading = backend.store().read().await.map_err(|error| told(&error))?;
    let former =
        |counts: Vec<(KeyId, u64)>| -> u64 { counts.iter().filter(|(key, _)| *key != keys.current()).map(|(_, count)| count).sum() };
    let sessions = former(reading.sessions().count_by_key().await.map_err(|error| told(&error))?);
    let tokens = former(reading.access_tokens().count_by_key().await.map_err(|error| told(&error))?);
    drop(reading);
    say(moved)?;
    let ports = wiring::ports(config, backend.store(), keys, None).map_err(|error| error.to_string())?;
    let letters = Resealing::new(&ports).reseal().await.map_err(|error| told(&error))?;
    let resealed = wiring::service(config, ports).second_factors.reseal().await.map_err(|error| told(&error))?;
    say_resealed(&resealed)?;
    say_letters(letters)?;
    if sessions + tokens == 0 && resealed.lost + resealed.left + letters.lost == 0 {
        return say(
            "no session, token, second factor or letter needs the former keys any more; invitations and links in mails may, for a week \
             at most: empty secrets.previous_keys then",
        );
    }
    say(&format!(
        "still stored under former keys: {sessions} sessions, {tokens} access tokens; each moves when it is used next, so keep \
         secrets.previous_keys until none is left"
    ))
}

fn say_resealed(resealed: &Resealed) -> Result<(), String> {
    let Resealed { secrets, lost, left } = resealed;
    if *secrets > 0 {
        say(&format!("secrets of second factors sealed anew: {secrets}"))?;
    }
    if *lost > 0 {
        say(&format!(
            "secrets of second factors that no key opens: {lost}; put the key they were sealed under into secrets.previous_keys"
        ))?;
    }
    if *left > 0 {
        say(&format!("recovery codes and known devices still stored under former keys: {left}; they go as they are used up, or expire"))?;
    }
    Ok(())
}

fn say_letters(ResealedLetters { letters, lost }: ResealedLetters) -> Result<(), String> {
    if letters > 0 {
        say(&format!("letters that wait or were given up, sealed anew: {letters}"))?;
    }
    if lost > 0 {
        say(&format!(
            "letters that no key opens: {lost}; put the key they were sealed under into secrets.previous_keys, or let them be purged"
        ))?;
    }
    Ok(())
}

/// Asks the service's own address, as a health check in a container does.
fn health(config: &Config) -> Result<(), String> {
    let mut address: SocketAddr = config.server.listen;
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let failed = |error: std::io::Error| {
        let told = match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => "nothing came within 5 s".to_owned(),
            _ => error.to_string(),
        };
        format!("the service does not answer on {address} ({told}); see whether it runs, and what it logs")
    };
    let patience = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, patience).map_err(failed)?;
    stream.set_read_timeout(Some(patience)).map_err(failed)?;
    stream.write_all(format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).map_err(failed)?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer).map_err(failed)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status == "200" { say("ready") } else { Err(format!("the service is not ready (it answered {status}); see what it logs")) }
}
