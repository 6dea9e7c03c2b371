//! Handing mails to a mail server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
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
    /// Connections that are kept open.
    pub connections: u32,
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

/// Sends letters through one mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// What stands behind the `@` of message ids.
    domain: String,
    writer: Writer,
    timeout: Duration,
}

impl SmtpMailer {
    /// A mailer; it connects with the first mail.
    ///
    /// # Errors
    ///
    /// [`InvalidSmtp`] names the option that can't be used.
    pub fn new(options: &SmtpOptions, writer: Writer) -> Result<Self, InvalidSmtp> {
        let from: Mailbox = options.from.parse().map_err(|_| InvalidSmtp::From)?;
        let domain = from.email.domain().to_owned();
        let tls = tls(options).map_err(|error| InvalidSmtp::Tls(error.to_string()))?;
        let idle = PoolConfig::new().max_size(options.connections).idle_timeout(Duration::from_secs(30));
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.host)
            .port(options.port)
            .tls(tls)
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(options.timeout))
            .pool_config(idle);
        if let Some((name, password)) = &options.login {
            builder = builder.credentials(Credentials::new(name.clone(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.build(), from, domain, writer, timeout: options.timeout })
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

fn tls(options: &SmtpOptions) -> Result<Tls, lettre::transport::smtp::Error> {
    let parameters = || TlsParameters::new(options.host.clone());
    Ok(match options.security {
        Security::None => Tls::None,
        Security::Tls => Tls::Wrapper(parameters()?),
        Security::StartTls => Tls::Required(parameters()?),
    })
}

#[async_trait]
impl Mailer for SmtpMailer {
    #[tracing::instrument(name = "mail.deliver", skip_all, fields(mail.id = id.as_str()))]
    async fn deliver(&self, id: &MailId, letter: &Letter) -> Result<(), DeliveryError> {
        let message = self.message(id, letter)?;
        // The transport's own time-out is that of one step: a server that says a word now and then would never end.
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(told(&error)),
            Err(_) => Err(DeliveryError::NotNow("the mail server took too long".to_owned())),
        }
    }
}

/// Refusals of the login, of encryption and of the whole service: they say nothing of the mail.
const NOT_ABOUT_THE_MAIL: [u16; 5] = [454, 530, 534, 535, 538];

/// What came of a failed delivery, without a word of the server's: it repeats addresses.
fn told(error: &lettre::transport::smtp::Error) -> DeliveryError {
    if let Some(status) = error.status() {
        let code = u16::from(status);
        let reason = format!("the mail server answered {code}");
        let is_for_good = error.is_permanent() && !NOT_ABOUT_THE_MAIL.contains(&code);
        return if is_for_good { DeliveryError::Never(reason) } else { DeliveryError::NotNow(reason) };
    }
    let reason = if error.is_timeout() {
        "the mail server took too long"
    } else if error.is_tls() {
        "no trustworthy encrypted connection to the mail server"
    } else if error.is_response() {
        "the mail server's answer can't be understood"
    } else {
        "the mail server can't be reached, or hung up"
    };
    DeliveryError::NotNow(reason.to_owned())
}
