//! The users who may sign in to the demo.

use super::hospital::Clinic;
use super::store::{self, PatientRow, Rows, Table};
use crate::{
    core::{AllergyId, ClinicId, DepartmentId, PatientId, Role, StaffId, UserId, time::Instant},
    db::{DbError, Tx},
    row,
};

/// The password of all demo sign-ins. It is public and valid only in a demo.
pub const PASSWORD: &str = "infirmary-demo";

/// A line of the table that the command line prints.
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    pub role: &'static str,
    pub login: &'static str,
    pub password: &'static str,
    /// A suggestion of actions to try.
    pub try_this: &'static str,
}

const fn sign_in(role: &'static str, login: &'static str, try_this: &'static str) -> SignIn {
    SignIn { role, login, password: PASSWORD, try_this }
}

/// All demo sign-ins.
pub const SIGN_INS: [SignIn; 17] = [
    sign_in("patient", "patient", "Book a visit, see records and receipts in the portal"),
    sign_in("receptionist", "reception", "Find a patient, check in, register a walk-in"),
    sign_in("nurse", "nurse", "Call the next patient, record vital signs"),
    sign_in("doctor", "doctor", "Call the next patient, write and sign a note (primary care)"),
    sign_in("doctor", "doctor2", "The same in internal medicine"),
    sign_in("lab", "lab", "Receive a sample, enter values, call a critical result"),
    sign_in("pathologist", "pathologist", "Release results, confirm the tests of the catalogue"),
    sign_in("radiology", "radiology", "Book a study, ask the questions of safety, make the images"),
    sign_in("radiologist", "radiologist", "Decide on a protocol, report a study, call a critical finding"),
    sign_in("cashier", "cashier", "Issue an invoice, take cash, print the receipt"),
    sign_in("accountant", "accountant", "Take over a shift, look at the shifts at the till"),
    sign_in("ward_manager", "ward", "Beds: accept, admit, move and transfer patients, close a bed"),
    sign_in("pharmacist", "pharmacist", "Verify and hand out prescriptions, print the label; confirm medicines of the formulary"),
    sign_in("storekeeper", "storekeeper", "Receive goods, move them, see what expires and what is low"),
    sign_in("administrator", "admin", "Schedules and the hospital"),
    sign_in("auditor", "auditor", "Who read and changed what"),
    sign_in("receptionist, cashier", "frontdesk", "Reception and cashier in one, as in a small clinic"),
];

/// The users and the patient with whom the day is generated.
#[derive(Clone, Copy, Debug)]
pub struct People {
    pub reception: UserId,
    pub nurse: UserId,
    pub cashier: UserId,
    pub patient: PatientId,
}

/// Returns the portal's patient: a woman called Theresa with insurance, otherwise another woman with insurance.
fn portal_patient(adults: &[PatientRow]) -> Option<&PatientRow> {
    let suits = |patient: &&PatientRow| patient.sex == "female" && patient.insurer_id.is_some();
    adults.iter().filter(suits).find(|patient| patient.given_names == "Theresa").or_else(|| adults.iter().find(suits))
}

/// Creates the sign-ins. Doctors and the nurse are staff of the records; reception and cashier are new. Returns `None` when no
/// adult can be the portal's patient: then no day is generated.
pub async fn make(tx: &mut Tx, clinic: &Clinic, adults: &[PatientRow], hash: &str, now: Instant) -> Result<Option<People>, DbError> {
    let mut rows = Rows::default();
    let at = Some(clinic.id);

    let mut doctors = clinic
        .doctors
        .iter()
        .filter(|doctor| doctor.letter == "A")
        .take(1)
        .chain(clinic.doctors.iter().filter(|doctor| doctor.letter == "B").take(1));
    for login in ["doctor", "doctor2"] {
        if let Some(doctor) = doctors.next() {
            let user = UserId(doctor.id.0);
            store::invite(tx, user, login, hash, now).await?;
            role(&mut rows, user, Role::Doctor, at, now);
        }
    }
    let mut nurse = UserId::SYSTEM;
    if let Some(first) = clinic.doctors.first()
        && let Some(found) = store::nurses(tx, first.department).await?.first()
    {
        nurse = UserId(found.0);
        store::invite(tx, nurse, "nurse", hash, now).await?;
        role(&mut rows, nurse, Role::Nurse, at, now);
    }

    let reception = user(&mut rows, "reception", "Nora Whitfield", hash, now);
    staff(&mut rows, reception, "receptionist", "Nora", "Whitfield");
    role(&mut rows, reception, Role::Receptionist, at, now);
    let cashier = user(&mut rows, "cashier", "Hugo Marchetti", hash, now);
    staff(&mut rows, cashier, "cashier", "Hugo", "Marchetti");
    role(&mut rows, cashier, Role::Cashier, at, now);
    let technician = user(&mut rows, "lab", "Mei Tanaka", hash, now);
    staff(&mut rows, technician, "technician", "Mei", "Tanaka");
    role(&mut rows, technician, Role::Lab, at, now);
    let pathologist = user(&mut rows, "pathologist", "Oliver Grant", hash, now);
    staff(&mut rows, pathologist, "other", "Oliver", "Grant");
    role(&mut rows, pathologist, Role::Pathologist, at, now);
    let technologist = user(&mut rows, "radiology", "Amina Haddad", hash, now);
    staff(&mut rows, technologist, "technician", "Amina", "Haddad");
    role(&mut rows, technologist, Role::Radiology, at, now);
    let radiologist = user(&mut rows, "radiologist", "Tomas Lindholm", hash, now);
    staff(&mut rows, radiologist, "other", "Tomas", "Lindholm");
    role(&mut rows, radiologist, Role::Radiologist, at, now);
    let desk = user(&mut rows, "frontdesk", "Iris Fontaine", hash, now);
    staff(&mut rows, desk, "receptionist", "Iris", "Fontaine");
    role(&mut rows, desk, Role::Receptionist, at, now);
    role(&mut rows, desk, Role::Cashier, at, now);
    let accountant = user(&mut rows, "accountant", "Vera Lindqvist", hash, now);
    staff(&mut rows, accountant, "other", "Vera", "Lindqvist");
    // The months of the ledger are the whole hospital's.
    role(&mut rows, accountant, Role::Accountant, None, now);
    let ward = user(&mut rows, "ward", "Marta Lindqvist", hash, now);
    staff(&mut rows, ward, "nurse", "Marta", "Lindqvist");
    role(&mut rows, ward, Role::WardManager, at, now);
    let pharmacist = user(&mut rows, "pharmacist", "Elena Ferreira", hash, now);
    staff(&mut rows, pharmacist, "pharmacist", "Elena", "Ferreira");
    role(&mut rows, pharmacist, Role::Pharmacist, at, now);
    let storekeeper = user(&mut rows, "storekeeper", "Tomás Aguirre", hash, now);
    staff(&mut rows, storekeeper, "other", "Tomás", "Aguirre");
    role(&mut rows, storekeeper, Role::Storekeeper, at, now);
    let administrator = user(&mut rows, "admin", "Paula Reinhardt", hash, now);
    staff(&mut rows, administrator, "other", "Paula", "Reinhardt");
    role(&mut rows, administrator, Role::Administrator, None, now);
    let auditor = user(&mut rows, "auditor", "Samuel Okafor", hash, now);
    staff(&mut rows, auditor, "other", "Samuel", "Okafor");
    role(&mut rows, auditor, Role::Auditor, None, now);

    let Some(patient) = portal_patient(adults) else {
        rows.write(tx).await?;
        return Ok(None);
    };
    let name = format!("{} {}", patient.given_names, patient.family_name);
    let patient_user = user(&mut rows, "patient", &name, hash, now);
    role(&mut rows, patient_user, Role::Patient, None, now);
    rows.add(Table::PatientUsers, row![patient_user, patient.id, now, reception]);
    // An allergy that warns a doctor when prescribing.
    rows.add(
        Table::Allergies,
        row![
            AllergyId::new(),
            patient.id,
            "Penicillin",
            "medication",
            "high",
            "Rash and swelling of the face",
            "severe",
            "active",
            "confirmed",
            now,
            reception
        ],
    );
    rows.write(tx).await?;
    store::allergies_recorded(tx, patient.id).await?;
    Ok(Some(People { reception, nurse, cashier, patient: patient.id }))
}

fn user(rows: &mut Rows, login: &str, name: &str, hash: &str, now: Instant) -> UserId {
    let id = UserId::new();
    rows.add(Table::Users, row![id, login, name, hash, "active", None::<String>, true, now, now]);
    id
}

fn role(rows: &mut Rows, user: UserId, role: Role, clinic: Option<ClinicId>, now: Instant) {
    rows.add(Table::UserRoles, row![user, role, clinic, now, UserId::SYSTEM]);
}

fn staff(rows: &mut Rows, user: UserId, kind: &str, given: &str, family: &str) {
    let email = format!("{}@hospital.example.org", given.to_lowercase());
    rows.add(
        Table::Staff,
        row![StaffId(user.0), user, kind, format!("{given} {family}"), given, family, "(617) 555-0120", email, None::<DepartmentId>],
    );
}
