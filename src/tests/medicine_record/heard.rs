//! A second person beside more medicines than those of high alert, and those who hear that a dose was not given.

use chrono::NaiveDate;

use super::{OnWard, PARACETAMOL, due, fields, give, number, ok};
use crate::{
    db::sql,
    tests::{Answer, Browser, Fixture, TestApp, on_both_engines},
};

const DIAZEPAM: &str = "DIAZEPAM-5-MG-TAB";
const MEROPENEM: &str = "MEROPENEM-1-G-VIAL";

async fn not_give(nurse: &Browser, dose: &str, reason: &str) -> Answer {
    let key = Fixture::key();
    nurse.post("/api/medicine_record/not_give", &[("dose_id", dose), ("key", &key), ("reason", reason)]).await
}

async fn bells(app: &TestApp, user: &str, kind: &str) -> i64 {
    let query = sql("SELECT count(*) FROM notifications WHERE user_id = ").push_bind(app.fixture.user(user));
    number(app, query.push(" AND kind = ").push_bind(kind)).await
}

#[tokio::test]
async fn controlled_medicines_and_those_into_a_vein_of_an_infant_need_two_people() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let nurse = app.as_("nurse").await;
        let vein = [("dose", "1 g"), ("route", "intravenous"), ("timing", "stat")];
        let order = ward.order(&app, MEROPENEM, &vein).await;
        ok(&give(&nurse, &due(&app, &order).await, &[]).await);
        let order = ward.order(&app, DIAZEPAM, &[("timing", "stat")]).await;
        assert_eq!(fields(&give(&nurse, &due(&app, &order).await, &[]).await), ["second_login"]);
        let mut tx = app.state.db.write().await.expect("a transaction");
        let born = NaiveDate::from_ymd_opt(2026, 3, 1).expect("a day");
        let query = sql("UPDATE patients SET birth_date = $1 WHERE id = $2").bind(born).bind(app.fixture.ana);
        tx.execute(query).await.expect("an infant");
        tx.commit().await.expect("committed");
        let order = ward.order(&app, MEROPENEM, &vein).await;
        assert_eq!(fields(&give(&nurse, &due(&app, &order).await, &[]).await), ["second_login"]);
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn doctors_hear_of_important_doses_and_pharmacists_of_medicines_that_lack() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let nurse = app.as_("nurse").await;
        let order = ward.order(&app, PARACETAMOL, &[]).await;
        ok(&not_give(&nurse, &due(&app, &order).await, "refused").await);
        assert_eq!(bells(&app, "doctor", "dose_not_given").await, 0, "it can wait");
        ok(&not_give(&nurse, &due(&app, &order).await, "not_available").await);
        assert_eq!(bells(&app, "pharmacist", "dose_not_available").await, 1);
        for (code, more) in [(DIAZEPAM, ("timing", "three")), (PARACETAMOL, ("timing", "stat"))] {
            let before = bells(&app, "doctor", "dose_not_given").await;
            let order = ward.order(&app, code, &[more]).await;
            ok(&not_give(&nurse, &due(&app, &order).await, "nil_by_mouth").await);
            assert_eq!(bells(&app, "doctor", "dose_not_given").await, before + 1, "{code}");
        }
        app.assert_sound().await;
    })
    .await;
}
