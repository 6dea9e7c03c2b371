//! Making pictures.

mod decode;
mod encode;
mod initial;
mod jpeg;
mod options;
mod robot;
#[cfg(test)]
mod sample;
mod square;
mod workers;

use async_trait::async_trait;
use muster_domain::id::UserId;
use muster_domain::port::{PictureError, Pictures};
use muster_domain::username::Username;

pub use options::{PictureOptions, PictureOptionsError};

use initial::Initials;
use workers::Workers;

/// Pixels on each side of a finished picture.
const SIDE: u32 = 128;

/// Makes pictures on blocking threads, so many at a time as its options say.
pub struct ImagePictures {
    workers: Workers,
    max_pixels: u64,
    initials: Initials,
    robot: Vec<u8>,
}

impl ImagePictures {
    /// Makes nothing yet, but the picture of bots.
    ///
    /// # Errors
    ///
    /// [`PictureOptionsError`] says which option is out of range.
    pub fn new(options: PictureOptions) -> Result<Self, PictureOptionsError> {
        options.check()?;
        Ok(Self {
            workers: Workers::new(options.workers, options.queue),
            max_pixels: options.max_pixels,
            initials: Initials::new().map_err(PictureOptionsError::Start)?,
            robot: robot::draw().map_err(PictureOptionsError::Start)?,
        })
    }
}

#[async_trait]
impl Pictures for ImagePictures {
    #[tracing::instrument(name = "pictures.square", skip_all, fields(sent_bytes = sent.len()))]
    async fn square(&self, sent: Vec<u8>) -> Result<Vec<u8>, PictureError> {
        let max_pixels = self.max_pixels;
        let work = move || {
            let decoded = decode::decode(&sent, max_pixels)?;
            drop(sent);
            encode::png(&square::square(&decoded.image, decoded.orientation)).map_err(PictureError::Failed)
        };
        self.workers.run(work).await
    }

    #[tracing::instrument(name = "pictures.initial", skip_all)]
    async fn initial(&self, id: &UserId, username: &Username) -> Result<Vec<u8>, PictureError> {
        let wanted = initial::Wanted::of(id, username);
        if let Some(drawn) = self.initials.drawn(wanted) {
            return Ok(drawn);
        }
        let font = self.initials.font();
        let png = self.workers.run(move || encode::png(&initial::draw(&font, wanted)).map_err(PictureError::Failed)).await?;
        self.initials.keep(wanted, png.clone());
        Ok(png)
    }

    fn bot(&self) -> Vec<u8> {
        self.robot.clone()
    }
}

#[cfg(test)]
mod tests;
