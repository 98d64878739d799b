//! The files of a source, the kinds of resources that their names tell, and the resources in them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::bundle::{Entry, Piece, Pieces, entries_of_line, entry};
use super::reader::{Line, Lines, plain};
use super::{ImportError, Source};

/// One file.
pub struct Input {
    /// The file's name in the report.
    pub name: String,
    place: Place,
}

enum Place {
    Path(PathBuf),
    Bytes(&'static [u8]),
}

/// The text of a resource, and its place in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    pub line: u64,
    /// The path before the resource: `entry[3].resource` in a bundle.
    pub within: String,
    /// The address of a bundle's entry, under which others name the resource; empty for none.
    pub url: String,
    /// The text, or the reason why there is none.
    pub text: Result<String, String>,
}

impl Found {
    /// A place without a line and text, to be filled.
    const fn nowhere() -> Self {
        Self { line: 0, within: String::new(), url: String::new(), text: Err(String::new()) }
    }
}

impl Input {
    /// Reads the file's resources from the beginning.
    pub fn resources(&self) -> io::Result<Box<dyn Iterator<Item = Found> + Send>> {
        let text = match &self.place {
            Place::Path(path) => plain(File::open(path)?)?,
            Place::Bytes(bytes) => plain(*bytes)?,
        };
        if self.name.to_lowercase().contains(".ndjson") {
            return Ok(Box::new(Lines::of(text).flat_map(|(number, line)| of_line(number, line))));
        }
        Ok(Box::new(Pieces::new(text).filter_map(|(number, piece)| of_piece(number, piece))))
    }

    /// Returns the kind in the file's name (`Patient.ndjson`, `Patient.000.ndjson.gz`, `Patient-2.ndjson`); empty when the
    /// name has none. A JSON document may contain any kind.
    pub fn kind(&self) -> &str {
        let end = self.name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.name.len());
        let word = &self.name[..end];
        let named = word.starts_with(|c: char| c.is_ascii_uppercase()) && self.name.to_lowercase().contains(".ndjson") && word != "Bundle";
        if named { word } else { "" }
    }
}

fn of_line(line: u64, read: Line) -> Vec<Found> {
    match read {
        Line::Text(text) => match entries_of_line(&text) {
            Some(entries) => entries.into_iter().enumerate().filter_map(|(at, entry)| of_entry(line, at, entry)).collect(),
            None => vec![Found { line, text: Ok(text), ..Found::nowhere() }],
        },
        Line::Unreadable(reason) | Line::Broken(reason) => vec![Found { line, text: Err(reason), ..Found::nowhere() }],
    }
}

fn of_piece(line: u64, piece: Piece) -> Option<Found> {
    match piece {
        Piece::Entry(at, text) => match entry(&text) {
            Ok(entry) => of_entry(line, at, entry),
            Err(reason) => Some(Found { line, within: format!("entry[{at}]"), text: Err(reason), ..Found::nowhere() }),
        },
        // The bundle itself is no record.
        Piece::Document(text) if entries_of_line(&text).is_some() => None,
        Piece::Document(text) => Some(Found { line, text: Ok(text), ..Found::nowhere() }),
        Piece::Unreadable(reason) | Piece::Broken(reason) => Some(Found { line, text: Err(reason), ..Found::nowhere() }),
    }
}

/// Returns the resource of an entry. An entry without one, such as a deletion, is told.
fn of_entry(line: u64, at: usize, entry: Entry) -> Option<Found> {
    let within = format!("entry[{at}].resource");
    let text = match (entry.method.as_str(), entry.resource) {
        ("DELETE", _) => Err("asks to delete a resource".to_owned()),
        (_, Some(text)) => Ok(text),
        // A request to read has nothing to bring.
        ("GET" | "HEAD", None) => return None,
        (_, None) => Err("the entry has no resource".to_owned()),
    };
    let url = if entry.url.starts_with("urn:") { entry.url } else { String::new() };
    Some(Found { line, within, url, text })
}

/// Returns the files of a source, sorted by name.
pub fn list(source: &Source) -> Result<Vec<Input>, ImportError> {
    let mut files: Vec<Input> = match source {
        Source::Embedded(files) => {
            files.iter().map(|(name, bytes)| Input { name: (*name).to_owned(), place: Place::Bytes(bytes) }).collect()
        }
        Source::Folder(place) if place.is_file() => vec![file(place)],
        Source::Folder(folder) => {
            let failed = |error| ImportError::Folder { path: folder.display().to_string(), error };
            let mut files = Vec::new();
            for entry in std::fs::read_dir(folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                let input = file(&path);
                let lower = input.name.to_lowercase();
                if path.is_file() && [".ndjson", ".ndjson.gz", ".json", ".json.gz"].iter().any(|end| lower.ends_with(end)) {
                    files.push(input);
                }
            }
            if files.is_empty() {
                return Err(ImportError::Empty(folder.display().to_string()));
            }
            files
        }
    };
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn file(path: &Path) -> Input {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Input { name, place: Place::Path(path.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, bytes: &'static [u8]) -> Input {
        Input { name: name.to_owned(), place: Place::Bytes(bytes) }
    }

    #[test]
    fn names_say_the_kind() {
        let kind = |name: &str| input(name, b"").kind().to_owned();
        assert_eq!(kind("Patient.ndjson"), "Patient");
        assert_eq!(kind("PractitionerRole.000.ndjson.gz"), "PractitionerRole");
        assert_eq!(kind("Patient-2.ndjson"), "Patient");
        assert_eq!(kind("export.ndjson"), "");
        assert_eq!(kind("1.ndjson"), "");
        assert_eq!((kind("Patient.json").as_str(), kind("Bundle.ndjson").as_str()), ("", ""));
    }

    #[test]
    fn lines_and_bundles_give_the_same_resources() {
        let bundle = br#"{"resourceType":"Bundle","entry":[{"fullUrl":"urn:uuid:1","resource":{"id":"a"}},{"request":{"method":"DELETE","url":"Patient/1"}}]}"#;
        for name in ["all.json", "all.ndjson"] {
            let found: Vec<Found> = input(name, bundle).resources().expect("read").collect();
            let first = Found {
                line: 1,
                within: "entry[0].resource".to_owned(),
                url: "urn:uuid:1".to_owned(),
                text: Ok(r#"{"id":"a"}"#.to_owned()),
            };
            assert_eq!(found[0], first, "{name}");
            assert_eq!(found[1].text, Err("asks to delete a resource".to_owned()));
            assert_eq!(found.len(), 2);
        }
        let alone: Vec<Found> = input("one.json", b"{\n\"id\":1}").resources().expect("read").collect();
        assert_eq!(alone, [Found { line: 1, text: Ok("{\n\"id\":1}".to_owned()), ..Found::nowhere() }]);
    }
}
