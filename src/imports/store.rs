//! Writes the rows of an import, many at a time.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use crate::core::{
    ClinicId, DepartmentId, DiagnosisId, DrugId, EncounterId, InsurerId, PatientId, SpecialtyId, StaffId, UserId,
    time::{Instant, Zone},
};
use crate::db::{Database, DbError, Tx, Value, insert_rows, sql};
use crate::patients::mrn::{MRN_SERIES, Mrn};
use crate::row;

/// The tables, in the order in which they must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Departments,
    Insurers,
    Buildings,
    Areas,
    Wards,
    Rooms,
    Beds,
    Users,
    Staff,
    Specialties,
    StaffSpecialties,
    PatientSearchTerms,
    FormerNames,
    PatientIdentifiers,
    BillingAccounts,
    PatientContacts,
    Coverages,
    Encounters,
    /// The encounters that hold what was brought along without one.
    Homes,
    Problems,
    Allergies,
    Drugs,
    Prescriptions,
    Vitals,
    BedClassItems,
    BedClasses,
    WardPlans,
    WardRooms,
    WardBeds,
    Admissions,
    PastStays,
    AdmissionActs,
    BedUses,
    PastOrders,
    PastSpecimens,
    PastResults,
    PastStudies,
    PastReports,
    PastDoses,
}

impl Table {
    /// Returns the statement before and after the rows.
    const fn statement(self) -> (&'static str, &'static str) {
        match self {
            Self::Departments => ("INSERT INTO departments (id, code, name, phone) VALUES ", ""),
            Self::Insurers => ("INSERT INTO insurers (id, name, self_pay) VALUES ", ""),
            Self::Buildings | Self::Areas | Self::Wards | Self::Rooms | Self::Beds => {
                ("INSERT INTO locations (id, name, kind, part_of, department_id) VALUES ", "")
            }
            Self::Users => ("INSERT INTO users (id, login, display_name, status, created_at, updated_at) VALUES ", ""),
            Self::Staff => (
                "INSERT INTO staff (id, user_id, kind, display_name, given_names, family_name, sex, phone, email, licence_number, qualification, practising_since) VALUES ",
                "",
            ),
            Self::Specialties => ("INSERT INTO specialties (id, name) VALUES ", " ON CONFLICT DO NOTHING"),
            Self::StaffSpecialties => ("INSERT INTO staff_specialties (staff_id, specialty_id) VALUES ", " ON CONFLICT DO NOTHING"),
            Self::PatientSearchTerms => ("INSERT INTO patient_search_terms (term, patient_id) VALUES ", ""),
            Self::FormerNames => {
                ("INSERT INTO patient_former_names (patient_id, given_names, family_name) VALUES ", " ON CONFLICT DO NOTHING")
            }
            Self::PatientIdentifiers => ("INSERT INTO patient_identifiers (id, system, value_index, patient_id, sealed) VALUES ", ""),
            Self::BillingAccounts => ("INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) VALUES ", ""),
            Self::PatientContacts => ("INSERT INTO patient_contacts (id, patient_id, name, relationship, sealed) VALUES ", ""),
            Self::Coverages => (
                "INSERT INTO coverages (id, patient_id, insurer_id, plan, sealed, policy_index, holder, valid_from, valid_to, copay_percent, priority, \
                 created_at, created_by, ended_at) VALUES ",
                "",
            ),
            Self::Encounters => (
                "INSERT INTO encounters (id, patient_id, clinic_id, department_id, doctor_id, kind, state, reason, started_at, ended_at, \
                 created_by, updated_at, updated_by) VALUES ",
                "",
            ),
            Self::Homes => (
                "INSERT INTO encounters (id, patient_id, clinic_id, department_id, doctor_id, kind, state, reason, started_at, ended_at, \
                 created_by, updated_at, updated_by) VALUES ",
                " ON CONFLICT DO NOTHING",
            ),
            Self::Problems => (
                "INSERT INTO problems (id, patient_id, code, description, clinical_status, verification, onset_on, recorded_at, recorded_by) VALUES ",
                "",
            ),
            Self::Allergies => (
                "INSERT INTO allergies (id, patient_id, substance, category, criticality, reaction, severity, clinical_status, verification, \
                 recorded_at, recorded_by) VALUES ",
                "",
            ),
            Self::Drugs => (
                "INSERT INTO drugs (id, name, rxnorm, allergy_words, usual_dose, usual_route, usual_frequency) VALUES ",
                " ON CONFLICT DO NOTHING",
            ),
            Self::Prescriptions => (
                "INSERT INTO prescriptions (id, encounter_id, patient_id, drug_id, drug, dose, route, frequency, duration_days, as_needed, \
                 max_per_day, instructions, state, prescribed_at, prescribed_by, stopped_at, stopped_by) VALUES ",
                "",
            ),
            Self::Vitals => (
                "INSERT INTO vitals (id, patient_id, encounter_id, taken_at, taken_by, temperature_decicelsius, pulse_bpm, respiration_rpm, \
                 systolic_mmhg, diastolic_mmhg, spo2_percent, oxygen_decilitres_min, consciousness, weight_g, height_mm, pain_score, \
                 glucose_decimmol, head_mm, news2, critical, note) VALUES ",
                "",
            ),
            Self::BedClassItems => ("INSERT INTO price_items (id, code, name, kind) VALUES ", " ON CONFLICT DO NOTHING"),
            Self::BedClasses => (
                "INSERT INTO bed_classes (id, name, item_id, created_at, created_by, updated_at, updated_by) VALUES ",
                " ON CONFLICT DO NOTHING",
            ),
            Self::WardPlans => (
                "INSERT INTO wards (id, name, clinic_id, code, kind, sex_rule, created_at, created_by, updated_at, updated_by) VALUES ",
                "",
            ),
            Self::WardRooms => (
                "INSERT INTO ward_rooms (id, name, ward_id, sex_rule, isolation, created_at, created_by, updated_at, updated_by) VALUES ",
                " ON CONFLICT DO NOTHING",
            ),
            Self::WardBeds => {
                ("INSERT INTO beds (id, name, room_id, kind, class_id, created_at, created_by, updated_at, updated_by) VALUES ", "")
            }
            Self::Admissions => (
                "INSERT INTO admissions (id, number, clinic_id, patient_id, class, source, urgency, reason, ward_id, accepted_ward_id, wanted_on, \
                 isolation, doctor_id, state, requested_at, requested_by, admitted_at, left_at, updated_at, updated_by) VALUES ",
                "",
            ),
            Self::PastStays => ("INSERT INTO past_stays (admission_id, patient_id, encounter_id, charged_from, brought_at) VALUES ", ""),
            Self::AdmissionActs => ("INSERT INTO admission_acts (id, admission_id, act, ward_id, bed_id, at, done_by) VALUES ", ""),
            Self::BedUses => {
                ("INSERT INTO bed_uses (id, clinic_id, bed_id, kind, admission_id, patient_id, began_at, opened_by) VALUES ", "")
            }
            Self::PastOrders => (
                "INSERT INTO past_orders (id, patient_id, clinic_id, encounter_id, kind, state, code, title, at, by_user, sealed) VALUES ",
                "",
            ),
            Self::PastSpecimens => ("INSERT INTO past_specimens (id, patient_id, clinic_id, title, state, at) VALUES ", ""),
            Self::PastResults => (
                "INSERT INTO past_results (id, patient_id, clinic_id, encounter_id, order_id, specimen_id, code, title, value, unit, sent, \
                 range_text, flag, at, reported_at, by_user, sealed) VALUES ",
                "",
            ),
            Self::PastStudies => (
                "INSERT INTO past_studies (id, patient_id, clinic_id, encounter_id, order_id, modality, code, title, study_uid, series, images, \
                 at) VALUES ",
                "",
            ),
            Self::PastReports => (
                "INSERT INTO past_reports (id, patient_id, clinic_id, encounter_id, order_id, study_id, kind, code, title, at, source_issued, \
                 by_user, sealed) VALUES ",
                "",
            ),
            Self::PastDoses => (
                "INSERT INTO past_doses (id, patient_id, clinic_id, encounter_id, prescription_id, drug, dose, route, outcome, at, day, by_user, \
                 sealed) VALUES ",
                "",
            ),
        }
    }
}

/// A diagnosis of an encounter; each code is written once.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    pub id: DiagnosisId,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub code: String,
    pub description: String,
    pub certainty: &'static str,
    pub primary: bool,
    pub recorded_at: Instant,
    pub recorded_by: UserId,
}

/// One change that a resource requires.
#[derive(Clone, Debug)]
pub enum Row {
    /// A row of a table.
    Insert(Table, Vec<Value>),
    /// A patient, whose record number is assigned when the row is written.
    Patient(Vec<Value>),
    Diagnosis(Diagnosis),
    /// The hospital's name, set only while it still has the neutral name of a new database.
    NameHospital(String),
    /// The department and the kind of a member of staff.
    PlaceStaff {
        staff: StaffId,
        department: Option<DepartmentId>,
        kind: Option<&'static str>,
    },
    /// The patient states that there are no allergies; any recorded allergy replaces this.
    NoKnownAllergies(PatientId),
    /// At least one allergy is recorded.
    AllergiesRecorded(PatientId),
}

impl Row {
    /// Whether it is a row of the history, which nobody changes here.
    pub const fn is_past(&self) -> bool {
        matches!(
            self,
            Self::Insert(
                Table::PastOrders | Table::PastSpecimens | Table::PastResults | Table::PastStudies | Table::PastReports | Table::PastDoses,
                _
            )
        )
    }
}

/// Writes the changes of the resources.
pub async fn write(tx: &mut Tx, changes: Vec<Row>, now: Instant) -> Result<(), DbError> {
    let mut inserts: BTreeMap<Table, Vec<Vec<Value>>> = BTreeMap::new();
    let (mut patients, mut diagnoses, mut updates) = (Vec::new(), Vec::new(), Vec::new());
    let mut names: HashSet<(Table, Option<Uuid>)> = HashSet::new();
    for change in changes {
        match change {
            // Many resources of a batch may name the same drug or specialty, or stand in the same encounter.
            Row::Insert(
                table @ (Table::Drugs | Table::Specialties | Table::Homes | Table::BedClassItems | Table::BedClasses | Table::WardRooms),
                values,
            ) => {
                let id = if let Some(Value::Uuid(id)) = values.first() { *id } else { None };
                if names.insert((table, id)) {
                    inserts.entry(table).or_default().push(values);
                }
            }
            Row::Insert(table, values) => inserts.entry(table).or_default().push(values),
            Row::Patient(values) => patients.push(values),
            Row::Diagnosis(diagnosis) => diagnoses.push(diagnosis),
            other => updates.push(other),
        }
    }
    insert_patients(tx, patients).await?;
    for (table, rows) in inserts {
        let (head, tail) = table.statement();
        insert_rows(tx, head, tail, rows).await?;
    }
    insert_diagnoses(tx, diagnoses).await?;
    for change in updates {
        update(tx, change, now).await?;
    }
    Ok(())
}

async fn insert_patients(tx: &mut Tx, patients: Vec<Vec<Value>>) -> Result<(), DbError> {
    if patients.is_empty() {
        return Ok(());
    }
    let mut number = take_numbers(tx, patients.len()).await?;
    let rows = patients
        .into_iter()
        .map(|mut values| {
            values.insert(1, Value::from(Mrn::from_number(number).as_str()));
            number += 1;
            values
        })
        .collect();
    insert_rows(
        tx,
        "INSERT INTO patients (id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, gender, sealed, phone_index, \
         email_index, country, language, marital_status, deceased_on, deceased_precision, name_key, created_at, created_by, updated_at, updated_by, deceased_at) VALUES ",
        "",
        rows,
    )
    .await
}

/// Reserves `count` record numbers; returns the first.
pub async fn take_numbers(tx: &mut Tx, count: usize) -> Result<u64, DbError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let last = sql(
        "INSERT INTO number_series (name, last) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last = number_series.last + excluded.last RETURNING last",
    );
    let last = tx.count(last.bind(MRN_SERIES).bind(count)).await?;
    Ok(u64::try_from(last - count + 1).unwrap_or(1))
}

async fn insert_diagnoses(tx: &mut Tx, diagnoses: Vec<Diagnosis>) -> Result<(), DbError> {
    if diagnoses.is_empty() {
        return Ok(());
    }
    let encounters: HashSet<Uuid> = diagnoses.iter().map(|diagnosis| diagnosis.encounter.0).collect();
    let mut there: HashSet<(Uuid, String)> = HashSet::new();
    let mut with_primary: HashSet<Uuid> = HashSet::new();
    let encounters: Vec<Uuid> = encounters.into_iter().collect();
    for some in encounters.chunks(1000) {
        let query = sql("SELECT encounter_id, code, rank, entered_in_error_at IS NULL FROM diagnoses WHERE encounter_id IN ")
            .push_list(some.iter().copied());
        for (encounter, code, rank, valid) in tx.all::<(Uuid, String, String, bool)>(query).await? {
            if valid && rank == "primary" {
                with_primary.insert(encounter);
            }
            there.insert((encounter, code));
        }
    }
    let mut rows = Vec::new();
    for diagnosis in diagnoses {
        if !there.insert((diagnosis.encounter.0, diagnosis.code.clone())) {
            continue;
        }
        let primary = diagnosis.primary && with_primary.insert(diagnosis.encounter.0);
        rows.push(row![
            diagnosis.id,
            diagnosis.encounter,
            diagnosis.patient,
            diagnosis.code,
            diagnosis.description,
            diagnosis.certainty,
            if primary { "primary" } else { "secondary" },
            diagnosis.recorded_at,
            diagnosis.recorded_by
        ]);
    }
    insert_rows(
        tx,
        "INSERT INTO diagnoses (id, encounter_id, patient_id, code, description, certainty, rank, recorded_at, recorded_by) VALUES ",
        "",
        rows,
    )
    .await
}

async fn update(tx: &mut Tx, row: Row, now: Instant) -> Result<(), DbError> {
    let query = match row {
        Row::NameHospital(name) => {
            sql("UPDATE hospital SET name = $1, updated_at = $2, version = version + 1 WHERE id = 1 AND name = 'Infirmary'")
                .bind(name)
                .bind(now)
        }
        Row::PlaceStaff { staff, department, kind } => {
            sql("UPDATE staff SET department_id = COALESCE($1, department_id), kind = COALESCE($2, kind) WHERE id = $3")
                .bind(department)
                .bind(kind.map(str::to_owned))
                .bind(staff)
        }
        Row::NoKnownAllergies(patient) => {
            sql("UPDATE patients SET allergy_status = 'none_known' WHERE id = $1 AND allergy_status = 'not_recorded'").bind(patient)
        }
        Row::AllergiesRecorded(patient) => {
            sql("UPDATE patients SET allergy_status = 'recorded' WHERE id = $1 AND allergy_status <> 'recorded'").bind(patient)
        }
        Row::Insert(..) | Row::Patient(_) | Row::Diagnosis(_) => return Ok(()),
    };
    tx.execute(query).await.map(|_| ())
}

/// Returns the first clinic with its time zone, if there is one.
pub async fn first_clinic(db: &Database) -> Result<Option<(ClinicId, Zone)>, DbError> {
    let first = sql("SELECT id, time_zone FROM clinics ORDER BY retired_at IS NOT NULL, code LIMIT 1");
    let found = db.read().await?.optional::<(ClinicId, String)>(first).await?;
    Ok(found.map(|(clinic, zone)| (clinic, Zone::named(&zone))))
}

/// Returns the clinic of imported encounters, which is the first one, and its time zone. In a new database the clinic
/// gets the given zone.
pub async fn clinic(db: &Database, time_zone: &str, now: Instant) -> crate::core::Result<(ClinicId, Zone)> {
    if let Some(found) = first_clinic(db).await? {
        return Ok(found);
    }
    crate::organisation::ensure_hospital(db, now).await?;
    let mut tx = db.write().await?;
    tx.execute(sql("UPDATE clinics SET time_zone = $1").bind(time_zone)).await?;
    tx.commit().await?;
    first_clinic(db).await?.ok_or(crate::core::Error::NotFound)
}

/// The records that are found by name: departments by code, insurers, specialties and drugs.
pub struct Names {
    pub departments: HashMap<String, DepartmentId>,
    pub insurers: HashMap<String, InsurerId>,
    pub specialties: HashMap<String, SpecialtyId>,
    pub drugs: HashMap<String, DrugId>,
    pub logins: HashSet<String>,
}

pub async fn names(db: &Database) -> Result<Names, DbError> {
    let mut tx = db.read().await?;
    Ok(Names {
        departments: tx.all(sql("SELECT code, id FROM departments")).await?.into_iter().collect(),
        insurers: tx.all(sql("SELECT name, id FROM insurers")).await?.into_iter().collect(),
        specialties: tx.all(sql("SELECT name, id FROM specialties")).await?.into_iter().collect(),
        drugs: tx.all(sql("SELECT name, id FROM drugs")).await?.into_iter().collect(),
        logins: tx.all::<(String,)>(sql("SELECT login FROM users")).await?.into_iter().map(|(login,)| login).collect(),
    })
}

/// The wards, rooms and beds of a clinic by their names, and what is in use.
#[derive(Debug, Default)]
pub struct WardNames {
    pub wards: HashMap<String, Uuid>,
    pub codes: HashSet<String>,
    /// The wards that are not retired.
    pub open: HashSet<Uuid>,
    pub rooms: HashMap<(Uuid, String), Uuid>,
    pub beds: HashMap<(Uuid, String), Uuid>,
    /// The beds with a use that goes on.
    pub taken: HashSet<Uuid>,
    /// The patients who are admitted now.
    pub lying: Vec<PatientId>,
    /// The class of beds for new ones, if there is one.
    pub class: Option<Uuid>,
    /// The price item of the class that the import makes, and the class.
    pub item: Option<Uuid>,
    pub made: Option<Uuid>,
}

/// Reads the wards, rooms and beds of a clinic; `item` is the code of the price item of a class that the import makes.
pub async fn ward_names(db: &Database, clinic: ClinicId, item: &'static str) -> Result<WardNames, DbError> {
    let mut tx = db.read().await?;
    let mut names = WardNames::default();
    let query = sql("SELECT id, name, code, retired_at IS NULL FROM wards WHERE clinic_id = ").push_bind(clinic);
    for (id, name, code, open) in tx.all::<(Uuid, String, String, bool)>(query).await? {
        names.wards.insert(name, id);
        names.codes.insert(code);
        if open {
            names.open.insert(id);
        }
    }
    let rooms =
        sql("SELECT r.ward_id, r.name, r.id FROM ward_rooms r JOIN wards w ON w.id = r.ward_id WHERE w.clinic_id = ").push_bind(clinic);
    names.rooms = tx.all::<(Uuid, String, Uuid)>(rooms).await?.into_iter().map(|(ward, name, id)| ((ward, name), id)).collect();
    let beds = sql("SELECT r.ward_id, b.name, b.id FROM beds b JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id
        WHERE b.retired_at IS NULL AND w.clinic_id = ")
    .push_bind(clinic);
    names.beds = tx.all::<(Uuid, String, Uuid)>(beds).await?.into_iter().map(|(ward, name, id)| ((ward, name), id)).collect();
    let taken = sql("SELECT bed_id FROM bed_uses WHERE ended_at IS NULL AND voided_at IS NULL");
    names.taken = tx.all::<(Uuid,)>(taken).await?.into_iter().map(|(id,)| id).collect();
    let lying = sql("SELECT patient_id FROM admissions WHERE state IN ('requested', 'accepted', 'admitted')");
    names.lying = tx.all::<(PatientId,)>(lying).await?.into_iter().map(|(id,)| id).collect();
    let class = sql("SELECT id FROM bed_classes WHERE retired_at IS NULL ORDER BY created_at, id LIMIT 1");
    names.class = tx.optional::<(Uuid,)>(class).await?.map(|(id,)| id);
    names.item = tx.optional::<(Uuid,)>(sql("SELECT id FROM price_items WHERE code = ").push_bind(item)).await?.map(|(id,)| id);
    Ok(names)
}
