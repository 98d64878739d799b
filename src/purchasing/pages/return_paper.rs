//! `/purchasing/returns/{id}/paper`: the slip that goes back with the goods.

use leptos::prelude::*;

use super::parts::shown_name;
use crate::{
    core::{Currency, Error, Money, Permission, Result, StockDocumentId, time::show_date, time::show_date_time},
    organisation::{self, Clinic, Hospital},
    purchasing::{
        returns::{self, SupplierReturn},
        suppliers::{self, Supplier},
    },
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{PaperPage, PrintSheet},
};

struct ReturnSheet {
    known: SupplierReturn,
    supplier: Supplier,
    clinic: Clinic,
    hospital: std::sync::Arc<Hospital>,
}

/// Shows the sheet.
///
/// # Errors
/// Not allowed, another clinic's return, or when the database refuses.
pub async fn return_paper_page(Path(id): Path<StockDocumentId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ReadPurchases).await?;
    let known = returns::at_clinic(&mut ctx, Permission::ReadPurchases, id).await?;
    let sheet = ReturnSheet {
        supplier: suppliers::find(&mut ctx.tx, known.supplier_id).await?.ok_or(Error::NotFound)?,
        clinic: organisation::clinic(&mut ctx.tx, known.clinic_id).await?,
        hospital: ctx.state().hospital(),
        known,
    };
    let title = format!("{} {}", tr!(supplier_returns.number), sheet.known.number);
    Ok(Page::new(title, move || view(&sheet)).layout(Layout::Print))
}

fn view(sheet: &ReturnSheet) -> AnyView {
    let (known, currency) = (&sheet.known, sheet.hospital.currency);
    let mut facts = vec![format!("{} {}", tr!(supplier_returns.number), known.number), show_date_time(sheet.clinic.zone.local(known.at))];
    facts.extend(known.order_number.as_ref().map(|number| format!("{} {number}", tr!(purchasing.order))));
    facts.extend(known.approver.as_ref().map(|name| format!("{}: {name}", tr!(purchasing.approved_by))));
    let back = format!("/purchasing/returns/{}", known.id);
    let to = [&sheet.supplier.name, &sheet.supplier.address, &sheet.supplier.email, &sheet.supplier.phone];
    let to = to.into_iter().filter(|line| !line.is_empty()).map(|line| view! { <p>{line.clone()}</p> }).collect_view();
    let note = (!known.note.is_empty()).then(|| view! { <p>{known.note.clone()}</p> });
    let table = table(known, currency);
    let (hospital, hospital_lines) = (sheet.hospital.name.clone(), sheet.hospital.letterhead(Some(&sheet.clinic)));
    view! {
        <PaperPage back back_words=tr!(supplier_returns.back)>
            <PrintSheet
                hospital
                hospital_lines
                title=tr!(supplier_returns.paper)
                facts
            >
                {to}
                {table}
                {note}
                <p>{tr!(supplier_returns.paper_text)}</p>
            </PrintSheet>
        </PaperPage>
    }
    .into_any()
}

fn table(known: &SupplierReturn, currency: Currency) -> AnyView {
    let name = shown_name(&known.item_name, &known.item_name_es).to_owned();
    view! {
        <table class="sheet__lines">
            <caption class="visually-hidden">{tr!(purchasing.lines)}</caption>
            <thead>
                <tr>
                    <th scope="col">{tr!(inventory.item)}</th>
                    <th scope="col">{tr!(inventory.batch)}</th>
                    <th scope="col">{tr!(inventory.expires_on)}</th>
                    <th scope="col" class="is-numeric">{tr!(inventory.quantity)}</th>
                    <th scope="col">{tr!(inventory.reason)}</th>
                    <th scope="col" class="is-numeric">{tr!(supplier_returns.expected)}</th>
                </tr>
            </thead>
            <tbody>
                <tr>
                    <th scope="row">{name}</th>
                    <td>{known.batch_no.clone()}</td>
                    <td>{known.expires_on.map(show_date).unwrap_or_default()}</td>
                    <td class="is-numeric">{known.unit.count(known.quantity)}</td>
                    <td>{known.reason.words()}</td>
                    <td class="is-numeric">{currency.show(Money(known.expected))}</td>
                </tr>
            </tbody>
        </table>
    }
    .into_any()
}
