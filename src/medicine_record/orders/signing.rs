//! The bytes of an order that its doctor signs.
//!
//! Format 1: `infirmary care order 1`, then each value with its length before it (4 bytes, big endian), in the order of the code below. Ids
//! are 16 bytes, numbers 8 (big endian), times microseconds since 1970; a missing value is empty.

use uuid::Uuid;

use super::CareOrder;
use crate::core::time::Instant;

struct OrderBytes(Vec<u8>);

impl OrderBytes {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    fn id(self, id: impl Into<Uuid>) -> Self {
        self.bytes(id.into().as_bytes())
    }

    fn number(self, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.bytes(&number.to_be_bytes()),
            None => self.bytes(&[]),
        }
    }

    /// Adds the values of an infusion; an order without one ends before them.
    fn infusion(self, order: &CareOrder) -> Self {
        let Some(infusion) = order.infusion else { return self };
        let dose = infusion.dose;
        self.number(Some(infusion.volume_ul))
            .number(Some(infusion.rate_ul_h))
            .number(infusion.most_ul_h)
            .text(dose.map_or("", |dose| dose.unit.as_str()))
            .number(dose.map(|dose| dose.milli))
            .number(dose.and_then(|dose| dose.weight_g))
            .number(dose.map(|dose| dose.content))
    }

    /// Adds the hold-if rules; an order without one ends before them.
    fn holds(self, order: &CareOrder) -> Self {
        // The order of the rules does not count.
        let mut rules = order.hold_if.clone();
        rules.sort_by_key(|rule| (rule.measure.as_str(), rule.comparator.as_str()));
        rules.iter().fold(self, |bytes, rule| {
            bytes.text("hold").text(rule.measure.as_str()).text(rule.comparator.as_str()).number(Some(rule.bound))
        })
    }

    /// Adds the number of doses; an order without one ends before it.
    fn doses(self, order: &CareOrder) -> Self {
        match order.dose_count {
            Some(doses) => self.text("doses").number(Some(doses)),
            None => self,
        }
    }

    /// Adds the protocol; an order without one ends before it.
    fn protocol(self, order: &CareOrder) -> Self {
        match &order.protocol {
            Some(protocol) => self.text("protocol").id(protocol.id),
            None => self,
        }
    }

    fn moment(self, at: Option<Instant>) -> Self {
        self.number(at.map(|at| at.timestamp_micros()))
    }
}

/// Returns the bytes that a signature covers.
pub fn content(order: &CareOrder) -> Vec<u8> {
    let (amount, unit) = order.amount.as_ref().map_or(("", ""), |dose| (dose.amount.as_str(), dose.unit.as_str()));
    OrderBytes(b"infirmary care order 1".to_vec())
        .id(order.id)
        .id(order.admission_id)
        .id(order.patient_id)
        .id(order.clinic_id)
        .text(order.kind.as_str())
        .text(order.priority.as_str())
        .text(order.mode.as_str())
        .text(&order.title)
        .text(&order.drug_id.map(|id| id.to_string()).unwrap_or_default())
        .text(&order.dose)
        .text(amount)
        .text(unit)
        .text(&order.route)
        .text(order.timing.map_or("", super::DoseTiming::as_str))
        .text(&order.times)
        .number(Some(i64::from(order.first_now)))
        .number(order.interval_min)
        .number(order.most_in_day)
        .text(&order.indication)
        .number(Some(i64::from(order.two_person)))
        .moment(Some(order.starts_at))
        .moment(order.ends_at)
        .text(&order.instructions)
        .text(&order.override_reason)
        .text(&order.answered)
        .id(order.prescriber_id)
        .moment(Some(order.ordered_at))
        .id(order.ordered_by)
        .text(&order.replaces.map(|id| id.to_string()).unwrap_or_default())
        .infusion(order)
        .holds(order)
        .doses(order)
        .protocol(order)
        .0
}
