//! The cells of a file of comma-separated values that a spreadsheet opens.

/// Puts an apostrophe before a cell that a spreadsheet would read as a formula; [`typed`] removes it again.
pub fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

/// Returns a cell without the apostrophe that [`safe`] or a spreadsheet put before it.
pub fn typed(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::{safe, typed};

    #[test]
    fn a_formula_is_text_and_comes_back() {
        for (cell, written) in [("=1+1", "'=1+1"), ("+1 617", "'+1 617"), ("-", "'-"), ("@a", "'@a"), ("Ana", "Ana"), ("", "")] {
            assert_eq!(safe(cell), written);
            assert_eq!(typed(written), cell);
        }
    }
}
