//! Reads a dose from text: "500 mg", "1 tablet", "half a tablet", "2,5 mL".

use serde::{Deserialize, Serialize};

use super::Unit;
#[cfg(feature = "ssr")]
use super::{Amount, names::unaccented};
#[cfg(feature = "ssr")]
use crate::core::Result;

/// One dose of a prescription, as an exact amount with its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dose {
    /// An exact decimal in its canonical form: `0.5`.
    pub amount: String,
    pub unit: Unit,
}

/// The words for each unit, in lower case without accents. Abbreviations that were misread and harmed patients are not among them: `U` for units,
/// `cc`, and drops, whose size is not defined.
#[cfg(feature = "ssr")]
const WORDS: [(Unit, &str); 20] = [
    (Unit::Milligram, "mg milligram milligrams miligramo miligramos"),
    (Unit::Gram, "g gram grams gramo gramos"),
    (Unit::Microgram, "microgram micrograms mcg ug µg μg microgramo microgramos"),
    (Unit::InternationalUnit, "iu ui unit units unidad unidades"),
    (Unit::Millimole, "mmol millimole millimoles milimol milimoles"),
    (Unit::Millilitre, "ml millilitre millilitres milliliter milliliters mililitro mililitros"),
    (Unit::Litre, "l litre litres liter liters litro litros"),
    (Unit::Tablet, "tablet tablets tab tabs comprimido comprimidos tableta tabletas pastilla pastillas"),
    (Unit::Capsule, "capsule capsules cap caps capsula capsulas"),
    (Unit::Ampoule, "ampoule ampoules ampule ampules amp ampolla ampollas"),
    (Unit::Vial, "vial vials viales"),
    (Unit::Bag, "bag bags bolsa bolsas"),
    (Unit::Syringe, "syringe syringes pen pens jeringa jeringas pluma plumas"),
    (Unit::Sachet, "sachet sachets sobre sobres"),
    (Unit::Dose, "puff puffs dose doses inhalation inhalations pulsacion pulsaciones inhalacion inhalaciones dosis"),
    (Unit::Patch, "patch patches parche parches"),
    (Unit::Suppository, "suppository suppositories supositorio supositorios"),
    (Unit::Pessary, "pessary pessaries ovulo ovulos"),
    (Unit::Bottle, "bottle bottles frasco frascos"),
    (Unit::Tube, "tube tubes tubo tubos"),
];

#[cfg(feature = "ssr")]
fn unit(word: &str) -> Option<Unit> {
    WORDS.iter().find(|(_, words)| words.split(' ').any(|known| known == word)).map(|(unit, _)| *unit)
}

#[cfg(feature = "ssr")]
fn number_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "half" | "medio" | "media" | "½" | "1/2" => "0.5",
        "¼" | "1/4" => "0.25",
        "one" | "a" | "an" | "un" | "una" | "uno" => "1",
        "two" | "dos" => "2",
        "three" | "tres" => "3",
        "four" | "cuatro" => "4",
        _ => return None,
    })
}

impl Dose {
    /// Reads a dose that is a number with a unit and no other word; `None` for any other text, which no program can check.
    ///
    /// # Errors
    /// [`crate::core::Error::Invalid`] of `dose` when the number is ambiguous, such as `1,000 mg`.
    #[cfg(feature = "ssr")]
    pub fn read(text: &str) -> Result<Option<Self>> {
        let folded: String = text.trim().to_lowercase().chars().map(unaccented).collect();
        let digits = folded.find(|letter: char| !(letter.is_ascii_digit() || ".,/½¼".contains(letter))).unwrap_or(folded.len());
        let (number, rest) = match digits {
            0 => folded.split_once(' ').unwrap_or((&folded, "")),
            digits => folded.split_at(digits),
        };
        let rest = rest.trim();
        // "half a tablet".
        let rest = ["a ", "an ", "of a "].iter().find_map(|article| rest.strip_prefix(article)).unwrap_or(rest);
        let Some(unit) = unit(rest) else { return Ok(None) };
        let amount = match number_word(number) {
            Some(number) => Amount::stored(number),
            None if digits == 0 || number.contains('/') => None,
            None => Some(Amount::parse("dose", number)?),
        };
        Ok(amount.map(|amount| Self { amount: amount.text(), unit }))
    }

    /// The amount.
    #[cfg(feature = "ssr")]
    pub fn number(&self) -> Option<Amount> {
        Amount::stored(&self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_a_unit_is_a_dose_and_no_other_text() {
        for (text, amount, unit) in [
            ("500 mg", "500", Unit::Milligram),
            ("500mg", "500", Unit::Milligram),
            ("0,5 g", "0.5", Unit::Gram),
            ("1 tablet", "1", Unit::Tablet),
            ("Half a tablet", "0.5", Unit::Tablet),
            ("½ comprimido", "0.5", Unit::Tablet),
            ("1/2 tablet", "0.5", Unit::Tablet),
            ("dos cápsulas", "2", Unit::Capsule),
            ("125 mcg", "125", Unit::Microgram),
            ("10 units", "10", Unit::InternationalUnit),
            ("2.50 mL", "2.5", Unit::Millilitre),
            ("2 puffs", "2", Unit::Dose),
        ] {
            let read = Dose::read(text).expect("no error");
            assert_eq!(read, Some(Dose { amount: amount.to_owned(), unit }), "{text}");
        }
        for text in
            ["", "1-2 tablets", "10 U", "5 drops", "apply thinly", "1 tablet twice daily", "mg", "2", "one", "3/4 tablet", "5 mg/kg"]
        {
            assert_eq!(Dose::read(text).expect("no error"), None, "{text}");
        }
        for text in ["1,000 mg", "1.500 mg", "0 mg", "1,2,3 mg"] {
            assert!(Dose::read(text).is_err(), "{text}");
        }
    }
}
