//! The shifts of a ward and its usual dose times: a change holds from a day or a moment on, and moves nothing that is scheduled.

use axum::http::StatusCode;
use chrono::Duration;

use super::{Fixture, TestApp, admitted, on_both_engines, plan};
use crate::{
    core::time::{Instant, Zone},
    db::{Sql, sql},
    nursing,
    tests::medicine_record::{IBUPROFEN, OnWard, PARACETAMOL, kept},
};

const THREE: [(&str, &str); 5] = [
    ("from_day", "2026-11-22"),
    ("day_begins", "07:00"),
    ("evening_begins", "15:00"),
    ("night_begins", "22:00"),
    ("evening_name", "Late shift"),
];

async fn times(app: &TestApp, query: &'static str) -> Vec<String> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let zone = Zone::named("America/New_York");
    let found = tx.all::<(Instant,)>(sql(query)).await.expect("times");
    found.into_iter().map(|(at,)| zone.local(at).format("%dT%H:%M").to_string()).collect()
}

async fn refused_by(app: &TestApp, guard: &str, query: Sql) {
    let mut tx = app.state.db.write().await.expect("a transaction");
    let error = tx.execute(query).await.expect_err(guard);
    assert!(error.violates(guard), "{guard}: {error}");
}

#[tokio::test]
async fn shifts_change_from_a_day_on_and_tasks_that_are_scheduled_stay() {
    on_both_engines(|app| async move {
        let plan = plan(&app).await;
        let (manager, nurse) = (app.as_("ward_manager").await, app.as_("nurse").await);
        let ward = plan.medical.to_string();
        let stay = admitted(&app, app.fixture.ana, plan.medical, plan.a1).await.to_string();
        let key = Fixture::key();
        let form = [("admission_id", stay.as_str()), ("key", &key), ("kind", "weight"), ("repeats", "shift")];
        assert_eq!(nurse.post("/api/nursing/plan_task", &form).await.status, StatusCode::OK);
        let tasks = "SELECT due_at FROM nursing_tasks ORDER BY due_at";
        assert_eq!(times(&app, tasks).await, ["21T20:00", "22T08:00"]);
        let form = [&[("ward_id", ward.as_str())][..], &THREE].concat();
        assert_eq!(nurse.post("/api/wards/write_shifts", &form).await.status, StatusCode::FORBIDDEN);
        let today: Vec<_> =
            form.iter().map(|(name, value)| if *name == "from_day" { (*name, "2026-11-21") } else { (*name, *value) }).collect();
        assert_eq!(manager.post("/api/wards/write_shifts", &today).await.status, StatusCode::UNPROCESSABLE_ENTITY, "not the present shift");
        assert_eq!(manager.post("/api/wards/write_shifts", &form).await.status, StatusCode::OK);
        let page = manager.get(&format!("/wards/{ward}/shifts")).await.body;
        assert!(page.contains("Day shift 08:00 · Night shift 20:00") && page.contains("Late shift 15:00"), "{page}");
        // In the night before, the tasks of the next day are made: none beside the one that is there.
        app.state.clock.advance(Duration::hours(13));
        assert_eq!(nursing::fill_all(&app.state).await.expect("made"), 2);
        assert_eq!(times(&app, tasks).await, ["21T20:00", "22T08:00", "22T15:00", "22T22:00"]);
        let shown = async |words: &str| {
            let nurse = app.as_("nurse").await;
            let list = nurse.get(&format!("/nursing?ward={ward}&show=all")).await.body;
            let handover = nurse.get(&format!("/nursing/handover?ward={ward}")).await.body;
            assert!(list.contains(words) && handover.contains(words), "{words}: {list}");
        };
        shown("Night shift").await;
        app.state.clock.advance(Duration::hours(8));
        shown("Day shift").await;
        app.state.clock.advance(Duration::hours(8));
        shown("Late shift").await;
        let nurse = app.as_("nurse").await;
        for (function, form) in [("mine", ("admission_id", stay.as_str())), ("offer", ("ward_id", ward.as_str()))] {
            assert_eq!(
                nurse.post(&format!("/api/nursing/{function}"), &[form]).await.status,
                StatusCode::OK,
                "{function} in an evening shift"
            );
        }
        refused_by(&app, "ward_shifts_frozen", sql("UPDATE ward_shifts SET day_begins = 1")).await;
        refused_by(&app, "ward_shifts_frozen", sql("DELETE FROM ward_shifts")).await;
        let same = "INSERT INTO ward_shifts (id, ward_id, from_day, day_begins, night_begins, set_at, set_by)
            SELECT w.id, w.id, '2026-12-01', 480, 480, w.created_at, w.created_by FROM wards w";
        refused_by(&app, "ward_shifts_differ", sql(same)).await;
        app.assert_sound().await;
    })
    .await;
}

#[tokio::test]
async fn usual_dose_times_are_those_of_new_orders_and_doses_stay_where_they_are() {
    on_both_engines(|app| async move {
        let ward = OnWard::open(&app).await;
        let manager = app.as_("ward_manager").await;
        ward.order(&app, PARACETAMOL, &[]).await;
        kept(&app).await;
        let doses = "SELECT d.due_at FROM doses d JOIN care_orders o ON o.id = d.order_id WHERE o.times = '08:00 14:00 20:00' ORDER BY d.due_at LIMIT 3";
        assert_eq!(times(&app, doses).await, ["21T14:00", "21T20:00", "22T08:00"]);
        let written = async |version: &str, three: &str, more: &[(&str, &str)]| {
            let form = [&[("ward_id", ward.ward.as_str()), ("version", version), ("three", three)][..], more].concat();
            manager.post("/api/medicine_record/write_usual_times", &form).await.status
        };
        assert_eq!(written("0", "07:00 13:00", &[]).await, StatusCode::UNPROCESSABLE_ENTITY, "three times");
        assert_eq!(written("0", "07:00 13:00 19:00", &[("for_all", "true")]).await, StatusCode::OK);
        assert_eq!(written("0", "06:00 13:00 19:00", &[]).await, StatusCode::CONFLICT, "written meanwhile");
        let page = manager.get(&format!("/wards/{}/dose-times", ward.ward)).await.body;
        assert!(page.contains("07:00 13:00 19:00") && page.contains("Usually 08:00 14:00 20:00"), "{page}");
        assert_eq!(times(&app, doses).await, ["21T14:00", "21T20:00", "22T08:00"], "what is scheduled stays");
        ward.order(&app, IBUPROFEN, &[]).await;
        kept(&app).await;
        let new = "SELECT d.due_at FROM doses d JOIN care_orders o ON o.id = d.order_id WHERE o.times = '07:00 13:00 19:00' ORDER BY d.due_at LIMIT 3";
        assert_eq!(times(&app, new).await, ["21T13:00", "21T19:00", "22T07:00"]);
        let mut tx = app.state.db.read().await.expect("a connection");
        assert_eq!(tx.count(sql("SELECT count(*) FROM ward_dose_times")).await.expect("a number"), 2, "both wards of the clinic");
        drop(tx);
        refused_by(&app, "ward_dose_lists_versions", sql("UPDATE ward_dose_lists SET set_at = set_at")).await;
        app.assert_sound().await;
    })
    .await;
}
