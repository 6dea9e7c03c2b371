//! The rules of Muster: what an account is, who may do what with it, and how people sign in.
//!
//! Knows no SQL, no HTTP, no mail, no environment and no clock: all of these come in through the ports in [`port`],
//! [`limit`] and [`store`]. Start reading at [`accounts`] and [`sign_in`], the use cases.

pub mod access_token;
pub mod accounts;
mod acting;
pub mod actor;
pub mod audit;
pub mod cause;
pub mod channel;
pub mod client;
pub mod credential;
pub mod device;
pub mod directory;
pub mod email;
pub mod factor;
pub mod fold;
pub mod group;
pub mod id;
pub mod invitation;
pub mod key_check;
pub mod limit;
pub mod live_sessions;
pub mod locale;
pub mod mail;
pub mod map;
pub mod notice;
pub mod one_time;
pub mod operation;
pub mod page;
pub mod password;
pub mod permission;
pub mod port;
pub mod preference;
pub mod provider;
pub mod recent_status;
pub mod refusal;
pub mod role;
pub mod second_factor;
pub mod session;
pub mod sign_in;
pub mod status;
pub mod store;
pub mod team;
pub mod terms;
pub mod text;
pub mod time;
pub mod tokens;
pub mod use_cases;
pub mod user;
pub mod username;

#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
