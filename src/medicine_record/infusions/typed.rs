//! The fields of an infusion on the form of an order.

use super::{DoseRate, InfusionOrder, RateUnit, rate::read_milli};
use crate::{
    core::error::FieldErrors,
    formulary::{Dose, Unit},
    tr,
};

/// The largest volume, and the fastest rate, in thousandths.
const MOST: i64 = 10_000_000;

/// Reads a decimal within limits, as thousandths.
pub fn decimal(errors: &mut FieldErrors, field: &'static str, typed: &str, (least, most): (i64, i64)) -> Option<i64> {
    let number = read_milli(typed).filter(|number| (least..=most).contains(number));
    if number.is_none() {
        errors.add(field, tr!(medicine_record.decimal_between, least = super::show_milli(least), most = super::show_milli(most)));
    }
    number
}

/// Returns the content of the volume in micrograms, or in thousandths of a unit.
fn content(amount: Option<&Dose>, unit: RateUnit) -> Option<i64> {
    let dose = amount?;
    let factor = match (dose.unit, unit.is_of_units()) {
        (Unit::InternationalUnit, true) => 1_000,
        (Unit::Gram, false) => 1_000_000,
        (Unit::Milligram, false) => 1_000,
        (Unit::Microgram, false) => 1,
        _ => return None,
    };
    let milli = read_milli(&dose.amount)?.checked_mul(factor)?;
    (milli % 1_000 == 0).then_some(milli / 1_000).filter(|content| (1..=1_000_000_000_000).contains(content))
}

/// Reads the infusion of an order; `None` without a volume and without a rate, for the weight is offered in each form. The dose of the order is the medicine in the volume.
pub fn read(get: &(dyn Fn(&str) -> String + Sync), amount: Option<&Dose>, errors: &mut FieldErrors) -> Option<InfusionOrder> {
    let typed = |name: &str| get(name).trim().to_owned();
    let fields = ["volume", "rate", "rate_most", "dose_rate", "dose_rate_unit", "weight"].map(typed);
    let [volume, rate, most, dose_rate, unit, weight] = fields;
    if [&volume, &rate, &most, &dose_rate].iter().all(|text| text.is_empty()) {
        return None;
    }
    let volume_ul = decimal(errors, "volume", &volume, (1_000, MOST));
    let dose = if dose_rate.is_empty() { None } else { dose_of(errors, (&dose_rate, &unit, &weight), amount) };
    let computed = dose.zip(volume_ul).and_then(|(dose, volume)| dose.rate_ul_h(volume)).filter(|rate| (10..=MOST).contains(rate));
    let rate_ul_h = match (dose_rate.is_empty(), rate.is_empty()) {
        (false, true) => {
            if dose.is_some() && volume_ul.is_some() && computed.is_none() {
                errors.add("dose_rate", tr!(medicine_record.dose_rate_wrong));
            }
            computed
        }
        (false, false) => {
            let typed = decimal(errors, "rate", &rate, (10, MOST));
            if let (Some(typed), Some(computed)) = (typed, computed)
                && typed != computed
            {
                errors.add("rate", tr!(medicine_record.rate_differs, rate = super::show_milli(computed)));
            }
            typed
        }
        (true, _) => decimal(errors, "rate", &rate, (10, MOST)),
    };
    let most_ul_h = if most.is_empty() { None } else { decimal(errors, "rate_most", &most, (10, MOST)) };
    if let (Some(most), Some(rate)) = (most_ul_h, rate_ul_h)
        && most < rate
    {
        errors.add("rate_most", tr!(medicine_record.most_below_rate));
    }
    Some(InfusionOrder { volume_ul: volume_ul?, rate_ul_h: rate_ul_h?, most_ul_h, dose })
}

fn dose_of(errors: &mut FieldErrors, (dose_rate, unit, weight): (&str, &str, &str), amount: Option<&Dose>) -> Option<DoseRate> {
    let milli = decimal(errors, "dose_rate", dose_rate, (1, 100_000_000));
    let unit = errors.chosen::<RateUnit>("dose_rate_unit", unit)?;
    let weight_g = if unit.is_by_weight() { Some(decimal(errors, "weight", weight, (300, 500_000))?) } else { None };
    let content = content(amount, unit);
    if content.is_none() {
        errors.add("dose", tr!(medicine_record.content_needed));
    }
    Some(DoseRate { unit, milli: milli?, weight_g, content: content? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(fields: &[(&str, &str)], dose: &str) -> Result<Option<InfusionOrder>, Vec<String>> {
        let fields: Vec<(String, String)> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let get = move |name: &str| fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let mut errors = FieldErrors::new();
        let amount = Dose::read(dose).expect("a dose");
        let order = read(&get, amount.as_ref(), &mut errors);
        match errors.finish() {
            Ok(()) => Ok(order),
            Err(crate::core::Error::Invalid(errors)) => Err(errors.into_iter().map(|error| error.field).collect()),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_infusion_has_a_rate_or_a_dose_rate_that_makes_one() {
        assert_eq!(typed(&[], "1 g"), Ok(None));
        assert_eq!(typed(&[("weight", "70")], "1 g"), Ok(None));
        let plain = typed(&[("volume", "1000"), ("rate", "125")], "1 bag").expect("an infusion").expect("one");
        assert_eq!((plain.volume_ul, plain.rate_ul_h, plain.most_ul_h, plain.dose), (1_000_000, 125_000, None, None));
        let dopamine =
            [("volume", "250"), ("dose_rate", "5"), ("dose_rate_unit", "microgram/kg/min"), ("weight", "70"), ("rate_most", "26.2")];
        let dopamine = typed(&dopamine, "400 mg").expect("an infusion").expect("one");
        assert_eq!((dopamine.rate_ul_h, dopamine.highest()), (13_100, 26_200));
        for (fields, dose, wrong) in [
            (&[("volume", "1000")][..], "1 g", vec!["rate"]),
            (&[("rate", "125")], "1 g", vec!["volume"]),
            (&[("volume", "1,000"), ("rate", "125")], "1 g", vec!["volume"]),
            (&[("volume", "250"), ("rate", "20"), ("rate_most", "10")], "1 g", vec!["rate_most"]),
            (&[("volume", "250"), ("dose_rate", "5"), ("dose_rate_unit", "microgram/kg/min")], "400 mg", vec!["weight"]),
            (&[("volume", "250"), ("dose_rate", "5"), ("dose_rate_unit", "mg/h")], "1 bag", vec!["dose"]),
            (&[("volume", "250"), ("dose_rate", "5"), ("dose_rate_unit", "units/h")], "400 mg", vec!["dose"]),
            (&[("volume", "250"), ("dose_rate", "5"), ("dose_rate_unit", "mg/h"), ("rate", "9")], "400 mg", vec!["rate"]),
        ] {
            assert_eq!(typed(fields, dose), Err(wrong.into_iter().map(str::to_owned).collect()), "{fields:?} {dose}");
        }
    }
}
