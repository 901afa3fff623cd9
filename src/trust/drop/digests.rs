//! The digests of a file, made in one pass over its bytes.

use crate::trust::Sha256;
use crate::trust::drop::chunk_size_for;

/// Hashes a file of known length piece by piece, in constant memory.
pub struct FileDigester {
    whole: hmac_sha256::Hash,
    crc32: crc32fast::Hasher,
    chunk: hmac_sha256::Hash,
    left_in_chunk: u64,
    chunk_size: u64,
    chunks: Vec<Sha256>,
}

/// What a [`FileDigester`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigests {
    /// The digest of the whole file.
    pub sha256: Sha256,
    /// The digest of each chunk, in order.
    pub chunks: Vec<Sha256>,
    /// CRC-32 (IEEE) of the whole file.
    pub crc32: u32,
}

impl FileDigester {
    /// Starts on a file of `length` bytes, which decides the chunk size.
    #[must_use]
    pub fn new(length: u64) -> Self {
        let chunk_size = chunk_size_for(length);
        Self {
            whole: hmac_sha256::Hash::new(),
            crc32: crc32fast::Hasher::new(),
            chunk: hmac_sha256::Hash::new(),
            left_in_chunk: chunk_size,
            chunk_size,
            chunks: Vec::new(),
        }
    }

    /// Takes the next bytes, as many as there are.
    pub fn update(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        self.crc32.update(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = usize::try_from(self.left_in_chunk).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.chunk.update(now);
            self.left_in_chunk -= now.len() as u64;
            if self.left_in_chunk == 0 {
                self.close_chunk();
            }
            rest = later;
        }
    }

    fn close_chunk(&mut self) {
        let done = std::mem::replace(&mut self.chunk, hmac_sha256::Hash::new());
        self.chunks.push(Sha256(done.finalize()));
        self.left_in_chunk = self.chunk_size;
    }

    /// The digests of everything taken.
    #[must_use]
    pub fn finish(mut self) -> FileDigests {
        if self.left_in_chunk < self.chunk_size {
            self.close_chunk();
        }
        FileDigests {
            sha256: Sha256(self.whole.finalize()),
            chunks: self.chunks,
            crc32: self.crc32.finalize(),
        }
    }
}
