//! Parts of lists.

use muster_domain::page::Page;

/// Rows before a page, as PostgreSQL counts them.
pub(crate) fn offset(page: Page) -> i64 {
    i64::try_from(page.offset()).unwrap_or(i64::MAX)
}

/// Whether PostgreSQL can hold a text: it refuses NUL, which no stored text has.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}
