//! `/till`: the cashier's own shift; `/till/shifts/{id}`: one shift and its next step; `/till/supervise`: the shifts of the clinic; the
//! report of a shift on paper.

mod forms;
mod paper;
mod supervise;

use leptos::prelude::*;
use serde::Deserialize;

pub use paper::shift_print;
pub use supervise::supervise_page;

use crate::{
    billing::{
        Method,
        refunds::{self, Refund},
        shifts::{self, CashCount, CashMove, CashMoveKind, CashMoveState, CountMoment, TillResult, TillShift, TillState},
    },
    core::{
        Currency, Error, Money, Permission, Result, TillShiftId, UserId,
        time::{Zone, show_date_time},
    },
    organisation::{self, PointKind, ServicePoint},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, DescriptionList, Detail, EmptyState, Glyph, LinkButton, NoticeBox, PageHeader, PostButton, Row,
        StatusBadge, Toast, Tone,
    },
};

/// The act that was just done.
#[derive(Debug, Deserialize)]
pub struct TillQuery {
    #[serde(default)]
    done: String,
}

impl TillQuery {
    fn toast(&self) -> Option<AnyView> {
        let text = match self.done.as_str() {
            "moved" => tr!(till.done_moved),
            "received" => tr!(till.done_received),
            "withdrawn" => tr!(till.done_withdrawn),
            "closing" => tr!(till.done_closing),
            "reopened" => tr!(till.done_reopened),
            "counted" => tr!(till.done_counted),
            "handed_over" => tr!(till.done_handed_over),
            "closed" => tr!(till.done_closed),
            _ => return None,
        };
        Some(view! { <Toast text/> }.into_any())
    }
}

/// All that a page shows of a shift.
struct ShiftSheet {
    shift: TillShift,
    currency: Currency,
    zone: Zone,
    reader: UserId,
    supervisor: bool,
    /// Whether the reader takes payments, so that she may move cash.
    cashier: bool,
    moves: Vec<CashMove>,
    colleagues: Vec<TillShift>,
    /// The refunds that keep the shift from closing.
    asked: Vec<Refund>,
    results: Vec<TillResult>,
    float: CashCount,
    first: CashCount,
    second: CashCount,
}

impl ShiftSheet {
    async fn load(ctx: &mut Ctx, shift: TillShift) -> Result<Self> {
        let (id, clinic) = (shift.id, shift.clinic_id);
        Ok(Self {
            currency: ctx.state().hospital().currency,
            zone: ctx.zone(),
            reader: ctx.user(),
            supervisor: shifts::supervises(ctx, clinic),
            cashier: ctx.who.may_at(Permission::TakePayments, clinic),
            moves: shifts::moves(&mut ctx.tx, id).await?,
            colleagues: shifts::colleagues(&mut ctx.tx, clinic, id).await?,
            asked: if shift.state == TillState::Open { refunds::asked_in(&mut ctx.tx, id).await? } else { Vec::new() },
            results: shifts::results(&mut ctx.tx, id).await?,
            float: shifts::counts(&mut ctx.tx, id, CountMoment::Open).await?,
            first: shifts::counts(&mut ctx.tx, id, CountMoment::HandOver).await?,
            second: shifts::counts(&mut ctx.tx, id, CountMoment::Receive).await?,
            shift,
        })
    }

    fn is_own(&self) -> bool {
        self.shift.cashier_id == self.reader
    }

    fn acts(&self) -> bool {
        self.is_own() || self.supervisor
    }

    fn hidden(&self) -> Vec<(&'static str, String)> {
        vec![("id", self.shift.id.to_string())]
    }
}

/// Shows the reader's own shift, or the form that opens one, and the shifts that wait to be taken over.
///
/// # Errors
/// When the user does not count cash.
pub async fn till_page(Query(done): Query<TillQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CountCash).await?;
    let (user, clinic, zone) = (ctx.user(), ctx.clinic.clone(), ctx.zone());
    let waiting = shifts::shifts_at(&mut ctx.tx, clinic.id, ctx.now)
        .await?
        .into_iter()
        .filter(|shift| shift.state == TillState::HandedOver && shift.cashier_id != user && shift.counted_by != Some(user))
        .collect::<Vec<_>>();
    let own = match shifts::current(&mut ctx.tx, user, clinic.id).await? {
        Some(shift) => Some(ShiftSheet::load(&mut ctx, shift).await?),
        None => None,
    };
    let currency = ctx.state().hospital().currency;
    let (cashier, supervisor) = (ctx.who.may_at(Permission::TakePayments, clinic.id), shifts::supervises(&ctx, clinic.id));
    let points: Vec<ServicePoint> =
        organisation::service_points(&mut ctx.tx, clinic.id).await?.into_iter().filter(|point| point.kind == PointKind::Cashier).collect();
    Ok(Page::new(tr!(till.title), move || {
        let back = cashier.then(|| ("/cashier".to_owned(), tr!(nav.cashier).to_owned()));
        let back = back.unwrap_or_else(|| ("/till/supervise".to_owned(), tr!(till.supervise).to_owned()));
        let actions = supervisor.then(|| view! { <LinkButton href="/till/supervise" label=tr!(till.supervise)/> }.into_any());
        let body = match own {
            Some(sheet) => shift_body(&sheet),
            None if cashier => forms::open_form(&points, currency),
            None => view! { <EmptyState glyph=Glyph::Money title=tr!(till.no_shift) text=tr!(till.no_shift_text)/> }.into_any(),
        };
        view! {
            {done.toast()}
            <PageHeader title=tr!(till.title) back detail=clinic.name actions/>
            <div class="stack">{waiting_list(&waiting, zone)}{body}</div>
        }
    }))
}

fn waiting_list(waiting: &[TillShift], zone: Zone) -> Option<AnyView> {
    (!waiting.is_empty()).then(|| {
        let rows = waiting
            .iter()
            .map(|shift| {
                let at = shift.handed_over_at.map(|at| show_date_time(zone.local(at))).unwrap_or_default();
                Row::new(vec![shift.cashier.clone().into_any(), shift.point.clone().unwrap_or_default().into_any(), at.into_any()])
                    .href(format!("/till/shifts/{}", shift.id))
            })
            .collect();
        let columns = vec![Column::new(tr!(till.cashier)), Column::new(tr!(till.counter)), Column::new(tr!(till.state_handed_over))];
        view! {
            <section class="panel">
                <div class="panel__head"><h2>{tr!(till.to_take_over)}</h2></div>
                <DataTable caption=tr!(till.to_take_over) columns rows/>
            </section>
        }
        .into_any()
    })
}

/// Shows one shift with the step that the reader may take.
///
/// # Errors
/// [`Error::NotFound`] when it is another cashier's, unless it waits to be taken over.
pub async fn shift_page(Path(id): Path<TillShiftId>, Query(done): Query<TillQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CountCash).await?;
    let sheet = readable(&mut ctx, id).await?;
    Ok(Page::new(tr!(till.shift_of, name = sheet.shift.cashier.clone()), move || {
        let back = if sheet.supervisor { ("/till/supervise", tr!(till.supervise)) } else { ("/till", tr!(till.title)) };
        let back = (back.0.to_owned(), back.1.to_owned());
        let print = sheet.shift.shows_sums(sheet.reader).then(|| {
            let href = format!("/till/shifts/{}/print", sheet.shift.id);
            view! { <LinkButton href label=tr!(till.report) glyph=Glyph::Print/> }
        });
        let toast = done.toast();
        view! {
            {toast}
            <PageHeader title=tr!(till.shift_of, name = sheet.shift.cashier.clone()) back actions=Some(view! { {print} }.into_any())/>
            {shift_body(&sheet)}
        }
    }))
}

/// Loads a shift that the reader may see: her own, one that she takes over, or any as a supervisor.
async fn readable(ctx: &mut Ctx, id: TillShiftId) -> Result<ShiftSheet> {
    let shift = shifts::shift(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::CountCash, shift.clinic_id)?;
    let user = ctx.user();
    let concerned = shift.cashier_id == user || shift.received_by == Some(user) || shift.state == TillState::HandedOver;
    if !concerned && !shifts::supervises(ctx, shift.clinic_id) {
        return Err(Error::NotFound);
    }
    ShiftSheet::load(ctx, shift).await
}

fn state_badge(state: TillState) -> AnyView {
    let tone = match state {
        TillState::Open => Tone::Progress,
        TillState::Closing | TillState::Received => Tone::Warning,
        TillState::HandedOver => Tone::Waiting,
        TillState::Closed => Tone::Done,
    };
    view! { <StatusBadge tone label=state.word()/> }.into_any()
}

fn facts(sheet: &ShiftSheet) -> AnyView {
    let shift = &sheet.shift;
    let time = |at| show_date_time(sheet.zone.local(at));
    let mut details =
        vec![Detail::new(tr!(till.opened), time(shift.opened_at)), Detail::new(tr!(till.float), sheet.currency.show(shift.float_amount))];
    if let Some(point) = &shift.point {
        details.insert(0, Detail::new(tr!(till.counter), point.clone()));
    }
    let people = [
        (tr!(till.closing_since), shift.closing_at, None),
        (tr!(till.counted), shift.counted_at, shift.counter.clone()),
        (tr!(till.state_received), shift.received_at, shift.receiver.clone()),
        (tr!(till.state_closed), shift.closed_at, None),
    ];
    for (label, at, who) in people {
        if let Some(at) = at {
            details.push(Detail::new(label, who.map_or_else(|| time(at), |who| format!("{}, {who}", time(at)))));
        }
    }
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.shift)}</h2>{state_badge(shift.state)}</div>
            <div class="panel__body"><DescriptionList details/></div>
        </section>
    }
    .into_any()
}

fn shift_body(sheet: &ShiftSheet) -> AnyView {
    let shift = &sheet.shift;
    let step = match shift.state {
        TillState::Open => sheet.acts().then(|| forms::open_shift_step(sheet)),
        TillState::Closing if shift.counted_at.is_none() => sheet.acts().then(|| forms::count_step(sheet)),
        TillState::Closing => sheet.acts().then(|| forms::hand_over_step(sheet)),
        TillState::HandedOver if sheet.is_own() || shift.counted_by == Some(sheet.reader) => {
            Some(view! { <NoticeBox tone=Tone::Waiting title=tr!(till.waits_for_receiver)><p>{tr!(till.waits_for_receiver_text)}</p></NoticeBox> }.into_any())
        }
        TillState::HandedOver => Some(forms::receive_step(sheet)),
        TillState::Received if sheet.supervisor => Some(forms::close_step(sheet)),
        TillState::Received => {
            Some(view! { <NoticeBox tone=Tone::Warning title=tr!(till.waits_for_supervisor)><p>{tr!(till.waits_for_supervisor_text)}</p></NoticeBox> }.into_any())
        }
        TillState::Closed => None,
    };
    let sums = shift.shows_sums(sheet.reader).then(|| view! { {results_panel(sheet)}{counts_panel(sheet)} });
    let moves = (sheet.acts() || shift.state == TillState::Closed).then(|| moves_panel(sheet));
    view! { <div class="stack">{facts(sheet)}{step}{sums}{moves}</div> }.into_any()
}

/// Shows expected, counted and difference by method, of both counts.
fn results_panel(sheet: &ShiftSheet) -> AnyView {
    let currency = sheet.currency;
    let rows = sheet
        .results
        .iter()
        .map(|result| {
            let who = match result.moment {
                CountMoment::Receive => tr!(till.count_receiver),
                CountMoment::HandOver | CountMoment::Open => tr!(till.count_cashier),
            };
            let row = Row::new(vec![
                result.method.word().into_any(),
                who.into_any(),
                currency.show(result.expected).into_any(),
                currency.show(result.counted).into_any(),
                currency.show(result.difference).into_any(),
                result.reason.clone().into_any(),
            ]);
            if result.difference == Money::ZERO { row } else { row.class(Tone::Warning.class()) }
        })
        .collect();
    let columns = vec![
        Column::new(tr!(billing.method)),
        Column::new(tr!(till.count_of)),
        Column::new(tr!(till.expected)).numeric(),
        Column::new(tr!(till.counted)).numeric(),
        Column::new(tr!(till.difference)).numeric(),
        Column::new(tr!(till.reason)).secondary(),
    ];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.result)}</h2></div>
            <DataTable caption=tr!(till.result) columns rows/>
        </section>
    }
    .into_any()
}

/// Shows the float and both counts by denomination, side by side.
fn counts_panel(sheet: &ShiftSheet) -> AnyView {
    let currency = sheet.currency;
    let pieces = |count: &CashCount, of: Money| {
        count.0.iter().find(|(denomination, _)| *denomination == of).map_or_else(|| "–".to_owned(), |(_, pieces)| pieces.to_string())
    };
    let mut all: Vec<Money> =
        [&sheet.float, &sheet.first, &sheet.second].into_iter().flat_map(|count| count.0.iter().map(|(of, _)| *of)).collect();
    all.sort_unstable();
    all.dedup();
    let mut rows: Vec<Row> = all
        .into_iter()
        .rev()
        .map(|of| {
            Row::new(vec![
                currency.show(of).into_any(),
                pieces(&sheet.float, of).into_any(),
                pieces(&sheet.first, of).into_any(),
                pieces(&sheet.second, of).into_any(),
            ])
        })
        .collect();
    let total = |count: &CashCount, made: bool| {
        let words = if made { currency.show(count.total()) } else { "–".to_owned() };
        words.into_any()
    };
    rows.push(Row::new(vec![
        tr!(billing.total).into_any(),
        total(&sheet.float, true),
        total(&sheet.first, sheet.shift.counted_at.is_some()),
        total(&sheet.second, sheet.shift.received_at.is_some()),
    ]));
    let columns = vec![
        Column::new(tr!(till.denomination)),
        Column::new(tr!(till.float)).numeric(),
        Column::new(tr!(till.count_cashier)).numeric(),
        Column::new(tr!(till.count_receiver)).numeric(),
    ];
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.counts)}</h2></div>
            <DataTable caption=tr!(till.counts) columns rows/>
        </section>
    }
    .into_any()
}

/// Shows the cash moves; what is in transit can be received or taken back.
fn moves_panel(sheet: &ShiftSheet) -> AnyView {
    let currency = sheet.currency;
    let rows = sheet
        .moves
        .iter()
        .map(|cash| {
            let incoming = cash.to_shift_id == Some(sheet.shift.id);
            let with = match cash.kind {
                CashMoveKind::Transfer if incoming => cash.sender.clone(),
                CashMoveKind::Transfer => cash.recipient.clone().unwrap_or_default(),
                CashMoveKind::Drop => tr!(till.safe).to_owned(),
                CashMoveKind::PayIn | CashMoveKind::PayOut => cash.party.clone(),
            };
            let out = !incoming && cash.kind != CashMoveKind::PayIn;
            let hidden = vec![("id", cash.id.to_string())];
            let about = currency.show(cash.amount);
            let act = if cash.state != CashMoveState::Sent || !sheet.is_own() {
                ().into_any()
            } else if incoming {
                view! { <PostButton action="/api/till/receive_cash" label=tr!(till.receive_cash) about hidden tone=ButtonTone::Primary/> }
                    .into_any()
            } else {
                view! { <PostButton action="/api/till/withdraw_cash" label=tr!(till.withdraw) about hidden/> }.into_any()
            };
            Row::new(vec![
                cash.kind.word().into_any(),
                show_date_time(sheet.zone.local(cash.sent_at)).into_any(),
                with.into_any(),
                cash.reason.clone().into_any(),
                currency.show(if out { Money::ZERO - cash.amount } else { cash.amount }).into_any(),
                cash.state.word().into_any(),
                act,
            ])
        })
        .collect();
    let columns = vec![
        Column::new(tr!(till.kind)),
        Column::new(tr!(till.at)).secondary(),
        Column::new(tr!(till.with)),
        Column::new(tr!(till.reason)).secondary(),
        Column::new(tr!(till.amount)).numeric(),
        Column::new(tr!(billing.state)),
        Column::new(tr!(till.receive_cash)).label_hidden(),
    ];
    let empty = view! { <p class="panel__body muted">{tr!(till.no_moves)}</p> }.into_any();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(till.moves)}</h2></div>
            <DataTable caption=tr!(till.moves) columns rows empty=Some(empty)/>
        </section>
    }
    .into_any()
}

/// The reason that was typed for a method, on paper and on the page.
fn reason_field(method: Method) -> String {
    format!("reason_{method}")
}
