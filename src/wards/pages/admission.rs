//! `/admissions/{id}`: one admission, from the request on: the facts, the acts that are possible now, and the history.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    done_words,
    facts::{self, FactsChoices},
    family::{self, Family},
    fasting::{self, FastingPanel},
    on_ward::{self, OnWard},
    release::{self, ReleasePanel},
    resuscitation::{self, LevelPanel},
};
use crate::{
    core::{
        AdmissionId, IdempotencyKey, Permission, Result, WardId,
        time::{Instant, Zone, show_date, show_date_time},
    },
    organisation, patients,
    server::{
        Ctx, Page, Path, Query,
        department::{Draw, StayPage},
    },
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, DescriptionList, Detail, Dialog, Form, Glyph, LinkButton, NoticeBox, PageHeader,
        PatientBanner, RadioField, StatusBadge, TextArea, TextField, TimeField, Toast, Tone,
    },
    wards::{
        AdmissionState,
        admission::{self, ActRow, Admission, BedChoice, day_of_stay},
        fit::Misfit,
        leaving,
        plan::{self, Bed, Ward},
        uses::{self, UseKind},
    },
};

/// The ward whose beds are offered, and the act that was just done.
#[derive(Debug, Deserialize)]
pub struct AdmissionQuery {
    #[serde(default)]
    ward: String,
    #[serde(default)]
    done: String,
}

/// The rights of the reader at the admission's clinic.
#[derive(Clone, Copy)]
struct May {
    manage: bool,
    ask: bool,
    nurse: bool,
}

/// The data of the page.
struct Shown {
    admission: Admission,
    /// The wards of the clinic.
    wards: Vec<Ward>,
    /// The ward whose beds are offered.
    ward: Ward,
    choices: Vec<BedChoice>,
    bed: Option<Bed>,
    acts: Vec<ActRow>,
    on_ward: Option<OnWard>,
    /// The panels of other departments.
    panels: Vec<Draw>,
    family: Family,
    fasting: Option<FastingPanel>,
    level: Option<LevelPanel>,
    release: Option<ReleasePanel>,
    change: Option<FactsChoices>,
    /// Facts that the ward must see to: a death that is recorded elsewhere, a bed that breaks a rule.
    warnings: Vec<String>,
    may: May,
    zone: Zone,
    now: Instant,
}

/// Shows the admission.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn admission_page(Path(id): Path<AdmissionId>, Query(AdmissionQuery { ward, done }): Query<AdmissionQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "admission").await?;
    let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
    let (now, zone) = (ctx.now, clinic.zone);
    let today = zone.day(now);
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    let wards = plan::wards(&mut ctx.tx, clinic.id).await?;
    let asked = ward.parse::<WardId>().ok().and_then(|asked| wards.iter().find(|ward| ward.id == asked).cloned());
    let ward = match asked.filter(|_| admission.state.is_waiting()) {
        Some(ward) => ward,
        None => plan::ward(&mut ctx.tx, admission.ward()).await?,
    };
    let may = May {
        manage: ctx.who.may_at(Permission::ManageBeds, clinic.id),
        ask: ctx.who.may_at(Permission::RequestAdmission, clinic.id),
        nurse: ctx.who.may_at(Permission::RecordCare, clinic.id),
    };
    let choices = match may.manage && admission.state.is_waiting() {
        true => admission::choices(&mut ctx.tx, &ward, &admission, (now, today)).await?,
        false => Vec::new(),
    };
    let kind = if admission.state == AdmissionState::Admitted { UseKind::Stay } else { UseKind::Reservation };
    let bed = match uses::open_of_admission(&mut ctx.tx, id, kind).await? {
        Some(open) => Some(plan::bed(&mut ctx.tx, open.bed_id).await?),
        None => None,
    };
    let acts = admission::acts(&mut ctx.tx, id).await?;
    let on_ward = on_ward::read(&mut ctx, &admission, &wards, zone).await?;
    let family = family::read(&mut ctx, &admission, zone).await?;
    let fasting = fasting::read(&mut ctx, &admission, zone).await?;
    let level = resuscitation::read(&mut ctx, &admission, zone).await?;
    let release = release::read(&mut ctx, &admission, zone).await?;
    let change = facts::read(&mut ctx, &admission).await?;
    let warnings = warnings(&mut ctx, &admission, bed.as_ref(), zone).await?;
    let departments = ctx.state().departments;
    let panels = departments.stay_panels(&mut ctx, id, StayPage::Admission).await?;
    let shown = Shown {
        admission,
        wards,
        ward,
        choices,
        bed,
        acts,
        on_ward,
        panels,
        family,
        fasting,
        level,
        release,
        change,
        warnings,
        may,
        zone,
        now,
    };
    let page = Page::new(tr!(wards.admission_of, number = shown.admission.number.clone()), move || content(shown, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns what the ward must see to while the patient lies there.
async fn warnings(ctx: &mut Ctx, admission: &Admission, bed: Option<&Bed>, zone: Zone) -> Result<Vec<String>> {
    let mut found = Vec::new();
    if admission.state != AdmissionState::Admitted {
        return Ok(found);
    }
    let decided = leaving::open_of(&mut ctx.tx, admission.id).await?.is_some_and(|open| open.died_at.is_some());
    if let Some(death) = patients::death(&mut ctx.tx, admission.patient_id).await?.filter(|_| !decided) {
        found.push(tr!(wards.death_recorded, died = death.sentence(Some(zone))));
    }
    if let Some(bed) = bed {
        let broken = admission::broken_rules(ctx, admission, bed, &[]).await?;
        if !broken.is_empty() {
            found.push(tr!(wards.bed_breaks, rules = broken.join(", ")));
        }
    }
    Ok(found)
}

fn content(mut shown: Shown, done: &str) -> impl IntoView + use<> {
    let undo = (done == "moved").then(|| ("/api/wards/undo_move".to_owned(), hidden(shown.admission.id)));
    let toast = done_words(done).map(|text| view! { <Toast text undo/> });
    let back = (format!("/wards/{}", shown.ward.id), shown.ward.name.clone());
    let title = tr!(wards.admission_of, number = shown.admission.number.clone());
    let id = shown.admission.id;
    let nursing = shown.may.nurse.then(|| {
        view! { <LinkButton href=format!("/admissions/{id}/nursing") label=tr!(wards.nursing_sheet) glyph=Glyph::Vitals/> }
    });
    let actions = view! {
        {nursing}
        <LinkButton href=format!("/admissions/{id}/band") label=tr!(wards.band) glyph=Glyph::Print/>
        <LinkButton href=format!("/admissions/{id}/leaflet") label=tr!(wards.leaflet) glyph=Glyph::Print/>
    }
    .into_any();
    let panels = std::mem::take(&mut shown.panels).into_iter().map(|draw| draw()).collect_view();
    let facts = facts_of(&shown);
    let acts = acts(&shown);
    let family = family::view(&shown.family);
    let level = shown.level.as_ref().map(resuscitation::view);
    let fasting = shown.fasting.as_ref().map(fasting::view);
    let release = shown.release.as_ref().map(release::view);
    let history = shown.acts.iter().map(|act| history_row(act, shown.zone)).collect_view();
    let state = shown.admission.state;
    let change = shown.change.as_ref().map(facts::view);
    let warnings = shown.warnings.iter().map(|words| {
        let words = words.clone();
        view! { <NoticeBox tone=Tone::Critical><p>{words}</p></NoticeBox> }
    });
    let warnings = warnings.collect_view();
    view! {
        {toast}
        <PageHeader title back actions=Some(actions)/>
        {warnings}
        <div class="stack">
            <section class="panel" aria-labelledby="facts">
                <div class="panel__head"><h2 id="facts">{tr!(wards.facts)}</h2><StatusBadge tone=state.tone() label=state.words()/></div>
                <div class="panel__body">{facts}</div>
            </section>
            {change}
            {fasting}
            {level}
            {panels}
            {family}
            {acts}
            {release}
            <section class="panel" aria-labelledby="history">
                <div class="panel__head"><h2 id="history">{tr!(wards.history)}</h2></div>
                <ul class="rows">{history}</ul>
            </section>
        </div>
    }
}

fn facts_of(shown: &Shown) -> AnyView {
    let admission = &shown.admission;
    let at = |at: Instant| show_date_time(shown.zone.local(at));
    let wanted = shown.wards.iter().find(|ward| ward.id == admission.ward_id).map(|ward| ward.name.clone()).unwrap_or_default();
    let needs = admission.equipment.words().into_iter().map(str::to_owned);
    let isolation = (admission.isolation != organisation::Isolation::None).then(|| {
        let kind = tr!(wards.isolated, kind = admission.isolation.words());
        if admission.organism.is_empty() { kind } else { format!("{kind} ({})", admission.organism) }
    });
    let needs = isolation.into_iter().chain(needs).collect::<Vec<_>>().join(", ");
    let mut rows = vec![
        Detail::new(tr!(wards.reason), admission.reason.clone()),
        Detail::new(tr!(wards.class), format!("{} · {}", admission.class.words(), admission.source.words())),
        Detail::new(tr!(wards.urgency), admission.urgency.words()),
        Detail::new(tr!(wards.wanted_ward), format!("{wanted}, {}", show_date(admission.wanted_on))),
    ];
    if !needs.is_empty() {
        rows.push(Detail::new(tr!(wards.needs), needs));
    }
    if let Some(doctor) = &admission.doctor {
        rows.push(Detail::new(tr!(wards.doctor), doctor.clone()));
    }
    if let Some(bed) = &shown.bed {
        rows.push(Detail::new(tr!(wards.bed), format!("{}, {}", bed.place(), bed.class_name)));
    }
    if let Some(from) = admission.admitted_at {
        let until = admission.left_at.unwrap_or(shown.now);
        let day = tr!(wards.day_n, day = day_of_stay(from, until, shown.zone));
        rows.push(Detail::new(tr!(wards.admitted_at), format!("{}, {day}", at(from))));
    }
    if let Some(day) = admission.expected_on {
        rows.push(Detail::new(tr!(wards.expected_on), show_date(day)));
    }
    if let Some(left) = admission.left_at {
        rows.push(Detail::new(tr!(wards.left_at), at(left)));
    }
    view! { <DescriptionList details=rows/> }.into_any()
}

fn history_row(act: &ActRow, zone: Zone) -> impl IntoView + use<> {
    let place = [act.ward.clone(), act.bed.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let more = [place, act.reason.clone()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{act.act.words()}</strong>" "{more}
                <br/><span class="muted small">{show_date_time(zone.local(act.at))}" · "{act.done_by.clone()}</span>
            </div>
        </li>
    }
}

/// Returns the hidden values of a form about the admission.
pub(super) fn hidden(id: AdmissionId) -> Vec<(&'static str, String)> {
    vec![("admission_id", id.to_string()), ("key", IdempotencyKey::new().to_string())]
}

/// A field that asks for a reason, in a window of its own.
pub(super) fn because(id: AdmissionId, action: &'static str, opens: &'static str, title: &'static str) -> AnyView {
    let form = action.trim_start_matches("/api/wards/").to_owned();
    view! {
        <Dialog id=format!("{form}-window") opens title action tone=ButtonTone::Quiet glyph=Glyph::Close>
            <Form action hidden=hidden(id)>
                <TextArea name="reason" label=tr!(wards.because) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=opens tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn acts(shown: &Shown) -> AnyView {
    let (id, may) = (shown.admission.id, shown.may);
    if !shown.admission.state.is_waiting() {
        return shown.on_ward.as_ref().map(|on| on_ward::view(on, shown.family.has_babies())).into_any();
    }
    let refuse = may.manage.then(|| because(id, "/api/wards/refuse", tr!(wards.refuse), tr!(wards.refuse_title)));
    let cancel = may.ask.then(|| because(id, "/api/wards/cancel", tr!(wards.cancel), tr!(wards.cancel_title)));
    let ends = view! { <div class="cluster">{refuse}{cancel}</div> };
    if !may.manage {
        return ends.into_any();
    }
    let accepted = shown.admission.state == AdmissionState::Accepted;
    let others = (!accepted).then(|| {
        let links = shown.wards.iter().filter(|ward| ward.id != shown.ward.id).map(|ward| {
            view! { <LinkButton href=format!("/admissions/{id}?ward={}", ward.id) label=ward.name.clone() tone=ButtonTone::Quiet/> }
        });
        let links = links.collect_view();
        view! { <p>{tr!(wards.other_wards)}</p><div class="cluster">{links}</div> }
    });
    view! {
        <section class="panel" aria-labelledby="accept">
            <div class="panel__head"><h2 id="accept">{tr!(wards.accept_on, ward = shown.ward.name.clone())}</h2></div>
            <div class="panel__body">{others}{accept_form(shown)}</div>
        </section>
        <section class="panel" aria-labelledby="admit">
            <div class="panel__head"><h2 id="admit">{tr!(wards.admit_on, ward = shown.ward.name.clone())}</h2></div>
            <div class="panel__body">{admit_form(shown)}</div>
        </section>
        {ends}
    }
    .into_any()
}

/// The beds as choices: the best first, each with the ways in which it does not fit.
pub(super) fn bed_choices(choices: &[BedChoice]) -> Vec<Choice> {
    let choice = |one: &BedChoice| {
        let label = format!("{}, {}", one.bed.place(), one.bed.class_name);
        let broken = one.misfits.iter().any(|misfit| misfit.breaks_a_rule());
        let words = one.misfits.iter().map(|misfit| Misfit::words(*misfit)).collect::<Vec<_>>().join(", ");
        let words = match (one.reserved, broken, words.is_empty()) {
            (true, _, true) => tr!(wards.reserved_here).to_owned(),
            (true, ..) => format!("{}: {words}", tr!(wards.reserved_here)),
            (false, _, true) => tr!(wards.fits).to_owned(),
            (false, true, false) => format!("{}: {words}", tr!(wards.breaks_rule)),
            (false, false, false) => format!("{}: {words}", tr!(wards.wish_unmet)),
        };
        Choice::new(one.bed.id.to_string(), label).hint(words)
    };
    choices.iter().map(choice).collect()
}

/// Returns the first bed, when it breaks no rule.
pub(super) fn best(choices: &[BedChoice]) -> String {
    let first = choices.first().filter(|one| !one.misfits.iter().any(|misfit| misfit.breaks_a_rule()));
    first.map(|one| one.bed.id.to_string()).unwrap_or_default()
}

fn accept_form(shown: &Shown) -> impl IntoView + use<> {
    let (mut beds, value) = (bed_choices(&shown.choices), best(&shown.choices));
    beds.push(Choice::new("", tr!(wards.next_free)).hint(tr!(wards.next_free_hint)));
    let mut hidden = hidden(shown.admission.id);
    hidden.push(("ward", shown.ward.id.to_string()));
    view! {
        <Form action="/api/wards/accept" hidden>
            <RadioField name="bed_id" label=tr!(wards.reserve_bed) choices=beds value/>
            <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.override_hint) maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.accept)/></div>
        </Form>
    }
}

fn admit_form(shown: &Shown) -> AnyView {
    let (beds, value) = (bed_choices(&shown.choices), best(&shown.choices));
    if beds.is_empty() {
        return view! { <NoticeBox tone=Tone::Warning title=tr!(wards.no_free_bed)><p>{tr!(wards.no_free_bed_text)}</p></NoticeBox> }
            .into_any();
    }
    let hidden = hidden(shown.admission.id);
    view! {
        <Form action="/api/wards/admit" hidden>
            <RadioField name="bed_id" label=tr!(wards.bed) choices=beds value/>
            <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.override_hint) maxlength=500 autocomplete="off"/>
            <TimeField name="time" label=tr!(wards.received_at) hint=tr!(wards.received_hint)/>
            <CheckboxField name="band" label=tr!(wards.band_checked)/>
            <div class="form__actions"><Button label=tr!(wards.admit) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}
