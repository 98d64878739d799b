//! The log as a file for a spreadsheet (RFC 4180).

use super::{AuditLine, action_words, what_words};
use crate::{core::time::Zone, tr};

/// The lines with a head, in the reader's language, times on the zone's wall clock with their distance from UTC.
pub fn csv(lines: &[AuditLine], zone: Zone) -> String {
    // Without the mark spreadsheets take accents for something else.
    let mut file = String::from("\u{feff}");
    let head = [
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
    ];
    row(&mut file, &head);
    for line in lines {
        let (number, at) = (line.id.to_string(), line.at.with_timezone(&zone.0).to_rfc3339());
        let (what, patient) = (what_words(&line.what), line.patient_name());
        let cells = [
            number.as_str(),
            &at,
            line.user_name.as_deref().unwrap_or_default(),
            line.login.as_deref().unwrap_or_default(),
            &line.roles,
            action_words(line.action),
            &what,
            line.mrn.as_deref().unwrap_or_default(),
            &patient,
            &line.address,
            &line.request_id,
            &line.why,
        ];
        row(&mut file, &cells);
    }
    file
}

fn row(file: &mut String, cells: &[&str]) {
    for (number, cell) in cells.iter().enumerate() {
        if number > 0 {
            file.push(',');
        }
        file.push('"');
        // A spreadsheet reckons what begins like this; after an apostrophe it is text.
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|', '%']) {
            file.push('\'');
        }
        file.push_str(&cell.replace('"', "\"\""));
        file.push('"');
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_reckon_is_text() {
        let mut file = String::new();
        row(&mut file, &["=1+1", "@SUM(A1)", "+1", "-1", "\tx", "plain, \"quoted\"", "a=b"]);
        assert_eq!(file, "\"'=1+1\",\"'@SUM(A1)\",\"'+1\",\"'-1\",\"'\tx\",\"plain, \"\"quoted\"\"\",\"a=b\"\r\n");
    }
}
