//! Tests the FHIR importer on both engines: the results of good and wrong lines, and that a second run changes nothing.

mod again;
mod cases;
mod fuzz;
mod history;

use std::{io::Write as _, path::Path};

use super::{
    app::{open, test_now},
    on_both_databases,
};
use crate::{
    db::{Database, Engine, sql, sql_for},
    imports::fhir::{Counts, Options, Report, Source, import},
    keys::{IMPORTED, Sealed},
};

const LINES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/imports/testdata");

/// Creates a folder with the lines, some files compressed, and one torn in the middle.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(LINES).expect("the lines") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        if name.starts_with("Condition") {
            let packed = gzip(&std::fs::read(&path).expect("read"));
            std::fs::write(folder.path().join(format!("{name}.gz")), packed).expect("written");
        } else {
            std::fs::copy(&path, folder.path().join(name)).expect("copied");
        }
    }
    let whole: String =
        (0..1500_u32).map(|n| format!("{{\"resourceType\":\"Specimen\",\"id\":\"s{n}-{}\"}}\n", n.wrapping_mul(2_654_435_761))).collect();
    let mut torn = gzip(whole.as_bytes());
    torn.truncate(torn.len() / 2);
    std::fs::write(folder.path().join("Specimen.ndjson.gz"), torn).expect("written");
    folder
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).expect("memory takes it");
    packed.finish().expect("memory takes it")
}

async fn run(db: &Database, folder: &Path) -> Report {
    import(db, &Source::Folder(folder.to_owned()), &Options::default(), test_now(), &mut |_| {}).await.expect("imported")
}

/// Returns all rows of all tables as text.
async fn everything(db: &Database) -> Vec<String> {
    let mut tx = db.read().await.expect("a connection");
    let tables = sql_for(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx%' ORDER BY name",
        "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' AND table_name NOT LIKE '_sqlx%' ORDER BY table_name",
    );
    let tables: Vec<(String,)> = tx.all(tables).await.expect("tables");
    let mut rows = Vec::new();
    for (table,) in tables {
        let text = match db.engine() {
            // Every column as text; the catalogue lists the columns.
            Engine::Sqlite => {
                let columns: Vec<(String,)> =
                    tx.all(sql("SELECT name FROM pragma_table_info(").push_bind(&table).push(")")).await.expect("columns");
                let columns: Vec<String> = columns.into_iter().map(|(name,)| format!("quote(\"{name}\")")).collect();
                format!("SELECT {} FROM \"{table}\" ORDER BY 1", columns.join(" || ',' || "))
            }
            Engine::Postgres => format!("SELECT CAST(t.* AS TEXT) FROM \"{table}\" t ORDER BY 1"),
        };
        let found: Vec<(String,)> = tx.all(sql(text.leak())).await.expect("rows");
        rows.extend(found.into_iter().map(|(row,)| format!("{table}: {row}")));
    }
    rows
}

fn counts(report: &Report, kind: &str) -> (u64, u64, u64, u64, u64) {
    let Counts { read, stored, unchanged, without_home, rejected, updated: _ } = report.kinds.get(kind).copied().unwrap_or_default();
    (read, stored, unchanged, without_home, rejected)
}

async fn number(db: &Database, text: &'static str) -> i64 {
    db.read().await.expect("a connection").count(sql(text)).await.expect("a number")
}

#[tokio::test]
async fn good_lines_become_records_and_wrong_ones_are_told() {
    on_both_databases(async |db: Database| {
        let folder = folder();
        let report = run(&db, folder.path()).await;
        // The counts are: read, stored, unchanged, stored by no department, rejected.
        assert_eq!(counts(&report, "Organization"), (5, 4, 0, 1, 0));
        assert_eq!(counts(&report, "Location"), (3, 3, 0, 0, 0));
        assert_eq!(counts(&report, "Practitioner"), (2, 2, 0, 0, 0));
        assert_eq!(counts(&report, "PractitionerRole"), (1, 1, 0, 0, 0));
        assert_eq!(counts(&report, "Patient"), (12, 7, 0, 0, 5));
        assert_eq!(counts(&report, "Coverage"), (3, 2, 0, 1, 0));
        assert_eq!(counts(&report, "Encounter"), (5, 3, 0, 2, 0));
        assert_eq!(counts(&report, "Condition"), (3, 2, 0, 1, 0));
        assert_eq!(counts(&report, "AllergyIntolerance"), (3, 3, 0, 0, 0));
        assert_eq!(counts(&report, "MedicationRequest"), (3, 3, 0, 0, 0));
        assert_eq!(counts(&report, "Observation"), (9, 8, 0, 1, 0));
        assert_eq!(counts(&report, "Immunization"), (2, 0, 1, 1, 0));
        assert_eq!(counts(&report, "Procedure"), (1, 0, 0, 1, 0));
        assert_eq!(counts(&report, "?").4, 1, "a line that is no resource");
        let (read, _, _, kept, torn) = counts(&report, "Specimen");
        assert!(read > 100 && kept + 1 == read && torn == 1, "what is whole of a torn file is taken");

        let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        for expected in [
            "Patient.ndjson:4: Patient: differs from an earlier resource with the same id (left as it is here)",
            "Patient.ndjson:5: Patient: not a FHIR resource",
            "Patient.ndjson:6: Patient: this is a Observation, in a file of Patient",
            "Patient.ndjson:7: Patient.name: missing or unreadable: registered as an unknown person",
            "Patient.ndjson:8: Patient.birthDate: ",
            "Patient.ndjson:9: Patient: `id` is missing or no FHIR id",
            "Patient.ndjson:10: Patient.name: expected an array, found a string (taken without this)",
            "Patient.ndjson:11: Patient.identifier[0]: another patient has the same identifier: a possible duplicate: 77",
            "Patient.ndjson:12: Patient: the line is not UTF-8 text",
            "Practitioner.ndjson:2: Practitioner.telecom: another user signs in with this e-mail address",
            "Location.ndjson:3: Location.partOf: points at a resource that is not here: Location/ward-9",
            "Coverage.ndjson:3: Coverage.payor: points at a resource that is not here: Organization/nobody (kept as it came, not shown)",
            "Encounter.ndjson:4: Encounter.period.end: ends before it begins",
            "Condition.ndjson.gz:3: Condition.encounter: is another patient's",
            "Observation.ndjson:8: Observation.value[x]: the value is not plausible: 900",
            "2026-export.ndjson:3: ?: `resourceType` is not a kind of resource",
        ] {
            assert!(told.iter().any(|problem| problem.starts_with(expected)), "{expected} is not in {told:#?}");
        }

        assert_eq!(number(&db, "SELECT count(*) FROM patients").await, 7);
        assert_eq!(number(&db, "SELECT count(*) FROM billing_accounts").await, 7);
        assert_eq!(number(&db, "SELECT count(*) FROM hospital WHERE name = 'St. Example'").await, 1);
        let called = crate::patients::search(&mut db.read().await.expect("a connection"), "+34 600 333 444", 5).await.expect("found");
        assert_eq!(called.len(), 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE birth_precision = 'year' AND allergy_status = 'none_known'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE allergy_status = 'recorded'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patient_search_terms WHERE term = 'garcia'").await, 1);
        assert_eq!(number(&db, "SELECT copay_percent FROM coverages c JOIN insurers i ON i.id = c.insurer_id WHERE i.self_pay").await, 100);
        assert_eq!(number(&db, "SELECT count(*) FROM diagnoses WHERE code = 'H66.90' AND rank = 'primary'").await, 1);
        // A comorbidity of one encounter, and the first diagnosis of the one whose end was not taken.
        assert_eq!(number(&db, "SELECT count(*) FROM diagnoses WHERE code = 'I10' AND rank = 'secondary'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM diagnoses WHERE code = 'I10' AND rank = 'primary'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM problems").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM drugs").await, 1);
        // One round of six observations with a score, and a later pulse.
        assert_eq!(number(&db, "SELECT count(*) FROM vitals").await, 2);
        assert_eq!(
            number(
                &db,
                "SELECT count(*) FROM vitals WHERE systolic_mmhg = 121 AND pulse_bpm = 72 AND temperature_decicelsius = 369 AND spo2_percent = 98 AND news2 = 0"
            )
            .await,
            1
        );
        // The original of a resource that no department stores is kept.
        assert_eq!(number(&db, "SELECT count(*) FROM imported_records WHERE kind = 'Immunization' AND local_id IS NULL").await, 1);
        let bodies = bodies(&db, "Immunization").await;
        assert!(bodies.len() == 1 && bodies[0].contains("Influenza"));
        assert_eq!(number(&db, "SELECT count(*) FROM imported_records WHERE kind = 'Procedure' AND patient_id IS NOT NULL").await, 1);

        let broken: Vec<_> = {
            let mut tx = db.read().await.expect("a connection");
            crate::invariants::check(&mut tx).await.expect("checked").into_iter().filter(|finding| finding.broken > 0).collect()
        };
        assert_eq!(broken, []);
    })
    .await;
}

#[tokio::test]
async fn names_can_be_read_and_mere_dates_begin_at_the_clinics_midnight() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = [
            (
                "Practitioner",
                "{'id':'d1','name':[{'family':'R\u{200b}uiz','given':['Raúl\u{202e}'],'prefix':['Dr.']}]}\n\
                 {'id':'d2','name':[{'family':'\u{200b}','given':['-']}]}",
            ),
            (
                "Patient",
                "{'id':'p1','name':[{'family':'Ve\u{200b}ga','given':['Io']}],'gender':'female','birthDate':'1990-02-03'}\n\
                 {'id':'p2','name':[{'family':'\u{feff}','given':['-, .']}],'gender':'female','birthDate':'1990-02-03'}",
            ),
            (
                "Encounter",
                "{'id':'e1','status':'finished','class':{'code':'AMB'},'subject':{'reference':'Patient/p1'},\
                 'period':{'start':'2026-11-10','end':'2026-11-10'}}\n\
                 {'id':'e2','status':'finished','class':{'code':'AMB'},'subject':{'reference':'Patient/p1'},\
                 'period':{'start':'2026-11-11T10:00:00-05:00','end':'2026-11-11'}}\n\
                 {'id':'e3','status':'finished','class':{'code':'AMB'},'subject':{'reference':'Patient/p1'},\
                 'period':{'start':'2026-11-11T10:00:00-05:00','end':'2026-11-10'}}",
            ),
            (
                "Condition",
                "{'id':'k1','verificationStatus':{'coding':[{'code':'confirmed'}]},'category':[{'coding':[{'code':'problem-list-item'}]}],\
                 'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10-cm','code':'I10'}],'text':'Hypertension'},\
                 'subject':{'reference':'Patient/p1'},'recordedDate':'2026-07-10'}",
            ),
        ];
        for (kind, text) in lines {
            let text = text.replace('\'', "\"").replace("{\"id\"", &format!("{{\"resourceType\":\"{kind}\",\"id\""));
            std::fs::write(folder.path().join(format!("{kind}.ndjson")), text).expect("written");
        }
        let report = run(&db, folder.path()).await;
        assert_eq!((counts(&report, "Practitioner"), counts(&report, "Patient")), ((2, 1, 0, 1, 0), (2, 2, 0, 0, 0)));
        assert_eq!((counts(&report, "Encounter"), counts(&report, "Condition").1), ((3, 3, 0, 0, 0), 1), "{:?}", report.problems);
        let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        for expected in [
            "Practitioner.ndjson:2: Practitioner.name: cannot be read",
            "Patient.ndjson:2: Patient.name: missing or unreadable",
            "Encounter.ndjson:3: Encounter.period.end: ends before it begins",
        ] {
            assert!(told.iter().any(|problem| problem.starts_with(expected)), "{expected} is not in {told:#?}");
        }
        assert_eq!(number(&db, "SELECT count(*) FROM staff WHERE display_name = 'Dr. Raúl Ruiz' AND family_name = 'Ruiz'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM users WHERE display_name = 'Dr. Raúl Ruiz'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE family_name = 'Vega' AND given_names = 'Io'").await, 1);
        // The clinic is in New York, with winter and summer time.
        assert_eq!(number(&db, "SELECT count(*) FROM encounters WHERE started_at = '2026-11-10T05:00:00.000000Z'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM problems WHERE recorded_at = '2026-07-10T04:00:00.000000Z'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    on_both_databases(async |db: Database| {
        let folder = folder();
        let first = run(&db, folder.path()).await;
        let before = everything(&db).await;
        assert!(before.len() > 100);
        let second = run(&db, folder.path()).await;
        assert_eq!(second.total().stored, 0);
        assert_eq!(second.total().without_home, 0);
        assert_eq!(second.total().unchanged, first.total().stored + first.total().unchanged + first.total().without_home);
        assert_eq!(second.total().rejected, first.total().rejected);
        assert!(everything(&db).await == before, "a table has changed");
    })
    .await;
}

#[tokio::test]
async fn originals_are_kept_only_when_asked_for() {
    on_both_databases(async |db: Database| {
        let folder = folder();
        let options = Options { keep_originals: false, ..Options::default() };
        let report = import(&db, &Source::Folder(folder.path().to_owned()), &options, test_now(), &mut |_| {}).await.expect("imported");
        assert_eq!(counts(&report, "Procedure"), (1, 0, 0, 1, 0));
        assert_eq!(number(&db, "SELECT count(*) FROM imported_records WHERE local_id IS NULL").await, 0);
        assert_eq!(number(&db, "SELECT count(*) FROM imported_bodies").await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_empty_folder_is_said_to_be_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = open(&format!("sqlite:{}/x.db", folder.path().display())).await;
    let source = Source::Folder(folder.path().to_owned());
    let error = import(&db, &source, &Options::default(), test_now(), &mut |_| {}).await.expect_err("nothing to import");
    assert!(error.to_string().starts_with("no .ndjson or .json file, compressed or not, in"));
}

/// Returns the originals that were kept.
async fn bodies(db: &Database, kind: &str) -> Vec<String> {
    let mut tx = db.read().await.expect("a connection");
    let query = sql("SELECT id, sealed FROM imported_bodies WHERE kind = ").push_bind(kind);
    let rows: Vec<(uuid::Uuid, Sealed)> = tx.all(query).await.expect("rows");
    rows.into_iter().map(|(id, sealed)| IMPORTED.open(tx.keys(), id, id, &sealed).expect("opens").concat()).collect()
}
