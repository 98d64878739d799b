//! The SQL of drugs.

use std::collections::HashMap;

use crate::{
    core::{DrugId, Result, Stamp, SubstanceId, time::Instant},
    db::{DbError, Locked, Sql, Tx, Value, sql},
    formulary::{
        Amount, Caution, DrugForm, DrugStatus, Route, Strength, Unit,
        drug::{Drug, DrugDraft, Ingredient, Prescribable},
    },
    row,
};

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
struct DrugRow {
    id: DrugId,
    version: i64,
    code: String,
    name: String,
    name_es: String,
    status: DrugStatus,
    retired: bool,
    same_as: Option<DrugId>,
    form: Option<DrugForm>,
    dispensing_unit: Option<Unit>,
    divisible: i64,
    high_alert: bool,
    fridge: bool,
    weekly: bool,
    counsel: bool,
    schedule: String,
    cautions: String,
    diluent: String,
    in_use_days: Option<i64>,
    source: String,
    confirmed_at: Option<Instant>,
    confirmed_by: Option<String>,
}

const DRUGS: &str = "SELECT d.id, d.version, d.code, d.name, d.name_es, d.status, d.retired_at IS NOT NULL AS retired, d.same_as, d.form,
        d.dispensing_unit, d.divisible, d.high_alert, d.fridge, d.weekly, d.counsel, d.schedule, d.cautions, d.diluent, d.in_use_days, d.source, d.confirmed_at, u.display_name AS confirmed_by
    FROM drugs d LEFT JOIN users u ON u.id = d.confirmed_by";

type IngredientRow = (DrugId, SubstanceId, String, String, Unit, String, Unit);

const INGREDIENTS: &str = "SELECT i.drug_id, i.substance_id, s.name, i.amount, i.unit, i.per, i.per_unit
    FROM drug_ingredients i JOIN substances s ON s.id = i.substance_id";

const ROUTES: &str = "SELECT drug_id, route FROM drug_routes";

async fn read(tx: &mut Tx, drugs: Sql, ingredients: Sql, routes: Sql) -> Result<Vec<Drug>> {
    let rows: Vec<DrugRow> = tx.all(drugs).await?;
    let mut parts: HashMap<DrugId, Vec<Ingredient>> = HashMap::new();
    for (drug, substance, name, amount, unit, per, per_unit) in tx.all::<IngredientRow>(ingredients).await? {
        // The schema keeps these columns exact decimals.
        let (Some(amount), Some(per)) = (Amount::stored(&amount), Amount::stored(&per)) else { continue };
        parts.entry(drug).or_default().push(Ingredient { substance, name, strength: Strength { amount, unit, per, per_unit } });
    }
    let mut ways: HashMap<DrugId, Vec<Route>> = HashMap::new();
    for (drug, route) in tx.all::<(DrugId, Route)>(routes).await? {
        ways.entry(drug).or_default().push(route);
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut routes = ways.remove(&row.id).unwrap_or_default();
            routes.sort_unstable();
            Drug {
                ingredients: parts.remove(&row.id).unwrap_or_default(),
                routes,
                id: row.id,
                version: row.version,
                code: row.code,
                name: row.name,
                name_es: row.name_es,
                status: row.status,
                retired: row.retired,
                same_as: row.same_as,
                form: row.form,
                unit: row.dispensing_unit,
                divisible: row.divisible,
                high_alert: row.high_alert,
                fridge: row.fridge,
                weekly: row.weekly,
                counsel: row.counsel,
                schedule: row.schedule,
                cautions: Caution::read(&row.cautions),
                diluent: row.diluent,
                in_use_days: row.in_use_days,
                source: row.source,
                confirmed_at: row.confirmed_at,
                confirmed_by: row.confirmed_by,
            }
        })
        .collect())
}

/// Returns all drugs, with unmapped names and retired rows, by name.
pub(in crate::formulary) async fn all(tx: &mut Tx) -> Result<Vec<Drug>> {
    let ingredients = sql(INGREDIENTS).push(" ORDER BY i.drug_id, i.position");
    read(tx, sql(DRUGS).push(" ORDER BY d.name"), ingredients, sql(ROUTES)).await
}

pub(in crate::formulary) async fn one(tx: &mut Tx, id: DrugId) -> Result<Option<Drug>> {
    let drug = sql(DRUGS).push(" WHERE d.id = ").push_bind(id);
    let ingredients = sql(INGREDIENTS).push(" WHERE i.drug_id = ").push_bind(id).push(" ORDER BY i.position");
    let routes = sql(ROUTES).push(" WHERE drug_id = ").push_bind(id);
    Ok(read(tx, drug, ingredients, routes).await?.pop())
}

/// Returns the codes and the names of all drugs, for a file that names them.
pub(in crate::formulary) async fn known(tx: &mut Tx) -> Result<Vec<(DrugId, String, String, DrugStatus)>> {
    Ok(tx.all(sql("SELECT id, code, name, status FROM drugs")).await?)
}

/// Inserts a bare name, which [`write()`] completes.
pub(in crate::formulary) async fn insert_name(tx: &mut Tx, id: DrugId, name: &str, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("INSERT INTO drugs (id, name, updated_at, updated_by) VALUES ($1, $2, $3, $4)");
    tx.execute(query.bind(id).bind(name).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// Writes the drug; it is unconfirmed afterwards.
pub(in crate::formulary) async fn write(tx: &mut Tx, drug: Locked<DrugId>, draft: &DrugDraft, stamp: Stamp) -> Result<(), DbError> {
    let id = drug.id();
    // A confirmed drug refuses other ingredients.
    tx.execute(sql("UPDATE drugs SET confirmed_at = NULL, confirmed_by = NULL WHERE id = $1").bind(id)).await?;
    let ingredient = |(at, one): (usize, &Ingredient)| {
        let Strength { amount, unit, per, per_unit } = one.strength;
        let position = i64::try_from(at + 1).unwrap_or(i64::MAX);
        row![id, one.substance, position, amount.text(), unit, per.text(), per_unit]
    };
    let rows: Vec<Vec<Value>> = draft.ingredients.iter().enumerate().map(ingredient).collect();
    let query =
        sql("INSERT INTO drug_ingredients (drug_id, substance_id, position, amount, unit, per, per_unit) VALUES ").push_rows(rows).push(
            " ON CONFLICT (drug_id, substance_id) DO UPDATE SET position = excluded.position, amount = excluded.amount,
                unit = excluded.unit, per = excluded.per, per_unit = excluded.per_unit",
        );
    tx.execute(query).await?;
    let others = sql("DELETE FROM drug_ingredients WHERE drug_id = ").push_bind(id).push(" AND substance_id NOT IN ");
    tx.execute(others.push_list(draft.ingredients.iter().map(|one| one.substance))).await?;
    let rows = draft.routes.iter().map(|route| row![id, *route]);
    tx.execute(sql("INSERT INTO drug_routes (drug_id, route) VALUES ").push_rows(rows).push(" ON CONFLICT DO NOTHING")).await?;
    let others = sql("DELETE FROM drug_routes WHERE drug_id = ").push_bind(id).push(" AND route NOT IN ");
    tx.execute(others.push_list(draft.routes.iter().copied())).await?;
    let query = sql("UPDATE drugs SET code = $2, name = $3, name_es = $4, form = $5, dispensing_unit = $6, divisible = $7, status = $8,
            schedule = $9, source = $10, high_alert = $11, fridge = $12, weekly = $13, same_as = NULL, updated_at = $14, updated_by = $15,
            counsel = $16, cautions = $17, diluent = $18, in_use_days = $19, version = version + 1
        WHERE id = $1")
    .bind(id)
    .bind(&draft.code)
    .bind(&draft.name)
    .bind(&draft.name_es)
    .bind(draft.form)
    .bind(draft.unit)
    .bind(draft.divisible)
    .bind(draft.status)
    .bind(&draft.schedule)
    .bind(&draft.source)
    .bind(draft.high_alert)
    .bind(draft.fridge)
    .bind(draft.weekly)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(draft.counsel)
    .bind(Caution::stored(&draft.cautions))
    .bind(&draft.diluent)
    .bind(draft.in_use_days);
    tx.execute(query).await?;
    Ok(())
}

pub(in crate::formulary) async fn set_retired(
    tx: &mut Tx,
    drug: Locked<DrugId>,
    retired: Option<Instant>,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("UPDATE drugs SET retired_at = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1");
    tx.execute(query.bind(drug.id()).bind(retired).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

pub(in crate::formulary) async fn confirm(tx: &mut Tx, drug: Locked<DrugId>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE drugs SET confirmed_at = $2, confirmed_by = $3, version = version + 1 WHERE id = $1");
    tx.execute(query.bind(drug.id()).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// Maps a bare name to a drug of the formulary, or takes the mapping back.
pub(in crate::formulary) async fn map(tx: &mut Tx, name: Locked<DrugId>, to: Option<DrugId>, stamp: Stamp) -> Result<(), DbError> {
    let query = sql("UPDATE drugs SET same_as = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $1");
    tx.execute(query.bind(name.id()).bind(to).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

const PRESCRIBABLE: &str =
    "SELECT id, name, name_es, status, allergy_words, usual_dose, usual_route, usual_frequency, high_alert FROM drugs
    WHERE retired_at IS NULL";

pub(in crate::formulary) async fn prescribable(tx: &mut Tx) -> Result<Vec<Prescribable>> {
    Ok(tx.all(sql(PRESCRIBABLE).push(" AND same_as IS NULL ORDER BY name")).await?)
}

/// Returns the mapped names with their drugs.
pub(in crate::formulary) async fn mapped(tx: &mut Tx) -> Result<Vec<(String, DrugId)>> {
    let query =
        sql("SELECT n.name, d.id FROM drugs n JOIN drugs d ON d.id = n.same_as WHERE n.retired_at IS NULL AND d.retired_at IS NULL");
    Ok(tx.all(query).await?)
}

pub(in crate::formulary) async fn prescribable_drug(tx: &mut Tx, id: DrugId) -> Result<Option<Prescribable>> {
    Ok(tx.optional(sql(PRESCRIBABLE).push(" AND id = ").push_bind(id)).await?)
}
