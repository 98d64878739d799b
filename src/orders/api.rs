//! The server functions for the acts on an order, and for the settings of kinds. Doctors place orders in the consultation
//! (`clinical::api::order`).

use leptos::prelude::*;

use crate::core::{Error, OrderId};

#[cfg(feature = "ssr")]
use super::{
    KindStop, OrderAct, form,
    kind::settle,
    workflow::{self, Report},
};
#[cfg(feature = "ssr")]
use crate::{
    core::{
        Permission,
        form::{chosen, line, text},
    },
    server::{Ctx, is_own_page, redirect_to},
    tr,
};

/// Does an act of a user who works on orders: accept, start, complete, hold, resume, cancel.
#[server(endpoint = "orders/work")]
pub async fn work(
    order_id: OrderId,
    #[server(default)] version: i64,
    #[server(default)] act: String,
    #[server(default)] reason: String,
    #[server(default)] outcome: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let ctx = Ctx::write(Permission::WorkOrders).await?;
    done(ctx, Permission::WorkOrders, order_id, version, (&act, &reason, &outcome), &back).await
}

/// Does an act of the doctor who ordered, or of a colleague: place a draft, hold, resume, cancel, enter in error.
#[server(endpoint = "orders/withdraw")]
pub async fn withdraw(
    order_id: OrderId,
    #[server(default)] version: i64,
    #[server(default)] act: String,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let ctx = Ctx::write(Permission::PlaceOrders).await?;
    done(ctx, Permission::PlaceOrders, order_id, version, (&act, &reason, ""), &back).await
}

/// Does the act, and sends the browser back to the page that it came from.
#[cfg(feature = "ssr")]
async fn done(
    mut ctx: Ctx,
    right: Permission,
    id: OrderId,
    version: i64,
    (act, reason, outcome): (&str, &str, &str),
    back: &str,
) -> Result<(), Error> {
    workflow::allowed(&mut ctx, id, right).await?;
    let act: OrderAct = chosen("act", act)?;
    let theirs: &[OrderAct] = if right == Permission::WorkOrders { &OrderAct::WORK } else { &OrderAct::ORDERER };
    if !theirs.contains(&act) {
        return Err(Error::invalid("act", tr!(errors.choose)));
    }
    let report = Report {
        reason: line("reason", reason, form::LONGEST_REASON as usize)?,
        outcome: text("outcome", outcome, form::LONGEST_TEXT as usize)?,
    };
    workflow::act(&mut ctx, id, version, act, &report).await?;
    ctx.commit().await?;
    let back = if is_own_page(back) { back.to_owned() } else { format!("/orders/{id}") };
    let sign = if back.contains('?') { '&' } else { '?' };
    redirect_to(&format!("{back}{sign}done={}", act.as_str()));
    Ok(())
}

/// Sets whether doctors can order a kind, and when patients go there.
#[server(endpoint = "orders/settle_kind")]
pub async fn settle_kind(
    #[server(default)] kind: String,
    #[server(default)] version: i64,
    #[server(default)] offered: String,
    #[server(default)] stop: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageHospital).await?;
    let stop: KindStop = chosen("stop", &stop)?;
    let is_offered = !offered.is_empty();
    if settle(&mut ctx, &kind, version, is_offered, stop).await? {
        ctx.commit().await?;
    }
    redirect_to("/orders/kinds?done=saved");
    Ok(())
}
