//! Coverages of patients by insurers.

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Quantity, Reference};
use super::dates::{Period, date, moment};
use super::known::{Known, Local, Outcome, Resource, Rows};
use super::trouble::Trouble;
use crate::core::{CoverageId, InsurerId, UserId};
use crate::imports::store::{Row, Table};
use crate::keys::{COVERAGES, POLICY_INDEX};
use crate::row;

/// A patient's coverage by an insurer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Coverage {
    status: String,
    #[serde(rename = "modifierExtension")]
    modifiers: Vec<serde_json::Value>,
    #[serde(rename = "subscriberId")]
    subscriber_id: String,
    beneficiary: Reference,
    subscriber: Reference,
    payor: Vec<Reference>,
    #[serde(rename = "type")]
    kind: Concept,
    period: Period,
    class: Vec<Class>,
    #[serde(rename = "costToBeneficiary")]
    cost: Vec<Cost>,
    order: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Class {
    name: String,
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cost {
    #[serde(rename = "type")]
    kind: Concept,
    #[serde(rename = "valueQuantity")]
    value: Quantity,
    #[serde(rename = "valueMoney")]
    money: Option<serde_json::Value>,
}

impl Coverage {
    /// Returns the first payor that is an insurer here, by its reference or by its name.
    fn insurer(&self, known: &mut Known) -> Result<(InsurerId, bool), Trouble> {
        let mut found = None;
        let mut fault = Trouble::new("payor", "missing");
        for payor in &self.payor {
            let one = match known.find("payor", "Organization", payor) {
                Ok(Local::Insurer { id, self_pay }) => Ok((id, self_pay)),
                // The patient pays alone.
                Ok(Local::Patient { .. }) => Err(Trouble::new("payor", "is a person and not an insurer")),
                Ok(_) => Err(Trouble::new("payor", "does not point at an insurer")),
                Err(trouble) => known.insurers.get(payor.display.trim()).map(|id| (*id, false)).ok_or(trouble),
            };
            match one {
                Ok(insurer) if found.is_none() => found = Some(insurer),
                Ok(_) => known.tell(Trouble::new("payor", "the record names one of several insurers")),
                Err(trouble) => fault = trouble,
            }
        }
        found.ok_or(fault)
    }
}

impl Resource for Coverage {
    const KIND: &'static str = "Coverage";

    fn map(&self, _id: &str, local: Uuid, known: &mut Known) -> Result<Outcome, Trouble> {
        let patient = known.patient("beneficiary", &self.beneficiary)?;
        if !self.modifiers.is_empty() {
            return Ok(Outcome::kept(patient, "modifierExtension", "changes the meaning of the whole resource"));
        }
        if matches!(self.status.as_str(), "draft" | "entered-in-error") {
            return Ok(Outcome::Homeless(Some(patient), Some(Trouble::new("status", "is no coverage that is valid").about(&self.status))));
        }
        let (insurer, self_pay) = self.insurer(known)?;
        let day = |text: &str| date(text).map(|(day, _)| day);
        let (from, mut to) = (day(&self.period.start), day(&self.period.end));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Ok(Outcome::kept(patient, "period", "ends before it begins"));
        }
        // An end in a mere month or year is its last day.
        if let (Some(end), Some((_, precision))) = (to, date(&self.period.end)) {
            to = super::dates::last_day(end, precision).or(to);
        }
        let share = self.cost.iter().find(|cost| cost.kind.has("copaypct")).and_then(|cost| cost.value.whole(0, 100));
        if self.cost.iter().any(|cost| cost.money.is_some()) {
            known.tell(Trouble::new("costToBeneficiary", "an amount of money has no place in the record, only a share"));
        }
        // A patient who pays alone pays everything, whatever share the plan states.
        let copay = if self_pay { 100 } else { share.unwrap_or(0) };
        let class = self.class.first().map_or("", |class| if class.name.is_empty() { &class.value } else { &class.name });
        let plan = if self.kind.words().is_empty() { class } else { self.kind.words() };
        let plan = known.fit("type", plan, 200);
        let own = self.subscriber.key("Patient") == self.beneficiary.key("Patient");
        let holder = if own { String::new() } else { known.fit("subscriber", &self.subscriber.display, 200) };
        let ended = (self.status == "cancelled").then(|| moment(&self.period.end, known.zone).unwrap_or(known.now));
        let policy = known.fit("subscriberId", &self.subscriber_id, 60);
        let rows = vec![Row::Insert(
            Table::Coverages,
            row![
                CoverageId(local),
                patient,
                insurer,
                plan,
                COVERAGES.seal(local, patient, [&policy]),
                POLICY_INDEX.of(&policy),
                holder,
                from,
                to,
                copay,
                self.order.unwrap_or(1).clamp(1, 9),
                known.now,
                UserId::SYSTEM,
                ended
            ],
        )];
        Ok(Outcome::Rows(Rows { local, patient: Some(patient), made: rows }))
    }
}
