//! An appointment as a calendar file (RFC 5545), on the clinic's wall clock with its time zone.

use std::fmt::Write as _;

use crate::{
    core::{AppointmentId, time::Instant},
    organisation::Clinic,
};

/// What goes into the calendar. Nothing about the reason: calendars are read over shoulders.
#[derive(Clone, Debug)]
pub struct CalendarEntry<'a> {
    pub id: AppointmentId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// "Appointment with Dr Costa".
    pub title: String,
    pub clinic: &'a Clinic,
    /// Of the last change, so that a newer file wins.
    pub version: i64,
    pub cancelled: bool,
}

/// The file's text.
pub fn calendar_file(entry: &CalendarEntry<'_>, now: Instant) -> String {
    let zone = entry.clinic.zone;
    let local = |at: Instant| zone.local(at).format("%Y%m%dT%H%M%S");
    let minutes = (zone.local(entry.starts_at) - entry.starts_at.naive_utc()).num_minutes();
    let offset = format!("{}{:02}{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60);
    let name = &entry.clinic.zone_name;
    let place = entry.clinic.place();
    let status = if entry.cancelled { "CANCELLED" } else { "CONFIRMED" };
    let mut file = String::new();
    let mut line = |text: String| fold(&mut file, &text);
    line("BEGIN:VCALENDAR".into());
    line("VERSION:2.0".into());
    line("PRODID:-//Infirmary//Appointments//EN".into());
    line("METHOD:PUBLISH".into());
    // The offset that holds on this day; readers that know the zone by its name use their own table.
    line("BEGIN:VTIMEZONE".into());
    line(format!("TZID:{name}"));
    line("BEGIN:STANDARD".into());
    line("DTSTART:19700101T000000".into());
    line(format!("TZOFFSETFROM:{offset}"));
    line(format!("TZOFFSETTO:{offset}"));
    line("END:STANDARD".into());
    line("END:VTIMEZONE".into());
    line("BEGIN:VEVENT".into());
    line(format!("UID:{}@infirmary", entry.id));
    line(format!("SEQUENCE:{}", entry.version));
    line(format!("DTSTAMP:{}", now.format("%Y%m%dT%H%M%SZ")));
    line(format!("DTSTART;TZID={name}:{}", local(entry.starts_at)));
    line(format!("DTEND;TZID={name}:{}", local(entry.ends_at)));
    line(format!("SUMMARY:{}", escape(&entry.title)));
    line(format!("LOCATION:{}", escape(place.trim_end_matches(", "))));
    line(format!("STATUS:{status}"));
    line("END:VEVENT".into());
    line("END:VCALENDAR".into());
    file
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

/// Lines are at most 75 octets; a longer one goes on after a line break and a space.
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
        };
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        let entry = CalendarEntry {
            id: AppointmentId(uuid::Uuid::from_u128(7)),
            starts_at: at("2026-07-01T13:20:00Z"),
            ends_at: at("2026-07-01T13:40:00Z"),
            title: "Dr Costa\nBEGIN:VEVENT".into(),
            clinic: &clinic,
            version: 3,
            cancelled: false,
        };
        let file = calendar_file(&entry, at("2026-06-01T00:00:00Z"));
        assert!(file.contains("DTSTART;TZID=America/New_York:20260701T092000\r\n"), "{file}");
        assert!(file.contains("TZOFFSETTO:-0400\r\n"), "{file}");
        assert!(file.contains("SUMMARY:Dr Costa\\nBEGIN:VEVENT\r\n"), "{file}");
        assert!(
            file.replace("\r\n ", "").contains("LOCATION:Clínica Norte\\; planta 2\\, 12 Hospital Road\\, Northtown\\, behind"),
            "{file}"
        );
        assert!(file.lines().all(|line| line.len() <= 75), "{file}");
    }
}
