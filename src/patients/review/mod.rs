//! The auditors' lists of records that were opened outside the clinic's care: in an emergency, or by access that a desk gave. Each entry
//! stays on the list until another person has judged it, once.

pub mod pages;
mod store;

use uuid::Uuid;

use crate::{
    audit::Action,
    core::{Error, PatientId, Permission, Result, error::FieldErrors, time::Instant},
    patients::{PatientName, emergency::LONGEST_REASON, grants::GrantKind},
    server::{Ctx, redirect_to},
    tr,
};

crate::text_enum! {
    /// The auditor's finding.
    pub enum Verdict("verdict") {
        Justified = "justified",
        Unjustified = "unjustified",
    }
}

/// One of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Emergency,
    Grant,
}

impl Kind {
    /// Returns the address of the list's page.
    pub const fn page(self) -> &'static str {
        match self {
            Self::Emergency => "/audit/emergencies",
            Self::Grant => "/audit/grants",
        }
    }

    /// Returns the word that the audit log uses.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Grant => "access_grant",
        }
    }
}

/// An entry of a list.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Review {
    pub id: Uuid,
    pub patient_id: PatientId,
    pub mrn: String,
    #[sqlx(flatten)]
    pub patient: PatientName,
    /// The user who opened the record or gave the access.
    pub user_name: String,
    pub login: String,
    pub clinic: String,
    pub began_at: Instant,
    /// Equal to `began_at` for access that a desk gave: such access has no end here.
    pub ends_at: Instant,
    /// The reason of an emergency.
    pub reason: String,
    /// The way in which access was given.
    pub grant_kind: Option<GrantKind>,
    /// The person who acts for the patient since then, or empty.
    pub given_to: String,
    pub document: String,
    pub reviewed_at: Option<Instant>,
    pub reviewed_by: Option<String>,
    pub verdict: Option<Verdict>,
    pub remark: String,
}

/// Judges an entry, once, and not by the user whom it is about; then redirects to the list.
///
/// # Errors
/// [`Error::Invalid`] of a field, [`Error::Conflict`] for the user's own entry and one that is judged already.
pub async fn judge(kind: Kind, id: Uuid, verdict: &str, remark: &str) -> Result<()> {
    let mut ctx = Ctx::write(Permission::ReadAudit).await?;
    let stamp = ctx.stamp();
    let (patient, user) = store::of(&mut ctx.tx, kind, id).await?.ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::new();
    let verdict = errors.chosen::<Verdict>("verdict", verdict);
    let remark = errors.line("remark", remark, LONGEST_REASON);
    if verdict == Some(Verdict::Unjustified) && remark.is_empty() {
        errors.add("remark", tr!(audit.remark_needed));
    }
    errors.finish()?;
    let verdict = verdict.ok_or(Error::NotFound)?;
    if user == stamp.by {
        return Err(Error::conflict(tr!(audit.not_ones_own)));
    }
    if !store::judge(&mut ctx.tx, kind, id, verdict, &remark, stamp).await? {
        return Err(Error::conflict(tr!(audit.judged_already)));
    }
    ctx.did(Action::Update, kind.what(), id, Some(patient));
    ctx.commit().await?;
    redirect_to(&format!("{}?done=judged", kind.page()));
    Ok(())
}
