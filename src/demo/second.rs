//! The demo's second clinic, in another time zone: one where it is late morning when the demo is made. So one of the two clinics is in
//! its working hours whenever the demo is started.

use chrono::{NaiveDate, Offset as _, TimeZone as _, Timelike as _};
use chrono_tz::Tz;

use super::{
    hospital::SLOT_MINUTES,
    store::{self, Rows, Table},
};
use crate::{
    core::{
        AvailabilityId, ClinicId, Money, PriceId, PriceItemId, ScheduleId, ServiceId, ServicePointId, SpecialtyId, StaffId, UserId,
        time::Instant,
    },
    db::{DbError, Tx},
    row,
};

/// The zones to choose from, one for nearly each hour.
const ZONES: [Tz; 20] = [
    Tz::Pacific__Honolulu,
    Tz::America__Anchorage,
    Tz::America__Los_Angeles,
    Tz::America__Denver,
    Tz::America__Chicago,
    Tz::America__New_York,
    Tz::America__Santiago,
    Tz::America__Sao_Paulo,
    Tz::Atlantic__Azores,
    Tz::Europe__Lisbon,
    Tz::Europe__Madrid,
    Tz::Europe__Athens,
    Tz::Africa__Nairobi,
    Tz::Asia__Dubai,
    Tz::Asia__Karachi,
    Tz::Asia__Dhaka,
    Tz::Asia__Bangkok,
    Tz::Asia__Singapore,
    Tz::Asia__Tokyo,
    Tz::Australia__Sydney,
];

/// Late morning, in minutes after midnight.
const LATE_MORNING: u32 = 660;

/// The department whose doctors work there, its service and its specialty.
const DEPARTMENT: &str = "Emergency Medicine";
const SERVICE: &str = "Urgent Care";
const SPECIALTY: &str = "Urgent care";
const PRICE: Money = Money(15_000);
/// From 08:00 to 18:00 on each day, in minutes after midnight.
const HOURS: (i64, i64) = (480, 1080);

/// Returns the zone of the second clinic: the time there is nearest to late morning, and differs from the first clinic's.
pub fn zone(first: Tz, now: Instant) -> Tz {
    let offset = |zone: Tz| zone.offset_from_utc_datetime(&now.naive_utc()).fix();
    let away = |zone: &Tz| {
        let local = now.with_timezone(zone);
        (local.hour() * 60 + local.minute()).abs_diff(LATE_MORNING)
    };
    ZONES.into_iter().filter(|zone| offset(*zone) != offset(first)).min_by_key(away).unwrap_or(Tz::UTC)
}

/// Sets up the clinic with a service, rooms, a price and its doctors' hours, all valid since a day.
pub async fn set_up(tx: &mut Tx, time_zone: Tz, since: NaiveDate, now: Instant) -> Result<(), DbError> {
    let Some((_, department)) = store::departments(tx).await?.into_iter().find(|(name, _)| name == DEPARTMENT) else { return Ok(()) };
    let clinic = ClinicId::new();
    store::add_clinic(tx, clinic, time_zone, now).await?;
    let (service, item, specialty) = (ServiceId::new(), PriceItemId::new(), SpecialtyId::new());
    let mut rows = Rows::default();
    rows.add(Table::Services, row![service, clinic, department, SERVICE, "U"]);
    rows.add(Table::PriceItems, row![item, "CONS-U", format!("Consultation, {DEPARTMENT}"), "consultation", Some(department)]);
    rows.add(Table::Prices, row![PriceId::new(), item, PRICE, since, now, UserId::SYSTEM]);
    rows.add(Table::Specialties, row![specialty, SPECIALTY]);
    for (name, kind) in [("Reception", "reception"), ("Triage 1", "triage"), ("Room 1", "consulting_room"), ("Cashier 1", "cashier")] {
        rows.add(Table::ServicePoints, row![ServicePointId::new(), clinic, None::<ServiceId>, name, kind]);
    }
    let doctors = store::doctors(tx).await?.into_iter().filter(|doctor| doctor.department_id == department);
    for (at, doctor) in (1..).zip(doctors) {
        accept(tx, doctor.id, at).await?;
        rows.add(Table::StaffSpecialties, row![doctor.id, specialty]);
        let schedule = ScheduleId::new();
        rows.add(Table::Schedules, row![schedule, doctor.id, service, None::<ServicePointId>, since, now, UserId::SYSTEM]);
        for weekday in 1..=7_i64 {
            rows.add(Table::Availabilities, row![AvailabilityId::new(), schedule, weekday, HOURS.0, HOURS.1, SLOT_MINUTES, 1_i64]);
        }
    }
    rows.write(tx).await
}

async fn accept(tx: &mut Tx, doctor: StaffId, at: i64) -> Result<(), DbError> {
    store::accept_bookings(tx, doctor, "Sees urgent outpatients at the South Clinic.", format!("DEMO-{}", 20_000 + at)).await
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration, Timelike as _, Utc};
    use chrono_tz::Tz;

    use super::zone;

    #[test]
    fn it_is_morning_or_noon_there_at_each_hour_of_the_year() {
        let start = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap();
        for first in [Tz::America__New_York, Tz::Europe__Madrid, Tz::Asia__Tokyo, Tz::Etc__GMTPlus3, Tz::UTC] {
            for hour in (0..365 * 24).step_by(7) {
                let now = start + Duration::hours(hour);
                let chosen = zone(first, now);
                let there = now.with_timezone(&chosen).hour();
                assert!((8..=13).contains(&there), "{now}: {there} o'clock in {chosen}");
            }
        }
    }
}
