//! What a clinic offers (services, each with its queue) and where it is served (rooms and counters).

use crate::{
    core::{ClinicId, DepartmentId, Result, ServiceId, ServicePointId},
    db::Tx,
};

use super::store;

/// An outpatient service of a clinic: what one queues for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Service {
    pub id: ServiceId,
    pub clinic_id: ClinicId,
    pub department_id: DepartmentId,
    pub name: String,
    /// Begins the tokens: the A of A-017.
    pub token_letter: String,
}

crate::text_enum! {
    /// What is done at a service point.
    pub enum PointKind("kind") {
        Reception = "reception",
        Triage = "triage",
        ConsultingRoom = "consulting_room",
        Cashier = "cashier",
    }
}

/// A room or counter.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ServicePoint {
    pub id: ServicePointId,
    pub clinic_id: ClinicId,
    /// The one service served there; `None` serves all.
    pub service_id: Option<ServiceId>,
    pub name: String,
    pub kind: PointKind,
}

/// The services of a clinic, by name.
///
/// # Errors
/// What the database refused.
pub async fn services(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Service>> {
    store::services(tx, clinic).await
}

/// One service.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn service(tx: &mut Tx, id: ServiceId) -> Result<Service> {
    store::service(tx, id).await
}

/// The rooms and counters of a clinic, by name.
///
/// # Errors
/// What the database refused.
pub async fn service_points(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ServicePoint>> {
    store::service_points(tx, clinic).await
}

/// One room or counter.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn service_point(tx: &mut Tx, id: ServicePointId) -> Result<ServicePoint> {
    store::service_point(tx, id).await
}
