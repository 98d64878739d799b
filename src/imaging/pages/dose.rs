//! The dose of a study: its numbers, and the form in which the radiographer types them.

use leptos::prelude::*;

use super::study::{Shown, hidden};
use crate::{
    core::{
        IdempotencyKey,
        time::{Zone, show_date_time},
    },
    imaging::{
        catalogue::ImagingProcedure,
        studies::{self, DapUnit, Dose, DoseSource, ImagingStudy},
    },
    lab::shown_millionths,
    tr,
    ui::{Button, ButtonTone, Choice, Form, SelectField, TextField, refused_for},
};

const RECORD: &str = "/api/imaging/record_dose";

/// The panel of a study that has a dose; nothing for others.
pub(super) fn panel(shown: &Shown) -> AnyView {
    let Shown { study, procedure, dose, zone, .. } = shown;
    if !procedure.ionising || !studies::has_dose(study.step) {
        return ().into_any();
    }
    let known = match dose {
        Some(dose) => {
            let origin = match dose.source {
                DoseSource::Archive => dose.source.words().to_owned(),
                DoseSource::Typed => dose.recorder.clone(),
            };
            let (words, facts) = (dose.words(), format!("{origin}, {}", show_date_time(zone.local(dose.recorded_at))));
            view! { <p><strong>{words}</strong><br/><span class="muted small">{facts}</span></p> }.into_any()
        }
        None => view! { <p class="muted">{tr!(imaging.dose_none)}</p> }.into_any(),
    };
    let open = dose.is_none() || refused_for(RECORD, "imaging_order_id", &study.id.to_string());
    let summary = if dose.is_none() { tr!(imaging.dose_enter) } else { tr!(imaging.dose_correct) };
    view! {
        <section class="panel" id="dose">
            <div class="panel__head"><h2>{tr!(imaging.dose)}</h2></div>
            <div class="panel__body stack">
                {known}
                <p class="muted small">{tr!(imaging.dose_hint)}</p>
                <details class="fieldset" open=open>
                    <summary>{summary}</summary>
                    {form(study, procedure, dose.as_ref())}
                </details>
            </div>
        </section>
    }
    .into_any()
}

/// The form with the numbers that the modality has; the present ones stand in it.
fn form(study: &ImagingStudy, procedure: &ImagingProcedure, dose: Option<&Dose>) -> AnyView {
    let mut values = hidden(study);
    values.push(("key", IdempotencyKey::new().to_string()));
    values.push(("seen", dose.map(|dose| dose.id.to_string()).unwrap_or_default()));
    let typed = |value: Option<i64>| value.map(shown_millionths).unwrap_or_default();
    let (ctdi_vol, dlp, dap) =
        (typed(dose.and_then(|dose| dose.ctdi_vol)), typed(dose.and_then(|dose| dose.dlp)), typed(dose.and_then(|dose| dose.dap)));
    let save = || view! { <div class="form__actions"><Button label=tr!(imaging.dose_record) tone=ButtonTone::Primary/></div> };
    if studies::is_ct(procedure.modality) {
        return view! {
            <Form action=RECORD hidden=values>
                <TextField name="ctdi_vol" label=tr!(imaging.ctdi_vol_field) hint=tr!(imaging.ctdi_vol_hint) value=ctdi_vol inputmode="decimal" autocomplete="off" maxlength=16 optional=true/>
                <TextField name="dlp" label=tr!(imaging.dlp_field) value=dlp inputmode="decimal" autocomplete="off" maxlength=16 optional=true/>
                {save()}
            </Form>
        }
        .into_any();
    }
    // A stored product is shown in one unit; a new one is typed in the unit that the device shows.
    let unit = if dap.is_empty() { "" } else { DapUnit::GyCm2.as_str() };
    let units: Vec<Choice> = DapUnit::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <Form action=RECORD hidden=values>
            <TextField name="dap" label=tr!(imaging.dap_field) value=dap inputmode="decimal" autocomplete="off" maxlength=16 required=true/>
            <SelectField name="dap_unit" label=tr!(imaging.dap_unit) hint=tr!(imaging.dap_unit_hint) choices=units value=unit prompt=tr!(errors.choose) required=true/>
            {save()}
        </Form>
    }
    .into_any()
}

/// The dose on the report, on its desk and on paper.
pub(super) fn line(dose: &Dose, zone: Zone) -> AnyView {
    let (words, at) = (dose.words(), show_date_time(zone.local(dose.recorded_at)));
    let origin = dose.source.words();
    view! { <p><strong>{tr!(imaging.dose)}</strong>": "{words}" "<span class="muted small">{format!("({origin}, {at})")}</span></p> }
        .into_any()
}
