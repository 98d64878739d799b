//! The files of a source, and the kinds of resources that their names tell.

use std::io;
use std::path::PathBuf;

use super::reader::Lines;
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

impl Input {
    /// Reads the file's lines from the beginning.
    pub fn lines(&self) -> io::Result<Lines> {
        match &self.place {
            Place::Path(path) => Lines::open(path),
            Place::Bytes(bytes) => Lines::new(*bytes),
        }
    }

    /// Returns the kind in the file's name (`Patient.ndjson`, `Patient.000.ndjson.gz`, `Patient-2.ndjson`); empty when the
    /// name has none.
    pub fn kind(&self) -> &str {
        let end = self.name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.name.len());
        let word = &self.name[..end];
        if word.starts_with(|c: char| c.is_ascii_uppercase()) { word } else { "" }
    }
}

/// Returns the files of a source, sorted by name.
pub fn list(source: &Source) -> Result<Vec<Input>, ImportError> {
    let mut files: Vec<Input> = match source {
        Source::Embedded(files) => {
            files.iter().map(|(name, bytes)| Input { name: (*name).to_owned(), place: Place::Bytes(bytes) }).collect()
        }
        Source::Folder(folder) => {
            let failed = |error| ImportError::Folder { path: folder.display().to_string(), error };
            let mut files = Vec::new();
            for entry in std::fs::read_dir(folder).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let lower = name.to_lowercase();
                if path.is_file() && (lower.ends_with(".ndjson") || lower.ends_with(".ndjson.gz")) {
                    files.push(Input { name, place: Place::Path(path) });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_kind() {
        let kind = |name: &str| Input { name: name.to_owned(), place: Place::Bytes(b"") }.kind().to_owned();
        assert_eq!(kind("Patient.ndjson"), "Patient");
        assert_eq!(kind("PractitionerRole.000.ndjson.gz"), "PractitionerRole");
        assert_eq!(kind("Patient-2.ndjson"), "Patient");
        assert_eq!(kind("export.ndjson"), "");
        assert_eq!(kind("1.ndjson"), "");
    }
}
