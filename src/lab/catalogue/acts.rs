//! Acts on the catalogue: save, confirm, retire. Each change of a clinical figure ends the confirmation of its test.

use super::{
    Catalogue, LabTest,
    form::{DeltaForm, RangeForm, TestForm},
    store,
};
use crate::{
    audit::{Action, FieldChange},
    core::{ClinicId, Error, LabDeltaId, LabRangeId, LabTestId, Result},
    db::{DbError, Locked},
    lab::value::exact,
    server::Ctx,
    tr,
};

/// Locks a test and reads the catalogue after that.
async fn locked(ctx: &mut Ctx, id: LabTestId) -> Result<(Locked<LabTestId>, Catalogue)> {
    let lock = ctx.tx.lock(id).await?;
    Ok((lock, Catalogue::read(&mut ctx.tx).await?))
}

fn changed() -> Error {
    Error::conflict(tr!(lab.test_changed))
}

/// The fields of a test as the audit log compares them.
fn values(test: &LabTest) -> Vec<(&'static str, String)> {
    let limit = |limit: Option<i64>| limit.map(exact).unwrap_or_default();
    vec![
        ("name_en", test.name_en.clone()),
        ("name_es", test.name_es.clone()),
        ("loinc", test.loinc.clone()),
        ("decimals", test.decimals.to_string()),
        ("bench", test.bench.clone()),
        ("method", test.method.clone()),
        ("tat_stat", test.tat_stat.to_string()),
        ("tat_urgent", test.tat_urgent.to_string()),
        ("tat_routine", test.tat_routine.to_string()),
        ("linear_low", limit(test.linear_low)),
        ("linear_high", limit(test.linear_high)),
        ("plausible_low", limit(test.plausible_low)),
        ("plausible_high", limit(test.plausible_high)),
        ("duplicate_hours", test.duplicate_hours.to_string()),
        ("portal_rule", test.portal_rule.as_str().to_owned()),
        ("portal_hours", test.portal_hours.to_string()),
        ("source", test.source.clone()),
    ]
}

fn differences(before: &LabTest, after: &LabTest) -> Vec<FieldChange> {
    values(before)
        .into_iter()
        .zip(values(after))
        .filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| FieldChange { field: field.to_owned(), before, after })
        .collect()
}

/// Adds a test (`version` 0), or changes one. Nothing is written when nothing changed.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed the test.
pub async fn save_test(ctx: &mut Ctx, id: LabTestId, version: i64, form: &TestForm) -> Result<()> {
    let stamp = ctx.stamp();
    if version == 0 {
        let known = Catalogue::read(&mut ctx.tx).await?;
        if let Ok(there) = known.test(id) {
            return if there.code == form.code { Ok(()) } else { Err(Error::key_used()) };
        }
        let taken = |error: DbError| match error.violates("lab_tests_code") || error.is_unique() {
            true => Error::invalid("code", tr!(lab.code_taken)),
            false => error.into(),
        };
        store::insert_test(&mut ctx.tx, id, form, stamp).await.map_err(taken)?;
        ctx.did(Action::Create, "lab_test", id, None);
        return Ok(());
    }
    let (lock, catalogue) = locked(ctx, id).await?;
    let before = catalogue.test(id)?.clone();
    let fixed =
        (before.code == form.code, before.result_type == form.result_type, before.unit == form.unit, before.specimen == form.specimen);
    for (same, field) in [(fixed.0, "code"), (fixed.1, "result_type"), (fixed.2, "unit"), (fixed.3, "specimen")] {
        if !same {
            return Err(Error::invalid(field, tr!(lab.field_fixed)));
        }
    }
    let after = LabTest {
        name_en: form.name_en.clone(),
        name_es: form.name_es.clone(),
        loinc: form.loinc.clone(),
        loinc_name: form.loinc_name.clone(),
        decimals: form.decimals,
        container_id: form.container_id,
        bench: form.bench.clone(),
        method: form.method.clone(),
        tat_stat: form.tat_stat,
        tat_urgent: form.tat_urgent,
        tat_routine: form.tat_routine,
        linear_low: form.linear.0,
        linear_high: form.linear.1,
        plausible_low: form.plausible.0,
        plausible_high: form.plausible.1,
        duplicate_hours: form.duplicate_hours,
        portal_rule: form.portal_rule,
        portal_hours: form.portal_hours,
        source: form.source.clone(),
        ..before.clone()
    };
    if after == before {
        return Ok(());
    }
    if !store::update_test(&mut ctx.tx, lock, version, form, stamp).await? {
        return Err(changed());
    }
    ctx.did_change(Action::Update, "lab_test", id, &differences(&before, &after));
    Ok(())
}

/// Confirms a test with its ranges, limits and rules: the head of the laboratory takes responsibility for them.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed the test.
pub async fn confirm(ctx: &mut Ctx, id: LabTestId, version: i64, autorelease: bool) -> Result<()> {
    let (lock, catalogue) = locked(ctx, id).await?;
    let test = catalogue.test(id)?;
    if test.is_confirmed() && test.autorelease == autorelease && test.version == version + 1 {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::confirm(&mut ctx.tx, lock, version, autorelease, stamp).await? {
        return Err(changed());
    }
    let words = |on: bool| if on { "true".to_owned() } else { String::new() };
    let changes = [("confirmed", test.is_confirmed(), true), ("autorelease", test.autorelease, autorelease)]
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| FieldChange { field: field.to_owned(), before: words(before), after: words(after) });
    ctx.did_change(Action::Update, "lab_test", id, &changes.collect::<Vec<_>>());
    Ok(())
}

/// Retires a test, or takes it back into use. A test with open analyses is not retired.
///
/// # Errors
/// [`Error::Conflict`] when it has open analyses, or somebody else changed it.
pub async fn retire(ctx: &mut Ctx, id: LabTestId, version: i64, retired: bool) -> Result<()> {
    let (lock, catalogue) = locked(ctx, id).await?;
    let test = catalogue.test(id)?;
    if test.is_retired() == retired {
        return Ok(());
    }
    let open = if retired { store::open_analyses(&mut ctx.tx, id).await? } else { 0 };
    if open > 0 {
        return Err(Error::conflict(tr!(lab.test_in_use, count = open)));
    }
    let stamp = ctx.stamp();
    if !store::set_retired(&mut ctx.tx, lock, version, retired, stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_test", id, None);
    Ok(())
}

fn range_words(form: &RangeForm) -> String {
    let limits = [form.limits.critical_low, form.limits.low, form.limits.high, form.limits.critical_high];
    let limits = limits.map(|limit| limit.map_or_else(|| "-".to_owned(), exact)).join(" ");
    let to = form.age_to_days.map_or_else(String::new, |to| to.to_string());
    format!("{} {}-{to} d {}: {limits} {}", form.sex, form.age_from_days, form.condition, form.text)
}

/// Adds a range. A range in use of the same method, sex, age and condition gets its last day before that of the new one.
///
/// # Errors
/// [`Error::Conflict`] when it overlaps with another range that is not the same age.
pub async fn add_range(ctx: &mut Ctx, id: LabTestId, key: LabRangeId, form: &RangeForm) -> Result<bool> {
    let (lock, catalogue) = locked(ctx, id).await?;
    let stamp = ctx.stamp();
    let ranges = catalogue.ranges_of(id);
    if ranges.iter().any(|range| range.id == key) {
        return Ok(false);
    }
    let same_group = |range: &&crate::lab::range::ReferenceRange| {
        (&range.method, range.sex, range.condition, range.age_from_days, range.age_to_days)
            == (&form.method, form.sex, form.condition, form.age_from_days, form.age_to_days)
            && range.valid_to.is_none_or(|to| to >= form.valid_from)
    };
    if let Some(old) = ranges.iter().find(same_group) {
        if (old.limits, &old.text) == (form.limits, &form.text) {
            return Ok(false);
        }
        let last = form.valid_from.pred_opt().filter(|last| *last >= old.valid_from);
        match last {
            Some(last) => store::end_range(&mut ctx.tx, lock, old.id, last).await?,
            // It never held before this day.
            None => store::retire_range(&mut ctx.tx, lock, old.id, stamp.at).await?,
        };
    }
    let overlaps = |error: DbError| match error.violates("ranges_no_overlap") {
        true => Error::conflict(tr!(lab.range_overlaps)),
        false => error.of_form_key(),
    };
    store::insert_range(&mut ctx.tx, key, lock, form, stamp).await.map_err(overlaps)?;
    let change = FieldChange { field: "range".to_owned(), before: String::new(), after: range_words(form) };
    ctx.did_change(Action::Update, "lab_test", id, &[change]);
    Ok(true)
}

/// Retires a range that was wrong from its first day.
///
/// # Errors
/// [`Error::Conflict`] when it is retired already.
pub async fn retire_range(ctx: &mut Ctx, id: LabTestId, range: LabRangeId) -> Result<()> {
    let (lock, _) = locked(ctx, id).await?;
    let now = ctx.now;
    if !store::retire_range(&mut ctx.tx, lock, range, now).await? {
        return Err(changed());
    }
    let change = FieldChange { field: "range".to_owned(), before: range.to_string(), after: String::new() };
    ctx.did_change(Action::Update, "lab_test", id, &[change]);
    Ok(())
}

/// Adds a delta rule.
///
/// # Errors
/// When the database refuses.
pub async fn add_delta(ctx: &mut Ctx, id: LabTestId, key: LabDeltaId, form: &DeltaForm) -> Result<bool> {
    let (lock, catalogue) = locked(ctx, id).await?;
    let same = |rule: &crate::lab::delta::DeltaRule| {
        rule.id == key || (rule.absolute, rule.percent, rule.window_days) == (form.absolute, form.percent, form.window_days)
    };
    if catalogue.deltas_of(id).iter().any(same) {
        return Ok(false);
    }
    store::insert_delta(&mut ctx.tx, key, lock, form).await.map_err(DbError::of_form_key)?;
    let amount = form.absolute.map(exact).unwrap_or_default();
    let percent = form.percent.map(|percent| format!("{percent} %")).unwrap_or_default();
    let change =
        FieldChange { field: "delta".to_owned(), before: String::new(), after: format!("{amount} {percent} {} d", form.window_days) };
    ctx.did_change(Action::Update, "lab_test", id, &[change]);
    Ok(true)
}

/// Retires a delta rule.
///
/// # Errors
/// [`Error::Conflict`] when it is retired already.
pub async fn retire_delta(ctx: &mut Ctx, id: LabTestId, rule: LabDeltaId) -> Result<()> {
    let (lock, _) = locked(ctx, id).await?;
    let now = ctx.now;
    if !store::retire_delta(&mut ctx.tx, lock, rule, now).await? {
        return Err(changed());
    }
    let change = FieldChange { field: "delta".to_owned(), before: rule.to_string(), after: String::new() };
    ctx.did_change(Action::Update, "lab_test", id, &[change]);
    Ok(())
}

/// Whether one person of the clinic's laboratory may enter and release a result, and the version of the setting.
///
/// # Errors
/// When the database refuses.
pub async fn single_handed(ctx: &mut Ctx, clinic: ClinicId) -> Result<(bool, i64)> {
    store::single_handed(&mut ctx.tx, clinic).await
}

/// Sets whether one person of the clinic's laboratory may enter and release a result.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed the setting.
pub async fn set_single_handed(ctx: &mut Ctx, clinic: ClinicId, version: i64, on: bool) -> Result<()> {
    let (before, there) = store::single_handed(&mut ctx.tx, clinic).await?;
    if before == on {
        return Ok(());
    }
    let stamp = ctx.stamp();
    let lost = || Error::conflict(tr!(lab.setting_changed));
    if there != version {
        return Err(lost());
    }
    let written = store::set_single_handed(&mut ctx.tx, clinic, version, on, stamp).await;
    if !written.map_err(|error| if error.is_unique() { lost() } else { error.into() })? {
        return Err(lost());
    }
    let words = |on: bool| if on { "true".to_owned() } else { String::new() };
    let change = FieldChange { field: "single_handed".to_owned(), before: words(before), after: words(on) };
    ctx.did_change(Action::Update, "lab_settings", clinic, &[change]);
    Ok(())
}
