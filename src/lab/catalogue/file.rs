//! The catalogue as a file of comma-separated values: export, and import with a preview of the changes. A test with several ranges has
//! several rows.
//!
//! The preview is the import itself, in a transaction that is not committed, so that it cannot differ from the import.

use std::collections::HashMap;

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Catalogue, LabTest, acts, form::DeltaForm, form::RangeForm, form::TestForm, store};
use crate::{
    billing,
    core::{Error, LabDeltaId, LabRangeId, LabTestId, Result, spreadsheet},
    lab::{range::ReferenceRange, value::exact},
    organisation::Typed,
    server::Ctx,
    tr,
};

/// The columns, in the order of the export. Ages are days.
pub const COLUMNS: [&str; 40] = [
    "code",
    "name_en",
    "name_es",
    "loinc",
    "loinc_name",
    "result_type",
    "unit",
    "decimals",
    "specimen",
    "container",
    "bench",
    "method",
    "tat_stat",
    "tat_urgent",
    "tat_routine",
    "linear_low",
    "linear_high",
    "plausible_low",
    "plausible_high",
    "duplicate_hours",
    "portal_rule",
    "portal_hours",
    "formula",
    "inputs",
    "range_method",
    "sex",
    "age_from",
    "age_to",
    "condition",
    "critical_low",
    "low",
    "high",
    "critical_high",
    "text",
    "valid_from",
    "source",
    "delta_absolute",
    "delta_percent",
    "delta_days",
    "delta_source",
];
/// The most rows in one file.
const ROWS: usize = 2_000;

crate::text_enum! {
    /// The effect of a row of the file.
    pub enum TestOutcome("outcome") {
        New = "new",
        Changed = "changed",
        Unchanged = "unchanged",
        Refused = "refused",
    }
}

/// A row of the file, and its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedTest {
    /// The line of the file, from 1; the header is line 1.
    pub line: usize,
    pub code: String,
    pub outcome: TestOutcome,
    /// The change, or the mistake in the row.
    pub words: String,
}

/// The effect of the file on the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportedTests {
    pub rows: Vec<ImportedTest>,
}

impl ImportedTests {
    /// Returns the number of rows with the outcome.
    pub fn count(&self, outcome: TestOutcome) -> usize {
        self.rows.iter().filter(|row| row.outcome == outcome).count()
    }

    /// Returns a digest that identifies exactly these changes: the form sends the one that the user saw.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for row in &self.rows {
            digest.update(format!("{}\n{}\n{}\n{}\n", row.line, row.code, row.outcome.as_str(), row.words));
        }
        let bytes = digest.finalize();
        let named: [u8; 16] = std::array::from_fn(|at| bytes[at]);
        Uuid::from_bytes(named).simple().to_string()
    }
}

/// Returns the tests in use with their ranges and delta rules.
///
/// # Errors
/// When the database refuses.
pub async fn export(ctx: &mut Ctx) -> Result<String> {
    let today = ctx.today();
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let failed = |error: csv::Error| Error::internal("the catalogue cannot be written", &error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    for test in catalogue.in_use() {
        let (ranges, deltas) = (catalogue.ranges_on(test.id, today), catalogue.deltas_of(test.id));
        for at in 0..ranges.len().max(deltas.len()).max(1) {
            let mut cells = if at == 0 { of_test(&catalogue, test) } else { HashMap::from([("code", test.code.clone())]) };
            if let Some(range) = ranges.get(at) {
                of_range(&mut cells, range);
            }
            if let Some(rule) = deltas.get(at) {
                cells.insert("delta_absolute", rule.absolute.map(exact).unwrap_or_default());
                cells.insert("delta_percent", rule.percent.map(|percent| percent.to_string()).unwrap_or_default());
                cells.insert("delta_days", rule.window_days.to_string());
                cells.insert("delta_source", rule.source.clone());
            }
            let row = COLUMNS.iter().map(|column| spreadsheet::safe(cells.get(column).map_or("", String::as_str)));
            writer.write_record(row.collect::<Vec<_>>()).map_err(failed)?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| Error::internal("the catalogue cannot be written", &error))?;
    String::from_utf8(bytes).map_err(|error| Error::internal("the catalogue is no text", &error))
}

fn of_test(catalogue: &Catalogue, test: &LabTest) -> HashMap<&'static str, String> {
    let limit = |limit: Option<i64>| limit.map(exact).unwrap_or_default();
    let inputs = catalogue.inputs_of(test.id).iter().filter_map(|id| catalogue.test(*id).ok()).map(|input| input.code.as_str());
    HashMap::from([
        ("code", test.code.clone()),
        ("name_en", test.name_en.clone()),
        ("name_es", test.name_es.clone()),
        ("loinc", test.loinc.clone()),
        ("loinc_name", test.loinc_name.clone()),
        ("result_type", test.result_type.as_str().to_owned()),
        ("unit", test.unit.clone()),
        ("decimals", test.decimals.to_string()),
        ("specimen", test.specimen.as_str().to_owned()),
        ("container", catalogue.container(test.container_id).map(|container| container.code.clone()).unwrap_or_default()),
        ("bench", test.bench.clone()),
        ("method", test.method.clone()),
        ("tat_stat", test.tat_stat.to_string()),
        ("tat_urgent", test.tat_urgent.to_string()),
        ("tat_routine", test.tat_routine.to_string()),
        ("linear_low", limit(test.linear_low)),
        ("linear_high", limit(test.linear_high)),
        ("plausible_low", limit(test.plausible_low)),
        ("plausible_high", limit(test.plausible_high)),
        ("duplicate_hours", test.duplicate_hours.to_string()),
        ("portal_rule", test.portal_rule.as_str().to_owned()),
        ("portal_hours", test.portal_hours.to_string()),
        ("formula", test.formula.clone()),
        ("inputs", inputs.collect::<Vec<_>>().join(" ")),
        ("source", test.source.clone()),
    ])
}

fn of_range(cells: &mut HashMap<&'static str, String>, range: &ReferenceRange) {
    let limit = |limit: Option<i64>| limit.map(exact).unwrap_or_default();
    cells.extend([
        ("range_method", range.method.clone()),
        ("sex", range.sex.as_str().to_owned()),
        ("age_from", format!("{}d", range.age_from_days)),
        ("age_to", range.age_to_days.map(|days| format!("{days}d")).unwrap_or_default()),
        ("condition", range.condition.as_str().to_owned()),
        ("critical_low", limit(range.limits.critical_low)),
        ("low", limit(range.limits.low)),
        ("high", limit(range.limits.high)),
        ("critical_high", limit(range.limits.critical_high)),
        ("text", range.text.clone()),
        ("valid_from", range.valid_from.to_string()),
        ("source", range.source.clone()),
    ]);
}

/// Reads the file, separated by commas, semicolons or tabs, as spreadsheets save and copy it.
pub(super) fn read(text: &str) -> Result<Vec<(usize, Typed)>> {
    let wrong = |words: String| Error::invalid("text", words);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|mark| head.bytes().filter(|byte| byte == mark).count()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|_| wrong(tr!(lab.file_unreadable).to_owned()))?.clone();
    let mut columns = Vec::new();
    for head in &heads {
        let name = head.trim_start_matches('\u{feff}').to_lowercase();
        match COLUMNS.iter().find(|column| **column == name).copied() {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(wrong(tr!(lab.column_unknown, column = name, columns = COLUMNS.join(", ")))),
        }
    }
    if !columns.contains(&"code") {
        return Err(wrong(tr!(lab.column_missing, columns = COLUMNS.join(", "))));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| wrong(tr!(lab.file_unreadable).to_owned()))?;
        let line = record.position().map_or(rows.len() + 2, |position| usize::try_from(position.line()).unwrap_or_default());
        if record.len() > columns.len() {
            return Err(wrong(tr!(lab.row_too_long, line = line)));
        }
        let cells = columns.iter().zip(record.iter()).map(|(column, cell)| ((*column).to_owned(), spreadsheet::typed(cell)));
        let typed: Typed = cells.filter(|(_, cell)| !cell.is_empty()).collect();
        if !typed.is_empty() {
            rows.push((line, typed));
        }
        if rows.len() > ROWS {
            return Err(wrong(tr!(lab.too_many_rows, most = ROWS)));
        }
    }
    if rows.is_empty() { Err(wrong(tr!(lab.file_empty).to_owned())) } else { Ok(rows) }
}

/// Changes the catalogue to the content of the file, row by row; tests that the file does not name stay unchanged. Wrong rows are
/// `Refused`: the caller commits only when there is none, and when the user saw these changes.
///
/// # Errors
/// [`Error::Invalid`] of `text` when it is not such a file.
pub async fn import(ctx: &mut Ctx, text: &str) -> Result<ImportedTests> {
    let rows = read(text)?;
    ctx.tx.take_turn("laboratory catalogue", "").await?;
    let mut imported = ImportedTests::default();
    for (line, typed) in rows {
        let code = typed.get("code").cloned().unwrap_or_default().to_lowercase();
        let (outcome, words) = match row(ctx, &code, &typed).await {
            Ok(done) => done,
            Err(Error::Invalid(errors)) => {
                let words: Vec<_> = errors.into_iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                (TestOutcome::Refused, words.join(" "))
            }
            Err(Error::Conflict(words)) => (TestOutcome::Refused, words),
            Err(error) => return Err(error),
        };
        imported.rows.push(ImportedTest { line, code, outcome, words });
    }
    Ok(imported)
}

/// Imports one row: the test, when the row names it, then its range and its delta rule.
async fn row(ctx: &mut Ctx, code: &str, typed: &Typed) -> Result<(TestOutcome, String)> {
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    let known = catalogue.tests.iter().find(|test| test.code == code);
    let (id, mut outcome) = match known {
        Some(test) if test.is_retired() => return Err(Error::conflict(tr!(lab.test_retired))),
        Some(test) => (test.id, changed_test(ctx, &catalogue, test, typed).await?),
        None => (new_test(ctx, &catalogue, typed).await?, TestOutcome::New),
    };
    let mut words = vec![typed.get("name_en").cloned().unwrap_or_else(|| code.to_owned())];
    if let Some(form) = range_of(typed, ctx.today())? {
        let limits = [form.limits.critical_low, form.limits.low, form.limits.high, form.limits.critical_high];
        words.push(format!("{}: {}", form.sex.words(), limits.map(|limit| limit.map_or_else(|| "–".to_owned(), exact)).join(" ")));
        if acts::add_range(ctx, id, LabRangeId::new(), &form).await? && outcome == TestOutcome::Unchanged {
            outcome = TestOutcome::Changed;
        }
    }
    if let Some(form) = delta_of(typed)?
        && acts::add_delta(ctx, id, LabDeltaId::new(), &form).await?
        && outcome == TestOutcome::Unchanged
    {
        outcome = TestOutcome::Changed;
    }
    Ok((outcome, words.join(" · ")))
}

/// Reads the range of a row.
pub(super) fn range_of(typed: &Typed, today: NaiveDate) -> Result<Option<RangeForm>> {
    if !typed.contains_key("sex") {
        return Ok(None);
    }
    let mut range = typed.clone();
    range.remove("method");
    if let Some(method) = typed.get("range_method") {
        range.insert("method".to_owned(), method.clone());
    }
    RangeForm::read(&range, today).map(Some)
}

/// Reads the delta rule of a row.
pub(super) fn delta_of(typed: &Typed) -> Result<Option<DeltaForm>> {
    if !typed.contains_key("delta_days") {
        return Ok(None);
    }
    let cell = |column: &str| typed.get(column).cloned().unwrap_or_default();
    let named = [
        ("absolute", cell("delta_absolute")),
        ("percent", cell("delta_percent")),
        ("window_days", cell("delta_days")),
        ("source", cell("delta_source")),
    ];
    DeltaForm::read(&named.into_iter().map(|(name, cell)| (name.to_owned(), cell)).collect()).map(Some)
}

/// Returns the cells of a row in the form of a test; empty cells keep the values of the test that is there.
pub(super) fn merged(catalogue: &Catalogue, before: Option<&LabTest>, typed: &Typed) -> Result<Typed> {
    let mut form: Typed =
        before.map(|test| of_test(catalogue, test)).unwrap_or_default().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    // `source` of a row with a range is that of the range.
    let of_range = typed.contains_key("sex");
    form.extend(typed.iter().filter(|(name, _)| !(of_range && name.as_str() == "source")).map(|(name, cell)| (name.clone(), cell.clone())));
    let defaults = [("decimals", "0"), ("duplicate_hours", "0"), ("portal_rule", "at_once"), ("result_type", "quantity")];
    for (name, default) in defaults {
        form.entry(name.to_owned()).or_insert_with(|| default.to_owned());
    }
    let container = form.get("container").map_or("", String::as_str);
    let found = catalogue.containers.iter().find(|there| there.code.eq_ignore_ascii_case(container));
    let id = found.ok_or_else(|| Error::invalid("container", tr!(lab.container_unknown)))?.id;
    form.insert("container_id".to_owned(), id.to_string());
    Ok(form)
}

async fn new_test(ctx: &mut Ctx, catalogue: &Catalogue, typed: &Typed) -> Result<LabTestId> {
    let form = TestForm::read(&merged(catalogue, None, typed)?, catalogue)?;
    let id = LabTestId::new();
    let mut inputs = Vec::new();
    for code in typed.get("inputs").map_or("", String::as_str).split_whitespace() {
        let input = catalogue.tests.iter().find(|test| test.code.eq_ignore_ascii_case(code));
        inputs.push(input.ok_or_else(|| Error::invalid("inputs", tr!(lab.input_unknown, code = code.to_owned())))?.id);
    }
    let wanted = form.formula.parse::<crate::lab::formulas::Formula>().map_or(0, crate::lab::formulas::Formula::inputs);
    if inputs.len() != wanted {
        return Err(Error::invalid("inputs", tr!(lab.inputs_wrong, count = wanted)));
    }
    acts::save_test(ctx, id, 0, &form).await?;
    for (position, input) in (1_i64..).zip(inputs) {
        store::insert_input(&mut ctx.tx, id, position, input).await?;
    }
    add_item(ctx, id, &form.code, &form.name_en).await?;
    Ok(id)
}

/// Puts the test on the price list, without a price: its charges wait for one.
pub(super) async fn add_item(ctx: &mut Ctx, id: LabTestId, code: &str, name: &str) -> Result<()> {
    let item = billing::test_item(ctx, &format!("LAB-{}", code.to_uppercase()), name).await?;
    let lock = ctx.tx.lock(id).await?;
    store::set_item(&mut ctx.tx, lock, item).await
}

async fn changed_test(ctx: &mut Ctx, catalogue: &Catalogue, before: &LabTest, typed: &Typed) -> Result<TestOutcome> {
    let form = TestForm::read(&merged(catalogue, Some(before), typed)?, catalogue)?;
    acts::save_test(ctx, before.id, before.version, &form).await?;
    let after = Catalogue::read(&mut ctx.tx).await?;
    Ok(if after.test(before.id)?.version == before.version { TestOutcome::Unchanged } else { TestOutcome::Changed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_as_spreadsheets_write_and_copy_them() {
        for text in ["code,low\nk,3.5\n", "\u{feff}Code;Low\r\nk;3.5\r\n", "code\tlow\nk\t3.5"] {
            let rows = read(text).expect("read");
            assert_eq!(
                (rows.len(), rows[0].1.get("code").map(String::as_str), rows[0].1.get("low").map(String::as_str)),
                (1, Some("k"), Some("3.5"))
            );
        }
        for text in ["", "code\n", "code,colour\nk,red", "low\n3.5", "code,code\n1,2", "code,low\nk,1,2"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_starter_has_the_columns_of_the_file() {
        let rows = read(super::super::starter::TESTS).expect("the starter is read");
        assert!(rows.len() > 60);
        for (line, typed) in &rows {
            assert!(!typed.contains_key("sex") || typed.contains_key("source"), "line {line}: every figure has its source");
        }
    }
}
