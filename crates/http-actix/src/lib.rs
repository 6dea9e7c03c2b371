//! Muster over HTTP: routes, bodies, cookies, errors, and the program `muster`.
//!
//! Knows no SQL and no rules: a handler parses, calls one use case of `muster-domain`, and renders. Only [`wiring`] and
//! `main` name adapters. Start reading at [`app`], which path leads where, and [`pipeline`], what happens to every request.

pub mod access_token;
mod address;
pub mod app;
pub mod bell;
pub mod body;
pub mod bot;
pub mod call;
pub mod channel;
pub mod cli;
pub mod client_config;
pub mod config;
pub mod cookie;
pub mod courier;
pub mod error;
pub mod factor;
pub mod group;
pub mod limits;
pub mod local;
pub mod logging;
pub mod maintenance;
pub mod metrics_page;
pub mod openapi;
pub mod pipeline;
pub mod preference;
pub mod probe;
pub mod query;
pub mod role;
pub mod routes;
pub mod seed;
pub mod serve;
pub mod session;
pub mod status;
pub mod supervisor;
pub mod team;
pub mod terms;
pub mod undo_page;
pub mod user;
pub mod wiring;
