//! The clinics and doctors that a large hospital has besides those of the records.

use super::{Setting, store, store::Bulk};
use crate::{
    core::{AvailabilityId, ClinicId, ScheduleId, ServiceId, ServicePointId, StaffId, UserId},
    db::Tx,
    demo::{
        DemoError,
        hospital::{SLOT_MINUTES, first_of_year},
        store::{self as demo_store, Rows, Table},
    },
    row,
};

/// Clinics that are added in turn: code and name. The demo's staff works at the clinic that comes first by both.
const CLINICS: [(&str, &str); 3] = [("PORT", "Port Clinic"), ("RIVER", "River Clinic"), ("WEST", "West Clinic")];
/// The departments with a service in each of them, with the letter that begins the tokens.
const SERVICES: [(&str, &str); 5] =
    [("Primary Care", "A"), ("Internal Medicine", "B"), ("Cardiology", "C"), ("Orthopedic Surgery", "D"), ("General Surgery", "F")];
/// The working hours from Monday to Friday, in minutes after midnight.
const HOURS: (i64, i64) = (480, 1020);

/// Adds clinics and doctors until the hospital has as many as it should.
pub(super) async fn add(tx: &mut Tx, setting: Setting<'_>) -> Result<(), DemoError> {
    let mut clinics = store::clinics(tx).await?;
    for (code, name) in CLINICS.into_iter().take(setting.sizes.clinics.saturating_sub(clinics.len())) {
        clinics.push(add_clinic(tx, setting, (code, name)).await?);
    }
    let doctors = setting.sizes.doctors.saturating_sub(usize::try_from(store::doctors(tx).await?).unwrap_or_default());
    let parts = demo_store::name_parts(tx).await?;
    let mut services = Vec::new();
    for clinic in &clinics {
        services.push(store::services(tx, *clinic).await?);
    }
    let (now, since) = (setting.now, first_of_year(setting.zone.day(setting.now)));
    let mut rows = Rows::default();
    for nth in 0..doctors {
        let offered = &services[nth % services.len()];
        let Some((service, department, name)) = offered.get(nth / services.len() % offered.len().max(1)) else { continue };
        let Some(((given, ..), (_, family, _))) = parts.get(nth % parts.len().max(1)).zip(parts.get((nth * 7 + 3) % parts.len().max(1)))
        else {
            continue;
        };
        let (id, schedule) = (StaffId::new(), ScheduleId::new());
        let email = format!("outpatients-{nth}@hospital.example.org");
        rows.add(
            Table::Staff,
            row![
                id,
                None::<UserId>,
                "doctor",
                format!("Dr. {given} {family}"),
                given.as_str(),
                family.as_str(),
                "(617) 555-0120",
                email,
                *department
            ],
        );
        rows.add(Table::Schedules, row![schedule, id, *service, None::<ServicePointId>, since, now, UserId::SYSTEM]);
        for weekday in 1..=5_i64 {
            rows.add(Table::Availabilities, row![AvailabilityId::new(), schedule, weekday, HOURS.0, HOURS.1, SLOT_MINUTES, 1_i64]);
        }
        let clinic = clinics[nth % clinics.len()];
        rows.add(
            Table::ServicePoints,
            row![ServicePointId::new(), clinic, Some(*service), format!("{name}, room {}", nth + 1), "consulting_room"],
        );
    }
    rows.write(tx).await?;
    store::accept_bookings(tx, "outpatients-%").await?;
    Ok(())
}

/// Adds a clinic with its services and points.
async fn add_clinic(tx: &mut Tx, setting: Setting<'_>, (code, name): (&'static str, &'static str)) -> Result<ClinicId, DemoError> {
    let (id, now) = (ClinicId::new(), setting.now);
    let email = format!("{}@hospital.example.org", code.to_lowercase());
    let zone = setting.zone.0.name();
    store::insert(tx, Bulk::Clinics, vec![row![id, code, name, "1 Station Road", "Boston", "(617) 555-0140", email, zone, now, now]])
        .await?;
    let departments = demo_store::departments(tx).await?;
    let mut rows = Rows::default();
    for (department, letter) in SERVICES {
        let Some((name, department)) = departments.iter().find(|(name, _)| name == department) else { continue };
        rows.add(Table::Services, row![ServiceId::new(), id, *department, name.as_str(), letter]);
    }
    for (name, kind) in [("Reception", "reception"), ("Triage 1", "triage"), ("Cashier 1", "cashier")] {
        rows.add(Table::ServicePoints, row![ServicePointId::new(), id, None::<ServiceId>, name, kind]);
    }
    rows.write(tx).await?;
    Ok(id)
}
