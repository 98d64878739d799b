//! Access to a patient's record that was given at a desk: a code for the portal, somebody who acts for the patient, and a user who
//! works here linking a record to the own account. Each stands on the auditors' list until another person has judged it, and the
//! patient is notified, by e-mail where an address is on record and in the portal.

pub mod api;

#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
pub mod review;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub(super) use {
    grant::{AccessGrant, GrantKind},
    letters::{Told, tell},
};

#[cfg(feature = "ssr")]
mod grant {
    use super::store;
    use crate::{
        core::{AccessGrantId, PatientId, Result, time::Instant},
        db::Locked,
        patients::{PatientName, emergency::Verdict},
        server::Ctx,
    };

    crate::text_enum! {
        /// How access was given.
        pub enum GrantKind("kind") {
            Code = "code",
            StaffLink = "staff_link",
            Guardian = "guardian",
        }
    }

    impl GrantKind {
        /// As the auditors' list says it.
        pub fn words(self) -> &'static str {
            match self {
                Self::Code => crate::tr!(audit.grant_code),
                Self::StaffLink => crate::tr!(audit.grant_staff_link),
                Self::Guardian => crate::tr!(audit.grant_guardian),
            }
        }
    }

    /// Access that was given.
    #[derive(Clone, Debug, sqlx::FromRow)]
    pub struct AccessGrant {
        pub id: AccessGrantId,
        pub patient_id: PatientId,
        pub mrn: String,
        #[sqlx(flatten)]
        pub patient: PatientName,
        pub kind: GrantKind,
        pub user_name: String,
        pub login: String,
        pub clinic: String,
        pub guardian: Option<String>,
        pub document: String,
        pub made_at: Instant,
        pub reviewed_at: Option<Instant>,
        pub reviewed_by: Option<String>,
        pub verdict: Option<Verdict>,
        pub remark: String,
    }

    impl AccessGrant {
        /// Puts the access that this piece of work gives on the auditors' list.
        ///
        /// # Errors
        /// When the database refuses.
        pub async fn note(
            ctx: &mut Ctx,
            patient: Locked<PatientId>,
            kind: GrantKind,
            guardian: Option<PatientId>,
            document: &str,
        ) -> Result<()> {
            let (now, by, clinic) = (ctx.now, ctx.user(), ctx.clinic.id);
            store::insert(&mut ctx.tx, patient, kind, (guardian, document), (by, clinic), now).await
        }
    }
}
