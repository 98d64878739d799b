//! The departments of a large hospital: as many open analyses, results, prescriptions, goods, movements of stock and bills as the figures of
//! `BENCHMARKS.md` are about. A small number of patients has them in proportion.

mod bills;
mod clinics;
mod lab;
mod pharmacy;
mod store;

use super::{DemoError, hospital::Clinic};
use crate::{
    core::{
        PatientId, UserId,
        time::{Instant, Zone},
    },
    db::Database,
};

/// The number of patients from which on the lists are as long as in a large hospital.
const WHOLE: u64 = 5_000;

/// The sizes for a number of patients.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// Analyses that are open at the bench.
    analyses: usize,
    /// Results of one patient.
    results: usize,
    /// Reports in a doctor's inbox.
    inbox: usize,
    /// Prescriptions at the pharmacy, and those of them that can be handed out again and again.
    queue: usize,
    verified: usize,
    items: usize,
    movements: usize,
    doctors: usize,
    clinics: usize,
    invoices: usize,
}

impl Sizes {
    fn of(patients: u64) -> Self {
        let part = |full: u64| usize::try_from((full * patients.min(WHOLE) / WHOLE).max(1)).unwrap_or(1);
        let each = |full: u64, so_many: u64| usize::try_from((full * patients.min(so_many) / so_many).max(1)).unwrap_or(1);
        Self {
            analyses: part(2_000),
            results: part(5_000),
            inbox: part(500),
            queue: part(300),
            verified: part(50),
            items: part(5_000),
            movements: each(1_000_000, 1_000_000),
            doctors: part(200),
            clinics: part(5),
            invoices: each(200_000, 1_000_000),
        }
    }
}

/// The facts that all parts share.
#[derive(Clone, Copy)]
struct Setting<'s> {
    clinic: &'s Clinic,
    patients: &'s [PatientId],
    sizes: Sizes,
    zone: Zone,
    now: Instant,
}

/// The people whose work it is.
#[derive(Clone, Copy)]
struct Staff {
    doctor: UserId,
    nurse: UserId,
    technician: UserId,
    pathologist: UserId,
    pharmacist: UserId,
    storekeeper: UserId,
}

/// Adds all parts for some of the invented patients.
pub(super) async fn add(
    db: &Database,
    clinic: &Clinic,
    (patients, count): (&[PatientId], u64),
    zone: Zone,
    now: Instant,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<(), DemoError> {
    let setting = Setting { clinic, patients, sizes: Sizes::of(count), zone, now };
    let mut tx = db.write().await?;
    let mut users = Vec::new();
    for login in ["doctor", "nurse", "lab", "pathologist", "pharmacist", "storekeeper"] {
        users.extend(store::user(&mut tx, login).await?);
    }
    let [doctor, nurse, technician, pathologist, pharmacist, storekeeper] = users[..] else { return Ok(()) };
    let staff = Staff { doctor, nurse, technician, pathologist, pharmacist, storekeeper };
    clinics::add(&mut tx, setting).await?;
    progress(&format!("{} doctors in {} clinics", setting.sizes.doctors, setting.sizes.clinics));
    lab::add(&mut tx, setting, staff).await?;
    progress(&format!("{} open analyses, {} results of one patient", setting.sizes.analyses, setting.sizes.results));
    pharmacy::add(&mut tx, setting, staff).await?;
    tx.commit().await?;
    pharmacy::add_movements(db, setting, staff).await?;
    progress(&format!("{} movements of {} goods", setting.sizes.movements, setting.sizes.items));
    bills::add(db, setting).await?;
    progress(&format!("{} invoices", setting.sizes.invoices));
    Ok(())
}
