//! `muster mail`: what waits, and what was given up.

use std::sync::OnceLock;

use muster_domain::actor::Actor;
use muster_domain::cause::chain as told;
use muster_domain::id::MailId;
use muster_domain::mail::{MailRecord, MailState, Retrial};
use muster_domain::page::Page;
use muster_domain::permission::{operations, permit};
use muster_domain::store::Store;
use muster_domain::time::Timestamp;

use super::MailCommand;
use super::commands::say;
use crate::config::Config;
use crate::serve::{self, Ready};
use crate::wiring::{self, Backend};

/// Rows that are read at once.
const ROWS: u32 = 200;

pub(super) async fn run(config: &Config, opened: &OnceLock<Backend>, command: &MailCommand) -> Result<(), String> {
    let Ready { backend, keys, .. } = serve::ready(config, opened).await.map_err(|error| error.to_string())?;
    let ports = wiring::ports(config, backend.store(), keys, None).map_err(|error| error.to_string())?;
    match command {
        MailCommand::List { all } => list(&*ports.store, *all).await,
        MailCommand::Retry { id, .. } => retry(&Retrial::new(&ports), id.as_deref()).await,
    }
}

async fn list(store: &dyn Store, all: bool) -> Result<(), String> {
    let open = [MailState::Waiting, MailState::Dead];
    let states = if all { &MailState::ALL.map(|(state, _)| state)[..] } else { &open };
    say("id                         state     tries  written              next try             kind                    reason")?;
    for number in 0.. {
        let rows = store.read().await.map_err(|error| told(&error))?.outbox().list(states, Page { number, size: ROWS }).await;
        let rows = rows.map_err(|error| told(&error))?;
        for row in &rows {
            say(&line(row))?;
        }
        if rows.len() < ROWS as usize {
            break;
        }
    }
    Ok(())
}

fn line(row: &MailRecord) -> String {
    let next = if row.state == MailState::Waiting { time(row.due_at) } else { String::new() };
    let (written, reason) = (time(row.created_at), row.reason.as_deref().unwrap_or_default());
    format!("{}  {:<9} {:>5}  {written:<19}  {next:<19}  {:<22}  {reason}", row.id, row.state.id(), row.tries, row.kind.id())
}

fn time(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp_millis(at.as_millis()).map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M:%S").to_string())
}

async fn retry(retrial: &Retrial, id: Option<&str>) -> Result<(), String> {
    let id: Option<MailId> = id.map(str::parse).transpose().map_err(|_| "a mail's id has 26 letters and digits; see muster mail list")?;
    let permit = permit::<operations::RetryMail>(&Actor::Operator, None).map_err(|error| error.to_string())?;
    let count = retrial.retry(permit, id.as_ref()).await.map_err(|error| told(&error))?;
    if count == 0 && id.is_some() {
        return Err("no mail of this id was given up; see muster mail list".to_owned());
    }
    say(&format!("mails that are tried again: {count}"))
}
