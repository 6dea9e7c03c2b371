//! Every operation on accounts, over the wire.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/app.rs"]
mod app;
#[path = "support/racing.rs"]
mod racing;
#[path = "directory/scene.rs"]
mod scene;
#[path = "support/wire.rs"]
mod wire;

#[path = "accounts/audited.rs"]
mod audited;
#[path = "accounts/batches.rs"]
mod batches;
#[path = "accounts/completion.rs"]
mod completion;
#[path = "accounts/counts.rs"]
mod counts;
#[path = "accounts/fuzz.rs"]
mod fuzz;
#[path = "accounts/guests.rs"]
mod guests;
#[path = "accounts/history.rs"]
mod history;
#[path = "accounts/invitations.rs"]
mod invitations;
#[path = "accounts/lists.rs"]
mod lists;
#[path = "accounts/live_sessions.rs"]
mod live_sessions;
#[path = "accounts/orders.rs"]
mod orders;
#[path = "accounts/pictures.rs"]
mod pictures;
#[path = "accounts/races.rs"]
mod races;
#[path = "accounts/removal.rs"]
mod removal;
#[path = "accounts/replacement.rs"]
mod replacement;
#[path = "accounts/rights.rs"]
mod rights;
#[path = "accounts/search.rs"]
mod search;
#[path = "accounts/socket.rs"]
mod socket;
#[path = "accounts/tags.rs"]
mod tags;
#[path = "accounts/terms.rs"]
mod terms;
#[path = "accounts/tokens.rs"]
mod tokens;
#[path = "accounts/uploads.rs"]
mod uploads;
#[path = "accounts/views.rs"]
mod views;

/// The id of a body that is no JSON of the right form.
pub(crate) const PAYLOAD: &str = "api.payload.parse.error";
/// The id of a change that would leave nobody to look after the service.
pub(crate) const LAST_ADMIN: &str = "app.user.update.lastAdmin.app_error";

/// Lets somebody into the team and the room.
pub(crate) async fn admit(scene: &scene::Scene, id: &str) {
    scene.join(&scene.team, id).await;
    scene.enter(&scene.room, id).await;
}
