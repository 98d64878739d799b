//! Registers consultations in the program: the value `DEPARTMENT` and its lists.

use super::{broken_signatures, is_counted, medicines, pages, rules::RULES, statements};
use crate::{
    core::{Permission, Result},
    db::Tx,
    server::{
        Department, HeardBy, Topic,
        department::{ChargeSource, ChartSource, Finding, Place, PortalPanel, RecordPanel, RecordTab},
    },
    tr,
    ui::Glyph,
};

/// A consultation that was signed; its id is the encounter's.
pub static CONSULTATION: ChargeSource = ChargeSource { kind: "consultation", words: || tr!(clinical.source_consultation) };

/// Prescriptions of a clinic that became active, or ended: the pharmacy follows them.
pub static PRESCRIPTIONS: Topic = Topic { name: "prescriptions", heard: HeardBy::ThoseWhoMay(Permission::Dispense), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    topics: &[&PRESCRIPTIONS],
    places: &[
        Place {
            order: 15,
            right: Permission::ReviewPrescriptions,
            also: None,
            href: "/prescriptions/overrides",
            words: || tr!(clinical.overrides),
            glyph: Glyph::Warning,
            key: None,
            begins: None,
        },
        Place {
            order: 10,
            right: Permission::WriteNotes,
            also: None,
            href: "/consultation",
            words: || tr!(nav.consultation),
            glyph: Glyph::Note,
            key: Some('c'),
            begins: Some(10),
        },
    ],
    // Staff who treat the patient open the chart first; the record is the next tab.
    record_tabs: &[RecordTab { order: 20, right: Permission::ReadChart, path: "/chart", words: || tr!(patients.chart), sought: true }],
    record_panels: &[RecordPanel { order: 17, read: |ctx, patient, _| Box::pin(statements::on_the_record(ctx, patient)) }],
    chart: &[
        ChartSource {
            order: 10,
            name: "notes",
            words: || tr!(clinical.consultations),
            read: |ctx, ask| Box::pin(pages::charted_consultations(ctx, ask)),
        },
        ChartSource {
            order: 12,
            name: "plans",
            words: || tr!(clinical.treatment_plans),
            read: |ctx, ask| Box::pin(pages::charted_plans(ctx, ask)),
        },
    ],
    portal_panels: &[
        PortalPanel { order: 10, read: |ctx, patient| Box::pin(pages::portal_visits(ctx, patient)) },
        PortalPanel { order: 15, read: |ctx, patient| Box::pin(pages::portal_plans(ctx, patient)) },
        PortalPanel { order: 20, read: |ctx, patient| Box::pin(pages::portal_medicines(ctx, patient)) },
    ],
    charge_sources: &[&CONSULTATION],
    rules: RULES,
    checks: Some(|tx| Box::pin(checks(tx))),
    audited: &[
        ("chart", || tr!(audit.what_chart)),
        ("consultation", || tr!(audit.what_encounter)),
        ("encounter", || tr!(audit.what_encounter)),
        ("note", || tr!(audit.what_note)),
        ("before_visit", || tr!(clinical.what_statement)),
        ("note_hold", || tr!(clinical.what_hold)),
        ("held_parts", || tr!(clinical.held_back)),
        ("addendum", || tr!(audit.what_addendum)),
        ("problem", || tr!(clinical.what_problem)),
        ("problems", || tr!(clinical.problems)),
        ("treatment_plan", || tr!(clinical.treatment_plan)),
        ("diagnosis", || tr!(audit.what_diagnosis)),
        ("prescription", || tr!(audit.what_prescription)),
        ("prescription_replaced", || tr!(audit.what_prescription_replaced)),
        ("signing_key", || tr!(audit.what_signing_key)),
        ("visit summary", || tr!(audit.what_visit_summary)),
        ("prescriptions despite warnings", || tr!(audit.what_prescriptions_despite)),
        ("prescription against a warning", || tr!(audit.what_prescription_despite)),
    ],
    lists: &["note", "prescriptions despite warnings"],
    ..Department::named("clinical")
};

async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let rows = medicines::store::forgotten_drafts(tx).await?;
    let signatures = broken_signatures(tx).await?;
    let uncounted = !is_counted(tx).await?;
    Ok(vec![
        Finding::named("a finished encounter leaves no draft prescription", rows),
        Finding::of("what is signed is what was signed", signatures),
        Finding::of("the mark that signatures were counted stands", i64::from(uncounted)),
    ])
}
