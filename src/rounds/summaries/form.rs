//! The form of a summary. Each medicine order of the stay has a row whose fields end in the order's id; empty rows follow for medicines
//! that are new.

use super::{DischargeMedicine, SummaryText};
use crate::{
    core::{CareOrderId, Result, error::FieldErrors, form::text},
    organisation::Typed,
    rounds::vocabulary::MedicineDecision,
    tr,
};

/// The names of the sections in the form.
pub const SECTIONS: [&str; 5] = ["diagnoses", "course", "results", "instructions", "pending"];
/// The rows for new medicines.
pub const NEW_ROWS: usize = 4;
/// The longest section.
const LONGEST: usize = 20_000;
/// The longest name, dosage or reason of a medicine.
const LONGEST_LINE: usize = 500;

/// The fields of a summary, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryForm {
    /// The number of the save that the user saw; 0 for a new draft.
    pub saved: i64,
    pub text: SummaryText,
    /// The medicines that were decided on.
    pub medicines: Vec<DischargeMedicine>,
}

impl SummaryForm {
    /// Reads the form. A row of an order without a decision is left out: the signature asks for it.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let sections = SECTIONS.map(|name| errors.check(text(name, &value(name).replace("\r\n", "\n"), LONGEST)).unwrap_or_default());
        let amendment = errors.check(text("amendment", value("amendment"), 500)).unwrap_or_default();
        let mut medicines = Vec::new();
        let mut orders: Vec<&str> = typed.keys().filter_map(|name| name.strip_prefix("medicine-")).collect();
        orders.sort_unstable();
        for row in orders {
            let order = row.parse::<CareOrderId>().ok();
            let name = |field: &str| format!("{field}-{row}");
            let mut line = |field: &str| errors.line(&name(field), value(&name(field)), LONGEST_LINE);
            let (medicine, dosage, reason) = (line("medicine"), line("dosage"), line("reason"));
            let decision = match (order, value(&name("decision"))) {
                (None, _) if medicine.is_empty() => continue,
                (None, _) => MedicineDecision::New,
                (Some(_), "") => continue,
                (Some(_), word) => match errors.chosen::<MedicineDecision>(&name("decision"), word) {
                    Some(MedicineDecision::New) | None => continue,
                    Some(decision) => decision,
                },
            };
            if decision.needs_reason() && reason.is_empty() {
                errors.add(&name("reason"), tr!(rounds.why_medicine));
            }
            if decision != MedicineDecision::Stopped && dosage.is_empty() {
                errors.add(&name("dosage"), tr!(errors.required));
            }
            medicines.push(DischargeMedicine { order_id: order, decision: Some(decision), medicine, dosage, reason });
        }
        errors.finish()?;
        Ok(Self { saved: value("saved").parse().unwrap_or(0), text: SummaryText { sections, amendment }, medicines })
    }
}
