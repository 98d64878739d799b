//! The services of a clinic, each with its queue, and the rooms and counters where they are given.

use crate::{
    core::{ClinicId, DepartmentId, Result, ServiceId, ServicePointId},
    db::Tx,
};

use super::store;

/// An outpatient service of a clinic, which has a queue.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Service {
    pub id: ServiceId,
    pub clinic_id: ClinicId,
    pub department_id: DepartmentId,
    pub name: String,
    /// The letter with which the tokens begin: the A of A-017.
    pub token_letter: String,
}

crate::text_enum! {
    /// The purpose of a service point.
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
    /// The only service given there; `None` means all.
    pub service_id: Option<ServiceId>,
    pub name: String,
    pub kind: PointKind,
}

/// Returns the services of a clinic, by name.
///
/// # Errors
/// When the database refuses.
pub async fn services(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Service>> {
    store::services(tx, clinic).await
}

/// Returns one service.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn service(tx: &mut Tx, id: ServiceId) -> Result<Service> {
    store::service(tx, id).await
}

/// Returns the rooms and counters of a clinic, by name.
///
/// # Errors
/// When the database refuses.
pub async fn service_points(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ServicePoint>> {
    store::service_points(tx, clinic).await
}

/// Returns one room or counter.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn service_point(tx: &mut Tx, id: ServicePointId) -> Result<ServicePoint> {
    store::service_point(tx, id).await
}
