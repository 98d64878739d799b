//! Splits the text of a search into its parts.

use chrono::{Datelike as _, Months, NaiveDate};

use crate::{
    core::time::named_month,
    patients::{Mrn, name_key, phone_digits},
};

/// The parts of a search: all of them must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Question {
    /// Folded words of a name.
    pub words: Vec<String>,
    /// Digits of a phone or record number.
    pub digits: Option<String>,
    /// The record number with those digits, when the check digit is right.
    pub mrn: Option<String>,
    /// The text as it was typed, for outside identifiers.
    pub whole: String,
    /// The days that it may mean: `4/5/1980` is the fourth of May and the fifth of April.
    pub dates: Vec<NaiveDate>,
    /// The year, or the month of a year, of birth.
    pub born: Option<Span>,
    /// A word contains a digit: it may be an identifier of another system (POP-002215) as well as a name.
    pub identifier: bool,
}

/// Days of birth, and the estimated dates that may mean one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

impl Span {
    /// Returns the span of one day.
    pub const fn on(day: NaiveDate) -> Self {
        Self { from: day, to: day }
    }

    fn year(year: i32) -> Option<Self> {
        let from = NaiveDate::from_ymd_opt(year, 1, 1).filter(|_| (1880..=2100).contains(&year))?;
        Some(Self { from, to: NaiveDate::from_ymd_opt(year, 12, 31)? })
    }

    fn month(year: i32, month: u32) -> Option<Self> {
        let Self { from, .. } = Self::year(year)?;
        let from = from.with_month(month)?;
        Some(Self { from, to: from.checked_add_months(Months::new(1))?.pred_opt()? })
    }
}

impl Question {
    /// Splits the text into its parts.
    pub fn parse(text: &str) -> Self {
        let text: String = text.trim().chars().take(100).collect();
        let mut question = Self { whole: text.clone(), ..Self::default() };
        let mut digits = String::new();
        let tokens: Vec<&str> = text.split_whitespace().collect();
        let mut rest = tokens.as_slice();
        while let [token, after @ ..] = rest {
            if let Some((day, after)) = leading_date(rest) {
                question.dates.extend(day);
                rest = after;
                continue;
            }
            if let Some((span, after)) = leading_month(rest) {
                question.born = Some(span);
                rest = after;
                continue;
            }
            rest = after;
            if token.chars().any(|c| c.is_ascii_digit()) && token.chars().all(|c| c.is_ascii_digit() || "+-()./".contains(c)) {
                digits.push_str(token);
            } else if !token.trim_end_matches(':').eq_ignore_ascii_case("mrn") {
                question.words.extend(name_key::words(token));
            }
        }
        question.identifier = question.words.iter().any(|word| word.chars().any(|c| c.is_ascii_digit()));
        if question.identifier {
            question.digits = Some(String::new());
        }
        // Four digits beside a name may be a year, or the beginning of a record number.
        if !question.words.is_empty() && question.born.is_none() && digits.len() == 4 {
            question.born = digits.parse().ok().and_then(Span::year);
        }
        // The beginning of a number with its country code: the rest is not typed yet.
        let digits = phone_digits(digits.strip_prefix("+1").unwrap_or(&digits));
        if !digits.is_empty() {
            question.mrn =
                [digits.clone(), format!("{digits:0>8}")].iter().find_map(|text| text.parse::<Mrn>().ok()).map(|mrn| mrn.to_string());
            question.digits = Some(digits);
        }
        question.words.truncate(6);
        question
    }
}

impl Question {
    /// Whether it is an e-mail address; no name has an `@`.
    pub fn is_email(&self) -> bool {
        self.whole.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains(char::is_whitespace))
    }
}

/// Returns the month of a year that the words begin with, and the words after it: `11/1956`, `1956-11`, `nov 1956`,
/// `noviembre de 1956`.
fn leading_month<'a>(tokens: &'a [&'a str]) -> Option<(Span, &'a [&'a str])> {
    [3, 2, 1].into_iter().filter_map(|words| tokens.split_at_checked(words)).find_map(|(month, after)| {
        let text = month.join(" ");
        let parts: Vec<&str> = text.split(['-', '.', '/', ' ', ',']).filter(|part| !matches!(*part, "" | "de")).collect();
        let [a, b] = parts[..] else { return None };
        let is = |part: &str, digits: usize| part.len() <= digits && part.bytes().all(|byte| byte.is_ascii_digit());
        // Two groups with a space between them are more likely a number than a month and a year.
        let joined = month.len() == 1;
        let month_of = |part: &str| if is(part, 2) && joined { part.parse().ok() } else { named_month(part) };
        let year_of = |part: &str| if is(part, 4) && part.len() == 4 { part.parse().ok() } else { None };
        let (year, month) = year_of(b).zip(month_of(a)).or_else(|| year_of(a).zip(month_of(b)))?;
        Some((Span::month(year, month)?, after))
    })
}

/// Returns the date that the words begin with, and the words after it: `1980-04-18`, `18 4 1980`,
/// `18 de abril de 1980`.
fn leading_date<'a>(tokens: &'a [&'a str]) -> Option<(Vec<NaiveDate>, &'a [&'a str])> {
    [5, 3, 1].into_iter().filter_map(|words| tokens.split_at_checked(words)).find_map(|(date, after)| {
        let found = dates(&date.join(" "));
        (!found.is_empty()).then_some((found, after))
    })
}

/// Returns the days that a text may mean; empty when it is not a date.
fn dates(text: &str) -> Vec<NaiveDate> {
    let parts: Vec<&str> = text.split(['-', '.', '/', ' ', ',']).filter(|part| !matches!(*part, "" | "de")).collect();
    let [a, b, c] = parts[..] else { return Vec::new() };
    let number = |part: &str| part.parse().ok().filter(|_| part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let on = |year: &str, month: Option<u32>, day: &str| {
        let year = number(year).filter(|_| year.len() == 4)?;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month?, number(day).filter(|_| day.len() <= 2)?)
    };
    let month = |part: &str| number(part).filter(|_| part.len() <= 2);
    let orders = [on(a, month(b), c), on(c, month(b), a), on(c, month(a), b), on(c, named_month(b), a), on(c, named_month(a), b)];
    let mut found: Vec<NaiveDate> = orders.into_iter().flatten().collect();
    found.dedup();
    found
}

/// Whether two words differ by one typing error: a letter wrong, missing, doubled or swapped; in long words by two.
pub(super) fn alike(one: &str, other: &str) -> bool {
    let shorter = one.chars().count().min(other.chars().count());
    shorter >= 4 && strsim::damerau_levenshtein(one, other) <= if shorter >= 8 { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day")
    }

    #[test]
    fn names_in_any_spelling() {
        assert_eq!(Question::parse(" Núñez,  María-José ").words, ["nunez", "maria", "jose"]);
        assert_eq!(Question::parse("").words, Vec::<String>::new());
    }

    #[test]
    fn numbers_are_phones_and_record_numbers() {
        let phone = Question::parse("(508) 719-1838");
        assert_eq!((phone.digits.as_deref(), phone.words.len()), (Some("5087191838"), 0));
        assert_eq!(Question::parse("+1 617 555").digits.as_deref(), Some("617555"));
        let mrn = Mrn::from_number(1234).to_string();
        assert_eq!(Question::parse(&format!("MRN {mrn}")).mrn.as_deref(), Some(mrn.as_str()));
        assert_eq!(Question::parse(mrn.trim_start_matches('0')).mrn.as_deref(), Some(mrn.as_str()));
        let both = Question::parse("POP-002215");
        assert_eq!((both.digits.as_deref(), both.words), (Some(""), vec!["pop".to_owned(), "002215".to_owned()]));
    }

    #[test]
    fn dates_in_all_orders() {
        for text in ["1980-04-18", "18.4.1980", "18/04/1980", "4/18/1980", "18 4 1980"] {
            assert_eq!(Question::parse(text).dates, [day(1980, 4, 18)], "{text}");
        }
        assert_eq!(Question::parse("4/5/1980").dates, [day(1980, 5, 4), day(1980, 4, 5)]);
        let both = Question::parse("adams 18.4.1980");
        assert_eq!((both.words.as_slice(), both.dates.as_slice()), (["adams".to_owned()].as_slice(), [day(1980, 4, 18)].as_slice()));
        assert!(Question::parse("31.2.1980").dates.is_empty());
        for text in ["18 Apr 1980", "April 18, 1980", "18-apr-1980", "18 abril 1980", "18 de abril de 1980"] {
            let question = Question::parse(&format!("De Adams {text}"));
            assert_eq!(question.dates, [day(1980, 4, 18)], "{text}");
            assert_eq!(question.words, ["de", "adams"], "{text}");
        }
        assert_eq!(Question::parse("April May").words, ["april", "may"]);
        assert_eq!(Question::parse("617 555 0120").digits.as_deref(), Some("6175550120"));
    }

    #[test]
    fn a_year_or_a_month_beside_a_name() {
        let born = |text: &str| Question::parse(text).born;
        let year = Some(Span { from: day(1956, 1, 1), to: day(1956, 12, 31) });
        assert_eq!((born("garcia 1956"), born("1956 garcia"), born("1956")), (year, year, None));
        assert_eq!(Question::parse("garcia 1956").digits.as_deref(), Some("1956"));
        let month = Some(Span { from: day(1956, 11, 1), to: day(1956, 11, 30) });
        for text in ["garcia 11/1956", "garcia nov 1956", "garcia noviembre de 1956", "1956-11 garcia"] {
            assert_eq!((born(text), Question::parse(text).words), (month, vec!["garcia".to_owned()]), "{text}");
        }
        assert_eq!(born("garcia 617 555 1956"), None);
    }

    #[test]
    fn slips_of_the_hand() {
        assert!(alike("hernadez", "hernandez") && alike("jonson", "johnson") && alike("simth", "smith"));
        assert!(!alike("ana", "ann") && !alike("smith", "jones"));
    }
}
