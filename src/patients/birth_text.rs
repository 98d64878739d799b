//! The text of a birth-date field: a date in the reader's order, a month and year, a year, or an age. The server and the browser
//! parse it in the same way; the browser shows the date and the age before the form is saved.

use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Birth, BirthPrecision};
use crate::{
    core::{
        locale::{Locale, current},
        time::{named_month, show_date, years_between},
    },
    tr,
};

/// The greatest age of a living person that is accepted, in years; the oldest person whose age was verified reached 122.
const OLDEST_YEARS: i64 = 130;

/// The order in which a reader writes day and month in numbers. The year is last, or first with four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
    /// Both orders are usual in this country: a date that differs between them is refused.
    Unknown,
}

impl DateOrder {
    /// Returns the order for the reader's language in a hospital of this country (ISO 3166, two letters; empty when it is not
    /// recorded). The orders follow the short dates of the Unicode CLDR: month first in English in the United States and their
    /// territories. In Canada and the Philippines both orders are in use.
    pub fn of(country: &str) -> Self {
        match (current(), country) {
            (Locale::es, _) => Self::DayFirst,
            (Locale::en, "US" | "PR" | "GU" | "VI" | "AS" | "MP" | "UM") => Self::MonthFirst,
            (Locale::en, "" | "CA" | "PH") => Self::Unknown,
            (Locale::en, _) => Self::DayFirst,
        }
    }

    /// Explains how to enter a birth date, with an example.
    pub fn hint(self) -> &'static str {
        match self {
            Self::DayFirst => tr!(patients.birth_hint_day_first),
            Self::MonthFirst => tr!(patients.birth_hint_month_first),
            Self::Unknown => tr!(patients.birth_hint),
        }
    }
}

/// The reason why a text is not a birth date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BirthFault {
    Unreadable,
    NoSuchDay,
    Ahead,
    TooOld,
    /// A year of two digits: 85 may be 1985 or 1885.
    TwoDigitYear,
    /// A number alone: it may be years of age, or the end of a year.
    AgeOrYear,
    /// The two days that the text may stand for.
    Ambiguous(NaiveDate, NaiveDate),
    /// An age in days or weeks, from which the day of birth can be counted.
    DayNeeded,
    /// Two years, or a date and an age.
    TwoAnswers,
}

impl BirthFault {
    /// Returns the error and its correction, in the reader's language.
    pub fn words(self) -> String {
        match self {
            Self::Unreadable => tr!(patients.birth_unreadable).to_owned(),
            Self::NoSuchDay => tr!(patients.birth_no_such_day).to_owned(),
            Self::Ahead => tr!(patients.birth_ahead).to_owned(),
            Self::TooOld => tr!(patients.birth_too_old).to_owned(),
            Self::TwoDigitYear => tr!(patients.birth_two_digits).to_owned(),
            Self::AgeOrYear => tr!(patients.birth_age_or_year).to_owned(),
            Self::Ambiguous(one, other) => tr!(patients.birth_ambiguous, one = show_date(one), other = show_date(other)),
            Self::DayNeeded => tr!(patients.birth_day_needed).to_owned(),
            Self::TwoAnswers => tr!(patients.birth_two_answers).to_owned(),
        }
    }
}

/// A sequence of digits or of letters.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Number(String),
    Word(String),
}

/// Reads a birth date; [`Birth::UNKNOWN`] for an empty text.
///
/// # Errors
/// The [`BirthFault`] of the text.
pub fn read_birth(text: &str, today: NaiveDate, order: DateOrder) -> Result<Birth, BirthFault> {
    let parts = parts(text)?;
    let birth = match &parts[..] {
        [] if text.trim().is_empty() => return Ok(Birth::UNKNOWN),
        [Part::Number(number)] => by_number(number, order)?,
        [Part::Number(count), Part::Word(unit)] if Unit::of(unit).is_some() => by_age(&[(count, unit)], today)?,
        [Part::Number(a), Part::Word(one), Part::Number(b), Part::Word(other)] if Unit::of(one).is_some() => {
            by_age(&[(a, one), (b, other)], today)?
        }
        [Part::Word(month), Part::Number(year)] | [Part::Number(year), Part::Word(month)] => in_month(named(month)?, year)?,
        [Part::Number(a), Part::Number(b)] => match (a.len(), b.len()) {
            (4, 1..=2) => in_month(small(b)?, a)?,
            (1..=2, 4) => in_month(small(a)?, b)?,
            (4, 4) => return Err(BirthFault::TwoAnswers),
            (1..=2, 1..=2) => return Err(BirthFault::TwoDigitYear),
            _ => return Err(BirthFault::Unreadable),
        },
        [Part::Number(day), Part::Word(month), Part::Number(year)] if day.len() <= 2 => on(year, named(month)?, small(day)?)?,
        [Part::Number(year), Part::Word(month), Part::Number(day)] | [Part::Word(month), Part::Number(day), Part::Number(year)] => {
            on(year, named(month)?, small(day)?)?
        }
        [Part::Number(a), Part::Number(b), Part::Number(c)] => three(a, b, c, order)?,
        more if years_in(more) > 1 || (years_in(more) == 1 && more.len() > 3) => return Err(BirthFault::TwoAnswers),
        _ => return Err(BirthFault::Unreadable),
    };
    possible(birth, today)
}

fn years_in(parts: &[Part]) -> usize {
    parts.iter().filter(|part| matches!(part, Part::Number(number) if number.len() == 4)).count()
}

/// Splits the text into sequences, without the words that have no meaning here ("of", "about", "1st").
fn parts(text: &str) -> Result<Vec<Part>, BirthFault> {
    let mut parts: Vec<Part> = Vec::new();
    let mut whole = false;
    for letter in text.trim().to_lowercase().chars() {
        match (letter, parts.last_mut()) {
            ('0'..='9', Some(Part::Number(number))) if whole => number.push(letter),
            ('0'..='9', _) => parts.push(Part::Number(letter.to_string())),
            (letter, Some(Part::Word(word))) if whole && letter.is_alphabetic() => word.push(letter),
            (letter, _) if letter.is_alphabetic() => parts.push(Part::Word(letter.to_string())),
            (' ' | '-' | '.' | '/' | ',' | '\'' | '\u{a0}' | '–' | '·' | 'º' | 'ª' | '\t', _) => {
                whole = false;
                continue;
            }
            _ => return Err(BirthFault::Unreadable),
        }
        whole = true;
    }
    const SAY_NOTHING: [&str; 18] =
        ["de", "del", "of", "the", "st", "nd", "rd", "th", "about", "hacia", "unos", "unas", "aprox", "old", "aged", "age", "y", "º"];
    // A single "y" is a unit after a number, and "and" (Spanish) between two ages.
    let says_nothing = |at: usize, word: &str| {
        let between_ages = word == "y" && at > 0 && matches!(parts.get(at - 1), Some(Part::Word(_)));
        (word != "y" && SAY_NOTHING.contains(&word)) || between_ages
    };
    let kept = parts.iter().enumerate().filter(|(at, part)| !matches!(part, Part::Word(word) if says_nothing(*at, word)));
    Ok(kept.map(|(_, part)| part.clone()).collect())
}

/// The unit of an age.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Years,
    Months,
    /// Weeks and days.
    Shorter,
}

impl Unit {
    fn of(word: &str) -> Option<Self> {
        match word {
            "y" | "yr" | "yrs" | "year" | "years" | "yo" | "a" | "año" | "años" | "ano" | "anos" => Some(Self::Years),
            "m" | "mo" | "mos" | "month" | "months" | "mes" | "meses" => Some(Self::Months),
            "w" | "wk" | "week" | "weeks" | "semana" | "semanas" | "d" | "day" | "days" | "dia" | "dias" | "día" | "días" => {
                Some(Self::Shorter)
            }
            _ => None,
        }
    }
}

/// Computes the year of birth from an age in years, or the month from an age in months.
fn by_age(ages: &[(&String, &String)], today: NaiveDate) -> Result<Birth, BirthFault> {
    let (mut months, mut exact_to_month) = (0_u32, false);
    for (count, unit) in ages {
        let count: u32 = count.parse().map_err(|_| BirthFault::TooOld)?;
        match Unit::of(unit) {
            Some(Unit::Years) => months = months.saturating_add(count.saturating_mul(12)),
            Some(Unit::Months) => {
                exact_to_month = true;
                months = months.saturating_add(count);
            }
            Some(Unit::Shorter) => return Err(BirthFault::DayNeeded),
            None => return Err(BirthFault::Unreadable),
        }
    }
    if months == 0 {
        return Err(BirthFault::DayNeeded);
    }
    let born = today.checked_sub_months(Months::new(months)).ok_or(BirthFault::TooOld)?;
    let (month, precision) = if exact_to_month { (born.month(), BirthPrecision::Month) } else { (1, BirthPrecision::Year) };
    let date = NaiveDate::from_ymd_opt(born.year(), month, 1).ok_or(BirthFault::TooOld)?;
    Ok(Birth { date: Some(date), precision })
}

/// Parses a year, or a date without separators. A date that begins with the day has its year where the other form has
/// the month, so that eight digits never fit both.
fn by_number(number: &str, order: DateOrder) -> Result<Birth, BirthFault> {
    match (number.len(), number.get(..2), number.get(2..4), number.get(4..), number.get(6..)) {
        (1..=3, ..) => Err(BirthFault::AgeOrYear),
        (4, ..) => Ok(Birth { date: Some(day(number, 1, 1)?), precision: BirthPrecision::Year }),
        (6, ..) => Err(BirthFault::TwoDigitYear),
        (8, Some(a), Some(b), Some(year), Some(last)) => {
            let months_first = number.get(4..6).and_then(|month| month.parse::<u32>().ok()).is_some_and(|month| (1..=12).contains(&month));
            match number.get(..4) {
                Some(first) if months_first => on(first, small(&number[4..6])?, small(last)?),
                _ => three(a, b, year, order),
            }
        }
        _ => Err(BirthFault::Unreadable),
    }
}

fn three(a: &str, b: &str, c: &str, order: DateOrder) -> Result<Birth, BirthFault> {
    match (a.len(), b.len(), c.len()) {
        (4, 1..=2, 1..=2) => on(a, small(b)?, small(c)?),
        (1..=2, 1..=2, 4) => {
            let (day_first, month_first) = (on(c, small(b)?, small(a)?), on(c, small(a)?, small(b)?));
            match (day_first, month_first, order) {
                (Ok(one), Ok(other), DateOrder::Unknown) if one != other => match (one.date, other.date) {
                    (Some(one), Some(other)) => Err(BirthFault::Ambiguous(one, other)),
                    _ => Err(BirthFault::Unreadable),
                },
                (Ok(birth), Err(_), _) | (Ok(birth), _, DateOrder::DayFirst | DateOrder::Unknown) | (_, Ok(birth), _) => Ok(birth),
                (Err(fault), Err(_), _) => Err(fault),
            }
        }
        (4, ..) if c.len() == 4 => Err(BirthFault::TwoAnswers),
        (1..=2, 1..=2, 1..=2) => Err(BirthFault::TwoDigitYear),
        _ => Err(BirthFault::Unreadable),
    }
}

fn named(month: &str) -> Result<u32, BirthFault> {
    named_month(month).ok_or(BirthFault::Unreadable)
}

fn small(number: &str) -> Result<u32, BirthFault> {
    if number.len() > 2 {
        return Err(BirthFault::Unreadable);
    }
    number.parse().map_err(|_| BirthFault::Unreadable)
}

fn day(year: &str, month: u32, day: u32) -> Result<NaiveDate, BirthFault> {
    match year.len() {
        4 => {}
        1 | 2 => return Err(BirthFault::TwoDigitYear),
        _ => return Err(BirthFault::Unreadable),
    }
    let year = year.parse().map_err(|_| BirthFault::Unreadable)?;
    NaiveDate::from_ymd_opt(year, month, day).ok_or(BirthFault::NoSuchDay)
}

fn on(year: &str, month: u32, of_month: u32) -> Result<Birth, BirthFault> {
    day(year, month, of_month).map(Birth::on)
}

fn in_month(month: u32, year: &str) -> Result<Birth, BirthFault> {
    Ok(Birth { date: Some(day(year, month, 1)?), precision: BirthPrecision::Month })
}

fn possible(birth: Birth, today: NaiveDate) -> Result<Birth, BirthFault> {
    match birth.date {
        Some(date) if date > today => Err(BirthFault::Ahead),
        Some(date) if years_between(date, today) > OLDEST_YEARS => Err(BirthFault::TooOld),
        _ => Ok(birth),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{
        BirthFault::{AgeOrYear, Ahead, Ambiguous, DayNeeded, NoSuchDay, TooOld, TwoAnswers, TwoDigitYear, Unreadable},
        DateOrder::{DayFirst, MonthFirst, Unknown},
        *,
    };

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day")
    }

    fn read(text: &str, order: DateOrder) -> Result<Birth, BirthFault> {
        read_birth(text, day(2026, 11, 28), order)
    }

    #[test]
    fn dates_are_read_in_the_readers_order() {
        for text in [
            "14/03/1985",
            "14 3 1985",
            "14.3.1985",
            "14-03-1985",
            "14031985",
            "1985-03-14",
            "19850314",
            "14 Mar 1985",
            "March 14th, 1985",
            "14 de marzo de 1985",
            "14mar1985",
        ] {
            for order in [DayFirst, MonthFirst, Unknown] {
                assert_eq!(read(text, order), Ok(Birth::on(day(1985, 3, 14))), "{text} {order:?}");
            }
        }
        for text in ["03/04/1985", "3 4 1985", "03041985"] {
            assert_eq!(read(text, DayFirst), Ok(Birth::on(day(1985, 4, 3))), "{text}");
            assert_eq!(read(text, MonthFirst), Ok(Birth::on(day(1985, 3, 4))), "{text}");
            assert_eq!(read(text, Unknown), Err(Ambiguous(day(1985, 4, 3), day(1985, 3, 4))), "{text}");
        }
        assert_eq!(read("25121990", MonthFirst), Ok(Birth::on(day(1990, 12, 25))));
    }

    #[test]
    fn part_of_a_date_and_an_age_keep_what_is_known() {
        let known = |text: &str| read(text, DayFirst).map(|birth| (birth.date, birth.precision));
        assert_eq!(known("1958"), Ok((Some(day(1958, 1, 1)), BirthPrecision::Year)));
        for text in ["3/1985", "1985-03", "mar 1985", "marzo de 1985"] {
            assert_eq!(known(text), Ok((Some(day(1985, 3, 1)), BirthPrecision::Month)), "{text}");
        }
        for text in ["46 y", "46 años", "about 46 years", "46yo", "46 years old"] {
            assert_eq!(known(text), Ok((Some(day(1980, 1, 1)), BirthPrecision::Year)), "{text}");
        }
        for text in ["8 months", "8m", "8 meses"] {
            assert_eq!(known(text), Ok((Some(day(2026, 3, 1)), BirthPrecision::Month)), "{text}");
        }
        assert_eq!(known("1 year 6 months"), Ok((Some(day(2025, 5, 1)), BirthPrecision::Month)));
        assert_eq!(known("1 año y 6 meses"), Ok((Some(day(2025, 5, 1)), BirthPrecision::Month)));
        assert_eq!(known("  "), Ok((None, BirthPrecision::Unknown)));
    }

    #[test]
    fn each_mistake_is_named() {
        for (text, fault) in [
            ("30/02/1985", NoSuchDay),
            ("14/13/1985", NoSuchDay),
            ("1991-02-30", NoSuchDay),
            ("29/11/2026", Ahead),
            ("2027", Ahead),
            ("1895", TooOld),
            ("131 y", TooOld),
            ("14/03/85", TwoDigitYear),
            ("3/85", TwoDigitYear),
            ("140385", TwoDigitYear),
            ("14 mar 85", TwoDigitYear),
            ("46", AgeOrYear),
            ("3 days", DayNeeded),
            ("0 y", DayNeeded),
            ("14/03/1985 1984", TwoAnswers),
            ("1984 1985", TwoAnswers),
            ("yesterday", Unreadable),
            ("25/12/121990", Unreadable),
            ("--", Unreadable),
            ("14/03/1985?", Unreadable),
        ] {
            assert_eq!(read(text, DayFirst), Err(fault), "{text}");
            assert!(!fault.words().is_empty());
        }
        assert_ne!(TooOld.words(), Ahead.words());
    }

    #[test]
    fn the_order_is_the_languages_and_the_countrys() {
        use crate::core::locale::LOCALE;
        let order = |locale, country: &str| LOCALE.sync_scope(locale, || DateOrder::of(country));
        assert_eq!(order(Locale::en, "US"), MonthFirst);
        assert_eq!(order(Locale::en, "GB"), DayFirst);
        assert_eq!(order(Locale::en, ""), Unknown);
        assert_eq!(order(Locale::es, "US"), DayFirst);
    }

    #[test]
    fn what_is_shown_is_read_again() {
        use crate::core::locale::LOCALE;
        for locale in [Locale::en, Locale::es] {
            LOCALE.sync_scope(locale, || {
                for month in 1..=12 {
                    let birth = Birth::on(day(1985, month, 9));
                    assert_eq!(read(&birth.field(), Unknown), Ok(birth));
                }
                for text in ["1985", "3/1985"] {
                    let birth = read(text, Unknown).expect("a birth");
                    assert_eq!(read(&birth.field(), Unknown), Ok(birth));
                }
            });
        }
    }
}
