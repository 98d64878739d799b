//! A patient who is not in the clinic's care, registered by another clinic, to show how a record is opened in an emergency. A
//! doctor opened it three hours ago, and no auditor has assessed that yet.

use chrono::{Duration, NaiveDate};

use super::{hospital::Clinic, store};
use crate::{
    billing,
    core::{AllergyId, EmergencyAccessId, PatientId, Stamp, UserId, time::Instant},
    db::Tx,
    patients::{self, Birth, Facts, NewPatient, PatientName, Sex},
    row,
};

/// Puts all recorded patients into the clinic's care, except Beatrice Lindqvist.
pub async fn make(tx: &mut Tx, clinic: &Clinic, now: Instant) -> Result<(), super::DemoError> {
    store::take_all_in(tx, clinic.id, now).await?;
    let birth = NaiveDate::from_ymd_opt(1948, 3, 9).map_or(Birth::UNKNOWN, Birth::on);
    let mut facts = Facts::new(PatientName::new("Beatrice", "Lindqvist"), birth, Sex::Female);
    "(617) 555-0177".clone_into(&mut facts.more.phone);
    let patient = NewPatient { id: PatientId::new(), facts };
    patients::insert(tx, &patient, Stamp::system(now)).await?;
    billing::open_account(tx, patient.id, Stamp::system(now)).await?;
    let mut rows = store::Rows::default();
    rows.add(
        store::Table::Allergies,
        row![
            AllergyId::new(),
            patient.id,
            "Iodine contrast",
            "medication",
            "high",
            "Anaphylaxis",
            "severe",
            "active",
            "confirmed",
            now,
            UserId::SYSTEM
        ],
    );
    if let Some(doctor) = clinic.doctors.iter().find(|doctor| doctor.letter == "B") {
        let (id, from) = (EmergencyAccessId::new(), now - Duration::hours(3));
        let (user, to, reason) = (UserId(doctor.id.0), from + Duration::minutes(60), "Brought in by ambulance, cannot speak");
        rows.add(store::Table::EmergencyAccesses, row![id, patient.id, user, clinic.id, reason, from, to]);
    }
    rows.write(tx).await?;
    store::allergies_recorded(tx, patient.id).await?;
    Ok(())
}
