//! `/patients/{id}/estimate` and its sheet: what something will cost, by the function that charges it. Nothing is written.

use chrono::{Days, NaiveDate};
use leptos::prelude::*;
use serde::Deserialize;

use super::item_words;
use crate::{
    billing::{
        Quantity, Quote, Service, Shares, Wanted,
        prices::{PriceRow, masters, price_list},
        quote,
    },
    core::{
        Currency, Error, Money, PatientId, Permission, PriceItemId, Result, StaffId,
        error::FieldErrors,
        locale::{self, LOCALE},
        time::{parse_date, show_date},
    },
    organisation,
    patients::{self, grants::reads},
    server::{Ctx, Page, Path, Query, page::Layout},
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, LinkButton, NoticeBox, PageHeader, PaperPage, PatientBanner, PrintSheet, SelectField,
        TextField, Tone,
    },
};

/// Lines that an estimate has at most.
const LINES: usize = 6;
/// Items that a search shows at most.
const FOUND: usize = 20;
/// Days that an estimate stands.
const VALID: u64 = 30;

/// The form, as the address has it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EstimateQuery {
    day: String,
    provider: String,
    item1: String,
    quantity1: String,
    item2: String,
    quantity2: String,
    item3: String,
    quantity3: String,
    item4: String,
    quantity4: String,
    item5: String,
    quantity5: String,
    item6: String,
    quantity6: String,
    /// The words of the search.
    find: String,
    /// The id of an item that the user adds.
    add: String,
    /// The number of a line that the user removes.
    remove: String,
}

impl EstimateQuery {
    fn lines(&self) -> [(&str, &str); LINES] {
        [
            (&self.item1, &self.quantity1),
            (&self.item2, &self.quantity2),
            (&self.item3, &self.quantity3),
            (&self.item4, &self.quantity4),
            (&self.item5, &self.quantity5),
            (&self.item6, &self.quantity6),
        ]
    }

    fn line_mut(&mut self, number: usize) -> Option<(&mut String, &mut String)> {
        match number {
            1 => Some((&mut self.item1, &mut self.quantity1)),
            2 => Some((&mut self.item2, &mut self.quantity2)),
            3 => Some((&mut self.item3, &mut self.quantity3)),
            4 => Some((&mut self.item4, &mut self.quantity4)),
            5 => Some((&mut self.item5, &mut self.quantity5)),
            6 => Some((&mut self.item6, &mut self.quantity6)),
            _ => None,
        }
    }

    /// Adds and removes the lines that the pressed button names; `false` when there is no line left for the item.
    fn take_press(&mut self) -> bool {
        let (add, remove) = (std::mem::take(&mut self.add), std::mem::take(&mut self.remove));
        if let Some((item, quantity)) = remove.parse().ok().and_then(|number| self.line_mut(number)) {
            item.clear();
            quantity.clear();
        }
        if add.is_empty() {
            return true;
        }
        let free = self.lines().iter().position(|(item, _)| item.is_empty());
        let Some((item, quantity)) = free.and_then(|at| self.line_mut(at + 1)) else { return false };
        *item = add;
        quantity.clear();
        self.find.clear();
        true
    }

    fn address(&self, patient: PatientId) -> String {
        let mut address = format!("/patients/{patient}/estimate/print?day={}&provider={}", encoded(&self.day), encoded(&self.provider));
        for ((item, quantity), at) in self.lines().into_iter().zip(1_u8..).filter(|((item, _), _)| !item.is_empty()) {
            for (name, value) in [("item", item), ("quantity", quantity)] {
                address.push('&');
                address.push_str(name);
                address.push_str(&at.to_string());
                address.push('=');
                address.push_str(&encoded(value));
            }
        }
        address
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// An estimate: its day and its lines.
struct Estimate {
    day: NaiveDate,
    lines: Vec<(Quantity, Quote)>,
}

impl Estimate {
    fn shares(&self) -> Shares {
        self.lines.iter().map(|(_, quote)| quote.shares()).sum()
    }

    /// Whether the price of a line is not known.
    fn is_open(&self) -> bool {
        self.lines.iter().any(|(_, quote)| quote.price.is_none())
    }
}

/// Asks for the prices; nothing when no item was chosen.
async fn estimate(ctx: &mut Ctx, patient: PatientId, which: &EstimateQuery) -> Result<Option<Estimate>> {
    if which.lines().iter().all(|(item, _)| item.is_empty()) {
        return Ok(None);
    }
    let (today, clinic) = (ctx.today(), ctx.clinic.id);
    let mut errors = FieldErrors::new();
    let day = if which.day.is_empty() { Some(today) } else { errors.check(parse_date("day", &which.day)) };
    let provider = if which.provider.is_empty() { None } else { errors.chosen::<StaffId>("provider", &which.provider) };
    let mut wanted = Vec::new();
    for (item, typed) in which.lines() {
        if item.is_empty() {
            continue;
        }
        let quantity = if typed.is_empty() { Some(Quantity::ONE) } else { errors.check(Quantity::parse("quantity", typed)) };
        if let (Some(item), Some(quantity)) = (errors.chosen::<PriceItemId>("item", item), quantity) {
            wanted.push((item, quantity));
        }
    }
    errors.finish()?;
    let Some(day) = day else { return Err(Error::NotFound) };
    let mut lines = Vec::new();
    for (item, quantity) in wanted {
        let service = Service { wanted: Wanted::Item(item), patient, clinic, department: None, provider, day, quantity };
        lines.push((quantity, quote(&mut ctx.tx, &service).await?));
    }
    Ok(Some(Estimate { day, lines }))
}

/// The form, and under it what it comes to.
///
/// # Errors
/// When the patient is not in the care of the user's clinics.
pub async fn estimate_page(Path(id): Path<PatientId>, Query(mut which): Query<EstimateQuery>) -> Result<Page> {
    let room = which.take_press();
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    ctx.reach([id]).await?;
    let (today, clinic) = (ctx.today(), ctx.clinic.id);
    let banner = patients::banner(&mut ctx.tx, id, today).await?.without_clinical();
    let prices = price_list(&mut ctx.tx, clinic, today).await?;
    let masters = masters(&mut ctx.tx).await?;
    let (estimate, wrong) = match estimate(&mut ctx, id, &which).await {
        Ok(estimate) => (estimate, None),
        Err(Error::Invalid(errors)) => (None, errors.into_iter().next().map(|error| error.message)),
        Err(error) => return Err(error),
    };
    let wrong = if room { wrong } else { Some(tr!(billing.estimate_full, most = LINES)) };
    let currency = ctx.state().hospital().currency;
    ctx.saw(id, "estimate").await?;
    Ok(Page::new(tr!(billing.estimate), move || {
        let back = (format!("/patients/{id}/account"), tr!(billing.account).to_owned());
        let doctors: Vec<_> =
            masters.doctors.iter().filter(|row| !row.retired).map(|row| Choice::new(row.id.to_string(), row.name.clone())).collect();
        let lines = chosen_lines(&which, &prices);
        let found = found_items(&which.find, &prices, currency);
        let day = if which.day.is_empty() { today.to_string() } else { which.day.clone() };
        let result = estimate.as_ref().map(|estimate| {
            view! {
                <section class="panel">
                    <div class="panel__head">
                        <h2>{tr!(billing.estimate)}</h2>
                        <LinkButton href=which.address(id) label=tr!(ui.print)/>
                    </div>
                    <div class="panel__body">{lines_view(estimate, currency)}</div>
                </section>
            }
        });
        view! {
            <PageHeader title=tr!(billing.estimate) back detail=tr!(billing.estimate_text)/>
            <div class="stack">
                {wrong.map(|words| view! { <NoticeBox tone=Tone::Warning title=tr!(ui.there_is_a_problem)><p>{words}</p></NoticeBox> })}
                {result}
                <form method="get" action=format!("/patients/{id}/estimate") class="form">
                    // The Enter key presses the first button of a form: it must not remove a line.
                    <button type="submit" hidden=true></button>
                    <DateField name="day" label=tr!(billing.service_day) value=day/>
                    <SelectField name="provider" label=tr!(billing.done_by) choices=doctors value=which.provider.clone() prompt=tr!(billing.no_doctor) optional=true/>
                    {lines}
                    <TextField kind="search" name="find" label=tr!(billing.estimate_find) hint=tr!(billing.estimate_find_hint) value=which.find.clone() maxlength=100 autocomplete="off"/>
                    {found}
                    <div class="form__actions"><Button label=tr!(billing.estimate_go) tone=ButtonTone::Primary/></div>
                </form>
            </div>
        }
    })
    .banner(move || view! { <PatientBanner info=banner/> }))
}

/// Returns the lines of the estimate: each item with its quantity and the button that removes it.
fn chosen_lines(which: &EstimateQuery, prices: &[PriceRow]) -> AnyView {
    let lines = which.lines().into_iter().zip(1_u8..).filter(|((item, _), _)| !item.is_empty());
    let lines = lines.map(|((item, quantity), at)| {
        let name = prices.iter().find(|row| row.item_id.to_string() == item).map(|row| row.name.clone()).unwrap_or_default();
        let quantity = if quantity.is_empty() { "1".to_owned() } else { quantity.to_owned() };
        let label = tr!(billing.quantity_of, item = name.clone());
        view! {
            <li class="rows__row">
                <div class="rows__main">
                    <input type="hidden" name=format!("item{at}") value=item.to_owned()/>
                    <TextField name=format!("quantity{at}") label value=quantity inputmode="decimal" class="input--short" autocomplete="off"/>
                </div>
                <div class="rows__side">
                    <button type="submit" class="button button--quiet" name="remove" value=at.to_string()>
                        {tr!(billing.estimate_remove)}<span class="visually-hidden">" "{name}</span>
                    </button>
                </div>
            </li>
        }
    });
    let lines = lines.collect::<Vec<_>>();
    if lines.is_empty() { ().into_any() } else { view! { <ul class="rows">{lines}</ul> }.into_any() }
}

/// Returns the items whose name or code has all words of the search, each with the button that adds it.
fn found_items(find: &str, prices: &[PriceRow], currency: Currency) -> AnyView {
    let words: Vec<String> = find.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return ().into_any();
    }
    let matches = |row: &&PriceRow| {
        let text = format!("{} {}", row.name, row.code).to_lowercase();
        words.iter().all(|word| text.contains(word.as_str()))
    };
    let found: Vec<&PriceRow> = prices.iter().filter(matches).collect();
    if found.is_empty() {
        return view! { <p>{tr!(billing.estimate_none, words = find.to_owned())}</p> }.into_any();
    }
    let more = found.len().saturating_sub(FOUND);
    let more = (more > 0).then(|| view! { <p class="muted">{tr!(billing.estimate_more, count = more)}</p> });
    let rows = found.into_iter().take(FOUND).map(|row| {
        view! {
            <li class="rows__row">
                <div class="rows__main">{item_words(row, currency)}</div>
                <div class="rows__side">
                    <button type="submit" class="button" name="add" value=row.item_id.to_string()>
                        {tr!(billing.estimate_add)}<span class="visually-hidden">" "{row.name.clone()}</span>
                    </button>
                </div>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! { <ul class="rows" aria-label=tr!(billing.estimate_found)>{rows}</ul> {more} }.into_any()
}

fn quote_words(quantity: Quantity, quote: &Quote) -> String {
    let name = quote.item.as_ref().map(|item| organisation::shown_name(&item.name)).unwrap_or_default();
    if quantity == Quantity::ONE { name } else { format!("{} × {name}", quantity.shown(locale::current())) }
}

/// The lines with what each comes to, the plan's share and the patient's.
fn lines_view(estimate: &Estimate, currency: Currency) -> AnyView {
    let rows = estimate
        .lines
        .iter()
        .map(|(quantity, quote)| {
            let amount = if quote.price.is_some() { currency.show(quote.total()) } else { tr!(billing.no_price).to_owned() };
            let free = quote.free_because.map(|because| view! { <br/><span class="small">{because.word()}</span> });
            view! { <tr><td>{quote_words(*quantity, quote)}{free}</td><td class="is-numeric">{amount}</td></tr> }
        })
        .collect_view();
    let shares = estimate.shares();
    let plan = estimate.lines.iter().find_map(|(_, quote)| quote.cover.as_ref()).map(|cover| {
        let amount = currency.show(Money::ZERO - shares.insurer);
        view! { <p class="sheet__sum"><span>{cover.name.clone()}</span><span>{amount}</span></p> }
    });
    let open = estimate.is_open().then(|| view! { <p>{tr!(billing.estimate_open)}</p> });
    view! {
        <table class="sheet__lines">
            <caption class="visually-hidden">{tr!(billing.lines)}</caption>
            <thead><tr><th scope="col">{tr!(billing.service)}</th><th scope="col" class="is-numeric">{tr!(billing.price)}</th></tr></thead>
            <tbody>{rows}</tbody>
            <tbody class="sheet__total">
                <tr><th scope="row">{tr!(billing.total)}</th><td class="is-numeric">{currency.show(shares.total())}</td></tr>
            </tbody>
        </table>
        {plan}
        <p class="sheet__due"><span>{tr!(billing.patient_pays)}</span><span>{currency.show(shares.patient)}</span></p>
        {open}
    }
    .into_any()
}

/// The estimate on paper, in the patient's language.
///
/// # Errors
/// When the patient is not in the care of the user's clinics, or a line cannot be read.
pub async fn estimate_print(Path(id): Path<PatientId>, Query(which): Query<EstimateQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadBilling).await?;
    ctx.reach([id]).await?;
    let patient = patients::find(&mut ctx.tx, id).await?;
    let estimate = estimate(&mut ctx, id, &which).await?.ok_or(Error::NotFound)?;
    let (hospital, clinic, today) = (ctx.state().hospital(), ctx.clinic.clone(), ctx.today());
    ctx.saw(id, "estimate").await?;
    Ok(Page::new(tr!(billing.estimate), move || {
        let language = reads(&patient.facts.more.language).unwrap_or_else(locale::current);
        let currency = hospital.currency;
        let sheet = LOCALE.sync_scope(language, || {
            let until = today.checked_add_days(Days::new(VALID)).unwrap_or(today);
            let facts = vec![
                tr!(billing.estimate_of, day = show_date(today)),
                tr!(billing.estimate_for, day = show_date(estimate.day)),
                tr!(billing.estimate_until, day = show_date(until)),
            ];
            view! {
                <PrintSheet
                    hospital=hospital.name.clone()
                    hospital_lines=hospital.letterhead(Some(&clinic))
                    title=tr!(billing.estimate)
                    patient=patient.on_paper()
                    facts
                >
                    {lines_view(&estimate, currency)}
                    <p>{tr!(billing.estimate_note)}</p>
                </PrintSheet>
            }
            .into_any()
        });
        view! {
            <PaperPage back=format!("/patients/{id}/estimate") back_words=tr!(billing.back)>
                <div lang=locale::code(language)>{sheet}</div>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
