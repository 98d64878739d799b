//! The child of the demo's portal patient, for whom she books and whose record she reads.

use chrono::{Months, NaiveDate};

use super::store::{self, PatientRow};
use crate::{
    accounts::scope,
    billing,
    core::{
        ClinicId, PatientId, Stamp,
        time::{Instant, Zone},
    },
    db::Tx,
    organisation,
    patients::{self, Birth, Facts, NewPatient, PatientName, Sex, guardians::childhood_ends},
};

/// The child's age in months: seven years and four months.
const AGE: u32 = 7 * 12 + 4;

/// Registers the child.
pub async fn make(
    tx: &mut Tx,
    clinic: ClinicId,
    mother: &PatientRow,
    (day, zone): (NaiveDate, Zone),
    now: Instant,
) -> Result<(), super::DemoError> {
    let Some(born) = day.checked_sub_months(Months::new(AGE)) else { return Ok(()) };
    let facts = Facts::new(PatientName::new("Noah", mother.family_name.clone()), Birth::on(born), Sex::Male);
    let patient = NewPatient { id: PatientId::new(), facts };
    patients::insert(tx, &patient, Stamp::system(now)).await?;
    scope::take_in(tx, patient.id, clinic, now).await?;
    billing::open_account(tx, patient.id, Stamp::system(now)).await?;
    let age_of_majority = organisation::hospital(tx).await?.age_of_majority;
    let Some(until) = childhood_ends(born, age_of_majority) else { return Ok(()) };
    store::guardian(tx, patient.id, mother.id, day, (until, zone.day_bounds(until).1), now).await?;
    Ok(())
}
