//! Acts at random on the orders and doses of one stay: after each step the rules of `infirmary check` hold.

use axum::http::StatusCode;
use chrono::Duration;

use super::{IBUPROFEN, OnWard, PARACETAMOL, give, give_as_needed, kept, later};
use crate::{
    core::AdmissionId,
    db::sql,
    medicine_record::infused_ml,
    tests::{Fixture, TestApp, app::test_now, on_both_engines},
};

/// A small generator, so that a failure is repeated by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

async fn ids(app: &TestApp, query: &'static str) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    tx.all::<(uuid::Uuid,)>(sql(query)).await.expect("ids").into_iter().map(|(id,)| id.to_string()).collect()
}

/// The infusions of the stay: every hour is at least zero, and the hours add up to the whole within the rounding of a millilitre each.
async fn adds_up(app: &TestApp, admission: AdmissionId) -> i64 {
    let mut tx = app.state.db.read().await.expect("a connection");
    let (began, now) = (test_now() - Duration::hours(1), app.state.clock.now());
    let whole = infused_ml(&mut tx, admission, (began, now)).await.expect("a volume");
    let (mut sum, mut hours, mut from) = (0, 0, began);
    while from < now {
        let until = (from + Duration::hours(1)).min(now);
        let hour = infused_ml(&mut tx, admission, (from, until)).await.expect("a volume");
        assert!(hour >= 0, "{from}: {hour} mL");
        (sum, hours, from) = (sum + hour, hours + 1, until);
    }
    assert!((whole - sum).abs() <= hours, "{sum} mL in hours, {whole} mL in all");
    whole
}

#[tokio::test]
async fn whatever_is_done_infusions_add_up_and_end_with_their_orders() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let mut dice = Dice(20_261_201);
        let (mut done, mut most) = (0, 0);
        for step in 0..30 {
            later(&app, i64::try_from(dice.below(50)).expect("minutes"));
            let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
            let orders = ids(&app, "SELECT id FROM care_orders WHERE state IN ('active', 'on_hold') ORDER BY ordered_at, id").await;
            let infusions = ids(&app, "SELECT id FROM infusions WHERE state IN ('running', 'paused') ORDER BY started_at, id").await;
            let (key, rate) = (Fixture::key(), (20 + dice.below(140)).to_string());
            let Some(order) = orders.first() else {
                let form = [
                    ("dose", "1 bag"),
                    ("route", "intravenous"),
                    ("timing", "stat"),
                    ("volume", "1000"),
                    ("rate", "100"),
                    ("rate_most", "150"),
                ];
                ward.order(&app, "SODIUM-CHLORIDE-9-MG-ML-BAG", &form).await;
                continue;
            };
            let act = [("care_order_id", order.as_str()), ("key", &key), ("reason", "changed_plan")];
            let Some(infusion) = infusions.first() else {
                let dose = ids(&app, "SELECT id FROM doses WHERE state = 'due' ORDER BY due_at, id").await;
                let answer = match dose.first() {
                    Some(dose) => give(&nurse, dose, &[("reason", "workload")]).await,
                    None => doctor.post("/api/medicine_record/stop", &act).await,
                };
                assert!(!answer.status.is_server_error(), "step {step}: {}", answer.body);
                continue;
            };
            let event = |kind: &'static str, reason: &'static str| {
                [
                    ("infusion_id", infusion.as_str()),
                    ("kind", kind),
                    ("key", key.as_str()),
                    ("rate", rate.as_str()),
                    ("volume", "50"),
                    ("reason", reason),
                ]
            };
            let infuse = "/api/medicine_record/infusion";
            let answer = match dice.below(9) {
                0 | 1 => nurse.post(infuse, &event("rate", "titration")).await,
                2 => nurse.post(infuse, &event("pause", "line")).await,
                3 | 4 => nurse.post(infuse, &event("resume", "")).await,
                5 => nurse.post(infuse, &event("bolus", "")).await,
                6 => nurse.post("/api/medicine_record/hold", &act).await,
                7 => nurse.post("/api/medicine_record/resume", &act[..2]).await,
                _ => nurse.post(infuse, &event("stop", "finished")).await,
            };
            done += usize::from(answer.status == StatusCode::OK);
            assert!(!answer.status.is_server_error(), "step {step}: {}", answer.body);
            most = most.max(adds_up(&app, ward.admission).await);
            app.assert_sound().await;
        }
        assert!(done > 5 && most > 0, "{done} events were recorded, and {most} mL given");
    })
    .await;
}

#[tokio::test]
async fn whatever_is_done_the_rules_of_the_medicine_record_hold() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        ward.order(&app, PARACETAMOL, &[("timing", "q4h")]).await;
        ward.order(&app, IBUPROFEN, &[("dose", "400 mg"), ("timing", "q2h")]).await;
        let as_needed = ward.as_needed(&app).await;
        let mut dice = Dice(20_261_121);
        let mut given = 0;
        for step in 0..40 {
            later(&app, i64::try_from(dice.below(90)).expect("minutes"));
            let (nurse, doctor) = (app.as_("nurse").await, app.as_("doctor").await);
            let doses =
                ids(&app, "SELECT id FROM doses WHERE state IN ('due', 'held', 'refused', 'missed') ORDER BY due_at, id LIMIT 6").await;
            let orders = ids(&app, "SELECT id FROM care_orders WHERE state IN ('active', 'on_hold') ORDER BY ordered_at, id").await;
            let pick =
                |of: &[String], at: u64| usize::try_from(at).ok().and_then(|at| of.get(at % of.len().max(1)).cloned()).unwrap_or_default();
            let (dose, order, key) = (pick(&doses, dice.below(6)), pick(&orders, dice.below(6)), Fixture::key());
            let act = [("care_order_id", order.as_str()), ("key", &key), ("reason", "changed_plan")];
            let answer = match dice.below(8) {
                0..=2 => give(&nurse, &dose, &[("reason", "workload")]).await,
                3 => nurse.post("/api/medicine_record/not_give", &[("dose_id", &dose), ("key", &key), ("reason", "refused")]).await,
                4 | 5 => give_as_needed(&nurse, &as_needed, &[]).await,
                6 => nurse.post("/api/medicine_record/hold", &act).await,
                _ => doctor.post("/api/medicine_record/resume", &act[..2]).await,
            };
            given += usize::from(answer.status == StatusCode::OK);
            assert!(!answer.status.is_server_error(), "step {step}: {}", answer.body);
            kept(&app).await;
            app.assert_sound().await;
        }
        assert!(given > 10, "{given} acts were done");
    })
    .await;
}
