//! The walk over the MCUs of one scan: restart intervals, data that runs out.

use super::window::Window;

/// Where a scan stands.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    /// The MCU that is next.
    pub(super) x: usize,
    pub(super) y: usize,
    /// MCUs across and down.
    columns: usize,
    rows: usize,
    /// Bytes to have in the window before an MCU is read.
    pub(super) need: usize,
    /// MCUs per restart interval; 0: there are none.
    interval: u32,
    left: u32,
    next_restart: u8,
    /// A restart has passed whose MCU was not read yet.
    fresh: bool,
    /// The data of this interval has run out: nothing more is read from it.
    pub(super) dry: bool,
    /// How often data ran out or was out of step.
    pub(super) damaged: u32,
}

impl Walk {
    pub(super) const fn new(mcus: (usize, usize), need: usize, interval: u32) -> Self {
        Self {
            x: 0,
            y: 0,
            columns: mcus.0,
            rows: mcus.1,
            need,
            interval,
            left: interval,
            next_restart: 0,
            fresh: false,
            dry: false,
            damaged: 0,
        }
    }

    /// Whether all MCUs are done.
    pub(super) const fn done(&self) -> bool {
        self.y >= self.rows
    }

    /// Makes the next MCU readable; `false`: feed more input first.
    #[inline]
    pub(super) fn ready(&mut self, window: &mut Window, input: &mut &[u8], finished: bool) -> bool {
        if self.interval != 0 && self.left == 0 && !self.restart(window, input, finished) {
            return false;
        }
        self.dry || window.holds(self.need) || window.fill(input, finished, self.need)
    }

    /// Whether predictions must be forgotten before the MCU that is now ready.
    #[inline]
    pub(super) const fn take_fresh(&mut self) -> bool {
        let fresh = self.fresh;
        self.fresh = false;
        fresh
    }

    /// MCUs that can be read in one go: to the end of the row or the interval.
    pub(super) fn stretch(&self) -> usize {
        let row = self.columns - self.x;
        if self.interval == 0 {
            row
        } else {
            row.min(self.left as usize)
        }
    }

    /// Goes on by `count` MCUs of a stretch, after `window` was read for them.
    #[inline]
    pub(super) fn advance(&mut self, window: &Window, count: usize) {
        if !self.dry && window.overrun() {
            self.dry = true;
            self.damaged = self.damaged.saturating_add(1);
        }
        if self.interval != 0 {
            self.left -= count as u32;
        }
        self.x += count;
        if self.x == self.columns {
            self.x = 0;
            self.y += 1;
        }
    }

    /// Passes over what cannot be read any more: to the next restart, or to the
    /// end of the scan.
    pub(super) fn skip_dry(&mut self) {
        if self.interval == 0 {
            self.y = self.rows;
            return;
        }
        let to = self.y * self.columns + self.x + self.left as usize;
        self.left = 0;
        (self.x, self.y) = (to % self.columns, to / self.columns);
    }

    /// Finds the restart marker that is due, and gets back into step when it is
    /// not the right one, the way libjpeg does: a marker one or two ahead is left
    /// for later, one or two behind is dropped, any other is taken as ours.
    fn restart(&mut self, window: &mut Window, input: &mut &[u8], finished: bool) -> bool {
        loop {
            let Some(marker) = window.seek_marker(input, finished) else {
                return false;
            };
            let ahead = marker.wrapping_sub(0xD0).wrapping_sub(self.next_restart) & 7;
            match (marker, ahead) {
                (0xD0..=0xD7, 1 | 2) | (0xC0..=0xCF | 0xD8..=0xFF, _) => {
                    window.drop_bits();
                    self.damaged = self.damaged.saturating_add(1);
                }
                (0xD0..=0xD7, 6 | 7) | (0..=0xBF, _) => {
                    window.pass_marker();
                    self.damaged = self.damaged.saturating_add(1);
                    continue;
                }
                (0xD0..=0xD7, _) => {
                    window.pass_marker();
                    self.dry = false;
                    self.damaged = self.damaged.saturating_add(u32::from(ahead != 0));
                }
            }
            self.next_restart = (self.next_restart + 1) & 7;
            self.left = self.interval;
            self.fresh = true;
            return true;
        }
    }
}
