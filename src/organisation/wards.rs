//! The words of the plan of wards: kinds of wards and beds, rules about sex, isolation. The lists of master data and `wards` share them.

use crate::audit::value_words;

crate::text_enum! {
    /// The kind of a ward.
    pub enum WardKind("kind") {
        Medical = "medical",
        Surgical = "surgical",
        Maternity = "maternity",
        Paediatric = "paediatric",
        Neonatal = "neonatal",
        Intensive = "intensive",
        DayCase = "day_case",
        Psychiatric = "psychiatric",
        Mixed = "mixed",
    }
}

crate::text_enum! {
    /// The patients whom a ward takes, by sex.
    pub enum SexRule("sex_rule") {
        Any = "any",
        Female = "female",
        Male = "male",
        /// Each room has its own rule.
        ByRoom = "by_room",
    }
}

crate::text_enum! {
    /// The patients whom a room takes, by sex.
    pub enum RoomRule("sex_rule") {
        Any = "any",
        Female = "female",
        Male = "male",
        /// The sex of those who are in the room.
        FirstOccupant = "first_occupant",
    }
}

crate::text_enum! {
    /// The isolation that a room offers, or that a patient needs.
    pub enum Isolation("isolation") {
        None = "none",
        Contact = "contact",
        Droplet = "droplet",
        Airborne = "airborne",
        Protective = "protective",
    }
}

crate::text_enum! {
    /// The kind of a bed.
    pub enum BedKind("kind") {
        Adult = "adult",
        Child = "child",
        Cot = "cot",
        Incubator = "incubator",
        Chair = "chair",
        Trolley = "trolley",
        Companion = "companion",
    }
}

impl WardKind {
    /// Returns the word in the reader's language.
    pub fn words(self) -> String {
        value_words("kind", self.as_str())
    }
}

impl Isolation {
    /// Returns the word in the reader's language.
    pub fn words(self) -> String {
        value_words("isolation", self.as_str())
    }
}

impl BedKind {
    /// Returns the word in the reader's language.
    pub fn words(self) -> String {
        value_words("kind", self.as_str())
    }
}

/// A list of words of which a field has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordList {
    WardKind,
    SexRule,
    RoomRule,
    Isolation,
    BedKind,
}

impl WordList {
    /// Returns the words, in the order of the choices.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::WardKind => WardKind::ALL.iter().map(|word| word.as_str()).collect(),
            Self::SexRule => SexRule::ALL.iter().map(|word| word.as_str()).collect(),
            Self::RoomRule => RoomRule::ALL.iter().map(|word| word.as_str()).collect(),
            Self::Isolation => Isolation::ALL.iter().map(|word| word.as_str()).collect(),
            Self::BedKind => BedKind::ALL.iter().map(|word| word.as_str()).collect(),
        }
    }
}
