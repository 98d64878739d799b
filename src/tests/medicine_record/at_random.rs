//! Acts at random on the orders and doses of one stay: after each step the rules of `infirmary check` hold.

use axum::http::StatusCode;

use super::{IBUPROFEN, OnWard, PARACETAMOL, give, give_as_needed, kept, later};
use crate::{
    db::sql,
    tests::{Fixture, TestApp, on_both_engines},
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
