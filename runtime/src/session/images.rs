//! Pictures as they lie on disks: in a folder, in one folder a class, in a tar archive; PNG, JPEG and WebP.

use super::files::read;
use gmc_compiler::rows::data::{Decoded, HostError};
use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Pixels of a side beyond which a picture is refused.
const MOST_PIXELS: usize = 16_384;
/// The endings of files that are read.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "webp"];

/// A file that may be a picture.
pub(super) struct File {
    /// Its name, with its folder where that is a class.
    pub name: String,
    /// The folder in the folder in which it lies.
    pub class: Option<String>,
    bytes: Bytes,
}

/// Where the bytes of a file are.
enum Bytes {
    At(PathBuf),
    Here(Vec<u8>),
}

/// Whether the ending of a name is that of a picture.
pub(super) fn known(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

impl File {
    /// The picture; why it is none, where that is worth a word.
    pub(super) fn decoded(self) -> Result<Decoded, Option<String>> {
        let File { name, class, bytes } = self;
        if !known(&name) {
            return Err(Some("no PNG, JPEG or WebP".into()));
        }
        let bytes = match bytes {
            Bytes::At(path) => read(&path).map_err(|e| Some(format!("unreadable ({e})")))?,
            Bytes::Here(bytes) => bytes,
        };
        decode(&name, &bytes)
            .map(|image| Decoded { class, ..image })
            .map_err(|why| Some(format!("damaged ({why})")))
    }
}

/// The files of the folder or archive at `path` that may be pictures, sorted by name; nothing where there is none.
pub(super) fn pictures(path: &Path, classes: bool) -> Result<Option<Vec<File>>, HostError> {
    if path.is_file() && known(&named(path)) {
        return Ok(Some(vec![File { name: named(path), class: None, bytes: Bytes::At(path.to_path_buf()) }]));
    }
    if path.is_file() {
        let bytes = read(path).map_err(|e| HostError {
            what: format!("cannot read {}: {e}", path.display()),
            tried: Vec::new(),
        })?;
        return Ok(Some(archived(&bytes, classes)));
    }
    let of = |path: PathBuf, class: Option<&str>| {
        let name = named(&path);
        let name = class.map_or(name.clone(), |c| format!("{c}/{name}"));
        File { name, class: class.map(String::from), bytes: Bytes::At(path) }
    };
    let Some(inside) = list(path)? else { return Ok(None) };
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = inside.into_iter().partition(|p| p.is_dir());
    let mut all: Vec<File> = files.into_iter().map(|p| of(p, None)).collect();
    if classes || !all.iter().any(|f| known(&f.name)) {
        for folder in folders {
            let class = named(&folder);
            let files = list(&folder)?.into_iter().flatten().filter(|p| !p.is_dir());
            all.extend(files.map(|p| of(p, Some(&class))));
        }
    }
    Ok(Some(all))
}

/// What lies in a folder and is not hidden, sorted by name; nothing where there is no such folder.
fn list(folder: &Path) -> Result<Option<Vec<PathBuf>>, HostError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => {
            let what = format!("cannot list {}: {e}", folder.display());
            return Err(HostError { what, tried: Vec::new() });
        }
    };
    let mut all: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    all.retain(|p| !hidden(&named(p)));
    all.sort();
    Ok(Some(all))
}

fn named(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// What programs put into folders for themselves.
fn hidden(name: &str) -> bool {
    name.starts_with('.') || name == "Thumbs.db" || name == "desktop.ini"
}

/// The files of a tar archive (POSIX ustar, with the names of GNU and pax), sorted by name; the last folder of a path is its class where
/// there are folders below the first, or where classes are asked for.
fn archived(bytes: &[u8], classes: bool) -> Vec<File> {
    let text =
        |b: &[u8]| String::from_utf8_lossy(b.split(|c| *c == 0).next().unwrap_or_default()).into_owned();
    let mut all: Vec<(String, Vec<u8>)> = Vec::new();
    let (mut at, mut long) = (0usize, None);
    while let Some(head) = bytes.get(at..at + 512).filter(|h| h.iter().any(|b| *b != 0)) {
        let field = |from: usize, to: usize| head.get(from..to).unwrap_or_default();
        let digits = text(field(124, 136));
        let Ok(size) = usize::from_str_radix(digits.trim(), 8) else { break };
        let Some(data) = bytes.get(at + 512..at + 512 + size) else { break };
        let prefix = text(field(345, 500));
        let short = match (field(257, 262) == b"ustar", prefix.is_empty()) {
            (true, false) => format!("{prefix}/{}", text(field(0, 100))),
            (true, true) | (false, _) => text(field(0, 100)),
        };
        match head.get(156) {
            Some(b'L') => long = Some(text(data)),
            Some(b'x') => long = pax_path(data).or(long),
            Some(b'0' | 0) => all.push((long.take().unwrap_or(short), data.to_vec())),
            _ => long = None,
        }
        at += 512 + size.div_ceil(512) * 512;
    }
    all.retain(|(path, _)| path.rsplit('/').next().is_some_and(|n| !n.is_empty() && !hidden(n)));
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let file = |(path, bytes): (String, Vec<u8>)| {
        let mut parts = path.rsplit('/');
        let name = parts.next().unwrap_or_default().to_string();
        let class = parts.next().filter(|p| classes && *p != ".").map(String::from);
        let name = class.as_ref().map_or(name.clone(), |c| format!("{c}/{name}"));
        File { name, class, bytes: Bytes::Here(bytes) }
    };
    all.into_iter().map(file).collect()
}

/// The path in an extended header of pax: lines `LENGTH path=VALUE`.
fn pax_path(data: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(data);
    text.lines().find_map(|l| l.split_once(" path=").map(|(_, path)| path.to_string()))
}

/// A picture as it is read for masks and data.
///
/// # Errors
/// Why it cannot be read.
pub fn read_image(path: &Path) -> Result<Decoded, String> {
    let bytes = read(path).map_err(|e| e.to_string())?;
    decode(&path.display().to_string(), &bytes)
}

/// Decodes by what the bytes begin with. Transparency is dropped, 16 bits become 8.
fn decode(name: &str, bytes: &[u8]) -> Result<Decoded, String> {
    let (width, height, channels, data, deep) = match bytes {
        [0xff, 0xd8, ..] => jpeg(bytes)?,
        [b'R', b'I', b'F', b'F', ..] => webp(bytes)?,
        _ => png(bytes)?,
    };
    let alpha = matches!(channels, 2 | 4);
    let rgb = data
        .chunks_exact(channels.max(1))
        .flat_map(|p| match *p {
            [r, g, b] | [r, g, b, _] => [r, g, b],
            [v, ..] => [v; 3],
            [] => [0; 3],
        })
        .collect();
    Ok(Decoded { name: name.into(), width, height, rgb, class: None, alpha, deep })
}

/// Columns, rows, channels, bytes, and whether there were more than 8 bits.
type Raw = (usize, usize, usize, Vec<u8>, bool);

fn small(width: usize, height: usize) -> Result<(), String> {
    match width <= MOST_PIXELS && height <= MOST_PIXELS {
        true => Ok(()),
        false => Err(format!("{width} by {height} pixels are too many")),
    }
}

fn png(bytes: &[u8]) -> Result<Raw, String> {
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let deep = reader.info().bit_depth == png::BitDepth::Sixteen;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    small(width, height)?;
    let mut data = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut data).map_err(|e| e.to_string())?;
    data.truncate(info.buffer_size());
    Ok((width, height, info.color_type.samples(), data, deep))
}

fn jpeg(bytes: &[u8]) -> Result<Raw, String> {
    let options = DecoderOptions::default()
        .set_max_width(MOST_PIXELS)
        .set_max_height(MOST_PIXELS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let data = decoder.decode().map_err(|e| e.to_string())?;
    let info = decoder.info().ok_or("no header")?;
    Ok((usize::from(info.width), usize::from(info.height), 3, data, false))
}

fn webp(bytes: &[u8]) -> Result<Raw, String> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    small(width, height)?;
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut data = vec![0; decoder.output_buffer_size().ok_or("too large")?];
    decoder.read_image(&mut data).map_err(|e| e.to_string())?;
    Ok((width, height, channels, data, false))
}
