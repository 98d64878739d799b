//! Imaging of the demo: the starter catalogue, a room of each kind of device, and studies of today at every step, so that each list has work.

mod archives;
mod store;

use chrono::{Datelike as _, Duration};

use self::store::Study;
use super::{
    hospital::{CLINIC_CODE, Clinic},
    lab,
    people::People,
    store::{Rows, Table},
};
use crate::{
    billing::{self, Quantity, Service, ToCharge, Wanted},
    clinical::DocumentSigner,
    core::{
        ImagingOrderId, ImagingRoomId, Money, OrderId, PriceId, PriceItemId, RequisitionId, Stamp, UserId,
        time::{Instant, Zone},
    },
    db::{Tx, Value},
    imaging::{self, CallWithin, IMAGING_STUDY, ImagingProcedure, ImagingStep, Modality},
    lab::Weight,
    organisation::number_document,
    row,
};

/// The rooms: name and kind of device.
const ROOMS: [(&str, Modality); 5] =
    [("X-ray 1", Modality::Cr), ("CT 1", Modality::Ct), ("MR 1", Modality::Mr), ("Ultrasound 1", Modality::Us), ("ECG 1", Modality::Ecg)];
/// The prices of the procedures that the demo orders.
const PRICES: [(&str, Money); 7] = [
    ("ct-head", Money(28_000)),
    ("ct-chest-c", Money(46_000)),
    ("ct-abd-c", Money(52_000)),
    ("xr-chest", Money(6_500)),
    ("xr-knee", Money(6_000)),
    ("us-abdomen", Money(14_000)),
    ("mr-brain", Money(60_000)),
];
/// The studies: code, side, clinical question, whether it is urgent, step.
const STUDIES: [(&str, &str, &str, bool, ImagingStep); 8] = [
    ("ct-head", "none", "Fall from a ladder, vomiting since: bleeding?", true, ImagingStep::Reported),
    ("xr-chest", "none", "Cough and fever for five days: pneumonia?", false, ImagingStep::Acquired),
    ("ct-chest-c", "none", "Weight loss, cough: tumour?", false, ImagingStep::Arrived),
    ("us-abdomen", "none", "Pain in the right upper abdomen after meals: gallstones?", false, ImagingStep::Scheduled),
    ("xr-knee", "left", "Twisted yesterday, swollen: fracture?", false, ImagingStep::Vetted),
    ("ct-abd-c", "none", "Abdominal pain", false, ImagingStep::Returned),
    ("mr-brain", "none", "New seizures: focus?", false, ImagingStep::Requested),
    ("us-abdomen", "none", "Raised liver enzymes", false, ImagingStep::NoShow),
];
/// Minutes before now at which the orders were placed.
const ORDERED: i64 = 90;

/// Adds the rooms and the studies.
pub async fn make(tx: &mut Tx, clinic: &Clinic, people: &People, zone: Zone, now: Instant) -> Result<(), super::DemoError> {
    let (Some(technologist), Some(radiologist)) = (lab::user(tx, "radiology").await?, lab::user(tx, "radiologist").await?) else {
        return Ok(());
    };
    let procedures = imaging::procedures(tx).await?;
    let mut rows = Rows::default();
    let mut items = Vec::new();
    for (code, amount) in PRICES {
        let Some(procedure) = procedures.iter().find(|procedure| procedure.code == code) else { continue };
        let item = PriceItemId::new();
        rows.add(
            Table::PriceItems,
            row![item, format!("IMG-{}", code.to_uppercase()), procedure.name_en.as_str(), "test", None::<uuid::Uuid>],
        );
        rows.add(Table::Prices, row![PriceId::new(), item, amount, zone.day(now), now, UserId::SYSTEM]);
        items.push((procedure, item));
    }
    rows.write(tx).await?;
    for (procedure, item) in &items {
        store::price(tx, procedure.id, *item).await?;
    }
    let mut rooms = Vec::new();
    for (name, modality) in ROOMS {
        let id = ImagingRoomId::new();
        store::room(tx, id, clinic.id, (name, modality), (now, radiologist)).await?;
        rooms.push((modality, id));
    }
    let visits = lab::visits(tx, clinic.id, true, people.patient, now - Duration::minutes(ORDERED), STUDIES.len()).await?;
    for (visit, (code, side, reason, urgent, step)) in visits.iter().zip(STUDIES) {
        let Some((procedure, item)) = items.iter().find(|(procedure, _)| procedure.code == code) else { continue };
        let Some((_, room)) = rooms.iter().find(|(modality, _)| *modality == procedure.modality) else { continue };
        let told =
            Told { clinic, visit, procedure, item: *item, room: *room, side, reason, urgent, step, zone, now, technologist, radiologist };
        told.write(tx).await?;
    }
    archives::make(tx, clinic.id, &zone.day(now).to_string(), (now, radiologist)).await?;
    Ok(())
}

/// One study.
struct Told<'t> {
    clinic: &'t Clinic,
    visit: &'t lab::Of,
    procedure: &'t ImagingProcedure,
    item: PriceItemId,
    room: ImagingRoomId,
    side: &'static str,
    reason: &'static str,
    urgent: bool,
    step: ImagingStep,
    zone: Zone,
    now: Instant,
    technologist: UserId,
    radiologist: UserId,
}

impl Told<'_> {
    /// Whether the study comes to a step of the usual way.
    fn comes_to(&self, step: ImagingStep) -> bool {
        use ImagingStep as S;
        const WAY: [ImagingStep; 7] = [S::Requested, S::Vetted, S::Scheduled, S::Arrived, S::Started, S::Acquired, S::Reported];
        let place = |step: ImagingStep| WAY.iter().position(|one| *one == step);
        let own = match self.step {
            S::NoShow => place(S::Scheduled),
            step => place(step),
        };
        own >= place(step)
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), super::DemoError> {
        let ordered = self.now - Duration::minutes(ORDERED);
        let after = |minutes: i64| ordered + Duration::minutes(minutes);
        let doctor = UserId(self.visit.doctor.0);
        let (order, requisition, id) = (OrderId::new(), RequisitionId::new(), ImagingOrderId::new());
        let prefix = format!("{CLINIC_CODE}-Q{:02}", self.zone.day(ordered).year() % 100);
        let number = number_document(tx, &format!("requisition {prefix}"), requisition.into()).await?;
        lab::requisition(tx, requisition, &format!("{prefix}-{number:06}"), self.visit, self.clinic.id, Stamp { by: doctor, at: ordered })
            .await?;
        let vetted = self.comes_to(ImagingStep::Vetted) && self.procedure.needs_vetting;
        let stamps = [
            (vetted || self.comes_to(ImagingStep::Arrived)).then(|| after(5)),
            self.comes_to(ImagingStep::Started).then(|| after(30)),
            self.comes_to(ImagingStep::Reported).then(|| after(75)),
        ];
        let study = Study {
            id,
            order,
            requisition,
            of: self.visit,
            clinic: self.clinic.id,
            procedure: self.procedure,
            side: self.side,
            reason: self.reason,
            urgent: self.urgent,
        };
        store::order(tx, &study, (ordered, doctor), (stamps, [self.radiologist, self.technologist, self.radiologist])).await?;
        self.charge(tx, order, (ordered, doctor)).await?;
        let day = self.zone.day(ordered);
        let nth = number_document(tx, &imaging::accession_series(day), id.into()).await?;
        let begun = vec![
            ("accession", Value::from(imaging::accession(day, nth)?)),
            ("study_uid", Value::from(imaging::study_uid(id.into()))),
            ("requested_at", Value::from(ordered)),
        ];
        store::ask(tx, &study, ordered).await?;
        let first = if self.procedure.needs_vetting { ImagingStep::Requested } else { ImagingStep::Vetted };
        store::step(tx, &study, first, begun, (ordered, doctor)).await?;
        if self.step == ImagingStep::Returned {
            return Ok(store::give_back(tx, &study, "Which side, and since when?", (after(10), self.radiologist)).await?);
        }
        if vetted {
            let by = vec![("vetted_at", Value::from(after(5))), ("vetted_by", Value::from(self.radiologist))];
            store::step(tx, &study, ImagingStep::Vetted, by, (after(5), self.radiologist)).await?;
        }
        self.images(tx, &study, &after).await?;
        if self.step == ImagingStep::Reported {
            self.report(tx, &study, doctor, &after).await?;
        }
        Ok(())
    }

    /// Books the room, and makes the images as far as the study comes.
    async fn images(&self, tx: &mut Tx, study: &Study<'_>, after: &(dyn Fn(i64) -> Instant + Sync)) -> Result<(), super::DemoError> {
        let by = self.technologist;
        if self.comes_to(ImagingStep::Scheduled) {
            let from = if self.step == ImagingStep::Scheduled { self.now + Duration::minutes(45) } else { after(20) };
            let slot = vec![
                ("room_id", Value::from(self.room)),
                ("starts_at", Value::from(from)),
                ("ends_at", Value::from(from + Duration::minutes(self.procedure.minutes))),
                ("booked_by", Value::from(by)),
            ];
            store::step(tx, study, ImagingStep::Scheduled, slot, (after(10), by)).await?;
        }
        if self.step == ImagingStep::NoShow {
            let why =
                vec![("stop_reason", Value::from("Did not come")), ("stopped_at", Value::from(after(50))), ("stopped_by", Value::from(by))];
            store::step(tx, study, ImagingStep::NoShow, why, (after(50), by)).await?;
        }
        if self.comes_to(ImagingStep::Arrived) {
            let stamp = vec![("arrived_at", Value::from(after(22))), ("arrived_by", Value::from(by))];
            store::step(tx, study, ImagingStep::Arrived, stamp, (after(22), by)).await?;
        }
        if self.comes_to(ImagingStep::Started) {
            store::answer_all(tx, study, (after(25), by)).await?;
            let stamp = vec![("started_at", Value::from(after(30))), ("started_by", Value::from(by))];
            store::step(tx, study, ImagingStep::Started, stamp, (after(30), by)).await?;
            let stamp = vec![("acquired_at", Value::from(after(40))), ("acquired_by", Value::from(by))];
            store::step(tx, study, ImagingStep::Acquired, stamp, (after(40), by)).await?;
            if self.procedure.modality == Modality::Ct {
                store::dose(tx, study, (42_600_000, 731_500_000), (after(41), by)).await?;
            }
        }
        Ok(())
    }

    async fn charge(&self, tx: &mut Tx, order: OrderId, (at, by): (Instant, UserId)) -> Result<(), super::DemoError> {
        let service = Service {
            wanted: Wanted::Item(self.item),
            patient: self.visit.patient,
            clinic: self.clinic.id,
            department: None,
            provider: None,
            day: self.zone.day(at),
            quantity: Quantity::ONE,
        };
        let done = self.comes_to(ImagingStep::Acquired);
        let charge = ToCharge { source: &IMAGING_STUDY, source_id: order.into(), visit: Some(self.visit.visit), service, done };
        billing::charge(tx, &charge, Stamp { by, at }).await?;
        Ok(())
    }

    /// Writes the signed report with its critical finding, whose call is open.
    async fn report(
        &self,
        tx: &mut Tx,
        study: &Study<'_>,
        doctor: UserId,
        after: &(dyn Fn(i64) -> Instant + Sync),
    ) -> Result<(), super::DemoError> {
        let text = [
            "Without contrast, 1 mm.",
            "None.",
            "Parenchyma: no infarct.\nVentricles: midline shift of 4 mm.\nExtra-axial spaces: subdural haematoma on the left, 11 mm.\nBones: no fracture.",
            "Acute subdural haematoma on the left with midline shift.",
            "",
        ];
        let id = store::draft(tx, study, text, Weight::Critical, (after(45), self.radiologist)).await?;
        store::finding(tx, study, CallWithin::Minutes60, "Acute subdural haematoma on the left", (after(75), self.radiologist)).await?;
        let report = imaging::radiology_report(tx, id).await?.ok_or(crate::core::Error::NotFound)?;
        let signer = DocumentSigner { user: self.radiologist, name: "Tomas Lindholm", at: after(75) };
        let signature = imaging::radiology_signature(tx, &report, &signer).await?;
        store::sign(tx, id, &signer, &signature).await?;
        store::step(tx, study, ImagingStep::Reported, Vec::new(), (after(75), self.radiologist)).await?;
        store::review(tx, study, id, (doctor, Weight::Critical), after(75)).await?;
        Ok(())
    }
}
