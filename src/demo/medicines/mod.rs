//! The demo's medicine record: orders of patients on the medical ward, with doses given, refused, late and due in the next hour, a medicine as
//! needed, a high-alert one, an order by phone that waits for its signature, one that asks for a value first, an antibiotic past its review, and a
//! protocol of the ward.

mod store;

use chrono::{Duration, NaiveTime, Timelike as _};

use self::store::Inpatient;
use super::{DemoError, hospital::Clinic};
use crate::{
    core::{
        CareOrderId, OrderSetLineId, UserId, WardProtocolId,
        time::{Instant, Zone, show_time},
    },
    db::Tx,
    formulary::Dose,
    medicine_record::{
        CareKind, CareMode, CareOrder, CareOrderState, DoseReason, DoseState, DoseTiming, HoldMeasure, HoldRule, HoldSide, InfusionOrder,
        PlannedDose, SetLine, WardProtocol, add_infusion, add_order, add_order_set, add_protocol, add_record, doses_of,
    },
    orders::OrderPriority,
};

/// Patients with orders.
const PATIENTS: i64 = 6;
/// Hours before now at which the orders began.
const BEGAN: i64 = 26;

/// An order of the demo: code of the drug, dose, route, timing, and what it is for, as needed.
type DemoOrder = (&'static str, &'static str, &'static str, DoseTiming, &'static str);

const ORDERS: [DemoOrder; 5] = [
    ("PARACETAMOL-500-MG-TAB", "2 tablets", "oral", DoseTiming::Q6h, ""),
    ("IBUPROFEN-400-MG-TAB", "400 mg", "oral", DoseTiming::AsNeeded, "Pain"),
    ("ENOXAPARIN-40-MG-0.4-ML-SYR", "40 mg", "subcutaneous", DoseTiming::Daily, ""),
    ("OMEPRAZOLE-20-MG-GRCAP", "20 mg", "oral", DoseTiming::Daily, ""),
    ("INSULIN-ISOPHANE-100-IU-ML-VIAL", "10 units", "subcutaneous", DoseTiming::Twice, ""),
];

const CARE: [(CareKind, &str); 4] = [
    (CareKind::Diet, "Low salt"),
    (CareKind::Oxygen, "2 L/min by nasal cannula, saturation 92 to 96 %"),
    (CareKind::Monitoring, "Weight each morning"),
    (CareKind::Nursing, "Turn every 4 hours"),
];

struct Setting {
    doctor: UserId,
    nurse: UserId,
    zone: Zone,
    now: Instant,
}

/// Adds the orders and their doses; in a `large` hospital also those of its wide ward.
pub async fn make(tx: &mut Tx, clinic: &Clinic, zone: Zone, now: Instant, nurse: UserId, large: bool) -> Result<(), DemoError> {
    let Some(doctor) = clinic.doctors.first().map(|doctor| UserId(doctor.id.0)) else { return Ok(()) };
    let setting = Setting { doctor, nurse, zone, now };
    let patients = store::inpatients(tx, "MED", now - Duration::hours(BEGAN + 1), PATIENTS).await?;
    for (number, patient) in patients.iter().enumerate() {
        for (place, order) in ORDERS.iter().enumerate() {
            // Not everybody gets everything.
            if (number + place) % 3 != 2 {
                setting.medicine(tx, patient, order, number).await?;
            }
        }
        let (kind, title) = CARE[number % CARE.len()];
        add_order(tx, setting.order(patient, kind, title), now).await?;
    }
    if let Some(patient) = patients.first() {
        setting.by_phone(tx, patient).await?;
        setting.infusion(tx, patient).await?;
        setting.asked(tx, patient).await?;
        setting.protocol(tx, patient).await?;
    }
    setting.set(tx).await?;
    if large {
        setting.wide_ward(tx).await?;
    }
    Ok(())
}

impl Setting {
    /// An order without a medicine, signed when it began.
    fn order(&self, patient: &Inpatient, kind: CareKind, title: &str) -> CareOrder {
        let began = self.now - Duration::hours(BEGAN);
        CareOrder {
            id: CareOrderId::new(),
            admission_id: patient.id,
            patient_id: patient.patient_id,
            clinic_id: patient.clinic_id,
            kind,
            priority: OrderPriority::Routine,
            mode: CareMode::Written,
            state: CareOrderState::Active,
            title: title.to_owned(),
            drug_id: None,
            dose: String::new(),
            amount: None,
            infusion: None,
            route: String::new(),
            timing: None,
            times: String::new(),
            first_now: false,
            interval_min: None,
            most_in_day: None,
            indication: String::new(),
            two_person: false,
            hold_if: Vec::new(),
            starts_at: began,
            ends_at: None,
            dose_count: None,
            review_at: None,
            instructions: String::new(),
            override_reason: String::new(),
            answered: String::new(),
            prescriber_id: self.doctor,
            prescriber: String::new(),
            ordered_at: began,
            ordered_by: self.doctor,
            orderer: String::new(),
            signed: None,
            cosign_due: None,
            protocol: None,
            replaces: None,
            planned_until: None,
            held_at: None,
            resume_at: None,
            ended_at: None,
            version: 1,
        }
    }

    /// Times of which one is in the next hour, whenever the demo is started.
    fn times(&self, timing: DoseTiming) -> String {
        let count = timing.times().split_whitespace().count();
        let hour = self.zone.local(self.now + Duration::minutes(40)).hour();
        let step = 24 / u32::try_from(count.max(1)).unwrap_or(1);
        let mut times: Vec<NaiveTime> = (0..24 / step).filter_map(|nth| NaiveTime::from_hms_opt((hour + nth * step) % 24, 0, 0)).collect();
        times.sort_unstable();
        times.into_iter().map(show_time).collect::<Vec<_>>().join(" ")
    }

    async fn medicine(&self, tx: &mut Tx, patient: &Inpatient, order: &DemoOrder, number: usize) -> Result<(), DemoError> {
        let (code, dose, route, timing, indication) = *order;
        let Some((drug, name, high_alert)) = store::drug(tx, code).await? else { return Ok(()) };
        let as_needed = timing == DoseTiming::AsNeeded;
        let order = CareOrder {
            title: name,
            drug_id: Some(drug),
            dose: dose.to_owned(),
            amount: Dose::read(dose)?,
            route: route.to_owned(),
            timing: Some(timing),
            times: if as_needed { String::new() } else { self.times(timing) },
            interval_min: as_needed.then_some(360),
            most_in_day: as_needed.then_some(3),
            indication: indication.to_owned(),
            two_person: high_alert,
            ..self.order(patient, CareKind::Medicine, "")
        };
        let order = add_order(tx, order, self.now).await?;
        let past = (order.starts_at, self.now);
        let doses = doses_of(tx, patient.id, past).await?;
        let of_order: Vec<&PlannedDose> = doses.iter().filter(|dose| dose.order_id == order.id && dose.state == DoseState::Due).collect();
        for (nth, dose) in of_order.iter().rev().enumerate() {
            self.past_dose(tx, (dose, &order), nth, number).await?;
        }
        Ok(())
    }

    /// A dose of the past: the last one of the second patient is late, the last one of the third was refused, the others were given.
    async fn past_dose(&self, tx: &mut Tx, (dose, order): (&PlannedDose, &CareOrder), nth: usize, number: usize) -> Result<(), DemoError> {
        let checked = order.two_person.then_some(self.doctor);
        let young = self.now - dose.due_at < Duration::hours(5);
        let given = match (nth, number) {
            (0, 1) if young => return Ok(()),
            (0, 2) => Err(DoseReason::Refused),
            _ => Ok((dose.due_at + Duration::minutes(7)).min(self.now)),
        };
        let checked = checked.filter(|_| given.is_ok());
        add_record(tx, (dose, order), given, (self.nurse, checked), self.now).await?;
        Ok(())
    }

    /// The medicines of everybody on the wide ward, for a round as long as a ward of 60 beds has it. Each tenth patient's last dose is late.
    async fn wide_ward(&self, tx: &mut Tx) -> Result<(), DemoError> {
        let patients = store::inpatients(tx, "GEN", self.now - Duration::hours(BEGAN + 1), i64::from(u8::MAX)).await?;
        for (nth, patient) in patients.iter().enumerate() {
            let number = if nth % 10 == 0 { 1 } else { ORDERS.len() };
            for (place, order) in ORDERS.iter().enumerate() {
                if (nth + place) % 3 != 2 {
                    self.medicine(tx, patient, order, number).await?;
                }
            }
        }
        Ok(())
    }

    /// A set of orders: a medicine as needed, which nobody ticks beforehand, a diet and observations.
    async fn set(&self, tx: &mut Tx) -> Result<(), DemoError> {
        let Some((drug, name, _)) = store::drug(tx, "PARACETAMOL-500-MG-TAB").await? else { return Ok(()) };
        let line = |position, kind, fields: &[(&str, &str)], ticked| SetLine {
            id: OrderSetLineId::new(),
            position,
            kind,
            drug_id: None,
            drug: String::new(),
            fields: fields.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect(),
            ticked,
        };
        let needed =
            [("dose", "2 tablets"), ("route", "oral"), ("timing", "as_needed"), ("interval", "6"), ("most", "3"), ("indication", "Pain")];
        let medicine = SetLine { drug_id: Some(drug), drug: name, ..line(1, CareKind::Medicine, &needed, false) };
        let diet = line(2, CareKind::Diet, &[("title", "Full diet")], true);
        let observed = line(3, CareKind::Monitoring, &[("title", "Weight each morning")], true);
        let purpose = ("Admission to the medical ward", "Adults who eat and drink");
        add_order_set(tx, purpose, &[medicine, diet, observed], (self.doctor, self.now - Duration::days(30))).await?;
        Ok(())
    }

    /// A protocol of the ward, which nurses may start.
    async fn protocol(&self, tx: &mut Tx, patient: &Inpatient) -> Result<(), DemoError> {
        let Some((drug_id, drug, _)) = store::drug(tx, "PARACETAMOL-500-MG-TAB").await? else { return Ok(()) };
        let id = WardProtocolId::new();
        let protocol = WardProtocol {
            id,
            root_id: id,
            version: 1,
            ward_id: patient.ward_id,
            name: "Fever".to_owned(),
            indication: "Fever".to_owned(),
            drug_id,
            drug,
            dose: "1 tablet".to_owned(),
            route: "oral".to_owned(),
            interval_min: 360,
            most_in_day: 3,
            hours: 24,
            sign_hours: 12,
            instructions: "Take blood cultures first".to_owned(),
            made_at: self.now - Duration::days(30),
            maker: String::new(),
            retired: false,
        };
        Ok(add_protocol(tx, &protocol, self.doctor).await?)
    }

    /// A litre of saline that has run for three hours, at a lower rate than it began.
    async fn infusion(&self, tx: &mut Tx, patient: &Inpatient) -> Result<(), DemoError> {
        let Some((drug, name, high_alert)) = store::drug(tx, "SODIUM-CHLORIDE-9-MG-ML-BAG").await? else { return Ok(()) };
        let began = self.now - Duration::hours(3);
        let order = CareOrder {
            title: name,
            drug_id: Some(drug),
            dose: "1 bag".to_owned(),
            amount: Dose::read("1 bag")?,
            infusion: Some(InfusionOrder { volume_ul: 1_000_000, rate_ul_h: 125_000, most_ul_h: None, dose: None }),
            route: "intravenous".to_owned(),
            timing: Some(DoseTiming::Stat),
            two_person: high_alert,
            starts_at: began,
            ordered_at: began,
            ..self.order(patient, CareKind::Medicine, "")
        };
        let order = add_order(tx, order, self.now).await?;
        let doses = doses_of(tx, patient.id, (began, self.now)).await?;
        let Some(dose) = doses.iter().find(|dose| dose.order_id == order.id) else { return Ok(()) };
        let checked = high_alert.then_some(self.doctor);
        add_record(tx, (dose, &order), Ok(began), (self.nurse, checked), self.now).await?;
        add_infusion(tx, &order, began, (self.nurse, checked)).await?;
        Ok(())
    }

    /// A medicine that asks for pressure and pulse before each dose, and an antibiotic whose review is overdue.
    async fn asked(&self, tx: &mut Tx, patient: &Inpatient) -> Result<(), DemoError> {
        if let Some((drug, name, two_person)) = store::drug(tx, "BISOPROLOL-5-MG-TAB").await? {
            let below = |measure, bound| HoldRule { measure, comparator: HoldSide::Below, bound };
            let order = CareOrder {
                title: name,
                drug_id: Some(drug),
                dose: "5 mg".to_owned(),
                amount: Dose::read("5 mg")?,
                route: "oral".to_owned(),
                timing: Some(DoseTiming::Daily),
                times: self.times(DoseTiming::Daily),
                two_person,
                hold_if: vec![below(HoldMeasure::Systolic, 100), below(HoldMeasure::Pulse, 50)],
                starts_at: self.now,
                ordered_at: self.now,
                ..self.order(patient, CareKind::Medicine, "")
            };
            add_order(tx, order, self.now).await?;
        }
        if let Some((drug, name, two_person)) = store::drug(tx, "AMOXICILLIN-500-MG-CAP").await? {
            let order = CareOrder {
                title: name,
                drug_id: Some(drug),
                dose: "500 mg".to_owned(),
                amount: Dose::read("500 mg")?,
                route: "oral".to_owned(),
                timing: Some(DoseTiming::Q8h),
                times: self.times(DoseTiming::Q8h),
                two_person,
                review_at: Some(self.now - Duration::hours(2)),
                ..self.order(patient, CareKind::Medicine, "")
            };
            let order = add_order(tx, order, self.now).await?;
            let doses = doses_of(tx, patient.id, (order.starts_at, self.now)).await?;
            for dose in doses.iter().filter(|dose| dose.order_id == order.id && dose.state == DoseState::Due) {
                self.past_dose(tx, (dose, &order), 1, 0).await?;
            }
        }
        Ok(())
    }

    /// An order that the nurse took by phone an hour ago, and that the doctor has not signed.
    async fn by_phone(&self, tx: &mut Tx, patient: &Inpatient) -> Result<(), DemoError> {
        let Some((drug, name, two_person)) = store::drug(tx, "IBUPROFEN-400-MG-TAB").await? else { return Ok(()) };
        let ordered = self.now - Duration::hours(1);
        let order = CareOrder {
            mode: CareMode::Verbal,
            title: name,
            drug_id: Some(drug),
            dose: "400 mg".to_owned(),
            amount: Dose::read("400 mg")?,
            route: "oral".to_owned(),
            timing: Some(DoseTiming::Stat),
            two_person,
            starts_at: ordered,
            ordered_at: ordered,
            ordered_by: self.nurse,
            cosign_due: Some(ordered + Duration::hours(24)),
            ..self.order(patient, CareKind::Medicine, "")
        };
        add_order(tx, order, self.now).await?;
        Ok(())
    }
}
