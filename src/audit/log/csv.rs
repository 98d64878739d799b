//! Exports the log as a file for spreadsheets: RFC 4180, every cell quoted. In Spanish `;` separates the cells, because
//! spreadsheets there use the comma in numbers.
//!
//! It prevents formulas as OWASP's "CSV Injection" page advises (quotes around each cell, doubled quotes, an apostrophe before a
//! sign that starts a calculation), and goes further: a file may be opened with another separator than it was written with, so an
//! apostrophe is also added wherever a cell could begin then; full-width signs count as their narrow forms; blanks, also those
//! without width, do not hide a sign; control characters become blanks. Excel, `LibreOffice` and Google Sheets read such cells as
//! text.

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::{AuditLine, action_words};
use crate::{
    core::{
        Error, Result,
        locale::{self, Locale},
        time::Zone,
    },
    server::Departments,
    tr,
};

/// Signs that start a calculation: those of OWASP's page with their full-width forms, and two that older programs accept.
const SIGNS: [char; 10] = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];

/// A cell may begin after each of these, if the file is opened with that separator.
const SEPARATORS: [char; 8] = [',', ';', '\t', '，', '；', '、', '\'', '"'];

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
        file.write_record(row.iter().map(|cell| as_text(cell))).map_err(|error| unwritten(&error))?;
    }
    let bytes = file.into_inner().map_err(|error| unwritten(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| unwritten(&error))?;
    // Without the byte order mark, spreadsheets read accents wrongly.
    Ok(format!("\u{feff}{text}"))
}

/// Adds an apostrophe before every sign with which a cell could start a calculation.
fn as_text(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    // Only blanks have occurred since a cell could begin.
    let mut begins = true;
    for letter in cell.chars() {
        let blank = is_blank(letter);
        if begins && SIGNS.contains(&letter) {
            text.push('\'');
        }
        // A tab or line break could separate cells: it counts as a separator here, and is written as a blank.
        begins = letter.is_control() || SEPARATORS.contains(&letter) || (begins && blank);
        text.push(if letter.is_control() { ' ' } else { letter });
    }
    text
}

/// Whether the letter is a blank, including blanks without width and marks of writing direction.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
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

    /// Each cell that any spreadsheet could find in the file, with any separator, is text.
    #[test]
    fn no_cell_is_calculated_whatever_the_separator() {
        let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "＝HYPERLINK(1)", "＋1", "－1", "＠SUM(A1)", "|calc", "%0A"];
        let before = [
            "",
            " ",
            "\t",
            "\r\n",
            "\u{a0}",
            "\u{200b}",
            "\u{feff}",
            "\u{0}",
            ";",
            ",",
            "a;",
            "a, ",
            "a\t",
            "a\n",
            "a;\u{200b}\"",
            "a\",\"",
            "；",
        ];
        for formula in formulas {
            for before in before {
                for separator in [b',', b';'] {
                    let typed = format!("{before}{formula}");
                    let file = sheet([["1".to_owned(), typed.clone(), typed.clone()]], separator).expect("written");
                    for opened_with in [',', ';', '\t', '，', '；', '\n', '\r'] {
                        for cell in file.trim_start_matches('\u{feff}').split(opened_with) {
                            // Checks the cell as a program reads it that ignores quotes, and as one that uses them.
                            let bare = cell.trim_start_matches(|letter: char| letter == '"' || is_blank(letter) || letter.is_control());
                            assert!(!bare.starts_with(SIGNS), "{typed:?} {separator} {opened_with:?}: {file:?}");
                        }
                    }
                    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(file.as_bytes());
                    let cells = reader.records().next().expect("a row").expect("CSV");
                    assert!(cells.iter().all(|cell| !cell.trim_start().starts_with(SIGNS)) && cells.len() == 3, "{file:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_formula_stays_as_it_is() {
        for plain in ["Núñez, José", "ana@home.test", "X-17; B+", "a=b", "10.0.0.1", "Sí: 50 %"] {
            assert_eq!(as_text(plain), plain);
        }
        assert_eq!(as_text("a\u{7}b"), "a b");
    }
}
