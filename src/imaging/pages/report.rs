//! `/imaging/studies/{id}/report`: the radiologist writes and signs the report of a study, corrects it, and adds to it.

use leptos::prelude::*;

use super::{
    dose, images,
    parts::{DoneQuery, identity, lines, title_of, toast, weight_badge},
};
use crate::{
    accounts,
    core::{
        Error, ImagingOrderId, Permission, RadiologyAddendumId, Result,
        time::{Zone, show_date_time},
    },
    imaging::{
        archives::{self, ArchivedStudy},
        catalogue::{self, ImagingProcedure},
        findings::{self, CriticalFinding},
        reports::{self, RadiologyReport, ReportText},
        step::ImagingStep,
        studies::{self, Dose, ImagingStudy},
        vocabulary::CallWithin,
    },
    lab::Weight,
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Dialog, Form, LinkButton, NoticeBox, PageHeader, PostButton, RadioField, SelectField, TextArea,
        TextField, Tone,
    },
};

const SIGN: &str = "/api/imaging/sign_report";
const SAVE: &str = "/api/imaging/save_report";

/// The facts of the page.
struct Desk {
    study: ImagingStudy,
    procedure: ImagingProcedure,
    versions: Vec<RadiologyReport>,
    /// Earlier reports of the patient, for comparison.
    earlier: Vec<(RadiologyReport, String)>,
    findings: Vec<CriticalFinding>,
    archived: Vec<ArchivedStudy>,
    dose: Option<Dose>,
    zone: Zone,
}

/// Shows the report of a study to those who write it.
///
/// # Errors
/// Not allowed, another clinic's study, or when the database refuses.
pub async fn report_page(Path(id): Path<ImagingOrderId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReportImaging).await?;
    let study = studies::study(&mut ctx.tx, id).await?.filter(|study| study.acquired_at.is_some()).ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ReportImaging, study.clinic_id)?;
    ctx.saw(study.patient_id, "imaging_record").await?;
    let all = catalogue::procedures(&mut ctx.tx).await?;
    let procedure = all.iter().find(|procedure| procedure.id == study.procedure_id).cloned().ok_or(Error::NotFound)?;
    let mut earlier = Vec::new();
    for report in reports::final_of_patient(&mut ctx.tx, study.patient_id, None, 6).await? {
        if report.imaging_id != id
            && let Some(other) = studies::study(&mut ctx.tx, report.imaging_id).await?
        {
            let title = title_of(&all, &other);
            earlier.push((report, title));
        }
    }
    let desk = Desk {
        versions: reports::of_study(&mut ctx.tx, id).await?,
        findings: findings::of_study(&mut ctx.tx, id).await?,
        archived: archives::of_orders(&mut ctx.tx, &[id]).await?,
        dose: studies::dose_of(&mut ctx.tx, id).await?,
        zone: ctx.zone(),
        study,
        procedure,
        earlier,
    };
    Ok(Page::new(tr!(imaging.report), move || view(&desk, &done)))
}

fn view(desk: &Desk, done: &str) -> AnyView {
    let study = &desk.study;
    let back = (format!("/imaging/studies/{}", study.id), tr!(imaging.study).to_owned());
    let draft = desk.versions.iter().find(|version| !version.is_final());
    let current = desk.versions.iter().find(|version| version.is_current());
    let title = title_of(std::slice::from_ref(&desk.procedure), study);
    let edit = match (draft, current) {
        (None, Some(_)) => ().into_any(),
        _ => form(desk, draft),
    };
    let reason = lines(&study.reason);
    let dose = desk.dose.as_ref().map(|dose| dose::line(dose, desk.zone));
    let pictures = images::tied(&desk.archived, |study| format!("/imaging/images/{}", study.id));
    view! {
        {toast(done)}
        <PageHeader title back detail=study.accession.clone()/>
        <div class="stack">
            <section class="panel"><div class="panel__body">{identity(study)}<p><strong>{tr!(imaging.reason)}</strong><br/>{reason}</p>{dose}{pictures}</div></section>
            {finding_panel(desk)}
            {current.map(|current| signed(desk, current, draft.is_some()))}
            {edit}
            {earlier(desk)}
        </div>
    }
    .into_any()
}

/// The form of the draft. A first draft begins with the procedure's template.
fn form(desk: &Desk, draft: Option<&RadiologyReport>) -> AnyView {
    let study = &desk.study;
    let text =
        draft.map_or_else(|| ReportText { findings: desk.procedure.template.clone(), ..ReportText::default() }, |draft| draft.text.clone());
    let weight = draft.and_then(|draft| draft.weight).map_or("", Weight::as_str);
    let is_correction = draft.is_some_and(|draft| draft.version > 1);
    let hidden = vec![("imaging_order_id", study.id.to_string()), ("saved", draft.map_or(0, |draft| draft.saved).to_string())];
    let weights: Vec<Choice> = Weight::ALL.iter().rev().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let withins: Vec<Choice> = CallWithin::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let is_called = !desk.findings.is_empty();
    let heading = if is_correction { tr!(imaging.correction) } else { tr!(imaging.report) };
    view! {
        <section class="panel" aria-labelledby="report-heading">
            <div class="panel__head"><h2 id="report-heading">{heading}</h2></div>
            <div class="panel__body">
                <Form action=SIGN id="report-form" hidden>
                    {is_correction.then(|| view! { <TextField name="correction" label=tr!(imaging.why_corrected) value=text.correction.clone() maxlength=500/> })}
                    <TextArea name="technique" label=tr!(imaging.technique) value=text.technique.clone() maxlength=20_000 optional=true/>
                    <TextArea name="comparison" label=tr!(imaging.comparison) value=text.comparison.clone() maxlength=20_000 optional=true/>
                    <TextArea name="findings" label=tr!(imaging.findings) value=text.findings.clone() rows=12 maxlength=20_000/>
                    <TextArea name="impression" label=tr!(imaging.impression) value=text.impression.clone() rows=4 maxlength=20_000/>
                    <RadioField name="weight" label=tr!(imaging.weight) choices=weights value=weight inline=true/>
                    {(!is_called).then(|| view! {
                        <details class="fieldset">
                            <summary>{tr!(imaging.critical_finding)}</summary>
                            <TextArea name="finding" label=tr!(imaging.finding) hint=tr!(imaging.finding_hint) maxlength=1_000 optional=true/>
                            <SelectField name="within" label=tr!(imaging.within) choices=withins prompt=tr!(imaging.choose)/>
                        </details>
                    })}
                    {accounts::proof_field()}
                    <div class="form__actions">
                        <Button label=tr!(imaging.sign_report) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <button class="button" type="submit" formaction=SAVE formnovalidate=true>{tr!(imaging.save_draft)}</button>
                    </div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The signed version that counts, and what can follow it.
fn signed(desk: &Desk, current: &RadiologyReport, has_draft: bool) -> AnyView {
    let study = &desk.study;
    let when = current.signed_at.map(|at| show_date_time(desk.zone.local(at))).unwrap_or_default();
    let words = tr!(imaging.signed_by, name = current.signer_name.clone(), when = when);
    let (findings, impression) = (lines(&current.text.findings), lines(&current.text.impression));
    let correct = (!has_draft).then(|| {
        let hidden = vec![("imaging_order_id", study.id.to_string())];
        view! { <PostButton action="/api/imaging/correct_report" label=tr!(imaging.correct) hidden tone=ButtonTone::Quiet/> }
    });
    let hidden = vec![
        ("radiology_report_id", current.id.to_string()),
        ("imaging_order_id", study.id.to_string()),
        ("key", RadiologyAddendumId::new().to_string()),
    ];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(imaging.version_n, version = current.version)}</h2><div class="cluster">{current.weight.map(weight_badge)}</div></div>
            <div class="panel__body stack">
                <p class="muted small">{words}</p>
                <p><strong>{tr!(imaging.findings)}</strong><br/>{findings}</p>
                <p><strong>{tr!(imaging.impression)}</strong><br/>{impression}</p>
                <div class="cluster">
                    <LinkButton href=format!("/imaging/reports/{}/copy", current.id) label=tr!(imaging.open_sheet)/>
                    <Dialog id="addendum" opens=tr!(imaging.add_addendum) title=tr!(imaging.add_addendum) action="/api/imaging/add_addendum" tone=ButtonTone::Quiet>
                        <Form action="/api/imaging/add_addendum" id="addendum-form" hidden>
                            <TextArea name="body" label=tr!(imaging.addendum) maxlength=10_000 required=true/>
                            {accounts::proof_field()}
                            <div class="form__actions"><Button label=tr!(imaging.sign_addendum) tone=ButtonTone::Primary/></div>
                        </Form>
                    </Dialog>
                    {correct}
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn finding_panel(desk: &Desk) -> AnyView {
    let open = desk.findings.iter().any(|finding| finding.closed_at.is_none());
    let shown = desk
        .findings
        .iter()
        .map(|finding| {
            let text = lines(&finding.text);
            let state = match finding.closed_at {
                Some(at) => tr!(imaging.read_back_by, name = finding.read_back_name.clone(), when = show_date_time(desk.zone.local(at))),
                None => tr!(imaging.call_by, when = show_date_time(desk.zone.local(finding.due_at))),
            };
            view! { <NoticeBox tone=Tone::Critical title=tr!(imaging.critical_finding)><p>{text}</p><p class="small">{state}" · "<a href="/imaging/calls">{tr!(imaging.calls)}</a></p></NoticeBox> }
        })
        .collect_view();
    let hidden = vec![("imaging_order_id", desk.study.id.to_string())];
    let withins: Vec<Choice> = CallWithin::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let may_raise = !open && matches!(desk.study.step, ImagingStep::Acquired | ImagingStep::Reported);
    let raise = may_raise.then(|| {
        view! {
            <Dialog id="raise" opens=tr!(imaging.raise) title=tr!(imaging.critical_finding) action="/api/imaging/raise_finding" tone=ButtonTone::Quiet>
                <Form action="/api/imaging/raise_finding" id="raise-form" hidden>
                    <TextArea name="finding" label=tr!(imaging.finding) hint=tr!(imaging.finding_hint) maxlength=1_000 required=true/>
                    <RadioField name="within" label=tr!(imaging.within) choices=withins/>
                    <div class="form__actions"><Button label=tr!(imaging.raise) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    view! { {shown}<div class="cluster">{raise}</div> }.into_any()
}

/// Earlier reports of the patient.
fn earlier(desk: &Desk) -> AnyView {
    if desk.earlier.is_empty() {
        return ().into_any();
    }
    let rows = desk
        .earlier
        .iter()
        .map(|(report, title)| {
            let when = report.signed_at.map(|at| show_date_time(desk.zone.local(at))).unwrap_or_default();
            let impression = lines(&report.text.impression);
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/imaging/reports/{}/copy", report.id)><strong>{title.clone()}</strong></a>" "<span class="muted small">{when}</span>
                        <br/>{impression}
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(imaging.earlier)}</h2></div><ul class="rows">{rows}</ul></section> }
        .into_any()
}
