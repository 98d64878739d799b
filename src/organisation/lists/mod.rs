//! Master data that administrators edit as lists: clinics, departments, services, rooms and counters, specialties, insurers. All have the
//! same shape: fields in a table of this file, a list page, a form, retire and bring back.

mod field;
mod rules;
mod store;

use uuid::Uuid;

use crate::{core::Result, db::Tx, organisation::wards::WordList, tr};

pub(super) use field::{BOOKED_BY, CURRENCIES};
pub use field::{Field, Kind};
pub use rules::{Typed, ZoneShift, bring_back, changes, refers_to_open_rows, refused, retire, save, zone_shifts};
pub(super) use store::{Cells, columns};
pub use store::{Hanging, Hangs, LastChange, Shift, hanging, last_change};

crate::text_enum! {
    /// A list of master data. The text is part of the addresses of its pages.
    pub enum List("list") {
        Clinics = "clinics",
        Departments = "departments",
        Services = "services",
        Rooms = "rooms",
        Specialties = "specialties",
        VisitTypes = "visit-types",
        Insurers = "insurers",
        BookingRules = "booking-rules",
        Wards = "wards",
        WardRooms = "ward-rooms",
        BedClasses = "bed-classes",
        Beds = "beds",
    }
}

const CLINIC: &[Field] = &[
    Field::new("name", Kind::Line, 200).required().listed(),
    Field::new("code", Kind::Code, 20).required().listed(),
    Field::new("time_zone", Kind::Zone, 64).required().listed(),
    Field::new("address", Kind::Line, 200),
    Field::new("city", Kind::Line, 100).listed(),
    Field::new("region", Kind::Line, 100),
    Field::new("postal_code", Kind::Line, 20),
    Field::new("country", Kind::Country, 2),
    Field::new("phone", Kind::Phone, 40).listed(),
    Field::new("email", Kind::Email, 254),
    Field::new("latitude", Kind::Degrees(90), 20).kept_in("latitude_microdegrees"),
    Field::new("longitude", Kind::Degrees(180), 20).kept_in("longitude_microdegrees"),
    Field::new("directions", Kind::Text, 1000),
    Field::new("booking_notice_minutes", Kind::Number(0, 20_160), 5).required().preset("30"),
    Field::new("booking_days", Kind::Number(1, 400), 3).required().preset("60"),
    Field::new("booking_most", Kind::Number(1, 50), 2).required().preset("5"),
    Field::new("hold_minutes", Kind::Number(2, 60), 2).required().preset("10"),
    Field::new("cancel_minutes", Kind::Number(0, 20_160), 5).required().preset("30"),
    Field::new("move_minutes", Kind::Number(0, 20_160), 5).required().preset("30"),
    Field::new("no_show_limit", Kind::Number(1, 20), 2),
    Field::new("overbook_limit", Kind::Number(0, 10), 2).required().preset("2"),
    Field::new("offer_minutes", Kind::Number(10, 1_440), 4).required().preset("120"),
    Field::new("reminder_hours", Kind::Number(4, 168), 3),
];

const DEPARTMENT: &[Field] = &[
    Field::new("name", Kind::Line, 200).required().listed(),
    Field::new("code", Kind::Code, 60).required().listed(),
    Field::new("location", Kind::Line, 200).listed(),
    Field::new("phone", Kind::Phone, 40).listed(),
    Field::new("head_id", Kind::Person, 36).listed(),
    Field::new("cost_centre", Kind::Line, 20),
    Field::new("description", Kind::Text, 1000),
];

const SERVICE: &[Field] = &[
    Field::new("name", Kind::Line, 200).required().listed(),
    Field::new("name_es", Kind::Line, 200),
    Field::new("clinic_id", Kind::Of(List::Clinics), 36).required().listed().fixed(),
    Field::new("department_id", Kind::Of(List::Departments), 36).required().listed().fixed(),
    Field::new("token_letter", Kind::Letter, 2).required().listed(),
];

const ROOM: &[Field] = &[
    Field::new("name", Kind::Line, 100).required().listed(),
    Field::new("clinic_id", Kind::Of(List::Clinics), 36).required().listed().fixed(),
    Field::new("kind", Kind::Point, 20).required().listed(),
    Field::new("service_id", Kind::Of(List::Services), 36).listed(),
];

const SPECIALTY: &[Field] = &[
    Field::new("name", Kind::Line, 200).required().listed(),
    Field::new("name_es", Kind::Line, 200),
    Field::new("description", Kind::Text, 1000).listed(),
    Field::new("requirements", Kind::Text, 1000),
];

const VISIT_TYPE: &[Field] = &[
    Field::new("name", Kind::Line, 200).required().listed(),
    Field::new("name_es", Kind::Line, 200),
    Field::new("minutes", Kind::Minutes, 3).required().listed(),
    Field::new("booked_by", Kind::BookedBy, 20).required().listed(),
    Field::new("preparation", Kind::Text, 1000),
];

/// The differences from the clinic's rules for bookings by patients; an empty field is the clinic's value.
const BOOKING_RULE: &[Field] = &[
    Field::new("name", Kind::Line, 200).required().listed(),
    Field::new("clinic_id", Kind::Of(List::Clinics), 36).required().listed().fixed(),
    Field::new("visit_type_id", Kind::Of(List::VisitTypes), 36).required().listed().fixed(),
    Field::new("booking_notice_minutes", Kind::Number(0, 20_160), 5).kept_in("notice_minutes"),
    Field::new("booking_days", Kind::Number(1, 400), 3).kept_in("days"),
    Field::new("booking_most", Kind::Number(1, 50), 2).kept_in("most"),
    Field::new("hold_minutes", Kind::Number(2, 60), 2),
    Field::new("cancel_minutes", Kind::Number(0, 20_160), 5),
    Field::new("move_minutes", Kind::Number(0, 20_160), 5),
];

const INSURER: &[Field] = &[Field::new("name", Kind::Line, 200).required().listed(), Field::new("self_pay", Kind::Tick, 5).listed()];

const WARD: &[Field] = &[
    Field::new("name", Kind::Line, 100).required().listed(),
    Field::new("clinic_id", Kind::Of(List::Clinics), 36).required().listed().fixed(),
    Field::new("code", Kind::Code, 20).required().listed(),
    Field::new("kind", Kind::Word(WordList::WardKind), 20).required().listed(),
    Field::new("sex_rule", Kind::Word(WordList::SexRule), 20).required().listed(),
    Field::new("age_from", Kind::Number(0, 130), 3),
    Field::new("age_to", Kind::Number(0, 130), 3),
    Field::new("reservation_min", Kind::Number(15, 2_880), 4).required().preset("240"),
    Field::new("clean_min", Kind::Number(5, 480), 3).required().preset("45"),
    Field::new("terminal_min", Kind::Number(5, 720), 3).required().preset("90"),
];

const WARD_ROOM: &[Field] = &[
    Field::new("name", Kind::Line, 100).required().listed(),
    Field::new("ward_id", Kind::Of(List::Wards), 36).required().listed().fixed(),
    Field::new("sex_rule", Kind::Word(WordList::RoomRule), 20).required().listed(),
    Field::new("isolation", Kind::Word(WordList::Isolation), 20).required().listed(),
    Field::new("single", Kind::Tick, 5).listed(),
];

const BED_CLASS: &[Field] = &[
    Field::new("name", Kind::Line, 100).required().listed(),
    Field::new("item_id", Kind::BedPrice, 36).required().listed(),
    Field::new("leave_item_id", Kind::BedPrice, 36).listed(),
    Field::new("deposit_days", Kind::Number(1, 60), 2),
];

const BED: &[Field] = &[
    Field::new("name", Kind::Line, 20).required().listed(),
    Field::new("room_id", Kind::Of(List::WardRooms), 36).required().listed().fixed(),
    Field::new("kind", Kind::Word(WordList::BedKind), 20).required().listed(),
    Field::new("class_id", Kind::Of(List::BedClasses), 36).required().listed(),
    Field::new("position", Kind::Number(1, 99), 2).required().preset("1"),
    Field::new("oxygen", Kind::Tick, 5).listed(),
    Field::new("suction", Kind::Tick, 5),
    Field::new("monitor", Kind::Tick, 5).listed(),
    Field::new("ventilator", Kind::Tick, 5),
    Field::new("bariatric", Kind::Tick, 5).listed(),
    Field::new("low_bed", Kind::Tick, 5),
    Field::new("beside_id", Kind::Of(List::Beds), 36),
];

impl List {
    const fn table(self) -> &'static str {
        match self {
            Self::Clinics => "clinics",
            Self::Departments => "departments",
            Self::Services => "services",
            Self::Rooms => "service_points",
            Self::Specialties => "specialties",
            Self::VisitTypes => "visit_types",
            Self::Insurers => "insurers",
            Self::BookingRules => "booking_rules",
            Self::Wards => "wards",
            Self::WardRooms => "ward_rooms",
            Self::BedClasses => "bed_classes",
            Self::Beds => "beds",
        }
    }

    /// Returns the audit log's word for a row.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Clinics => "clinic",
            Self::Departments => "department",
            Self::Services => "service",
            Self::Rooms => "service_point",
            Self::Specialties => "specialty",
            Self::VisitTypes => "visit_type",
            Self::Insurers => "insurer",
            Self::BookingRules => "booking_rule",
            Self::Wards => "ward",
            Self::WardRooms => "ward_room",
            Self::BedClasses => "bed_class",
            Self::Beds => "bed",
        }
    }

    /// Returns the fields, in the order of the form.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::Clinics => CLINIC,
            Self::Departments => DEPARTMENT,
            Self::Services => SERVICE,
            Self::Rooms => ROOM,
            Self::Specialties => SPECIALTY,
            Self::VisitTypes => VISIT_TYPE,
            Self::Insurers => INSURER,
            Self::BookingRules => BOOKING_RULE,
            Self::Wards => WARD,
            Self::WardRooms => WARD_ROOM,
            Self::BedClasses => BED_CLASS,
            Self::Beds => BED,
        }
    }

    /// Returns the name of the list.
    pub fn title(self) -> &'static str {
        match self {
            Self::Clinics => tr!(organisation.clinics),
            Self::Departments => tr!(organisation.departments),
            Self::Services => tr!(organisation.services),
            Self::Rooms => tr!(organisation.rooms),
            Self::Specialties => tr!(organisation.specialties),
            Self::VisitTypes => tr!(organisation.visit_types),
            Self::Insurers => tr!(organisation.insurers),
            Self::BookingRules => tr!(organisation.booking_rules),
            Self::Wards => tr!(organisation.wards),
            Self::WardRooms => tr!(organisation.ward_rooms),
            Self::BedClasses => tr!(organisation.bed_classes),
            Self::Beds => tr!(organisation.beds),
        }
    }

    /// Returns the label of the button that adds a row.
    pub fn add(self) -> &'static str {
        match self {
            Self::Clinics => tr!(organisation.add_clinic),
            Self::Departments => tr!(organisation.add_department),
            Self::Services => tr!(organisation.add_service),
            Self::Rooms => tr!(organisation.add_room),
            Self::Specialties => tr!(organisation.add_specialty),
            Self::VisitTypes => tr!(organisation.add_visit_type),
            Self::Insurers => tr!(organisation.add_insurer),
            Self::BookingRules => tr!(organisation.add_booking_rule),
            Self::Wards => tr!(organisation.add_ward),
            Self::WardRooms => tr!(organisation.add_ward_room),
            Self::BedClasses => tr!(organisation.add_bed_class),
            Self::Beds => tr!(organisation.add_bed),
        }
    }

    /// Returns a sentence about the purpose of its rows.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Clinics => tr!(organisation.clinics_purpose),
            Self::Departments => tr!(organisation.departments_purpose),
            Self::Services => tr!(organisation.services_purpose),
            Self::Rooms => tr!(organisation.rooms_purpose),
            Self::Specialties => tr!(organisation.specialties_purpose),
            Self::VisitTypes => tr!(organisation.visit_types_purpose),
            Self::Insurers => tr!(organisation.insurers_purpose),
            Self::BookingRules => tr!(organisation.booking_rules_purpose),
            Self::Wards => tr!(organisation.wards_purpose),
            Self::WardRooms => tr!(organisation.ward_rooms_purpose),
            Self::BedClasses => tr!(organisation.bed_classes_purpose),
            Self::Beds => tr!(organisation.beds_purpose),
        }
    }

    /// Returns the address of the list.
    pub fn href(self) -> String {
        format!("/settings/{}", self.as_str())
    }
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    /// The version, which increases with each change.
    pub version: i64,
    pub retired: bool,
    /// The values of [`List::fields`], in their order.
    pub values: Vec<String>,
}

impl Entry {
    /// Returns the value of a field; empty when the list has no such field.
    pub fn value(&self, list: List, name: &str) -> &str {
        value_of(list.fields(), &self.values, name)
    }

    /// Returns the name of the row.
    pub fn name(&self, list: List) -> &str {
        self.value(list, "name")
    }
}

/// Returns the value of the field with this name.
pub(super) fn value_of<'v>(fields: &[Field], values: &'v [String], name: &str) -> &'v str {
    fields.iter().position(|field| field.name == name).and_then(|at| values.get(at)).map_or("", String::as_str)
}

/// Returns the rows of a list by name, including retired ones.
///
/// # Errors
/// When the database refuses.
pub async fn entries(tx: &mut Tx, list: List) -> Result<Vec<Entry>> {
    let mut entries = store::entries(tx, list).await?;
    entries.sort_by_cached_key(|entry| entry.name(list).to_lowercase());
    Ok(entries)
}

/// Returns one row.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn entry(tx: &mut Tx, list: List, id: Uuid) -> Result<Entry> {
    store::entry(tx, list, id).await
}

/// The rows to which the fields of a list refer: ids, names and whether they are open.
#[derive(Clone, Debug, Default)]
pub struct Names {
    lists: Vec<(List, Vec<Entry>)>,
    people: Vec<store::PersonName>,
    prices: Vec<store::BedPrice>,
}

impl Names {
    /// Reads the rows to which the fields of `list` refer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn of(tx: &mut Tx, list: List) -> Result<Self> {
        Self::of_fields(tx, list.fields()).await
    }

    /// Reads what these fields refer to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn of_fields(tx: &mut Tx, fields: &[Field]) -> Result<Self> {
        let mut names = Self::default();
        for field in fields {
            match field.kind {
                Kind::Of(other) => {
                    names.lists.push((other, entries(tx, other).await?));
                    // The name of a room or bed alone says too little: several wards have a room 1.
                    if matches!(other, List::WardRooms | List::Beds) {
                        names.lists.push((List::Wards, entries(tx, List::Wards).await?));
                        names.lists.push((List::WardRooms, entries(tx, List::WardRooms).await?));
                    }
                }
                Kind::BedPrice => names.prices = store::bed_prices(tx).await?,
                Kind::Person => names.people = store::people(tx).await?,
                _ => {}
            }
        }
        Ok(names)
    }

    fn rows(&self, list: List) -> &[Entry] {
        self.lists.iter().find(|(other, _)| *other == list).map_or(&[], |(_, rows)| rows)
    }

    /// Whether the id is of a member of staff who works here.
    pub fn works_here(&self, id: &str) -> bool {
        self.people.iter().any(|person| !person.retired && person.id.to_string() == id)
    }

    /// Ids and names of staff who may be chosen: those who work here, and the one who is `chosen` already.
    pub fn people(&self, chosen: &str) -> Vec<(String, String)> {
        let people = self.people.iter().filter(|person| !person.retired || person.id.to_string() == chosen);
        people.map(|person| (person.id.to_string(), person.name.clone())).collect()
    }

    /// Ids and names of the price items for days in a bed that may be chosen, and the one that is `chosen` already.
    pub fn bed_prices(&self, chosen: &str) -> Vec<(String, String)> {
        let items = self.prices.iter().filter(|item| !item.retired || item.id.to_string() == chosen);
        items.map(|item| (item.id.to_string(), item.name.clone())).collect()
    }

    /// Whether the id is of an open price item for days in a bed.
    pub fn is_bed_price(&self, id: &str) -> bool {
        self.prices.iter().any(|item| !item.retired && item.id.to_string() == id)
    }

    /// Returns the row with an id.
    pub fn row(&self, list: List, id: &str) -> Option<&Entry> {
        self.rows(list).iter().find(|row| row.id.to_string() == id)
    }

    /// Returns the ids and names that may be chosen: rows that are open, and the one that is `chosen` already.
    pub fn choices(&self, list: List, chosen: &str) -> Vec<(String, String)> {
        let rows = self.rows(list).iter().filter(|row| !row.retired || row.id.to_string() == chosen);
        rows.map(|row| (row.id.to_string(), self.name(list, row))).collect()
    }

    fn name(&self, list: List, row: &Entry) -> String {
        let above = match list {
            List::Services => self.row(List::Clinics, row.value(list, "clinic_id")).map(|clinic| clinic.name(List::Clinics).to_owned()),
            List::WardRooms => self.row(List::Wards, row.value(list, "ward_id")).map(|ward| ward.name(List::Wards).to_owned()),
            List::Beds => self.row(List::WardRooms, row.value(list, "room_id")).map(|room| self.name(List::WardRooms, room)),
            _ => None,
        };
        match above {
            Some(above) => format!("{}, {above}", row.name(list)),
            None => row.name(list).to_owned(),
        }
    }

    /// Returns a value in words.
    pub fn words(&self, field: &Field, value: &str) -> String {
        match field.kind {
            Kind::Of(other) => self.row(other, value).map(|row| self.name(other, row)).unwrap_or_default(),
            Kind::Person => self.people.iter().find(|one| one.id.to_string() == value).map(|one| one.name.clone()).unwrap_or_default(),
            Kind::BedPrice => self.prices.iter().find(|one| one.id.to_string() == value).map(|one| one.name.clone()).unwrap_or_default(),
            _ => crate::audit::value_words(field.name, value),
        }
    }
}
