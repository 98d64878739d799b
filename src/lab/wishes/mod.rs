//! The wish of a patient for the time at which results are shown: it goes before the rule of a test, but for results that are told in person.

mod store;

use super::{catalogue::LabTest, vocabulary::PortalRule};
use crate::{
    audit::Action,
    core::{Error, PatientId, Result, form::chosen, time::Instant},
    db::Tx,
    server::Ctx,
    tr,
};

crate::text_enum! {
    /// The time at which a patient wants to see results.
    pub enum ResultWish("wish") {
        /// As the rule of each test says.
        Rules = "rules" => tr!(lab.wish_rules),
        AtOnce = "at_once" => tr!(lab.wish_at_once),
        AfterReview = "after_review" => tr!(lab.wish_after_review),
    }
}

impl ResultWish {
    /// The rule that counts for a test.
    pub const fn rule(self, test: PortalRule) -> PortalRule {
        match (test, self) {
            (PortalRule::InPerson, _) | (_, Self::Rules) => test,
            (_, Self::AtOnce) => PortalRule::AtOnce,
            (_, Self::AfterReview) => PortalRule::AfterReview,
        }
    }
}

/// A wish with its version; 0 before the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StatedWish {
    pub wish: ResultWish,
    pub version: i64,
}

/// Reads the wish of a patient.
///
/// # Errors
/// When the database refuses.
pub async fn wish_of(tx: &mut Tx, patient: PatientId) -> Result<StatedWish> {
    Ok(store::wish(tx, patient).await?.unwrap_or(StatedWish { wish: ResultWish::Rules, version: 0 }))
}

/// Returns the time from which the patient sees a result of a test that is released now.
///
/// # Errors
/// When the database refuses.
pub async fn portal_from(tx: &mut Tx, patient: PatientId, test: &LabTest, now: Instant) -> Result<Option<Instant>> {
    let stated = wish_of(tx, patient).await?;
    Ok(match stated.wish.rule(test.portal_rule) {
        PortalRule::AtOnce => Some(now),
        PortalRule::AfterHours => Some(now + chrono::Duration::hours(test.portal_hours)),
        PortalRule::AfterReview | PortalRule::InPerson => None,
    })
}

/// Saves the wish of the patient of this portal. It holds for results that are released from now on.
///
/// # Errors
/// [`Error::Invalid`] with `wish`; [`Error::Conflict`] when it was changed since the page was shown.
pub async fn save(ctx: &mut Ctx, wish: &str, version: i64) -> Result<()> {
    let patient = ctx.own_patient()?;
    let wish: ResultWish = chosen("wish", wish)?;
    let stamp = ctx.stamp();
    if !store::save(&mut ctx.tx, patient, StatedWish { wish, version }, stamp).await? {
        return Err(Error::conflict(tr!(lab.wish_changed)));
    }
    ctx.did(Action::Update, "lab_wish", patient, Some(patient));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_goes_before_the_rule_but_for_results_told_in_person() {
        use PortalRule as P;
        for (wish, rule, counts) in [
            (ResultWish::Rules, P::AfterHours, P::AfterHours),
            (ResultWish::AtOnce, P::AfterHours, P::AtOnce),
            (ResultWish::AtOnce, P::AfterReview, P::AtOnce),
            (ResultWish::AtOnce, P::InPerson, P::InPerson),
            (ResultWish::AfterReview, P::AtOnce, P::AfterReview),
            (ResultWish::AfterReview, P::InPerson, P::InPerson),
        ] {
            assert_eq!(wish.rule(rule), counts, "{wish} {rule}");
        }
    }
}
