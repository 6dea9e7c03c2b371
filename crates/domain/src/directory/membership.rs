//! Joining teams, with what that brings along, within a unit of work of somebody's.

use crate::channel::{ChannelMember, DEFAULTS};
use crate::id::{ChannelId, TeamId};
use crate::store::{StoreError, UnitOfWork};
use crate::team::{Standing, Team, TeamMember};
use crate::time::Timestamp;
use crate::user::User;

/// Makes somebody a member of a team, and of the channels that every member but guests is in. Tells whether he was none.
pub(crate) async fn join(work: &mut dyn UnitOfWork, team: &Team, user: &User, now: Timestamp) -> Result<bool, StoreError> {
    let standing = Standing::of_newcomer(user.is_guest());
    let member = TeamMember { team_id: team.id.clone(), user_id: user.id.clone(), standing, created_at: now, deleted_at: Timestamp::NEVER };
    let is_new = work.teams().join(&member).await?;
    if is_new {
        enter_defaults(work, &team.id, user, now).await?;
    }
    Ok(is_new)
}

/// Puts somebody into the channels that every member of a team but guests is in.
pub(crate) async fn enter_defaults(work: &mut dyn UnitOfWork, team: &TeamId, user: &User, now: Timestamp) -> Result<(), StoreError> {
    if user.is_guest() {
        return Ok(());
    }
    let mut channels = Vec::with_capacity(DEFAULTS.len());
    for (name, _) in DEFAULTS {
        channels.extend(work.channels().by_name(Some(team), name).await?.map(|channel| channel.id));
    }
    enter(work, &channels, user, now).await
}

/// Puts somebody into channels.
pub(crate) async fn enter(work: &mut dyn UnitOfWork, channels: &[ChannelId], user: &User, now: Timestamp) -> Result<(), StoreError> {
    let member = |channel: &ChannelId| ChannelMember {
        channel_id: channel.clone(),
        user_id: user.id.clone(),
        standing: Standing::of_newcomer(user.is_guest()),
        created_at: now,
    };
    let members: Vec<_> = channels.iter().map(member).collect();
    work.channels().join(&members).await.map(drop)
}
