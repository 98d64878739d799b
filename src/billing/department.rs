//! Registers billing in the program: the value `DEPARTMENT` and its lists.

use super::{charges, due_bills, pages, rules::RULES, told};
use crate::{
    core::{Permission, Result, VisitId},
    opd::{self, Step},
    server::{
        Ctx, Department, HeardBy, Topic,
        department::{Place, PortalPanel, RecordTab, Stop},
    },
    tr,
    ui::Glyph,
};

/// Changes of charges, invoices and payments.
pub static BILLING: Topic = Topic { name: "billing", heard: HeardBy::ThoseWhoMay(Permission::ReadBilling), subject: None };

/// The step of a visit where patients pay.
pub const PAYING: Step = Step::Cashier;

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    jobs: &[|state| Box::pin(due_bills::keep_telling(state))],
    places: &[
        Place {
            order: 40,
            right: Permission::TakePayments,
            also: None,
            href: "/cashier",
            words: || tr!(nav.cashier),
            glyph: Glyph::Money,
            key: Some('k'),
            begins: Some(40),
        },
        Place {
            order: 45,
            right: Permission::CountCash,
            also: None,
            href: "/till",
            words: || tr!(till.title),
            glyph: Glyph::Receipt,
            key: None,
            begins: None,
        },
        Place {
            order: 46,
            right: Permission::SuperviseShifts,
            also: None,
            href: "/till/supervise",
            words: || tr!(till.supervise),
            glyph: Glyph::Receipt,
            key: None,
            begins: Some(90),
        },
        Place {
            order: 47,
            right: Permission::ReadReports,
            also: None,
            href: "/books",
            words: || tr!(ledger.title),
            glyph: Glyph::Receipt,
            key: None,
            begins: None,
        },
        Place {
            order: 48,
            right: Permission::ReadBilling,
            also: Some(|who| who.may(Permission::TakePayments) || who.may(Permission::ApproveMoney)),
            href: "/approvals",
            words: || tr!(billing.approvals),
            glyph: Glyph::Receipt,
            key: None,
            begins: None,
        },
        Place {
            order: 70,
            right: Permission::ReadPrices,
            also: None,
            href: "/prices",
            words: || tr!(billing.prices),
            glyph: Glyph::Receipt,
            key: None,
            begins: Some(80),
        },
    ],
    topics: &[&BILLING],
    record_tabs: &[RecordTab {
        order: 30,
        right: Permission::ReadBilling,
        path: pages::ACCOUNT_TAB,
        words: || tr!(patients.account),
        sought: false,
    }],
    portal_panels: &[PortalPanel { order: 40, read: |ctx, patient| Box::pin(pages::portal_receipts(ctx, patient)) }],
    charge_sources: &[&charges::MANUAL],
    pricing: Some(&told::PRICING),
    stops: &[Stop { order: 50, step: PAYING.as_str(), waits: |ctx, visit| Box::pin(is_unpaid(ctx, visit)) }],
    rules: RULES,
    checks: Some(|tx| Box::pin(super::ledger::checks(tx))),
    audited: &[
        ("charge", || tr!(audit.what_charge)),
        ("discount", || tr!(audit.what_discount)),
        ("discount_limit", || tr!(audit.what_discount_limit)),
        ("revisit_rule", || tr!(audit.what_revisit_rule)),
        ("charges", || tr!(audit.what_charges)),
        ("charges without a price", || tr!(audit.what_unpriced)),
        ("estimate", || tr!(audit.what_estimate)),
        ("price_item", || tr!(audit.what_price_item)),
        ("credit_note", || tr!(audit.what_credit_note)),
        ("credit note", || tr!(audit.what_credit_note)),
        ("deposit", || tr!(audit.what_deposit)),
        ("instalments", || tr!(audit.what_instalments)),
        ("refund", || tr!(audit.what_refund)),
        ("write_off", || tr!(audit.what_write_off)),
        ("approvals", || tr!(audit.what_approvals)),
        ("till_settings", || tr!(audit.what_till_settings)),
        ("tax_class", || tr!(audit.what_tax_class)),
        ("invoice", || tr!(audit.what_invoice)),
        ("till_shift", || tr!(audit.what_till_shift)),
        ("cash_move", || tr!(audit.what_cash_move)),
        ("ledger_period", || tr!(audit.what_ledger_period)),
        ("accounts of the ledger", || tr!(audit.what_ledger_accounts)),
        ("payment", || tr!(audit.what_payment)),
        ("receipt", || tr!(audit.what_receipt)),
        ("statement", || tr!(audit.what_statement)),
        ("account", || tr!(audit.what_statement)),
        ("cashier list", || tr!(audit.what_cashier_list)),
        ("overdue accounts", || tr!(billing.overdue)),
        ("payment_terms", || tr!(billing.payment_terms)),
        ("invoice on paper", || tr!(audit.what_invoice_on_paper)),
    ],
    lists: &["accounts of the ledger", "approvals", "cashier list", "charges without a price", "overdue accounts"],
    ..Department::named("billing")
};

/// Whether the visit has an unpaid charge.
async fn is_unpaid(ctx: &mut Ctx, visit: VisitId) -> Result<bool> {
    let patient = opd::visit(&mut ctx.tx, visit).await?.patient_id;
    match charges::account_of(&mut ctx.tx, patient).await? {
        Some(account) => Ok(charges::unpaid_of_visit(&mut ctx.tx, account, visit).await? > 0),
        None => Ok(false),
    }
}
