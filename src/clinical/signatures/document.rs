//! Signatures over documents of other departments, by the same keys as those of notes: a department keeps the signature beside its row.

use uuid::Uuid;

use super::{Content, SignedBytes, Signer, sign_bytes, verify_bytes};
use crate::{
    clinical::Meaning,
    core::{Result, Stamp, UserId, time::Instant},
    db::Tx,
};

/// The format of the bytes that are signed today.
const DOCUMENT_FORMAT: i64 = 1;

/// The person who signs a document, with the name as it is at that time.
#[derive(Clone, Copy, Debug)]
pub struct DocumentSigner<'n> {
    pub user: UserId,
    pub name: &'n str,
    pub at: Instant,
}

/// A signature of a document: the key's id and 64 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentSignature {
    pub key: Uuid,
    pub bytes: Vec<u8>,
}

/// The signed bytes: the kind of document, the signer, the number of parts, and each part with its length before it.
fn content(kind: &str, parts: &[String], signer: &Signer<'_>) -> Vec<u8> {
    parts.iter().fold(Content::of(kind, DOCUMENT_FORMAT).signer(signer).count(parts.len()), |content, part| content.text(part)).0
}

fn author<'n>(signer: &DocumentSigner<'n>) -> Signer<'n> {
    Signer { user: signer.user, name: signer.name, meaning: Meaning::Author, at: signer.at }
}

/// Signs a document with the key of its author; the first signature of a person creates the key. `kind` is never `note` or `addendum`.
///
/// # Errors
/// When the database refuses.
pub async fn sign_document(tx: &mut Tx, kind: &str, parts: &[String], signer: &DocumentSigner<'_>) -> Result<DocumentSignature> {
    let signed = sign_bytes(tx, Stamp { by: signer.user, at: signer.at }, &content(kind, parts, &author(signer))).await?;
    Ok(DocumentSignature { key: signed.key, bytes: signed.signature })
}

/// Whether the signature is the signer's, and the document what was signed.
///
/// # Errors
/// When the database refuses.
pub async fn verify_document(
    tx: &mut Tx,
    kind: &str,
    parts: &[String],
    signer: &DocumentSigner<'_>,
    signature: &DocumentSignature,
) -> Result<bool> {
    let signed = SignedBytes { key: signature.key, signature: signature.bytes.clone(), by: signer.user, at: signer.at };
    verify_bytes(tx, &signed, &content(kind, parts, &author(signer))).await
}
