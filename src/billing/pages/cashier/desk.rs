//! The data of the desk, and its left side: today's takings, waiting patients, search, unpaid invoices.

use leptos::prelude::*;

use super::{
    CashierQuery,
    told::{self as told_lines, ToldLine},
};
use crate::{
    billing::{
        Draft, Invoice, InvoiceLine, Method, Payment, WaitsFor, account,
        account::Receipt,
        charges,
        department::PAYING,
        shifts::{self, TillShift, TillState},
        store, till, told, workflow,
    },
    core::{Currency, Error, Money, PatientId, Permission, Result, time::Zone},
    opd::{self, PanelState, QueueFilter, QueuePanel},
    patients::{self, PatientHit},
    server::Ctx,
    tr,
    ui::{BannerInfo, ButtonTone, LinkButton, NoticeBox, StatusBadge, Tone},
};

/// The most patients that a search shows.
const FOUND: usize = 10;
/// The number of unpaid invoices that the desk lists.
const UNSETTLED: i64 = 8;

/// The data of the desk.
pub(super) struct Desk {
    pub currency: Currency,
    pub zone: Zone,
    cashier: String,
    takings: Vec<(Method, Money, i64)>,
    shift: Option<TillShift>,
    queue: PanelState,
    pub said: Option<opd::pages::Said>,
    unsettled: Vec<(Invoice, String)>,
    q: String,
    pub hits: Vec<PatientHit>,
    pub chosen: Option<Chosen>,
}

/// An invoice with its lines and payments.
type ShownInvoice = (Invoice, Vec<InvoiceLine>, Vec<Payment>);

/// The account that is shown.
pub(super) struct Chosen {
    pub patient: PatientId,
    pub banner: BannerInfo,
    /// Unpaid invoices at this clinic.
    pub open: Vec<Invoice>,
    pub draft: Option<Draft>,
    /// Charges that wait for a price.
    pub unpriced: usize,
    /// The invoice in the middle.
    pub invoice: Option<ShownInvoice>,
    /// The prices that were told for the lines in the middle.
    pub told: Vec<ToldLine>,
    /// The payment that was just taken.
    pub receipt: Option<Receipt>,
    /// Payments with money left, oldest first.
    pub deposits: Vec<Payment>,
}

impl Desk {
    /// Returns the counter at which the cashier works; empty when none is chosen.
    pub fn point(&self) -> &str {
        &self.queue.point
    }

    pub async fn load(ctx: &mut Ctx, which: &CashierQuery) -> Result<Self> {
        let (user, clinic) = (ctx.user(), ctx.clinic.id);
        let (from, to) = ctx.zone().day_bounds(ctx.today());
        let takings = till::takings(&mut ctx.tx, user, clinic, from, to).await?;
        let shift = shifts::current(&mut ctx.tx, user, clinic).await?;
        let filter = QueueFilter { step: Some(PAYING), ..QueueFilter::default() };
        let queue = opd::panel(ctx, &filter).await?;
        let said =
            opd::pages::said(ctx, &opd::pages::DoneQuery { done: which.done.clone(), entry: which.entry.clone() }, "/cashier").await?;
        let unsettled = store::unsettled(&mut ctx.tx, clinic, UNSETTLED).await?;
        let ids: Vec<_> = unsettled.iter().map(|invoice| invoice.patient_id).collect();
        let names = patients::names(&mut ctx.tx, &ids).await?;
        let alike = patients::namesakes(&mut ctx.tx, &ids).await?;
        let q = which.q.trim().chars().take(100).collect::<String>();
        let mut hits = if q.is_empty() { Vec::new() } else { patients::search(&mut ctx.tx, &q, FOUND).await? };
        let chosen = Chosen::load(ctx, which).await?;
        ctx.saw_live(ids, "cashier list").await?;
        patients::only_identity(ctx, &mut hits, "search").await?;
        let unsettled = unsettled
            .into_iter()
            .map(|invoice| {
                let mut name = names.get(&invoice.patient_id).map(|line| line.name.listed()).unwrap_or_default();
                if alike.contains(&invoice.patient_id) {
                    name = format!("{name} · {}", patients::namesake_sign());
                }
                (invoice, name)
            })
            .collect();
        Ok(Self {
            currency: ctx.state().hospital().currency,
            zone: ctx.zone(),
            cashier: ctx.who.name.clone(),
            takings,
            shift,
            queue,
            said,
            unsettled,
            q,
            hits,
            chosen,
        })
    }
}

impl Chosen {
    async fn load(ctx: &mut Ctx, which: &CashierQuery) -> Result<Option<Self>> {
        let receipt = match which.receipt {
            None => None,
            Some(id) => Some(account::receipt(&mut ctx.tx, id).await?),
        };
        let asked = which.invoice.or(receipt.as_ref().and_then(|receipt| receipt.invoices.last()).map(|(_, invoice, _)| invoice.id));
        let mut invoice = match asked {
            None => None,
            Some(id) => Some(account::invoice(&mut ctx.tx, id).await?),
        };
        let Some(patient) = which
            .patient
            .or(invoice.as_ref().map(|(invoice, ..)| invoice.patient_id))
            .or(receipt.as_ref().map(|receipt| receipt.payment.patient_id))
        else {
            return Ok(None);
        };
        // Each is checked separately: an address may name an invoice of this clinic together with another clinic's
        // receipt.
        let named = [
            invoice.as_ref().map(|(invoice, ..)| (invoice.clinic_id, invoice.patient_id)),
            receipt.as_ref().map(|receipt| (receipt.payment.clinic_id, receipt.payment.patient_id)),
        ];
        for (clinic, of) in named.into_iter().flatten() {
            ctx.at_clinic(Permission::TakePayments, clinic)?;
            if of != patient {
                return Err(Error::NotFound);
            }
        }
        ctx.reach([patient]).await?;
        let (today, clinic) = (ctx.today(), ctx.clinic.id);
        let banner = patients::banner(&mut ctx.tx, patient, today).await?.without_clinical();
        let draft = workflow::draft(&mut ctx.tx, patient, clinic).await?;
        let open_charges = charges::open_charges(&mut ctx.tx, patient).await?;
        let unpriced = open_charges.iter().filter(|open| open.charge.waits_for == Some(WaitsFor::Price)).count();
        let mut open = account::invoices_of(&mut ctx.tx, patient).await?;
        open.retain(|invoice| invoice.clinic_id == clinic && invoice.due() > Money::ZERO);
        // When the address names no invoice, new charges come first, then the invoice that has been unpaid longest.
        if let (None, None, Some(oldest)) = (&invoice, &draft, open.last()) {
            invoice = Some(account::invoice(&mut ctx.tx, oldest.id).await?);
        }
        let deposits = till::deposits_of(&mut ctx.tx, patient, clinic).await?;
        let told = Self::told(ctx, invoice.as_ref(), draft.as_ref()).await?;
        ctx.saw(patient, "account").await?;
        Ok(Some(Self { patient, banner, open, draft, unpriced, invoice, told, receipt, deposits }))
    }

    /// Returns the prices that were told for the lines in the middle: the invoice's, or the draft's.
    async fn told(ctx: &mut Ctx, invoice: Option<&ShownInvoice>, draft: Option<&Draft>) -> Result<Vec<ToldLine>> {
        let currency = ctx.state().hospital().currency;
        match (invoice, draft) {
            (Some((invoice, lines, _)), _) => {
                let visits = charges::visits_of_invoice(&mut ctx.tx, invoice.id).await?;
                let told = told::told_charges(&mut ctx.tx, &visits).await?;
                Ok(told_lines::of_invoice(told, lines, invoice.insurer.as_deref(), currency))
            }
            (None, Some(draft)) => {
                let visits: Vec<_> = draft.lines.iter().filter_map(|line| line.charge.visit_id).collect();
                let told = told::told_charges(&mut ctx.tx, &visits).await?;
                Ok(told_lines::of_draft(told, &draft.lines, draft.insurer.as_ref().map(|(_, name)| name.as_str()), currency))
            }
            (None, None) => Ok(Vec::new()),
        }
    }
}

/// Shows that no money can be taken, and leads to the page that opens a shift.
pub(super) fn shift_notice(desk: &Desk) -> Option<AnyView> {
    let (title, text, link) = match desk.shift.as_ref().map(|shift| shift.state) {
        Some(TillState::Open) => return None,
        Some(_) => (tr!(till.shift_is_closing), tr!(till.closing_notice), tr!(till.count_title)),
        None => (tr!(till.no_open_shift), tr!(till.no_open_notice), tr!(till.open_shift)),
    };
    Some(
        view! {
            <NoticeBox tone=Tone::Warning title>
                <p>{text}</p>
                <LinkButton href="/till" label=link tone=ButtonTone::Primary/>
            </NoticeBox>
        }
        .into_any(),
    )
}

/// Shows the payments taken today, always visible. The sums by method are not shown: the count at the end of the shift is blind.
pub(super) fn shift_line(desk: &Desk) -> AnyView {
    let currency = desk.currency;
    let total: Money = desk.takings.iter().map(|(_, sum, _)| *sum).sum();
    let count: i64 = desk.takings.iter().map(|(.., count)| *count).sum();
    view! {
        <div class="cashier__shift">
            <span>{tr!(billing.taken_today, name = desk.cashier.clone(), count = count)}</span>
            <span>
                <a href="/till">{tr!(till.title)}</a>
                " · "
                <strong>{format!("{} {}", tr!(billing.total), currency.show(total))}</strong>
            </span>
        </div>
    }
    .into_any()
}

/// Shows the left side.
pub(super) fn waiting_panel(desk: &Desk) -> AnyView {
    let chosen = desk.chosen.as_ref().map(|chosen| chosen.patient);
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(billing.accounts)}</h2></div>
            <div class="panel__body">
                <form class="cashier__find" method="get" action="/cashier" role="search" aria-label=tr!(billing.find_account)>
                    <div class="field">
                        <label class="visually-hidden" for="find-account">{tr!(billing.find_account)}</label>
                        <input class="input" type="search" id="find-account" name="q" value=desk.q.clone() placeholder=tr!(billing.find_by) aria-keyshortcuts="/"/>
                    </div>
                    <button class="button" type="submit">{tr!(ui.search)}</button>
                </form>
                {found(desk)}
            </div>
            <h3 class="cashier__heading">{tr!(billing.waiting)}</h3>
            {queue(desk)}
            {unsettled(desk, chosen)}
            <p class="panel__body"><a href="/charges/unpriced">{tr!(billing.price_missing)}</a></p>
            <p class="panel__body"><a href="/overdue">{tr!(billing.overdue)}</a></p>
        </section>
    }
    .into_any()
}

fn found(desk: &Desk) -> Option<AnyView> {
    if desk.q.is_empty() {
        return None;
    }
    if desk.hits.is_empty() {
        return Some(view! { <p class="muted" role="status">{tr!(ui.nothing_found)}</p> }.into_any());
    }
    let rows = desk
        .hits
        .iter()
        .map(|hit| {
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a class="row-link" href=format!("/cashier?patient={}", hit.id)>{hit.name.clone()}</a>
                        <br/>
                        <span class="muted small">{hit.detail()}</span>
                    </div>
                </li>
            }
        })
        .collect_view();
    Some(view! { <ul class="rows">{rows}</ul> {patients::too_many(desk.hits.len(), FOUND)} }.into_any())
}

/// Shows the patients who wait at the cashier's step; the list updates itself.
fn queue(desk: &Desk) -> AnyView {
    view! {
        <QueuePanel
            initial=desk.queue.clone()
            step=PAYING.as_str()
            service=""
            doctor=""
            link="/cashier?patient={patient}"
            link_words=tr!(billing.open_account)
            back="/cashier"
            call_action="/api/billing/call_next"
            focus=desk.chosen.is_none()
        />
    }
    .into_any()
}

fn unsettled(desk: &Desk, chosen: Option<PatientId>) -> Option<AnyView> {
    if desk.unsettled.is_empty() {
        return None;
    }
    let rows = desk
        .unsettled
        .iter()
        .map(|(invoice, name)| {
            let class = if chosen == Some(invoice.patient_id) { "rows__row is-selected" } else { "rows__row" };
            view! {
                <li class=class>
                    <div class="rows__main">
                        <a class="row-link" href=format!("/cashier?invoice={}", invoice.id)>{name.clone()}</a>
                        <br/>
                        <span class="muted small nowrap">{invoice.number.clone()}</span>
                    </div>
                    <div class="rows__side">
                        <span>{desk.currency.show(invoice.due())}</span>
                        {(invoice.paid > Money::ZERO).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(billing.part_paid)/> })}
                    </div>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <h3 class="cashier__heading">{tr!(billing.unpaid_invoices)}</h3>
            <ul class="rows">{rows}</ul>
        }
        .into_any(),
    )
}
