//! The patient's side of the demo: requests for a first appointment, what the portal's patient told before a visit and asks to change, and a part of a note
//! that is held back.

use chrono::Duration;

use super::people::People;
use crate::{
    audit::FieldChange,
    clinical::{self, HiddenFrom, NotePart, holds, statements},
    core::{ClinicId, Stamp, UserId, time::Instant},
    db::Tx,
    patients,
    portal::profile,
    reception::first_visits::{self, TypedFirstVisit},
};

/// Adds the requests, the statement and the held part.
pub async fn make(tx: &mut Tx, clinic: ClinicId, people: &People, now: Instant) -> Result<(), super::DemoError> {
    let request = |name: &str, birth_date: &str, phone: &str, email: &str, suits: &str, reason: &str| TypedFirstVisit {
        clinic: clinic.to_string(),
        name: name.to_owned(),
        birth_date: birth_date.to_owned(),
        phone: phone.to_owned(),
        email: email.to_owned(),
        suits: suits.to_owned(),
        reason: reason.to_owned(),
        ..TypedFirstVisit::default()
    };
    let rash = request("Ines Pereira", "1988-09-14", "617-555-0171", "ines@example.test", "morning", "A rash on both arms for three weeks");
    first_visits::stock(tx, &rash, now - Duration::hours(30)).await?;
    // Without an address the desk calls.
    let child = request("Mateo Pereira", "2023-02-01", "617-555-0171", "", "any", "");
    first_visits::stock(tx, &child, now - Duration::hours(29)).await?;
    let by = patients::user_of(tx, people.patient).await?.unwrap_or(UserId::SYSTEM);
    let words = ["Bee stings: my arm swells up", "Vitamin D, and something for sleeping that my sister gave me", "Gallbladder out in 2011"];
    let stamp = Stamp { by, at: now - Duration::hours(20) };
    let name = patients::line(tx, people.patient).await?.name;
    statements::stock_statement(tx, people.patient, clinic, words, stamp).await?;
    let after = format!("{} Rivera", name.family_name);
    let both = FieldChange { field: "family_name".to_owned(), before: name.family_name, after };
    profile::stock(tx, people.patient, &[both], "I married in June and use both names now", stamp).await?;
    let met = clinical::encounters_of(tx, people.patient, 5).await?;
    if let Some(encounter) = met.last() {
        let (part, from) = (NotePart::History, HiddenFrom::Guardians);
        let reason = "Told in confidence";
        holds::stock_hold(tx, encounter, (part, from), reason, Stamp { by: people.nurse, at: now - Duration::hours(19) }).await?;
    }
    Ok(())
}
