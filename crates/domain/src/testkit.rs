//! What tests of the domain and of every adapter share. A broken fixture fails the test that uses it.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a broken fixture should fail the test")]

pub mod contract;
pub mod fake;
pub mod fixture;
pub mod memory;
pub mod service;
