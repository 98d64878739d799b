//! Samples, their states, and the analyses that wait for them.

mod acts;
mod aliquots;
mod list;
mod pregnancy;
mod state;
mod stopping;
mod store;

use super::vocabulary::{IdentifiedBy, Origin, PregnancySource, Rejection, Specimen, Trimester};
use crate::{
    core::{ClinicId, LabAnalysisId, LabContainerId, LabDrawId, LabSampleId, LabTestId, OrderId, PatientId, RequisitionId, time::Instant},
    orders::OrderPriority,
    patients::{Birth, PatientName, Sex},
};

pub use acts::{
    Drawn, cancel_analysis, cancel_of_order, collect, discard, expect, keep, not_collected, prepare, print_labels, recall, receive, send,
    settle_orders,
};
pub use aliquots::{TubeFor, aliquots_of, divide, is_divisible, tubes_to_label};
pub use list::{CollectionRow, Waiting, collection_list, missing, places, under_way};
pub use pregnancy::{Pregnancy, read_pregnancy, state_pregnancy};
pub use state::{AnalysisAct, AnalysisState, SampleAct, SampleState};
pub use stopping::{NewMaterial, lose, reject, usable_parent};
pub use store::{
    analyses_of_samples, analysis, by_number, draws_of, expected_of, find, insert_analysis, of_order, of_requisition, orders_beside,
    patient_scanned, set_analysis_state,
};

/// A sample with its patient.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sample {
    pub id: LabSampleId,
    pub number: String,
    pub patient_id: PatientId,
    #[sqlx(flatten)]
    pub patient_name: PatientName,
    pub mrn: String,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    pub clinic_id: ClinicId,
    pub requisition_id: RequisitionId,
    /// The number of the requisition.
    pub requisition: String,
    pub specimen: Specimen,
    pub container_id: LabContainerId,
    pub priority: OrderPriority,
    pub place: String,
    pub wanted_from: Instant,
    pub origin: Origin,
    pub state: SampleState,
    pub draw_id: Option<LabDrawId>,
    pub site: String,
    pub label_printed_at: Option<Instant>,
    pub expected_at: Instant,
    pub collected_at: Option<Instant>,
    pub collector: Option<String>,
    pub sent_at: Option<Instant>,
    pub received_at: Option<Instant>,
    pub receiver: Option<String>,
    pub stored_at: Option<Instant>,
    pub stored_place: String,
    pub discarded_at: Option<Instant>,
    pub recollection_of: Option<LabSampleId>,
    /// The sample that this tube was taken from, and its number.
    pub parent_id: Option<LabSampleId>,
    pub parent: Option<String>,
    pub index_h: Option<i64>,
    pub index_i: Option<i64>,
    pub index_l: Option<i64>,
    /// The pregnancy that the sample says, from where it is known, and who said it.
    pub pregnancy: Option<Trimester>,
    pub pregnancy_source: Option<PregnancySource>,
    pub pregnancy_at: Option<Instant>,
    pub pregnancy_said: Option<String>,
    pub rejection: Option<Rejection>,
    pub stop_note: String,
    pub stopped_at: Option<Instant>,
    pub stopper: Option<String>,
    pub version: i64,
}

/// One test to do for an order.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Analysis {
    pub id: LabAnalysisId,
    pub order_id: OrderId,
    pub test_id: LabTestId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub sample_id: Option<LabSampleId>,
    pub bench: String,
    pub priority: OrderPriority,
    pub due_at: Option<Instant>,
    pub outside: String,
    pub state: AnalysisState,
    pub version: i64,
}

/// A sample to be expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSample {
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub requisition: RequisitionId,
    pub specimen: Specimen,
    pub container: LabContainerId,
    pub priority: OrderPriority,
    pub place: String,
    pub wanted_from: Instant,
    pub recollection_of: Option<LabSampleId>,
}

/// A draw, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDraw {
    pub id: LabDrawId,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub at: Instant,
    pub place: String,
    pub identified_by: IdentifiedBy,
}
