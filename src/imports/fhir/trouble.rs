//! The faults of resources: the element's path, the reason, and what was done with the resource.

use std::borrow::Cow;

use super::datatypes::cut;

/// The longest part of a value that a report shows.
const SHOWN: usize = 80;

/// The consequence of a fault for its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Done {
    /// The resource became a record without this part.
    Partly,
    /// The resource became no record. It is kept as it came, if originals are kept.
    Kept,
    /// The record stays as it is here.
    Left,
    /// There is no resource that could be kept.
    Refused,
}

impl Done {
    /// Returns the words of the report.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Partly => "taken without this",
            Self::Kept => "kept as it came, not shown",
            Self::Left => "left as it is here",
            Self::Refused => "not taken",
        }
    }
}

/// A fault of one element, or of the whole resource when the path is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub path: String,
    pub reason: Cow<'static, str>,
    /// The value or reference that the reason is about; empty for none.
    pub about: String,
}

impl Trouble {
    pub fn new(path: impl Into<String>, reason: &'static str) -> Self {
        Self { path: path.into(), reason: Cow::Borrowed(reason), about: String::new() }
    }

    /// Adds the value that the reason is about, without control characters.
    #[must_use]
    pub fn about(mut self, value: &str) -> Self {
        self.about = cut(&value.chars().filter(|c| !c.is_control()).collect::<String>(), SHOWN);
        self
    }

    /// Returns the reason with the value.
    pub fn words(&self) -> String {
        if self.about.is_empty() { self.reason.clone().into_owned() } else { format!("{}: {}", self.reason, self.about) }
    }
}

/// The reason why a line was not used, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    pub line: u64,
    /// The kind of resource; `?` when the line is none.
    pub kind: String,
    pub id: String,
    pub trouble: Trouble,
    pub done: Done,
}

impl Problem {
    /// Returns the element's path from its resource on: `Patient.name[0].given[1]`.
    pub fn path(&self) -> String {
        match self.trouble.path.as_str() {
            "" => self.kind.clone(),
            path => format!("{}.{path}", self.kind),
        }
    }

    /// Returns the path without the positions in lists, for a summary.
    pub fn general_path(&self) -> String {
        let mut inside = false;
        self.path()
            .chars()
            .filter(|&c| {
                let shown = !inside && c != '[';
                inside = (inside || c == '[') && c != ']';
                shown
            })
            .collect()
    }
}

/// Shown as `file:line: path: reason (what was done)`.
impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}: {}: {} ({})", self.file, self.line, self.path(), self.trouble.words(), self.done.words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_the_element() {
        let trouble = Trouble::new("name[0].given[1]", "no text").about("\u{7}x");
        let problem =
            Problem { file: "a".to_owned(), line: 3, kind: "Patient".to_owned(), id: "1".to_owned(), trouble, done: Done::Partly };
        assert_eq!(problem.to_string(), "a:3: Patient.name[0].given[1]: no text: x (taken without this)");
        assert_eq!(problem.general_path(), "Patient.name.given");
    }
}
