//! Tells whether a file is plain text, and in which encoding. A file that a program would run or draw is no plain text.

/// The encoding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    Utf8,
    /// The encoding of older programs in Western Europe and America (<https://encoding.spec.whatwg.org/#windows-1252>).
    Windows1252,
}

/// The characters of the bytes 128 to 159 in Windows-1252; five of them stand for none.
const UPPER: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// The mark at the beginning of some texts in UTF-8.
const MARK: &str = "\u{feff}";

fn is_printed(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x20..=0x7e | 0x80..)
}

/// Returns the encoding of a text; `None` when the bytes are no text.
pub(super) fn encoding(bytes: &[u8]) -> Option<TextEncoding> {
    if bytes.is_empty() || !bytes.iter().all(|byte| is_printed(*byte)) {
        return None;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Some(TextEncoding::Utf8);
    }
    bytes.iter().all(|byte| decoded(*byte).is_some()).then_some(TextEncoding::Windows1252)
}

fn decoded(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        _ => Some(char::from(byte)),
    }
}

/// Returns the text, at most `most` characters of it, and whether that is all of it.
pub(super) fn read(bytes: &[u8], most: usize) -> Option<(TextEncoding, String, bool)> {
    let encoding = encoding(bytes)?;
    let whole: String = match encoding {
        TextEncoding::Utf8 => std::str::from_utf8(bytes).ok()?.trim_start_matches(MARK).chars().take(most + 1).collect(),
        TextEncoding::Windows1252 => bytes.iter().take(most + 1).filter_map(|byte| decoded(*byte)).collect(),
    };
    let is_all = whole.chars().count() <= most;
    Some((encoding, whole.chars().take(most).collect(), is_all))
}

/// Whether a text is a page, a drawing or a program: what a browser or a shell would run.
pub(super) fn is_active(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 5] = [b"%!", b"#!", b"{\\rtf", b"<", b"\xef\xbb\xbf<"];
    const INSIDE: [&[u8]; 7] = [b"<!doctype", b"<html", b"<svg", b"<script", b"<?xml", b"<?php", b"<iframe"];
    let begin = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(bytes.len());
    BEGINNINGS.iter().any(|beginning| bytes[begin..].starts_with(beginning))
        || bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'<')
            .any(|(at, _)| INSIDE.iter().any(|word| bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_from_other_files_by_its_bytes() {
        assert_eq!(encoding("Señora Núñez: 7 µg\r\n\tdaily".as_bytes()), Some(TextEncoding::Utf8));
        assert_eq!(encoding(b"Se\xf1ora N\xfa\xf1ez: 7 \xb5g, 3 \x80"), Some(TextEncoding::Windows1252));
        for bytes in [&b""[..], b"PK\x03\x04", b"a\0b", b"\x81 \xf1", b"\x1b[31m"] {
            assert_eq!(encoding(bytes), None, "{bytes:?}");
        }
        assert_eq!(read(b"Se\xf1ora: 3 \x80", 100), Some((TextEncoding::Windows1252, "Señora: 3 €".to_owned(), true)));
        assert_eq!(read("\u{feff}abcdef".as_bytes(), 3), Some((TextEncoding::Utf8, "abc".to_owned(), false)));
        assert_eq!(read(b"abc", 3), Some((TextEncoding::Utf8, "abc".to_owned(), true)));
    }

    #[test]
    fn what_runs_is_no_plain_text() {
        for bytes in [
            &b"<svg onload=alert(1)>"[..],
            b"\xef\xbb\xbf<!DOCTYPE html>",
            b"  \n<p>A page</p>",
            b"Dear <SCRIPT>alert(1)</SCRIPT>",
            b"#!/bin/sh\nrm -rf /",
            b"{\\rtf1 macro}",
            b"%!PS-Adobe-3.0",
        ] {
            assert!(is_active(bytes), "{bytes:?}");
        }
        assert!(!is_active(b"Potassium < 3.5 mmol/L, sodium <130; 100 % of the dose #2"));
    }
}
