//! Reviews of orders: the time at which a doctor looks at an order again. An order that is past its review goes on, and stands as overdue until a
//! doctor continues it with another time, or stops it.

mod store;

use chrono::{Duration, NaiveTime};
use uuid::Uuid;

use crate::{
    audit::Action,
    core::{
        CareOrderId, Error, Result, Stamp,
        error::FieldErrors,
        time::{Instant, Zone, parse_date, parse_time},
    },
    db::{DbError, Tx},
    formulary::names,
    medicine_record::{
        department::MEDICINES,
        orders::{self, Turn},
    },
    server::{Ctx, Event},
    tr,
};

pub use store::of_order;

/// Hours after which an antibiotic is looked at again. Source: UK Health Security Agency, Start smart then focus: antimicrobial stewardship
/// toolkit for inpatient care settings, 2023: review at 48 to 72 hours.
pub const ANTIBIOTIC_HOURS: i64 = 48;
/// Days ahead up to which a review may be set.
const AHEAD_DAYS: i64 = 90;
/// The classes of antibiotics, and substances of none of them, as the list of names has them.
const CLASSES: [&str; 12] = [
    "penicillin",
    "aminopenicillin",
    "cephalosporin",
    "carbapenem",
    "monobactam",
    "sulfonamide",
    "macrolide",
    "lincosamide",
    "aminoglycoside",
    "glycopeptide",
    "quinolone",
    "tetracycline",
];
const SUBSTANCES: [&str; 8] =
    ["trimethoprim", "daptomycin", "fosfomycin", "rifampicin", "nitrofurantoin", "linezolid", "chloramphenicol", "colistin"];

/// Whether a medicine of this name is an antibiotic, by its substances and their classes.
pub fn is_antibiotic(name: &str) -> bool {
    let read = names::read(name);
    let classes = CLASSES.iter().chain(&["nitroimidazole"]).any(|class| read.classes.contains(class));
    classes || SUBSTANCES.iter().any(|substance| read.substances.contains(substance))
}

/// A time of review that was set.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderReview {
    pub due_at: Instant,
    pub set_at: Instant,
    pub setter: String,
}

/// Reads the time of a review: a day alone is its noon. Both fields empty are none.
pub fn read(errors: &mut FieldErrors, (day, time): (&str, &str), (now, zone): (Instant, Zone)) -> Option<Instant> {
    if day.is_empty() && time.is_empty() {
        return None;
    }
    let day = if day.is_empty() { Some(zone.day(now)) } else { errors.check(parse_date("review_day", day)) };
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let time = if time.is_empty() { Some(noon) } else { errors.check(parse_time("review_time", time)) };
    let at = zone.instant_or_next(day?.and_time(time?));
    if at <= now || at - now > Duration::days(AHEAD_DAYS) {
        errors.add("review_day", tr!(medicine_record.review_wrong, days = AHEAD_DAYS));
        return None;
    }
    Some(at)
}

/// Sets the first review of an order that is being written.
///
/// # Errors
/// When the database refuses.
pub async fn begin(tx: &mut Tx, order: CareOrderId, due_at: Instant, stamp: Stamp) -> Result<()> {
    Ok(store::insert(tx, Uuid::now_v7(), (order, due_at), stamp).await?)
}

/// Continues an order until another review. The same key a second time finds it done.
///
/// # Errors
/// [`Error::Conflict`] when the order ended.
pub async fn go_on(ctx: &mut Ctx, turn: &Turn, id: CareOrderId, key: Uuid, due_at: Instant) -> Result<()> {
    match store::order_of(&mut ctx.tx, key).await? {
        Some(known) if known == id => return Ok(()),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    ctx.tx.lock(id).await?;
    let order = orders::find(&mut ctx.tx, id).await?;
    if order.admission_id != turn.admission.id {
        return Err(Error::NotFound);
    }
    if !order.state.is_open() {
        return Err(Error::conflict(tr!(medicine_record.order_moved)));
    }
    let stamp = ctx.stamp();
    store::supersede(&mut ctx.tx, id, stamp.at).await?;
    store::insert(&mut ctx.tx, key, (id, due_at), stamp).await.map_err(DbError::of_form_key)?;
    ctx.did(Action::Update, "care_order", id, Some(order.patient_id));
    ctx.tell(Event::new(&MEDICINES).at(order.clinic_id).about(order.admission_id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn antibiotics_are_known_by_their_names() {
        for name in [
            "Amoxicillin 500 mg capsule",
            "Ceftriaxone 1 g vial",
            "Co-amoxiclav",
            "Gentamicin 80 mg",
            "Metronidazole",
            "Nitrofurantoin 100 mg",
        ] {
            assert!(is_antibiotic(name), "{name}");
        }
        for name in ["Paracetamol 500 mg tablet", "Insulin regular 100 IU/mL", "Fluconazole 150 mg", "Aspirin", ""] {
            assert!(!is_antibiotic(name), "{name}");
        }
    }
}
