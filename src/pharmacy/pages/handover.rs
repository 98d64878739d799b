//! The parts of a supply's page about the hand-over: the form, what was handed out, and the return.

use leptos::prelude::*;

use super::review;
use crate::{
    clinical::Dosage,
    core::{
        DispenseId, StockDocumentId,
        time::{Zone, show_date, show_date_time},
    },
    formulary::{AlikeWarning, TallNames, check::Warning},
    inventory::{Reserved, StockItem, Storeroom, UsableLine, witness_fields},
    pharmacy::{
        CollectorCheck, Counselling, ReturnReason,
        checks::SupplyFinding,
        dispensing::{Dispense, DispenseLine},
        labels::MedicineAdvice,
        pauses::Pause,
        supplies::Supply,
    },
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Dialog, Form, Glyph, LinkButton, NoticeBox, NumberField, SelectField, StatusBadge,
        TextField, Tone,
    },
};

/// The stock and the hand-overs of a supply.
pub struct Desk {
    pub pharmacies: Vec<Storeroom>,
    /// The batches that can be handed out, in each pharmacy the first to expire first.
    pub stock: Vec<(Storeroom, UsableLine)>,
    pub item: Option<StockItem>,
    pub dispenses: Vec<Dispense>,
    pub lines: Vec<DispenseLine>,
    pub zone: Zone,
    /// The warnings that nobody has answered.
    pub found: Vec<Warning>,
    /// The pharmacist's decisions so far.
    pub decided: Vec<SupplyFinding>,
    pub reserved: Vec<Reserved>,
    /// The dosage in units of what is handed out.
    pub given: Dosage,
    /// A batch in stock expires before the course ends.
    pub ends_early: bool,
    /// The prescription is too old to be handed out.
    pub expired: bool,
    pub advice: MedicineAdvice,
    /// The times in which the prescription waited, the latest first.
    pub pauses: Vec<Pause>,
    /// The spellings of names that look or sound alike.
    pub tall: TallNames,
    /// The medicine looks or sounds like another.
    pub alike: Option<AlikeWarning>,
    /// The hand-overs whose charge is paid or covered.
    pub paid: Vec<DispenseId>,
    /// The clinic wants medicines paid before they are handed over.
    pub paid_first: bool,
}

/// The form of the hand-over.
pub fn handover_form(supply: &Supply, desk: &Desk) -> AnyView {
    let Some(item) = &desk.item else { return ().into_any() };
    if desk.expired {
        return ().into_any();
    }
    if desk.pharmacies.is_empty() {
        return view! { <NoticeBox tone=Tone::Warning><p>{tr!(pharmacy.no_pharmacy)}</p></NoticeBox> }.into_any();
    }
    // The units that are reserved for this prescription are for it.
    let reserved: i64 = desk.reserved.iter().map(|one| one.quantity).sum();
    let usable = reserved + desk.stock.iter().map(|(_, line)| line.on_hand).sum::<i64>();
    if usable == 0 {
        return view! { <NoticeBox tone=Tone::Critical title=tr!(pharmacy.out_of_stock)><p>{tr!(pharmacy.out_of_stock_text)}</p></NoticeBox> }
            .into_any();
    }
    let short = (usable < supply.owed()).then(|| {
        let words = tr!(pharmacy.short, count = usable);
        view! { <NoticeBox tone=Tone::Warning><p>{words}</p></NoticeBox> }
    });
    let hidden = vec![("supply_id", supply.id.to_string()), ("key", DispenseId::new().to_string()), ("seen", review::seen(&desk.found))];
    let asks = !desk.found.is_empty();
    let rooms: Vec<Choice> = desk.pharmacies.iter().map(|room| Choice::new(room.id.to_string(), room.name.clone())).collect();
    let room = only_choice(&rooms);
    let batches: Vec<Choice> = desk
        .stock
        .iter()
        .map(|(room, line)| {
            let expiry = line.expires_on.map(show_date).unwrap_or_default();
            Choice::new(line.batch_id.to_string(), format!("{} · {expiry} · {} · {}", line.batch_no, line.on_hand, room.name))
        })
        .collect();
    let checks: Vec<Choice> = CollectorCheck::ALL.iter().map(|check| Choice::new(check.as_str(), check.words())).collect();
    let words = if desk.paid_first { tr!(pharmacy.pack_bag) } else { tr!(pharmacy.hand_over) };
    let first = desk.paid_first.then(|| view! { <p class="muted">{tr!(pharmacy.paid_first_text)}</p> });
    let (quantity, unit) = (supply.owed().min(usable).to_string(), item.unit.words());
    let controlled = item.is_controlled();
    let (ends_early, is_alike) = (desk.ends_early, desk.alike.is_some());
    let counselling: Vec<Choice> = Counselling::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let counsel = desk.advice.counsel;
    view! {
        {short}
        <section class="panel">
            <div class="panel__head"><h2>{words}</h2></div>
            <div class="panel__body">
                {first}
                <Form action="/api/pharmacy/dispense" id="dispense" hidden>
                    <SelectField name="storeroom" label=tr!(inventory.room) choices=rooms value=room prompt=tr!(errors.choose) required=true/>
                    <NumberField name="quantity" label=tr!(pharmacy.quantity) value=quantity unit/>
                    <TextField name="scan" label=tr!(pharmacy.scan_pack) hint=tr!(pharmacy.scan_pack_hint) maxlength=200 autocomplete="off" optional=true/>
                    {review::name_read(is_alike)}
                    <SelectField name="batch" label=tr!(inventory.batch) choices=batches prompt=tr!(pharmacy.first_expiring) optional=true/>
                    <TextField name="batch_reason" label=tr!(pharmacy.batch_reason) maxlength=500 optional=true/>
                    {ends_early.then(|| view! { <CheckboxField name="short_batch" label=tr!(pharmacy.short_batch)/> })}
                    <SelectField name="identified_by" label=tr!(pharmacy.identified_by) choices=checks prompt=tr!(errors.choose) required=true/>
                    <TextField name="collector" label=tr!(pharmacy.collector) hint=tr!(pharmacy.collector_hint) maxlength=120 optional=true/>
                    <SelectField name="counselling" label=tr!(pharmacy.counselling) hint=tr!(pharmacy.counselling_hint) choices=counselling
                        prompt=tr!(errors.choose) required=counsel optional={!counsel}/>
                    {review::decision_field("/api/pharmacy/dispense", asks)}
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=words tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// Lists the hand-overs, with label and return.
pub fn dispensed(desk: &Desk) -> AnyView {
    if desk.dispenses.is_empty() {
        return ().into_any();
    }
    let rows = desk.dispenses.iter().map(|dispense| one(desk, dispense)).collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(pharmacy.dispensed)}</h2></div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

fn one(desk: &Desk, dispense: &Dispense) -> AnyView {
    let unit = dispense.unit.words();
    let at = show_date_time(desk.zone.local(dispense.at));
    let by = [Some(dispense.by_name.clone()), dispense.witness.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let counselled = dispense.counselling.map(|one| format!(" · {}: {}", tr!(pharmacy.counselling), one.words().to_lowercase()));
    let lines = desk
        .lines
        .iter()
        .filter(|line| line.dispense_id == dispense.id)
        .map(|line| {
            let expiry = line.expires_on.map(show_date).unwrap_or_default();
            let back = (line.returned > 0).then(|| tr!(pharmacy.returned_count, count = line.returned));
            let give_back = (line.quantity > line.returned && !dispense.waits()).then(|| return_dialog(line, desk.item.as_ref().is_some_and(StockItem::is_controlled)));
            view! {
                <li>
                    <span class="code">{line.batch_no.clone()}</span>" · "{expiry}" · "{line.quantity}" "{unit}" "<span class="muted">{back}</span>
                    {give_back}
                </li>
            }
        })
        .collect_view();
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{dispense.quantity}" "{unit}</strong>" · "{dispense.item_name.clone()}<br/>
                <span class="muted small">{format!("{at} · {by}")}{counselled}</span>
                <ul>{lines}</ul>
                {bag(desk, dispense)}
            </div>
            <div class="rows__side">
                <LinkButton href=format!("/pharmacy/dispenses/{}/label", dispense.id) label=tr!(pharmacy.label) glyph=Glyph::Print/>
            </div>
        </li>
    }
    .into_any()
}

/// The bag of a hand-over that waits: whether it is paid, and the ways to hand it over or put it back.
fn bag(desk: &Desk, dispense: &Dispense) -> AnyView {
    if let Some((at, by)) = dispense.handed_at.zip(dispense.handed_by.clone()) {
        let words = tr!(pharmacy.bag_handed, at = show_date_time(desk.zone.local(at)), name = by);
        return view! { <p class="muted small">{words}</p> }.into_any();
    }
    if !dispense.waits() {
        return ().into_any();
    }
    let is_paid = desk.paid.contains(&dispense.id);
    let (tone, label) = if is_paid { (Tone::Done, tr!(pharmacy.bag_paid)) } else { (Tone::Warning, tr!(pharmacy.bag_waits)) };
    let (id, form_id) = (format!("bag-{}", dispense.id), format!("bag-form-{}", dispense.id));
    let (back_id, back_form) = (format!("put-back-{}", dispense.id), format!("put-back-form-{}", dispense.id));
    let hidden = vec![("dispense_id", dispense.id.to_string()), ("seen", review::seen(&desk.found))];
    let back = vec![("dispense_id", dispense.id.to_string())];
    let checks: Vec<Choice> = CollectorCheck::ALL.iter().map(|check| Choice::new(check.as_str(), check.words())).collect();
    let asks = !desk.found.is_empty();
    let controlled = desk.item.as_ref().is_some_and(StockItem::is_controlled);
    let hand_over = is_paid.then(|| {
        view! {
            <Dialog id opens=tr!(pharmacy.hand_over) title=tr!(pharmacy.hand_over) tone=ButtonTone::Primary>
                <Form action="/api/pharmacy/hand_over_bag" id=form_id hidden>
                    <SelectField name="identified_by" label=tr!(pharmacy.identified_by) choices=checks prompt=tr!(errors.choose) required=true/>
                    <TextField name="collector" label=tr!(pharmacy.collector) hint=tr!(pharmacy.collector_hint) maxlength=120 optional=true/>
                    {review::decision_field("/api/pharmacy/hand_over_bag", asks)}
                    <div class="form__actions"><Button label=tr!(pharmacy.hand_over) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
    });
    view! {
        <div class="cluster">
            <StatusBadge tone label/>
            {hand_over}
            <Dialog id=back_id opens=tr!(pharmacy.put_back) title=tr!(pharmacy.put_back) tone=ButtonTone::Quiet>
                <Form action="/api/pharmacy/put_back" id=back_form hidden=back>
                    <p>{tr!(pharmacy.put_back_text)}</p>
                    {controlled.then(witness_fields)}
                    <div class="form__actions"><Button label=tr!(pharmacy.put_back) tone=ButtonTone::Danger/></div>
                </Form>
            </Dialog>
        </div>
    }
    .into_any()
}

fn return_dialog(line: &DispenseLine, controlled: bool) -> AnyView {
    let hidden = vec![("movement_id", line.id.to_string()), ("key", StockDocumentId::new().to_string())];
    let choices: Vec<Choice> = ReturnReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect();
    let (id, form_id) = (format!("return-{}", line.id), format!("return-form-{}", line.id));
    let quantity = (line.quantity - line.returned).to_string();
    view! {
        <Dialog id opens=tr!(pharmacy.take_back) title=tr!(pharmacy.take_back) tone=ButtonTone::Quiet>
            <Form action="/api/pharmacy/take_back" id=form_id hidden>
                <p>{tr!(pharmacy.take_back_text)}</p>
                <NumberField name="quantity" label=tr!(pharmacy.quantity) value=quantity/>
                <SelectField name="reason" label=tr!(inventory.reason) choices prompt=tr!(errors.choose) required=true/>
                <TextField name="note" label=tr!(pharmacy.note) maxlength=500 optional=true/>
                {controlled.then(witness_fields)}
                <div class="form__actions"><Button label=tr!(pharmacy.take_back) tone=ButtonTone::Danger/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// Returns the value of the only choice; empty when a person must choose among several.
pub(super) fn only_choice(choices: &[Choice]) -> String {
    if let [one] = choices { one.value.clone() } else { String::new() }
}
