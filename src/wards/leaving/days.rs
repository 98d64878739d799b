//! The days in bed at the acts of a discharge, and the words about them in the history.

use chrono::NaiveDate;

use crate::{
    billing::BILLING,
    core::{Result, time::show_date},
    organisation,
    server::{Ctx, Event},
    tr,
    wards::{
        admission::ActTurn,
        days::{self, Settled},
    },
};

/// The most signs of the words in the history.
const MOST: usize = 500;
/// Days that are named one by one.
const NAMED: usize = 8;

/// Brings the charged days to what they are until now; for a patient who `leaves` also the first one.
///
/// # Errors
/// When the database refuses.
pub async fn settle_days(ctx: &mut Ctx, turn: &ActTurn, leaves: bool) -> Result<Settled> {
    let (now, by) = (ctx.now, ctx.user());
    let (patient, clinic) = (turn.admission.patient_id, turn.admission.clinic_id);
    let zone = organisation::clinic(&mut ctx.tx, clinic).await?.zone;
    let settled = days::settle(&mut ctx.tx, turn.locked, &turn.admission, zone, (now, leaves), by).await?;
    if settled.any() {
        ctx.tell(Event::new(&BILLING).at(clinic).of(patient));
    }
    Ok(settled)
}

/// Returns days in words: one by one, or from the first to the last.
pub fn listed(days: &[NaiveDate]) -> String {
    match days {
        [first, .., last] if days.len() > NAMED => format!("{} – {} ({})", show_date(*first), show_date(*last), days.len()),
        days => days.iter().map(|day| show_date(*day)).collect::<Vec<_>>().join(", "),
    }
}

/// Joins the words of an act in the history: its own, the days that are not charged any more, are priced anew or must be credited, and its reason,
/// which is cut where the whole is too long.
pub fn in_history(words: &str, settled: &Settled, reason: &str) -> String {
    let mut all = vec![words.to_owned()];
    if !settled.taken_back.is_empty() {
        all.push(tr!(wards.nights_taken_back, days = listed(&settled.taken_back)));
    }
    if !settled.repriced.is_empty() {
        all.push(tr!(wards.nights_repriced, days = listed(&settled.repriced)));
    }
    if !settled.invoiced.is_empty() {
        all.push(tr!(wards.nights_to_credit, days = listed(&settled.invoiced)));
    }
    all.push(reason.to_owned());
    all.retain(|part| !part.is_empty());
    all.join(" · ").chars().take(MOST).collect()
}
