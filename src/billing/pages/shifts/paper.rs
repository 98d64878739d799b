//! `/till/shifts/{id}/print`: the report of a shift, with both counts.

use leptos::prelude::*;

use super::readable;
use crate::{
    billing::shifts::{CashMoveState, CountMoment},
    core::{Error, Money, Permission, Result, TillShiftId, time::show_date_time},
    organisation,
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

/// Shows the report. Before the count there is none, because the counting is blind.
///
/// # Errors
/// [`Error::NotFound`] as long as the reader may not see the sums.
pub async fn shift_print(Path(id): Path<TillShiftId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CountCash).await?;
    let sheet = readable(&mut ctx, id).await?;
    if !sheet.shift.shows_sums(sheet.reader) {
        return Err(Error::NotFound);
    }
    let clinic = organisation::clinic(&mut ctx.tx, sheet.shift.clinic_id).await?;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(till.report), move || {
        let (currency, shift) = (sheet.currency, &sheet.shift);
        let time = |at| show_date_time(sheet.zone.local(at));
        let mut facts = vec![tr!(till.shift_of, name = shift.cashier.clone()), format!("{} {}", tr!(till.opened), time(shift.opened_at))];
        facts.extend(shift.counted_at.map(|at| format!("{} {}", tr!(till.counted), time(at))));
        facts.extend(shift.receiver.clone().map(|name| format!("{} {name}", tr!(till.receiver))));
        facts.extend(shift.closed_at.map(|at| format!("{} {}", tr!(till.state_closed), time(at))));
        let result_rows = sheet
            .results
            .iter()
            .map(|result| {
                let who = if result.moment == CountMoment::Receive { tr!(till.count_receiver) } else { tr!(till.count_cashier) };
                view! {
                    <tr>
                        <td>{format!("{}, {who}", result.method.word())}</td>
                        <td class="is-numeric">{currency.show(result.expected)}</td>
                        <td class="is-numeric">{currency.show(result.counted)}</td>
                        <td class="is-numeric">{currency.show(result.difference)}</td>
                        <td>{result.reason.clone()}</td>
                    </tr>
                }
            })
            .collect_view();
        let counts = [(tr!(till.float), &sheet.float), (tr!(till.count_cashier), &sheet.first), (tr!(till.count_receiver), &sheet.second)];
        let count_rows = counts
            .into_iter()
            .flat_map(|(who, count)| count.0.iter().map(move |(of, pieces)| (who, *of, *pieces)))
            .map(|(who, of, pieces)| {
                let sum = currency.show(of.times(pieces).unwrap_or(Money::MAX));
                view! { <tr><td>{who}</td><td>{format!("{pieces} × {}", currency.show(of))}</td><td class="is-numeric">{sum}</td></tr> }
            })
            .collect_view();
        let move_rows = sheet
            .moves
            .iter()
            .filter(|cash| cash.state != CashMoveState::Withdrawn)
            .map(|cash| {
                view! {
                    <tr>
                        <td>{cash.kind.word()}</td>
                        <td>{format!("{} {} {}", time(cash.sent_at), cash.party, cash.reason)}</td>
                        <td class="is-numeric">{currency.show(cash.amount)}</td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <PaperPage back=format!("/till/shifts/{id}") back_words=tr!(billing.back)>
                <PrintSheet hospital=hospital.name.clone() hospital_lines=hospital.letterhead(Some(&clinic)) title=tr!(till.report) facts>
                    <table class="sheet__lines">
                        <caption class="visually-hidden">{tr!(till.result)}</caption>
                        <thead>
                            <tr>
                                <th scope="col">{tr!(billing.method)}</th>
                                <th scope="col" class="is-numeric">{tr!(till.expected)}</th>
                                <th scope="col" class="is-numeric">{tr!(till.counted)}</th>
                                <th scope="col" class="is-numeric">{tr!(till.difference)}</th>
                                <th scope="col">{tr!(till.reason)}</th>
                            </tr>
                        </thead>
                        <tbody>{result_rows}</tbody>
                    </table>
                    <table class="sheet__lines">
                        <caption class="visually-hidden">{tr!(till.counts)}</caption>
                        <tbody>{count_rows}</tbody>
                    </table>
                    <table class="sheet__lines">
                        <caption class="visually-hidden">{tr!(till.moves)}</caption>
                        <tbody>{move_rows}</tbody>
                    </table>
                </PrintSheet>
            </PaperPage>
        }
    })
    .layout(Layout::Print))
}
