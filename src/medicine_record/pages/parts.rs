//! Parts that several pages share.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        AdmissionId, IdempotencyKey, Permission, Result,
        form::FormState,
        time::{Instant, Zone, show_date_time, show_time},
    },
    formulary::AlikeWarning,
    medicine_record::{
        bedside::Unscanned,
        doses::Administration,
        orders::CareOrder,
        vocabulary::{CareReason, DoseReason},
    },
    patients,
    server::Ctx,
    tr,
    ui::{BannerInfo, CheckboxField, Choice, Fieldset, NoticeBox, PasswordField, SelectField, StatusBadge, TextField, Toast, Tone},
    wards::{self, Admission},
};

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
pub struct DoneQuery {
    #[serde(default)]
    pub done: String,
}

/// Shows the message for the act that was just done.
pub(super) fn toast(done: &str) -> Option<impl IntoView + use<>> {
    let text = match done {
        "ordered" => tr!(medicine_record.done_ordered),
        "signed" => tr!(medicine_record.done_signed),
        "held" => tr!(medicine_record.done_held),
        "resumed" => tr!(medicine_record.done_resumed),
        "stopped" => tr!(medicine_record.done_stopped),
        "given" => tr!(medicine_record.done_given),
        "not_given" => tr!(medicine_record.done_not_given),
        "saved" => tr!(medicine_record.done_saved),
        "recorded" => tr!(medicine_record.done_recorded),
        "entered" => tr!(medicine_record.done_entered),
        "stated" => tr!(medicine_record.done_stated),
        "times_written" => tr!(medicine_record.done_times_written),
        "corrected" => tr!(medicine_record.done_corrected),
        "continued" => tr!(medicine_record.done_continued),
        "effect" => tr!(medicine_record.done_effect),
        "started" => tr!(medicine_record.done_started),
        _ => return None,
    };
    Some(view! { <Toast text/> })
}

/// An admission that a page shows, with the patient's banner.
pub(super) struct Stay {
    pub admission: Admission,
    pub banner: BannerInfo,
    pub zone: Zone,
    pub now: Instant,
    pub may: May,
}

/// The rights of the reader at the admission's clinic.
#[derive(Clone, Copy)]
pub(super) struct May {
    pub write: bool,
    pub give: bool,
    pub hold: bool,
}

/// Reads an admission for a page: checks access, and audits the view.
pub(super) async fn stay(ctx: &mut Ctx, id: AdmissionId) -> Result<Stay> {
    let right = Permission::ReadMedicineRecord;
    let admission = wards::find_admission(&mut ctx.tx, id).await?;
    ctx.at_clinic(right, admission.clinic_id)?;
    ctx.saw(admission.patient_id, "medicine_record").await?;
    let zone = crate::organisation::clinic(&mut ctx.tx, admission.clinic_id).await?.zone;
    let now = ctx.now;
    let banner = patients::banner(&mut ctx.tx, admission.patient_id, zone.day(now)).await?;
    let may = |right: Permission| ctx.who.may_at(right, admission.clinic_id);
    let may = May { write: may(Permission::WriteOrders), give: may(Permission::GiveMedicines), hold: may(Permission::HoldOrders) };
    Ok(Stay { admission, banner, zone, now, may })
}

/// Returns a new key for a form, as a hidden value.
pub(super) fn key() -> (&'static str, String) {
    ("key", IdempotencyKey::new().to_string())
}

pub(super) fn care_reasons() -> Vec<Choice> {
    CareReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect()
}

pub(super) fn dose_reasons(reasons: &[DoseReason]) -> Vec<Choice> {
    reasons.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect()
}

/// The fields in which a second person signs in beside the nurse, for a high-alert medicine.
pub(super) fn second_person(needed: bool) -> Option<AnyView> {
    needed.then(|| {
        view! {
            <Fieldset legend=tr!(medicine_record.second_person) hint=tr!(medicine_record.second_person_hint)>
                <TextField name="second_login" label=tr!(medicine_record.second_login) required=true autocomplete="off"/>
                <PasswordField name="second_password" label=tr!(medicine_record.second_password) autocomplete="one-time-code"/>
            </Fieldset>
        }
        .into_any()
    })
}

/// The warning that a medicine looks or sounds like another: large, red, and before the fields.
pub(super) fn alike_notice(alike: Option<&AlikeWarning>) -> Option<AnyView> {
    alike.map(|alike| {
        let words = alike.sentence();
        view! { <NoticeBox tone=Tone::Critical title=tr!(formulary.alike_title)><p><strong>{words}</strong></p></NoticeBox> }.into_any()
    })
}

/// The warning at giving, with the tick that the name on the pack was read: none after the pack was scanned.
pub(super) fn name_read(alike: Option<&AlikeWarning>, is_scanned: bool) -> AnyView {
    let tick = (alike.is_some() && !is_scanned).then(|| view! { <CheckboxField name="name_read" label=tr!(formulary.name_read)/> });
    view! { {alike_notice(alike)}{tick} }.into_any()
}

/// The field for the reason of giving without scans, on a ward that scans.
pub(super) fn unscanned(needed: bool) -> Option<AnyView> {
    needed.then(|| {
        let choices = Unscanned::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect::<Vec<_>>();
        view! { <SelectField name="unscanned" label=tr!(medicine_record.unscanned) hint=tr!(medicine_record.unscanned_hint) choices prompt=tr!(medicine_record.choose)/> }
            .into_any()
    })
}

/// Returns the error of a field of the form that was refused.
pub(super) fn refused(action: &str, field: &str) -> Option<String> {
    use_context::<FormState>().filter(|state| state.action == action).and_then(|state| state.error(field).map(str::to_owned))
}

/// The marks of an order: high alert, given by phone and not signed, and its review: when it is, or since when it is overdue.
pub(super) fn marks(order: &CareOrder, (now, zone): (Instant, Zone)) -> impl IntoView + use<> {
    let alert = order.two_person.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
    let unsigned = order.signed.is_none().then(|| match order.cosign_due.filter(|_| order.is_past_signature(now)) {
        Some(due) => {
            view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.signature_overdue, at = due_words(due, (now, zone)))/> }
        }
        None => view! { <StatusBadge tone=Tone::Warning label=tr!(medicine_record.not_signed)/> },
    });
    let review = order.review_at.filter(|_| order.state.is_open()).map(|at| {
        let at = due_words(at, (now, zone));
        match order.is_past_review(now) {
            true => view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.review_overdue, at = at)/> },
            false => view! { <StatusBadge tone=Tone::Inactive label=tr!(medicine_record.review_on, at = at)/> },
        }
    });
    view! { {alert}{unsigned}{review} }
}

/// Returns what was done with a dose, in one line.
pub(super) fn outcome_words(one: &Administration, zone: Zone) -> String {
    let at = |at: Instant| show_date_time(zone.local(at));
    let what = match one.given_at {
        Some(given) => tr!(medicine_record.given_at, at = at(given)),
        None => one.outcome.state().words().to_owned(),
    };
    let reason = one.reason.map(|reason| reason.words().to_owned()).unwrap_or_default();
    let checked = one.checker.as_ref().map(|name| tr!(medicine_record.checked_by, name = name.clone())).unwrap_or_default();
    let entered = if one.entered_after { tr!(medicine_record.entered_after) } else { "" };
    [what, reason, one.remark.clone(), one.recorder.clone(), checked, entered.to_owned()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" · ")
}

/// Returns the time of a dose: `08:00`, with the day when it is not today.
pub(super) fn due_words(at: Instant, (now, zone): (Instant, Zone)) -> String {
    let local = zone.local(at);
    if local.date() == zone.day(now) { show_time(local.time()) } else { show_date_time(local) }
}
