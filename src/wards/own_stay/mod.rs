//! The own stay, as the patient sees it in the portal: ward, bed, doctor, what the ward tells, what comes next; afterwards the summary that
//! a doctor signed and released.

mod store;

use super::{
    AdmissionState, WARDS,
    admission::{self, Admission},
    leaflets::{Leaflet, leaflet},
    leaving::{self, DischargeKind},
    plan::{self, Bed, Ward},
    uses::{self, UseKind},
};
use crate::{
    audit::Action,
    clinical::OutsideReader,
    core::{AdmissionId, Error, PatientId, Permission, Result, time::Instant},
    db::Tx,
    organisation::{self, Clinic},
    server::{Ctx, Event},
    tr,
};

/// The most stays that the portal shows.
const MOST: i64 = 10;

crate::text_enum! {
    /// Those who read the signed summary of a stay in the portal.
    pub enum SummaryReaders("readers") {
        All = "all" => tr!(wards.readers_all),
        Patient = "patient" => tr!(wards.readers_patient),
        Nobody = "nobody" => tr!(wards.readers_nobody),
    }
}

impl SummaryReaders {
    /// Whether this reader of the portal is one of them.
    const fn include(self, reader: OutsideReader) -> bool {
        match self {
            Self::All => true,
            Self::Patient => matches!(reader, OutsideReader::Patient),
            Self::Nobody => false,
        }
    }
}

/// The release of a stay's summary.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SummaryRelease {
    pub readers: SummaryReaders,
    pub set_at: Instant,
    pub set_by: String,
    pub version: i64,
}

/// Returns the release of a stay's summary, as somebody decided it last.
///
/// # Errors
/// When the database refuses.
pub async fn release_of(tx: &mut Tx, admission: AdmissionId) -> Result<Option<SummaryRelease>> {
    store::release(tx, admission).await
}

/// Whether the stay has a signed summary.
///
/// # Errors
/// When the database refuses.
pub async fn is_signed(tx: &mut Tx, admission: AdmissionId) -> Result<bool> {
    store::is_signed(tx, admission).await
}

/// Decides who reads the signed summary of a stay in the portal. `seen` is the version that the form showed, 0 for none.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's stay; [`Error::Conflict`] when nothing is signed, or somebody decided meanwhile.
pub async fn release(ctx: &mut Ctx, id: AdmissionId, readers: SummaryReaders, seen: i64) -> Result<()> {
    let admission = admission::find(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::DischargeClinical, admission.clinic_id)?;
    ctx.reach([admission.patient_id]).await?;
    let stamp = ctx.stamp();
    let set = store::set(&mut ctx.tx, id, readers, (seen, stamp)).await.map_err(|error| {
        if error.violates("summary_releases_signed") { Error::conflict(tr!(wards.summary_not_signed)) } else { error.into() }
    })?;
    if !set {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    ctx.did(Action::Update, "summary_release", id, Some(admission.patient_id));
    ctx.tell(Event::new(&WARDS).at(admission.clinic_id).about(id).of(admission.patient_id));
    Ok(())
}

/// Whether this reader of the portal may read the signed summary of a stay.
///
/// # Errors
/// When the database refuses.
pub async fn is_released(tx: &mut Tx, admission: AdmissionId, reader: OutsideReader) -> Result<bool> {
    Ok(store::readers(tx, admission).await?.is_some_and(|readers| readers.include(reader)))
}

/// A stay of the patient of the portal.
#[derive(Clone, Debug)]
pub struct OwnStay {
    pub admission: Admission,
    pub clinic: Clinic,
    pub ward: Ward,
    pub leaflet: Leaflet,
    /// The bed, while the patient lies in it.
    pub bed: Option<Bed>,
    /// A doctor decided that the patient leaves.
    pub leaves: bool,
    /// The reader may read the signed summary.
    pub has_summary: bool,
}

/// Returns the stays of the patient of the portal, the latest first; without those that were refused or cancelled.
///
/// # Errors
/// When the database refuses.
pub async fn own_stays(ctx: &mut Ctx, patient: PatientId) -> Result<Vec<OwnStay>> {
    let reader = OutsideReader::of_portal(&ctx.who);
    let mut stays = Vec::new();
    for admission in admission::of_patient(&mut ctx.tx, patient, MOST).await? {
        if matches!(admission.state, AdmissionState::Refused | AdmissionState::Cancelled) {
            continue;
        }
        let is_admitted = admission.state == AdmissionState::Admitted;
        let clinic = organisation::clinic(&mut ctx.tx, admission.clinic_id).await?;
        let ward = plan::ward(&mut ctx.tx, admission.ward()).await?;
        let leaflet = leaflet(&mut ctx.tx, ward.id).await?;
        let (mut bed, mut leaves) = (None, false);
        if is_admitted {
            if let Some(open) = uses::open_of_admission(&mut ctx.tx, admission.id, UseKind::Stay).await? {
                bed = Some(plan::bed(&mut ctx.tx, open.bed_id).await?);
            }
            leaves = leaving::open_of(&mut ctx.tx, admission.id).await?.is_some_and(|open| open.kind != DischargeKind::Died);
        }
        let has_summary = is_released(&mut ctx.tx, admission.id, reader).await?;
        stays.push(OwnStay { admission, clinic, ward, leaflet, bed, leaves, has_summary });
    }
    Ok(stays)
}
