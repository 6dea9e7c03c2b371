//! What people type, made storable.

/// Drops characters that can't be seen but change how a text reads: controls of direction, joiners of obsolete scripts,
/// markers of musical notation and tags.
#[must_use]
pub fn without_invisible(text: &str) -> String {
    text.chars().filter(|&c| !is_invisible(c)).collect()
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{340}'..='\u{341}'
            | '\u{17a3}'
            | '\u{17d3}'
            | '\u{2028}'..='\u{2029}'
            | '\u{202a}'..='\u{202e}'
            | '\u{206a}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffc}'
            | '\u{feff}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Whether a text has at most so many characters and no NUL, which PostgreSQL can't hold.
#[must_use]
pub fn fits(text: &str, most: usize) -> bool {
    !text.contains('\0') && text.chars().count() <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_invisible_characters_go() {
        assert_eq!(without_invisible("a\u{202e}b 👩\u{200d}🚀"), "ab 👩\u{200d}🚀");
    }

    #[test]
    fn length_counts_characters_and_nul_never_fits() {
        assert!(fits("ñ", 1));
        assert!(!fits("ñn", 1));
        assert!(!fits("\0", 5));
    }
}
