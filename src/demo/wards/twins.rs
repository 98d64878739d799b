//! Twins who were born on the demo's maternity ward, in cots in their mother's room.

use chrono::{Datelike as _, Duration};

use super::{Lies, Made, Setting};
use crate::{
    accounts::scope,
    billing,
    core::{AdmissionId, BedId, BedUseId, PatientId, StaffId, Stamp, time::Instant},
    db::Tx,
    demo::{DemoError, store as demo_store},
    organisation,
    patients::{self, Birth, Facts, NewPatient, PatientName, Sex, guardians::childhood_ends},
    row,
};

/// Order, sex, grams, and Apgar scores after 1, 5 and 10 minutes.
const TWINS: [(i64, Sex, i64, [i64; 3]); 2] = [(1, Sex::Female, 2_480, [9, 10, 10]), (2, Sex::Male, 2_310, [7, 9, 10])];

impl Made {
    /// Registers the twins of a mother and puts them into cots.
    pub(super) async fn twins(&mut self, tx: &mut Tx, setting: &Setting<'_>, mother: Lies, cots: &[BedId]) -> Result<(), DemoError> {
        let (now, by) = (setting.now, setting.by);
        let born = (now - Duration::hours(20)).max(mother.since);
        let day = setting.zone.day(born);
        let known = patients::find(tx, mother.patient).await?;
        let age_of_majority = organisation::hospital(tx).await?.age_of_majority;
        for ((order, sex, grams, apgar), cot) in TWINS.into_iter().zip(cots) {
            let name = PatientName::new(format!("Baby {order} of {}", known.facts.name.given_names), known.facts.name.family_name.clone());
            let patient = NewPatient { id: PatientId::new(), facts: Facts::new(name, Birth::on(day), sex) };
            patients::insert(tx, &patient, Stamp::system(born)).await?;
            scope::take_in(tx, patient.id, setting.clinic.id, born).await?;
            billing::open_account(tx, patient.id, Stamp::system(born)).await?;
            if let Some(until) = childhood_ends(day, age_of_majority) {
                let ends = setting.zone.day_bounds(until).1;
                demo_store::guardian(tx, patient.id, mother.patient, day, (until, ends), born).await?;
            }
            let id = AdmissionId::new();
            self.admissions.push(row![
                id,
                format!("A-DEMO-{}-{:06}", day.year(), 950 + order),
                setting.clinic.id,
                patient.id,
                "inpatient",
                "born_here",
                "routine",
                "Born here",
                mother.ward,
                mother.ward,
                day,
                "none",
                "",
                None::<StaffId>,
                Some(setting.zone.day(now) + Duration::days(2)),
                "admitted",
                born,
                by,
                Some(born),
                now,
                by,
                Some(mother.admission)
            ]);
            self.acts.push(row![uuid::Uuid::now_v7(), id, "admitted", mother.ward, *cot, born, by]);
            let (clinic, due) = (setting.clinic.id, None::<Instant>);
            self.uses.push(row![BedUseId::new(), clinic, *cot, "stay", id, patient.id, born, due, "", by]);
            let [one, five, ten] = apgar;
            self.births.push(row![
                uuid::Uuid::now_v7(),
                mother.admission,
                2_i64,
                order,
                born,
                sex,
                grams,
                261_i64,
                one,
                five,
                ten,
                "live",
                id,
                born,
                by
            ]);
        }
        Ok(())
    }
}
