//! Those elsewhere who vouch for people: identity providers and directories.

use async_trait::async_trait;

use crate::credential::Password;
use crate::user::User;

/// An identity provider that people are sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// SAML.
    Saml,
    /// GitLab.
    Gitlab,
    /// Google.
    Google,
    /// Entra ID, once Office 365.
    Office365,
    /// Any other that speaks the common language of providers.
    OpenId,
}

impl Provider {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Saml, "saml"),
        (Self::Gitlab, "gitlab"),
        (Self::Google, "google"),
        (Self::Office365, "office365"),
        (Self::OpenId, "openid"),
    ];

    /// The name that the wire and the stores know it by.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(provider, _)| *provider == self).map_or("", |(_, id)| id)
    }

    /// The provider of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == id).map(|(provider, _)| *provider)
    }
}

/// The name of the service of accounts whose passwords a directory checks.
pub const LDAP: &str = "ldap";

/// Whether people of a service have their addresses from a directory of their own: rules on domains are not for them.
#[must_use]
pub fn has_own_addresses(service: &str) -> bool {
    service == LDAP || Provider::from_id(service) == Some(Provider::Saml)
}

/// What a directory says of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// It is the right one; with the directory's own name for its holder.
    Right {
        /// That name.
        subject: String,
    },
    /// It is another one, or there is nobody of that name.
    Wrong,
    /// No directory is set up.
    NotSetUp,
}

/// A provider or a directory did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the provider does not answer")]
pub struct ProviderError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Asks providers and directories.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Providers: Send + Sync {
    /// Where somebody shows a provider who he is, so that his account signs in by it from then on; nothing when it is not set up.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when that can't be told.
    async fn link_address(&self, provider: Provider, user: &User) -> Result<Option<String>, ProviderError>;

    /// Whether a directory is set up.
    fn has_directory(&self) -> bool;

    /// Asks the directory whether a password is somebody's.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when it does not answer.
    async fn bind(&self, name: &str, password: &Password) -> Result<Bound, ProviderError>;
}

/// No provider and no directory is set up.
#[derive(Debug, Clone, Copy)]
pub struct NoProviders;

#[async_trait]
impl Providers for NoProviders {
    async fn link_address(&self, _: Provider, _: &User) -> Result<Option<String>, ProviderError> {
        Ok(None)
    }

    fn has_directory(&self) -> bool {
        false
    }

    async fn bind(&self, _: &str, _: &Password) -> Result<Bound, ProviderError> {
        Ok(Bound::NotSetUp)
    }
}
