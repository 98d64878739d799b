//! Takes a message in: it is stored as it came, and the acknowledgement is written after that is committed.
//!
//! The same bytes under the same control id are stored once and answered as the first time. Other bytes under a control id that was used are
//! stored too, and marked.

use sha2::{Digest as _, Sha256};

use super::{
    Analyser, MessageReason,
    hl7::{Acknowledgement, MessageHead, acknowledge, chars},
    oru, store,
    store::NewAnalyserMessage,
};
use crate::{
    audit::Action,
    core::{AnalyserMessageId, ClinicId, Permission, Result, Role},
    lab::LAB,
    server::{AppState, Ctx, Event, JobAt},
};

/// The other end of a connection, and the analysers that may send from there.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: String,
    pub analysers: Vec<Analyser>,
}

/// The answer to a message, and the message when it is to be filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    pub answer: Vec<u8>,
    pub message: Option<(AnalyserMessageId, ClinicId)>,
}

/// Returns the digest of bytes as hexadecimal letters.
pub(super) fn digest(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

const fn answer_to(reason: MessageReason) -> Acknowledgement {
    match reason {
        MessageReason::Filed | MessageReason::Practice | MessageReason::NoValues => Acknowledgement::Accepted,
        MessageReason::Type => Acknowledgement::OtherKind,
        MessageReason::Unreadable | MessageReason::Charset | MessageReason::ControlId | MessageReason::TooLarge => {
            Acknowledgement::Unreadable
        }
    }
}

/// Returns the analyser that the head names: the names that are set must be the same; one that is set is preferred.
fn sender<'p>(peer: &'p Peer, head: Option<&MessageHead>) -> Option<&'p Analyser> {
    let Some(head) = head else { return peer.analysers.first().filter(|_| peer.analysers.len() == 1) };
    let same = |set: &str, sent: &str| set.is_empty() || set == sent.trim();
    let mut fitting: Vec<&Analyser> =
        peer.analysers.iter().filter(|one| same(&one.application, &head.application) && same(&one.facility, &head.facility)).collect();
    fitting.sort_by_key(|one| (one.application.is_empty(), one.facility.is_empty()));
    fitting.first().copied()
}

/// Stores a message and returns its acknowledgement.
///
/// # Errors
/// When the database refuses: then nothing is acknowledged, and the sender sends again.
pub async fn take(state: &AppState, peer: &Peer, frame: &[u8], is_too_large: bool) -> Result<Intake> {
    let head = MessageHead::read(frame);
    let answer = |code: Acknowledgement, words: &str| {
        let now = state.clock.now().format("%Y%m%d%H%M%S+0000").to_string();
        acknowledge(head.as_ref(), code, words, &AnalyserMessageId::new().0.simple().to_string(), &now)
    };
    let Some(analyser) = sender(peer, head.as_ref()) else {
        tracing::warn!(peer = peer.address, "an analyser's message was refused: no analyser of this address has its MSH-3 and MSH-4");
        return Ok(Intake { answer: answer(Acknowledgement::OtherKind, "unknown sender"), message: None });
    };
    let reason = match oru::read(frame, analyser.charset, analyser.sample_field) {
        _ if is_too_large => MessageReason::TooLarge,
        Ok(_) => MessageReason::Filed,
        Err(reason) => reason,
    };
    let (message, reason) = match store_once(state, peer, analyser, head.as_ref(), frame, reason).await {
        Err(crate::core::Error::Conflict(_)) => {
            // The same message came twice at the same moment, and the other one was first.
            store_once(state, peer, analyser, head.as_ref(), frame, reason).await?
        }
        other => other?,
    };
    let words = if reason == MessageReason::Filed { "" } else { reason.as_str() };
    let message = (reason == MessageReason::Filed).then_some((message, analyser.clinic_id));
    Ok(Intake { answer: answer(answer_to(reason), words), message })
}

async fn store_once(
    state: &AppState,
    peer: &Peer,
    analyser: &Analyser,
    head: Option<&MessageHead>,
    frame: &[u8],
    reason: MessageReason,
) -> Result<(AnalyserMessageId, MessageReason)> {
    let control_id: String =
        head.map_or("", |head| head.control_id.as_str()).chars().filter(|letter| !letter.is_control()).take(199).collect();
    let digest = digest(frame);
    let at = JobAt { clinic: analyser.clinic_id, role: Role::Lab, address: peer.address.clone() };
    let mut ctx = Ctx::job(state, Permission::WorkLab, &at).await?;
    let (same, is_reused) = store::stored(&mut ctx.tx, analyser.id, &control_id, &digest).await?;
    if let Some(same) = same {
        return Ok((same.id, same.reason));
    }
    let id = AnalyserMessageId::new();
    let new = NewAnalyserMessage {
        id,
        analyser: analyser.id,
        clinic: analyser.clinic_id,
        control_id: &control_id,
        digest: &digest,
        raw: &chars(frame),
        reason,
        id_reused: is_reused && !control_id.is_empty(),
    };
    let stamp = ctx.stamp();
    store::insert_message(&mut ctx.tx, &new, stamp).await.map_err(|error| match error.is_unique() {
        true => crate::core::Error::Conflict(String::new()),
        false => error.into(),
    })?;
    ctx.did(Action::Create, "lab_message", id, None);
    ctx.tell(Event::new(&LAB).at(analyser.clinic_id).about(analyser.id));
    ctx.commit().await?;
    Ok((id, reason))
}
