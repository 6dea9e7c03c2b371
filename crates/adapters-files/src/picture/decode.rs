//! From what was sent to pixels.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, guess_format};
use muster_domain::port::PictureError;

use super::jpeg;

/// Bytes a decoder may take beside the finished pixels, for each pixel that is allowed.
const BYTES_PER_PIXEL: u64 = 8;

/// Least that a decoder may take: small limits must not forbid its tables.
const LEAST_MEMORY: u64 = 1 << 20;

/// The first frame as it was stored, and how it is turned upright.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) image: DynamicImage,
    pub(super) orientation: Orientation,
}

/// Reads the head, and then the pixels if they are not too many.
pub(super) fn decode(sent: &[u8], max_pixels: u64) -> Result<Decoded, PictureError> {
    let format = format(sent)?;
    let mut reader = ImageReader::with_format(Cursor::new(sent), format);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(max_pixels.saturating_mul(BYTES_PER_PIXEL).max(LEAST_MEMORY));
    reader.limits(limits);

    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error, PictureError::Unknown))?;
    let (width, height) = decoder.dimensions();
    match u64::from(width) * u64::from(height) {
        0 => return Err(PictureError::Unknown),
        pixels if pixels > max_pixels => return Err(PictureError::TooManyPixels),
        _ => {}
    }
    // The decoder fills what is missing at the end of a JPEG with grey.
    if format == ImageFormat::Jpeg && !jpeg::is_whole(sent) {
        return Err(PictureError::Broken);
    }
    // Whoever sent a broken orientation sees the picture as it lies.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error, PictureError::Broken))?;
    Ok(Decoded { image, orientation })
}

fn format(sent: &[u8]) -> Result<ImageFormat, PictureError> {
    use ImageFormat::{Gif, Jpeg, Png, WebP};
    match guess_format(sent) {
        Ok(format @ (Png | Jpeg | Gif | WebP)) => Ok(format),
        _ => Err(PictureError::Unknown),
    }
}

fn refusal(error: &ImageError, otherwise: PictureError) -> PictureError {
    if matches!(error, ImageError::Limits(_)) { PictureError::TooManyPixels } else { otherwise }
}

#[cfg(test)]
mod tests;
