//! `muster seed`: accounts by the thousand, to measure with.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use muster_domain::cause::chain as told;
use muster_domain::credential::{Password, Token};

use crate::app::Service;

/// Accounts opened in one transaction.
const BATCH: u32 = 5000;

/// Opens so many accounts in a store that has none, with teams, a channel and a group that they belong to, and tells the password they
/// share. Writes their ids to a file, one a line.
///
/// # Errors
///
/// A sentence that says what is in the way.
pub async fn seed(service: &Service, count: u32, ids_file: Option<&Path>) -> Result<String, String> {
    if !service.accounts.is_empty().await.map_err(|error| told(&error))? {
        return Err("the store has accounts already; seed an empty one, so that nobody's data is measured with".to_owned());
    }
    let mut ids_out =
        ids_file.map(File::create).transpose().map_err(|error| format!("the file of ids can't be written: {error}"))?.map(BufWriter::new);
    let password = Token::from_random(service.randomness.bits()).expose().to_owned();
    let hash = service.accounts.seed_hash(&Password::from(password.clone())).await.map_err(|error| told(&error))?;
    let places = service.accounts.seed_places().await.map_err(|error| told(&error))?;
    let mut next = 1;
    while next <= count {
        let end = next.saturating_add(BATCH).min(count.saturating_add(1));
        let ids = service.accounts.seed(next..end, &hash).await.map_err(|error| told(&error))?;
        service.accounts.seed_members(&places, next, &ids).await.map_err(|error| told(&error))?;
        if let Some(out) = &mut ids_out {
            ids.iter().try_for_each(|id| writeln!(out, "{id}")).map_err(|error| format!("the file of ids can't be written: {error}"))?;
        }
        next = end;
        // Progress is for people; a closed stream is no failure.
        let _ = write!(std::io::stderr(), "\r{} of {count} accounts", end - 1);
    }
    let _ = write!(std::io::stderr(), "\nindexes of searches ");
    while service.store.tend().await.map_err(|error| told(&error))? {
        let _ = write!(std::io::stderr(), ".");
    }
    let _ = writeln!(std::io::stderr());
    if let Some(mut out) = ids_out {
        out.flush().map_err(|error| format!("the file of ids can't be written: {error}"))?;
    }
    Ok(password)
}
