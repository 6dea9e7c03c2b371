use proptest::prelude::*;

use super::super::sample::{BLUE, GREEN, RED, claiming, file, film, flat, quarters, turned};
use super::*;

const MAX_PIXELS: u64 = 33_177_600;
const FORMATS: [ImageFormat; 4] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP];

fn refused(sent: &[u8]) -> PictureError {
    decode(sent, MAX_PIXELS).unwrap_err()
}

#[test]
fn four_formats_are_read() {
    for format in FORMATS {
        let decoded = decode(&file(&flat(30, 20, RED), format), MAX_PIXELS).unwrap();

        assert_eq!((decoded.image.width(), decoded.image.height()), (30, 20), "{format:?}");
        let [red, green, blue, _] = image::GenericImageView::get_pixel(&decoded.image, 15, 10).0;
        assert!(red.abs_diff(230) < 4 && green.abs_diff(20) < 4 && blue.abs_diff(30) < 4, "{format:?}");
    }
}

#[test]
fn everything_else_is_unknown() {
    let others: [&[u8]; 7] =
        [b"", b"a", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"BM\x46\0\0\0\0\0\0\0", b"II*\0\x08\0\0\0", b"%PDF-1.7", &[0; 300]];

    for sent in others {
        assert!(matches!(refused(sent), PictureError::Unknown));
    }
}

#[test]
fn a_film_is_its_first_frame() {
    let decoded = decode(&film(&[flat(8, 8, BLUE), flat(8, 8, GREEN)]), MAX_PIXELS).unwrap();

    assert_eq!(image::GenericImageView::get_pixel(&decoded.image, 4, 4).0, BLUE);
}

#[test]
fn a_cut_off_head_is_unknown() {
    for format in FORMATS {
        let whole = file(&quarters(64), format);
        let least = if format == ImageFormat::Gif { 12 } else { 20 };

        for length in 0..least {
            assert!(matches!(refused(&whole[..length]), PictureError::Unknown), "{format:?} {length}");
        }
    }
}

#[test]
fn a_picture_without_all_its_pixels_is_broken() {
    for format in FORMATS {
        let whole = file(&quarters(64), format);
        let pixels = decode(&whole, MAX_PIXELS).unwrap().image;

        for length in 0..whole.len() {
            // What follows the last pixel may be missing.
            let is_fine = decode(&whole[..length], MAX_PIXELS).is_ok_and(|decoded| decoded.image != pixels);
            assert!(!is_fine, "{format:?} {length} of {}", whole.len());
        }
    }
}

#[test]
fn a_png_cut_at_sixty_bytes_is_broken() {
    assert!(matches!(refused(&file(&quarters(64), ImageFormat::Png)[..60]), PictureError::Broken));
}

#[test]
fn a_gif_without_a_frame_is_no_blank_picture() {
    let heads: [&[u8]; 4] =
        [b"GIF89a", b"GIF89a\x01\0\x01\0\0\0\0", b"GIF89a\x01\0\x01\0\0\0\0;", b"GIF87a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF;"];

    for head in heads {
        assert!(matches!(refused(head), PictureError::Unknown | PictureError::Broken), "{head:?}");
    }
}

#[test]
fn changed_pixel_data_is_broken() {
    let mut changed = file(&quarters(64), ImageFormat::Png);
    let middle = changed.len() / 2;
    changed[middle] ^= 0x55;

    assert!(matches!(refused(&changed), PictureError::Broken));
}

#[test]
fn too_many_pixels_are_refused_from_the_head_alone() {
    let png = claiming(&file(&flat(1, 1, RED), ImageFormat::Png), 10_000, 10_000);
    let mut gif = file(&flat(1, 1, RED), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    let mut jpeg = file(&flat(8, 8, RED), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    let mut webp = file(&flat(1, 1, RED), ImageFormat::WebP);
    // Fourteen bits for each side, less one, after the chunk's head and a signature.
    webp[21..25].copy_from_slice(&(9_999_u32 + (9_999 << 14)).to_le_bytes());

    for bomb in [png, gif, jpeg, webp] {
        let error = refused(&bomb);
        assert!(matches!(error, PictureError::TooManyPixels), "{error:?}: {:?}", &bomb[..12]);
    }
}

#[test]
fn the_largest_allowed_is_one_pixel_short_of_too_many() {
    let sent = file(&flat(30, 20, RED), ImageFormat::Png);

    assert!(decode(&sent, 600).is_ok());
    assert!(matches!(decode(&sent, 599).unwrap_err(), PictureError::TooManyPixels));
}

#[test]
fn no_pixels_are_no_picture() {
    let mut gif = file(&flat(4, 4, RED), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0; 4]);

    assert!(matches!(refused(&gif), PictureError::Unknown));
    assert!(matches!(refused(&claiming(&file(&flat(1, 1, RED), ImageFormat::Png), 0, 5)), PictureError::Unknown));
}

#[test]
fn the_orientation_is_read() {
    let jpeg = file(&quarters(64), ImageFormat::Jpeg);

    assert_eq!(decode(&jpeg, MAX_PIXELS).unwrap().orientation, Orientation::NoTransforms);
    assert_eq!(decode(&turned(&jpeg, 6, b""), MAX_PIXELS).unwrap().orientation, Orientation::Rotate90);
    assert_eq!(decode(&turned(&jpeg, 77, b""), MAX_PIXELS).unwrap().orientation, Orientation::NoTransforms);
}

/// Bytes that begin as a picture does, or a picture with some bytes changed and its end cut off.
fn sent() -> impl Strategy<Value = Vec<u8>> {
    let beginnings: [&[u8]; 5] = [b"\x89PNG\r\n\x1a\n", b"\xFF\xD8\xFF", b"GIF89a", b"RIFF\x40\0\0\0WEBPVP8L", b""];
    let beginning = prop::sample::select(beginnings.to_vec());
    let invented = (beginning, prop::collection::vec(any::<u8>(), 0..400)).prop_map(|(beginning, rest)| [beginning, &rest].concat());
    let files: Vec<_> = FORMATS.iter().map(|format| turned_or_not(&file(&quarters(24), *format), *format)).collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    let changed =
        (prop::sample::select(files), edits, any::<prop::sample::Index>(), any::<bool>()).prop_map(|(mut file, edits, end, is_cut)| {
            for (place, byte) in edits {
                *place.get_mut(&mut file) = byte;
            }
            if is_cut {
                file.truncate(end.index(file.len()));
            }
            file
        });
    prop_oneof![invented, changed]
}

fn turned_or_not(file: &[u8], format: ImageFormat) -> Vec<u8> {
    if format == ImageFormat::Jpeg { turned(file, 6, b"") } else { file.to_vec() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_bytes_make_it_panic(sent in sent()) {
        if let Ok(decoded) = decode(&sent, 10_000) {
            let _ = super::super::square::square(&decoded.image, decoded.orientation);
        }
    }
}
