//! Tests that one person gets one record, however many receptionists register or correct it at the same time, and that a
//! used form changes nothing.

use axum::http::StatusCode;

use super::{
    Answer, Browser, Fixture, TestApp, all_at_once, on_both_engines,
    patients::{patient_count, post, stranger, submit, with, wrong_fields},
    races_on_both_engines,
};
use crate::{
    core::Error,
    db::{Sql, sql},
};

type Form = Vec<(&'static str, String)>;

/// Returns a form for the same person as in the other tests, as several receptionists would fill it in.
fn her_form(number: usize) -> Form {
    let form = stranger(&Fixture::key());
    match number % 4 {
        0 => form,
        1 => with(form, &[("given_names", "Gwadalupe"), ("family_name", "Ernandes Ortis"), ("phone", "")]),
        2 => with(form, &[("family_name", "Ortiz Hernandez"), ("phone", "617 555 0142")]),
        _ => with(form, &[("given_names", "Lupe"), ("birth_date", "1991-02-27")]),
    }
}

async fn at_once(browser: &Browser, path: &'static str, forms: Vec<Form>) -> Vec<Answer> {
    let posts = forms.into_iter().map(|form| {
        let browser = browser.clone();
        async move { post(&browser, path, &form).await }
    });
    all_at_once(posts).await
}

fn statuses(answers: &[Answer], status: StatusCode) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

async fn number(app: &TestApp, query: Sql) -> i64 {
    app.state.db.read().await.expect("a connection").count(query).await.expect("a number")
}

/// Returns how often the audit log records the creation of an object of this kind.
async fn created(app: &TestApp, what: &str) -> i64 {
    number(app, sql("SELECT count(*) FROM audit_log WHERE action = 'create' AND what = ").push_bind(what)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_clerks_register_one_person_once() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let answers = at_once(&desk, "/api/reception/register", (0..20).map(her_form).collect()).await;
        assert_eq!(statuses(&answers, StatusCode::OK), 1, "{answers:?}");
        for refused in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
            assert_eq!(wrong_fields(refused), ["anyway"]);
        }
        assert_eq!((patient_count(&app).await, created(&app, "patient").await), (5, 1));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn different_people_are_registered_at_once() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let forms = (0..20).map(|number| {
            let name = ["Abel", "Bruno", "Carla", "Diego", "Elisa"][number % 5];
            let family = ["Foster", "Gomez", "Hughes", "Jimenez"][number / 5];
            let born = format!("19{}-0{}-1{}", 40 + number * 2, 1 + number % 9, number % 10);
            with(stranger(&Fixture::key()), &[("given_names", name), ("family_name", family), ("birth_date", &born), ("phone", "")])
        });
        let answers = at_once(&desk, "/api/reception/register", forms.collect()).await;
        assert_eq!(statuses(&answers, StatusCode::OK), 20, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

/// Returns a form that corrects a patient into the data of that person.
fn into_her(id: &str, phone: &str) -> Form {
    with(stranger(id), &[("version", "1"), ("phone", phone)])
}

#[tokio::test]
async fn a_record_is_not_corrected_into_somebody_elses_unasked() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let (id, ben) = (Fixture::key(), app.fixture.ben.to_string());
        assert_eq!(post(&desk, "/api/reception/register", &stranger(&id)).await.status, StatusCode::OK);
        let form = into_her(&ben, "617 555 0101");
        assert_eq!(wrong_fields(&post(&desk, "/api/patients/save", &form).await), ["anyway"]);
        let page = submit(&desk, &format!("/patients/{ben}/edit"), "/api/patients/save", &form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        for words in ["same name, same birth date", "Very likely the same", "save anyway", &format!("/patients/{id}\"")] {
            assert!(page.body.contains(words), "{words}: {}", page.body);
        }
        let anyway = with(form, &[("anyway", "on")]);
        assert_eq!(post(&desk, "/api/patients/save", &anyway).await.status, StatusCode::OK);
        // The two records are now similar: a change of other fields is saved without a question.
        let city = with(anyway, &[("anyway", ""), ("city", "Lynn"), ("version", "2")]);
        assert_eq!(post(&desk, "/api/patients/save", &city).await.status, StatusCode::OK);
        // The national id of another patient is a further similarity.
        let numbered = with(stranger(&id), &[("version", "1"), ("national_id", "X-77"), ("anyway", "")]);
        assert_eq!(post(&desk, "/api/patients/save", &numbered).await.status, StatusCode::OK);
        let same = with(city, &[("version", "3"), ("national_id", "x77")]);
        assert_eq!(wrong_fields(&post(&desk, "/api/patients/save", &same).await), ["anyway"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn corrections_and_registrations_of_one_person_take_turns() {
    races_on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        let (ben, chloe) = (app.fixture.ben.to_string(), app.fixture.chloe.to_string());
        let saves = (0..12).map(|number| (["/api/patients/save"], into_her(if number % 2 == 0 { &ben } else { &chloe }, "")));
        let registers = (0..8).map(|number| (["/api/reception/register"], her_form(number)));
        let posts = saves.chain(registers).map(|([path], form)| {
            let desk = desk.clone();
            async move { post(&desk, path, &form).await }
        });
        let answers = all_at_once(posts).await;
        assert_eq!(statuses(&answers, StatusCode::OK), 1, "{answers:?}");
        let refused = statuses(&answers, StatusCode::UNPROCESSABLE_ENTITY) + statuses(&answers, StatusCode::CONFLICT);
        assert_eq!(refused, 19, "{answers:?}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_somebodys_registers_nobody() {
    on_both_engines(|app| async move {
        let desk = app.as_("desk").await;
        for taken in [app.fixture.ben, app.fixture.dora] {
            let answer = post(&desk, "/api/reception/register", &stranger(&taken.to_string())).await;
            assert!(matches!(answer.error(), Error::Conflict(words) if words.contains("sent before")), "{}", answer.body);
        }
        assert_eq!((patient_count(&app).await, created(&app, "patient").await), (4, 0));
        let form = stranger(&Fixture::key());
        for _ in 0..2 {
            let answer = post(&desk, "/api/reception/register", &form).await;
            assert_eq!(answer.status, StatusCode::OK, "the same form again: {}", answer.body);
        }
        assert_eq!((patient_count(&app).await, created(&app, "patient").await), (5, 1));
        let called = [("contact_name", "Luis Ortiz"), ("contact_phone", "617 555 0143")];
        for changed in [with(form.clone(), &[("family_name", "Ortiz")]), with(form, &called)] {
            let page = submit(&desk, "/patients/new", "/api/reception/register", &changed).await;
            assert_eq!(page.status, StatusCode::CONFLICT);
            assert!(page.body.contains("Nothing was saved now"), "{}", page.body);
        }
        assert_eq!((created(&app, "patient").await, number(&app, sql("SELECT count(*) FROM patient_contacts")).await), (1, 0));
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_stands_elsewhere_is_refused_in_words() {
    on_both_engines(|app| async move {
        let (nurse, desk) = (app.as_("nurse").await, app.as_("desk").await);
        let (ana, ben, dora) = (app.fixture.ana.to_string(), app.fixture.ben.to_string(), app.fixture.dora.to_string());
        let used = |answer: Answer| match answer.error() {
            Error::Conflict(words) => assert!(words.contains("sent before"), "{words}"),
            other => panic!("{other:?}"),
        };
        let allergy = |patient: &str, key: &str, substance: &str| {
            [("patient_id", patient), ("key", key), ("substance", substance), ("category", "food"), ("criticality", "low")]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec()
        };
        let key = Fixture::key();
        for _ in 0..2 {
            assert_eq!(post(&nurse, "/api/patients/add_allergy", &allergy(&ana, &key, "Peanut")).await.status, StatusCode::OK);
        }
        used(post(&nurse, "/api/patients/add_allergy", &allergy(&ana, &key, "Walnut")).await);
        used(post(&nurse, "/api/patients/add_allergy", &allergy(&ben, &key, "Peanut")).await);
        used(post(&app.as_("doctor").await, "/api/patients/add_allergy", &allergy(&ana, &key, "Peanut")).await);
        // Reception of another clinic, whose rows row-level security hides.
        used(post(&app.as_("doctor3").await, "/api/patients/add_allergy", &allergy(&dora, &key, "Peanut")).await);
        assert_eq!((created(&app, "allergy").await, number(&app, sql("SELECT count(*) FROM allergies")).await), (1, 1));

        let insurer: (uuid::Uuid,) = {
            let mut tx = app.state.db.read().await.expect("a connection");
            tx.one(sql("SELECT id FROM insurers")).await.expect("an insurer")
        };
        let cover = |patient: &str, key: &str, plan: &str| {
            [("patient_id", patient), ("key", key), ("plan", plan), ("insurer_id", &insurer.0.to_string())]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec()
        };
        for _ in 0..2 {
            assert_eq!(post(&desk, "/api/patients/add_coverage", &cover(&ben, &key, "Silver")).await.status, StatusCode::OK);
        }
        used(post(&desk, "/api/patients/add_coverage", &cover(&ben, &key, "Gold")).await);
        used(post(&desk, "/api/patients/add_coverage", &cover(&ana, &key, "Silver")).await);
        used(post(&app.as_("desk2").await, "/api/patients/add_coverage", &cover(&dora, &key, "Silver")).await);
        assert_eq!((created(&app, "coverage").await, number(&app, sql("SELECT count(*) FROM coverages")).await), (1, 2));
        app.assert_sound().await;
    })
    .await;
}
