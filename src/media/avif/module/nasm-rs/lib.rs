//! Nothing: rav1d names an assembler, which it needs for x86 alone. The real one asks
//! the host for a C library, which `libc` here is not.
