//! The reports of the ledger: the rows that each reads, and the one shape in which a page, a CSV file, a workbook and a
//! printed sheet show them.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use uuid::Uuid;

use super::{AccountKind, Posting, store};
use crate::{
    core::{
        ClinicId, Currency, Error, InvoiceId, Money, PatientId, Result,
        locale::Locale,
        spreadsheet,
        time::Instant,
        xlsx::{SheetCell, Workbook},
    },
    db::Tx,
    tr,
};

/// The most rows of a list.
pub const MOST: i64 = 5_000;

/// The rows of a page of a statement.
pub const PAGE: i64 = 100;

/// The sum of the transfers between two kinds of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Moved {
    pub debit_kind: AccountKind,
    pub credit_kind: AccountKind,
    pub amount: Money,
}

/// Debits and credits of a kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    pub kind: AccountKind,
    pub debit: Money,
    pub credit: Money,
}

/// An account with its sums.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountLine {
    pub id: i64,
    pub kind: AccountKind,
    pub owner_id: Uuid,
    /// The name of the owner; empty for a patient, whose name the record has.
    pub owner: String,
    pub debit: Money,
    pub credit: Money,
}

/// A line of an account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LineOf {
    pub seq: i64,
    pub day: NaiveDate,
    pub kind: Posting,
    pub document: Uuid,
    /// The row that the document's page shows: a cash move is shown with its shift.
    pub opens: Uuid,
    pub number: String,
    pub debit: Money,
    pub credit: Money,
    pub balance: Money,
}

/// A document of the day book.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DayLine {
    pub posted_at: Instant,
    pub kind: Posting,
    pub document: Uuid,
    pub opens: Uuid,
    pub number: String,
    pub posted_by: String,
    pub amount: Money,
}

/// A movement of cash.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CashLine {
    pub posted_at: Instant,
    pub kind: Posting,
    pub document: Uuid,
    pub opens: Uuid,
    pub number: String,
    pub debit_kind: AccountKind,
    pub credit_kind: AccountKind,
    pub amount: Money,
}

crate::text_enum! {
    /// By what the revenue is summed.
    pub enum RevenueBy("by") {
        Department = "department",
        Doctor = "doctor",
        Item = "item",
        Payer = "payer",
        /// The rate of tax.
        Tax = "tax",
        /// The person who gave the discount, or approved it.
        Approver = "approver",
    }
}

/// A row of the revenue.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RevenueRow {
    pub name: String,
    pub lines: i64,
    pub gross: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub credited: Money,
}

/// A line behind a row of the revenue.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RevenueLine {
    pub day: NaiveDate,
    pub invoice: InvoiceId,
    pub number: String,
    pub code: String,
    pub description: String,
    pub gross: Money,
    pub discount: Money,
    pub net: Money,
    pub tax: Money,
    pub credited: Money,
}

/// A debit or credit of an account, for its age.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AgeingLine {
    pub account: i64,
    pub kind: AccountKind,
    pub owner_id: Uuid,
    pub owner: String,
    pub day: NaiveDate,
    pub debit: Money,
    pub credit: Money,
}

/// The debt of one debtor by its age: 0-30, 31-60, 61-90, 91-120 days, older; a credit of the debtor stands apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aged {
    pub account: i64,
    pub kind: AccountKind,
    pub owner_id: Uuid,
    pub owner: String,
    pub ages: [Money; 5],
    pub credit: Money,
}

impl Aged {
    /// Returns the patient, unless the debtor is an insurer.
    pub fn patient(&self) -> Option<PatientId> {
        (self.kind == AccountKind::Patient).then_some(PatientId(self.owner_id))
    }

    /// The sum of the debts, without the credit.
    pub fn owed(&self) -> Money {
        self.ages.iter().copied().sum()
    }
}

/// The first line of an account, its debits by their days, and the sum of its credits.
type Open<'a> = (&'a AgeingLine, Vec<(NaiveDate, Money)>, Money);

/// Settles the oldest debits of each account with its credits, and sorts what is left by its age on the day.
pub fn age(lines: &[AgeingLine], on: NaiveDate) -> Vec<Aged> {
    let mut accounts: BTreeMap<i64, Open<'_>> = BTreeMap::new();
    for line in lines {
        let account = accounts.entry(line.account).or_insert((line, Vec::new(), Money::ZERO));
        if line.debit > Money::ZERO {
            account.1.push((line.day, line.debit));
        }
        account.2 = account.2 + line.credit;
    }
    let mut aged: Vec<_> = accounts
        .into_values()
        .map(|(line, mut debits, mut credit)| {
            debits.sort_by_key(|(day, _)| *day);
            let mut ages = [Money::ZERO; 5];
            for (day, debit) in debits {
                let settled = debit.min(credit);
                credit = credit - settled;
                let place = match (on - day).num_days() {
                    ..=30 => 0,
                    31..=60 => 1,
                    61..=90 => 2,
                    91..=120 => 3,
                    _ => 4,
                };
                ages[place] = ages[place] + (debit - settled);
            }
            Aged { account: line.account, kind: line.kind, owner_id: line.owner_id, owner: line.owner.clone(), ages, credit }
        })
        .filter(|aged| aged.owed() != Money::ZERO || aged.credit != Money::ZERO)
        .collect();
    aged.sort_by_key(|aged| std::cmp::Reverse(aged.owed()));
    aged
}

/// The trial balance of a day: all debits are all credits.
///
/// # Errors
/// When the database refuses.
pub async fn trial_balance(tx: &mut Tx, clinic: ClinicId, until: NaiveDate) -> Result<Vec<Balance>> {
    // A month is whole on its last day.
    let next = until.succ_opt().unwrap_or(until);
    let moved = store::moved(tx, clinic, next.with_day(1).unwrap_or(next), until).await?;
    let mut balances: BTreeMap<&str, Balance> = BTreeMap::new();
    for Moved { debit_kind, credit_kind, amount } in moved {
        for (kind, debit, credit) in [(debit_kind, amount, Money::ZERO), (credit_kind, Money::ZERO, amount)] {
            let balance = balances.entry(kind.as_str()).or_insert(Balance { kind, debit: Money::ZERO, credit: Money::ZERO });
            balance.debit = balance.debit + debit;
            balance.credit = balance.credit + credit;
        }
    }
    Ok(balances.into_values().collect())
}

/// The accounts of a kind.
///
/// # Errors
/// When the database refuses.
pub async fn accounts(tx: &mut Tx, clinic: ClinicId, kind: AccountKind, until: NaiveDate) -> Result<Vec<AccountLine>> {
    store::accounts(tx, clinic, kind, until, MOST).await
}

/// One account.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn account(tx: &mut Tx, id: i64) -> Result<AccountLine> {
    store::account(tx, id).await?.ok_or(Error::NotFound)
}

/// Some lines of an account at a clinic, after a line: a patient's or insurer's with the balance there.
///
/// # Errors
/// When the database refuses.
pub async fn statement(tx: &mut Tx, clinic: ClinicId, account: &AccountLine, (after, lines): (i64, i64)) -> Result<Vec<LineOf>> {
    match account.kind {
        AccountKind::Patient | AccountKind::Insurer => {
            let mut balance = if after > 0 { store::balance_at(tx, clinic, account.id, after).await? } else { Money::ZERO };
            let mut found = store::statement(tx, clinic, account.id, after, lines).await?;
            for line in &mut found {
                balance = balance + line.debit - line.credit;
                line.balance = balance;
            }
            Ok(found)
        }
        _ => store::transfers(tx, clinic, account.id, after, lines).await,
    }
}

/// All lines of an account at a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn whole_statement(tx: &mut Tx, clinic: ClinicId, account: &AccountLine) -> Result<Vec<LineOf>> {
    let mut lines: Vec<LineOf> = Vec::new();
    loop {
        let after = lines.last().map_or(0, |line| line.seq);
        let found = statement(tx, clinic, account, (after, MOST)).await?;
        if found.is_empty() {
            return Ok(lines);
        }
        lines.extend(found);
    }
}

/// The documents of a day.
///
/// # Errors
/// When the database refuses.
pub async fn day_book(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<DayLine>> {
    store::day_book(tx, clinic, day, MOST).await
}

/// The sums that payments less refunds and bounces of a day brought, by means: cash, card, cheque, transfer.
///
/// # Errors
/// When the database refuses.
pub async fn by_means(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<(AccountKind, Money)>> {
    let moved = store::by_means(tx, clinic, day).await?;
    let means = AccountKind::ALL.iter().copied().filter(|kind| kind.is_of_means());
    let sums = means.map(|kind| {
        let came: Money = moved.iter().filter(|moved| moved.debit_kind == kind).map(|moved| moved.amount).sum();
        let went: Money = moved.iter().filter(|moved| moved.credit_kind == kind).map(|moved| moved.amount).sum();
        (kind, came - went)
    });
    Ok(sums.filter(|(_, sum)| *sum != Money::ZERO).collect())
}

/// The cash before a day, and its movements on the day.
///
/// # Errors
/// When the database refuses.
pub async fn cash_book(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<(Money, Vec<CashLine>)> {
    let before = trial_balance(tx, clinic, day.pred_opt().unwrap_or(day)).await?;
    let cash = before.iter().filter(|balance| balance.kind.is_cash()).map(|balance| balance.debit - balance.credit).sum();
    Ok((cash, store::cash_book(tx, clinic, day, MOST).await?))
}

/// The revenue of the invoices of some days.
///
/// # Errors
/// When the database refuses.
pub async fn revenue(tx: &mut Tx, clinic: ClinicId, days: (NaiveDate, NaiveDate), by: RevenueBy) -> Result<Vec<RevenueRow>> {
    store::revenue(tx, clinic, days, by).await
}

/// The lines behind a row of the revenue.
///
/// # Errors
/// When the database refuses.
pub async fn revenue_lines(
    tx: &mut Tx,
    clinic: ClinicId,
    days: (NaiveDate, NaiveDate),
    key: (RevenueBy, &str),
) -> Result<Vec<RevenueLine>> {
    store::revenue_lines(tx, clinic, days, key, MOST).await
}

/// The debts to a clinic on a day, by debtor and age.
///
/// # Errors
/// When the database refuses.
pub async fn ageing(tx: &mut Tx, clinic: ClinicId, on: NaiveDate) -> Result<Vec<Aged>> {
    Ok(age(&store::for_ageing(tx, clinic, on).await?, on))
}

/// A cell of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Amount(Money),
    Count(i64),
}

/// A row of a report.
#[derive(Clone, Debug)]
pub struct ReportRow {
    pub cells: Vec<Cell>,
    /// The page with the rows behind it.
    pub href: Option<String>,
}

/// A report.
#[derive(Clone, Debug)]
pub struct Report {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<ReportRow>,
    /// The sums under the rows.
    pub total: Option<Vec<Cell>>,
    /// Whether it has all rows, however many.
    pub whole: bool,
}

/// Returns an amount as a plain number with a point.
pub(super) fn digits(amount: Money, currency: Currency) -> String {
    currency.plain(amount, Locale::en).replace(',', "").replace('−', "-")
}

impl Report {
    /// Returns a warning when rows may be missing: a report has no more than [`MOST`], if it is not whole.
    pub fn cut(&self) -> Option<String> {
        let rows = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        (rows >= MOST && !self.whole).then(|| tr!(ledger.cut, most = MOST))
    }

    /// The rows of a file: those of the report, the warning that rows are missing, and the sums.
    fn file_rows(&self) -> Vec<Vec<Cell>> {
        let mut rows: Vec<_> = self.rows.iter().map(|row| row.cells.clone()).collect();
        if let Some(warning) = self.cut() {
            let mut cells = vec![Cell::Text(String::new()); self.columns.len()];
            if let Some(first) = cells.first_mut() {
                *first = Cell::Text(warning);
            }
            rows.push(cells);
        }
        rows
    }

    /// Writes the report as a workbook, in which amounts are numbers.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn xlsx(&self, currency: Currency) -> Result<Vec<u8>> {
        let cell = |cell: &Cell| match cell {
            Cell::Text(text) => SheetCell::Text(text.clone()),
            Cell::Count(count) => SheetCell::Number(count.to_string()),
            Cell::Amount(amount) => SheetCell::Amount(digits(*amount, currency)),
        };
        let row = |cells: &Vec<Cell>| cells.iter().map(cell).collect::<Vec<_>>();
        let book = Workbook {
            name: &self.title,
            columns: &self.columns,
            rows: self.file_rows().iter().map(row).collect(),
            total: self.total.as_ref().map(row),
            decimals: currency.decimals(),
        };
        book.write()
    }

    /// Writes the report as CSV. Amounts are plain numbers with a point, as spreadsheets and accounting programs read them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn csv(&self, currency: Currency) -> Result<String> {
        let failed = |error: &dyn std::fmt::Display| Error::internal("a report as CSV", error);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns).map_err(|error| failed(&error))?;
        let text = |cell: &Cell| match cell {
            Cell::Text(text) => spreadsheet::safe(text),
            Cell::Count(count) => count.to_string(),
            Cell::Amount(amount) => digits(*amount, currency),
        };
        for cells in self.file_rows().iter().chain(&self.total) {
            writer.write_record(cells.iter().map(text)).map_err(|error| failed(&error))?;
        }
        let bytes = writer.into_inner().map_err(|error| failed(&error))?;
        String::from_utf8(bytes).map_err(|error| failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(day: &str, debit: i64, credit: i64) -> AgeingLine {
        AgeingLine {
            account: 1,
            kind: AccountKind::Patient,
            owner_id: Uuid::nil(),
            owner: String::new(),
            day: day.parse().expect("a day"),
            debit: Money(debit),
            credit: Money(credit),
        }
    }

    #[test]
    fn the_oldest_debt_is_settled_first_and_credits_stand_apart() {
        let on = "2026-11-29".parse().expect("a day");
        let lines = [
            line("2026-07-01", 1_000, 0),
            line("2026-08-05", 500, 0),
            line("2026-10-01", 300, 0),
            line("2026-11-01", 200, 0),
            line("2026-11-20", 0, 1_200),
        ];
        let aged = age(&lines, on);
        assert_eq!(aged[0].ages, [200, 300, 0, 300, 0].map(Money), "28, 59, 116 days; the oldest is settled");
        assert_eq!(aged[0].credit, Money::ZERO);
        let paid_too_much = age(&[line("2026-11-01", 200, 0), line("2026-11-02", 0, 350)], on);
        assert_eq!((paid_too_much[0].owed(), paid_too_much[0].credit), (Money::ZERO, Money(150)));
        assert!(age(&[line("2026-11-01", 200, 0), line("2026-11-02", 0, 200)], on).is_empty());
    }

    #[test]
    fn a_report_as_csv_has_plain_amounts_and_no_formulas() {
        let report = Report {
            title: String::new(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![ReportRow { cells: vec![Cell::Text("=1+1".into()), Cell::Amount(Money(-123_450))], href: None }],
            total: Some(vec![Cell::Count(1), Cell::Amount(Money(5))]),
            whole: false,
        };
        assert_eq!(report.csv(Currency::USD).expect("written"), "a,b\n'=1+1,-1234.50\n1,0.05\n");
        let all = vec![report.rows[0].clone(); 5_000];
        let cut = Report { rows: all, ..report };
        assert_eq!(Report { whole: true, ..cut.clone() }.cut(), None, "a whole report has all rows");
        let file = cut.csv(Currency::USD).expect("written");
        assert!(cut.cut().is_some_and(|warning| file.ends_with(&format!("\"{warning}\",\n1,0.05\n"))), "rows may be missing");
    }
}
