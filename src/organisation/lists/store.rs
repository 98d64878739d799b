//! The SQL of the lists. Names of tables and columns come only from [`List`] and [`Field`].

use chrono::{Duration, NaiveDate};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use uuid::Uuid;

use super::{Entry, Field, List};
use crate::{
    core::{ClinicId, Error, Result, ServiceId, StaffId, Stamp, time::Instant},
    db::{DbError, Sql, Tx, sql},
    organisation::{clinic::calendars, store::push_in_force},
};

/// The columns of a row as texts, in the order of the query; NULL is empty.
pub(in crate::organisation) struct Cells(pub Vec<String>);

impl<'r, R> FromRow<'r, R> for Cells
where
    R: Row,
    usize: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let cells = (0..row.len()).map(|at| row.try_get::<Option<String>, _>(at).map(Option::unwrap_or_default));
        cells.collect::<Result<_, _>>().map(Self)
    }
}

/// Adds the columns of the fields to a query, each after a comma.
pub(in crate::organisation) fn columns(query: Sql, fields: &[Field]) -> Sql {
    fields.iter().fold(query, |query, field| field.select(query.push(", ")))
}

fn select(list: List) -> Sql {
    let head = sql("SELECT ").push_for("lower(hex(id))", "CAST(id AS TEXT)");
    let head = head.push(", CAST(version AS TEXT), CASE WHEN retired_at IS NULL THEN '' ELSE 'retired' END");
    columns(head, list.fields()).push(" FROM ").push(list.table())
}

fn read(list: List, Cells(cells): Cells) -> Option<Entry> {
    let mut cells = cells.into_iter();
    let (id, version, retired) = (cells.next()?, cells.next()?, cells.next()?);
    let values = list.fields().iter().zip(cells).map(|(field, cell)| field.shown(cell)).collect();
    Some(Entry { id: Uuid::parse_str(&id).ok()?, version: version.parse().ok()?, retired: !retired.is_empty(), values })
}

pub(super) async fn entries(tx: &mut Tx, list: List) -> Result<Vec<Entry>> {
    Ok(tx.all(select(list)).await?.into_iter().filter_map(|cells| read(list, cells)).collect())
}

pub(super) async fn entry(tx: &mut Tx, list: List, id: Uuid) -> Result<Entry> {
    let cells: Option<Cells> = tx.optional(select(list).push(" WHERE id = ").push_bind(id)).await?;
    cells.and_then(|cells| read(list, cells)).ok_or(Error::NotFound)
}

/// A member of staff by name.
#[derive(Clone, Debug, FromRow)]
pub(super) struct PersonName {
    pub id: StaffId,
    pub name: String,
    pub retired: bool,
}

/// All staff by name.
pub(super) async fn people(tx: &mut Tx) -> Result<Vec<PersonName>> {
    Ok(tx.all(sql("SELECT id, display_name AS name, retired_at IS NOT NULL AS retired FROM staff ORDER BY display_name, id")).await?)
}

/// An item of the price list for days in a bed.
#[derive(Clone, Debug, FromRow)]
pub(super) struct BedPrice {
    pub id: Uuid,
    pub name: String,
    pub retired: bool,
}

/// All price items for days in a bed, by name.
pub(super) async fn bed_prices(tx: &mut Tx) -> Result<Vec<BedPrice>> {
    let query = "SELECT id, name, retired_at IS NOT NULL AS retired FROM price_items WHERE kind = 'bed_day' ORDER BY name, id";
    Ok(tx.all(sql(query)).await?)
}

/// Whether there is a row with this id.
pub(super) async fn is_there(tx: &mut Tx, list: List, id: Uuid) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM ").push(list.table()).push(" WHERE id = ").push_bind(id)).await? > 0)
}

/// The last change of a row: its user and its time.
#[derive(Clone, Debug, FromRow)]
pub struct LastChange {
    pub changed_at: Option<Instant>,
    /// The user's name.
    pub changed_by: Option<String>,
}

/// Reads the last change of the row; the fields are `None` for a row that was never changed in a page.
///
/// # Errors
/// [`Error::NotFound`] when there is no such row.
pub async fn last_change(tx: &mut Tx, list: List, id: Uuid) -> Result<LastChange> {
    let query = sql("SELECT t.updated_at AS changed_at, u.display_name AS changed_by FROM ")
        .push(list.table())
        .push(" t LEFT JOIN users u ON u.id = t.updated_by WHERE t.id = ")
        .push_bind(id);
    tx.optional(query).await?.ok_or(Error::NotFound)
}

pub(super) async fn insert(tx: &mut Tx, list: List, entry: &Entry, stamp: Stamp) -> Result<(), DbError> {
    let head = sql("INSERT INTO ").push(list.table()).push(" (id, created_at, created_by, updated_at, updated_by");
    let head = list.fields().iter().fold(head, |query, field| query.push(", ").push(field.column()));
    let head = head.push(") VALUES (").push_bind(entry.id);
    let head =
        head.push(", ").push_bind(stamp.at).push(", ").push_bind(stamp.by).push(", ").push_bind(stamp.at).push(", ").push_bind(stamp.by);
    let all = list.fields().iter().zip(&entry.values).fold(head, |query, (field, value)| query.push(", ").push_bind(field.value(value)));
    tx.execute(all.push(")")).await?;
    Ok(())
}

/// Begins an update that increases the version and records who changed the row.
fn update_head(list: List, stamp: Stamp) -> Sql {
    sql("UPDATE ")
        .push(list.table())
        .push(" SET version = version + 1, updated_at = ")
        .push_bind(stamp.at)
        .push(", updated_by = ")
        .push_bind(stamp.by)
}

/// Ends an update of the row in this version; returns `false` when it has another version by now.
async fn update(tx: &mut Tx, query: Sql, id: Uuid, version: i64) -> Result<bool, DbError> {
    let query = query.push(" WHERE id = ").push_bind(id).push(" AND version = ").push_bind(version);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn change(tx: &mut Tx, list: List, (before, values): (&Entry, &[String]), stamp: Stamp) -> Result<bool, DbError> {
    let mut query = update_head(list, stamp);
    for ((field, value), before_value) in list.fields().iter().zip(values).zip(&before.values) {
        if value != before_value {
            query = query.push(", ").push(field.column()).push(" = ").push_bind(field.value(value));
        }
    }
    update(tx, query, before.id, before.version).await
}

pub(super) async fn set_retired(tx: &mut Tx, list: List, entry: &Entry, at: Option<Instant>, stamp: Stamp) -> Result<bool, DbError> {
    update(tx, update_head(list, stamp).push(", retired_at = ").push_bind(at), entry.id, entry.version).await
}

crate::text_enum! {
    /// The kinds of data that depend on a row, so that it cannot be retired.
    pub enum Hangs("hangs") {
        Services = "services",
        Rooms = "rooms",
        Roles = "roles",
        Bookings = "bookings",
        Waiting = "waiting",
        Staff = "staff",
        Prices = "prices",
        Hours = "hours",
        Covers = "covers",
        Beds = "beds",
        Wards = "wards",
        /// Patients on the waitlist.
        Wishes = "wishes",
        Admissions = "admissions",
        /// The row is the only one: without any clinic, work is not possible.
        Last = "last",
    }
}

/// The data that depend on a row, with their numbers.
pub type Hanging = Vec<(Hangs, i64)>;

/// The limit up to which rows are counted where there may be very many.
pub(in crate::organisation) const COUNTED: i64 = 1_000;

/// Ends a query that counts future bookings `b`.
fn bookings(query: Sql, now: Instant) -> Sql {
    query
        // No booking is longer than a day, so the index on the start limits the search.
        .push(" AND b.starts_at > ")
        .push_bind(now - Duration::days(1))
        .push(" AND b.ends_at > ")
        .push_bind(now)
        .push(" LIMIT ")
        .push_bind(COUNTED)
        .push(") AS counted")
}

/// The queries for a row of the wards' plan.
fn hanging_on_the_plan(list: List, id: Uuid) -> Vec<(Hangs, Sql)> {
    let of = |text: &'static str| sql(text).push_bind(id);
    match list {
        List::Wards => vec![
            (Hangs::Rooms, of("SELECT count(*) FROM ward_rooms WHERE retired_at IS NULL AND ward_id = ")),
            (
                Hangs::Admissions,
                of("SELECT count(*) FROM admissions WHERE state IN ('requested', 'accepted') AND coalesce(accepted_ward_id, ward_id) = "),
            ),
        ],
        List::WardRooms => vec![(Hangs::Beds, of("SELECT count(*) FROM beds WHERE retired_at IS NULL AND room_id = "))],
        List::BedClasses => vec![(Hangs::Beds, of("SELECT count(*) FROM beds WHERE retired_at IS NULL AND class_id = "))],
        _ => vec![(Hangs::Admissions, of("SELECT count(*) FROM bed_uses WHERE ended_at IS NULL AND voided_at IS NULL AND bed_id = "))],
    }
}

/// Returns the data that depend on a row.
///
/// # Errors
/// When the database refuses.
pub async fn hanging(tx: &mut Tx, list: List, id: Uuid, now: Instant) -> Result<Hanging> {
    let of = |text: &'static str| sql(text).push_bind(id);
    let calendars = calendars(tx, now).await?;
    let in_force = |query: Sql| push_in_force(query, ("h.valid_to", "s.clinic_id"), &calendars);
    let queries = match list {
        List::Clinics => vec![
            (
                Hangs::Last,
                of("SELECT count(*) FROM clinics c WHERE NOT EXISTS (SELECT 1 FROM clinics o WHERE o.id <> c.id AND o.retired_at IS NULL)
                AND c.id = "),
            ),
            (Hangs::Bookings, bookings(of("SELECT count(*) FROM (SELECT 1 FROM coming_bookings b WHERE b.clinic_id = "), now)),
            (Hangs::Waiting, of("SELECT count(*) FROM waiting_places WHERE clinic_id = ")),
            (Hangs::Services, of("SELECT count(*) FROM services WHERE retired_at IS NULL AND clinic_id = ")),
            (Hangs::Rooms, of("SELECT count(*) FROM service_points WHERE retired_at IS NULL AND clinic_id = ")),
            (Hangs::Wards, of("SELECT count(*) FROM wards WHERE retired_at IS NULL AND clinic_id = ")),
            (
                Hangs::Roles,
                of("SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id AND u.status = 'active' WHERE r.clinic_id = "),
            ),
        ],
        List::Departments => vec![
            (Hangs::Services, of("SELECT count(*) FROM services WHERE retired_at IS NULL AND department_id = ")),
            (
                Hangs::Staff,
                of(
                    "SELECT count(*) FROM staff_departments k JOIN staff p ON p.id = k.staff_id AND p.retired_at IS NULL WHERE k.department_id = ",
                ),
            ),
            (Hangs::Prices, of("SELECT count(*) FROM price_items WHERE retired_at IS NULL AND department_id = ")),
        ],
        List::Services => vec![
            (
                Hangs::Bookings,
                bookings(
                    of("SELECT count(*) FROM (SELECT 1 FROM coming_bookings b WHERE b.service_id = ")
                        .push(" AND b.clinic_id = (SELECT s.clinic_id FROM services s WHERE s.id = ")
                        .push_bind(id)
                        .push(")"),
                    now,
                ),
            ),
            (Hangs::Waiting, of("SELECT count(*) FROM waiting_places WHERE service_id = ")),
            (Hangs::Wishes, of("SELECT count(*) FROM waiting_in_line WHERE service_id = ")),
            (Hangs::Rooms, of("SELECT count(*) FROM service_points WHERE retired_at IS NULL AND service_id = ")),
            (
                Hangs::Hours,
                in_force(of(
                    "SELECT count(*) FROM schedules h JOIN services s ON s.id = h.service_id WHERE h.withdrawn_at IS NULL AND h.service_id = ",
                )),
            ),
        ],
        List::Rooms => vec![
            (Hangs::Waiting, of("SELECT count(*) FROM places_in_use WHERE service_point_id = ")),
            (
                Hangs::Hours,
                in_force(of("SELECT count(*) FROM schedules h JOIN services s ON s.id = h.service_id
                        WHERE h.withdrawn_at IS NULL AND h.service_point_id = ")),
            ),
        ],
        List::Specialties => vec![(
            Hangs::Staff,
            of(
                "SELECT count(*) FROM staff_specialties k JOIN staff p ON p.id = k.staff_id AND p.retired_at IS NULL WHERE k.specialty_id = ",
            ),
        )],
        List::VisitTypes => {
            vec![
                (Hangs::Bookings, bookings(of("SELECT count(*) FROM (SELECT 1 FROM typed_bookings b WHERE b.visit_type_id = "), now)),
                (
                    Hangs::Hours,
                    in_force(of("SELECT count(*) FROM schedule_visit_types k JOIN schedules h ON h.id = k.schedule_id
                        JOIN services s ON s.id = h.service_id WHERE h.withdrawn_at IS NULL AND k.visit_type_id = ")),
                ),
            ]
        }
        List::BookingRules => Vec::new(),
        List::Wards | List::WardRooms | List::BedClasses | List::Beds => hanging_on_the_plan(list, id),
        List::Insurers => vec![(
            Hangs::Covers,
            of("SELECT count(*) FROM (SELECT 1 FROM covers_in_force WHERE insurer_id = ")
                .push(" AND (valid_to IS NULL OR valid_to >= ")
                // A cover counts until its last day is over at every clinic. The guard of the database knows no time zones: it refuses
                // what is in force wherever a clinic may lie.
                .push_bind(calendars.first().map_or_else(|| now.date_naive(), |earliest| earliest.today))
                .push(") LIMIT ")
                .push_bind(COUNTED)
                .push(") AS counted"),
        )],
    };
    let mut hanging = Vec::new();
    for (what, query) in queries {
        let count = tx.count(query).await?;
        if count > 0 {
            hanging.push((what, count));
        }
    }
    Ok(hanging)
}

/// A future booking of a clinic whose time zone is to change.
#[derive(Clone, Debug, FromRow)]
pub struct Shift {
    pub doctor: String,
    pub starts_at: Instant,
}

/// Returns the first future bookings of a clinic, at most `limit`.
pub(super) async fn coming(tx: &mut Tx, clinic: Uuid, now: Instant, limit: i64) -> Result<Vec<Shift>> {
    let query = sql("SELECT p.display_name AS doctor, b.starts_at FROM coming_bookings b JOIN staff p ON p.id = b.doctor_id
        WHERE b.clinic_id = $1 AND b.starts_at > $2 ORDER BY b.starts_at LIMIT $3")
    .bind(clinic)
    .bind(now)
    .bind(limit);
    Ok(tx.all(query).await?)
}

/// Whether the service has issued tokens on the day or later.
pub(super) async fn has_tokens(tx: &mut Tx, service: ServiceId, day: NaiveDate) -> Result<bool> {
    let query = sql("SELECT count(*) FROM token_series WHERE service_id = $1 AND day >= $2").bind(service).bind(day);
    Ok(tx.count(query).await? > 0)
}

/// Returns the name of the clinic's time zone.
pub(super) async fn zone_of(tx: &mut Tx, clinic: ClinicId) -> Result<String> {
    let row: Option<(String,)> = tx.optional(sql("SELECT time_zone FROM clinics WHERE id = $1").bind(clinic)).await?;
    row.map(|(zone,)| zone).ok_or(Error::NotFound)
}
