//! Where a JPEG ends.

const SCAN: u8 = 0xDA;
const END: u8 = 0xD9;

/// Whether the file goes on until the marker that ends the picture; thumbnails have ends of their own.
pub(super) fn is_whole(jpeg: &[u8]) -> bool {
    let mut rest = jpeg.get(2..).unwrap_or_default();
    let mut is_in_scan = false;
    while let Some((kind, after)) = next_marker(rest, is_in_scan) {
        if kind == END {
            return true;
        }
        let &[high, low, ..] = after else { return false };
        let Some(past) = after.get(usize::from(u16::from_be_bytes([high, low]))..) else { return false };
        is_in_scan |= kind == SCAN;
        rest = past;
    }
    false
}

/// The next marker that is followed by a length or ends the picture, and what comes after it.
fn next_marker(mut rest: &[u8], is_in_scan: bool) -> Option<(u8, &[u8])> {
    loop {
        let [first, tail @ ..] = rest else { return None };
        rest = tail;
        if *first != 0xFF {
            continue;
        }
        match rest {
            // A byte of the picture that looks like a marker, or a restart within its data, or filling.
            [0x00 | 0x01 | 0xD0..=0xD8 | 0xFF, ..] => {}
            // Ends count only after pixels.
            [END, tail @ ..] if !is_in_scan => rest = tail,
            [kind, tail @ ..] => return Some((*kind, tail)),
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 0xFF, 0xDA, 0xFF, 0xD9];
    const PIXELS: &[u8] = &[0xFF, 0xDA, 0, 3, 9, 1, 2, 0xFF, 0, 3, 0xFF, 0xD0, 4];

    #[test]
    fn a_whole_one_ends_after_its_pixels() {
        assert!(is_whole(&[HEAD, PIXELS, &[0xFF, 0xD9]].concat()));
        assert!(is_whole(&[HEAD, PIXELS, &[0xFF, 0xFF, 0xD9, 1, 2, 3]].concat()));
        assert!(is_whole(&[HEAD, PIXELS, PIXELS, &[0xFF, 0xD9]].concat()));
    }

    #[test]
    fn the_end_of_a_thumbnail_is_not_the_end() {
        let whole = [HEAD, PIXELS, &[0xFF, 0xD9]].concat();

        for length in 0..whole.len() {
            assert!(!is_whole(&whole[..length]), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in proptest::collection::vec(prop_oneof![Just(0xFF), any::<u8>()], 0..200)) {
            let _ = is_whole(&bytes);
        }
    }
}
