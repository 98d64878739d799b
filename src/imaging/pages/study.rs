//! `/imaging/studies/{id}`: one study: its request, the questions of safety, its slot, and the acts on it.

use chrono::NaiveDate;
use leptos::prelude::*;
use serde::Deserialize;

use super::{
    booking, dose, images,
    parts::{identity, lines, priority_badge, slot_words, title_of, toast},
    safety, unmatched,
};
use crate::{
    clinical,
    core::{
        Error, ImagingOrderId, Permission, Result,
        time::{Instant, Zone, parse_date, show_date_time},
    },
    imaging::{
        archives::{self, ArchivedStudy},
        catalogue::{self, ImagingProcedure},
        findings::{self, CriticalFinding},
        reports::{self, RadiologyReport},
        rooms::{self, ImagingRoom, RoomHours},
        step::{ImagingAct, ImagingStep},
        studies::{self, Dose, ImagingStudy, SafetyCheck, SafetyValues, contrast_allergies},
        vocabulary::ContrastRoute,
    },
    patients,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, DescriptionList, Detail, Dialog, Form, LinkButton, NoticeBox, PageHeader, PostButton, StatusBadge, TextArea,
        TextField, Tone, refused_for,
    },
};

const UNTIE: &str = "/api/imaging/untie_study";

/// The day of the free times, which stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StudyQuery {
    day: String,
    done: String,
}

/// The facts of the page.
pub(super) struct Shown {
    pub study: ImagingStudy,
    pub procedure: ImagingProcedure,
    pub checks: Vec<SafetyCheck>,
    pub values: SafetyValues,
    /// Whether metformin is stopped for 48 hours.
    pub stops_metformin: bool,
    /// Allergies of the record that name a contrast medium, and all others.
    pub reactions: Vec<String>,
    pub allergies: Vec<String>,
    pub rooms: Vec<ImagingRoom>,
    pub hours: Vec<RoomHours>,
    /// The studies that are booked on the day of the free times.
    pub booked: Vec<ImagingStudy>,
    pub day: NaiveDate,
    pub reports: Vec<RadiologyReport>,
    pub findings: Vec<CriticalFinding>,
    /// The studies of archives that are tied to it.
    pub archived: Vec<ArchivedStudy>,
    pub dose: Option<Dose>,
    /// Whether the reader decides on protocols and reports.
    pub reports_images: bool,
    pub now: Instant,
    pub zone: Zone,
}

/// Shows a study.
///
/// # Errors
/// Not allowed, another clinic's study, or when the database refuses.
pub async fn study_page(Path(id): Path<ImagingOrderId>, Query(query): Query<StudyQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let study = studies::study(&mut ctx.tx, id).await?.filter(|study| study.step != ImagingStep::Draft).ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkImaging, study.clinic_id)?;
    ctx.saw(study.patient_id, "imaging_record").await?;
    let procedure = catalogue::procedure(&mut ctx.tx, study.procedure_id).await?;
    let (now, zone) = (ctx.now, ctx.zone());
    let day =
        parse_date("day", &query.day).unwrap_or_else(|_| zone.day(study.starts_at.or(study.wanted_from).map_or(now, |at| at.max(now))));
    let has_contrast = procedure.contrast != ContrastRoute::None;
    let allergies = if has_contrast { patients::allergies(&mut ctx.tx, study.patient_id).await? } else { Vec::new() };
    let values = studies::safety_values(&mut ctx.tx, study.patient_id).await?;
    let medicines = if has_contrast { clinical::current_medicines(&mut ctx.tx, study.patient_id, now).await? } else { Vec::new() };
    let shown = Shown {
        checks: studies::safety_of(&mut ctx.tx, id).await?,
        reactions: contrast_allergies(&allergies),
        allergies: allergies.iter().filter(|allergy| allergy.counts()).map(|allergy| allergy.substance.clone()).collect(),
        rooms: rooms::rooms(&mut ctx.tx, study.clinic_id).await?,
        hours: rooms::hours(&mut ctx.tx, study.clinic_id).await?,
        booked: studies::booked_on(&mut ctx.tx, study.clinic_id, zone.day_bounds(day)).await?,
        reports: reports::of_study(&mut ctx.tx, id).await?,
        findings: findings::of_study(&mut ctx.tx, id).await?,
        archived: archives::of_orders(&mut ctx.tx, &[id]).await?,
        dose: studies::dose_of(&mut ctx.tx, id).await?,
        reports_images: ctx.who.may_at(Permission::ReportImaging, study.clinic_id),
        stops_metformin: studies::stops_metformin(
            (procedure.modality, procedure.contrast),
            values.egfr.as_ref(),
            medicines.iter().map(|one| one.drug.as_str()),
        ),
        study,
        procedure,
        values,
        day,
        now,
        zone,
    };
    Ok(Page::new(tr!(imaging.study), move || view(&shown, &query.done)))
}

fn view(shown: &Shown, done: &str) -> AnyView {
    let Shown { study, procedure, .. } = shown;
    let back = ("/imaging".to_owned(), tr!(imaging.title).to_owned());
    let badges =
        view! { <div class="cluster">{priority_badge(study.priority)}<StatusBadge tone=study.step.tone() label=study.step.words()/></div> };
    let unconfirmed = (!procedure.is_confirmed())
        .then(|| view! { <NoticeBox tone=Tone::Warning title=tr!(imaging.unconfirmed)><p>{tr!(imaging.unconfirmed_text)}</p></NoticeBox> });
    let stopped = (!study.stop_reason.is_empty()).then(|| {
        let reason = study.stop_reason.clone();
        view! { <NoticeBox tone=Tone::Inactive title=study.step.words()><p>{reason}</p></NoticeBox> }
    });
    view! {
        {toast(done)}
        <PageHeader title=title_of(std::slice::from_ref(procedure), study) back detail=study.accession.clone() actions=Some(badges.into_any())/>
        <div class="stack">
            <section class="panel"><div class="panel__body">{identity(study)}</div></section>
            {unconfirmed}
            {stopped}
            {findings(shown)}
            {request(shown)}
            {safety::panel(shown)}
            {booking::panel(shown)}
            {acts(study)}
            {dose::panel(shown)}
            {archived(shown)}
            {report_list(shown)}
        </div>
    }
    .into_any()
}

/// The hidden fields of each form about a study.
pub(super) fn hidden(study: &ImagingStudy) -> Vec<(&'static str, String)> {
    vec![("imaging_order_id", study.id.to_string()), ("version", study.version.to_string())]
}

fn request(shown: &Shown) -> AnyView {
    let Shown { study, procedure, zone, .. } = shown;
    let at = |at: Option<Instant>| at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
    let who = |at: Option<Instant>, name: &Option<String>| {
        [at.map(|at| show_date_time(zone.local(at))), name.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    let contrast = if procedure.contrast == ContrastRoute::None { String::new() } else { procedure.contrast.words().to_owned() };
    let texts = [
        (tr!(imaging.reason), study.reason.clone()),
        (tr!(imaging.instructions), study.instructions.clone()),
        (tr!(imaging.ordered), format!("{}, {}", show_date_time(zone.local(study.ordered_at)), study.orderer)),
        (tr!(imaging.requisition), study.number()),
        (tr!(imaging.wanted_day), at(study.wanted_from)),
        (tr!(imaging.contrast), contrast),
        (tr!(imaging.preparation), procedure.preparation().to_owned()),
        (tr!(imaging.question), study.question.clone()),
        (tr!(imaging.doctors_answer), study.answer.clone()),
        (tr!(imaging.protocol), study.protocol.clone()),
        (tr!(imaging.vetted_by), who(study.vetted_at, &study.vetter)),
        (tr!(imaging.slot), slot_words(study, *zone)),
        (tr!(imaging.arrived), at(study.arrived_at)),
        (tr!(imaging.begun), who(study.started_at, &study.starter)),
        (tr!(imaging.acquired), who(study.acquired_at, &study.acquirer)),
        (tr!(imaging.study_uid), study.study_uid.clone()),
    ];
    let details: Vec<Detail> =
        texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text)).collect();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(imaging.request)}</h2></div>
            <div class="panel__body stack"><DescriptionList details/>{vetting(shown)}</div>
        </section>
    }
    .into_any()
}

/// The forms in which a radiologist decides on the protocol, or asks the doctor.
fn vetting(shown: &Shown) -> AnyView {
    let study = &shown.study;
    if !shown.reports_images || !matches!(study.step, ImagingStep::Requested | ImagingStep::Returned) {
        return ().into_any();
    }
    let (to_vet, to_ask) = (hidden(study), hidden(study));
    let ask = ImagingAct::Return.fits(study.step).then(|| {
        view! {
            <Dialog id="give-back" opens=tr!(imaging.give_back) title=tr!(imaging.give_back) action="/api/imaging/give_back" tone=ButtonTone::Quiet>
                <Form action="/api/imaging/give_back" id="give-back-form" hidden=to_ask>
                    <TextArea name="question" label=tr!(imaging.question) maxlength=2_000 required=true/>
                    <div class="form__actions"><Button label=tr!(imaging.give_back)/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <Form action="/api/imaging/vet" id="vet" hidden=to_vet>
            <TextArea name="protocol" label=tr!(imaging.protocol) hint=tr!(imaging.protocol_hint) maxlength=2_000 optional=true/>
            <div class="form__actions"><Button label=tr!(imaging.vet) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
        <div class="cluster">{ask}</div>
    }
    .into_any()
}

/// The acts that fit the step.
fn acts(study: &ImagingStudy) -> AnyView {
    let post = |act: ImagingAct, action: &'static str, label: &'static str, tone: ButtonTone| {
        let hidden = hidden(study);
        act.fits(study.step).then(|| view! { <PostButton action label hidden tone/> })
    };
    let with_reason = |fits: bool, action: &'static str, label: &'static str, id: &'static str| {
        let hidden = hidden(study);
        fits.then(|| {
            view! {
                <Dialog id opens=label title=label action tone=ButtonTone::Quiet>
                    <Form action id=format!("{id}-form") hidden>
                        <TextField name="reason" label=tr!(imaging.why) required=true maxlength=500/>
                        <div class="form__actions"><Button label tone=ButtonTone::Danger/></div>
                    </Form>
                </Dialog>
            }
        })
    };
    let not_begun = ImagingAct::Cancel.fits(study.step) && study.started_at.is_none();
    let report = matches!(study.step, ImagingStep::Acquired | ImagingStep::Reported).then(|| {
        view! { <LinkButton href=format!("/imaging/studies/{}/report", study.id) label=tr!(imaging.report)/> }
    });
    view! {
        <div class="cluster">
            {post(ImagingAct::Arrive, "/api/imaging/arrive", tr!(imaging.arrive), ButtonTone::Primary)}
            {post(ImagingAct::Start, "/api/imaging/start", tr!(imaging.start), ButtonTone::Primary)}
            {post(ImagingAct::Acquire, "/api/imaging/acquire", tr!(imaging.acquire), ButtonTone::Primary)}
            {with_reason(ImagingAct::NoShow.fits(study.step), "/api/imaging/no_show", tr!(imaging.no_show), "no-show")}
            {with_reason(ImagingAct::Discontinue.fits(study.step), "/api/imaging/discontinue", tr!(imaging.discontinue), "discontinue")}
            {with_reason(not_begun, "/api/imaging/cancel", tr!(imaging.cancel), "cancel-study")}
            {report}
        </div>
    }
    .into_any()
}

fn findings(shown: &Shown) -> AnyView {
    shown
        .findings
        .iter()
        .map(|finding| {
            let text = lines(&finding.text);
            let state = match finding.closed_at {
                Some(at) => tr!(imaging.read_back_by, name = finding.read_back_name.clone(), when = show_date_time(shown.zone.local(at))),
                None => tr!(imaging.call_by, when = show_date_time(shown.zone.local(finding.due_at))),
            };
            view! { <NoticeBox tone=Tone::Critical title=tr!(imaging.critical_finding)><p>{text}</p><p class="small">{state}</p></NoticeBox> }
        })
        .collect_view()
        .into_any()
}

/// The studies of archives that are tied to this one, with the act that unties each.
fn archived(shown: &Shown) -> AnyView {
    if shown.archived.is_empty() {
        return ().into_any();
    }
    let rows = shown
        .archived
        .iter()
        .map(|study| {
            let (id, hidden) = (format!("untie-{}", study.id), unmatched::hidden(study));
            let by = match (&study.matcher, study.matched_at) {
                (Some(name), Some(at)) => tr!(imaging.tied_by, name = name.clone(), when = show_date_time(shown.zone.local(at))),
                _ => tr!(imaging.tied_alone).to_owned(),
            };
            let remark = study.remark.clone();
            let open = if refused_for(UNTIE, "archived_study_id", &study.id.to_string()) { UNTIE } else { "" };
            let (links, form) =
                (images::tied(std::slice::from_ref(study), |study| format!("/imaging/images/{}", study.id)), format!("{id}-form"));
            view! {
                <li class="rows__row">
                    <div class="rows__main">{links}<p class="muted small">{by}" "{remark}</p></div>
                    <div class="rows__side">
                        <Dialog id opens=tr!(imaging.untie) title=tr!(imaging.untie) action=open tone=ButtonTone::Quiet>
                            <Form action=UNTIE id=form hidden>
                                <TextField name="reason" label=tr!(imaging.why) required=true maxlength=500/>
                                <div class="form__actions"><Button label=tr!(imaging.untie) tone=ButtonTone::Danger/></div>
                            </Form>
                        </Dialog>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(imaging.images)}</h2></div><ul class="rows">{rows}</ul></section> }
        .into_any()
}

fn report_list(shown: &Shown) -> AnyView {
    let rows = shown
        .reports
        .iter()
        .filter(|report| report.is_final())
        .map(|report| {
            let words = tr!(imaging.version_n, version = report.version);
            let signed = report.signed_at.map(|at| show_date_time(shown.zone.local(at))).unwrap_or_default();
            let facts = format!("{signed} · {}", report.signer_name);
            let old = report.superseded_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(imaging.replaced)/> });
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/imaging/reports/{}/copy", report.id)><strong>{words}</strong></a><br/><span class="muted small">{facts}</span>
                    </div>
                    <div class="rows__side">{old}</div>
                </li>
            }
        })
        .collect::<Vec<_>>();
    if rows.is_empty() {
        return ().into_any();
    }
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(imaging.reports)}</h2></div><ul class="rows">{rows}</ul></section> }
        .into_any()
}
