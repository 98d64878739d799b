//! The board of a ward: each bed with its use and its patient.

mod store;

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    admission::day_of_stay,
    births::hours_old,
    moves::AwayKind,
    plan::{Ward, ward},
    resuscitation::CareLevel,
    uses::UseKind,
};
use crate::{
    core::{AdmissionId, BedId, BedUseId, ClinicId, PatientId, Result, WardId, time::Instant},
    db::Tx,
    opd::News2,
    organisation::{BedKind, Isolation},
    patients::{self, AllergyStatus, Birth, Sex},
    server::{
        Ctx, Remembered,
        hooks::{BedWork, FallRisk},
    },
};

pub use store::{WardFigures, figures, lying_on};

/// The work at the beds of a ward in a minute: all screens of the ward show the same.
static WORK: Remembered<(WardId, i64), HashMap<AdmissionId, BedWork>> = Remembered::new();

/// A mark on a patient's tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A death is recorded; the patient still lies in the bed.
    Died,
    SevereAllergy,
    Allergy,
    AllergiesNotRecorded,
    Isolation(Isolation),
    /// The patient must not eat or drink: from a time that is ahead, and until when, if that is known.
    NilByMouth {
        from: Option<Instant>,
        until: Option<Instant>,
    },
    /// A fall is likely, by the last assessment.
    Falls(FallRisk),
    /// Not everything is done when the heart stops.
    Level(CareLevel),
    Namesake,
    /// The name is hidden.
    Private,
    /// The patient is away; the bed is kept.
    Away(AwayKind),
    /// A transfer to another ward is open.
    Transfer,
    /// A swap of the bed is proposed.
    Swap,
    /// An escalation is open: the patient got worse.
    Escalated,
    /// A discharge is decided.
    Leaving,
    /// A child of this mother was stillborn or has died.
    Bereaved,
}

/// The patient of a tile.
#[derive(Clone, Debug)]
pub struct Occupant {
    pub admission: AdmissionId,
    pub name: String,
    pub mrn: String,
    pub birth: Birth,
    pub sex: Sex,
    /// The day of the stay, from 1; none before the admission.
    pub day: Option<i64>,
    pub doctor: String,
    pub expected_on: Option<NaiveDate>,
    pub marks: Vec<Mark>,
    /// The age in hours, of a child that was born here in the last three days.
    pub hours: Option<i64>,
    /// The beds of the mother, or of the children.
    pub family: Vec<Relative>,
    /// The last early-warning score, and when its observations were taken.
    pub score: Option<(News2, Instant)>,
    /// The next set of observations, the score of a child, and the doses, as far as departments know them.
    pub work: BedWork,
}

/// The mother or a child of a patient, in a bed of the same ward.
#[derive(Clone, Debug)]
pub enum Relative {
    Mother(String),
    Child(String),
}

/// A use of the tile's bed.
#[derive(Clone, Debug)]
pub struct TileUse {
    pub id: BedUseId,
    pub kind: UseKind,
    pub began_at: Instant,
    pub due_at: Option<Instant>,
    pub terminal: bool,
    pub reason: String,
}

/// One bed of the board.
#[derive(Clone, Debug)]
pub struct Tile {
    pub bed: BedId,
    pub label: String,
    pub kind: BedKind,
    /// Whether it is an extra trolley, which is counted apart.
    pub overflow: bool,
    /// The time after which no patient is put on an extra trolley.
    pub temporary_until: Option<Instant>,
    pub class: String,
    pub open: Option<TileUse>,
    pub occupant: Option<Occupant>,
}

/// The board: rooms with their beds.
#[derive(Clone, Debug)]
pub struct Board {
    pub ward: Ward,
    pub rooms: Vec<(String, Vec<Tile>)>,
    /// Patients who are expected on the ward.
    pub arriving: i64,
}

impl Board {
    /// Returns all tiles.
    pub fn tiles(&self) -> impl Iterator<Item = &Tile> {
        self.rooms.iter().flat_map(|(_, tiles)| tiles)
    }

    /// Counts the ward's own beds, without the extra trolleys.
    pub fn beds(&self) -> usize {
        self.tiles().filter(|tile| !tile.overflow).count()
    }

    /// Counts the ward's own beds in a use; `None` counts the available ones.
    pub fn count(&self, kind: Option<UseKind>) -> usize {
        self.tiles().filter(|tile| !tile.overflow && tile.open.as_ref().map(|open| open.kind) == kind).count()
    }

    /// Counts the extra trolleys on which a patient lies, and all extra trolleys.
    pub fn trolleys(&self) -> (usize, usize) {
        let all = || self.tiles().filter(|tile| tile.overflow);
        (all().filter(|tile| tile.open.as_ref().is_some_and(|open| open.kind == UseKind::Stay)).count(), all().count())
    }
}

/// Reads the board of a ward of the reader's clinic and audits that its patients were seen.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when the ward is another clinic's.
pub async fn board(ctx: &mut Ctx, id: WardId) -> Result<Board> {
    let ward = ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(crate::core::Permission::ViewWard, ward.clinic_id)?;
    let (now, zone) = (ctx.now, crate::organisation::clinic(&mut ctx.tx, ward.clinic_id).await?.zone);
    let rows = store::tiles(&mut ctx.tx, id).await?;
    let ids: Vec<PatientId> = rows.iter().filter_map(|row| row.patient_id).collect();
    let people = patients::names_alone(&mut ctx.tx, &ids).await?;
    let alike = patients::namesakes(&mut ctx.tx, &ids).await?;
    let allergies: HashMap<PatientId, store::AllergyRow> =
        store::allergies(&mut ctx.tx, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let (departments, mark) = (ctx.state().departments, ctx.state().hub.mark());
    let asked = departments.bed_work(&mut ctx.tx, id, (now, zone));
    let work = WORK.at(mark, (id, now.timestamp() / 60), asked).await?;
    ctx.saw_live(ids, "ward_board").await?;
    let arriving = store::arriving(&mut ctx.tx, ward.clinic_id, id).await?;
    let lying: Vec<Lies> = rows
        .iter()
        .filter(|row| open_is_stay(row.use_kind))
        .filter_map(|row| Some(Lies { admission: row.admission_id?, mother: row.mother_id, bed: row.name.clone() }))
        .collect();
    let mut rooms: Vec<(String, Vec<Tile>)> = Vec::new();
    for row in rows {
        let occupant = row.patient_id.zip(row.admission_id).and_then(|(patient, admission)| {
            let line = people.get(&patient)?;
            let mut marks = Vec::new();
            if row.escalated && open_is_stay(row.use_kind) {
                marks.push(Mark::Escalated);
            }
            if let Some(known) = allergies.get(&patient) {
                if known.died {
                    marks.push(Mark::Died);
                }
                marks.extend(known.mark());
            }
            marks.extend(row.isolation.filter(|isolation| *isolation != Isolation::None).map(Mark::Isolation));
            if open_is_stay(row.use_kind) {
                marks.extend(row.fasting(now));
                marks.extend(work.get(&admission).and_then(|work| work.falls).map(Mark::Falls));
            }
            marks.extend(row.level.filter(|level| *level != CareLevel::Full).map(Mark::Level));
            if alike.contains(&patient) {
                marks.push(Mark::Namesake);
            }
            marks.extend(row.away.map(Mark::Away));
            if row.transfer_state.is_some() && open_is_stay(row.use_kind) {
                marks.push(Mark::Transfer);
            }
            if row.swap {
                marks.push(Mark::Swap);
            }
            if row.leaving.is_some() {
                marks.push(Mark::Leaving);
            }
            if row.bereaved {
                marks.push(Mark::Bereaved);
            }
            if row.private == Some(true) {
                marks.push(Mark::Private);
            }
            Some(Occupant {
                admission,
                name: line.name.listed(),
                mrn: line.mrn.clone(),
                birth: line.birth,
                sex: line.sex,
                day: row.admitted_at.map(|at| day_of_stay(at, now, zone)),
                doctor: row.doctor.clone().unwrap_or_default(),
                expected_on: row.expected_on,
                marks,
                hours: row.born_at.and_then(|born| hours_old(born, now)),
                family: family_of(&lying, admission, row.mother_id),
                score: row.score(),
                work: work.get(&admission).copied().filter(|_| open_is_stay(row.use_kind)).unwrap_or_default(),
            })
        });
        let open = row.open();
        let tile = Tile {
            bed: row.id,
            label: row.name,
            kind: row.kind,
            overflow: row.overflow,
            temporary_until: row.temporary_until,
            class: row.class_name,
            open,
            occupant,
        };
        match rooms.last_mut() {
            Some((room, tiles)) if *room == row.room => tiles.push(tile),
            _ => rooms.push((row.room, vec![tile])),
        }
    }
    Ok(Board { ward, rooms, arriving })
}

/// A patient who lies in a bed of the ward.
struct Lies {
    admission: AdmissionId,
    mother: Option<AdmissionId>,
    bed: String,
}

/// Returns the mother and the children of an admission who lie on the ward.
fn family_of(lying: &[Lies], admission: AdmissionId, mother: Option<AdmissionId>) -> Vec<Relative> {
    let mothers = lying.iter().filter(|one| Some(one.admission) == mother).map(|one| Relative::Mother(one.bed.clone()));
    let children = lying.iter().filter(|one| one.mother == Some(admission)).map(|one| Relative::Child(one.bed.clone()));
    mothers.chain(children).collect()
}

const fn open_is_stay(kind: Option<UseKind>) -> bool {
    matches!(kind, Some(UseKind::Stay))
}

impl store::TileRow {
    /// Returns the open use of the bed.
    fn open(&self) -> Option<TileUse> {
        let ((id, kind), began_at) = self.use_id.zip(self.use_kind).zip(self.began_at)?;
        let reason = self.use_reason.clone().unwrap_or_default();
        Some(TileUse { id, kind, began_at, due_at: self.due_at, terminal: self.terminal == Some(true), reason })
    }
}

impl store::TileRow {
    /// Returns the mark of a patient who must not eat or drink; none when its time is over.
    fn fasting(&self, now: Instant) -> Option<Mark> {
        let from = self.fasts_from?;
        let is_over = self.fasts_until.is_some_and(|until| until <= now);
        (!is_over).then_some(Mark::NilByMouth { from: Some(from).filter(|from| *from > now), until: self.fasts_until })
    }

    /// Returns the last early-warning score of the patient with its time.
    fn score(&self) -> Option<(News2, Instant)> {
        let total = self.score?;
        Some((News2 { total, single_red: self.single_red == Some(true) }, self.scored_at?))
    }
}

impl store::AllergyRow {
    /// Returns the mark: a severe allergy first; an open question is a mark too.
    const fn mark(&self) -> Option<Mark> {
        match (self.severe, self.active, self.allergy_status) {
            (1.., ..) => Some(Mark::SevereAllergy),
            (_, 1.., _) => Some(Mark::Allergy),
            (_, _, AllergyStatus::NoneKnown) => None,
            (_, _, AllergyStatus::NotRecorded | AllergyStatus::Recorded) => Some(Mark::AllergiesNotRecorded),
        }
    }
}

/// A bed on the wall: its label and its state, without the patient.
#[derive(Clone, Debug)]
pub struct WallTile {
    pub bed: BedId,
    /// The room and the bed.
    pub label: String,
    pub overflow: bool,
    pub open: Option<TileUse>,
    /// Whether a discharge is decided.
    pub leaving: bool,
}

impl WallTile {
    /// Returns the kind of the open use; none for an available bed.
    pub fn kind(&self) -> Option<UseKind> {
        self.open.as_ref().map(|open| open.kind)
    }
}

/// Reads the beds of a ward without their patients, and the number of those who are expected.
///
/// # Errors
/// When the database refuses.
pub async fn wall(tx: &mut Tx, ward: &Ward) -> Result<(Vec<WallTile>, i64)> {
    let arriving = store::arriving(tx, ward.clinic_id, ward.id).await?;
    let rows = store::tiles(tx, ward.id).await?;
    let tiles = rows.into_iter().map(|row| WallTile {
        bed: row.id,
        label: format!("{} · {}", row.room, row.name),
        overflow: row.overflow,
        open: row.open(),
        leaving: row.leaving.is_some(),
    });
    Ok((tiles.collect(), arriving))
}

/// Returns the figures of a clinic's wards, by the wards' ids.
///
/// # Errors
/// When the database refuses.
pub async fn figures_of(ctx: &mut Ctx, clinic: ClinicId) -> Result<HashMap<WardId, WardFigures>> {
    Ok(figures(&mut ctx.tx, clinic).await?.into_iter().map(|row| (row.ward_id, row)).collect())
}
