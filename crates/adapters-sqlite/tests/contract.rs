//! The SQLite store keeps the contract of every store.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/fresh.rs"]
mod fresh;

use fresh::fresh_store;

muster_domain::store_contract!(fresh_store);
