//! Random acts of many days: an admitted patient is in one bed at every instant, never two in a bed, and the days in bed that were charged
//! are those of a naive count.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};

use super::{act, asked, plan};
use crate::{
    core::{
        AdmissionId,
        time::{Instant, Zone},
    },
    db::sql,
    tests::{Browser, Fixture, TestApp, on_both_engines},
    wards::charge_days,
};

/// A generator of numbers (xorshift, Marsaglia 2003), the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(most).expect("small")).expect("small")
    }
}

/// Rounds of the test; `cargo xtask test --all` tries 10,000, and `INFIRMARY_RANDOM_ACTS` sets another number.
fn rounds() -> usize {
    let usual = if std::env::var_os("INFIRMARY_LONG").is_some() { 10_000 } else { 60 };
    std::env::var("INFIRMARY_RANDOM_ACTS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}

/// The nights of an admission by its stays, counted day by day: the naive count.
async fn naive_days(app: &TestApp, zone: Zone) -> BTreeMap<AdmissionId, Vec<NaiveDate>> {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query =
        sql("SELECT admission_id, began_at, ended_at FROM bed_uses WHERE kind = 'stay' AND voided_at IS NULL ORDER BY began_at, id");
    let stays: Vec<(AdmissionId, Instant, Option<Instant>)> = tx.all(query).await.expect("stays");
    // A patient who is about to leave has the first day on the bill.
    let decided: Vec<(AdmissionId,)> =
        tx.all(sql("SELECT admission_id FROM discharges WHERE voided_at IS NULL")).await.expect("discharges");
    let mut days: BTreeMap<AdmissionId, Vec<NaiveDate>> = BTreeMap::new();
    let now = app.state.clock.now();
    let ids: Vec<AdmissionId> = stays.iter().map(|(id, ..)| *id).collect();
    for id in ids {
        let known = days.entry(id).or_default();
        known.clear();
        // Stays without a gap are one; its nights are the difference of the dates.
        let own: Vec<_> = stays.iter().filter(|(of, ..)| *of == id).collect();
        let mut begins: Option<Instant> = None;
        for (at, (_, from, to)) in own.iter().enumerate() {
            let first = *begins.get_or_insert(*from);
            let until = to.unwrap_or(now);
            let goes_on = own.get(at + 1).is_some_and(|(_, next, _)| Some(*next) == *to);
            if goes_on {
                continue;
            }
            let nights = (zone.day(until) - zone.day(first)).num_days();
            let nights = if nights == 0 && (to.is_some() || decided.contains(&(id,))) { 1 } else { nights };
            known.extend((0..nights).map(|night| zone.day(first) + Duration::days(night)));
            begins = None;
        }
        known.sort_unstable();
        known.dedup();
    }
    days
}

#[tokio::test]
async fn beds_and_patients_stay_one_to_one_whatever_happens() {
    on_both_engines(|app| async move { act_at_random(&app, Zone::named("America/New_York"), rounds()).await }).await;
}

/// A night of 23, 23 and a half, 24 or 25 hours is one night.
#[tokio::test]
async fn a_night_in_which_the_clock_changes_is_one_night_in_four_zones() {
    for (zone, begins) in [
        ("America/New_York", "2027-03-12T12:00:00Z"),
        ("Europe/Madrid", "2027-10-29T12:00:00Z"),
        ("Australia/Lord_Howe", "2027-04-02T12:00:00Z"),
        ("Africa/Cairo", "2027-04-28T12:00:00Z"),
    ] {
        on_both_engines(|app| async move {
            // Two days before the clock changes.
            let begins: Instant = begins.parse().expect("an instant");
            app.state.clock.advance(begins - app.state.clock.now());
            if zone != "America/New_York" {
                let here = app.fixture.north.to_string();
                let form = [
                    ("list", "clinics"),
                    ("id", here.as_str()),
                    ("version", "1"),
                    ("name", "North Clinic"),
                    ("code", "NORTH"),
                    ("time_zone", zone),
                    ("zone_seen", zone),
                ];
                let saved = app.as_("admin").await.post("/api/organisation/save", &form).await;
                assert!(saved.status.is_success(), "{}", saved.body);
            }
            act_at_random(&app, Zone::named(zone), 20).await;
        })
        .await;
    }
}

async fn act_at_random(app: &TestApp, zone: Zone, rounds: usize) {
    let plan = plan(app).await;
    let people = app.people(6).await;
    let mut stays: Vec<AdmissionId> = Vec::new();
    let beds = [plan.a1, plan.b1, plan.single, plan.s1, plan.s2].map(|bed| bed.to_string());
    let wards = [plan.medical, plan.surgical];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..rounds {
        app.state.clock.advance(Duration::minutes(i64::try_from(dice.below(900)).expect("small")));
        // A night without a click ends a session.
        let (doctor, nurse, manager) = (app.as_("doctor").await, app.as_("nurse").await, app.as_("ward_manager").await);
        let bed = beds[dice.below(5)].as_str();
        let because = ("because", "Test");
        if stays.is_empty() || dice.below(4) == 0 {
            let (answer, id) = asked(&doctor, people[dice.below(6)], wards[dice.below(2)], &[]).await;
            if answer.status.is_success() {
                stays.push(id);
            }
        }
        let Some(&id) = stays.get(dice.below(stays.len().max(1))) else { continue };
        let other = stays[dice.below(stays.len())].to_string();
        let ward = wards[dice.below(2)].to_string();
        let key = Fixture::key();
        let answer = match dice.below(12) {
            0..=2 => act(&nurse, "admit", id, &[("bed_id", bed), ("band", "true"), because]).await,
            3 => act(&nurse, "move", id, &[("bed_id", bed), because]).await,
            4 => act(&nurse, "swap", id, &[("other", &other), ("seen", &key), because]).await,
            5 => act(&nurse, "ask_transfer", id, &[("ward", &ward), ("kind", "capacity"), ("handover", "S"), ("escort", "none")]).await,
            6 => act(&nurse, "accept_transfer", id, &[("bed_id", bed), because]).await,
            7 => act(&nurse, "arrive", id, &[("bed_id", bed), because]).await,
            8 => act(&doctor, "discharge", id, &[("kind", "home"), ("diagnosis", "Well")]).await,
            9 => act(&manager, "left", id, &[because]).await,
            10 => act(&manager, "reopen", id, &[("bed_id", bed), ("reason", "Test")]).await,
            _ => act(&nurse, "accept", id, &[("ward", &ward), ("bed_id", bed), because]).await,
        };
        assert!(!answer.status.is_server_error(), "{}", answer.body);
        clean(app, &nurse).await;
        charge_days(&app.state).await.expect("charged");
    }
    app.assert_sound().await;
    let mut tx = app.state.db.read().await.expect("a connection");
    let rows: Vec<(AdmissionId, NaiveDate)> =
        tx.all(sql("SELECT admission_id, day FROM bed_days WHERE taken_back_at IS NULL ORDER BY day")).await.expect("days");
    let mut charged: BTreeMap<AdmissionId, Vec<NaiveDate>> = BTreeMap::new();
    for (id, day) in rows {
        charged.entry(id).or_default().push(day);
    }
    drop(tx);
    let naive: BTreeMap<_, _> = naive_days(app, zone).await.into_iter().filter(|(_, days)| !days.is_empty()).collect();
    assert!(!naive.is_empty(), "somebody was admitted");
    assert_eq!(charged, naive);
}

/// Ends the cleanings, so that beds become free again.
async fn clean(app: &TestApp, nurse: &Browser) {
    let mut tx = app.state.db.read().await.expect("a connection");
    let query = sql("SELECT bed_id, id FROM bed_uses WHERE kind = 'cleaning' AND ended_at IS NULL");
    let open: Vec<(uuid::Uuid, uuid::Uuid)> = tx.all(query).await.expect("cleanings");
    drop(tx);
    for (bed, id) in open {
        let answer = nurse.post("/api/wards/clean_bed", &[("bed_id", &bed.to_string()), ("seen", &id.to_string())]).await;
        assert!(answer.status.is_success(), "{}", answer.body);
    }
}
