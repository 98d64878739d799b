//! Staff from a file of comma-separated values: people are made, completed and invited, all rows or none.
//!
//! The preview is the import itself, in a transaction that is not committed: it cannot differ from what is written afterwards.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::{ALL_CLINICS, Invitation, acts::send_link, server::invite};
use crate::{
    accounts::{links::LinkKind, store as accounts_store, told::reached},
    audit::{Action, FieldChange, change_words},
    core::{ClinicId, Error, Result, Role, StaffId, UserId, error::FieldErrors, spreadsheet},
    organisation::{
        self,
        people::{self, FIELDS, Person, Profession, SavedPerson, Several},
    },
    server::{Ctx, mail},
    tr,
};

/// The columns, in the order of the sample: the fields of staff, what a person has several of, and the sign-in.
pub const COLUMNS: [&str; 18] = [
    "name",
    "given_names",
    "family_name",
    "profession",
    "login",
    "role",
    "clinic",
    "email",
    "phone",
    "licence_number",
    "qualification",
    "practising_since",
    "biography",
    "main_department",
    "departments",
    "specialties",
    "languages",
    "accepting_bookings",
];
/// Rows that one file may have.
pub const ROWS: usize = 1_000;

crate::text_enum! {
    /// The effect of a row of the file.
    pub enum Effect("effect") {
        /// A new member of staff.
        New = "new",
        /// A person on record is completed or invited.
        Changed = "changed",
        Unchanged = "unchanged",
        Refused = "refused",
    }
}

/// A row of the file, and what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedPerson {
    /// The line of the file, from 1; the heads are line 1.
    pub line: usize,
    pub name: String,
    pub effect: Effect,
    /// The changes, or the field that is wrong and why.
    pub words: String,
}

/// The effect of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedPeople {
    pub rows: Vec<ImportedPerson>,
}

impl ImportedPeople {
    /// How many rows have the effect.
    pub fn count(&self, effect: Effect) -> usize {
        self.rows.iter().filter(|row| row.effect == effect).count()
    }

    /// Names exactly these changes: the form that confirms them sends it along.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for row in &self.rows {
            digest.update(format!("{}\n{}\n{}\n{}\n", row.line, row.name, row.effect.as_str(), row.words));
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The cells of a row by column.
struct FileRow(HashMap<&'static str, String>);

impl FileRow {
    fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// The parts of a cell that holds several values, between vertical bars or semicolons.
    fn parts(&self, column: &str) -> impl Iterator<Item = &str> {
        self.get(column).split(['|', ';']).map(str::trim).filter(|part| !part.is_empty())
    }
}

/// Reads the file: with commas, semicolons or tabs, as spreadsheets save and copy it.
fn read(text: &str) -> Result<Vec<(usize, FileRow)>> {
    let wrong = |words: String| Error::invalid("text", words);
    if text.trim().is_empty() {
        return Err(wrong(tr!(accounts.file_empty).to_owned()));
    }
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(accounts.file_unreadable).to_owned()))?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.trim_start_matches('\u{feff}').to_lowercase();
        match COLUMNS.iter().find(|column| **column == name).copied() {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(wrong(tr!(accounts.column_unknown, column = name, columns = COLUMNS.join(", ")))),
        }
    }
    if !columns.contains(&"name") {
        return Err(wrong(tr!(accounts.column_missing, columns = COLUMNS.join(", "))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(accounts.file_unreadable).to_owned()))?;
        let line = record.position().map_or(rows.len() + 2, |position| usize::try_from(position.line()).unwrap_or_default());
        if record.len() > columns.len() {
            return Err(wrong(tr!(accounts.row_too_long, line = line)));
        }
        // Spreadsheets write an apostrophe before what they would take for a formula.
        let cells: HashMap<_, _> = columns.iter().copied().zip(record.iter().map(spreadsheet::typed)).collect();
        if cells.values().any(|cell| !cell.is_empty()) {
            rows.push((line, FileRow(cells)));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(accounts.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() { Err(wrong(tr!(accounts.file_empty).to_owned())) } else { Ok(rows) }
}

/// The rows that the file refers to.
pub(super) struct KnownRows {
    /// Ids, codes and names of open clinics.
    pub(super) clinics: Vec<(ClinicId, String, String)>,
    /// Ids, codes and names of open departments.
    pub(super) departments: Vec<(String, String, String)>,
    pub(super) specialties: Vec<(String, String)>,
    pub(super) people: Vec<people::ListedPerson>,
}

impl KnownRows {
    pub(super) async fn read(ctx: &mut Ctx) -> Result<Self> {
        let clinics = organisation::clinics(&mut ctx.tx).await?;
        Ok(Self {
            clinics: clinics.into_iter().map(|clinic| (clinic.id, clinic.code, clinic.name)).collect(),
            departments: people::departments_by_code(&mut ctx.tx).await?,
            specialties: people::offered(&mut ctx.tx, Several::Specialties, &[]).await?,
            people: people::listed(&mut ctx.tx).await?,
        })
    }

    /// The member of staff whom a row is about: by sign-in name, else licence, else e-mail, else by a name that nobody else has.
    fn find(&self, cells: &FileRow) -> Option<&people::ListedPerson> {
        let same = |one: &str, other: &str| !one.is_empty() && one.to_lowercase() == other.to_lowercase();
        let by = |what: &dyn Fn(&people::ListedPerson) -> bool| {
            let mut found = self.people.iter().filter(|person| what(person));
            found.next().filter(|_| found.next().is_none())
        };
        let login = cells.get("login");
        by(&|person| same(login, person.login.as_deref().unwrap_or_default()))
            .or_else(|| by(&|person| same(cells.get("licence_number"), &person.licence_number)))
            .or_else(|| by(&|person| same(cells.get("email"), &person.email)))
            .or_else(|| by(&|person| same(cells.get("name"), &person.name) && (login.is_empty() || person.login.is_none())))
    }

    fn department(&self, column: &str, words: &str) -> Result<String> {
        let same = |one: &str| one.eq_ignore_ascii_case(words) || one.to_lowercase() == words.to_lowercase();
        let found = self.departments.iter().find(|(_, code, name)| same(code) || same(name));
        found.map(|(id, ..)| id.clone()).ok_or_else(|| Error::invalid(column, tr!(accounts.import_unknown, what = words.to_owned())))
    }

    fn specialty(&self, words: &str) -> Result<String> {
        let found = self.specialties.iter().find(|(_, name)| name.to_lowercase() == words.to_lowercase());
        found.map(|(id, _)| id.clone()).ok_or_else(|| Error::invalid("specialties", tr!(accounts.import_unknown, what = words.to_owned())))
    }

    fn clinic(&self, words: &str) -> Result<Option<ClinicId>> {
        if words.eq_ignore_ascii_case(ALL_CLINICS) {
            return Ok(None);
        }
        let same = |one: &str| one.to_lowercase() == words.to_lowercase();
        let found = match self.clinics.as_slice() {
            [(only, ..)] if words.is_empty() => Some(*only),
            all => all.iter().find(|(_, code, name)| same(code) || same(name)).map(|(id, ..)| *id),
        };
        found.map(Some).ok_or_else(|| Error::invalid("clinic", tr!(accounts.import_clinic)))
    }
}

/// Brings staff to what the file says, row by row; what a row leaves empty stays. Rows that are wrong are `Refused`: the caller commits
/// only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is no such file.
pub async fn import(ctx: &mut Ctx, text: &str) -> Result<ImportedPeople> {
    let rows = read(text)?;
    let mut known = KnownRows::read(ctx).await?;
    let mut imported = ImportedPeople::default();
    let mut seen: Vec<StaffId> = Vec::new();
    for (line, cells) in rows {
        let name = cells.get("name").to_owned();
        let (effect, words) = match row(ctx, &cells, &known, &mut seen).await {
            Ok(done) => done,
            Err(Error::Invalid(errors)) => {
                let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                (Effect::Refused, words.join(" "))
            }
            Err(Error::Conflict(words)) => (Effect::Refused, words),
            Err(error) => return Err(error),
        };
        if effect == Effect::New {
            known.people = people::listed(&mut ctx.tx).await?;
        }
        imported.rows.push(ImportedPerson { line, name, effect, words });
    }
    Ok(imported)
}

/// One row of the file.
async fn row(ctx: &mut Ctx, cells: &FileRow, known: &KnownRows, seen: &mut Vec<StaffId>) -> Result<(Effect, String)> {
    let found = known.find(cells).cloned();
    if let Some(found) = &found {
        if found.retired {
            return Err(Error::invalid("name", tr!(accounts.is_retired)));
        }
        if seen.contains(&found.id) {
            return Err(Error::invalid("name", tr!(accounts.import_twice)));
        }
    }
    let before = match &found {
        Some(found) => Some(people::person(&mut ctx.tx, found.id).await?),
        None => None,
    };
    let sign_in = sign_in(ctx, cells, known, found.as_ref()).await?;
    let typed = typed(cells, known, before.as_ref(), sign_in.as_ref().map(|(_, role, _)| *role))?;
    let (id, version) = before.as_ref().map_or((None, String::new()), |before| (Some(before.id), before.version.to_string()));
    let SavedPerson { id, mut changes } = people::save(ctx, id, (StaffId::new(), &version), &typed).await?;
    seen.push(id);
    if let Some((login, role, clinic)) = sign_in {
        changes.extend(give_sign_in(ctx, id, (login, role, clinic), known).await?);
    }
    let words = changes.iter().map(change_words).collect::<Vec<_>>().join("; ");
    Ok(match before {
        None => (Effect::New, words),
        Some(_) if changes.is_empty() => (Effect::Unchanged, words),
        Some(_) => (Effect::Changed, words),
    })
}

/// The sign-in that a row gives to somebody who has none; roles of users are not changed by a file.
async fn sign_in(
    ctx: &mut Ctx,
    cells: &FileRow,
    known: &KnownRows,
    found: Option<&people::ListedPerson>,
) -> Result<Option<(String, Role, Option<ClinicId>)>> {
    let (login, role) = (cells.get("login").to_lowercase(), cells.get("role").to_lowercase());
    let role = match role.as_str() {
        "" => None,
        word => Some(word.parse::<Role>().ok().filter(|role| role.is_offered()).ok_or_else(|| Error::invalid("role", tr!(errors.choose)))?),
    };
    if let Some(found) = found.filter(|found| found.user_id.is_some()) {
        if role.is_some_and(|role| !found.roles.iter().any(|(held, _)| *held == role)) {
            return Err(Error::invalid("role", tr!(accounts.import_role_of_user)));
        }
        if !login.is_empty() && found.login.as_deref() != Some(login.as_str()) {
            return Err(Error::invalid("login", tr!(accounts.import_login_of_user)));
        }
        return Ok(None);
    }
    if login.is_empty() {
        return if role.is_some() { Err(Error::invalid("login", tr!(errors.required))) } else { Ok(None) };
    }
    let mut errors = FieldErrors::new();
    if !(2..=254).contains(&login.len()) || login.chars().any(char::is_whitespace) {
        errors.add("login", tr!(accounts.login_wrong));
    } else if accounts_store::credentials(&mut ctx.tx, &login).await?.is_some() {
        errors.add("login", tr!(accounts.login_taken));
    }
    let clinic = errors.check(known.clinic(cells.get("clinic")));
    if role.is_none() {
        errors.add("role", tr!(errors.choose));
    }
    errors.finish()?;
    Ok(role.zip(clinic).map(|(role, clinic)| (login, role, clinic)))
}

/// The fields that the row enters into the form of staff; an empty cell keeps the field.
fn typed(cells: &FileRow, known: &KnownRows, before: Option<&Person>, role: Option<Role>) -> Result<organisation::Typed> {
    let mut typed = organisation::Typed::new();
    for field in FIELDS {
        let old = before.map_or("", |before| before.value(field.name));
        let cell = cells.get(field.name);
        let value = match (field.name, cell) {
            ("profession", "") if old.is_empty() => role.map_or(Profession::Other, Profession::of_role).as_str().to_owned(),
            ("email", "") if old.is_empty() && mail::is_address(cells.get("login")) => cells.get("login").to_lowercase(),
            (_, "") => old.to_owned(),
            ("profession", word) => word.to_lowercase(),
            ("main_department", words) => known.department("main_department", words)?,
            ("accepting_bookings", word) => match word.to_lowercase().as_str() {
                "yes" | "true" | "1" | "sí" | "si" => "true".to_owned(),
                "no" | "false" | "0" => String::new(),
                _ => return Err(Error::invalid("accepting_bookings", tr!(errors.choose))),
            },
            (_, cell) => cell.to_owned(),
        };
        typed.insert(field.name.to_owned(), value);
    }
    for of in Several::ALL.iter().copied() {
        let mut has: Vec<String> = before.map(|before| before.several(of).to_vec()).unwrap_or_default();
        let named: Vec<&str> = cells.parts(of.as_str()).collect();
        if !named.is_empty() {
            has = named
                .into_iter()
                .map(|words| match of {
                    Several::Departments => known.department("departments", words),
                    Several::Specialties => known.specialty(words),
                    Several::Languages => people::language_tag(words)
                        .map(str::to_owned)
                        .ok_or_else(|| Error::invalid("languages", tr!(accounts.import_unknown, what = words.to_owned()))),
                })
                .collect::<Result<_>>()?;
        }
        typed.extend(has.into_iter().map(|id| (of.tick(&id), "true".to_owned())));
    }
    Ok(typed)
}

/// Invites the person: with a letter where an address is known, else the invitation is printed later.
async fn give_sign_in(
    ctx: &mut Ctx,
    staff: StaffId,
    (login, role, clinic): (String, Role, Option<ClinicId>),
    known: &KnownRows,
) -> Result<Vec<FieldChange>> {
    let person = people::person(&mut ctx.tx, staff).await?;
    let email = person.value("email").to_owned();
    let invitation =
        Invitation { id: UserId::new(), login: login.clone(), name: person.name().to_owned(), role, clinic, email, staff: Some(staff) };
    invite(ctx, &invitation).await.map_err(|error| match error {
        Error::Conflict(message) => Error::invalid("login", message),
        other => other,
    })?;
    let invited = ctx.tx.lock(invitation.id).await?;
    let place = clinic.and_then(|clinic| known.clinics.iter().find(|(id, ..)| *id == clinic)).map(|(.., name)| name.clone());
    let change = |field: &str, after: &str| FieldChange { field: field.to_owned(), before: String::new(), after: after.to_owned() };
    let mut changes =
        vec![change("login", &login), change("role", role.as_str()), change("clinic_id", place.as_deref().unwrap_or(ALL_CLINICS))];
    ctx.did_change(Action::Create, "user", invitation.id, &changes);
    if reached(&mut ctx.tx, invitation.id).await?.is_some() {
        let sent = change("sent_to", &send_link(ctx, invited, LinkKind::Invitation).await?);
        ctx.did_change(Action::Create, "link", invitation.id, std::slice::from_ref(&sent));
        changes.push(sent);
    }
    Ok(changes)
}
