//! Patient administration in the demo: two records that are perhaps one person's, two that were merged, a person whose name is not known, a
//! copy that waits for its release, and a request to erase a record.

use chrono::{Duration, NaiveDate};

use super::people::People;
use crate::{
    accounts::{self, scope},
    billing,
    core::{ClinicId, PatientId, Stamp, time::Instant},
    db::Tx,
    patients::{self, Birth, Facts, NewPatient, Particulars, PatientName, Sex},
    records,
};

/// Adds the cases.
pub(super) async fn make(tx: &mut Tx, clinic: ClinicId, people: &People, now: Instant) -> Result<(), super::DemoError> {
    let born = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).map_or(Birth::UNKNOWN, Birth::on);
    let by = people.reception;
    let phone = |phone: &str| Particulars { phone: phone.to_owned(), ..Particulars::default() };
    let person = |given: &str, family: &str, birth, sex, more| Facts { more, ..Facts::new(PatientName::new(given, family), birth, sex) };
    let ellison = person("Margaret Rose", "Ellison", born(1958, 3, 14), Sex::Female, phone("(617) 555-0177"));
    let first = register(tx, clinic, ellison, Stamp { by, at: now - Duration::days(40) }).await?;
    let misspelt = person("Margret", "Elison", born(1958, 3, 14), Sex::Female, phone("617 555 0177"));
    let second = register(tx, clinic, misspelt, Stamp { by, at: now - Duration::days(3) }).await?;
    patients::merges::stock(tx, (first, second), clinic, (by, None), now - Duration::hours(20)).await?;
    let renner = person("Tobias", "Renner", born(1971, 8, 2), Sex::Male, phone("(617) 555-0163"));
    let kept = register(tx, clinic, renner.clone(), Stamp { by, at: now - Duration::days(90) }).await?;
    let twin = Facts { more: Particulars::default(), ..renner };
    let doubled = register(tx, clinic, twin, Stamp { by, at: now - Duration::days(12) }).await?;
    let decider = accounts::user_of_login(tx, "frontdesk").await?;
    patients::merges::stock(tx, (kept, doubled), clinic, (by, decider), now - Duration::days(10)).await?;
    let description = "Found at the bus station at night; grey coat, scar over the left eyebrow".to_owned();
    let unknown = Facts {
        more: Particulars { description, ..Particulars::default() },
        ..Facts::new(PatientName::new("Unknown", ""), Birth::UNKNOWN, Sex::Male)
    };
    register(tx, clinic, unknown, Stamp { by, at: now - Duration::hours(9) }).await?;
    records::stock_export(tx, people.patient, clinic, Stamp { by, at: now - Duration::hours(2) }).await?;
    records::stock_erasure(
        tx,
        kept,
        clinic,
        "I have moved abroad and do not want letters any more.",
        Stamp::system(now - Duration::days(1)),
    )
    .await?;
    Ok(())
}

async fn register(tx: &mut Tx, clinic: ClinicId, facts: Facts, stamp: Stamp) -> Result<PatientId, super::DemoError> {
    let patient = NewPatient { id: PatientId::new(), facts };
    patients::insert(tx, &patient, stamp).await?;
    billing::open_account(tx, patient.id, stamp).await?;
    scope::take_in(tx, patient.id, clinic, stamp.at).await?;
    Ok(patient.id)
}
