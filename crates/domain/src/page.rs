//! Lists, part by part.

/// Most rows of one page.
pub const LARGEST: u32 = 200;
/// Rows of a page whose size nobody asked for.
pub const USUAL: u32 = 60;

/// One part of a list: pages are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Which page.
    pub number: u32,
    /// How many rows it has; none is allowed.
    pub size: u32,
}

impl Page {
    /// The first page, of the usual size.
    pub const FIRST: Self = Self { number: 0, size: USUAL };

    /// Rows before the page.
    #[must_use]
    pub fn offset(self) -> u64 {
        u64::from(self.number) * u64::from(self.size)
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::FIRST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_before_the_last_page_of_all_can_be_counted() {
        assert_eq!(Page { number: u32::MAX, size: LARGEST }.offset(), u64::from(u32::MAX) * 200);
        assert_eq!(Page::default().offset(), 0);
    }
}
