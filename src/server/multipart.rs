//! Parses a form with a file (RFC 7578). The whole body is in memory, within the limit of the server.

use axum::http::{HeaderMap, header};

/// The most parts of a form.
const PARTS: usize = 20;
/// The longest head of a part.
const HEAD: usize = 4096;

/// One part of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PartOfForm<'b> {
    name: &'b str,
    /// The name of the file; `None` for a field.
    file_name: Option<&'b str>,
    bytes: &'b [u8],
}

/// A form with one file, as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormWithFile {
    /// The names and values of the fields.
    pub fields: Vec<(String, String)>,
    /// The bytes of the file; empty when none was chosen.
    pub file: Vec<u8>,
    pub file_name: String,
}

impl FormWithFile {
    /// Parses a body; `None` when it is not such a form.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let boundary = boundary(headers)?;
        let mut sent = Self::default();
        for part in parts(&boundary, body)? {
            match part.file_name {
                Some(name) => {
                    sent.file = part.bytes.to_vec();
                    name.clone_into(&mut sent.file_name);
                }
                None => {
                    let value = std::str::from_utf8(part.bytes).ok().filter(|value| !value.contains('\0'))?;
                    sent.fields.push((part.name.to_owned(), value.to_owned()));
                }
            }
        }
        Some(sent)
    }

    /// Returns the value of a field; empty when the form has none of this name.
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }
}

/// Returns the boundary of the body.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let rest = kind.strip_prefix("multipart/form-data")?;
    let boundary = rest.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Parses a body; `None` when it is not such a form.
fn parts<'b>(boundary: &str, body: &'b [u8]) -> Option<Vec<PartOfForm<'b>>> {
    let (open, between) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = &body[find(body, open.as_bytes())? + open.len()..];
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let end = find(&rest[..rest.len().min(HEAD)], b"\r\n\r\n")?;
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        let content = &rest[end + 4..];
        let length = find(content, between.as_bytes())?;
        let (name, file_name) = disposition(head)?;
        parts.push(PartOfForm { name, file_name, bytes: &content[..length] });
        if parts.len() > PARTS {
            return None;
        }
        rest = &content[length + between.len()..];
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

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let body = b"--xyz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nUn t\xc3\xadtulo\r\n--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--xy\r\n\r\n--xyz--\r\n";
        let found = parts("xyz", body).expect("a form");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].name, found[0].file_name, found[0].bytes), ("title", None, "Un título".as_bytes()));
        assert_eq!((found[1].name, found[1].file_name, found[1].bytes), ("file", Some("a.pdf"), &b"%PDF\r\n--xy\r\n"[..]));
        for broken in [&body[..40], &body[..body.len() - 6], b"", b"--xyz", b"--xyz\r\n\r\n\r\n--xyz--"] {
            assert_eq!(parts("xyz", broken), None, "{:?}", String::from_utf8_lossy(broken));
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=\"xyz\"".parse().expect("a value"));
        assert_eq!(boundary(&headers).as_deref(), Some("xyz"));
        headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().expect("a value"));
        assert_eq!(boundary(&headers), None);
    }
}
