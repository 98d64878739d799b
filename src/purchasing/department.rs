//! Registers buying in the program: the value `DEPARTMENT` and its lists.

use super::{pages, requests, rules::RULES};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, RailCount},
    },
    tr,
    ui::Glyph,
};

/// Changes of requests, orders, receipts and invoices of a clinic.
pub static PURCHASES: Topic = Topic { name: "purchases", heard: HeardBy::ThoseWhoMay(Permission::ReadPurchases), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[
        Place {
            order: 74,
            right: Permission::ReadPurchases,
            also: None,
            href: "/purchasing",
            words: || tr!(purchasing.title),
            glyph: Glyph::Receipt,
            key: None,
            begins: None,
        },
        Place {
            order: 73,
            right: Permission::OrderGoods,
            also: None,
            href: "/purchasing/reorder",
            words: || tr!(purchasing.reorder),
            glyph: Glyph::Repeat,
            key: None,
            begins: None,
        },
    ],
    rail_counts: &[("/purchasing", RailCount::Query(|_, clinic| Some(requests::open_count(clinic))))],
    topics: &[&PURCHASES],
    rules: RULES,
    audited: &[
        ("supplier", || tr!(purchasing.what_supplier)),
        ("purchase_request", || tr!(purchasing.what_request)),
        ("purchase_order", || tr!(purchasing.what_order)),
        ("goods_receipt", || tr!(purchasing.what_receipt)),
        ("supplier_invoice", || tr!(purchasing.what_invoice)),
        ("supplier_return", || tr!(supplier_returns.what)),
    ],
    ..Department::named("purchasing")
};
