//! The default formulary: substances, groups, drugs and rules from the files of `assets/formulary`, each with its source. Loading adds what is
//! missing, and changes nothing that is there; all that it adds is unconfirmed.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use uuid::Uuid;

use super::{
    Advice, CheckLevel, DrugStatus, GroupKind, InteractionLevel, LimitKind,
    alike::{self, SideTyped},
    change,
    drug::DrugDraft,
    file,
    names::{self, key},
    rule::{DoseFigures, DoseTyped, RuleKind, Side},
    store,
    substance::{Group, SubstanceDraft, SubstanceNames},
};
use crate::{
    core::{DrugId, Error, Result, RuleId, Stamp, SubstanceGroupId, SubstanceId},
    db::Tx,
};

const SUBSTANCES: &str = include_str!("../../assets/formulary/substances.csv");
const GROUPS: &str = include_str!("../../assets/formulary/groups.csv");
const DRUGS: &str = include_str!("../../assets/formulary/drugs.csv");
const INTERACTIONS: &str = include_str!("../../assets/formulary/interactions.csv");
const DOSES: &str = include_str!("../../assets/formulary/dose_rules.csv");
const LIMITS: &str = include_str!("../../assets/formulary/limits.csv");
const LOOK_ALIKES: &str = include_str!("../../assets/formulary/look_alikes.csv");
const WASHOUTS: &str = include_str!("../../assets/formulary/washouts.csv");
const CROSS_REACTIONS: &str = include_str!("../../assets/formulary/cross_reactions.csv");

/// The number of rows that loading added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub substances: usize,
    pub groups: usize,
    pub drugs: usize,
    pub rules: usize,
}

#[derive(Deserialize)]
struct SubstanceRow {
    name: String,
    name_es: String,
    pregnancy: Advice,
    lactation: Advice,
    source: String,
}

#[derive(Deserialize)]
struct GroupRow {
    code: String,
    kind: GroupKind,
    name: String,
    name_es: String,
    /// Names of substances with `|` between; of an allergy group, the list of names knows them.
    members: String,
    source: String,
}

#[derive(Deserialize)]
struct InteractionRow {
    one: String,
    other: String,
    level: InteractionLevel,
    text_en: String,
    text_es: String,
    source: String,
}

#[derive(Deserialize)]
struct DoseRow {
    substance: String,
    route: String,
    from_days: String,
    to_days: String,
    unit: String,
    per_kg: String,
    dose_low: String,
    dose_high: String,
    day_low: String,
    day_high: String,
    dose_max: String,
    day_max: String,
    source: String,
}

#[derive(Deserialize)]
struct LimitRow {
    substance: String,
    kind: LimitKind,
    below: i64,
    level: CheckLevel,
    source: String,
}

#[derive(Deserialize)]
struct CrossRow {
    one: String,
    other: String,
    level: CheckLevel,
    source: String,
}

#[derive(Deserialize)]
struct AlikeRow {
    one: String,
    one_tall: String,
    other: String,
    other_tall: String,
    source: String,
}

#[derive(Deserialize)]
struct WashoutRow {
    substance: String,
    days: i64,
    source: String,
}

fn rows<T: for<'r> Deserialize<'r>>(text: &str) -> Result<Vec<T>> {
    let rows: Result<Vec<T>, csv::Error> = csv::Reader::from_reader(text.as_bytes()).deserialize().collect();
    rows.map_err(|error| Error::internal("a file of the default formulary cannot be read", &error))
}

fn unknown(name: &str) -> Error {
    Error::internal("the default formulary names something that it does not have", &name)
}

/// Adds all that the hospital does not have yet.
///
/// # Errors
/// When the database refuses.
pub async fn load_defaults(tx: &mut Tx, stamp: Stamp) -> Result<Loaded> {
    change::take_turn(tx).await?;
    let mut loaded = Loaded { substances: substances(tx, stamp).await?, ..Loaded::default() };
    let known = SubstanceNames::load(tx).await?;
    let (groups, new_groups) = groups(tx, &known).await?;
    loaded.groups = new_groups;
    loaded.drugs = drugs(tx, &known, stamp).await?;
    loaded.rules = interactions(tx, &known, &groups, stamp).await?;
    loaded.rules += doses(tx, &known, stamp).await?;
    loaded.rules += limits(tx, &known, stamp).await?;
    loaded.rules += cross_reactions(tx, &groups, stamp).await?;
    loaded.rules += look_alikes(tx, &known, stamp).await?;
    loaded.rules += washouts(tx, &known, stamp).await?;
    Ok(loaded)
}

async fn substances(tx: &mut Tx, stamp: Stamp) -> Result<usize> {
    let facts: HashMap<String, SubstanceRow> = rows::<SubstanceRow>(SUBSTANCES)?.into_iter().map(|row| (row.name.clone(), row)).collect();
    let there: HashSet<String> = store::substances::names(tx).await?.into_iter().map(|(key, ..)| key).collect();
    let mut added = 0;
    for listed in names::listed() {
        let Some(own) = listed.names.first().copied() else { continue };
        if listed.names.iter().any(|name| there.contains(&key(name))) {
            continue;
        }
        let row = facts.get(own);
        // The Spanish name finds the substance too. Of two spellings the first counts.
        let spanish = row.map(|row| row.name_es.as_str()).filter(|name| !name.is_empty() && !there.contains(&key(name)));
        let draft = SubstanceDraft {
            name: own.to_owned(),
            name_es: row.map(|row| row.name_es.clone()).unwrap_or_default(),
            names: std::iter::once(own).chain(spanish).chain(listed.names.iter().copied()).map(str::to_owned).collect(),
            groups: Vec::new(),
            rxcui: String::new(),
            pregnancy: row.map_or(Advice::Unknown, |row| row.pregnancy),
            lactation: row.map_or(Advice::Unknown, |row| row.lactation),
            source: row.map(|row| row.source.clone()).unwrap_or_default(),
        };
        store::substances::insert(tx, SubstanceId::new(), &draft, stamp).await?;
        added += 1;
    }
    Ok(added)
}

async fn groups(tx: &mut Tx, known: &SubstanceNames) -> Result<(HashMap<String, SubstanceGroupId>, usize)> {
    let mut all: HashMap<String, SubstanceGroupId> =
        store::substances::groups(tx).await?.into_iter().map(|group| (group.code, group.id)).collect();
    let (mut added, mut members) = (0, Vec::new());
    for row in rows::<GroupRow>(GROUPS)? {
        if all.contains_key(&row.code) {
            continue;
        }
        let id = SubstanceGroupId::new();
        let names: Vec<&str> = match row.kind {
            GroupKind::Allergy => names::listed()
                .filter(|listed| listed.classes.contains(&row.code.as_str()))
                .filter_map(|listed| listed.names.first().copied())
                .collect(),
            _ => row.members.split('|').collect(),
        };
        for name in names {
            let (substance, _) = known.find(name).ok_or_else(|| unknown(name))?;
            members.push((id, substance));
        }
        let group = Group { id, code: row.code, kind: row.kind, name: row.name, name_es: row.name_es, source: row.source };
        store::substances::insert_group(tx, &group).await?;
        all.insert(group.code, id);
        added += 1;
    }
    store::substances::insert_members(tx, members).await?;
    Ok((all, added))
}

async fn drugs(tx: &mut Tx, known: &SubstanceNames, stamp: Stamp) -> Result<usize> {
    let there = store::drugs::known(tx).await?;
    let codes: HashSet<String> = there.iter().map(|(_, code, ..)| code.to_uppercase()).collect();
    // A bare name that is the name of a drug becomes that drug.
    let names: HashMap<String, (DrugId, DrugStatus)> =
        there.iter().map(|(id, _, name, status)| (name.to_lowercase(), (*id, *status))).collect();
    let mut added = 0;
    for typed in file::drug_rows(DRUGS)? {
        let draft = DrugDraft::read(&typed, known)?;
        if codes.contains(&draft.code) {
            continue;
        }
        let before = match names.get(&draft.name.to_lowercase()) {
            Some((id, DrugStatus::Unmapped)) => store::drugs::one(tx, *id).await?,
            Some(_) => continue,
            None => None,
        };
        let id = before.as_ref().map_or_else(DrugId::new, |before| before.id);
        change::write_drug(tx, (id, before.as_ref()), &draft, stamp).await?;
        added += 1;
    }
    Ok(added)
}

async fn interactions(tx: &mut Tx, known: &SubstanceNames, groups: &HashMap<String, SubstanceGroupId>, stamp: Stamp) -> Result<usize> {
    let there: HashSet<(Uuid, Uuid)> = store::rules::pairs(tx).await?.into_iter().collect();
    let side = |name: &str| match name.strip_prefix('@') {
        Some(code) => groups.get(code).copied().map(Side::Group),
        None => known.find(name).map(|(id, _)| Side::Substance(id)),
    };
    let mut added = 0;
    for row in rows::<InteractionRow>(INTERACTIONS)? {
        let one = side(&row.one).ok_or_else(|| unknown(&row.one))?;
        let other = side(&row.other).ok_or_else(|| unknown(&row.other))?;
        let pair = (one.id().min(other.id()), one.id().max(other.id()));
        if there.contains(&pair) {
            continue;
        }
        let new = store::rules::NewInteraction {
            id: RuleId::new(),
            sides: (one, other),
            level: row.level,
            text_en: &row.text_en,
            text_es: &row.text_es,
            source: &row.source,
        };
        store::rules::insert_interaction(tx, &new, stamp).await?;
        added += 1;
    }
    Ok(added)
}

async fn doses(tx: &mut Tx, known: &SubstanceNames, stamp: Stamp) -> Result<usize> {
    // A hospital that has rules of its own gets no others beside them.
    if store::rules::count(tx, RuleKind::Dose).await? > 0 {
        return Ok(0);
    }
    let all = rows::<DoseRow>(DOSES)?;
    for row in &all {
        let (substance, _) = known.find(&row.substance).ok_or_else(|| unknown(&row.substance))?;
        let typed = DoseTyped {
            route: row.route.clone(),
            from_days: row.from_days.clone(),
            to_days: row.to_days.clone(),
            unit: row.unit.clone(),
            per_kg: row.per_kg == "yes",
            dose_low: row.dose_low.clone(),
            dose_high: row.dose_high.clone(),
            day_low: row.day_low.clone(),
            day_high: row.day_high.clone(),
            dose_max: row.dose_max.clone(),
            day_max: row.day_max.clone(),
        };
        let figures = DoseFigures::read(&typed)?;
        store::rules::insert_dose(tx, (RuleId::new(), substance), &figures, &row.source, stamp).await?;
    }
    Ok(all.len())
}

async fn limits(tx: &mut Tx, known: &SubstanceNames, stamp: Stamp) -> Result<usize> {
    if store::rules::count(tx, RuleKind::Limit).await? > 0 {
        return Ok(0);
    }
    let all = rows::<LimitRow>(LIMITS)?;
    for row in &all {
        let (substance, _) = known.find(&row.substance).ok_or_else(|| unknown(&row.substance))?;
        store::rules::insert_limit(tx, (RuleId::new(), substance), (row.kind, row.below, row.level), &row.source, stamp).await?;
    }
    Ok(all.len())
}

async fn cross_reactions(tx: &mut Tx, groups: &HashMap<String, SubstanceGroupId>, stamp: Stamp) -> Result<usize> {
    let there: HashSet<(Uuid, Uuid)> = store::rules::pairs(tx).await?.into_iter().collect();
    let mut added = 0;
    for row in rows::<CrossRow>(CROSS_REACTIONS)? {
        let group = |code: &String| groups.get(code).copied().ok_or_else(|| unknown(code));
        let (one, other) = (group(&row.one)?, group(&row.other)?);
        if there.contains(&(one.min(other).into(), one.max(other).into())) {
            continue;
        }
        store::rules::insert_cross_reaction(tx, (one, other), row.level, &row.source, stamp).await?;
        added += 1;
    }
    Ok(added)
}

async fn look_alikes(tx: &mut Tx, known: &SubstanceNames, stamp: Stamp) -> Result<usize> {
    let pairs = store::alike::all(tx).await?;
    let there: HashSet<_> = pairs.into_iter().map(|pair| (pair.one_id, pair.other_id)).collect();
    let mut added = 0;
    for row in rows::<AlikeRow>(LOOK_ALIKES)? {
        let side = |name: String, tall: String| SideTyped { name, tall, tall_es: String::new() };
        let (one, _) = known.find(&row.one).ok_or_else(|| unknown(&row.one))?;
        let (other, _) = known.find(&row.other).ok_or_else(|| unknown(&row.other))?;
        if there.contains(&(one.min(other), one.max(other))) {
            continue;
        }
        // A hospital that spells a name in its own way keeps its spelling.
        let sides = match alike::read_pair(tx, &[side(row.one, row.one_tall), side(row.other, row.other_tall)], known).await {
            Ok(sides) => sides,
            Err(Error::Invalid(_)) => continue,
            Err(error) => return Err(error),
        };
        store::alike::insert(tx, RuleId::new(), &sides, &row.source, stamp).await?;
        added += 1;
    }
    Ok(added)
}

async fn washouts(tx: &mut Tx, known: &SubstanceNames, stamp: Stamp) -> Result<usize> {
    if store::rules::count(tx, RuleKind::Washout).await? > 0 {
        return Ok(0);
    }
    let all = rows::<WashoutRow>(WASHOUTS)?;
    for row in &all {
        let (substance, _) = known.find(&row.substance).ok_or_else(|| unknown(&row.substance))?;
        store::rules::insert_washout(tx, (RuleId::new(), substance), row.days, &row.source, stamp).await?;
    }
    Ok(all.len())
}
