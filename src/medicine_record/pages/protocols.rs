//! `/wards/{id}/protocols`: the protocols of a ward; `/wards/{id}/protocols/new` and `/ward-protocols/{id}`: the form of one, with its versions;
//! `/admissions/{id}/protocols/{protocol}`: a nurse starts one for a patient.

use leptos::prelude::*;

use super::parts::{DoneQuery, Stay, key, stay, toast};
use crate::{
    core::{
        AdmissionId, Error, Permission, Result, WardId, WardProtocolId,
        time::{Zone, show_date_time},
    },
    formulary::Route,
    medicine_record::{
        orders::{self, hours},
        protocols::{self, WardProtocol},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, EmptyState, Form, Glyph, LinkButton, NoticeBox, NumberField, PageHeader, PatientBanner,
        SelectField, StatusBadge, TextArea, TextField, Tone,
    },
    wards,
};

const KEEP: &str = "/api/medicine_record/keep_protocol";
const START: &str = "/api/medicine_record/start_protocol";

/// Shows the protocols.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn protocols_page(Path(id): Path<WardId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let zone = ctx.zone();
    let all = protocols::current(&mut ctx.tx, id, true).await?;
    Ok(Page::new(tr!(medicine_record.protocols), move || {
        let new = view! {
            <LinkButton href=format!("/wards/{id}/protocols/new") label=tr!(medicine_record.new_protocol) glyph=Glyph::Plus tone=ButtonTone::Primary/>
        }
        .into_any();
        let back = (format!("/wards/{id}"), ward.name.clone());
        let none = all.is_empty().then(|| {
            view! { <EmptyState glyph=Glyph::Note title=tr!(medicine_record.no_protocols) text=tr!(medicine_record.no_protocols_text)/> }
        });
        let rows = all.iter().map(|one| protocol_row(one, zone)).collect_view();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.protocols) detail=tr!(medicine_record.protocols_text) back actions=Some(new)/>
            {none}
            <ul class="rows">{rows}</ul>
        }
    }))
}

fn protocol_row(one: &WardProtocol, zone: Zone) -> AnyView {
    let made = tr!(medicine_record.set_made, version = one.version, name = one.maker.clone(), at = show_date_time(zone.local(one.made_at)));
    let retired = one.retired.then(|| view! { <StatusBadge tone=Tone::Inactive label=tr!(medicine_record.set_retired)/> });
    view! {
        <li class="rows__row" data-key=one.id.to_string()>
            <div class="rows__main">
                <a class="row-link" href=format!("/ward-protocols/{}", one.id)><strong>{one.name.clone()}</strong></a>" "{one.sentence()}
                <br/><span class="muted small">{made}</span>
            </div>
            <div class="rows__side">{retired}</div>
        </li>
    }
    .into_any()
}

/// Shows the form of a new protocol.
///
/// # Errors
/// Not allowed, or another clinic's ward.
pub async fn new_protocol_page(Path(id): Path<WardId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let page = Page::new(tr!(medicine_record.new_protocol), move || {
        let back = (format!("/wards/{id}/protocols"), tr!(medicine_record.protocols).to_owned());
        view! { <PageHeader title=tr!(medicine_record.new_protocol) detail=ward.name.clone() back/>{keep_form(id, None)} }
    });
    Ok(page.class("main--narrow"))
}

/// Shows the form of a protocol, and its versions.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn protocol_page(Path(id): Path<WardProtocolId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let protocol = protocols::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let ward = wards::find_ward(&mut ctx.tx, protocol.ward_id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let zone = ctx.zone();
    let versions = protocols::versions_of(&mut ctx.tx, protocol.root_id).await?;
    let page = Page::new(protocol.name.clone(), move || {
        let back = (format!("/wards/{}/protocols", ward.id), tr!(medicine_record.protocols).to_owned());
        let is_latest = versions.first().is_none_or(|latest| latest.id == protocol.id);
        let form = is_latest.then(|| keep_form(ward.id, Some(&protocol)));
        let rows = versions.iter().map(|version| protocol_row(version, zone)).collect_view();
        view! {
            <PageHeader title=protocol.name.clone() detail=ward.name.clone() back/>
            {form}
            <section class="panel" aria-labelledby="versions">
                <div class="panel__head"><h2 id="versions">{tr!(medicine_record.history)}</h2></div>
                <ul class="rows">{rows}</ul>
            </section>
        }
    });
    Ok(page.class("main--narrow"))
}

fn keep_form(ward: WardId, old: Option<&WardProtocol>) -> AnyView {
    let old = old.cloned();
    let hidden = vec![("ward_id", ward.to_string()), key(), ("version", old.as_ref().map(|old| old.id.to_string()).unwrap_or_default())];
    let text = |read: fn(&WardProtocol) -> String| old.as_ref().map(read).unwrap_or_default();
    let (name, indication, drug) = (text(|old| old.name.clone()), text(|old| old.indication.clone()), text(|old| old.drug.clone()));
    let (dose, route) = (text(|old| old.dose.clone()), text(|old| old.route.clone()));
    let (interval, most) = (text(|old| hours(old.interval_min)), text(|old| old.most_in_day.to_string()));
    let (in_force, sign) = (text(|old| old.hours.to_string()), text(|old| old.sign_hours.to_string()));
    let instructions = text(|old| old.instructions.clone());
    let retired = old.as_ref().is_some_and(|old| old.retired);
    let routes = Route::ALL.iter().map(|route| Choice::new(route.as_str(), route.words())).collect::<Vec<_>>();
    view! {
        <Form action=KEEP hidden>
            <TextField name="name" label=tr!(medicine_record.protocol_name) value=name required=true maxlength=120 autocomplete="off"/>
            <TextField name="indication" label=tr!(medicine_record.indication) value=indication required=true maxlength=200 autocomplete="off"/>
            <TextField name="drug" label=tr!(medicine_record.set_drug) value=drug required=true maxlength=200 autocomplete="off"/>
            <TextField name="dose" label=tr!(medicine_record.dose) hint=tr!(medicine_record.dose_hint) value=dose required=true maxlength=100 autocomplete="off"/>
            <SelectField name="route" label=tr!(medicine_record.route) choices=routes value=route prompt=tr!(medicine_record.choose)/>
            <NumberField name="interval" label=tr!(medicine_record.interval) value=interval unit="h" decimal=true/>
            <NumberField name="most" label=tr!(medicine_record.most) value=most/>
            <NumberField name="hours" label=tr!(medicine_record.protocol_hours) value=in_force unit="h"/>
            <NumberField name="sign_hours" label=tr!(medicine_record.protocol_sign_hours) value=sign unit="h"/>
            <TextArea name="instructions" label=tr!(medicine_record.instructions) value=instructions rows=2 maxlength=1000 optional=true/>
            <CheckboxField name="retired" label=tr!(medicine_record.protocol_retire) checked=retired/>
            <div class="form__actions"><Button label=tr!(medicine_record.save_ways) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
        </Form>
    }
    .into_any()
}

/// Shows what a protocol orders for a patient, and asks who signs it.
///
/// # Errors
/// Not allowed, another clinic's patient, another ward's protocol, or when the database refuses.
pub async fn start_page(Path((id, protocol)): Path<(AdmissionId, WardProtocolId)>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::GiveMedicines).await?;
    let Stay { admission, banner, may, .. } = stay(&mut ctx, id).await?;
    if !may.give {
        return Err(Error::Forbidden);
    }
    let protocol = protocols::find(&mut ctx.tx, protocol).await?.filter(|one| one.ward_id == admission.ward() && !one.retired);
    let protocol = protocol.ok_or(Error::NotFound)?;
    let prescribers = orders::prescribers(&mut ctx.tx, admission.clinic_id).await?;
    let page = Page::new(protocol.name.clone(), move || {
        let back = (format!("/admissions/{id}/orders"), tr!(medicine_record.orders).to_owned());
        let hidden = vec![("admission_id", id.to_string()), ("ward_protocol_id", protocol.id.to_string()), key()];
        let doctors = prescribers.iter().map(|one| Choice::new(one.id.to_string(), one.name.clone())).collect::<Vec<_>>();
        let fits = tr!(medicine_record.protocol_fits, indication = protocol.indication.clone());
        let sign_hint = tr!(medicine_record.protocol_sign_hint, hours = protocol.sign_hours);
        let instructions = protocol.instructions.clone();
        view! {
            <PageHeader title=protocol.name.clone() back detail=tr!(medicine_record.by_protocol)/>
            <NoticeBox tone=Tone::Waiting><p><strong>{protocol.sentence()}</strong></p><p>{instructions}</p></NoticeBox>
            <Form action=START hidden>
                <CheckboxField name="fits" label=fits hint=tr!(medicine_record.protocol_fits_hint)/>
                <SelectField name="prescriber" label=tr!(medicine_record.protocol_signer) hint=sign_hint choices=doctors prompt=tr!(medicine_record.choose)/>
                <div class="form__actions"><Button label=tr!(medicine_record.protocol_start) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}
