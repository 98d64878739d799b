//! `/admissions/{id}/birth`: the form that records a birth; `/admissions/{id}/match`: whether the bands of mother and child belong together.

use leptos::prelude::*;
use serde::Deserialize;

use super::admission::{bed_choices, best, hidden};
use crate::{
    core::{AdmissionId, BedId, Permission, Result},
    organisation::BedKind,
    patients::{self, Sex},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, Fieldset, Form, NoticeBox, NumberField, PageHeader, PatientBanner, RadioField, SelectField,
        TextField, TimeField, Tone,
    },
    wards::{
        AdmissionState,
        admission::{self, BedChoice},
        births::{self, BirthOutcome},
        fit::Misfit,
        plan,
        uses::{self, UseKind},
    },
};

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn birth_page(Path(id): Path<AdmissionId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordBirths).await?;
    let mother = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::RecordBirths, mother.clinic_id)?;
    ctx.saw(mother.patient_id, "admission").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, mother.patient_id, today).await?;
    let order = births::of_mother(&mut ctx.tx, id).await?.len() + 1;
    let ward = plan::ward(&mut ctx.tx, mother.ward()).await?;
    let now = ctx.now;
    let free = admission::choices(&mut ctx.tx, &ward, &mother, (now, today)).await?;
    let open = mother.state == AdmissionState::Admitted && mother.mother_id.is_none();
    let bed = uses::open_of_admission(&mut ctx.tx, id, UseKind::Stay).await?.map(|stay| stay.bed_id);
    let cots = cots(free, bed);
    let page = Page::new(tr!(wards.record_birth), move || {
        let back = (format!("/admissions/{id}"), tr!(wards.admission_of, number = mother.number));
        let body = match open {
            true => form(id, order, &cots, today.to_string()),
            false => view! { <NoticeBox tone=Tone::Waiting><p>{tr!(wards.no_mother)}</p></NoticeBox> }.into_any(),
        };
        view! { <PageHeader title=tr!(wards.record_birth) back/>{body} }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns the free cots, the one beside the mother's bed first. Of the misfits, which are the mother's, those of the isolation count for the
/// child too.
fn cots(free: Vec<BedChoice>, bed: Option<BedId>) -> Vec<BedChoice> {
    let of_child = |misfit: &Misfit| matches!(misfit, Misfit::Airborne | Misfit::Shared | Misfit::KeptForIsolation);
    let mut cots: Vec<_> = free.into_iter().filter(|one| matches!(one.bed.kind, BedKind::Cot | BedKind::Incubator)).collect();
    for one in &mut cots {
        one.misfits.retain(of_child);
    }
    cots.sort_by_key(|one| bed.is_none() || one.bed.beside_id != bed);
    cots
}

fn form(id: AdmissionId, order: usize, cots: &[BedChoice], today: String) -> AnyView {
    let hidden = hidden(id);
    let (beds, best) = (bed_choices(cots), best(cots));
    let outcomes = BirthOutcome::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let sexes = Sex::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect::<Vec<_>>();
    let many = [tr!(wards.single), tr!(wards.twins), tr!(wards.triplets), tr!(wards.quadruplets), tr!(wards.quintuplets)];
    let many = many.iter().enumerate().map(|(at, words)| Choice::new((at + 1).to_string(), *words)).collect::<Vec<_>>();
    let max = today.clone();
    view! {
        <Form action="/api/wards/born" hidden>
            <RadioField name="outcome" label=tr!(wards.birth_outcome) choices=outcomes value="live"/>
            <SelectField name="plurality" label=tr!(wards.plurality) choices=many value="1"/>
            <NumberField name="birth_order" label=tr!(wards.birth_order) value=order.to_string() required=true/>
            <DateField name="born_day" label=tr!(wards.born_day) value=today max required=true/>
            <TimeField name="born_time" label=tr!(wards.born_time) required=true/>
            <SelectField name="sex" label=tr!(wards.sex) choices=sexes prompt=tr!(errors.choose) required=true/>
            <NumberField name="weight_g" label=tr!(wards.weight) unit="g" optional=true/>
            <Fieldset legend=tr!(wards.gestation_title)>
                <NumberField name="gestation_weeks" label=tr!(wards.weeks) optional=true/>
                <NumberField name="gestation_days" label=tr!(wards.weekdays) optional=true/>
            </Fieldset>
            <Fieldset legend=tr!(wards.apgar)>
                <NumberField name="apgar_1" label=tr!(wards.apgar_1) optional=true/>
                <NumberField name="apgar_5" label=tr!(wards.apgar_5) optional=true/>
                <NumberField name="apgar_10" label=tr!(wards.apgar_10) optional=true/>
            </Fieldset>
            <RadioField name="bed_id" label=tr!(wards.cot) hint=tr!(wards.cot_hint) choices=beds value=best/>
            <TextField name="because" label=tr!(wards.override_reason) hint=tr!(wards.override_hint) maxlength=500 autocomplete="off"/>
            <div class="form__actions"><Button label=tr!(wards.record_birth) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

/// The result of the last comparison: the child whose band fits, or that the bands differ.
#[derive(Debug, Deserialize)]
pub struct MatchQuery {
    #[serde(default)]
    baby: String,
    #[serde(default)]
    done: String,
}

/// Asks for the bands of mother and child, and shows whether they belong together: a green page with the child's name, or a red one. Which
/// numbers were read stands in no address.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn match_page(Path(id): Path<AdmissionId>, Query(MatchQuery { baby, done }): Query<MatchQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let mother = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, mother.clinic_id)?;
    ctx.saw(mother.patient_id, "admission").await?;
    let today = ctx.today();
    let banner = patients::banner(&mut ctx.tx, mother.patient_id, today).await?;
    let births = births::of_mother(&mut ctx.tx, id).await?;
    let fitting = baby.parse::<AdmissionId>().ok().and_then(|baby| births.iter().find(|one| one.baby_id == Some(baby))?.baby);
    let child = match fitting {
        Some(child) => Some(patients::line(&mut ctx.tx, child).await?.name.listed()),
        None => None,
    };
    ctx.saw_live(fitting, "ward_board").await?;
    let page = Page::new(tr!(wards.match_bands), move || {
        let back = (format!("/admissions/{id}"), tr!(wards.admission_of, number = mother.number));
        let answer = match child {
            Some(name) => view! { <NoticeBox tone=Tone::Done title=tr!(wards.bands_match)><p>{name}</p></NoticeBox> }.into_any(),
            None if done == "differ" => {
                view! { <NoticeBox tone=Tone::Critical title=tr!(wards.bands_differ)><p>{tr!(wards.bands_differ_text)}</p></NoticeBox> }
                    .into_any()
            }
            None => ().into_any(),
        };
        let hidden = vec![("admission_id", id.to_string())];
        view! {
            <PageHeader title=tr!(wards.match_bands) back/>
            {answer}
            <Form action="/api/wards/match_bands" hidden>
                <TextField name="mother" label=tr!(wards.band_of_mother) required=true autocomplete="off" class="input--code" autofocus=true/>
                <TextField name="baby" label=tr!(wards.band_of_baby) required=true autocomplete="off" class="input--code"/>
                <div class="form__actions"><Button label=tr!(wards.compare) tone=ButtonTone::Primary/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}
