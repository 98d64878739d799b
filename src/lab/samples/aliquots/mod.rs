//! Aliquots: a received sample is divided into tubes for several benches. Each is a sample of its own, with its number and label; the tests of its
//! bench, and their results, belong to it, and its rejection concerns no other tube.

mod store;

use super::{
    Sample,
    acts::{changed, tell, turn},
    state::{AnalysisState, SampleState},
};
use crate::{
    audit::Action,
    core::{Error, LabContainerId, LabSampleId, Permission, Result},
    db::Tx,
    lab::{catalogue::Catalogue, number},
    organisation,
    server::Ctx,
    tr,
};

pub use store::aliquots_of;

/// A tube to be filled: the bench that gets it, and its container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TubeFor {
    pub bench: String,
    pub container: LabContainerId,
}

/// Whether a sample can be divided: it is in the laboratory, and is no tube of another.
pub const fn is_divisible(sample: &Sample) -> bool {
    sample.parent_id.is_none() && matches!(sample.state, SampleState::Received | SampleState::Stored)
}

/// Returns the tubes whose labels are printed with a sample: those that are not rejected, or the tube itself.
///
/// # Errors
/// When the database refuses.
pub async fn tubes_to_label(tx: &mut Tx, sample: Sample) -> Result<Vec<Sample>> {
    let tubes = match sample.parent_id {
        Some(_) => vec![sample],
        None => aliquots_of(tx, sample.id).await?,
    };
    Ok(tubes.into_iter().filter(|tube| tube.rejection.is_none()).collect())
}

/// Divides a sample: each tube gets the tests of its bench that have no value yet. Returns the tubes.
///
/// # Errors
/// [`Error::Invalid`] with `bench` without a tube; [`Error::Conflict`] when the sample changed since the user saw it, is a tube itself, or when no
/// test of a bench waits.
pub async fn divide(ctx: &mut Ctx, id: LabSampleId, version: i64, tubes: &[TubeFor]) -> Result<Vec<LabSampleId>> {
    let (lock, sample) = turn(ctx, Permission::WorkLab, id).await?;
    if tubes.is_empty() {
        return Err(Error::invalid("bench", tr!(errors.choose)));
    }
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    if tubes.iter().any(|tube| catalogue.container(tube.container).is_none()) {
        return Err(Error::invalid("bench", tr!(lab.container_unknown)));
    }
    let stamp = ctx.stamp();
    if !is_divisible(&sample) || sample.version != version || !store::touch(&mut ctx.tx, lock, version, stamp).await? {
        return Err(changed(&sample));
    }
    let analyses = super::store::analyses_of_samples(&mut ctx.tx, &[id]).await?;
    let day = ctx.today();
    let mut filled = Vec::new();
    for tube in tubes {
        let waits = |state| matches!(state, AnalysisState::Waiting | AnalysisState::Ready);
        let moved: Vec<_> = analyses.iter().filter(|analysis| analysis.bench == tube.bench && waits(analysis.state)).collect();
        if moved.is_empty() {
            return Err(Error::conflict(tr!(lab.analysis_changed)));
        }
        let aliquot = LabSampleId::new();
        let nth = organisation::number_document(&mut ctx.tx, &number::series(day), aliquot.into()).await?;
        store::insert(&mut ctx.tx, aliquot, &number::sample_number(day, nth)?, (lock, tube.container), stamp).await?;
        ctx.did(Action::Create, "lab_sample", aliquot, Some(sample.patient_id));
        for analysis in moved {
            let turn = ctx.tx.lock(analysis.id).await?;
            if !store::give(&mut ctx.tx, turn, analysis.version, aliquot, stamp).await? {
                return Err(Error::conflict(tr!(lab.analysis_changed)));
            }
            ctx.did(Action::Update, "lab_analysis", analysis.id, Some(analysis.patient_id));
        }
        tell(ctx, sample.clinic_id, sample.patient_id, aliquot);
        filled.push(aliquot);
    }
    ctx.did(Action::Update, "lab_sample", id, Some(sample.patient_id));
    tell(ctx, sample.clinic_id, sample.patient_id, id);
    Ok(filled)
}
