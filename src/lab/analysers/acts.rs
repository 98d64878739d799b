//! Acts of the laboratory's head on analysers: settings, codes, names of control material.

use super::{
    Analyser,
    form::{AnalyserForm, CodeForm},
    store,
};
use crate::{
    audit::Action,
    core::{Error, LabAnalyserControlId, LabAnalyserId, LabCodeMapId, Permission, Result, error::FieldErrors},
    db::{DbError, Locked},
    lab::LAB,
    server::{Ctx, Event},
    tr,
};

fn changed() -> Error {
    Error::conflict(tr!(lab.analyser_changed))
}

/// Locks an analyser of the clinic.
async fn turn(ctx: &mut Ctx, id: LabAnalyserId) -> Result<(Locked<LabAnalyserId>, Analyser)> {
    let found = store::analyser(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageCatalogue, found.clinic_id)?;
    let lock = ctx.tx.lock(id).await?;
    Ok((lock, store::analyser(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?))
}

/// Adds an analyser (`version` 0), or changes one. The same form of a new one sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed it.
pub async fn save(ctx: &mut Ctx, id: LabAnalyserId, version: i64, form: &AnalyserForm) -> Result<()> {
    let stamp = ctx.stamp();
    let mut clinic = ctx.clinic.id;
    if version == 0 {
        if let Some(there) = store::analyser(&mut ctx.tx, id).await? {
            return if there.clinic_id == clinic && there.name == form.name { Ok(()) } else { Err(Error::key_used()) };
        }
    } else {
        clinic = turn(ctx, id).await?.1.clinic_id;
    }
    let taken = |error: DbError| if error.is_unique() { Error::invalid("name", tr!(lab.analyser_name_taken)) } else { error.into() };
    if !store::save(&mut ctx.tx, (id, clinic, version), form, stamp).await.map_err(taken)? {
        return Err(changed());
    }
    ctx.did(if version == 0 { Action::Create } else { Action::Update }, "lab_analyser", id, None);
    ctx.tell(Event::new(&LAB).at(clinic).about(id));
    Ok(())
}

/// Retires an analyser, or brings it back. A retired one is not listened to.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn retire(ctx: &mut Ctx, id: LabAnalyserId, version: i64, is_retired: bool) -> Result<()> {
    let (lock, found) = turn(ctx, id).await?;
    let stamp = ctx.stamp();
    if !store::set_retired(&mut ctx.tx, lock, version, is_retired.then_some(stamp.at), stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_analyser", id, None);
    ctx.tell(Event::new(&LAB).at(found.clinic_id).about(id));
    Ok(())
}

/// Maps a code of an analyser to a test. The same form sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with `code` when it is mapped in this unit already.
pub async fn map_code(ctx: &mut Ctx, analyser: LabAnalyserId, key: LabCodeMapId, form: &CodeForm) -> Result<()> {
    turn(ctx, analyser).await?;
    let stamp = ctx.stamp();
    if store::code_maps(&mut ctx.tx, analyser).await?.iter().any(|map| map.id == key) {
        return Ok(());
    }
    let taken = |error: DbError| if error.is_unique() { Error::invalid("code", tr!(lab.code_mapped)) } else { error.into() };
    store::insert_map(&mut ctx.tx, (key, analyser), form, stamp).await.map_err(taken)?;
    ctx.did(Action::Create, "lab_code_map", key, None);
    Ok(())
}

/// Removes a code of an analyser.
///
/// # Errors
/// [`Error::Conflict`] when it is removed already.
pub async fn unmap_code(ctx: &mut Ctx, analyser: LabAnalyserId, id: LabCodeMapId) -> Result<()> {
    let (lock, _) = turn(ctx, analyser).await?;
    if !store::delete_map(&mut ctx.tx, lock, id).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_code_map", id, None);
    Ok(())
}

/// Adds the name under which an analyser sends a level of control material. The same form sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn add_control(ctx: &mut Ctx, analyser: LabAnalyserId, key: LabAnalyserControlId, sample: &str, level: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let sample = errors.required_line("sample", sample, 40);
    let level = level.trim().parse::<i64>().ok().filter(|level| (1..=3).contains(level));
    if level.is_none() {
        errors.add("level", tr!(errors.choose));
    }
    errors.finish()?;
    turn(ctx, analyser).await?;
    let stamp = ctx.stamp();
    if store::controls(&mut ctx.tx, analyser).await?.iter().any(|control| control.id == key) {
        return Ok(());
    }
    let taken = |error: DbError| if error.is_unique() { Error::invalid("sample", tr!(lab.control_named)) } else { error.into() };
    let named = (sample.as_str(), level.unwrap_or(1));
    store::insert_control(&mut ctx.tx, (key, analyser), named, stamp).await.map_err(taken)?;
    ctx.did(Action::Create, "lab_analyser_control", key, None);
    Ok(())
}

/// Removes such a name.
///
/// # Errors
/// [`Error::Conflict`] when it is removed already.
pub async fn remove_control(ctx: &mut Ctx, analyser: LabAnalyserId, id: LabAnalyserControlId) -> Result<()> {
    let (lock, _) = turn(ctx, analyser).await?;
    if !store::delete_control(&mut ctx.tx, lock, id).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "lab_analyser_control", id, None);
    Ok(())
}
