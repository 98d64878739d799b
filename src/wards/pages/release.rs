//! The panel with which a doctor decides who reads the signed summary of a stay in the portal.

use leptos::prelude::*;

use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Zone, show_date_time},
    },
    server::Ctx,
    tr,
    ui::{Button, Choice, Form, RadioField},
    wards::{
        admission::Admission,
        own_stay::{SummaryReaders, SummaryRelease, is_signed, release_of},
    },
};

/// The data of the panel.
pub(super) struct ReleasePanel {
    id: AdmissionId,
    last: Option<SummaryRelease>,
    zone: Zone,
}

/// Reads the panel; `None` without the right, or while nothing is signed.
pub(super) async fn read(ctx: &mut Ctx, admission: &Admission, zone: Zone) -> Result<Option<ReleasePanel>> {
    if !ctx.who.may_at(Permission::DischargeClinical, admission.clinic_id) || !is_signed(&mut ctx.tx, admission.id).await? {
        return Ok(None);
    }
    let last = release_of(&mut ctx.tx, admission.id).await?;
    Ok(Some(ReleasePanel { id: admission.id, last, zone }))
}

pub(super) fn view(panel: &ReleasePanel) -> AnyView {
    let choices = SummaryReaders::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let value = panel.last.as_ref().map(|last| last.readers.as_str().to_owned()).unwrap_or_default();
    let version = panel.last.as_ref().map_or(0, |last| last.version);
    let by = panel.last.as_ref().map(|last| {
        let at = show_date_time(panel.zone.local(last.set_at));
        view! { <p class="muted small">{format!("{}, {at}", last.set_by)}</p> }
    });
    let hidden = vec![("admission_id", panel.id.to_string()), ("version", version.to_string())];
    view! {
        <section class="panel" id="release" aria-labelledby="release-heading">
            <div class="panel__head"><h2 id="release-heading">{tr!(wards.release_title)}</h2></div>
            <div class="panel__body">
                {by}
                <Form action="/api/wards/release_summary" hidden>
                    <RadioField name="readers" label=tr!(wards.release_readers) choices value/>
                    <div class="form__actions"><Button label=tr!(ui.save)/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
