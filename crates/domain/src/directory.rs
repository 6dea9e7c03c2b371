//! What lies around accounts: teams, channels and groups with their members, preferences, statuses and terms of service. As much of it as
//! the accounts' operations, and clients at sign-in, look at.

use std::sync::Arc;

use crate::accounts::Accounts;
use crate::acting;
use crate::actor::Actor;
use crate::audit::{AuditEntry, Origin, Outcome};
use crate::id::{AuditId, UserId};
use crate::permission::{Forbidden, Permitted, permit, permit_here};
use crate::port::{Clock, Keyring, Randomness};
use crate::role::Permission;
use crate::store::{Reading, Store, StoreError};
use crate::time::Timestamp;
use crate::use_cases::Ports;
use crate::user::User;

mod channels;
mod groups;
mod invitations;
pub(crate) mod membership;
mod preferences;
mod statuses;
mod teams;
mod terms;

pub use channels::{ChannelError, ChannelSeen};
pub use groups::GroupError;
pub use invitations::{InviteError, Invited};
pub use preferences::PreferenceError;
pub use statuses::StatusError;
pub use teams::{TeamError, TeamSeen};
pub use terms::TermsError;

/// The use cases of the directory.
pub struct Directory {
    store: Arc<dyn Store>,
    keys: Arc<dyn Keyring>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    accounts: Arc<Accounts>,
}

/// A failure of the store alone, or an actor who may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The actor may not.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directory {
    /// The use cases on these ports; `accounts` knows who sees whom.
    #[must_use]
    pub fn new(ports: &Ports, accounts: Arc<Accounts>) -> Self {
        let Ports { store, keys, clock, randomness, .. } = ports.clone();
        Self { store, keys, clock, randomness, accounts }
    }

    fn entry(&self, operation: crate::operation::Operation, actor: &Actor, now: Timestamp, origin: &Origin) -> AuditEntry {
        let id = AuditId::from_random(self.randomness.bits());
        AuditEntry::new(id, now, operation, Outcome::Done, origin.clone()).by(actor)
    }
}

/// The account that a call is about.
async fn target(reading: &mut dyn Reading, actor: &Actor, id: &UserId) -> Result<Option<User>, AccessError> {
    let target = reading.users().by_id(id).await?;
    match actor.user() {
        Some(own) if own.id == *id => acting::check(own, target.as_ref())?,
        _ => acting::still_in::<AccessError>(reading, actor).await?,
    }
    Ok(target)
}

/// Asks whether an actor may do something for an account, and where he may not of whom nobody is, says no more than that.
async fn permit_for<O: Permitted>(reading: &mut dyn Reading, actor: &Actor, id: &UserId) -> Result<Option<User>, AccessError> {
    let target = target(reading, actor, id).await?;
    permit::<O>(actor, target.as_ref())?;
    Ok(target)
}

/// What an actor holds in a team by his place in it.
async fn in_team(
    reading: &mut dyn Reading,
    actor: &Actor,
    team: &crate::id::TeamId,
) -> Result<impl Fn(Permission) -> bool + use<>, AccessError> {
    acting::still_in::<AccessError>(reading, actor).await?;
    let member = match actor.user_id() {
        Some(own) => reading.teams().member(team, own).await?.filter(crate::team::TeamMember::is_active),
        None => None,
    };
    Ok(move |permission| member.as_ref().is_some_and(|member| member.standing.grants("team", permission)))
}

/// What an actor holds in a channel by his place in it.
async fn in_channel(
    reading: &mut dyn Reading,
    actor: &Actor,
    channel: &crate::id::ChannelId,
) -> Result<impl Fn(Permission) -> bool + use<>, AccessError> {
    acting::still_in::<AccessError>(reading, actor).await?;
    let member = match actor.user_id() {
        Some(own) => reading.channels().member(channel, own).await?,
        None => None,
    };
    Ok(move |permission| member.as_ref().is_some_and(|member| member.standing.grants("channel", permission)))
}

/// Asks the table with another permission than the operation's row names: which one it takes depends on what is touched.
fn demand<O: Permitted>(actor: &Actor, needed: Permission, here: &(impl Fn(Permission) -> bool + ?Sized)) -> Result<(), Forbidden> {
    if !actor.holds(needed) && !here(needed) {
        return Err(if matches!(actor, Actor::Nobody) { Forbidden::NotSignedIn } else { Forbidden::Lacks(needed) });
    }
    // Whoever holds what is needed here stands as if he held what the row names.
    permit_here::<O>(actor, |_| true).map(drop)
}
