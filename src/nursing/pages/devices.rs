//! `/admissions/{id}/devices`: the lines and devices of a stay: days in place, checks, dressings, removals.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, Opened, hidden, toast, when};
use crate::{
    core::{AdmissionId, Permission, Result, time::show_date},
    nursing::{
        devices::{self, DeviceCheck, REPLACE_AT_VIP, StayDevice, days_in_place},
        vocabulary::{DeviceAct, DeviceKind, DeviceRemoval, DeviceSide},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, EmptyState, Form, Glyph, NumberField, PageHeader, PatientBanner, RadioField, SelectField,
        StatusBadge, TextField, TimeField, Tone, refused_for,
    },
};

const CHECK: &str = "/api/nursing/check_device";
const REMOVE: &str = "/api/nursing/remove_device";

/// The act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DevicesQuery {
    done: String,
}

/// Shows the devices.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn devices_page(Path(id): Path<AdmissionId>, Query(DevicesQuery { done }): Query<DevicesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::RecordCare).await?;
    let opened = parts::open(&mut ctx, id).await?;
    let found = devices::of_admission(&mut ctx.tx, id).await?;
    let checks = devices::checks_of(&mut ctx.tx, id).await?;
    let banner = opened.banner.clone();
    let page = Page::new(tr!(nursing.devices), move || content(id, &opened, (&found, &checks), &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(id: AdmissionId, opened: &Opened, (found, checks): (&[StayDevice], &[DeviceCheck]), done: &str) -> AnyView {
    let back = (format!("/admissions/{id}/nursing"), tr!(nursing.sheet).to_owned());
    let none = found
        .is_empty()
        .then(|| view! { <EmptyState glyph=Glyph::Vitals title=tr!(nursing.no_devices) text=tr!(nursing.no_devices_text)/> });
    let rows = found.iter().map(|device| row(device, checks, opened)).collect_view();
    let form = opened.is_open().then(|| new_form(id));
    view! {
        {toast(done)}
        <PageHeader title=tr!(nursing.devices) detail=tr!(nursing.devices_text) back/>
        {parts::tabs(id, "devices")}
        <div class="stack">{none}<ul class="rows panel">{rows}</ul>{form}</div>
    }
    .into_any()
}

fn row(device: &StayDevice, checks: &[DeviceCheck], opened: &Opened) -> AnyView {
    let (zone, now) = (opened.zone, opened.now);
    let id = device.id.to_string();
    let days = days_in_place(device.inserted_at, device.removed_at.unwrap_or(now), zone);
    let own: Vec<&DeviceCheck> = checks.iter().filter(|check| check.device_id == device.id).collect();
    let vip = own.iter().find_map(|check| check.vip);
    let replace = vip.filter(|vip| *vip >= REPLACE_AT_VIP && device.removed_at.is_none());
    let replace = replace.map(|vip| view! { " "<StatusBadge tone=Tone::Critical label=tr!(nursing.replace_cannula, vip = vip)/> });
    let dressing = device.dressing_due.filter(|_| device.removed_at.is_none()).map(|due| {
        let tone = if due < now { Tone::Warning } else { Tone::Waiting };
        view! { " "<StatusBadge tone label=tr!(nursing.dressing_due, day = show_date(zone.day(due)))/> }
    });
    let state = match (device.removed_at, device.removal) {
        (Some(at), Some(why)) => {
            let by = device.remover.clone().unwrap_or_default();
            format!("{} · {} · {by}", tr!(nursing.removed_at, at = when(at, zone)), why.words())
        }
        _ => tr!(nursing.inserted_on, at = when(device.inserted_at, zone), by = device.inserted_by.clone()),
    };
    let last = own.first().map(|check| {
        let vip = check.vip.map(|vip| format!(" VIP {vip}")).unwrap_or_default();
        let remark = if check.remark.is_empty() { String::new() } else { format!(" · {}", check.remark) };
        view! { <br/><span class="small">{check.act.words()}{vip}" · "{when(check.at, zone)}" · "{check.checker.clone()}{remark}</span> }
    });
    let acts = (device.removed_at.is_none() && opened.is_open()).then(|| forms(device, &id));
    view! {
        <li class="rows__row" data-key=id>
            <div class="rows__main">
                <strong>{device.words()}</strong>" "<StatusBadge tone=Tone::Progress label=tr!(nursing.day_in_place, day = days)/>{dressing}{replace}
                <br/><span class="muted small">{state}</span>
                {last}
                {acts}
            </div>
        </li>
    }
    .into_any()
}

fn forms(device: &StayDevice, id: &str) -> AnyView {
    let is_cannula = device.kind == DeviceKind::Cannula;
    let form_id = |action: &str, name: &str| match refused_for(action, "stay_device_id", id) {
        true => format!("{name}-refused"),
        false => format!("{name}-{id}"),
    };
    let (check_id, remove_id) = (form_id(CHECK, "check"), form_id(REMOVE, "remove"));
    let acts: Vec<Choice> = DeviceAct::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let removals: Vec<Choice> = DeviceRemoval::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let hidden = vec![("stay_device_id", id.to_owned())];
    let hidden_too = hidden.clone();
    view! {
        <details>
            <summary>{tr!(nursing.check)}</summary>
            <Form action=CHECK id=check_id hidden>
                <RadioField name="act" label=tr!(nursing.check) choices=acts value=DeviceAct::Check.as_str() inline=true/>
                {is_cannula.then(|| view! { <NumberField name="vip" label=tr!(nursing.vip) hint=tr!(nursing.vip_hint)/> })}
                <TextField name="remark" label=tr!(nursing.remark) maxlength=500 autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(nursing.record_check)/></div>
            </Form>
        </details>
        <details>
            <summary>{tr!(nursing.remove_device)}</summary>
            <Form action=REMOVE id=remove_id hidden=hidden_too>
                <SelectField name="removal" label=tr!(nursing.reason) choices=removals prompt=tr!(errors.choose) required=true/>
                <div class="form__actions"><Button label=tr!(nursing.remove_device) tone=ButtonTone::Danger/></div>
            </Form>
        </details>
    }
    .into_any()
}

fn new_form(id: AdmissionId) -> AnyView {
    let kinds: Vec<Choice> = DeviceKind::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let sides: Vec<Choice> = DeviceSide::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    view! {
        <section class="panel" aria-labelledby="new-device">
            <div class="panel__head"><h2 id="new-device">{tr!(nursing.new_device)}</h2></div>
            <div class="panel__body">
                <Form action="/api/nursing/insert_device" hidden=hidden(id)>
                    <SelectField name="kind" label=tr!(nursing.device) choices=kinds prompt=tr!(errors.choose) required=true/>
                    <TextField name="site" label=tr!(nursing.site) required=true maxlength=120 autocomplete="off"/>
                    <RadioField name="side" label=tr!(nursing.side) choices=sides value=DeviceSide::None.as_str() inline=true/>
                    <TextField name="size" label=tr!(nursing.size) maxlength=40 autocomplete="off"/>
                    <TextField name="inserted_by" label=tr!(nursing.inserted_by) maxlength=120 autocomplete="off"/>
                    <DateField name="day" label=tr!(nursing.inserted_day) hint=tr!(nursing.inserted_hint) optional=true/>
                    <TimeField name="time" label=tr!(nursing.inserted_time)/>
                    <div class="form__actions"><Button label=tr!(nursing.new_device) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
