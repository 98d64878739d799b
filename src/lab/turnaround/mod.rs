//! The turnaround of the laboratory: how long results took from order, collection and receipt to their first release, by test and priority.

mod store;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    core::{Error, LabTestId, Result, spreadsheet, time::Instant},
    lab::catalogue::Catalogue,
    orders::OrderPriority,
    server::Ctx,
    tr,
};

/// The most results that are counted.
pub const MOST: i64 = 20_000;
/// The most days of a range.
pub const MOST_DAYS: i64 = 92;

/// The times of one result, up to its first release. A correction counts nothing.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
struct FirstRelease {
    test_id: LabTestId,
    priority: OrderPriority,
    requested_at: Option<Instant>,
    collected_at: Option<Instant>,
    received_at: Option<Instant>,
    due_at: Option<Instant>,
    released_at: Instant,
}

/// Median and 90th percentile in minutes, by the nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    pub median: i64,
    pub p90: i64,
}

impl Spread {
    /// The spread of minutes; none without any.
    fn of(mut minutes: Vec<i64>) -> Option<Self> {
        minutes.sort_unstable();
        let rank = |percent: usize| (minutes.len() * percent).div_ceil(100).checked_sub(1).and_then(|at| minutes.get(at)).copied();
        Some(Self { median: rank(50)?, p90: rank(90)? })
    }
}

/// The results of a test with a priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turnaround {
    pub code: String,
    pub test: String,
    pub priority: OrderPriority,
    pub count: usize,
    pub ordered: Option<Spread>,
    pub collected: Option<Spread>,
    pub received: Option<Spread>,
    /// Minutes from receipt to release that the catalogue wants today.
    pub target: i64,
    /// Results that were released when they were due, at the target of their receipt.
    pub in_target: usize,
}

impl Turnaround {
    /// The share in target, in whole percent.
    pub const fn percent(&self) -> usize {
        match self.count {
            0 => 0,
            count => self.in_target * 100 / count,
        }
    }
}

/// The turnaround of a clinic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    pub rows: Vec<Turnaround>,
    /// Whether the range has more results than are counted.
    pub is_cut: bool,
}

/// Measures the results that were first released from one day to another, of tests whose name or code has the text.
///
/// # Errors
/// When the database refuses.
pub async fn measure(ctx: &mut Ctx, (from, to): (NaiveDate, NaiveDate), text: &str) -> Result<Measure> {
    let (clinic, zone) = (ctx.clinic.id, ctx.zone());
    let span = (zone.day_bounds(from).0, zone.day_bounds(to).1);
    let mut all = store::released(&mut ctx.tx, clinic, span, MOST + 1).await?;
    let is_cut = i64::try_from(all.len()).unwrap_or_default() > MOST;
    all.truncate(usize::try_from(MOST).unwrap_or_default());
    let catalogue = Catalogue::read(&mut ctx.tx).await?;
    Ok(Measure { rows: rows(&catalogue, all, &text.trim().to_lowercase()), is_cut })
}

fn rows(catalogue: &Catalogue, all: Vec<FirstRelease>, text: &str) -> Vec<Turnaround> {
    let mut groups: BTreeMap<(LabTestId, OrderPriority), Vec<FirstRelease>> = BTreeMap::new();
    for one in all {
        groups.entry((one.test_id, one.priority)).or_default().push(one);
    }
    let mut rows: Vec<Turnaround> = groups
        .into_iter()
        .filter_map(|((id, priority), of)| {
            let test = catalogue.test(id).ok()?;
            let is_sought = text.is_empty() || test.name().to_lowercase().contains(text) || test.code.contains(text);
            let spread = |start: fn(&FirstRelease) -> Option<Instant>| {
                Spread::of(of.iter().filter_map(|one| Some((one.released_at - start(one)?).num_minutes().max(0))).collect())
            };
            is_sought.then(|| Turnaround {
                code: test.code.clone(),
                test: test.name().to_owned(),
                priority,
                count: of.len(),
                ordered: spread(|one| one.requested_at),
                collected: spread(|one| one.collected_at),
                received: spread(|one| one.received_at),
                target: test.turnaround(priority),
                in_target: of.iter().filter(|one| one.due_at.is_none_or(|due| one.released_at <= due)).count(),
            })
        })
        .collect();
    rows.sort_by(|one, other| (&one.test, &one.code, one.priority).cmp(&(&other.test, &other.code, other.priority)));
    rows
}

/// Writes the rows as a file; times are minutes.
///
/// # Errors
/// When the file cannot be written.
pub fn file(measure: &Measure) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| Error::internal("the turnaround cannot be written", error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = [
        tr!(lab.code),
        tr!(lab.test),
        tr!(lab.priority),
        tr!(lab.turnaround_count),
        tr!(lab.ordered_median),
        tr!(lab.ordered_p90),
        tr!(lab.collected_median),
        tr!(lab.collected_p90),
        tr!(lab.received_median),
        tr!(lab.received_p90),
        tr!(lab.turnaround_target),
        tr!(lab.in_target),
    ];
    writer.write_record(head).map_err(|error| failed(&error))?;
    for row in &measure.rows {
        let mut cells = vec![row.code.clone(), row.test.clone(), row.priority.words().to_owned(), row.count.to_string()];
        for spread in [row.ordered, row.collected, row.received] {
            cells.push(spread.map(|spread| spread.median.to_string()).unwrap_or_default());
            cells.push(spread.map(|spread| spread.p90.to_string()).unwrap_or_default());
        }
        cells.extend([row.target.to_string(), row.percent().to_string()]);
        writer.write_record(cells.iter().map(|cell| spreadsheet::safe(cell))).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    let text = String::from_utf8(bytes).map_err(|error| failed(&error))?;
    // Without the byte order mark, spreadsheets read accents wrongly.
    Ok(format!("\u{feff}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_percentile_are_of_the_nearest_rank() {
        let spread = |minutes: &[i64]| Spread::of(minutes.to_vec()).map(|spread| (spread.median, spread.p90));
        assert_eq!(spread(&[]), None);
        assert_eq!(spread(&[7]), Some((7, 7)));
        assert_eq!(spread(&[30, 10, 20]), Some((20, 30)));
        assert_eq!(spread(&(1..=10).collect::<Vec<_>>()), Some((5, 9)));
        assert_eq!(spread(&(1..=100).rev().collect::<Vec<_>>()), Some((50, 90)));
    }
}
