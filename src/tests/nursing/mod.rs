//! Nursing: observations with their score, escalations, the fluid balance, tasks, and the handover.

mod at_random;
mod calls;
mod care;
mod guards;
mod handover;
mod marks;
mod races;
mod start;
mod weights;

use axum::http::StatusCode;
use chrono::Duration;

use super::{
    Answer, Browser, Fixture, TestApp, on_both_engines,
    wards::{Plan, act, admitted, plan},
};
use crate::{
    core::{AdmissionId, PatientId, time::Clock},
    db::{Sql, sql},
    nursing,
};

use care::{confirm as care_confirm, routine as care_assess};

/// A set that scores 0.
const WELL: [(&str, &str); 7] = [
    ("respiration", "16"),
    ("spo2", "97"),
    ("oxygen", "0"),
    ("systolic", "122"),
    ("pulse", "72"),
    ("consciousness", "0"),
    ("temperature", "36.8"),
];

/// A patient in a bed of the medical ward, with a nurse and a doctor.
#[derive(Clone, Debug)]
struct Stay {
    nurse: Browser,
    doctor: Browser,
    plan: Plan,
    clock: Clock,
    id: AdmissionId,
    patient: PatientId,
}

fn ok(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

async fn id(app: &TestApp, query: Sql) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(uuid::Uuid,)>(query).await.expect("an id").0.to_string()
}

async fn text(app: &TestApp, query: Sql) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(String,)>(query).await.expect("a text").0
}

impl Stay {
    async fn open(app: &TestApp) -> Self {
        let plan = plan(app).await;
        let patient = app.fixture.ana;
        let id = admitted(app, patient, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::minutes(10));
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        Self { nurse, doctor, plan, clock: app.state.clock.clone(), id, patient }
    }

    /// Does an act of a user on the admission, with a new key.
    async fn by(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        let (id, key) = (self.id.to_string(), Fixture::key());
        browser.post(&format!("/api/nursing/{path}"), &[&[("admission_id", id.as_str()), ("key", &key)][..], fields].concat()).await
    }

    /// Records a set a minute later; the fields given replace those of a patient who is well, and an empty one leaves its value out.
    async fn observe(&self, fields: &[(&str, &str)]) -> Answer {
        self.clock.advance(Duration::minutes(1));
        let kept = WELL.iter().filter(|(name, _)| fields.iter().all(|(other, _)| other != name));
        let form: Vec<(&str, &str)> = kept.chain(fields.iter()).copied().collect();
        self.by(&self.nurse, "observe", &form).await
    }

    async fn sheet(&self) -> String {
        self.nurse.get(&format!("/admissions/{}/nursing", self.id)).await.body
    }
}

#[tokio::test]
async fn a_set_is_scored_charted_and_the_next_one_is_due_by_its_score() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let sheet = stay.sheet().await;
        assert!(sheet.contains("Due ") && !sheet.contains("NEWS2 0"), "the first set is due: {sheet}");
        ok(&stay.observe(&[]).await);
        let sheet = stay.sheet().await;
        assert!(sheet.contains("NEWS2 0") && sheet.contains("36.8 °C (0 points)"), "{sheet}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations")).await, 0);
        ok(&stay.observe(&[("respiration", "22"), ("pulse", "95"), ("time", "")]).await);
        assert_eq!(number(&app, sql("SELECT score FROM observations ORDER BY taken_at DESC LIMIT 1")).await, 3);
        for path in ["observations", "observations?hours=72"] {
            let chart = stay.nurse.get(&format!("/admissions/{}/{path}", stay.id)).await.body;
            assert!(chart.contains("NEWS2 3") && chart.contains("(+2)"), "{chart}");
        }
        let board = stay.nurse.get(&format!("/wards/{}", stay.plan.medical)).await.body;
        assert!(board.contains("NEWS2 3"), "{board}");
        let wrong = stay.observe(&[("respiration", "200"), ("consciousness", "7"), ("temperature", "98.6")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["respiration", "consciousness", "temperature"] {
            assert!(wrong.body.contains(&format!("\"{field}\"")), "{field}: {}", wrong.body);
        }
        assert_eq!(stay.observe(&[("time", "23:59")]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "before the admission");
        let desk = app.as_("desk").await;
        assert_eq!(stay.by(&desk, "observe", &WELL).await.status, StatusCode::FORBIDDEN);
        let south = app.as_("doctor3").await;
        assert_eq!(stay.by(&south, "observe", &WELL).await.status, StatusCode::NOT_FOUND, "another clinic's");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_sent_twice_records_one_set() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let (id, key) = (stay.id.to_string(), Fixture::key());
        let form = [&[("admission_id", id.as_str()), ("key", key.as_str())][..], &WELL].concat();
        for _ in 0..2 {
            ok(&stay.nurse.post("/api/nursing/observe", &form).await);
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM observations")).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_late_set_is_on_the_list_and_an_incomplete_one_has_no_score() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        assert!(stay.nurse.get("/nursing/overdue").await.body.contains("No observations are late"));
        app.state.clock.advance(Duration::minutes(25));
        let late = stay.nurse.get("/nursing/overdue").await.body;
        assert!(late.contains("Late:") && late.contains("1A"), "30 minutes after the admission: {late}");
        let patients = stay.nurse.get(&format!("/nursing?ward={}", stay.plan.medical)).await.body;
        assert!(patients.contains("Late:") && patients.contains("Núñez"), "{patients}");
        ok(&stay.observe(&[("temperature", "")]).await);
        assert_eq!(text(&app, sql("SELECT unscored FROM observations")).await, "partial");
        assert!(stay.sheet().await.contains("No NEWS2: incomplete"));
        assert!(stay.nurse.get("/nursing/overdue").await.body.contains("No observations are late"));
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations")).await, 0);
        // A single value of 3 points needs a doctor although the set is incomplete.
        ok(&stay.observe(&[("temperature", ""), ("respiration", "26")]).await);
        assert_eq!(text(&app, sql("SELECT because FROM escalations")).await, "single");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn children_and_pregnant_patients_get_no_score() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let child = admitted(&app, app.fixture.chloe, stay.plan.surgical, stay.plan.s1).await;
        let child = Stay { id: child, patient: app.fixture.chloe, ..stay.clone() };
        ok(&child.observe(&[("pulse", "160"), ("respiration", "40")]).await);
        let sheet = child.sheet().await;
        assert!(
            sheet.contains("No NEWS2: under 16") && sheet.contains("younger than 16 years") && sheet.contains("160 /min, high"),
            "{sheet}"
        );
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations")).await, 0);
        ok(&child.observe(&[("worried", "true")]).await);
        assert_eq!(text(&app, sql("SELECT because FROM escalations")).await, "worry");
        ok(&stay.by(&stay.nurse, "more_often", &[("pregnant", "true"), ("reason", "30 weeks")]).await);
        ok(&stay.observe(&[("respiration", "30"), ("pulse", "140")]).await);
        let query = sql("SELECT unscored FROM observations WHERE patient_id = ").push_bind(stay.patient);
        assert_eq!(text(&app, query).await, "pregnant");
        assert!(stay.sheet().await.contains("The patient is pregnant"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn scale_two_is_a_doctors_decision_with_a_reason() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let hypercapnic = [("spo2", "90")];
        ok(&stay.observe(&hypercapnic).await);
        assert_eq!(number(&app, sql("SELECT score FROM observations")).await, 3);
        let escalation = id(&app, sql("SELECT id FROM escalations")).await;
        let plan = [("scale", "2"), ("reason", "COPD, target 88 to 92 %")];
        assert_eq!(stay.by(&stay.nurse, "plan", &plan).await.status, StatusCode::FORBIDDEN);
        let without = stay.by(&stay.doctor, "plan", &[("scale", "2")]).await;
        assert!(without.status == StatusCode::UNPROCESSABLE_ENTITY && without.body.contains("\"reason\""), "{}", without.body);
        ok(&stay.by(&stay.doctor, "plan", &plan).await);
        ok(&stay.observe(&hypercapnic).await);
        assert_eq!(number(&app, sql("SELECT score FROM observations ORDER BY taken_at DESC LIMIT 1")).await, 0);
        assert!(stay.sheet().await.contains("SpO2 scale 2"));
        // The nurse shortens the interval; the scale stays.
        ok(&stay.by(&stay.nurse, "more_often", &[("interval", "120"), ("reason", "Tired")]).await);
        assert_eq!(number(&app, sql("SELECT spo2_scale FROM observation_plans ORDER BY nth DESC LIMIT 1")).await, 2);
        let longer = stay.by(&stay.nurse, "more_often", &[("interval", "1000"), ("reason", "Sleeps")]).await;
        assert!(longer.body.contains("A doctor decides on a longer interval"), "{}", longer.body);
        ok(&stay.by(&stay.doctor, "plan", &[("scale", "2"), ("stop_hours", "12"), ("reason", "Last days of life")]).await);
        assert!(stay.sheet().await.contains("Stopped until"));
        assert_eq!(stay.by(&stay.nurse, "more_often", &[("reason", "Other")]).await.status, StatusCode::CONFLICT);
        assert_eq!(
            text(&app, sql("SELECT state FROM escalations WHERE id = ").push_bind(escalation.parse::<uuid::Uuid>().expect("an id"))).await,
            "open"
        );
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_high_score_opens_an_escalation_that_a_named_person_closes() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let worse = [("respiration", "25"), ("spo2", "93"), ("oxygen", "2"), ("pulse", "112")];
        ok(&stay.observe(&worse).await);
        assert_eq!(number(&app, sql("SELECT score FROM observations")).await, 9);
        assert_eq!(number(&app, sql("SELECT level FROM escalations")).await, 3);
        let board = stay.nurse.get(&format!("/wards/{}", stay.plan.medical)).await.body;
        assert!(board.contains("Got worse"), "{board}");
        let list = stay.nurse.get("/nursing/escalations").await.body;
        assert!(list.contains("NEWS2 9") && list.contains("30 min left"), "{list}");
        let escalation = id(&app, sql("SELECT id FROM escalations")).await;
        let step = async |path: &'static str, fields: &[(&str, &str)]| {
            let form = [&[("escalation_id", escalation.as_str())][..], fields].concat();
            stay.nurse.post(&format!("/api/nursing/{path}"), &form).await
        };
        assert_eq!(step("close", &[("note", "Better")]).await.status, StatusCode::CONFLICT, "nobody attended");
        assert_eq!(step("tell", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "somebody must be named");
        ok(&step("tell", &[("whom", "Dr. Costa"), ("note", "Comes at once")]).await);
        ok(&step("attend", &[("whom", "Dr. Costa")]).await);
        assert_eq!(step("attend", &[("whom", "Dr. Ruiz")]).await.status, StatusCode::CONFLICT);
        assert_eq!(step("close", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "what was done is missing");
        ok(&step("close", &[("note", "Oxygen and antibiotic given")]).await);
        assert_eq!(text(&app, sql("SELECT attended_by FROM escalations WHERE state = 'closed'")).await, "Dr. Costa");
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalation_steps")).await, 4);
        // The next set is as bad: it opens another escalation.
        ok(&stay.observe(&worse).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations WHERE state = 'open'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_escalation_that_nobody_answers_goes_up() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.observe(&[("consciousness", "1")]).await);
        assert_eq!(number(&app, sql("SELECT level FROM escalations")).await, 1);
        for (minutes, level) in [(59, 1), (2, 2), (59, 2), (2, 3), (300, 3)] {
            app.state.clock.advance(Duration::minutes(minutes));
            nursing::raise_unmet(&app.state).await.expect("raised");
            assert_eq!(number(&app, sql("SELECT level FROM escalations")).await, level, "after {minutes} more minutes");
        }
        let bell =
            sql("SELECT count(*) FROM notifications WHERE kind = 'escalation_unmet' AND user_id = ").push_bind(app.fixture.user("doctor"));
        assert!(number(&app, bell).await >= 1);
        app.state.clock.advance(Duration::minutes(31));
        let nurse = app.as_("nurse").await;
        let list = nurse.get("/nursing/escalations").await.body;
        assert!(list.contains("Nobody attended:") && list.contains("Raised"), "{list}");
        let stay = Stay { nurse, doctor: app.as_("doctor").await, ..stay };
        // The patient who is attended gets worse: somebody must come again.
        let escalation = id(&app, sql("SELECT id FROM escalations")).await;
        ok(&stay.nurse.post("/api/nursing/attend", &[("escalation_id", &escalation), ("whom", "Dr. Costa")]).await);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_a_version_and_withdraws_what_the_wrong_set_opened() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.observe(&[("pulse", "172")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations WHERE state = 'open'")).await, 1);
        let set = id(&app, sql("SELECT id FROM observations")).await;
        let correct = |id: String, fields: Vec<(&'static str, &'static str)>| {
            let nurse = stay.nurse.clone();
            async move {
                let mut form = vec![("observation_id", id.as_str())];
                form.extend(WELL);
                form.extend(fields);
                nurse.post("/api/nursing/correct", &form).await
            }
        };
        let without = correct(set.clone(), Vec::new()).await;
        assert!(without.status == StatusCode::UNPROCESSABLE_ENTITY && without.body.contains("\"reason\""), "{}", without.body);
        ok(&correct(set.clone(), vec![("reason", "172 was typed for 72")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM escalations WHERE withdrawn")).await, 1);
        assert_eq!(correct(set.clone(), vec![("reason", "Again")]).await.status, StatusCode::CONFLICT, "it was superseded");
        let page = stay.nurse.get(&format!("/observations/{set}")).await.body;
        assert!(page.contains("Superseded") && page.contains("172 was typed for 72") && page.contains("NEWS2 0"), "{page}");
        let second = id(&app, sql("SELECT id FROM observations WHERE superseded_at IS NULL")).await;
        ok(&stay.nurse.post("/api/nursing/wrong", &[("observation_id", &second), ("reason", "Another patient's")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM observations")).await, 3, "nothing is overwritten");
        let chart = stay.nurse.get(&format!("/admissions/{}/observations", stay.id)).await.body;
        assert!(chart.contains("No observations in this time"), "{chart}");
        ok(&stay.by(&stay.nurse, "refused", &[("reason", "Wants to sleep")]).await);
        assert!(stay.sheet().await.contains("Refused"));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn fluids_add_up_and_are_corrected_by_versions() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        for (kind, ml) in [("oral", "250"), ("iv", "1000"), ("urine", "600")] {
            ok(&stay.by(&stay.nurse, "fluid", &[("kind", kind), ("ml", ml)]).await);
        }
        ok(&stay.by(&stay.nurse, "fluid", &[("kind", "vomit"), ("unmeasured", "true")]).await);
        assert_eq!(stay.by(&stay.nurse, "fluid", &[("kind", "urine")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let page = || async { stay.nurse.get(&format!("/admissions/{}/fluids", stay.id)).await.body };
        let before = page().await;
        assert!(before.contains("1250 ml") && before.contains("+650 ml") && before.contains("+ 1"), "{before}");
        let entry = id(&app, sql("SELECT id FROM fluid_entries WHERE kind = 'urine'")).await;
        let form = [("fluid_entry_id", entry.as_str()), ("kind", "urine"), ("ml", "60"), ("reason", "A digit too many")];
        ok(&stay.nurse.post("/api/nursing/correct_fluid", &form).await);
        assert_eq!(stay.nurse.post("/api/nursing/correct_fluid", &form).await.status, StatusCode::CONFLICT);
        assert!(page().await.contains("+1190 ml"));
        let oral = id(&app, sql("SELECT id FROM fluid_entries WHERE kind = 'oral'")).await;
        let form = [("fluid_entry_id", oral.as_str()), ("void", "true"), ("reason", "Another patient's")];
        ok(&stay.nurse.post("/api/nursing/correct_fluid", &form).await);
        assert!(page().await.contains("+940 ml"));
        let one = stay.nurse.get(&format!("/fluids/{oral}")).await.body;
        assert!(one.contains("Another patient&#x27;s") || one.contains("Another patient"), "{one}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM fluid_entries")).await, 6);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn tasks_are_due_done_or_not_done_and_end_with_the_stay() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        ok(&stay.by(&stay.nurse, "plan_task", &[("kind", "turning"), ("repeats", "q4h"), ("detail", "left side")]).await);
        ok(&stay.by(&stay.nurse, "plan_task", &[("kind", "weight"), ("repeats", "once")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_tasks WHERE state = 'due'")).await, 7);
        let page = stay.nurse.get(&format!("/admissions/{}/tasks", stay.id)).await.body;
        assert!(page.contains("Turning: left side") && page.contains("Weighing"), "{page}");
        let task = id(&app, sql("SELECT id FROM nursing_tasks ORDER BY due_at, id LIMIT 1")).await;
        ok(&stay.nurse.post("/api/nursing/task_done", &[("nursing_task_id", &task)]).await);
        assert_eq!(stay.nurse.post("/api/nursing/task_done", &[("nursing_task_id", &task)]).await.status, StatusCode::CONFLICT);
        let other = id(&app, sql("SELECT id FROM nursing_tasks WHERE state = 'due' ORDER BY due_at, id LIMIT 1")).await;
        let without = stay.nurse.post("/api/nursing/task_not_done", &[("nursing_task_id", &other)]).await;
        assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
        ok(&stay.nurse.post("/api/nursing/task_not_done", &[("nursing_task_id", &other), ("reason", "In theatre")]).await);
        let list = stay.nurse.get(&format!("/nursing?ward={}", stay.plan.medical)).await.body;
        assert!(list.contains("Turning: left side"), "{list}");
        // The job makes the tasks of the next day, once.
        app.state.clock.advance(Duration::hours(13));
        assert_eq!(nursing::fill_all(&app.state).await.expect("made"), 4);
        assert_eq!(nursing::fill_all(&app.state).await.expect("made"), 0);
        let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
        ok(&act(&doctor, "discharge", stay.id, &[("kind", "home"), ("diagnosis", "Pneumonia")]).await);
        ok(&act(&app.as_("ward_manager").await, "left", stay.id, &[("because", "Settled at home")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM nursing_tasks WHERE state = 'due'")).await, 0);
        let after = Stay { nurse, doctor, ..stay };
        assert_eq!(after.observe(&[]).await.status, StatusCode::CONFLICT, "the patient left");
        app.assert_sound().await;
    })
    .await;
}
