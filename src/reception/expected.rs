//! A patient expected at the desk, ready for display.

/// An appointment whose patient has not come yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub appointment: String,
    /// `09:20`.
    pub time: String,
    /// `Adams, Theresa`.
    pub name: String,
    pub doctor: String,
    /// "here since 09:05" when the patient reported it, or empty.
    pub here: String,
    /// "late 12 min", or empty.
    pub late: String,
    /// The desk's remark, or empty.
    pub remark: String,
}
