//! The cells of a file of separated values that a spreadsheet opens.
//!
//! It prevents formulas as OWASP's "CSV Injection" page advises (an apostrophe before a sign that starts a calculation), and goes
//! further: a file may be opened with another separator than it was written with, so an apostrophe is also added wherever a cell could
//! begin then; full-width signs count as their narrow forms; blanks, also those without width, do not hide a sign; control characters
//! other than line breaks become blanks. Excel, `LibreOffice` and Google Sheets read such cells as text.

/// Signs that start a calculation: those of OWASP's page with their full-width forms, and two that older programs accept.
const SIGNS: [char; 10] = ['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'];

/// A cell may begin after each of these, if the file is opened with that separator.
const SEPARATORS: [char; 8] = [',', ';', '\t', '，', '；', '、', '\'', '"'];

/// Adds an apostrophe before every sign with which a cell could start a calculation, and before a cell's own first apostrophe;
/// [`typed`] removes them again.
pub fn safe(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 1);
    if cell.starts_with('\'') {
        text.push('\'');
    }
    // Only blanks have occurred since a cell could begin.
    let mut begins = true;
    for letter in cell.chars() {
        if begins && SIGNS.contains(&letter) {
            text.push('\'');
        }
        begins = may_begin_after(letter, begins);
        text.push(if letter.is_control() && letter != '\n' { ' ' } else { letter });
    }
    text
}

/// Returns a cell without the apostrophes that [`safe`] or a spreadsheet put in.
pub fn typed(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut letters = cell.strip_prefix('\'').unwrap_or(cell).chars().peekable();
    // The letter after the first apostrophe is the cell's own.
    let mut own = cell.starts_with('\'');
    let mut begins = true;
    while let Some(letter) = letters.next() {
        let is_added = letter == '\'' && begins && !own && letters.peek().is_some_and(|next| SIGNS.contains(next));
        own = is_added;
        if !is_added {
            begins = may_begin_after(letter, begins);
            text.push(letter);
        }
    }
    text
}

/// Whether a cell could begin after this letter. A line break separates cells too.
fn may_begin_after(letter: char, begins: bool) -> bool {
    letter.is_control() || SEPARATORS.contains(&letter) || (begins && is_blank(letter))
}

/// Whether the letter is a blank, including blanks without width and marks of writing direction.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMULAS: [&str; 10] = ["=1+1", "+1", "-1", "@SUM(A1)", "＝HYPERLINK(1)", "＋1", "－1", "＠SUM(A1)", "|calc", "%0A"];
    const BEFORE: [&str; 21] = [
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
        "'",
        "''",
        "a;'",
        "' ",
    ];

    /// Each cell that any spreadsheet could find in the file, with any separator, is text.
    #[test]
    fn no_cell_is_calculated_whatever_the_separator() {
        for formula in FORMULAS {
            for before in BEFORE {
                let typed = format!("{before}{formula}");
                let cell = safe(&typed);
                let mut file = csv::Writer::from_writer(Vec::new());
                file.write_record(["1", &cell, &cell]).expect("written");
                let file = String::from_utf8(file.into_inner().expect("written")).expect("text");
                for opened_with in [',', ';', '\t', '，', '；', '\n', '\r'] {
                    for cell in file.split(opened_with) {
                        // Checks the cell as a program reads it that ignores quotes, and as one that uses them.
                        let bare = cell.trim_start_matches(|letter: char| letter == '"' || is_blank(letter) || letter.is_control());
                        assert!(!bare.starts_with(SIGNS), "{typed:?} {opened_with:?}: {file:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for formula in FORMULAS.into_iter().chain(["", "'", "''", "'s-Gravenhage", "O'Neill; 'a'", "B+", "a=b", "two\nlines"]) {
            for before in BEFORE.into_iter().filter(|before| !before.contains(['\t', '\r', '\u{0}'])) {
                let cell = format!("{before}{formula}");
                assert_eq!(typed(&safe(&cell)), cell, "{:?}", safe(&cell));
            }
        }
        // An apostrophe of a spreadsheet's own user says that the cell is text.
        assert_eq!(typed("'00123"), "00123");
    }

    #[test]
    fn what_is_no_formula_stays_as_it_is() {
        for plain in ["Núñez, José", "ana@home.test", "X-17; B+", "a=b", "10.0.0.1", "Sí: 50 %", "two\nlines"] {
            assert_eq!(safe(plain), plain);
        }
        assert_eq!(safe("a\u{7}b"), "a b");
    }
}
