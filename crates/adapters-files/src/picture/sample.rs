//! Pictures as people send them.

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgba, RgbaImage};

pub(super) const RED: [u8; 4] = [230, 20, 30, 255];
pub(super) const GREEN: [u8; 4] = [20, 180, 40, 255];
pub(super) const BLUE: [u8; 4] = [10, 40, 220, 255];
pub(super) const WHITE: [u8; 4] = [255, 255, 255, 255];

/// One colour all over.
pub(super) fn flat(width: u32, height: u32, colour: [u8; 4]) -> DynamicImage {
    DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, Rgba(colour)))
}

/// A quarter in each colour: red and green above blue and white.
pub(super) fn quarters(side: u32) -> DynamicImage {
    DynamicImage::ImageRgba8(RgbaImage::from_fn(side, side, |x, y| {
        Rgba(match (x < side / 2, y < side / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    }))
}

/// A file of a picture.
pub(super) fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let fitting = if format == ImageFormat::Jpeg { DynamicImage::ImageRgb8(image.to_rgb8()) } else { image.clone() };
    fitting.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A GIF that shows one picture after the other.
pub(super) fn film(frames: &[DynamicImage]) -> Vec<u8> {
    let mut bytes = Vec::new();
    GifEncoder::new(&mut bytes).encode_frames(frames.iter().map(|frame| Frame::new(frame.to_rgba8()))).unwrap();
    bytes
}

/// A JPEG that says how it is to be turned, with a comment of the camera's.
pub(super) fn turned(jpeg: &[u8], orientation: u8, comment: &[u8]) -> Vec<u8> {
    let exif = [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[orientation, 0, 0, 0], &[0; 4], comment].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

/// A PNG whose head claims another size.
pub(super) fn claiming(png: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut claiming = png.to_vec();
    claiming[16..20].copy_from_slice(&width.to_be_bytes());
    claiming[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = checksum(&claiming[12..29]).to_be_bytes();
    claiming[29..33].copy_from_slice(&checksum);
    claiming
}

/// A PNG with a text in it.
pub(super) fn told(png: &[u8], text: &[u8]) -> Vec<u8> {
    let chunk = [b"tEXtComment\0", text].concat();
    let length = u32::try_from(chunk.len() - 4).unwrap().to_be_bytes();
    [&png[..33], &length, &chunk, &checksum(&chunk).to_be_bytes(), &png[33..]].concat()
}

/// The checksum of a PNG's chunk.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}
