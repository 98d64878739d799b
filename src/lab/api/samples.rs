//! The functions for samples: order, collect, send, receive, reject.

use leptos::prelude::*;

use crate::{
    clinical,
    core::{
        Error, LabDrawId, LabSampleId, PatientId, Permission, Result, VisitId, error::FieldErrors, form::chosen, time::parse_date,
        time::parse_time,
    },
    lab::{
        number,
        requests::{self, RequestForm},
        samples::{self, Drawn, TubeFor},
        vocabulary::{IdentifiedBy, Rejection},
    },
    organisation::Typed,
    server::{Ctx, is_own_page, redirect_to},
    tr,
};

/// Orders tests and panels for the patient of a visit.
#[server(endpoint = "lab/order")]
pub async fn order(visit_id: VisitId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let form = RequestForm::read(&ctx, &fields)?;
    let (patient, place) = clinical::order_place(&mut ctx, visit_id).await?;
    requests::order(&mut ctx, patient, place, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/consultation/{visit_id}?done={}", if form.is_draft { "drafted" } else { "ordered" }));
    Ok(())
}

/// Goes to the patient or the sample that was scanned.
#[server(endpoint = "lab/find_patient")]
pub async fn find_patient(#[server(default)] scanned: String) -> Result<(), Error> {
    let mut ctx = Ctx::read(Permission::CollectSamples).await?;
    let clinic = ctx.clinic.id;
    let found = samples::patient_scanned(&mut ctx.tx, clinic, scanned.trim()).await?;
    let patient = found.ok_or_else(|| Error::invalid("scanned", tr!(lab.nothing_expected)))?;
    ctx.reach([patient]).await?;
    redirect_to(&format!("/lab/collect/{patient}"));
    Ok(())
}

/// Records a collection: the wristband, then the tubes.
#[server(endpoint = "lab/collect")]
pub async fn collect(
    patient_id: PatientId,
    /// The draw's id, made with the form.
    #[server(default)]
    key: String,
    #[server(default)] patient: String,
    #[server(default)] numbers: String,
    #[server(default)] identified_by: String,
    #[server(default)] site: String,
    #[server(default)] pregnancy: String,
    #[server(default)] pregnancy_source: String,
    #[server(default)] collected_day: String,
    #[server(default)] collected_time: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CollectSamples).await?;
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<LabDrawId>("key", &key);
    let identified_by = errors.chosen::<IdentifiedBy>("identified_by", &identified_by);
    let site = errors.line("site", &site, 80);
    let patient = errors.line("patient", &patient, 40);
    let pregnancy = samples::read_pregnancy(&pregnancy, &pregnancy_source, &mut errors);
    let mut read = Vec::new();
    for typed in numbers.split(|c: char| c.is_whitespace() || c == ',').filter(|typed| !typed.is_empty()) {
        if let Some(number) = errors.check(number::read("numbers", typed))
            && !read.contains(&number)
        {
            read.push(number);
        }
    }
    let at = match (collected_day.trim(), collected_time.trim()) {
        ("", "") => None,
        (day, time) => {
            let day = if day.is_empty() { Some(ctx.today()) } else { errors.check(parse_date("collected_day", day)) };
            let time = errors.check(parse_time("collected_time", time));
            day.zip(time).and_then(|(day, time)| ctx.zone().instant(day.and_time(time)))
        }
    };
    errors.finish()?;
    let (Some(key), Some(identified_by)) = (key, identified_by) else { return Err(Error::NotFound) };
    let drawn = Drawn { key, patient, numbers: read, identified_by, site, pregnancy, at };
    let collected = samples::collect(&mut ctx, &drawn).await?;
    if collected.patient != patient_id {
        return Err(Error::invalid("patient", tr!(lab.other_patients_band)));
    }
    if collected.count > 0 {
        ctx.commit().await?;
    }
    redirect_to(&format!("/lab/collect/{patient_id}?done=collected"));
    Ok(())
}

/// Records that the labels of a patient's expected samples are printed, and opens them.
#[server(endpoint = "lab/print_labels")]
pub async fn print_labels(patient_id: PatientId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CollectSamples).await?;
    let (clinic, now) = (ctx.clinic.id, ctx.now);
    ctx.reach([patient_id]).await?;
    let expected = samples::expected_of(&mut ctx.tx, clinic, patient_id, now).await?;
    let ids: Vec<LabSampleId> = expected.iter().map(|sample| sample.id).collect();
    if !ids.is_empty() {
        samples::print_labels(&mut ctx, &ids).await?;
        ctx.commit().await?;
    }
    redirect_to(&format!("/lab/collect/{patient_id}/labels"));
    Ok(())
}

/// Prints the labels of the tubes of a sample; that of a tube alone.
#[server(endpoint = "lab/print_tubes")]
pub async fn print_tubes(lab_sample_id: LabSampleId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CollectSamples).await?;
    let sample = samples::find(&mut ctx.tx, lab_sample_id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::CollectSamples, sample.clinic_id)?;
    ctx.reach([sample.patient_id]).await?;
    let ids: Vec<LabSampleId> = samples::tubes_to_label(&mut ctx.tx, sample).await?.into_iter().map(|tube| tube.id).collect();
    if !ids.is_empty() {
        samples::print_labels(&mut ctx, &ids).await?;
        ctx.commit().await?;
    }
    redirect_to(&format!("/lab/samples/{lab_sample_id}/labels"));
    Ok(())
}

/// Divides a received sample into tubes: each tick is called `bench-N`, and its container `container-N`.
#[server(endpoint = "lab/divide")]
pub async fn divide(lab_sample_id: LabSampleId, #[server(default)] version: i64, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let mut errors = FieldErrors::new();
    let mut tubes = Vec::new();
    for (name, bench) in &fields {
        let Some(at) = name.strip_prefix("bench-") else { continue };
        let field = format!("container-{at}");
        let container = errors.chosen(&field, fields.get(&field).map_or("", String::as_str));
        tubes.extend(container.map(|container| TubeFor { bench: bench.trim().to_owned(), container }));
    }
    errors.finish()?;
    tubes.sort_unstable();
    samples::divide(&mut ctx, lab_sample_id, version, &tubes).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=divided"));
    Ok(())
}

/// States the pregnancy of a sample at the bench, or takes the statement back.
#[server(endpoint = "lab/state_pregnancy")]
pub async fn state_pregnancy(
    lab_sample_id: LabSampleId,
    #[server(default)] pregnancy: String,
    #[server(default)] pregnancy_source: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let mut errors = FieldErrors::new();
    let stated = samples::read_pregnancy(&pregnancy, &pregnancy_source, &mut errors);
    errors.finish()?;
    samples::state_pregnancy(&mut ctx, lab_sample_id, stated).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=saved"));
    Ok(())
}

/// Goes back to the page that a form was on.
fn back_to(back: &str, other: &str, done: &str) {
    let back = if is_own_page(back) { back.to_owned() } else { other.to_owned() };
    let sign = if back.contains('?') { '&' } else { '?' };
    redirect_to(&format!("{back}{sign}done={done}"));
}

/// Records that a sample left for the laboratory.
#[server(endpoint = "lab/send_sample")]
pub async fn send_sample(lab_sample_id: LabSampleId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CollectSamples).await?;
    samples::send(&mut ctx, lab_sample_id).await?;
    ctx.commit().await?;
    back_to(&back, "/lab/collect", "sent");
    Ok(())
}

/// Records that a sample did not leave after all.
#[server(endpoint = "lab/recall_sample")]
pub async fn recall_sample(lab_sample_id: LabSampleId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CollectSamples).await?;
    samples::recall(&mut ctx, lab_sample_id).await?;
    ctx.commit().await?;
    back_to(&back, "/lab/collect", "recalled");
    Ok(())
}

/// Records that a sample could not be collected.
#[server(endpoint = "lab/not_collected")]
pub async fn not_collected(
    lab_sample_id: LabSampleId,
    #[server(default)] note: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CollectSamples).await?;
    let note = crate::core::form::line("note", &note, 500)?;
    samples::not_collected(&mut ctx, lab_sample_id, &note).await?;
    ctx.commit().await?;
    back_to(&back, "/lab/collect", "not_collected");
    Ok(())
}

/// Receives the sample that was scanned.
#[server(endpoint = "lab/receive")]
pub async fn receive(
    #[server(default)] number: String,
    #[server(default)] index_h: String,
    #[server(default)] index_i: String,
    #[server(default)] index_l: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let mut errors = FieldErrors::new();
    let number = errors.check(number::read("number", &number));
    let mut index = |field: &str, typed: &str| match typed.trim() {
        "" => None,
        typed => {
            let read = typed.parse::<i64>().ok().filter(|index| (0..=4).contains(index));
            if read.is_none() {
                errors.add(field, tr!(lab.number_between, from = 0, to = 4));
            }
            read
        }
    };
    let indices = [index("index_h", &index_h), index("index_i", &index_i), index("index_l", &index_l)];
    errors.finish()?;
    let Some(number) = number else { return Err(Error::NotFound) };
    let sample = samples::by_number(&mut ctx.tx, &number).await?;
    let sample = sample.ok_or_else(|| Error::invalid("number", tr!(lab.number_unknown, number = number)))?;
    samples::receive(&mut ctx, sample.id, indices).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/reception?done=received&sample={}", sample.id));
    Ok(())
}

/// Rejects a sample.
#[server(endpoint = "lab/reject")]
pub async fn reject(
    lab_sample_id: LabSampleId,
    #[server(default)] rejection: String,
    #[server(default)] note: String,
    #[server(default)] material: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let reason: Rejection = chosen("rejection", &rejection)?;
    let note = crate::core::form::line("note", &note, 500)?;
    samples::reject(&mut ctx, lab_sample_id, reason, &note, &material).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=rejected"));
    Ok(())
}

/// Records that a sample was lost on its way.
#[server(endpoint = "lab/lose")]
pub async fn lose(lab_sample_id: LabSampleId, #[server(default)] note: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let note = crate::core::form::line("note", &note, 500)?;
    samples::lose(&mut ctx, lab_sample_id, &note).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=lost"));
    Ok(())
}

/// Stores a sample.
#[server(endpoint = "lab/keep")]
pub async fn keep(lab_sample_id: LabSampleId, #[server(default)] place: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    let mut errors = FieldErrors::new();
    let place = errors.required_line("place", &place, 120);
    errors.finish()?;
    samples::keep(&mut ctx, lab_sample_id, &place).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=kept"));
    Ok(())
}

/// Discards a stored sample.
#[server(endpoint = "lab/discard")]
pub async fn discard(lab_sample_id: LabSampleId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkLab).await?;
    samples::discard(&mut ctx, lab_sample_id).await?;
    ctx.commit().await?;
    redirect_to(&format!("/lab/samples/{lab_sample_id}?done=discarded"));
    Ok(())
}
