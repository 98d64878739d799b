//! Messages and documents of the demo: a confirmed address, a message that was given up, people to call, a letter in the portal, and a scan
//! that was put into the wrong record.

mod store;

use chrono::{Duration, NaiveDate};

use super::people::People;
use crate::{
    core::{ClinicId, DocumentId, MessageChannelId, Stamp, UserId, time::Instant},
    db::Tx,
    documents::{self, DocumentKind, NewDocument},
};

/// The address that the portal's patient has confirmed.
const ADDRESS: &str = "theresa@example.test";

/// Adds the messages and documents.
pub async fn make(tx: &mut Tx, clinic: ClinicId, people: &People, day: NaiveDate, now: Instant) -> Result<(), super::DemoError> {
    let (channel, patient) = (MessageChannelId::new(), people.patient);
    store::channel(tx, (channel, patient), ADDRESS, now - Duration::days(20)).await?;
    store::sent(tx, (patient, channel), clinic, now - Duration::days(2)).await?;
    store::dead(tx, (patient, channel), clinic, now - Duration::days(3)).await?;
    for appointment in store::coming(tx, clinic, now + Duration::hours(1)).await? {
        store::to_call(tx, &appointment, clinic, now - Duration::minutes(25)).await?;
    }
    let document = |kind, title: &str, by_patient, portal, days| -> Result<NewDocument, super::DemoError> {
        Ok(NewDocument {
            id: DocumentId::new(),
            patient,
            clinic,
            kind,
            title: title.to_owned(),
            file_name: "letter.pdf".to_owned(),
            day: day - Duration::days(days),
            portal,
            by_patient,
            replaces: None,
            scan: documents::ScanState::NotScanned,
            file: documents::DocumentFile::of(documents::DocumentMedia::Pdf, &pdf(title))?,
        })
    };
    let letter = document(DocumentKind::Letter, "Referral from Dr. Lindqvist", false, true, 12)?;
    documents::stock(tx, &letter, Stamp { by: people.nurse, at: now - Duration::days(9) }).await?;
    let card = document(DocumentKind::InsuranceCard, "Insurance card, front", true, true, 30)?;
    documents::stock(tx, &card, Stamp { by: people.reception, at: now - Duration::days(8) }).await?;
    let wrong = document(DocumentKind::Scan, "Scan of another patient", false, false, 5)?;
    documents::stock(tx, &wrong, Stamp { by: people.nurse, at: now - Duration::days(5) }).await?;
    documents::stock_wrong(tx, wrong.id, "Belongs to a patient of the same name", Stamp { by: people.nurse, at: now - Duration::days(4) })
        .await?;
    Ok(())
}

/// Writes a PDF of one page with one line.
fn pdf(line: &str) -> Vec<u8> {
    let plain: String = line.chars().filter(|letter| letter.is_ascii() && !"()\\".contains(*letter)).collect();
    let content = format!("BT /F1 18 Tf 72 720 Td ({plain}) Tj ET");
    let objects = [
        "<</Type /Catalog /Pages 2 0 R>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R] /Count 1>>".to_owned(),
        "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>".to_owned(),
        format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>".to_owned(),
    ];
    let (mut text, mut places) = ("%PDF-1.7\n".to_owned(), String::new());
    for (nth, object) in objects.iter().enumerate() {
        places.push_str(&format!("{:010} 00000 n \n", text.len()));
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", nth + 1));
    }
    let start = text.len();
    text.push_str(&format!("xref\n0 6\n0000000000 65535 f \n{places}trailer\n<</Size 6 /Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"));
    text.into_bytes()
}

/// The user in whose name the program acts.
const BY: UserId = UserId::SYSTEM;
