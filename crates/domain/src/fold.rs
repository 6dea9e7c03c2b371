//! Texts without regard to case and accents, for searching and sorting. No database folds: both then answer alike.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::decompose_compatible;

/// Folds a text: compatibility forms become plain ones, letters lose case and accents, and letters with a stroke or a ligature
/// become the ones that people type for them.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let (mut parts, mut out) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    // Marks are put in order after case is gone: the iota below a letter is a mark, but a letter in upper case, and stays where it is.
    text.chars().for_each(|c| decompose_compatible(c, |part| parts.push(part)));
    // By way of upper case: it resolves ß, ŉ and final sigma as Unicode's full case folding does.
    let caseless = parts.chars().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    for plain in caseless.nfkd().filter(|&c| !is_accent(c)) {
        match spelled_out(plain) {
            Some(letters) => out.push_str(letters),
            None => out.push(plain),
        }
    }
    out
}

/// Accents of alphabets; the vowel and voice marks of Indian, Thai, Hebrew, Arabic and Japanese scripts make other letters, and stay.
const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// What stands for a letter that Unicode does not take apart.
const fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ŋ' => "n",
        'ŧ' => "t",
        'þ' => "th",
        'ƶ' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_accents_go() {
        let pairs = [
            ("Børge Ånesen", "borge anesen"),
            ("ÉLODIE", "elodie"),
            ("e\u{301}lodie", "elodie"),
            ("Straße", "strasse"),
            ("ΟΔΟΣ οδος", "οδοσ οδοσ"),
            ("ŁÓDŹ", "lodz"),
            ("İstanbul ısı", "istanbul isi"),
            ("ｄｎ", "dn"),
            ("李", "李"),
            ("Þór", "thor"),
            ("ῷ\u{10a38}", "ωι\u{10a38}"),
            ("Ω\u{342}Ι\u{10a38}", "ωι\u{10a38}"),
        ];
        for (text, plain) in pairs {
            assert_eq!(folded(text), plain, "{text}");
        }
    }

    #[test]
    fn letters_of_other_scripts_stay_apart() {
        assert_ne!(folded("か"), folded("が"));
        assert_ne!(folded("कि"), folded("क"));
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text: String) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn case_never_matters(text: String) {
            prop_assert_eq!(folded(&text.to_uppercase()), folded(&text));
        }
    }
}
