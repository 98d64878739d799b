//! Exports the log as a file for spreadsheets: RFC 4180, every cell quoted. In Spanish `;` separates the cells, because
//! spreadsheets there use the comma in numbers.
//!
//! No cell is a formula there (`core::spreadsheet`).

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::{AuditLine, action_words};
use crate::{
    core::{
        Error, Result,
        locale::{self, Locale},
        spreadsheet,
        time::Zone,
    },
    server::Departments,
    tr,
};

/// Returns the lines with a header row, in the reader's language; times are in the zone, with their offset from UTC.
///
/// # Errors
/// When the file cannot be written.
pub fn csv(lines: &[AuditLine], zone: Zone, departments: Departments) -> Result<String> {
    let mut rows = vec![
        [
            tr!(audit.number),
            tr!(audit.when),
            tr!(audit.who),
            tr!(audit.sign_in_name),
            tr!(audit.roles),
            tr!(audit.did),
            tr!(audit.what),
            tr!(audit.mrn),
            tr!(ui.patient),
            tr!(audit.from),
            tr!(audit.request),
            tr!(audit.why),
        ]
        .map(str::to_owned),
    ];
    rows.extend(lines.iter().map(|line| {
        [
            line.id.to_string(),
            line.at.with_timezone(&zone.0).to_rfc3339(),
            line.user_name.clone().unwrap_or_default(),
            line.login.clone().unwrap_or_default(),
            line.roles.clone(),
            action_words(line.action).to_owned(),
            line.what_words(departments),
            line.mrn.clone().unwrap_or_default(),
            line.patient_name(),
            line.address.clone(),
            line.request_id.clone(),
            Some(line.changes()).filter(|changes| !changes.is_empty()).map_or_else(|| line.why.clone(), |changes| changes.join("; ")),
        ]
    }));
    let separator = match locale::current() {
        Locale::en => b',',
        Locale::es => b';',
    };
    sheet(rows, separator)
}

/// Writes a file in which a spreadsheet reads every cell as text.
fn sheet<const N: usize>(rows: impl IntoIterator<Item = [String; N]>, separator: u8) -> Result<String> {
    let unwritten = |error: &dyn std::fmt::Display| Error::internal("a file for spreadsheets", error);
    let mut file =
        WriterBuilder::new().delimiter(separator).quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        file.write_record(row.iter().map(|cell| spreadsheet::safe(cell))).map_err(|error| unwritten(&error))?;
    }
    let bytes = file.into_inner().map_err(|error| unwritten(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| unwritten(&error))?;
    // Without the byte order mark, spreadsheets read accents wrongly.
    Ok(format!("\u{feff}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_separated_as_asked() {
        let rows = || [["plain, \"quoted\"".to_owned(), "a=b".to_owned()], ["2026-11-21T10:30:00-05:00".to_owned(), "x-ray".to_owned()]];
        let file = sheet(rows(), b',').expect("written");
        assert_eq!(file, "\u{feff}\"plain, \"\"quoted\"\"\",\"a=b\"\r\n\"2026-11-21T10:30:00-05:00\",\"x-ray\"\r\n");
        assert!(sheet(rows(), b';').expect("written").contains("\"a=b\"\r\n\"2026-11-21T10:30:00-05:00\";\"x-ray\""));
    }
}
