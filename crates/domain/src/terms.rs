//! Terms of service that an operator writes and people accept.

use crate::id::{TermsId, UserId};
use crate::time::Timestamp;

/// Most characters of a text of terms.
pub const LONGEST: usize = 16_383;

/// One text of terms of service; the newest counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Names the text.
    pub id: TermsId,
    /// When it was written.
    pub created_at: Timestamp,
    /// Who wrote it; nobody when that account is gone or the operator did at the machine.
    pub author: Option<UserId>,
    /// The text.
    pub text: String,
}
