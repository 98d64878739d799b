//! The panel of an admission about eating and drinking: the mark, and the form that sets it.

use leptos::prelude::*;

use super::{admission::hidden, on_ward::folded};
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    server::Ctx,
    tr,
    ui::{Button, ButtonTone, DateField, Form, Glyph, NoticeBox, PostButton, TextField, TimeField, Tone},
    wards::{
        AdmissionState,
        admission::Admission,
        fasting::{Fasting, standing},
    },
};

/// The data of the panel.
pub(super) struct FastingPanel {
    id: AdmissionId,
    standing: Option<Fasting>,
    may_set: bool,
    zone: Zone,
    now: Instant,
}

/// Reads the mark; `None` while the patient is not on a ward.
pub(super) async fn read(ctx: &mut Ctx, admission: &Admission, zone: Zone) -> Result<Option<FastingPanel>> {
    if admission.state != AdmissionState::Admitted {
        return Ok(None);
    }
    let (now, may_set) = (ctx.now, ctx.who.may_at(Permission::RecordCare, admission.clinic_id));
    let standing = standing(&mut ctx.tx, admission.id, now).await?;
    Ok(Some(FastingPanel { id: admission.id, standing, may_set, zone, now }))
}

/// Shows the panel.
pub(super) fn view(panel: &FastingPanel) -> AnyView {
    let FastingPanel { id, standing, may_set, zone, now } = panel;
    let seen = standing.as_ref().map(|open| open.id.to_string()).unwrap_or_default();
    let said = standing.as_ref().map(|open| {
        let at = |at: Instant| show_date_time(zone.local(at));
        let from = if open.from_at > *now { tr!(wards.fasting_from, at = at(open.from_at)) } else { tr!(wards.fasting).to_owned() };
        let until = open.until_at.map(|until| tr!(wards.fasting_until, at = at(until)));
        let title = [Some(from), until].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let by = format!("{} · {}, {}", open.reason, open.set_by, at(open.set_at));
        let mut hidden = hidden(*id);
        hidden.push(("seen", seen.clone()));
        let end = may_set.then(|| {
            view! {
                <PostButton action="/api/wards/end_fasting" label=tr!(wards.end_fasting) hidden tone=ButtonTone::Quiet glyph=Glyph::Check/>
            }
        });
        view! { <NoticeBox tone=Tone::Warning title><p>{by}</p>{end}</NoticeBox> }
    });
    let form = may_set.then(|| {
        let mut hidden = hidden(*id);
        hidden.push(("seen", seen.clone()));
        let form = view! {
            <Form action="/api/wards/set_fasting" hidden>
                <DateField name="from_day" label=tr!(wards.from_day) hint=tr!(wards.fasting_from_hint) optional=true/>
                <TimeField name="from_time" label=tr!(wards.from_time) optional=true/>
                <DateField name="until_day" label=tr!(wards.until_day) hint=tr!(wards.fasting_until_hint) optional=true/>
                <TimeField name="until_time" label=tr!(wards.until_time) optional=true/>
                <TextField name="reason" label=tr!(wards.because) required=true maxlength=200 autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(wards.set_fasting)/></div>
            </Form>
        }
        .into_any();
        folded("fasting", tr!(wards.fasting), &["/api/wards/set_fasting"], form)
    });
    view! { {said}{form} }.into_any()
}
