//! Files of an analyser: rows of sample, code, value and unit, in the layout that its settings name. A file is imported as a whole and once.
//!
//! The preview is the import itself, in a transaction that is not committed, so that it cannot differ from the import.

use super::{
    Analyser, AnalyserProtocol, CsvDecimal, CsvSeparator, MessageReason, SentValue, ValueReason, ValueState, filing, hl7, intake,
    oru::MOST_VALUES, store, store::NewAnalyserMessage,
};
use crate::{
    audit::Action,
    core::{AnalyserMessageId, Error, LabAnalyserId, Permission, Result, spreadsheet},
    lab::LAB,
    server::{Ctx, Event},
    tr,
};

/// The beginning of the control id of a file.
pub(super) const PREFIX: &str = "csv ";

/// The rows of a file, and the fate of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredFile {
    pub rows: Vec<(SentValue, ValueState, ValueReason)>,
}

impl MeasuredFile {
    /// Returns a digest that identifies exactly these effects: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        let lines: Vec<String> = self
            .rows
            .iter()
            .map(|(sent, state, reason)| format!("{}\t{}\t{}\t{}\t{state}\t{reason}", sent.position, sent.sample, sent.code, sent.value))
            .collect();
        intake::digest(lines.join("\n").as_bytes())
    }

    /// Returns the number of rows with this fate.
    pub fn count(&self, state: ValueState) -> usize {
        self.rows.iter().filter(|(_, found, _)| *found == state).count()
    }
}

/// Reads the values of a file; the fault otherwise.
pub(super) fn read(analyser: &Analyser, text: &str) -> Result<Vec<SentValue>> {
    let wrong = |words: String| Error::invalid("text", words);
    let delimiter = match analyser.csv_separator {
        CsvSeparator::Comma => b',',
        CsvSeparator::Semicolon => b';',
        CsvSeparator::Tab => b'\t',
    };
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(lab.file_unreadable).to_owned()))?.clone();
    let place = |column: &str| heads.iter().position(|head| head.eq_ignore_ascii_case(column));
    let needed = |column: &str| place(column).ok_or_else(|| wrong(tr!(lab.measured_column_missing, column = column.to_owned())));
    let (sample, code, value) = (needed(&analyser.csv_sample)?, needed(&analyser.csv_code)?, needed(&analyser.csv_value)?);
    let unit = if analyser.csv_unit.is_empty() { None } else { Some(needed(&analyser.csv_unit)?) };
    let measured = format!("file {}", intake::digest(text.as_bytes()).get(..16).unwrap_or_default());
    let cut = |cell: &str, longest: usize| spreadsheet::typed(cell).chars().take(longest).collect::<String>();
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(lab.file_unreadable).to_owned()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |at: usize| record.get(at).unwrap_or_default();
        if record.iter().all(str::is_empty) {
            continue;
        }
        let typed = spreadsheet::typed(cell(value));
        let other = match analyser.csv_decimal {
            CsvDecimal::Point => ',',
            CsvDecimal::Comma => '.',
        };
        let is_number = typed.chars().any(|letter| letter.is_ascii_digit()) && !typed.chars().any(char::is_alphabetic);
        if is_number && typed.contains(other) {
            return Err(wrong(tr!(lab.measured_decimal_wrong, line = line)));
        }
        if typed.contains('\0') || typed.chars().count() > 4_000 {
            return Err(wrong(tr!(lab.file_unreadable).to_owned()));
        }
        values.push(SentValue {
            position: i64::try_from(values.len() + 1).unwrap_or(i64::MAX),
            sample: cut(cell(sample), 40),
            code: cut(cell(code), 80),
            unit: unit.map(|at| cut(cell(at), 40)).unwrap_or_default(),
            value: if is_number { typed.replace(',', ".") } else { typed },
            measured: measured.clone(),
            ..SentValue::default()
        });
        if values.len() > MOST_VALUES {
            return Err(wrong(tr!(lab.too_many_rows, most = MOST_VALUES)));
        }
    }
    if values.is_empty() { Err(wrong(tr!(lab.file_empty).to_owned())) } else { Ok(values) }
}

/// Imports a file. The caller commits only when the user saw these effects.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file; [`Error::Conflict`] when it was imported already.
pub async fn import(ctx: &mut Ctx, id: LabAnalyserId, text: &str) -> Result<MeasuredFile> {
    let analyser = store::analyser(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, analyser.clinic_id)?;
    if analyser.protocol != AnalyserProtocol::Csv || analyser.retired_at.is_some() {
        return Err(Error::conflict(tr!(lab.analyser_no_files)));
    }
    let sent = read(&analyser, text)?;
    let digest = intake::digest(text.as_bytes());
    let control_id = format!("{PREFIX}{}", digest.get(..32).unwrap_or_default());
    let there = || Error::conflict(tr!(lab.measured_file_there));
    if store::stored(&mut ctx.tx, id, &control_id, &digest).await?.0.is_some() {
        return Err(there());
    }
    let new = NewAnalyserMessage {
        id: AnalyserMessageId::new(),
        analyser: id,
        clinic: analyser.clinic_id,
        control_id: &control_id,
        digest: &digest,
        raw: &hl7::chars(text.as_bytes()),
        reason: MessageReason::Filed,
        id_reused: false,
    };
    let stamp = ctx.stamp();
    store::insert_message(&mut ctx.tx, &new, stamp).await.map_err(|error| if error.is_unique() { there() } else { error.into() })?;
    let message = store::message(&mut ctx.tx, new.id).await?.ok_or(Error::NotFound)?;
    let placed = filing::file_values(ctx, &analyser, &message, &sent).await?;
    ctx.did(Action::Create, "lab_message", new.id, None);
    ctx.tell(Event::new(&LAB).at(analyser.clinic_id).about(id));
    Ok(MeasuredFile { rows: sent.into_iter().zip(placed).map(|(sent, placed)| (sent, placed.state, placed.reason)).collect() })
}
