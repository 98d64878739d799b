//! The changed fields of master data as the audit log stores them: the name of each field with the value before and
//! after.

use serde::{Deserialize, Serialize};

/// A changed field. Values are words of the database (`consulting_room`) or names, never ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// The changes as the text of an audit row (JSON).
pub fn changes_text(changes: &[FieldChange]) -> String {
    if changes.is_empty() { String::new() } else { serde_json::to_string(changes).unwrap_or_default() }
}

/// Reads the changes from the text of an audit row; empty when the text holds something else.
pub fn read(text: &str) -> Vec<FieldChange> {
    if text.starts_with('[') { serde_json::from_str(text).unwrap_or_default() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_back_and_other_texts_are_not() {
        let change = FieldChange { field: "name".into(), before: "\"North\"".into(), after: "Clínica".into() };
        assert_eq!(read(&changes_text(std::slice::from_ref(&change))), [change]);
        assert_eq!(changes_text(&[]), "");
        for other in ["", "unconscious", "1 → 2", "[unreadable"] {
            assert!(read(other).is_empty(), "{other}");
        }
    }
}
