//! The functions of goods that go back to a supplier.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    accounts,
    core::{
        Error, Permission, PurchaseLineId, Result, StockBatchId, StockDocumentId, StoreroomId, SupplierId, SupplierInvoiceId,
        error::FieldErrors, form, time::parse_date,
    },
    inventory::{self, whole},
    purchasing::{
        ReturnCause,
        orders::MOST,
        returns::{self, CreditSlip, NewReturn},
    },
    server::{Ctx, Request, redirect_to},
    tr,
};

fn to_return(id: StockDocumentId, done: &str) {
    redirect_to(&format!("/purchasing/returns/{id}?done={done}"));
}

/// The form of goods that go back to a supplier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct GoodsBackForm {
    /// The id of the document in the ledger, made with the form.
    pub key: String,
    pub line: String,
    pub supplier: String,
    pub quantity: String,
    pub reason: String,
    pub note: String,
    pub second_login: String,
    pub second_password: String,
}

/// Sends a part of a batch back to its supplier.
#[server(endpoint = "purchasing/return_goods")]
pub async fn return_goods(storeroom: StoreroomId, batch: StockBatchId, #[server(flatten)] form: GoodsBackForm) -> Result<(), Error> {
    let GoodsBackForm { key, line, supplier, quantity, reason, note, second_login, second_password } = form;
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
    let room = inventory::room(&mut ctx.tx, storeroom).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::MoveStock, room.clinic_id)?;
    if let Some(user) = approver {
        let who = accounts::principal(&mut ctx.tx, user).await?;
        if !who.is_some_and(|who| who.may_at(Permission::ApprovePurchases, room.clinic_id)) {
            return Err(Error::invalid("second_login", tr!(purchasing.second_may_not)));
        }
    }
    let mut errors = FieldErrors::new();
    let key = errors.chosen::<StockDocumentId>("key", &key);
    let line = if line.trim().is_empty() { None } else { errors.chosen::<PurchaseLineId>("line", &line) };
    let supplier = if supplier.trim().is_empty() { None } else { errors.chosen::<SupplierId>("supplier", &supplier) };
    let quantity = whole(&mut errors, "quantity", &quantity, 1, MOST);
    let reason = errors.chosen::<ReturnCause>("reason", &reason);
    let note = errors.line("note", &note, 500);
    errors.finish()?;
    let (Some(key), Some(quantity), Some(reason)) = (key, quantity, reason) else { return Err(Error::NotFound) };
    let new = NewReturn { key, store: storeroom, batch, line, supplier, quantity, reason, note, approver };
    if returns::send(&mut ctx, &new).await? {
        ctx.commit().await?;
    }
    to_return(key, "returned");
    Ok(())
}

/// The form of a supplier's credit note.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SupplierCreditForm {
    pub invoice: String,
    pub number: String,
    pub credited_on: String,
    pub credit: String,
}

/// Enters the supplier's credit note for goods that went back.
#[server(endpoint = "purchasing/enter_credit")]
pub async fn enter_credit(
    supplier_return_id: StockDocumentId,
    #[server(default)] version: i64,
    #[server(flatten)] form: SupplierCreditForm,
) -> Result<(), Error> {
    let SupplierCreditForm { invoice, number, credited_on, credit } = form;
    let mut ctx = Ctx::write(Permission::EnterInvoices).await?;
    let currency = ctx.state().hospital().currency;
    let mut errors = FieldErrors::new();
    let invoice = if invoice.trim().is_empty() { None } else { errors.chosen::<SupplierInvoiceId>("invoice", &invoice) };
    let number = errors.required_line("number", &number, 60);
    let credited_on = errors.check(parse_date("credited_on", &credited_on));
    let credit = errors.check(currency.parse("credit", &credit));
    errors.finish()?;
    let (Some(credited_on), Some(credit)) = (credited_on, credit) else { return Err(Error::NotFound) };
    returns::enter_credit(&mut ctx, supplier_return_id, version, &CreditSlip { invoice, number, credited_on, credit }).await?;
    ctx.commit().await?;
    to_return(supplier_return_id, "credited");
    Ok(())
}

/// Explains a credit that differs.
#[server(endpoint = "purchasing/explain_credit")]
pub async fn explain_credit(
    supplier_return_id: StockDocumentId,
    #[server(default)] version: i64,
    #[server(default)] explanation: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::EnterInvoices).await?;
    let explanation = form::line("explanation", &explanation, 500)?;
    returns::explain(&mut ctx, supplier_return_id, version, &explanation).await?;
    ctx.commit().await?;
    to_return(supplier_return_id, "explained");
    Ok(())
}

/// Approves the explained difference of a credit.
#[server(endpoint = "purchasing/approve_credit")]
pub async fn approve_credit(supplier_return_id: StockDocumentId, #[server(default)] version: i64) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApprovePurchases).await?;
    returns::approve(&mut ctx, supplier_return_id, version).await?;
    ctx.commit().await?;
    to_return(supplier_return_id, "approved");
    Ok(())
}
