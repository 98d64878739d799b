//! Wards, beds and stays. A stay that is over becomes an admission that is over, without bed uses: nothing is charged for it. One that goes on
//! lies in its bed from the import on, so that the days before are not charged again (`past_stays`).

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use uuid::Uuid;

use super::datatypes::{Concept, Reference, cut};
use super::known::{Known, Local};
use super::trouble::Trouble;
use crate::core::{AdmissionId, BedUseId, ClinicId, EncounterId, LocationId, PatientId, StaffId, UserId, time::Instant};
use crate::db::Database;
use crate::imports::store::{self as tables, Row, Table, WardNames};
use crate::row;

/// The code and the name of the price of a day in a bed of a class that the import makes. It has no price: its charges wait for one.
const BED_DAY: (&str, &str) = ("BED-DAY", "Day in a bed");
/// The name of that class.
const CLASS: &str = "Standard";
/// The longest chain from a bed to its ward.
const DEPTH: usize = 6;

/// The place that a location is in the plan of the wards.
#[derive(Clone, Debug)]
enum Place {
    Ward(Uuid),
    Room { name: String, part_of: Option<String> },
    Bed { name: String, part_of: Option<String> },
}

/// The wards, rooms and beds of the clinic, and what is free.
#[derive(Debug, Default)]
pub struct Plan {
    /// Whether wards and admissions are made.
    made: bool,
    names: WardNames,
    places: HashMap<Uuid, Place>,
    lying: HashSet<PatientId>,
}

/// Reads the plan.
pub async fn plan(db: &Database, clinic: ClinicId) -> Result<Plan, crate::db::DbError> {
    let names = tables::ward_names(db, clinic, BED_DAY.0).await?;
    let lying = names.lying.iter().copied().collect();
    Ok(Plan { made: true, names, places: HashMap::new(), lying })
}

/// Returns a short code from the name of a ward: "Ward 3E" is 3E.
fn code(name: &str) -> String {
    let bare = name.strip_prefix("Ward ").or_else(|| name.strip_suffix(" Ward")).unwrap_or(name);
    cut(&bare.to_uppercase(), 12)
}

impl Known {
    /// Notes what a location is in the plan of the wards, before the locations in it are mapped. Another ward with its code leaves it a mere
    /// location.
    pub fn note_place(&mut self, local: Uuid, kind: &str, name: &str, part_of: Option<String>) {
        if !self.plan.made || name.is_empty() {
            return;
        }
        let name = name.to_owned();
        let place = match kind {
            "wa" => match self.plan.names.wards.get(&name).copied() {
                Some(ward) => Place::Ward(ward),
                None if self.plan.names.codes.insert(code(&name)) => {
                    self.plan.names.wards.insert(name, local);
                    self.plan.names.open.insert(local);
                    Place::Ward(local)
                }
                None => return,
            },
            "ro" => Place::Room { name, part_of },
            "bd" => Place::Bed { name, part_of },
            _ => return,
        };
        self.plan.places.insert(local, place);
    }

    fn place(&self, key: Option<&String>) -> Option<(Uuid, &Place)> {
        let Local::Location(LocationId(id)) = self.local(key?)? else { return None };
        Some((id, self.plan.places.get(&id)?))
    }

    /// Returns the ward of a location: its own, or that of what it is a part of.
    fn ward_at(&self, location: Uuid) -> Option<Uuid> {
        let mut place = self.plan.places.get(&location)?;
        for _ in 0..DEPTH {
            match place {
                Place::Ward(ward) => return Some(*ward).filter(|ward| self.plan.names.open.contains(ward)),
                Place::Room { part_of, .. } | Place::Bed { part_of, .. } => place = self.place(part_of.as_ref())?.1,
            }
        }
        None
    }

    /// Returns the bed of a location.
    fn bed_at(&self, location: Uuid) -> Option<Uuid> {
        let Some(Place::Bed { name, .. }) = self.plan.places.get(&location) else { return None };
        self.plan.names.beds.get(&(self.ward_at(location)?, name.clone())).copied()
    }

    /// Returns the rows of the plan for a location: of a ward, of a room or bed in one.
    pub fn planned(&mut self, local: Uuid, kind: &str, name: &str) -> Vec<Row> {
        if !self.plan.made {
            return Vec::new();
        }
        let by = UserId::SYSTEM;
        match self.plan.places.get(&local).cloned() {
            Some(Place::Ward(ward)) if ward == local => {
                vec![Row::Insert(Table::WardPlans, row![ward, name, self.clinic, code(name), "mixed", "any", self.now, by, self.now, by])]
            }
            Some(Place::Room { .. }) => self.planned_room(local).map(|(_, row)| row).into_iter().collect(),
            Some(Place::Bed { part_of, .. }) => self.planned_bed(local, name, part_of.as_ref()),
            None if kind == "wa" => {
                self.tell(Trouble::new("name", "another ward has this code: a location, and no ward").about(name));
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Returns the room of a location in a ward, with its row; the room of the same name if there is one.
    fn planned_room(&mut self, location: Uuid) -> Option<(Uuid, Row)> {
        let Some(Place::Room { name, .. }) = self.plan.places.get(&location).cloned() else { return None };
        let ward = self.ward_at(location)?;
        let room = *self.plan.names.rooms.entry((ward, name.clone())).or_insert(location);
        Some((room, self.room(room, &name, ward)))
    }

    fn room(&self, id: Uuid, name: &str, ward: Uuid) -> Row {
        let by = UserId::SYSTEM;
        Row::Insert(Table::WardRooms, row![id, name, ward, "any", "none", self.now, by, self.now, by])
    }

    fn planned_bed(&mut self, local: Uuid, name: &str, part_of: Option<&String>) -> Vec<Row> {
        let Some(ward) = self.ward_at(local) else { return Vec::new() };
        if self.plan.names.beds.contains_key(&(ward, name.to_owned())) {
            return Vec::new();
        }
        let (now, by) = (self.now, UserId::SYSTEM);
        let parent = self.place(part_of).map(|(id, _)| id);
        let (room, row) = match parent.and_then(|parent| self.planned_room(parent)) {
            Some(planned) => planned,
            None => {
                // Beds without a room of their own stand in one that is named as the ward is.
                let named = self.plan.names.wards.iter().find(|(_, id)| **id == ward).map(|(name, _)| name.clone()).unwrap_or_default();
                let room = *self.plan.names.rooms.entry((ward, named.clone())).or_insert_with(Uuid::now_v7);
                (room, self.room(room, &named, ward))
            }
        };
        let mut rows = vec![row];
        let class = if let Some(class) = self.plan.names.class {
            class
        } else {
            let item = *self.plan.names.item.get_or_insert_with(Uuid::now_v7);
            let class = *self.plan.names.made.get_or_insert_with(Uuid::now_v7);
            rows.push(Row::Insert(Table::BedClassItems, row![item, BED_DAY.0, BED_DAY.1, "bed_day"]));
            rows.push(Row::Insert(Table::BedClasses, row![class, CLASS, item, now, by, now, by]));
            class
        };
        self.plan.names.beds.insert((ward, name.to_owned()), local);
        rows.push(Row::Insert(Table::WardBeds, row![local, name, room, "adult", class, now, by, now, by]));
        rows
    }
}

/// A place of an encounter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StayPlace {
    location: Reference,
    status: String,
}

/// How a patient came.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Hospitalization {
    #[serde(rename = "admitSource")]
    source: Concept,
}

/// The facts from which the rows of a stay are made.
pub struct Stay<'e> {
    /// The source's id of the encounter.
    pub external: &'e str,
    pub encounter: EncounterId,
    pub patient: PatientId,
    pub class: &'e str,
    pub priority: &'e Concept,
    pub hospitalization: &'e Hospitalization,
    pub places: &'e [StayPlace],
    pub reason: &'e str,
    pub doctor: Option<StaffId>,
    pub by: UserId,
    pub started: Instant,
    /// The end of a stay that is over.
    pub ended: Option<Instant>,
}

impl Stay<'_> {
    /// Returns the locations that are here: the present one first.
    fn locations(&self, known: &Known) -> Vec<Uuid> {
        let mut places: Vec<&StayPlace> = self.places.iter().collect();
        places.sort_by_key(|place| place.status != "active");
        let found = places.into_iter().filter_map(|place| match known.find("location", "Location", &place.location) {
            Ok(Local::Location(LocationId(id))) => Some(id),
            _ => None,
        });
        found.collect()
    }

    fn source(&self, known: &mut Known) -> &'static str {
        match self.hospitalization.source.code() {
            "emd" => "emergency",
            "outp" | "gp" | "mp" => "outpatient",
            "hosp-trans" | "nursing" | "psych" | "rehab" => "transfer_in",
            "" => "planned",
            other => {
                known.tell(Trouble::new("hospitalization.admitSource", "is not known: taken as planned").about(other));
                "planned"
            }
        }
    }

    /// Returns the rows of the admission; none when no ward here is named.
    pub fn rows(&self, known: &mut Known) -> Vec<Row> {
        if !known.plan.made {
            return Vec::new();
        }
        let locations = self.locations(known);
        let Some(ward) = locations.iter().find_map(|location| known.ward_at(*location)) else {
            known.tell(Trouble::new("location", "names no ward of the plan: an encounter without an admission"));
            return Vec::new();
        };
        let bed = locations.iter().find_map(|location| known.bed_at(*location));
        let free = bed.filter(|bed| !known.plan.names.taken.contains(bed) && !known.plan.lying.contains(&self.patient));
        if self.ended.is_none() && (free.is_none() || self.started > known.now) {
            known.tell(Trouble::new("location", "goes on, and its bed is not known or not free: the ward admits the patient"));
            return Vec::new();
        }
        let (id, now) = (AdmissionId::new(), known.now);
        let class = match self.class {
            "OBSENC" => "observation",
            "SS" => "day_case",
            _ => "inpatient",
        };
        let urgency = match self.priority.code() {
            "EM" => "emergency",
            "UR" => "urgent",
            _ => "routine",
        };
        let reason = if self.reason.is_empty() { "–" } else { self.reason };
        let state = if self.ended.is_some() { "discharged" } else { "admitted" };
        let source = self.source(known);
        let mut rows = vec![
            Row::Insert(
                Table::Admissions,
                row![
                    id,
                    format!("FHIR-{}", self.external),
                    known.clinic,
                    self.patient,
                    class,
                    source,
                    urgency,
                    reason,
                    ward,
                    ward,
                    known.zone.day(self.started),
                    "none",
                    self.doctor,
                    state,
                    self.started,
                    self.by,
                    self.started,
                    self.ended,
                    now,
                    self.by
                ],
            ),
            Row::Insert(Table::PastStays, row![id, self.patient, self.encounter, known.zone.day(now), now]),
        ];
        if let Some(bed) = free.filter(|_| self.ended.is_none()) {
            known.plan.names.taken.insert(bed);
            known.plan.lying.insert(self.patient);
            rows.push(Row::Insert(Table::AdmissionActs, row![Uuid::now_v7(), id, "admitted", ward, bed, self.started, self.by]));
            rows.push(Row::Insert(Table::BedUses, row![BedUseId::new(), known.clinic, bed, "stay", id, self.patient, now, UserId::SYSTEM]));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ward_has_a_short_code() {
        assert_eq!((code("Ward 3E").as_str(), code("Maternity Ward").as_str()), ("3E", "MATERNITY"));
        assert_eq!(code("Intensive care unit, north"), "INTENSIVE CA");
    }
}
