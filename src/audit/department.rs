//! The audit log's `DEPARTMENT`, with the entries that it adds to the program's lists.

use super::{pages, verify};
use crate::{
    core::{Permission, Result},
    db::Tx,
    server::{
        Department,
        department::{Finding, Place},
    },
    tr,
    ui::Glyph,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[Place {
        order: 90,
        right: Permission::ReadAudit,
        also: None,
        href: "/audit",
        words: || tr!(nav.audit),
        glyph: Glyph::Search,
        key: None,
        begins: Some(70),
    }],
    checks: Some(|tx| Box::pin(checks(tx))),
    audited: &[("audit", || tr!(audit.what_audit)), ("audit_export", || tr!(audit.what_export)), ("openings", || tr!(audit.what_openings))],
    lists: &["audit", "audit_export"],
    ..Department::named("audit")
};

async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let broken = verify(tx, None).await?.broken.len();
    Ok(vec![Finding::of("the audit log is as it was sealed", i64::try_from(broken).unwrap_or(i64::MAX))])
}
