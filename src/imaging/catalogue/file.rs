//! The procedures as a file of comma-separated values: export, and import with a preview of the changes.
//!
//! The preview is the import itself, in a transaction that is not committed, so that it cannot differ from the import.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};

use super::{ImagingProcedure, ProcedureForm, procedures, save};
use crate::{
    core::{Error, ImagingProcedureId, Result, spreadsheet},
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The columns, in the order of the export. `sided`, `ionising` and `needs_vetting` are `yes` or `no`.
pub const COLUMNS: [&str; 18] = [
    "code",
    "name_en",
    "name_es",
    "modality",
    "body_part",
    "sided",
    "contrast",
    "minutes",
    "preparation_en",
    "preparation_es",
    "ionising",
    "needs_vetting",
    "template",
    "loinc",
    "loinc_name",
    "portal_rule",
    "portal_hours",
    "source",
];
/// The most rows in one file.
const ROWS: usize = 2_000;

crate::text_enum! {
    /// The effect of a row of the file.
    pub enum ProcedureOutcome("outcome") {
        New = "new" => tr!(imaging.outcome_new),
        Changed = "changed" => tr!(imaging.outcome_changed),
        Unchanged = "unchanged" => tr!(imaging.outcome_unchanged),
        Refused = "refused" => tr!(imaging.outcome_refused),
    }
}

/// A row of the file, and its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedProcedure {
    /// The line of the file, from 1; the header is line 1.
    pub line: u64,
    pub code: String,
    pub outcome: ProcedureOutcome,
    /// The mistake in the row.
    pub words: String,
    /// The whole row: another file is another preview.
    row: String,
}

/// The effect of the file on the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedProcedures {
    pub rows: Vec<ImportedProcedure>,
}

impl ImportedProcedures {
    /// Returns the number of rows with the outcome.
    pub fn count(&self, outcome: ProcedureOutcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// Returns a digest that identifies exactly these changes: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        let lines: Vec<String> = self.rows.iter().map(|row| format!("{}\t{}\t{}\t{}", row.line, row.outcome, row.words, row.row)).collect();
        data_encoding::HEXLOWER.encode(&Sha256::digest(lines.join("\n").as_bytes()))
    }
}

fn cells(form: &ProcedureForm) -> [String; 18] {
    let word = |is_on: bool| if is_on { "yes".to_owned() } else { "no".to_owned() };
    [
        form.code.clone(),
        form.name_en.clone(),
        form.name_es.clone(),
        form.modality.as_str().to_owned(),
        form.body_part.clone(),
        word(form.sided),
        form.contrast.as_str().to_owned(),
        form.minutes.to_string(),
        form.preparation_en.clone(),
        form.preparation_es.clone(),
        word(form.ionising),
        word(form.needs_vetting),
        form.template.clone(),
        form.loinc.clone(),
        form.loinc_name.clone(),
        form.portal_rule.as_str().to_owned(),
        form.portal_hours.to_string(),
        form.source.clone(),
    ]
}

/// Returns the procedures in use.
///
/// # Errors
/// When the database refuses.
pub async fn export(ctx: &mut Ctx) -> Result<String> {
    let failed = |error: csv::Error| Error::internal("the catalogue cannot be written", &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for procedure in procedures(&mut ctx.tx).await?.iter().filter(|procedure| !procedure.is_retired()) {
        writer.write_record(cells(&ProcedureForm::of(procedure)).map(|cell| spreadsheet::safe(&cell))).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal("the catalogue cannot be written", &error))?;
    String::from_utf8(bytes).map_err(|error| Error::internal("the catalogue is no text", &error))
}

/// Reads the file, separated by commas, semicolons or tabs, as spreadsheets save and copy it.
fn read(text: &str) -> Result<Vec<(u64, Typed)>> {
    let wrong = |words: String| Error::invalid("text", words);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(imaging.file_unreadable).to_owned()))?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.to_lowercase();
        match COLUMNS.iter().find(|column| **column == name).copied() {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(wrong(tr!(imaging.column_unknown, column = name, columns = COLUMNS.join(", ")))),
        }
    }
    if !columns.contains(&"code") {
        return Err(wrong(tr!(imaging.column_unknown, column = "code".to_owned(), columns = COLUMNS.join(", "))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(imaging.file_unreadable).to_owned()))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() > columns.len() {
            return Err(wrong(tr!(imaging.row_too_long, line = line)));
        }
        let cells = columns.iter().zip(record.iter()).map(|(column, cell)| ((*column).to_owned(), spreadsheet::typed(cell)));
        let typed: Typed = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        if !typed.is_empty() {
            rows.push((line, typed));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(imaging.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() { Err(wrong(tr!(imaging.file_empty).to_owned())) } else { Ok(rows) }
}

/// Changes the catalogue to the content of the file, row by row; procedures that the file does not name stay unchanged. Wrong rows are
/// `Refused`: the caller commits only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file.
pub async fn import(ctx: &mut Ctx, text: &str) -> Result<ImportedProcedures> {
    let rows = read(text)?;
    ctx.tx.take_turn("imaging catalogue", "").await?;
    let known = procedures(&mut ctx.tx).await?;
    let (mut imported, mut seen) = (ImportedProcedures::default(), HashSet::new());
    for (line, typed) in rows {
        let code = typed.get("code").map(|code| code.to_lowercase()).unwrap_or_default();
        let row = format!("{typed:?}");
        let before = known.iter().find(|procedure| procedure.code == code);
        let done = match seen.insert(code.clone()) {
            true => import_row(ctx, before, &typed).await,
            false => Err(Error::invalid("code", tr!(imaging.code_twice))),
        };
        let (outcome, words) = match done {
            Ok(outcome) => (outcome, String::new()),
            Err(Error::Invalid(errors)) => {
                let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                (ProcedureOutcome::Refused, words.join(" "))
            }
            Err(Error::Conflict(words)) => (ProcedureOutcome::Refused, words),
            Err(error) => return Err(error),
        };
        imported.rows.push(ImportedProcedure { line, code, outcome, words, row });
    }
    Ok(imported)
}

/// Returns the row as the form has it: `no` is no tick.
fn ticked(mut row: Typed) -> Result<Typed> {
    for column in ["sided", "ionising", "needs_vetting"] {
        match row.get(column).map(|word| word.to_lowercase()).as_deref() {
            None | Some("yes") => {}
            Some("no") => drop(row.remove(column)),
            Some(_) => return Err(Error::invalid(column, tr!(imaging.yes_or_no))),
        }
    }
    Ok(row)
}

/// Imports one row. Columns that the file does not have stay as they are.
async fn import_row(ctx: &mut Ctx, before: Option<&ImagingProcedure>, typed: &Typed) -> Result<ProcedureOutcome> {
    let Some(before) = before else {
        save(ctx, ImagingProcedureId::new(), 0, &ProcedureForm::read(&ticked(typed.clone())?)?).await?;
        return Ok(ProcedureOutcome::New);
    };
    if before.is_retired() {
        return Err(Error::conflict(tr!(imaging.code_retired)));
    }
    let old = ProcedureForm::of(before);
    let mut whole: Typed =
        COLUMNS.iter().zip(cells(&old)).filter(|(_, cell)| !cell.is_empty()).map(|(column, cell)| ((*column).to_owned(), cell)).collect();
    whole.extend(typed.iter().map(|(column, cell)| (column.clone(), cell.clone())));
    let form = ProcedureForm::read(&ticked(whole)?)?;
    if form == old {
        return Ok(ProcedureOutcome::Unchanged);
    }
    save(ctx, before.id, before.version, &form).await?;
    Ok(ProcedureOutcome::Changed)
}
