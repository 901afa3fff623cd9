//! Stories: a request in, a reply out, over the world in memory.

mod budgets;
mod codes;
mod derivatives;
mod downloads;
mod faults;
mod health;
mod market;
mod pictures;
mod publishing;
mod revocations;
mod tampering;
mod time;
