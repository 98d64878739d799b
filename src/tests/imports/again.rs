//! Tests bundles, repeated imports and newer versions of resources.

use std::path::Path;

use super::{counts, everything, gzip, number, on_both_databases, run};
use crate::{
    db::{Database, sql},
    imports::fhir::Done,
};

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text.replace('\'', "\"")).expect("written");
}

const BUNDLE: &str = "{'resourceType':'Bundle','type':'transaction','entry':[
    {'fullUrl':'urn:uuid:11111111-2222-3333-4444-555555555555','request':{'method':'POST','url':'Patient'},
     'resource':{'resourceType':'Patient','name':[{'family':'Bundled','given':['Bo']}],'gender':'male','birthDate':'1970-01-01'}},
    {'fullUrl':'urn:uuid:21111111-2222-3333-4444-555555555555','request':{'method':'POST','url':'Encounter'},
     'resource':{'resourceType':'Encounter','status':'finished','class':{'code':'AMB'},
        'subject':{'reference':'urn:uuid:11111111-2222-3333-4444-555555555555'},'period':{'start':'2026-03-02T10:00:00Z'}}},
    {'fullUrl':'urn:uuid:31111111-2222-3333-4444-555555555555','request':{'method':'POST','url':'MedicationRequest'},
     'resource':{'resourceType':'MedicationRequest','status':'active','intent':'order',
        'medicationReference':{'reference':'urn:uuid:41111111-2222-3333-4444-555555555555'},
        'subject':{'reference':'urn:uuid:11111111-2222-3333-4444-555555555555'},
        'encounter':{'reference':'urn:uuid:21111111-2222-3333-4444-555555555555'},'authoredOn':'2026-03-02'}},
    {'fullUrl':'urn:uuid:41111111-2222-3333-4444-555555555555','request':{'method':'POST','url':'Medication'},
     'resource':{'resourceType':'Medication','code':{'text':'Digoxin 0.125 MG'}}},
    {'request':{'method':'DELETE','url':'Patient/other'}}]}";

#[tokio::test]
async fn bundles_are_read_as_lines_are() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("bundle.json.gz"), gzip(BUNDLE.replace('\'', "\"").as_bytes())).expect("written");
        let report = run(&db, folder.path()).await;
        assert_eq!(
            (counts(&report, "Patient"), counts(&report, "Encounter")),
            ((1, 1, 0, 0, 0), (1, 1, 0, 0, 0)),
            "{:#?}",
            report.problems
        );
        assert_eq!(counts(&report, "MedicationRequest"), (1, 1, 0, 0, 0));
        assert_eq!(number(&db, "SELECT count(*) FROM prescriptions WHERE drug = 'Digoxin 0.125 MG'").await, 1);
        assert!(report.problems.iter().any(|problem| problem.trouble.reason == "asks to delete a resource"), "{:#?}", report.problems);
        let before = everything(&db).await;
        // The same bundle in one line, and each resource alone.
        let line = tempfile::tempdir().expect("a folder");
        write(line.path(), "all.ndjson", &BUNDLE.replace('\n', " "));
        let again = run(&db, line.path()).await;
        assert_eq!((again.total().stored, again.total().unchanged), (0, 4));
        assert!(everything(&db).await == before, "a table has changed");
    })
    .await;
}

fn patient(version: &str, family: &str, updated: &str) -> String {
    format!(
        "{{'resourceType':'Patient','id':'p1','meta':{{'versionId':'{version}','lastUpdated':'{updated}'}},'gender':'female',
        'birthDate':'1980-04-18','name':[{{'family':'{family}','given':['Ana']}}],'identifier':[{{'system':'urn:x','value':'7'}}]}}"
    )
    .replace('\n', " ")
}

#[tokio::test]
async fn a_newer_version_updates_what_nobody_changed_here() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "Patient.ndjson", &patient("1", "Before", "2026-01-01T00:00:00Z"));
        assert_eq!(counts(&run(&db, folder.path()).await, "Patient"), (1, 1, 0, 0, 0));

        // Another content without a newer version is told and not taken.
        write(folder.path(), "Patient.ndjson", &patient("1", "Other", "2026-01-01T00:00:00Z"));
        let same = run(&db, folder.path()).await;
        assert_eq!(counts(&same, "Patient"), (1, 0, 1, 0, 0));
        assert!(same.problems.iter().any(|problem| problem.done == Done::Left), "{:#?}", same.problems);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE family_name = 'Before'").await, 1);

        write(folder.path(), "Patient.ndjson", &patient("2", "After", "2026-02-01T00:00:00Z"));
        let newer = run(&db, folder.path()).await;
        assert_eq!(newer.kinds["Patient"].updated, 1, "{:#?}", newer.problems);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE family_name = 'After' AND version = 2").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patient_search_terms WHERE term = 'after'").await, 1);
        assert_eq!(number(&db, "SELECT count(*) FROM patient_search_terms WHERE term = 'before'").await, 0);
        assert_eq!(number(&db, "SELECT count(*) FROM patient_identifiers").await, 1);
        let before = everything(&db).await;
        assert_eq!(counts(&run(&db, folder.path()).await, "Patient"), (1, 0, 1, 0, 0));
        assert!(everything(&db).await == before, "the same version again changes nothing");

        // A record that somebody changed here is not overwritten.
        let mut tx = db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE patients SET preferred_name = 'Anita', version = version + 1")).await.expect("changed");
        tx.commit().await.expect("committed");
        write(folder.path(), "Patient.ndjson", &patient("3", "Later", "2026-03-01T00:00:00Z"));
        let conflict = run(&db, folder.path()).await;
        assert_eq!(counts(&conflict, "Patient"), (1, 0, 1, 0, 0));
        assert!(conflict.problems.iter().any(|problem| problem.trouble.reason.contains("changed here since")), "{:#?}", conflict.problems);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE family_name = 'After' AND preferred_name = 'Anita'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_kept_resource_becomes_a_record_when_what_it_needs_has_come() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        write(
            folder.path(),
            "Encounter.ndjson",
            "{'resourceType':'Encounter','id':'e1','status':'finished','class':{'code':'AMB'},'subject':{'reference':'Patient/p1'},'period':{'start':'2026-03-02T10:00:00Z'}}",
        );
        let alone = run(&db, folder.path()).await;
        assert_eq!(counts(&alone, "Encounter"), (1, 0, 0, 1, 0));
        write(folder.path(), "Patient.ndjson", &patient("1", "Late", "2026-01-01T00:00:00Z"));
        let together = run(&db, folder.path()).await;
        assert_eq!((counts(&together, "Patient"), counts(&together, "Encounter")), ((1, 1, 0, 0, 0), (1, 1, 0, 0, 0)));
        assert_eq!(number(&db, "SELECT count(*) FROM imported_records WHERE kind = 'Encounter' AND local_id IS NOT NULL").await, 1);
        assert_eq!(run(&db, folder.path()).await.total().unchanged, 2);
    })
    .await;
}

const VACCINE: &str = "{'resourceType':'Immunization','id':'v1','status':'completed','vaccineCode':{'text':'Influenza'},'patient':{'reference':'Patient/p1'},'occurrenceDateTime':'2026-08-31'}";

#[tokio::test]
async fn what_is_kept_is_named_by_each_run() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "Patient.ndjson", &patient("1", "Kept", "2026-01-01T00:00:00Z"));
        write(folder.path(), "Immunization.ndjson", &format!("{VACCINE}\n{VACCINE}\n"));
        for kept in [1, 0] {
            let report = run(&db, folder.path()).await;
            assert_eq!(report.kinds["Immunization"].without_home, kept);
            let told: Vec<_> = report.problems.iter().filter(|problem| problem.done == Done::Kept).map(|problem| problem.line).collect();
            assert_eq!(told, [1], "{:#?}", report.problems);
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_id_twice_with_other_content_is_told() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        let twice = format!("{}\n{}\n", patient("1", "One", "2026-01-01T00:00:00Z"), patient("1", "Two", "2026-01-01T00:00:00Z"));
        write(folder.path(), "Patient.ndjson", &twice);
        let report = run(&db, folder.path()).await;
        assert_eq!(counts(&report, "Patient"), (2, 1, 0, 0, 1));
        assert_eq!(
            report.problems[0].to_string(),
            "Patient.ndjson:2: Patient: differs from an earlier resource with the same id (left as it is here)"
        );
        // Another patient with the identifier of one who was here before.
        let third = tempfile::tempdir().expect("a folder");
        write(third.path(), "Patient.ndjson", &patient("1", "Third", "2026-01-01T00:00:00Z").replace("'id':'p1'", "'id':'p3'"));
        let report = run(&db, third.path()).await;
        assert_eq!((report.total().stored, report.problem_count), (1, 1));
        assert!(report.problems[0].trouble.reason.contains("possible duplicate"), "{:#?}", report.problems);
        // A newer one in the same file is the one that counts.
        let other = tempfile::tempdir().expect("a folder");
        let newer = twice.replace("'id':'p1'", "'id':'p2'").replacen("'versionId':'1'", "'versionId':'0'", 1);
        let newer = newer.replacen("2026-01-01", "2025-01-01", 1);
        write(other.path(), "Patient.ndjson", &newer);
        let report = run(&db, other.path()).await;
        assert_eq!(report.kinds["Patient"].updated, 1, "{:#?}", report.problems);
        assert_eq!(number(&db, "SELECT count(*) FROM patients WHERE family_name = 'Two'").await, 1);
    })
    .await;
}

/// Two observations of one id in different batches: the first still waits for the others of its round when the second is read.
#[tokio::test]
async fn an_id_that_comes_again_in_a_later_batch_is_told() {
    on_both_databases(async |db: Database| {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), "Patient.ndjson", &patient("1", "One", "2026-01-01T00:00:00Z"));
        let pulse = |id: &str, value: i64| {
            format!(
                "{{'resourceType':'Observation','id':'{id}','status':'final','category':[{{'coding':[{{'code':'vital-signs'}}]}}],'code':{{'coding':[{{'code':'8867-4'}}]}},'subject':{{'reference':'Patient/p1'}},'effectiveDateTime':'2026-03-02T10:00:00Z','valueQuantity':{{'value':{value},'code':'/min'}}}}\n"
            )
        };
        let between: String = (0..600).map(|n| pulse(&format!("o{n}"), 60 + n % 60)).collect();
        write(folder.path(), "Observation.ndjson", &format!("{}{between}{}", pulse("twice", 70), pulse("twice", 80)));
        let report = run(&db, folder.path()).await;
        assert_eq!(report.kinds["Observation"].stored, 601, "{:#?}", report.problems);
        assert!(report.problems.iter().any(|problem| problem.id == "twice" && problem.done == Done::Left), "{:#?}", report.problems);
        assert_eq!(number(&db, "SELECT count(*) FROM imported_records WHERE external_id = 'twice'").await, 1);
    })
    .await;
}
