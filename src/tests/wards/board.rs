//! The work on the board: when the next set of observations is due, and the doses, all beds at once.

use chrono::Duration;

use super::{admitted, on_both_engines};
use crate::{
    core::{BedId, WardId, time::Instant},
    db::{recorded, sql},
    tests::medicine_record::{OnWard, PARACETAMOL, kept},
};

#[tokio::test]
async fn the_board_says_which_sets_and_doses_are_due_and_late_and_asks_once_for_all_beds() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let (nurse, live) = (app.as_("nurse").await, format!("/wards/{}/live", ward.ward));
        let first = nurse.get(&live).await.body;
        assert!(first.contains("Observations due ") && !first.contains("Observations late"), "{first}");
        ward.order(&app, PARACETAMOL, &[]).await;
        kept(&app).await;
        let due: Instant = {
            let mut tx = app.state.db.read().await.expect("a connection");
            let query = sql("SELECT due_at FROM doses WHERE state = 'due' ORDER BY due_at LIMIT 1");
            tx.one::<(Instant,)>(query).await.expect("a dose").0
        };
        let until = |minutes| app.state.clock.advance(due + Duration::minutes(minutes) - app.state.clock.now());
        until(60);
        let now = app.as_("nurse").await.get(&live).await.body;
        assert!(now.contains("Doses due now: 1") && now.contains("Observations late: ") && !now.contains("Late doses"), "{now}");
        until(61);
        let nurse = app.as_("nurse").await;
        let (late, few) = recorded(nurse.get(&live)).await;
        assert!(late.body.contains("Late doses: 1") && !late.body.contains("Doses due now"), "{}", late.body);
        let plan: WardId = ward.ward.parse().expect("a ward");
        for (name, patient) in [("1B", app.fixture.ben), ("2A", app.fixture.chloe)] {
            let bed = {
                let mut tx = app.state.db.read().await.expect("a connection");
                let query = sql("SELECT b.id FROM beds b JOIN ward_rooms r ON r.id = b.room_id WHERE b.name = ").push_bind(name);
                tx.one::<(BedId,)>(query.push(" AND r.ward_id = ").push_bind(plan)).await.expect("a bed").0
            };
            admitted(&app, patient, plan, bed).await;
        }
        let (both, more) = recorded(nurse.get(&live)).await;
        assert_eq!(both.body.matches("Observations").count(), 3, "{}", both.body);
        assert!(more.len() <= few.len(), "no query for each bed: {} and then {}", few.len(), more.len());
        // The wall names neither patients nor their scores.
        let wall = nurse.get(&format!("/wards/{plan}/wall")).await.body;
        assert!(!wall.contains("Observations late") && !wall.contains("Doses due now"), "{wall}");
    })
    .await;
}
