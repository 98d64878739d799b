//! Generates the vital signs that triage measured.

use super::Teller;
use crate::core::{
    VisitId, VitalsId,
    time::{Instant, years_between},
};
use crate::demo::{
    dice::Dice,
    store::{PatientRow, Table},
};
use crate::opd::{Consciousness, VitalSigns};
use crate::row;

impl Teller<'_> {
    pub(super) fn vitals(&mut self, dice: &mut Dice, patient: &PatientRow, visit: VisitId, at: Instant) {
        let id = VitalsId::new();
        let feverish = dice.chance(8);
        let age = years_between(patient.birth_date, self.zone.day(at));
        let height = if patient.sex == "female" { dice.between(1_520, 1_760) } else { dice.between(1_640, 1_900) };
        let index = dice.between(205, 330);
        let systolic = dice.between(108, 138) + age.clamp(20, 80) / 8;
        let values = (
            if feverish { dice.between(379, 389) } else { dice.between(362, 372) },
            dice.between(58, 92) + if feverish { 12 } else { 0 },
            dice.between(12, 18),
            systolic,
            systolic - dice.between(42, 56),
            dice.between(95, 99),
        );
        let signs = VitalSigns {
            temperature: Some(values.0),
            pulse: Some(values.1),
            respiration: Some(values.2),
            systolic: Some(values.3),
            spo2: Some(values.5),
            consciousness: Some(Consciousness::Alert),
            ..VitalSigns::default()
        };
        let news2 = signs.news2(age * 12);
        self.rows.add(
            Table::Vitals,
            row![
                id,
                patient.id,
                visit,
                at,
                self.people.nurse,
                values.0,
                values.1,
                values.2,
                values.3,
                values.4,
                values.5,
                "alert",
                // Grams, calculated from the height and a body mass index in tenths.
                height * height / 10_000 * index,
                height,
                dice.between(0, 4),
                news2.map(|score| score.total)
            ],
        );
        self.audit(at, self.people.nurse, "nurse", "create", "vitals", id.0, patient.id);
    }
}
