//! The pharmacy: signed prescriptions of outpatients, from the check by the pharmacist to the bag with its label.
//!
//! The database makes a *supply* when an outpatient prescription is signed, and ends it when the prescription ends. The pharmacist verifies
//! it: chooses the item and the quantity. Each hand-over is a *dispense*, taken from the batches that expire first; it raises a charge.
//! Medicines that a patient gives back go to the quarantine of the clinic, and the charge is reduced.
//!
//! ```text
//! to_verify ──> verified ──> part_dispensed ──> dispensed · part_dispensed ──> closed
//! to_verify, verified ──> refused · to_verify, verified ──> cancelled (the prescription ended)
//! part_dispensed, dispensed ──> verified, part_dispensed, closed (returned)
//! to_verify, verified, part_dispensed ──> on_hold | queried ──> as before, refused, closed, cancelled
//! ```
//!
//! The prescription is checked again when it is verified and when it is handed out: a warning that is new since its signature needs the pharmacist's
//! decision. Verified units are reserved for 24 hours. An item of the same substances can replace the prescribed one, with a reason. Patients on wards
//! get units for an order of their stay. Controlled medicines stand in a register, which two people check.
//!
//! A prescription on hold, or with a question to its prescriber, is not handed out. A dose from the storeroom of a ward is charged when it is given.
//!
//! A prescription is handed out for 30 days, a controlled medicine for 7. What comes back after it was invoiced stands in a list of the cashier.
//!
//! Acts take turns: patient, visit, supply, the item in the storeroom, then the account. A controlled medicine is handed out by two people.

pub mod api;
mod charging;
mod checks;
mod department;
mod dispensing;
mod labels;
pub mod pages;
mod pauses;
mod register;
mod rules;
mod stops;
mod supplies;
mod take_home;
mod vocabulary;
mod ward_doses;
mod wards;

use crate::{
    core::{Error, Result},
    formulary,
    inventory::StockItem,
    server::Ctx,
    tr,
};

pub use department::{DEPARTMENT, PHARMACY};
pub use dispensing::{DISPENSE, who_got};
pub use vocabulary::*;

/// Refuses a pack whose name looks or sounds like another, until it was scanned or its name was read.
async fn alike(ctx: &mut Ctx, item: &StockItem, is_read: bool) -> Result<()> {
    if is_read {
        return Ok(());
    }
    match formulary::TallNames::load(&mut ctx.tx).await?.warning(item.drug_id, item.shown_name()) {
        Some(alike) => Err(Error::invalid("name_read", format!("{} {}", alike.sentence(), tr!(formulary.read_the_name)))),
        None => Ok(()),
    }
}
