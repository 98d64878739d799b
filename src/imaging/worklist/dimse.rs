//! The conversation with a device: association, C-ECHO, and C-FIND of the modality worklist. Everything else is refused.
//!
//! The association, its packets and data sets are of `dicom-ul` and `dicom-object`; the messages are here. Sizes and times are limited.

use std::time::Duration;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::transfer_syntax::TransferSyntax;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::{EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN};
use dicom_ul::{
    association::{
        Association as _,
        server::{AccessControl, ServerAssociationOptions},
    },
    pdu::{AssociationRJServiceUserReason, PDataValue, PDataValueType, Pdu, UserIdentity},
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    dataset::ReadSet,
    query::{WorklistItem, WorklistQuery, number},
};

/// The most studies in one answer; a device that finds more is told to ask for less.
pub const MOST: usize = 200;
/// The largest command or query in bytes.
const LARGEST: usize = 64 * 1024;
/// The time for each packet.
const PATIENCE: Duration = Duration::from_secs(30);

const PENDING: u16 = 0xff00;
const SUCCESS: u16 = 0x0000;
/// Out of resources: too many studies.
const TOO_MANY: u16 = 0xa700;
/// Unable to process.
const FAILED: u16 = 0xc001;
const UNRECOGNISED: u16 = 0x0211;
const NO_DATA: u16 = 0x0101;

/// The AE titles that may call, and ours.
#[derive(Clone, Debug)]
pub struct KnownTitles {
    pub own: String,
    pub stations: Vec<String>,
}

impl AccessControl for KnownTitles {
    fn check_access(
        &self,
        _this: &str,
        calling: &str,
        called: &str,
        _user: Option<&UserIdentity>,
    ) -> Result<(), AssociationRJServiceUserReason> {
        if called.trim() != self.own {
            return Err(AssociationRJServiceUserReason::CalledAETitleNotRecognized);
        }
        match self.stations.iter().any(|station| station == calling.trim()) {
            true => Ok(()),
            false => Err(AssociationRJServiceUserReason::CallingAETitleNotRecognized),
        }
    }
}

/// The end of a conversation that went wrong.
pub type Broken = Box<dyn std::error::Error + Send + Sync>;

fn syntax(name: &str) -> TransferSyntax {
    match name.trim_end_matches('\0') {
        uids::EXPLICIT_VR_LITTLE_ENDIAN => EXPLICIT_VR_LITTLE_ENDIAN.erased(),
        _ => IMPLICIT_VR_LITTLE_ENDIAN.erased(),
    }
}

fn written(object: &InMemDicomObject, syntax: &TransferSyntax) -> Result<Vec<u8>, Broken> {
    let mut bytes = Vec::new();
    object.write_dataset_with_ts(&mut bytes, syntax)?;
    Ok(bytes)
}

/// A command with its data, as far as they have come.
#[derive(Default)]
struct Received {
    command: Vec<u8>,
    data: Vec<u8>,
    has_command: bool,
    has_data: bool,
}

/// Serves an association until the device releases it. `find` answers a query of the device with this AE title.
///
/// # Errors
/// When the device is not known, does not keep the protocol, or is silent for too long.
pub async fn converse<F: Future<Output = Option<Vec<WorklistItem>>> + Send>(
    stream: TcpStream,
    known: KnownTitles,
    find: impl Fn(String, WorklistQuery) -> F + Send + Sync,
) -> Result<(), Broken> {
    let options = ServerAssociationOptions::new()
        .ae_access_control(known.clone())
        .ae_title(known.own)
        .with_abstract_syntax(uids::VERIFICATION)
        .with_abstract_syntax(uids::MODALITY_WORKLIST_INFORMATION_MODEL_FIND)
        .with_transfer_syntax(uids::IMPLICIT_VR_LITTLE_ENDIAN)
        .with_transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .max_pdu_length(16 * 1024)
        .strict(true)
        .read_timeout(PATIENCE)
        .write_timeout(PATIENCE);
    let mut association = timeout(PATIENCE, options.establish_async(stream)).await??;
    let station = association.peer_ae_title().trim().to_owned();
    let contexts: Vec<(u8, TransferSyntax)> =
        association.presentation_contexts().iter().map(|context| (context.id, syntax(&context.transfer_syntax))).collect();
    // The device takes packets of this size: six bytes of each are a head.
    let room = usize::try_from(association.requestor_max_pdu_length()).unwrap_or(0).clamp(4 * 1024, 64 * 1024) - 256;
    let command_syntax = IMPLICIT_VR_LITTLE_ENDIAN.erased();
    let mut received = Received::default();
    loop {
        let values = match timeout(PATIENCE, association.receive()).await?? {
            Pdu::PData { data } => data,
            Pdu::ReleaseRQ => {
                association.send(&Pdu::ReleaseRP).await?;
                return Ok(());
            }
            Pdu::AbortRQ { .. } => return Ok(()),
            other => return Err(format!("an unexpected packet: {}", other.short_description()).into()),
        };
        for value in values {
            let (part, is_whole) = match value.value_type {
                PDataValueType::Command => (&mut received.command, &mut received.has_command),
                PDataValueType::Data => (&mut received.data, &mut received.has_data),
            };
            part.extend_from_slice(&value.data);
            *is_whole |= value.is_last;
            if received.command.len() + received.data.len() > LARGEST {
                return Err("a query is too large".into());
            }
            if !received.has_command {
                continue;
            }
            let command = ReadSet::read(&received.command, false).ok_or("a command that cannot be read")?;
            let figure = |tag| command.number(tag);
            let (Some(field), Some(id)) =
                (figure(tags::COMMAND_FIELD), figure(tags::MESSAGE_ID).or(figure(tags::MESSAGE_ID_BEING_RESPONDED_TO)))
            else {
                return Err("a command without its field".into());
            };
            let wants_data = figure(tags::COMMAND_DATA_SET_TYPE).is_some_and(|kind| kind != NO_DATA);
            if wants_data && !received.has_data {
                continue;
            }
            let context = value.presentation_context_id;
            let data_syntax = contexts.iter().find(|(one, _)| *one == context).map_or(&command_syntax, |(_, syntax)| syntax);
            let data = std::mem::take(&mut received).data;
            let answers = match field {
                0x0030 => vec![(response(uids::VERIFICATION, 0x8030, id, SUCCESS, false), None)],
                0x0020 => {
                    let is_explicit = data_syntax.uid() == uids::EXPLICIT_VR_LITTLE_ENDIAN;
                    let query = ReadSet::read(&data, is_explicit).as_ref().and_then(WorklistQuery::read);
                    let found = match query.clone() {
                        Some(query) => find(station.clone(), query).await,
                        None => None,
                    };
                    found_answers(id, query.as_ref(), found)
                }
                // A cancelled query: it is answered already.
                0x0fff => Vec::new(),
                other => vec![(response(uids::VERIFICATION, other | 0x8000, id, UNRECOGNISED, false), None)],
            };
            for (command, data) in answers {
                let command = written(&command, &command_syntax)?;
                send(&mut association, context, PDataValueType::Command, &command, room).await?;
                if let Some(data) = data {
                    let data = written(&data, data_syntax)?;
                    send(&mut association, context, PDataValueType::Data, &data, room).await?;
                }
            }
        }
    }
}

/// One message: its command, and its data.
type Message = (InMemDicomObject, Option<InMemDicomObject>);

fn found_answers(id: u16, query: Option<&WorklistQuery>, found: Option<Vec<WorklistItem>>) -> Vec<Message> {
    let class = uids::MODALITY_WORKLIST_INFORMATION_MODEL_FIND;
    let (Some(query), Some(found)) = (query, found) else { return vec![(response(class, 0x8020, id, FAILED, false), None)] };
    let end = if found.len() > MOST { TOO_MANY } else { SUCCESS };
    let mut answers: Vec<Message> =
        found.iter().take(MOST).map(|item| (response(class, 0x8020, id, PENDING, true), Some(query.answer(item)))).collect();
    answers.push((response(class, 0x8020, id, end, false), None));
    answers
}

fn response(class: &str, field: u16, to: u16, status: u16, has_data: bool) -> InMemDicomObject {
    InMemDicomObject::command_from_element_iter([
        DataElement::new(tags::AFFECTED_SOP_CLASS_UID, VR::UI, PrimitiveValue::from(class)),
        number(tags::COMMAND_FIELD, field),
        number(tags::MESSAGE_ID_BEING_RESPONDED_TO, to),
        number(tags::COMMAND_DATA_SET_TYPE, if has_data { 0 } else { NO_DATA }),
        number(tags::STATUS, status),
    ])
}

/// Sends bytes in packets that the device takes.
async fn send(
    association: &mut dicom_ul::association::server::AsyncServerAssociation<TcpStream>,
    context: u8,
    kind: PDataValueType,
    bytes: &[u8],
    room: usize,
) -> Result<(), Broken> {
    let mut parts = bytes.chunks(room).peekable();
    while let Some(part) = parts.next() {
        let value =
            PDataValue { presentation_context_id: context, value_type: kind.clone(), is_last: parts.peek().is_none(), data: part.to_vec() };
        timeout(PATIENCE, association.send(&Pdu::PData { data: vec![value] })).await??;
    }
    Ok(())
}
