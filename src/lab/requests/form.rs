//! The form in which a doctor orders tests and panels.

use crate::{
    core::{
        Error, LabPanelId, LabTestId, OrderId, PriceItemId, Result, error::FieldErrors, form, time::Instant, time::parse_date,
        time::parse_time,
    },
    lab::{
        catalogue::{Catalogue, LabTest},
        vocabulary::Fasting,
    },
    orders::OrderPriority,
    organisation::Typed,
    server::Ctx,
    tr,
};

/// A test or a panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabItem {
    Test(LabTestId),
    Panel(LabPanelId),
}

impl LabItem {
    /// The name in the reader's language.
    pub fn name(self, catalogue: &Catalogue) -> String {
        match self {
            Self::Test(id) => catalogue.test(id).map(|test| test.name().to_owned()).unwrap_or_default(),
            Self::Panel(id) => catalogue.panel(id).map(|panel| panel.name().to_owned()).unwrap_or_default(),
        }
    }

    /// The item of the price list.
    pub fn price_item(self, catalogue: &Catalogue) -> Option<PriceItemId> {
        match self {
            Self::Test(id) => catalogue.test(id).ok().and_then(|test| test.item_id),
            Self::Panel(id) => catalogue.panel(id).and_then(|panel| panel.item_id),
        }
    }

    /// The tests that are done.
    pub fn tests(self, catalogue: &Catalogue) -> Vec<&LabTest> {
        match self {
            Self::Test(id) => catalogue.test(id).into_iter().collect(),
            Self::Panel(id) => catalogue.tests_of(id),
        }
    }
}

/// The fields, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestForm {
    /// The id of the first order, made with the form.
    pub key: OrderId,
    /// The codes that were typed, then those that were ticked.
    codes: Vec<String>,
    pub priority: OrderPriority,
    pub fasting: Fasting,
    pub wanted_from: Option<Instant>,
    pub reason: String,
    pub instructions: String,
    pub is_draft: bool,
    /// Whether the doctor orders tests again that are on order or have a recent result.
    pub again: bool,
    /// Whether only tubes and price are asked for.
    pub is_look: bool,
}

/// The longest reason or instruction.
const LONGEST_TEXT: usize = 2_000;
/// The most tests and panels of one form.
const MOST: usize = 60;

impl RequestForm {
    /// Reads the form: `codes` has codes with spaces between them, and each tick is called `item-CODE`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(ctx: &Ctx, typed: &Typed) -> Result<Self> {
        let value = |name: &str| typed.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let key = errors.chosen::<OrderId>("key", value("key"));
        let typed_codes = value("codes").split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|code| !code.is_empty());
        let ticked = typed.keys().filter_map(|name| name.strip_prefix("item-"));
        let mut codes: Vec<String> = Vec::new();
        for code in typed_codes.chain(ticked).map(str::to_lowercase) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        if codes.is_empty() {
            errors.add("codes", tr!(lab.choose_tests));
        } else if codes.len() > MOST {
            errors.add("codes", tr!(lab.too_many_tests, most = MOST));
        }
        let priority = errors.chosen::<OrderPriority>("priority", value("priority"));
        let fasting = match value("fasting") {
            "" => Some(Fasting::Unknown),
            word => errors.chosen::<Fasting>("fasting", word),
        };
        let wanted_from = wanted(ctx, (value("wanted_day"), value("wanted_time")), &mut errors);
        let mut text = |field: &str| errors.check(form::text(field, value(field), LONGEST_TEXT)).unwrap_or_default();
        let (reason, instructions) = (text("reason"), text("instructions"));
        errors.finish()?;
        let (Some(key), Some(priority), Some(fasting)) = (key, priority, fasting) else { return Err(Error::NotFound) };
        let [is_draft, again, is_look] = ["draft", "again", "look"].map(|name| !value(name).is_empty());
        Ok(Self { key, codes, priority, fasting, wanted_from, reason, instructions, is_draft, again, is_look })
    }

    /// Returns the tests and panels of the codes. A test that a chosen panel has is left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a code is unknown.
    pub fn items(&self, catalogue: &Catalogue) -> Result<Vec<LabItem>> {
        let mut items = Vec::new();
        let mut unknown = Vec::new();
        for code in &self.codes {
            if let Some(panel) = catalogue.panels_in_use().find(|panel| panel.code == *code) {
                items.push(LabItem::Panel(panel.id));
            } else if let Some(test) = catalogue.in_use().find(|test| test.code == *code) {
                items.push(LabItem::Test(test.id));
            } else {
                unknown.push(code.as_str());
            }
        }
        if !unknown.is_empty() {
            return Err(Error::invalid("codes", tr!(lab.codes_unknown, codes = unknown.join(", "))));
        }
        let panels: Vec<LabTestId> = items
            .iter()
            .filter(|item| matches!(item, LabItem::Panel(_)))
            .flat_map(|item| item.tests(catalogue))
            .map(|test| test.id)
            .collect();
        items.retain(|item| !matches!(item, LabItem::Test(test) if panels.contains(test)));
        Ok(items)
    }
}

/// Reads the time from which the sample is wanted; an empty day is now.
fn wanted(ctx: &Ctx, (day, time): (&str, &str), errors: &mut FieldErrors) -> Option<Instant> {
    if day.is_empty() {
        return None;
    }
    let day = errors.check(parse_date("wanted_day", day))?;
    let time = match time {
        "" => chrono::NaiveTime::MIN,
        time => errors.check(parse_time("wanted_time", time))?,
    };
    let at = ctx.zone().instant(day.and_time(time));
    if at.is_none() || day < ctx.today() || (day - ctx.today()).num_days() > 365 {
        errors.add("wanted_day", tr!(lab.wanted_wrong));
    }
    at
}
