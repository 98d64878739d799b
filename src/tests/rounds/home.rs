//! The medicines that a patient takes home: decided order by order, signed, at the pharmacy, and on the summary.

use axum::http::StatusCode;

use super::{Rounds, decided, fields, number, ok, summaries::order_medicine};
use crate::{
    core::{Error, PatientId},
    db::sql,
    tests::{
        Answer, Fixture, TestApp, all_at_once,
        medicine_record::{OnWard, PARACETAMOL},
        on_both_engines, races_on_both_engines,
    },
};

/// The fields of a prescription that goes on as the order does.
const AS_ORDERED: [(&str, &str); 4] = [("dose", "1 tablet"), ("route", "oral"), ("frequency", "3 times a day"), ("days", "5")];

/// The name of a medicine in the hospital's list.
async fn name(app: &TestApp, code: &str) -> String {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT title FROM care_orders o JOIN drugs d ON d.id = o.drug_id WHERE d.code = ").push_bind(code.to_owned());
    tx.one::<(String,)>(query).await.expect("an order").0
}

/// Prescribes to take home; a warning is answered with a reason, once it was shown.
async fn prescribe(stay: &Rounds, order: &str, more: &[(&str, &str)]) -> Answer {
    let key = Fixture::key();
    let form = [&[("key", key.as_str()), ("order", order)][..], more].concat();
    let answer = stay.post(&stay.doctor, "prescribe_home", &form).await;
    if answer.status != StatusCode::UNPROCESSABLE_ENTITY {
        return answer;
    }
    let Error::Invalid(errors) = answer.error() else { return answer };
    let Some(seen) = errors.iter().find(|error| error.field == "seen").map(|error| error.message.clone()) else { return answer };
    let form = [&form[..], &[("override_reason", "Reviewed on the round"), ("seen", &seen)]].concat();
    stay.post(&stay.doctor, "prescribe_home", &form).await
}

/// The prescriptions of a patient at the pharmacy.
async fn at_pharmacy(app: &TestApp, patient: PatientId) -> i64 {
    number(app, sql("SELECT count(*) FROM supplies WHERE state = 'to_verify' AND patient_id = ").push_bind(patient)).await
}

#[tokio::test]
async fn a_running_order_goes_on_at_home_and_is_at_the_pharmacy_and_on_the_summary() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = order_medicine(&app, &stay).await;
        let paracetamol = name(&app, PARACETAMOL).await;
        let address = format!("/admissions/{}/take-home", stay.id);
        let page = stay.doctor.get(&address).await.body;
        assert!(page.contains(&paracetamol) && page.contains("Not decided") && page.contains("Does not go on"), "{page}");
        assert_eq!(stay.nurse.get(&address).await.status, StatusCode::FORBIDDEN, "a doctor prescribes");
        let form = stay.doctor.get(&format!("{address}?order={order}")).await.body;
        assert!(form.contains("value=\"1 tablet\"") && form.contains("Prescribe and sign"), "it begins with the order: {form}");
        assert_eq!(fields(&prescribe(&stay, &order, &[("drug", &paracetamol)]).await), ["dose", "route", "frequency"]);
        assert_eq!(at_pharmacy(&app, stay.patient).await, 0);

        ok(&prescribe(&stay, &order, &[&[("drug", paracetamol.as_str())][..], &AS_ORDERED].concat()).await);
        assert_eq!(at_pharmacy(&app, stay.patient).await, 1, "it is at the pharmacy at once");
        let decision = sql("SELECT count(*) FROM home_medicines WHERE decision = 'continue' AND replaced_at IS NULL");
        assert_eq!(number(&app, decision).await, 1);
        let queue = app.as_("pharmacist").await.get("/pharmacy").await.body;
        assert!(queue.contains("Núñez"), "{queue}");
        let page = stay.doctor.get(&address).await.body;
        assert!(page.contains("at the pharmacy") && !page.contains("Not decided"), "{page}");
        let answer = prescribe(&stay, &order, &[&[("drug", paracetamol.as_str())][..], &AS_ORDERED].concat()).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "it is prescribed: {}", answer.body);
        let answer = stay.post(&stay.doctor, "stop_home", &[("key", &Fixture::key()), ("order", &order)]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);

        // The summary begins with the decision, and its paper names the prescription.
        let summary = stay.doctor.get(&format!("/admissions/{}/stay-summary", stay.id)).await.body;
        assert!(summary.contains("for 5 days"), "{summary}");
        let row = super::goes_on(&order);
        ok(&stay.post(&stay.doctor, "sign_summary", &decided(&row, &[("saved", "0")])).await);
        let paper = stay.doctor.get(&format!("/admissions/{}/stay-summary/paper?lang=en", stay.id)).await.body;
        assert!(paper.contains("Medicines to take home") && paper.contains("for 5 days"), "{paper}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_that_changes_or_ends_and_a_new_medicine_are_decided_on() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = order_medicine(&app, &stay).await;
        let paracetamol = name(&app, PARACETAMOL).await;
        let ward = OnWard { admission: stay.id, ward: stay.plan.medical.to_string(), other: "nurse2" };
        let other = ward.order(&app, "OMEPRAZOLE-20-MG-GRCAP", &[("timing", "morning"), ("dose", "20 mg")]).await;
        let omeprazole = name(&app, "OMEPRAZOLE-20-MG-GRCAP").await;
        // It ends first; the doctor decides anew, and the first decision stays on record.
        ok(&stay.post(&stay.doctor, "stop_home", &[("key", &Fixture::key()), ("order", &order)]).await);
        let page = stay.doctor.get(&format!("/admissions/{}/take-home", stay.id)).await.body;
        assert!(page.contains("Goes on") && page.contains("Stop"), "{page}");
        let changed =
            [("drug", paracetamol.as_str()), ("dose", "1 tablet"), ("route", "oral"), ("frequency", "twice a day"), ("days", "3")];
        ok(&prescribe(&stay, &order, &changed).await);
        let new = [("drug", omeprazole.as_str()), ("dose", "20 mg"), ("route", "oral"), ("frequency", "every morning"), ("days", "14")];
        ok(&prescribe(&stay, &other, &new).await);
        let count = async |decision: &'static str| {
            number(&app, sql("SELECT count(*) FROM home_medicines WHERE decision = ").push_bind(decision)).await
        };
        assert_eq!((count("stopped").await, count("changed").await, count("continue").await), (1, 1, 1));
        assert_eq!(number(&app, sql("SELECT count(*) FROM home_medicines WHERE replaced_at IS NOT NULL")).await, 1);
        assert_eq!(at_pharmacy(&app, stay.patient).await, 2);
        // Sent twice, prescribed once.
        let key = Fixture::key();
        let form = [
            ("key", key.as_str()),
            ("order", ""),
            ("drug", "Salbutamol 100 microgram inhaler"),
            ("dose", "2 puffs"),
            ("route", "inhaled"),
            ("frequency", "4 times a day"),
            ("days", "7"),
            ("confirmed", "Salbutamol 100 microgram inhaler"),
        ];
        for _ in 0..2 {
            ok(&stay.post(&stay.doctor, "prescribe_home", &form).await);
        }
        assert_eq!((count("new").await, at_pharmacy(&app, stay.patient).await), (1, 3));
        let summary = stay.doctor.get(&format!("/admissions/{}/stay-summary", stay.id)).await.body;
        assert!(summary.contains("Salbutamol"), "{summary}");
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn the_database_alone_keeps_the_decisions_on_medicines_to_take_home() {
    on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = order_medicine(&app, &stay).await;
        ok(&stay.post(&stay.doctor, "stop_home", &[("key", &Fixture::key()), ("order", &order)]).await);
        for (guard, query) in [
            ("home_medicines_fixed", "UPDATE home_medicines SET decision = 'new', order_id = NULL"),
            ("home_medicines_fixed", "DELETE FROM home_medicines"),
            ("home_medicines_times", "UPDATE home_medicines SET replaced_at = '2020-01-01T00:00:00.000000Z'"),
        ] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let error = tx.execute(sql(query)).await.expect_err(guard);
            assert!(error.violates(guard), "{guard}: {error}");
        }
        let copy = |change: &str| {
            sql("INSERT INTO home_medicines (id, admission_id, order_id, decision, prescription_id, decided_at, decided_by) SELECT ")
                .push_bind(uuid::Uuid::now_v7())
                .push(match change {
                    "prescribed" => ", admission_id, order_id, 'continue', prescription_id, decided_at, decided_by FROM home_medicines",
                    "ordered" => ", admission_id, NULL, decision, prescription_id, decided_at, decided_by FROM home_medicines",
                    _ => ", admission_id, order_id, decision, prescription_id, decided_at, decided_by FROM home_medicines",
                })
        };
        for (change, guard) in [("prescribed", "home_medicines_prescribed"), ("ordered", "home_medicines_ordered")] {
            let mut tx = app.state.db.write().await.expect("a transaction");
            assert!(tx.execute(copy(change)).await.expect_err(guard).violates(guard), "{guard}");
        }
        let mut tx = app.state.db.write().await.expect("a transaction");
        assert!(tx.execute(copy("")).await.expect_err("one decision").is_unique());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_ten_who_prescribe_one_order_at_once_one_is_first() {
    races_on_both_engines(|app| async move {
        crate::tests::formulary::loaded(&app).await;
        let stay = Rounds::open(&app).await;
        let order = order_medicine(&app, &stay).await;
        let paracetamol = name(&app, PARACETAMOL).await;
        let answers = all_at_once((0..10).map(|_| {
            let (stay, order, paracetamol) = (stay.clone(), order.clone(), paracetamol.clone());
            async move { prescribe(&stay, &order, &[&[("drug", paracetamol.as_str())][..], &AS_ORDERED].concat()).await.status }
        }))
        .await;
        assert_eq!(answers.iter().filter(|status| status.is_success()).count(), 1, "{answers:?}");
        assert_eq!(at_pharmacy(&app, stay.patient).await, 1);
        assert_eq!(number(&app, sql("SELECT count(*) FROM home_medicines")).await, 1);
    })
    .await;
}
