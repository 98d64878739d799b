//! Substitution: another item of the same substances and form instead of the prescribed one, of the same strength or of another one.

use rust_decimal::Decimal;

use super::{Dosage, Drug, formulary};
use crate::tr;

crate::text_enum! {
    /// The reason for handing out another item than the prescribed one.
    pub enum SubstituteReason("substitute_reason") {
        OutOfStock = "out_of_stock" => tr!(pharmacy.refusal_out_of_stock),
        NotKept = "not_kept" => tr!(pharmacy.refusal_not_kept),
        /// Another strength fits the dose better.
        Strength = "strength" => tr!(pharmacy.substitute_strength),
        /// The patient asked for it.
        Patient = "patient" => tr!(pharmacy.substitute_patient),
        /// Needs a note.
        Other = "other" => tr!(pharmacy.other),
    }
}

/// The units of the other drug that contain what one unit of the prescribed one contains: 2 for 250 mg tablets instead of 500 mg. `None` unless both
/// have the same substances, the same form and a route in common, and all strengths have the same ratio.
pub fn ratio(prescribed: &Drug, other: &Drug) -> Option<Decimal> {
    let same_form = prescribed.form.is_some() && prescribed.form == other.form;
    let same_way = prescribed.routes.iter().any(|route| other.routes.contains(route));
    if !same_form || !same_way || prescribed.ingredients.is_empty() || prescribed.ingredients.len() != other.ingredients.len() {
        return None;
    }
    let mut ratios = prescribed.ingredients.iter().map(|one| {
        let two = other.ingredients.iter().find(|two| two.substance == one.substance)?;
        if one.strength.per_unit != two.strength.per_unit {
            return None;
        }
        let held = one.strength.amount_in(Decimal::ONE, one.strength.per_unit)?;
        two.strength.quantity_of(held, one.strength.unit)
    });
    let first = ratios.next()??.normalize();
    ratios.all(|ratio| ratio.map(|ratio| ratio.normalize()) == Some(first)).then_some(first)
}

/// The dosage in units of the other drug: one tablet of 500 mg is two of 250 mg. A dose by mass or volume stays. `None` where the other drug cannot be
/// divided so.
pub fn dosage_in(dosage: &Dosage, ratio: Decimal, other: &Drug) -> Option<Dosage> {
    let structured = dosage.clone().structured();
    let Some(dose) = structured.amount.clone() else { return (ratio == Decimal::ONE).then_some(structured) };
    if !dose.unit.is_counted() {
        return Some(structured);
    }
    let amount = dose.number()?.number().checked_mul(ratio)?;
    let parts = amount.checked_mul(Decimal::from(other.divisible.max(1)))?;
    if !parts.fract().is_zero() {
        return None;
    }
    let amount = formulary::Amount::of(amount)?;
    let words = format!("{} {}", amount.text(), dose.unit.words());
    Some(Dosage { dose: words, amount: Some(formulary::Dose { amount: amount.text(), unit: dose.unit }), ..structured })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::{DrugId, SubstanceId},
        formulary::{Amount, DrugForm, DrugStatus, Ingredient, Route, Strength, Unit},
    };

    fn tablet(parts: &[(SubstanceId, &str, Unit)], divisible: i64) -> Drug {
        let ingredient = |(substance, amount, unit): &(SubstanceId, &str, Unit)| Ingredient {
            substance: *substance,
            name: String::new(),
            strength: Strength {
                amount: Amount::stored(amount).expect("an amount"),
                unit: *unit,
                per: Amount::ONE,
                per_unit: Unit::Tablet,
            },
        };
        Drug {
            id: DrugId::new(),
            version: 1,
            code: String::new(),
            name: String::new(),
            name_es: String::new(),
            status: DrugStatus::Formulary,
            retired: false,
            same_as: None,
            form: DrugForm::ALL.first().copied(),
            unit: Some(Unit::Tablet),
            divisible,
            high_alert: false,
            fridge: false,
            weekly: false,
            counsel: false,
            cautions: Vec::new(),
            diluent: String::new(),
            in_use_days: None,
            schedule: String::new(),
            source: String::new(),
            confirmed_at: None,
            confirmed_by: None,
            ingredients: parts.iter().map(ingredient).collect(),
            routes: vec![Route::Oral],
        }
    }

    fn doses(dose: &str) -> Dosage {
        Dosage { dose: dose.to_owned(), route: "oral".to_owned(), frequency: "once a day".to_owned(), ..Dosage::default() }
    }

    #[test]
    fn another_strength_is_converted_exactly() {
        let (a, b) = (SubstanceId::new(), SubstanceId::new());
        let five = tablet(&[(a, "500", Unit::Milligram)], 2);
        let quarter = tablet(&[(a, "0.25", Unit::Gram)], 1);
        assert_eq!(ratio(&five, &quarter), Some(Decimal::TWO), "500 mg are two of 0.25 g");
        assert_eq!(ratio(&quarter, &five), Some(Decimal::new(5, 1)));
        assert_eq!(ratio(&five, &tablet(&[(a, "500", Unit::Milligram)], 1)), Some(Decimal::ONE));
        assert_eq!(ratio(&five, &tablet(&[(b, "500", Unit::Milligram)], 1)), None, "another substance");
        let both = |one, two| tablet(&[(a, one, Unit::Milligram), (b, two, Unit::Milligram)], 1);
        assert_eq!(ratio(&both("500", "125"), &both("250", "62.5")), Some(Decimal::TWO));
        assert_eq!(ratio(&both("500", "125"), &both("875", "125")), None, "the second substance has another ratio");
        assert_eq!(ratio(&five, &both("500", "125")), None, "a combination");
        assert_eq!(ratio(&five, &Drug { routes: vec![Route::Rectal], ..five.clone() }), None);
    }

    #[test]
    fn the_directions_name_units_of_what_is_handed_out() {
        let a = SubstanceId::new();
        let (five, quarter) = (tablet(&[(a, "500", Unit::Milligram)], 2), tablet(&[(a, "250", Unit::Milligram)], 1));
        let words = |dose: &str, ratio: Decimal, drug: &Drug| dosage_in(&doses(dose), ratio, drug).map(|dosage| dosage.dose);
        assert_eq!(words("1 tablet", Decimal::TWO, &quarter).as_deref(), Some("2 tablet"));
        assert_eq!(words("1 tablet", Decimal::new(5, 1), &five).as_deref(), Some("0.5 tablet"));
        assert_eq!(words("1 tablet", Decimal::new(5, 1), &quarter), None, "it cannot be halved");
        assert_eq!(words("500 mg", Decimal::TWO, &quarter).as_deref(), Some("500 mg"), "a dose by mass stays");
        assert_eq!(words("as the leaflet says", Decimal::TWO, &quarter), None);
    }
}
