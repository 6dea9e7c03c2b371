use proptest::prelude::*;

use super::super::sample::{BLUE, GREEN, RED, WHITE, flat, quarters};
use super::*;

const CORNERS: [(u32, u32); 4] = [(5, 5), (122, 5), (5, 122), (122, 122)];

fn corners(picture: &DynamicImage) -> [[u8; 4]; 4] {
    CORNERS.map(|(x, y)| picture.get_pixel(x, y).0)
}

#[test]
fn the_middle_is_cut_out() {
    let wide = RgbaImage::from_fn(300, 100, |x, _| Rgba(if (100..200).contains(&x) { GREEN } else { RED }));
    let high = RgbaImage::from_fn(100, 301, |_, y| Rgba(if (100..200).contains(&y) { BLUE } else { RED }));

    for (picture, colour) in [(wide, GREEN), (high, BLUE)] {
        let square = square(&DynamicImage::ImageRgba8(picture), Orientation::NoTransforms);

        assert_eq!(square.dimensions(), (SIDE, SIDE));
        assert!(square.to_rgba8().pixels().all(|pixel| pixel.0 == colour));
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    // What the camera saw in the corners: above left and right, below left and right.
    let upright = [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
    ];

    for (value, seen) in upright {
        let square = square(&quarters(256), Orientation::from_exif(value).unwrap());

        assert_eq!(corners(&square), seen, "{value}");
    }
}

#[test]
fn small_and_large_ones_keep_what_they_show() {
    for side in [2, 64, 127, 128, 129, 500, 1025] {
        let square = square(&quarters(side), Orientation::NoTransforms);

        assert_eq!(corners(&square), [RED, GREEN, BLUE, WHITE], "{side}");
    }
}

#[test]
fn very_long_ones_cost_no_more_than_their_middle() {
    let line = square(&flat(60_000, 1, RED), Orientation::NoTransforms);
    let column = square(&flat(1, 60_000, BLUE), Orientation::NoTransforms);

    assert_eq!(corners(&line), [RED; 4]);
    assert_eq!(corners(&column), [BLUE; 4]);
}

#[test]
fn what_is_invisible_colours_nothing() {
    let half = RgbaImage::from_fn(600, 600, |x, _| Rgba(if x < 300 { [0, 0, 0, 0] } else { WHITE }));

    let square = square(&DynamicImage::ImageRgba8(half), Orientation::NoTransforms).to_rgba8();

    assert_eq!(square.get_pixel(5, 64).0, [0; 4]);
    assert!(square.pixels().filter(|pixel| pixel[3] > 0).all(|pixel| pixel.0[..3] == [255; 3]));
}

#[test]
fn pictures_that_hide_nothing_have_no_alpha() {
    assert_eq!(square(&flat(10, 10, RED), Orientation::NoTransforms).color(), image::ColorType::Rgb8);
    assert_eq!(square(&flat(10, 10, [1, 2, 3, 254]), Orientation::NoTransforms).color(), image::ColorType::Rgba8);
}

#[test]
fn sixteen_bits_and_grey_are_brought_to_eight_and_colours() {
    let deep = image::ImageBuffer::from_pixel(200, 200, image::Rgb([0xFFFF_u16, 0x8080, 0]));
    let grey = image::GrayImage::from_pixel(200, 200, image::Luma([77]));

    assert_eq!(corners(&square(&DynamicImage::ImageRgb16(deep), Orientation::NoTransforms)), [[255, 128, 0, 255]; 4]);
    assert_eq!(corners(&square(&DynamicImage::ImageLuma8(grey), Orientation::NoTransforms)), [[77, 77, 77, 255]; 4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn flat_colours_survive(colour in any::<[u8; 4]>(), width in 1_u32..400, height in 1_u32..400) {
        let square = square(&flat(width, height, colour), Orientation::NoTransforms);

        let shown = if colour[3] == 0 { [0; 4] } else { colour };
        for pixel in square.to_rgba8().pixels() {
            for (is, was) in pixel.0.iter().zip(shown) {
                prop_assert!(is.abs_diff(was) <= 1, "{pixel:?} for {colour:?}");
            }
        }
    }
}
