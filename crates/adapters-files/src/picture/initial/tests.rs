use super::*;

fn wanted(id: &str, username: &str) -> Wanted {
    Wanted::of(&id.parse().unwrap(), &Username::parse(username).unwrap())
}

fn drawn(letter: char) -> RgbImage {
    draw(&Initials::new().unwrap().font(), Wanted { letter, colour: 0 }).into_rgb8()
}

/// Left, top, right and bottom of what is not the ground.
fn extent(picture: &RgbImage) -> [u32; 4] {
    let inked: Vec<_> = picture.enumerate_pixels().filter(|(_, _, pixel)| pixel[0] > 127).map(|(x, y, _)| (x, y)).collect();
    let (xs, ys) = (inked.iter().map(|at| at.0), inked.iter().map(|at| at.1));
    [xs.clone().min().unwrap(), ys.clone().min().unwrap(), xs.max().unwrap(), ys.max().unwrap()]
}

#[test]
fn the_hash_is_fnv_1a_over_the_ids_bytes() {
    // Reckoned by another program; the last one is of letters of two bytes.
    let known = [
        ("ybndrfg8ejkmcpqxot1uwisza3", 0xE3_CF12),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaa", 0x23_BCE0),
        ("1234567890abcdefghijklmnop", 0x74_31C4),
        ("äääääääääääää", 0xE3_CF12),
    ];

    for (id, colour) in known {
        assert_eq!(wanted(id, "ada").colour, colour, "{id}");
    }
}

#[test]
fn the_letter_is_the_usernames_first_as_a_capital() {
    assert_eq!(wanted("aaaaaaaaaaaaaaaaaaaaaaaaaa", "zoe").letter, 'Z');
    assert_eq!(wanted("aaaaaaaaaaaaaaaaaaaaaaaaaa", "7up").letter, '7');
    assert_eq!(wanted("aaaaaaaaaaaaaaaaaaaaaaaaaa", "_a").letter, '_');
}

#[test]
fn it_is_white_on_the_ids_colour() {
    let picture = draw(&Initials::new().unwrap().font(), Wanted { letter: 'H', colour: 0x1C_B569 }).into_rgb8();

    assert_eq!(picture.dimensions(), (SIDE, SIDE));
    assert_eq!(picture.get_pixel(0, 0).0, [0x1C, 0xB5, 0x69]);
    assert_eq!(picture.get_pixel(64, 64).0, [255; 3]);
}

#[test]
fn capitals_stand_in_the_middle_and_are_as_high_as_the_font_says() {
    for letter in ['H', 'I', 'M', 'X'] {
        let [left, top, right, bottom] = extent(&drawn(letter));

        assert!((left + right).abs_diff(127) <= 3, "{letter}: {left} to {right}");
        assert!((top + bottom).abs_diff(127) <= 2, "{letter}: {top} to {bottom}");
        // Capitals of Nunito are 705 thousandths of the em high.
        assert!((bottom - top + 1).abs_diff(45) <= 1, "{letter}: {top} to {bottom}");
    }
}

#[test]
fn every_beginning_of_a_username_has_a_picture_of_its_own() {
    let letters = ('A'..='Z').chain('0'..='9').chain("._-".chars());

    let pictures: std::collections::HashSet<_> = letters.map(|letter| drawn(letter).into_raw()).collect();

    assert_eq!(pictures.len(), 39);
}

#[test]
fn a_letter_that_the_font_lacks_leaves_no_picture_out() {
    assert_eq!(drawn('\u{10FFFF}').dimensions(), (SIDE, SIDE));
    assert_eq!(drawn(' ').get_pixel(64, 64).0, [0; 3]);
}
