//! Fluids entered, corrected and withdrawn at random: the page shows the sums of those that count, and no entry is lost.

use std::collections::BTreeMap;

use super::{Stay, number, ok};
use crate::{
    db::sql,
    tests::{Fixture, on_both_engines},
};

/// The acts of a run.
const ACTS: u64 = 60;

/// splitmix64, by Sebastiano Vigna (public domain).
struct Dice(u64);

impl Dice {
    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

#[tokio::test]
async fn whatever_is_entered_and_corrected_the_fluids_add_up() {
    on_both_engines(|app| async move {
        let stay = Stay::open(&app).await;
        let mut dice = Dice(31);
        // The latest version of each entry that counts: taken in or lost, and its millilitres.
        let mut known: BTreeMap<String, (bool, i64)> = BTreeMap::new();
        let mut versions = 0;
        for step in 1..=ACTS {
            let ml = 50 * (1 + i64::try_from(dice.below(10)).expect("small"));
            let typed = ml.to_string();
            let (kind, is_in) = [("oral", true), ("iv", true), ("urine", false), ("drain", false)][usize::try_from(dice.below(4)).expect("small")];
            let nth = usize::try_from(dice.below(20)).expect("small");
            let old = known.keys().nth(nth).cloned();
            match (dice.below(4), old) {
                (0, Some(entry)) => {
                    let form = [("fluid_entry_id", entry.as_str()), ("kind", kind), ("ml", &typed), ("reason", "A digit too many")];
                    ok(&stay.nurse.post("/api/nursing/correct_fluid", &form).await);
                    known.remove(&entry);
                    let latest = sql("SELECT id FROM fluid_entries WHERE superseded_at IS NULL AND NOT void AND version > 1
                        AND entry_id = (SELECT f.entry_id FROM fluid_entries f WHERE f.id = ")
                    .push_bind(entry.parse::<uuid::Uuid>().expect("an id"))
                    .push(")");
                    known.insert(super::id(&app, latest).await, (is_in, ml));
                }
                (1, Some(entry)) => {
                    let form = [("fluid_entry_id", entry.as_str()), ("void", "true"), ("reason", "Another patient's")];
                    ok(&stay.nurse.post("/api/nursing/correct_fluid", &form).await);
                    known.remove(&entry);
                }
                _ => {
                    let (admission, key) = (stay.id.to_string(), Fixture::key());
                    let form = [("admission_id", admission.as_str()), ("key", &key), ("kind", kind), ("ml", &typed)];
                    ok(&stay.nurse.post("/api/nursing/fluid", &form).await);
                    known.insert(key, (is_in, ml));
                }
            }
            versions += 1;
            let sum = |of: bool| known.values().filter(|(is_in, _)| *is_in == of).map(|(_, ml)| ml).sum::<i64>();
            for (direction, expected) in [("in", sum(true)), ("out", sum(false))] {
                let query = sql("SELECT coalesce(CAST(sum(ml) AS BIGINT), 0) FROM fluid_entries WHERE superseded_at IS NULL AND NOT void AND direction = ");
                assert_eq!(number(&app, query.push_bind(direction)).await, expected, "{direction} after step {step}");
            }
        }
        assert_eq!(number(&app, sql("SELECT count(*) FROM fluid_entries")).await, versions, "each act is a version");
        app.assert_sound().await;
    })
    .await;
}
