//! The weekly hours of a clinic's doctors, as everybody may read them.

use super::{form::shown, rules::short_weekday, store};
use crate::{
    core::{ClinicId, Result, StaffId},
    db::Tx,
};
use chrono::NaiveDate;

/// A time of the week at which a doctor is there.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WeeklyTime {
    pub doctor_id: StaffId,
    /// Monday is 1.
    pub weekday: i64,
    /// Minutes after midnight.
    pub start_minute: i64,
    pub end_minute: i64,
}

/// Returns the weekly times, in force on the day, of the doctors who accept bookings by patients.
///
/// # Errors
/// When the database refuses.
pub async fn weekly_times(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<WeeklyTime>> {
    store::weekly_times(tx, clinic, day).await
}

/// A weekday in words, and its times in one line.
pub type WeekdayTimes = (&'static str, String);

/// Returns each weekday with its times in one line, of one doctor or of all together. Times that touch become one.
pub fn weekday_times(all: &[WeeklyTime], doctor: Option<StaffId>) -> Vec<WeekdayTimes> {
    (1..=7)
        .filter_map(|weekday| {
            let of_day = all.iter().filter(|time| time.weekday == weekday && doctor.is_none_or(|doctor| time.doctor_id == doctor));
            let times = joined(of_day.map(|time| (time.start_minute, time.end_minute)).collect());
            let words = times.iter().map(|(from, to)| format!("{}–{}", shown(*from), shown(*to))).collect::<Vec<_>>().join(", ");
            (!words.is_empty()).then(|| (short_weekday(weekday), words))
        })
        .collect()
}

/// Joins times that touch or overlap, in order.
fn joined(mut times: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    times.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (from, to) in times {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_touch_become_one() {
        assert_eq!(joined(vec![(600, 720), (480, 600), (780, 900), (790, 800)]), [(480, 720), (780, 900)]);
        assert!(joined(Vec::new()).is_empty());
    }
}
