use image::ImageFormat;

use super::sample::{GREEN, RED, file, flat, quarters, told, turned};
use super::*;

fn pictures() -> ImagePictures {
    ImagePictures::new(PictureOptions::default()).unwrap()
}

/// The kinds of a PNG's chunks.
fn chunks(png: &[u8]) -> Vec<String> {
    let mut rest = &png[8..];
    let mut kinds = Vec::new();
    while let [a, b, c, d, tail @ ..] = rest {
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap();
        kinds.push(String::from_utf8(tail[..4].to_vec()).unwrap());
        rest = &tail[length + 8..];
    }
    kinds
}

#[tokio::test]
async fn a_finished_picture_is_a_square_png_of_nothing_but_pixels() {
    let phone = turned(&file(&quarters(300), ImageFormat::Jpeg), 6, b"canary 52.5 N 13.4 E");
    let drawing = told(&file(&quarters(300), ImageFormat::Png), b"canary of an author");

    for sent in [phone, drawing] {
        let png = pictures().square(sent).await.unwrap();

        assert_eq!(chunks(&png), ["IHDR", "IDAT", "IEND"]);
        assert!(!png.windows(6).any(|window| window == b"canary"));
        let shown = image::load_from_memory_with_format(&png, ImageFormat::Png).unwrap();
        assert_eq!((shown.width(), shown.height()), (SIDE, SIDE));
    }
}

#[tokio::test]
async fn the_same_file_gives_the_same_bytes() {
    let sent = file(&quarters(333), ImageFormat::WebP);

    assert_eq!(pictures().square(sent.clone()).await.unwrap(), pictures().square(sent).await.unwrap());
}

#[tokio::test]
async fn a_picture_lying_on_its_side_is_set_upright() {
    let png = pictures().square(turned(&file(&quarters(256), ImageFormat::Jpeg), 8, b"")).await.unwrap();

    let corner = image::load_from_memory(&png).unwrap().into_rgb8().get_pixel(5, 5).0;
    assert!(corner.iter().zip(GREEN).all(|(is, was)| is.abs_diff(was) <= 3), "{corner:?}");
}

#[tokio::test]
async fn what_is_no_picture_is_refused() {
    let refused = pictures().square(b"no picture".to_vec()).await.unwrap_err();

    assert!(matches!(refused, PictureError::Unknown));
}

#[tokio::test]
async fn more_pixels_than_the_options_allow_are_refused() {
    let strict = ImagePictures::new(PictureOptions { max_pixels: 99, ..PictureOptions::default() }).unwrap();

    let refused = strict.square(file(&flat(10, 10, RED), ImageFormat::Png)).await.unwrap_err();

    assert!(matches!(refused, PictureError::TooManyPixels));
}

#[tokio::test]
async fn who_has_no_picture_has_an_initial_and_always_the_same() {
    let (id, ada) = ("ybndrfg8ejkmcpqxot1uwisza3".parse().unwrap(), Username::parse("ada").unwrap());
    let pictures = pictures();

    let first = pictures.initial(&id, &ada).await.unwrap();
    let second = pictures.initial(&id, &ada).await.unwrap();

    assert_eq!(first, second);
    assert_eq!(chunks(&first), ["IHDR", "IDAT", "IEND"]);
    assert_eq!(image::load_from_memory(&first).unwrap().color(), image::ColorType::Rgb8);
}

#[tokio::test]
async fn initials_drawn_before_need_no_worker() {
    let (id, ada) = ("ybndrfg8ejkmcpqxot1uwisza3".parse().unwrap(), Username::parse("ada").unwrap());
    let mut pictures = pictures();
    let drawn = pictures.initial(&id, &ada).await.unwrap();
    pictures.workers = Workers::new(0, 0);

    let another = Username::parse("bob").unwrap();

    assert_eq!(pictures.initial(&id, &ada).await.unwrap(), drawn);
    assert!(matches!(pictures.initial(&id, &another).await.unwrap_err(), PictureError::Busy { .. }));
}

#[tokio::test]
async fn bots_have_a_picture() {
    let png = pictures().bot();

    assert_eq!(chunks(&png), ["IHDR", "IDAT", "IEND"]);
}

#[test]
fn options_out_of_range_are_refused() {
    let refused = ImagePictures::new(PictureOptions { workers: 0, ..PictureOptions::default() }).err().unwrap();

    assert!(matches!(refused, PictureOptionsError::Workers(0)));
}
