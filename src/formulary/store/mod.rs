//! The SQL of the formulary.

pub(super) mod alike;
pub(super) mod drugs;
pub(super) mod rules;
pub(super) mod substances;

use crate::{
    core::{DrugId, SubstanceId},
    db::Lockable,
};

impl Lockable for DrugId {
    const TABLE: &'static str = "drugs";
}

impl Lockable for SubstanceId {
    const TABLE: &'static str = "substances";
}
