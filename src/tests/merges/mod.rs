//! Merges of two records of one person: the list of columns against the schema, the day at the desk, and the way back row by row.

mod addresses;
mod digests;
mod guards;
mod races;

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::{Answer, Browser, Fixture, TestApp, documents, fixture::PASSWORD, on_both_engines, signatures};
use crate::{
    clinical::{self, Verdict},
    core::{Error, PatientId},
    db::{Engine, sql},
    opd, patients,
};

/// The answers of a user who keeps the facts of the surviving record.
pub const KEEP: [(&str, &str); 9] = [
    ("name", "survivor"),
    ("birth", "survivor"),
    ("sex", "survivor"),
    ("national_id", "survivor"),
    ("phone", "survivor"),
    ("email", "survivor"),
    ("address", "survivor"),
    ("other", "survivor"),
    ("description", "survivor"),
];

pub fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

fn fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

/// Proposes at the desk that `merged` becomes part of `survivor`; returns the merge's id.
pub async fn propose(desk: &Browser, survivor: PatientId, merged: PatientId) -> String {
    let (survivor, merged) = (survivor.to_string(), merged.to_string());
    let form = [("patient_id", survivor.as_str()), ("with", &merged), ("stays", "this"), ("reason", "registered_twice")];
    let answer = desk.post("/api/patients/propose_merge", &form).await;
    ok(&answer);
    let to = answer.location.expect("the merge's page");
    to.split('?').next().and_then(|path| path.rsplit('/').next()).expect("an id").to_owned()
}

/// One user asks to separate merged records, and another one does it.
pub async fn separate(asks: &Browser, decides: &Browser, merge: &str) {
    ask_to_separate(asks, merge).await;
    separated(decides, merge).await;
}

async fn ask_to_separate(asks: &Browser, merge: &str) {
    ok(&asks.post("/api/patients/ask_to_undo_merge", &[("merge_id", merge), ("words", "Two people after all")]).await);
}

async fn separated(decides: &Browser, merge: &str) {
    ok(&decides.post("/api/patients/undo_merge", &[("merge_id", merge), ("verdict", "undo"), ("password", PASSWORD)]).await);
}

/// Decides on a merge; `more` replaces some of the usual answers.
pub async fn decide(who: &Browser, merge: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![("merge_id", merge), ("verdict", "merge"), ("one_account", "on"), ("password", PASSWORD)];
    form.extend(KEEP);
    form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    form.extend_from_slice(more);
    who.post("/api/patients/decide_merge", &form).await
}

async fn phone_of(app: &TestApp, patient: PatientId) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    patients::find(&mut tx, patient).await.expect("a record").facts.more.phone
}

/// Ends the open visits by the end of the day.
async fn next_day(app: &TestApp) {
    app.state.clock.advance(chrono::Duration::days(1));
    opd::end_earlier_days(&app.state).await.expect("ended");
}

#[tokio::test]
async fn every_column_that_names_a_patient_says_how_it_merges() {
    on_both_engines(|app| async move {
        let mut tx = app.state.db.read().await.expect("a connection");
        let query = match tx.engine() {
            Engine::Sqlite => sql("SELECT m.name, f.\"from\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
                WHERE m.type = 'table' AND f.\"table\" = 'patients'"),
            Engine::Postgres => sql("SELECT t.relname::text, a.attname::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
                    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
                WHERE c.contype = 'f' AND c.confrelid = 'patients'::regclass"),
        };
        let schema: BTreeSet<(String, String)> = tx.all(query).await.expect("columns").into_iter().collect();
        let listed: BTreeSet<(String, String)> =
            patients::merges::joined_columns().into_iter().map(|(table, column)| (table.to_owned(), column.to_owned())).collect();
        let missing: Vec<_> = schema.difference(&listed).collect();
        assert!(missing.is_empty(), "src/patients/merges/tables.rs must say how these merge: {missing:?}");
        let unknown: Vec<_> = listed.difference(&schema).collect();
        assert!(unknown.is_empty(), "these name no patient: {unknown:?}");
    })
    .await;
}

#[tokio::test]
async fn two_records_become_one_for_every_reader() {
    on_both_engines(|app| async move {
        let (ana, ben) = (app.fixture.ana, app.fixture.ben);
        let doctor = app.as_("doctor").await;
        let visit = signatures::signed(&app, &doctor, ben).await;
        next_day(&app).await;
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let nurse = app.as_("nurse").await;
        let (ben_id, key) = (ben.to_string(), crate::core::AllergyId::new().to_string());
        let allergy = [
            ("patient_id", ben_id.as_str()),
            ("key", &key),
            ("substance", "Latex"),
            ("category", "other"),
            ("criticality", "high"),
            ("severity", "severe"),
        ];
        ok(&nurse.post("/api/patients/add_allergy", &allergy).await);
        // Rows that stay with their record are read from the surviving one as well.
        let card = [("kind", "insurance_card"), ("title", "Card of Ben"), ("portal", "on")];
        let sent = documents::send(&nurse, &format!("/patients/{ben}/documents"), documents::LETTER, "card.pdf", &card).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let problem = [("patient_id", ben_id.as_str()), ("key", &Fixture::key()), ("problem", "Gout"), ("status", "active")];
        ok(&doctor.post("/api/clinical/add_problem", &problem).await);
        let consent = [("patient_id", ben_id.as_str()), ("key", &Fixture::key()), ("kind", "research"), ("given_on", "2026-11-20")];
        ok(&desk.post("/api/records/record_consent", &consent).await);
        let (follow_up, medicine) = (Fixture::key(), app.fixture.medicine_north.to_string());
        let wish = [("patient_id", ben_id.as_str()), ("key", &follow_up), ("weeks", "1"), ("service", &medicine)];
        ok(&doctor.post("/api/rounds/propose_follow_up", &wish).await);
        let contact = [("patient_id", ben_id.as_str()), ("contact_name", "Luis"), ("contact_phone", "617 555 0143")];
        ok(&desk.post("/api/patients/add_contact", &contact).await);
        let mrn = {
            let mut tx = app.state.db.read().await.expect("a connection");
            patients::find(&mut tx, ben).await.expect("Ben").mrn
        };
        // The desk sees the other record, proposes, and does not decide alone.
        let page = desk.get(&format!("/patients/{ana}/merge?with={ben}")).await.body;
        assert!(page.contains(&mrn) && page.contains("Which record stays?"), "{page}");
        let merge = propose(&desk, ana, ben).await;
        let alone = decide(&desk, &merge, &[]).await;
        assert_eq!(alone.status, StatusCode::CONFLICT, "{}", alone.body);
        assert!(desk.get(&format!("/merges/{merge}")).await.body.contains("A second person decides"));
        assert!(doctor.get("/merges").await.body.contains(&mrn));
        // Between two names the second user decides, and says that one account loses its access.
        let silent = decide(&doctor, &merge, &[("name", "")]).await;
        assert_eq!(fields(&silent), ["name"]);
        assert_eq!(fields(&decide(&doctor, &merge, &[("one_account", "")]).await), ["one_account"]);
        ok(&decide(&doctor, &merge, &[("phone", "merged")]).await);
        assert_eq!(decide(&doctor, &merge, &[]).await.status, StatusCode::CONFLICT, "once");
        app.assert_sound().await;

        // Both numbers lead to the surviving record.
        let old = desk.get(&format!("/patients/{ben}")).await;
        assert_eq!((old.status, old.location), (StatusCode::SEE_OTHER, Some(format!("/patients/{ana}?done=joined"))));
        let found = desk.post("/api/patients/search", &[("text", "adams ben")]).await.body;
        assert!(found.contains("Núñez") && !found.contains("Adams"), "{found}");
        let record = doctor.get(&format!("/patients/{ana}")).await.body;
        for words in ["Also number", mrn.as_str(), "Latex", "Luis"] {
            assert!(record.contains(words), "{words}: {record}");
        }
        assert_eq!(phone_of(&app, ana).await, "+1 508 555 0101", "taken from the merged record");
        let chart = doctor.get(&format!("/patients/{ana}/chart")).await.body;
        assert!(chart.contains("Metformin") && chart.contains("signature verified"), "{chart}");
        let summary = signatures::summary(&app, visit).await;
        assert_eq!(summary.encounter.patient, ben, "the signed rows keep the patient that the signature covers");
        assert_eq!(signatures::verdicts(&summary), (Verdict::Verified, Verdict::Verified));
        assert_eq!(signatures::broken(&app).await, 0);
        {
            let mut tx = app.state.db.read().await.expect("a connection");
            let medicines = clinical::current_medicines(&mut tx, ana, app.state.clock.now()).await.expect("read");
            assert!(medicines.iter().any(|one| one.drug.contains("Metformin")), "a prescription is checked against those of both");
        }
        // The merged record takes nothing new, and its account opens nothing.
        let service = app.fixture.medicine_north.to_string();
        let check_in = [("patient", ben_id.as_str()), ("service", &service), ("idempotency_key", &Fixture::key())];
        assert_eq!(desk.post("/api/reception/check_in", &check_in).await.status, StatusCode::CONFLICT);
        let records = app.as_("ana").await.get("/portal/records").await.body;
        assert!(records.contains("Metformin") && records.contains("Latex"), "{records}");
        let other = app.as_("ben").await.get("/portal/records").await.body;
        assert!(!other.contains("Latex") && !other.contains("Metformin"), "{other}");
        let again = [("patient_id", ben_id.as_str()), ("with", &ana.to_string()), ("stays", "this"), ("reason", "imported")];
        assert_eq!(desk.post("/api/patients/propose_merge", &again).await.status, StatusCode::CONFLICT, "no chains");
        let (portal, sheets) =
            (app.as_("ana").await.get("/portal/documents").await.body, desk.get(&format!("/patients/{ana}/documents")).await.body);
        assert!(portal.contains("Card of Ben") && sheets.contains("Card of Ben"), "{portal} {sheets}");
        assert!(doctor.get(&format!("/patients/{ana}/problems")).await.body.contains("Gout"));
        assert!(desk.get(&format!("/patients/{ana}/release")).await.body.contains("Given on 20 Nov 2026"));
        // The follow-up of the merged record is booked for the surviving one.
        ok(&app.as_("ana").await.post("/api/rounds/book_own_follow_up", &[("follow_up_id", &follow_up)]).await);
        app.assert_sound().await;
        // The auditor sees the merge on both records.
        let log = app.as_("auditor").await.get("/audit?patient=adams&action=update").await.body;
        assert!(log.contains("Merge of records"), "{log}");
        // On paper they are one person, by either number.
        let paper = app.as_("auditor").await.get(&format!("/audit/report?patient={mrn}")).await;
        assert_eq!(paper.status, StatusCode::OK, "{}", paper.body);
        assert!(paper.body.contains("Núñez") && paper.body.contains(&mrn), "{}", paper.body);

        // Two people separate them, as two merge them.
        let undo = [("merge_id", merge.as_str()), ("verdict", "undo")];
        assert_eq!(doctor.post("/api/patients/undo_merge", &undo).await.status, StatusCode::CONFLICT, "nobody asked");
        let ask = [("merge_id", merge.as_str()), ("words", "Two people after all")];
        ok(&doctor.post("/api/patients/ask_to_undo_merge", &ask).await);
        let alone = doctor.post("/api/patients/undo_merge", &undo).await;
        assert!(alone.status == StatusCode::CONFLICT && alone.body.contains("Another user decides"), "{}", alone.body);
        assert_eq!(desk.post("/api/patients/ask_to_undo_merge", &ask).await.status, StatusCode::CONFLICT, "asked already");
        let page = doctor.get(&format!("/merges/{merge}")).await.body;
        assert!(page.contains("Two people after all") && !page.contains("id=\"undo-form\""), "{page}");
        ok(&desk.post("/api/patients/undo_merge", &[("merge_id", &merge), ("verdict", "keep")]).await);
        assert_eq!(desk.post("/api/patients/undo_merge", &undo).await.status, StatusCode::CONFLICT, "taken back");
        separate(&desk, &doctor, &merge).await;
        assert_eq!(desk.get(&format!("/patients/{ben}")).await.status, StatusCode::OK);
        let record = doctor.get(&format!("/patients/{ana}")).await.body;
        assert!(!record.contains("Latex") && !record.contains("Luis"), "{record}");
        assert_eq!(phone_of(&app, ana).await, "+1 508 719 1838");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn conflicts_are_said_and_refused() {
    on_both_engines(|app| async move {
        let (ana, ben) = (app.fixture.ana, app.fixture.ben);
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let merge = propose(&desk, ana, ben).await;
        let twice = [("patient_id", ana.to_string()), ("with", ben.to_string()), ("stays", "this".into()), ("reason", "imported".into())];
        let twice: Vec<(&str, &str)> = twice.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(desk.post("/api/patients/propose_merge", &twice).await.status, StatusCode::CONFLICT);
        // The merged record has an open visit; then both have one.
        super::opd::waits_for_doctor(&app, ben).await;
        let refused = decide(&doctor, &merge, &[]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("open visit"), "{}", refused.body);
        super::opd::waits_for_doctor(&app, ana).await;
        let refused = decide(&doctor, &merge, &[]).await;
        assert!(refused.body.contains("Both records have an open visit"), "{}", refused.body);
        let page = doctor.get(&format!("/merges/{merge}")).await;
        assert!(page.body.contains("Cannot be merged now"), "{} {}", page.status, page.body);
        next_day(&app).await;
        // Both are booked at one time with two doctors.
        let (desk, doctor) = (app.as_("desk").await, app.as_("doctor").await);
        let at = "2026-11-23T14:00:00Z".parse().expect("an instant");
        let slots = [(app.fixture.medicine_north, app.fixture.costa), (app.fixture.surgery_north, app.fixture.ruiz)];
        for (patient, slot) in [(ana, slots[0]), (ben, slots[1])] {
            ok(&super::appointments::book(&desk, patient, slot, at, &Fixture::key()).await);
        }
        let refused = decide(&doctor, &merge, &[]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("same time"), "{}", refused.body);
        // A rejected proposal says why, and can be made again.
        assert_eq!(fields(&decide(&doctor, &merge, &[("verdict", "reject")]).await), ["words"]);
        ok(&decide(&doctor, &merge, &[("verdict", "reject"), ("words", "Different birth dates")]).await);
        propose(&desk, ana, ben).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_person_is_named_without_an_invented_birth_date() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let id = Fixture::key();
        let form = [("patient_id", id.as_str()), ("name_unknown", "on"), ("description", "Grey coat"), ("sex", "unknown")];
        ok(&desk.post("/api/reception/register", &form).await);
        let named = |birth: &'static str, version: &'static str| {
            let (desk, id) = (desk.clone(), id.clone());
            async move {
                let form = [
                    ("patient_id", id.as_str()),
                    ("version", version),
                    ("given_names", "Theresa"),
                    ("family_name", "Adams"),
                    ("birth_date", birth),
                    ("sex", "female"),
                ];
                desk.post("/api/patients/save", &form).await
            }
        };
        ok(&named("", "1").await);
        let mut tx = app.state.db.read().await.expect("a connection");
        let record = patients::find(&mut tx, id.parse().expect("an id")).await.expect("registered");
        assert_eq!((record.facts.name.full().as_str(), record.facts.birth), ("Theresa Adams", patients::Birth::UNKNOWN));
        drop(tx);
        ok(&named("1980", "2").await);
        let page = desk.get(&format!("/patients/{id}")).await.body;
        assert!(page.contains("about 1980"), "{page}");
        app.assert_sound().await;
    })
    .await;
}
