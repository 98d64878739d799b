//! `/purchasing/orders/{id}/paper`: the order as it goes to the supplier.

use leptos::prelude::*;

use super::parts::price_words;
use crate::{
    core::{Currency, Error, Money, Permission, PurchaseOrderId, Result, time::show_date_time},
    organisation::{self, Clinic, Hospital},
    purchasing::{
        PurchaseOrderState,
        orders::{self, PurchaseLine, PurchaseOrder},
        suppliers::{self, Supplier},
    },
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

struct OrderSheet {
    order: PurchaseOrder,
    lines: Vec<PurchaseLine>,
    supplier: Supplier,
    clinic: Clinic,
    hospital: std::sync::Arc<Hospital>,
}

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's order, or when the database refuses.
pub async fn paper_page(Path(id): Path<PurchaseOrderId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let order = orders::at_clinic(&mut ctx, Permission::ReadPurchases, id).await?;
    let sheet = OrderSheet {
        lines: orders::lines(&mut ctx.tx, id).await?,
        supplier: suppliers::find(&mut ctx.tx, order.supplier_id).await?.ok_or(Error::NotFound)?,
        clinic: organisation::clinic(&mut ctx.tx, order.clinic_id).await?,
        hospital: ctx.state().hospital(),
        order,
    };
    let title = format!("{} {}", tr!(purchasing.order), sheet.order.number);
    Ok(Page::new(title, move || view(&sheet)).layout(Layout::Print))
}

fn view(sheet: &OrderSheet) -> AnyView {
    let (order, currency) = (&sheet.order, sheet.hospital.currency);
    let zone = sheet.clinic.zone;
    let mut facts = vec![format!("{} {}", tr!(purchasing.order), order.number)];
    facts.push(show_date_time(zone.local(order.sent_at.unwrap_or(order.created_at))));
    facts.extend(order.approver.as_ref().map(|name| format!("{}: {name}", tr!(purchasing.approved_by))));
    let back = format!("/purchasing/orders/{}", order.id);
    let to = [&sheet.supplier.name, &sheet.supplier.address, &sheet.supplier.email, &sheet.supplier.phone];
    let to = to.into_iter().filter(|line| !line.is_empty()).map(|line| view! { <p>{line.clone()}</p> }).collect_view();
    // A draft or a cancelled order is no order.
    let warning = matches!(order.state, PurchaseOrderState::Draft | PurchaseOrderState::Cancelled)
        .then(|| view! { <p><strong>{order.state.words()}</strong></p> });
    let note = (!order.note.is_empty()).then(|| view! { <p>{order.note.clone()}</p> });
    let deliver = format!("{}: {} · {}", tr!(purchasing.deliver_to), order.store_name, sheet.clinic.place());
    let table = table(&sheet.lines, currency);
    let (hospital, hospital_lines) = (sheet.hospital.name.clone(), sheet.hospital.letterhead(Some(&sheet.clinic)));
    view! {
        <PaperPage back back_words=tr!(purchasing.back)>
            <PrintSheet
                hospital
                hospital_lines
                title=tr!(purchasing.order)
                facts
            >
                {to}
                {warning}
                {table}
                {note}
                <p>{deliver}</p>
            </PrintSheet>
        </PaperPage>
    }
    .into_any()
}

fn table(lines: &[PurchaseLine], currency: Currency) -> AnyView {
    let total: i64 = lines.iter().fold(0, |sum, line| sum.saturating_add(line.cost().0));
    let rows = lines
        .iter()
        .map(|line| {
            let name = format!("{} ({})", line.shown_name(), line.code);
            let quantity = if line.pack_size > 1 && line.ordered % line.pack_size == 0 {
                format!("{} × {}", line.ordered / line.pack_size, line.unit.count(line.pack_size))
            } else {
                line.unit.count(line.ordered)
            };
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    <td class="is-numeric">{quantity}</td>
                    <td class="is-numeric">{price_words(line.price, line.price_per, &currency)}</td>
                    <td class="is-numeric">{currency.show(line.cost())}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="sheet__lines">
            <caption class="visually-hidden">{tr!(purchasing.lines)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(inventory.item)}</th>
                    <th scope="col" class="is-numeric">{tr!(inventory.quantity)}</th>
                    <th scope="col" class="is-numeric">{tr!(purchasing.price)}</th>
                    <th scope="col" class="is-numeric">{tr!(purchasing.cost)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="sheet__due"><span>{tr!(purchasing.total)}</span><span>{currency.show(Money(total))}</span></p>
    }
    .into_any()
}
