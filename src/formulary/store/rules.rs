//! The SQL of the rules by which prescriptions are checked.

use uuid::Uuid;

use crate::{
    core::{Result, RuleId, Stamp, SubstanceGroupId, SubstanceId},
    db::{DbError, Sql, Tx, sql},
    formulary::{
        Amount, CheckLevel, InteractionLevel, LimitKind, Route, Unit,
        rule::{CrossReaction, DoseFigures, DoseRule, Interaction, Limit, RuleKind, RuleState, Side, Washout},
    },
};

impl RuleKind {
    const fn table(self) -> &'static str {
        match self {
            Self::Interaction => "interactions",
            Self::Dose => "dose_rules",
            Self::Limit => "substance_limits",
            Self::CrossReaction => "cross_reactions",
            Self::LookAlike => "look_alikes",
            Self::Washout => "washouts",
        }
    }
}

const STATE: &str = ", r.version, r.source, r.confirmed_at, u.display_name AS confirmed_by, r.retired_at IS NOT NULL AS retired FROM ";

#[derive(sqlx::FromRow)]
struct InteractionRow {
    id: RuleId,
    one_substance_id: Option<SubstanceId>,
    one_group_id: Option<SubstanceGroupId>,
    one_name: String,
    other_substance_id: Option<SubstanceId>,
    other_group_id: Option<SubstanceGroupId>,
    other_name: String,
    level: InteractionLevel,
    text_en: String,
    text_es: String,
    #[sqlx(flatten)]
    state: RuleState,
}

fn side(substance: Option<SubstanceId>, group: Option<SubstanceGroupId>) -> Option<Side> {
    substance.map(Side::Substance).or(group.map(Side::Group))
}

/// Returns all interactions, with retired ones; `spanish` decides the language of the names.
pub(in crate::formulary) async fn interactions(tx: &mut Tx, spanish: bool) -> Result<Vec<Interaction>> {
    let name = |table: &'static str| -> &'static str {
        match (table, spanish) {
            ("one", false) => "coalesce(s1.name, g1.name)",
            ("one", true) => "coalesce(nullif(s1.name_es, ''), s1.name, nullif(g1.name_es, ''), g1.name)",
            (_, false) => "coalesce(s2.name, g2.name)",
            (_, true) => "coalesce(nullif(s2.name_es, ''), s2.name, nullif(g2.name_es, ''), g2.name)",
        }
    };
    let query = sql("SELECT r.id, r.one_substance_id, r.one_group_id, ")
        .push(name("one"))
        .push(" AS one_name, r.other_substance_id, r.other_group_id, ")
        .push(name("other"))
        .push(" AS other_name, r.level, r.text_en, r.text_es")
        .push(STATE)
        .push(
            "interactions r LEFT JOIN substances s1 ON s1.id = r.one_substance_id LEFT JOIN substance_groups g1 ON g1.id = r.one_group_id
            LEFT JOIN substances s2 ON s2.id = r.other_substance_id LEFT JOIN substance_groups g2 ON g2.id = r.other_group_id
            LEFT JOIN users u ON u.id = r.confirmed_by ORDER BY one_name, other_name",
        );
    let rows: Vec<InteractionRow> = tx.all(query).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Interaction {
                id: row.id,
                one: side(row.one_substance_id, row.one_group_id)?,
                one_name: row.one_name,
                other: side(row.other_substance_id, row.other_group_id)?,
                other_name: row.other_name,
                level: row.level,
                text_en: row.text_en,
                text_es: row.text_es,
                state: row.state,
            })
        })
        .collect())
}

/// The texts of an interaction between two sides.
pub(in crate::formulary) struct NewInteraction<'t> {
    pub id: RuleId,
    pub sides: (Side, Side),
    pub level: InteractionLevel,
    pub text_en: &'t str,
    pub text_es: &'t str,
    pub source: &'t str,
}

pub(in crate::formulary) async fn insert_interaction(tx: &mut Tx, new: &NewInteraction<'_>, stamp: Stamp) -> Result<(), DbError> {
    let (one, other) = if new.sides.0.id() <= new.sides.1.id() { new.sides } else { (new.sides.1, new.sides.0) };
    let parts = |side: Side| match side {
        Side::Substance(id) => (Some(id), None),
        Side::Group(id) => (None, Some(id)),
    };
    let ((one_substance, one_group), (other_substance, other_group)) = (parts(one), parts(other));
    let query =
        sql("INSERT INTO interactions (id, one_id, one_substance_id, one_group_id, other_id, other_substance_id, other_group_id, level,
            text_en, text_es, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
        .bind(new.id)
        .bind(one.id())
        .bind(one_substance)
        .bind(one_group)
        .bind(other.id())
        .bind(other_substance)
        .bind(other_group)
        .bind(new.level)
        .bind(new.text_en)
        .bind(new.text_es)
        .bind(new.source)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DoseRow {
    id: RuleId,
    substance_id: SubstanceId,
    route: Option<Route>,
    from_days: i64,
    to_days: Option<i64>,
    unit: Unit,
    per_kg: bool,
    dose_low: Option<String>,
    dose_high: Option<String>,
    day_low: Option<String>,
    day_high: Option<String>,
    dose_max: Option<String>,
    day_max: Option<String>,
    #[sqlx(flatten)]
    state: RuleState,
}

impl From<DoseRow> for DoseRule {
    fn from(row: DoseRow) -> Self {
        let read = |text: Option<String>| text.and_then(|text| Amount::stored(&text));
        Self {
            id: row.id,
            substance: row.substance_id,
            figures: DoseFigures {
                route: row.route,
                from_days: row.from_days,
                to_days: row.to_days,
                unit: row.unit,
                per_kg: row.per_kg,
                dose_low: read(row.dose_low),
                dose_high: read(row.dose_high),
                day_low: read(row.day_low),
                day_high: read(row.day_high),
                dose_max: read(row.dose_max),
                day_max: read(row.day_max),
            },
            state: row.state,
        }
    }
}

fn dose_rules() -> Sql {
    sql("SELECT r.id, r.substance_id, r.route, r.from_days, r.to_days, r.unit, r.per_kg, r.dose_low, r.dose_high, r.day_low, r.day_high,
            r.dose_max, r.day_max")
    .push(STATE)
    .push("dose_rules r LEFT JOIN users u ON u.id = r.confirmed_by")
}

/// Returns all ranges of doses, with retired ones.
pub(in crate::formulary) async fn doses(tx: &mut Tx) -> Result<Vec<DoseRule>> {
    let rows: Vec<DoseRow> = tx.all(dose_rules().push(" ORDER BY r.substance_id, r.from_days, r.route")).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Returns the ranges of doses of these substances.
pub(in crate::formulary) async fn doses_of(tx: &mut Tx, substances: &[SubstanceId]) -> Result<Vec<DoseRule>> {
    let query = dose_rules().push(" WHERE r.substance_id IN ").push_list(substances.iter().copied());
    let rows: Vec<DoseRow> = tx.all(query.push(" ORDER BY r.substance_id, r.from_days, r.route")).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

pub(in crate::formulary) async fn insert_dose(
    tx: &mut Tx,
    (id, substance): (RuleId, SubstanceId),
    figures: &DoseFigures,
    source: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let text = |amount: Option<Amount>| amount.map(Amount::text);
    let query =
        sql("INSERT INTO dose_rules (id, substance_id, route, from_days, to_days, unit, per_kg, dose_low, dose_high, day_low, day_high,
            dose_max, day_max, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)")
        .bind(id)
        .bind(substance)
        .bind(figures.route)
        .bind(figures.from_days)
        .bind(figures.to_days)
        .bind(figures.unit)
        .bind(figures.per_kg)
        .bind(text(figures.dose_low))
        .bind(text(figures.dose_high))
        .bind(text(figures.day_low))
        .bind(text(figures.day_high))
        .bind(text(figures.dose_max))
        .bind(text(figures.day_max))
        .bind(source)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LimitRow {
    id: RuleId,
    substance_id: SubstanceId,
    kind: LimitKind,
    below: i64,
    level: CheckLevel,
    #[sqlx(flatten)]
    state: RuleState,
}

/// Returns the limits of these substances.
pub(in crate::formulary) async fn limits_of(tx: &mut Tx, substances: &[SubstanceId]) -> Result<Vec<Limit>> {
    let query = sql("SELECT r.id, r.substance_id, r.kind, r.below, r.level")
        .push(STATE)
        .push("substance_limits r LEFT JOIN users u ON u.id = r.confirmed_by WHERE r.substance_id IN ")
        .push_list(substances.iter().copied())
        .push(" ORDER BY r.kind, r.below");
    let rows: Vec<LimitRow> = tx.all(query).await?;
    let limit = |LimitRow { id, substance_id, kind, below, level, state }| Limit { id, substance: substance_id, kind, below, level, state };
    Ok(rows.into_iter().map(limit).collect())
}

pub(in crate::formulary) async fn insert_limit(
    tx: &mut Tx,
    (id, substance): (RuleId, SubstanceId),
    (kind, below, level): (LimitKind, i64, CheckLevel),
    source: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO substance_limits (id, substance_id, kind, below, level, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let query = query.bind(id).bind(substance).bind(kind).bind(below).bind(level).bind(source).bind(stamp.at).bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

fn washouts(spanish: bool) -> Sql {
    let name = if spanish { "coalesce(nullif(s.name_es, ''), s.name)" } else { "s.name" };
    sql("SELECT r.id, r.substance_id, r.days, ")
        .push(name)
        .push(" AS name")
        .push(STATE)
        .push("washouts r JOIN substances s ON s.id = r.substance_id LEFT JOIN users u ON u.id = r.confirmed_by")
}

/// Returns the washouts in use of these substances; `spanish` decides the language of the names.
pub(in crate::formulary) async fn washouts_of(tx: &mut Tx, substances: &[SubstanceId], spanish: bool) -> Result<Vec<Washout>> {
    let query = washouts(spanish).push(" WHERE r.retired_at IS NULL AND r.substance_id IN ").push_list(substances.iter().copied());
    Ok(tx.all(query).await?)
}

pub(in crate::formulary) async fn washout_days(tx: &mut Tx) -> Result<Vec<(SubstanceId, i64)>> {
    Ok(tx.all(sql("SELECT substance_id, days FROM washouts WHERE retired_at IS NULL")).await?)
}

pub(in crate::formulary) async fn insert_washout(
    tx: &mut Tx,
    (id, substance): (RuleId, SubstanceId),
    days: i64,
    source: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO washouts (id, substance_id, days, source, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6)");
    tx.execute(query.bind(id).bind(substance).bind(days).bind(source).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct CrossRow {
    id: RuleId,
    one_group_id: SubstanceGroupId,
    one_name: String,
    one_name_es: String,
    other_group_id: SubstanceGroupId,
    other_name: String,
    other_name_es: String,
    level: CheckLevel,
    #[sqlx(flatten)]
    state: RuleState,
}

/// Returns the cross-reactions; `spanish` decides the language of the names.
pub(in crate::formulary) async fn cross_reactions(tx: &mut Tx, spanish: bool) -> Result<Vec<CrossReaction>> {
    let query =
        sql("SELECT r.id, r.one_group_id, r.other_group_id, g1.name AS one_name, g1.name_es AS one_name_es, g2.name AS other_name, g2.name_es AS other_name_es, r.level")
            .push(STATE)
            .push(
                "cross_reactions r JOIN substance_groups g1 ON g1.id = r.one_group_id JOIN substance_groups g2 ON g2.id = r.other_group_id
            LEFT JOIN users u ON u.id = r.confirmed_by ORDER BY g1.name, g2.name",
            );
    let rows: Vec<CrossRow> = tx.all(query).await?;
    let named = |name: String, name_es: String| if spanish && !name_es.is_empty() { name_es } else { name };
    Ok(rows
        .into_iter()
        .map(|row| CrossReaction {
            id: row.id,
            one: row.one_group_id,
            one_name: named(row.one_name, row.one_name_es),
            other: row.other_group_id,
            other_name: named(row.other_name, row.other_name_es),
            level: row.level,
            state: row.state,
        })
        .collect())
}

pub(in crate::formulary) async fn insert_cross_reaction(
    tx: &mut Tx,
    (one, other): (SubstanceGroupId, SubstanceGroupId),
    level: CheckLevel,
    source: &str,
    stamp: Stamp,
) -> Result<(), DbError> {
    let (one, other) = if one < other { (one, other) } else { (other, one) };
    let query = sql("INSERT INTO cross_reactions (id, one_group_id, other_group_id, level, source, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)");
    tx.execute(query.bind(RuleId::new()).bind(one).bind(other).bind(level).bind(source).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}

/// Returns the number of rules of a kind, with retired ones.
pub(in crate::formulary) async fn count(tx: &mut Tx, kind: RuleKind) -> Result<i64> {
    Ok(tx.count(sql("SELECT count(*) FROM ").push(kind.table())).await?)
}

/// Returns the pairs of all interactions and cross-reactions, with retired ones.
pub(in crate::formulary) async fn pairs(tx: &mut Tx) -> Result<Vec<(Uuid, Uuid)>> {
    let query = sql("SELECT one_id, other_id FROM interactions UNION SELECT one_group_id, other_group_id FROM cross_reactions");
    Ok(tx.all(query).await?)
}

/// Confirms a rule in the version that was shown; returns `false` when it has another one by now, or is retired.
pub(in crate::formulary) async fn confirm(tx: &mut Tx, kind: RuleKind, id: RuleId, version: i64, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE ")
        .push(kind.table())
        .push(" SET version = version + 1, confirmed_at = ")
        .push_bind(stamp.at)
        .push(", confirmed_by = ")
        .push_bind(stamp.by)
        .push(" WHERE retired_at IS NULL AND id = ")
        .push_bind(id)
        .push(" AND version = ")
        .push_bind(version);
    Ok(tx.execute(query).await? > 0)
}

/// Retires a rule in the version that was shown; returns `false` when it has another one by now, or is retired.
pub(in crate::formulary) async fn retire(tx: &mut Tx, kind: RuleKind, id: RuleId, version: i64, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE ")
        .push(kind.table())
        .push(" SET version = version + 1, retired_at = ")
        .push_bind(stamp.at)
        .push(", updated_at = ")
        .push_bind(stamp.at)
        .push(", updated_by = ")
        .push_bind(stamp.by)
        .push(" WHERE retired_at IS NULL AND id = ")
        .push_bind(id)
        .push(" AND version = ")
        .push_bind(version);
    Ok(tx.execute(query).await? > 0)
}
