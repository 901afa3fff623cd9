//! One try at a picture: by the engine, and where that does not write the format,
//! on by a codec module.

use super::{
    animation::{self, Drawn},
    measure::{Span, Watch},
    picture::{Failure, Picture},
    transform::{Maker, busy, composed, haste},
};
use crate::{
    media::{
        self, Class,
        codec::{Pains, Writing, is_foreign},
        embed,
        job::Effort,
        recipe::{self, Output},
    },
    ports::World,
};

/// How a picture is made.
pub(super) struct Making<'a, W> {
    /// Where.
    pub world: &'a W,
    /// For whom, if somebody waits.
    pub watch: Option<&'a Watch>,
    /// Of what.
    pub picture: &'a Picture,
    /// How well.
    pub effort: Effort,
}

impl<W: World> Making<'_, W> {
    /// The file; `None` if there is no room in this isolate for the codec that
    /// would write it.
    pub async fn file(&self, derivative: &recipe::Derivative) -> Result<Option<Vec<u8>>, Failure> {
        if !is_foreign(derivative.output()) {
            return Ok(Some(self.drawn(derivative).await?.bytes));
        }
        let made = match self.drawn_or_written(derivative).await {
            Ok(Drawn::Still(made)) => made,
            Ok(Drawn::Moving(file)) => return Ok(file),
            // Its pixels alone are too many.
            Err(Failure::Media(refusal)) if refusal.class == Class::TooLarge => return Ok(None),
            Err(failure) => return Err(failure),
        };
        self.written(derivative, made).await
    }

    /// By the engine alone; of what a codec module writes, the pixels.
    async fn drawn(&self, derivative: &recipe::Derivative) -> Result<media::Derivative, Failure> {
        let maker = self.composed(derivative).await?;
        let began = self.world.millis();
        let made = maker.finish();
        if let Some(watch) = self.watch {
            watch.note(Span::Encode, self.world.millis().saturating_sub(began));
        }
        Ok(made?)
    }

    /// As pixels; an animation as its file.
    async fn drawn_or_written(&self, derivative: &recipe::Derivative) -> Result<Drawn, Failure> {
        if !derivative.edits().anim {
            return Ok(Drawn::Still(self.drawn(derivative).await?));
        }
        let maker = self.composed(derivative).await?;
        animation::written(self.world, maker, derivative, self.effort).await
    }

    /// All but the file, or the frames.
    async fn composed<'d>(
        &self,
        derivative: &'d recipe::Derivative,
    ) -> Result<Maker<'d, W::Work>, Failure> {
        let (source, overlays) = (&self.picture.source, &self.picture.overlays);
        composed(
            self.world,
            self.watch,
            source,
            overlays,
            derivative,
            self.effort,
        )
        .await
    }

    /// The pixels as a file.
    async fn written(
        &self,
        derivative: &recipe::Derivative,
        made: media::Derivative,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let mut writing = Writing {
            output: derivative.output(),
            width: made.width,
            height: made.height,
            quality: derivative.quality().unwrap_or(recipe::DEFAULT_QUALITY),
            pains: Pains::Few,
        };
        if self.effort == Effort::Refined {
            writing = writing.refined();
        }
        if !writing.fits(self.world.spare()) {
            return Ok(None);
        }
        let _desk = self.world.desk(haste(self.watch)).await?.ok_or_else(busy)?;
        let file = match self.world.encode(&writing, made.bytes).await {
            Ok(file) => file,
            Err(fault) => {
                self.world.log(&format!("fault: {fault}"));
                return Ok(None);
            }
        };
        let packets = &made.metadata;
        Ok(Some(match writing.output {
            Output::Avif => embed::into_avif(file, packets),
            Output::Jxl => embed::into_jxl(file, packets),
            _ => embed::into_webp(file, packets),
        }))
    }
}
