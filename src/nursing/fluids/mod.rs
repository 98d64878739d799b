//! The fluid balance: what a patient took in and lost, in millilitres, by the fluid day.

mod store;
pub mod urine;

use crate::{
    audit::Action,
    core::{AdmissionId, ClinicId, Error, FluidEntryId, PatientId, Permission, Result, error::FieldErrors, time::Instant},
    db::DbError,
    nursing::{
        bedside::{self, Whose},
        vocabulary::{FluidDirection, FluidKind},
    },
    organisation::Typed,
    server::Ctx,
    tr,
};

pub use store::{between, find, versions};

/// The largest volume of an entry.
const MOST_ML: i64 = 10_000;

/// A version of an entry.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FluidEntry {
    pub id: FluidEntryId,
    /// The first version.
    pub entry_id: FluidEntryId,
    pub version: i64,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub direction: FluidDirection,
    pub kind: FluidKind,
    /// None for a volume that was not measured.
    pub ml: Option<i64>,
    pub taken_at: Instant,
    pub recorded_at: Instant,
    pub recorder: String,
    /// Entered in error: it does not count.
    pub void: bool,
    pub reason: String,
    pub superseded_at: Option<Instant>,
}

/// The sums of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Millilitres.
    pub taken_in: i64,
    pub lost: i64,
    /// Entries without a volume.
    pub unmeasured: i64,
}

impl Balance {
    /// Adds up the entries that count. No loss that cannot be seen is added.
    pub fn of<'e>(entries: impl IntoIterator<Item = &'e FluidEntry>) -> Self {
        let mut sum = Self::default();
        for entry in entries.into_iter().filter(|entry| !entry.void && entry.superseded_at.is_none()) {
            match (entry.ml, entry.direction) {
                (Some(ml), FluidDirection::In) => sum.taken_in += ml,
                (Some(ml), FluidDirection::Out) => sum.lost += ml,
                (None, _) => sum.unmeasured += 1,
            }
        }
        sum
    }

    /// Adds the millilitres that infusions gave by themselves.
    pub const fn with_infused(self, ml: i64) -> Self {
        Self { taken_in: self.taken_in + ml, ..self }
    }

    /// Returns the intake minus the loss.
    pub const fn net(self) -> i64 {
        self.taken_in - self.lost
    }
}

/// The typed fields of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FluidForm {
    kind: FluidKind,
    ml: Option<i64>,
}

impl FluidForm {
    /// Reads the form. A volume is a whole number of millilitres; without one the entry must say that it was not measured. A weighed nappy
    /// counts a millilitre for each gram.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed) -> Result<Self> {
        let typed = |name: &str| fields.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<FluidKind>("kind", typed("kind"));
        let unmeasured = !typed("unmeasured").is_empty();
        let ml = typed("ml").parse::<i64>().ok().filter(|ml| (1..=MOST_ML).contains(ml));
        match (typed("ml").is_empty(), unmeasured, ml) {
            (true, false, _) => errors.add("ml", tr!(nursing.ml_or_unmeasured)),
            (false, true, _) => errors.add("unmeasured", tr!(nursing.ml_and_unmeasured)),
            (false, false, None) => errors.add("ml", tr!(nursing.number_between, least = 1, most = MOST_ML)),
            _ => {}
        }
        errors.finish()?;
        kind.map(|kind| Self { kind, ml }).ok_or(Error::NotFound)
    }
}

/// Records an entry. The same id a second time finds it recorded.
///
/// # Errors
/// [`Error::Invalid`] for a wrong time, [`Error::Conflict`] when the patient is not admitted.
pub async fn record(ctx: &mut Ctx, admission: AdmissionId, id: FluidEntryId, form: FluidForm, time: &str) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    match store::find(&mut ctx.tx, id).await? {
        Some(known) if known.admission_id == admission => return Ok(()),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    bed.must_be_admitted()?;
    let taken_at = bed.passed(ctx, "time", time)?;
    let new = store::NewEntry { id, entry: id, version: 1, form, taken_at, void: false, reason: "" };
    add(ctx, bed.whose(), &new).await
}

async fn add(ctx: &mut Ctx, whose: Whose, new: &store::NewEntry<'_>) -> Result<()> {
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, whose, new, stamp).await.map_err(DbError::of_form_key)?;
    let action = if new.version == 1 { Action::Create } else { Action::Update };
    bedside::record(ctx, action, "fluid_entry", new.id, whose);
    Ok(())
}

/// Corrects an entry, or (`None`) marks it as entered in error: another version supersedes it, and the time stays.
///
/// # Errors
/// [`Error::Conflict`] when the version was superseded.
pub async fn correct(ctx: &mut Ctx, id: FluidEntryId, form: Option<FluidForm>, reason: &str) -> Result<FluidEntry> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let entry = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let now = ctx.now;
    if entry.void || !store::supersede(&mut ctx.tx, id, now).await? {
        return Err(Error::conflict(tr!(nursing.corrected_before)));
    }
    let new = store::NewEntry {
        id: FluidEntryId::new(),
        entry: entry.entry_id,
        version: entry.version + 1,
        form: form.unwrap_or(FluidForm { kind: entry.kind, ml: entry.ml }),
        taken_at: entry.taken_at,
        void: form.is_none(),
        reason: &reason,
    };
    add(ctx, bed.whose(), &new).await?;
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: FluidKind, ml: Option<i64>) -> FluidEntry {
        let id = FluidEntryId::new();
        let at = Instant::default();
        FluidEntry {
            id,
            entry_id: id,
            version: 1,
            admission_id: AdmissionId::new(),
            patient_id: PatientId::new(),
            clinic_id: ClinicId::new(),
            direction: kind.direction(),
            kind,
            ml,
            taken_at: at,
            recorded_at: at,
            recorder: String::new(),
            void: false,
            reason: String::new(),
            superseded_at: None,
        }
    }

    #[test]
    fn the_balance_is_intake_minus_loss_and_says_what_was_not_measured() {
        let entries = [
            entry(FluidKind::Oral, Some(250)),
            entry(FluidKind::Iv, Some(1_000)),
            entry(FluidKind::Urine, Some(800)),
            entry(FluidKind::Vomit, None),
            entry(FluidKind::Urine, None),
            FluidEntry { void: true, ..entry(FluidKind::Oral, Some(9_000)) },
            FluidEntry { superseded_at: Some(Instant::default()), ..entry(FluidKind::Drain, Some(9_000)) },
        ];
        let sum = Balance::of(&entries);
        assert_eq!(sum, Balance { taken_in: 1_250, lost: 800, unmeasured: 2 });
        assert_eq!(sum.net(), 450);
        assert_eq!(Balance::of(&[entry(FluidKind::BloodLoss, Some(300))]).net(), -300);
        assert_eq!(Balance::of(&[]), Balance::default());
    }

    #[test]
    fn an_entry_has_a_volume_or_says_that_it_was_not_measured() {
        let read = |fields: &[(&str, &str)]| {
            FluidForm::read(&fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        assert_eq!(read(&[("kind", "urine"), ("ml", "200")]), Ok(FluidForm { kind: FluidKind::Urine, ml: Some(200) }));
        assert_eq!(read(&[("kind", "urine"), ("unmeasured", "true")]), Ok(FluidForm { kind: FluidKind::Urine, ml: None }));
        for wrong in [
            &[("kind", "urine")][..],
            &[("kind", "urine"), ("ml", "0")],
            &[("kind", "urine"), ("ml", "10001")],
            &[("kind", "urine"), ("ml", "1.5")],
            &[("kind", "urine"), ("ml", "20"), ("unmeasured", "true")],
            &[("kind", "tea"), ("ml", "20")],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
