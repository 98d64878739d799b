//! Exceptions from the weekly hours: leave of a doctor, a blocked time, a clinic that is closed for all, an extra session. They last whole
//! days or hours, and have a reason for staff alone. All of them stand in one list.

mod form;
mod rules;
mod store;

pub(super) use form::{Kind, Planned};
pub(super) use rules::{keeps_for_others, planned_effect, save, withdraw};
pub(super) use store::{Exception, blocks, exceptions};
