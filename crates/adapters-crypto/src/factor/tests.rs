use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

/// The secret of RFC 6238's own examples.
const SECRET: &[u8] = b"12345678901234567890";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

#[test]
fn codes_are_those_of_the_rfc() {
    // The last six digits of appendix B.
    for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (20_000_000_000, "353130")] {
        assert_eq!(TotpCodes.step(SECRET, code, at(seconds)), Some(seconds / 30), "{seconds}");
    }
}

#[test]
fn the_neighbouring_steps_count_and_no_others() {
    let step = 1_111_111_111 / 30;
    for (offset, counts) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
        let now = at((step + offset) * 30 + 7);
        assert_eq!(TotpCodes.step(SECRET, "050471", now), counts.then_some(step), "{offset}");
    }
}

#[test]
fn what_is_no_code_belongs_to_no_step() {
    for code in ["", "05047", "0504710", "abcdef", "０５０４７１", " 050471"] {
        assert_eq!(TotpCodes.step(SECRET, code, at(1_111_111_111)), None, "{code}");
    }
    assert_eq!(TotpCodes.step(b"short", "050471", at(1_111_111_111)), None);
}

#[test]
fn a_generator_is_given_the_secret_as_text_and_as_a_picture() {
    let enrolment = TotpCodes.enrolment(SECRET, "users.example.test:8065", "ada+x@example.test").unwrap();

    assert_eq!(enrolment.secret.expose_secret(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let reader = png::Decoder::new(std::io::Cursor::new(enrolment.picture)).read_info().unwrap();
    assert!(reader.info().width > 200 && reader.info().width == reader.info().height);
    assert_eq!(escaped("users.example.test:8065 ä"), "users.example.test%3A8065%20%C3%A4");
}

#[test]
fn the_picture_has_the_modules_of_the_code() {
    let picture = drawn("otpauth://totp/x").unwrap();
    let code = QrCode::encode_text("otpauth://totp/x", QrCodeEcc::High).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let (side, line) = (reader.info().width as usize, reader.info().raw_row_length() - 1);
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    for y in 0..code.size() {
        for x in 0..code.size() {
            let middle = |at: i32| (usize::try_from(at).unwrap() + QUIET) * SCALE + SCALE / 2;
            let (px, py) = (middle(x), middle(y));
            let is_white = pixels[py * line + px / 8] >> (7 - px % 8) & 1 == 1;
            assert_eq!(is_white, !code.get_module(x, y), "{x} {y} of {side}");
        }
    }
}

proptest! {
    #[test]
    fn no_code_and_no_name_make_it_panic(code: String, name: String, seconds: i64) {
        let _ = TotpCodes.step(SECRET, &code, Timestamp::from_millis(seconds));
        let _ = TotpCodes.enrolment(SECRET, &name, &name);
    }
}
