//! The parts that several pages of nursing share.

use chrono::NaiveDate;
use leptos::prelude::*;

use crate::{
    core::{
        AdmissionId, IdempotencyKey, Permission, Result,
        time::{Instant, Zone, show_date_time, show_minutes, show_moment},
    },
    nursing::{
        observations::{ObservationPlan, Observed},
        response::{NextDue, Pews},
        vocabulary::Unscored,
    },
    opd::{Measure, News2},
    organisation, patients,
    server::Ctx,
    tr,
    ui::{BannerInfo, CheckboxField, NoticeBox, NumberField, StatusBadge, Tab, Tabs, Toast, Tone},
    wards::{Admission, AdmissionState, find_admission},
};

/// An admission that a page shows, after its reading was audited.
pub(super) struct Opened {
    pub admission: Admission,
    pub banner: BannerInfo,
    pub zone: Zone,
    pub now: Instant,
    pub today: NaiveDate,
}

/// Opens an admission of the reader's clinic.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub(super) async fn open(ctx: &mut Ctx, id: AdmissionId) -> Result<Opened> {
    let admission = find_admission(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::RecordCare, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "nursing_record").await?;
    let zone = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let (now, today) = (ctx.now, zone.day(ctx.now));
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, today).await?;
    Ok(Opened { admission, banner, zone, now, today })
}

impl Opened {
    /// Whether acts are possible.
    pub fn is_open(&self) -> bool {
        self.admission.state == AdmissionState::Admitted
    }
}

/// The tabs over the nursing pages of an admission; `current` is the last part of the page's address.
pub(super) fn tabs(id: AdmissionId, current: &str) -> AnyView {
    let tab = |path: &'static str, label: &'static str| Tab::new(format!("/admissions/{id}/{path}"), label, path == current);
    let tabs = vec![
        tab("nursing", tr!(nursing.sheet)),
        tab("observations", tr!(nursing.chart)),
        tab("fluids", tr!(nursing.fluids)),
        tab("tasks", tr!(nursing.tasks)),
        tab("assessments", tr!(nursing.assessments)),
        tab("care-plans", tr!(nursing.care_plans)),
        tab("devices", tr!(nursing.devices)),
    ];
    view! { <Tabs label=tr!(nursing.title) tabs/> }.into_any()
}

/// The hidden values of a form about an admission.
pub(super) fn hidden(id: AdmissionId) -> Vec<(&'static str, String)> {
    vec![("admission_id", id.to_string()), ("key", IdempotencyKey::new().to_string())]
}

/// A score with its tone: `NEWS2 7`.
pub(super) fn score_badge(score: News2) -> AnyView {
    view! { <StatusBadge tone=score.risk().tone() label=tr!(nursing.news2_of, score = score.total)/> }.into_any()
}

/// The score of a child with its tone and the age band: `PEWS 5 · 3 to 5 years`.
pub(super) fn pews_badge(score: Pews, months: i64) -> AnyView {
    view! { <StatusBadge tone=score.tone() label=score.words(months)/> }.into_any()
}

/// The badge of a score, or of the reason why there is none.
pub(super) fn judged_badge(judged: Result<News2, Unscored>) -> AnyView {
    match judged {
        Ok(score) => score_badge(score),
        Err(why) => view! { <StatusBadge tone=Tone::Inactive label=why.words()/> }.into_any(),
    }
}

/// When the next set is due, with its tone: a set that is late warns.
pub(super) fn due_badge(next: NextDue, plan: &ObservationPlan, (now, zone): (Instant, Zone)) -> AnyView {
    let at = |at: Instant| show_moment(zone.local(at), zone.day(now));
    if let Some(until) = plan.stopped_until.filter(|until| *until > now) {
        return view! { <StatusBadge tone=Tone::Inactive label=tr!(nursing.stopped_until, at = at(until))/> }.into_any();
    }
    let (tone, label) = if next.late_at < now {
        (Tone::Critical, tr!(nursing.set_late, minutes = show_minutes((now - next.at).num_minutes())))
    } else if next.at <= now {
        (Tone::Warning, tr!(nursing.set_due_now, at = at(next.at)))
    } else {
        (Tone::Waiting, tr!(nursing.set_due_at, at = at(next.at)))
    };
    view! { <StatusBadge tone label/> }.into_any()
}

/// The remark that a patient gets no score, and why.
pub(super) fn no_score(why: Unscored) -> AnyView {
    let text = match why {
        Unscored::Child => tr!(nursing.no_score_child),
        Unscored::Pregnant => tr!(nursing.no_score_pregnant),
        Unscored::Partial | Unscored::Refused | Unscored::Error => return ().into_any(),
    };
    view! { <NoticeBox tone=Tone::Warning title=why.words()><p>{text}</p></NoticeBox> }.into_any()
}

/// The fields of a set in the order of the chart; `Enter` goes to the next one, and every value can be typed on a number pad.
pub(super) fn number_pad(values: &Observed, autofocus: bool) -> AnyView {
    let shown = |measure: Measure, value: Option<i64>| value.map(|value| measure.exact(value)).unwrap_or_default();
    let level = values
        .consciousness
        .and_then(|level| crate::opd::Consciousness::ALL.iter().position(|one| *one == level))
        .map(|place| place.to_string())
        .unwrap_or_default();
    let oxygen = values.oxygen.map(|flow| if flow == 0 { "0".to_owned() } else { Measure::Oxygen.exact(flow) }).unwrap_or_default();
    view! {
        <NumberField name="respiration" label=tr!(opd.respiration) unit=Measure::Respiration.unit() value=shown(Measure::Respiration, values.respiration) autofocus/>
        <NumberField name="spo2" label=tr!(opd.spo2) unit="%" value=shown(Measure::Spo2, values.spo2)/>
        <NumberField name="oxygen" label=tr!(nursing.air_or_oxygen) hint=tr!(nursing.oxygen_hint) unit="l/min" decimal=true value=oxygen/>
        <NumberField name="systolic" label=tr!(opd.systolic) unit="mmHg" value=shown(Measure::Systolic, values.systolic)/>
        <NumberField name="diastolic" label=tr!(opd.diastolic) hint=tr!(nursing.not_scored) unit="mmHg" value=shown(Measure::Diastolic, values.diastolic)/>
        <NumberField name="pulse" label=tr!(opd.pulse) unit=Measure::Pulse.unit() value=shown(Measure::Pulse, values.pulse)/>
        <NumberField name="consciousness" label=tr!(opd.consciousness) hint=tr!(nursing.acvpu_hint) value=level/>
        <NumberField name="temperature" label=tr!(opd.temperature) unit="°C" decimal=true value=shown(Measure::Temperature, values.temperature)/>
    }
    .into_any()
}

/// The field of the weight. It comes after the fields of a set: most sets have none.
pub(super) fn weight_field(values: &Observed) -> AnyView {
    let value = values.weight.map(|grams| Measure::Weight.exact(grams)).unwrap_or_default();
    view! {
        <NumberField name="weight" label=tr!(opd.weight) hint=tr!(nursing.weight_hint) unit="kg" decimal=true value optional=true/>
        <CheckboxField name="weight_sure" label=tr!(nursing.weight_sure)/>
    }
    .into_any()
}

/// The message about the act that was just done.
pub(super) fn toast(done: &str) -> Option<AnyView> {
    let text = match done {
        "observed" => tr!(nursing.done_observed),
        "refused" => tr!(nursing.done_refused),
        "corrected" => tr!(nursing.done_corrected),
        "marked" => tr!(nursing.done_marked),
        "planned" => tr!(nursing.done_planned),
        "told" => tr!(nursing.done_told),
        "attended" => tr!(nursing.done_attended),
        "closed" => tr!(nursing.done_closed),
        "fluid" => tr!(nursing.done_fluid),
        "task_planned" => tr!(nursing.done_task_planned),
        "plan_ended" => tr!(nursing.done_plan_ended),
        "task_done" => tr!(nursing.done_task_done),
        "task_not_done" => tr!(nursing.done_task_not_done),
        "assessed" => tr!(nursing.done_assessed),
        "care_planned" => tr!(nursing.done_care_planned),
        "evaluated" => tr!(nursing.done_evaluated),
        "device" => tr!(nursing.done_device),
        "device_checked" => tr!(nursing.done_device_checked),
        "device_removed" => tr!(nursing.done_device_removed),
        "saved" => tr!(nursing.done_saved),
        "confirmed" => tr!(nursing.done_confirmed),
        "line" => tr!(nursing.done_line),
        "offered" => tr!(nursing.done_offered),
        "taken_back" => tr!(nursing.done_taken_back),
        "taken" => tr!(nursing.done_taken),
        _ => return None,
    };
    Some(view! { <Toast text/> }.into_any())
}

/// A time with its date.
pub(super) fn when(at: Instant, zone: Zone) -> String {
    show_date_time(zone.local(at))
}
