//! Access to a patient's record that a desk gave: a code for the portal, a person who acts for the patient, or a member of staff
//! who linked a record to their own account. Each is on the auditors' list until another person has judged it, and the patient is
//! notified, by e-mail where an address is recorded and in the portal.

pub mod api;

#[cfg(feature = "ssr")]
mod letters;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use letters::reads;
#[cfg(feature = "ssr")]
pub(super) use {
    grant::{AccessGrant, GrantKind},
    letters::{Told, tell, tell_at_the_door},
    store::{acted_for, is_any_opened},
};

#[cfg(feature = "ssr")]
mod grant {
    use super::store;
    use crate::{
        core::{PatientId, Result},
        db::Locked,
        server::Ctx,
    };

    crate::text_enum! {
        /// The way in which access was given.
        pub enum GrantKind("kind") {
            Code = "code",
            StaffLink = "staff_link",
            Guardian = "guardian",
            Merge = "merge",
            Separation = "separation",
        }
    }

    impl GrantKind {
        /// Returns the text for the auditors' list.
        pub fn words(self) -> &'static str {
            match self {
                Self::Code => crate::tr!(audit.grant_code),
                Self::StaffLink => crate::tr!(audit.grant_staff_link),
                Self::Guardian => crate::tr!(audit.grant_guardian),
                Self::Merge => crate::tr!(audit.grant_merge),
                Self::Separation => crate::tr!(audit.grant_separation),
            }
        }
    }

    /// An access that was given.
    #[derive(Clone, Copy, Debug)]
    pub struct AccessGrant;

    impl AccessGrant {
        /// Adds the access that this transaction gives to the auditors' list.
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
