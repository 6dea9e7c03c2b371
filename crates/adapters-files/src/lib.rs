//! Profile pictures: made from what people send, and kept in a local folder or in an S3 store.
//!
//! Implements the ports [`Pictures`](muster_domain::port::Pictures) and [`Files`](muster_domain::port::Files). Knows no
//! account, no HTTP and no settings: whoever builds it hands in numbers and places. Start reading at [`ImagePictures`] and
//! [`StoredFiles`].

mod file;
mod picture;

pub use file::{FolderError, S3Error, S3Options, StoredFiles};
pub use picture::{ImagePictures, PictureOptions, PictureOptionsError};
