//! Where profile pictures are made and kept.

use std::sync::Arc;

use muster_adapters_files::{ImagePictures, PictureOptions, S3Options, StoredFiles};
use muster_domain::port::{Files, Pictures};

use super::{StartError, secret_file};
use crate::config::{Config, FilesDriver};

/// What makes pictures, as the settings say.
pub(super) fn pictures(config: &Config) -> Result<Arc<dyn Pictures>, StartError> {
    let options = PictureOptions { max_pixels: config.files.picture_pixels, ..PictureOptions::default() };
    let pictures = ImagePictures::new(options).map_err(|error| StartError::Settings(format!("files.picture_pixels: {error}")))?;
    Ok(Arc::new(pictures))
}

/// Where pictures are kept, as the settings say.
pub(super) fn files(config: &Config) -> Result<Option<Arc<dyn Files>>, StartError> {
    let wanted = &config.files;
    Ok(match wanted.driver {
        FilesDriver::None => None,
        FilesDriver::Local => {
            let stored = StoredFiles::local(&wanted.folder).map_err(|error| StartError::Settings(format!("files.folder: {error}")))?;
            Some(Arc::new(stored))
        }
        FilesDriver::S3 => {
            let stored = StoredFiles::s3(&s3_options(config)?).map_err(|error| StartError::Settings(format!("files.s3_…: {error}")))?;
            Some(Arc::new(stored))
        }
    })
}

/// Checks what can be checked without reaching for anything.
pub(super) fn check(config: &Config) -> Result<(), StartError> {
    if config.files.driver == FilesDriver::S3 { s3_options(config).map(drop) } else { Ok(()) }
}

fn s3_options(config: &Config) -> Result<S3Options, StartError> {
    let wanted = &config.files;
    Ok(S3Options {
        endpoint: wanted.s3_endpoint.clone(),
        region: wanted.s3_region.clone(),
        bucket: wanted.s3_bucket.clone(),
        key_id: wanted.s3_key_id.clone(),
        secret: match &wanted.s3_secret_file {
            Some(file) => secret_file::secret(file, "files.s3_secret_file")?,
            None => wanted.s3_secret.clone(),
        },
        allow_http: wanted.s3_allow_http,
        is_path_style: wanted.s3_path_style,
        prefix: wanted.s3_prefix.clone(),
    })
}
