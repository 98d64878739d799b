//! Acts on reports. Each takes its turn: the order first, then the study.

use chrono::Duration;

use super::{ADDENDUM, RadiologyReport, ReportText, addendum_parts, signature_of, store};
use crate::{
    audit::Action,
    clinical::{self, DocumentSigner, holds},
    core::{
        Error, ImagingOrderId, Permission, RadiologyAddendumId, RadiologyReportId, Result, UserId, error::FieldErrors, form::text,
        time::Instant,
    },
    db::Locked,
    imaging::{
        IMAGING,
        catalogue::{self, ImagingProcedure},
        findings, reviews,
        step::ImagingStep,
        studies::{self, ImagingStudy},
        upkeep,
        vocabulary::CallWithin,
    },
    lab::{self, PortalRule, Weight},
    messages,
    notifications::{Hearer, Notice, notify},
    orders,
    organisation::Typed,
    patients,
    server::{AppState, Ctx, Event},
    tr,
};

/// The longest section of a report.
const LONGEST: usize = 20_000;

/// The form of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportForm {
    /// The number of the save that the user saw; 0 for a new draft.
    pub saved: i64,
    pub text: ReportText,
    pub weight: Option<Weight>,
    /// The critical finding that is called when the report is signed.
    pub finding: String,
    pub within: Option<CallWithin>,
}

impl ReportForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let mut section = |name: &str, most: usize| errors.check(text(name, &value(name).replace("\r\n", "\n"), most)).unwrap_or_default();
        let text = ReportText {
            technique: section("technique", LONGEST),
            comparison: section("comparison", LONGEST),
            findings: section("findings", LONGEST),
            impression: section("impression", LONGEST),
            correction: section("correction", 500),
        };
        let finding = section("finding", 1_000);
        let weight = match value("weight") {
            "" => None,
            word => errors.chosen::<Weight>("weight", word),
        };
        let within = match value("within") {
            "" => None,
            word => errors.chosen::<CallWithin>("within", word),
        };
        errors.finish()?;
        Ok(Self { saved: value("saved").parse().unwrap_or(0), text, weight, finding, within })
    }
}

/// Locks a study that has images, with its order.
async fn turn(ctx: &mut Ctx, id: ImagingOrderId) -> Result<(Locked<ImagingOrderId>, ImagingStudy)> {
    let study = studies::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReportImaging, study.clinic_id)?;
    ctx.reach([study.patient_id]).await?;
    orders::hold(ctx, &[study.order_id]).await?;
    let lock = ctx.tx.lock(id).await?;
    let study = studies::study(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if !matches!(study.step, ImagingStep::Acquired | ImagingStep::Reported) {
        return Err(Error::conflict(tr!(imaging.no_images)));
    }
    Ok((lock, study))
}

fn tell(ctx: &mut Ctx, study: &ImagingStudy) {
    ctx.tell(Event::new(&IMAGING).at(study.clinic_id).of(study.patient_id).about(study.id));
    ctx.tell(Event::new(&patients::CHART).at(study.clinic_id).of(study.patient_id));
}

/// Saves the draft of a study; the first save creates it. Returns its id.
async fn keep(ctx: &mut Ctx, lock: Locked<ImagingOrderId>, study: &ImagingStudy, form: &ReportForm) -> Result<RadiologyReportId> {
    let stamp = ctx.stamp();
    let versions = store::of_study(&mut ctx.tx, study.id).await?;
    if let Some(draft) = versions.iter().find(|version| !version.is_final()) {
        if draft.saved != form.saved {
            return Err(Error::conflict(tr!(imaging.report_changed)));
        }
        if (&draft.text, draft.weight) != (&form.text, form.weight) {
            store::save(&mut ctx.tx, lock, draft, form).await?;
            ctx.did(Action::Update, "radiology_report", draft.id, Some(study.patient_id));
        }
        return Ok(draft.id);
    }
    if form.saved != 0 || !versions.is_empty() {
        return Err(Error::conflict(tr!(imaging.report_changed)));
    }
    let id = RadiologyReportId::new();
    store::insert(&mut ctx.tx, lock, (id, 1), study, form, stamp).await?;
    ctx.did(Action::Create, "radiology_report", id, Some(study.patient_id));
    Ok(id)
}

/// Saves the draft of a study; with `signs` it is signed and published.
///
/// # Errors
/// [`Error::Invalid`] with the field that a signed report needs; [`Error::Conflict`] when another user saved or signed it.
pub async fn sign(ctx: &mut Ctx, id: ImagingOrderId, form: &ReportForm, signs: bool) -> Result<RadiologyReportId> {
    let (lock, study) = turn(ctx, id).await?;
    let report = keep(ctx, lock, &study, form).await?;
    tell(ctx, &study);
    if signs {
        publish(ctx, lock, &study, report, form).await?;
    }
    Ok(report)
}

/// Refuses a report that lacks what a signed one needs.
fn complete(report: &RadiologyReport, form: &ReportForm, is_called: bool) -> Result<Weight> {
    let mut errors = FieldErrors::new();
    for (field, text) in [("findings", &report.text.findings), ("impression", &report.text.impression)] {
        if text.is_empty() {
            errors.add(field, tr!(errors.required));
        }
    }
    if report.version > 1 && report.text.correction.is_empty() {
        errors.add("correction", tr!(errors.required));
    }
    match report.weight {
        None => errors.add("weight", tr!(errors.choose)),
        Some(Weight::Critical) if !is_called => {
            if form.finding.is_empty() {
                errors.add("finding", tr!(imaging.finding_needed));
            }
            if form.within.is_none() {
                errors.add("within", tr!(errors.choose));
            }
        }
        Some(_) => {}
    }
    errors.finish()?;
    report.weight.ok_or(Error::NotFound)
}

/// The time from which the patient sees a report.
fn portal_from(procedure: &ImagingProcedure, now: Instant) -> Option<Instant> {
    match procedure.portal_rule {
        PortalRule::AtOnce => Some(now),
        PortalRule::AfterHours => Some(now + Duration::hours(procedure.portal_hours)),
        PortalRule::AfterReview | PortalRule::InPerson => None,
    }
}

/// Signs a draft: it replaces the version before, the order is done, and the doctor who ordered gets it to sign.
async fn publish(
    ctx: &mut Ctx,
    lock: Locked<ImagingOrderId>,
    study: &ImagingStudy,
    id: RadiologyReportId,
    form: &ReportForm,
) -> Result<()> {
    let report = store::report(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let is_called = !findings::of_study(&mut ctx.tx, study.id).await?.is_empty();
    let weight = complete(&report, form, is_called)?;
    if let (Weight::Critical, false, Some(within)) = (weight, is_called, form.within) {
        findings::raise(ctx, study, within, &form.finding).await?;
    }
    let (now, name) = (ctx.now, ctx.who.name.clone());
    let signer = DocumentSigner { user: ctx.user(), name: &name, at: now };
    let signature = signature_of(&mut ctx.tx, &report, &signer).await?;
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    let is_correction = store::supersede(&mut ctx.tx, lock, now).await?;
    let portal = portal_from(&procedure, now);
    store::set_final(&mut ctx.tx, lock, &report, &signer, &signature, portal).await?;
    ctx.did(Action::Sign, "radiology_report", id, Some(study.patient_id));
    studies::report_is_signed(ctx, lock, study).await?;
    let mut hear = reviews::replace(ctx, study, id, weight).await?;
    if study.ordered_by != UserId::SYSTEM && !hear.contains(&study.ordered_by) {
        hear.push(study.ordered_by);
    }
    let notice = match is_correction {
        true => Notice::ImagingCorrected { number: study.number() },
        false => Notice::ImagingReported { number: study.number() },
    };
    for user in hear {
        notify(ctx, Hearer { user, dependant: None }, &notice, "/imaging/inbox").await?;
    }
    if portal == Some(now) && !holds::is_result_held(&mut ctx.tx, study.order_id).await? {
        lab::tell_of_results(ctx, study.patient_id, study.clinic_id, id.into()).await?;
    }
    Ok(())
}

/// Tells patients of reports that they see some hours after the signature. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn tell_late(state: &AppState) -> Result<usize> {
    /// The days after which nobody is told any more.
    const LATE_DAYS: i64 = 7;
    let now = state.clock.now();
    let mut told = 0;
    for (id, patient, clinic) in store::untold(&mut state.db.read().await?, now - Duration::days(LATE_DAYS), now).await? {
        let mut tx = state.db.write().await?;
        if !store::set_told(&mut tx, id, now).await? {
            continue;
        }
        let about = lab::about_results(clinic, id.into());
        let events = messages::tell_by_job(&mut tx, patient, &Notice::ResultsThere {}, &about, now).await?;
        upkeep::audited(&mut tx, "radiology_report", id.into(), (patient, clinic), now).await?;
        upkeep::finish(state, tx, events).await?;
        told += 1;
    }
    Ok(told)
}

/// Begins a correction of a signed report: a draft of the next version with its texts.
///
/// # Errors
/// [`Error::Conflict`] when there is no signed report, or a draft already.
pub async fn correct(ctx: &mut Ctx, id: ImagingOrderId) -> Result<()> {
    let (lock, study) = turn(ctx, id).await?;
    let versions = store::of_study(&mut ctx.tx, id).await?;
    let current = versions.iter().find(|version| version.is_current());
    let (Some(current), false) = (current, versions.iter().any(|version| !version.is_final())) else {
        return Err(Error::conflict(tr!(imaging.report_changed)));
    };
    let text = ReportText { correction: String::new(), ..current.text.clone() };
    let form = ReportForm { saved: 0, text, weight: current.weight, finding: String::new(), within: None };
    let (stamp, new) = (ctx.stamp(), RadiologyReportId::new());
    store::insert(&mut ctx.tx, lock, (new, current.version + 1), &study, &form, stamp).await?;
    ctx.did(Action::Create, "radiology_report", new, Some(study.patient_id));
    tell(ctx, &study);
    Ok(())
}

/// Adds a signed addendum to a signed report. The same one again changes nothing.
///
/// # Errors
/// [`Error::Conflict`] when the report is not signed, or was replaced.
pub async fn add_addendum(ctx: &mut Ctx, report: RadiologyReportId, key: RadiologyAddendumId, body: &str) -> Result<()> {
    if body.is_empty() {
        return Err(Error::invalid("body", tr!(errors.required)));
    }
    let known = store::report(&mut ctx.tx, report).await?.ok_or(Error::NotFound)?;
    let (lock, study) = turn(ctx, known.imaging_id).await?;
    let current = store::report(&mut ctx.tx, report).await?.ok_or(Error::NotFound)?;
    if !current.is_current() {
        return Err(Error::conflict(tr!(imaging.report_changed)));
    }
    if store::addenda_of(&mut ctx.tx, report).await?.iter().any(|addendum| addendum.id == key) {
        return Ok(());
    }
    let (now, name) = (ctx.now, ctx.who.name.clone());
    let signer = DocumentSigner { user: ctx.user(), name: &name, at: now };
    let signature = clinical::sign_document(&mut ctx.tx, ADDENDUM, &addendum_parts(&current, key, body), &signer).await?;
    store::insert_addendum(&mut ctx.tx, lock, (key, &current), body, &signer, &signature).await?;
    ctx.did(Action::Sign, "radiology_addendum", key, Some(study.patient_id));
    tell(ctx, &study);
    if study.ordered_by != UserId::SYSTEM {
        let hearer = Hearer { user: study.ordered_by, dependant: None };
        notify(ctx, hearer, &Notice::ImagingCorrected { number: study.number() }, &format!("/imaging/reports/{report}")).await?;
    }
    Ok(())
}
