//! Writes a record as one page that any browser shows, without scripts and without anything from elsewhere.

use std::fmt::Write as _;

use super::{archive::document_name, gather::Gathered, store::VitalsRow};
use crate::{
    clinical::{Summary, section_heading},
    core::{
        ClinicId,
        locale::{self, Locale},
        time::{Instant, show_date, show_date_time},
    },
    lab::shown_unit,
    organisation::{Clinic, Hospital},
    tr,
    ui::escaped,
};

/// Text on white, readable on paper.
const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:48em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;width:100%}\
    td,th{border-bottom:1px solid #bbb;padding:.3em .5em;text-align:left;vertical-align:top}h2{margin-top:2em}pre{white-space:pre-wrap;font:inherit}";

/// A table: its heading, and rows of cells.
struct Section {
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// The clocks of a copy: each time is that of its clinic. One that is not the copy's own is named.
pub(super) struct Clocks {
    pub clinics: Vec<Clinic>,
    pub own: Clinic,
}

impl Clocks {
    fn show(&self, at: Instant, clinic: Option<ClinicId>) -> String {
        let clinic = clinic.and_then(|id| self.clinics.iter().find(|one| one.id == id)).unwrap_or(&self.own);
        let time = show_date_time(clinic.zone.local(at));
        if clinic.zone_name == self.own.zone_name { time } else { format!("{time} ({})", clinic.zone_name) }
    }
}

/// Writes the page.
pub(super) fn page(all: &Gathered, hospital: &Hospital, clocks: &Clocks, now: Instant) -> String {
    let when = |at: Instant, clinic: ClinicId| clocks.show(at, Some(clinic));
    let patient = &all.patient;
    let mut html = String::new();
    let lang = locale::code(locale::current());
    let title = format!("{} · {}", patient.facts.name.full(), patient.mrn);
    let _ = write!(
        html,
        "<!DOCTYPE html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>",
        title = escaped(&title)
    );
    let made = tr!(records.made, hospital = hospital.name.clone(), when = clocks.show(now, None));
    let zone = tr!(records.zone, zone = clocks.own.zone_name.clone());
    let _ = write!(html, "<p>{}</p><p>{}</p>", escaped(&made), escaped(&zone));
    section(&mut html, &about(all));
    section(&mut html, &allergies(all));
    let coded = |code: &str, text: &str| if code.is_empty() { text.to_owned() } else { format!("{text} ({code})") };
    let problems = all.problems.iter().map(|one| vec![coded(&one.code, &one.description), one.onset_on.map(show_date).unwrap_or_default()]);
    section(
        &mut html,
        &Section {
            title: tr!(records.problems).to_owned(),
            columns: vec![tr!(records.what), tr!(records.since)],
            rows: problems.collect(),
        },
    );
    if !all.summaries.is_empty() {
        let _ = write!(html, "<h2>{}</h2>", escaped(tr!(records.visits)));
        for summary in &all.summaries {
            visit(&mut html, summary, clocks);
        }
    }
    let results = all.results.iter().map(|one| {
        let name = match locale::current() {
            Locale::en => &one.name_en,
            Locale::es => &one.name_es,
        };
        let choice = match locale::current() {
            Locale::en => &one.choice_en,
            Locale::es => &one.choice_es,
        };
        let value = [one.comparator.as_str(), &one.value_text, choice, &one.text].concat();
        let value = format!("{value} {} {}", shown_unit(&one.unit), one.flag).trim().to_owned();
        vec![when(one.measured_at, one.clinic_id), name.clone(), value, one.range_text.clone()]
    });
    let columns = vec![tr!(records.when), tr!(records.what), tr!(records.value), tr!(records.range)];
    section(&mut html, &Section { title: tr!(records.results).to_owned(), columns, rows: results.collect() });
    let studies = all.studies.iter().map(|one| {
        let name = match locale::current() {
            Locale::en => &one.name_en,
            Locale::es => &one.name_es,
        };
        let text = [one.findings.as_str(), &one.impression].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        vec![one.signed_at.map(|at| when(at, one.clinic_id)).unwrap_or_default(), name.clone(), text, one.signer_name.clone()]
    });
    let columns = vec![tr!(records.when), tr!(records.what), tr!(records.report), tr!(records.by)];
    section(&mut html, &Section { title: tr!(records.studies).to_owned(), columns, rows: studies.collect() });
    let vitals = all.vitals.iter().map(|row| vec![clocks.show(row.taken_at, row.clinic_id), signs(row)]);
    section(
        &mut html,
        &Section { title: tr!(records.vitals).to_owned(), columns: vec![tr!(records.when), tr!(records.value)], rows: vitals.collect() },
    );
    let appointments = all.appointments.iter().map(|one| {
        vec![
            when(one.starts_at, one.clinic_id),
            crate::organisation::shown_name(&one.service),
            one.doctor.clone(),
            one.state.word().to_owned(),
        ]
    });
    let columns = vec![tr!(records.when), tr!(records.what), tr!(records.by), tr!(records.state)];
    section(&mut html, &Section { title: tr!(records.appointments).to_owned(), columns, rows: appointments.collect() });
    let invoices = all.invoices.iter().map(|one| {
        vec![
            when(one.issued_at, one.clinic_id),
            one.number.clone(),
            hospital.currency.show(one.total),
            hospital.currency.show(one.patient_due),
        ]
    });
    let columns = vec![tr!(records.when), tr!(records.number), tr!(records.total), tr!(records.due)];
    section(&mut html, &Section { title: tr!(records.invoices).to_owned(), columns, rows: invoices.collect() });
    documents(&mut html, all);
    html.push_str("</main></body></html>\n");
    html
}

fn section(html: &mut String, section: &Section) {
    if section.rows.is_empty() {
        return;
    }
    let _ = write!(html, "<h2>{}</h2><table>", escaped(&section.title));
    if !section.columns.is_empty() {
        html.push_str("<thead><tr>");
        for column in &section.columns {
            let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(column));
        }
        html.push_str("</tr></thead>");
    }
    html.push_str("<tbody>");
    for row in &section.rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escaped(cell).replace('\n', "<br>"));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
}

fn about(all: &Gathered) -> Section {
    let facts = &all.patient.facts;
    let phones = all.phones.iter().map(|one| [one.kind.words(), &one.phone, &one.whose].join(" ").trim().to_owned());
    let phones = phones.collect::<Vec<_>>().join(", ");
    let rows = [
        (tr!(ui.mrn), std::iter::once(&all.patient.mrn).chain(&all.other_numbers).cloned().collect::<Vec<_>>().join(", ")),
        (tr!(patients.birth_date), facts.birth.shown()),
        (tr!(patients.sex), facts.sex.words().to_owned()),
        (tr!(patients.national_id), facts.more.national_id.clone()),
        (tr!(patients.phone), facts.more.phone.clone()),
        (tr!(patients.phones), phones),
        (tr!(patients.email), facts.more.email.clone()),
        (tr!(patients.address), facts.more.address_line()),
        (tr!(patients.blood_group), facts.more.blood_group.clone()),
    ];
    let rows = rows.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| vec![label.to_owned(), value]).collect();
    Section { title: tr!(patients.who).to_owned(), columns: Vec::new(), rows }
}

fn allergies(all: &Gathered) -> Section {
    let rows = all.allergies.iter().map(|one| vec![one.substance.clone(), one.reaction.clone()]).collect();
    Section { title: tr!(patients.allergies).to_owned(), columns: Vec::new(), rows }
}

fn visit(html: &mut String, summary: &Summary, clocks: &Clocks) {
    let encounter = &summary.encounter;
    let head = [clocks.show(encounter.started_at, Some(encounter.clinic)), encounter.doctor_name.clone()];
    let head = head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let _ = write!(html, "<h3>{}</h3>", escaped(&head));
    if !encounter.reason.is_empty() {
        let _ = write!(html, "<p>{}</p>", escaped(&encounter.reason));
    }
    if let Some(note) = &summary.note {
        let text = &note.text;
        for (name, words) in
            [("history", &text.history), ("examination", &text.examination), ("assessment", &text.assessment), ("plan", &text.plan)]
        {
            if !words.is_empty() {
                let _ = write!(html, "<h4>{}</h4><pre>{}</pre>", escaped(section_heading(name)), escaped(words));
            }
        }
    }
    for addendum in &summary.addenda {
        let head = format!("{}, {}", addendum.by, clocks.show(addendum.at, Some(encounter.clinic)));
        let _ = write!(html, "<h4>{}</h4><pre>{}</pre>", escaped(&head), escaped(&addendum.body));
    }
    let diagnoses = summary.diagnoses.iter().map(|one| format!("{} ({})", one.description, one.code));
    list(html, tr!(records.diagnoses), diagnoses.collect());
    let medicines = summary.prescriptions.iter().map(|one| format!("{}: {} · {}", one.drug, one.dosage.sentence(), one.state.words()));
    list(html, tr!(records.prescriptions), medicines.collect());
}

fn list(html: &mut String, title: &str, items: Vec<String>) {
    if items.is_empty() {
        return;
    }
    let _ = write!(html, "<h4>{}</h4><ul>", escaped(title));
    for item in items {
        let _ = write!(html, "<li>{}</li>", escaped(&item));
    }
    html.push_str("</ul>");
}

/// Returns a set of vital signs in one line.
fn signs(row: &VitalsRow) -> String {
    let decimal = |value: i64, per: i64| {
        let (whole, rest) = (value / per, (value % per).abs() * 10 / per);
        format!("{whole}.{rest}")
    };
    let parts = [
        row.temperature_decicelsius.map(|value| format!("{} °C", decimal(value, 10))),
        row.pulse_bpm.map(|value| format!("{value} /min")),
        row.respiration_rpm.map(|value| format!("{} {value} /min", tr!(records.respiration))),
        row.systolic_mmhg.zip(row.diastolic_mmhg).map(|(high, low)| format!("{high}/{low} mmHg")),
        row.spo2_percent.map(|value| format!("SpO₂ {value} %")),
        row.weight_g.map(|value| format!("{} kg", decimal(value, 1000))),
        row.height_mm.map(|value| format!("{} cm", decimal(value, 10))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn documents(html: &mut String, all: &Gathered) {
    if all.documents.is_empty() {
        return;
    }
    let _ = write!(html, "<h2>{}</h2><ul>", escaped(tr!(records.documents)));
    for document in &all.documents {
        let words = format!("{}, {}: {}", show_date(document.day), document.kind.words(), document.title);
        let _ = write!(html, "<li><a href=\"{}\">{}</a></li>", escaped(&document_name(document)), escaped(&words));
    }
    html.push_str("</ul>");
}
