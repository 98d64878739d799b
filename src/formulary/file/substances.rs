//! The file of substances.

use std::collections::{HashMap, HashSet};

use super::{ReadRow, RowOutcome, TypedRow, effect};
use crate::{
    audit::change_words,
    core::{Error, Result, SubstanceId},
    formulary::{
        change::{self, Before},
        names::key,
        store,
        substance::{Group, SubstanceDraft, SubstanceNames, SubstanceTyped},
    },
    server::Ctx,
    tr,
};

pub(super) const COLUMNS: [&str; 8] = ["name", "name_es", "names", "groups", "rxcui", "pregnancy", "lactation", "source"];

/// The formulary as it is known while a file is read.
struct Known {
    names: SubstanceNames,
    groups: Vec<Group>,
    /// The keys of the rows before.
    seen: HashSet<String>,
}

/// Imports the rows of a file. A cell whose column the file lacks stays as it is.
pub(super) async fn import(ctx: &mut Ctx, rows: Vec<(usize, TypedRow)>) -> Result<Vec<ReadRow>> {
    let names = SubstanceNames::load(&mut ctx.tx).await?;
    let mut known = Known { names, groups: store::substances::groups(&mut ctx.tx).await?, seen: HashSet::new() };
    let mut read = Vec::new();
    for (line, typed) in rows {
        let (outcome, words) = effect(row(ctx, &typed, &mut known).await, str::to_owned)?;
        read.push(ReadRow { line, code: typed.get("name").to_owned(), outcome, words });
    }
    Ok(read)
}

async fn row(ctx: &mut Ctx, row: &TypedRow, known: &mut Known) -> Result<(RowOutcome, String)> {
    let name = row.get("name");
    if !known.seen.insert(key(name)) {
        return Err(Error::invalid("name", tr!(formulary.row_twice)));
    }
    // The row is about the substance whose own name it has; another name of a substance is taken.
    let of = known.names.find(name).filter(|(_, own)| key(own) == key(name)).map(|(id, _)| id);
    let before = match of {
        Some(id) => Some(Before::of(ctx, id).await?),
        None => None,
    };
    let draft = SubstanceDraft::read(&typed(row, before.as_ref()), of, &known.names, &known.groups)?;
    let id = of.unwrap_or_default();
    let changes = change::write_substance(ctx, id, before.as_ref(), &draft).await?;
    known.names.put(id, &draft.name, &draft.names);
    Ok(match before {
        None => (RowOutcome::New, draft.name),
        Some(_) if changes.is_empty() => (RowOutcome::Unchanged, draft.name),
        Some(_) => (RowOutcome::Changed, changes.iter().map(change_words).collect::<Vec<_>>().join("; ")),
    })
}

/// Returns the substance that a row describes.
fn typed(row: &TypedRow, before: Option<&Before>) -> SubstanceTyped {
    let old = |read: fn(&Before) -> String| before.map(read).unwrap_or_default();
    let cell = |column: &str, old: String| if row.has(column) { row.get(column).to_owned() } else { old };
    let advice = |column: &str, old: String| match cell(column, old).to_lowercase() {
        none if none.is_empty() => "unknown".to_owned(),
        advice => advice,
    };
    let groups = if row.has("groups") {
        row.list("groups", '|')
    } else {
        before.map(|before| before.groups.iter().map(|group| group.code.clone()).collect()).unwrap_or_default()
    };
    SubstanceTyped {
        name: row.get("name").to_owned(),
        name_es: cell("name_es", old(|before| before.substance.name_es.clone())),
        // A form separates the names with commas, a cell with `|`.
        names: if row.has("names") { row.list("names", '|').join(",") } else { old(|before| before.names.join(",")) },
        groups,
        rxcui: cell("rxcui", old(|before| before.substance.rxcui.clone())),
        pregnancy: advice("pregnancy", old(|before| before.substance.pregnancy.to_string())),
        lactation: advice("lactation", old(|before| before.substance.lactation.to_string())),
        source: cell("source", old(|before| before.substance.source.clone())),
    }
}

/// Returns the cells of all substances.
pub(super) async fn cells(ctx: &mut Ctx) -> Result<Vec<Vec<String>>> {
    let all = store::substances::all(&mut ctx.tx).await?;
    let mut names: HashMap<SubstanceId, Vec<String>> = HashMap::new();
    for (substance, name) in store::substances::spellings(&mut ctx.tx).await? {
        names.entry(substance).or_default().push(name);
    }
    let mut groups: HashMap<SubstanceId, Vec<String>> = HashMap::new();
    for (substance, code) in store::substances::memberships(&mut ctx.tx).await? {
        groups.entry(substance).or_default().push(code);
    }
    let joined = |all: Option<Vec<String>>| all.unwrap_or_default().join("|");
    Ok(all
        .into_iter()
        .map(|one| {
            let further =
                names.remove(&one.id).map(|names| names.into_iter().filter(|name| *name != one.name && *name != one.name_es).collect());
            vec![
                one.name,
                one.name_es,
                joined(further),
                joined(groups.remove(&one.id)),
                one.rxcui,
                one.pregnancy.to_string(),
                one.lactation.to_string(),
                one.source,
            ]
        })
        .collect())
}
