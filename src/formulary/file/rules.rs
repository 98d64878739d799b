//! The files of rules: interactions, and ranges of doses. A row that says something else than the rule in use retires that rule, and adds another.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{ReadRow, RowOutcome, TypedRow, effect};
use crate::{
    core::{Error, Result, RuleId, SubstanceId, error::FieldErrors},
    formulary::{
        Amount, InteractionLevel, Route,
        change::{self, InteractionTyped},
        rule::{DoseFigures, DoseRule, DoseTyped, Interaction, RuleKind, Side},
        store,
        substance::{Group, SubstanceNames},
    },
    server::Ctx,
    tr,
};

pub(super) const INTERACTIONS: [&str; 6] = ["one", "other", "level", "text_en", "text_es", "source"];
pub(super) const DOSES: [&str; 13] = [
    "substance",
    "route",
    "from_days",
    "to_days",
    "unit",
    "per_kg",
    "dose_low",
    "dose_high",
    "day_low",
    "day_high",
    "dose_max",
    "day_max",
    "source",
];

/// Two sides in the order of their ids.
type Pair = (Uuid, Uuid);

fn pair(one: Side, other: Side) -> Pair {
    (one.id().min(other.id()), one.id().max(other.id()))
}

/// The interactions as they are known while a file is read.
struct KnownPairs {
    names: SubstanceNames,
    groups: Vec<Group>,
    /// The interactions in use.
    rules: HashMap<Pair, Interaction>,
    /// The pairs of the rows before.
    seen: HashSet<Pair>,
}

/// Imports the rows of a file of interactions.
pub(super) async fn import_interactions(ctx: &mut Ctx, rows: Vec<(usize, TypedRow)>) -> Result<Vec<ReadRow>> {
    let names = SubstanceNames::load(&mut ctx.tx).await?;
    let groups = store::substances::groups(&mut ctx.tx).await?;
    let rules = store::rules::interactions(&mut ctx.tx, false).await?.into_iter().filter(|rule| !rule.state.retired);
    let rules = rules.map(|rule| (pair(rule.one, rule.other), rule)).collect();
    let mut known = KnownPairs { names, groups, rules, seen: HashSet::new() };
    let mut read = Vec::new();
    for (line, typed) in rows {
        let (outcome, words) = effect(interaction(ctx, &typed, &mut known).await, str::to_owned)?;
        read.push(ReadRow { line, code: format!("{} + {}", typed.get("one"), typed.get("other")), outcome, words });
    }
    Ok(read)
}

async fn interaction(ctx: &mut Ctx, row: &TypedRow, known: &mut KnownPairs) -> Result<(RowOutcome, String)> {
    let mut errors = FieldErrors::new();
    let [one, other, text_en, text_es, source] =
        ["one", "other", "text_en", "text_es", "source"].map(|name| errors.required_line(name, row.get(name), 500));
    let level = errors.chosen::<InteractionLevel>("level", &row.get("level").to_lowercase());
    errors.finish()?;
    let mut errors = FieldErrors::new();
    let sides =
        [("one", &one), ("other", &other)].map(|(field, name)| errors.check(change::side(field, name, &known.names, &known.groups)));
    errors.finish()?;
    let (Some(level), [Some(first), Some(last)]) = (level, sides) else {
        return Err(Error::invalid("level", tr!(errors.choose)));
    };
    let key = pair(first, last);
    if !known.seen.insert(key) {
        return Err(Error::invalid("other", tr!(formulary.row_twice)));
    }
    let said = |level: InteractionLevel, en: &str, es: &str, source: &str| format!("{}, {en}, {es}, {source}", level.words());
    let now = said(level, &text_en, &text_es, &source);
    let before = match known.rules.remove(&key) {
        Some(rule) => {
            let before = said(rule.level, &rule.text_en, &rule.text_es, &rule.state.source);
            if before == now {
                return Ok((RowOutcome::Unchanged, now));
            }
            change::settle_rule(ctx, RuleKind::Interaction, rule.id, rule.state.version, false).await?;
            Some(before)
        }
        None => None,
    };
    let typed =
        InteractionTyped { key: RuleId::new(), one: &one, other: &other, level, text_en: &text_en, text_es: &text_es, source: &source };
    change::write_interaction(ctx, (first, last), &typed).await?;
    Ok(outcome(before, now))
}

fn outcome(before: Option<String>, now: String) -> (RowOutcome, String) {
    match before {
        None => (RowOutcome::New, now),
        Some(before) => (RowOutcome::Changed, format!("{before} → {now}")),
    }
}

/// Returns the cells of the interactions in use.
pub(super) async fn interaction_cells(ctx: &mut Ctx) -> Result<Vec<Vec<String>>> {
    let codes: HashMap<_, _> = store::substances::groups(&mut ctx.tx).await?.into_iter().map(|group| (group.id, group.code)).collect();
    let rules = store::rules::interactions(&mut ctx.tx, false).await?;
    let side = |side: Side, name: &str| match side {
        Side::Substance(_) => name.to_owned(),
        Side::Group(id) => format!("@{}", codes.get(&id).cloned().unwrap_or_default()),
    };
    let cells = |rule: &Interaction| {
        let level = rule.level.to_string();
        let (one, other) = (side(rule.one, &rule.one_name), side(rule.other, &rule.other_name));
        vec![one, other, level, rule.text_en.clone(), rule.text_es.clone(), rule.state.source.clone()]
    };
    Ok(rules.iter().filter(|rule| !rule.state.retired).map(cells).collect())
}

/// A range of doses: its substance, route, first day of age, and whether it goes by weight. In use there is one of each.
type Range = (SubstanceId, Option<Route>, i64, bool);

fn range(substance: SubstanceId, figures: &DoseFigures) -> Range {
    (substance, figures.route, figures.from_days, figures.per_kg)
}

/// The ranges of doses as they are known while a file is read.
struct KnownRanges {
    names: SubstanceNames,
    /// The ranges in use.
    rules: HashMap<Range, DoseRule>,
    /// The ranges of the rows before.
    seen: HashSet<Range>,
}

/// Imports the rows of a file of ranges of doses.
pub(super) async fn import_doses(ctx: &mut Ctx, rows: Vec<(usize, TypedRow)>) -> Result<Vec<ReadRow>> {
    let names = SubstanceNames::load(&mut ctx.tx).await?;
    let rules = store::rules::doses(&mut ctx.tx).await?.into_iter().filter(|rule| !rule.state.retired);
    let rules = rules.map(|rule| (range(rule.substance, &rule.figures), rule)).collect();
    let mut known = KnownRanges { names, rules, seen: HashSet::new() };
    let mut read = Vec::new();
    for (line, typed) in rows {
        let (outcome, words) = effect(dose(ctx, &typed, &mut known).await, str::to_owned)?;
        read.push(ReadRow { line, code: typed.get("substance").to_owned(), outcome, words });
    }
    Ok(read)
}

/// Returns whether a range goes by weight.
fn per_kg(typed: &str) -> Result<bool> {
    match typed.to_lowercase().as_str() {
        "yes" | "true" | "1" | "sí" | "si" => Ok(true),
        "" | "no" | "false" | "0" => Ok(false),
        _ => Err(Error::invalid("per_kg", tr!(formulary.yes_or_no))),
    }
}

async fn dose(ctx: &mut Ctx, row: &TypedRow, known: &mut KnownRanges) -> Result<(RowOutcome, String)> {
    let mut errors = FieldErrors::new();
    let name = errors.required_line("substance", row.get("substance"), 200);
    let source = errors.required_line("source", row.get("source"), 500);
    let substance = known.names.find(&name);
    if substance.is_none() && !name.is_empty() {
        errors.add("substance", tr!(formulary.no_such_substance, name = name));
    }
    let by_weight = errors.check(per_kg(row.get("per_kg")));
    let text = |column: &str| row.get(column).to_owned();
    let typed = DoseTyped {
        route: text("route"),
        from_days: text("from_days"),
        to_days: text("to_days"),
        unit: text("unit"),
        per_kg: by_weight.unwrap_or_default(),
        dose_low: text("dose_low"),
        dose_high: text("dose_high"),
        day_low: text("day_low"),
        day_high: text("day_high"),
        dose_max: text("dose_max"),
        day_max: text("day_max"),
    };
    let figures = errors.check(DoseFigures::read(&typed));
    errors.finish()?;
    let (Some((substance, _)), Some(figures)) = (substance, figures) else { return Err(Error::invalid("substance", tr!(errors.choose))) };
    let key = range(substance, &figures);
    if !known.seen.insert(key) {
        return Err(Error::invalid("from_days", tr!(formulary.row_twice)));
    }
    let said = |figures: &DoseFigures, source: &str| format!("{}: {}, {source}", figures.who(), figures.words());
    let now = said(&figures, &source);
    let before = match known.rules.remove(&key) {
        Some(rule) if rule.figures == figures && rule.state.source == source => return Ok((RowOutcome::Unchanged, now)),
        Some(rule) => {
            change::settle_rule(ctx, RuleKind::Dose, rule.id, rule.state.version, false).await?;
            Some(said(&rule.figures, &rule.state.source))
        }
        None => None,
    };
    change::add_dose_rule(ctx, (RuleId::new(), substance), &figures, &source).await?;
    Ok(outcome(before, now))
}

/// Returns the cells of the ranges of doses in use.
pub(super) async fn dose_cells(ctx: &mut Ctx) -> Result<Vec<Vec<String>>> {
    let names: HashMap<_, _> = store::substances::all(&mut ctx.tx).await?.into_iter().map(|one| (one.id, one.name)).collect();
    let rules = store::rules::doses(&mut ctx.tx).await?;
    let amount = |amount: Option<Amount>| amount.map(Amount::text).unwrap_or_default();
    let cells = |rule: &DoseRule| {
        let figures = &rule.figures;
        vec![
            names.get(&rule.substance).cloned().unwrap_or_default(),
            figures.route.map(|route| route.to_string()).unwrap_or_default(),
            figures.from_days.to_string(),
            figures.to_days.map(|days| days.to_string()).unwrap_or_default(),
            figures.unit.to_string(),
            if figures.per_kg { "yes" } else { "no" }.to_owned(),
            amount(figures.dose_low),
            amount(figures.dose_high),
            amount(figures.day_low),
            amount(figures.day_high),
            amount(figures.dose_max),
            amount(figures.day_max),
            rule.state.source.clone(),
        ]
    };
    let mut rows: Vec<_> = rules.iter().filter(|rule| !rule.state.retired).map(cells).collect();
    rows.sort_by_key(|row| row.first().cloned());
    Ok(rows)
}
