//! The SQL of the demo: rows are inserted directly, many at a time, with all of the database's guards active.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::{
    core::{ClinicId, DepartmentId, DrugId, Money, PatientId, SpecialtyId, StaffId, TillShiftId, UserId, time::Instant},
    db::{Database, DbError, Tx, Value, insert_rows, sql},
};

/// The tables, in the order in which they must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Users,
    UserRoles,
    Staff,
    Specialties,
    StaffSpecialties,
    Services,
    ServicePoints,
    PriceItems,
    Prices,
    Schedules,
    ExtraSessions,
    Availabilities,
    Absences,
    Patients,
    SearchTerms,
    Accounts,
    Care,
    EmergencyAccesses,
    PatientUsers,
    Allergies,
    Appointments,
    TokenSeries,
    Visits,
    QueueEntries,
    Encounters,
    Diagnoses,
    Prescriptions,
    Requisitions,
    Orders,
    // Notes come after diagnoses and prescriptions: once it has a note, a finished encounter accepts no orders.
    Notes,
    Vitals,
    Charges,
    Invoices,
    InvoiceLines,
    InvoiceShares,
    NumberSeries,
    DocumentNumbers,
    // Payments come after the numbers: their invoices are issued then. Shifts and means are written with the payments.
    TillShifts,
    PaymentTenders,
    Payments,
    Allocations,
    Audit,
}

impl Table {
    const fn head(self) -> &'static str {
        match self {
            Self::Users => {
                "INSERT INTO users (id, login, display_name, password_hash, status, language, demo, created_at, updated_at) VALUES "
            }
            Self::UserRoles => "INSERT INTO user_roles (user_id, role, clinic_id, granted_at, granted_by) VALUES ",
            Self::Staff => {
                "INSERT INTO staff (id, user_id, kind, display_name, given_names, family_name, phone, email, department_id) VALUES "
            }
            Self::Specialties => "INSERT INTO specialties (id, name) VALUES ",
            Self::StaffSpecialties => "INSERT INTO staff_specialties (staff_id, specialty_id) VALUES ",
            Self::Services => "INSERT INTO services (id, clinic_id, department_id, name, token_letter) VALUES ",
            Self::ServicePoints => "INSERT INTO service_points (id, clinic_id, service_id, name, kind) VALUES ",
            Self::PriceItems => "INSERT INTO price_items (id, code, name, kind, department_id) VALUES ",
            Self::Prices => "INSERT INTO prices (id, item_id, amount, valid_from, created_at, created_by) VALUES ",
            Self::Schedules => {
                "INSERT INTO schedules (id, doctor_id, service_id, service_point_id, valid_from, created_at, created_by) VALUES "
            }
            Self::ExtraSessions => {
                "INSERT INTO schedules (id, doctor_id, service_id, valid_from, valid_to, kind, reason, created_at, created_by) VALUES "
            }
            Self::Absences => {
                "INSERT INTO absences (id, kind, doctor_id, clinic_id, starts_at, ends_at, whole_days, reason, created_at, created_by) VALUES "
            }
            Self::Availabilities => {
                "INSERT INTO availabilities (id, schedule_id, weekday, start_minute, end_minute, slot_minutes, capacity) VALUES "
            }
            Self::Patients => {
                "INSERT INTO patients (id, mrn, given_names, family_name, birth_date, birth_precision, sex, sealed, phone_index, country, language, allergy_status, name_key, created_at, created_by, updated_at, updated_by) VALUES "
            }
            Self::SearchTerms => "INSERT INTO patient_search_terms (term, patient_id) VALUES ",
            Self::Accounts => "INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) VALUES ",
            Self::Care => "INSERT INTO care (patient_id, clinic_id, since, because) VALUES ",
            Self::EmergencyAccesses => {
                "INSERT INTO emergency_accesses (id, patient_id, user_id, clinic_id, reason, began_at, ends_at) VALUES "
            }
            Self::PatientUsers => "INSERT INTO patient_users (user_id, patient_id, linked_at, linked_by) VALUES ",
            Self::Allergies => {
                "INSERT INTO allergies (id, patient_id, substance, category, criticality, reaction, severity, clinical_status, verification, \
                 recorded_at, recorded_by) VALUES "
            }
            Self::Appointments => {
                "INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, reason, \
                 booked_through, cancelled_at, cancelled_by, cancel_reason, idempotency_key, created_at, created_by, updated_at, updated_by) VALUES "
            }
            Self::TokenSeries => "INSERT INTO token_series (service_id, day, last) VALUES ",
            Self::Visits => {
                "INSERT INTO visits (id, patient_id, clinic_id, service_id, appointment_id, doctor_id, day, token_number, token, reason, outcome, \
                 arrived_at, ended_at, idempotency_key, created_by, updated_at, updated_by) VALUES "
            }
            Self::QueueEntries => {
                "INSERT INTO queue_entries (id, visit_id, clinic_id, service_id, step, state, priority, priority_reason, service_point_id, \
                 doctor_id, previous_id, waiting_since, opened_at, opened_by, closed_at, closed_by, closed_because) VALUES "
            }
            Self::Encounters => {
                "INSERT INTO encounters (id, patient_id, visit_id, clinic_id, department_id, doctor_id, kind, state, reason, started_at, ended_at, \
                 created_by, updated_at, updated_by) VALUES "
            }
            Self::Notes => {
                "INSERT INTO notes (id, encounter_id, patient_id, author_id, sealed, state, signed_at, signed_by, \
                 signed_digest, created_at, updated_at) VALUES "
            }
            Self::Diagnoses => {
                "INSERT INTO diagnoses (id, encounter_id, patient_id, code, description, certainty, rank, recorded_at, recorded_by) VALUES "
            }
            Self::Prescriptions => {
                "INSERT INTO prescriptions (id, encounter_id, patient_id, drug_id, drug, dose, route, frequency, duration_days, state, \
                 prescribed_at, prescribed_by) VALUES "
            }
            Self::Requisitions => {
                "INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, encounter_id, requested_at, requested_by) VALUES "
            }
            Self::Orders => {
                "INSERT INTO orders (id, patient_id, clinic_id, visit_id, encounter_id, kind, service, priority, sealed, state, ordered_at, \
                 ordered_by, requested_at, accepted_at, accepted_by, started_at, started_by, completed_at, completed_by, updated_at, \
                 updated_by, requisition_id) VALUES "
            }
            Self::Vitals => {
                "INSERT INTO vitals (id, patient_id, visit_id, taken_at, taken_by, temperature_decicelsius, pulse_bpm, respiration_rpm, \
                 systolic_mmhg, diastolic_mmhg, spo2_percent, consciousness, weight_g, height_mm, pain_score, news2) VALUES "
            }
            Self::Charges => {
                "INSERT INTO charges (id, account_id, patient_id, clinic_id, visit_id, service_day, department_id, item_id, code, description, \
                 quantity_milli, unit_price, gross, net, state, source, source_id, raised_at, raised_by, updated_at) VALUES "
            }
            Self::Invoices => {
                "INSERT INTO invoices (id, account_id, patient_id, clinic_id, state, insurer_id, total, insurer_share, patient_share, created_at, \
                 created_by, updated_at) VALUES "
            }
            Self::InvoiceLines => {
                "INSERT INTO invoice_lines (id, invoice_id, charge_id, position, code, description, quantity_milli, unit_price, gross, net, total, \
                 insurer_share, patient_share) VALUES "
            }
            Self::InvoiceShares => "INSERT INTO invoice_shares (id, invoice_id, rank, debtor, insurer_id, amount, changed_at) VALUES ",
            // Written by `tills`, each shift with its payments and their means.
            Self::TillShifts => "INSERT INTO till_shifts (id, clinic_id, point_id, cashier_id, state, float_amount, opened_at) VALUES ",
            Self::Payments => {
                "INSERT INTO payments (id, patient_id, clinic_id, amount, tendered, change_given, receipt_number, idempotency_key, taken_at, \
                 taken_by, shift_id) VALUES "
            }
            Self::PaymentTenders => "INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given) VALUES ",
            Self::Allocations => "INSERT INTO allocations (id, payment_id, share_id, amount, made_at, made_by, changed_at) VALUES ",
            Self::NumberSeries => "INSERT INTO number_series (name, last) VALUES ",
            Self::DocumentNumbers => "INSERT INTO document_numbers (series, seq, document) VALUES ",
            Self::Audit => "INSERT INTO audit_log (at, user_id, roles, action, what, subject_id, patient_id, clinic_id) VALUES ",
        }
    }
}

/// Rows for several tables.
#[derive(Debug, Default)]
pub struct Rows(BTreeMap<Table, Vec<Vec<Value>>>);

impl Rows {
    /// Adds a row.
    pub fn add(&mut self, table: Table, row: Vec<Value>) {
        self.0.entry(table).or_default().push(row);
    }

    /// Moves all rows of `other` into this.
    pub fn append(&mut self, other: Self) {
        for (table, mut rows) in other.0 {
            self.0.entry(table).or_default().append(&mut rows);
        }
    }

    /// Writes the rows in the order of the tables, and clears them.
    pub async fn write(&mut self, tx: &mut Tx) -> Result<(), DbError> {
        let (mut shifts, mut tenders) = (Vec::new(), Vec::new());
        for (table, rows) in std::mem::take(&mut self.0) {
            match table {
                Table::TillShifts => shifts = rows,
                Table::PaymentTenders => tenders = rows,
                Table::Payments => {
                    let (shifts, tenders) = (std::mem::take(&mut shifts), std::mem::take(&mut tenders));
                    super::tills::write(tx, shifts, rows, tenders).await?;
                }
                _ => insert(tx, table, rows).await?,
            }
            if table == Table::DocumentNumbers {
                issue_drafts(tx).await?;
            }
        }
        if shifts.is_empty() { Ok(()) } else { super::tills::write(tx, shifts, Vec::new(), Vec::new()).await }
    }
}

/// Inserts rows of one table.
pub async fn insert(tx: &mut Tx, table: Table, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    insert_rows(tx, table.head(), "", rows).await
}

/// Inserts a count of a shift.
pub async fn till_count(tx: &mut Tx, shift: TillShiftId, moment: &'static str, pieces: Vec<(Money, i64)>) -> Result<(), DbError> {
    let rows = pieces.into_iter().map(|(denomination, pieces)| crate::row![shift, moment, denomination, pieces]).collect();
    insert_rows(tx, "INSERT INTO till_counts (shift_id, moment, denomination, pieces) VALUES ", "", rows).await
}

/// Returns the cash that a shift must have.
pub async fn till_cash(tx: &mut Tx, shift: TillShiftId) -> Result<Money, DbError> {
    let query =
        sql("SELECT CAST(coalesce(sum(amount), 0) AS BIGINT) FROM till_entries WHERE shift_id = $1 AND method = 'cash'").bind(shift);
    Ok(Money(tx.count(query).await?))
}

/// Begins to close a shift.
pub async fn till_closing(tx: &mut Tx, shift: TillShiftId, at: Instant) -> Result<(), DbError> {
    let query =
        sql("UPDATE till_shifts SET state = 'closing', closing_at = $2, closing_by = cashier_id WHERE id = $1").bind(shift).bind(at);
    tx.execute(query).await.map(|_| ())
}

/// Records that a shift was counted without a difference, and hands it over.
pub async fn till_handed_over(tx: &mut Tx, shift: TillShiftId, at: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO till_results (shift_id, moment, method, expected, counted)
        SELECT s.id, 'hand_over', m.method, coalesce(sum(e.amount), 0), coalesce(sum(e.amount), 0)
        FROM till_shifts s CROSS JOIN (SELECT 'cash' AS method UNION ALL SELECT 'card' UNION ALL SELECT 'transfer') m
        LEFT JOIN till_entries e ON e.shift_id = s.id AND e.method = m.method WHERE s.id = $1 GROUP BY s.id, m.method")
    .bind(shift);
    tx.execute(query).await?;
    let query = sql("UPDATE till_shifts SET counted_at = $2, counted_by = cashier_id WHERE id = $1").bind(shift).bind(at);
    tx.execute(query).await?;
    let query = sql("UPDATE till_shifts SET state = 'handed_over', handed_over_at = $2 WHERE id = $1").bind(shift).bind(at);
    tx.execute(query).await.map(|_| ())
}

/// Records that the accountant counted the same, and closes the shift.
pub async fn till_closed(tx: &mut Tx, shift: TillShiftId, at: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO till_results (shift_id, moment, method, expected, counted)
        SELECT shift_id, 'receive', method, expected, counted FROM till_results WHERE shift_id = $1 AND method = 'cash'")
    .bind(shift);
    tx.execute(query).await?;
    let query = sql("UPDATE till_shifts SET state = 'received', received_at = $2,
        received_by = (SELECT id FROM users WHERE login = 'accountant') WHERE id = $1")
    .bind(shift)
    .bind(at);
    tx.execute(query).await?;
    let query = sql("UPDATE till_shifts SET state = 'closed', closed_at = $2, closed_by = received_by WHERE id = $1").bind(shift).bind(at);
    tx.execute(query).await.map(|_| ())
}

/// Returns the cashiers of a clinic who have no shift that is open or being closed.
pub async fn cashiers_without_till(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<UserId>, DbError> {
    let query = sql("SELECT r.user_id FROM user_roles r WHERE r.role = 'cashier' AND r.clinic_id = $1
            AND NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.cashier_id = r.user_id AND s.clinic_id = r.clinic_id AND s.state IN ('open', 'closing'))
        ORDER BY r.user_id")
    .bind(clinic);
    let rows: Vec<(UserId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Issues the invoices that are drafts, under the numbers that were given to them.
async fn issue_drafts(tx: &mut Tx) -> Result<(), DbError> {
    let number = sql("UPDATE invoices SET state = 'issued', issued_at = created_at, issued_by = created_by, number = (SELECT 'INV-'")
        .push_for(" || substr(d.series, 9) || printf('-%06d', d.seq)", " || substr(d.series, 9) || '-' || lpad(d.seq::text, 6, '0')");
    tx.execute(number.push(" FROM document_numbers d WHERE d.document = invoices.id) WHERE state = 'draft'")).await?;
    Ok(())
}

/// Whether the database already has users or patients.
pub async fn in_use(db: &Database) -> Result<bool, DbError> {
    let mut tx = db.read().await?;
    let people = tx.count(sql("SELECT (SELECT count(*) FROM patients) + (SELECT count(*) FROM users WHERE login <> 'system')")).await?;
    Ok(people > 0)
}

/// Sets the names and addresses of the demo hospital and its one clinic.
pub async fn name_clinic(
    tx: &mut Tx,
    clinic: ClinicId,
    time_zone: Tz,
    hospital: &super::hospital::Address,
    place: &super::hospital::Address,
    now: Instant,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE hospital SET name = $1, address = $2, phone = $3, email = $4, licence_number = $5, established_year = 1974, demo = $6, updated_at = $7")
            .bind(hospital.name)
            .bind(format!("{}, {} {}", hospital.street, hospital.city, hospital.postal_code))
            .bind(hospital.phone)
            .bind(hospital.email)
            .bind("DEMO-0001")
            .bind(true)
            .bind(now),
    )
    .await?;
    tx.execute(
        sql("UPDATE clinics SET code = 'NORTH', time_zone = $8, name = $1, address = $2, city = $3, region = 'MA', postal_code = $4, country = 'US', phone = $5, email = $6 WHERE id = $7")
            .bind(place.name)
            .bind(place.street)
            .bind(place.city)
            .bind(place.postal_code)
            .bind(place.phone)
            .bind(place.email)
            .bind(clinic)
            .bind(time_zone.name()),
    )
    .await?;
    Ok(())
}

/// Adds the second clinic.
pub async fn add_clinic(tx: &mut Tx, clinic: ClinicId, time_zone: Tz, now: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO clinics (id, code, name, address, city, phone, email, time_zone, created_at, updated_at)
        VALUES ($1, 'SOUTH', 'South Clinic', '3 Harbour Road', 'Port South', '(617) 555-0130', 'south@hospital.example.org', $2, $3, $3)")
    .bind(clinic)
    .bind(time_zone.name())
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// A doctor of a department.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DoctorRow {
    pub id: StaffId,
    pub department_id: DepartmentId,
    pub specialised: bool,
}

/// A booked time: doctor, patient, start and end.
pub type Booked = (StaffId, PatientId, Instant, Instant);

/// Returns all booked times.
pub async fn booked(tx: &mut Tx) -> Result<Vec<Booked>, DbError> {
    tx.all(sql("SELECT doctor_id, patient_id, starts_at, ends_at FROM appointments")).await
}

/// Returns all doctors who belong to a department.
pub async fn doctors(tx: &mut Tx) -> Result<Vec<DoctorRow>, DbError> {
    tx.all(sql("SELECT s.id, s.department_id, EXISTS (SELECT 1 FROM staff_specialties x JOIN specialties p ON p.id = x.specialty_id \
         WHERE x.staff_id = s.id AND p.name <> 'Physician') AS specialised \
         FROM staff s WHERE s.kind = 'doctor' AND s.department_id IS NOT NULL ORDER BY s.email"))
        .await
}

/// Returns the departments with their names.
pub async fn departments(tx: &mut Tx) -> Result<Vec<(String, DepartmentId)>, DbError> {
    tx.all(sql("SELECT name, id FROM departments")).await
}

/// Returns the specialties with their names.
pub async fn specialties(tx: &mut Tx) -> Result<Vec<(String, SpecialtyId)>, DbError> {
    tx.all(sql("SELECT name, id FROM specialties")).await
}

/// Deletes the specialty "Physician", which does not distinguish doctors.
pub async fn drop_physician(tx: &mut Tx) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM staff_specialties WHERE specialty_id IN (SELECT id FROM specialties WHERE name = 'Physician')")).await?;
    tx.execute(sql("DELETE FROM specialties WHERE name = 'Physician'")).await?;
    Ok(())
}

/// Lets patients book with this doctor, and sets an invented licence number.
pub async fn accept_bookings(tx: &mut Tx, doctor: StaffId, biography: &str, licence: String) -> Result<(), DbError> {
    let query = sql("UPDATE staff SET accepting_bookings = $1, biography = $2, licence_number = $3 WHERE id = $4")
        .bind(true)
        .bind(biography)
        .bind(licence)
        .bind(doctor);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the nurses of a department, in the order of their e-mail addresses.
pub async fn nurses(tx: &mut Tx, department: DepartmentId) -> Result<Vec<StaffId>, DbError> {
    let rows: Vec<(StaffId,)> = tx
        .all(
            sql("SELECT id FROM staff WHERE kind = 'nurse' AND department_id = $1 AND user_id IS NOT NULL ORDER BY email").bind(department),
        )
        .await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Lets an imported practitioner sign in.
pub async fn invite(tx: &mut Tx, user: UserId, login: &str, hash: &str, now: Instant) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE users SET login = $1, password_hash = $2, status = 'active', demo = $3, updated_at = $4 WHERE id = $5")
            .bind(login)
            .bind(hash)
            .bind(true)
            .bind(now)
            .bind(user),
    )
    .await?;
    Ok(())
}

/// The fields of a patient that the demo needs.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PatientRow {
    pub id: PatientId,
    pub given_names: String,
    pub family_name: String,
    pub sex: String,
    pub birth_date: NaiveDate,
    pub account_id: crate::core::BillingAccountId,
    pub insurer_id: Option<crate::core::InsurerId>,
    pub copay_percent: Option<i64>,
}

/// Returns the living adults with their insurance.
pub async fn adults(tx: &mut Tx, born_before: NaiveDate, day: NaiveDate) -> Result<Vec<PatientRow>, DbError> {
    tx.all(
        sql("SELECT p.id, p.given_names, p.family_name, p.sex, p.birth_date, a.id AS account_id, i.id AS insurer_id, c.copay_percent \
             FROM patients p JOIN billing_accounts a ON a.patient_id = p.id \
             LEFT JOIN coverages c ON c.patient_id = p.id AND c.ended_at IS NULL AND c.valid_from <= $2 AND c.valid_to >= $2 AND c.priority = 1 \
             LEFT JOIN insurers i ON i.id = c.insurer_id AND NOT i.self_pay \
             WHERE p.birth_date < $1 AND p.deceased_on IS NULL AND p.given_names <> '' ORDER BY p.mrn")
        .bind(born_before)
        .bind(day),
    )
    .await
}

/// Puts all recorded patients into the clinic's care.
pub async fn take_all_in(tx: &mut Tx, clinic: ClinicId, now: Instant) -> Result<(), DbError> {
    let query = sql("INSERT INTO care (patient_id, clinic_id, since, because) SELECT p.id, $1, $2, 'registered' FROM patients p \
         WHERE NOT EXISTS (SELECT 1 FROM care c WHERE c.patient_id = p.id)")
    .bind(clinic)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Makes one person the guardian of a child.
pub async fn guardian(
    tx: &mut Tx,
    child: PatientId,
    guardian: PatientId,
    from: NaiveDate,
    (until, ends): (NaiveDate, Instant),
    now: Instant,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO guardians (id, patient_id, guardian_id, kind, from_day, until_day, ends_at, created_at, created_by, agreed_at, agreed_by, document) \
         VALUES ($1, $2, $3, 'child', $4, $5, $6, $7, $8, $9, $10, 'Birth certificate')")
    .bind(uuid::Uuid::now_v7())
    .bind(child)
    .bind(guardian)
    .bind(from)
    .bind(until)
    .bind(ends)
    .bind(now)
    .bind(UserId::SYSTEM)
    .bind(now)
    .bind(UserId::SYSTEM);
    tx.execute(query).await?;
    Ok(())
}

/// The weekly hours of a doctor who leaves end.
pub async fn last_day(tx: &mut Tx, doctor: StaffId, day: NaiveDate) -> Result<(), DbError> {
    tx.execute(sql("UPDATE schedules SET valid_to = $1 WHERE doctor_id = $2 AND kind = 'weekly'").bind(day).bind(doctor)).await?;
    Ok(())
}

/// Returns the drugs with their names.
pub async fn drugs(tx: &mut Tx) -> Result<Vec<(String, DrugId)>, DbError> {
    tx.all(sql("SELECT name, id FROM drugs")).await
}

/// Records that the allergies of a patient are known.
pub async fn allergies_recorded(tx: &mut Tx, patient: PatientId) -> Result<(), DbError> {
    tx.execute(sql("UPDATE patients SET allergy_status = 'recorded' WHERE id = $1").bind(patient)).await?;
    Ok(())
}

/// Returns names of recorded patients, from which new names are composed.
pub async fn name_parts(tx: &mut Tx) -> Result<Vec<(String, String, String)>, DbError> {
    tx.all(sql("SELECT given_names, family_name, sex FROM patients WHERE given_names <> '' AND family_name <> '' ORDER BY mrn LIMIT 1000"))
        .await
}
