//! Messages about bills that are due: on the due day of an invoice that is not paid, and two days before each open instalment. A message
//! names no amount.

mod store;

use std::time::Duration;

use uuid::Uuid;

use super::{instalments, store as invoices};
use crate::{
    core::{InvoiceId, PatientId, Result, time::Instant},
    messages::{self, About, MessageKind},
    organisation::{self, Clinic},
    server::AppState,
};

const EVERY: Duration = Duration::from_hours(1);
/// Debts that were due earlier get no message: the list of overdue accounts has them.
const OLDEST: chrono::Days = chrono::Days::new(45);
/// An instalment is told of so many days before.
const AHEAD: chrono::Days = chrono::Days::new(2);

/// The id of an instalment as the subject of a message: instalments have a position instead of an id.
fn part_id(invoice: InvoiceId, position: i64) -> Uuid {
    let position = u128::try_from(position).unwrap_or_default();
    Uuid::from_u128(Uuid::from(invoice).as_u128() ^ (position << 8))
}

/// Writes the messages about bills that are due into the outbox; each is written once. Returns their number.
///
/// # Errors
/// When the database refuses.
pub async fn tell_of_due_bills(state: &AppState) -> Result<usize> {
    let now = state.clock.now();
    let mut told = 0;
    for clinic in organisation::all_clinics(&mut state.db.read().await?).await? {
        let today = clinic.zone.day(now);
        let first = today.checked_sub_days(OLDEST).unwrap_or(today);
        let unpaid = store::unpaid(&mut state.db.read().await?, clinic.id, (first, today)).await?;
        for (invoice, patient) in unpaid {
            told += usize::from(tell(state, &clinic, (invoice, patient), None, now).await?);
        }
        let last = today.checked_add_days(AHEAD).unwrap_or(today);
        let parts = store::parts(&mut state.db.read().await?, clinic.id, (today, last)).await?;
        for (invoice, patient, position) in parts {
            told += usize::from(tell(state, &clinic, (invoice, patient), Some(position), now).await?);
        }
    }
    Ok(told)
}

/// Writes one message, unless the bill was paid meanwhile.
async fn tell(
    state: &AppState,
    clinic: &Clinic,
    (id, patient): (InvoiceId, PatientId),
    position: Option<i64>,
    now: Instant,
) -> Result<bool> {
    let mut tx = state.db.write().await?;
    tx.lock(patient).await?;
    tx.lock(id).await?;
    let Some(invoice) = invoices::invoice(&mut tx, id).await? else { return Ok(false) };
    let subject = match position {
        None if invoice.due().0 > 0 => id.into(),
        Some(position) => {
            let plan = instalments::of_invoice(&mut tx, id).await?;
            let standing = instalments::standing(&plan, invoice.due(), clinic.zone.day(now));
            let open =
                plan.iter().zip(standing).any(|(part, standing)| part.position == position && standing != instalments::Standing::Paid);
            if !open {
                return Ok(false);
            }
            part_id(id, position)
        }
        None => return Ok(false),
    };
    let about = About {
        kind: MessageKind::InvoiceDue,
        subject,
        clinic: clinic.id,
        at: None,
        expires: None,
        needed_by: None,
        link: "/portal/statement".to_owned(),
        call: false,
    };
    let made = messages::queue(&mut tx, patient, &about, now).await?;
    tx.commit().await?;
    Ok(made > 0)
}

/// Looks every hour until the program stops.
pub(super) async fn keep_telling(state: AppState) {
    let mut every = crate::server::jobs::Beat::new(&state, "due_bills", EVERY);
    loop {
        tokio::select! {
            () = every.tick() => {}
            () = state.stopping.cancelled() => return,
        }
        if let Err(error) = tell_of_due_bills(&state).await {
            every.failed(&error, "messages about bills wait");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_instalment_is_a_subject_of_its_own() {
        let invoice = InvoiceId::new();
        let ids: std::collections::BTreeSet<Uuid> = (1..=36).map(|position| part_id(invoice, position)).collect();
        assert!(ids.len() == 36 && !ids.contains(&invoice.into()));
        assert_eq!(part_id(invoice, 3), part_id(invoice, 3));
    }
}
