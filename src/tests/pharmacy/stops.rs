//! The pharmacy as a stop of the visit.

use super::{Pharmacy, ok, text};
use crate::{db::sql, tests::on_both_engines};

#[tokio::test]
async fn a_patient_stops_at_the_pharmacy_until_nothing_is_to_be_handed_out() {
    on_both_engines(|app| async move {
        let pharmacy = Pharmacy::open(&app).await.stocked().await;
        ok(&pharmacy.pharmacist.post("/api/pharmacy/set_stop", &[("is_on", "true")]).await);
        let (visit, supply) = pharmacy.prescribed(&app, app.fixture.ana, "8").await;
        let step =
            async || text(&app, sql("SELECT step FROM queue_entries WHERE closed_at IS NULL AND visit_id = ").push_bind(visit)).await;
        // The consultation is paid first.
        if step().await == "cashier" {
            let mut tx = app.state.db.write().await.expect("a transaction");
            let (lock, _) = crate::opd::lock_visit(&mut tx, visit).await.expect("locked");
            crate::opd::move_on(
                &mut tx,
                lock,
                crate::opd::Step::Pharmacy,
                crate::core::Stamp { by: app.fixture.user("cashier"), at: app.state.clock.now() },
            )
            .await
            .expect("moved on");
            tx.commit().await.expect("committed");
        }
        assert_eq!(step().await, "pharmacy");
        let page = pharmacy.pharmacist.get("/pharmacy").await.body;
        assert!(page.contains("Patients who wait at the pharmacy"), "{page}");
        ok(&pharmacy.verify(&app, &supply, "24").await);
        assert_eq!(step().await, "pharmacy", "still to be handed out");
        ok(&pharmacy.dispense(&supply, "24", &[]).await);
        let open = sql("SELECT coalesce((SELECT q.step FROM queue_entries q WHERE q.closed_at IS NULL AND q.visit_id = ")
            .push_bind(visit)
            .push("), 'home')");
        assert_ne!(text(&app, open).await, "pharmacy");
        app.assert_sound().await;
    })
    .await;
}
