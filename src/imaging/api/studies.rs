//! The functions for studies: order, decide, book, answer the questions of safety, make the images.

use leptos::prelude::*;

use crate::{
    clinical,
    core::{
        Error, ImagingOrderId, ImagingRoomId, Permission, Result, VisitId,
        error::FieldErrors,
        form::{chosen, line, text},
        time::{parse_date, parse_time},
    },
    imaging::{
        catalogue,
        studies::{self, ImagingForm, Slot},
        vocabulary::{SafetyAnswer, SafetyQuestion},
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

fn back(id: ImagingOrderId, done: &str) {
    redirect_to(&format!("/imaging/studies/{id}?done={done}"));
}

/// Orders a procedure for the patient of a visit.
#[server(endpoint = "imaging/order")]
pub async fn order(visit_id: VisitId, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let known = catalogue::procedures(&mut ctx.tx).await?;
    let form = ImagingForm::read(&ctx, &fields, &known)?;
    let (patient, place) = clinical::order_place(&mut ctx, visit_id).await?;
    studies::order(&mut ctx, patient, place, &form).await?;
    ctx.commit().await?;
    redirect_to(&format!("/consultation/{visit_id}?done={}", if form.is_draft { "drafted" } else { "ordered" }));
    Ok(())
}

/// Decides on the protocol.
#[server(endpoint = "imaging/vet")]
pub async fn vet(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] protocol: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let protocol = text("protocol", &protocol, 2_000)?;
    studies::vet(&mut ctx, imaging_order_id, version, &protocol).await?;
    ctx.commit().await?;
    redirect_to("/imaging/vetting?done=vetted");
    Ok(())
}

/// Returns a request to the doctor with a question.
#[server(endpoint = "imaging/give_back")]
pub async fn give_back(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] question: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let question = text("question", &question, 2_000)?;
    studies::give_back(&mut ctx, imaging_order_id, version, &question).await?;
    ctx.commit().await?;
    redirect_to("/imaging/vetting?done=returned");
    Ok(())
}

/// Answers the radiologist's question.
#[server(endpoint = "imaging/answer")]
pub async fn answer(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] answer: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::PlaceOrders).await?;
    let answer = text("answer", &answer, 2_000)?;
    studies::answer(&mut ctx, imaging_order_id, version, &answer).await?;
    ctx.commit().await?;
    redirect_to(&format!("/imaging/answer/{imaging_order_id}?done=answered"));
    Ok(())
}

/// Books a slot.
#[server(endpoint = "imaging/book")]
pub async fn book(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] room: String,
    #[server(default)] day: String,
    #[server(default)] time: String,
    #[server(default)] minutes: String,
    #[server(default)] outside: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    let mut errors = FieldErrors::new();
    let room = errors.chosen::<ImagingRoomId>("room", &room);
    let date = errors.check(parse_date("day", &day));
    let clock = errors.check(parse_time("time", &time));
    let minutes = match minutes.trim() {
        "" => None,
        typed => {
            let read = typed.parse::<i64>().ok().filter(|minutes| (5..=480).contains(minutes));
            if read.is_none() {
                errors.add("minutes", tr!(imaging.number_between, from = 5, to = 480));
            }
            read
        }
    };
    let starts_at = date.zip(clock).and_then(|(day, time)| ctx.zone().instant(day.and_time(time)));
    if date.is_some() && clock.is_some() && starts_at.is_none() {
        errors.add("time", tr!(imaging.no_such_time));
    }
    errors.finish()?;
    let (Some(room), Some(starts_at)) = (room, starts_at) else { return Err(Error::NotFound) };
    let slot = Slot { room, starts_at, minutes, outside: !outside.is_empty() };
    studies::book(&mut ctx, imaging_order_id, version, slot).await?;
    ctx.commit().await?;
    back(imaging_order_id, "booked");
    Ok(())
}

/// Gives the slot back.
#[server(endpoint = "imaging/unbook")]
pub async fn unbook(imaging_order_id: ImagingOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    studies::unbook(&mut ctx, imaging_order_id, version).await?;
    ctx.commit().await?;
    back(imaging_order_id, "unbooked");
    Ok(())
}

/// Records that the patient is there.
#[server(endpoint = "imaging/arrive")]
pub async fn arrive(imaging_order_id: ImagingOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    studies::arrive(&mut ctx, imaging_order_id, version).await?;
    ctx.commit().await?;
    back(imaging_order_id, "arrived");
    Ok(())
}

/// Records that the patient did not come.
#[server(endpoint = "imaging/no_show")]
pub async fn no_show(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    let reason = line("reason", &reason, 500)?;
    studies::no_show(&mut ctx, imaging_order_id, version, &reason).await?;
    ctx.commit().await?;
    back(imaging_order_id, "no_show");
    Ok(())
}

/// Cancels a study whose images were not begun.
#[server(endpoint = "imaging/cancel")]
pub async fn cancel(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    let reason = line("reason", &reason, 500)?;
    studies::cancel(&mut ctx, imaging_order_id, version, &reason).await?;
    ctx.commit().await?;
    back(imaging_order_id, "cancelled");
    Ok(())
}

/// Ends a study that was begun and has no images.
#[server(endpoint = "imaging/discontinue")]
pub async fn discontinue(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    let reason = line("reason", &reason, 500)?;
    studies::discontinue(&mut ctx, imaging_order_id, version, &reason).await?;
    ctx.commit().await?;
    back(imaging_order_id, "discontinued");
    Ok(())
}

/// Records the answers to the questions of safety: `answer-QUESTION`.
#[server(endpoint = "imaging/answer_safety")]
pub async fn answer_safety(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    let mut errors = FieldErrors::new();
    let mut said = Vec::new();
    for question in SafetyQuestion::ALL {
        let name = format!("answer-{question}");
        if let Some(word) = fields.get(&name).filter(|word| !word.is_empty())
            && let Some(answer) = errors.chosen::<SafetyAnswer>(&name, word)
        {
            said.push((*question, answer));
        }
    }
    errors.finish()?;
    studies::answer_safety(&mut ctx, imaging_order_id, version, &said).await?;
    if !said.is_empty() {
        ctx.commit().await?;
    }
    back(imaging_order_id, "answered");
    Ok(())
}

/// Overrides an answer, with a reason.
#[server(endpoint = "imaging/override_safety")]
pub async fn override_safety(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(default)] question: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ReportImaging).await?;
    let question: SafetyQuestion = chosen("question", &question)?;
    let reason = line("reason", &reason, 500)?;
    studies::override_answer(&mut ctx, imaging_order_id, version, question, &reason).await?;
    ctx.commit().await?;
    back(imaging_order_id, "overridden");
    Ok(())
}

/// Begins the images.
#[server(endpoint = "imaging/start")]
pub async fn start(imaging_order_id: ImagingOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    studies::start(&mut ctx, imaging_order_id, version).await?;
    ctx.commit().await?;
    back(imaging_order_id, "started");
    Ok(())
}

/// Records the dose that the device shows.
#[server(endpoint = "imaging/record_dose")]
pub async fn record_dose(
    imaging_order_id: ImagingOrderId,
    #[server(default)] version: i64,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    studies::record_typed(&mut ctx, imaging_order_id, version, &fields).await?;
    ctx.commit().await?;
    back(imaging_order_id, "dose_recorded");
    Ok(())
}

/// Records that the images are made.
#[server(endpoint = "imaging/acquire")]
pub async fn acquire(imaging_order_id: ImagingOrderId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WorkImaging).await?;
    studies::acquire(&mut ctx, imaging_order_id, version).await?;
    ctx.commit().await?;
    back(imaging_order_id, "acquired");
    Ok(())
}
