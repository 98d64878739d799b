//! Finds existing records of a person who is being registered. The result is a score, not a decision: users compare the
//! records and decide.
//!
//! | matching feature       | points |
//! |------------------------|--------|
//! | national id            | 60     |
//! | name by sound          | 40, less for partly |
//! | birth date             | 40; 25 with day and month swapped or one digit wrong; 15 for the same year when one is only a year |
//! | phone                  | 25     |
//! | sex known and different| -15    |

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};

use super::{BirthPrecision, Facts, PatientHit, PatientLine, PatientName, merges, name_key, phone, phone_digits, store};
use crate::{
    core::{Error, PatientId, Result, Stamp},
    db::Tx,
    keys::{NATIONAL_ID_INDEX, PHONE_INDEX},
    organisation,
    patients::Sex,
    tr,
};

/// Records with at least this score are shown.
const WORTH_A_LOOK: i64 = 50;
/// The most suspects that are shown.
const SHOWN: usize = 8;

/// A feature in which two records agree.
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

/// A record that may belong to the same person.
#[derive(Clone, Debug)]
pub struct Suspect {
    pub patient: PatientHit,
    /// From 50 the record is shown, from 80 it is very likely the same person.
    pub score: i64,
    pub because: Vec<Likeness>,
}

/// The data of a record that is compared.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Known {
    #[sqlx(flatten)]
    pub line: PatientLine,
    #[sqlx(skip)]
    pub national_id: String,
}

/// Shorter numbers are not the telephone number of one household.
pub(super) const SHORTEST_PHONE: usize = 5;

/// Locks for all values by which the search for duplicates finds this person, held until the transaction ends. The stores'
/// functions that write a person's identity take their facts from it.
#[derive(Debug)]
pub struct Turn<'f>(&'f Facts);

/// Waits for all other transactions that register or correct a person with the same national id, telephone number, name by sound
/// or birth date. Two forms of one person share at least one of these values, or the search would not find one from the other;
/// forms of different people rarely do, and then they wait some milliseconds.
///
/// # Errors
/// When the database refuses.
pub async fn take_turns<'f>(tx: &mut Tx, facts: &'f Facts) -> Result<Turn<'f>> {
    let mut keys = BTreeSet::new();
    // The database server stores a sealed value as its blind index only. During a key rotation the nodes may differ in which key is
    // current.
    let mut sealed = NATIONAL_ID_INDEX.sought(&facts.more.national_id).to_vec();
    if phone_digits(&facts.more.phone).len() >= SHORTEST_PHONE {
        let country = organisation::country(tx).await?;
        sealed.extend(phone::spellings(&facts.more.phone, &country).iter().flat_map(|digits| PHONE_INDEX.sought(digits)));
    }
    for mark in sealed {
        let bytes = mark.bytes(tx.keys()).map_err(|error| Error::internal("a blind index cannot be made", &error))?;
        keys.extend(bytes.map(|bytes| format!("mark {bytes:02x?}")));
    }
    let name = name_key::name_key(&facts.name.given_names, &facts.name.family_name);
    if !name.is_empty() {
        keys.insert(format!("name {name}"));
    }
    let letters = name_key::both_orders(&facts.name.given_names, &facts.name.family_name);
    keys.extend(letters.into_iter().map(|letters| format!("letters {letters}")));
    keys.extend(facts.birth.date.map(|date| format!("born {date}")));
    // All transactions lock the keys in the same order, so that two registrations do not wait for each other.
    for key in keys {
        tx.take_turn("patient", &key).await?;
    }
    Ok(Turn(facts))
}

impl<'f> Turn<'f> {
    /// Returns the facts about the person that will be written.
    pub const fn facts(&self) -> &'f Facts {
        self.0
    }

    /// Returns the records that may belong to the same person; no other transaction can add one until this one ends.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn duplicates(&self, tx: &mut Tx, except: Option<PatientId>) -> Result<Vec<Suspect>> {
        duplicates(tx, self.0, except).await
    }

    /// Registers the person under this id; returns `false` when the id is registered already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert(&self, tx: &mut Tx, id: PatientId, stamp: Stamp) -> Result<bool> {
        store::insert(tx, id, self, stamp).await
    }
}

/// Returns the records that a correction makes similar, and that were less similar before.
///
/// # Errors
/// When the database refuses.
pub async fn newly_alike(tx: &mut Tx, id: PatientId, before: &Facts, after: &Facts) -> Result<Vec<Suspect>> {
    let compared = |facts: &Facts| {
        let more = &facts.more;
        (facts.name.clone(), facts.birth, facts.sex, more.national_id.clone(), more.phone.clone())
    };
    if compared(before) == compared(after) {
        return Ok(Vec::new());
    }
    let known = all_alike(tx, before, Some(id)).await?;
    let mut alike = all_alike(tx, after, Some(id)).await?;
    alike.retain(|suspect| known.iter().all(|old| old.patient.id != suspect.patient.id || old.score < suspect.score));
    alike.truncate(SHOWN);
    Ok(alike)
}

/// Returns the records that may belong to the same person, the most likely first.
///
/// # Errors
/// When the database refuses.
pub async fn duplicates(tx: &mut Tx, facts: &Facts, except: Option<PatientId>) -> Result<Vec<Suspect>> {
    let mut suspects = all_alike(tx, facts, except).await?;
    suspects.truncate(SHOWN);
    Ok(suspects)
}

async fn all_alike(tx: &mut Tx, facts: &Facts, except: Option<PatientId>) -> Result<Vec<Suspect>> {
    let country = organisation::country(tx).await?;
    // The records that were merged into this one are this one.
    let family = match except {
        Some(except) => merges::family(tx, except).await?,
        None => Vec::new(),
    };
    let mut suspects: Vec<Suspect> = store::alike(tx, facts, &country)
        .await?
        .into_iter()
        .filter(|known| !family.contains(&known.line.id))
        .filter_map(|known| {
            let (score, because) = compare(facts, &known, &country);
            (score >= WORTH_A_LOOK).then(|| Suspect { patient: known.line.into(), score, because })
        })
        .collect();
    suspects.sort_by_key(|suspect| (-suspect.score, suspect.patient.id));
    suspects.dedup_by_key(|suspect| suspect.patient.id);
    Ok(suspects)
}

fn compare(facts: &Facts, known: &Known, country: &str) -> (i64, Vec<Likeness>) {
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
    let letters = |name: &PatientName| name_key::both_orders(&name.given_names, &name.family_name);
    let same_letters = !letters(&facts.name).is_disjoint(&letters(&known.line.name));
    match name_share(&key(&facts.name), &key(&known.line.name)) {
        _ if same_letters => agrees(40, Likeness::Name),
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
    if phone::is_same(&facts.more.phone, &known.line.phone, country) {
        agrees(25, Likeness::Phone);
    }
    let told = |sex: Sex| matches!(sex, Sex::Female | Sex::Male);
    if told(facts.sex) && told(known.line.sex) && facts.sex != known.line.sex {
        score -= 15;
    }
    (score, because)
}

/// Returns how many of the sounds two names share, in percent of the shorter name.
fn name_share(ours: &str, theirs: &str) -> i64 {
    let ours: BTreeSet<&str> = ours.split(' ').filter(|sound| !sound.is_empty()).collect();
    let theirs: BTreeSet<&str> = theirs.split(' ').filter(|sound| !sound.is_empty()).collect();
    let shorter = ours.len().min(theirs.len());
    if shorter == 0 {
        return 0;
    }
    let shared = ours.intersection(&theirs).count();
    // One shared word counts as half a name at most, because many people share it.
    if shorter == 1 && ours.len() != theirs.len() {
        return i64::from(shared == 1) * 50;
    }
    i64::try_from(shared * 100 / shorter).unwrap_or(0)
}

/// Whether day and month are swapped, or one digit differs.
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
            town: String::new(),
            description: String::new(),
        };
        Known { line, national_id: facts.more.national_id.clone() }
    }

    fn score(ours: &Facts, theirs: &Facts) -> i64 {
        compare(ours, &known(theirs), "US").0
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
    fn joined_and_split_names_are_the_same_name() {
        let born = day(1980, 4, 18);
        for (one, other) in [
            (("Siobhan", "O'Brien"), ("Siobhan", "O Brien")),
            (("Siobhan", "OBrien"), ("Siobhan", "O-Brien")),
            (("Mary Ann", "Lee"), ("Maryann", "Lee")),
            (("小明", "王"), ("王小明", "")),
        ] {
            let (one, other) = (facts(one.0, one.1, born, ""), facts(other.0, other.1, born, ""));
            let (score, because) = compare(&one, &known(&other), "");
            assert_eq!((score, because), (80, vec![Likeness::Name, Likeness::BirthDate]), "{one:?}");
        }
        let (ram, rama) = (facts("राम", "", born, ""), facts("रमा", "", born, ""));
        assert!(!compare(&ram, &known(&rama), "").1.contains(&Likeness::Name));
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
