//! Muster's storage ports on an embedded SQLite file.
//!
//! Every connection lives on a thread of its own and runs the closures sent to it: one thread writes, a few read. The crate
//! knows no rules of accounts and no HTTP. Start reading at [`SqliteStore`]; `connection.rs` holds the threads.

mod audit;
mod connection;
mod credential;
mod error;
mod migration;
mod open;
mod schema;
mod service;
mod session;
mod statement;
mod store;
mod user;

pub use error::{MigrateError, OpenError};
pub use open::SqliteOptions;
pub use store::SqliteStore;
