//! The SQL of the hospital's own sentences.

use super::MessageText;
use crate::{
    core::{MessageTextId, Result, Stamp},
    db::{Tx, sql},
    messages::MessageKind,
};

pub(super) async fn text(tx: &mut Tx, kind: MessageKind) -> Result<Option<MessageText>> {
    let query = sql("SELECT english, spanish, version FROM message_texts WHERE kind = $1 ORDER BY version DESC LIMIT 1").bind(kind);
    Ok(tx.optional(query).await?)
}

pub(super) async fn add(tx: &mut Tx, id: MessageTextId, kind: MessageKind, new: &MessageText, stamp: Stamp) -> Result<()> {
    let query =
        sql("INSERT INTO message_texts (id, kind, version, english, spanish, written_at, written_by) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id)
            .bind(kind)
            .bind(new.version + 1)
            .bind(new.english.clone())
            .bind(new.spanish.clone())
            .bind(stamp.at)
            .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
