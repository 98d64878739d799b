//! The formulary as files of comma-separated values: export, and import with a preview of the changes. The preview is the import itself, in a
//! transaction that is not committed, so that it cannot differ from the import.

mod drugs;
mod rules;
mod substances;

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::change;
use crate::{
    core::{Error, Result, spreadsheet},
    server::Ctx,
    tr,
};

pub(super) use drugs::rows as drug_rows;

/// A file of the formulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Drugs,
    Substances,
    Interactions,
    Doses,
}

impl FileKind {
    /// The columns, in the order of the export.
    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Drugs => &drugs::COLUMNS,
            Self::Substances => &substances::COLUMNS,
            Self::Interactions => &rules::INTERACTIONS,
            Self::Doses => &rules::DOSES,
        }
    }

    /// The page of the list that the file is about.
    pub const fn list(self) -> &'static str {
        match self {
            Self::Drugs => "/formulary",
            Self::Substances | Self::Doses => "/formulary/substances",
            Self::Interactions => "/formulary/interactions",
        }
    }
}

/// The most rows in one file.
const ROWS: usize = 5_000;

crate::text_enum! {
    /// The effect of a row of the file.
    pub enum RowOutcome("outcome") {
        New = "new" => tr!(formulary.outcome_new),
        Changed = "changed" => tr!(formulary.outcome_changed),
        Unchanged = "unchanged" => tr!(formulary.outcome_unchanged),
        Refused = "refused" => tr!(formulary.outcome_refused),
    }
}

/// A row of the file, and its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The line of the file, from 1; the header is line 1.
    pub line: usize,
    /// The code or the names of the row.
    pub code: String,
    pub outcome: RowOutcome,
    /// The change, or the mistake in the row.
    pub words: String,
}

/// The effect of the file on the formulary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadFile {
    pub rows: Vec<ReadRow>,
}

impl ReadFile {
    /// Returns the number of rows with the outcome.
    pub fn count(&self, outcome: RowOutcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// Returns a digest that identifies exactly these changes: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        use std::fmt::Write as _;
        let mut digest = Sha256::new();
        for row in &self.rows {
            digest.update(format!("{}\n{}\n{}\n{}\n", row.line, row.code, row.outcome.as_str(), row.words));
        }
        digest.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// A row as it was read: the cells by column.
pub(super) struct TypedRow(HashMap<&'static str, String>);

impl TypedRow {
    /// Whether the file has the column.
    fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    fn list(&self, column: &str, between: char) -> Vec<String> {
        self.get(column).split(between).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}

/// Reads the file, separated by commas, semicolons or tabs, as spreadsheets save and copy it.
fn read(text: &str, kind: FileKind) -> Result<Vec<(usize, TypedRow)>> {
    let known = kind.columns();
    let wrong = |words: String| Error::invalid("text", words);
    if text.trim().is_empty() {
        return Err(wrong(tr!(formulary.file_empty).to_owned()));
    }
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(formulary.file_unreadable).to_owned()))?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.trim_start_matches('\u{feff}').to_lowercase();
        match known.iter().find(|column| **column == name).copied() {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(wrong(tr!(formulary.column_unknown, column = name, columns = known.join(", ")))),
        }
    }
    // The first column says what a row is about.
    if let Some(needed) = known.first().filter(|first| !columns.contains(first)) {
        return Err(wrong(tr!(formulary.column_missing, column = (*needed).to_owned(), columns = known.join(", "))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(formulary.file_unreadable).to_owned()))?;
        let line = record.position().map_or(rows.len() + 2, |position| usize::try_from(position.line()).unwrap_or_default());
        if record.len() > columns.len() {
            return Err(wrong(tr!(formulary.row_too_long, line = line)));
        }
        let cells: HashMap<_, _> = columns.iter().copied().zip(record.iter().map(spreadsheet::typed)).collect();
        if cells.values().any(|cell| !cell.is_empty()) {
            rows.push((line, TypedRow(cells)));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(formulary.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() {
        return Err(wrong(tr!(formulary.file_empty).to_owned()));
    }
    Ok(rows)
}

/// The row of the file, its effect, and the words about it; a mistake in the row is an effect too.
fn effect(done: Result<(RowOutcome, String)>, column: impl Fn(&str) -> String) -> Result<(RowOutcome, String)> {
    match done {
        Err(Error::Invalid(errors)) => {
            let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", column(&error.field), error.message)).collect();
            Ok((RowOutcome::Refused, words.join(" ")))
        }
        Err(Error::Conflict(words)) => Ok((RowOutcome::Refused, words)),
        other => other,
    }
}

/// Changes the formulary to the content of the file, row by row; what the file does not name stays unchanged. Wrong rows are `Refused`: the
/// caller commits only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file.
pub(super) async fn import(ctx: &mut Ctx, kind: FileKind, text: &str) -> Result<ReadFile> {
    let rows = read(text, kind)?;
    change::take_turn(&mut ctx.tx).await?;
    let rows = match kind {
        FileKind::Drugs => drugs::import(ctx, rows).await?,
        FileKind::Substances => substances::import(ctx, rows).await?,
        FileKind::Interactions => rules::import_interactions(ctx, rows).await?,
        FileKind::Doses => rules::import_doses(ctx, rows).await?,
    };
    Ok(ReadFile { rows })
}

/// Returns the rows in use as a file that [`import`] reads without a change.
pub(super) async fn export(ctx: &mut Ctx, kind: FileKind) -> Result<String> {
    let rows = match kind {
        FileKind::Drugs => drugs::cells(ctx).await?,
        FileKind::Substances => substances::cells(ctx).await?,
        FileKind::Interactions => rules::interaction_cells(ctx).await?,
        FileKind::Doses => rules::dose_cells(ctx).await?,
    };
    let failed = |error: csv::Error| Error::internal("the formulary cannot be written", &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(kind.columns()).map_err(failed)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| spreadsheet::safe(cell))).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal("the formulary cannot be written", &error))?;
    String::from_utf8(bytes).map_err(|error| Error::internal("the formulary is no text", &error))
}
