//! The SQL of the checklist. It reads tables of all departments, and writes only confirmations.

use super::{Confirmation, Gap, Line, LineState, Missing};
use crate::{
    core::{Result, Stamp, time::Instant},
    db::{Sql, Tx, sql},
    organisation::clinic::{Calendar, calendars},
};

/// A confirmation.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Confirmed {
    pub what: Confirmation,
    #[sqlx(rename = "confirmed_at")]
    pub at: Instant,
    /// The user's name.
    #[sqlx(rename = "confirmed_by")]
    pub by: String,
}

/// Returns the confirmations; the one for the key file counts only for the present version of the key.
pub(super) async fn confirmed(tx: &mut Tx, key_version: i64) -> Result<Vec<Confirmed>> {
    let query = sql(
        "SELECT c.what, c.confirmed_at, u.display_name AS confirmed_by FROM setup_confirmations c JOIN users u ON u.id = c.confirmed_by
        WHERE c.what <> 'key_file' OR c.key_version = $1",
    )
    .bind(key_version);
    Ok(tx.all(query).await?)
}

pub(super) async fn confirm(tx: &mut Tx, what: Confirmation, key_version: i64, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO setup_confirmations (what, key_version, confirmed_at, confirmed_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (what) DO UPDATE SET key_version = excluded.key_version, confirmed_at = excluded.confirmed_at,
            confirmed_by = excluded.confirmed_by")
    .bind(what)
    .bind(key_version)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// The runs of backups, as far as the checklist needs them.
pub(super) struct Backups {
    /// The state of the latest run that has ended.
    pub latest: Option<String>,
    /// The beginning of the last one that was made and checked without findings.
    pub sound: Option<Instant>,
}

impl Backups {
    /// Whether the latest run made no sound backup, or the last sound one is too old.
    pub fn is_missing(&self, now: Instant) -> bool {
        self.latest.as_deref() != Some("sound") || self.sound.is_none_or(|at| now - at > super::BACKUP_TOO_OLD)
    }
}

pub(super) async fn backups(tx: &mut Tx) -> Result<Backups> {
    let latest = sql("SELECT state FROM backups WHERE state <> 'running' ORDER BY started_at DESC LIMIT 1");
    let latest = tx.optional::<(String,)>(latest).await?.map(|(state,)| state);
    let (sound,) = tx.one::<(Option<Instant>,)>(sql("SELECT max(started_at) FROM backups WHERE state = 'sound'")).await?;
    Ok(Backups { latest, sound })
}

/// Returns the names of clinics or services, in the order of the query.
async fn names(tx: &mut Tx, query: Sql) -> Result<Vec<String>> {
    Ok(tx.all::<(String,)>(query).await?.into_iter().map(|(name,)| name).collect())
}

/// Selects the open clinics that meet a condition.
fn clinics(condition: &'static str) -> Sql {
    sql("SELECT c.name FROM clinics c WHERE c.retired_at IS NULL AND ").push(condition).push(" ORDER BY c.name")
}

/// Selects the open services that meet a condition, with their clinics.
fn services(condition: &'static str) -> Sql {
    sql("SELECT s.name || ', ' || c.name FROM services s JOIN clinics c ON c.id = s.clinic_id AND c.retired_at IS NULL
        WHERE s.retired_at IS NULL AND ")
    .push(condition)
    .push(" ORDER BY s.name, c.name")
}

const WITHOUT_SERVICE: &str = "NOT EXISTS (SELECT 1 FROM services s WHERE s.clinic_id = c.id AND s.retired_at IS NULL)";
const WITHOUT_TRIAGE: &str =
    "NOT EXISTS (SELECT 1 FROM service_points p WHERE p.clinic_id = c.id AND p.kind = 'triage' AND p.retired_at IS NULL)";
const WITHOUT_CASH_DESK: &str =
    "NOT EXISTS (SELECT 1 FROM service_points p WHERE p.clinic_id = c.id AND p.kind = 'cashier' AND p.retired_at IS NULL)";
const WITHOUT_ROOM: &str = "NOT EXISTS (SELECT 1 FROM service_points p WHERE p.clinic_id = s.clinic_id AND p.kind = 'consulting_room'
    AND (p.service_id = s.id OR p.service_id IS NULL) AND p.retired_at IS NULL)";
/// There is no doctor of the department who may sign in at the clinic.
const WITHOUT_DOCTOR: &str = "NOT EXISTS (SELECT 1 FROM staff d JOIN users u ON u.id = d.user_id AND u.status = 'active'
    JOIN user_roles r ON r.user_id = u.id AND r.role = 'doctor' AND (r.clinic_id IS NULL OR r.clinic_id = s.clinic_id)
    JOIN staff_departments k ON k.staff_id = d.id AND k.department_id = s.department_id
    WHERE d.kind = 'doctor' AND d.retired_at IS NULL)";
const WITHOUT_RECEPTIONIST: &str = "NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id AND u.status = 'active'
    WHERE r.role = 'receptionist' AND (r.clinic_id IS NULL OR r.clinic_id = c.id))";
const WITHOUT_NURSE: &str = "NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id AND u.status = 'active'
    WHERE r.role = 'nurse' AND (r.clinic_id IS NULL OR r.clinic_id = c.id))";
const WITHOUT_CASHIER: &str = "NOT EXISTS (SELECT 1 FROM user_roles r JOIN users u ON u.id = r.user_id AND u.status = 'active'
    WHERE r.role = 'cashier' AND (r.clinic_id IS NULL OR r.clinic_id = c.id))";

/// Selects the open services without hours of a doctor on the day or later.
fn without_hours(at: &Calendar) -> Sql {
    sql("SELECT s.name || ', ' || c.name FROM services s JOIN clinics c ON c.id = s.clinic_id AND c.retired_at IS NULL
        WHERE s.retired_at IS NULL AND NOT EXISTS (SELECT 1 FROM schedules h JOIN availabilities a ON a.schedule_id = h.id
            JOIN staff d ON d.id = h.doctor_id AND d.retired_at IS NULL
            WHERE h.service_id = s.id AND h.withdrawn_at IS NULL AND (h.valid_to IS NULL OR h.valid_to >= $1))
        AND s.clinic_id IN ")
    .bind(at.today)
    .push_list(at.clinics.iter().copied())
}

const SOME_HOURS: &str = "EXISTS (SELECT 1 FROM schedules h JOIN services s ON s.id = h.service_id AND s.retired_at IS NULL
    JOIN staff d ON d.id = h.doctor_id AND d.retired_at IS NULL
    WHERE s.clinic_id = c.id AND h.withdrawn_at IS NULL AND (h.valid_to IS NULL OR h.valid_to >= ";

/// Selects the open clinics with hours on the day or later, all of them of doctors whom patients cannot book: the portal offers nothing.
fn without_bookable_hours(at: &Calendar) -> Sql {
    sql("SELECT c.name FROM clinics c WHERE c.retired_at IS NULL AND ")
        .push(SOME_HOURS)
        .push_bind(at.today)
        .push(")) AND NOT ")
        .push(SOME_HOURS)
        .push_bind(at.today)
        .push(") AND d.accepting_bookings = ")
        .push_bind(true)
        .push(") AND c.id IN ")
        .push_list(at.clinics.iter().copied())
}

/// Selects the open services without the price of a consultation on the day.
fn without_price(at: &Calendar) -> Sql {
    sql("SELECT s.name || ', ' || c.name FROM services s JOIN clinics c ON c.id = s.clinic_id AND c.retired_at IS NULL
        WHERE s.retired_at IS NULL AND NOT EXISTS (SELECT 1 FROM price_items i JOIN prices p ON p.item_id = i.id
            WHERE i.kind = 'consultation' AND i.department_id = s.department_id AND i.retired_at IS NULL
              AND p.withdrawn_at IS NULL AND p.insurer_id IS NULL AND p.provider_id IS NULL AND p.visit_type_id IS NULL
              AND (p.clinic_id IS NULL OR p.clinic_id = s.clinic_id) AND p.valid_from <= $1 AND (p.valid_to IS NULL OR p.valid_to >= $2))
        AND s.clinic_id IN ")
    .bind(at.today)
    .bind(at.today)
    .push_list(at.clinics.iter().copied())
}

async fn count(tx: &mut Tx, text: &'static str) -> Result<i64> {
    Ok(tx.count(sql(text)).await?)
}

async fn hospital(tx: &mut Tx) -> Result<LineState> {
    let hospital = crate::organisation::hospital(tx).await?;
    let unset = [
        (Gap::HospitalName, hospital.name == crate::organisation::hospital::NEW_NAME),
        (Gap::HospitalAddress, hospital.address.is_empty()),
        (Gap::HospitalPhone, hospital.phone.is_empty()),
    ];
    let missing = unset.into_iter().filter(|(_, unset)| *unset).map(|(what, _)| Missing { what, places: Vec::new() }).collect();
    Ok(LineState { line: Line::Hospital, nothing: false, missing, count: None, backup: None })
}

/// Returns the state of a line, except those that only a person can confirm.
pub(super) async fn state(tx: &mut Tx, line: Line, now: Instant) -> Result<LineState> {
    let services_open =
        "SELECT count(*) FROM services s JOIN clinics c ON c.id = s.clinic_id AND c.retired_at IS NULL WHERE s.retired_at IS NULL";
    let all_services = count(tx, services_open).await?;
    let gaps: Vec<(Gap, Sql)> = match line {
        Line::Hospital => return hospital(tx).await,
        Line::Clinics => vec![
            (Gap::ClinicAddress, clinics("c.address = ''")),
            (Gap::ClinicZone, clinics("c.code = 'MAIN' AND c.time_zone = 'UTC' AND c.version = 1")),
        ],
        Line::Services => vec![(Gap::ClinicService, clinics(WITHOUT_SERVICE))],
        Line::Rooms => vec![
            (Gap::ConsultingRoom, services(WITHOUT_ROOM)),
            (Gap::TriagePlace, clinics(WITHOUT_TRIAGE)),
            (Gap::CashDesk, clinics(WITHOUT_CASH_DESK)),
        ],
        Line::Staff => vec![
            (Gap::Doctor, services(WITHOUT_DOCTOR)),
            (Gap::Receptionist, clinics(WITHOUT_RECEPTIONIST)),
            (Gap::Nurse, clinics(WITHOUT_NURSE)),
            (Gap::Cashier, clinics(WITHOUT_CASHIER)),
        ],
        Line::Hours => {
            let gaps = |at: &Calendar| [(Gap::Hours, without_hours(at)), (Gap::Accepting, without_bookable_hours(at))];
            calendars(tx, now).await?.iter().flat_map(gaps).collect()
        }
        Line::Prices => calendars(tx, now).await?.iter().map(|at| (Gap::Price, without_price(at))).collect(),
        Line::Departments | Line::Insurers | Line::KeyFile | Line::Backup => Vec::new(),
    };
    let mut missing: Vec<Missing> = Vec::new();
    for (what, query) in gaps {
        let places = names(tx, query).await?;
        match missing.iter_mut().find(|gap| gap.what == what) {
            Some(gap) => gap.places.extend(places),
            None if places.is_empty() => {}
            None => missing.push(Missing { what, places }),
        }
    }
    for gap in &mut missing {
        gap.places.sort();
    }
    let lacks_all =
        |what: Gap| missing.iter().any(|gap| gap.what == what && i64::try_from(gap.places.len()).is_ok_and(|len| len >= all_services));
    let count = match line {
        Line::Clinics => Some(count(tx, "SELECT count(*) FROM clinics WHERE retired_at IS NULL").await?),
        Line::Departments => Some(count(tx, "SELECT count(*) FROM departments WHERE retired_at IS NULL").await?),
        Line::Services => Some(all_services),
        Line::Rooms => Some(count(tx, "SELECT count(*) FROM service_points WHERE retired_at IS NULL").await?),
        Line::Insurers => Some(count(tx, "SELECT count(*) FROM insurers WHERE retired_at IS NULL").await?),
        _ => None,
    };
    let clinics_open = self::count(tx, "SELECT count(*) FROM clinics WHERE retired_at IS NULL").await?;
    let nothing = match line {
        Line::Rooms => all_services == 0 || lacks_all(Gap::ConsultingRoom),
        Line::Staff => {
            let no_desk = missing
                .iter()
                .any(|gap| gap.what == Gap::Receptionist && i64::try_from(gap.places.len()).is_ok_and(|len| len >= clinics_open));
            all_services == 0 || lacks_all(Gap::Doctor) || no_desk
        }
        Line::Hours => all_services == 0 || lacks_all(Gap::Hours),
        Line::Prices => all_services == 0 || lacks_all(Gap::Price),
        _ => count == Some(0),
    };
    Ok(LineState { line, nothing, missing, count, backup: None })
}
