//! The figures of the wards over days: occupancy, admissions, discharges, deaths and the length of stay.

mod store;

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, Result, WardId, time::Zone},
    db::Tx,
};

/// The figures of a ward over some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WardPeriod {
    /// The ward's own beds, without extra trolleys.
    pub beds: i64,
    /// Days in bed that were charged, of the ward's own beds.
    pub bed_days: i64,
    /// Days on extra trolleys that were charged. They do not count as occupancy of the beds.
    pub trolley_days: i64,
    pub came: i64,
    pub left: i64,
    pub died: i64,
    /// Those who left the hospital after days in beds of the ward, and these days.
    pub stayed: i64,
    pub days_of_stayed: i64,
}

impl WardPeriod {
    /// The occupancy in tenths of a percent: days in bed of the days that the present beds offer; none without beds.
    pub fn occupancy(&self, days: i64) -> Option<i64> {
        let offered = self.beds * days;
        (offered > 0).then(|| (self.bed_days * 1_000 + offered / 2) / offered)
    }

    /// The average length of stay on the ward of those who left the hospital, in tenths of a day.
    pub fn average_stay(&self) -> Option<i64> {
        (self.stayed > 0).then(|| (self.days_of_stayed * 10 + self.stayed / 2) / self.stayed)
    }
}

/// Returns the figures of a clinic's wards from the first to the last day, both included.
///
/// # Errors
/// When the database refuses.
pub async fn of_period(
    tx: &mut Tx,
    clinic: ClinicId,
    zone: Zone,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<HashMap<WardId, WardPeriod>> {
    let mut found: HashMap<WardId, WardPeriod> = HashMap::new();
    for (ward, beds) in store::beds(tx, clinic).await? {
        found.entry(ward).or_default().beds = beds;
    }
    for (ward, days, on_trolleys) in store::bed_days(tx, clinic, (from, to)).await? {
        let ward = found.entry(ward).or_default();
        (ward.bed_days, ward.trolley_days) = (days, on_trolleys);
    }
    let between = (zone.day_bounds(from).0, zone.day_bounds(to).1);
    for (ward, came) in store::came(tx, clinic, between).await? {
        found.entry(ward).or_default().came = came;
    }
    for row in store::left(tx, clinic, between).await? {
        let ward = found.entry(row.ward_id).or_default();
        (ward.left, ward.died) = (row.left_count, row.died);
    }
    for (ward, stayed, days) in store::stayed(tx, clinic, between).await? {
        let ward = found.entry(ward).or_default();
        (ward.stayed, ward.days_of_stayed) = (stayed, days);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn occupancy_and_stay_are_rounded_to_a_tenth() {
        let ward = WardPeriod { beds: 4, bed_days: 20, trolley_days: 9, came: 3, left: 3, died: 1, stayed: 3, days_of_stayed: 10 };
        assert_eq!((ward.occupancy(7), ward.average_stay()), (Some(714), Some(33)));
        assert_eq!((WardPeriod::default().occupancy(7), WardPeriod::default().average_stay()), (None, None));
    }
}
