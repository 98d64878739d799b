//! Vital signs: the measures and their units, impossible values (refused), unusual values for the age (flagged), critical
//! values (answered at once), the early-warning score, the questions before a set is recorded, and the correction of a set.

pub mod news2;

mod age;
mod answer;
mod critical;
mod form;
mod measure;
mod signs;
mod units;

#[cfg(feature = "ssr")]
mod acts;
#[cfg(feature = "ssr")]
mod growth;
#[cfg(feature = "ssr")]
mod questions;
#[cfg(feature = "ssr")]
mod record;
#[cfg(feature = "ssr")]
mod store;

pub use age::{ADULT_MONTHS, AgeGroup};
pub use answer::UrgentAnswer;
pub use critical::Critical;
pub use form::VitalsForm;
pub use measure::Measure;
pub use news2::{News2, Risk};
pub use signs::{Consciousness, Flag, VitalSigns, body_mass_index, show_bmi};

#[cfg(feature = "ssr")]
pub use acts::{RecordedSet, TypedSet, correct_set, mark_set_wrong, record_set};
#[cfg(feature = "ssr")]
pub use age::Ages;
#[cfg(feature = "ssr")]
pub use questions::{LATELY, Question, ask, of_weight, questions, sure_of};
#[cfg(feature = "ssr")]
pub use record::{
    NewVitals, Recorded, Taken, Vitals, VitalsFlags, ages_at, ages_of, are_to_retake, correct_vitals, current, enter_in_error,
    flagged_in_queue, insert_vitals, mark_vitals, no_score, record_vitals, scores_in_queue, unanswered, vitals_entry, vitals_of,
    vitals_of_visit,
};
#[cfg(feature = "ssr")]
pub use store::newest_weight;
