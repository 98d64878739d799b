//! The report file of an import: one line for each resource that was not taken whole, as CSV or NDJSON.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::fhir::Problem;
use crate::core::spreadsheet;

/// The columns of the report.
const COLUMNS: [&str; 7] = ["file", "line", "kind", "id", "path", "reason", "done"];

/// The file that is being written.
pub struct Lines {
    path: PathBuf,
    out: Form,
    /// The first error; writing stops with it.
    failed: Option<io::Error>,
}

enum Form {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Ndjson(BufWriter<File>),
}

impl Lines {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    /// A sentence.
    pub fn create(path: &Path) -> Result<Self, String> {
        let file = File::create(path).map_err(|error| format!("--report: cannot write {}: {error}", path.display()))?;
        let buffered = BufWriter::new(file);
        let is_ndjson = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("ndjson"));
        let mut lines = Self {
            path: path.to_owned(),
            out: if is_ndjson { Form::Ndjson(buffered) } else { Form::Csv(Box::new(csv::Writer::from_writer(buffered))) },
            failed: None,
        };
        if let Form::Csv(out) = &mut lines.out {
            lines.failed = out.write_record(COLUMNS).err().map(io::Error::from);
        }
        Ok(lines)
    }

    /// Writes the line of a problem.
    pub fn write(&mut self, problem: &Problem) {
        if self.failed.is_some() {
            return;
        }
        let cells = [
            problem.file.clone(),
            problem.line.to_string(),
            problem.kind.clone(),
            problem.id.clone(),
            problem.path(),
            problem.trouble.words(),
            problem.done.words().to_owned(),
        ];
        let done = match &mut self.out {
            Form::Csv(out) => out.write_record(cells.map(|cell| spreadsheet::safe(&cell))).map_err(io::Error::from),
            Form::Ndjson(out) => {
                let line: serde_json::Map<String, serde_json::Value> =
                    COLUMNS.iter().zip(cells).map(|(column, cell)| ((*column).to_owned(), cell.into())).collect();
                serde_json::to_writer(&mut *out, &line).map_err(io::Error::from).and_then(|()| out.write_all(b"\n"))
            }
        };
        self.failed = done.err();
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// A sentence.
    pub fn finish(mut self) -> Result<(), String> {
        let flushed = match &mut self.out {
            Form::Csv(out) => out.flush(),
            Form::Ndjson(out) => out.flush(),
        };
        match self.failed.or(flushed.err()) {
            None => Ok(()),
            Some(error) => Err(format!("--report: cannot write {}: {error}", self.path.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::fhir::{Done, Trouble};

    #[test]
    fn each_problem_is_a_line_in_both_forms() {
        let folder = tempfile::tempdir().expect("a folder");
        let trouble = Trouble::new("name[0]", "cannot, be \"read\"");
        let problem =
            Problem { file: "=a".to_owned(), line: 2, kind: "Patient".to_owned(), id: "p".to_owned(), trouble, done: Done::Partly };
        for (name, expected) in [
            (
                "r.csv",
                "file,line,kind,id,path,reason,done\n'=a,2,Patient,p,Patient.name[0],\"cannot, be \"\"read\"\"\",taken without this\n",
            ),
            (
                "r.ndjson",
                "{\"done\":\"taken without this\",\"file\":\"=a\",\"id\":\"p\",\"kind\":\"Patient\",\"line\":\"2\",\"path\":\"Patient.name[0]\",\"reason\":\"cannot, be \\\"read\\\"\"}\n",
            ),
        ] {
            let path = folder.path().join(name);
            let mut lines = Lines::create(&path).expect("created");
            lines.write(&problem);
            lines.finish().expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("read"), expected);
        }
        assert!(Lines::create(&folder.path().join("none/r.csv")).is_err());
    }
}
