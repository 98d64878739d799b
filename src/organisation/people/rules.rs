//! Saving, retiring and bringing back staff: what is refused, and what the audit log is told.

use std::collections::BTreeSet;

use super::{FIELDS, Person, Profession, Several, Tie, offered, row_id, store, tie_words, ties};
use crate::{
    audit::{Action, FieldChange},
    core::{Error, Result, StaffId, Stamp, UserId, error::FieldErrors, locale::LOCALE},
    db::{Locked, Tx},
    organisation::lists::{Field, Typed, changes, refers_to_open_rows, refused, value_of},
    server::{
        Ctx,
        mail::{self, Mail},
    },
    tr,
};

/// Staff that comes with a user: by an invitation, the command line, an import.
#[derive(Clone, Debug)]
pub struct NewPerson {
    pub user: Option<UserId>,
    pub name: String,
    pub profession: Profession,
    pub email: String,
}

/// Makes the row of a person of whom no more is known yet.
///
/// # Errors
/// When the database refuses.
pub async fn add(tx: &mut Tx, new: &NewPerson, stamp: Stamp) -> Result<StaffId> {
    let value = |field: &Field| match field.name {
        "name" => new.name.clone(),
        "profession" => new.profession.as_str().to_owned(),
        "email" => new.email.clone(),
        _ => String::new(),
    };
    let person = Person {
        id: StaffId::new(),
        version: 1,
        retired: false,
        user: new.user,
        values: FIELDS.iter().map(value).collect(),
        departments: Vec::new(),
        specialties: Vec::new(),
        languages: Vec::new(),
    };
    store::insert(tx, &person, stamp).await.map_err(refused)?;
    Ok(person.id)
}

/// The ticks of a form, of one kind.
pub fn ticked(typed: &Typed, of: Several) -> Vec<String> {
    let ticks =
        typed.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, _)| name.strip_prefix(of.as_str())?.strip_prefix('-'));
    ticks.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Reads the ticks of a kind; what is not offered is refused.
async fn read_several(tx: &mut Tx, of: Several, before: Option<&Person>, typed: &Typed, errors: &mut FieldErrors) -> Result<Vec<String>> {
    let offered = offered(tx, of, before.map_or(&[], |before| before.several(of))).await?;
    let ticked = ticked(typed, of);
    if ticked.iter().any(|id| !offered.iter().any(|(known, _)| known == id)) {
        errors.add(of.as_str(), tr!(errors.choose));
    }
    Ok(ticked)
}

/// The names of what a person has several of, for the audit log.
async fn several_names(tx: &mut Tx, of: Several, has: &[String]) -> Result<String> {
    let offered = offered(tx, of, has).await?;
    let names = has.iter().map(|id| offered.iter().find(|(known, _)| known == id).map_or(id.as_str(), |(_, name)| name.as_str()));
    Ok(names.collect::<Vec<_>>().join(", "))
}

async fn several_changes(tx: &mut Tx, before: Option<&Person>, after: &Person) -> Result<Vec<FieldChange>> {
    let mut changes = Vec::new();
    for of in Several::ALL.iter().copied() {
        let old = before.map_or(&[][..], |before| before.several(of));
        let new = after.several(of);
        let differs = old.len() != new.len() || old.iter().any(|one| !new.contains(one));
        if differs {
            let (before, after) = (several_names(tx, of, old).await?, several_names(tx, of, new).await?);
            changes.push(FieldChange { field: of.as_str().to_owned(), before, after });
        }
    }
    Ok(changes)
}

/// Reads what was typed; `id` and `user` are of the row that is saved.
async fn read(ctx: &mut Ctx, (id, user): (StaffId, Option<UserId>), before: Option<&Person>, typed: &Typed) -> Result<Person> {
    let (mut errors, today) = (FieldErrors::new(), ctx.today());
    let text = |name: &str| typed.get(name).map_or("", String::as_str);
    let mut one = |field: &Field| match field.name {
        "name" => errors.required_name("name", text("name"), tr!(organisation.name_missing)),
        _ => errors.check(field.read(text(field.name), today)).unwrap_or_default(),
    };
    let values: Vec<String> = FIELDS.iter().map(&mut one).collect();
    let names = super::names(&mut ctx.tx).await?;
    refers_to_open_rows(FIELDS, before.map(|before| &before.values[..]), &values, &names, &mut errors);
    let mut departments = read_several(&mut ctx.tx, Several::Departments, before, typed, &mut errors).await?;
    let specialties = read_several(&mut ctx.tx, Several::Specialties, before, typed, &mut errors).await?;
    let languages = read_several(&mut ctx.tx, Several::Languages, before, typed, &mut errors).await?;
    let value = |name| value_of(FIELDS, &values, name);
    let main = value("main_department").to_owned();
    if !main.is_empty() && !departments.contains(&main) {
        departments.push(main.clone());
    }
    if let Some(before) = before {
        keeps_departments_in_use(ctx, before, &departments, &mut errors).await?;
    }
    if value("practising_since").parse::<i32>().is_ok_and(|year| year < 1900) {
        errors.add("practising_since", tr!(organisation.practising_wrong));
    }
    if !value("accepting_bookings").is_empty() {
        if value("profession") != Profession::Doctor.as_str() && !value("profession").is_empty() {
            errors.add("accepting_bookings", tr!(organisation.only_doctors_are_booked));
        } else if main.is_empty() {
            errors.add("main_department", tr!(organisation.booking_needs_department));
        }
    }
    let licence = value("licence_number");
    if !licence.is_empty()
        && before.is_none_or(|before| before.value("licence_number") != licence)
        && let Some(name) = store::with_licence(&mut ctx.tx, licence, Some(id)).await?
    {
        errors.add("licence_number", tr!(organisation.taken, name = name));
    }
    if let Some(before) = before
        && before.value("profession") == Profession::Doctor.as_str()
        && value("profession") != Profession::Doctor.as_str()
        && let Some(words) = settle(ctx, before.id).await?
    {
        errors.add("profession", words);
    }
    errors.finish()?;
    let (version, retired) = before.map_or((1, false), |before| (before.version, before.retired));
    Ok(Person { id, version, retired, user, values, departments, specialties, languages })
}

/// A department in which the doctor has hours, appointments or patients who wait is not taken away: they would go on without it.
async fn keeps_departments_in_use(ctx: &mut Ctx, before: &Person, departments: &[String], errors: &mut FieldErrors) -> Result<()> {
    for gone in before.departments.iter().filter(|one| !departments.contains(one)) {
        let Some(id) = row_id(gone) else { continue };
        let [hours, booked, wishes] = store::work_of_department(&mut ctx.tx, before.id, id, ctx.now).await?;
        if hours + booked + wishes > 0 {
            let name = several_names(&mut ctx.tx, Several::Departments, std::slice::from_ref(gone)).await?;
            let words = tr!(organisation.department_in_use, name = name, hours = hours, booked = booked, wishes = wishes);
            errors.add(Several::Departments.as_str(), words);
        }
    }
    Ok(())
}

/// The work to settle before the person no longer works as a doctor, in words.
async fn settle(ctx: &mut Ctx, id: StaffId) -> Result<Option<String>> {
    let (now, zone) = (ctx.now, ctx.zone());
    let ties: Vec<Tie> = ties(&mut ctx.tx, id, now).await?.into_iter().filter(|tie| tie.what.must_be_settled()).collect();
    if ties.is_empty() {
        return Ok(None);
    }
    let things = ties.iter().map(|tie| tie_words(tie, zone)).collect::<Vec<_>>().join(" ");
    Ok(Some(format!("{} {things}", tr!(organisation.in_use))))
}

/// The saved row.
#[derive(Clone, Debug)]
pub struct SavedPerson {
    pub id: StaffId,
    /// The fields that changed.
    pub changes: Vec<FieldChange>,
}

/// Saves a member of staff: a new one under the id `key` when there is no `id`.
///
/// # Errors
/// [`Error::Invalid`] with the fields that are wrong; [`Error::Conflict`] when somebody saved the row since `version` was shown.
pub async fn save(ctx: &mut Ctx, id: Option<StaffId>, (key, version): (StaffId, &str), typed: &Typed) -> Result<SavedPerson> {
    // Administrators' changes of master data take turns.
    ctx.tx.take_turn("master data", "").await?;
    let before = match id {
        Some(id) => Some(shown(ctx, id, version).await?),
        // The form was sent twice.
        None if store::is_there(&mut ctx.tx, key).await? => return Ok(SavedPerson { id: key, changes: Vec::new() }),
        None => None,
    };
    let user = before.as_ref().and_then(|before| before.user);
    let after = read(ctx, (id.unwrap_or(key), user), before.as_ref(), typed).await?;
    let changes = write(ctx, before.as_ref(), &after).await?;
    Ok(SavedPerson { id: after.id, changes })
}

/// Writes the row with its audit row; nothing when nothing differs.
async fn write(ctx: &mut Ctx, before: Option<&Person>, after: &Person) -> Result<Vec<FieldChange>> {
    let stamp = ctx.stamp();
    let names = super::names(&mut ctx.tx).await?;
    let mut changed = changes(FIELDS, before.map(|before| &before.values[..]), &after.values, &names);
    changed.extend(several_changes(&mut ctx.tx, before, after).await?);
    if changed.is_empty() {
        return Ok(changed);
    }
    let Some(before) = before else {
        store::insert(&mut ctx.tx, after, stamp).await.map_err(refused)?;
        ctx.did_change(Action::Create, "staff", after.id, &changed);
        return Ok(changed);
    };
    if !store::change(&mut ctx.tx, (before, after), stamp).await.map_err(refused)? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    if let Some(user) = before.user {
        store::rename_user(&mut ctx.tx, user, after.name(), stamp.at).await?;
        tell_old_address(ctx, before, after).await?;
    }
    ctx.did_change(Action::Update, "staff", before.id, &changed);
    Ok(changed)
}

/// Writes to the address of before that letters go elsewhere from now on: a link for a new password is such a letter.
async fn tell_old_address(ctx: &mut Ctx, before: &Person, after: &Person) -> Result<()> {
    let (old, new) = (before.value("email").to_owned(), after.value("email"));
    if old == new || !mail::is_address(&old) {
        return Ok(());
    }
    let hospital = ctx.state().hospital();
    let (language, hospital) = (hospital.default_language, hospital.name.clone());
    let new = if new.is_empty() { "–".to_owned() } else { new.to_owned() };
    let letter = LOCALE.sync_scope(language, || Mail {
        recipient: old,
        subject: tr!(organisation.email_changed_subject, hospital = hospital.clone()),
        body: tr!(organisation.email_changed_body, name = after.name().to_owned(), email = new, hospital = hospital),
    });
    mail::queue(&mut ctx.tx, &letter, ctx.now).await
}

/// Saves what staff says of itself: biography and languages.
///
/// # Errors
/// As [`save`]; [`Error::Forbidden`] for a user who is no member of staff.
pub async fn save_profile(ctx: &mut Ctx, version: &str, typed: &Typed) -> Result<()> {
    let id = ctx.who.staff.ok_or(Error::Forbidden)?;
    let before = shown(ctx, id, version).await?;
    let (mut errors, today) = (FieldErrors::new(), ctx.today());
    let one = |(field, old): (&Field, &String)| match field.name {
        "biography" => errors.check(field.read(typed.get("biography").map_or("", String::as_str), today)).unwrap_or_default(),
        _ => old.clone(),
    };
    let values = FIELDS.iter().zip(&before.values).map(one).collect();
    let languages = read_several(&mut ctx.tx, Several::Languages, Some(&before), typed, &mut errors).await?;
    errors.finish()?;
    let after = Person { values, languages, ..before.clone() };
    write(ctx, Some(&before), &after).await?;
    Ok(())
}

/// The row, locked, in the version that a form showed.
async fn shown(ctx: &mut Ctx, id: StaffId, version: &str) -> Result<Person> {
    let user = store::person(&mut ctx.tx, id).await?.user;
    if let Some(user) = user {
        ctx.tx.lock(user).await?;
    }
    ctx.tx.lock(id).await?;
    let person = store::person(&mut ctx.tx, id).await?;
    if person.version.to_string() != version || person.user != user {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    Ok(person)
}

/// Retires staff that does not sign in, once nothing hangs on the row.
///
/// # Errors
/// [`Error::Conflict`] when something hangs on it, when it belongs to a user, or when somebody saved it since `version` was shown.
pub async fn retire(ctx: &mut Ctx, id: StaffId, version: &str) -> Result<()> {
    ctx.tx.take_turn("master data", "").await?;
    let person = shown(ctx, id, version).await?;
    if person.user.is_some() {
        return Err(Error::conflict(tr!(organisation.retire_with_user)));
    }
    set_retired(ctx, &person, true).await
}

/// Retires the member of staff who signs in as this user, once nothing hangs on the row.
///
/// # Errors
/// [`Error::Conflict`] when something hangs on it.
pub async fn retire_with_user(ctx: &mut Ctx, user: Locked<UserId>) -> Result<()> {
    let Some(id) = store::of_user(&mut ctx.tx, user.id()).await? else { return Ok(()) };
    let person = store::person(&mut ctx.tx, id).await?;
    set_retired(ctx, &person, true).await
}

/// Brings retired staff back, without bookings and, for a user, without the right to sign in.
///
/// # Errors
/// [`Error::Conflict`] when somebody saved the row since `version` was shown.
pub async fn bring_back(ctx: &mut Ctx, id: StaffId, version: &str) -> Result<()> {
    ctx.tx.take_turn("master data", "").await?;
    let person = shown(ctx, id, version).await?;
    set_retired(ctx, &person, false).await
}

async fn set_retired(ctx: &mut Ctx, person: &Person, retired: bool) -> Result<()> {
    if person.retired == retired {
        return Ok(());
    }
    let locked = ctx.tx.lock(person.id).await?;
    if retired && let Some(words) = settle(ctx, person.id).await? {
        return Err(Error::conflict(words));
    }
    let stamp = ctx.stamp();
    store::set_retired(&mut ctx.tx, locked, retired.then_some(stamp.at), stamp).await.map_err(refused)?;
    let word = |retired: bool| if retired { "true" } else { "" }.to_owned();
    let mut changed = vec![FieldChange { field: "retired".to_owned(), before: word(!retired), after: word(retired) }];
    if retired && !person.value("accepting_bookings").is_empty() {
        changed.push(FieldChange { field: "accepting_bookings".to_owned(), before: "true".to_owned(), after: String::new() });
    }
    ctx.did_change(Action::Update, "staff", person.id, &changed);
    Ok(())
}

/// Gives staff without a user the user who was invited for it.
///
/// # Errors
/// [`Error::Conflict`] when the row has a user already, or is retired.
pub async fn give_to_user(ctx: &mut Ctx, id: StaffId, user: UserId) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::give_to_user(&mut ctx.tx, id, user, stamp).await? {
        return Err(Error::conflict(tr!(organisation.has_user)));
    }
    Ok(())
}

/// The member of staff who signs in as the user has the user's new name.
///
/// # Errors
/// When the database refuses.
pub async fn rename(ctx: &mut Ctx, user: UserId, name: &str) -> Result<()> {
    let stamp = ctx.stamp();
    let Some(id) = store::of_user(&mut ctx.tx, user).await? else { return Ok(()) };
    let before = store::person(&mut ctx.tx, id).await?;
    if before.name() != name {
        store::rename(&mut ctx.tx, id, name, stamp).await?;
        let change = FieldChange { field: "name".to_owned(), before: before.name().to_owned(), after: name.to_owned() };
        ctx.did_change(Action::Update, "staff", id, &[change]);
    }
    Ok(())
}

/// Whether an id of a form is of a row.
pub fn staff_id(text: &str) -> Result<StaffId> {
    row_id(text.trim()).map(StaffId).ok_or(Error::NotFound)
}
