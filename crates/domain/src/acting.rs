//! Units of work of somebody's. He was looked at when he showed who he is, and may have been put out or demoted since: at the head of
//! each he is looked at once more, and kept as he is until it ends. CVE-2026-20796.

use crate::actor::Actor;
use crate::id::UserId;
use crate::permission::Forbidden;
use crate::store::{Reading, Store, StoreError, UnitOfWork};
use crate::user::User;

/// Begins a unit of work of somebody's that changes some accounts; his own need not be named.
///
/// # Errors
///
/// [`Forbidden`] when he has no account any more, or may no longer do all that he might when he was looked at.
pub(crate) async fn begin<E>(store: &dyn Store, actor: &Actor, changed: &[&UserId]) -> Result<Box<dyn UnitOfWork>, E>
where
    E: From<Forbidden> + From<StoreError>,
{
    let mut work = store.begin().await?;
    hold::<E>(&mut *work, actor, changed).await?;
    Ok(work)
}

/// Looks at who acts once more, in a unit of work that has begun otherwise.
///
/// # Errors
///
/// As for [`begin`].
pub(crate) async fn hold<E>(work: &mut dyn UnitOfWork, actor: &Actor, changed: &[&UserId]) -> Result<(), E>
where
    E: From<Forbidden> + From<StoreError>,
{
    let Some(known) = actor.user() else { return Ok(()) };
    // Accounts are held in the order of their ids: of two who act on each other at once, one waits for the other.
    let mut before: Vec<_> = changed.iter().filter(|id| ***id < known.id).collect();
    before.sort_unstable();
    for id in before {
        work.users().locked(id).await?;
    }
    let own = work.users().locked(&known.id).await?;
    Ok(check(known, own.as_ref())?)
}

/// Asks before something is shown whether who acts still has his account, and may do all that he might: what is read from now on may be
/// none of his business any more.
///
/// # Errors
///
/// As for [`begin`].
pub(crate) async fn still_in<E>(reading: &mut dyn Reading, actor: &Actor) -> Result<(), E>
where
    E: From<Forbidden> + From<StoreError>,
{
    let Some(known) = actor.user() else { return Ok(()) };
    let own = reading.users().by_id(&known.id).await?;
    Ok(check(known, own.as_ref())?)
}

/// Asks whether somebody may go on as the account that he was when he was looked at.
///
/// # Errors
///
/// As for [`begin`].
pub(crate) fn check(known: &User, own: Option<&User>) -> Result<(), Forbidden> {
    // A person whose account was made a bot's is signed in no more.
    let is_in = |own: &&User| own.is_active() && (own.bot.is_none() || known.bot.is_some());
    let own = own.filter(is_in).ok_or(Forbidden::NotSignedIn)?;
    let is_demoted = own.roles != known.roles && known.roles.grant_beyond(&own.roles);
    if is_demoted { Err(Forbidden::Demoted) } else { Ok(()) }
}
