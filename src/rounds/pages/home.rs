//! `/admissions/{id}/take-home`: the medicines that a patient takes home: each running order with its decision, and the form of a prescription.

use leptos::prelude::*;
use serde::Deserialize;

use super::parts::{self, toast, when};
use crate::{
    accounts,
    clinical::{
        Dosage,
        pages::{shown_warnings, written_fields},
    },
    core::{AdmissionId, CareOrderId, IdempotencyKey, Permission, Result},
    medicine_record::CareOrder,
    rounds::{
        home::{self, HomeMedicine, HomeMedicines},
        stay::{self, ShownStay},
        vocabulary::MedicineDecision,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, EmptyState, Form, Glyph, LinkButton, PageHeader, PatientBanner, PostButton, StatusBadge, Tone},
};

const PRESCRIBE: &str = "/api/rounds/prescribe_home";

/// The order for which the form is open, or that of a new medicine, and the act that was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TakeHomeQuery {
    order: String,
    new: String,
    done: String,
}

/// The page's data.
struct TakeHomeSheet {
    stay: ShownStay,
    orders: Vec<CareOrder>,
    home: HomeMedicines,
}

/// Shows the page.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn take_home_page(Path(id): Path<AdmissionId>, Query(asked): Query<TakeHomeQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let stay = stay::open(&mut ctx, Permission::WriteNotes, id).await?;
    let orders = home::orders(&mut ctx.tx, &stay.admission).await?;
    let home = HomeMedicines::read(&mut ctx.tx, id).await?;
    let sheet = TakeHomeSheet { stay, orders, home };
    let banner = sheet.stay.banner.clone();
    let page = Page::new(tr!(rounds.take_home), move || content(&sheet, &asked));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(sheet: &TakeHomeSheet, asked: &TakeHomeQuery) -> AnyView {
    let id = sheet.stay.admission.id;
    let back = (format!("/admissions/{id}"), tr!(rounds.stay).to_owned());
    let open = sheet.stay.is_open();
    let rows = sheet.orders.iter().map(|order| order_row(sheet, order)).collect_view();
    let none = sheet.orders.is_empty().then(|| {
        view! { <EmptyState glyph=Glyph::Pill title=tr!(rounds.no_home_orders) text=tr!(rounds.no_home_orders_text)/> }
    });
    let new = sheet.home.decisions.iter().filter(|one| one.decision == MedicineDecision::New);
    let new = new.filter_map(|one| Some((one, sheet.home.prescription(one)?)));
    let new = new.map(|(one, prescription)| {
        let words = format!("{}, {}", prescription.drug, prescription.dosage.sentence());
        view! { <li class="rows__row"><div class="rows__main"><strong>{words}</strong>" "{state(sheet, one)}</div></li> }
    });
    let new = new.collect_view();
    let chosen = asked.order.parse::<CareOrderId>().ok().and_then(|order| sheet.orders.iter().find(|one| one.id == order));
    let may_prescribe = |order: &&CareOrder| sheet.home.standing(order.id).is_none_or(|one| one.decision == MedicineDecision::Stopped);
    let form = match chosen.filter(may_prescribe) {
        Some(order) if open => Some(form(id, Some(order))),
        _ if open && !asked.new.is_empty() => Some(form(id, None)),
        _ => None,
    };
    let add = open.then(|| {
        view! { <LinkButton href=format!("/admissions/{id}/take-home?new=1#prescribe") label=tr!(rounds.home_new) glyph=Glyph::Plus/> }
    });
    view! {
        {toast(&asked.done)}
        <PageHeader title=tr!(rounds.take_home) detail=tr!(rounds.take_home_text) back/>
        {parts::tabs(id, "take-home")}
        <div class="stack">
            {form}
            <section class="panel" aria-labelledby="home-medicines">
                <div class="panel__head"><h2 id="home-medicines">{tr!(rounds.medicines)}</h2>{add}</div>
                {none}
                <ul class="rows">{rows}{new}</ul>
            </section>
        </div>
    }
    .into_any()
}

/// Shows the decision with the state at the pharmacy.
fn state(sheet: &TakeHomeSheet, one: &HomeMedicine) -> AnyView {
    let at_pharmacy = one.supply.map(|supply| tr!(rounds.at_pharmacy, state = supply.words().to_lowercase()));
    let tone = if one.decision == MedicineDecision::Stopped { Tone::Inactive } else { Tone::Done };
    let by = format!("{}, {}", one.decided_by, when(one.decided_at, sheet.stay.zone));
    view! {
        <StatusBadge tone label=one.decision.words()/>
        <br/><span class="muted small">{[Some(by), at_pharmacy].into_iter().flatten().collect::<Vec<_>>().join(" · ")}</span>
    }
    .into_any()
}

fn order_row(sheet: &TakeHomeSheet, order: &CareOrder) -> AnyView {
    let id = sheet.stay.admission.id;
    let decided = sheet.home.standing(order.id);
    let prescribed = decided.and_then(|one| sheet.home.prescription(one));
    let prescribed = prescribed.map(|one| format!("{}, {}", one.drug, one.dosage.sentence()));
    let may_change = decided.is_none_or(|one| one.decision == MedicineDecision::Stopped);
    let acts = (sheet.stay.is_open() && may_change).then(|| {
        let stop = decided.is_none().then(|| {
            let hidden =
                vec![("admission_id", id.to_string()), ("key", IdempotencyKey::new().to_string()), ("order", order.id.to_string())];
            view! { <PostButton action="/api/rounds/stop_home" label=tr!(rounds.home_stop) hidden about=order.title.clone() tone=ButtonTone::Quiet/> }
        });
        view! {
            <div class="cluster">
                <LinkButton href=format!("/admissions/{id}/take-home?order={}#prescribe", order.id) label=tr!(rounds.home_prescribe)/>
                {stop}
            </div>
        }
    });
    let said = match decided {
        Some(one) => state(sheet, one),
        None => view! { <StatusBadge tone=Tone::Waiting label=tr!(rounds.home_undecided)/> }.into_any(),
    };
    view! {
        <li class="rows__row">
            <div class="rows__main">
                <strong>{order.title.clone()}</strong>" "{order.sentence(sheet.stay.zone)}
                <br/>{said}
                {prescribed.map(|words| view! { <br/>{words} })}
            </div>
            {acts}
        </li>
    }
    .into_any()
}

fn form(id: AdmissionId, order: Option<&CareOrder>) -> AnyView {
    let (drug, dosage) = order.map_or_else(|| (String::new(), Dosage::default()), |order| (order.title.clone(), home::begins_with(order)));
    let title =
        order.map_or_else(|| tr!(rounds.home_new).to_owned(), |order| tr!(rounds.home_prescribe_of, medicine = order.title.clone()));
    let hidden = vec![
        ("admission_id", id.to_string()),
        ("key", IdempotencyKey::new().to_string()),
        ("order", order.map(|order| order.id.to_string()).unwrap_or_default()),
        ("seen", shown_warnings(PRESCRIBE)),
    ];
    view! {
        <section class="panel" id="prescribe" aria-labelledby="prescribe-heading">
            <div class="panel__head"><h2 id="prescribe-heading">{title}</h2></div>
            <div class="panel__body">
                <Form action=PRESCRIBE hidden>
                    {written_fields(PRESCRIBE, drug, dosage)}
                    {accounts::proof_field()}
                    <div class="form__actions"><Button label=tr!(rounds.home_sign) tone=ButtonTone::Primary glyph=Glyph::Sign/></div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
