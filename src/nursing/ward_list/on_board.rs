//! The work at the beds of a ward for its board: the next set of observations, the score of a child, and the risk of falls.

use super::{Around, store};
use crate::{
    core::{
        AdmissionId, Result, WardId,
        time::{Instant, Zone},
    },
    db::Tx,
    nursing::{response, vocabulary::AssessmentRisk},
    server::hooks::{BedWork, FallRisk},
    wards::WardShifts,
};

/// Reads the work of all patients who lie on the ward.
///
/// # Errors
/// When the database refuses.
pub async fn on_board(tx: &mut Tx, ward: WardId, (now, zone): (Instant, Zone)) -> Result<Vec<(AdmissionId, BedWork)>> {
    // The board does not say whose patient it is.
    let patients = store::patients(tx, Around::Ward(ward), WardShifts::usual(zone).at(now)).await?;
    let work = patients.into_iter().map(|one| {
        let next = one.next();
        let work = BedWork {
            next_set: Some((next.at, next.late_at)),
            stopped_until: one.stopped_until.filter(|until| *until > now),
            pews: one.pews().map(|score| (score.total, response::pews_tone(score))),
            falls: one.fall_risk.and_then(|risk| match risk {
                AssessmentRisk::None | AssessmentRisk::Low => None,
                AssessmentRisk::Medium => Some(FallRisk::Medium),
                AssessmentRisk::High | AssessmentRisk::Severe => Some(FallRisk::High),
            }),
            ..BedWork::default()
        };
        (one.admission_id, work)
    });
    Ok(work.collect())
}
