//! Muster's storage ports on PostgreSQL.
//!
//! Keeps no rule of accounts and knows no HTTP. Start reading at [`PgStore`]; `lease.rs` tells what becomes of a connection that a
//! cancelled caller leaves behind.

mod access_token;
mod address;
mod audit;
mod channel;
mod connect;
mod credential;
mod device;
mod error;
mod factor;
mod group;
mod invitation;
mod lease;
mod migration;
mod one_time;
mod open;
mod outbox;
mod page;
mod preference;
mod schema;
mod service;
mod session;
mod statement;
mod status;
mod store;
mod team;
mod terms;
#[cfg(feature = "testkit")]
pub mod testkit;
mod user;

pub use address::InvalidUrl;
pub use error::{MigrateError, OpenError};
pub use open::PgOptions;
pub use store::PgStore;
