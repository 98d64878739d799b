//! The bed that a typed label means.

use crate::{
    core::{BedId, Error, Result, WardId},
    server::Ctx,
    tr,
    wards::{admission::ActTurn, plan},
};

/// The bed that a label means for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labelled {
    /// A bed of the patient's ward.
    Here(BedId),
    /// A bed of another ward, to which a transfer leads.
    On(WardId),
}

/// Returns the bed with this label, as a person types it: `1B`, or with the code of its ward `SUR 1B`. A bed of the patient's own ward comes
/// before those of other wards.
///
/// # Errors
/// [`Error::Invalid`] when there is no such bed, or more than one.
pub async fn bed_labelled(ctx: &mut Ctx, turn: &ActTurn, label: &str) -> Result<Labelled> {
    let (wanted, own) = (folded(label), turn.admission.ward());
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for ward in plan::wards(&mut ctx.tx, turn.admission.clinic_id).await? {
        let code = folded(&ward.code);
        let beds = plan::beds(&mut ctx.tx, ward.id).await?;
        let meant = beds.into_iter().filter(|bed| is_meant(&wanted, &code, &folded(&bed.name))).map(|bed| bed.id);
        if ward.id == own {
            here.extend(meant);
        } else if meant.count() > 0 {
            elsewhere.push(ward.id);
        }
    }
    match (here.as_slice(), elsewhere.as_slice()) {
        ([bed], _) => Ok(Labelled::Here(*bed)),
        ([], [ward]) => Ok(Labelled::On(*ward)),
        ([], []) => Err(Error::invalid("label", tr!(wards.no_such_bed))),
        ([], _) => Err(Error::invalid("label", tr!(wards.label_elsewhere))),
        _ => Err(Error::invalid("label", tr!(wards.label_twice))),
    }
}

/// Whether the typed label means a bed: its own label, with or without the code of its ward.
fn is_meant(wanted: &str, code: &str, name: &str) -> bool {
    wanted == name || wanted.strip_prefix(code) == Some(name)
}

/// Only letters and digits count, in capitals.
fn folded(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_signs_and_small_letters_do_not_count() {
        for (typed, meant) in
            [("1b", true), (" 1 B ", true), ("sur-1b", true), ("SUR 1B", true), ("med 1b", false), ("1", false), ("", false)]
        {
            assert_eq!(is_meant(&folded(typed), &folded("SUR"), &folded("1-B")), meant, "{typed}");
        }
    }
}
