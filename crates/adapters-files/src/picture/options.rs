//! What the operator sets about making pictures.

use std::num::NonZero;
use std::thread::available_parallelism;

/// How many pictures are made at a time, and how large ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureOptions {
    /// Pixels of the largest picture that is decoded; each may take sixteen bytes of memory while it is.
    pub max_pixels: u64,
    /// Pictures that are made at a time.
    pub workers: usize,
    /// Pictures that wait to be made before more are refused.
    pub queue: usize,
}

impl PictureOptions {
    /// Pixels of an 8K screen.
    pub const USUAL_PIXELS: u64 = 33_177_600;

    /// Most pixels that can be allowed.
    pub const MOST_PIXELS: u64 = 1 << 28;

    /// Most pictures made at a time.
    pub const MOST_WORKERS: usize = 64;

    /// Most pictures that wait.
    pub const LONGEST_QUEUE: usize = 10_000;

    pub(super) fn check(self) -> Result<(), PictureOptionsError> {
        if !(1..=Self::MOST_PIXELS).contains(&self.max_pixels) {
            return Err(PictureOptionsError::Pixels(self.max_pixels));
        }
        if !(1..=Self::MOST_WORKERS).contains(&self.workers) {
            return Err(PictureOptionsError::Workers(self.workers));
        }
        if self.queue > Self::LONGEST_QUEUE {
            return Err(PictureOptionsError::Queue(self.queue));
        }
        Ok(())
    }
}

impl Default for PictureOptions {
    /// Pictures of an 8K screen, one for each core but four at most, since each may take half a gigabyte; eight wait for each.
    fn default() -> Self {
        let workers = available_parallelism().map_or(1, NonZero::get).min(4);
        Self { max_pixels: Self::USUAL_PIXELS, workers, queue: 8 * workers }
    }
}

/// Why pictures can't be made as the options say.
#[derive(Debug, thiserror::Error)]
pub enum PictureOptionsError {
    /// No pixels, or too many.
    #[error("pictures have 1 to {most} pixels, not {0}", most = PictureOptions::MOST_PIXELS)]
    Pixels(u64),
    /// No workers, or too many.
    #[error("1 to {most} pictures are made at a time, not {0}", most = PictureOptions::MOST_WORKERS)]
    Workers(usize),
    /// Too many may wait.
    #[error("0 to {most} pictures may wait to be made, not {0}", most = PictureOptions::LONGEST_QUEUE)]
    Queue(usize),
    /// What comes with the program is broken.
    #[error("the pictures that come with the program can't be drawn")]
    Start(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(options: PictureOptions) -> String {
        options.check().unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_within_its_ranges() {
        assert!(PictureOptions::default().check().is_ok());
    }

    #[test]
    fn values_out_of_range_are_refused_with_the_range() {
        let fine = PictureOptions::default();

        assert_eq!(refusal(PictureOptions { max_pixels: 0, ..fine }), "pictures have 1 to 268435456 pixels, not 0");
        assert!(refusal(PictureOptions { max_pixels: 268_435_457, ..fine }).ends_with("not 268435457"));
        assert_eq!(refusal(PictureOptions { workers: 0, ..fine }), "1 to 64 pictures are made at a time, not 0");
        assert!(refusal(PictureOptions { workers: 65, ..fine }).ends_with("not 65"));
        assert_eq!(refusal(PictureOptions { queue: 10_001, ..fine }), "0 to 10000 pictures may wait to be made, not 10001");
    }
}
