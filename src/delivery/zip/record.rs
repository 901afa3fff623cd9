//! The bytes of a ZIP's records (PKWARE APPNOTE 6.3.10, section 4.3).
//!
//! Everything is little-endian. Zip64 is used exactly where a number does not
//! fit its field, so that small archives are plain ones and the choice follows
//! from the members alone.

use super::Member;
use crate::delivery::date::Civil;

/// The value of a four-byte field that says "look into the Zip64 field"; from
/// here on a number needs one.
const FULL_32: u64 = 0xffff_ffff;
/// The same for a two-byte field.
const FULL_16: u64 = 0xffff;

/// Readers of version 1.0 can extract stored files; 4.5 knows Zip64 (4.4.3).
const NEEDS_PLAIN: u16 = 10;
const NEEDS_ZIP64: u16 = 45;
/// Made on Unix (3), by the rules of version 4.5 (4.4.2): the upper half of the
/// external attributes is a Unix mode.
const MADE_BY: u16 = (3 << 8) | NEEDS_ZIP64;
/// Bit 11: the name is UTF-8 (4.4.4).
const UTF_8: u16 = 1 << 11;
/// No compression (4.4.5).
const STORED: u16 = 0;
/// A regular file, `rw-r--r--`.
const MODE: u32 = 0o100_644 << 16;

const ZIP64_FIELD: u16 = 0x0001;
/// Info-ZIP's "extended timestamp": seconds since 1970 in UTC, where the DOS
/// fields have local time in steps of two seconds.
const TIME_FIELD: u16 = 0x5455;
/// In the time field: only the time of modification is there.
const HAS_MODIFIED: u8 = 1;

const LOCAL_LENGTH: u64 = 30;
const CENTRAL_LENGTH: u64 = 46;
const FIELD_HEADER: u64 = 4;
const TIME_LENGTH: u64 = 5;

/// The central directory as the end records describe it.
pub(super) struct Directory {
    pub(super) count: u64,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The length of [`local_header`], without making one.
pub(super) fn local_header_length(member: &Member) -> u64 {
    let zip64 = if needs_zip64(member.length) {
        FIELD_HEADER + 16
    } else {
        0
    };
    LOCAL_LENGTH + member.name.len() as u64 + time_length(member) + zip64
}

/// The length of [`central`], without making one.
pub(super) fn central_length(member: &Member, header_at: u64) -> u64 {
    let sizes = if needs_zip64(member.length) { 16 } else { 0 };
    let offset = if needs_zip64(header_at) { 8 } else { 0 };
    let zip64 = match sizes + offset {
        0 => 0,
        data => FIELD_HEADER + data,
    };
    CENTRAL_LENGTH + member.name.len() as u64 + time_length(member) + zip64
}

/// The local file header (4.3.7). Lengths and CRC are in it: no data
/// descriptor follows the file.
pub(super) fn local_header(member: &Member) -> Vec<u8> {
    let mut zip64 = Vec::new();
    if needs_zip64(member.length) {
        // Both, even though only one can be too large (4.5.3).
        zip64.extend(member.length.to_le_bytes());
        zip64.extend(member.length.to_le_bytes());
    }
    let extra = extra(member, &zip64);
    let mut out = b"PK\x03\x04".to_vec();
    common(&mut out, member, needs(&zip64));
    out.extend(short(member.name.len() as u64));
    out.extend(short(extra.len() as u64));
    out.extend(member.name.as_bytes());
    out.extend(extra);
    out
}

/// The member's record in the central directory (4.3.12).
pub(super) fn central(member: &Member, header_at: u64) -> Vec<u8> {
    let mut zip64 = Vec::new();
    if needs_zip64(member.length) {
        zip64.extend(member.length.to_le_bytes());
        zip64.extend(member.length.to_le_bytes());
    }
    if needs_zip64(header_at) {
        zip64.extend(header_at.to_le_bytes());
    }
    let extra = extra(member, &zip64);
    let mut out = b"PK\x01\x02".to_vec();
    out.extend(MADE_BY.to_le_bytes());
    common(&mut out, member, needs(&zip64));
    out.extend(short(member.name.len() as u64));
    out.extend(short(extra.len() as u64));
    // No comment, the first disk, no internal attributes.
    out.extend([0; 6]);
    out.extend(MODE.to_le_bytes());
    out.extend(long(header_at));
    out.extend(member.name.as_bytes());
    out.extend(extra);
    out
}

/// The end of the central directory (4.3.16), after its Zip64 form and the
/// locator of that (4.3.14, 4.3.15) where a number needs them.
pub(super) fn end(directory: &Directory) -> Vec<u8> {
    let Directory { count, start, end } = *directory;
    let size = end.saturating_sub(start);
    let mut out = Vec::new();
    if count >= FULL_16 || needs_zip64(size) || needs_zip64(start) {
        out.extend(b"PK\x06\x06");
        // The length of what follows in this record.
        out.extend(44_u64.to_le_bytes());
        out.extend(MADE_BY.to_le_bytes());
        out.extend(NEEDS_ZIP64.to_le_bytes());
        // This disk, and the disk of the directory: the first.
        out.extend([0; 8]);
        for number in [count, count, size, start] {
            out.extend(number.to_le_bytes());
        }
        out.extend(b"PK\x06\x07");
        out.extend([0; 4]);
        out.extend(end.to_le_bytes());
        // One disk in total.
        out.extend(1_u32.to_le_bytes());
    }
    out.extend(b"PK\x05\x06");
    out.extend([0; 4]);
    out.extend(short(count));
    out.extend(short(count));
    out.extend(long(size));
    out.extend(long(start));
    // No comment.
    out.extend([0; 2]);
    out
}

/// The fields that local and central header share.
fn common(out: &mut Vec<u8>, member: &Member, needs: u16) {
    for field in [needs, UTF_8, STORED] {
        out.extend(field.to_le_bytes());
    }
    let (time, date) = dos_time(member.modified);
    out.extend(time.to_le_bytes());
    out.extend(date.to_le_bytes());
    out.extend(member.crc32.to_le_bytes());
    out.extend(long(member.length));
    out.extend(long(member.length));
}

/// The extra fields: Zip64 if `zip64` has data, and the time.
fn extra(member: &Member, zip64: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    if !zip64.is_empty() {
        out.extend(ZIP64_FIELD.to_le_bytes());
        out.extend(short(zip64.len() as u64));
        out.extend(zip64);
    }
    if let Some(modified) = unix_time(member.modified) {
        out.extend(TIME_FIELD.to_le_bytes());
        out.extend(short(TIME_LENGTH));
        out.push(HAS_MODIFIED);
        out.extend(modified.to_le_bytes());
    }
    out
}

fn time_length(member: &Member) -> u64 {
    match unix_time(member.modified) {
        Some(_) => FIELD_HEADER + TIME_LENGTH,
        None => 0,
    }
}

/// The field is a signed 32-bit number, which ends in 2038; later times have
/// the DOS fields only.
fn unix_time(modified: u64) -> Option<i32> {
    i32::try_from(modified).ok()
}

/// Time and date as DOS packs them, 1980 to 2107, in steps of two seconds. They
/// are meant to be local; ours are UTC, because an archive must not depend on
/// where it is made.
fn dos_time(modified: u64) -> (u16, u16) {
    /// 1980-01-01T00:00:00Z and 2107-12-31T23:59:58Z.
    const DOS_TIMES: (u64, u64) = (315_532_800, 4_354_819_198);
    let civil = Civil::from_unix(modified.clamp(DOS_TIMES.0, DOS_TIMES.1));
    let time = (civil.hour << 11) | (civil.minute << 5) | (civil.second / 2);
    let date = (civil.year.saturating_sub(1980) << 9) | (civil.month << 5) | civil.day;
    let pack = |packed: u32| u16::try_from(packed).unwrap_or(u16::MAX);
    (pack(time), pack(date))
}

fn needs_zip64(number: u64) -> bool {
    number >= FULL_32
}

fn needs(zip64: &[u8]) -> u16 {
    if zip64.is_empty() {
        NEEDS_PLAIN
    } else {
        NEEDS_ZIP64
    }
}

/// A two-byte field, full if the number does not fit.
fn short(number: u64) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_le_bytes()
}

/// A four-byte field, full if the number does not fit.
fn long(number: u64) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}
