//! Members of staff for other departments: doctors with their specialties, and the name of any member.

use crate::{
    core::{ClinicId, DepartmentId, Result, SpecialtyId, StaffId, UserId},
    db::Tx,
};

use super::store;

/// A doctor.
#[derive(Clone, Debug)]
pub struct Doctor {
    pub id: StaffId,
    pub name: String,
    /// The names of the specialties, in order.
    pub specialties: Vec<String>,
    /// The main department.
    pub department_id: Option<DepartmentId>,
    /// All departments where the doctor works, the main one among them.
    pub departments: Vec<DepartmentId>,
    /// The main department's name; empty without one.
    pub department: String,
}

/// A medical specialty.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Specialty {
    pub id: SpecialtyId,
    pub name: String,
}

/// Returns the doctors of the departments that serve at a clinic, by name.
///
/// # Errors
/// When the database refuses.
pub async fn doctors(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Doctor>> {
    store::doctors(tx, clinic).await
}

/// Returns one doctor.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when the id belongs to no doctor.
pub async fn doctor(tx: &mut Tx, id: StaffId) -> Result<Doctor> {
    store::doctor(tx, id).await
}

/// Returns the name of a person who works or worked here.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is no person with this id.
pub async fn staff_name(tx: &mut Tx, id: StaffId) -> Result<String> {
    store::staff_name(tx, id).await
}

/// Returns the user account of a member of staff, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn staff_user_id(tx: &mut Tx, id: StaffId) -> Result<Option<UserId>> {
    store::staff_user_id(tx, id).await
}

/// Returns all specialties in use, by name.
///
/// # Errors
/// When the database refuses.
pub async fn specialties(tx: &mut Tx) -> Result<Vec<Specialty>> {
    store::specialties(tx).await
}
