//! The analysers of the demo: two machines with messages of today, of which three values are unmatched, and the devices of imaging that read the
//! worklist.

mod store;

use chrono::Duration;
use sha2::{Digest as _, Sha256};

use super::{hospital::Clinic, lab::user};
use crate::{
    core::{
        AnalyserMessageId, ClinicId, LabAnalyserId,
        time::{Instant, Zone},
    },
    db::Tx,
};

/// A code with its unit, its test and the factor in millionths.
type Code = (&'static str, &'static str, &'static str, i64);

/// The analysers: name, bench, MSH-3, and the codes that they send.
const ANALYSERS: [(&str, &str, &str, &[Code]); 2] = [
    (
        "Chemistry AU-1",
        "Chemistry",
        "AU1",
        &[
            ("K", "mmol/L", "k", 1_000_000),
            ("NA", "mmol/L", "na", 1_000_000),
            ("GLU", "mg/dL", "glucose", 1_000_000),
            // The machine measures in micromoles: 1 / 88.42 (creatinine, molar mass 113.12 g/mol).
            ("CREA", "umol/L", "creatinine", 11_310),
        ],
    ),
    ("Haematology XN-1", "Haematology", "XN1", &[("PLT", "10*3/uL", "plt", 1_000_000), ("HGB", "g/dL", "hb", 1_000_000)]),
];
/// The devices of imaging: AE title and room.
const STATIONS: [(&str, &str); 2] = [("CT1", "CT 1"), ("XRAY1", "X-ray 1")];

/// A value of a message: code, name, unit, value, test, and the reason why it is unmatched; empty when it is filed.
type Sent = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// The messages: analyser, minutes ago, and values.
const MESSAGES: [(usize, i64, &[Sent]); 4] = [
    (1, 48, &[("PLT", "Platelets", "10*3/uL", "212", "plt", "")]),
    // A tube without a barcode.
    (0, 31, &[("GLU", "Glucose", "mg/dL", "104", "glucose", "no_sample")]),
    // A code that nobody mapped.
    (0, 22, &[("LIPEMIA", "Lipaemia index", "", "1", "", "unknown_code")]),
    // A tube of another hospital.
    (1, 9, &[("HGB", "Haemoglobin", "g/dL", "12.9", "hb", "unknown_sample")]),
];

/// Adds the machines and their messages.
pub async fn make(tx: &mut Tx, clinic: &Clinic, zone: Zone, now: Instant) -> Result<(), super::DemoError> {
    let Some(head) = user(tx, "pathologist").await? else { return Ok(()) };
    let mut ids = Vec::new();
    for (name, bench, application, codes) in ANALYSERS {
        let id = LabAnalyserId::new();
        store::analyser(tx, id, clinic.id, (name, bench, application), (now, head)).await?;
        for code in codes {
            store::code(tx, id, *code, (now, head)).await?;
        }
        ids.push((id, application));
    }
    store::control(tx, ids[0].0, "QC-L1", (now, head)).await?;
    for (nth, (analyser, minutes, values)) in (1_i64..).zip(MESSAGES) {
        let (id, application) = ids[analyser];
        message(tx, (clinic.id, id, application), nth, now - Duration::minutes(minutes), zone, values).await?;
    }
    for (title, room) in STATIONS {
        store::station(tx, clinic.id, title, room, (now, head)).await?;
    }
    Ok(())
}

fn digest(text: &str) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

async fn message(
    tx: &mut Tx,
    (clinic, analyser, application): (ClinicId, LabAnalyserId, &str),
    nth: i64,
    at: Instant,
    zone: Zone,
    values: &[Sent],
) -> Result<(), super::DemoError> {
    let id = AnalyserMessageId::new();
    let sent_at = zone.local(at).format("%Y%m%d%H%M%S").to_string();
    let mut placed = Vec::new();
    for value in values {
        let result = if value.5.is_empty() { store::result(tx, clinic, value.4).await? } else { None };
        // Without the result that the value made, the message is left out.
        if value.5.is_empty() && result.is_none() {
            return Ok(());
        }
        placed.push((value, result));
    }
    let number = match placed.first() {
        Some((_, Some((_, number)))) => number.clone(),
        Some((value, None)) if value.5 == "unknown_sample" => "120000451".to_owned(),
        _ => String::new(),
    };
    let head = format!(
        "MSH|^~\\&|{application}|LAB|INFIRMARY||{sent_at}||ORU^R01^ORU_R01|D{nth}|P|2.5.1||||||UNICODE UTF-8\rOBR|1||{number}|^^^PROFILE\r"
    );
    let lines: String = values
        .iter()
        .enumerate()
        .map(|(at, (code, name, unit, value, ..))| format!("OBX|{}|NM|{code}^{name}||{value}|{unit}|||||F|||{sent_at}\r", at + 1))
        .collect();
    let text = head + &lines;
    let is_filed = values.iter().all(|value| value.5.is_empty());
    store::message(tx, id, (clinic, analyser), &format!("D{nth}"), (&text, &digest(&text)), is_filed, at).await?;
    for (position, (value, result)) in (1_i64..).zip(&placed) {
        let of = store::DemoValue { code: value.0, unit: value.2, test: value.4, reason: value.5, digest: &digest(value.3) };
        let result = result.as_ref().map(|(result, _)| *result);
        store::value(tx, (id, analyser, clinic), (position, number.as_str(), sent_at.as_str()), &of, result).await?;
    }
    Ok(())
}
