//! The formulary: the substances of medicines, the drugs made of them, and the rules by which prescriptions are checked.
//!
//! A *substance* has one name of its own, and further names; a name means one substance. A *group* joins substances whose allergies concern
//! each other, that interact alike, or that treat the same. A *drug* is one or more substances with exact strengths, in a form, for certain
//! routes. Its states:
//!
//! ```text
//! unmapped (a bare name) --map--> stays, and refers to a drug of the formulary
//! unmapped --complete--> formulary | restricted | non_formulary --retire--> retired --bring back--> as before
//! ```
//!
//! The program offers a default formulary with rules from public sources. Its rows are unconfirmed until a pharmacist confirms them; a row
//! that changes is unconfirmed again.

#[cfg(feature = "ssr")]
mod alike;
#[cfg(feature = "ssr")]
mod amount;
#[cfg(feature = "ssr")]
pub mod api;
#[cfg(feature = "ssr")]
mod change;
#[cfg(feature = "ssr")]
pub mod check;
#[cfg(feature = "ssr")]
mod defaults;
#[cfg(feature = "ssr")]
mod department;
mod dose;
#[cfg(feature = "ssr")]
mod drug;
#[cfg(feature = "ssr")]
mod file;
#[cfg(feature = "ssr")]
pub mod names;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod rule;
#[cfg(feature = "ssr")]
mod rules;
#[cfg(feature = "ssr")]
mod store;
#[cfg(feature = "ssr")]
mod substance;
mod vocabulary;

#[cfg(feature = "ssr")]
pub use alike::{AlikeWarning, TallNames};
#[cfg(feature = "ssr")]
pub use amount::{Amount, Strength, convert, show_number};
#[cfg(feature = "ssr")]
pub use defaults::{Loaded, load_defaults};
#[cfg(feature = "ssr")]
pub use department::DEPARTMENT;
pub use dose::Dose;
#[cfg(feature = "ssr")]
pub use drug::{Drug, Ingredient, Prescribable, formulary_drug, prescribable, prescribable_drug, prescribable_named};
#[cfg(feature = "ssr")]
pub use rule::{CrossReaction, cross_reactions, washout_days};
pub use vocabulary::{Advice, Caution, CheckLevel, DrugForm, DrugStatus, GroupKind, InteractionLevel, LimitKind, Route, Unit};
