//! One coded picture into planes, by rav1d. Its interface is dav1d's, which is C's:
//! all that is unsafe is here.

use std::{ffi::c_uint, ptr::NonNull, slice};

use rav1d::{
    Dav1dResult,
    include::dav1d::{
        data::Dav1dData,
        dav1d::{Dav1dContext, Dav1dSettings},
        headers::{DAV1D_PIXEL_LAYOUT_I400, DAV1D_PIXEL_LAYOUT_I420, DAV1D_PIXEL_LAYOUT_I444},
        picture::Dav1dPicture,
    },
    src::lib::{
        dav1d_close, dav1d_data_create, dav1d_data_unref, dav1d_default_settings,
        dav1d_get_picture, dav1d_open, dav1d_picture_unref, dav1d_send_data,
    },
};

use super::Fault;

/// How chroma lies under luma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chroma {
    /// Whether a sample stands for two pixels across.
    pub across: bool,
    /// And for two down.
    pub down: bool,
}

/// A decoded picture.
pub struct Frame {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// 8, 10 or 12.
    pub bits: u32,
    /// `None` if there is only luma.
    pub chroma: Option<Chroma>,
    /// `ColourPrimaries`, `TransferCharacteristics`, `MatrixCoefficients` (ITU-T H.273).
    pub code_points: [u32; 3],
    /// Whether samples use all their values.
    pub full_range: bool,
    picture: Dav1dPicture,
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: it came from `dav1d_get_picture`, and is not used after this.
        unsafe { dav1d_picture_unref(Some(NonNull::from(&mut self.picture))) };
    }
}

impl Frame {
    /// Decodes the first picture of so many pixels at most.
    pub fn decode(parts: &[&[u8]], most_pixels: c_uint, shown: u8) -> Result<Self, Fault> {
        let mut decoder = Decoder::open(most_pixels, shown)?;
        decoder.send(parts)?;
        decoder.frame()
    }

    /// How many rows a plane has.
    pub fn rows(&self, plane: usize) -> usize {
        match self.chroma {
            Some(chroma) if plane > 0 && chroma.down => self.height.div_ceil(2),
            _ => self.height,
        }
    }

    /// A row of a plane, samples of one byte or of two.
    pub fn row(&self, plane: usize, at: usize) -> Samples<'_> {
        let chroma = self.chroma.filter(|_| plane > 0);
        let width = if chroma.is_some_and(|chroma| chroma.across) {
            self.width.div_ceil(2)
        } else {
            self.width
        };
        let height = self.rows(plane);
        let stride = self.picture.stride.get(plane.min(1)).copied();
        let data = self.picture.data.get(plane).copied().flatten();
        let (Some(stride), Some(data)) = (stride, data) else {
            return Samples::Bytes(&[]);
        };
        let at = at.min(height - 1).cast_signed();
        // SAFETY: the plane has so many rows of so many samples, `stride` bytes apart, for as
        // long as the picture is referred to; nobody writes there any more.
        // Samples of two bytes are aligned: so are the planes, and every stride.
        #[allow(clippy::cast_ptr_alignment)]
        unsafe {
            let row = data.as_ptr().cast::<u8>().offset(at * stride);
            if self.bits == 8 {
                Samples::Bytes(slice::from_raw_parts(row, width))
            } else {
                Samples::Words(slice::from_raw_parts(row.cast::<u16>(), width))
            }
        }
    }
}

/// A row.
pub enum Samples<'a> {
    /// Of 8 bits.
    Bytes(&'a [u8]),
    /// Of more.
    Words(&'a [u16]),
}

impl Samples<'_> {
    /// Appends them.
    pub fn copy_to(&self, out: &mut Vec<u16>) {
        match self {
            Self::Bytes(samples) => out.extend(samples.iter().map(|&sample| u16::from(sample))),
            Self::Words(samples) => out.extend_from_slice(samples),
        }
    }
}

struct Decoder(Option<Dav1dContext>);

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: it came from `dav1d_open`, and is closed once.
        unsafe { dav1d_close(Some(NonNull::from(&mut self.0))) };
    }
}

impl Decoder {
    fn open(most_pixels: c_uint, operating_point: u8) -> Result<Self, Fault> {
        let mut settings = std::mem::MaybeUninit::<Dav1dSettings>::uninit();
        let mut decoder = Self(None);
        // SAFETY: `dav1d_default_settings` writes all of the settings before they are used.
        let opened = unsafe {
            let at = NonNull::from(&mut settings).cast::<Dav1dSettings>();
            dav1d_default_settings(at);
            let settings = settings.assume_init_mut();
            settings.n_threads = 1;
            settings.max_frame_delay = 1;
            settings.all_layers = 0;
            settings.operating_point = operating_point.into();
            settings.frame_size_limit = most_pixels;
            dav1d_open(Some(NonNull::from(&mut decoder.0)), Some(at))
        };
        good(opened)?;
        Ok(decoder)
    }

    fn send(&mut self, parts: &[&[u8]]) -> Result<(), Fault> {
        let length = parts.iter().map(|part| part.len()).sum();
        let mut data = Dav1dData::default();
        // SAFETY: the new buffer has room for `length` bytes, all of which are written.
        let sent = unsafe {
            let room = dav1d_data_create(Some(NonNull::from(&mut data)), length);
            let mut at = NonNull::new(room).ok_or(Fault::Damaged)?;
            for part in parts {
                at.copy_from_nonoverlapping(NonNull::from(*part).cast(), part.len());
                at = at.add(part.len());
            }
            dav1d_send_data(self.0, Some(NonNull::from(&mut data)))
        };
        if data.sz > 0 {
            // SAFETY: it came from `dav1d_data_create`, and was not taken.
            unsafe { dav1d_data_unref(Some(NonNull::from(&mut data))) };
        }
        good(sent)
    }

    fn frame(&mut self) -> Result<Frame, Fault> {
        let mut picture = Dav1dPicture::default();
        // SAFETY: the decoder is open, and the picture empty.
        good(unsafe { dav1d_get_picture(self.0, Some(NonNull::from(&mut picture))) })?;
        // SAFETY: a picture has a sequence header for as long as it is referred to.
        let header = unsafe { picture.seq_hdr.ok_or(Fault::Damaged)?.as_ref() };
        let layout = picture.p.layout;
        let chroma = (layout != DAV1D_PIXEL_LAYOUT_I400).then_some(Chroma {
            across: layout != DAV1D_PIXEL_LAYOUT_I444,
            down: layout == DAV1D_PIXEL_LAYOUT_I420,
        });
        Ok(Frame {
            width: usize::try_from(picture.p.w).map_err(|_| Fault::Damaged)?,
            height: usize::try_from(picture.p.h).map_err(|_| Fault::Damaged)?,
            bits: u32::try_from(picture.p.bpc).map_err(|_| Fault::Damaged)?,
            chroma,
            code_points: [header.pri, header.trc, header.mtrx],
            full_range: header.color_range != 0,
            picture,
        })
    }
}

fn good(result: Dav1dResult) -> Result<(), Fault> {
    if result.0 == 0 {
        Ok(())
    } else {
        Err(Fault::Damaged)
    }
}
