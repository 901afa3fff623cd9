//! Tables as they stand: quantisation (DQT) and Huffman (DHT), each in four slots.

use super::error::Error;
use super::huffman::Spec;
use super::standard::standard;

/// What the table segments have defined so far.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quant: [Option<[u16; 64]>; 4],
    dc: [Option<Spec>; 4],
    ac: [Option<Spec>; 4],
}

impl Tables {
    /// Takes a DQT body: any number of tables of 8 or 16 bits, in zigzag order
    /// (T.81 B.2.4.1).
    pub(super) fn define_quantisation(&mut self, mut body: &[u8]) -> Result<(), Error> {
        let bad = Error::BadSegment(0xDB);
        while let &[head, ref rest @ ..] = body {
            let place = self.quant.get_mut(usize::from(head & 15)).ok_or(bad)?;
            let mut table = [0u16; 64];
            let taken = match head >> 4 {
                0 => {
                    let (bytes, _) = rest.split_first_chunk::<64>().ok_or(bad)?;
                    table = bytes.map(u16::from);
                    64
                }
                1 => {
                    let (bytes, _) = rest.split_first_chunk::<128>().ok_or(bad)?;
                    for (step, pair) in table.iter_mut().zip(bytes.as_chunks::<2>().0) {
                        *step = u16::from_be_bytes(*pair);
                    }
                    128
                }
                _ => return Err(bad),
            };
            *place = Some(table);
            body = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Takes a DHT body: any number of tables (T.81 B.2.4.2).
    pub(super) fn define_huffman(&mut self, mut body: &[u8]) -> Result<(), Error> {
        let bad = Error::BadSegment(0xC4);
        while let &[head, ref rest @ ..] = body {
            body = rest;
            let class = if head & 0x10 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            let place = class.get_mut(usize::from(head & 0xEF)).ok_or(bad)?;
            *place = Some(Spec::parse(&mut body)?);
        }
        Ok(())
    }

    /// A quantisation table, in zigzag order.
    pub(super) fn quantisation(&self, slot: u8) -> Result<&[u16; 64], Error> {
        let table = self.quant.get(usize::from(slot)).and_then(Option::as_ref);
        table.ok_or(Error::NoQuantisation(slot))
    }

    /// A DC table, or the standard one.
    pub(super) fn dc(&self, slot: u8) -> Result<Spec, Error> {
        let sent = self.dc.get(usize::from(slot)).and_then(Option::as_ref);
        sent.cloned()
            .or_else(|| standard(0, slot))
            .ok_or(Error::NoHuffman(slot))
    }

    /// An AC table, or the standard one.
    pub(super) fn ac(&self, slot: u8) -> Result<Spec, Error> {
        let sent = self.ac.get(usize::from(slot)).and_then(Option::as_ref);
        sent.cloned()
            .or_else(|| standard(1, slot))
            .ok_or(Error::NoHuffman(slot))
    }
}
