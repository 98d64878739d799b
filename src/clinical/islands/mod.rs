//! The islands of the consultation page, which run in the browser.

mod around;
mod diagnoses;
mod fields;
mod kept;
mod note_editor;
mod prescriptions;
mod sheet;

pub use diagnoses::Diagnoses;
pub use kept::Place;
pub use note_editor::NoteEditor;
pub use prescriptions::Prescriptions;
