//! `/lab/controls` and `/lab/controls/{id}`: quality control: the tests with their state; one test with its charts, its lots and the form of
//! a run.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{
        LabControlLotId, LabControlRunId, LabTestId, Permission, Result,
        time::{Zone, show_date, show_date_time},
    },
    lab::{
        catalogue::{Catalogue, LabTest},
        controls::{self, ControlLot, ControlPoint, ControlState, ControlVerdict, LotState, LotTarget, ReleasedSince, rule_words},
        results::{shown_unit, with_unit},
        value::{localised, shown},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Column, ControlMark, DataTable, DateField, Dialog, EmptyState, Form, Glyph, LeveyJennings, NoticeBox,
        PageHeader, PostButton, Row, SelectField, StatusBadge, TextField, Tone,
    },
};

/// The runs of a chart.
const RUNS: i64 = 40;
/// The released results that a rejection lists.
const RESULTS: i64 = 200;

/// Shows the tests with control material.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn list_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let all = Catalogue::read(&mut ctx.tx).await?;
    let lots = controls::lots_of(&mut ctx.tx, clinic, None).await?;
    let states = controls::states(&mut ctx.tx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageCatalogue, clinic);
    Ok(Page::new(tr!(lab.controls), move || {
        let add = manages.then(add_lot);
        let rows: Vec<Row> = all
            .tests
            .iter()
            .filter(|test| lots.iter().any(|lot| lot.test_id == test.id) || states.iter().any(|state| state.test_id == test.id))
            .map(|test| {
                let own: Vec<String> =
                    lots.iter().filter(|lot| lot.test_id == test.id).map(|lot| format!("{} {}", lot.level, lot.lot)).collect();
                let state = states.iter().find(|state| state.test_id == test.id);
                let last = state.map(|state| show_date_time(zone.local(state.at))).unwrap_or_default();
                let name = view! { <strong>{test.name().to_owned()}</strong> }.into_any();
                Row::new(vec![name, own.join(", ").into_any(), last.into_any(), verdict(state)])
                    .href(format!("/lab/controls/{}", test.id))
                    .key(test.id.to_string())
            })
            .collect();
        let columns = vec![
            Column::new(tr!(lab.test)),
            Column::new(tr!(lab.control_lots)),
            Column::new(tr!(lab.control_last_run)),
            Column::new(tr!(lab.state)),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.no_controls) text=tr!(lab.no_controls_text)/> }.into_any();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(lab.controls) detail=tr!(lab.controls_text) actions=Some(add.into_any())/>
            <DataTable caption=tr!(lab.controls) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

/// The verdict of the last run, with the rule in words.
fn verdict(state: Option<&ControlState>) -> AnyView {
    let Some(state) = state else { return view! { <span class="muted">{tr!(lab.control_no_run)}</span> }.into_any() };
    let words = rule_words(state.rule);
    view! { <StatusBadge tone=state.verdict.tone() label=state.verdict.words()/>" "<span class="muted small">{words}</span> }.into_any()
}

/// The form of a new lot.
fn add_lot() -> AnyView {
    let hidden = vec![("key", LabControlLotId::new().to_string())];
    let levels: Vec<Choice> = (1..=3).map(|level| Choice::new(level.to_string(), level.to_string())).collect();
    let targets: Vec<Choice> = LotTarget::ALL.iter().map(|target| Choice::new(target.as_str(), target.words())).collect();
    view! {
        <Dialog id="add-lot" opens=tr!(lab.control_add_lot) title=tr!(lab.control_add_lot) action="/api/lab/add_lot" tone=ButtonTone::Primary>
            <Form action="/api/lab/add_lot" hidden>
                <TextField name="test" label=tr!(lab.control_test_code) required=true maxlength=20 class="input--code"/>
                <TextField name="material" label=tr!(lab.control_material) required=true maxlength=80/>
                <SelectField name="level" label=tr!(lab.control_level) choices=levels prompt=tr!(lab.choose)/>
                <TextField name="lot" label=tr!(lab.control_lot) required=true maxlength=40 class="input--code"/>
                <DateField name="expires_on" label=tr!(lab.control_expires) required=true/>
                <SelectField name="target" label=tr!(lab.control_target) choices=targets prompt=tr!(lab.choose) hint=tr!(lab.control_target_hint)/>
                <TextField name="mean" label=tr!(lab.control_mean) inputmode="decimal" class="input--medium" optional=true/>
                <TextField name="sd" label=tr!(lab.control_sd) inputmode="decimal" class="input--medium" optional=true/>
                <div class="form__actions"><Button label=tr!(lab.control_add_lot) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// The facts of one test's page.
struct Control {
    test: LabTest,
    lots: Vec<ControlLot>,
    points: Vec<ControlPoint>,
    state: Option<ControlState>,
    released: Vec<ReleasedSince>,
    manages: bool,
    zone: Zone,
}

/// Shows the controls of one test.
///
/// # Errors
/// Not allowed, an unknown test, or when the database refuses.
pub async fn test_page(Path(id): Path<LabTestId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let test = Catalogue::read(&mut ctx.tx).await?.test(id)?.clone();
    let lots = controls::lots_of(&mut ctx.tx, clinic, Some(id)).await?;
    let points = controls::points_of(&mut ctx.tx, clinic, id, RUNS).await?;
    let state = controls::states(&mut ctx.tx, clinic).await?.into_iter().find(|state| state.test_id == id);
    let released = match state.as_ref().filter(|state| state.verdict == ControlVerdict::Rejected) {
        Some(state) => controls::released_since(&mut ctx.tx, clinic, (id, state.at), RESULTS).await?,
        None => Vec::new(),
    };
    ctx.saw_live(released.iter().map(|result| result.patient_id), "lab_lists").await?;
    let manages = ctx.who.may_at(Permission::ManageCatalogue, clinic);
    let control = Control { test, lots, points, state, released, manages, zone };
    Ok(Page::new(tr!(lab.controls), move || view(&control, &done)))
}

fn view(control: &Control, done: &str) -> AnyView {
    let back = ("/lab/controls".to_owned(), tr!(lab.controls).to_owned());
    let badge = verdict(control.state.as_ref());
    let charts = control.lots.iter().map(|lot| lot_panel(control, lot)).collect_view();
    let empty =
        control.lots.is_empty().then(|| view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.no_lots) text=tr!(lab.no_lots_text)/> });
    view! {
        {toast(done)}
        <PageHeader title=with_unit(&control.test) back detail=tr!(lab.controls) actions=Some(badge)/>
        <div class="stack">
            {rejection(control)}
            {empty}
            {run_form(control)}
            {charts}
            {history(control)}
        </div>
    }
    .into_any()
}

/// The rule that is broken, and the results that were released since the last run in control.
fn rejection(control: &Control) -> AnyView {
    let Some(state) = control.state.as_ref().filter(|state| state.verdict == ControlVerdict::Rejected) else { return ().into_any() };
    let rows: Vec<Row> = control
        .released
        .iter()
        .map(|result| {
            let value = format!("{} {}", localised(&result.value_text), shown_unit(&result.unit)).trim_end().to_owned();
            let link = view! { <a href=format!("/lab/results/{}", result.result_id)>{value}</a> }.into_any();
            Row::new(vec![result.mrn.clone().into_any(), link, show_date_time(control.zone.local(result.released_at)).into_any()])
        })
        .collect();
    let columns = vec![Column::new(tr!(ui.mrn)), Column::new(tr!(lab.result)), Column::new(tr!(lab.released_at))];
    let affected = match rows.is_empty() {
        true => view! { <p>{tr!(lab.control_none_released)}</p> }.into_any(),
        false => {
            view! { <p>{tr!(lab.control_released)}</p><DataTable caption=tr!(lab.control_released) columns rows stacked=true/> }.into_any()
        }
    };
    let rule = rule_words(state.rule);
    let levels = state.rejected.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    view! {
        <NoticeBox tone=Tone::Critical title=tr!(lab.control_rejected_title)>
            <p><strong>{rule}</strong></p>
            <p>{tr!(lab.control_rejected_levels, levels = levels)}</p>
            <p>{tr!(lab.control_rejected_text)}</p>
            {affected}
        </NoticeBox>
    }
    .into_any()
}

/// The form of a run: one field for each lot.
fn run_form(control: &Control) -> AnyView {
    if control.lots.is_empty() {
        return ().into_any();
    }
    let hidden = vec![("lab_test_id", control.test.id.to_string()), ("key", LabControlRunId::new().to_string())];
    let unit = shown_unit(&control.test.unit);
    let fields: Vec<(String, String, String)> = control
        .lots
        .iter()
        .map(|lot| {
            let label = tr!(lab.control_level_lot, level = lot.level, lot = lot.lot.clone());
            (format!("value-{}", lot.id), if unit.is_empty() { label } else { format!("{label} ({unit})") }, target_words(lot))
        })
        .collect();
    let is_rejected = control.state.as_ref().is_some_and(|state| state.verdict == ControlVerdict::Rejected);
    view! {
        <section class="panel" aria-labelledby="run-heading">
            <div class="panel__head"><h2 id="run-heading">{tr!(lab.control_new_run)}</h2></div>
            <div class="panel__body">
                <Form action="/api/lab/run_controls" id="run" hidden>
                    {fields
                        .into_iter()
                        .map(|(name, label, hint)| view! { <TextField name label hint inputmode="decimal" autocomplete="off" class="input--medium"/> })
                        .collect_view()}
                    <TextField name="action" label=tr!(lab.control_action) hint=tr!(lab.control_action_hint) maxlength=500 required=is_rejected optional={!is_rejected}/>
                    <div class="form__actions"><Button label=tr!(lab.control_record) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The target of a lot: `mean 4.0, SD 0.1 (maker)`.
fn target_words(lot: &ControlLot) -> String {
    match lot.mean.zip(lot.sd) {
        Some((mean, sd)) => tr!(lab.control_target_is, mean = shown(mean), sd = shown(sd), origin = lot.target.words().to_lowercase()),
        None => tr!(lab.control_no_target).to_owned(),
    }
}

/// One lot with its chart and the acts on it.
fn lot_panel(control: &Control, lot: &ControlLot) -> AnyView {
    let marks: Vec<ControlMark> = control
        .points
        .iter()
        .filter(|point| point.lot_id == lot.id)
        .filter_map(|point| {
            let z = point.deviation()?.z();
            Some(ControlMark { z, is_excluded: point.excluded_at.is_some(), is_rejected: point.verdict == ControlVerdict::Rejected })
        })
        .collect();
    let chart = (!marks.is_empty()).then(|| view! { <LeveyJennings marks/> });
    let hidden = || vec![("lab_control_lot_id", lot.id.to_string())];
    let about = format!("{} {}", lot.level, lot.lot);
    let activate = (control.manages && lot.state == LotState::Establishing).then(|| {
        view! { <PostButton action="/api/lab/activate_lot" label=tr!(lab.control_activate) hidden=hidden() tone=ButtonTone::Quiet about=about.clone()/> }
    });
    let close = control.manages.then(|| {
        view! { <PostButton action="/api/lab/close_lot" label=tr!(lab.control_close) hidden=hidden() tone=ButtonTone::Quiet about=about.clone()/> }
    });
    let tone = if lot.state == LotState::Active { Tone::Done } else { Tone::Progress };
    let facts = format!("{} · {} · {}", lot.material, target_words(lot), tr!(lab.control_expires_on, day = show_date(lot.expires_on)));
    view! {
        <section class="panel">
            <div class="panel__head">
                <h2>{tr!(lab.control_level_lot, level = lot.level, lot = lot.lot.clone())}</h2>
                <div class="cluster"><StatusBadge tone label=lot.state.words()/>{activate}{close}</div>
            </div>
            <div class="panel__body"><p class="muted small">{facts}</p>{chart}</div>
        </section>
    }
    .into_any()
}

/// The points of the last runs, the latest first.
fn history(control: &Control) -> AnyView {
    if control.points.is_empty() {
        return ().into_any();
    }
    let rows: Vec<Row> = control.points.iter().rev().map(|point| history_row(control, point)).collect();
    let columns = vec![
        Column::new(tr!(lab.control_run)),
        Column::new(tr!(lab.control_lot)),
        Column::new(tr!(lab.result)).numeric(),
        Column::new(tr!(lab.control_z)).numeric(),
        Column::new(tr!(lab.state)),
    ];
    view! { <DataTable caption=tr!(lab.control_runs) columns rows stacked=true/> }.into_any()
}

fn history_row(control: &Control, point: &ControlPoint) -> Row {
    let z = point.deviation().map(|deviation| localised(&format!("{:+.2}", deviation.z()))).unwrap_or_default();
    let value = localised(&point.value_text);
    let shown_value = match point.excluded_at {
        Some(_) => view! { <del title=point.excluded_reason.clone()>{value}</del> }.into_any(),
        None => value.into_any(),
    };
    let who = format!("{} · {}", show_date_time(control.zone.local(point.at)), point.by_name);
    let action = (!point.action.is_empty()).then(|| view! { <br/><span class="small">{point.action.clone()}</span> });
    let exclude = (control.manages && point.excluded_at.is_none()).then(|| {
        let (hidden, id) = (vec![("lab_control_point_id", point.id.to_string())], format!("exclude-{}", point.id));
        view! {
            <Dialog id=id.clone() opens=tr!(lab.control_exclude) title=tr!(lab.control_exclude) tone=ButtonTone::Quiet>
                <Form action="/api/lab/exclude_point" id=format!("{id}-form") hidden>
                    <TextField name="reason" label=tr!(lab.why) required=true maxlength=500/>
                    <div class="form__actions"><Button label=tr!(lab.control_exclude) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        }
    });
    let excluded = point.excluded_at.map(|_| view! { <br/><span class="muted small">{point.excluded_reason.clone()}</span> });
    let state = view! {
        <StatusBadge tone=point.verdict.tone() label=point.verdict.words()/>
        " "<span class="muted small">{rule_words(point.rule)}</span>{excluded}{exclude}
    };
    Row::new(vec![
        view! { {who}{action} }.into_any(),
        format!("{} {}", point.level, point.lot).into_any(),
        shown_value,
        z.into_any(),
        state.into_any(),
    ])
    .key(point.id.to_string())
}
