//! The tabs over a patient's pages: record, chart, account, as far as the reader may see them.

use crate::{
    core::{PatientId, Permission},
    server::Principal,
    tr,
    ui::Tab,
};

/// The pages about one patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordTab {
    /// Names, contacts, allergies, coverage.
    Record,
    /// What was found and done.
    Chart,
    /// What it cost and who paid.
    Account,
}

/// The tabs for this reader.
pub fn record_tabs(who: &Principal, patient: PatientId, current: RecordTab) -> Vec<Tab> {
    [
        (RecordTab::Record, Permission::ReadPatients, "", tr!(patients.record)),
        (RecordTab::Chart, Permission::ReadChart, "/chart", tr!(patients.chart)),
        (RecordTab::Account, Permission::ReadBilling, "/account", tr!(patients.account)),
    ]
    .into_iter()
    .filter(|(_, permission, ..)| who.may(*permission))
    .map(|(tab, _, path, label)| Tab::new(format!("/patients/{patient}{path}"), label, tab == current))
    .collect()
}
