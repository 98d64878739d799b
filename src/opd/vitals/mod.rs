//! Vital signs: what is measured, in which unit, what cannot be (refused), what is unusual for the age (flagged), and the
//! early-warning score.

pub mod news2;

mod form;
mod measure;
mod signs;

#[cfg(feature = "ssr")]
mod jump;
#[cfg(feature = "ssr")]
mod record;
#[cfg(feature = "ssr")]
mod store;

pub use form::VitalsForm;
pub use measure::Measure;
pub use news2::{News2, Risk};
pub use signs::{Consciousness, Flag, VitalSigns};

#[cfg(feature = "ssr")]
pub use jump::{Jump, ask_about_jumps, jumps, sure_of};
#[cfg(feature = "ssr")]
pub use record::{
    NewVitals, Recorded, Vitals, enter_in_error, insert_vitals, no_score, record_vitals, vitals_entry, vitals_of, vitals_of_visit,
};
