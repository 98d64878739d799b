//! The fields of master data: how each is entered, parsed, stored and shown.

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;
use uuid::Uuid;

use super::List;
use crate::{
    core::{Currency, Error, Result, form, locale::Locale},
    db::{Sql, Value},
    organisation::{PointKind, people::Profession, wards::WordList},
    tr,
};

/// How a field is entered and stored. Between form and database a value is text in one fixed form (`read`); an empty text
/// means no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    Line,
    /// Several lines.
    Text,
    /// Letters, digits, points, hyphens and underscores.
    Code,
    /// One or two capital letters that begin the tokens of a service.
    Letter,
    Phone,
    Email,
    /// A web address with its scheme.
    Web,
    /// A country code of ISO 3166-1 alpha-2.
    Country,
    /// A name of the IANA time zone database.
    Zone,
    /// The degrees of a coordinate, up to this limit; stored in millionths of a degree.
    Degrees(i64),
    /// A year that has begun.
    Year,
    /// Whole years from 14 to 25.
    Age,
    /// A row of another list.
    Of(List),
    /// The purpose of a room or counter.
    Point,
    /// Minutes of a visit, from 5 to 480.
    Minutes,
    /// A whole number between two, both included.
    Number(i64, i64),
    /// The group of users who may book a visit.
    BookedBy,
    /// A word of a fixed list.
    Word(WordList),
    /// An item of the price list for days in a bed.
    BedPrice,
    /// A member of staff.
    Person,
    /// The profession of a member of staff.
    Profession,
    /// A checkbox: `true` or empty.
    Tick,
    /// A currency code of ISO 4217.
    Currency,
    /// A language of the program.
    Language,
}

/// A field of a list.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in forms and in the audit log.
    pub name: &'static str,
    column: &'static str,
    pub kind: Kind,
    /// The most characters.
    pub most: usize,
    pub required: bool,
    /// Whether the list shows it.
    pub listed: bool,
    /// Whether it cannot be changed later, because data that depend on the row rely on it.
    pub fixed: bool,
    /// The value of a new row, until another is typed; empty is none.
    pub preset: &'static str,
}

impl Field {
    pub(in crate::organisation) const fn new(name: &'static str, kind: Kind, most: usize) -> Self {
        Self { name, column: name, kind, most, required: false, listed: false, fixed: false, preset: "" }
    }

    pub(in crate::organisation) const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(in crate::organisation) const fn listed(mut self) -> Self {
        self.listed = true;
        self
    }

    pub(in crate::organisation) const fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    pub(in crate::organisation) const fn preset(mut self, value: &'static str) -> Self {
        self.preset = value;
        self
    }

    pub(in crate::organisation) const fn kept_in(mut self, column: &'static str) -> Self {
        self.column = column;
        self
    }

    /// Returns the column in the database.
    pub(in crate::organisation) const fn column(&self) -> &'static str {
        self.column
    }

    /// Adds the column as text to a query's list of columns.
    pub(in crate::organisation) fn select(&self, query: Sql) -> Sql {
        match self.kind {
            // The two engines store an id in different types.
            Kind::Of(_) | Kind::Person | Kind::BedPrice => {
                query.push_for("lower(hex(", "replace(CAST(").push(self.column).push_for("))", " AS TEXT), '-', '')")
            }
            Kind::Degrees(_) | Kind::Year | Kind::Age | Kind::Minutes | Kind::Number(..) => {
                query.push("CAST(").push(self.column).push(" AS TEXT)")
            }
            Kind::Tick => query.push("CASE WHEN ").push(self.column).push(" THEN 'true' ELSE '' END"),
            _ => query.push(self.column),
        }
    }

    /// Returns the text of a column in the form that forms use.
    pub(in crate::organisation) fn shown(&self, column: String) -> String {
        match self.kind {
            Kind::Of(_) | Kind::Person | Kind::BedPrice => Uuid::parse_str(&column).map(|id| id.to_string()).unwrap_or_default(),
            Kind::Degrees(_) => column.parse().map(degrees).unwrap_or_default(),
            _ => column,
        }
    }

    /// Returns the value to be bound.
    pub(in crate::organisation) fn value(&self, text: &str) -> Value {
        match self.kind {
            Kind::Of(_) | Kind::Person | Kind::BedPrice => Value::Uuid(Uuid::parse_str(text).ok()),
            Kind::Degrees(most) => Value::Int(microdegrees(text, most)),
            Kind::Year | Kind::Age | Kind::Minutes | Kind::Number(..) => Value::Int(text.parse().ok()),
            Kind::Tick => Value::Bool(Some(!text.is_empty())),
            _ => Value::Text(Some(text.to_owned())),
        }
    }

    /// Parses the typed text into the fixed form; `today` limits years.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field.
    pub fn read(&self, typed: &str, today: NaiveDate) -> Result<String> {
        let text = match self.kind {
            Kind::Text => form::text(self.name, typed, self.most)?,
            _ => form::line(self.name, typed, self.most)?,
        };
        if text.is_empty() {
            return if self.required { Err(Error::invalid(self.name, self.missing())) } else { Ok(text) };
        }
        self.checked(text, today).map_err(|message| Error::invalid(self.name, message))
    }

    const fn is_chosen(&self) -> bool {
        matches!(
            self.kind,
            Kind::Of(_)
                | Kind::Person
                | Kind::Profession
                | Kind::Point
                | Kind::BookedBy
                | Kind::Word(_)
                | Kind::BedPrice
                | Kind::Zone
                | Kind::Currency
                | Kind::Language
        )
    }

    fn missing(&self) -> &'static str {
        if self.is_chosen() { tr!(errors.choose) } else { tr!(errors.required) }
    }

    fn checked(&self, text: String, today: NaiveDate) -> Result<String, String> {
        let all = |text: &str, good: fn(char) -> bool| text.chars().all(good);
        let when = |good: bool, text: String, message: String| if good { Ok(text) } else { Err(message) };
        let upper = text.to_uppercase();
        match self.kind {
            Kind::Line | Kind::Text => Ok(text),
            Kind::Code => {
                when(all(&text, |c| c.is_ascii_alphanumeric() || "._-".contains(c)), text, tr!(organisation.code_wrong).to_owned())
            }
            Kind::Letter => {
                let good = upper.len() <= 2 && all(&upper, |c| c.is_ascii_uppercase());
                when(good, upper, tr!(organisation.letter_wrong).to_owned())
            }
            Kind::Phone => when(is_phone(&text), text, tr!(organisation.phone_wrong).to_owned()),
            Kind::Email => when(is_email(&text), text, tr!(organisation.email_wrong).to_owned()),
            Kind::Web => {
                let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
                let good = rest.is_some_and(|rest| rest.contains('.') && !rest.contains(char::is_whitespace));
                when(good, text, tr!(organisation.website_wrong).to_owned())
            }
            Kind::Country => {
                let good = upper.len() == 2 && all(&upper, |c| c.is_ascii_uppercase());
                when(good, upper, tr!(organisation.country_wrong).to_owned())
            }
            Kind::Zone => when(text.parse::<Tz>().is_ok(), text, tr!(organisation.zone_wrong).to_owned()),
            Kind::Degrees(most) => microdegrees(&text, most).map(degrees).ok_or_else(|| tr!(organisation.degrees_wrong, most = most)),
            Kind::Year => {
                let good = text.parse::<i32>().is_ok_and(|year| (1000..=today.year()).contains(&year));
                when(good, text, tr!(organisation.year_wrong, this = today.year()))
            }
            Kind::Age => when(text.parse::<i64>().is_ok_and(|age| (14..=25).contains(&age)), text, tr!(organisation.age_wrong).to_owned()),
            Kind::Of(_) | Kind::Person | Kind::BedPrice => {
                Uuid::parse_str(&text).map(|id| id.to_string()).map_err(|_| tr!(errors.choose).to_owned())
            }
            Kind::Minutes => {
                let good = text.parse::<i64>().is_ok_and(|minutes| (5..=480).contains(&minutes));
                when(good, text, tr!(organisation.minutes_wrong).to_owned())
            }
            Kind::Number(least, most) => {
                let number = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
                number.map(|number| number.to_string()).ok_or_else(|| tr!(organisation.number_wrong, least = least, most = most))
            }
            Kind::BookedBy => when(BOOKED_BY.contains(&text.as_str()), text, tr!(errors.choose).to_owned()),
            Kind::Word(list) => when(list.words().contains(&text.as_str()), text, tr!(errors.choose).to_owned()),
            Kind::Point => when(text.parse::<PointKind>().is_ok(), text, tr!(errors.choose).to_owned()),
            Kind::Profession => when(text.parse::<Profession>().is_ok(), text, tr!(errors.choose).to_owned()),
            Kind::Tick => Ok("true".to_owned()),
            Kind::Currency => {
                let good = CURRENCIES.contains(&upper.as_str()) && Currency::try_from(upper.clone()).is_ok();
                when(good, upper, tr!(errors.choose).to_owned())
            }
            Kind::Language => when(text.parse::<Locale>().is_ok(), text, tr!(errors.choose).to_owned()),
        }
    }
}

/// Whether the text has at least five digits, and otherwise only characters that people write between digits.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (5..=22).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || c.is_ascii_alphabetic() || " +()-./,;".contains(c))
}

/// Whether the text has one `@` with a name before it and a domain after it.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let domain_is_good = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty()) && !domain.contains('@');
    !name.is_empty() && domain_is_good && !text.contains(char::is_whitespace)
}

/// Parses degrees with at most six decimals, such as `42.361145` or `-71,057083`, between `-most` and `most`.
fn microdegrees(text: &str, most: i64) -> Option<i64> {
    let text = text.trim().replace(['−', '–'], "-").replace(',', ".");
    let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || fraction.len() > 6 || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let micro = format!("{whole}{fraction:0<6}").parse::<i64>().ok()?;
    (micro <= most * 1_000_000).then_some(if negative { -micro } else { micro })
}

fn degrees(micro: i64) -> String {
    let sign = if micro < 0 { "-" } else { "" };
    let micro = micro.unsigned_abs();
    format!("{sign}{}.{:06}", micro / 1_000_000, micro % 1_000_000)
}

/// The groups that may book a visit: patients in the portal too, or only the desk.
pub const BOOKED_BY: [&str; 2] = ["everybody", "desk"];

/// The active currencies of ISO 4217 (list one, without precious metals, funds and test codes).
pub const CURRENCIES: [&str; 153] = [
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BHD", "BIF", "BMD", "BND", "BOB", "BRL", "BSD",
    "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP",
    "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS",
    "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR",
    "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN",
    "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD",
    "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER", "ZAR",
    "ZMW",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 28).expect("a day")
    }

    fn read(kind: Kind, typed: &str) -> Option<String> {
        Field::new("field", kind, 200).read(typed, day()).ok()
    }

    #[test]
    fn what_was_typed_gets_one_form_or_is_refused() {
        for (kind, typed, read_as) in [
            (Kind::Degrees(90), "42.361145", Some("42.361145")),
            (Kind::Degrees(180), "-71,5", Some("-71.500000")),
            (Kind::Degrees(90), "90", Some("90.000000")),
            (Kind::Degrees(90), "90.000001", None),
            (Kind::Degrees(180), "-181", None),
            (Kind::Degrees(90), "1.2345678", None),
            (Kind::Degrees(90), "north", None),
            (Kind::Year, "1974", Some("1974")),
            (Kind::Year, "2026", Some("2026")),
            (Kind::Year, "2027", None),
            (Kind::Zone, "Europe/Madrid", Some("Europe/Madrid")),
            (Kind::Zone, "Europe/Atlantis", None),
            (Kind::Letter, "b", Some("B")),
            (Kind::Letter, "ABC", None),
            (Kind::Letter, "7", None),
            (Kind::Country, "es", Some("ES")),
            (Kind::Country, "Spain", None),
            (Kind::Phone, "+34 91 555 01 00", Some("+34 91 555 01 00")),
            (Kind::Phone, "call us", None),
            (Kind::Email, "desk@clinic.example", Some("desk@clinic.example")),
            (Kind::Email, "desk@clinic", None),
            (Kind::Web, "https://clinic.example", Some("https://clinic.example")),
            (Kind::Web, "javascript:alert(1)", None),
            (Kind::Currency, "eur", Some("EUR")),
            (Kind::Currency, "QQQ", None),
            (Kind::Age, "21", Some("21")),
            (Kind::Age, "12", None),
            (Kind::Code, "NORTH-1", Some("NORTH-1")),
            (Kind::Code, "two words", None),
        ] {
            assert_eq!(read(kind, typed).as_deref(), read_as, "{kind:?} {typed:?}");
        }
    }

    #[test]
    fn a_required_field_is_asked_for() {
        let Err(Error::Invalid(wrong)) = Field::new("name", Kind::Line, 9).required().read("  ", day()) else { panic!("refused") };
        assert_eq!(wrong[0].field, "name");
    }
}
