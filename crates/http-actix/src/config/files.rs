//! Settings of profile pictures.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::read;

/// Profile pictures.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// Where they are kept.
    pub driver: FilesDriver,
    /// The folder, for `local`.
    pub folder: PathBuf,
    /// Most bytes of one that is sent.
    pub picture_bytes: usize,
    /// Most pixels of one that is sent.
    pub picture_pixels: u64,
    /// The service's address, for `s3`.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub s3_endpoint: Option<url::Url>,
    /// Its region.
    pub s3_region: String,
    /// The bucket.
    pub s3_bucket: String,
    /// What names in the bucket begin with.
    pub s3_prefix: String,
    /// The key's id.
    pub s3_key_id: String,
    /// The key.
    pub s3_secret: SecretString,
    /// A file that holds the key.
    #[serde(deserialize_with = "read::none_if_empty")]
    pub s3_secret_file: Option<PathBuf>,
    /// Whether the bucket is named in the path.
    pub s3_path_style: bool,
    /// Whether the address may be http.
    pub s3_allow_http: bool,
}

/// Where files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FilesDriver {
    /// In a folder of this machine.
    Local,
    /// In an S3-like service.
    S3,
    /// Nowhere: everybody has a generated picture.
    None,
}
