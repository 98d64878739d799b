//! The SQL of staff. The list reads the tables of users too.

use uuid::Uuid;

use super::{FIELDS, LastChange, ListedPerson, Person, Several, Tie, Ties};
use crate::{
    core::{ClinicId, Error, Result, Role, StaffId, Stamp, UserId, time::Instant},
    db::{DbError, Locked, Sql, Tx, sql},
    organisation::{
        clinic::calendars,
        lists::{Cells, columns},
        store::push_in_force,
    },
};

/// The table and the column of what a person has several of.
const fn link(of: Several) -> (&'static str, &'static str) {
    match of {
        Several::Departments => ("staff_departments", "department_id"),
        Several::Specialties => ("staff_specialties", "specialty_id"),
        Several::Languages => ("staff_languages", "language"),
    }
}

async fn several(tx: &mut Tx, of: Several, id: StaffId) -> Result<Vec<String>> {
    let (table, column) = link(of);
    let head = sql("SELECT ");
    let head = match of {
        Several::Languages => head.push("language"),
        _ => head.push_for("lower(hex(", "replace(CAST(").push(column).push_for("))", " AS TEXT), '-', '')"),
    };
    let query = head.push(" FROM ").push(table).push(" WHERE staff_id = ").push_bind(id).push(" ORDER BY 1");
    let rows: Vec<(String,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(value,)| Uuid::parse_str(&value).map_or(value, |id| id.to_string())).collect())
}

#[derive(sqlx::FromRow)]
struct HeadRow {
    user_id: Option<UserId>,
    version: i64,
    retired: bool,
}

pub(super) async fn person(tx: &mut Tx, id: StaffId) -> Result<Person> {
    let query = sql("SELECT user_id, version, retired_at IS NOT NULL AS retired FROM staff WHERE id = $1").bind(id);
    let head: HeadRow = tx.optional(query).await?.ok_or(Error::NotFound)?;
    let query = columns(sql("SELECT ''"), FIELDS).push(" FROM staff WHERE id = ").push_bind(id);
    let Cells(cells) = tx.one(query).await?;
    let values = FIELDS.iter().zip(cells.into_iter().skip(1)).map(|(field, cell)| field.shown(cell)).collect();
    Ok(Person {
        id,
        version: head.version,
        retired: head.retired,
        user: head.user_id,
        values,
        departments: several(tx, Several::Departments, id).await?,
        specialties: several(tx, Several::Specialties, id).await?,
        languages: several(tx, Several::Languages, id).await?,
    })
}

/// Whether there is a row with this id.
pub(super) async fn is_there(tx: &mut Tx, id: StaffId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM staff WHERE id = $1").bind(id)).await? > 0)
}

pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Option<StaffId>> {
    let row: Option<(StaffId,)> = tx.optional(sql("SELECT id FROM staff WHERE user_id = $1").bind(user)).await?;
    Ok(row.map(|(id,)| id))
}

pub(super) async fn last_change(tx: &mut Tx, id: StaffId) -> Result<LastChange> {
    let query = sql("SELECT s.updated_at AS changed_at, u.display_name AS changed_by FROM staff s LEFT JOIN users u ON u.id = s.updated_by
        WHERE s.id = $1");
    tx.optional(query.bind(id)).await?.ok_or(Error::NotFound)
}

/// Another member of staff with this licence number.
pub(super) async fn with_licence(tx: &mut Tx, licence: &str, except: Option<StaffId>) -> Result<Option<String>> {
    let query = sql("SELECT display_name FROM staff WHERE lower(licence_number) = lower($1) AND retired_at IS NULL AND id <> $2 LIMIT 1")
        .bind(licence)
        .bind(except.unwrap_or(StaffId(Uuid::nil())));
    let row: Option<(String,)> = tx.optional(query).await?;
    Ok(row.map(|(name,)| name))
}

pub(super) async fn listed(tx: &mut Tx) -> Result<Vec<ListedPerson>> {
    let query = sql("SELECT s.id, s.display_name AS name, s.kind AS profession, d.name AS department, s.email, s.licence_number,
            s.retired_at IS NOT NULL AS retired, s.user_id, u.login, coalesce(u.status = 'active', ")
        .push_bind(false)
        .push(
            ") AS active, u.id IS NOT NULL AND u.password_hash IS NULL AS invited, f.confirmed_at IS NOT NULL AS second_factor, u.last_sign_in_at
        FROM staff s LEFT JOIN departments d ON d.id = s.department_id LEFT JOIN users u ON u.id = s.user_id
            LEFT JOIN second_factors f ON f.user_id = s.user_id",
        );
    let mut people: Vec<ListedPerson> = tx.all(query).await?;
    let query = sql("SELECT r.user_id, r.role, r.clinic_id FROM user_roles r JOIN staff s ON s.user_id = r.user_id ORDER BY r.role");
    let mut roles: std::collections::HashMap<UserId, Vec<(Role, Option<ClinicId>)>> = std::collections::HashMap::new();
    for (user, role, clinic) in tx.all::<(UserId, Role, Option<ClinicId>)>(query).await? {
        roles.entry(user).or_default().push((role, clinic));
    }
    for person in &mut people {
        person.roles = person.user_id.and_then(|user| roles.remove(&user)).unwrap_or_default();
    }
    Ok(people)
}

pub(super) async fn insert(tx: &mut Tx, person: &Person, stamp: Stamp) -> Result<(), DbError> {
    let head = sql("INSERT INTO staff (id, user_id, created_at, created_by, updated_at, updated_by");
    let head = FIELDS.iter().fold(head, |query, field| query.push(", ").push(field.column()));
    let head = head.push(") VALUES (").push_bind(person.id).push(", ").push_bind(person.user).push(", ").push_bind(stamp.at);
    let head = head.push(", ").push_bind(stamp.by).push(", ").push_bind(stamp.at).push(", ").push_bind(stamp.by);
    let all = FIELDS.iter().zip(&person.values).fold(head, |query, (field, value)| query.push(", ").push_bind(field.value(value)));
    tx.execute(all.push(")")).await?;
    for of in Several::ALL.iter().copied() {
        set_several(tx, of, person.id, &[], person.several(of)).await?;
    }
    Ok(())
}

/// Writes the changed fields of the row in the version of `before`; `false` when it has another one by now.
pub(super) async fn change(tx: &mut Tx, (before, after): (&Person, &Person), stamp: Stamp) -> Result<bool, DbError> {
    let mut query = update_head(stamp);
    for ((field, value), before_value) in FIELDS.iter().zip(&after.values).zip(&before.values) {
        if value != before_value {
            query = query.push(", ").push(field.column()).push(" = ").push_bind(field.value(value));
        }
    }
    let query = query.push(" WHERE id = ").push_bind(before.id).push(" AND version = ").push_bind(before.version);
    if tx.execute(query).await? != 1 {
        return Ok(false);
    }
    for of in Several::ALL.iter().copied() {
        set_several(tx, of, before.id, before.several(of), after.several(of)).await?;
    }
    Ok(true)
}

fn update_head(stamp: Stamp) -> Sql {
    sql("UPDATE staff SET version = version + 1, updated_at = ").push_bind(stamp.at).push(", updated_by = ").push_bind(stamp.by)
}

/// Adds and removes what differs.
async fn set_several(tx: &mut Tx, of: Several, id: StaffId, before: &[String], after: &[String]) -> Result<(), DbError> {
    let (table, column) = link(of);
    let bound = |query: Sql, value: &String| match of {
        Several::Languages => query.push_bind(value.clone()),
        _ => query.push_bind(Uuid::parse_str(value).ok()),
    };
    for value in after.iter().filter(|value| !before.contains(value)) {
        let query = sql("INSERT INTO ").push(table).push(" (staff_id, ").push(column).push(") VALUES (").push_bind(id).push(", ");
        tx.execute(bound(query, value).push(") ON CONFLICT DO NOTHING")).await?;
    }
    for value in before.iter().filter(|value| !after.contains(value)) {
        let query = sql("DELETE FROM ").push(table).push(" WHERE staff_id = ").push_bind(id).push(" AND ").push(column).push(" = ");
        tx.execute(bound(query, value)).await?;
    }
    Ok(())
}

/// Gives the row to a user; `false` when it has one already.
pub(super) async fn give_to_user(tx: &mut Tx, id: StaffId, user: UserId, stamp: Stamp) -> Result<bool, DbError> {
    let query = update_head(stamp).push(", user_id = ").push_bind(user);
    Ok(tx.execute(query.push(" WHERE user_id IS NULL AND retired_at IS NULL AND id = ").push_bind(id)).await? == 1)
}

/// The user has the name of the member of staff.
pub(super) async fn rename_user(tx: &mut Tx, user: UserId, name: &str, now: Instant) -> Result<(), DbError> {
    let query = sql("UPDATE users SET display_name = $2, updated_at = $3, version = version + 1 WHERE id = $1 AND display_name <> $4");
    tx.execute(query.bind(user).bind(name).bind(now).bind(name)).await?;
    Ok(())
}

pub(super) async fn rename(tx: &mut Tx, id: StaffId, name: &str, stamp: Stamp) -> Result<(), DbError> {
    let query = update_head(stamp).push(", display_name = ").push_bind(name.to_owned());
    tx.execute(query.push(" WHERE id = ").push_bind(id)).await?;
    Ok(())
}

/// Retires the row, or brings it back. A retired member of staff takes no bookings.
pub(super) async fn set_retired(tx: &mut Tx, person: Locked<StaffId>, at: Option<Instant>, stamp: Stamp) -> Result<(), DbError> {
    let query = update_head(stamp).push(", retired_at = ").push_bind(at);
    let query = if at.is_some() { query.push(", accepting_bookings = ").push_bind(false) } else { query };
    tx.execute(query.push(" WHERE id = ").push_bind(person.id())).await?;
    Ok(())
}

pub(super) async fn ties(tx: &mut Tx, id: StaffId, now: Instant) -> Result<Vec<Tie>> {
    let calendars = calendars(tx, now).await?;
    let hours =
        sql("SELECT count(*), min(h.created_at) FROM schedules h JOIN services s ON s.id = h.service_id WHERE h.withdrawn_at IS NULL
        AND h.doctor_id = ")
        .push_bind(id);
    let queries = [
        (
            Ties::Bookings,
            sql("SELECT count(*), min(starts_at) FROM doctors_bookings WHERE doctor_id = ")
                .push_bind(id)
                .push(" AND ends_at > ")
                .push_bind(now)
                .push(" AND starts_at >= ")
                .push_bind(now - chrono::Duration::days(1))
                .push(" AND (held_until IS NULL OR held_until > ")
                .push_bind(now)
                .push(")"),
        ),
        (Ties::Wishes, sql("SELECT count(*), min(created_at) FROM waiting_in_line WHERE doctor_id = ").push_bind(id)),
        (Ties::Queue, sql("SELECT count(*), min(waiting_since) FROM waiting_places WHERE doctor_id = ").push_bind(id)),
        (Ties::Encounters, sql("SELECT count(*), min(started_at) FROM open_encounters WHERE doctor_id = ").push_bind(id)),
        (Ties::Heads, sql("SELECT count(*), min(updated_at) FROM departments WHERE retired_at IS NULL AND head_id = ").push_bind(id)),
        (Ties::Hours, push_in_force(hours, ("h.valid_to", "s.clinic_id"), &calendars)),
    ];
    let mut ties = Vec::new();
    for (what, query) in queries {
        let (count, first): (i64, Option<Instant>) = tx.one(query).await?;
        if count > 0 {
            ties.push(Tie { what, count, first });
        }
    }
    Ok(ties)
}

/// Counts a doctor's work at the services of a department: hours in force, coming appointments, patients on the waitlist.
pub(super) async fn work_of_department(tx: &mut Tx, id: StaffId, department: Uuid, now: Instant) -> Result<[i64; 3]> {
    let calendars = calendars(tx, now).await?;
    let of = |text: &'static str| sql(text).push_bind(department);
    let hours =
        of("SELECT count(*) FROM schedules h JOIN services s ON s.id = h.service_id WHERE h.withdrawn_at IS NULL AND s.department_id = ")
            .push(" AND h.doctor_id = ")
            .push_bind(id);
    let booked = of("SELECT count(*) FROM coming_bookings b JOIN services s ON s.id = b.service_id WHERE s.department_id = ")
        .push(" AND b.doctor_id = ")
        .push_bind(id)
        // No booking is longer than a day, so the index on the start limits the search.
        .push(" AND b.starts_at > ")
        .push_bind(now - chrono::Duration::days(1))
        .push(" AND b.ends_at > ")
        .push_bind(now);
    let wishes = of("SELECT count(*) FROM waiting_in_line w JOIN services s ON s.id = w.service_id WHERE s.department_id = ")
        .push(" AND w.doctor_id = ")
        .push_bind(id);
    let hours = tx.count(push_in_force(hours, ("h.valid_to", "s.clinic_id"), &calendars)).await?;
    Ok([hours, tx.count(booked).await?, tx.count(wishes).await?])
}

/// Returns the languages of several people.
pub(super) async fn languages_of(tx: &mut Tx, ids: &[StaffId]) -> Result<Vec<(StaffId, String)>> {
    let query = sql("SELECT staff_id, language FROM staff_languages WHERE staff_id IN ").push_list(ids.iter().copied());
    Ok(tx.all(query.push(" ORDER BY staff_id, language")).await?)
}
