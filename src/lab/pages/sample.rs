//! `/lab/samples/{id}`: one sample: its way, its analyses with the form to enter values, and the acts on it.

use leptos::prelude::*;

use super::{
    aliquots::{divide_act, tubes_panel},
    parts::{DoneQuery, container_words, due_badge, flag_badge, identity, priority_badge, range_words, tests_of, toast},
    pregnancy::{pregnancy_act, pregnancy_notice, pregnancy_words},
};
use crate::{
    core::{
        Error, LabSampleId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    lab::{
        catalogue::{Catalogue, LabTest},
        controls::Holds,
        requests::{LatestValue, latest_values},
        results::{self, LabResult, shown_unit},
        samples::{self, Analysis, AnalysisAct, AnalysisState, NewMaterial, Sample, SampleAct},
        value::localised,
        vocabulary::{AbsentReason, Rejection, ResultType},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, Form, KeyHint, NoticeBox, PageHeader, PostButton, SelectField,
        StatusBadge, TextField, Tone,
    },
};

/// The facts of the page.
struct Bench {
    sample: Sample,
    analyses: Vec<(Analysis, Option<LabResult>)>,
    latest: Vec<LatestValue>,
    all: Catalogue,
    /// The tests whose controls were rejected.
    held: Holds,
    /// The tubes that were filled from the sample, each with the names of its tests.
    tubes: Vec<(Sample, String)>,
    /// Whether the sample is a tube of one that is still there.
    has_parent: bool,
    now: Instant,
    zone: Zone,
}

/// Shows a sample.
///
/// # Errors
/// Not allowed, another clinic's sample, or when the database refuses.
pub async fn sample_page(Path(id): Path<LabSampleId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let sample = samples::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::WorkLab, sample.clinic_id)?;
    ctx.saw(sample.patient_id, "lab_record").await?;
    let mut analyses = Vec::new();
    for analysis in samples::analyses_of_samples(&mut ctx.tx, &[id]).await? {
        let result = results::current(&mut ctx.tx, analysis.id).await?;
        analyses.push((analysis, result));
    }
    let latest = latest_values(&mut ctx.tx, sample.patient_id).await?;
    let (now, zone) = (ctx.now, ctx.zone());
    let held = Holds::read(&mut ctx.tx, sample.clinic_id).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let filled = samples::aliquots_of(&mut ctx.tx, id).await?;
    let of_tubes = samples::analyses_of_samples(&mut ctx.tx, &filled.iter().map(|tube| tube.id).collect::<Vec<_>>()).await?;
    let tubes = filled.into_iter().map(|tube| (tests_of(&all, &of_tubes, &tube), tube)).map(|(tests, tube)| (tube, tests)).collect();
    let has_parent = samples::usable_parent(&mut ctx, &sample).await?.is_some();
    let bench = Bench { sample, analyses, latest, all, held, tubes, has_parent, now, zone };
    Ok(Page::new(tr!(lab.sample), move || view(&bench, &done)).keys(vec![KeyHint::new("Ctrl + Enter", tr!(lab.enter_and_check))]))
}

fn view(bench: &Bench, done: &str) -> AnyView {
    let Bench { sample, all, .. } = bench;
    let back = ("/lab/bench".to_owned(), tr!(lab.bench).to_owned());
    let own: Vec<&Analysis> = bench.analyses.iter().map(|(analysis, _)| analysis).collect();
    let badges = view! { <div class="cluster">{priority_badge(sample.priority)}<StatusBadge tone=sample.state.tone() label=sample.state.words()/></div> };
    let rejected = sample.rejection.map(|reason| {
        let note = sample.stop_note.clone();
        view! { <NoticeBox tone=Tone::Critical title=reason.words()><p>{note}</p></NoticeBox> }
    });
    let indices = [("H", sample.index_h), ("I", sample.index_i), ("L", sample.index_l)];
    let indices: Vec<String> =
        indices.into_iter().filter_map(|(name, index)| index.filter(|index| *index > 0).map(|index| format!("{name} {index}"))).collect();
    let interference = (!indices.is_empty()).then(|| {
        view! { <NoticeBox tone=Tone::Warning title=tr!(lab.finding_interference)><p>{indices.join(", ")}</p></NoticeBox> }
    });
    view! {
        {toast(done)}
        <PageHeader title=format!("{} {}", tr!(lab.sample), sample.number) back detail=container_words(all, sample) actions=Some(badges.into_any())/>
        <div class="stack">
            <section class="panel"><div class="panel__body">{identity(&sample.patient_name, &sample.mrn, sample.birth, sample.sex)}</div></section>
            {rejected}
            {interference}
            {pregnancy_notice(all, sample, &own)}
            {tubes_panel(all, sample, &bench.tubes)}
            {held_tests(bench)}
            {entry_form(bench)}
            {check_form(bench)}
            {others(bench)}
            <section class="panel">
                <div class="panel__head"><h2>{tr!(lab.way)}</h2><div class="cluster">{divide_act(all, sample, &own)}{acts(sample, bench.has_parent)}{pregnancy_act(sample, &own)}</div></div>
                <div class="panel__body"><DescriptionList details=way(sample, bench.zone)/></div>
            </section>
        </div>
    }
    .into_any()
}

/// The tests of the sample whose results are held, because their controls were rejected.
fn held_tests(bench: &Bench) -> AnyView {
    let held = bench.analyses.iter().filter(|(analysis, _)| bench.held.hold(&bench.all, analysis.test_id));
    let names: Vec<&str> = held.filter_map(|(analysis, _)| bench.all.test(analysis.test_id).ok()).map(LabTest::name).collect();
    if names.is_empty() {
        return ().into_any();
    }
    let names = names.join(", ");
    view! {
        <NoticeBox tone=Tone::Critical title=tr!(lab.held)>
            <p>{names}" · "<a href="/lab/controls">{tr!(lab.controls)}</a></p>
        </NoticeBox>
    }
    .into_any()
}

fn way(sample: &Sample, zone: Zone) -> Vec<Detail> {
    let at = |at: Option<Instant>, by: Option<&String>| {
        let at = at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
        [at, by.cloned().unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let texts = [
        (tr!(lab.requisition), sample.requisition.clone()),
        (tr!(lab.place), sample.place.clone()),
        (tr!(lab.wanted), at(Some(sample.wanted_from), None)),
        (tr!(lab.label_printed), at(sample.label_printed_at, None)),
        (tr!(lab.sample_collected), at(sample.collected_at, sample.collector.as_ref())),
        (tr!(lab.site), sample.site.clone()),
        (tr!(lab.pregnancy), pregnancy_words(sample)),
        (tr!(lab.pregnancy_said), at(sample.pregnancy_at, sample.pregnancy_said.as_ref())),
        (tr!(lab.sample_sent), at(sample.sent_at, None)),
        (tr!(lab.sample_received), at(sample.received_at, sample.receiver.as_ref())),
        (tr!(lab.sample_stored), [at(sample.stored_at, None), sample.stored_place.clone()].join(" ").trim().to_owned()),
        (tr!(lab.sample_discarded), at(sample.discarded_at, None)),
        (tr!(lab.stopped), at(sample.stopped_at, sample.stopper.as_ref())),
        (tr!(lab.why), sample.stop_note.clone()),
    ];
    texts.into_iter().filter(|(_, text)| !text.is_empty()).map(|(label, text)| Detail::new(label, text)).collect()
}

/// The acts on the sample that fit its state.
fn acts(sample: &Sample, has_parent: bool) -> AnyView {
    let hidden = || vec![("lab_sample_id", sample.id.to_string())];
    let state = sample.state;
    let receive = SampleAct::Receive.fits(state).then(|| {
        let number = vec![("number", sample.number.clone())];
        view! { <PostButton action="/api/lab/receive" label=tr!(lab.receive) hidden=number tone=ButtonTone::Primary/> }
    });
    let reject = SampleAct::Reject.fits(state).then(|| {
        let reasons: Vec<Choice> = Rejection::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
        let hidden = hidden();
        let materials: Vec<Choice> = NewMaterial::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
        view! {
            <Dialog id="reject" opens=tr!(lab.reject) title=tr!(lab.reject_title) action="/api/lab/reject" tone=ButtonTone::Quiet>
                <Form action="/api/lab/reject" hidden>
                    <p>{tr!(lab.reject_text)}</p>
                    <SelectField name="rejection" label=tr!(lab.reason) choices=reasons prompt=tr!(lab.choose)/>
                    {has_parent.then(|| view! { <SelectField name="material" label=tr!(lab.material) choices=materials prompt=tr!(lab.choose)/> })}
                    <TextField name="note" label=tr!(lab.note) maxlength=500 optional=true/>
                    <div class="form__actions"><Button label=tr!(lab.reject) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    let lose = SampleAct::Lose.fits(state).then(|| {
        let hidden = hidden();
        view! {
            <Dialog id="lose" opens=tr!(lab.lose) title=tr!(lab.lose) action="/api/lab/lose" tone=ButtonTone::Quiet>
                <Form action="/api/lab/lose" hidden>
                    <TextField name="note" label=tr!(lab.why) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(lab.lose) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    let keep = SampleAct::Store.fits(state).then(|| {
        let hidden = hidden();
        view! {
            <Dialog id="keep" opens=tr!(lab.keep) title=tr!(lab.keep) action="/api/lab/keep" tone=ButtonTone::Quiet>
                <Form action="/api/lab/keep" hidden>
                    <TextField name="place" label=tr!(lab.place) required=true maxlength=120/>
                    <div class="form__actions"><Button label=tr!(lab.keep)/></div>
                </Form>
            </Dialog>
        }
    });
    let discard = SampleAct::Discard
        .fits(state)
        .then(|| view! { <PostButton action="/api/lab/discard" label=tr!(lab.discard) hidden=hidden() tone=ButtonTone::Quiet/> });
    view! { {receive}{reject}{lose}{keep}{discard} }.into_any()
}

/// The last value of the test: `4.1 mmol/L`.
fn previous(latest: &[LatestValue], test: &LabTest) -> String {
    let last = latest.iter().find(|last| last.test_id == test.id);
    last.map(|last| format!("{} {}", localised(&last.value_text), last.flag.as_str()).trim_end().to_owned()).unwrap_or_default()
}

/// The form to enter values: one row a test, the previous value beside it.
fn entry_form(bench: &Bench) -> AnyView {
    let Bench { sample, all, analyses, latest, now, .. } = bench;
    let open = |analysis: &Analysis| {
        AnalysisAct::Enter.fits(analysis.state) && all.test(analysis.test_id).is_ok_and(|test| test.formula().is_none())
    };
    let rows: Vec<&Analysis> = analyses.iter().map(|(analysis, _)| analysis).filter(|analysis| open(analysis)).collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let mut hidden = vec![("lab_sample_id", sample.id.to_string())];
    let versions: Vec<(String, String)> =
        rows.iter().map(|analysis| (format!("version-{}", analysis.id), analysis.version.to_string())).collect();
    hidden.push(("check", "true".to_owned()));
    let inputs = rows.iter().enumerate().map(|(at, analysis)| entry_row(all, latest, analysis, (*now, at == 0))).collect::<Vec<_>>();
    let versions = versions.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    let rows_view = move || inputs.into_iter().map(|row| row()).collect_view();
    view! {
        <section class="panel" aria-labelledby="enter-heading">
            <div class="panel__head"><h2 id="enter-heading">{tr!(lab.enter)}</h2></div>
            <div class="panel__body" data-enter-next="">
                <Form action="/api/lab/enter" id="enter" hidden>
                    {versions}
                    {rows_view()}
                    <div class="form__actions"><Button label=tr!(lab.enter_and_check) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// One row of the form; it is rendered inside of the form, so that its fields find what was typed. The first one has the focus, and Enter goes to
/// the next.
fn entry_row(
    all: &Catalogue,
    latest: &[LatestValue],
    analysis: &Analysis,
    (now, is_first): (Instant, bool),
) -> Box<dyn FnOnce() -> AnyView + Send> {
    let Ok(test) = all.test(analysis.test_id) else { return Box::new(|| ().into_any()) };
    let unit = shown_unit(&test.unit);
    let label = if unit.is_empty() { test.name().to_owned() } else { format!("{} ({unit})", test.name()) };
    let last = previous(latest, test);
    let hint = if last.is_empty() { tr!(lab.no_previous).to_owned() } else { tr!(lab.previous, value = last) };
    let answers: Vec<Choice> =
        all.choices_of(test.id).iter().map(|choice| Choice::new(choice.code.clone(), choice.name().to_owned())).collect();
    let (id, due, is_choice) = (analysis.id, analysis.due_at, test.result_type == ResultType::Choice);
    let is_number = test.result_type == ResultType::Quantity;
    Box::new(move || {
        let value = match is_choice {
            true => view! { <SelectField name=format!("value-{id}") label choices=answers prompt=tr!(lab.choose) hint/> }.into_any(),
            false => {
                let inputmode = if is_number { "decimal" } else { "text" };
                view! {
                    <TextField name=format!("value-{id}") label hint autocomplete="off" inputmode class="input--medium" autofocus=is_first/>
                }
                .into_any()
            }
        };
        let reasons: Vec<Choice> = AbsentReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
        view! {
            <div class="fieldset">
                {value}
                {again(id)}
                <details>
                    <summary>{tr!(lab.more)}" "{due_badge(due, now)}</summary>
                    <SelectField name=format!("absent-{id}") label=tr!(lab.absent) choices=reasons prompt=tr!(lab.has_value)/>
                    <TextField name=format!("comment-{id}") label=tr!(lab.comment) maxlength=4_000 optional=true/>
                </details>
            </div>
        }
        .into_any()
    })
}

/// The field in which a critical value is typed again, after a refusal that asked for it.
fn again(id: crate::core::LabAnalysisId) -> AnyView {
    let name = format!("again-{id}");
    let asked = use_context::<crate::core::form::FormState>().is_some_and(|state| state.error(&name).is_some());
    asked.then(|| view! { <TextField name label=tr!(lab.type_again) autocomplete="off" class="input--medium"/> }).into_any()
}

/// The entered results, to be checked at once.
fn check_form(bench: &Bench) -> AnyView {
    let entered: Vec<&(Analysis, Option<LabResult>)> =
        bench.analyses.iter().filter(|(analysis, _)| analysis.state == AnalysisState::Entered).collect();
    if entered.is_empty() {
        return ().into_any();
    }
    let versions = entered
        .iter()
        .map(|(analysis, _)| view! { <input type="hidden" name=format!("version-{}", analysis.id) value=analysis.version.to_string()/> })
        .collect_view();
    let hidden = vec![("lab_sample_id", bench.sample.id.to_string())];
    let rows = entered.iter().map(|(analysis, result)| result_row(bench, analysis, result.as_ref())).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.to_check)}</h2></div>
            <ul class="rows">{rows}</ul>
            <div class="panel__body">
                <Form action="/api/lab/check" id="check" hidden>
                    {versions}
                    <div class="form__actions"><Button label=tr!(lab.check) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The analyses that are neither to be entered nor to be checked.
fn others(bench: &Bench) -> AnyView {
    let is_other = |analysis: &Analysis| !matches!(analysis.state, AnalysisState::Entered);
    let rows = bench
        .analyses
        .iter()
        .filter(|(analysis, _)| is_other(analysis))
        .map(|(analysis, result)| result_row(bench, analysis, result.as_ref()))
        .collect_view();
    view! { <section class="panel"><div class="panel__head"><h2>{tr!(lab.tests)}</h2></div><ul class="rows">{rows}</ul></section> }
        .into_any()
}

fn result_row(bench: &Bench, analysis: &Analysis, result: Option<&LabResult>) -> AnyView {
    let name = bench.all.test(analysis.test_id).map(|test| test.name().to_owned()).unwrap_or_default();
    let shown = result.map(|result| {
        let findings =
            result.findings.iter().map(|finding| view! { <StatusBadge tone=Tone::Warning label=finding.words()/> }).collect_view();
        view! {
            <br/>
            <a href=format!("/lab/results/{}", result.id)><strong>{result.with_unit(&bench.all)}</strong></a>
            " "{flag_badge(result.flag)}{findings}
            <span class="muted small">" "{range_words(result)}</span>
        }
    });
    let hidden = || vec![("lab_analysis_id", analysis.id.to_string()), ("version", analysis.version.to_string())];
    let repeat = AnalysisAct::Repeat.fits(analysis.state).then(
        || view! { <PostButton action="/api/lab/repeat" label=tr!(lab.repeat) hidden=hidden() tone=ButtonTone::Quiet about=name.clone()/> },
    );
    let send_out = AnalysisAct::SendOut.fits(analysis.state).then(|| {
        let (hidden, id) = (hidden(), format!("out-{}", analysis.id));
        view! {
            <Dialog id=id.clone() opens=tr!(lab.send_out) title=name.clone() tone=ButtonTone::Quiet>
                <Form action="/api/lab/send_out" id=format!("{id}-form") hidden>
                    <TextField name="outside" label=tr!(lab.outside) required=true maxlength=120/>
                    <div class="form__actions"><Button label=tr!(lab.send_out)/></div>
                </Form>
            </Dialog>
        }
    });
    let cancel = AnalysisAct::Cancel.fits(analysis.state).then(|| {
        let (hidden, id) = (hidden(), format!("cancel-{}", analysis.id));
        view! {
            <Dialog id=id.clone() opens=tr!(lab.cancel) title=name.clone() tone=ButtonTone::Quiet>
                <Form action="/api/lab/cancel_analysis" id=format!("{id}-form") hidden>
                    <TextField name="reason" label=tr!(lab.why) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(lab.cancel) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <li class="rows__row">
            <div class="rows__main">{name.clone()}{shown}</div>
            <div class="rows__side cluster">
                <StatusBadge tone=analysis.state.tone() label=analysis.state.words()/>{repeat}{send_out}{cancel}
            </div>
        </li>
    }
    .into_any()
}
