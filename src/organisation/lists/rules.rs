//! Saves, retires and brings back rows of the lists: refuses invalid changes, and writes the audit entries.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use uuid::Uuid;

use super::{Entry, Field, Hanging, Kind, List, Names, Shift, hanging, store, value_of};
use crate::{
    audit::{Action, FieldChange},
    core::{ClinicId, Error, Result, ServiceId, error::FieldErrors, time::Zone},
    db::DbError,
    server::Ctx,
    tr,
};

/// The typed values, by the fields' names.
pub type Typed = BTreeMap<String, String>;

/// Returns the fields that no two rows of a list may share, and the field that is named in the error.
const fn unique(list: List) -> &'static [(&'static [&'static str], &'static str)] {
    match list {
        List::Clinics | List::Departments => &[(&["code"], "code")],
        List::Services => &[(&["clinic_id", "token_letter"], "token_letter"), (&["clinic_id", "department_id"], "department_id")],
        List::Rooms => &[(&["clinic_id", "name"], "name")],
        List::Specialties | List::VisitTypes | List::Insurers | List::BedClasses => &[(&["name"], "name")],
        List::Wards => &[(&["clinic_id", "code"], "code"), (&["clinic_id", "name"], "name")],
        List::WardRooms => &[(&["ward_id", "name"], "name")],
        List::Beds => &[(&["room_id", "name"], "name")],
        List::BookingRules => &[(&["clinic_id", "visit_type_id"], "visit_type_id")],
    }
}

/// Reads the values of a list's fields; a fixed field keeps the value of `before`.
fn read(ctx: &Ctx, list: List, before: Option<&Entry>, typed: &Typed, errors: &mut FieldErrors) -> Vec<String> {
    let today = ctx.today();
    let one = |(at, field): (usize, &Field)| match before {
        Some(before) if field.fixed => before.values.get(at).cloned().unwrap_or_default(),
        _ => {
            // A form without the field: a new row gets the preset value, an old one keeps its own.
            let unasked = before.map_or(field.preset, |before| before.value(list, field.name));
            let text = typed.get(field.name).map_or(if field.preset.is_empty() { "" } else { unasked }, String::as_str);
            errors.check(field.read(text, today)).unwrap_or_default()
        }
    };
    list.fields().iter().enumerate().map(one).collect()
}

/// Saves a row: a new one under the id `key` when `id` is `None`.
///
/// # Errors
/// [`Error::Invalid`] with the fields that are wrong; [`Error::Conflict`] when another user saved the row since `version` was
/// shown.
pub async fn save(ctx: &mut Ctx, list: List, id: Option<Uuid>, (key, version): (Uuid, &str), typed: &Typed) -> Result<Uuid> {
    // Changes of master data run one after the other, so that a rule that reads other rows sees all of them.
    ctx.tx.take_turn("master data", "").await?;
    let before = match id {
        Some(id) => Some(store::entry(&mut ctx.tx, list, id).await?),
        None => None,
    };
    if before.is_none() && store::is_there(&mut ctx.tx, list, key).await? {
        // The form was sent twice.
        return Ok(key);
    }
    if before.as_ref().is_some_and(|before| before.version.to_string() != version) {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let mut errors = FieldErrors::new();
    let values = read(ctx, list, before.as_ref(), typed, &mut errors);
    let names = Names::of(&mut ctx.tx, list).await?;
    let old = before.as_ref().map(|before| &before.values[..]);
    refers_to_open_rows(list.fields(), old, &values, &names, &mut errors);
    is_alone(ctx, list, id, &values, &mut errors).await?;
    match list {
        List::Clinics => clinic_rules(ctx, before.as_ref(), &values, typed, &mut errors).await?,
        List::Services => service_rules(ctx, before.as_ref(), &values, &mut errors).await?,
        List::Rooms => room_rules(&values, &names, &mut errors),
        List::Wards => ward_rules(&values, &mut errors),
        List::Departments
        | List::Specialties
        | List::VisitTypes
        | List::Insurers
        | List::BookingRules
        | List::WardRooms
        | List::BedClasses
        | List::Beds => {}
    }
    errors.finish()?;
    let stamp = ctx.stamp();
    let changes = changes(list.fields(), before.as_ref().map(|before| &before.values[..]), &values, &names);
    match &before {
        Some(_) if changes.is_empty() => {}
        Some(before) => {
            if !store::change(&mut ctx.tx, list, (before, &values), stamp).await.map_err(refused)? {
                return Err(Error::conflict(tr!(errors.newer_version)));
            }
            ctx.did_change(Action::Update, list.what(), before.id, &changes);
            if list == List::Clinics && changes.iter().any(|change| change.field == "time_zone") {
                let (departments, old) = (ctx.state().departments, Zone::named(before.value(list, "time_zone")));
                departments.clock_changed(ctx, ClinicId(before.id), old).await?;
            }
        }
        None => {
            let entry = Entry { id: key, version: 1, retired: false, values };
            store::insert(&mut ctx.tx, list, &entry, stamp).await.map_err(refused)?;
            ctx.did_change(Action::Create, list.what(), key, &changes);
        }
    }
    Ok(id.unwrap_or(key))
}

/// Returns the differences in words for the audit log; `before` is `None` for a new row.
pub fn changes(fields: &[Field], before: Option<&[String]>, values: &[String], names: &Names) -> Vec<FieldChange> {
    let words = |field: &Field, value: &str| match field.kind {
        Kind::Of(_) | Kind::Person | Kind::BedPrice => names.words(field, value),
        _ => value.to_owned(),
    };
    let change = |(at, (field, value)): (usize, (&Field, &String))| {
        let old = before.and_then(|before| before.get(at)).map_or("", String::as_str);
        (old != value).then(|| FieldChange { field: field.name.to_owned(), before: words(field, old), after: words(field, value) })
    };
    fields.iter().zip(values).enumerate().filter_map(change).collect()
}

/// Refuses values that refer to retired rows, unless they stood there before.
pub fn refers_to_open_rows(fields: &[Field], before: Option<&[String]>, values: &[String], names: &Names, errors: &mut FieldErrors) {
    for (at, field) in fields.iter().enumerate() {
        let value = values.get(at).map_or("", String::as_str);
        let is_open = match field.kind {
            Kind::Of(other) => names.row(other, value).is_some_and(|row| !row.retired),
            Kind::Person => names.works_here(value),
            Kind::BedPrice => names.is_bed_price(value),
            _ => true,
        };
        let stands = before.is_some_and(|before| before.get(at).is_some_and(|old| old == value));
        if !value.is_empty() && !stands && !is_open {
            errors.add(field.name, tr!(errors.choose));
        }
    }
}

async fn is_alone(ctx: &mut Ctx, list: List, id: Option<Uuid>, values: &[String], errors: &mut FieldErrors) -> Result<()> {
    let others = store::entries(&mut ctx.tx, list).await?;
    let folded = |values: &[String], name: &str| value_of(list.fields(), values, name).to_lowercase();
    for (names, named) in unique(list) {
        let is_same = |other: &&Entry| Some(other.id) != id && names.iter().all(|name| folded(&other.values, name) == folded(values, name));
        let typed = names.iter().all(|name| !value_of(list.fields(), values, name).is_empty());
        if let Some(other) = others.iter().find(is_same).filter(|_| typed) {
            let name = other.name(list).to_owned();
            errors.add(
                named,
                if other.retired { tr!(organisation.taken_retired, name = name) } else { tr!(organisation.taken, name = name) },
            );
        }
    }
    Ok(())
}

async fn clinic_rules(ctx: &mut Ctx, before: Option<&Entry>, values: &[String], typed: &Typed, errors: &mut FieldErrors) -> Result<()> {
    let value = |name| value_of(List::Clinics.fields(), values, name);
    let typed_at_all = |name: &str| typed.get(name).is_some_and(|text| !text.trim().is_empty());
    for (one, other) in [("latitude", "longitude"), ("longitude", "latitude")] {
        if !typed_at_all(one) && typed_at_all(other) {
            errors.add(one, tr!(organisation.both_coordinates));
        }
    }
    let zone = value("time_zone");
    if let Some(before) = before
        && !zone.is_empty()
        && before.value(List::Clinics, "time_zone") != zone
        && typed.get("zone_seen").is_none_or(|seen| seen != zone)
        && !store::coming(&mut ctx.tx, before.id, ctx.now, 1).await?.is_empty()
    {
        errors.add("zone_seen", tr!(organisation.zone_question));
    }
    Ok(())
}

async fn service_rules(ctx: &mut Ctx, before: Option<&Entry>, values: &[String], errors: &mut FieldErrors) -> Result<()> {
    let Some(before) = before else { return Ok(()) };
    let letter = value_of(List::Services.fields(), values, "token_letter");
    if letter.is_empty() || letter == before.value(List::Services, "token_letter") {
        return Ok(());
    }
    let clinic = Uuid::parse_str(before.value(List::Services, "clinic_id")).map_err(|_| Error::NotFound)?;
    let zone = Zone::named(&store::zone_of(&mut ctx.tx, ClinicId(clinic)).await?);
    if store::has_tokens(&mut ctx.tx, ServiceId(before.id), zone.day(ctx.now)).await? {
        errors.add("token_letter", tr!(organisation.letter_in_use));
    }
    Ok(())
}

/// Checks that a room serves a service of its own clinic.
fn room_rules(values: &[String], names: &Names, errors: &mut FieldErrors) {
    let value = |name| value_of(List::Rooms.fields(), values, name);
    let service = names.row(List::Services, value("service_id"));
    if service.is_some_and(|service| service.value(List::Services, "clinic_id") != value("clinic_id")) {
        errors.add("service_id", tr!(organisation.service_elsewhere));
    }
}

/// Checks that the ages of a ward are in order.
fn ward_rules(values: &[String], errors: &mut FieldErrors) {
    let age = |name| value_of(List::Wards.fields(), values, name).parse::<i64>().ok();
    if let (Some(from), Some(to)) = (age("age_from"), age("age_to"))
        && from > to
    {
        errors.add("age_to", tr!(organisation.ages_wrong));
    }
}

/// Translates an error of the database's guards into a message.
pub fn refused(error: DbError) -> Error {
    if error.violates("clinics_zone_known") {
        Error::invalid("time_zone", tr!(organisation.zone_wrong))
    } else if error.violates("clinics_coordinates") {
        Error::invalid("longitude", tr!(organisation.both_coordinates))
    } else if error.violates("services_letter_in_use") {
        Error::invalid("token_letter", tr!(organisation.letter_in_use))
    } else if error.violates("hospital_currency_fixed") {
        Error::invalid("currency", tr!(organisation.currency_fixed))
    } else if error.violates("beds_overflow_trolley") {
        Error::invalid("kind", tr!(organisation.trolley_kind))
    } else if error.violates("staff_practising") {
        Error::invalid("practising_since", tr!(organisation.practising_wrong))
    } else if error.violates("doctor_retired") {
        Error::conflict(tr!(organisation.person_retired))
    } else if error.violates("parent_retired") {
        Error::conflict(tr!(organisation.parent_retired))
    } else if error.violates("_in_use") || error.violates("beds_retired_empty") {
        Error::conflict(tr!(organisation.in_use))
    } else if error.is_unique() {
        Error::conflict(tr!(organisation.taken_meanwhile))
    } else {
        error.into()
    }
}

/// Retires a row that no other data depend on.
///
/// # Errors
/// [`Error::Conflict`] when other data depend on it, or another user saved it since `version` was shown.
pub async fn retire(ctx: &mut Ctx, list: List, id: Uuid, version: &str) -> Result<()> {
    ctx.tx.take_turn("master data", "").await?;
    let entry = shown(ctx, list, id, version).await?;
    let hanging: Hanging = hanging(&mut ctx.tx, list, id, ctx.now).await?;
    if !hanging.is_empty() {
        return Err(Error::conflict(tr!(organisation.in_use)));
    }
    set_retired(ctx, list, &entry, true).await
}

/// Brings a retired row back.
///
/// # Errors
/// [`Error::Conflict`] when the row to which it belongs is retired, or another user saved it since `version` was shown.
pub async fn bring_back(ctx: &mut Ctx, list: List, id: Uuid, version: &str) -> Result<()> {
    ctx.tx.take_turn("master data", "").await?;
    let entry = shown(ctx, list, id, version).await?;
    set_retired(ctx, list, &entry, false).await
}

async fn shown(ctx: &mut Ctx, list: List, id: Uuid, version: &str) -> Result<Entry> {
    let entry = store::entry(&mut ctx.tx, list, id).await?;
    if entry.version.to_string() != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    Ok(entry)
}

async fn set_retired(ctx: &mut Ctx, list: List, entry: &Entry, retired: bool) -> Result<()> {
    if entry.retired == retired {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::set_retired(&mut ctx.tx, list, entry, retired.then_some(stamp.at), stamp).await.map_err(refused)? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let word = |retired: bool| if retired { "true" } else { "" }.to_owned();
    let change = FieldChange { field: "retired".to_owned(), before: word(!retired), after: word(retired) };
    ctx.did_change(Action::Update, list.what(), entry.id, &[change]);
    Ok(())
}

/// A future booking whose local time changes: the doctor, the local time now, and the local time afterwards.
pub type ZoneShift = (String, NaiveDateTime, NaiveDateTime);

/// Returns the first future bookings whose local time changes with another time zone.
///
/// # Errors
/// When the database refuses.
pub async fn zone_shifts(ctx: &mut Ctx, clinic: Uuid, from: &str, to: &str) -> Result<Vec<ZoneShift>> {
    let (from, to) = (Zone::named(from), Zone::named(to));
    let coming = store::coming(&mut ctx.tx, clinic, ctx.now, 200).await?;
    let shift = |Shift { doctor, starts_at }| (doctor, from.local(starts_at), to.local(starts_at));
    Ok(coming.into_iter().map(shift).filter(|(_, before, after)| before != after).collect())
}
