//! Tests of the checks on facts made by hand.

use super::*;
use crate::{
    core::{RuleId, SubstanceGroupId},
    formulary::{
        Amount, Unit,
        rule::{DoseFigures, DoseRule, Limit},
    },
};

fn state(confirmed: bool) -> RuleState {
    let at = confirmed.then_some(chrono::DateTime::UNIX_EPOCH);
    RuleState { version: 1, source: "Label".to_owned(), confirmed_at: at, confirmed_by: None, retired: false }
}

fn amount(text: &str) -> Option<Amount> {
    Amount::stored(text)
}

fn figures(per_kg: bool, from_days: i64, to_days: Option<i64>) -> DoseFigures {
    DoseFigures {
        route: None,
        from_days,
        to_days,
        unit: Unit::Milligram,
        per_kg,
        dose_low: None,
        dose_high: None,
        day_low: None,
        day_high: None,
        dose_max: None,
        day_max: None,
    }
}

fn dose(amount: &str, unit: Unit) -> Dose {
    Dose { amount: amount.to_owned(), unit }
}

fn tablet(milligrams: &str) -> Option<Strength> {
    let per = Amount::ONE;
    Some(Strength { amount: amount(milligrams)?, unit: Unit::Milligram, per, per_unit: Unit::Tablet })
}

/// Paracetamol: 10 to 15 mg/kg a dose, at most 75 mg/kg a day below 18 years; at most 1 g a dose and 4 g a day for adults.
fn paracetamol() -> (Knowledge, SubstanceId) {
    let (mut knowledge, id) = (Knowledge::default(), SubstanceId::new());
    knowledge.add(id, "paracetamol", Advice::Unknown, &[]);
    let child = DoseFigures {
        dose_low: amount("10"),
        dose_high: amount("15"),
        day_high: amount("75"),
        dose_max: amount("1000"),
        day_max: amount("4000"),
        ..figures(true, 90, Some(years(18)))
    };
    let adult = DoseFigures { dose_max: amount("1000"), day_max: amount("4000"), ..figures(false, years(18), None) };
    for figures in [child, adult] {
        knowledge.doses.push(DoseRule { id: RuleId::new(), substance: id, figures, state: state(true) });
    }
    (knowledge, id)
}

fn taken(substance: SubstanceId, strength: Option<Strength>, dose: Option<Dose>, times: i64) -> Medicine {
    Medicine { name: "Paracetamol".to_owned(), parts: vec![Part { substance, strength }], ..Medicine::default() }.taken(
        dose,
        None,
        (Some((times, 1)), Some(times)),
        false,
    )
}

fn levels(found: &[Warning]) -> Vec<CheckLevel> {
    found.iter().map(|warning| warning.level).collect()
}

#[test]
fn a_dose_is_judged_by_age_weight_and_the_total_of_the_day() {
    use CheckLevel::{Block, Info, Strong, Warn};
    let (knowledge, id) = paracetamol();
    let adult = Person { age_days: Some(years(40)), ..Person::default() };
    let infant = Person { age_days: Some(243), weight: Some((8_100, 1)), ..Person::default() };
    let child = Person { age_days: Some(years(7)), weight: Some((22_000, 60)), ..Person::default() };
    let mg = |amount: &str| Some(dose(amount, Unit::Milligram));
    for (person, given, times, expected) in [
        (adult.clone(), mg("1000"), 4, vec![]),
        (adult.clone(), mg("1000"), 5, vec![Strong]),
        (adult.clone(), mg("1500"), 1, vec![Strong]),
        (adult.clone(), mg("10000"), 4, vec![Block, Block]),
        (adult.clone(), Some(dose("2", Unit::Tablet)), 4, vec![]),
        (adult.clone(), Some(dose("3", Unit::Tablet)), 1, vec![Strong]),
        // 8.1 kg: 81 to 121.5 mg a dose, 607.5 mg a day.
        (infant.clone(), mg("120"), 4, vec![]),
        (infant.clone(), mg("125"), 4, vec![Warn]),
        (infant.clone(), mg("1000"), 4, vec![Strong, Strong]),
        (infant.clone(), mg("1215"), 4, vec![Block, Strong]),
        (infant.clone(), mg("50"), 4, vec![Info]),
        (infant.clone(), Some(dose("0.12", Unit::Gram)), 4, vec![]),
        (infant.clone(), mg("120"), 6, vec![Warn]),
        (child.clone(), mg("250"), 4, vec![]),
        // The weight is too old, or missing: a dose per kilogram cannot be judged.
        (Person { weight: Some((8_100, 8)), ..infant.clone() }, mg("120"), 4, vec![Block]),
        (Person { weight: None, ..child.clone() }, mg("250"), 4, vec![Block]),
        (Person { weight: None, emergency: true, ..child.clone() }, mg("250"), 4, vec![Strong]),
        // The ranges begin at 90 days.
        (Person { age_days: Some(60), ..infant.clone() }, mg("60"), 4, vec![Info]),
        (Person { weight: None, ..child.clone() }, mg("1001"), 1, vec![Block, Strong]),
        // Words and units that say no amount.
        (adult.clone(), None, 4, vec![Info]),
        (adult.clone(), Some(dose("10", Unit::InternationalUnit)), 4, vec![Info]),
    ] {
        let medicine = taken(id, tablet("500"), given.clone(), times);
        let found = check(&knowledge, &medicine, &person, &[]);
        assert_eq!(levels(&found), expected, "{given:?} {times} times: {found:?}");
    }
    // The day counts all medicines with the substance.
    let other = Other { id: PrescriptionId::new(), medicine: taken(id, tablet("500"), Some(dose("1", Unit::Tablet)), 4), ended: None };
    let found = check(&knowledge, &taken(id, tablet("500"), mg("1000"), 4), &adult, &[other]);
    assert_eq!(levels(&found), [Strong], "{found:?}");
}

#[test]
fn interactions_are_found_by_substance_and_by_group_in_both_orders() {
    let (mut knowledge, group) = (Knowledge::default(), SubstanceGroupId::new());
    let [warfarin, ibuprofen, naproxen] = std::array::from_fn(|_| SubstanceId::new());
    knowledge.add(warfarin, "warfarin", Advice::Contraindicated, &[]);
    knowledge.add(ibuprofen, "ibuprofen", Advice::Avoid, &[group]);
    knowledge.add(naproxen, "naproxen", Advice::Unknown, &[group]);
    knowledge.interactions.push(Interaction {
        id: RuleId::new(),
        one: Side::Substance(warfarin),
        one_name: "warfarin".to_owned(),
        other: Side::Group(group),
        other_name: "NSAIDs".to_owned(),
        level: InteractionLevel::Severe,
        text_en: "Higher risk of bleeding.".to_owned(),
        text_es: "Mayor riesgo de hemorragia.".to_owned(),
        state: state(false),
    });
    knowledge.therapeutic.push((group, "NSAIDs".to_owned(), "nsaid_therapy".to_owned()));
    let plain = |name: &str, substance: SubstanceId| Medicine {
        name: name.to_owned(),
        parts: vec![Part { substance, strength: None }],
        ..Medicine::default()
    };
    let other = |medicine: Medicine| [Other { id: PrescriptionId::new(), medicine, ended: None }];
    let found = check(&knowledge, &plain("Warfarin", warfarin), &Person::default(), &other(plain("Ibuprofen", ibuprofen)));
    assert_eq!(levels(&found), [CheckLevel::Warn]);
    assert!(found[0].sentence.contains("bleeding") && found[0].sentence.contains("not confirmed"), "{found:?}");
    let found = check(&knowledge, &plain("Ibuprofen", ibuprofen), &Person::default(), &other(plain("Warfarin", warfarin)));
    assert_eq!(levels(&found), [CheckLevel::Warn]);
    let found = check(&knowledge, &plain("Ibuprofen", ibuprofen), &Person::default(), &other(plain("Naproxen", naproxen)));
    assert_eq!(found.len(), 1, "a duplicate treatment: {found:?}");
    assert!(found[0].key.starts_with("group:"));
    let woman = Person { may_be_pregnant: true, ..Person::default() };
    assert_eq!(levels(&check(&knowledge, &plain("Warfarin", warfarin), &woman, &[])), [CheckLevel::Strong]);
    assert_eq!(levels(&check(&knowledge, &plain("Ibuprofen", ibuprofen), &woman, &[])), [CheckLevel::Warn]);
}

#[test]
fn limits_of_age_and_kidney_and_the_weekly_medicine() {
    let (mut knowledge, id) = (Knowledge::default(), SubstanceId::new());
    knowledge.add(id, "codeine", Advice::Unknown, &[]);
    for (kind, below) in [(LimitKind::Age, 12), (LimitKind::Clearance, 30)] {
        knowledge.limits.push(Limit { id: RuleId::new(), substance: id, kind, below, level: CheckLevel::Strong, state: state(true) });
    }
    let medicine = |weekly: bool, often: (i64, i64)| {
        let plain = Medicine { name: "M".to_owned(), parts: vec![Part { substance: id, strength: None }], weekly, ..Medicine::default() };
        plain.taken(None, None, (Some(often), Some(1)), false)
    };
    let person = |age: Option<i64>, clearance: Option<i64>| Person { age_days: age.map(years), clearance, ..Person::default() };
    let check = |medicine: &Medicine, person: Person| levels(&check(&knowledge, medicine, &person, &[]));
    use CheckLevel::{Block, Info, Strong};
    assert_eq!(check(&medicine(false, (1, 1)), person(Some(11), Some(90))), [Strong]);
    assert_eq!(check(&medicine(false, (1, 1)), person(Some(12), Some(90))), []);
    assert_eq!(check(&medicine(false, (1, 1)), person(Some(40), Some(29))), [Strong]);
    assert_eq!(check(&medicine(false, (1, 1)), person(None, None)), [Info, Info], "not known");
    assert_eq!(check(&medicine(true, (1, 1)), person(Some(40), Some(90))), [Block], "weekly, never daily");
    assert_eq!(check(&medicine(true, (1, 7)), person(Some(40), Some(90))), []);
}
