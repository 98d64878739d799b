//! The rules of documents: `infirmary check` asks them.

use super::store;
use crate::{
    core::Result,
    db::Tx,
    server::department::{Finding, Rule},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a document has all its parts",
        broken: "SELECT count(*) FROM patient_documents d WHERE d.chunks <>
            (SELECT count(*) FROM document_chunks c WHERE c.document_id = d.id AND c.position < d.chunks AND c.patient_id = d.patient_id)",
    },
    Rule {
        holds: "a part of a document belongs to one",
        broken: "SELECT count(*) FROM document_chunks c LEFT JOIN patient_documents d ON d.id = c.document_id
            WHERE d.id IS NULL OR c.position >= d.chunks",
    },
    Rule {
        holds: "a document that is marked as wrong is not in the portal",
        broken: "SELECT count(*) FROM patient_documents d WHERE d.error_at IS NOT NULL AND d.portal",
    },
    Rule {
        holds: "a version replaces a document of its own patient",
        broken: "SELECT count(*) FROM patient_documents n JOIN patient_documents d ON d.id = n.replaces WHERE d.patient_id <> n.patient_id",
    },
];

/// The documents that are read at a time.
const AT_ONCE: i64 = 100;

/// Checks that the bytes of each document have its digest.
pub(super) async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let (mut wrong, mut last) = (Vec::new(), None);
    loop {
        let ids = store::after(tx, last, AT_ONCE).await?;
        let Some(end) = ids.last().copied() else { break };
        for id in ids {
            let Some(document) = store::document(tx, id).await? else { continue };
            // A part that cannot be decrypted is not the part that was added.
            if !matches!(store::bytes(tx, &document).await, Ok(Some(_))) {
                wrong.push(id.into());
            }
        }
        last = Some(end);
    }
    Ok(vec![Finding::named("the bytes of a document have its digest", wrong)])
}
