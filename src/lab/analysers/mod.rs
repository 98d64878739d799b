//! Analysers: machines that send measured values over HL7 (MLLP) or in files.
//!
//! ```text
//! message   received ──> filed · partly_filed · unmatched        (its values are filed; a person resolves the others)
//!                        refused                                  (it cannot be read, is of another kind, or for practice)
//! value     filed · control · duplicate · unmatched ──> filed, assigned · control · discarded
//! ```
//!
//! A message is stored as it came, and acknowledged after that is committed (`intake`). Then its values are filed (`filing`): a value whose code is
//! mapped and whose sample waits for that test is entered as if a technician had typed it, and waits to be checked. Each other value is on the
//! list of unmatched values until a person assigns or discards it.

mod acts;
mod file;
mod filing;
mod form;
mod frame;
mod hl7;
mod intake;
mod listener;
mod oru;
mod resolve;
mod store;

use crate::{
    core::{
        AnalyserMessageId, AnalyserValueId, ClinicId, LabAnalyserControlId, LabAnalyserId, LabCodeMapId, LabResultId, LabTestId,
        time::Instant,
    },
    tr,
    ui::Tone,
};

pub use acts::{add_control, map_code, remove_control, retire, save, unmap_code};
pub use file::{MeasuredFile, import as import_file};
pub use filing::file_received;
pub use form::{AnalyserForm, CodeForm};
pub use hl7::Charset;
pub use intake::Intake;
pub use listener::{listen, receive, serve};
pub use oru::{MessageReason, SampleField, SentValue};
pub use resolve::{UnmatchedValue, assign, discard, raw, retry, unmatched};
pub use store::{analyser, analysers, code_maps, controls, count_unmatched, health, last_messages};

crate::text_enum! {
    /// The way in which an analyser sends its values.
    pub enum AnalyserProtocol("protocol") {
        Hl7 = "hl7" => tr!(lab.protocol_hl7),
        Csv = "csv" => tr!(lab.protocol_csv),
    }
}

crate::text_enum! {
    /// The letter between the columns of a file.
    pub enum CsvSeparator("csv_separator") {
        Comma = "comma" => tr!(lab.csv_comma),
        Semicolon = "semicolon" => tr!(lab.csv_semicolon),
        Tab = "tab" => tr!(lab.csv_tab),
    }
}

crate::text_enum! {
    /// The decimal mark of a file.
    pub enum CsvDecimal("csv_decimal") {
        Point = "point" => tr!(lab.csv_point),
        Comma = "comma" => tr!(lab.csv_comma),
    }
}

crate::text_enum! {
    /// The fate of a message.
    pub enum MessageFate("state") {
        Received = "received" => tr!(lab.fate_received),
        Filed = "filed" => tr!(lab.fate_filed),
        PartlyFiled = "partly_filed" => tr!(lab.fate_partly),
        Unmatched = "unmatched" => tr!(lab.fate_unmatched),
        Refused = "refused" => tr!(lab.fate_refused),
    }
}

crate::text_enum! {
    /// The fate of a measured value.
    pub enum ValueState("state") {
        /// It is a result.
        Filed = "filed",
        /// It is a point of quality control.
        Control = "control",
        Unmatched = "unmatched",
        /// The same measurement was filed from another message.
        Duplicate = "duplicate",
        /// A person assigned it to a sample.
        Assigned = "assigned",
        Discarded = "discarded",
    }
}

crate::text_enum! {
    /// The reason why a value is unmatched.
    pub enum ValueReason("reason") {
        None = "" => "",
        NoSample = "no_sample" => tr!(lab.reason_no_sample),
        UnknownSample = "unknown_sample" => tr!(lab.reason_unknown_sample),
        OtherPatient = "other_patient" => tr!(lab.reason_other_patient),
        UnknownCode = "unknown_code" => tr!(lab.reason_unknown_code),
        Unit = "unit" => tr!(lab.reason_unit),
        NotOrdered = "not_ordered" => tr!(lab.reason_not_ordered),
        NotReceived = "not_received" => tr!(lab.reason_not_received),
        /// The analysis has a result: a person chooses.
        Repeat = "repeat" => tr!(lab.reason_repeat),
        Value = "value" => tr!(lab.reason_value),
        Status = "status" => tr!(lab.reason_status),
        NoLot = "no_lot" => tr!(lab.reason_no_lot),
        /// The run before was rejected: a person records the run with what was done.
        ControlAction = "control_action" => tr!(lab.reason_control_action),
    }
}

impl MessageFate {
    pub const fn tone(self) -> Tone {
        match self {
            Self::Received => Tone::Progress,
            Self::Filed => Tone::Done,
            Self::PartlyFiled | Self::Unmatched => Tone::Warning,
            Self::Refused => Tone::Critical,
        }
    }

    /// The fate of a message with so many values, of which so many are unmatched.
    pub const fn of(values: usize, unmatched: usize) -> Self {
        match (values, unmatched) {
            (_, 0) => Self::Filed,
            (all, open) if all == open => Self::Unmatched,
            _ => Self::PartlyFiled,
        }
    }
}

/// An analyser.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Analyser {
    pub id: LabAnalyserId,
    pub clinic_id: ClinicId,
    pub name: String,
    pub bench: String,
    pub protocol: AnalyserProtocol,
    pub peers: String,
    pub application: String,
    pub facility: String,
    pub charset: Charset,
    pub sample_field: SampleField,
    pub checks_patient: bool,
    pub csv_separator: CsvSeparator,
    pub csv_decimal: CsvDecimal,
    pub csv_sample: String,
    pub csv_code: String,
    pub csv_value: String,
    pub csv_unit: String,
    pub version: i64,
    pub retired_at: Option<Instant>,
}

/// A code of an analyser in a unit, the test that it means, and the factor to the unit of the test in millionths.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CodeMap {
    pub id: LabCodeMapId,
    pub code: String,
    pub unit: String,
    pub test_id: LabTestId,
    pub factor: i64,
}

/// The name under which an analyser sends a level of control material.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnalyserControl {
    pub id: LabAnalyserControlId,
    pub sample: String,
    pub level: i64,
}

/// A message without its text.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnalyserMessage {
    pub id: AnalyserMessageId,
    pub analyser_id: LabAnalyserId,
    pub clinic_id: ClinicId,
    pub control_id: String,
    pub received_at: Instant,
    pub state: MessageFate,
    pub reason: MessageReason,
    pub id_reused: bool,
}

/// The fate of a value, without its text.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnalyserValue {
    pub id: AnalyserValueId,
    pub message_id: AnalyserMessageId,
    pub analyser_id: LabAnalyserId,
    pub clinic_id: ClinicId,
    pub position: i64,
    pub sample_number: String,
    pub test_id: Option<LabTestId>,
    pub state: ValueState,
    pub reason: ValueReason,
    pub result_id: Option<LabResultId>,
}

/// The last message of an analyser, and its errors.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AnalyserHealth {
    pub analyser_id: LabAnalyserId,
    pub last_at: Option<Instant>,
    pub refused: i64,
    pub unmatched: i64,
}
