//! Registers documents in the program: the value `DEPARTMENT` and its lists.

use super::{pages, rescan, rules};
use crate::{
    core::Permission,
    server::{
        Department,
        department::{ChartSource, PortalPanel, RecordTab},
    },
    tr,
};

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    record_tabs: &[RecordTab {
        order: 47,
        right: Permission::AddDocuments,
        path: "/documents",
        words: || tr!(documents.title),
        sought: false,
    }],
    chart: &[ChartSource {
        order: 47,
        name: "documents",
        words: || tr!(documents.title),
        read: |ctx, ask| Box::pin(pages::charted(ctx, ask)),
    }],
    portal_panels: &[PortalPanel { order: 53, read: |ctx, patient| Box::pin(pages::portal_documents(ctx, patient)) }],
    jobs: &[|state| Box::pin(rescan::keep_scanning(state))],
    rules: rules::RULES,
    checks: Some(|tx| Box::pin(rules::checks(tx))),
    audited: &[
        ("document", || tr!(documents.what_document)),
        ("document_scan", || tr!(documents.what_scan)),
        ("document_list", || tr!(documents.what_list)),
    ],
    ..Department::named("documents")
};
