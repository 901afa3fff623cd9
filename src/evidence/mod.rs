//! (room evidence)
