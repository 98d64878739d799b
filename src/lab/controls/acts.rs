//! The acts of quality control: lots, runs, excluded points, and results that are released in spite of a rejected control.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{
    ControlLot, ControlPoint, ControlVerdict, Deviation, Holds, LotState, LotTarget,
    store::{self, NewRun},
    westgard::judge,
};
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, LabControlLotId, LabControlPointId, LabControlRunId, LabResultId, LabTestId, Permission, Result,
        error::FieldErrors, time::parse_date,
    },
    db::DbError,
    lab::{
        LAB,
        catalogue::Catalogue,
        results,
        value::{Comparator, Measured, number, round},
        vocabulary::ResultType,
    },
    organisation::{self, Typed},
    server::{Ctx, Event},
    tr,
};

/// The points, and the days, from which the laboratory works out its own target.
pub const ESTABLISHING: (usize, usize) = (20, 10);
/// The runs before a run that the rules look at.
const LOOK_BACK: i64 = 12;

/// The fields of a new lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotForm {
    pub test: LabTestId,
    pub material: String,
    pub level: i64,
    pub lot: String,
    pub expires_on: NaiveDate,
    pub target: LotTarget,
    pub mean: Option<i64>,
    pub sd: Option<i64>,
}

impl LotForm {
    /// Reads the form: the test by its code. The maker's target has a mean and a standard deviation.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed, catalogue: &Catalogue, today: NaiveDate) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let code = value("test");
        let test = catalogue.in_use().find(|test| test.code.eq_ignore_ascii_case(code));
        let test = test.filter(|test| test.result_type == ResultType::Quantity && test.formula().is_none());
        if test.is_none() {
            errors.add("test", tr!(lab.control_test_wrong));
        }
        let material = errors.required_line("material", value("material"), 80);
        let lot = errors.required_line("lot", value("lot"), 40);
        let level = value("level").parse::<i64>().ok().filter(|level| (1..=3).contains(level));
        if level.is_none() {
            errors.add("level", tr!(errors.choose));
        }
        let expires_on = errors.check(parse_date("expires_on", value("expires_on")));
        if expires_on.is_some_and(|day| day < today) {
            errors.add("expires_on", tr!(lab.control_expired));
        }
        let target = errors.chosen::<LotTarget>("target", value("target"));
        let (mut mean, mut sd) = (None, None);
        if target == Some(LotTarget::Maker) {
            mean = number(&value("mean").replace(',', "."));
            sd = number(&value("sd").replace(',', ".")).filter(|sd| *sd > 0);
            for (name, read) in [("mean", mean), ("sd", sd)] {
                if read.is_none() {
                    errors.add(name, tr!(lab.limit_wrong));
                }
            }
        }
        errors.finish()?;
        let (Some(test), Some(level), Some(expires_on), Some(target)) = (test, level, expires_on, target) else {
            return Err(Error::NotFound);
        };
        Ok(Self { test: test.id, material, level, lot, expires_on, target, mean, sd })
    }
}

fn refused(error: DbError) -> Error {
    let is_there = error.is_unique() || error.violates("control_targets_no_overlap");
    if is_there { Error::conflict(tr!(lab.control_lot_there)) } else { error.into() }
}

fn changed() -> Error {
    Error::conflict(tr!(lab.control_changed))
}

/// Acts on the controls of one test at one clinic take turns.
async fn turn(ctx: &mut Ctx, clinic: ClinicId, test: LabTestId) -> Result<()> {
    ctx.tx.take_turn("laboratory controls", &format!("{clinic} {test}")).await
}

fn tell(ctx: &mut Ctx, clinic: ClinicId, test: LabTestId) {
    ctx.tell(Event::new(&LAB).at(clinic).about(test));
}

/// Adds a lot. With the maker's target it counts at once. The same form sent again changes nothing.
///
/// # Errors
/// [`Error::Conflict`] when another lot of this level counts, or the lot is there already.
pub async fn add_lot(ctx: &mut Ctx, id: LabControlLotId, form: &LotForm) -> Result<bool> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    turn(ctx, clinic, form.test).await?;
    if let Some(there) = store::lot(&mut ctx.tx, id).await? {
        let same = there.clinic_id == clinic && there.test_id == form.test && there.lot == form.lot && there.level == form.level;
        return if same { Ok(false) } else { Err(Error::key_used()) };
    }
    store::insert_lot(&mut ctx.tx, (id, clinic), form, stamp).await.map_err(refused)?;
    ctx.did(Action::Create, "lab_control_lot", id, None);
    tell(ctx, clinic, form.test);
    Ok(true)
}

/// Locks a lot of the clinic.
async fn lot(ctx: &mut Ctx, id: LabControlLotId) -> Result<ControlLot> {
    let found = store::lot(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageCatalogue, found.clinic_id)?;
    turn(ctx, found.clinic_id, found.test_id).await?;
    store::lot(&mut ctx.tx, id).await?.ok_or(Error::NotFound)
}

/// Returns mean and standard deviation of values, in millionths.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a target has fewer digits than a float")]
fn statistics(values: &[i64]) -> Option<(i64, i64)> {
    let count = i64::try_from(values.len()).ok().filter(|count| *count > 1)?;
    let mean = round(values.iter().sum::<i64>() / count, 6);
    let squares: f64 = values.iter().map(|value| ((value - mean) as f64).powi(2)).sum();
    let sd = (squares / (count - 1) as f64).sqrt().round() as i64;
    (sd > 0).then_some((mean, sd))
}

/// Gives a lot its own target, worked out from its first points: from then on the rules judge it.
///
/// # Errors
/// [`Error::Conflict`] with fewer than 20 points on 10 days, when they do not differ, or when another lot of this level counts.
pub async fn activate_lot(ctx: &mut Ctx, id: LabControlLotId) -> Result<LabTestId> {
    let found = lot(ctx, id).await?;
    let zone = organisation::clinic(&mut ctx.tx, found.clinic_id).await?.zone;
    let points = store::points_of_lot(&mut ctx.tx, id).await?;
    let days: BTreeSet<NaiveDate> = points.iter().map(|point| zone.day(point.at)).collect();
    if points.len() < ESTABLISHING.0 || days.len() < ESTABLISHING.1 {
        let (points, days) = (points.len(), days.len());
        return Err(Error::conflict(tr!(lab.control_too_few, points = points, days = days)));
    }
    let values: Vec<i64> = points.iter().map(|point| point.millionths).collect();
    let (mean, sd) = statistics(&values).ok_or_else(|| Error::conflict(tr!(lab.control_no_spread)))?;
    let lock = ctx.tx.lock(id).await?;
    if !store::set_target(&mut ctx.tx, lock, mean, sd).await.map_err(refused)? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_control_lot", id, None);
    tell(ctx, found.clinic_id, found.test_id);
    Ok(found.test_id)
}

/// Closes a lot that is used up.
///
/// # Errors
/// [`Error::Conflict`] when it is closed already.
pub async fn close_lot(ctx: &mut Ctx, id: LabControlLotId) -> Result<LabTestId> {
    let found = lot(ctx, id).await?;
    let stamp = ctx.stamp();
    let lock = ctx.tx.lock(id).await?;
    if !store::close(&mut ctx.tx, lock, stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_control_lot", id, None);
    tell(ctx, found.clinic_id, found.test_id);
    Ok(found.test_id)
}

/// Returns the deviations of the last runs, in the order of time, without excluded points and without lots that have no target.
fn history(points: &[ControlPoint]) -> Vec<Vec<Deviation>> {
    let mut runs: Vec<(i64, Vec<Deviation>)> = Vec::new();
    for point in points.iter().filter(|point| point.excluded_at.is_none()) {
        let Some(deviation) = point.deviation() else { continue };
        match runs.last_mut().filter(|(nth, _)| *nth == point.nth) {
            Some((_, run)) => run.push(deviation),
            None => runs.push((point.nth, vec![deviation])),
        }
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

/// Records a run of controls, and judges it. `typed` has the fields `value-LOT`. The same form sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field of each wrong value, or with `action` when the run before was rejected and nobody says what was done.
pub async fn run(ctx: &mut Ctx, test: LabTestId, id: LabControlRunId, typed: &Typed) -> Result<ControlVerdict> {
    let (stamp, clinic, today) = (ctx.stamp(), ctx.clinic.id, ctx.today());
    turn(ctx, clinic, test).await?;
    if store::is_run(&mut ctx.tx, id).await? {
        return Err(Error::key_used());
    }
    let mut errors = FieldErrors::new();
    let mut measured: Vec<(ControlLot, Measured)> = Vec::new();
    for lot in store::lots_of(&mut ctx.tx, clinic, Some(test)).await? {
        let field = format!("value-{}", lot.id);
        let text = typed.get(&field).map_or("", |value| value.trim());
        if text.is_empty() {
            continue;
        }
        if lot.expires_on < today {
            errors.add(&field, tr!(lab.control_expired));
        }
        let Some(value) = errors.check(Measured::parse(&field, text)) else { continue };
        if value.comparator == Comparator::Exactly {
            measured.push((lot, value));
        } else {
            errors.add(&field, tr!(lab.limit_wrong));
        }
    }
    let was_rejected =
        store::states(&mut ctx.tx, clinic).await?.iter().any(|state| state.test_id == test && state.verdict == ControlVerdict::Rejected);
    let action = typed.get("action").map_or("", String::as_str);
    let action = if was_rejected { errors.required_line("action", action, 500) } else { errors.line("action", action, 500) };
    errors.finish()?;
    if measured.is_empty() {
        return Err(Error::conflict(tr!(lab.nothing_entered)));
    }
    let nth = store::last_nth(&mut ctx.tx, clinic, test).await? + 1;
    let mut runs = history(&store::points_of(&mut ctx.tx, clinic, test, LOOK_BACK).await?);
    let deviation =
        |(lot, value): &(ControlLot, Measured)| Some(Deviation { level: lot.level, distance: value.millionths - lot.mean?, sd: lot.sd? });
    runs.push(measured.iter().filter(|(lot, _)| lot.state == LotState::Active).filter_map(deviation).collect());
    let (verdict, rule) = judge(&runs);
    let new = NewRun { id, clinic, test, nth, verdict, rule, action: &action };
    store::insert_run(&mut ctx.tx, &new, stamp).await.map_err(DbError::of_form_key)?;
    for (lot, value) in &measured {
        store::insert_point(&mut ctx.tx, id, lot, &value.text, value.millionths).await?;
    }
    ctx.did(Action::Create, "lab_control_run", id, None);
    tell(ctx, clinic, test);
    Ok(verdict)
}

/// Excludes a point: it is drawn, and no later run is judged by it. The verdict of its own run stays.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when it is excluded already.
pub async fn exclude_point(ctx: &mut Ctx, id: LabControlPointId, reason: &str) -> Result<LabTestId> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let (_, clinic, test) = store::point(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageCatalogue, clinic)?;
    turn(ctx, clinic, test).await?;
    let stamp = ctx.stamp();
    let lock = ctx.tx.lock(id).await?;
    if !store::exclude(&mut ctx.tx, lock, &reason, stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_control_point", id, None);
    tell(ctx, clinic, test);
    Ok(test)
}

/// Allows one checked result to be released although its control was rejected.
///
/// # Errors
/// [`Error::Invalid`] without a reason; [`Error::Conflict`] when nothing holds the result.
pub async fn override_hold(ctx: &mut Ctx, id: LabResultId, reason: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", reason, 500);
    errors.finish()?;
    let result = results::result(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReleaseResults, result.clinic_id)?;
    ctx.reach([result.patient_id]).await?;
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let is_held = Holds::read(&mut ctx.tx, result.clinic_id).await?.hold(&catalogue, result.test_id);
    if !is_held || result.released_at.is_some() || result.superseded_at.is_some() {
        return Err(Error::conflict(tr!(lab.not_held)));
    }
    let stamp = ctx.stamp();
    store::insert_override(&mut ctx.tx, id, &reason, stamp)
        .await
        .map_err(|error| if error.is_unique() { changed() } else { error.into() })?;
    ctx.did(Action::Sign, "lab_override", id, Some(result.patient_id));
    ctx.tell(Event::new(&LAB).at(result.clinic_id).of(result.patient_id).about(result.analysis_id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::statistics;

    #[test]
    fn a_target_is_worked_out_from_points() {
        assert_eq!(
            statistics(&[2_000_000, 4_000_000, 4_000_000, 4_000_000, 5_000_000, 5_000_000, 7_000_000, 9_000_000]),
            Some((5_000_000, 2_138_090))
        );
        assert_eq!(statistics(&[1, 1, 1]), None);
        assert_eq!(statistics(&[1]), None);
    }
}
