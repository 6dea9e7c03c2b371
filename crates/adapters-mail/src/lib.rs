//! Muster's mail: letters become text and HTML in the reader's language, and go to a mail server.
//!
//! Knows nothing of the outbox, of retries and of accounts: it gets one letter at a time. Start reading at [`SmtpMailer`];
//! `words/` holds what letters say.

mod page;
mod smtp;
mod words;

pub use page::{InvalidSite, Writer};
pub use smtp::{InvalidSmtp, Security, SmtpMailer, SmtpOptions};
