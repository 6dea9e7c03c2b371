//! Muster's storage ports on an embedded SQLite file.
//!
//! Every connection lives on a thread of its own and runs the closures sent to it: one thread writes, a few read. The crate
//! knows no rules of accounts and no HTTP. Start reading at [`SqliteStore`]; `connection.rs` holds the threads.

mod access_token;
mod audit;
mod channel;
mod connection;
mod credential;
mod device;
mod error;
mod factor;
mod group;
mod invitation;
mod migration;
mod one_time;
mod open;
mod outbox;
mod preference;
mod schema;
mod service;
mod session;
mod sql;
mod statement;
mod status;
mod store;
mod team;
mod terms;
mod user;

pub use error::{MigrateError, OpenError};
pub use open::SqliteOptions;
pub use store::SqliteStore;
