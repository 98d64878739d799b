//! Tells the type of a file by its content, and cleans it: pictures keep what is drawn and how it is turned, and lose all other data.

use std::borrow::Cow;

use super::{
    plain_text,
    redraw::{self, Undrawn},
    tiff,
};
use crate::{
    core::{Error, Result},
    tr,
};

crate::text_enum! {
    /// The type of a document.
    pub enum DocumentMedia("media") {
        Pdf = "pdf",
        Jpeg = "jpeg",
        Png = "png",
        Tiff = "tiff",
        Text = "text",
    }
}

impl DocumentMedia {
    /// The type in a `Content-Type`.
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Tiff => "image/tiff",
            Self::Text => "text/plain",
        }
    }

    /// The ending of a file's name.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Tiff => "tiff",
            Self::Text => "txt",
        }
    }

    /// Whether a page of the program shows it: a browser opens the others by itself.
    pub const fn has_view(self) -> bool {
        matches!(self, Self::Tiff | Self::Text)
    }
}

/// The type of a file as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Kept(DocumentMedia),
    /// It is drawn again as a JPEG or a PNG.
    WebP,
}

impl Sent {
    /// The type that the ending of a name claims; `None` for an ending that is not known.
    fn claimed(ending: &str) -> Option<Self> {
        Some(match ending {
            "pdf" => Self::Kept(DocumentMedia::Pdf),
            "jpg" | "jpeg" | "jpe" | "jfif" => Self::Kept(DocumentMedia::Jpeg),
            "png" => Self::Kept(DocumentMedia::Png),
            "tif" | "tiff" => Self::Kept(DocumentMedia::Tiff),
            "txt" | "text" | "asc" | "log" | "md" | "csv" | "tsv" => Self::Kept(DocumentMedia::Text),
            "webp" => Self::WebP,
            _ => return None,
        })
    }

    /// Whether the name of a file claims another type. The ending of a text must be known: a text of another ending may be a program.
    fn is_denied_by(self, name: &str) -> bool {
        let Some(ending) = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()) else { return false };
        match Self::claimed(&ending) {
            Some(claimed) => claimed != self,
            None => self == Self::Kept(DocumentMedia::Text) && !ending.contains(' '),
        }
    }
}

/// A file that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined<'b> {
    pub media: DocumentMedia,
    /// The bytes to keep: borrowed when the file is kept as it is.
    pub bytes: Cow<'b, [u8]>,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Examines a file.
///
/// # Errors
/// [`Error::Invalid`] with the reason: it is empty, of another type, damaged, active, or its name claims another type.
pub fn examine<'b>(bytes: &'b [u8], name: &str) -> Result<Examined<'b>> {
    let refused = |words: &'static str| Err(Error::invalid("file", words));
    if bytes.is_empty() {
        return refused(tr!(documents.empty_file));
    }
    let cleaned = |media: DocumentMedia, bytes: Option<Vec<u8>>| {
        (Sent::Kept(media), bytes.map(|bytes| Examined { media, bytes: bytes.into() }).ok_or(Fault::Damaged))
    };
    let as_it_is = |media: DocumentMedia| Examined { media, bytes: bytes.into() };
    let (sent, examined) = match bytes {
        _ if bytes.starts_with(b"%PDF-") => {
            let media = DocumentMedia::Pdf;
            (Sent::Kept(media), pdf(bytes).map(|()| as_it_is(media)))
        }
        _ if bytes.starts_with(b"\xff\xd8\xff") => cleaned(DocumentMedia::Jpeg, jpeg(bytes)),
        _ if bytes.starts_with(PNG) => cleaned(DocumentMedia::Png, png(bytes)),
        _ if bytes.starts_with(b"II\x2a\0") || bytes.starts_with(b"MM\0\x2a") => cleaned(DocumentMedia::Tiff, tiff::cleaned(bytes)),
        _ if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") => {
            (Sent::WebP, redraw::webp(bytes).map(|(media, bytes)| Examined { media, bytes: bytes.into() }).map_err(Fault::from))
        }
        // The containers of office programs, old and new, which may hold macros.
        _ if bytes.starts_with(b"\xd0\xcf\x11\xe0") || bytes.starts_with(b"PK\x03\x04") => return refused(tr!(documents.office_file)),
        _ if plain_text::encoding(bytes).is_none() => return refused(tr!(documents.wrong_type)),
        _ if plain_text::is_active(bytes) => return refused(tr!(documents.runs_in_browser)),
        _ => (Sent::Kept(DocumentMedia::Text), Ok(as_it_is(DocumentMedia::Text))),
    };
    if sent.is_denied_by(name) {
        return refused(tr!(documents.lying_name));
    }
    match examined {
        Ok(examined) => Ok(examined),
        Err(Fault::Damaged) => refused(tr!(documents.damaged)),
        Err(Fault::Active) => refused(tr!(documents.active)),
        Err(Fault::TooManyPoints) => refused(tr!(documents.too_many_points)),
        Err(Fault::Animated) => refused(tr!(documents.animated)),
    }
}

/// Why a file is refused.
enum Fault {
    Damaged,
    /// It runs something, or holds another file.
    Active,
    TooManyPoints,
    /// It moves: one of its pictures would be kept and the others lost.
    Animated,
}

impl From<Undrawn> for Fault {
    fn from(undrawn: Undrawn) -> Self {
        match undrawn {
            Undrawn::Damaged => Self::Damaged,
            Undrawn::TooManyPoints => Self::TooManyPoints,
            Undrawn::Animated => Self::Animated,
        }
    }
}

fn finds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The names by which a PDF says that it acts, without their slash.
const ACTIVE: [&[u8]; 6] = [b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"RichMedia"];
/// More than the letters of each of these names.
const LONG: usize = 16;

/// Accepts a PDF that has its end, and refuses one whose names say that it acts. Names inside compressed streams are not seen: the file is
/// served so that a browser runs nothing of it.
fn pdf(bytes: &[u8]) -> Result<(), Fault> {
    let tail = &bytes[bytes.len().saturating_sub(2048)..];
    if !finds(tail, b"%%EOF") {
        return Err(Fault::Damaged);
    }
    let (mut name, mut is_name) = (Vec::with_capacity(LONG), false);
    for byte in unescaped(bytes) {
        if byte.is_ascii_alphanumeric() {
            if is_name && name.len() < LONG {
                name.push(byte);
            }
            continue;
        }
        if is_name && ACTIVE.contains(&name.as_slice()) {
            return Err(Fault::Active);
        }
        name.clear();
        is_name = byte == b'/';
    }
    Ok(())
}

/// Returns the bytes with the letters for which their numbers are written: `/J#53` is `/JS`.
fn unescaped(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let number = match (first, after) {
            (b'#', [high, low, ..]) => digit(*high).zip(digit(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        rest = if number.is_some() { &after[2..] } else { after };
        Some(number.unwrap_or(*first))
    })
}

fn u16_at(bytes: &[u8], at: usize, little: bool) -> Option<u16> {
    let two: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
}

fn u32_at(bytes: &[u8], at: usize, little: bool) -> Option<usize> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()
}

/// The parts of a PNG that change how it looks (PNG specification, third edition, chapter 11); those with a capital first letter are
/// necessary.
const DRAWN: [&[u8]; 8] = [b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs"];

/// Copies the parts of a PNG that are drawn, up to its end.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len());
    kept.extend_from_slice(PNG);
    let mut at = PNG.len();
    let mut is_first = true;
    loop {
        let length = u32_at(bytes, at, false)?;
        let kind = bytes.get(at + 4..at + 8)?;
        let end = at.checked_add(12)?.checked_add(length)?;
        let chunk = bytes.get(at..end)?;
        if is_first != (kind == b"IHDR") {
            return None;
        }
        is_first = false;
        if kind[0].is_ascii_uppercase() || DRAWN.contains(&kind) {
            kept.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(kept);
        }
        at = end;
    }
}

/// The beginning of Exif data with one entry: 0x0112, a short, one value.
const TURNED: &[u8] = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0";

/// Copies the parts of a JPEG (ITU-T T.81, annex B) that are drawn, up to its end, and how the picture is turned.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::with_capacity(bytes.len() + TURNED.len() + 7);
    kept.extend_from_slice(&[0xff, 0xd8]);
    let mut turned = None;
    let mut at = 2;
    let mut has_picture = false;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Filling before a marker.
            0xff => at += 1,
            0xd9 => {
                kept.extend_from_slice(&[0xff, 0xd9]);
                break;
            }
            0x00 | 0x01 | 0xd0..=0xd8 => return None,
            _ => {
                let end = at + 2 + usize::from(u16_at(bytes, at + 2, false)?);
                let segment = bytes.get(at..end)?;
                let data = segment.get(4..)?;
                let keeps = match marker {
                    0xe1 => {
                        turned = turned.or_else(|| turn(data));
                        false
                    }
                    0xe2 => data.starts_with(b"ICC_PROFILE\0"),
                    0xe0 | 0xee => true,
                    0xe3..=0xef | 0xfe => false,
                    _ => true,
                };
                if keeps {
                    kept.extend_from_slice(segment);
                }
                at = end;
                if marker == 0xda {
                    has_picture = true;
                    let scan = scan_end(bytes, at)?;
                    kept.extend_from_slice(&bytes[at..scan]);
                    at = scan;
                }
            }
        }
    }
    if let Some(turned) = turned {
        let exif = TURNED.iter().copied().chain([turned, 0, 0, 0, 0, 0, 0]);
        drop(kept.splice(2..2, exif));
    }
    has_picture.then_some(kept)
}

/// Returns the end of the compressed data that begin at `at`: the next marker that is none of the data's own.
fn scan_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let next = bytes.get(at..at + 2)?;
        if next[0] == 0xff && !matches!(next[1], 0x00 | 0xd0..=0xd7 | 0xff) {
            return Some(at);
        }
        at += 1;
    }
}

/// Returns how a picture is turned by its Exif data: 2 to 8; `None` when it is not.
fn turn(data: &[u8]) -> Option<u8> {
    let tiff = data.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let list = u32_at(tiff, 4, little)?;
    let count = usize::from(u16_at(tiff, list, little)?);
    let entry = (0..count).map(|nth| list + 2 + nth * 12).find(|entry| u16_at(tiff, *entry, little) == Some(0x0112))?;
    let turned = u8::try_from(u16_at(tiff, entry + 8, little)?).ok()?;
    (2..=8).contains(&turned).then_some(turned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).expect("short").to_be_bytes();
        [&length[..], kind, data, b"crc!"].concat()
    }

    fn small_png() -> Vec<u8> {
        [PNG, &chunk(b"IHDR", &[0; 13]), &chunk(b"tEXt", b"GPS 42.1 -72.6"), &chunk(b"IDAT", b"drawn"), &chunk(b"IEND", b"")].concat()
    }

    fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker][..], &length, data].concat()
    }

    fn exif(turned: u8) -> Vec<u8> {
        let mut data = b"Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        data.extend_from_slice(&[turned, 0, 0, 0, 0, 0, 0, 0]);
        data.extend_from_slice(b"GPS 42.1 -72.6");
        data
    }

    fn small_jpeg(turned: u8) -> Vec<u8> {
        [
            &[0xff, 0xd8][..],
            &segment(0xe1, &exif(turned)),
            &segment(0xe0, b"JFIF\0"),
            &segment(0xfe, b"a camera"),
            // A table may hold the bytes of the end.
            &segment(0xc4, &[0xff, 0xd9, 0x01]),
            &segment(0xda, &[1, 2, 3]),
            &[0x10, 0xff, 0x00, 0xff, 0xd0, 0x20, 0xff, 0xd9],
            b"GPS of a second picture behind the end",
        ]
        .concat()
    }

    #[test]
    fn a_picture_loses_where_it_was_taken_and_stays_turned() {
        let sent = small_png();
        let kept = examine(&sent, "x.png").expect("a picture");
        assert_eq!(kept.media, DocumentMedia::Png);
        assert!(finds(&kept.bytes, b"drawn") && !finds(&kept.bytes, b"GPS"), "{:?}", kept.bytes);
        let kept = examine(&small_jpeg(6), "PHOTO.JPG").expect("a picture").bytes.into_owned();
        assert!(!finds(&kept, b"GPS") && !finds(&kept, b"camera") && finds(&kept, b"JFIF"), "{kept:?}");
        assert!(kept.ends_with(&[0x10, 0xff, 0x00, 0xff, 0xd0, 0x20, 0xff, 0xd9]), "{kept:?}");
        let first = kept.get(6..2 + 36).expect("the first part");
        assert_eq!(turn(first), Some(6), "{kept:?}");
        // Cleaning again changes nothing.
        assert_eq!(examine(&kept, "").expect("a picture").bytes, kept);
        assert!(!finds(&examine(&small_jpeg(1), "").expect("a picture").bytes, b"Exif"));
    }

    #[test]
    fn a_file_that_is_no_document_is_refused() {
        let pdf = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer\n%%EOF\n".to_vec();
        assert_eq!(examine(&pdf, "letter.pdf").expect("a letter").bytes, pdf);
        let acts = |what: &str| format!("%PDF-1.7\n1 0 obj <</OpenAction {what}>> endobj\n%%EOF\n").into_bytes();
        let broken = small_png();
        let mut webp = Vec::new();
        let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
        image::DynamicImage::new_rgb8(8, 8).write_with_encoder(encoder).expect("a picture");
        assert_eq!(examine(&webp, "photo.webp").expect("a picture").media, DocumentMedia::Png);
        assert_eq!(examine(&tiff::sample(2), "fax.TIF").expect("a fax").media, DocumentMedia::Tiff);
        for name in ["notes.txt", "results.csv", "", "Letter of Dr. Costa"] {
            assert_eq!(examine(b"Glucose 5.4 mmol/L", name).expect("a text").media, DocumentMedia::Text, "{name}");
        }
        // Each type under the name of another one.
        let each = [pdf.clone(), small_jpeg(1), small_png(), tiff::sample(1), webp.clone(), b"Glucose 5.4".to_vec()];
        let endings = ["pdf", "jpg", "png", "tiff", "webp", "txt"];
        for (nth, bytes) in each.iter().enumerate() {
            for (other, ending) in endings.iter().enumerate() {
                assert_eq!(examine(bytes, &format!("x.{ending}")).is_ok(), nth == other, "{nth} as {ending}");
            }
        }
        for (bytes, name) in [
            (b"alert(1)".to_vec(), "run.js"),
            (b"net user /add".to_vec(), "run.bat"),
            (b"<svg onload=alert(1)>".to_vec(), "notes.txt"),
            (b"Hello <script>alert(1)</script>".to_vec(), "notes.txt"),
            (b"{\\rtf1 {\\object}}".to_vec(), "notes.txt"),
            (b"\xd0\xcf\x11\xe0 macro".to_vec(), "letter.doc"),
            (b"PK\x03\x04 macro".to_vec(), "letter.pdf"),
            (b"RIFF\x04\0\0\0WEBP".to_vec(), "photo.webp"),
            (webp[..webp.len() / 2].to_vec(), "photo.webp"),
            (tiff::sample(2)[..120].to_vec(), "fax.tif"),
            (b"GIF89a".to_vec(), "moving.gif"),
            (b"a\0b".to_vec(), "notes.txt"),
            (Vec::new(), "empty.pdf"),
            (b"<svg onload=alert(1)>".to_vec(), "picture.svg"),
            (b"<!DOCTYPE html><script>".to_vec(), "page.pdf"),
            (b"PK\x03\x04".to_vec(), "macro.docm"),
            (b"MZ".to_vec(), "card.png"),
            (pdf.clone(), "photo.jpg"),
            (small_png(), "scan.pdf"),
            (b"%PDF-1.7 without an end".to_vec(), "x.pdf"),
            (broken[..broken.len() - 5].to_vec(), "cut.png"),
            (small_jpeg(1)[..40].to_vec(), "cut.jpg"),
            (acts("<</S /JavaScript /JS (app.alert(1))>>"), "x.pdf"),
            (acts("<</S /J#61vaScript /J#53 (x)>>"), "x.pdf"),
            (acts("<</S /Launch /F (cmd.exe)>>"), "x.pdf"),
        ] {
            assert!(matches!(examine(&bytes, name), Err(Error::Invalid(_))), "{name}");
        }
        assert!(examine(&acts("/JSONish"), "x.pdf").is_ok(), "another name");
        assert!(examine(&acts("(JavaScript) /X/JS"), "x.pdf").is_err() && examine(&acts("(JavaScript) / JS"), "x.pdf").is_ok());
        // The files that are kept as they are take no memory a second time.
        assert!(matches!(examine(&pdf, "").expect("a letter").bytes, Cow::Borrowed(_)));
        assert!(matches!(examine(b"Glucose 5.4", "").expect("a text").bytes, Cow::Borrowed(_)));
    }
}
