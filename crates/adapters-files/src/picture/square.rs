//! The middle of a picture, scaled.

use image::imageops::{FilterType, resize};
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView as _, ImageBuffer, Rgba, Rgba32FImage, RgbaImage};

use super::SIDE;

/// Cuts the largest square out of the middle, scales it, and turns it upright: RGB, or RGBA where something shows through.
pub(super) fn square(image: &DynamicImage, orientation: Orientation) -> DynamicImage {
    let middle = middle(image);
    // Enlarged, the sharper filter draws rings around edges.
    let filter = if middle.width() < SIDE { FilterType::Triangle } else { FilterType::CatmullRom };
    let scaled = resize(&middle, SIDE, SIDE, filter);
    let pixels = RgbaImage::from_fn(SIDE, SIDE, |x, y| plain(*scaled.get_pixel(x, y)));
    let is_opaque = pixels.pixels().all(|pixel| pixel[3] == u8::MAX);
    let mut square = DynamicImage::ImageRgba8(pixels);
    square.apply_orientation(orientation);
    if is_opaque { DynamicImage::ImageRgb8(square.into_rgb8()) } else { square }
}

/// The square in the middle, where it is large already brought down to some twice the wanted size: one pass over many pixels is
/// cheap, and what the finer filter needs of memory stays small.
fn middle(image: &DynamicImage) -> Rgba32FImage {
    let (width, height) = image.dimensions();
    let side = width.min(height);
    let block = (side / (2 * SIDE)).max(1);
    let blocks = side / block;
    let (left, top) = ((width - blocks * block) / 2, (height - blocks * block) / 2);
    ImageBuffer::from_fn(blocks, blocks, |x, y| mean(image, left + x * block, top + y * block, block))
}

/// The mean of a block of pixels.
fn mean(image: &DynamicImage, left: u32, top: u32, side: u32) -> Rgba<f32> {
    let mut sums = [0.0; 4];
    for y in top..top + side {
        for x in left..left + side {
            let weighted = weighted(image.get_pixel(x, y));
            for (sum, value) in sums.iter_mut().zip(weighted) {
                *sum += value;
            }
        }
    }
    let count = f32::from(u16::try_from(side * side).unwrap_or(u16::MAX));
    Rgba(sums.map(|sum| sum / count))
}

/// Colours by how much of them shows, so that what is invisible colours nothing beside it.
fn weighted(Rgba([red, green, blue, alpha]): Rgba<u8>) -> [f32; 4] {
    let alpha = f32::from(alpha) / 255.0;
    [f32::from(red) / 255.0 * alpha, f32::from(green) / 255.0 * alpha, f32::from(blue) / 255.0 * alpha, alpha]
}

/// The reverse of [`weighted`].
fn plain(Rgba([red, green, blue, alpha]): Rgba<f32>) -> Rgba<u8> {
    let shown = byte(alpha);
    if shown == 0 {
        return Rgba([0; 4]);
    }
    Rgba([byte(red / alpha), byte(green / alpha), byte(blue / alpha), shown])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what a byte holds")]
fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests;
