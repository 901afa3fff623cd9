//! The two loops over raw bytes: clean and reverse them, or find the next FF.

/// Copies bytes up to the first FF, the end of `input` or the start of `room`,
/// to the end of `room`, back to front. Returns how many were taken, and how
/// many written (the same number: an FF is left to the caller).
pub(super) fn copy_reversed(input: &[u8], room: &mut [u8]) -> (usize, usize) {
    let length = input.len().min(room.len());
    let (Some(input), Some(start)) = (input.get(..length), room.len().checked_sub(length)) else {
        return (0, 0);
    };
    let room = room.get_mut(start..).unwrap_or_default();
    let (groups, _) = input.as_chunks::<16>();
    let mut done = 0;
    for (group, out) in groups
        .iter()
        .zip(room.as_rchunks_mut::<16>().1.iter_mut().rev())
    {
        if !lanes::reverse_unless_ff(group, out) {
            break;
        }
        done += 16;
    }
    let tail = input.get(done..).unwrap_or_default();
    let free = room.len() - done;
    let room = room.get_mut(..free).unwrap_or_default();
    for (&byte, out) in tail.iter().zip(room.iter_mut().rev()) {
        if byte == 0xFF {
            break;
        }
        *out = byte;
        done += 1;
    }
    (done, done)
}

/// The number of bytes before the first FF.
pub(super) fn find_ff(input: &[u8]) -> usize {
    let (groups, _) = input.as_chunks::<16>();
    let clean = groups
        .iter()
        .take_while(|group| !lanes::has_ff(group))
        .count()
        * 16;
    let tail = input.get(clean..).unwrap_or_default();
    clean + tail.iter().take_while(|&&byte| byte != 0xFF).count()
}

#[cfg(target_arch = "wasm32")]
mod lanes {
    use core::arch::wasm32::{
        i8x16_eq, i8x16_shuffle, u8x16_splat, v128, v128_any_true, v128_load, v128_store,
    };

    fn load(group: &[u8; 16]) -> v128 {
        // SAFETY: the array is 16 readable bytes, and `v128_load` needs no alignment.
        unsafe { v128_load(group.as_ptr().cast()) }
    }

    #[inline]
    pub(super) fn has_ff(group: &[u8; 16]) -> bool {
        v128_any_true(i8x16_eq(load(group), u8x16_splat(0xFF)))
    }

    /// Writes the group back to front, or says that there is an FF in it.
    #[inline]
    pub(super) fn reverse_unless_ff(group: &[u8; 16], out: &mut [u8; 16]) -> bool {
        let bytes = load(group);
        if v128_any_true(i8x16_eq(bytes, u8x16_splat(0xFF))) {
            return false;
        }
        let reversed =
            i8x16_shuffle::<15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0>(bytes, bytes);
        // SAFETY: the array is 16 writable bytes, and `v128_store` needs no alignment.
        unsafe { v128_store(out.as_mut_ptr().cast(), reversed) };
        true
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod lanes {
    #[inline]
    pub(super) fn has_ff(group: &[u8; 16]) -> bool {
        group.contains(&0xFF)
    }

    /// Writes the group back to front, or says that there is an FF in it.
    #[inline]
    pub(super) fn reverse_unless_ff(group: &[u8; 16], out: &mut [u8; 16]) -> bool {
        if has_ff(group) {
            return false;
        }
        *out = u128::from_le_bytes(*group).to_be_bytes();
        true
    }
}
