//! Calculated values. Each formula names its source; the result is rounded half to even, once.
//!
//! - `LdlSampson`: Sampson et al., JAMA Cardiol 2020;5:540. `LdlFriedewald`: Friedewald et al., Clin Chem 1972;18:499.
//! - `Egfr2021`: CKD-EPI, Inker et al., N Engl J Med 2021;385:1737, from 18 years. `Schwartz`: Schwartz et al., J Am Soc Nephrol 2009;20:629.
//! - `CalciumCorrected`: Payne et al., Br Med J 1973;4:643. `Fib4`: Sterling et al., Hepatology 2006;43:1317.
//! - `Eag`: Nathan et al., Diabetes Care 2008;31:1473. `A1cIfcc`: master equation of NGSP and IFCC.
//! - `Hco3`: the equation of Henderson and Hasselbalch, with pK 6.105 and 0.0307 mmol/L/mm\[Hg\].

use super::value::{self, ONE};
use crate::{patients::Sex, tr};

crate::text_enum! {
    /// A formula of a calculated value.
    pub enum Formula("formula") {
        LdlSampson = "ldl_sampson" => tr!(lab.formula_ldl_sampson),
        LdlFriedewald = "ldl_friedewald" => tr!(lab.formula_ldl_friedewald),
        Egfr2021 = "egfr_2021" => tr!(lab.formula_egfr),
        Schwartz = "schwartz" => tr!(lab.formula_schwartz),
        AnionGap = "anion_gap" => tr!(lab.formula_anion_gap),
        AnionGapAlbumin = "anion_gap_albumin" => tr!(lab.formula_anion_gap_albumin),
        CalciumCorrected = "calcium_corrected" => tr!(lab.formula_calcium),
        Osmolality = "osmolality" => tr!(lab.formula_osmolality),
        NonHdl = "non_hdl" => tr!(lab.formula_non_hdl),
        TransferrinSaturation = "tsat" => tr!(lab.formula_tsat),
        Eag = "eag" => tr!(lab.formula_eag),
        A1cIfcc = "a1c_ifcc" => tr!(lab.formula_a1c_ifcc),
        Mcv = "mcv" => tr!(lab.formula_mcv),
        Mch = "mch" => tr!(lab.formula_mch),
        Mchc = "mchc" => tr!(lab.formula_mchc),
        Inr = "inr" => tr!(lab.formula_inr),
        Hco3 = "hco3" => tr!(lab.formula_hco3),
        Fib4 = "fib4" => tr!(lab.formula_fib4),
    }
}

/// The patient, as far as a formula needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    pub sex: Sex,
    /// Whole years at the collection; `None` when the birth date is not known to the day.
    pub years: Option<i64>,
}

/// The age from which the formula for adults holds.
const ADULT_YEARS: i64 = 18;
/// The highest triglycerides in mg/dL for each formula of LDL.
const SAMPSON_MOST: f64 = 800.0;
const FRIEDEWALD_MOST: f64 = 400.0;

impl Formula {
    /// The number of inputs, in the order of [`Formula::compute`].
    pub const fn inputs(self) -> usize {
        match self {
            Self::Egfr2021 | Self::Eag | Self::A1cIfcc => 1,
            Self::Schwartz
            | Self::CalciumCorrected
            | Self::NonHdl
            | Self::TransferrinSaturation
            | Self::Mcv
            | Self::Mch
            | Self::Mchc
            | Self::Hco3 => 2,
            Self::LdlSampson | Self::LdlFriedewald | Self::AnionGap | Self::Osmolality | Self::Inr | Self::Fib4 => 3,
            Self::AnionGapAlbumin => 4,
        }
    }

    /// Computes the value from the inputs in conventional units; `None` where the formula does not hold. The inputs are: cholesterol, HDL,
    /// triglycerides · creatinine · height, creatinine · sodium, chloride, bicarbonate (, albumin) · calcium, albumin · sodium, glucose, urea
    /// nitrogen · cholesterol, HDL · iron, binding capacity · A1c · haematocrit, erythrocytes · haemoglobin, erythrocytes · haemoglobin,
    /// haematocrit · prothrombin time, normal time, sensitivity index · pH, pCO2 · AST, platelets, ALT.
    pub fn compute(self, inputs: &[f64], subject: Subject) -> Option<f64> {
        let value = match (self, inputs) {
            (Self::LdlSampson, &[total, hdl, tg]) if tg <= SAMPSON_MOST => {
                total / 0.948 - hdl / 0.971 - (tg / 8.56 + tg * (total - hdl) / 2140.0 - tg * tg / 16100.0) - 9.44
            }
            (Self::LdlFriedewald, &[total, hdl, tg]) if tg <= FRIEDEWALD_MOST => total - hdl - tg / 5.0,
            (Self::Egfr2021, &[creatinine]) => return egfr(creatinine, subject),
            (Self::Schwartz, &[height, creatinine]) => return schwartz(height, creatinine, subject),
            (Self::AnionGap, &[sodium, chloride, bicarbonate]) => sodium - chloride - bicarbonate,
            (Self::AnionGapAlbumin, &[sodium, chloride, bicarbonate, albumin]) => sodium - chloride - bicarbonate + 2.5 * (4.0 - albumin),
            (Self::CalciumCorrected, &[calcium, albumin]) => calcium + 0.8 * (4.0 - albumin),
            (Self::Osmolality, &[sodium, glucose, urea]) => 2.0 * sodium + glucose / 18.0 + urea / 2.8,
            (Self::NonHdl, &[total, hdl]) => total - hdl,
            (Self::TransferrinSaturation, &[iron, capacity]) => 100.0 * iron / capacity,
            (Self::Eag, &[a1c]) => 28.7 * a1c - 46.7,
            (Self::A1cIfcc, &[a1c]) => 10.929 * (a1c - 2.15),
            (Self::Mcv | Self::Mch, &[numerator, erythrocytes]) => 10.0 * numerator / erythrocytes,
            (Self::Mchc, &[haemoglobin, haematocrit]) => 100.0 * haemoglobin / haematocrit,
            (Self::Inr, &[time, normal, index]) => (time / normal).powf(index),
            (Self::Hco3, &[ph, pco2]) => 0.0307 * pco2 * 10_f64.powf(ph - 6.105),
            (Self::Fib4, &[ast, platelets, alt]) => years(subject)? * ast / (platelets * alt.sqrt()),
            _ => return None,
        };
        Some(value)
    }

    /// Computes the value in millionths from inputs in millionths, rounded to this number of decimals; `None` where the formula does not
    /// hold, or the value is negative or no number.
    pub fn value(self, inputs: &[i64], subject: Subject, decimals: i64) -> Option<i64> {
        #[expect(clippy::cast_precision_loss, reason = "laboratory values have at most fifteen digits")]
        let inputs: Vec<f64> = inputs.iter().map(|input| *input as f64 / ONE as f64).collect();
        let value = self.compute(&inputs, subject)?;
        if !value.is_finite() || value.abs() > 999_999_999.0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "the value is below a billion")]
        let millionths = (value * 1_000_000.0).round() as i64;
        let rounded = value::round(millionths, decimals);
        // An anion gap may be negative; a concentration may not.
        let may_be_negative = matches!(self, Self::AnionGap | Self::AnionGapAlbumin);
        (rounded >= 0 || may_be_negative).then_some(rounded)
    }
}

fn years(subject: Subject) -> Option<f64> {
    subject.years.and_then(|years| u32::try_from(years).ok()).map(f64::from)
}

fn egfr(creatinine: f64, subject: Subject) -> Option<f64> {
    let adult = subject.years.is_some_and(|years| years >= ADULT_YEARS);
    let (kappa, alpha, factor) = match subject.sex {
        Sex::Female => (0.7, -0.241, 1.012),
        Sex::Male => (0.9, -0.302, 1.0),
        Sex::Other | Sex::Unknown => return None,
    };
    if !adult || creatinine <= 0.0 {
        return None;
    }
    let ratio: f64 = creatinine / kappa;
    Some(142.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.2) * 0.9938_f64.powf(years(subject)?) * factor)
}

fn schwartz(height: f64, creatinine: f64, subject: Subject) -> Option<f64> {
    let child = subject.years.is_some_and(|years| (1..ADULT_YEARS).contains(&years));
    (child && creatinine > 0.0).then(|| 0.413 * height / creatinine)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANYBODY: Subject = Subject { sex: Sex::Unknown, years: None };

    fn computed(formula: Formula, inputs: &[&str], subject: Subject, decimals: i64) -> Option<String> {
        let inputs: Vec<i64> = inputs.iter().map(|text| value::number(text).expect("a number")).collect();
        assert_eq!(inputs.len(), formula.inputs(), "{formula}");
        formula.value(&inputs, subject, decimals).map(|millionths| value::plain(millionths, decimals))
    }

    #[test]
    fn the_published_examples_come_out() {
        use Formula as F;
        for (formula, inputs, decimals, value) in [
            (F::LdlSampson, &["200", "50", "150"][..], 0, Some("123")),
            (F::LdlSampson, &["250", "40", "380"], 0, Some("140")),
            (F::LdlSampson, &["180", "45", "700"], 0, Some("39")),
            (F::LdlSampson, &["120", "60", "60"], 0, Some("47")),
            (F::LdlSampson, &["250", "40", "801"], 0, None),
            (F::LdlFriedewald, &["200", "50", "150"], 0, Some("120")),
            (F::LdlFriedewald, &["250", "40", "380"], 0, Some("134")),
            (F::LdlFriedewald, &["180", "45", "700"], 0, None),
            (F::LdlFriedewald, &["120", "60", "60"], 0, Some("48")),
            (F::AnionGap, &["140", "104", "24"], 0, Some("12")),
            (F::AnionGap, &["130", "110", "25"], 0, Some("-5")),
            (F::AnionGapAlbumin, &["140", "104", "24", "2.0"], 0, Some("17")),
            (F::CalciumCorrected, &["8.0", "2.5"], 1, Some("9.2")),
            (F::Osmolality, &["140", "90", "14"], 0, Some("290")),
            (F::NonHdl, &["200", "50"], 0, Some("150")),
            (F::NonHdl, &["50", "200"], 0, None),
            (F::TransferrinSaturation, &["60", "300"], 0, Some("20")),
            (F::TransferrinSaturation, &["60", "0"], 0, None),
            (F::Eag, &["7.0"], 0, Some("154")),
            (F::A1cIfcc, &["7.0"], 0, Some("53")),
            (F::Mcv, &["42", "4.50"], 1, Some("93.3")),
            (F::Mch, &["14", "4.50"], 1, Some("31.1")),
            (F::Mchc, &["14", "42"], 1, Some("33.3")),
            (F::Inr, &["24", "12", "1.1"], 2, Some("2.14")),
            (F::Hco3, &["7.40", "40"], 1, Some("24.2")),
        ] {
            assert_eq!(computed(formula, inputs, ANYBODY, decimals).as_deref(), value, "{formula} {inputs:?}");
        }
    }

    #[test]
    fn the_filtration_rate_follows_sex_and_age() {
        use Sex::{Female, Male, Other, Unknown};
        for (sex, years, creatinine, value) in [
            (Female, Some(55), "0.90", Some("75")),
            (Male, Some(50), "1.00", Some("92")),
            (Female, Some(50), "1.00", Some("69")),
            (Female, Some(30), "0.60", Some("124")),
            (Male, Some(70), "2.50", Some("27")),
            (Female, Some(80), "5.80", Some("7")),
            (Unknown, Some(50), "1.00", None),
            (Other, Some(50), "1.00", None),
            (Male, Some(17), "1.00", None),
            (Male, None, "1.00", None),
            (Male, Some(50), "0", None),
        ] {
            assert_eq!(
                computed(Formula::Egfr2021, &[creatinine], Subject { sex, years }, 0).as_deref(),
                value,
                "{sex} {years:?} {creatinine}"
            );
        }
        let child = |years| Subject { sex: Unknown, years };
        assert_eq!(computed(Formula::Schwartz, &["110", "0.60"], child(Some(5)), 0).as_deref(), Some("76"));
        assert_eq!(computed(Formula::Schwartz, &["110", "0.60"], child(Some(18)), 0), None);
        assert_eq!(computed(Formula::Schwartz, &["110", "0.60"], child(Some(0)), 0), None);
        assert_eq!(computed(Formula::Fib4, &["45", "200", "36"], child(Some(55)), 2).as_deref(), Some("2.06"));
        assert_eq!(computed(Formula::Fib4, &["45", "200", "36"], child(None), 2), None);
    }
}
