//! The function that receives goods against an order.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    accounts,
    core::{Error, Permission, PurchaseLineId, PurchaseOrderId, Result, StockDocumentId, error::FieldErrors, time::parse_date},
    inventory::{self, Scanned, whole},
    organisation::Typed,
    purchasing::{
        orders::{self, MOST, PurchaseLine},
        receipts::{self, DeliveredLine, DeliveryNote},
    },
    server::{Ctx, Request, redirect_to},
    tr,
};

/// The form of goods that arrived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryForm {
    /// The id of the document in the ledger, made with the form.
    pub key: String,
    pub delivery_note: String,
    pub second_login: String,
    pub second_password: String,
    pub over_reason: String,
}

/// Receives goods: for each line `quantity-LINE`, `free-LINE`, `rejected-LINE`, `why-LINE`, `batch-LINE`, `expires-LINE` and `scan-LINE`. A
/// scanned code fills batch and expiry date; what was typed must agree with it.
#[server(endpoint = "purchasing/receive")]
pub async fn receive(
    purchase_order_id: PurchaseOrderId,
    #[server(flatten)] fields: Typed,
    #[server(flatten)] form: DeliveryForm,
) -> Result<(), Error> {
    let DeliveryForm { key, delivery_note, second_login, second_password, over_reason } = form;
    // The second person is checked before the transaction: hashing a password takes time.
    let approver = match second_login.trim() {
        "" => None,
        login => {
            let Some(request) = Request::current() else { return Err(Error::SignedOut) };
            drop(Ctx::read(Permission::MoveStock).await?);
            Some(accounts::prove_second(&request, login, &second_password).await?)
        }
    };
    let mut ctx = Ctx::write(Permission::MoveStock).await?;
    let order = orders::at_clinic(&mut ctx, Permission::MoveStock, purchase_order_id).await?;
    if let Some(user) = approver {
        let who = accounts::principal(&mut ctx.tx, user).await?;
        if !who.is_some_and(|who| who.may_at(Permission::ApprovePurchases, order.clinic_id)) {
            return Err(Error::invalid("second_login", tr!(purchasing.second_may_not)));
        }
    }
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let delivery_note = errors.required_line("delivery_note", &delivery_note, 100);
    let over_reason = errors.line("over_reason", &over_reason, 500);
    let mut lines = Vec::new();
    for line in orders::lines(&mut ctx.tx, order.id).await? {
        if let Some(delivered) = delivered(&mut ctx, &mut errors, &line, &fields).await? {
            lines.push(delivered);
        }
    }
    errors.finish()?;
    let note = DeliveryNote { key: key.ok_or(Error::NotFound)?, delivery_note, lines, approver, over_reason };
    if receipts::receive(&mut ctx, order.id, &note).await? {
        ctx.commit().await?;
    }
    redirect_to(&format!("/purchasing/orders/{}?done=received", order.id));
    Ok(())
}

/// Reads the fields of a line; none when nothing of it came.
async fn delivered(ctx: &mut Ctx, errors: &mut FieldErrors, line: &PurchaseLine, fields: &Typed) -> Result<Option<DeliveredLine>> {
    let named = |field: &str| format!("{field}-{}", line.id);
    let typed = |field: &str| fields.get(&named(field)).map(String::as_str).unwrap_or_default();
    let mut units = |field: &str| match typed(field).trim() {
        "" => Some(0),
        number => whole(errors, &named(field), number, 0, MOST),
    };
    let (quantity, free, rejected) = (units("quantity"), units("free"), units("rejected"));
    let (Some(quantity), Some(free), Some(rejected)) = (quantity, free, rejected) else { return Ok(None) };
    if quantity + free + rejected == 0 {
        return Ok(None);
    }
    let mut batch_no = errors.line(&named("batch"), typed("batch"), 40);
    let reject_reason = errors.line(&named("why"), typed("why"), 200);
    let mut expires_on = match typed("expires").trim() {
        "" => None,
        day => errors.check(parse_date("expires", day).map_err(|error| error.at_field(&named("expires")))),
    };
    if !typed("scan").trim().is_empty() {
        let (clinic, today) = (ctx.clinic.id, ctx.today());
        match inventory::scan(&mut ctx.tx, clinic, typed("scan"), today).await {
            Ok(Scanned { item, .. }) if item.id != line.item_id => {
                errors.add(&named("scan"), tr!(inventory.code_of_another, item = item.shown_name().to_owned()));
            }
            Ok(Scanned { scan, .. }) => {
                if let Some(read) = scan.batch {
                    if batch_no.is_empty() {
                        batch_no = read;
                    } else if batch_no != read {
                        errors.add(&named("batch"), tr!(purchasing.scanned_differs, read = read));
                    }
                }
                if let Some(read) = scan.expires_on {
                    if expires_on.is_some_and(|typed| typed != read) {
                        errors.add(&named("expires"), tr!(purchasing.scanned_differs, read = read.to_string()));
                    }
                    expires_on = Some(read);
                }
            }
            Err(Error::Invalid(wrong)) => {
                for wrong in wrong {
                    errors.add(&named("scan"), wrong.message);
                }
            }
            Err(error) => return Err(error),
        }
    }
    let id: PurchaseLineId = line.id;
    Ok(Some(DeliveredLine { line: id, batch_no, expires_on, quantity, free, rejected, reject_reason }))
}
