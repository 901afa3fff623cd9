//! Stories: a request in, a reply out, over the world in memory.

mod codes;
mod downloads;
mod faults;
mod health;
mod market;
mod pictures;
mod publishing;
mod tampering;
mod time;
