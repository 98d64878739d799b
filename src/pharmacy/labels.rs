//! The label of a medicine: the code that names its prescription, and the cautions that the patient reads.

use super::supplies::Supply;
use crate::{
    core::{Error, Result, SupplyId},
    formulary::{self, Caution},
    inventory,
    server::Ctx,
    tr,
};

/// The beginning of the code of a label: no pack has it.
const PREFIX: &str = "RX";

/// Returns the code of the label: letters and digits that a scanner types.
pub fn code(supply: SupplyId) -> String {
    format!("{PREFIX}{:X}", supply.0.as_simple())
}

/// Returns the prescription of a label that was scanned; `None` for any other text.
pub fn scanned(text: &str) -> Option<SupplyId> {
    let text = text.trim();
    let digits = text.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX)).and_then(|_| text.get(PREFIX.len()..))?;
    (digits.len() == 32).then(|| digits.parse().ok().map(SupplyId)).flatten()
}

/// Refuses the label of another prescription. A pack is checked elsewhere.
///
/// # Errors
/// [`Error::Invalid`] of the field `scan`.
pub fn check(text: &str, supply: SupplyId) -> Result<()> {
    match scanned(text) {
        Some(other) if other != supply => Err(Error::invalid("scan", tr!(pharmacy.label_of_another))),
        _ => Ok(()),
    }
}

/// The facts about the medicine that is handed out, for the label and the hand-over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MedicineAdvice {
    pub cautions: Vec<Caution>,
    /// A pharmacist has confirmed the drug: only then its cautions are printed.
    pub confirmed: bool,
    /// It is handed out only after counselling was offered.
    pub counsel: bool,
    pub diluent: String,
    /// The days for which it may be used once it is opened or made ready.
    pub in_use_days: Option<i64>,
}

/// Reads the advice about the item of a supply; before one is chosen, about the prescribed drug.
///
/// # Errors
/// When the database refuses.
pub async fn advice(ctx: &mut Ctx, supply: &Supply) -> Result<MedicineAdvice> {
    let drug = match supply.item_id {
        Some(item) => inventory::item(&mut ctx.tx, item).await?.and_then(|item| item.drug_id),
        None => supply.drug_id,
    };
    let Some(drug) = drug else { return Ok(MedicineAdvice::default()) };
    let drug = formulary::formulary_drug(&mut ctx.tx, drug).await?;
    Ok(drug.map_or_else(MedicineAdvice::default, |drug| MedicineAdvice {
        cautions: drug.cautions,
        confirmed: drug.confirmed_at.is_some(),
        counsel: drug.counsel,
        diluent: drug.diluent,
        in_use_days: drug.in_use_days,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_finds_its_prescription_and_nothing_else_does() {
        let supply = SupplyId::new();
        let code = code(supply);
        assert_eq!(code.len(), 34);
        assert!(code.bytes().all(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase()), "a small code has only these: {code}");
        assert_eq!(scanned(&code), Some(supply));
        assert_eq!(scanned(&format!(" {} ", code.to_lowercase())), Some(supply));
        for other in ["", "RX", "R", "É", "RX12", "01095060001343521728063010A1", "RXG19506000134352172806301012345678"] {
            assert_eq!(scanned(other), None, "{other}");
        }
        assert!(check(&code, supply).is_ok() && check("123", supply).is_ok() && check(&code, SupplyId::new()).is_err());
    }
}
