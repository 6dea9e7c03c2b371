//! Handing mails to a mail server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use muster_domain::id::MailId;
use muster_domain::mail::{DeliveryError, Letter, Mailer};
use secrecy::{ExposeSecret, SecretString};

use crate::page::{Page, Writer};

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Not at all: for a server on the same machine or network.
    None,
    /// Encrypted from the first byte.
    Tls,
    /// Encrypted after the greeting; a server that can't is not used.
    StartTls,
}

/// Which mail server, and how to talk to it.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is protected.
    pub security: Security,
    /// Name and password to log in with, if it wants them.
    pub login: Option<(String, SecretString)>,
    /// The sender, as an address or as `Name <address>`.
    pub from: String,
    /// How long one delivery may take in all.
    pub timeout: Duration,
}

/// Why no mail can be sent with some options.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSmtp {
    /// The sender is no address.
    #[error("mail.from is no mail address; write it as name@example.com or Name <name@example.com>")]
    From,
    /// Encryption can't be set up.
    #[error("TLS to the mail server can't be set up: {0}")]
    Tls(String),
}

/// Sends letters through one mail server, each over a connection of its own: one that is kept may still owe an answer to the mail
/// before, which the next would take for its own.
pub struct SmtpMailer {
    options: SmtpOptions,
    login: Option<Credentials>,
    tls: TlsParameters,
    from: Mailbox,
    /// What stands behind the `@` of message ids.
    domain: String,
    writer: Writer,
}

impl SmtpMailer {
    /// A mailer; it connects with the first mail.
    ///
    /// # Errors
    ///
    /// [`InvalidSmtp`] names the option that can't be used.
    pub fn new(options: SmtpOptions, writer: Writer) -> Result<Self, InvalidSmtp> {
        let from: Mailbox = options.from.parse().map_err(|_| InvalidSmtp::From)?;
        let domain = from.email.domain().to_owned();
        let tls = TlsParameters::new(options.host.clone()).map_err(|error| InvalidSmtp::Tls(error.to_string()))?;
        let login = |(name, password): &(String, SecretString)| Credentials::new(name.clone(), password.expose_secret().to_owned());
        Ok(Self { login: options.login.as_ref().map(login), options, tls, from, domain, writer })
    }

    /// Hands a mail over; gives the connection on which the server took it.
    async fn handed_over(&self, message: &Message) -> Result<AsyncSmtpConnection, DeliveryError> {
        // Whatever is wrong until here says nothing of the mail.
        let mut connection = self.connected().await.map_err(|error| DeliveryError::NotNow(reason(&error)))?;
        connection.send(message.envelope(), &message.formatted()).await.map_err(|error| told(&error))?;
        Ok(connection)
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, Error> {
        let (server, hello) = ((self.options.host.as_str(), self.options.port), ClientId::Domain(self.domain.clone()));
        let from_the_first = (self.options.security == Security::Tls).then(|| self.tls.clone());
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, Some(self.options.timeout), &hello, from_the_first, None).await?;
        if self.options.security == Security::StartTls {
            connection.starttls(self.tls.clone(), &hello).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }

    fn message(&self, id: &MailId, letter: &Letter) -> Result<Message, DeliveryError> {
        let Page { subject, text, html } = self.writer.write(letter).map_err(|_| DeliveryError::Never("can't be written".to_owned()))?;
        let to: Address = letter.to.as_str().parse().map_err(|_| DeliveryError::Never("no address that mail goes to".to_owned()))?;
        let plain = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text);
        let rich = SinglePart::builder().header(ContentType::TEXT_HTML).body(html);
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{id}@{}>", self.domain)))
            // No automatic answers to what no person wrote.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
        let parts = MultiPart::alternative().singlepart(plain).singlepart(rich);
        builder.multipart(parts).map_err(|_| DeliveryError::Never("can't be put together".to_owned()))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    #[tracing::instrument(name = "mail.deliver", skip_all, fields(mail.id = id.as_str()))]
    async fn deliver(&self, id: &MailId, letter: &Letter) -> Result<(), DeliveryError> {
        let message = self.message(id, letter)?;
        // To drop what takes too long closes its connection too.
        match tokio::time::timeout(self.options.timeout, self.handed_over(&message)).await {
            Ok(Ok(mut connection)) => {
                // Taken is taken, however the server says goodbye.
                let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
                Ok(())
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(DeliveryError::NotNow("the mail server took too long".to_owned())),
        }
    }
}

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Refusals of the login, of encryption, of the order of commands and of the whole service: they say nothing of the mail.
const NOT_ABOUT_THE_MAIL: [u16; 10] = [454, 500, 502, 503, 504, 521, 530, 534, 535, 538];

/// What came of a mail that was refused.
fn told(error: &Error) -> DeliveryError {
    let is_about_it = error.status().is_some_and(|code| !NOT_ABOUT_THE_MAIL.contains(&u16::from(code)));
    if error.is_permanent() && is_about_it { DeliveryError::Never(reason(error)) } else { DeliveryError::NotNow(reason(error)) }
}

/// What went wrong, without a word of the server's: it repeats addresses.
fn reason(error: &Error) -> String {
    if let Some(status) = error.status() {
        return format!("the mail server answered {}", u16::from(status));
    }
    let reason = if error.is_timeout() {
        "the mail server took too long"
    } else if error.is_tls() {
        "no trustworthy encrypted connection to the mail server"
    } else if error.is_response() {
        "the mail server's answer can't be understood"
    } else if error.is_client() {
        "the mail server can't do what is asked of it: encryption, a way to log in, or letters of an address"
    } else {
        "the mail server can't be reached, or hung up"
    };
    reason.to_owned()
}
