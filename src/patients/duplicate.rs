//! Whether somebody who is being registered has a record already. A score, not a verdict: people look and decide.
//!
//! | what agrees            | points |
//! |------------------------|--------|
//! | national id            | 60     |
//! | name by sound          | 40, less for partly |
//! | birth date             | 40; 25 with day and month swapped or one digit wrong; 15 for the same year when one is only a year |
//! | phone                  | 25     |
//! | sex known and different| -15    |

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};

use super::{BirthPrecision, Facts, PatientHit, PatientLine, PatientName, name_key, phone_digits, store};
use crate::{
    core::{PatientId, Result},
    db::Tx,
    keys::NATIONAL_ID_INDEX,
    patients::Sex,
    tr,
};

/// From here on it is worth a look.
const WORTH_A_LOOK: i64 = 50;

/// What agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    NationalId,
    Name,
    SimilarName,
    BirthDate,
    SimilarBirthDate,
    Phone,
}

impl Likeness {
    /// In the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::NationalId => tr!(patients.same_national_id),
            Self::Name => tr!(patients.same_name),
            Self::SimilarName => tr!(patients.similar_name),
            Self::BirthDate => tr!(patients.same_birth_date),
            Self::SimilarBirthDate => tr!(patients.similar_birth_date),
            Self::Phone => tr!(patients.same_phone),
        }
    }
}

/// A record that may be of the same person.
#[derive(Clone, Debug)]
pub struct Suspect {
    pub patient: PatientHit,
    /// 50 is worth a look, 80 is very likely the same person.
    pub score: i64,
    pub because: Vec<Likeness>,
}

/// What of a record is compared.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Known {
    #[sqlx(flatten)]
    pub line: PatientLine,
    #[sqlx(skip)]
    pub national_id: String,
}

/// The records that may be of the same person, likeliest first.
///
/// # Errors
/// What the database refused.
pub async fn duplicates(tx: &mut Tx, facts: &Facts, except: Option<PatientId>) -> Result<Vec<Suspect>> {
    let mut suspects: Vec<Suspect> = store::alike(tx, facts)
        .await?
        .into_iter()
        .filter(|known| Some(known.line.id) != except)
        .filter_map(|known| {
            let (score, because) = compare(facts, &known);
            (score >= WORTH_A_LOOK).then(|| Suspect { patient: known.line.into(), score, because })
        })
        .collect();
    suspects.sort_by_key(|suspect| (-suspect.score, suspect.patient.id));
    suspects.dedup_by_key(|suspect| suspect.patient.id);
    suspects.truncate(8);
    Ok(suspects)
}

fn compare(facts: &Facts, known: &Known) -> (i64, Vec<Likeness>) {
    let mut score = 0;
    let mut because = Vec::new();
    let mut agrees = |points: i64, likeness: Likeness| {
        score += points;
        because.push(likeness);
    };
    if NATIONAL_ID_INDEX.same(&facts.more.national_id, &known.national_id) {
        agrees(60, Likeness::NationalId);
    }
    let key = |name: &PatientName| name_key::name_key(&name.given_names, &name.family_name);
    match name_share(&key(&facts.name), &key(&known.line.name)) {
        100 => agrees(40, Likeness::Name),
        share if share >= 50 => agrees(share * 40 / 100, Likeness::SimilarName),
        _ => {}
    }
    if let (Some(ours), Some(theirs)) = (facts.birth.date, known.line.birth.date) {
        let exact = facts.birth.precision == BirthPrecision::Day && known.line.birth.precision == BirthPrecision::Day;
        match exact {
            true if ours == theirs => agrees(40, Likeness::BirthDate),
            true if nearly(ours, theirs) => agrees(25, Likeness::SimilarBirthDate),
            false if ours.year() == theirs.year() => agrees(15, Likeness::SimilarBirthDate),
            _ => {}
        }
    }
    let phone = phone_digits(&facts.more.phone);
    if phone.len() >= 5 && phone == phone_digits(&known.line.phone) {
        agrees(25, Likeness::Phone);
    }
    let told = |sex: Sex| matches!(sex, Sex::Female | Sex::Male);
    if told(facts.sex) && told(known.line.sex) && facts.sex != known.line.sex {
        score -= 15;
    }
    (score, because)
}

/// How many of the sounds two names share, in percent of the shorter name.
fn name_share(ours: &str, theirs: &str) -> i64 {
    let ours: BTreeSet<&str> = ours.split(' ').filter(|sound| !sound.is_empty()).collect();
    let theirs: BTreeSet<&str> = theirs.split(' ').filter(|sound| !sound.is_empty()).collect();
    let shorter = ours.len().min(theirs.len());
    if shorter == 0 {
        return 0;
    }
    let shared = ours.intersection(&theirs).count();
    // One shared word is half a name at most: half the town is called so.
    if shorter == 1 && ours.len() != theirs.len() {
        return i64::from(shared == 1) * 50;
    }
    i64::try_from(shared * 100 / shorter).unwrap_or(0)
}

/// Day and month swapped, or one digit wrong.
fn nearly(one: NaiveDate, other: NaiveDate) -> bool {
    let swapped = NaiveDate::from_ymd_opt(one.year(), one.day(), one.month()) == Some(other);
    let (a, b) = (one.to_string(), other.to_string());
    swapped || a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patients::{Birth, Particulars};

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day")
    }

    fn facts(given: &str, family: &str, born: NaiveDate, phone: &str) -> Facts {
        Facts {
            more: Particulars { phone: phone.into(), ..Particulars::default() },
            ..Facts::new(PatientName::new(given, family), Birth::on(born), Sex::Female)
        }
    }

    fn known(facts: &Facts) -> Known {
        let line = PatientLine {
            id: PatientId(uuid::Uuid::from_u128(7)),
            mrn: "00000011".into(),
            name: facts.name.clone(),
            birth: facts.birth,
            sex: facts.sex,
            phone: facts.more.phone.clone(),
        };
        Known { line, national_id: facts.more.national_id.clone() }
    }

    fn score(ours: &Facts, theirs: &Facts) -> i64 {
        compare(ours, &known(theirs)).0
    }

    #[test]
    fn the_same_person_in_other_spellings() {
        let on_record = facts("María José", "Núñez", day(1980, 4, 18), "(508) 719-1838");
        assert_eq!(score(&on_record, &on_record), 105);
        assert_eq!(score(&facts("Jose Maria", "Nunes", day(1980, 4, 18), ""), &on_record), 80);
        assert!(score(&facts("Maria", "Nuñez", day(1980, 4, 8), ""), &on_record) >= WORTH_A_LOOK, "one digit wrong");
        assert!(score(&facts("Maria", "Lopez", day(1980, 4, 18), "508 719 1838"), &on_record) >= WORTH_A_LOOK, "new family name");
    }

    #[test]
    fn other_people() {
        let on_record = facts("Rachel", "Johnson", day(1980, 4, 18), "(508) 719-1838");
        assert!(score(&facts("Rachel", "Johnson", day(1961, 12, 3), "555 0100"), &on_record) < WORTH_A_LOOK, "the same name alone");
        assert!(score(&facts("Theresa", "Adams", day(1980, 4, 18), ""), &on_record) < WORTH_A_LOOK, "the same birthday alone");
        let twin = Facts { sex: Sex::Male, ..facts("Daniel", "Johnson", day(1980, 4, 18), "") };
        assert!(score(&twin, &on_record) < WORTH_A_LOOK, "a twin brother");
    }

    #[test]
    fn swapped_day_and_month() {
        assert!(nearly(day(1980, 4, 8), day(1980, 8, 4)));
        assert!(nearly(day(1980, 4, 18), day(1980, 4, 19)));
        assert!(!nearly(day(1980, 4, 18), day(1981, 5, 18)));
    }
}
