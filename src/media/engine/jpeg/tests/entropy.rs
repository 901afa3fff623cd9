use proptest::prelude::*;

use super::super::block::Map;
use super::super::huffman::{Codes, Spec, receive};
use super::super::lookup::{AcTable, Mode, Starts, WantsAc};
use super::super::plan::Scale;
use super::super::standard::standard;
use super::super::window::Window;

/// Fills a window with `data`, stuffed, `chunk` bytes at a time.
fn window(data: &[u8], chunk: usize) -> Window {
    let stuffed: Vec<u8> = data
        .iter()
        .flat_map(|&byte| {
            if byte == 0xFF {
                vec![0xFF, 0]
            } else {
                vec![byte]
            }
        })
        .collect();
    let mut window = Window::new();
    for mut input in stuffed.chunks(chunk) {
        while !input.is_empty() {
            window.fill(&mut input, false, usize::MAX);
        }
    }
    window.fill(&mut &[][..], true, 0);
    window
}

/// Values with their zigzag index, one symbol after the other.
fn plainly(codes: &Codes, window: &mut Window) -> Vec<(u32, i32)> {
    let (mut bits, data) = window.open();
    let mut found = Vec::new();
    let mut k = 1;
    while k < 64 {
        bits.refill(data);
        let code = codes.find(&bits);
        bits.consume(code.length);
        let (run, size) = (u32::from(code.symbol >> 4), u32::from(code.symbol & 15));
        if size == 0 && run != 15 {
            break;
        }
        k = (k + run).min(63);
        found.push((k, receive(&mut bits, size)));
        k += 1;
    }
    window.close(bits);
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn bits_come_out_as_they_went_in(
        data in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0xFF)], 1..400),
        sizes in proptest::collection::vec(0u32..=32, 1..200),
        chunk in 1usize..50,
    ) {
        let window = window(&data, chunk);
        let (mut bits, words) = window.open();
        let mut position = 0;
        for size in sizes {
            bits.refill(words);
            let expected = (position..position + size as usize).fold(0u32, |value, bit| {
                let byte = data.get(bit / 8).copied().unwrap_or(0);
                value << 1 | u32::from(byte >> (7 - bit % 8) & 1)
            });
            prop_assert_eq!(bits.take(size), expected);
            position += size as usize;
        }
    }

    #[test]
    fn pairs_and_skips_read_what_single_symbols_do(
        data in proptest::collection::vec(any::<u8>(), 400),
        slot in 0u8..2,
    ) {
        let spec = standard(1, slot).unwrap();
        let wants = WantsAc { pairs: true, skips: true };
        let table = AcTable::new(&spec, Mode::Sequential, wants);
        let codes = Codes::new(&spec);
        let map = Map::new(Scale::Full, &[1; 64]);
        let mut reading = window(&data, 400);
        let mut skipping = window(&data, 400);
        let mut plain = window(&data, 400);
        for _ in 0..6 {
            let found = plainly(&codes, &mut plain);
            let mut expected = [0; 64];
            for &(k, value) in &found {
                map.put(&mut expected, k, value);
            }

            let mut block = [0; 64];
            let (mut bits, words) = reading.open();
            let last = table.read::<63>(&mut bits, words, &map, &mut block);
            reading.close(bits);
            prop_assert_eq!(block, expected);
            let truly_last = found.iter().filter(|found| found.1 != 0).map(|found| found.0).max();
            prop_assert!(last >= truly_last.unwrap_or(0));

            let (mut bits, words) = skipping.open();
            table.skip(&mut bits, words, 1);
            skipping.close(bits);
            for window in [&reading, &skipping] {
                let ((mut ours, words), (mut theirs, _)) = (window.open(), plain.open());
                ours.refill(words);
                theirs.refill(words);
                prop_assert_eq!(ours.buf >> 10, theirs.buf >> 10);
            }
        }
    }

    #[test]
    fn starts_read_what_single_symbols_do(data in proptest::collection::vec(any::<u8>(), 200)) {
        let (dc, ac) = (standard(0, 0).unwrap(), standard(1, 0).unwrap());
        let (codes, ends) = (Codes::new(&dc), Codes::new(&ac));
        let starts = Starts::new(&dc, Some(&ac));
        let window = window(&data, 200);
        let ((mut bits, words), (mut plain, _)) = (window.open(), window.open());
        for _ in 0..40 {
            let (difference, ended) = starts.read(&mut bits, words);
            plain.refill(words);
            prop_assert_eq!(difference, codes.difference(&mut plain));
            if ended {
                let end = ends.find(&plain);
                prop_assert_eq!(end.symbol, 0);
                plain.consume(end.length);
            }
        }
    }
}

#[test]
fn lengths_that_make_no_prefix_code_are_refused() {
    let mut counts = [0; 16];
    counts[0] = 3;
    assert!(Spec::new(counts, &[1, 2, 3]).is_none());
    counts[0] = 2;
    assert!(Spec::new(counts, &[1, 2]).is_some());
}

#[test]
fn a_code_that_is_not_in_the_table_is_seventeen_bits_of_nothing() {
    let mut counts = [0; 16];
    counts[3] = 1;
    let codes = Codes::new(&Spec::new(counts, &[5]).unwrap());
    let window = window(&[0x0F, 0xFE, 0, 0], 4);
    let (mut bits, data) = window.open();
    bits.refill(data);
    let code = codes.find(&bits);
    assert_eq!((code.symbol, code.length), (5, 4));
    bits.consume(4);
    let code = codes.find(&bits);
    assert_eq!((code.symbol, code.length), (0, 17));
}
