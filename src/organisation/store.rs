//! The SQL of the hospital, its clinics, people, services and number series.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    core::{
        ClinicId, Currency, DepartmentId, Error, Result, ServiceId, ServicePointId, StaffId, UserId,
        locale::Locale,
        time::{Instant, Zone},
    },
    db::{Lockable, Sql, Tx, sql},
};

use super::{Clinic, Doctor, Hospital, Service, ServicePoint, Specialty, clinic::Calendar};

impl Lockable for StaffId {
    const TABLE: &'static str = "staff";
}

#[derive(sqlx::FromRow)]
struct ClinicRow {
    id: ClinicId,
    code: String,
    name: String,
    time_zone: String,
    address: String,
    city: String,
    phone: String,
    directions: String,
    latitude_microdegrees: Option<i64>,
    longitude_microdegrees: Option<i64>,
}

const CLINICS: &str = "SELECT id, code, name, time_zone, address, city, phone, directions, latitude_microdegrees, longitude_microdegrees
    FROM clinics";

impl From<ClinicRow> for Clinic {
    fn from(row: ClinicRow) -> Self {
        Self {
            id: row.id,
            code: row.code,
            name: row.name,
            zone: Zone::named(&row.time_zone),
            zone_name: row.time_zone,
            address: [row.address, row.city].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            phone: row.phone,
            directions: row.directions,
            microdegrees: row.latitude_microdegrees.zip(row.longitude_microdegrees),
        }
    }
}

pub(super) async fn clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    let rows: Vec<ClinicRow> = tx.all(sql(CLINICS).push(" WHERE retired_at IS NULL ORDER BY name")).await?;
    Ok(rows.into_iter().map(Clinic::from).collect())
}

pub(super) async fn all_clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    let rows: Vec<ClinicRow> = tx.all(sql(CLINICS).push(" ORDER BY name")).await?;
    Ok(rows.into_iter().map(Clinic::from).collect())
}

pub(super) async fn clinic(tx: &mut Tx, id: ClinicId) -> Result<Clinic> {
    let row: Option<ClinicRow> = tx.optional(sql(CLINICS).push(" WHERE id = ").push_bind(id)).await?;
    row.map(Clinic::from).ok_or(Error::NotFound)
}

pub(super) async fn countries(tx: &mut Tx) -> Result<Vec<String>> {
    let query = sql("SELECT DISTINCT country FROM clinics WHERE retired_at IS NULL AND country <> ''");
    let rows: Vec<(String,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(country,)| country).collect())
}

#[derive(sqlx::FromRow)]
struct HospitalRow {
    name: String,
    address: String,
    phone: String,
    email: String,
    licence_number: String,
    currency: String,
    default_language: String,
    age_of_majority: i64,
    demo: bool,
}

pub(super) async fn hospital(tx: &mut Tx) -> Result<Hospital> {
    let query = sql(
        "SELECT name, address, phone, email, licence_number, currency, default_language, age_of_majority, demo FROM hospital WHERE id = 1",
    );
    let row: HospitalRow = tx.one(query).await?;
    Ok(Hospital {
        name: row.name,
        address: row.address,
        phone: row.phone,
        email: row.email,
        licence_number: row.licence_number,
        currency: Currency::try_from(row.currency).unwrap_or(Currency::USD),
        default_language: row.default_language.parse().unwrap_or(Locale::en),
        age_of_majority: u32::try_from(row.age_of_majority).unwrap_or(18),
        demo: row.demo,
        // A picture is a row of its own, and so is each name.
        logo: None,
        spanish_names: HashMap::new(),
    })
}

/// Gives all services, specialties, visit types and items of the price list of this name a Spanish one.
pub(super) async fn set_spanish_name(tx: &mut Tx, name: &str, spanish: &str) -> Result<()> {
    for table in ["services", "specialties", "visit_types", "price_items"] {
        let query =
            sql("UPDATE ").push(table).push(" SET name_es = ").push_bind(spanish).push(" WHERE name_es = '' AND name = ").push_bind(name);
        tx.execute(query).await?;
    }
    Ok(())
}

/// Returns the Spanish names of services, specialties, visit types and items of the price list, by their names.
pub(super) async fn spanish_names(tx: &mut Tx) -> Result<HashMap<String, String>> {
    let query =
        sql("SELECT name, name_es FROM services WHERE name_es <> '' UNION SELECT name, name_es FROM specialties WHERE name_es <> ''
        UNION SELECT name, name_es FROM visit_types WHERE name_es <> '' UNION SELECT name, name_es FROM price_items WHERE name_es <> ''");
    Ok(tx.all::<(String, String)>(query).await?.into_iter().collect())
}

pub(super) async fn has_hospital(tx: &mut Tx) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM hospital")).await? > 0)
}

pub(super) async fn insert_hospital(tx: &mut Tx, name: &str, currency: Currency, now: Instant) -> Result<()> {
    let query = sql("INSERT INTO hospital (id, name, currency, default_language, updated_at) VALUES (1, $1, $2, 'en', $3)")
        .bind(name)
        .bind(currency.code())
        .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn insert_clinic(tx: &mut Tx, id: ClinicId, code: &str, name: &str, time_zone: &str) -> Result<()> {
    let query =
        sql("INSERT INTO clinics (id, code, name, time_zone) VALUES ($1, $2, $3, $4)").bind(id).bind(code).bind(name).bind(time_zone);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn next_number(tx: &mut Tx, series: &str) -> Result<i64> {
    let query = sql("INSERT INTO number_series (name, last) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET last = number_series.last + 1 RETURNING last")
        .bind(series);
    Ok(tx.count(query).await?)
}

/// Records that the document has the number of the series.
pub(super) async fn insert_document_number(tx: &mut Tx, series: &str, seq: i64, document: Uuid) -> Result<()> {
    let query = sql("INSERT INTO document_numbers (series, seq, document) VALUES ($1, $2, $3)").bind(series).bind(seq).bind(document);
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DoctorRow {
    id: StaffId,
    display_name: String,
    department_id: Option<DepartmentId>,
    department: Option<String>,
    specialty: Option<String>,
}

/// Combines the rows of one doctor, one per specialty, into a doctor with specialties; the rows of one doctor must be
/// adjacent.
fn gather(rows: Vec<DoctorRow>) -> Vec<Doctor> {
    let mut doctors: Vec<Doctor> = Vec::new();
    for row in rows {
        match doctors.last_mut().filter(|doctor| doctor.id == row.id) {
            Some(doctor) => doctor.specialties.extend(row.specialty),
            None => doctors.push(Doctor {
                id: row.id,
                name: row.display_name,
                specialties: row.specialty.into_iter().collect(),
                department_id: row.department_id,
                departments: Vec::new(),
                department: row.department.unwrap_or_default(),
            }),
        }
    }
    doctors
}

pub(super) async fn doctors(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Doctor>> {
    let query = sql("SELECT s.id, s.display_name, s.department_id, d.name AS department, sp.name AS specialty
        FROM staff s
        LEFT JOIN departments d ON d.id = s.department_id
        LEFT JOIN staff_specialties ss ON ss.staff_id = s.id
        LEFT JOIN specialties sp ON sp.id = ss.specialty_id AND sp.retired_at IS NULL
        WHERE s.kind = 'doctor' AND s.retired_at IS NULL AND s.id IN (SELECT k.staff_id FROM services v
            JOIN staff_departments k ON k.department_id = v.department_id WHERE v.clinic_id = $1 AND v.retired_at IS NULL)
        ORDER BY s.display_name, s.id, sp.name")
    .bind(clinic);
    let doctors = gather(tx.all(query).await?);
    with_departments(tx, doctors).await
}

/// Adds all departments of each doctor.
async fn with_departments(tx: &mut Tx, mut doctors: Vec<Doctor>) -> Result<Vec<Doctor>> {
    let query = sql("SELECT staff_id, department_id FROM staff_departments WHERE staff_id IN ");
    let rows: Vec<(StaffId, DepartmentId)> = tx.all(query.push_list(doctors.iter().map(|doctor| doctor.id))).await?;
    for doctor in &mut doctors {
        doctor.departments.extend(rows.iter().filter(|(staff, _)| *staff == doctor.id).map(|(_, department)| *department));
    }
    Ok(doctors)
}

pub(super) async fn doctor(tx: &mut Tx, id: StaffId) -> Result<Doctor> {
    let query = sql("SELECT s.id, s.display_name, s.department_id, d.name AS department, sp.name AS specialty
        FROM staff s
        LEFT JOIN departments d ON d.id = s.department_id
        LEFT JOIN staff_specialties ss ON ss.staff_id = s.id
        LEFT JOIN specialties sp ON sp.id = ss.specialty_id AND sp.retired_at IS NULL
        WHERE s.id = $1 AND s.kind = 'doctor'
        ORDER BY sp.name")
    .bind(id);
    let doctor = gather(tx.all(query).await?);
    with_departments(tx, doctor).await?.pop().ok_or(Error::NotFound)
}

pub(super) async fn staff_name(tx: &mut Tx, id: StaffId) -> Result<String> {
    let row: Option<(String,)> = tx.optional(sql("SELECT display_name FROM staff WHERE id = $1").bind(id)).await?;
    row.map(|(name,)| name).ok_or(Error::NotFound)
}

pub(super) async fn staff_user_id(tx: &mut Tx, id: StaffId) -> Result<Option<UserId>> {
    let row: Option<(Option<UserId>,)> = tx.optional(sql("SELECT user_id FROM staff WHERE id = $1").bind(id)).await?;
    Ok(row.and_then(|(user,)| user))
}

pub(super) async fn specialties(tx: &mut Tx) -> Result<Vec<Specialty>> {
    Ok(tx.all(sql("SELECT id, name FROM specialties WHERE retired_at IS NULL ORDER BY name")).await?)
}

pub(super) async fn services(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Service>> {
    let query = sql(
        "SELECT id, clinic_id, department_id, name, token_letter FROM services WHERE clinic_id = $1 AND retired_at IS NULL ORDER BY name",
    )
    .bind(clinic);
    Ok(tx.all(query).await?)
}

pub(super) async fn service(tx: &mut Tx, id: ServiceId) -> Result<Service> {
    let query = sql("SELECT id, clinic_id, department_id, name, token_letter FROM services WHERE id = $1").bind(id);
    tx.optional(query).await?.ok_or(Error::NotFound)
}

pub(super) async fn service_points(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ServicePoint>> {
    let query =
        sql("SELECT id, clinic_id, service_id, name, kind FROM service_points WHERE clinic_id = $1 AND retired_at IS NULL ORDER BY name")
            .bind(clinic);
    Ok(tx.all(query).await?)
}

pub(super) async fn service_point(tx: &mut Tx, id: ServicePointId) -> Result<ServicePoint> {
    let query = sql("SELECT id, clinic_id, service_id, name, kind FROM service_points WHERE id = $1").bind(id);
    tx.optional(query).await?.ok_or(Error::NotFound)
}

/// Limits a query to hours that are in force on the day of their own clinic or later: `last` is the column of their last day, `clinic` that
/// of the clinic of their service.
pub(super) fn push_in_force(query: Sql, (last, clinic): (&'static str, &'static str), calendars: &[Calendar]) -> Sql {
    let query = query.push(" AND (").push(last).push(" IS NULL");
    let or = |query: Sql, at: &Calendar| {
        let query = query.push(" OR (").push(last).push(" >= ").push_bind(at.today).push(" AND ").push(clinic).push(" IN ");
        query.push_list(at.clinics.iter().copied()).push(")")
    };
    calendars.iter().fold(query, or).push(")")
}
