//! (room pages)
