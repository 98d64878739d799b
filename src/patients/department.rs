//! Registers patients in the program: the value `DEPARTMENT` and its lists.

use super::{merges, pages, rules::RULES};
use crate::{
    core::Permission,
    server::{
        Department, HeardBy, Topic,
        department::{Place, PortalPanel, RailCount, RecordTab},
    },
    tr,
    ui::Glyph,
};

/// Changes of the patient's clinical data: allergies, and the findings, notes and prescriptions of later departments.
pub static CHART: Topic = Topic { name: "chart", heard: HeardBy::ThoseWhoMay(Permission::ReadChart), subject: None };

pub static DEPARTMENT: Department = Department {
    routes: pages::routes,
    places: &[
        Place {
            order: 60,
            right: Permission::FindPatients,
            also: None,
            href: "/patients",
            words: || tr!(nav.patients),
            glyph: Glyph::Patients,
            key: Some('p'),
            begins: None,
        },
        Place {
            order: 61,
            right: Permission::KeepRecords,
            also: None,
            href: "/merges",
            words: || tr!(merges.title),
            glyph: Glyph::Patients,
            key: None,
            begins: None,
        },
        // An auditor's day begins with the entries that wait for a verdict.
        Place {
            order: 87,
            right: Permission::ReadAudit,
            also: None,
            href: "/audit/emergencies",
            words: || tr!(audit.emergencies),
            glyph: Glyph::Shield,
            key: None,
            begins: Some(69),
        },
    ],
    rail_counts: &[(
        "/merges",
        RailCount::Query(|who, clinic| who.may_at(Permission::KeepRecords, clinic).then(|| merges::waiting(clinic))),
    )],
    topics: &[&CHART],
    record_tabs: &[RecordTab { order: 10, right: Permission::ReadPatients, path: "", words: || tr!(patients.record), sought: false }],
    portal_panels: &[PortalPanel { order: 30, read: |ctx, patient| Box::pin(pages::portal_allergies(ctx, patient)) }],
    care_page: Some(|patient| format!("/patients/{patient}/care")),
    rules: RULES,
    audited: &[
        ("record", || tr!(audit.what_record)),
        ("patient changes", || tr!(audit.what_patient_changes)),
        ("patient_photo", || tr!(patients.photo)),
        ("patient", || tr!(audit.what_record)),
        ("banner", || tr!(audit.what_banner)),
        ("list", || tr!(audit.what_list)),
        ("search", || tr!(audit.what_search)),
        ("allergy", || tr!(audit.what_allergies)),
        ("allergies", || tr!(audit.what_allergies)),
        ("patient_phone", || tr!(patients.phones)),
        ("contact", || tr!(audit.what_contact)),
        ("coverage", || tr!(audit.what_coverage)),
        ("portal_code", || tr!(audit.what_portal_code)),
        ("portal_access", || tr!(audit.what_portal_access)),
        ("access", || tr!(audit.what_access)),
        ("emergency", || tr!(audit.what_emergency)),
        ("access_grant", || tr!(audit.what_access_grant)),
        ("guardian", || tr!(audit.what_guardian)),
        ("care", || tr!(audit.what_care)),
        ("merge", || tr!(merges.what_merge)),
        ("merges", || tr!(merges.what_merges)),
        ("identity", || tr!(audit.what_identity)),
    ],
    lists: &["access_grant", "emergency", "identity", "list", "merges", "search"],
    ..Department::named("patients")
};
