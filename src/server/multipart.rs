//! Reads a form with a file (RFC 7578) as it arrives: the fields are in memory, the file is spooled.

use std::{path::Path, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use futures::StreamExt as _;
use tokio::time::{Instant, timeout_at};

use super::spool::{self, Spool, Spooling};
use crate::core::{Error, Result};

/// The most parts of a form.
const PARTS: usize = 20;
/// The longest head of a part.
const HEAD: usize = 4096;
/// The most bytes of all fields together.
const FIELDS: usize = 64 * 1024;

/// A form may take this long to begin, and so long without a byte.
const PATIENCE: Duration = Duration::from_secs(30);
/// The fewest bytes that arrive in a second, after [`PATIENCE`]: a quarter of a megabit, a bad line of a mobile phone.
const SLOWEST: usize = 32 * 1024;

/// A form with one file, as it arrived.
#[derive(Clone, Debug)]
pub struct FormWithFile {
    /// The names and values of the fields.
    pub fields: Vec<(String, String)>,
    /// The file; without bytes when none was chosen.
    pub file: Spool,
    pub file_name: String,
}

impl FormWithFile {
    /// Reads a body of at most `most` bytes; the file waits in `folder`.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::Invalid`] when it is not such a form, or ends too early; [`Error::Busy`] when it arrives too slowly,
    /// or the disk is full.
    pub async fn receive(headers: &HeaderMap, body: Body, most: usize, folder: &Path) -> Result<Self> {
        let mut reader = FormReader::new(&boundary(headers).ok_or_else(unreadable)?, folder)?;
        let mut frames = body.into_data_stream();
        let (began, mut received) = (Instant::now(), 0);
        loop {
            let now = Instant::now();
            let until = (began + longest(received)).min(now + PATIENCE);
            let Some(frame) = timeout_at(until, frames.next()).await.map_err(|_| Error::Busy)? else { break };
            let bytes = frame.map_err(|_| unreadable())?;
            received += bytes.len();
            if received > most {
                return Err(Error::TooLarge);
            }
            reader.read(&bytes).await?;
        }
        reader.end()
    }

    /// Returns the value of a field; empty when the form has none of this name.
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }
}

/// The longest time for so many bytes.
fn longest(received: usize) -> Duration {
    PATIENCE + Duration::from_secs(u64::try_from(received / SLOWEST).unwrap_or(u64::MAX))
}

fn unreadable() -> Error {
    Error::invalid("form", crate::tr!(errors.field_unreadable))
}

/// Returns the boundary of the body.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let rest = kind.strip_prefix("multipart/form-data")?;
    let boundary = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let at = from + haystack.get(from..)?.iter().position(|byte| *byte == first)?;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The place in a form up to which it was read.
enum FormStage {
    /// Before the first part.
    Begin,
    /// Behind a boundary: a head, or the end.
    Head,
    Field {
        name: String,
        value: Vec<u8>,
    },
    File {
        name: String,
        spooling: Spooling,
    },
    End,
}

/// Takes a form apart while it arrives.
struct FormReader<'f> {
    folder: &'f Path,
    /// A line break, two hyphens and the boundary.
    delimiter: Vec<u8>,
    /// The bytes that were not read yet.
    rest: Vec<u8>,
    stage: FormStage,
    parts: usize,
    /// The bytes of all fields.
    text: usize,
    fields: Vec<(String, String)>,
    file: Spool,
    file_name: String,
}

impl<'f> FormReader<'f> {
    fn new(boundary: &str, folder: &'f Path) -> Result<Self> {
        let file = Spool::of(&[], folder).map_err(spool::failed)?;
        Ok(Self {
            folder,
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            // The first boundary may stand at the beginning.
            rest: b"\r\n".to_vec(),
            stage: FormStage::Begin,
            parts: 0,
            text: 0,
            fields: Vec::new(),
            file,
            file_name: String::new(),
        })
    }

    /// Reads on with more bytes.
    async fn read(&mut self, bytes: &[u8]) -> Result<()> {
        self.rest.extend_from_slice(bytes);
        while self.step().await? {}
        Ok(())
    }

    /// Reads one head or the content of one part, as far as it is there; `false` when more bytes are needed.
    async fn step(&mut self) -> Result<bool> {
        match std::mem::replace(&mut self.stage, FormStage::End) {
            FormStage::End => {
                // Nothing that follows the last boundary is of the form.
                self.rest.clear();
                Ok(false)
            }
            FormStage::Head => self.head(),
            FormStage::Begin => {
                let (_, is_over) = self.content();
                self.stage = if is_over { FormStage::Head } else { FormStage::Begin };
                Ok(is_over)
            }
            FormStage::Field { name, mut value } => {
                let (content, is_over) = self.content();
                self.text += content.len();
                if self.text > FIELDS {
                    return Err(Error::TooLarge);
                }
                value.extend_from_slice(&content);
                self.stage = if is_over {
                    let value = String::from_utf8(value).ok().filter(|value| !value.contains('\0')).ok_or_else(unreadable)?;
                    self.fields.push((name, value));
                    FormStage::Head
                } else {
                    FormStage::Field { name, value }
                };
                Ok(is_over)
            }
            FormStage::File { name, spooling } => {
                let (content, is_over) = self.content();
                let spooling = spooling.add(&content).await.map_err(spool::failed)?;
                self.stage = if is_over {
                    (self.file, self.file_name) = (spooling.end(), name);
                    FormStage::Head
                } else {
                    FormStage::File { name, spooling }
                };
                Ok(is_over)
            }
        }
    }

    /// Takes the content up to the next boundary, or as much of it as is there; says whether the boundary was found.
    fn content(&mut self) -> (Vec<u8>, bool) {
        match find(&self.rest, &self.delimiter) {
            Some(at) => {
                let content = self.rest[..at].to_vec();
                self.rest.drain(..at + self.delimiter.len());
                (content, true)
            }
            // A boundary may have begun.
            None => {
                let certain = self.rest.len().saturating_sub(self.delimiter.len() - 1);
                (self.rest.drain(..certain).collect(), false)
            }
        }
    }

    /// Reads the head of a part, or the end of the form.
    fn head(&mut self) -> Result<bool> {
        if self.rest.starts_with(b"--") {
            return Ok(true);
        }
        let within = &self.rest[..self.rest.len().min(HEAD + 2)];
        let is_begun = matches!(within, [] | [b'-' | b'\r']);
        if !is_begun && !within.starts_with(b"\r\n") {
            return Err(unreadable());
        }
        let Some(end) = within.get(2..).and_then(|head| find(head, b"\r\n\r\n")) else {
            self.stage = FormStage::Head;
            return if self.rest.len() > HEAD { Err(unreadable()) } else { Ok(false) };
        };
        let head = std::str::from_utf8(&self.rest[2..2 + end]).map_err(|_| unreadable())?;
        let (name, file_name) = disposition(head).ok_or_else(unreadable)?;
        self.parts += 1;
        if self.parts > PARTS {
            return Err(unreadable());
        }
        self.stage = match file_name {
            // A form has one file: a second would replace the first unseen.
            Some(_) if self.file.size() > 0 => return Err(unreadable()),
            Some(file_name) => FormStage::File { name: file_name.to_owned(), spooling: Spooling::new(self.folder).map_err(spool::failed)? },
            None => FormStage::Field { name: name.to_owned(), value: Vec::new() },
        };
        self.rest.drain(..2 + end + 4);
        Ok(true)
    }

    /// Returns the form, when all of it was there.
    fn end(self) -> Result<FormWithFile> {
        match self.stage {
            FormStage::End => Ok(FormWithFile { fields: self.fields, file: self.file, file_name: self.file_name }),
            _ => Err(unreadable()),
        }
    }
}

/// Returns the name of a part, and that of its file.
fn disposition(head: &str) -> Option<(&str, Option<&str>)> {
    let line = head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    // Browsers write a quote inside a name as `%22`.
    let quoted = |field: &str| {
        let (_, rest) = line.split_once(&format!("; {field}=\""))?;
        rest.split('"').next()
    };
    Some((quoted("name")?, quoted("filename")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::locale::{LOCALE, Locale};

    fn headers(kind: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().expect("a value"))])
    }

    /// Reads a body that arrives in pieces of so many bytes.
    async fn read(body: &[u8], most: usize, piece: usize) -> Result<FormWithFile> {
        let folder = tempfile::tempdir().expect("a folder");
        let pieces: Vec<std::io::Result<Vec<u8>>> = body.chunks(piece).map(|piece| Ok(piece.to_vec())).collect();
        let sent = Body::from_stream(futures::stream::iter(pieces));
        let headers = headers("multipart/form-data; boundary=\"xyz\"");
        LOCALE.scope(Locale::en, FormWithFile::receive(&headers, sent, most, folder.path())).await
    }

    #[tokio::test]
    async fn a_form_with_a_file_is_taken_apart() {
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nUn t\xc3\xadtulo\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--xy\r\n\r\n--xyz--\r\n";
        for piece in [1, 2, 3, 7, 40, body.len()] {
            let sent = read(body, body.len(), piece).await.expect("a form");
            assert_eq!(sent.fields, [("title".to_owned(), "Un título".to_owned())], "{piece}");
            assert_eq!((sent.field("title"), sent.field("other")), ("Un título", ""));
            assert_eq!((sent.file_name.as_str(), sent.file.whole().expect("read")), ("a.pdf", b"%PDF\r\n--xy\r\n".to_vec()), "{piece}");
            assert_eq!(read(body, body.len() - 1, piece).await.map(|_| ()), Err(Error::TooLarge), "{piece}");
            for broken in [&body[..40], &body[..body.len() - 6], b"", b"--xyz", b"--xyz-", b"--xyz\r\n\r\n\r\n--xyz--", b"--xyzz\r\n"] {
                let refused = read(broken, body.len(), piece).await.map(|_| ());
                assert!(matches!(refused, Err(Error::Invalid(_))), "{:?}", String::from_utf8_lossy(broken));
            }
        }
        for kind in ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary="] {
            assert_eq!(boundary(&headers(kind)), None, "{kind}");
        }
    }

    #[tokio::test]
    async fn a_second_file_is_refused() {
        let file = |name: &str, content: &str| {
            format!("--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{content}\r\n")
        };
        // A form whose first field for a file was left empty has one file.
        for (first, second, whole) in [("%PDF", "GIF", None), ("%PDF", "", None), ("", "GIF", Some("GIF")), ("", "", Some(""))] {
            let body = file("a.pdf", first) + &file("b.gif", second) + "--xyz--";
            for piece in [1, 40, body.len()] {
                match (read(body.as_bytes(), body.len(), piece).await, whole) {
                    (Ok(form), Some(whole)) => assert_eq!(form.file.whole().expect("read"), whole.as_bytes(), "{first}, {second}"),
                    (Err(Error::Invalid(_)), None) => {}
                    (other, _) => panic!("{first}, {second}: {other:?}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn a_file_of_several_parts_arrives_whole_and_long_fields_are_refused() {
        let file: Vec<u8> = (0..3 * spool::PART).map(|number| u8::try_from(number % 251).expect("a byte")).collect();
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
        let body = [head.as_bytes(), &file, b"\r\n--xyz--"].concat();
        for piece in [977, 16 * 1024, body.len()] {
            assert!(read(&body, body.len(), piece).await.expect("a form").file.whole().expect("read") == file, "{piece}");
        }
        let head = "--xyz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n";
        let body = [head.as_bytes(), &vec![b'x'; FIELDS + 1], b"\r\n--xyz--"].concat();
        assert_eq!(read(&body, body.len(), 1000).await.map(|_| ()), Err(Error::TooLarge));
        let many = format!("{head}x\r\n").repeat(PARTS + 1) + "--xyz--";
        assert!(matches!(read(many.as_bytes(), many.len(), 1000).await.map(|_| ()), Err(Error::Invalid(_))));
    }

    #[test]
    fn a_slow_phone_has_the_time_that_its_file_needs() {
        let megabytes = |count: usize| longest(count * 1024 * 1024).as_secs();
        // At a megabit in a second, twenty megabytes take 160 seconds.
        assert_eq!((megabytes(0), megabytes(1), megabytes(20)), (30, 62, 670));
    }
}
