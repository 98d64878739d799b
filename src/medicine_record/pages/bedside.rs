//! `/wards/{id}/scan`: the wristband is scanned; `/bedside/{id}`: the patient's due doses, where the medicine is scanned. `/wards/{id}/bedside`: the
//! ways of a ward; `/ward-shortages`: doses that the stock of a ward did not cover.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    asked::hold_fields,
    parts::{DoneQuery, Stay, due_words, key, marks, name_read, second_person, stay, toast},
};
use crate::{
    core::{
        BedsideScanId, CareOrderId, Error, Permission, Result, WardId,
        time::{Instant, Zone, show_date_time},
    },
    formulary::{self, AlikeWarning, Route},
    inventory::{self, RoomKind},
    medicine_record::{
        bedside::{self, DueRow, ScanOutcome, Shortage, Ways},
        doses,
        holds::{self, HoldReading},
        orders::{self, CareOrder},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, EmptyState, Form, Glyph, LinkButton, NoticeBox, PageHeader, PatientBanner, PostButton,
        SelectField, StatusBadge, TextField, Tone,
    },
    wards,
};

/// The wrong scan that stopped, and the act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScanQuery {
    stop: String,
    /// The scan that stopped.
    scan: String,
    /// The order as needed whose medicine was scanned, and its code.
    order: String,
    code: String,
    done: String,
}

/// A stop that cannot be missed: large, red, read out at once, and before everything else on the page.
fn stopped(stop: &str, why: Option<String>) -> Option<AnyView> {
    let outcome = stop.parse::<ScanOutcome>().ok().filter(|outcome| *outcome != ScanOutcome::Right)?;
    Some(
        view! {
            <div role="alert">
                <NoticeBox tone=Tone::Critical title=tr!(medicine_record.scan_stop)>
                    <p><strong>{outcome.words()}</strong></p>
                    {why.map(|why| view! { <p>{why}</p> })}
                    <p>{tr!(medicine_record.scan_stop_text)}</p>
                </NoticeBox>
            </div>
        }
        .into_any(),
    )
}

/// Shows the field for the wristband.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn scan_page(Path(id): Path<WardId>, Query(ScanQuery { stop, .. }): Query<ScanQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::GiveMedicines).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::GiveMedicines, ward.clinic_id)?;
    let page = Page::new(tr!(medicine_record.scan_band), move || {
        let back = (format!("/wards/{id}/round"), tr!(medicine_record.round_of, ward = ward.name.clone()));
        view! {
            {stopped(&stop, None)}
            <PageHeader title=tr!(medicine_record.scan_band) back/>
            <Form action="/api/medicine_record/scan_band" hidden=vec![("ward_id", id.to_string()), key()]>
                <TextField name="code" label=tr!(medicine_record.band_code) required=true autocomplete="off" class="input--code" autofocus=true/>
                <div class="form__actions"><Button label=tr!(medicine_record.next) tone=ButtonTone::Primary/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow"))
}

/// Shows the due doses of the patient whose wristband was scanned.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn bedside_page(Path(id): Path<BedsideScanId>, Query(query): Query<ScanQuery>) -> Result<Page> {
    let ScanQuery { stop, scan, order, code, done } = query;
    let mut ctx = Ctx::read(Permission::GiveMedicines).await?;
    let band = bedside::find_scan(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::GiveMedicines, band.clinic_id)?;
    let Stay { admission, banner, zone, now, .. } = stay(&mut ctx, band.admission_id.ok_or(Error::NotFound)?).await?;
    let mut due = bedside::due_after_band(&mut ctx.tx, &band, now).await?;
    let tall = formulary::TallNames::load(&mut ctx.tx).await?;
    for row in &mut due {
        row.title = tall.spell(&row.title);
    }
    let wrong = match scan.parse::<BedsideScanId>() {
        Ok(scan) => bedside::find_scan(&mut ctx.tx, scan).await?.filter(|scan| scan.admission_id == band.admission_id),
        Err(_) => None,
    };
    let why = match wrong {
        Some(wrong) => bedside::refusal_of(&mut ctx.tx, &wrong, &due).await?,
        None => None,
    };
    let needed = match order.parse::<CareOrderId>() {
        Ok(order) => {
            Some(orders::find(&mut ctx.tx, order).await?).filter(|order| order.admission_id == admission.id && order.is_as_needed())
        }
        Err(_) => None,
    };
    let needed = match needed {
        Some(order) => {
            let next = doses::next_as_needed(&mut ctx.tx, &order, now).await?;
            let readings = holds::readings(&mut ctx.tx, &order, now).await?;
            let alike = tall.warning(order.drug_id, &order.title);
            Some((order, next, readings, alike))
        }
        None => None,
    };
    let ward = band.ward_id;
    let page = Page::new(tr!(medicine_record.bedside), move || {
        let back = (format!("/wards/{ward}/scan"), tr!(medicine_record.scan_band).to_owned());
        let list = due_list(&due, id, (now, zone));
        let needed =
            needed.map(|(order, next, readings, alike)| as_needed((&order, next, &readings), alike.as_ref(), (id, &code), (now, zone)));
        view! {
            {stopped(&stop, why.clone())}
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.bedside) back/>
            {needed}
            <Form action="/api/medicine_record/scan_medicine" hidden=vec![("bedside_scan_id", id.to_string()), key()]>
                <TextField name="code" label=tr!(medicine_record.medicine_code) required=true autocomplete="off" class="input--code" autofocus=true/>
                <div class="form__actions"><Button label=tr!(medicine_record.next) tone=ButtonTone::Primary/></div>
            </Form>
            {list}
        }
    });
    Ok(page.class("main--narrow").banner(move || view! { <PatientBanner info=banner/> }))
}

/// The medicine as needed that was scanned: it is given here, or the page says from when on.
fn as_needed(
    (order, next, readings): (&CareOrder, Option<Instant>, &[HoldReading]),
    alike: Option<&AlikeWarning>,
    (band, code): (BedsideScanId, &str),
    (now, zone): (Instant, Zone),
) -> AnyView {
    let wait = next.filter(|next| *next > now).map(|next| tr!(medicine_record.not_before, at = show_date_time(zone.local(next))));
    let hidden = vec![("care_order_id", order.id.to_string()), key(), ("band", band.to_string()), ("code", code.to_owned())];
    let (title, is_scanned) = (alike.map_or_else(|| order.title.clone(), |alike| alike.name.clone()), !code.is_empty());
    let alike = alike.cloned();
    let (sentence, two_person, readings) = (order.sentence(zone), order.two_person, readings.to_vec());
    let act = match wait {
        Some(label) => view! { <NoticeBox tone=Tone::Warning><p>{label}</p></NoticeBox> }.into_any(),
        None => view! {
            <Form action="/api/medicine_record/give_as_needed" hidden>
                <p>{sentence}</p>
                {name_read(alike.as_ref(), is_scanned)}
                {hold_fields(&readings, (now, zone))}
                {second_person(two_person)}
                <TextField name="remark" label=tr!(medicine_record.remark) maxlength=500 optional=true autocomplete="off"/>
                <div class="form__actions"><Button label=tr!(medicine_record.give) tone=ButtonTone::Primary glyph=Glyph::Check key="Ctrl+Enter"/></div>
            </Form>
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="as-needed">
            <div class="panel__head"><h2 id="as-needed">{title}</h2>{marks(order, (now, zone))}</div>
            <div class="panel__body">{act}</div>
        </section>
    }
    .into_any()
}

fn due_list(due: &[DueRow], band: BedsideScanId, (now, zone): (Instant, Zone)) -> AnyView {
    if due.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(medicine_record.nothing_due) text=tr!(medicine_record.nothing_due_text)/> }
            .into_any();
    }
    let rows = due.iter().map(|row| {
        let route = row.route.parse::<Route>().map_or_else(|_| row.route.clone(), |route| route.words().to_owned());
        let alert = row.two_person.then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(medicine_record.high_alert)/> });
        let late = row.due_at + chrono::Duration::minutes(row.timing.window_minutes()) < now;
        let tone = if late { Tone::Critical } else { Tone::Waiting };
        let label = due_words(row.due_at, (now, zone));
        let place = row.times.place_words(row.due_at, zone).map(|place| view! { <br/><span class="small">{place}</span> });
        view! {
            <li class="rows__row" data-key=row.id.to_string()>
                <div class="rows__main">
                    <a class="row-link" href=format!("/doses/{}?band={band}", row.id)><strong>{row.title.clone()}</strong>" · "{row.dose.clone()}", "{route}</a>
                    {place}
                </div>
                <div class="rows__side cluster">{alert}<StatusBadge tone label/></div>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="panel" aria-labelledby="due">
            <div class="panel__head"><h2 id="due">{tr!(medicine_record.due_now)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// Shows the ways of a ward.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn ways_page(Path(id): Path<WardId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let ways = bedside::ways(&mut ctx.tx, id).await?.unwrap_or(Ways { scans: false, storeroom_id: None, version: 0 });
    let mut rooms = inventory::rooms(&mut ctx.tx, ward.clinic_id).await?;
    rooms.retain(|room| room.kind == RoomKind::Ward);
    let page = Page::new(tr!(medicine_record.ward_ways), move || {
        let choices = rooms.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect::<Vec<_>>();
        let value = ways.storeroom_id.map(|id| id.to_string()).unwrap_or_default();
        let hidden = vec![("ward_id", id.to_string()), ("version", ways.version.to_string())];
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.ward_ways) detail=ward.name.clone()/>
            <Form action="/api/medicine_record/ward_ways" hidden>
                <CheckboxField name="scans" label=tr!(medicine_record.ward_scans) hint=tr!(medicine_record.ward_scans_hint) checked=ways.scans/>
                <SelectField name="storeroom" label=tr!(medicine_record.ward_storeroom) choices value prompt=tr!(medicine_record.no_storeroom)/>
                <div class="form__actions"><Button label=tr!(medicine_record.save_ways) tone=ButtonTone::Primary/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow"))
}

/// Shows the doses that the stock of a ward did not cover. It names no patient.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn shortages_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageStock).await?;
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let rows = bedside::open_shortages(&mut ctx.tx, clinic).await?;
    Ok(Page::new(tr!(medicine_record.shortages), move || {
        let list = shortage_list(&rows, zone);
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.shortages) detail=tr!(medicine_record.shortages_text)/>
            {list}
        }
    }))
}

fn shortage_list(rows: &[Shortage], zone: Zone) -> AnyView {
    if rows.is_empty() {
        return view! { <EmptyState glyph=Glyph::Done title=tr!(medicine_record.no_shortages) text=tr!(medicine_record.no_shortages_text)/> }.into_any();
    }
    let rows = rows.iter().map(|row| {
        let quantity = row.quantity.map_or_else(|| tr!(medicine_record.not_countable).to_owned(), |units| tr!(medicine_record.units, count = units));
        let hidden = vec![("shortage", row.id.to_string())];
        let about = format!("{} {}", row.item, show_date_time(zone.local(row.at)));
        view! {
            <li class="rows__row" data-key=row.id.to_string()>
                <div class="rows__main">
                    <strong>{row.item.clone()}</strong>" · "{quantity}
                    <br/><span class="muted small">{row.room.clone()}" · "{show_date_time(zone.local(row.at))}</span>
                </div>
                <div class="rows__side cluster">
                    <LinkButton href=format!("/stock/items/{}", row.item_id) label=tr!(medicine_record.item) tone=ButtonTone::Quiet about=Some(row.item.clone())/>
                    <PostButton action="/api/medicine_record/settle" label=tr!(medicine_record.settle) about hidden/>
                </div>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}
