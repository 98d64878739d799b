//! The acts on a patient of a ward, on the admission's page: move, swap, transfer, away, and the steps of the discharge.

use leptos::prelude::*;

use super::{
    admission::{bed_choices, best, hidden},
    transferring,
};
use crate::{
    core::{
        AdmissionId, IdempotencyKey, Permission, Result, WardId,
        form::FormState,
        time::{Instant, Zone, show_date, show_date_time, show_time},
    },
    organisation::Isolation,
    patients,
    server::{Ctx, hooks::TakeHome},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, DateField, Dialog, Form, Glyph, Icon, LinkButton, NoticeBox,
        PostButton, RadioField, Row, SelectField, StatusBadge, TextArea, TextField, TimeField, Tone,
    },
    wards::{
        AdmissionState,
        admission::{self, Admission, BedChoice},
        board,
        days::{self, BedDay},
        equipment::Equipment,
        leaving::{self, Discharge, DischargeKind, DischargeStep, StepRow, StepState},
        moves::{self, Absence, AwayKind, OpenSwap, Transfer, TransferState},
        plan::{self, Ward},
    },
};

/// The rights of the reader at the admission's clinic.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission")]
struct May {
    manage: bool,
    decide: bool,
    prepare: bool,
    leave: bool,
    overrule: bool,
}

/// The data about a patient of a ward.
pub(super) struct OnWard {
    id: AdmissionId,
    state: AdmissionState,
    wards: Vec<Ward>,
    ward: WardId,
    /// The equipment and the isolation that the patient needs.
    needs: (Equipment, Isolation),
    /// Free beds of the patient's ward, or of the ward to which a transfer is open.
    choices: Vec<BedChoice>,
    others: Vec<(AdmissionId, String)>,
    /// The proposals to swap, each with the other patient and the words for it.
    swaps: Vec<(OpenSwap, AdmissionId, String)>,
    transfer: Option<Transfer>,
    /// Whether the patient came to the ward by a transfer, whose sheet is still there.
    came: bool,
    absence: Option<Absence>,
    discharge: Option<(Discharge, Vec<StepRow>)>,
    /// The open work of a patient who is about to leave.
    blockers: Vec<String>,
    /// The prescriptions to take home.
    home: TakeHome,
    days: Vec<BedDay>,
    may: May,
    zone: Zone,
}

/// Reads the data; `None` while the patient is not on a ward.
pub(super) async fn read(ctx: &mut Ctx, admission: &Admission, wards: &[Ward], zone: Zone) -> Result<Option<OnWard>> {
    if !matches!(admission.state, AdmissionState::Admitted | AdmissionState::Discharged) {
        return Ok(None);
    }
    let (id, today, clinic) = (admission.id, zone.day(ctx.now), admission.clinic_id);
    let may = |permission| ctx.who.may_at(permission, clinic);
    let may = May {
        manage: may(Permission::ManageBeds),
        decide: may(Permission::DischargeClinical),
        prepare: may(Permission::DischargeNursing),
        leave: may(Permission::DischargePhysical),
        overrule: may(Permission::ManageWards),
    };
    let transfer = moves::open_transfer(&mut ctx.tx, id).await?;
    let came = transfer.is_none() && moves::last_transfer(&mut ctx.tx, id).await?.is_some();
    let ward = plan::ward(&mut ctx.tx, transfer.as_ref().map_or_else(|| admission.ward(), |open| open.to_ward_id)).await?;
    let choices = if may.manage { admission::choices(&mut ctx.tx, &ward, admission, (ctx.now, today)).await? } else { Vec::new() };
    let mut others = Vec::new();
    if may.manage && admission.state == AdmissionState::Admitted {
        let lying = board::lying_on(&mut ctx.tx, admission.ward()).await?;
        let lying: Vec<_> = lying.into_iter().filter(|one| one.admission_id != id).collect();
        let ids: Vec<_> = lying.iter().map(|one| one.patient_id).collect();
        let people = patients::names(&mut ctx.tx, &ids).await?;
        ctx.saw_live(ids, "ward_board").await?;
        for one in lying {
            let name = people.get(&one.patient_id).map(|line| line.name.listed()).unwrap_or_default();
            others.push((one.admission_id, format!("{}: {name}", one.bed)));
        }
    }
    let mut swaps = Vec::new();
    for open in moves::open_swaps(&mut ctx.tx, id).await? {
        let other = if open.admission_id == id { open.with_id } else { open.admission_id };
        let with = others.iter().find(|(one, _)| *one == other).map(|(_, words)| words.clone());
        let with = with.unwrap_or_else(|| tr!(wards.on_another_ward).to_owned());
        let at = show_date_time(zone.local(open.proposed_at));
        let words = [with, open.reason.clone(), open.proposed_by.clone(), at];
        let words = words.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        swaps.push((open, other, words));
    }
    let discharge = match leaving::open_of(&mut ctx.tx, id).await? {
        Some(open) => {
            let steps = leaving::steps_now(ctx, id, open.id).await?;
            Some((open, steps))
        }
        None => None,
    };
    let prepares = discharge.as_ref().is_some_and(|(open, steps)| {
        let waits = steps.iter().any(|row| row.step == DischargeStep::Nursing && row.state == StepState::Open);
        waits && open.kind != DischargeKind::Died
    });
    let blockers = if prepares { leaving::blockers(&mut ctx.tx, id, ctx.now).await?.words() } else { Vec::new() };
    let home = if discharge.is_some() { leaving::take_home(ctx, id).await? } else { TakeHome::default() };
    let absence = moves::open_absence(&mut ctx.tx, id).await?;
    let days = days::of_admission(&mut ctx.tx, id).await?;
    Ok(Some(OnWard {
        id,
        state: admission.state,
        wards: wards.to_vec(),
        ward: admission.ward(),
        needs: (admission.equipment, admission.isolation),
        choices,
        others,
        swaps,
        transfer,
        came,
        absence,
        discharge,
        blockers,
        home,
        days,
        may,
        zone,
    }))
}

/// Shows the acts.
pub(super) fn view(on: &OnWard, has_babies: bool) -> AnyView {
    let discharge = discharge_view(on, has_babies);
    if on.state == AdmissionState::Discharged {
        let reopen = (on.may.manage && on.may.overrule).then(|| panel("reopen", tr!(wards.reopen), reopen_form(on)));
        return view! { {discharge}{reopen}{days_view(&on.days)} }.into_any();
    }
    let manage = on.may.manage.then(|| {
        let moves = on.transfer.is_none().then(|| panel("move", tr!(wards.move_title), move_form(on, has_babies)));
        let transfer = transfer_view(on, has_babies);
        let transfer = match on.transfer {
            Some(_) => panel("transfer", tr!(wards.transfer_title), transfer).into_any(),
            None => folded("transfer", tr!(wards.transfer_title), &["/api/wards/ask_transfer"], transfer).into_any(),
        };
        let proposed = (!on.swaps.is_empty()).then(|| panel("swaps", tr!(wards.swap_proposed), proposals(on)));
        let swap = folded("swap", tr!(wards.swap_title), &["/api/wards/swap"], swap_form(on));
        view! { {moves}{away_view(on)}{transfer}{proposed}{swap} }
    });
    let correct = on.may.overrule.then(|| folded("correct", tr!(wards.correct_time), &["/api/wards/correct_time"], correct_form(on.id)));
    view! { {discharge}{manage}{correct}{days_view(&on.days)} }.into_any()
}

/// A form that corrects the time of admission.
fn correct_form(id: AdmissionId) -> AnyView {
    let hidden = hidden(id);
    view! {
        <Form action="/api/wards/correct_time" hidden>
            <DateField name="day" label=tr!(wards.day) required=true/>
            <TimeField name="time" label=tr!(wards.admitted_at) required=true/>
            <TextField name="reason" label=tr!(wards.because) required=true maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.correct_time) tone=ButtonTone::Quiet/></div>
        </Form>
    }
    .into_any()
}

/// Shows the days in bed that are charged.
fn days_view(days: &[BedDay]) -> Option<AnyView> {
    if days.is_empty() {
        return None;
    }
    let row = |one: &BedDay| {
        let kind = if one.taken_back { tr!(wards.day_taken_back) } else { one.kind.words() };
        Row::new(vec![show_date(one.day).into_any(), kind.into_any(), one.bed.clone().into_any(), one.class.clone().into_any()])
    };
    let rows = days.iter().map(row).collect();
    let columns =
        vec![Column::new(tr!(wards.day)), Column::new(tr!(wards.kind)), Column::new(tr!(wards.bed)), Column::new(tr!(wards.bed_class))];
    Some(
        view! {
            <section class="panel" id="days" aria-labelledby="days-heading">
                <div class="panel__head"><h2 id="days-heading">{tr!(wards.days)}</h2></div>
                <DataTable caption=tr!(wards.days) columns rows/>
            </section>
        }
        .into_any(),
    )
}

/// Shows an act that is rarely needed as a panel that opens with its head. It is open when its form was refused.
pub(super) fn folded(id: &'static str, title: &'static str, actions: &[&str], body: AnyView) -> impl IntoView + use<> {
    let refused = use_context::<FormState>().is_some_and(|form| actions.contains(&form.action.as_str()));
    view! {
        <details class="panel" id=id open=refused>
            <summary class="panel__head"><h2>{title}</h2><Icon glyph=Glyph::ChevronDown/></summary>
            <div class="panel__body">{body}</div>
        </details>
    }
}

fn panel(id: &'static str, title: &'static str, body: AnyView) -> impl IntoView {
    let heading = format!("{id}-heading");
    view! {
        <section class="panel" id=id aria-labelledby=heading.clone()>
            <div class="panel__head"><h2 id=heading.clone()>{title}</h2></div>
            <div class="panel__body">{body}</div>
        </section>
    }
}

fn no_bed() -> AnyView {
    view! { <NoticeBox tone=Tone::Warning title=tr!(wards.no_free_bed)><p>{tr!(wards.no_free_bed_text)}</p></NoticeBox> }.into_any()
}

/// A form that chooses a bed.
fn bed_form(on: &OnWard, action: &'static str, label: &'static str, has_babies: bool) -> AnyView {
    if on.choices.is_empty() {
        return no_bed();
    }
    let (beds, value, hidden) = (bed_choices(&on.choices), best(&on.choices), hidden(on.id));
    view! {
        <Form action hidden>
            <RadioField name="bed_id" label=tr!(wards.bed) choices=beds value/>
            {has_babies.then(|| view! { <CheckboxField name="with_babies" label=tr!(wards.babies_along) checked=true/> })}
            <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.override_hint) maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label/></div>
        </Form>
    }
    .into_any()
}

fn move_form(on: &OnWard, has_babies: bool) -> AnyView {
    let form = bed_form(on, "/api/wards/move", tr!(wards.move_patient), has_babies);
    let href = format!("/admissions/{}/move", on.id);
    view! { <p><LinkButton href label=tr!(wards.move_by_label) glyph=Glyph::ArrowRight key="m"/></p>{form} }.into_any()
}

fn reopen_form(on: &OnWard) -> AnyView {
    if on.choices.is_empty() {
        return no_bed();
    }
    let (beds, value, hidden) = (bed_choices(&on.choices), best(&on.choices), hidden(on.id));
    view! {
        <Form action="/api/wards/reopen" hidden>
            <RadioField name="bed_id" label=tr!(wards.bed) choices=beds value/>
            <TextArea name="reason" label=tr!(wards.because) rows=2 maxlength=500 required=true/>
            <div class="form__actions"><Button label=tr!(wards.reopen) tone=ButtonTone::Danger/></div>
        </Form>
    }
    .into_any()
}

fn proposals(on: &OnWard) -> AnyView {
    on.swaps.iter().map(|(open, other, words)| proposal(on.id, open, *other, words)).collect_view().into_any()
}

fn swap_form(on: &OnWard) -> AnyView {
    if on.others.is_empty() {
        return view! { <p class="muted">{tr!(wards.nobody_to_swap)}</p> }.into_any();
    }
    let others = on.others.iter().map(|(id, words)| Choice::new(id.to_string(), words.clone())).collect::<Vec<_>>();
    let mut hidden = hidden(on.id);
    hidden.push(("seen", IdempotencyKey::new().to_string()));
    view! {
        <Form action="/api/wards/swap" hidden>
            <SelectField name="other" label=tr!(wards.swap_with) choices=others prompt=tr!(errors.choose) required=true/>
            <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.swap_hint) maxlength=500 autocomplete="off"/>
            <CheckboxField name="propose" label=tr!(wards.propose_swap) hint=tr!(wards.propose_swap_hint)/>
            <div class="form__actions"><Button label=tr!(wards.swap)/></div>
        </Form>
    }
    .into_any()
}

/// Shows a proposal to swap, with the ways to do it and to withdraw it.
fn proposal(id: AdmissionId, open: &OpenSwap, other: AdmissionId, words: &str) -> impl IntoView + use<> {
    let mut swap = hidden(id);
    swap.extend([("seen", IdempotencyKey::new().to_string()), ("other", other.to_string())]);
    let mut withdraw = hidden(id);
    withdraw.push(("swap_id", open.id.to_string()));
    let (words, form) = (words.to_owned(), format!("swap-{}", open.id));
    view! {
        <NoticeBox tone=Tone::Waiting title=words>
            <Form action="/api/wards/swap" id=form hidden=swap>
                <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.swap_hint) maxlength=500 autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(wards.swap_now)/></div>
            </Form>
            <PostButton action="/api/wards/withdraw_swap" label=tr!(wards.withdraw_swap) hidden=withdraw tone=ButtonTone::Quiet/>
        </NoticeBox>
    }
}

fn transfer_view(on: &OnWard, has_babies: bool) -> AnyView {
    let accepted = on.transfer.as_ref().is_some_and(|open| open.state == TransferState::Accepted);
    let form = match &on.transfer {
        None => transferring::ask_form(on.id, (on.wards.as_slice(), on.ward), on.needs, String::new()),
        Some(_) if accepted => bed_form(on, "/api/wards/arrive", tr!(wards.arrived), has_babies),
        Some(_) => bed_form(on, "/api/wards/accept_transfer", tr!(wards.accept), false),
    };
    transferring::view(on.id, on.transfer.as_ref(), (on.came, on.zone), form)
}

fn away_view(on: &OnWard) -> AnyView {
    if let Some(away) = &on.absence {
        let words = tr!(wards.away_since, place = away.kind.words(), at = show_date_time(on.zone.local(away.left_at)));
        let expected = away.expected_at.map(|at: Instant| tr!(wards.back_at, time = show_time(on.zone.local(at).time())));
        let (hidden, note) = (hidden(on.id), away.note.clone());
        return view! {
            <NoticeBox tone=Tone::Waiting title=words>
                <p>{expected}" "{note}</p>
                <PostButton action="/api/wards/come_back" label=tr!(wards.come_back) hidden glyph=Glyph::Arrive/>
            </NoticeBox>
        }
        .into_any();
    }
    let kinds = AwayKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), kind.words())).collect::<Vec<_>>();
    let hidden = hidden(on.id);
    let form = view! {
        <Form action="/api/wards/go_away" hidden>
            <SelectField name="kind" label=tr!(wards.away_where) choices=kinds prompt=tr!(errors.choose) required=true/>
            <TimeField name="expected" label=tr!(wards.expected_back) optional=true/>
            <TextField name="note" label=tr!(wards.note) optional=true maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.go_away)/></div>
        </Form>
    }
    .into_any();
    folded("away", tr!(wards.away_title), &["/api/wards/go_away"], form).into_any()
}

/// Shows the steps of the discharge with the acts on them, or the way to decide one.
fn discharge_view(on: &OnWard, has_babies: bool) -> AnyView {
    let Some((open, steps)) = &on.discharge else {
        let decide = (on.may.decide && on.state == AdmissionState::Admitted).then(|| {
            let href = format!("/admissions/{}/discharge", on.id);
            let at_once = [DischargeKind::Absconded, DischargeKind::Died].map(|kind| {
                view! { <LinkButton href=format!("{href}?kind={}", kind.as_str()) label=kind.words() tone=ButtonTone::Quiet/> }
            });
            let at_once = at_once.collect_view();
            view! { <p class="cluster"><LinkButton href label=tr!(wards.decide_discharge) glyph=Glyph::SignOut/>{at_once}</p> }
        });
        return decide.into_any();
    };
    let rows = steps
        .iter()
        .map(|row| {
            let when = row.done_at.map(|at| show_date_time(on.zone.local(at))).unwrap_or_default();
            Row::new(vec![
                row.step.words().into_any(),
                view! { <StatusBadge tone=row.state.tone() label=row.state.words()/> }.into_any(),
                format!("{when} {}", row.done_by.clone().unwrap_or_default()).into_any(),
                match (row.step, row.state) {
                    (DischargeStep::Pharmacy, StepState::Open) => tr!(wards.blocked_take_home, count = on.home.open).into_any(),
                    (DischargeStep::Pharmacy, StepState::Done) => tr!(wards.handed_take_home, count = on.home.handed).into_any(),
                    _ => row.reason.clone().into_any(),
                },
            ])
        })
        .collect();
    let columns =
        vec![Column::new(tr!(wards.step)), Column::new(tr!(wards.state)), Column::new(tr!(wards.done_by)), Column::new(tr!(wards.because))];
    let is_open = |step| steps.iter().any(|row| row.step == step && row.state == StepState::Open);
    let open_work = !on.blockers.is_empty();
    let work = open_work.then(|| {
        let lines = on.blockers.iter().map(|words| view! { <li>{words.clone()}</li> }).collect_view();
        view! { <NoticeBox tone=Tone::Warning title=tr!(wards.before_leaving)><ul>{lines}</ul></NoticeBox> }
    });
    let prepare = (on.may.prepare && is_open(DischargeStep::Nursing)).then(|| {
        let hidden = hidden(on.id);
        view! {
            <Form action="/api/wards/prepared" hidden>
                <CheckboxField name="steps" label=tr!(wards.nursing_steps)/>
                {open_work.then(|| view! { <TextField name="because" label=tr!(wards.ready_all_the_same) maxlength=500 autocomplete="off"/> })}
                <div class="form__actions"><Button label=tr!(wards.ready_to_leave)/></div>
            </Form>
        }
    });
    let blocked = steps.iter().any(|row| row.step != DischargeStep::Physical && row.state == StepState::Open);
    let overrule = blocked && on.may.overrule;
    let leave =
        (on.may.leave && is_open(DischargeStep::Physical) && (!blocked || overrule)).then(|| leave_form(on.id, overrule, has_babies));
    let change = (on.may.decide && on.state == AdmissionState::Admitted).then(|| {
        let mut hidden = hidden(on.id);
        hidden.push(("seen", open.id.to_string()));
        view! {
            <div class="cluster">
                <LinkButton href=format!("/admissions/{}/discharge", on.id) label=tr!(wards.change_discharge) glyph=Glyph::Edit tone=ButtonTone::Quiet/>
                <Dialog id="withdraw-discharge" opens=tr!(wards.withdraw_discharge) title=tr!(wards.withdraw_discharge_title)
                    action="/api/wards/withdraw_discharge" tone=ButtonTone::Quiet glyph=Glyph::Close>
                    <Form action="/api/wards/withdraw_discharge" hidden>
                        <TextArea name="reason" label=tr!(wards.because) rows=2 maxlength=400 required=true/>
                        <div class="form__actions"><Button label=tr!(wards.withdraw_discharge) tone=ButtonTone::Danger/></div>
                    </Form>
                </Dialog>
            </div>
        }
    });
    let title = format!("{}: {}, {}", tr!(wards.discharge), open.kind.words(), show_date_time(on.zone.local(open.decided_at)));
    let summary = format!("/admissions/{}/summary", on.id);
    view! {
        <section class="panel" id="discharge" aria-labelledby="discharge-heading">
            <div class="panel__head">
                <h2 id="discharge-heading">{title}</h2>
                <LinkButton href=summary label=tr!(wards.summary) glyph=Glyph::Print/>
            </div>
            <DataTable caption=tr!(wards.discharge) columns rows/>
            <div class="panel__body">{work}{prepare}{leave}{change}</div>
        </section>
    }
    .into_any()
}

fn leave_form(id: AdmissionId, overrule: bool, has_babies: bool) -> impl IntoView {
    let hidden = hidden(id);
    view! {
        <Form action="/api/wards/left" hidden>
            <TimeField name="time" label=tr!(wards.left_ward_at) hint=tr!(wards.received_hint)/>
            {has_babies.then(|| view! { <CheckboxField name="babies_stay" label=tr!(wards.babies_stay)/> })}
            {overrule.then(|| view! { <TextField name="because" label=tr!(wards.overrule) hint=tr!(wards.overrule_hint) maxlength=500 autocomplete="off"/> })}
            <div class="form__actions"><Button label=tr!(wards.patient_left) tone=ButtonTone::Primary/></div>
        </Form>
    }
}
