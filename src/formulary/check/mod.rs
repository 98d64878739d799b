//! Checks a medicine for a patient by its substances: interactions, duplicate treatments, ranges of doses, limits of age and kidney function,
//! pregnancy; and its route by its form. Pure: it works on facts that were read before. Allergies and the same substance twice are checked beside it, by names too.
//!
//! | level | effect |
//! |---|---|
//! | block | the prescription must be changed |
//! | strong, warn | needs a reason |
//! | info | is shown |

mod dose;
mod knowledge;
mod resolve;
mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    Advice, CheckLevel, Dose, DrugForm, InteractionLevel, LimitKind, Route, Strength,
    rule::{Interaction, RuleState, Side},
};
use crate::{
    core::{PrescriptionId, SubstanceId},
    tr,
};

pub use knowledge::{Knowledge, Known};
pub use resolve::Medicines;

/// A substance of a medicine, and how much of it is where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub substance: SubstanceId,
    /// Unknown for a name that says none.
    pub strength: Option<Strength>,
}

/// A medicine with its dosage, as far as both are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the dosage")]
pub struct Medicine {
    pub name: String,
    pub parts: Vec<Part>,
    /// The formulary has the drug: its substances are all of them.
    pub exact: bool,
    /// The form, and the routes that the formulary lists for it.
    pub form: Option<DrugForm>,
    pub routes: Vec<Route>,
    pub route: Option<Route>,
    pub dose: Option<Dose>,
    /// The most doses on one day.
    pub most_a_day: Option<i64>,
    /// The number of doses, and the number of days that they are for.
    pub often: Option<(i64, i64)>,
    /// Whether a dosage was given; without one, only the medicine itself is checked.
    pub has_dosage: bool,
    /// It is taken one time only.
    pub once: bool,
    /// The formulary says that it is taken once a week, never daily.
    pub weekly: bool,
}

/// A medicine that the patient takes or took, or that is being prescribed in the same consultation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    pub id: PrescriptionId,
    pub medicine: Medicine,
    /// The days since it ended; `None` while it is taken.
    pub ended: Option<i64>,
}

/// The facts about a patient that a check needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The age in days; `None` when the birth date is not known.
    pub age_days: Option<i64>,
    /// The last weight in grams, and the number of days since it was measured.
    pub weight: Option<(i64, i64)>,
    /// The creatinine clearance in mL/min.
    pub clearance: Option<i64>,
    /// The figures behind the clearance, with their units and day; empty when it is not known.
    pub kidney: String,
    /// Female and of an age at which a pregnancy is possible.
    pub may_be_pregnant: bool,
    /// The patient is an emergency: a missing weight does not block.
    pub emergency: bool,
}

/// A warning about a medicine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Identifies the warning: the reason that answers it is stored with this key. No spaces.
    pub key: String,
    pub level: CheckLevel,
    pub sentence: String,
}

/// Checks a medicine against the patient and the other medicines.
pub fn check(knowledge: &Knowledge, medicine: &Medicine, person: &Person, others: &[Other]) -> Vec<Warning> {
    let mut found = Vec::new();
    let (present, ended): (Vec<Other>, Vec<Other>) = others.iter().cloned().partition(|other| other.ended.is_none());
    for other in &present {
        interactions(knowledge, medicine, other, &mut found);
        duplicates(knowledge, medicine, other, &mut found);
    }
    for other in &ended {
        washouts(knowledge, medicine, (other, &present), &mut found);
    }
    if medicine.has_dosage {
        weekly(medicine, &mut found);
        route::check(medicine, &mut found);
        for part in &medicine.parts {
            dose::check(knowledge, medicine, part, (person, &present), &mut found);
        }
    }
    for part in &medicine.parts {
        limits(knowledge, part, person, &mut found);
        pregnancy(knowledge, part, person, &mut found);
    }
    found.sort_by(|one, other| (one.level, &one.key).cmp(&(other.level, &other.key)));
    found.dedup_by(|one, other| one.key == other.key);
    found
}

/// Adds that a rule is not confirmed, where it is not.
fn said(sentence: String, state: &RuleState) -> String {
    if state.confirmed_at.is_some() { sentence } else { format!("{sentence} {}", tr!(formulary.rule_unconfirmed)) }
}

/// Returns the substance of a medicine that a side of an interaction means.
fn meets(knowledge: &Knowledge, side: Side, medicine: &Medicine) -> Option<SubstanceId> {
    let is_meant = |id: &SubstanceId| match side {
        Side::Substance(substance) => substance == *id,
        Side::Group(group) => knowledge.groups_of(*id).contains(&group),
    };
    medicine.parts.iter().map(|part| part.substance).find(|id| is_meant(id))
}

/// Returns the substances of two medicines that a rule means: of the first one, and of the other.
fn pair(knowledge: &Knowledge, rule: &Interaction, medicine: &Medicine, other: &Medicine) -> Option<(SubstanceId, SubstanceId)> {
    let straight = meets(knowledge, rule.one, medicine).zip(meets(knowledge, rule.other, other));
    let crossed = || meets(knowledge, rule.other, medicine).zip(meets(knowledge, rule.one, other));
    // One substance twice is a duplicate, not an interaction.
    straight.filter(|(one, two)| one != two).or_else(|| crossed().filter(|(one, two)| one != two))
}

/// Returns the level and the sentence of an interaction between two medicines.
fn interaction(rule: &Interaction, medicine: &Medicine, other: &Medicine) -> (CheckLevel, String) {
    let (one, two) = (medicine.name.clone(), other.name.clone());
    let text = rule.text().to_owned();
    match rule.level {
        InteractionLevel::Contraindicated => {
            (CheckLevel::Strong, tr!(formulary.interaction_contraindicated, one = one, two = two, text = text))
        }
        InteractionLevel::Severe => (CheckLevel::Warn, tr!(formulary.interaction_severe, one = one, two = two, text = text)),
    }
}

fn interactions(knowledge: &Knowledge, medicine: &Medicine, other: &Other, found: &mut Vec<Warning>) {
    for rule in &knowledge.interactions {
        if pair(knowledge, rule, medicine, &other.medicine).is_some() {
            let (level, sentence) = interaction(rule, medicine, &other.medicine);
            found.push(Warning { key: format!("interaction:{}:{}", rule.id, other.id), level, sentence: said(sentence, &rule.state) });
        }
    }
}

/// A medicine that ended still interacts within the washout of its substance. One that the patient takes again is found among the present ones.
fn washouts(knowledge: &Knowledge, medicine: &Medicine, (other, present): (&Other, &[Other]), found: &mut Vec<Warning>) {
    let Some(days) = other.ended else { return };
    for rule in &knowledge.interactions {
        let Some((_, theirs)) = pair(knowledge, rule, medicine, &other.medicine) else { continue };
        let is_taken = present.iter().any(|known| known.medicine.parts.iter().any(|part| part.substance == theirs));
        let Some(washout) = knowledge.washouts.iter().find(|one| one.substance_id == theirs && days < one.days && !is_taken) else {
            continue;
        };
        let (level, sentence) = interaction(rule, medicine, &other.medicine);
        let since = tr!(formulary.washout_still, substance = washout.name.clone(), ended = days, days = washout.days);
        let state = if washout.state.confirmed_at.is_none() { &washout.state } else { &rule.state };
        let sentence = said(format!("{sentence} {since}"), state);
        found.push(Warning { key: format!("washout:{}:{}", rule.id, other.id), level, sentence });
    }
}

/// Two different substances of one therapeutic group are a duplicate treatment.
fn duplicates(knowledge: &Knowledge, medicine: &Medicine, other: &Other, found: &mut Vec<Warning>) {
    let ids = |medicine: &Medicine| medicine.parts.iter().map(|part| part.substance).collect::<BTreeSet<_>>();
    let (own, others) = (ids(medicine), ids(&other.medicine));
    if !own.is_disjoint(&others) {
        return;
    }
    for (group, name, code) in &knowledge.therapeutic {
        let has = |ids: &BTreeSet<SubstanceId>| ids.iter().any(|id| knowledge.groups_of(*id).contains(group));
        if has(&own) && has(&others) {
            let level = if code.starts_with("anticoagulant") { CheckLevel::Strong } else { CheckLevel::Warn };
            let sentence = tr!(formulary.same_group, other = other.medicine.name.clone(), group = name.clone());
            found.push(Warning { key: format!("group:{group}:{}", other.id), level, sentence });
        }
    }
}

fn weekly(medicine: &Medicine, found: &mut Vec<Warning>) {
    let is_weekly = medicine.often.is_none_or(|(times, days)| times * 7 <= days);
    if medicine.weekly && !medicine.once && !is_weekly {
        let sentence = tr!(formulary.only_weekly, drug = medicine.name.clone());
        found.push(Warning { key: "weekly".to_owned(), level: CheckLevel::Block, sentence });
    }
}

/// Adds one warning for each kind of limit: the lowest limit that the patient is below; where nothing is known, the highest.
fn limits(knowledge: &Knowledge, part: &Part, person: &Person, found: &mut Vec<Warning>) {
    for kind in LimitKind::ALL.iter().copied() {
        let rules = || knowledge.limits.iter().filter(|limit| limit.substance == part.substance && limit.kind == kind);
        let (value, least): (Option<i64>, fn(i64) -> i64) = match kind {
            LimitKind::Age => (person.age_days, years),
            LimitKind::Clearance => (person.clearance, |below| below),
        };
        let limit = match value {
            Some(value) => rules().filter(|limit| value < least(limit.below)).min_by_key(|limit| limit.below),
            None => rules().max_by_key(|limit| limit.below),
        };
        let Some(limit) = limit else { continue };
        let (name, below) = (knowledge.name_of(part.substance), limit.below);
        let (level, sentence) = match (kind, value) {
            (LimitKind::Age, Some(_)) => (limit.level, tr!(formulary.too_young, substance = name, below = below)),
            (LimitKind::Age, None) => (CheckLevel::Info, tr!(formulary.age_not_known, substance = name, below = below)),
            (LimitKind::Clearance, Some(clearance)) => {
                let low = tr!(formulary.kidney_low, substance = name, clearance = clearance, below = below);
                (limit.level, format!("{low} {}", person.kidney).trim_end().to_owned())
            }
            (LimitKind::Clearance, None) => (CheckLevel::Info, tr!(formulary.kidney_not_known, substance = name, below = below)),
        };
        found.push(Warning { key: format!("limit:{}", limit.id), level, sentence: said(sentence, &limit.state) });
    }
}

/// The days of a number of years, with leap days.
const fn years(count: i64) -> i64 {
    count * 1461 / 4
}

fn pregnancy(knowledge: &Knowledge, part: &Part, person: &Person, found: &mut Vec<Warning>) {
    let Some(known) = knowledge.substance(part.substance).filter(|_| person.may_be_pregnant) else { return };
    let name = known.shown_name.clone();
    let (level, sentence) = match known.pregnancy {
        Advice::Contraindicated => (CheckLevel::Strong, tr!(formulary.pregnancy_contraindicated, substance = name)),
        Advice::Avoid => (CheckLevel::Warn, tr!(formulary.pregnancy_avoid, substance = name)),
        Advice::Safe | Advice::Unknown => return,
    };
    let sentence = if known.confirmed { sentence } else { format!("{sentence} {}", tr!(formulary.rule_unconfirmed)) };
    found.push(Warning { key: format!("pregnancy:{}", part.substance), level, sentence });
}

/// Returns the amount of a substance in one dose, in the unit of its strength or of the dose; `None` where it cannot be known.
fn amount_of(medicine: &Medicine, part: &Part) -> Option<(Decimal, super::Unit)> {
    let dose = medicine.dose.as_ref()?;
    let number = dose.number()?.number();
    match part.strength {
        Some(strength) if dose.unit.is_counted() || super::convert(Decimal::ONE, dose.unit, strength.unit).is_none() => {
            Some((strength.amount_in(number, dose.unit)?, strength.unit))
        }
        // The mass of a combination says nothing about one of its substances.
        _ if medicine.parts.len() == 1 && !dose.unit.is_counted() => Some((number, dose.unit)),
        _ => None,
    }
}
