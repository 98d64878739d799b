//! An appointment as a calendar file (RFC 5545), in the clinic's local time with its time zone.
//!
//! The code writes the file itself, because the crate `icalendar` (0.17) puts DTSTAMP and UID into every component,
//! also into VTIMEZONE and its observances, where they are not allowed.

use std::fmt::Write as _;

use chrono::{Duration, NaiveDate, NaiveTime};

use crate::{
    core::{
        AppointmentId,
        time::{Instant, Zone},
    },
    organisation::Clinic,
    tr,
};

/// The data of the calendar entry. It contains no reason, because other people may see a calendar.
#[derive(Clone, Debug)]
pub struct CalendarEntry<'a> {
    /// Names the entry: the same for an appointment and for those that take its place.
    pub id: AppointmentId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// "Appointment with Dr Costa".
    pub title: String,
    pub clinic: &'a Clinic,
    /// The page on which the appointment is changed or cancelled.
    pub page: String,
    /// Rises with each change, so that a newer file wins.
    pub sequence: i64,
    pub cancelled: bool,
}

/// Returns the file's text.
pub fn calendar_file(entry: &CalendarEntry<'_>, now: Instant) -> String {
    let zone = entry.clinic.zone;
    let local = |at: Instant| zone.local(at).format("%Y%m%dT%H%M%S");
    let name = &entry.clinic.zone_name;
    let place = entry.clinic.place();
    let status = if entry.cancelled { "CANCELLED" } else { "CONFIRMED" };
    let mut file = String::new();
    let mut line = |text: String| fold(&mut file, &text);
    line("BEGIN:VCALENDAR".into());
    line("VERSION:2.0".into());
    line("PRODID:-//Infirmary//Appointments//EN".into());
    line(format!("METHOD:{}", if entry.cancelled { "CANCEL" } else { "PUBLISH" }));
    time_zone(&mut line, zone, name, entry.starts_at);
    line("BEGIN:VEVENT".into());
    line(format!("UID:{}@infirmary", entry.id));
    line(format!("SEQUENCE:{}", entry.sequence));
    line(format!("DTSTAMP:{}", now.format("%Y%m%dT%H%M%SZ")));
    line(format!("DTSTART;TZID={name}:{}", local(entry.starts_at)));
    line(format!("DTEND;TZID={name}:{}", local(entry.ends_at)));
    line(format!("SUMMARY:{}", escape(&entry.title)));
    line(format!("LOCATION:{}", escape(place.trim_end_matches(", "))));
    // A program that shows no URL shows the text.
    let change = tr!(booking.calendar_change, page = entry.page.clone());
    let text = [entry.clinic.directions.as_str(), change.as_str()];
    let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    line(format!("DESCRIPTION:{}", escape(&text)));
    line(format!("URL:{}", entry.page));
    line(format!("STATUS:{status}"));
    line("END:VEVENT".into());
    line("END:VCALENDAR".into());
    file
}

/// Writes the time zone with its clock changes from a year before the appointment to a year after it. Each change is an observance
/// of its own: it begins at the local time before the change, and names both offsets.
fn time_zone(line: &mut impl FnMut(String), zone: Zone, name: &str, near: Instant) {
    let (from, to) = (near - Duration::days(366), near + Duration::days(366));
    let changes = zone.clock_changes(from, to);
    let first = zone.offset(from);
    let begin = (NaiveDate::from_ymd_opt(1970, 1, 1).map(|day| day.and_time(NaiveTime::MIN)), first, first);
    let observances = changes.into_iter().map(|(at, before, after)| (Some(at.naive_utc() + before), before, after));
    line("BEGIN:VTIMEZONE".into());
    line(format!("TZID:{name}"));
    for (local, before, after) in std::iter::once(begin).chain(observances) {
        let Some(local) = local else { continue };
        // Calendar programs use the offsets; the name of the kind tells which is the larger one.
        let kind = if after > before { "DAYLIGHT" } else { "STANDARD" };
        line(format!("BEGIN:{kind}"));
        line(format!("DTSTART:{}", local.format("%Y%m%dT%H%M%S")));
        line(format!("TZOFFSETFROM:{}", offset(before)));
        line(format!("TZOFFSETTO:{}", offset(after)));
        line(format!("END:{kind}"));
    }
    line("END:VTIMEZONE".into());
}

/// Returns `-0400`, `+1030`.
fn offset(from_utc: Duration) -> String {
    let minutes = from_utc.num_minutes();
    format!("{}{:02}{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            '\r' => {}
            other => escaped.push(other),
        }
        escaped
    })
}

/// Folds a line: lines have at most 75 octets, and a longer one continues after a line break and a space.
fn fold(file: &mut String, line: &str) {
    let mut octets = 0;
    for letter in line.chars() {
        if octets + letter.len_utf8() > 75 {
            file.push_str("\r\n ");
            octets = 1;
        }
        octets += letter.len_utf8();
        let _ = file.write_char(letter);
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{ClinicId, time::Zone};

    #[test]
    fn says_when_and_where_on_the_clinics_clock() {
        let clinic = Clinic {
            id: ClinicId(uuid::Uuid::from_u128(1)),
            code: "N".into(),
            name: "Clínica Norte; planta 2".into(),
            zone: Zone::named("America/New_York"),
            zone_name: "America/New_York".into(),
            address: "12 Hospital Road, Northtown, behind the old market hall".into(),
            phone: String::new(),
            directions: "Second floor.\nRing twice.".into(),
            microdegrees: Some((19_200_000, -96_138_000)),
        };
        assert_eq!(clinic.position(), "19.200000,-96.138000");
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let entry = CalendarEntry {
            id: AppointmentId(uuid::Uuid::from_u128(7)),
            starts_at: at("2026-07-01T13:20:00Z"),
            ends_at: at("2026-07-01T13:40:00Z"),
            title: "Dr Costa\nBEGIN:VEVENT".into(),
            clinic: &clinic,
            page: "https://hospital.test/portal/appointments/7".into(),
            sequence: 3,
            cancelled: false,
        };
        let file = calendar_file(&entry, at("2026-06-01T00:00:00Z"));
        assert!(file.contains("DTSTART;TZID=America/New_York:20260701T092000\r\n"), "{file}");
        for change in [
            "BEGIN:DAYLIGHT\r\nDTSTART:20260308T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n",
            "BEGIN:STANDARD\r\nDTSTART:20261101T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\n",
        ] {
            assert!(file.contains(change), "{file}");
        }
        assert!(file.contains("SUMMARY:Dr Costa\\nBEGIN:VEVENT\r\n"), "{file}");
        assert!(
            file.replace("\r\n ", "").contains("LOCATION:Clínica Norte\\; planta 2\\, 12 Hospital Road\\, Northtown\\, behind"),
            "{file}"
        );
        let unfolded = file.replace("\r\n ", "");
        assert!(unfolded.contains("\r\nURL:https://hospital.test/portal/appointments/7\r\n"), "{file}");
        assert!(unfolded.contains("DESCRIPTION:Second floor.\\nRing twice.\\n") && unfolded.contains("/appointments/7\r\nURL"), "{file}");
        assert!(file.lines().all(|line| line.len() <= 75), "{file}");
    }
}
