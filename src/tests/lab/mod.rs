//! The laboratory: from the order to the signed report, and the acts that are refused.

mod aliquots;
mod analyser_tls;
mod analysers;
mod anew;
mod catalogue;
mod controls;
mod guards;
pub mod mended;
mod once;
mod pregnancy;
mod races;
mod turnaround;

use axum::http::StatusCode;

use super::{Answer, Browser, TestApp, consultation::calls, on_both_engines, opd::waits_for_doctor, orders::sign};
use crate::{
    core::{Error, LabDrawId, OrderId, PatientId, VisitId},
    db::{Sql, sql},
};

/// A laboratory with the starter catalogue, and the people who work there.
#[derive(Clone, Debug)]
pub struct Lab {
    pub doctor: Browser,
    pub nurse: Browser,
    pub technician: Browser,
    pub pathologist: Browser,
    /// The visit of Ana, who is with the doctor.
    pub visit: VisitId,
    pub patient: PatientId,
}

pub async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

pub async fn text(app: &TestApp, query: Sql) -> String {
    app.state.db.read().await.expect("a connection").one::<(String,)>(query).await.expect("a text").0
}

/// Returns an id that a query finds, as text.
pub async fn id(app: &TestApp, query: Sql) -> String {
    app.state.db.read().await.expect("a connection").one::<(uuid::Uuid,)>(query).await.expect("an id").0.to_string()
}

pub fn ok(answer: &Answer) {
    assert!(answer.status == StatusCode::OK || answer.status == StatusCode::SEE_OTHER, "{}: {}", answer.status, answer.body);
}

/// The fields that a refused form names.
pub fn fields(answer: &Answer) -> Vec<String> {
    match answer.error() {
        Error::Invalid(errors) => errors.into_iter().map(|error| error.field).collect(),
        other => panic!("{other:?}"),
    }
}

impl Lab {
    /// Opens the laboratory, and calls Ana to the doctor.
    pub async fn open(app: &TestApp) -> Self {
        let pathologist = app.as_("pathologist").await;
        ok(&pathologist.post("/api/lab/adopt_starter", &[]).await);
        let doctor = app.as_("doctor").await;
        let patient = app.fixture.ana;
        let visit = waits_for_doctor(app, patient).await;
        calls(app, &doctor).await;
        Self { doctor, nurse: app.as_("nurse").await, technician: app.as_("lab").await, pathologist, visit, patient }
    }

    /// Orders tests by their codes.
    pub async fn order(&self, codes: &str, more: &[(&str, &str)]) -> Answer {
        let (key, visit) = (OrderId::new().to_string(), self.visit.to_string());
        let mut form = vec![("visit_id", visit.as_str()), ("key", &key), ("codes", codes), ("priority", "routine")];
        form.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        form.extend_from_slice(more);
        self.doctor.post("/api/lab/order", &form).await
    }

    /// Collects all expected samples of Ana.
    pub async fn collect(&self, app: &TestApp) -> Answer {
        let numbers = self.numbers(app, "expected").await.join(" ");
        self.collect_as(app, &numbers, None).await
    }

    /// Collects samples with a wristband.
    pub async fn collect_as(&self, app: &TestApp, numbers: &str, band: Option<&str>) -> Answer {
        let (key, patient) = (LabDrawId::new().to_string(), self.patient.to_string());
        let mrn = text(app, sql("SELECT mrn FROM patients WHERE id = ").push_bind(self.patient)).await;
        let form = [
            ("patient_id", patient.as_str()),
            ("key", &key),
            ("patient", band.unwrap_or(&mrn)),
            ("numbers", numbers),
            ("identified_by", "wristband"),
        ];
        self.nurse.post("/api/lab/collect", &form).await
    }

    /// The numbers of Ana's samples in a state.
    pub async fn numbers(&self, app: &TestApp, state: &str) -> Vec<String> {
        let query =
            sql("SELECT number FROM lab_samples WHERE patient_id = $1 AND state = $2 ORDER BY number").bind(self.patient).bind(state);
        let mut tx = app.state.db.read().await.expect("a connection");
        tx.all::<(String,)>(query).await.expect("numbers").into_iter().map(|(number,)| number).collect()
    }

    /// Receives all samples that are under way.
    pub async fn receive(&self, app: &TestApp) {
        for number in self.numbers(app, "collected").await {
            ok(&self.technician.post("/api/lab/receive", &[("number", &number)]).await);
        }
    }

    /// Orders, collects and receives tests.
    pub async fn at_the_bench(&self, app: &TestApp, codes: &str) {
        ok(&self.order(codes, &[]).await);
        ok(&self.collect(app).await);
        self.receive(app).await;
    }

    /// Orders, collects and receives tests that were done a moment ago.
    pub async fn at_the_bench_again(&self, app: &TestApp, codes: &str) {
        ok(&self.order(codes, &[("again", "true")]).await);
        ok(&self.collect(app).await);
        self.receive(app).await;
    }

    /// Enters and checks the value of a test.
    pub async fn enter(&self, app: &TestApp, code: &str, value: &str, more: &[(&str, &str)]) -> Answer {
        let (analysis, sample, version) = self.analysis(app, code).await;
        let names: Vec<(String, &str)> = [("version", version.as_str()), ("value", value)]
            .iter()
            .chain(more)
            .map(|(name, value)| (format!("{name}-{analysis}"), *value))
            .collect();
        let mut form = vec![("lab_sample_id", sample.as_str()), ("check", "true")];
        form.extend(names.iter().map(|(name, value)| (name.as_str(), *value)));
        self.technician.post("/api/lab/enter", &form).await
    }

    /// The analysis of a test that is not cancelled, its sample and its version.
    pub async fn analysis(&self, app: &TestApp, code: &str) -> (String, String, String) {
        let query = sql("SELECT a.id, a.sample_id, a.version FROM lab_analyses a JOIN lab_tests t ON t.id = a.test_id
            WHERE t.code = $1 AND a.patient_id = $2 AND a.state <> 'cancelled' ORDER BY a.updated_at DESC, a.id DESC LIMIT 1")
        .bind(code)
        .bind(self.patient);
        let mut tx = app.state.db.read().await.expect("a connection");
        let (id, sample, version): (uuid::Uuid, uuid::Uuid, i64) = tx.one(query).await.expect("an analysis");
        (id.to_string(), sample.to_string(), version.to_string())
    }

    /// Releases a test.
    pub async fn release(&self, app: &TestApp, browser: &Browser, code: &str) -> Answer {
        let analysis = self.analysis(app, code).await.0;
        let query = sql("SELECT id FROM lab_results WHERE superseded_at IS NULL AND analysis_id = ");
        let result = id(app, query.push_bind(analysis.parse::<uuid::Uuid>().expect("an id"))).await;
        browser.post("/api/lab/release", &[(format!("release-{analysis}").as_str(), &result)]).await
    }

    /// Lets a test take its way from the order to the report.
    pub async fn reported(&self, app: &TestApp, code: &str, value: &str) {
        self.at_the_bench(app, code).await;
        ok(&self.enter(app, code, value, &[]).await);
        ok(&self.release(app, &self.pathologist, code).await);
    }
}

#[tokio::test]
async fn a_test_goes_from_the_order_to_the_signed_report() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let page = lab.doctor.get(&format!("/lab/order/{}", lab.visit)).await;
        assert!(page.body.contains("Potassium") && page.body.contains("Basic metabolic panel"), "{}", page.body);
        ok(&lab.order("k crp", &[("priority", "stat")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM requisitions")).await, 1, "one requisition for both");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'expected'")).await, 1, "one tube for both");
        let planned = sql("SELECT count(*) FROM charges WHERE source = 'lab_test' AND state = 'planned' AND waits_for = 'service'");
        assert_eq!(number(&app, planned).await, 2, "planned when it is ordered");

        let list = lab.nurse.get("/lab/collect").await.body;
        assert!(list.contains("Núñez") && list.contains("Stat"), "{list}");
        ok(&lab.nurse.post("/api/lab/print_labels", &[("patient_id", &lab.patient.to_string())]).await);
        let labels = lab.nurse.get(&format!("/lab/collect/{}/labels", lab.patient)).await.body;
        let number_of_tube = lab.numbers(&app, "expected").await.remove(0);
        assert!(labels.contains("barcode__bars") && labels.contains(&number_of_tube), "{labels}");
        ok(&lab.collect(&app).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'accepted'")).await, 2);
        lab.receive(&app).await;
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'in_progress'")).await, 2);
        let waits = sql("SELECT count(*) FROM charges WHERE source = 'lab_test' AND state = 'planned' AND waits_for = 'price'");
        assert_eq!(number(&app, waits).await, 2, "done, and without a price it waits for one");

        let bench = lab.technician.get("/lab/bench").await.body;
        assert!(bench.contains(&number_of_tube) && bench.contains("Potassium, mmol/L"), "{bench}");
        ok(&lab.enter(&app, "k", "4,1", &[]).await);
        ok(&lab.enter(&app, "crp", "12", &[]).await);
        let chart = lab.doctor.get(&format!("/patients/{}/lab", lab.patient)).await.body;
        assert!(chart.contains("No results yet"), "nothing is shown before the release: {chart}");
        let release = lab.pathologist.get("/lab/release").await.body;
        assert!(release.contains("H high") && release.contains("4.1 mmol/L"), "{release}");
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        ok(&lab.release(&app, &lab.pathologist, "crp").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM orders WHERE state = 'completed'")).await, 2);
        let states = "SELECT count(*) FROM lab_reports WHERE state = ";
        assert_eq!(number(&app, sql(states).push_bind("partial")).await, 1);
        assert_eq!(number(&app, sql(states).push_bind("final")).await, 1);

        let chart = lab.doctor.get(&format!("/patients/{}/lab", lab.patient)).await.body;
        assert!(chart.contains("4.1") && chart.contains("<strong> H<"), "{chart}");
        let inbox = lab.doctor.get("/lab/inbox").await.body;
        assert!(inbox.contains("Abnormal") && inbox.contains("C-reactive protein"), "{inbox}");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_reviews WHERE state = 'replaced'")).await, 1, "the newest is signed");
        let review = id(&app, sql("SELECT id FROM lab_reviews WHERE state = 'new'")).await;
        ok(&lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "follow_up")]).await);
        let again = lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "none")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let report = id(&app, sql("SELECT id FROM lab_reports WHERE state = 'final'")).await;
        let paper = lab.doctor.get(&format!("/lab/reports/{report}")).await.body;
        assert!(paper.contains("Dr. Pilar Pathology") && paper.contains("unconfirmed") && paper.contains("3.5–5"), "{paper}");
        let portal = app.as_("ana").await.get("/portal/records").await.body;
        assert!(portal.contains("Potassium") && portal.contains("above the usual range"), "{portal}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_critical_value_is_typed_twice_called_and_read_back() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "k").await;
        let (analysis, ..) = lab.analysis(&app, "k").await;
        let once = lab.enter(&app, "k", "6.9", &[]).await;
        assert_eq!(fields(&once), [format!("again-{analysis}")]);
        let other = lab.enter(&app, "k", "6.9", &[("again", "9.6")]).await;
        assert_eq!(fields(&other), [format!("again-{analysis}")]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 0, "nothing is half written");
        ok(&lab.enter(&app, "k", "6.9", &[("again", "6,9")]).await);
        let chart = lab.doctor.get(&format!("/patients/{}/lab", lab.patient)).await.body;
        assert!(chart.contains("6.9 mmol/L") && chart.contains("not released yet"), "critical ones are shown once checked: {chart}");
        let bell =
            sql("SELECT count(*) FROM notifications WHERE kind = 'critical_result' AND user_id = ").push_bind(app.fixture.user("doctor"));
        assert_eq!(number(&app, bell).await, 1);

        for (minutes, level) in [(14, 0), (2, 1), (15, 2), (30, 3)] {
            app.state.clock.advance(chrono::Duration::minutes(minutes));
            crate::lab::escalate_calls(&app.state).await.expect("escalated");
            assert_eq!(number(&app, sql("SELECT level FROM lab_critical_calls")).await, level, "after {minutes} more minutes");
        }
        // Their sessions ended in this hour.
        let (technician, pathologist) = (app.as_("lab").await, app.as_("pathologist").await);
        let call = id(&app, sql("SELECT id FROM lab_critical_calls")).await;
        let attempt = async |outcome: &str| {
            let form = [("lab_call_id", call.as_str()), ("whom", "Dr. Costa"), ("how", "phone"), ("outcome", outcome)];
            technician.post("/api/lab/attempt", &form).await
        };
        ok(&attempt("not_reached").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_critical_calls WHERE closed_at IS NULL")).await, 1);
        ok(&attempt("read_back").await);
        assert_eq!(text(&app, sql("SELECT read_back_name FROM lab_critical_calls")).await, "Dr. Costa");
        assert_eq!(attempt("read_back").await.status, StatusCode::CONFLICT);
        ok(&lab.release(&app, &pathologist, "k").await);
        assert_eq!(text(&app, sql("SELECT weight FROM lab_reviews")).await, "critical");
        app.state.clock.advance(chrono::Duration::minutes(31));
        assert_eq!(crate::lab::escalate_reviews(&app.state).await.expect("escalated"), 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn two_people_release_a_result_unless_the_laboratory_is_single_handed() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "na").await;
        // The pathologist works at the bench too.
        let (analysis, sample, version) = lab.analysis(&app, "na").await;
        let (value, seen) = (format!("value-{analysis}"), format!("version-{analysis}"));
        let form = [("lab_sample_id", sample.as_str()), ("check", "true"), (seen.as_str(), version.as_str()), (value.as_str(), "140")];
        ok(&lab.pathologist.post("/api/lab/enter", &form).await);
        assert_eq!(lab.release(&app, &lab.pathologist, "na").await.status, StatusCode::CONFLICT);
        assert_eq!(lab.release(&app, &lab.technician, "na").await.status, StatusCode::FORBIDDEN);
        ok(&lab.pathologist.post("/api/lab/set_single_handed", &[("version", "0"), ("single_handed", "true")]).await);
        ok(&lab.release(&app, &lab.pathologist, "na").await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE single_handed")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_confirmed_test_releases_normal_results_by_itself() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        let test = id(&app, sql("SELECT id FROM lab_tests WHERE code = 'na'")).await;
        let form = [("lab_test_id", test.as_str()), ("version", "1"), ("autorelease", "true")];
        ok(&lab.pathologist.post("/api/lab/confirm_test", &form).await);
        lab.at_the_bench(&app, "na k").await;
        ok(&lab.enter(&app, "na", "140", &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE autoreleased AND released_at IS NOT NULL")).await, 1);
        ok(&lab.enter(&app, "k", "4.1", &[]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE released_at IS NULL")).await, 1, "potassium is unconfirmed");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_correction_is_a_version_that_a_second_person_releases() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "k", "5.9").await;
        let review = id(&app, sql("SELECT id FROM lab_reviews")).await;
        ok(&lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "none")]).await);
        let result = id(&app, sql("SELECT id FROM lab_results")).await;
        let form = [("lab_result_id", result.as_str()), ("value", "4.9"), ("reason", "Sample was mixed up")];
        assert_eq!(fields(&lab.technician.post("/api/lab/correct", &form[..2]).await), ["reason"]);
        ok(&lab.technician.post("/api/lab/correct", &form).await);
        let chart = lab.doctor.get(&format!("/patients/{}/lab", lab.patient)).await.body;
        assert!(chart.contains("being corrected"), "the withdrawn value is marked: {chart}");
        assert_eq!(lab.technician.post("/api/lab/correct", &form).await.status, StatusCode::CONFLICT, "not the current one any more");
        ok(&lab.release(&app, &lab.pathologist, "k").await);
        let paper = id(&app, sql("SELECT id FROM lab_reports WHERE state = 'corrected'")).await;
        let paper = lab.doctor.get(&format!("/lab/reports/{paper}")).await.body;
        assert!(paper.contains("corrected: was 5.9 mmol/L (Sample was mixed up)"), "{paper}");
        let bell = sql("SELECT count(*) FROM notifications WHERE kind = 'report_corrected'");
        assert_eq!(number(&app, bell).await, 1, "the doctor who saw the old one hears of it");
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results")).await, 2, "nothing is overwritten");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_rejected_sample_is_collected_again() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "k ldl chol hdl tg").await;
        ok(&lab.enter(&app, "k", "5.2", &[]).await);
        let sample = lab.analysis(&app, "k").await.1;
        let nothing = lab.technician.post("/api/lab/reject", &[("lab_sample_id", &sample), ("rejection", "other")]).await;
        assert_eq!(fields(&nothing), ["note"]);
        ok(&lab.technician.post("/api/lab/reject", &[("lab_sample_id", &sample), ("rejection", "haemolysed")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_results WHERE superseded_at IS NULL")).await, 0);
        assert_eq!(lab.numbers(&app, "expected").await.len(), 1, "a new sample is expected");
        let bell = sql("SELECT count(*) FROM notifications WHERE kind = 'sample_rejected'");
        assert_eq!(number(&app, bell).await, 1);
        ok(&lab.collect(&app).await);
        lab.receive(&app).await;
        for (code, value) in [("k", "4.0"), ("chol", "200"), ("hdl", "50"), ("tg", "150")] {
            ok(&lab.enter(&app, code, value, &[]).await);
        }
        let ldl = sql(
            "SELECT r.value_text FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE t.code = 'ldl' AND r.superseded_at IS NULL",
        );
        assert_eq!(text(&app, ldl).await, "123", "it is calculated once its inputs are there");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_tube_of_another_patient_is_refused_at_the_bedside() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&lab.order("k", &[]).await);
        let tube = lab.numbers(&app, "expected").await.remove(0);
        let mrn = text(&app, sql("SELECT mrn FROM patients WHERE id = ").push_bind(app.fixture.ben)).await;
        assert_eq!(fields(&lab.collect_as(&app, &tube, Some(&mrn)).await), ["numbers"]);
        let mistyped = format!("{}{}", &tube[..11], (tube.as_bytes()[11] - b'0' + 1) % 10);
        assert_eq!(fields(&lab.collect_as(&app, &mistyped, None).await), ["numbers"]);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_draws")).await, 0);
        ok(&lab.collect_as(&app, &tube, None).await);
    })
    .await;
}

#[tokio::test]
async fn an_order_again_says_the_last_value_and_a_cancelled_one_ends_its_work() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "k", "4.1").await;
        let again = lab.order("k", &[]).await;
        let Error::Invalid(errors) = again.error() else { panic!("it was ordered again") };
        assert!(errors[0].field == "again" && errors[0].message.contains("4.1 mmol/L"), "{errors:?}");
        ok(&lab.order("k", &[("again", "true")]).await);
        assert_eq!(fields(&lab.order("k nonsense", &[]).await), ["codes"]);
        let order = id(&app, sql("SELECT id FROM orders WHERE state = 'requested'")).await;
        let form = [("order_id", order.as_str()), ("version", "1"), ("act", "cancel"), ("reason", "Not needed")];
        ok(&lab.doctor.post("/api/orders/withdraw", &form).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples WHERE state = 'not_collected'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_analyses WHERE state = 'cancelled'")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'lab_test' AND state = 'cancelled'")).await, 1);
        // The free form of the consultation takes no laboratory order.
        let (key, visit) = (OrderId::new().to_string(), lab.visit.to_string());
        let free = [("visit_id", visit.as_str()), ("key", &key), ("kind", "laboratory"), ("service", "Potassium"), ("priority", "routine")];
        assert_eq!(fields(&lab.doctor.post("/api/clinical/order", &free).await), ["kind"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_release_is_refused_when_an_input_changed() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.at_the_bench(&app, "chol hdl nonhdl").await;
        for (code, value) in [("chol", "200"), ("hdl", "50")] {
            ok(&lab.enter(&app, code, value, &[]).await);
        }
        // The cholesterol is measured again: the calculated value follows an old one.
        let (chol, _, version) = lab.analysis(&app, "chol").await;
        ok(&lab.technician.post("/api/lab/repeat", &[("lab_analysis_id", &chol), ("version", &version)]).await);
        assert_eq!(lab.release(&app, &lab.pathologist, "nonhdl").await.status, StatusCode::CONFLICT);
        ok(&lab.enter(&app, "chol", "210", &[]).await);
        let value = sql("SELECT r.value_text FROM lab_results r JOIN lab_tests t ON t.id = r.test_id WHERE t.code = 'nonhdl' AND r.superseded_at IS NULL");
        assert_eq!(text(&app, value).await, "160", "it is calculated again");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_draft_has_no_sample_before_the_signature() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        ok(&lab.order("k", &[("draft", "true")]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_orders")).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_samples")).await, 0);
        sign(&lab.doctor, lab.visit).await;
        assert_eq!(lab.numbers(&app, "expected").await.len(), 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM charges WHERE source = 'lab_test' AND state = 'planned'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn normal_reports_are_signed_together_and_others_are_not() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "k", "4.1").await;
        lab.reported(&app, "na", "150").await;
        let of = |weight: &str| sql("SELECT id FROM lab_reviews WHERE weight = ").push_bind(weight);
        let (normal, abnormal) = (id(&app, of("normal")).await, id(&app, of("abnormal")).await);
        let both = format!("{normal} {abnormal}");
        let refused = lab.doctor.post("/api/lab/sign_normal", &[("reviews_seen", &both)]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_reviews WHERE state = 'signed'")).await, 0);
        ok(&lab.doctor.post("/api/lab/sign_normal", &[("reviews_seen", &normal)]).await);
        assert_eq!(number(&app, sql("SELECT count(*) FROM lab_reviews WHERE state = 'signed'")).await, 1);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_report_is_forwarded_and_one_without_a_doctor_is_in_the_pool() {
    on_both_engines(|app| async move {
        let lab = Lab::open(&app).await;
        lab.reported(&app, "k", "4.1").await;
        let review = id(&app, sql("SELECT id FROM lab_reviews WHERE state = 'new'")).await;
        let other = app.as_("doctor2").await;
        assert!(!other.get("/lab/inbox").await.body.contains("Potassium"), "a colleague's");
        let to = app.fixture.user("doctor2").to_string();
        let forward = async |to: &str| lab.doctor.post("/api/lab/forward", &[("lab_review_id", review.as_str()), ("to", to)]).await;
        let nurse = app.fixture.user("nurse").to_string();
        assert_eq!(fields(&forward(&nurse).await), ["to"]);
        ok(&forward(&to).await);
        assert!(other.get("/lab/inbox").await.body.contains("Potassium"));
        assert!(!lab.doctor.get("/lab/inbox").await.body.contains("Potassium"));
        let mut tx = app.state.db.write().await.expect("a transaction");
        tx.execute(sql("UPDATE users SET status = 'inactive' WHERE login = 'doctor2'")).await.expect("gone");
        tx.commit().await.expect("committed");
        assert!(lab.doctor.get("/lab/inbox").await.body.contains("Potassium"), "the doctors of the clinic sign for who is gone");
        ok(&lab.doctor.post("/api/lab/sign", &[("lab_review_id", &review), ("action", "none")]).await);
        assert_eq!(forward(&to).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no doctor of the clinic any more");
        app.assert_sound().await;
    })
    .await;
}
