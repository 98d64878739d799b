//! The journal: every transfer of some days, as rows, and as text for Beancount (its syntax: beancount.github.io, "Beancount Language
//! Syntax"), so that a foreign program can verify the books.

use std::{collections::BTreeSet, fmt::Write as _};

use chrono::NaiveDate;

use super::{AccountKind, Posting, reports::digits, store};
use crate::{
    core::{ClinicId, Currency, Money, PatientId, Result},
    db::Tx,
};

/// The most transfers of a journal.
pub const MOST: i64 = 50_000;

/// A transfer of the journal.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct JournalLine {
    pub day: NaiveDate,
    pub kind: Posting,
    pub opens: uuid::Uuid,
    pub number: String,
    pub posted_by: String,
    pub debit_kind: AccountKind,
    pub debit_id: i64,
    pub credit_kind: AccountKind,
    pub credit_id: i64,
    pub amount: Money,
}

/// Charges of a patient that no invoice has.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Unbilled {
    pub patient_id: PatientId,
    pub charges: i64,
    pub since: NaiveDate,
    pub net: Money,
}

/// Reads the transfers of a clinic's days, in the order in which they were posted; one more than [`MOST`] when there are more.
///
/// # Errors
/// When the database refuses.
pub async fn journal(tx: &mut Tx, clinic: ClinicId, days: (NaiveDate, NaiveDate), most: i64) -> Result<Vec<JournalLine>> {
    store::journal(tx, clinic, days, most).await
}

/// Reads the patients with charges of a clinic that no invoice has, the oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn unbilled(tx: &mut Tx, clinic: ClinicId, most: i64) -> Result<Vec<Unbilled>> {
    store::unbilled(tx, clinic, most).await
}

/// Returns the account of Beancount for a kind of account; each account of ours is one of its own below it.
const fn mapped(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Patient => "Assets:Receivable:Patients",
        AccountKind::Insurer => "Assets:Receivable:Insurers",
        AccountKind::Till => "Assets:Cash:Tills",
        AccountKind::Safe => "Assets:Cash:Safe",
        AccountKind::Transit => "Assets:Cash:Transit",
        AccountKind::Card => "Assets:Card",
        AccountKind::Cheque => "Assets:Cheques",
        AccountKind::Bank => "Assets:Bank",
        AccountKind::Revenue => "Income:Services",
        AccountKind::Tax => "Liabilities:Tax",
        AccountKind::Clearing => "Equity:Clearing",
        AccountKind::OverShort => "Expenses:OverShort",
        AccountKind::Sundry => "Equity:Sundry",
        AccountKind::Deposit => "Liabilities:Deposits",
        AccountKind::Rounding => "Expenses:Rounding",
        AccountKind::WriteOff => "Expenses:WriteOffs",
    }
}

/// Writes the journal for Beancount. Debits are positive. An account is named by its number, and no patient by a name.
pub fn beancount(lines: &[JournalLine], currency: Currency) -> String {
    let account = |kind: AccountKind, id: i64| format!("{}:A{id}", mapped(kind));
    let mut accounts = BTreeSet::new();
    for line in lines {
        accounts.insert(account(line.debit_kind, line.debit_id));
        accounts.insert(account(line.credit_kind, line.credit_id));
    }
    let code = currency.code();
    let mut text = format!("option \"operating_currency\" \"{code}\"\n\n");
    if let Some(first) = lines.iter().map(|line| line.day).min() {
        for account in accounts {
            let _ = writeln!(text, "{first} open {account} {code}");
        }
    }
    for line in lines {
        let (amount, back) = (digits(line.amount, currency), digits(Money(-line.amount.0), currency));
        let (debit, credit) = (account(line.debit_kind, line.debit_id), account(line.credit_kind, line.credit_id));
        let words = [line.kind.as_str(), &line.number].join(" ");
        // A number of a document has letters, digits and hyphens.
        let words: String = words.trim().chars().filter(|letter| !matches!(letter, '"' | '\\' | '\n')).collect();
        let _ = write!(text, "\n{} * \"{words}\"\n  {debit}  {amount} {code}\n  {credit}  {back} {code}\n", line.day);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_for_beancount_opens_its_accounts_and_balances_each_transaction() {
        let line = JournalLine {
            day: "2026-11-29".parse().expect("a day"),
            kind: Posting::Payment,
            opens: uuid::Uuid::nil(),
            number: "REC-2026-000001".to_owned(),
            posted_by: "Rosa".to_owned(),
            debit_kind: AccountKind::Till,
            debit_id: 4,
            credit_kind: AccountKind::Patient,
            credit_id: 9,
            amount: Money(123_450),
        };
        assert_eq!(
            beancount(&[line], Currency::USD),
            "option \"operating_currency\" \"USD\"\n\n2026-11-29 open Assets:Cash:Tills:A4 USD\n2026-11-29 open Assets:Receivable:Patients:A9 USD\n\
            \n2026-11-29 * \"payment REC-2026-000001\"\n  Assets:Cash:Tills:A4  1234.50 USD\n  Assets:Receivable:Patients:A9  -1234.50 USD\n"
        );
    }
}
