//! A job of a department that does the work of a person: it acts as the program itself, in one role at one clinic.

use std::sync::{Arc, OnceLock};

use tower_sessions::Session;

use crate::{
    accounts::SessionTable,
    core::{ClinicId, Permission, Result, Role, UserId},
    server::{AppState, Ctx, Principal, Request, address::Caller, ctx::reader, request::Inner},
};

/// The place and the reason of a job's work.
#[derive(Clone, Debug)]
pub struct JobAt {
    pub clinic: ClinicId,
    /// The role whose rights the job has.
    pub role: Role,
    /// The address that the work came from, for the audit log.
    pub address: String,
}

impl Ctx {
    /// Starts work of a job that changes data. The rules, the audit and the row-level security are those of a person in this role.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::core::Error::Forbidden) when the role does not have the permission, or when the database refuses.
    pub async fn job(state: &AppState, permission: Permission, at: &JobAt) -> Result<Self> {
        let who = Arc::new(Principal {
            user: UserId::SYSTEM,
            version: 0,
            login: "system".to_owned(),
            name: String::new(),
            language: None,
            roles: vec![(at.role, Some(at.clinic))],
            staff: None,
            patient: None,
            second_factor: true,
            needs_second_factor: false,
            by_passkey: false,
            dependants: Vec::new(),
            joined: Vec::new(),
            acting_for: None,
        });
        let request = Request(Arc::new(Inner {
            id: crate::core::error::reference(),
            nonce: String::new(),
            locale: state.hospital().default_language,
            path: String::new(),
            query: String::new(),
            wants_html: false,
            caller: Caller::default(),
            address: at.address.clone(),
            agent: String::new(),
            // The session is new and is never stored.
            session: Session::new(None, Arc::new(SessionTable::new(state.db.clone(), state.clock.clone())), None),
            signed_in: None,
            principal: Some(who.clone()),
            unread: 0,
            heard: state.hub.mark(),
            form: None,
            clinic: OnceLock::new(),
            rail_counts: OnceLock::new(),
            confirmed: OnceLock::new(),
            state: state.clone(),
        }));
        let reader = reader(&request, &who, permission);
        let tx = state.db.write_for(&reader).await?;
        Self::enter(request, who, tx, permission, reader.now).await
    }
}
