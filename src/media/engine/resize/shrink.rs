//! The mean of whole boxes: what makes a very large source cheap.

/// Collects rows until a row of boxes is full.
#[derive(Debug, Clone)]
pub(super) struct Shrink {
    across: usize,
    down: usize,
    channels: usize,
    height: usize,
    /// Sums of the columns of the rows collected so far.
    sums: Vec<u16>,
    collected: usize,
    seen: usize,
    out: Vec<u8>,
}

impl Shrink {
    pub fn new(source: (usize, usize), factors: (usize, usize), channels: usize) -> Self {
        let (across, down) = factors;
        Self {
            across,
            down,
            channels,
            height: source.1,
            sums: vec![0; source.0 * channels],
            collected: 0,
            seen: 0,
            out: vec![0; source.0.div_ceil(across) * channels],
        }
    }

    /// Takes a row; gives one back when its boxes are full.
    pub fn push_row(&mut self, row: &[u8]) -> Option<&[u8]> {
        if self.seen == self.height {
            return None;
        }
        self.seen += 1;
        if self.collected == 0 {
            self.sums
                .iter_mut()
                .zip(row)
                .for_each(|(sum, &sample)| *sum = u16::from(sample));
        } else {
            self.sums
                .iter_mut()
                .zip(row)
                .for_each(|(sum, &sample)| *sum += u16::from(sample));
        }
        self.collected += 1;
        if self.collected == self.down || self.seen == self.height {
            self.finish()
        } else {
            None
        }
    }

    /// Gives back the last row although its boxes are not full.
    pub fn finish(&mut self) -> Option<&[u8]> {
        if self.collected == 0 {
            return None;
        }
        match (self.channels, self.across) {
            (1, 2) => self.mean_of::<1, 2>(),
            (3, 2) => self.mean_of::<3, 2>(),
            (4, 2) => self.mean_of::<4, 2>(),
            (1, _) => self.mean::<1>(),
            (2, _) => self.mean::<2>(),
            (3, _) => self.mean::<3>(),
            _ => self.mean::<4>(),
        }
        self.collected = 0;
        Some(&self.out)
    }

    /// Any number of columns to a box; the last box may be narrower.
    fn mean<const C: usize>(&mut self) {
        let boxes = self.sums.chunks(self.across * C);
        let (places, _) = self.out.as_chunks_mut::<C>();
        for (place, columns) in places.iter_mut().zip(boxes) {
            let (pixels, _) = columns.as_chunks::<C>();
            let mut sum = [0_u32; C];
            for pixel in pixels {
                sum.iter_mut()
                    .zip(pixel)
                    .for_each(|(sum, &column)| *sum += u32::from(column));
            }
            let divide = Divide::by(pixels.len() * self.collected);
            place
                .iter_mut()
                .zip(sum)
                .for_each(|(place, sum)| *place = divide.round(sum));
        }
    }

    /// As [`Self::mean`], the width of a box known to the compiler.
    fn mean_of<const C: usize, const ACROSS: usize>(&mut self) {
        let (places, _) = self.out.as_chunks_mut::<C>();
        let (pixels, _) = self.sums.as_chunks::<C>();
        let (boxes, rest) = pixels.as_chunks::<ACROSS>();
        let divide = Divide::by(ACROSS * self.collected);
        for (place, columns) in places.iter_mut().zip(boxes) {
            for (channel, place) in place.iter_mut().enumerate() {
                let sum = columns
                    .iter()
                    .filter_map(|pixel| pixel.get(channel))
                    .map(|&sum| u32::from(sum))
                    .sum();
                *place = divide.round(sum);
            }
        }
        if let (Some(last), [narrow, ..]) = (places.last_mut(), rest) {
            let divide = Divide::by(rest.len() * self.collected);
            last.iter_mut()
                .zip(narrow)
                .for_each(|(place, &sum)| *place = divide.round(u32::from(sum)));
        }
    }
}

/// Division by a number that stays the same, as a multiplication.
#[derive(Clone, Copy)]
struct Divide {
    reciprocal: u64,
}

impl Divide {
    fn by(count: usize) -> Self {
        // Exact for sums below 2^24 (256 * 256 * 255) and counts up to 2^16:
        // the error of the reciprocal is below 2^-40.
        let count = count.max(1) as u64;
        Self {
            reciprocal: (1_u64 << 40).div_ceil(count),
        }
    }

    fn round(self, sum: u32) -> u8 {
        u8::try_from((u64::from(sum) * self.reciprocal + (1 << 39)) >> 40).unwrap_or(u8::MAX)
    }
}
