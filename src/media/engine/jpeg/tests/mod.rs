//! Tests that need no other program; `jpeg_conformance` compares with libjpeg-turbo.

#![allow(clippy::cast_precision_loss, reason = "numbers are small here")]

mod entropy;
mod hostile;
mod picture;
mod transform;

use super::{Crop, Decoder, Error, Event, Header, Limits, Metadata, Plan, Scale, Warnings};

pub(super) const CMYK: &[u8] = include_bytes!("../../../../../fixtures/jpeg/cmyk.jpg");
pub(super) const YCCK: &[u8] = include_bytes!("../../../../../fixtures/jpeg/ycck.jpg");

/// What came of a file.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    header: Header,
    metadata: Metadata,
    warnings: Warnings,
    /// Per component: first column, width, first row, rows, samples.
    planes: Vec<(usize, usize, usize, usize, Vec<u8>)>,
}

fn decode(jpeg: &[u8], limits: Limits, plan: Plan, chunk: usize) -> Result<Outcome, Error> {
    let mut decoder = Decoder::new(limits);
    let mut chunks = jpeg.chunks(chunk);
    let mut input: &[u8] = &[];
    let mut planes: Vec<(usize, usize, usize, usize, Vec<u8>)> = Vec::new();
    loop {
        match decoder.decode(&mut input)? {
            Event::NeedInput => match chunks.next() {
                Some(next) => input = next,
                None => decoder.finish(),
            },
            Event::Header(_) => drop(decoder.plan(plan)?),
            Event::Band(band) => {
                for (index, plane) in band.planes().enumerate() {
                    if planes.len() <= index {
                        let (column, row) = (plane.first_column, plane.first_row);
                        planes.push((column, plane.width, row, 0, Vec::new()));
                    }
                    assert_eq!(planes[index].2 + planes[index].3, plane.first_row);
                    planes[index].3 += plane.rows;
                    plane
                        .lines()
                        .for_each(|line| planes[index].4.extend_from_slice(line));
                }
            }
            Event::End => break,
        }
    }
    let header = decoder.header().cloned().ok_or(Error::NoFrame)?;
    let metadata = decoder.metadata().clone();
    Ok(Outcome {
        header,
        metadata,
        warnings: decoder.warnings(),
        planes,
    })
}

fn at(scale: Scale) -> Plan {
    Plan {
        scale,
        ..Plan::default()
    }
}

const SCALES: [Scale; 4] = [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::Full];
