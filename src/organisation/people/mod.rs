//! Staff as administrators keep it: names, profession, departments, specialties, languages, and how a person is reached. Each row may
//! belong to a user, who signs in; `accounts` keeps that half.

mod languages;
mod rules;
mod store;

use uuid::Uuid;

use super::lists::{Field, Kind, LastChange, List, Names, value_of};
use crate::{
    core::{
        ClinicId, Result, Role, StaffId, UserId,
        time::{Instant, Zone, show_date_time},
    },
    db::Tx,
    tr,
};

pub use languages::{language_tag, language_words, languages};
pub use rules::{
    NewPerson, SavedPerson, add, bring_back, give_to_user, rename, retire, retire_with_user, save, save_profile, staff_id, ticked,
};

/// The fields of a member of staff that hold one value, in the order of the form.
pub const FIELDS: &[Field] = &[
    Field::new("name", Kind::Line, 200).kept_in("display_name").required(),
    Field::new("given_names", Kind::Line, 200),
    Field::new("family_name", Kind::Line, 200),
    Field::new("profession", Kind::Profession, 20).kept_in("kind").required(),
    Field::new("phone", Kind::Phone, 40),
    Field::new("email", Kind::Email, 254),
    Field::new("licence_number", Kind::Line, 60),
    Field::new("qualification", Kind::Line, 200),
    Field::new("practising_since", Kind::Year, 4),
    Field::new("biography", Kind::Text, 4000),
    Field::new("main_department", Kind::Of(List::Departments), 36).kept_in("department_id"),
    Field::new("accepting_bookings", Kind::Tick, 5),
];

crate::text_enum! {
    /// A profession, by training or post.
    pub enum Profession("profession") {
        Doctor = "doctor",
        Nurse = "nurse",
        Receptionist = "receptionist",
        Cashier = "cashier",
        Technician = "technician",
        Pharmacist = "pharmacist",
        Therapist = "therapist",
        Other = "other",
    }
}

impl Profession {
    /// The profession of those who hold a role.
    pub const fn of_role(role: Role) -> Self {
        match role {
            Role::Doctor | Role::Pathologist | Role::Radiologist => Self::Doctor,
            Role::Nurse => Self::Nurse,
            Role::Receptionist => Self::Receptionist,
            Role::Cashier => Self::Cashier,
            Role::Pharmacist => Self::Pharmacist,
            Role::Lab | Role::Radiology => Self::Technician,
            Role::Patient | Role::Accountant | Role::Storekeeper | Role::WardManager | Role::Administrator | Role::Auditor => Self::Other,
        }
    }
}

crate::text_enum! {
    /// A list of a member of staff, such as departments. The word begins the names of the form's ticks.
    pub enum Several("several") {
        Departments = "departments",
        Specialties = "specialties",
        Languages = "languages",
    }
}

impl Several {
    /// The name of the tick of one of them.
    pub fn tick(self, id: &str) -> String {
        format!("{}-{id}", self.as_str())
    }
}

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: StaffId,
    /// Raised by each change.
    pub version: i64,
    pub retired: bool,
    /// The user as whom the person signs in.
    pub user: Option<UserId>,
    /// The values of [`FIELDS`], in their order.
    pub values: Vec<String>,
    /// Ids of departments, the main one among them.
    pub departments: Vec<String>,
    /// Ids of specialties.
    pub specialties: Vec<String>,
    /// Language tags.
    pub languages: Vec<String>,
}

impl Person {
    /// The value of a field.
    pub fn value(&self, name: &str) -> &str {
        value_of(FIELDS, &self.values, name)
    }

    /// The name shown.
    pub fn name(&self) -> &str {
        self.value("name")
    }

    /// The person's choices of a kind.
    pub fn several(&self, of: Several) -> &[String] {
        match of {
            Several::Departments => &self.departments,
            Several::Specialties => &self.specialties,
            Several::Languages => &self.languages,
        }
    }
}

/// The choices of a kind: ids and names. Retired rows are offered to a person who has them already.
///
/// # Errors
/// When the database refuses.
pub async fn offered(tx: &mut Tx, of: Several, has: &[String]) -> Result<Vec<(String, String)>> {
    let list = match of {
        Several::Departments => List::Departments,
        Several::Specialties => List::Specialties,
        Several::Languages => {
            let other = has.iter().filter(|tag| language_tag(tag).is_none()).map(|tag| (tag.clone(), tag.clone()));
            return Ok(languages().map(|(tag, name)| (tag.to_owned(), name)).chain(other).collect());
        }
    };
    let rows = super::lists::entries(tx, list).await?.into_iter();
    let rows = rows.filter(|row| !row.retired || has.contains(&row.id.to_string()));
    Ok(rows.map(|row| (row.id.to_string(), row.name(list).to_owned())).collect())
}

/// Open departments: ids, codes and names.
///
/// # Errors
/// When the database refuses.
pub async fn departments_by_code(tx: &mut Tx) -> Result<Vec<(String, String, String)>> {
    let list = List::Departments;
    let rows = super::lists::entries(tx, list).await?.into_iter().filter(|row| !row.retired);
    Ok(rows.map(|row| (row.id.to_string(), row.value(list, "code").to_owned(), row.name(list).to_owned())).collect())
}

/// The person of an id.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn person(tx: &mut Tx, id: StaffId) -> Result<Person> {
    store::person(tx, id).await
}

/// The language tags of several people, each with its person.
///
/// # Errors
/// When the database refuses.
pub async fn languages_of(tx: &mut Tx, ids: &[StaffId]) -> Result<Vec<(StaffId, String)>> {
    store::languages_of(tx, ids).await
}

/// The member of staff who signs in as this user.
///
/// # Errors
/// When the database refuses.
pub async fn person_of_user(tx: &mut Tx, user: UserId) -> Result<Option<StaffId>> {
    store::of_user(tx, user).await
}

/// The user who changed the row last.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is no such row.
pub async fn last_change(tx: &mut Tx, id: StaffId) -> Result<LastChange> {
    store::last_change(tx, id).await
}

/// A line of the list of staff.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
pub struct ListedPerson {
    pub id: StaffId,
    pub name: String,
    pub profession: Profession,
    /// The name of the main department.
    pub department: Option<String>,
    pub email: String,
    pub licence_number: String,
    pub retired: bool,
    pub user_id: Option<UserId>,
    pub login: Option<String>,
    /// May sign in.
    pub active: bool,
    /// No password was chosen yet.
    pub invited: bool,
    pub second_factor: bool,
    pub last_sign_in_at: Option<Instant>,
    /// The roles, each at one clinic or (`None`) at all.
    #[sqlx(skip)]
    pub roles: Vec<(Role, Option<ClinicId>)>,
}

/// All staff by name, retired rows included.
///
/// # Errors
/// When the database refuses.
pub async fn listed(tx: &mut Tx) -> Result<Vec<ListedPerson>> {
    let mut people = store::listed(tx).await?;
    people.sort_by_cached_key(|person| person.name.to_lowercase());
    Ok(people)
}

crate::text_enum! {
    /// Open work of a member of staff, for which the row cannot be retired.
    pub enum Ties("ties") {
        Bookings = "bookings",
        Hours = "hours",
        /// Patients on the waitlist for this doctor.
        Wishes = "wishes",
        Queue = "queue",
        Encounters = "encounters",
        Heads = "heads",
    }
}

impl Ties {
    /// Whether it stands in the way of retiring. Weekly hours of a retired doctor are no longer offered, and need no act of their own.
    pub const fn must_be_settled(self) -> bool {
        !matches!(self, Self::Hours)
    }
}

/// The open work of a member of staff and how it is settled; times are on the clock of `zone`.
pub fn tie_words(tie: &Tie, zone: Zone) -> String {
    let first = tie.first.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
    match tie.what {
        Ties::Bookings => tr!(organisation.tie_bookings, count = tie.count, first = first),
        Ties::Wishes => tr!(organisation.tie_wishes, count = tie.count),
        Ties::Queue => tr!(organisation.tie_queue, count = tie.count),
        Ties::Encounters => tr!(organisation.tie_encounters, count = tie.count, first = first),
        Ties::Heads => tr!(organisation.tie_heads, count = tie.count),
        Ties::Hours => tr!(organisation.tie_hours, count = tie.count),
    }
}

/// Something that hangs on a member of staff: what, how many, and the first of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    pub what: Ties,
    pub count: i64,
    /// The moment of the next appointment, or the moment since when an encounter is open.
    pub first: Option<Instant>,
}

/// The open work of a member of staff now.
///
/// # Errors
/// When the database refuses.
pub async fn ties(tx: &mut Tx, id: StaffId, now: Instant) -> Result<Vec<Tie>> {
    store::ties(tx, id, now).await
}

/// Names for the fields that refer to other rows.
///
/// # Errors
/// When the database refuses.
pub async fn names(tx: &mut Tx) -> Result<Names> {
    Names::of_fields(tx, FIELDS).await
}

/// A profession in words.
pub fn profession_words(profession: Profession) -> String {
    crate::audit::value_words("profession", profession.as_str())
}

/// The heading of what a person has several of.
pub fn several_words(of: Several) -> &'static str {
    match of {
        Several::Departments => tr!(organisation.further_departments),
        Several::Specialties => tr!(organisation.specialties),
        Several::Languages => tr!(organisation.languages),
    }
}

/// An id from a form, when it is one.
fn row_id(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok()
}
