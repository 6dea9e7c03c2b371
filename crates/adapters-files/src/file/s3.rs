//! Any store that speaks S3.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{DEADLINE, StoredFiles};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(1);

/// Longest wait for one of the tries.
const TRY: Duration = Duration::from_secs(2);

/// Where an S3 store is, and who Muster is there.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// Its address; without one, Amazon's for the region.
    pub endpoint: Option<Url>,
    /// The region that requests are signed for.
    pub region: String,
    /// The bucket, which must be there.
    pub bucket: String,
    /// Names the key.
    pub key_id: String,
    /// The key.
    pub secret: SecretString,
    /// Whether the address may begin with `http://`; pictures and signatures can then be read on the way.
    pub allow_http: bool,
    /// Whether the bucket stands in the path of an address and not in the name of its host.
    pub is_path_style: bool,
    /// Folders that stand before every name, with slashes between them; empty for none.
    pub prefix: String,
}

/// Why an S3 store can't be used as the options say.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// The address is none, or not one of a store.
    #[error("the address of the S3 store begins with https:// and names a host, or with http:// where that is allowed")]
    Endpoint,
    /// Something is left out.
    #[error("the S3 store's {0} is missing")]
    Missing(&'static str),
    /// The prefix names no folder.
    #[error("the S3 store's prefix has parts of letters, digits, dots, dashes and underscores between slashes")]
    Prefix,
    /// The client can't be made.
    #[error("the client for the S3 store can't be made")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoredFiles {
    /// Files in a bucket. Whether it answers shows with the first of them.
    ///
    /// # Errors
    ///
    /// [`S3Error`] says which option can't be used.
    pub fn s3(options: &S3Options) -> Result<Self, S3Error> {
        options.check()?;
        let prefix = options.path()?;
        let store = options.builder()?.build().map_err(|cause| S3Error::Client(Box::new(cause)))?;
        Ok(Self { store: Arc::new(store), prefix })
    }
}

impl S3Options {
    fn check(&self) -> Result<(), S3Error> {
        let is_usable = |url: &Url| url.has_host() && (url.scheme() == "https" || self.allow_http && url.scheme() == "http");
        if !self.endpoint.as_ref().is_none_or(is_usable) {
            return Err(S3Error::Endpoint);
        }
        let given =
            [("region", self.region.as_str()), ("bucket", &self.bucket), ("key id", &self.key_id), ("secret", self.secret.expose_secret())];
        match given.into_iter().find(|(_, value)| value.is_empty()) {
            Some((name, _)) => Err(S3Error::Missing(name)),
            None => Ok(()),
        }
    }

    fn path(&self) -> Result<Path, S3Error> {
        match self.prefix.trim_matches('/') {
            "" => Ok(Path::default()),
            prefix => super::name::path(&Path::default(), prefix).map_err(|_| S3Error::Prefix),
        }
    }

    fn builder(&self) -> Result<AmazonS3Builder, S3Error> {
        let client = ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(TRY).with_allow_http(self.allow_http);
        let builder = AmazonS3Builder::new()
            .with_region(&self.region)
            .with_bucket_name(&self.bucket)
            .with_access_key_id(&self.key_id)
            .with_secret_access_key(self.secret.expose_secret())
            .with_virtual_hosted_style_request(!self.is_path_style)
            .with_client_options(client)
            .with_retry(retries());
        Ok(match &self.endpoint {
            Some(endpoint) => builder.with_endpoint(self.address(endpoint)?.as_str().trim_end_matches('/')),
            None => builder,
        })
    }

    /// The address that files are under; the client adds the bucket to paths, and to hosts only where it has made them.
    fn address(&self, endpoint: &Url) -> Result<Url, S3Error> {
        let mut address = endpoint.clone();
        if let (false, Some(host)) = (self.is_path_style, endpoint.host_str()) {
            address.set_host(Some(&format!("{}.{host}", self.bucket))).map_err(|_| S3Error::Endpoint)?;
        }
        Ok(address)
    }
}

/// One more try: both together take less than a caller waits.
fn retries() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_millis(500), base: 2.0 };
    RetryConfig { backoff, max_retries: 1, retry_timeout: DEADLINE }
}

#[cfg(test)]
mod tests;
