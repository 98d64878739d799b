//! The actions on one appointment that are offered to staff: on its own page, and in the rows of a patient's list.

use leptos::prelude::*;

use crate::{
    appointments::{Act, Appointment, AppointmentState, ListedAt},
    core::PatientId,
    core::time::{Instant, Zone},
    tr,
    ui::{Button, ButtonTone, Dialog, Form, Glyph, LinkButton, ListUrl, PostButton, TextArea, refused_for},
};

const CANCEL: &str = "/api/appointments/cancel";
const STRIKE_OUT: &str = "/api/appointments/strike_out";
const CANCEL_COMING: &str = "/api/appointments/cancel_coming";

/// The reader's rights at the appointment's clinic.
#[derive(Clone, Copy)]
pub(super) struct May {
    pub book: bool,
    pub check_in: bool,
}

/// Shows the actions that the state allows. `row` is `None` on the appointment's own page; in a row it names the place of the
/// list, and `about` distinguishes the same buttons of several rows for screen readers.
pub(super) fn acts(found: &Appointment, (now, zone): (Instant, Zone), may: May, row: Option<ListedAt>, about: &str) -> AnyView {
    if !may.book {
        return ().into_any();
    }
    let state = found.state;
    let back = row.map_or("", ListedAt::word);
    let hidden = vec![("appointment_id", found.id.to_string()), ("back", back.to_owned())];
    let check_in = (may.check_in && state.allows(Act::CheckIn) && (row.is_none() || found.may_still_come(now))).then(|| {
        let href = ListUrl::new("/reception").with("appointment", found.id).with("patient", found.patient_id).href();
        let tone = if row.is_some() { ButtonTone::Secondary } else { ButtonTone::Primary };
        view! { <LinkButton href=href label=tr!(appointments.to_check_in) tone=tone glyph=Glyph::Arrive/> }
    });
    let moved = state.allows(Act::Reschedule).then(|| {
        let href = ListUrl::new("/appointments/new")
            .with("patient", found.patient_id)
            .with("service", found.service_id)
            .with("doctor", found.doctor_id)
            .with("replaces", found.id)
            .href();
        let tone = if row.is_some() { ButtonTone::Quiet } else { ButtonTone::Secondary };
        let about = row.map(|_| about.to_owned());
        view! { <LinkButton href=href label=tr!(appointments.another_time) about tone=tone glyph=Glyph::Calendar/> }
    });
    let no_show = (state.allows(Act::MarkNoShow) && found.starts_at <= now).then(|| {
        let tone = if row.is_some() { ButtonTone::Quiet } else { ButtonTone::Secondary };
        let (hidden, about) = (hidden.clone(), row.map(|_| about.to_owned()));
        view! {
            <PostButton action="/api/appointments/no_show" label=tr!(appointments.mark_no_show) hidden about=about.unwrap_or_default() tone=tone glyph=Glyph::Inactive/>
        }
    });
    let after_all = after_all(found, (now, zone), &hidden, row.map_or("", |_| about));
    let may_cancel = state.allows(Act::Cancel) && (state != AppointmentState::NoShow || found.missed_may_be_undone(now));
    let cancel = may_cancel.then(|| cancel(found, hidden, row.is_some(), about));
    // Struck out on its own page alone, where all of it is seen.
    let error = (row.is_none() && state.allows(Act::MarkError)).then(|| strike_out(found));
    view! { {check_in}{moved}{no_show}{after_all}{cancel}{error} }.into_any()
}

/// The button that undoes a missed appointment: on the day itself it is booked again, later it was attended.
fn after_all(found: &Appointment, (now, zone): (Instant, Zone), hidden: &[(&'static str, String)], about: &str) -> Option<AnyView> {
    if !found.missed_may_be_undone(now) {
        return None;
    }
    let (action, label) = match found.missed_today(zone, now) {
        true => ("/api/appointments/undo_no_show", tr!(appointments.undo_no_show)),
        false => ("/api/appointments/attended", tr!(appointments.attended)),
    };
    let (hidden, about) = (hidden.to_vec(), about.to_owned());
    Some(view! { <PostButton action label hidden about tone=ButtonTone::Quiet glyph=Glyph::Check/> }.into_any())
}

fn strike_out(found: &Appointment) -> AnyView {
    let hidden = vec![("appointment_id", found.id.to_string())];
    view! {
        <Dialog id="strike-out" opens=tr!(appointments.strike_out) title=tr!(appointments.strike_out_question) action=STRIKE_OUT tone=ButtonTone::Quiet glyph=Glyph::Inactive>
            <Form action=STRIKE_OUT hidden>
                <p>{tr!(appointments.strike_out_means)}</p>
                <TextArea name="reason" label=tr!(appointments.error_reason) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(appointments.strike_out) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Cancels all coming appointments of a patient in one act.
pub(super) fn cancel_coming(patient: PatientId, at: ListedAt) -> AnyView {
    let hidden = vec![("patient_id", patient.to_string()), ("back", at.word().to_owned())];
    view! {
        <Dialog id="all-coming" opens=tr!(appointments.cancel_all) title=tr!(appointments.cancel_all_question) action=CANCEL_COMING tone=ButtonTone::Quiet glyph=Glyph::Close>
            <Form action=CANCEL_COMING id="all-coming-form" hidden>
                <TextArea name="reason" label=tr!(appointments.cancel_reason) hint=tr!(appointments.patient_reads) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(appointments.cancel_all) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn cancel(found: &Appointment, hidden: Vec<(&'static str, String)>, in_row: bool, about: &str) -> AnyView {
    let id = found.id.to_string();
    let (dialog, form) = match in_row {
        true => (format!("cancel-{id}"), format!("cancel-form-{id}")),
        false => ("cancel".to_owned(), String::new()),
    };
    // The row with the refused form opens again.
    let action = if refused_for(CANCEL, "appointment_id", &id) { CANCEL } else { "" };
    let opens = if in_row { tr!(appointments.cancel_short) } else { tr!(appointments.cancel) };
    let title = tr!(appointments.cancel_question);
    let about = in_row.then(|| view! { <p><strong>{about.to_owned()}</strong></p> });
    view! {
        <Dialog id=dialog opens title action tone=ButtonTone::Quiet glyph=Glyph::Close>
            <Form action=CANCEL id=form hidden>
                {about}
                <TextArea name="reason" label=tr!(appointments.cancel_reason) hint=tr!(appointments.patient_reads) rows=2 maxlength=500 required=true/>
                <div class="form__actions"><Button label=tr!(appointments.cancel) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}
