//! Decides to which order a study of an archive belongs, and compares its patient with that of an order.

use chrono::NaiveDate;

use super::UnmatchedReason;
use crate::{
    core::{ImagingOrderId, PatientId},
    imaging::step::ImagingStep,
    patients::{Birth, BirthPrecision, PatientName, Sex},
};

/// A patient as a device recorded it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentPatient {
    /// The record number.
    pub number: String,
    /// `Family^Given`.
    pub name: String,
    /// `19800418`.
    pub birth_date: String,
    /// `F`, `M`, `O`, or nothing.
    pub sex: String,
}

/// The facts of an order by which a study is tied to it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderKey {
    pub id: ImagingOrderId,
    pub patient_id: PatientId,
    pub mrn: String,
    pub accession: String,
    pub study_uid: String,
    pub step: ImagingStep,
}

impl OrderKey {
    /// Whether images are awaited.
    const fn is_open(&self) -> bool {
        matches!(self.step, ImagingStep::Scheduled | ImagingStep::Arrived | ImagingStep::Started | ImagingStep::Acquired)
    }
}

/// Returns the order that a study belongs to, among those with its UID or accession number; or the reason why it is unmatched.
pub fn decide<'o>(uid: &str, accession: &str, number: &str, orders: &'o [OrderKey]) -> Result<&'o OrderKey, UnmatchedReason> {
    let by_uid = orders.iter().find(|order| order.study_uid == uid);
    let by_accession = || orders.iter().find(|order| !accession.is_empty() && order.accession == accession);
    let Some(order) = by_uid.or_else(by_accession) else {
        return Err(if accession.is_empty() { UnmatchedReason::NoAccession } else { UnmatchedReason::UnknownAccession });
    };
    match () {
        () if order.mrn != number => Err(UnmatchedReason::OtherPatient),
        () if !order.is_open() => Err(UnmatchedReason::Closed),
        () => Ok(order),
    }
}

/// Which facts of two patients are the same: record number, name, birth date, sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared(pub [bool; 4]);

impl Compared {
    /// Whether all are the same.
    pub const fn is_same(self) -> bool {
        matches!(self.0, [true, true, true, true])
    }

    /// Compares the patient of a study with that of an order.
    pub fn new(sent: &SentPatient, mrn: &str, name: &PatientName, birth: Birth, sex: Sex) -> Self {
        let own_sex = match sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::Other => "O",
            Sex::Unknown => "",
        };
        let own_birth = birth.date.filter(|_| birth.precision == BirthPrecision::Day);
        Self([
            sent.number == mrn,
            words(&sent.name) == words(&name.full()),
            own_birth.is_some() && own_birth == birth_of(sent),
            sent.sex == own_sex,
        ])
    }
}

/// The birth date that a device recorded.
pub fn birth_of(sent: &SentPatient) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(&sent.birth_date, "%Y%m%d").ok()
}

/// The words of a name in a fixed order, in small letters without accents.
fn words(name: &str) -> Vec<String> {
    use unicode_normalization::UnicodeNormalization as _;
    let plain: String = name.nfd().filter(|letter| !unicode_normalization::char::is_combining_mark(*letter)).collect();
    let mut words: Vec<String> =
        plain.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(accession: &str, uid: &str, mrn: &str, step: ImagingStep) -> OrderKey {
        OrderKey {
            id: ImagingOrderId::new(),
            patient_id: PatientId::new(),
            mrn: mrn.to_owned(),
            accession: accession.to_owned(),
            study_uid: uid.to_owned(),
            step,
        }
    }

    #[test]
    fn a_study_is_tied_by_uid_or_accession_of_the_same_patient_alone() {
        let orders = [
            order("R1", "2.25.1", "100", ImagingStep::Started),
            order("R2", "2.25.2", "200", ImagingStep::Reported),
            order("R3", "2.25.3", "300", ImagingStep::Cancelled),
        ];
        for (uid, accession, number, expected) in [
            ("2.25.1", "", "100", Ok("R1")),
            ("2.25.9", "R1", "100", Ok("R1")),
            // The UID decides: the accession number may be typed.
            ("2.25.1", "R2", "100", Ok("R1")),
            ("2.25.9", "R1", "200", Err(UnmatchedReason::OtherPatient)),
            ("2.25.1", "R1", "", Err(UnmatchedReason::OtherPatient)),
            ("2.25.9", "R2", "200", Err(UnmatchedReason::Closed)),
            ("2.25.9", "R3", "300", Err(UnmatchedReason::Closed)),
            ("2.25.9", "", "100", Err(UnmatchedReason::NoAccession)),
            ("2.25.9", "R9", "100", Err(UnmatchedReason::UnknownAccession)),
        ] {
            let found = decide(uid, accession, number, &orders).map(|order| order.accession.as_str());
            assert_eq!(found, expected, "{uid} {accession} {number}");
        }
    }

    #[test]
    fn patients_are_compared_by_number_name_birth_date_and_sex() {
        let day = NaiveDate::from_ymd_opt(1980, 4, 18).expect("a day");
        let sent = |name: &str, birth: &str| SentPatient {
            number: "100".to_owned(),
            name: name.to_owned(),
            birth_date: birth.to_owned(),
            sex: "F".to_owned(),
        };
        let name = PatientName::new("Ana María", "Núñez");
        let compared = |sent: &SentPatient| Compared::new(sent, "100", &name, Birth::on(day), Sex::Female);
        assert!(compared(&sent("NUNEZ^ANA MARIA", "19800418")).is_same());
        assert_eq!(compared(&sent("Núñez^Ana", "19800418")), Compared([true, false, true, true]));
        assert_eq!(compared(&sent("Núñez^Ana María", "19800419")), Compared([true, true, false, true]));
        assert_eq!(compared(&sent("Núñez^Ana María", "")), Compared([true, true, false, true]));
        let year = Birth { date: Some(day), precision: BirthPrecision::Year };
        assert!(!Compared::new(&sent("Núñez^Ana María", "19800418"), "100", &name, year, Sex::Female).is_same());
    }
}
