//! The `Studio` port: the engine in this very process.

use crate::{
    media::{Derivative, MediaError, Refusal, Transform, job::Job, motion::Piece},
    ports::Work,
};

/// A picture in the making.
#[derive(Default)]
pub struct Desk(Option<Transform>);

const NOT_BEGUN: MediaError = MediaError::Internal("no picture has been begun");

impl Work for Desk {
    fn begin(&mut self, job: Job) -> Result<(), Refusal> {
        self.0 = Some(Transform::new(job));
        Ok(())
    }

    fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        let transform = self.0.as_mut().ok_or(NOT_BEGUN)?;
        Ok(transform.push(chunk)?)
    }

    fn compose(&mut self) -> Result<(), Refusal> {
        Ok(self.0.as_mut().ok_or(NOT_BEGUN)?.compose()?)
    }

    fn has_enough(&self) -> bool {
        self.0.as_ref().is_some_and(Transform::has_enough)
    }

    fn frame(&mut self) -> Result<Option<(Piece, Vec<u8>)>, Refusal> {
        Ok(self.0.as_mut().ok_or(NOT_BEGUN)?.frame()?)
    }

    fn finish(self) -> Result<Derivative, Refusal> {
        Ok(self.0.ok_or(NOT_BEGUN)?.finish()?)
    }
}
