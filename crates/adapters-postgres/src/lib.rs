//! Muster's storage ports on PostgreSQL.
//!
//! Keeps no rule of accounts and knows no HTTP. Start reading at [`PgStore`]; `lease.rs` tells what becomes of a connection that a
//! cancelled caller leaves behind.

mod address;
mod audit;
mod connect;
mod credential;
mod error;
mod lease;
mod migration;
mod open;
mod schema;
mod service;
mod session;
mod statement;
mod store;
#[cfg(feature = "testkit")]
pub mod testkit;
mod user;

pub use address::InvalidUrl;
pub use error::{MigrateError, OpenError};
pub use open::PgOptions;
pub use store::PgStore;
