//! Jobs and answers as bytes, for an engine that works in a module of its own.
//! Both ends are built from one source: the format is nobody else's business.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::error::MediaError;
use super::rights::Packets;

/// What is said of a derivative beside the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// What travels with it; see [`Derivative::metadata`](super::Derivative::metadata).
    pub metadata: Packets,
}

/// A value as bytes.
pub fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, MediaError> {
    postcard::to_allocvec(value).map_err(|_| MediaError::Internal("a message cannot be written"))
}

/// The value that [`write()`] made these bytes from.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, MediaError> {
    postcard::from_bytes(bytes).map_err(|_| MediaError::Internal("a message cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Job, OutputFormat, Overlay, Placement, Repeat};

    #[test]
    fn a_job_arrives_as_it_was_sent() {
        let mut job = Job::new(OutputFormat::PalettePng);
        job.blur = 2.5;
        job.overlays.push(Overlay {
            source: vec![1, 2, 3],
            geometry: job.geometry,
            opacity: 0.5,
            repeat: Repeat::Both,
            placement: Placement::default(),
            background: None,
        });
        assert_eq!(read::<Job>(&write(&job).unwrap()), Ok(job));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(read::<Job>(&[7; 3]).is_err());
        assert!(read::<Job>(&[]).is_err());
    }
}
