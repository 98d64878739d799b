//! The worklist's query and its answers as data sets of DICOM (PS3.4, annex K): only the attributes that the device asks for.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveTime};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, dicom_value, value::DataSetSequence};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::dataset::ReadSet;

/// The attributes that a device asks for: those of the study and those of the step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorklistQuery {
    pub station: String,
    pub modality: String,
    /// The first and the last day, as far as the device names them.
    pub days: (Option<NaiveDate>, Option<NaiveDate>),
    pub patient_id: String,
    /// With `*` and `?`.
    pub patient_name: String,
    pub accession: String,
    pub study_uid: String,
    asked: BTreeSet<(u16, u16)>,
    /// Empty: all of them.
    asked_of_step: BTreeSet<(u16, u16)>,
}

/// A booked study, as a device sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorklistItem {
    /// Family and given names.
    pub name: [String; 2],
    pub patient_id: String,
    /// Only a birth date that is known to the day.
    pub birth: Option<NaiveDate>,
    /// `F`, `M`, `O`, or nothing.
    pub sex: &'static str,
    pub accession: String,
    pub study_uid: String,
    pub procedure: String,
    pub priority: &'static str,
    pub doctor: String,
    /// The AE titles of the room's devices.
    pub stations: Vec<String>,
    pub room: String,
    pub modality: String,
    pub day: NaiveDate,
    pub time: NaiveTime,
    /// `SCHEDULED`, `ARRIVED`, `STARTED`.
    pub status: &'static str,
}

/// Reads a day or a range of days: `20261129`, `20261129-`, `-20261130`, `20261129-20261130`.
fn days(text: &str) -> Option<(Option<NaiveDate>, Option<NaiveDate>)> {
    let day = |text: &str| match text.trim() {
        "" => Some(None),
        text => NaiveDate::parse_from_str(&text.replace('.', ""), "%Y%m%d").ok().map(Some),
    };
    match text.split_once('-') {
        Some((from, to)) => Some((day(from)?, day(to)?)),
        None => day(text).map(|day| (day, day)),
    }
}

impl WorklistQuery {
    /// Reads a query; `None` when a key of it cannot be read.
    pub fn read(object: &ReadSet) -> Option<Self> {
        let step = object.item(tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE);
        let of_step = |tag: Tag| step.map(|step| step.text(tag)).unwrap_or_default();
        let any = |text: String| if text == "*" { String::new() } else { text };
        Some(Self {
            station: any(of_step(tags::SCHEDULED_STATION_AE_TITLE)),
            modality: any(of_step(tags::MODALITY)),
            days: days(&any(of_step(tags::SCHEDULED_PROCEDURE_STEP_START_DATE)))?,
            patient_id: any(object.text(tags::PATIENT_ID)),
            patient_name: any(object.text(tags::PATIENT_NAME)),
            accession: any(object.text(tags::ACCESSION_NUMBER)),
            study_uid: any(object.text(tags::STUDY_INSTANCE_UID)),
            asked: object.tags(),
            asked_of_step: step.map(ReadSet::tags).unwrap_or_default(),
        })
    }

    /// Whether a study is one that the device asks for.
    pub fn finds(&self, item: &WorklistItem) -> bool {
        let same = |key: &str, value: &str| key.is_empty() || key == value;
        (self.station.is_empty() || item.stations.contains(&self.station))
            && same(&self.modality, &item.modality)
            && self.days.0.is_none_or(|from| item.day >= from)
            && self.days.1.is_none_or(|to| item.day <= to)
            && same(&self.patient_id, &item.patient_id)
            && same(&self.accession, &item.accession)
            && same(&self.study_uid, &item.study_uid)
            && (self.patient_name.is_empty() || fits(&self.patient_name.to_lowercase(), &item.name.join("^").to_lowercase()))
    }

    /// Writes a study as the data set of an answer.
    pub fn answer(&self, item: &WorklistItem) -> InMemDicomObject {
        let mut answer = InMemDicomObject::new_empty();
        answer.put(DataElement::new(tags::SPECIFIC_CHARACTER_SET, VR::CS, PrimitiveValue::from("ISO_IR 192")));
        for (tag, vr, value) in of_study(item) {
            if self.asked.contains(&(tag.group(), tag.element())) {
                answer.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
            }
        }
        let sequence = tags::SCHEDULED_PROCEDURE_STEP_SEQUENCE;
        if self.asked.contains(&(sequence.group(), sequence.element())) {
            let is_asked = |tag: Tag| self.asked_of_step.is_empty() || self.asked_of_step.contains(&(tag.group(), tag.element()));
            let mut step = InMemDicomObject::new_empty();
            for (tag, vr, value) in of_step(item).into_iter().filter(|(tag, ..)| is_asked(*tag)) {
                step.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
            }
            if is_asked(tags::SCHEDULED_STATION_AE_TITLE) {
                let stations = PrimitiveValue::Strs(item.stations.iter().cloned().collect());
                step.put(DataElement::new(tags::SCHEDULED_STATION_AE_TITLE, VR::AE, stations));
            }
            answer.put(DataElement::new(sequence, VR::SQ, DataSetSequence::from(vec![step])));
        }
        answer
    }
}

/// The letters that a component of a name must not have in DICOM.
fn component(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '^' | '=' | '\\') && !letter.is_control()).take(64).collect()
}

/// Text without the letter between values, cut to the length of its kind.
fn line(text: &str, longest: usize) -> String {
    text.chars().map(|letter| if letter == '\\' || letter.is_control() { ' ' } else { letter }).take(longest).collect()
}

fn of_study(item: &WorklistItem) -> Vec<(Tag, VR, String)> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.format("%Y%m%d").to_string()).unwrap_or_default();
    let [family, given] = item.name.each_ref().map(|part| component(part));
    let doctor = component(&item.doctor);
    vec![
        (tags::ACCESSION_NUMBER, VR::SH, item.accession.clone()),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, doctor.clone()),
        (tags::PATIENT_NAME, VR::PN, format!("{family}^{given}")),
        (tags::PATIENT_ID, VR::LO, item.patient_id.clone()),
        (tags::PATIENT_BIRTH_DATE, VR::DA, day(item.birth)),
        (tags::PATIENT_SEX, VR::CS, item.sex.to_owned()),
        (tags::STUDY_INSTANCE_UID, VR::UI, item.study_uid.clone()),
        (tags::REQUESTING_PHYSICIAN, VR::PN, doctor),
        (tags::REQUESTED_PROCEDURE_DESCRIPTION, VR::LO, line(&item.procedure, 64)),
        (tags::REQUESTED_PROCEDURE_ID, VR::SH, item.accession.clone()),
        (tags::REQUESTED_PROCEDURE_PRIORITY, VR::SH, item.priority.to_owned()),
    ]
}

fn of_step(item: &WorklistItem) -> Vec<(Tag, VR, String)> {
    vec![
        (tags::MODALITY, VR::CS, item.modality.clone()),
        (tags::SCHEDULED_PROCEDURE_STEP_START_DATE, VR::DA, item.day.format("%Y%m%d").to_string()),
        (tags::SCHEDULED_PROCEDURE_STEP_START_TIME, VR::TM, item.time.format("%H%M%S").to_string()),
        (tags::SCHEDULED_PERFORMING_PHYSICIAN_NAME, VR::PN, String::new()),
        (tags::SCHEDULED_PROCEDURE_STEP_DESCRIPTION, VR::LO, line(&item.procedure, 64)),
        (tags::SCHEDULED_PROCEDURE_STEP_ID, VR::SH, item.accession.clone()),
        (tags::SCHEDULED_STATION_NAME, VR::SH, line(&item.room, 16)),
        (tags::SCHEDULED_PROCEDURE_STEP_STATUS, VR::CS, item.status.to_owned()),
    ]
}

/// Whether a text fits a pattern with `*` and `?`.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut of, mut back) = (0, 0, None);
    while of < text.len() {
        match pattern.get(at) {
            Some('*') => {
                back = Some((at, of));
                at += 1;
            }
            Some(letter) if *letter == '?' || Some(letter) == text.get(of) => {
                at += 1;
                of += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    at = star + 1;
                    of = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

/// The elements of a command.
pub(super) fn number(tag: Tag, value: u16) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, VR::US, dicom_value!(U16, [value]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_patterns_are_read() {
        let day = |number| NaiveDate::from_ymd_opt(2026, 11, number);
        for (text, read) in [
            ("20261129", Some((day(29), day(29)))),
            ("20261129-", Some((day(29), None))),
            ("-20261130", Some((None, day(30)))),
            ("20261129-20261130", Some((day(29), day(30)))),
            ("", Some((None, None))),
            ("2026", None),
        ] {
            assert_eq!(days(text), read, "{text}");
        }
        for (pattern, text, found) in [
            ("bal*", "balmer^ana", true),
            ("*ana", "balmer^ana", true),
            ("b?lmer*", "balmer^ana", true),
            ("balmer", "balmer^ana", false),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ] {
            assert_eq!(fits(pattern, text), found, "{pattern} {text}");
        }
    }
}
