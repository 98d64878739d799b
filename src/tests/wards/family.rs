//! Births, mother and child, the undo of a move, the wall and the figures.

use axum::http::StatusCode;
use chrono::Duration;

use super::{act, admitted, moves::bed_of, open_uses, plan, saved};
use crate::{
    core::{AdmissionId, BedId, PatientId},
    db::sql,
    tests::{TestApp, on_both_engines},
    wards::charge_days,
};

/// The children of a mother's admission: their admissions and numbers.
async fn children(app: &TestApp, mother: AdmissionId) -> Vec<(AdmissionId, String)> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT a.id, p.mrn FROM births n JOIN admissions a ON a.id = n.baby_id JOIN patients p ON p.id = a.patient_id
        WHERE n.mother_id = ");
    tx.all(query.push_bind(mother).push(" ORDER BY n.birth_order")).await.expect("children")
}

async fn mrn(app: &TestApp, patient: PatientId) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.one::<(String,)>(sql("SELECT mrn FROM patients WHERE id = ").push_bind(patient)).await.expect("a patient").0
}

async fn guardians(app: &TestApp, guardian: PatientId) -> i64 {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.count(sql("SELECT count(*) FROM guardians WHERE kind = 'child' AND guardian_id = ").push_bind(guardian)).await.expect("a number")
}

#[tokio::test]
async fn twins_get_cots_move_along_with_their_mother_and_do_not_stay_unnoticed() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let admin = app.as_("admin").await;
        let (ward, class) = (plan.surgical.to_string(), plan.class.to_string());
        let room = async |name: &str| {
            let fields = [("name", name), ("ward_id", ward.as_str()), ("sex_rule", "any"), ("isolation", "none"), ("single", "")];
            saved(&admin, "ward-rooms", &fields).await
        };
        let bed = async |name: &str, room: &str, kind: &str| {
            let fields = [("name", name), ("room_id", room), ("kind", kind), ("class_id", class.as_str()), ("position", "1")];
            saved(&admin, "beds", &fields).await
        };
        let (one, two) = (room("Room 8").await, room("Room 9").await);
        let (m1, c1, c2) = (bed("M1", &one, "adult").await, bed("C1", &one, "cot").await, bed("C2", &one, "cot").await);
        let (m2, c3, c4) = (bed("M2", &two, "adult").await, bed("C3", &two, "cot").await, bed("C4", &two, "cot").await);
        let id = |text: &str| text.parse::<BedId>().expect("an id");
        let nurse = app.as_("nurse").await;
        let ana = admitted(&app, app.fixture.ana, plan.surgical, id(&m1)).await;
        assert_eq!(nurse.get(&format!("/admissions/{ana}/birth")).await.status, StatusCode::OK);
        let born = async |order: &'static str, cot: &str| {
            let form = [
                ("outcome", "live"),
                ("plurality", "2"),
                ("birth_order", order),
                ("born_day", "2026-11-21"),
                ("born_time", "10:00"),
                ("sex", "female"),
                ("weight_g", "2450"),
                ("gestation_weeks", "38"),
                ("gestation_days", "2"),
                ("apgar_1", "9"),
                ("apgar_5", "10"),
                ("bed_id", cot),
            ];
            act(&nurse, "born", ana, &form).await
        };
        let answer = act(&nurse, "born", ana, &[("outcome", "live"), ("weight_g", "24")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for field in ["plurality", "birth_order", "born_day", "born_time", "sex", "weight_g", "bed_id"] {
            assert!(answer.body.contains(&format!("\"{field}\"")), "{field}: {}", answer.body);
        }
        let before = guardians(&app, app.fixture.ana).await;
        let answer = born("1", &c1).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(born("1", &c2).await.status, StatusCode::UNPROCESSABLE_ENTITY, "this child is recorded");
        assert_eq!(born("3", &c2).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the third of two");
        assert_eq!(born("2", &c2).await.status, StatusCode::OK);
        assert_eq!(guardians(&app, app.fixture.ana).await, before + 2, "the mother acts for both");
        let babies = children(&app, ana).await;
        assert_eq!(babies.len(), 2);
        let of_baby = act(&nurse, "born", babies[0].0, &[("outcome", "stillborn"), ("plurality", "1"), ("birth_order", "1")]).await;
        assert!(!of_baby.status.is_success(), "a baby has no baby");
        let board = nurse.get(&format!("/wards/{}", plan.surgical)).await.body;
        assert!(board.contains("Baby 1 of") && board.contains("Mother: M1") && board.contains("Child: C2"), "{board}");
        assert!(board.contains("0 h old"), "{board}");
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("2450 g") && page.contains("38 weeks + 2 days") && page.contains("Apgar 9 / 10 / –"), "{page}");
        let own = mrn(&app, app.fixture.ana).await;
        let compared = async |mother: &str, baby: &str| {
            let answer = act(&nurse, "match_bands", ana, &[("mother", mother), ("baby", baby)]).await;
            nurse.get(&answer.location.expect("a page with the result")).await.body
        };
        assert!(compared(&own, &babies[1].1).await.contains("The wristbands belong together"));
        assert!(compared(&own, &own).await.contains("do not belong together"));
        assert!(compared(&babies[0].1, &babies[1].1).await.contains("do not belong together"));

        let answer = act(&nurse, "move", ana, &[("bed_id", &m2), ("with_babies", "true")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        for cot in [&c3, &c4] {
            assert_eq!(open_uses(&app, id(cot)).await, ["stay"]);
        }
        assert_eq!(act(&nurse, "undo_move", ana, &[]).await.status, StatusCode::CONFLICT, "the children came along");
        let (doctor, manager) = (app.as_("doctor").await, app.as_("ward_manager").await);
        let answer = act(&doctor, "discharge", ana, &[("kind", "home"), ("diagnosis", "Birth of twins")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let answer = act(&manager, "left", ana, &[("because", "Test")]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"babies_stay\""), "{}", answer.body);
        let answer = act(&manager, "left", ana, &[("because", "Test"), ("babies_stay", "true")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_stillborn_child_is_no_patient_and_marks_the_mother() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        let form = [
            ("outcome", "stillborn"),
            ("plurality", "1"),
            ("birth_order", "1"),
            ("born_day", "2026-11-21"),
            ("born_time", "09:15"),
            ("sex", "male"),
        ];
        let answer = act(&nurse, "born", ana, &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(children(&app, ana).await.is_empty());
        assert!(nurse.get(&format!("/wards/{}", plan.medical)).await.body.contains("Bereaved"));
        let ben = admitted(&app, app.fixture.ben, plan.surgical, plan.s1).await;
        assert_eq!(act(&nurse, "born", ben, &form).await.status, StatusCode::CONFLICT, "a man is no mother");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_move_by_label_is_undone_within_half_a_minute() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        let ana = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        app.state.clock.advance(Duration::minutes(10));
        let page = nurse.get(&format!("/admissions/{ana}/move")).await;
        assert!(page.status == StatusCode::OK && page.body.contains("1B"), "{}", page.body);
        let answer = act(&nurse, "move", ana, &[("label", "9z")]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"label\""), "{}", answer.body);
        for label in ["S1", "sur s1"] {
            let answer = act(&nurse, "move", ana, &[("label", label)]).await;
            let ask = format!("/admissions/{ana}/ask?ward={}", plan.surgical);
            assert_eq!(answer.location.as_deref(), Some(ask.as_str()), "a bed of another ward: {}", answer.body);
            let page = nurse.get(&ask).await;
            assert!(page.status == StatusCode::OK && page.body.contains("Ask for the transfer"), "{}", page.body);
        }
        assert_eq!(act(&nurse, "undo_move", ana, &[]).await.status, StatusCode::CONFLICT, "nothing was moved");
        let answer = act(&nurse, "move", ana, &[("label", " 1b")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(bed_of(&app, ana).await, plan.b1);
        assert!(nurse.get(&format!("/admissions/{ana}?done=moved")).await.body.contains("/api/wards/undo_move"));
        app.state.clock.advance(Duration::seconds(20));
        let answer = act(&nurse, "undo_move", ana, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!((bed_of(&app, ana).await, open_uses(&app, plan.b1).await), (plan.a1, Vec::<String>::new()));
        assert_eq!(act(&nurse, "undo_move", ana, &[]).await.status, StatusCode::CONFLICT, "once");
        assert_eq!(act(&nurse, "move", ana, &[("label", "1B")]).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::seconds(31));
        assert_eq!(act(&nurse, "undo_move", ana, &[]).await.status, StatusCode::CONFLICT, "too late");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_wall_names_nobody_and_the_figures_count_nights() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let nurse = app.as_("nurse").await;
        admitted(&app, app.fixture.ana, plan.medical, plan.a1).await;
        for page in [format!("/wards/{}/wall", plan.medical), format!("/wards/{}/wall/live", plan.medical)] {
            let body = nurse.get(&page).await.body;
            assert!(body.contains("1A") && body.contains("1/3") && !body.contains("Núñez"), "{body}");
        }
        app.state.clock.advance(Duration::days(1));
        assert_eq!(charge_days(&app.state).await.expect("charged"), 1);
        let nurse = app.as_("nurse").await;
        let body = nurse.get("/wards/figures?from=2026-11-21&to=2026-11-21").await.body;
        assert!(body.contains("Medical ward") && body.contains("33.3 %"), "{body}");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_time_of_admission_is_corrected_with_the_stay_and_the_reservation() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (nurse, manager) = (app.as_("nurse").await, app.as_("ward_manager").await);
        let (_, ana) = super::asked(&app.as_("doctor").await, app.fixture.ana, plan.medical, &[]).await;
        let (ward, bed) = (plan.medical.to_string(), plan.a1.to_string());
        assert_eq!(act(&nurse, "accept", ana, &[("ward", &ward), ("bed_id", &bed)]).await.status, StatusCode::OK);
        app.state.clock.advance(Duration::minutes(20));
        assert_eq!(act(&nurse, "admit", ana, &[("bed_id", &bed), ("band", "true")]).await.status, StatusCode::OK);
        let correct = |time: &'static str| [("day", "2026-11-21"), ("time", time), ("reason", "Entered late")];
        assert_eq!(act(&nurse, "correct_time", ana, &correct("10:40")).await.status, StatusCode::FORBIDDEN);
        let answer = act(&manager, "correct_time", ana, &correct("23:00")).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("\"time\""), "{}", answer.body);
        for time in ["10:40", "10:05"] {
            let answer = act(&manager, "correct_time", ana, &correct(time)).await;
            assert_eq!(answer.status, StatusCode::OK, "{time}: {}", answer.body);
        }
        let page = nurse.get(&format!("/admissions/{ana}")).await.body;
        assert!(page.contains("Time of admission corrected") && page.contains("Entered late"), "{page}");
        app.assert_sound().await;
    })
    .await;
}
