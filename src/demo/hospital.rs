//! The demo's clinic: its services, rooms, prices, and its doctors' hours.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::store::{self, Rows, Table};
use crate::{
    core::{
        AvailabilityId, ClinicId, DepartmentId, Money, PriceId, PriceItemId, ScheduleId, ServiceId, ServicePointId, SpecialtyId, StaffId,
        UserId, time::Instant,
    },
    db::{DbError, Tx},
    organisation, row,
};

/// The name and address of the hospital or of a clinic.
pub struct Address {
    pub name: &'static str,
    pub street: &'static str,
    pub city: &'static str,
    pub postal_code: &'static str,
    pub phone: &'static str,
    pub email: &'static str,
}

const HOSPITAL: Address = Address {
    name: "Community Hospital",
    street: "100 Harbor Street",
    city: "Boston",
    postal_code: "02110",
    phone: "(617) 555-0100",
    email: "hello@hospital.example.org",
};
const CLINIC: Address = Address {
    name: "North Clinic",
    street: "12 Canal Street",
    city: "Boston",
    postal_code: "02114",
    phone: "(617) 555-0120",
    email: "north@hospital.example.org",
};

/// The code of the clinic.
pub const CLINIC_CODE: &str = "NORTH";

/// A department's outpatient service.
struct Offer {
    department: &'static str,
    letter: &'static str,
    specialty: &'static str,
    price: Money,
}

/// The services, in the order of the letters that begin their tokens.
const OFFERS: &[Offer] = &[
    Offer { department: "Primary Care", letter: "A", specialty: "Family medicine", price: Money(12_000) },
    Offer { department: "Internal Medicine", letter: "B", specialty: "Internal medicine", price: Money(16_000) },
    Offer { department: "Cardiology", letter: "C", specialty: "Cardiology", price: Money(24_000) },
    Offer { department: "Orthopedic Surgery", letter: "D", specialty: "Orthopedic surgery", price: Money(22_000) },
    Offer { department: "Gastroenterology", letter: "E", specialty: "Gastroenterology", price: Money(21_000) },
    Offer { department: "General Surgery", letter: "F", specialty: "General surgery", price: Money(20_000) },
    Offer { department: "Oncology", letter: "G", specialty: "Oncology", price: Money(26_000) },
    Offer { department: "Rehabilitation", letter: "H", specialty: "Rehabilitation medicine", price: Money(14_000) },
];

/// The Spanish names of what patients choose.
const IN_SPANISH: &[(&str, &str)] = &[
    ("Primary Care", "Atención primaria"),
    ("Internal Medicine", "Medicina interna"),
    ("Cardiology", "Cardiología"),
    ("Orthopedic Surgery", "Traumatología"),
    ("Gastroenterology", "Aparato digestivo"),
    ("General Surgery", "Cirugía general"),
    ("Oncology", "Oncología"),
    ("Rehabilitation", "Rehabilitación"),
    ("Family medicine", "Medicina de familia"),
    ("Internal medicine", "Medicina interna"),
    ("Orthopedic surgery", "Cirugía ortopédica"),
    ("General surgery", "Cirugía general"),
    ("Rehabilitation medicine", "Medicina física y rehabilitación"),
    ("Consultation, Primary Care", "Consulta de atención primaria"),
    ("Consultation, Internal Medicine", "Consulta de medicina interna"),
    ("Consultation, Cardiology", "Consulta de cardiología"),
    ("Consultation, Orthopedic Surgery", "Consulta de traumatología"),
    ("Consultation, Gastroenterology", "Consulta de aparato digestivo"),
    ("Consultation, General Surgery", "Consulta de cirugía general"),
    ("Consultation, Oncology", "Consulta de oncología"),
    ("Consultation, Rehabilitation", "Consulta de rehabilitación"),
    ("Electrocardiogram, 12 leads", "Electrocardiograma de 12 derivaciones"),
    ("Spirometry", "Espirometría"),
    ("Wound dressing", "Cura de herida"),
    ("Vaccination, giving", "Administración de vacuna"),
    ("Complete blood count", "Hemograma completo"),
    ("Lipid panel", "Perfil lipídico"),
    ("Hemoglobin A1c", "Hemoglobina A1c"),
    ("Medical certificate", "Certificado médico"),
];

/// Other items with a price: code, name, kind, amount.
const PRICES: &[(&str, &str, &str, i64)] = &[
    ("PROC-ECG", "Electrocardiogram, 12 leads", "procedure", 8_500),
    ("PROC-SPIRO", "Spirometry", "procedure", 9_500),
    ("PROC-DRESS", "Wound dressing", "procedure", 4_500),
    ("PROC-VACC", "Vaccination, giving", "procedure", 3_000),
    ("TEST-CBC", "Complete blood count", "test", 2_800),
    ("TEST-LIPID", "Lipid panel", "test", 3_600),
    ("TEST-HBA1C", "Hemoglobin A1c", "test", 3_200),
    ("OTHER-CERT", "Medical certificate", "other", 2_500),
];

/// The minutes of a slot.
pub const SLOT_MINUTES: i64 = 20;

/// The office hours, from 08:00 to 18:00, in minutes after midnight.
const OFFICE_HOURS: (i64, i64) = (480, 1080);

/// A doctor who works in the clinic.
#[derive(Clone, Debug)]
pub struct Doctor {
    pub id: StaffId,
    pub service: ServiceId,
    pub department: DepartmentId,
    pub letter: &'static str,
    pub room: ServicePointId,
    pub item: PriceItemId,
    pub price: Money,
    pub item_name: String,
}

/// The clinic with its staff and rooms.
#[derive(Debug)]
pub struct Clinic {
    pub id: ClinicId,
    pub doctors: Vec<Doctor>,
    pub triage: Vec<ServicePointId>,
    pub cashier: ServicePointId,
}

/// Sets up the clinic. On the day of its creation and the next one, doctors see patients at any hour, so that the clinic is
/// open whenever the demo is started; on other days they have office hours.
pub async fn set_up(tx: &mut Tx, clinic: ClinicId, time_zone: Tz, day: NaiveDate, now: Instant) -> Result<Clinic, DbError> {
    store::name_clinic(tx, clinic, time_zone, &HOSPITAL, &CLINIC, now).await?;
    let departments: HashMap<String, DepartmentId> = store::departments(tx).await?.into_iter().collect();
    let doctors = store::doctors(tx).await?;
    store::drop_physician(tx).await?;
    let mut specialties: HashMap<String, SpecialtyId> = store::specialties(tx).await?.into_iter().collect();
    let mut rows = Rows::default();
    let point = |rows: &mut Rows, service: Option<ServiceId>, name: String, kind: &str| {
        let id = ServicePointId::new();
        rows.add(Table::ServicePoints, row![id, clinic, service, name, kind]);
        id
    };
    point(&mut rows, None, "Reception".to_owned(), "reception");
    let triage = vec![point(&mut rows, None, "Triage 1".to_owned(), "triage"), point(&mut rows, None, "Triage 2".to_owned(), "triage")];
    let cashier = point(&mut rows, None, "Cashier 1".to_owned(), "cashier");
    point(&mut rows, None, "Cashier 2".to_owned(), "cashier");

    let mut at_work = Vec::new();
    for offer in OFFERS {
        let Some(&department) = departments.get(offer.department) else { continue };
        let service = ServiceId::new();
        rows.add(Table::Services, row![service, clinic, department, offer.department, offer.letter]);
        let item = PriceItemId::new();
        let item_name = format!("Consultation, {}", offer.department);
        rows.add(Table::PriceItems, row![item, format!("CONS-{}", offer.letter), item_name.clone(), "consultation", Some(department)]);
        rows.add(Table::Prices, row![PriceId::new(), item, offer.price, first_of_year(day), now, UserId::SYSTEM]);
        for doctor in doctors.iter().filter(|doctor| doctor.department_id == department) {
            let room = point(&mut rows, Some(service), format!("Room {}", at_work.len() + 1), "consulting_room");
            if !doctor.specialised {
                let specialty = *specialties.entry(offer.specialty.to_owned()).or_insert_with(|| {
                    let id = SpecialtyId::new();
                    rows.add(Table::Specialties, row![id, offer.specialty]);
                    id
                });
                rows.add(Table::StaffSpecialties, row![doctor.id, specialty]);
            }
            let schedule = ScheduleId::new();
            rows.add(Table::Schedules, row![schedule, doctor.id, service, Some(room), first_of_year(day), now, UserId::SYSTEM]);
            let today = i64::from(day.weekday().number_from_monday());
            for weekday in 1..=7_i64 {
                let (from, to) = if weekday == today || weekday == today % 7 + 1 { (0_i64, 1440_i64) } else { OFFICE_HOURS };
                rows.add(Table::Availabilities, row![AvailabilityId::new(), schedule, weekday, from, to, SLOT_MINUTES, 1_i64]);
            }
            let biography = format!("Sees outpatients of {} at the North Clinic.", offer.department);
            store::accept_bookings(tx, doctor.id, &biography, format!("DEMO-{}", 10_442 + 37 * at_work.len())).await?;
            at_work.push(Doctor {
                id: doctor.id,
                service,
                department,
                letter: offer.letter,
                room,
                item,
                price: offer.price,
                item_name: item_name.clone(),
            });
        }
    }
    for (code, name, kind, amount) in PRICES {
        let item = PriceItemId::new();
        rows.add(Table::PriceItems, row![item, *code, *name, *kind, None::<DepartmentId>]);
        rows.add(Table::Prices, row![PriceId::new(), item, Money(*amount), first_of_year(day), now, UserId::SYSTEM]);
    }
    rows.write(tx).await?;
    Ok(Clinic { id: clinic, doctors: at_work, triage, cashier })
}

/// Names what patients choose, and what they pay for, in Spanish too.
pub async fn name_in_spanish(tx: &mut Tx) -> crate::core::Result<()> {
    for (name, spanish) in IN_SPANISH {
        organisation::stock_spanish_name(tx, name, spanish).await?;
    }
    Ok(())
}

/// Returns the first day of the year, since when hours and prices are valid.
pub fn first_of_year(day: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(day.year(), 1, 1).unwrap_or(day)
}
