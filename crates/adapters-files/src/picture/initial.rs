//! Pictures of who has none: a letter on a colour.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use ab_glyph::{Font as _, FontRef, OutlinedGlyph, PxScale, ScaleFont as _, point};
use image::{DynamicImage, Rgb, RgbImage};
use muster_domain::id::UserId;
use muster_domain::username::Username;

use super::SIDE;

/// Nunito Bold 3.602 as its makers give it away, under the licence beside it.
const FONT: &[u8] = include_bytes!("../../fonts/Nunito-Bold.ttf");

/// Pixels of the font's em.
const EM: f32 = 64.0;

/// The colours, as the reference has them: some come more than once.
const COLOURS: [u32; 26] = [
    0xC5_087E, 0xE3_CF12, 0x1C_B569, 0x23_BCE0, 0x74_31C4, 0xC5_087E, 0xC5_1313, 0xFA_8606, 0xE3_CF12, 0x7B_C947, 0x1C_B569, 0x23_BCE0,
    0x74_31C4, 0xC5_087E, 0xC5_1313, 0xFA_8606, 0xE3_CF12, 0x7B_C947, 0x1C_B569, 0x23_BCE0, 0x74_31C4, 0xC5_087E, 0xC5_1313, 0xFA_8606,
    0xE3_CF12, 0x7B_C947,
];

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    letter: char,
    colour: u32,
}

impl Wanted {
    pub(super) fn of(id: &UserId, username: &Username) -> Self {
        let first = username.as_str().chars().next().unwrap_or_default();
        Self { letter: first.to_ascii_uppercase(), colour: colour(id) }
    }
}

/// The colour that an id decides.
fn colour(id: &UserId) -> u32 {
    let hash = id.as_str().bytes().fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let place = usize::try_from(hash).unwrap_or_default() % COLOURS.len();
    COLOURS.get(place).copied().unwrap_or_default()
}

/// The font, and the pictures drawn so far: there are some hundreds of two kilobytes, whoever they are of.
pub(super) struct Initials {
    font: FontRef<'static>,
    drawn: Mutex<HashMap<Wanted, Vec<u8>>>,
}

impl Initials {
    pub(super) fn new() -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self { font: FontRef::try_from_slice(FONT)?, drawn: Mutex::default() })
    }

    pub(super) fn font(&self) -> FontRef<'static> {
        self.font.clone()
    }

    /// The picture, if one like it was drawn before.
    pub(super) fn drawn(&self, wanted: Wanted) -> Option<Vec<u8>> {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).get(&wanted).cloned()
    }

    pub(super) fn keep(&self, wanted: Wanted, png: Vec<u8>) {
        self.drawn.lock().unwrap_or_else(PoisonError::into_inner).insert(wanted, png);
    }
}

/// Draws a white letter in the middle of the colour.
pub(super) fn draw(font: &FontRef<'_>, wanted: Wanted) -> DynamicImage {
    let [_, red, green, blue] = wanted.colour.to_be_bytes();
    let mut picture = RgbImage::from_pixel(SIDE, SIDE, Rgb([red, green, blue]));
    if let Some(glyph) = place(font, wanted.letter) {
        let corner = glyph.px_bounds().min;
        glyph.draw(|x, y, coverage| lighten(&mut picture, [whole(corner.x) + i64::from(x), whole(corner.y) + i64::from(y)], coverage));
    }
    DynamicImage::ImageRgb8(picture)
}

/// A letter's outline: in the middle by its advance, standing as low as it is below the middle when it is as high as it is.
fn place(font: &FontRef<'_>, letter: char) -> Option<OutlinedGlyph> {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let side = SIDE as f32;
    // The scale counts the height of a line.
    let scale = PxScale::from(EM * font.height_unscaled() / font.units_per_em()?);
    let id = font.glyph_id(letter);
    let left = (side - font.as_scaled(scale).h_advance(id)) / 2.0;
    let height = font.outline_glyph(id.with_scale(scale))?.px_bounds().height();
    font.outline_glyph(id.with_scale_and_position(scale, point(left, f32::midpoint(side, height).round())))
}

/// Whitens a pixel by as much of it as the letter covers.
fn lighten(picture: &mut RgbImage, [x, y]: [i64; 2], coverage: f32) {
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
    if let Some(pixel) = picture.get_pixel_mut_checked(x, y) {
        pixel.0 = pixel.0.map(|channel| mix(channel, u8::MAX, coverage));
    }
}

/// A value between two.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
pub(super) fn mix(below: u8, above: u8, coverage: f32) -> u8 {
    let (below, above) = (f32::from(below), f32::from(above));
    (below + (above - below) * coverage.clamp(0.0, 1.0)).round() as u8
}

#[expect(clippy::cast_possible_truncation, reason = "bounds of a glyph are whole and small")]
fn whole(bound: f32) -> i64 {
    bound as i64
}

#[cfg(test)]
mod tests;
