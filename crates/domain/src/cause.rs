//! Errors with what caused them.

use std::error::Error;

/// An error and its causes, in one line, for the log and for whoever runs the program.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    #[test]
    fn causes_follow_what_they_caused() {
        let error = StoreError::Unavailable("the disk is full".into());
        assert_eq!(chain(&error), "the store is unavailable: the disk is full");
    }
}
