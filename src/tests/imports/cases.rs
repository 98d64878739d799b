//! Tests FHIR as other systems write it: `src/imports/testcases`.

use std::path::Path;

use uuid::Uuid;

use super::{counts, number, on_both_databases, run, test_now};
use crate::{
    core::PatientId,
    db::{Database, sql},
    imports::fhir::{Done, Options, Report, Source, import},
    patients::{self, Patient},
};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/imports/testcases");

/// Returns the record that a resource became.
async fn local(db: &Database, kind: &str, id: &str) -> Option<Uuid> {
    let query = sql("SELECT local_id FROM imported_records WHERE kind = $1 AND external_id = $2").bind(kind).bind(id);
    let row: Option<(Option<Uuid>,)> = db.read().await.expect("a connection").optional(query).await.expect("a row");
    row.unwrap_or_else(|| panic!("{kind}/{id} is not recorded")).0
}

async fn patient(db: &Database, id: &str) -> Patient {
    let local = local(db, "Patient", id).await.unwrap_or_else(|| panic!("{id} is no patient"));
    patients::find(&mut db.read().await.expect("a connection"), PatientId(local)).await.expect("a patient")
}

async fn name(db: &Database, id: &str) -> (String, String) {
    let name = patient(db, id).await.facts.name;
    (name.given_names, name.family_name)
}

fn told<'r>(report: &'r Report, id: &str) -> Vec<&'r str> {
    report.problems.iter().filter(|problem| problem.id == id).map(|problem| problem.trouble.reason.as_ref()).collect()
}

fn is_told(report: &Report, id: &str, path: &str, done: Done) -> bool {
    report.problems.iter().any(|problem| problem.id == id && problem.trouble.path.starts_with(path) && problem.done == done)
}

/// Drug, dose, frequency, as needed, most a day, days, instructions.
type Prescribed = (String, String, String, bool, Option<i64>, Option<i64>, String);

async fn nothing_is_broken(db: &Database) {
    let mut tx = db.read().await.expect("a connection");
    let broken: Vec<_> =
        crate::invariants::check(&mut tx).await.expect("checked").into_iter().filter(|finding| finding.broken > 0).collect();
    assert_eq!(broken, []);
}

#[tokio::test]
async fn people_are_taken_whole_with_their_present_names() {
    on_both_databases(async |db: Database| {
        let report = run(&db, Path::new(CASES)).await;
        assert_eq!(counts(&report, "Patient"), (41, 40, 0, 1, 0), "{:#?}", report.problems);
        let of = |given: &str, family: &str| (given.to_owned(), family.to_owned());
        assert_eq!(name(&db, "nullgiven").await, of("Ann", "Nullgiven"));
        for (id, given, family) in [
            ("n1", "TERRY", "Current"),
            ("n2", "Ron", "Real"),
            ("n3", "Uta", "Usual"),
            ("n4", "James", "Chalmers"),
            ("maidenfirst", "Dora", "Newname"),
            ("periodended", "Ella", "Nowadays"),
            ("suffix", "Martin", "King Jr."),
            ("textname", "Anna Maria van der Berg", ""),
            ("nofamily", "Suharto", ""),
            ("gonly", "", "Underscore"),
            ("emoji", "Z\u{301}oe", "Emoji😀"),
            ("noname", "Unknown", ""),
        ] {
            assert_eq!(name(&db, id).await, of(given, family), "{id}");
        }
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE given_names = 'Unknown'").await, 5);
        assert!(is_told(&report, "noname", "name", Done::Partly) && is_told(&report, "unread-b", "name", Done::Partly));
        assert_eq!(patient(&db, "n4").await.facts.name.preferred_name, "Jim");
        for former in ["former", "oldname", "formerly", "jim"] {
            let query = sql("SELECT count(*) FROM patient_search_terms WHERE term = ").push_bind(former);
            assert!(db.read().await.expect("a connection").count(query).await.expect("a number") > 0, "{former} finds nobody");
        }

        // The terms of former names stay when somebody corrects the record.
        assert_eq!(
            number(&db, "SELECT count(*) FROM patient_former_names WHERE family_name IN ('Former', 'Oldname', 'Formerly')").await,
            3
        );

        let lived = patient(&db, "nullline").await.facts.more;
        assert_eq!((lived.address.as_str(), lived.city.as_str()), ("Flat 2", "Lund"));
        let moved = patient(&db, "oldaddress").await.facts.more;
        assert_eq!((moved.address.as_str(), moved.city.as_str()), ("2 Present St", "Newtown"));
        assert_eq!((moved.email.as_str(), moved.phone.as_str()), ("now@example.org", "+1 617 555 0142"));
        assert_eq!(patient(&db, "samephone").await.facts.more.phone, "+1 617 555 0177");
        assert_eq!(patient(&db, "longphone").await.facts.more.phone, "0171-23 45 67");
        assert!(is_told(&report, "longphone", "telecom", Done::Partly));

        assert_eq!(number(&db, "SELECT count(*) FROM patient_identifiers WHERE system = 'Hospital number'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patient_identifiers WHERE system = 'urn:oid:2.999.1'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patient_identifiers WHERE system = 'urn:oid:2.999.2'").await, 2);
        for shared in ["sharedid1", "sharedid2"] {
            assert!(told(&report, shared).iter().any(|reason| reason.contains("possible duplicate")), "{shared}");
        }
        assert!(is_told(&report, "nosystem", "identifier", Done::Partly));
        nothing_is_broken(&db).await;
    })
    .await;
}

#[tokio::test]
async fn dates_keep_what_is_known_of_them() {
    on_both_databases(async |db: Database| {
        let report = run(&db, Path::new(CASES)).await;
        for (id, words) in [
            ("deadflag", Some("Died, day not known")),
            ("deadlate", Some("Died 1 Mar 2020")),
            ("deadyear", Some("Died in 2019")),
            ("deadnoz", Some("Died 14 Feb 2015")),
            ("deadbad", Some("Died, day not known")),
            ("plain", None),
        ] {
            assert_eq!(patient(&db, id).await.death().map(|death| death.sentence(None)).as_deref(), words, "{id}");
        }
        assert!(
            is_told(&report, "deadbad", "deceasedDateTime", Done::Partly) && is_told(&report, "deadnoz", "deceasedDateTime", Done::Partly)
        );
        for (id, shown) in
            [("month", "11/1956"), ("year", "about 1956"), ("nobirth", "birth date not known"), ("future", "birth date not known")]
        {
            assert_eq!(patient(&db, id).await.facts.birth.shown().to_lowercase(), shown, "{id}");
        }
        assert!(is_told(&report, "future", "birthDate", Done::Partly) && is_told(&report, "ancient", "birthDate", Done::Partly));
        // The replaced patient is no patient of its own.
        assert_eq!(local(&db, "Patient", "replaced").await, None);
        assert!(is_told(&report, "replaced", "link", Done::Kept));
    })
    .await;
}

#[tokio::test]
async fn everything_clinical_has_a_home_and_its_meaning() {
    on_both_databases(async |db: Database| {
        let report = run(&db, Path::new(CASES)).await;
        assert_eq!(counts(&report, "Encounter"), (12, 8, 0, 4, 0), "{:#?}", report.problems);
        assert_eq!(counts(&report, "Condition"), (7, 7, 0, 0, 0));
        assert_eq!(counts(&report, "AllergyIntolerance"), (5, 4, 0, 1, 0));
        assert_eq!(counts(&report, "Coverage"), (3, 2, 0, 1, 0));

        // Encounters: placed by what belongs to them, found by search, kept with the reason.
        assert_eq!(number(&db, "SELECT count(*) FROM encounters WHERE started_at = '2026-11-12T10:10:00.000000Z'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM encounters WHERE doctor_id IS NOT NULL").await, 1, "a practitioner by identifier");
        assert!(local(&db, "Encounter", "e5cond").await.is_some(), "a patient by identifier");
        for (id, path) in [("e3planned", "status"), ("e6unknown", "status"), ("c-e2", "subject"), ("c-e3", "subject")] {
            assert!(is_told(&report, id, path, Done::Kept), "{id}");
        }
        assert!(told(&report, "c-e3").contains(&"points at a resource that is not here"));

        // Diagnoses without an encounter stand in the problem list; dates keep their precision.
        assert_eq!(number(&db, "SELECT count(*) FROM problems").await, 6);
        assert_eq!(number(&db, "SELECT count(*) FROM diagnoses WHERE code = 'E11.9'").await, 1, "a code without its dot");
        assert_eq!(number(&db, "SELECT count(*) FROM problems WHERE code = 'E11.9'").await, 2);
        assert_eq!(
            number(&db, "SELECT count(*) FROM problems WHERE description = 'Diabetes mellitus (age 52 y)' AND onset_on IS NULL").await,
            1
        );
        assert_eq!(number(&db, "SELECT count(*) FROM problems WHERE code = 'J45.909' AND onset_on = '2015-06-30'").await, 1);
        assert_eq!(
            number(&db, "SELECT count(*) FROM problems WHERE description = 'Perhaps lupus' AND verification = 'provisional'").await,
            1
        );

        // Negations are no facts.
        assert_eq!(number(&db, "SELECT count(*) FROM allergies").await, 2);
        assert_eq!(number(&db, "SELECT count(*) FROM allergies WHERE substance = 'Bee venom' AND reaction = 'Anaphylaxis'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE allergy_status = 'none_known'").await, 2);
        assert!(is_told(&report, "nkda", "code", Done::Kept), "no drug allergy says nothing about food");

        assert_eq!(
            number(&db, "SELECT count(*) FROM coverages c JOIN insurers i ON i.id = c.insurer_id WHERE i.name = 'Trial Insurance'").await,
            2
        );
        assert!(is_told(&report, "c-c2", "payor", Done::Kept) && is_told(&report, "c-c3", "costToBeneficiary", Done::Partly));
        nothing_is_broken(&db).await;
    })
    .await;
}

#[tokio::test]
async fn medicines_keep_every_part_of_their_meaning() {
    on_both_databases(async |db: Database| {
        let report = run(&db, Path::new(CASES)).await;
        assert_eq!(counts(&report, "MedicationRequest"), (14, 11, 0, 3, 0), "{:#?}", report.problems);
        for (id, path) in [("Warfarin-5-MG", "doNotPerform"), ("plan", "intent"), ("hold", "status")] {
            assert!(is_told(&report, id, path, Done::Kept), "{id}");
        }
        let rows: Vec<Prescribed> = {
            let query =
                sql("SELECT drug, dose, frequency, as_needed, max_per_day, duration_days, instructions FROM prescriptions ORDER BY drug");
            db.read().await.expect("a connection").all(query).await.expect("rows")
        };
        let of = |drug: &str| {
            let found = rows.iter().find(|row| row.0.starts_with(drug)).unwrap_or_else(|| panic!("no {drug}"));
            (found.1.as_str(), found.2.as_str(), found.6.as_str())
        };
        assert_eq!(of("Oxycodone"), ("1 tablet", "every 6 hours", "For severe pain"));
        assert!(rows.iter().any(|row| row.0.starts_with("Oxycodone") && row.3 && row.4 == Some(4)));
        assert_eq!(of("Prednisone"), ("", "", "3 tablets once a day for 5 days, then 1 tablet once a day for 5 days"));
        assert_eq!(of("Ibuprofen"), ("1–2 tablet", "3 times a day", ""));
        assert_eq!(of("Metformin"), ("1 tablet", "twice a day", ""));
        assert_eq!(of("Digoxin"), ("1 tablet", "every 2 days", ""));
        assert_eq!(of("Nizatidine 15 MG/ML Oral Solution").0, "10 mL bid");
        let colchicine = of("Colchicine");
        assert!(colchicine.0.is_empty() && colchicine.2.ends_with("unless the doctor says otherwise"), "once, and whole");
        assert!(rows.iter().any(|row| row.0.starts_with("Amoxicillin") && row.5 == Some(14)));
        assert!(!rows.iter().any(|row| row.0.contains("Warfarin") || row.0.contains("Methotrexate") || row.0.contains("Clopidogrel")));
        let home = "SELECT count(*) FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id
            WHERE p.drug LIKE 'Lisinopril%' AND p.state = 'active' AND e.reason LIKE '%without a visit'";
        assert_eq!(number(&db, home).await, 1);
    })
    .await;
}

#[tokio::test]
async fn measures_are_converted_and_put_together() {
    on_both_databases(async |db: Database| {
        let report = run(&db, Path::new(CASES)).await;
        assert_eq!(counts(&report, "Observation"), (21, 18, 0, 3, 0), "{:#?}", report.problems);
        for (condition, value) in [
            ("weight_g", 83_915),
            ("height_mm", 1699),
            ("temperature_decicelsius", 370),
            ("pulse_bpm", 72),
            ("pulse_bpm", 73),
            ("glucose_decimmol", 55),
            ("weight_g", 80_000),
            ("weight_g", 81_000),
            ("respiration_rpm", 0),
            ("temperature_decicelsius", 373),
            ("temperature_decicelsius", 374),
        ] {
            let query = format!("SELECT count(*) FROM vitals WHERE {condition} = {value}");
            assert_eq!(number(&db, query.leak()).await, 1, "{condition} = {value}");
        }
        for (upper, lower) in [(121, 81), (118, 79), (131, 85)] {
            let query = format!("SELECT count(*) FROM vitals WHERE systolic_mmhg = {upper} AND diastolic_mmhg = {lower}");
            assert_eq!(number(&db, query.leak()).await, 1, "{upper}/{lower}");
        }
        assert_eq!(number(&db, "SELECT count(*) FROM vitals WHERE note = '107/– mmHg' AND systolic_mmhg IS NULL").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM vitals WHERE taken_at = '2026-11-14T10:10:00.000000Z'").await, 1, "an instant");
        assert_eq!(number(&db, "SELECT count(*) FROM vitals WHERE taken_at = '2026-11-13T10:10:00.000000Z'").await, 1, "a period");
        for id in ["w-prelim", "w-small", "t-max"] {
            assert!(is_told(&report, id, "", Done::Kept), "{id}");
        }
        assert!(is_told(&report, "w-planned", "encounter", Done::Partly) && is_told(&report, "t-date", "effective", Done::Partly));
        assert!(is_told(&report, "bp-dar", "component[1]", Done::Partly));
    })
    .await;
}

#[tokio::test]
async fn what_the_database_would_refuse_is_named_before() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        for (kind, text) in [
            ("Patient", r#"{"resourceType":"Patient","id":"p","name":[{"family":"Plain","given":["Pia"]}],"birthDate":"1980-04-18"}"#),
            (
                "Practitioner",
                r#"{"resourceType":"Practitioner","id":"d","name":[{"family":"Ruiz"}],"telecom":[{"system":"email","value":"1"}]}"#,
            ),
            (
                "Condition",
                r#"{"resourceType":"Condition","id":"c","code":{"text":"\u0000"},"subject":{"reference":"Patient/p"},"recordedDate":"2026-07-10"}"#,
            ),
            (
                "MedicationRequest",
                r#"{"resourceType":"MedicationRequest","id":"m","status":"active","intent":"order","medicationCodeableConcept":{"text":"\u0000"},
                "subject":{"reference":"Patient/p"},"authoredOn":"2026-07-10"}"#,
            ),
        ] {
            std::fs::write(folder.path().join(format!("{kind}.ndjson")), text.replace('\n', " ")).expect("written");
        }
        let report = run(&db, folder.path()).await;
        assert!(is_told(&report, "d", "telecom", Done::Partly), "{:#?}", report.problems);
        assert!(is_told(&report, "c", "code", Done::Kept), "{:#?}", report.problems);
        assert!(is_told(&report, "m", "medication", Done::Kept), "{:#?}", report.problems);
        assert!(report.problems.iter().all(|problem| !problem.trouble.reason.contains("does not fit")), "{:#?}", report.problems);
        assert_eq!(number(&db, "SELECT count(*) FROM users WHERE login = 'staff-d'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_examples_of_hl7_are_taken_or_kept() {
    on_both_databases(async |db: Database| {
        let folder = Path::new(CASES).join("hl7");
        let report = run(&db, &folder).await;
        let total = report.total();
        assert_eq!((total.read, total.rejected), (159, 0), "{:#?}", report.problems);
        assert_eq!(counts(&report, "Patient"), (22, 22, 0, 0, 0), "{:#?}", report.problems);
        for problem in &report.problems {
            assert!(!problem.trouble.reason.contains("constraint") && !problem.trouble.reason.contains("database"), "{problem}");
        }
        nothing_is_broken(&db).await;
        let again = run(&db, &folder).await.total();
        assert_eq!((again.unchanged, again.stored, again.without_home), (159, 0, 0));
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_reports_and_writes_nothing() {
    on_both_databases(async |db: Database| {
        let before = super::everything(&db).await;
        let options = Options { dry_run: true, ..Options::default() };
        let source = Source::Folder(CASES.into());
        let report = import(&db, &source, &options, test_now(), &mut |_| {}).await.expect("read");
        assert_eq!(counts(&report, "Patient"), (41, 40, 0, 1, 0));
        assert_eq!(counts(&report, "Observation"), (21, 18, 0, 3, 0));
        assert!(super::everything(&db).await == before, "a table has changed");
    })
    .await;
}

/// The rows of a folder that stand in the tables of the history and of the wards.
const LANDED: [(&str, &str); 16] = [
    ("results", "SELECT count(*) FROM past_results"),
    ("results that are numbers", "SELECT count(*) FROM past_results WHERE value <> ''"),
    ("draws with results", "SELECT count(*) FROM (SELECT DISTINCT patient_id, at FROM past_results) d"),
    ("draws with samples", "SELECT count(*) FROM (SELECT DISTINCT patient_id, at FROM past_specimens) d"),
    ("results that were converted", "SELECT count(*) FROM past_results WHERE sent <> ''"),
    ("results that the sender flagged as critical", "SELECT count(*) FROM past_results WHERE flag IN ('HH', 'LL', 'AA')"),
    ("results with their request", "SELECT count(*) FROM past_results WHERE order_id IS NOT NULL"),
    ("requests", "SELECT count(*) FROM past_orders"),
    ("requests of the laboratory", "SELECT count(*) FROM past_orders WHERE kind = 'laboratory'"),
    (
        "completed requests of the laboratory without a result",
        "SELECT count(*) FROM past_orders o WHERE o.kind = 'laboratory' AND o.state = 'completed'
            AND NOT EXISTS (SELECT 1 FROM past_results r WHERE r.order_id = o.id)",
    ),
    ("reports", "SELECT count(*) FROM past_reports"),
    ("reports whose source was earlier than their results", "SELECT count(*) FROM past_reports WHERE source_issued < at"),
    ("studies", "SELECT count(*) FROM past_studies"),
    ("doses", "SELECT count(*) FROM past_doses"),
    ("admissions that are over", "SELECT count(*) FROM admissions WHERE state = 'discharged'"),
    ("admissions that go on", "SELECT count(*) FROM admissions WHERE state = 'admitted'"),
];

/// Imports the folder that `INFIRMARY_FHIR` names, if it names one, and prints the report and the time: for data that cannot be in the tests.
#[tokio::test]
async fn a_folder_of_one_s_own_is_taken_whole_or_told() {
    let Some(folder) = std::env::var_os("INFIRMARY_FHIR") else { return };
    let (url, _place) = crate::tests::databases::empty_sqlite();
    let db = crate::tests::app::open(&url).await;
    let begun = std::time::Instant::now();
    let mut by_done: std::collections::BTreeMap<(String, Done), std::collections::BTreeSet<String>> = std::collections::BTreeMap::new();
    let source = Source::Folder(folder.into());
    let mut tell = |progress: crate::imports::fhir::Progress<'_>| {
        if let crate::imports::fhir::Progress::Problem(problem) = progress {
            by_done.entry((problem.kind.clone(), problem.done)).or_default().insert(problem.id.clone());
        }
    };
    let report = import(&db, &source, &Options::default(), test_now(), &mut tell).await.expect("imported");
    println!("{report}\n{:.1} s", begun.elapsed().as_secs_f32());
    for ((kind, done), resources) in by_done {
        println!("{:>7} {kind}: {}", resources.len(), done.words());
    }
    for (what, query) in LANDED {
        println!("{:>7} {what}", number(&db, query).await);
    }
    nothing_is_broken(&db).await;
    let begun = std::time::Instant::now();
    let again = run(&db, Path::new(&std::env::var_os("INFIRMARY_FHIR").expect("named"))).await.total();
    assert_eq!((again.stored, again.updated, again.without_home), (0, 0, 0));
    println!("again: {:.1} s", begun.elapsed().as_secs_f32());
}
