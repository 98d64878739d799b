//! Reads a JSON document as a stream: a bundle's entries one by one, or a resource alone. The memory used depends on the largest resource
//! and not on the document.

use std::io::{self, BufRead};

use fhirkit::Json;

/// The largest entry or resource that is read, in bytes.
const LARGEST: usize = 16 * 1024 * 1024;

/// One piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// The text of an entry of a bundle, with its position.
    Entry(usize, String),
    /// The text of a document without its entries: a resource, or what a bundle says about itself.
    Document(String),
    /// The entry or document cannot be used, with the reason. Reading continues after it.
    Unreadable(String),
    /// The document cannot be read further, with the reason.
    Broken(String),
}

/// The pieces of the documents in a file.
pub struct Pieces {
    input: Box<dyn BufRead + Send>,
    line: u64,
    ended: bool,
    scan: Scan,
}

/// The state of the scanner: which part of a document the next byte belongs to.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a state of the scanner of its own")]
struct Scan {
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The last text that ended at the top of the document, which may be a key.
    key: Vec<u8>,
    reading_key: bool,
    /// Whether the scanner is inside the list of entries.
    in_entries: bool,
    position: usize,
    begun: u64,
    too_large: bool,
    document: Vec<u8>,
    document_begun: u64,
    entry: Vec<u8>,
}

impl Scan {
    /// Takes one byte; returns a piece when it ends one.
    fn take(&mut self, byte: u8, line: u64) -> Option<(u64, Piece)> {
        if self.in_text {
            return self.take_text(byte);
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.reading_key = self.depth == 1;
                self.key.clear();
                self.keep(byte);
                None
            }
            b'{' | b'[' => self.open(byte, line),
            b'}' | b']' => self.close(byte),
            _ => {
                if self.depth > 0 {
                    self.keep(byte);
                }
                None
            }
        }
    }

    fn take_text(&mut self, byte: u8) -> Option<(u64, Piece)> {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_text = false,
            other if self.reading_key && self.key.len() < 16 => self.key.push(other),
            _ => {}
        }
        self.keep(byte);
        None
    }

    fn open(&mut self, byte: u8, line: u64) -> Option<(u64, Piece)> {
        if self.depth == 0 {
            self.document_begun = line;
            self.position = 0;
        }
        self.depth += 1;
        if self.in_entries && self.depth == 3 {
            self.entry.clear();
            self.too_large = false;
            self.begun = line;
        }
        self.keep(byte);
        // The list of entries is not part of what the bundle says about itself.
        if byte == b'[' && self.depth == 2 && self.key == b"entry" {
            self.in_entries = true;
        }
        None
    }

    fn close(&mut self, byte: u8) -> Option<(u64, Piece)> {
        if self.depth == 0 {
            return None;
        }
        if self.in_entries && self.depth == 2 {
            self.in_entries = false;
        }
        self.keep(byte);
        self.depth -= 1;
        if self.in_entries && self.depth == 2 {
            let at = self.position;
            self.position += 1;
            let entry = std::mem::take(&mut self.entry);
            return Some((self.begun, if self.too_large { too_large() } else { text_of(entry, |text| Piece::Entry(at, text)) }));
        }
        if self.depth == 0 {
            let document = std::mem::take(&mut self.document);
            self.key.clear();
            let too_long = document.len() >= LARGEST;
            return Some((self.document_begun, if too_long { too_large() } else { text_of(document, Piece::Document) }));
        }
        None
    }

    /// Keeps a byte of the entry or of the document.
    fn keep(&mut self, byte: u8) {
        let (into, inside) = match self.in_entries {
            true if self.depth >= 3 => (&mut self.entry, true),
            true => return,
            false => (&mut self.document, false),
        };
        if into.len() < LARGEST {
            into.push(byte);
        } else if inside {
            self.too_large = true;
        }
    }
}

fn too_large() -> Piece {
    Piece::Unreadable(format!("the resource is larger than {} MB", LARGEST / 1024 / 1024))
}

fn text_of(bytes: Vec<u8>, piece: impl FnOnce(String) -> Piece) -> Piece {
    String::from_utf8(bytes).map_or_else(|_| Piece::Unreadable("the resource is not UTF-8 text".to_owned()), piece)
}

impl Pieces {
    pub fn new(input: Box<dyn BufRead + Send>) -> Self {
        Self { input, line: 1, ended: false, scan: Scan::default() }
    }

    fn read(&mut self) -> io::Result<Option<(u64, Piece)>> {
        loop {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                return Ok(None);
            }
            let mut used = 0;
            let mut found = None;
            for &byte in available {
                used += 1;
                let piece = self.scan.take(byte, self.line);
                if byte == b'\n' {
                    self.line += 1;
                }
                if piece.is_some() {
                    found = piece;
                    break;
                }
            }
            self.input.consume(used);
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

impl Iterator for Pieces {
    type Item = (u64, Piece);

    /// Returns the next piece with the number of its first line.
    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read() {
            Ok(Some(piece)) => Some(piece),
            Ok(None) => {
                self.ended = true;
                (self.scan.depth > 0).then(|| (self.line, Piece::Broken("the file ends within a resource".to_owned())))
            }
            Err(error) => {
                self.ended = true;
                Some((self.line, Piece::Broken(format!("the file cannot be read further: {}", error.kind()))))
            }
        }
    }
}

/// An entry of a bundle.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// The address under which other entries name the resource.
    pub url: String,
    /// The method of a transaction's request.
    pub method: String,
    /// The resource's text; `None` when the entry has none.
    pub resource: Option<String>,
}

/// Reads an entry of a bundle.
///
/// # Errors
/// The reason why it is no JSON.
pub fn entry(text: &str) -> Result<Entry, String> {
    Json::parse(text).map(|entry| entry_of(&entry)).map_err(|error| format!("not JSON: {error}"))
}

fn entry_of(entry: &Json) -> Entry {
    let text = |value: Option<&Json>| value.and_then(Json::as_str).unwrap_or_default().to_owned();
    Entry {
        url: text(entry.get("fullUrl")),
        method: text(entry.get("request").and_then(|request| request.get("method"))),
        resource: entry.get("resource").map(Json::to_compact),
    }
}

/// Returns the entries of a bundle that stands in one line; `None` when the line is no bundle.
pub fn entries_of_line(text: &str) -> Option<Vec<Entry>> {
    // The word is looked for first: most lines are no bundle, and need not be read twice.
    let bundle = text.contains("\"Bundle\"").then(|| Json::parse(text).ok()).flatten()?;
    if bundle.get("resourceType").and_then(Json::as_str) != Some("Bundle") {
        return None;
    }
    match bundle.get("entry") {
        Some(Json::Array(entries)) => Some(entries.iter().map(entry_of).collect()),
        _ => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &'static str) -> Vec<(u64, Piece)> {
        // A small buffer: pieces are cut anywhere.
        Pieces::new(Box::new(io::BufReader::with_capacity(3, text.as_bytes()))).collect()
    }

    #[test]
    fn the_entries_of_a_bundle_come_one_by_one() {
        let read = pieces(
            "{\"resourceType\":\"Bundle\",\n \"entry\":[\n{\"resource\":{\"id\":\"}\\\"\",\"entry\":[{}]}},\n {\"x\":[1,{}]}],\"type\":\"collection\"}",
        );
        assert_eq!(
            read,
            [
                (3, Piece::Entry(0, "{\"resource\":{\"id\":\"}\\\"\",\"entry\":[{}]}}".to_owned())),
                (4, Piece::Entry(1, "{\"x\":[1,{}]}".to_owned())),
                (1, Piece::Document("{\"resourceType\":\"Bundle\",\n \"entry\":[],\"type\":\"collection\"}".to_owned())),
            ]
        );
    }

    #[test]
    fn a_resource_alone_is_one_document() {
        assert_eq!(pieces("\n{\n\"a\":1}\n"), [(2, Piece::Document("{\n\"a\":1}".to_owned()))]);
        assert_eq!(pieces("{\"a\":\"entry\",\"b\":[1]} {}").len(), 2);
        assert_eq!(pieces(""), []);
        assert!(matches!(pieces("{\"entry\":[{\"a\":1},{\"b\"").as_slice(), [(1, Piece::Entry(0, _)), (1, Piece::Broken(_))]));
        assert_eq!(pieces("]]}"), []);
    }

    #[test]
    fn an_entry_names_its_resource_and_address() {
        let text = r#"{"fullUrl":"urn:uuid:1","resource":{"id":"a"},"request":{"method":"POST","url":"Patient"}}"#;
        let expected = Entry { url: "urn:uuid:1".to_owned(), method: "POST".to_owned(), resource: Some(r#"{"id":"a"}"#.to_owned()) };
        assert_eq!(entry(text), Ok(expected));
        let line = format!(r#"{{"resourceType":"Bundle","entry":[{text}]}}"#);
        assert_eq!(entries_of_line(&line).map(|entries| entries.len()), Some(1));
        assert_eq!(entries_of_line(r#"{"resourceType":"Patient","id":"Bundle"}"#), None);
    }
}
