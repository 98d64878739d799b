//! Tests what becomes of results, studies, doses and stays of before: shown, marked, and the beginning of no work.

use std::path::Path;

use chrono::{Duration, NaiveDate};

use super::{counts, everything, number, on_both_databases, run};
use crate::{
    core::PatientId,
    db::{Database, sql},
    history,
    imports::fhir::Done,
    tests::{TestApp, on_both_engines},
};

const LOCATIONS: &str = "{'resourceType':'Location','id':'b1','name':'Bed 3E-01','physicalType':{'coding':[{'code':'bd'}]},'partOf':{'reference':'Location/w1'}}
{'resourceType':'Location','id':'b2','name':'Bed 3E-02','physicalType':{'coding':[{'code':'bd'}]},'partOf':{'reference':'Location/r1'}}
{'resourceType':'Location','id':'r1','name':'Room 1','physicalType':{'coding':[{'code':'ro'}]},'partOf':{'reference':'Location/w1'}}
{'resourceType':'Location','id':'or','name':'Operating Room','physicalType':{'coding':[{'code':'ro'}]}}
{'resourceType':'Location','id':'w1','name':'Ward 3E','physicalType':{'coding':[{'code':'wa'}]}}";

const PATIENTS: &str =
    "{'resourceType':'Patient','id':'p1','name':[{'family':'Vega','given':['Io']}],'gender':'female','birthDate':'1980-04-18'}
{'resourceType':'Patient','id':'p2','name':[{'family':'Ruiz','given':['Raul']}],'gender':'male','birthDate':'1970-04-18'}
{'resourceType':'Patient','id':'p3','name':[{'family':'Sol','given':['Eva']}],'gender':'female','birthDate':'1975-04-18'}";

const ENCOUNTERS: &str = "{'resourceType':'Encounter','id':'e1','meta':{'versionId':'1'},'status':'finished','class':{'code':'IMP'},'subject':{'reference':'Patient/p1'},'period':{'start':'2026-08-31T13:35:00Z','end':'2026-09-04T10:35:00Z'},'reasonCode':[{'text':'Asthma'}],'priority':{'coding':[{'code':'UR'}]},'hospitalization':{'admitSource':{'coding':[{'code':'emd'}]}},'location':[{'location':{'reference':'Location/b1'},'status':'completed'},{'location':{'reference':'Location/w1'},'status':'completed'}]}
{'resourceType':'Encounter','id':'e2','status':'in-progress','class':{'code':'IMP'},'subject':{'reference':'Patient/p2'},'period':{'start':'2026-10-01T10:00:00Z'},'location':[{'location':{'reference':'Location/b2'},'status':'active'}]}
{'resourceType':'Encounter','id':'e3','status':'in-progress','class':{'code':'IMP'},'subject':{'reference':'Patient/p3'},'period':{'start':'2026-10-02T10:00:00Z'},'location':[{'location':{'reference':'Location/b2'},'status':'active'}]}
{'resourceType':'Encounter','id':'e4','status':'finished','class':{'code':'IMP'},'subject':{'reference':'Patient/p1'},'period':{'start':'2026-07-01T10:00:00Z','end':'2026-07-02T10:00:00Z'},'location':[{'location':{'reference':'Location/or'}}]}";

const REQUESTS: &str = "{'resourceType':'ServiceRequest','id':'s1','status':'completed','intent':'order','category':[{'coding':[{'code':'LAB'}]}],'code':{'coding':[{'system':'http://loinc.org','code':'6690-2'}],'text':'WBC'},'subject':{'reference':'Patient/p1'},'encounter':{'reference':'Encounter/e1'},'authoredOn':'2026-09-01T06:00:00Z'}
{'resourceType':'ServiceRequest','id':'s2','status':'active','intent':'order','category':[{'coding':[{'code':'RAD'}]}],'code':{'text':'Chest_Xray'},'subject':{'reference':'Patient/p1'},'authoredOn':'2026-09-01T07:00:00Z'}
{'resourceType':'ServiceRequest','id':'s3','status':'active','intent':'order','category':[{'coding':[{'code':'RAD'}]}],'code':{'text':'MRI of the head'},'subject':{'reference':'Patient/p1'},'authoredOn':'2026-09-01T08:00:00Z'}
{'resourceType':'ServiceRequest','id':'s4','status':'active','intent':'plan','code':{'text':'Some day'},'subject':{'reference':'Patient/p1'},'authoredOn':'2026-09-01T08:00:00Z'}
{'resourceType':'ServiceRequest','id':'s5','status':'active','intent':'order','doNotPerform':true,'code':{'text':'Never'},'subject':{'reference':'Patient/p1'},'authoredOn':'2026-09-01T08:00:00Z'}";

const RESULTS: &str = "{'resourceType':'Observation','id':'o1','meta':{'versionId':'1'},'status':'final','category':[{'coding':[{'code':'laboratory'}]}],'code':{'coding':[{'system':'http://loinc.org','code':'6690-2'}],'text':'Leukocytes'},'subject':{'reference':'Patient/p1'},'encounter':{'reference':'Encounter/e1'},'effectiveDateTime':'2026-09-01T06:00:00Z','issued':'2026-09-01T08:00:00Z','valueQuantity':{'value':6650.0,'unit':'/uL','code':'/uL'},'referenceRange':[{'low':{'value':3500},'high':{'value':10500}}],'interpretation':[{'coding':[{'code':'N'}]}],'basedOn':[{'reference':'ServiceRequest/s1'}],'specimen':{'reference':'Specimen/m1'}}
{'resourceType':'Observation','id':'o2','status':'final','category':[{'coding':[{'code':'laboratory'}]}],'code':{'text':'Potassium'},'subject':{'reference':'Patient/p1'},'effectiveDateTime':'2026-09-01T06:00:00Z','issued':'2026-09-01T09:00:00Z','valueQuantity':{'value':6.9,'unit':'mmol/L'},'interpretation':[{'coding':[{'code':'HH'}]}],'note':[{'text':'Haemolysed a little'}]}
{'resourceType':'Observation','id':'o3','status':'preliminary','category':[{'coding':[{'code':'laboratory'}]}],'code':{'text':'Sodium'},'subject':{'reference':'Patient/p1'},'effectiveDateTime':'2026-09-01T06:00:00Z','valueQuantity':{'value':140,'unit':'mmol/L'}}
{'resourceType':'Observation','id':'o4','status':'final','category':[{'coding':[{'code':'laboratory'}]}],'code':{'text':'Culture'},'subject':{'reference':'Patient/p1'},'effectiveDateTime':'2026-09-02T06:00:00Z','valueCodeableConcept':{'text':'Escherichia coli'}}
{'resourceType':'Observation','id':'o5','status':'final','category':[{'coding':[{'code':'laboratory'}]}],'code':{'text':'Glucose'},'subject':{'reference':'Patient/p2'},'effectiveDateTime':'2026-09-02T06:00:00Z','valueQuantity':{'value':5.5,'unit':'mmol/L'},'specimen':{'reference':'Specimen/m1'}}";

const SPECIMENS: &str = "{'resourceType':'Specimen','id':'m1','status':'available','type':{'text':'Blood specimen'},'subject':{'reference':'Patient/p1'},'collection':{'collectedDateTime':'2026-09-01T06:00:00Z'}}
{'resourceType':'Specimen','id':'m2','status':'available','subject':{'reference':'Patient/p1'}}";

const STUDIES: &str = "{'resourceType':'ImagingStudy','id':'i1','status':'available','subject':{'reference':'Patient/p1'},'basedOn':[{'reference':'ServiceRequest/s2'}],'started':'2026-09-01T10:00:00Z','modality':[{'code':'CR'}],'numberOfSeries':1,'numberOfInstances':2,'description':'X-ray of the chest'}";

const REPORTS: &str = "{'resourceType':'DiagnosticReport','id':'d1','meta':{'versionId':'1'},'status':'final','category':[{'coding':[{'code':'LAB'}]}],'code':{'text':'Panel'},'subject':{'reference':'Patient/p1'},'effectiveDateTime':'2026-09-01T06:00:00Z','issued':'2026-09-01T00:00:00Z','result':[{'reference':'Observation/o1'},{'reference':'Observation/o2'}],'conclusion':'Potassium high','basedOn':[{'reference':'ServiceRequest/s1'}]}
{'resourceType':'DiagnosticReport','id':'d2','status':'final','category':[{'coding':[{'code':'RAD'}]}],'code':{'text':'X-ray'},'subject':{'reference':'Patient/p1'},'issued':'2026-09-01T12:00:00Z','imagingStudy':[{'reference':'ImagingStudy/i1'}],'conclusion':'No acute findings'}
{'resourceType':'DiagnosticReport','id':'d3','status':'registered','code':{'text':'To come'},'subject':{'reference':'Patient/p1'},'issued':'2026-09-01T12:00:00Z'}";

const MEDICINES: &str = "{'resourceType':'MedicationRequest','id':'r1','status':'completed','intent':'order','medicationCodeableConcept':{'text':'Prednisone'},'subject':{'reference':'Patient/p1'},'encounter':{'reference':'Encounter/e1'},'authoredOn':'2026-09-01T06:00:00Z'}
{'resourceType':'MedicationRequest','id':'r2','status':'active','intent':'plan','medicationCodeableConcept':{'text':'Planned'},'subject':{'reference':'Patient/p1'},'authoredOn':'2026-09-01T06:00:00Z'}";

const DOSES: &str = "{'resourceType':'MedicationAdministration','id':'a1','meta':{'versionId':'1'},'status':'completed','medicationCodeableConcept':{'text':'Prednisone'},'subject':{'reference':'Patient/p1'},'context':{'reference':'Encounter/e1'},'request':{'reference':'MedicationRequest/r1'},'effectiveDateTime':'2026-09-01T08:00:00Z','dosage':{'dose':{'value':40.0,'unit':'mg'},'route':{'text':'PO'}}}
{'resourceType':'MedicationAdministration','id':'a2','status':'not-done','statusReason':[{'text':'Asleep'}],'medicationCodeableConcept':{'text':'Prednisone'},'subject':{'reference':'Patient/p1'},'request':{'reference':'MedicationRequest/r2'},'effectiveDateTime':'2026-09-01T20:00:00Z','dosage':{'text':'40 mg'}}
{'resourceType':'MedicationAdministration','id':'a3','status':'in-progress','medicationCodeableConcept':{'text':'Saline'},'subject':{'reference':'Patient/p1'},'effectiveDateTime':'2026-09-02T08:00:00Z'}";

const FILES: [(&str, &str); 10] = [
    ("Location", LOCATIONS),
    ("Patient", PATIENTS),
    ("Encounter", ENCOUNTERS),
    ("MedicationRequest", MEDICINES),
    ("MedicationAdministration", DOSES),
    ("ServiceRequest", REQUESTS),
    ("Specimen", SPECIMENS),
    ("Observation", RESULTS),
    ("ImagingStudy", STUDIES),
    ("DiagnosticReport", REPORTS),
];

fn put(folder: &Path, kind: &str, text: &str) {
    std::fs::write(folder.join(format!("{kind}.ndjson")), text.replace('\'', "\"")).expect("written");
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (kind, text) in FILES {
        put(folder.path(), kind, text);
    }
    folder
}

async fn first_patient(db: &Database) -> PatientId {
    let query = sql("SELECT id FROM patients WHERE family_name = 'Vega'");
    db.read().await.expect("a connection").one::<(PatientId,)>(query).await.expect("the patient").0
}

async fn nothing_is_broken(db: &Database) {
    let mut tx = db.read().await.expect("a connection");
    let broken: Vec<_> =
        crate::invariants::check(&mut tx).await.expect("checked").into_iter().filter(|finding| finding.broken > 0).collect();
    assert_eq!(broken, []);
}

#[tokio::test]
async fn what_was_done_before_lands_and_starts_nothing() {
    on_both_databases(async |db: Database| {
        let folder = folder();
        let report = run(&db, folder.path()).await;
        let problems = &report.problems;
        assert_eq!(counts(&report, "Location"), (5, 5, 0, 0, 0), "{problems:#?}");
        assert_eq!(counts(&report, "Encounter"), (4, 4, 0, 0, 0), "{problems:#?}");
        assert_eq!(counts(&report, "MedicationAdministration"), (3, 2, 0, 1, 0), "{problems:#?}");
        assert_eq!(counts(&report, "ServiceRequest"), (5, 3, 0, 2, 0), "{problems:#?}");
        assert_eq!(counts(&report, "Specimen"), (2, 1, 0, 1, 0), "{problems:#?}");
        assert_eq!(counts(&report, "Observation"), (5, 4, 0, 1, 0), "{problems:#?}");
        assert_eq!(counts(&report, "ImagingStudy"), (1, 1, 0, 0, 0), "{problems:#?}");
        assert_eq!(counts(&report, "DiagnosticReport"), (3, 2, 0, 1, 0), "{problems:#?}");
        let told = |id: &str, path: &str, done: Done| {
            problems.iter().any(|problem| problem.id == id && problem.trouble.path == path && problem.done == done)
        };
        for (id, path, done) in [
            ("s4", "intent", Done::Kept),
            ("s5", "doNotPerform", Done::Kept),
            ("o3", "status", Done::Kept),
            ("o5", "specimen", Done::Partly),
            ("a2", "request", Done::Partly),
            ("a3", "status", Done::Kept),
            ("m2", "collection.collected[x]", Done::Kept),
            ("d3", "status", Done::Kept),
            ("e3", "location", Done::Partly),
            ("e4", "location", Done::Partly),
        ] {
            assert!(told(id, path, done), "{id} {path}: {problems:#?}");
        }

        let patient = first_patient(&db).await;
        let mut tx = db.read().await.expect("a connection");
        let draws = history::draws(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(draws.iter().map(|(_, results)| results.len()).collect::<Vec<_>>(), [1, 2], "two draws, the latest first");
        assert_eq!(draws[0].1[0].text, "Escherichia coli");
        let [white, potassium] = &draws[1].1[..] else { panic!("{draws:?}") };
        assert_eq!((white.value.as_str(), white.unit.as_str(), white.sent.as_str()), ("6.65", "10*3/uL", "6650 /uL"));
        assert_eq!((white.range_text.as_str(), white.flag.as_str()), ("3.5–10.5", "N"));
        assert_eq!((potassium.value.as_str(), potassium.flag.as_str(), potassium.comment.as_str()), ("6.9", "HH", "Haemolysed a little"));
        assert_eq!(history::draws(&mut tx, patient, Some(draws[0].0), 10).await.expect("read").len(), 1, "before the latest");
        assert_eq!(history::results_for_patient(&mut tx, patient, 10).await.expect("read").len(), 3);
        let reports = history::reports(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(reports.len(), 2);
        assert_eq!(reports[0].conclusion, "No acute findings");
        assert_eq!(reports[1].at.to_rfc3339(), "2026-09-01T09:00:00+00:00", "when its newest result was reported");
        assert_eq!(reports[1].source_issued.map(|at| at.to_rfc3339()).as_deref(), Some("2026-09-01T00:00:00+00:00"));
        assert_eq!(history::studies(&mut tx, patient, None, 10).await.expect("read").len(), 0, "the study has its report");
        let waiting = history::unanswered(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(waiting.iter().map(|order| order.title.as_str()).collect::<Vec<_>>(), ["MRI of the head"]);
        let days = history::days_of_doses(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(days.iter().map(|(_, doses)| doses.len()).collect::<Vec<_>>(), [2], "one day");
        assert_eq!((days[0].1[0].reason.as_str(), days[0].1[1].dose.as_str()), ("Asleep", "40 mg"));
        drop(tx);

        for none in [
            "SELECT count(*) FROM charges",
            "SELECT count(*) FROM notifications",
            "SELECT count(*) FROM messages",
            "SELECT count(*) FROM lab_critical_calls",
            "SELECT count(*) FROM orders",
            "SELECT count(*) FROM queue_entries",
            "SELECT count(*) FROM nursing_tasks",
            "SELECT count(*) FROM bed_days",
        ] {
            assert_eq!(number(&db, none).await, 0, "{none}");
        }
        nothing_is_broken(&db).await;

        let before = everything(&db).await;
        let again = run(&db, folder.path()).await.total();
        assert_eq!((again.stored, again.updated, again.without_home), (0, 0, 0), "a second run changes nothing");
        assert!(everything(&db).await == before, "a table has changed");
    })
    .await;
}

#[tokio::test]
async fn locations_become_wards_and_stays_become_admissions() {
    on_both_databases(async |db: Database| {
        let folder = folder();
        run(&db, folder.path()).await;
        for (expected, query) in [
            (1, "SELECT count(*) FROM wards WHERE name = 'Ward 3E' AND code = '3E' AND kind = 'mixed'"),
            (2, "SELECT count(*) FROM ward_rooms"),
            (1, "SELECT count(*) FROM beds b JOIN ward_rooms r ON r.id = b.room_id WHERE b.name = 'Bed 3E-02' AND r.name = 'Room 1'"),
            (1, "SELECT count(*) FROM beds b JOIN ward_rooms r ON r.id = b.room_id WHERE b.name = 'Bed 3E-01' AND r.name = 'Ward 3E'"),
            (1, "SELECT count(*) FROM bed_classes c JOIN price_items i ON i.id = c.item_id WHERE i.code = 'BED-DAY'"),
            (0, "SELECT count(*) FROM prices"),
            (2, "SELECT count(*) FROM admissions"),
            (1, "SELECT count(*) FROM admissions WHERE state = 'discharged' AND number = 'FHIR-e1' AND source = 'emergency' AND urgency = 'urgent'"),
            (1, "SELECT count(*) FROM admissions WHERE state = 'admitted' AND number = 'FHIR-e2'"),
            (1, "SELECT count(*) FROM bed_uses"),
            (2, "SELECT count(*) FROM past_stays"),
        ] {
            assert_eq!(number(&db, query).await, expected, "{query}");
        }
        // A newer version of a stay that is over changes its times; the one that goes on belongs to its ward.
        let newer = ENCOUNTERS.replace("'versionId':'1'", "'versionId':'2'").replace("2026-09-04T10:35:00Z", "2026-09-05T10:35:00Z");
        put(folder.path(), "Encounter", &newer);
        let report = run(&db, folder.path()).await;
        assert_eq!(report.kinds["Encounter"].updated, 1, "{:#?}", report.problems);
        let left = sql("SELECT left_at FROM admissions WHERE number = 'FHIR-e1'");
        let left = db.read().await.expect("a connection").one::<(crate::core::time::Instant,)>(left).await.expect("a time").0;
        assert_eq!(left.to_rfc3339(), "2026-09-05T10:35:00+00:00");
        assert_eq!(number(&db, "SELECT count(*) FROM admissions").await, 2);
        nothing_is_broken(&db).await;
    })
    .await;
}

#[tokio::test]
async fn days_before_the_import_are_not_charged_again() {
    on_both_engines(|app: TestApp| async move {
        let folder = folder();
        run(&app.state.db, folder.path()).await;
        let db = &app.state.db;
        crate::wards::charge_days(&app.state).await.expect("charged");
        assert_eq!(number(db, "SELECT count(*) FROM bed_days y JOIN past_stays s ON s.admission_id = y.admission_id").await, 0);
        app.state.clock.advance(Duration::days(2));
        crate::wards::charge_days(&app.state).await.expect("charged");
        let days = number(db, "SELECT count(*) FROM bed_days y JOIN past_stays s ON s.admission_id = y.admission_id").await;
        assert!((1..=2).contains(&days), "the nights since the import and no other: {days}");
        assert_eq!(
            number(db, "SELECT count(*) FROM bed_days y JOIN past_stays s ON s.admission_id = y.admission_id WHERE y.day < s.charged_from").await,
            0
        );
        // The database alone refuses a day of before.
        let early = NaiveDate::from_ymd_opt(2026, 10, 2).expect("a day");
        let query = sql("INSERT INTO bed_days (id, admission_id, day, bed_id, class_id, kind, item_id, created_at) SELECT ")
            .push_bind(uuid::Uuid::now_v7())
            .push(", y.admission_id, ")
            .push_bind(early)
            .push(", y.bed_id, y.class_id, y.kind, y.item_id, y.created_at FROM bed_days y JOIN past_stays s ON s.admission_id = y.admission_id LIMIT 1");
        let mut tx = db.write().await.expect("a transaction");
        let error = tx.execute(query).await.expect_err("refused");
        assert!(error.violates("past_stays_charged"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_newer_version_replaces_a_row_of_the_history() {
    on_both_databases(async |db: Database| {
        let folder = folder();
        run(&db, folder.path()).await;
        let newer = |text: &str| text.replace("'versionId':'1'", "'versionId':'2'");
        put(folder.path(), "Observation", &newer(RESULTS).replace("6650.0", "7650.0"));
        put(folder.path(), "DiagnosticReport", &newer(REPORTS).replace("Potassium high", "Potassium very high"));
        put(folder.path(), "MedicationAdministration", &newer(DOSES).replace("'value':40.0", "'value':30.0"));
        let report = run(&db, folder.path()).await;
        for kind in ["Observation", "DiagnosticReport", "MedicationAdministration"] {
            assert_eq!(report.kinds[kind].updated, 1, "{kind}: {:#?}", report.problems);
        }
        let patient = first_patient(&db).await;
        let mut tx = db.read().await.expect("a connection");
        let draws = history::draws(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(draws[1].1[0].value, "7.65");
        let reports = history::reports(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(reports[1].conclusion, "Potassium very high");
        let days = history::days_of_doses(&mut tx, patient, None, 10).await.expect("read");
        assert_eq!(days[0].1[1].dose, "30 mg");
        drop(tx);
        nothing_is_broken(&db).await;
        let again = run(&db, folder.path()).await.total();
        assert_eq!((again.stored, again.updated), (0, 0));
        // The same content of another patient is not written over the row: the owner is bound into what is sealed.
        put(folder.path(), "Observation", &RESULTS.replace("'versionId':'1'", "'versionId':'3'").replace("Patient/p1", "Patient/p3"));
        let report = run(&db, folder.path()).await;
        assert_eq!(report.kinds["Observation"].updated, 0, "{:#?}", report.problems);
    })
    .await;
}

async fn refused_by(db: &Database, guard: &str, query: crate::db::Sql) {
    let text = format!("{query:?}");
    let mut tx = db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err("the database refuses");
    assert!(error.violates(guard), "{guard}: {error} for {text}");
}

#[tokio::test]
async fn the_database_alone_keeps_the_history() {
    on_both_databases(async |db: Database| {
        run(&db, folder().path()).await;
        for query in [
            "DELETE FROM past_orders",
            "DELETE FROM past_specimens",
            "DELETE FROM past_results",
            "DELETE FROM past_studies",
            "DELETE FROM past_reports",
            "DELETE FROM past_doses",
            "DELETE FROM past_stays",
            "UPDATE past_results SET version = version + 2",
            "UPDATE past_specimens SET patient_id = (SELECT id FROM patients WHERE family_name = 'Ruiz')",
            "UPDATE past_stays SET charged_from = '2026-01-01'",
        ] {
            refused_by(&db, "past_fixed", sql(query)).await;
        }
        let other =
            sql("UPDATE past_results SET order_id = (SELECT o.id FROM past_orders o WHERE o.patient_id <> past_results.patient_id LIMIT 1)
            WHERE patient_id = (SELECT id FROM patients WHERE family_name = 'Ruiz')");
        refused_by(&db, "past_same_patient", other).await;
    })
    .await;
}

#[tokio::test]
async fn the_chart_and_the_stay_show_what_was_brought_along() {
    on_both_engines(|app: TestApp| async move {
        let folder = folder();
        run(&app.state.db, folder.path()).await;
        let patient = first_patient(&app.state.db).await;
        let doctor = app.as_("doctor").await;
        let chart = doctor.get(&format!("/patients/{patient}/chart?only=history")).await.body;
        for shown in ["6.65 10*3/uL", "Flag of the sender: HH", "Potassium high", "No acute findings", "MRI of the head", "40 mg", "Asleep"]
        {
            assert!(chart.contains(shown), "{shown}: {chart}");
        }
        assert!(chart.contains("From another system"), "{chart}");
        let entries = chart.split("class=\"chart\"").nth(1).and_then(|rest| rest.split("<aside").next()).expect("the entries");
        assert!(!entries.contains("Infirmary"), "the import is no performer: {entries}");
    })
    .await;
}
