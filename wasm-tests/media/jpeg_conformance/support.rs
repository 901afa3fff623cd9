//! Pictures, the reference's programs, and our decoder as a function.

use std::io::Write;
use std::process::{Command, Stdio};

use dropgate::media::jpeg::{Colour, Decoder, Error, Event, Header, Limits, Plan, Scale};

/// Samples of one plane, or of interleaved pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    pub width: usize,
    pub height: usize,
    pub samples: Vec<u8>,
}

#[derive(Debug)]
pub struct Decoded {
    pub header: Header,
    pub planes: Vec<Samples>,
}

/// Decodes, feeding `chunk` bytes at a time.
pub fn decode(jpeg: &[u8], scale: Scale, chunk: usize) -> Result<Decoded, Error> {
    let mut decoder = Decoder::new(Limits::default());
    let mut chunks = jpeg.chunks(chunk);
    let mut input: &[u8] = &[];
    let mut planes: Vec<Samples> = Vec::new();
    loop {
        match decoder.decode(&mut input)? {
            Event::NeedInput => match chunks.next() {
                Some(next) => input = next,
                None => decoder.finish(),
            },
            Event::Header(_) => drop(decoder.plan(Plan {
                scale,
                ..Plan::default()
            })?),
            Event::Band(band) => {
                for (index, plane) in band.planes().enumerate() {
                    if planes.len() <= index {
                        planes.push(Samples {
                            width: plane.width,
                            height: 0,
                            samples: Vec::new(),
                        });
                    }
                    assert_eq!(planes[index].height, plane.first_row, "bands without gaps");
                    planes[index].height += plane.rows;
                    plane
                        .lines()
                        .for_each(|line| planes[index].samples.extend_from_slice(line));
                }
            }
            Event::End => break,
        }
    }
    Ok(Decoded {
        header: decoder.header().unwrap().clone(),
        planes,
    })
}

impl Decoded {
    pub fn size(&self, plane: usize) -> (usize, usize) {
        (self.planes[plane].width, self.planes[plane].height)
    }

    /// Pixels, by repeating samples and the formulas of T.871, rounded as the
    /// reference rounds.
    pub fn rgb(&self) -> Vec<u8> {
        let (width, height) = (self.header.width as usize, self.header.height as usize);
        let (h_max, v_max) = self.header.max_sampling();
        let at = |index: usize, x: usize, y: usize| {
            let component = self.header.components()[index];
            let plane = &self.planes[index];
            let x = x * usize::from(component.h) / usize::from(h_max);
            let y = y * usize::from(component.v) / usize::from(v_max);
            i32::from(plane.samples[y * plane.width + x])
        };
        let mut out = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let all = |count: usize| (0..count).map(|i| at(i, x, y)).collect::<Vec<_>>();
                let ink = |ink: i32, black: i32| ((ink * black + 127) / 255) as u8;
                out.extend(match self.header.colour {
                    Colour::Grey => [at(0, x, y) as u8; 3],
                    Colour::Rgb => all(3)
                        .iter()
                        .map(|&v| v as u8)
                        .collect::<Vec<_>>()
                        .try_into()
                        .unwrap(),
                    Colour::YCbCr => from_ycc(&all(3)),
                    Colour::Cmyk => {
                        let c = all(4);
                        [ink(c[0], c[3]), ink(c[1], c[3]), ink(c[2], c[3])]
                    }
                    Colour::Ycck => {
                        let c = all(4);
                        from_ycc(&c[..3]).map(|value| ink(255 - i32::from(value), c[3]))
                    }
                });
            }
        }
        out
    }
}

fn from_ycc(ycc: &[i32]) -> [u8; 3] {
    let (y, cb, cr) = (ycc[0], ycc[1] - 128, ycc[2] - 128);
    let clamp = |value: i32| value.clamp(0, 255) as u8;
    [
        clamp(y + ((91881 * cr + 32768) >> 16)),
        clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16)),
        clamp(y + ((116130 * cb + 32768) >> 16)),
    ]
}

/// A stream of numbers (xorshift), the same every time.
pub fn noise(seed: u64) -> impl Iterator<Item = u32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as u32
    })
}

/// A picture with slopes, edges and a little texture, as PPM.
pub fn picture(width: usize, height: usize) -> Vec<u8> {
    let mut ppm = format!("P6 {width} {height} 255\n").into_bytes();
    for y in 0..height {
        for x in 0..width {
            let edge = if (x / 13 + y / 9) % 3 == 0 { 70 } else { 0 };
            let wave = ((x as f64 / 5.0).sin() * 30.0 + (y as f64 / 7.0).cos() * 30.0) as i32;
            let red = (x * 255 / width) as i32 + wave;
            let green = (y * 255 / height) as i32 + edge - wave;
            let blue = 128 + edge + wave / 2 - ((x + y) % 50) as i32;
            ppm.extend([red, green, blue].map(|value| value.clamp(0, 255) as u8));
        }
    }
    ppm
}

/// Runs a program with `input` on its standard input.
pub fn run(program: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| {
        panic!(
            "{program} cannot be run ({error}): install Node and the package libjpeg-turbo-progs"
        )
    });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A program that has seen enough closes its end early.
    let _ = feeder.join().unwrap();
    // 2 means that there were warnings.
    let code = output.status.code();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        matches!(code, Some(0 | 2)),
        "{program} {arguments:?}: {said}"
    );
    output.stdout
}

pub fn encode(ppm: &[u8], arguments: &[&str]) -> Vec<u8> {
    run("cjpeg", arguments, ppm)
}

pub fn transcode(jpeg: &[u8], arguments: &[&str]) -> Vec<u8> {
    run("jpegtran", arguments, jpeg)
}

/// Luma of the reference at so many eighths.
pub fn djpeg_grey(jpeg: &[u8], eighths: u32) -> Samples {
    let scale = format!("{eighths}/8");
    pnm(&run(
        "djpeg",
        &["-grayscale", "-pnm", "-dct", "int", "-scale", &scale],
        jpeg,
    ))
}

/// Pixels of the reference, with repeated chroma.
pub fn djpeg_rgb(jpeg: &[u8]) -> Samples {
    pnm(&run(
        "djpeg",
        &["-rgb", "-pnm", "-dct", "int", "-nosmooth"],
        jpeg,
    ))
}

/// Pixels of the reference for four inks.
pub fn djpeg_inks(jpeg: &[u8]) -> Samples {
    pnm(&run("djpeg", &["-pnm", "-dct", "int", "-nosmooth"], jpeg))
}

/// A plane reduced by an integer factor with a Lanczos filter of three lobes.
pub fn lanczos(plane: &Samples, factor: usize) -> Vec<f64> {
    let kernel = |distance: f64| {
        let x = std::f64::consts::PI * distance;
        if distance.abs() < 1e-9 {
            1.0
        } else if distance.abs() < 3.0 {
            3.0 * x.sin() * (x / 3.0).sin() / (x * x)
        } else {
            0.0
        }
    };
    // One axis: `at(line, position)` of `length`, transposed on the way out.
    let reduce = |at: &dyn Fn(usize, usize) -> f64, lines: usize, length: usize| {
        let mut out = vec![0.0; length.div_ceil(factor) * lines];
        for target in 0..length.div_ceil(factor) {
            let centre = (target as f64 + 0.5) * factor as f64 - 0.5;
            let reach = 3 * factor as isize;
            let taps: Vec<(usize, f64)> = (centre as isize - reach..=centre as isize + reach + 1)
                .map(|tap| {
                    (
                        tap.clamp(0, length as isize - 1) as usize,
                        kernel((tap as f64 - centre) / factor as f64),
                    )
                })
                .collect();
            let sum: f64 = taps.iter().map(|tap| tap.1).sum();
            for line in 0..lines {
                let value: f64 = taps
                    .iter()
                    .map(|&(tap, weight)| at(line, tap) * weight)
                    .sum();
                out[target * lines + line] = value / sum;
            }
        }
        out
    };
    let (width, height) = (plane.width, plane.height);
    let columns = reduce(
        &|y, x| f64::from(plane.samples[y * width + x]),
        height,
        width,
    );
    let narrow = width.div_ceil(factor);
    reduce(&|x, y| columns[x * height + y], narrow, height)
}

fn pnm(file: &[u8]) -> Samples {
    let mut fields = file.splitn(4, |&byte| byte == b'\n' || byte == b' ');
    let magic = fields.next().unwrap();
    let mut number = || {
        std::str::from_utf8(fields.next().unwrap())
            .unwrap()
            .parse()
            .unwrap()
    };
    let (width, height): (usize, usize) = (number(), number());
    let channels = if magic == b"P6" { 3 } else { 1 };
    let samples = file[file.len() - width * height * channels..].to_vec();
    Samples {
        width,
        height,
        samples,
    }
}

pub fn reference_size(reference: &Samples) -> (usize, usize) {
    (reference.width, reference.height)
}

/// The largest difference.
pub fn worst(theirs: &[u8], ours: &[u8]) -> u8 {
    assert_eq!(theirs.len(), ours.len());
    theirs
        .iter()
        .zip(ours)
        .map(|(a, b)| a.abs_diff(*b))
        .max()
        .unwrap_or(0)
}
