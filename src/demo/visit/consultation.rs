//! Generates the consultation: note, signature, diagnosis, prescription, and the charge that follows.

use chrono::{Datelike, Duration};

use super::Teller;
use crate::clinical::{Note, NoteState, NoteText, icd10};
use crate::core::{ChargeId, DiagnosisId, EncounterId, NoteId, OrderId, PrescriptionId, RequisitionId, UserId, VisitId, time::Instant};
use crate::demo::{
    day::user_of,
    hospital::{CLINIC_CODE, Doctor},
    sale::Sale,
    store::{PatientRow, Table},
    stories::Story,
};
use crate::keys::{NOTES, ORDERS};
use crate::row;

/// The services that doctors order from nurses, each with its reason.
const BEDSIDE: [(&str, &str); 4] = [
    ("12-lead ECG", "Palpitations"),
    ("Dressing, left lower leg", "Venous ulcer"),
    ("Peak flow before and after salbutamol", "Wheeze"),
    ("Capillary glucose", "Known diabetes"),
];

impl Teller<'_> {
    pub(super) fn consultation(
        &mut self,
        patient: &PatientRow,
        doctor: &Doctor,
        visit: VisitId,
        story: &Story,
        from: Instant,
        signed: Option<Instant>,
    ) {
        let (encounter, user) = (EncounterId::new(), user_of(doctor));
        let state = if signed.is_some() { "finished" } else { "in_progress" };
        self.rows.add(
            Table::Encounters,
            row![
                encounter,
                patient.id,
                visit,
                self.clinic.id,
                doctor.department,
                doctor.id,
                "outpatient",
                state,
                story.reason,
                from,
                signed,
                user,
                signed.unwrap_or(from),
                user
            ],
        );
        let note = self.note(patient, encounter, user, story, from, signed);
        self.audit(from, user, "doctor", "read", "chart", patient.id.0, patient.id);
        self.bedside(patient, (visit, encounter), user, from, signed);
        let Some(signed) = signed else { return };
        self.audit(signed, user, "doctor", "sign", "note", note.0, patient.id);
        self.orders(patient, encounter, user, story, signed);
        let share = patient.insurer_id.and(patient.copay_percent);
        self.sales.push(Sale {
            charge: ChargeId::new(),
            visit,
            encounter,
            patient: patient.id,
            account: patient.account_id,
            department: doctor.department,
            item: doctor.item,
            code: format!("CONS-{}", doctor.letter),
            name: doctor.item_name.clone(),
            total: doctor.price,
            insurer: patient.insurer_id,
            patient_share: share.map_or(doctor.price, |percent| doctor.price.percent(percent)),
            raised_at: signed,
            raised_by: user,
            settled: None,
        });
    }

    fn note(
        &mut self,
        patient: &PatientRow,
        encounter: EncounterId,
        user: UserId,
        story: &Story,
        from: Instant,
        signed: Option<Instant>,
    ) -> NoteId {
        let mut text = NoteText { history: story.history.to_owned(), ..NoteText::default() };
        if signed.is_some() {
            story.examination.clone_into(&mut text.examination);
            story.assessment.clone_into(&mut text.assessment);
            story.plan.clone_into(&mut text.plan);
        }
        let note = Note {
            id: NoteId::new(),
            encounter,
            patient: patient.id,
            author: user,
            text: text.clone(),
            state: NoteState::Draft,
            signature: None,
            updated_at: from,
            version: 1,
        };
        let note_id = note.id;
        // The note is signed by the same function as in a real consultation, so that a change of the row is detected.
        let signature = signed.and_then(|at| note.sign(text.clone(), user, "", at).ok()).and_then(|note| note.signature);
        self.rows.add(
            Table::Notes,
            row![
                note_id,
                encounter,
                patient.id,
                user,
                NOTES.seal(note_id, encounter, [&text.history, &text.examination, &text.assessment, &text.plan]),
                if signature.is_some() { "signed" } else { "draft" },
                signed,
                signed.map(|_| user),
                signature.map(|signature| signature.digest),
                from,
                signed.unwrap_or(from)
            ],
        );
        note_id
    }

    /// Adds an order for the nurses in every third consultation. The order stays open while the doctor still writes the note.
    fn bedside(
        &mut self,
        patient: &PatientRow,
        (visit, encounter): (VisitId, EncounterId),
        user: UserId,
        from: Instant,
        signed: Option<Instant>,
    ) {
        if !self.turns.is_multiple_of(3) {
            return;
        }
        let (service, reason) = BEDSIDE[self.turns / 3 % BEDSIDE.len()];
        let (order, nurse, at) = (OrderId::new(), self.people.nurse, from + Duration::seconds(30));
        let done = signed.map(|signed| signed - Duration::seconds(30)).filter(|done| *done >= at);
        self.audit(at, user, "doctor", "create", "order", order.0, patient.id);
        if let Some(done) = done {
            self.audit(done, nurse, "nurse", "update", "order", order.0, patient.id);
        }
        let requisition = self.requisition(patient, (visit, encounter), user, at);
        let by = done.map(|_| nurse);
        self.rows.add(
            Table::Orders,
            row![
                order,
                patient.id,
                self.clinic.id,
                visit,
                encounter,
                "nursing",
                service,
                if self.turns.is_multiple_of(2) { "stat" } else { "routine" },
                ORDERS.seal(order, patient.id, [reason, "", if done.is_some() { "Done as ordered." } else { "" }]),
                if done.is_some() { "completed" } else { "requested" },
                at,
                user,
                at,
                done,
                by,
                done,
                by,
                done,
                by,
                done.unwrap_or(at),
                by.unwrap_or(user),
                requisition
            ],
        );
    }

    /// Adds a requisition with the next number of the clinic and year.
    fn requisition(
        &mut self,
        patient: &PatientRow,
        (visit, encounter): (VisitId, EncounterId),
        user: UserId,
        at: Instant,
    ) -> RequisitionId {
        let (id, prefix) = (RequisitionId::new(), format!("{CLINIC_CODE}-Q{:02}", self.zone.day(at).year() % 100));
        let last = self.requisitions.entry(prefix.clone()).or_insert(0);
        *last += 1;
        let number = *last;
        self.rows.add(Table::DocumentNumbers, row![format!("requisition {prefix}"), number, id]);
        self.rows
            .add(Table::Requisitions, row![id, format!("{prefix}-{number:06}"), patient.id, self.clinic.id, visit, encounter, at, user]);
        id
    }

    /// Adds the doctor's coded diagnosis and prescription.
    fn orders(&mut self, patient: &PatientRow, encounter: EncounterId, user: UserId, story: &Story, signed: Instant) {
        if let Some(code) = icd10::lookup(story.code) {
            let row = row![
                DiagnosisId::new(),
                encounter,
                patient.id,
                code.code,
                code.description,
                "confirmed",
                "primary",
                signed - Duration::minutes(2),
                user
            ];
            self.rows.add(Table::Diagnoses, row);
        }
        if let Some(medicine) = &story.medicine {
            self.rows.add(
                Table::Prescriptions,
                row![
                    PrescriptionId::new(),
                    encounter,
                    patient.id,
                    self.drugs.get(medicine.drug).copied(),
                    medicine.drug,
                    medicine.dose,
                    medicine.route,
                    medicine.frequency,
                    medicine.days,
                    "active",
                    signed - Duration::minutes(1),
                    user
                ],
            );
        }
    }
}
