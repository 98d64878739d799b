//! `/pharmacy/supplies/{id}`: one prescription: what was prescribed, the check by the pharmacist, the hand-overs and returns.

use leptos::prelude::*;
use serde::Deserialize;

use super::{
    handover::{self, Desk},
    paused, review,
};
use crate::{
    core::{Error, Permission, Result, StockItemId, SupplyId, time::show_date_time},
    formulary,
    inventory::{self, RoomKind, StockItem},
    patients,
    pharmacy::{
        Refusal, SupplyState, checks, dispensing, labels, pauses, stops,
        supplies::{self, CONTROLLED_DAYS, DAYS, SubstituteReason, Supply},
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, DescriptionList, Detail, Dialog, Form, NoticeBox, NumberField, PageHeader, PatientBanner, SelectField,
        StatusBadge, TextField, Toast, Tone,
    },
};

/// The message, and a search among all items.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SupplyQuery {
    done: String,
    /// `all`: offers every medicine in stock, not only the prescribed one.
    items: String,
}

fn toast(done: &str) -> AnyView {
    let text = match done {
        "verified" => tr!(pharmacy.done_verified),
        "refused" => tr!(pharmacy.done_refused),
        "dispensed" => tr!(pharmacy.done_dispensed),
        "returned" => tr!(pharmacy.done_returned),
        "returned_billed" => tr!(pharmacy.done_returned_billed),
        "reserved" => tr!(pharmacy.done_reserved),
        "released" => tr!(pharmacy.done_released),
        "put_back" => tr!(pharmacy.done_put_back),
        "held" => tr!(pharmacy.done_held),
        "asked" => tr!(pharmacy.done_asked),
        "goes_on" => tr!(pharmacy.done_goes_on),
        _ => return ().into_any(),
    };
    view! { <Toast text/> }.into_any()
}

/// Shows a supply.
///
/// # Errors
/// Not allowed, another clinic's, or when the database refuses.
pub async fn supply_page(Path(id): Path<SupplyId>, Query(query): Query<SupplyQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::Dispense).await?;
    let supply = supplies::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::Dispense, supply.clinic_id)?;
    ctx.saw(supply.patient_id, "pharmacy_record").await?;
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut banner = patients::banner(&mut ctx.tx, supply.patient_id, today).await?;
    // The record itself is not open to a pharmacist.
    banner.href = None;
    let drug = match supply.drug_id {
        Some(drug) => formulary::formulary_drug(&mut ctx.tx, drug).await?,
        None => None,
    };
    let mut items = match supply.drug_id {
        Some(drug) => inventory::items_of_drug(&mut ctx.tx, drug).await?,
        None => Vec::new(),
    };
    if items.is_empty() || query.items == "all" {
        items = inventory::medicines(&mut ctx.tx).await?;
    }
    let rooms = inventory::rooms(&mut ctx.tx, supply.clinic_id).await?;
    let pharmacies: Vec<_> = rooms.into_iter().filter(|room| room.kind == RoomKind::Pharmacy).collect();
    let mut stock = Vec::new();
    if let Some(item) = supply.item_id {
        for room in &pharmacies {
            for line in inventory::usable(&mut ctx.tx, room.id, item, today).await? {
                stock.push((room.clone(), line));
            }
        }
    }
    let item = match supply.item_id {
        Some(item) => inventory::item(&mut ctx.tx, item).await?,
        None => None,
    };
    let dispenses = dispensing::of_supply(&mut ctx.tx, id).await?;
    let ids: Vec<_> = dispenses.iter().map(|dispense| dispense.id).collect();
    let lines = dispensing::lines_of(&mut ctx.tx, &ids).await?;
    let paid = dispensing::bags::paid(&mut ctx.tx, &ids).await?;
    let paid_first = stops::is_paid_first(&mut ctx, supply.clinic_id).await?;
    // Only the prescribed medicine is chosen beforehand.
    let suggested = drug.as_ref().and_then(|drug| items.iter().find(|item| item.drug_id == Some(drug.id)));
    let suggested = suggested.map(|item| (item.id, supplies::course(&supply.dosage, drug.as_ref(), item.unit)));
    // The page shows the new warnings before the pharmacist acts; the act checks again.
    let found = match supply.state.is_open() {
        true => checks::open_findings(&mut ctx, &supply).await?,
        false => Vec::new(),
    };
    let decided = checks::decided(&mut ctx.tx, id).await?;
    let reserved = inventory::reserved_for(&mut ctx.tx, id.0).await?;
    let given = supplies::given_dosage(&mut ctx, &supply).await.unwrap_or_else(|_| supply.dosage.clone());
    let end = supply.dosage.days.map(|days| today + chrono::Duration::days(days - 1));
    let ends_early = stock.iter().any(|(_, line)| line.expires_on.zip(end).is_some_and(|(last, end)| last < end));
    let expired = supply.state.is_open() && supply.is_expired(item.as_ref().is_some_and(StockItem::is_controlled), ctx.now);
    let advice = labels::advice(&mut ctx, &supply).await?;
    let pauses = pauses::of_supply(&mut ctx.tx, id).await?;
    let tall = formulary::TallNames::load(&mut ctx.tx).await?;
    let (drug_id, name) = match &item {
        Some(item) => (item.drug_id, item.shown_name().to_owned()),
        None => (supply.drug_id, supply.drug.clone()),
    };
    let alike = tall.warning(drug_id, &name);
    let desk = Desk {
        pharmacies,
        stock,
        item,
        dispenses,
        lines,
        zone,
        found,
        decided,
        reserved,
        given,
        ends_early,
        expired,
        advice,
        pauses,
        tall,
        alike,
        paid,
        paid_first,
    };
    let all = query.items == "all";
    Ok(Page::new(tr!(pharmacy.supply), move || view(&supply, &items, suggested, &desk, all, &query.done))
        .banner(move || view! { <PatientBanner info=banner/> }))
}

fn view(
    supply: &Supply,
    items: &[StockItem],
    suggested: Option<(StockItemId, Option<i64>)>,
    desk: &Desk,
    all: bool,
    done: &str,
) -> AnyView {
    let back = ("/pharmacy".to_owned(), tr!(pharmacy.title).to_owned());
    let badge = view! { <StatusBadge tone=supply.state.tone() label=supply.state.words()/> }.into_any();
    let warned = (!supply.override_reason.is_empty()).then(|| {
        let reason = supply.override_reason.clone();
        view! { <NoticeBox tone=Tone::Warning title=tr!(pharmacy.warned)><p>{reason}</p></NoticeBox> }
    });
    let unmapped = supply.drug_id.is_none().then(|| {
        view! { <NoticeBox tone=Tone::Warning><p>{tr!(pharmacy.not_on_list)}</p></NoticeBox> }
    });
    let expired = desk.expired.then(|| {
        let words = tr!(pharmacy.expired, days = DAYS, controlled = CONTROLLED_DAYS);
        view! { <NoticeBox tone=Tone::Critical><p>{words}</p></NoticeBox> }
    });
    let may_verify = !desk.expired && matches!(supply.state, SupplyState::ToVerify | SupplyState::Verified);
    let verify = may_verify.then(|| verify_form(supply, items, suggested, all, desk));
    let may_dispense = matches!(supply.state, SupplyState::Verified | SupplyState::PartDispensed);
    let handover = may_dispense.then(|| handover::handover_form(supply, desk));
    view! {
        {toast(done)}
        <PageHeader title=desk.tall.spell(&supply.drug) back detail=supplies::directions(&desk.given) actions=Some(badge)/>
        <div class="stack">
            {paused::waits(supply, desk)}
            {expired}
            {warned}
            {unmapped}
            {review::alike(desk.alike.as_ref().filter(|_| supply.state.is_open()))}
            {review::new_findings(&desk.found)}
            {review::substituted(supply)}
            <section class="panel"><div class="panel__body"><DescriptionList details=details(supply, desk)/></div></section>
            {review::reserved(supply, desk)}
            {handover}
            {handover::dispensed(desk)}
            {verify}
            {review::decisions(desk)}
            {paused::ended(desk)}
            {refuse_dialog(supply)}
        </div>
    }
    .into_any()
}

fn details(supply: &Supply, desk: &Desk) -> Vec<Detail> {
    let mut details = vec![
        Detail::new(tr!(pharmacy.prescribed), supply.dosage.sentence()),
        Detail::new(tr!(pharmacy.prescriber), supply.prescriber.clone()),
        Detail::new(tr!(pharmacy.signed), show_date_time(desk.zone.local(supply.signed_at))),
    ];
    if !supply.dosage.no_substitution.is_empty() {
        details.push(Detail::new(tr!(clinical.no_substitution), supply.dosage.no_substitution.clone()));
    }
    if !supply.dosage.instructions.is_empty() {
        details.push(Detail::new(tr!(pharmacy.instructions), supply.dosage.instructions.clone()));
    }
    if let Some(item) = &desk.item {
        let unit = item.unit.words();
        details.push(Detail::new(tr!(pharmacy.item), desk.tall.spell(item.shown_name())));
        details.push(Detail::new(tr!(pharmacy.ordered), format!("{} {unit}", supply.ordered)));
        details.push(Detail::new(tr!(pharmacy.with_patient), format!("{} {unit}", supply.with_patient())));
        if supply.state.is_open() {
            details.push(Detail::new(tr!(pharmacy.owed), format!("{} {unit}", supply.owed())));
        }
    }
    if !desk.advice.cautions.is_empty() {
        let cautions = desk.advice.cautions.iter().map(|caution| caution.words()).collect::<Vec<_>>().join(" ");
        let cautions = if desk.advice.confirmed { cautions } else { tr!(pharmacy.cautions_unconfirmed, cautions = cautions) };
        details.push(Detail::new(tr!(formulary.cautions), cautions));
    }
    if !desk.advice.diluent.is_empty() {
        details.push(Detail::new(tr!(formulary.diluent), desk.advice.diluent.clone()));
    }
    if let Some(days) = desk.advice.in_use_days {
        details.push(Detail::new(tr!(formulary.in_use), tr!(formulary.days, count = days)));
    }
    if let Some(refusal) = supply.refusal {
        details.push(Detail::new(tr!(pharmacy.refusal), refusal.words()));
    }
    if !supply.note.is_empty() {
        details.push(Detail::new(tr!(pharmacy.note), supply.note.clone()));
    }
    details
}

fn verify_form(supply: &Supply, items: &[StockItem], suggested: Option<(StockItemId, Option<i64>)>, all: bool, desk: &Desk) -> AnyView {
    let found = &desk.found;
    let hidden = vec![("supply_id", supply.id.to_string()), ("version", supply.version.to_string()), ("seen", review::seen(found))];
    let reasons: Vec<Choice> = SubstituteReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
    let reason = supply.substitute_reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default();
    let asks = !found.is_empty();
    let choices: Vec<Choice> = items
        .iter()
        .map(|item| Choice::new(item.id.to_string(), format!("{} ({})", desk.tall.spell(item.shown_name()), item.unit.words())))
        .collect();
    let item = supply.item_id.or(suggested.map(|(item, _)| item)).map(|item| item.to_string()).unwrap_or_default();
    let quantity = match supply.ordered {
        0 => suggested.and_then(|(_, quantity)| quantity).map(|quantity| quantity.to_string()).unwrap_or_default(),
        ordered => ordered.to_string(),
    };
    let others = (!all).then(|| {
        view! { <p><a href=format!("/pharmacy/supplies/{}?items=all", supply.id)>{tr!(pharmacy.other_items)}</a></p> }
    });
    let title = if supply.state == SupplyState::ToVerify { tr!(pharmacy.verify) } else { tr!(pharmacy.verify_again) };
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{title}</h2></div>
            <div class="panel__body">
                <Form action="/api/pharmacy/verify" id="verify" hidden>
                    <SelectField name="item" label=tr!(pharmacy.item) choices value=item prompt=tr!(pharmacy.choose_item) required=true/>
                    <NumberField name="quantity" label=tr!(pharmacy.quantity) hint=tr!(pharmacy.quantity_hint) value=quantity/>
                    <SelectField name="substitute_reason" label=tr!(pharmacy.substitute_reason) hint=tr!(pharmacy.substitute_hint) choices=reasons
                        value=reason prompt=tr!(pharmacy.no_substitute) optional=true/>
                    <TextField name="note" label=tr!(pharmacy.note) hint=tr!(pharmacy.note_hint) maxlength=500 optional=true/>
                    {review::decision_field("/api/pharmacy/verify", asks)}
                    <div class="form__actions"><Button label=tr!(pharmacy.verify) tone=ButtonTone::Primary/></div>
                </Form>
                {others}
            </div>
        </section>
    }
    .into_any()
}

fn refuse_dialog(supply: &Supply) -> AnyView {
    if !supply.state.is_open() {
        return ().into_any();
    }
    let hidden = vec![("supply_id", supply.id.to_string()), ("version", supply.version.to_string())];
    let choices: Vec<Choice> = Refusal::ALL.iter().map(|refusal| Choice::new(refusal.as_str(), refusal.words())).collect();
    let words = if supply.with_patient() > 0 { tr!(pharmacy.close) } else { tr!(pharmacy.refuse) };
    view! {
        <div class="cluster">
            {paused::forms(supply)}
            <Dialog id="refuse" opens=words title=words tone=ButtonTone::Danger>
                <Form action="/api/pharmacy/refuse" id="refuse-form" hidden>
                    <SelectField name="refusal" label=tr!(pharmacy.refusal) choices prompt=tr!(errors.choose) required=true/>
                    <TextField name="note" label=tr!(pharmacy.note) maxlength=500 optional=true/>
                    <div class="form__actions"><Button label=words tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}
