//! The functions of first visits: one for everybody, two for the desk.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::core::{Error, FirstVisitId, IdempotencyKey, PatientId};

#[cfg(feature = "ssr")]
use super::acts::{self, TypedFirstVisit};
#[cfg(feature = "ssr")]
use crate::{
    core::{Permission, Result},
    server::{Ctx, Request, redirect_to},
};

/// The form of a request for a first appointment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FirstVisitForm {
    pub clinic: String,
    pub specialty: String,
    pub doctor: String,
    pub name: String,
    pub birth_date: String,
    pub phone: String,
    pub email: String,
    pub suits: String,
    pub reason: String,
}

/// Asks for a first appointment, without signing in. The number of requests from one address, and for one phone number, is limited.
#[server(endpoint = "reception/ask_first_visit")]
pub async fn ask_first_visit(
    /// An id created with the form: a request that is sent twice is stored once.
    key: FirstVisitId,
    #[server(flatten)] form: FirstVisitForm,
) -> Result<(), Error> {
    let FirstVisitForm { clinic, specialty, doctor, name, birth_date, phone, email, suits, reason } = form;
    let request = Request::current().ok_or(Error::SignedOut)?;
    let typed = TypedFirstVisit { clinic, specialty, doctor, name, birth_date, phone, email, suits, reason };
    acts::ask(&request, key, &typed).await?;
    redirect_to("/clinic/first-visit?asked=1");
    Ok(())
}

/// Answers a request, or refuses it (`verdict` = `refuse`).
#[server(endpoint = "reception/answer_first_visit")]
pub async fn answer_first_visit(
    first_visit_id: FirstVisitId,
    #[server(default)] answer: String,
    #[server(default)] verdict: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let is_refused = verdict == "refuse";
    acts::answer(&mut ctx, first_visit_id, &answer, is_refused).await?;
    ctx.commit().await?;
    redirect_to(&format!("/first-visits?done={}", if is_refused { "refused" } else { "answered" }));
    Ok(())
}

/// Books a free time for the patient that the request is about. `slot` is the value of the button: service, doctor and start.
#[server(endpoint = "reception/book_first_visit")]
pub async fn book_first_visit(
    first_visit_id: FirstVisitId,
    patient_id: PatientId,
    #[server(default)] slot: String,
    idempotency_key: IdempotencyKey,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    acts::book(&mut ctx, first_visit_id, patient_id, &slot, idempotency_key).await?;
    ctx.commit().await?;
    redirect_to("/first-visits?done=booked");
    Ok(())
}
