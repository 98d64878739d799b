//! Registers the stock in the program: the value `DEPARTMENT` and its lists.

use super::{pages, reservations, rules::RULES};
use crate::{
    core::Permission,
    server::{Department, HeardBy, Topic, department::Place},
    tr,
    ui::Glyph,
};

/// Changes of the stock of a clinic.
pub static STOCK: Topic = Topic { name: "stock", heard: HeardBy::ThoseWhoMay(Permission::ReadStock), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[
        Place {
            order: 67,
            right: Permission::ReadStock,
            also: None,
            href: "/stock",
            words: || tr!(inventory.title),
            glyph: Glyph::Building,
            key: Some('v'),
            begins: Some(86),
        },
        Place {
            order: 68,
            right: Permission::ReadStock,
            also: None,
            href: "/stock/expiring",
            words: || tr!(inventory.expiring),
            glyph: Glyph::Clock,
            key: None,
            begins: None,
        },
        Place {
            order: 69,
            right: Permission::AskStock,
            also: None,
            href: "/ward-stock",
            words: || tr!(ward_stock.title),
            glyph: Glyph::Pill,
            key: None,
            begins: None,
        },
    ],
    jobs: &[|state| Box::pin(reservations::keep_up(state))],
    topics: &[&STOCK],
    rules: RULES,
    audited: &[
        ("storeroom", || tr!(inventory.what_room)),
        ("stock_item", || tr!(inventory.what_item)),
        ("stock_batch", || tr!(inventory.what_batch)),
        ("stock_count", || tr!(inventory.what_count)),
        ("stock_document", || tr!(inventory.what_document)),
        ("opened_pack", || tr!(inventory.what_opened)),
        ("stock_file", || tr!(inventory.what_file)),
        ("stock_scanner", || tr!(inventory.what_scanner)),
        ("ward_requisition", || tr!(ward_stock.what_requisition)),
        ("stock_transfer", || tr!(ward_stock.what_transfer)),
    ],
    ..Department::named("inventory")
};
