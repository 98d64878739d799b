//! Reads newline-delimited JSON, compressed or not, line by line: the memory used does not depend on the size of the
//! file.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

/// The longest line that is read, in bytes; a longer one is reported and skipped.
const LONGEST_LINE: usize = 16 * 1024 * 1024;
/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The lines of one file.
pub struct Lines {
    input: Box<dyn BufRead + Send>,
    number: u64,
    buffer: Vec<u8>,
    ended: bool,
}

/// The result of reading a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// The text, without its line end.
    Text(String),
    /// The line cannot be used, with the reason. Reading continues after it.
    Unreadable(String),
    /// The file cannot be read further, with the reason.
    Broken(String),
}

/// Returns the text of a source, which may be compressed: its first two bytes show it.
pub fn plain(source: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut raw = BufReader::with_capacity(64 * 1024, source);
    let compressed = raw.fill_buf()?.starts_with(&GZIP);
    Ok(if compressed { Box::new(BufReader::with_capacity(64 * 1024, MultiGzDecoder::new(raw))) } else { Box::new(raw) })
}

impl Lines {
    /// Reads the lines of a text.
    pub fn of(input: Box<dyn BufRead + Send>) -> Self {
        Self { input, number: 0, buffer: Vec::new(), ended: false }
    }

    /// Skips to the end of a line that is too long.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            let end = available.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(available.len(), |at| at + 1);
            self.input.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        self.buffer.clear();
        let limit = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
        let length = (&mut self.input).take(limit).read_until(b'\n', &mut self.buffer)?;
        if length == 0 {
            return Ok(None);
        }
        if length == LONGEST_LINE && !self.buffer.ends_with(b"\n") {
            self.skip_line()?;
            return Ok(Some(Line::Unreadable(format!("the line is longer than {} MB", LONGEST_LINE / 1024 / 1024))));
        }
        let bytes = self.buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.buffer);
        Ok(Some(match std::str::from_utf8(bytes) {
            Ok(text) => Line::Text(text.trim().to_owned()),
            Err(_) => Line::Unreadable("the line is not UTF-8 text".to_owned()),
        }))
    }
}

impl Iterator for Lines {
    type Item = (u64, Line);

    /// Returns the next line that is not empty, with its number.
    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            self.number += 1;
            match self.read() {
                Ok(Some(Line::Text(text))) if text.is_empty() => {}
                Ok(Some(line)) => return Some((self.number, line)),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some((self.number, Line::Broken(format!("the file cannot be read further: {}", error.kind()))));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(text).expect("memory takes it");
        packed.finish().expect("memory takes it")
    }

    fn lines(bytes: Vec<u8>) -> Vec<(u64, Line)> {
        Lines::of(plain(Cursor::new(bytes)).expect("readable")).collect()
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[test]
    fn plain_and_compressed_read_the_same() {
        let plain = b"\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"b\":2}".to_vec();
        let expected = vec![(1, text("{\"a\":1}")), (4, text("{\"b\":2}"))];
        assert_eq!(lines(plain.clone()), expected);
        assert_eq!(lines(gzip(&plain)), expected);
        assert_eq!(lines(Vec::new()), []);
    }

    #[test]
    fn several_compressed_parts_are_one_file() {
        let mut parts = gzip(b"one\n");
        parts.extend(gzip(b"two\n"));
        assert_eq!(lines(parts), [(1, text("one")), (2, text("two"))]);
    }

    #[test]
    fn a_torn_file_gives_what_is_whole_and_then_says_so() {
        let many: String = (0..5000_u32).map(|n| format!("{{\"n\":{}}}\n", n.wrapping_mul(2_654_435_761))).collect();
        let mut packed = gzip(many.as_bytes());
        packed.truncate(packed.len() / 2);
        let read = lines(packed);
        assert!(read.len() > 10);
        assert!(matches!(read.last(), Some((_, Line::Broken(_)))));
    }

    #[test]
    fn a_line_that_is_no_text_does_not_stop_the_rest() {
        let read = lines(b"one\n\xff\xfe\nthree\n".to_vec());
        assert_eq!(read[0], (1, text("one")));
        assert!(matches!(read[1], (2, Line::Unreadable(_))));
        assert_eq!(read[2], (3, text("three")));
    }

    #[test]
    fn a_line_without_end_is_skipped() {
        let mut long = vec![b'x'; LONGEST_LINE + 5];
        long.extend(b"\nnext\n");
        let read = lines(long);
        assert!(matches!(read[0], (1, Line::Unreadable(_))));
        assert_eq!(read[1], (2, text("next")));
    }
}
