//! The route of a prescription against the medicine's form and the routes that the formulary lists for it.

use super::{Medicine, Warning};
use crate::{
    formulary::{CheckLevel, DrugForm, Route},
    tr,
};

/// Whether the form is an injection, or is made into one.
const fn is_injected(form: DrugForm) -> bool {
    use DrugForm as F;
    matches!(form, F::Injection | F::PowderForInjection | F::Infusion | F::PrefilledSyringe)
}

/// Whether the form is swallowed.
const fn is_swallowed(form: DrugForm) -> bool {
    use DrugForm as F;
    matches!(
        form,
        F::Tablet | F::DispersibleTablet | F::ChewableTablet | F::OrodispersibleTablet | F::Capsule | F::OralSolution | F::OralSuspension
    ) || matches!(form, F::OralDrops | F::OralPowder)
}

/// The level of a route; `None` for one that fits. A route that the formulary does not list blocks. A reason is enough where the substance is
/// taken up safely and practice knows the way: a plain tablet under the tongue or through a tube, an ampoule by nose or by mouth. What goes into
/// a vein goes into the marrow of a bone.
fn level(form: DrugForm, listed: &[Route], route: Route) -> Option<CheckLevel> {
    use Route as R;
    let fits = listed.contains(&route) || (route == R::Intraosseous && listed.contains(&R::Intravenous));
    let by_mucosa = matches!(route, R::Oral | R::Tube | R::Sublingual | R::Buccal | R::Rectal | R::Vaginal);
    match form {
        _ if fits => None,
        form if is_swallowed(form) && by_mucosa => Some(CheckLevel::Strong),
        form if is_injected(form) && (by_mucosa || matches!(route, R::Inhaled | R::Nasal | R::Topical)) => Some(CheckLevel::Strong),
        _ => Some(CheckLevel::Block),
    }
}

/// Warns of a route that the medicine is not made for. A medicine that the formulary does not know is not judged.
pub(super) fn check(medicine: &Medicine, found: &mut Vec<Warning>) {
    let (Some(form), Some(route)) = (medicine.form, medicine.route) else { return };
    let Some(level) = level(form, &medicine.routes, route).filter(|_| !medicine.routes.is_empty()) else { return };
    let listed = medicine.routes.iter().map(|route| route.words()).collect::<Vec<_>>().join(", ");
    let (drug, form, route) = (medicine.name.clone(), form.words().to_lowercase(), route.words().to_lowercase());
    let sentence = tr!(formulary.route_against, drug = drug, form = form, route = route, listed = listed.to_lowercase());
    found.push(Warning { key: "route".to_owned(), level, sentence });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_fits_the_form_or_needs_a_reason_or_blocks() {
        use CheckLevel::{Block, Strong};
        use DrugForm as F;
        use Route as R;
        for (form, listed, route, expected) in [
            (F::Tablet, R::Oral, R::Oral, None),
            (F::Tablet, R::Oral, R::Intravenous, Some(Block)),
            (F::Tablet, R::Oral, R::Inhaled, Some(Block)),
            (F::Tablet, R::Oral, R::Sublingual, Some(Strong)),
            (F::Tablet, R::Oral, R::Tube, Some(Strong)),
            (F::ProlongedTablet, R::Oral, R::Tube, Some(Block)),
            (F::GastroResistantCapsule, R::Oral, R::Tube, Some(Block)),
            (F::OralSuspension, R::Oral, R::Intravenous, Some(Block)),
            (F::Injection, R::Intravenous, R::Intraosseous, None),
            (F::Injection, R::Intramuscular, R::Intraosseous, Some(Block)),
            (F::Injection, R::Intramuscular, R::Intravenous, Some(Block)),
            (F::Injection, R::Intravenous, R::Intrathecal, Some(Block)),
            (F::Injection, R::Intravenous, R::Nasal, Some(Strong)),
            (F::NebuliserSolution, R::Inhaled, R::Intravenous, Some(Block)),
            (F::Cream, R::Topical, R::Oral, Some(Block)),
        ] {
            assert_eq!(level(form, &[listed], route), expected, "{form:?} {route:?}");
        }
    }
}
