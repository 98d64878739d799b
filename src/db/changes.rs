//! Records changes of sealed rows (`crate::keys::ChangesEnd`) when their transaction commits.

use uuid::Uuid;

use super::{DbError, Tx, sql};
use crate::keys::{ChangesEnd, END_ID, Sealed, SealedFields, digest_of};

/// Writes the changes. The row with the record's end is locked from here to the commit, which follows at once.
pub(super) async fn write(tx: &mut Tx, changed: Vec<(&'static dyn SealedFields, Uuid)>) -> Result<(), DbError> {
    let failed = |error: String| DbError::from(sqlx::Error::Encode(error.into()));
    let query = sql("SELECT sealed FROM sealed_changes_end WHERE id = $1").bind(END_ID).push_for("", " FOR UPDATE");
    let Some((sealed,)) = tx.optional::<(Sealed,)>(query).await? else {
        return Err(failed("the end of the record of changes is not there".to_owned()));
    };
    let mut end = ChangesEnd::open(tx.keys(), &sealed).map_err(failed)?;
    for (fields, id) in changed {
        let query = sql("SELECT sealed FROM ").push(fields.table()).push(" WHERE id = ").push_bind(id);
        let digest = tx.optional::<(Sealed,)>(query).await?.map(|(sealed,)| digest_of(fields.table(), id, &sealed));
        end = end.after(fields.table(), id, digest.as_deref());
        let query = sql("INSERT INTO sealed_changes (number, table_name, row_id, digest) VALUES ($1, $2, $3, $4)")
            .bind(end.number)
            .bind(fields.table())
            .bind(id)
            .bind(digest);
        tx.execute(query).await?;
    }
    tx.execute(sql("UPDATE sealed_changes_end SET sealed = $2 WHERE id = $1").bind(END_ID).bind(end.seal())).await?;
    Ok(())
}
