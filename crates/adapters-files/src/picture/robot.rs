//! The picture of bots: a friendly face, drawn from boxes with round corners.

use std::error::Error;

use image::{DynamicImage, Rgb, RgbImage};

use super::initial::mix;
use super::{SIDE, encode};

const BACKGROUND: [u8; 3] = [0x2D, 0x3E, 0x50];
const METAL: [u8; 3] = [0xEC, 0xF0, 0xF1];
const SHADE: [u8; 3] = [0xA9, 0xB7, 0xC0];
const LIGHT: [u8; 3] = [0x1A, 0xBC, 0x9C];
const DARK: [u8; 3] = [0x22, 0x2F, 0x3D];

/// A box by its middle, half its size and the radius of its corners.
struct Part {
    middle: [f32; 2],
    half: [f32; 2],
    radius: f32,
    colour: [u8; 3],
}

const fn part(middle: [f32; 2], half: [f32; 2], radius: f32, colour: [u8; 3]) -> Part {
    Part { middle, half, radius, colour }
}

/// From back to front.
const PARTS: [Part; 13] = [
    part([64.0, 30.0], [2.5, 10.0], 2.0, SHADE), // antenna
    part([64.0, 20.0], [6.0, 6.0], 6.0, LIGHT),
    part([24.0, 68.0], [7.0, 13.0], 5.0, SHADE), // ears
    part([104.0, 68.0], [7.0, 13.0], 5.0, SHADE),
    part([64.0, 68.0], [38.0, 31.0], 13.0, METAL), // head
    part([64.0, 63.0], [30.0, 15.0], 11.0, DARK),  // visor
    part([50.0, 63.0], [6.5, 6.5], 6.5, LIGHT),    // eyes
    part([78.0, 63.0], [6.5, 6.5], 6.5, LIGHT),
    part([48.0, 61.0], [2.0, 2.0], 2.0, METAL), // their gleam
    part([76.0, 61.0], [2.0, 2.0], 2.0, METAL),
    part([64.0, 87.0], [14.0, 2.5], 2.5, SHADE),    // mouth
    part([64.0, 107.0], [12.0, 8.0], 2.0, SHADE),   // neck
    part([64.0, 126.0], [40.0, 14.0], 12.0, METAL), // shoulders
];

pub(super) fn draw() -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb(colour_at(centre(x), centre(y))));
    encode::png(&DynamicImage::ImageRgb8(picture))
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn centre(pixel: u32) -> f32 {
    pixel as f32 + 0.5
}

fn colour_at(x: f32, y: f32) -> [u8; 3] {
    PARTS.iter().fold(BACKGROUND, |below, part| {
        let coverage = 0.5 - part.distance(x, y);
        let [red, green, blue] = below;
        let [over_red, over_green, over_blue] = part.colour;
        [mix(red, over_red, coverage), mix(green, over_green, coverage), mix(blue, over_blue, coverage)]
    })
}

impl Part {
    /// How far a point is outside; negative inside.
    fn distance(&self, x: f32, y: f32) -> f32 {
        let [across, down] = [(x, 0), (y, 1)].map(|(at, axis)| (at - self.middle[axis]).abs() - self.half[axis] + self.radius);
        across.max(0.0).hypot(down.max(0.0)) + across.max(down).min(0.0) - self.radius
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_eyes_and_stands_on_a_plain_ground() {
        let png = draw().unwrap();

        let picture = image::load_from_memory(&png).unwrap().into_rgb8();
        assert_eq!(picture.dimensions(), (SIDE, SIDE));
        assert_eq!(picture.get_pixel(0, 0).0, BACKGROUND);
        assert_eq!(picture.get_pixel(52, 65).0, LIGHT);
        assert_eq!(picture.get_pixel(80, 65).0, LIGHT);
    }

    #[test]
    fn it_is_always_the_same() {
        assert_eq!(draw().unwrap(), draw().unwrap());
    }
}
