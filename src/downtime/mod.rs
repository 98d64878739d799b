//! The downtime pack: every quarter of an hour one HTML file for each ward, in a folder that the settings name. A browser opens it without the
//! server and without a network: the patients, their allergies, what was decided for a heart that stops, orders, infusions, lines, the doses of the next 24 hours, their
//! last observations, whom to call, and blank lines on which the ward writes until the program runs again.
//!
//! A pack is written under another name and renamed: a file with the name of a pack is a whole one. Only the program's own user reads it.
//! When two packs of a ward are missing, its head and the administrators are told.
//! After an outage the ward enters what it wrote: see `medicine_record`.

mod department;
mod folder;
mod html;
mod pack;
mod store;
mod watch;

pub use department::DEPARTMENT;
pub use folder::{PackFile, newest};
pub use pack::{PACK_MINUTES, make_packs};
pub use watch::PackWatch;
