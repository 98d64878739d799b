//! The `DEPARTMENT` of orders: its entries in the program's lists.

use super::{KindStop, pages, rules::RULES, store};
use crate::{
    core::{Permission, Result, VisitId},
    opd::Step,
    server::{
        Ctx, Department, HeardBy, Topic,
        department::{ChartSource, OrderKind, Place, PortalPanel, Stop},
    },
    tr,
    ui::Glyph,
};

/// Changes of the orders of a clinic.
pub static ORDERS: Topic = Topic { name: "orders", heard: HeardBy::ThoseWhoMay(Permission::ReadOrders), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[
        Place {
            order: 35,
            right: Permission::ReadOrders,
            also: None,
            href: "/orders",
            words: || tr!(orders.title),
            glyph: Glyph::Check,
            key: Some('o'),
            begins: None,
        },
        Place {
            order: 95,
            right: Permission::ManageHospital,
            also: None,
            href: "/orders/kinds",
            words: || tr!(orders.kinds),
            glyph: Glyph::Check,
            key: None,
            begins: None,
        },
    ],
    topics: &[&ORDERS],
    chart: &[ChartSource {
        order: 15,
        name: "orders",
        words: || tr!(orders.title),
        read: |ctx, ask| Box::pin(pages::charted_orders(ctx, ask)),
    }],
    portal_panels: &[PortalPanel { order: 25, read: |ctx, patient| Box::pin(pages::portal_orders(ctx, patient)) }],
    order_kinds: &[
        OrderKind {
            order: 10,
            name: "nursing",
            words: || tr!(orders.kind_nursing),
            right: Permission::WorkOrders,
            page: None,
            followed: None,
        },
        OrderKind {
            order: 90,
            name: "service",
            words: || tr!(orders.kind_service),
            right: Permission::WorkOrders,
            page: None,
            followed: None,
        },
    ],
    stops: &[
        Stop { order: 40, step: Step::Orders.as_str(), waits: |ctx, visit| Box::pin(waits(ctx, visit, KindStop::BeforeCashier)) },
        Stop { order: 60, step: Step::Orders.as_str(), waits: |ctx, visit| Box::pin(waits(ctx, visit, KindStop::AfterCashier)) },
    ],
    rules: RULES,
    audited: &[("order", || tr!(audit.what_order)), ("orders", || tr!(audit.what_orders)), ("order_kind", || tr!(audit.what_order_kind))],
    lists: &["orders"],
    ..Department::named("orders")
};

async fn waits(ctx: &mut Ctx, visit: VisitId, stop: KindStop) -> Result<bool> {
    store::waits(&mut ctx.tx, visit, stop).await
}
