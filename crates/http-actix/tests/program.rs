//! The program as an operator meets it: started, set up, stopped, killed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken fixture should fail the test")]

#[path = "process/client.rs"]
mod client;
#[path = "process/muster.rs"]
mod muster;
#[path = "process/poll.rs"]
mod poll;
#[path = "process/socket.rs"]
mod socket;

#[path = "program/accounts.rs"]
mod accounts;
#[path = "program/invitations.rs"]
mod invitations;
#[path = "program/keys.rs"]
mod keys;
#[path = "program/local.rs"]
mod local;
#[path = "program/mail.rs"]
mod mail;
#[path = "program/operator.rs"]
mod operator;
#[path = "program/settings.rs"]
mod settings;
#[path = "program/start.rs"]
mod start;
#[path = "program/stop.rs"]
mod stop;
#[path = "program/store.rs"]
mod store;
#[path = "program/tls.rs"]
mod tls;
