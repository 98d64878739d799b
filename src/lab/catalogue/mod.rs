//! The catalogue: tests, panels, containers, coded answers, reference ranges, delta rules.
//!
//! A test that was shipped or changed is unconfirmed until the head of the laboratory confirms it. An unconfirmed test can be ordered, and
//! its results say that their range is unconfirmed; it is never released by itself.

mod acts;
mod file;
mod form;
mod panels;
mod starter;
mod store;

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    delta::DeltaRule,
    flag::Flag,
    formulas::Formula,
    range::ReferenceRange,
    vocabulary::{PortalRule, ResultType, Specimen},
};
use crate::{
    core::{
        Error, LabChoiceId, LabContainerId, LabPanelId, LabTestId, PriceItemId, Result,
        locale::{self, Locale},
        time::Instant,
    },
    db::Tx,
    orders::OrderPriority,
};

pub use acts::{add_delta, add_range, confirm, retire, retire_delta, retire_range, save_test, set_single_handed, single_handed};
pub use file::{ImportedTests, TestOutcome, export, import};
pub use form::{DeltaForm, RangeForm, TestForm};
pub use panels::{ANSWER_FLAGS, PanelForm, add_answer, add_container, retire_panel, save_panel};
pub use starter::{adopt, stock};

/// A tube or another container.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Container {
    pub id: LabContainerId,
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub colour: String,
    pub additive: String,
    /// Microlitres.
    pub volume_ul: i64,
    /// Containers are filled in this order.
    pub draw_order: i64,
}

/// A test of the laboratory.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LabTest {
    pub id: LabTestId,
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub loinc: String,
    pub loinc_name: String,
    pub result_type: ResultType,
    /// UCUM.
    pub unit: String,
    pub decimals: i64,
    pub specimen: Specimen,
    pub container_id: LabContainerId,
    pub bench: String,
    pub method: String,
    /// Minutes from receipt to release.
    pub tat_stat: i64,
    pub tat_urgent: i64,
    pub tat_routine: i64,
    pub linear_low: Option<i64>,
    pub linear_high: Option<i64>,
    pub plausible_low: Option<i64>,
    pub plausible_high: Option<i64>,
    pub duplicate_hours: i64,
    pub portal_rule: PortalRule,
    pub portal_hours: i64,
    pub autorelease: bool,
    /// The word of a [`Formula`]; empty for a measured value.
    pub formula: String,
    pub item_id: Option<PriceItemId>,
    pub source: String,
    pub confirmed_at: Option<Instant>,
    pub confirmer: Option<String>,
    pub version: i64,
    pub retired_at: Option<Instant>,
}

/// Tests that are ordered at once.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LabPanel {
    pub id: LabPanelId,
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub loinc: String,
    pub item_id: Option<PriceItemId>,
    pub version: i64,
    pub retired_at: Option<Instant>,
}

/// A coded answer of a test.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct LabChoice {
    pub id: LabChoiceId,
    pub test_id: LabTestId,
    pub code: String,
    pub name_en: String,
    pub name_es: String,
    pub flag: Flag,
}

/// Returns the name in the reader's language.
fn in_language<'n>(en: &'n str, es: &'n str) -> &'n str {
    match locale::current() {
        Locale::en => en,
        Locale::es => es,
    }
}

impl Container {
    pub fn name(&self) -> &str {
        in_language(&self.name_en, &self.name_es)
    }
}

impl LabPanel {
    pub fn name(&self) -> &str {
        in_language(&self.name_en, &self.name_es)
    }
}

impl LabChoice {
    pub fn name(&self) -> &str {
        in_language(&self.name_en, &self.name_es)
    }
}

impl LabTest {
    pub fn name(&self) -> &str {
        in_language(&self.name_en, &self.name_es)
    }

    /// The formula of a calculated value.
    pub fn formula(&self) -> Option<Formula> {
        self.formula.parse().ok()
    }

    pub const fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    pub const fn is_retired(&self) -> bool {
        self.retired_at.is_some()
    }

    /// Minutes from receipt to release.
    pub const fn turnaround(&self, priority: OrderPriority) -> i64 {
        match priority {
            OrderPriority::Stat => self.tat_stat,
            OrderPriority::Asap | OrderPriority::Urgent => self.tat_urgent,
            OrderPriority::Routine => self.tat_routine,
        }
    }
}

/// The whole catalogue, as one page or one act needs it.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub tests: Vec<LabTest>,
    pub panels: Vec<LabPanel>,
    pub containers: Vec<Container>,
    contents: HashMap<LabPanelId, Vec<LabTestId>>,
    choices: HashMap<LabTestId, Vec<LabChoice>>,
    ranges: HashMap<LabTestId, Vec<ReferenceRange>>,
    deltas: HashMap<LabTestId, Vec<DeltaRule>>,
    inputs: HashMap<LabTestId, Vec<LabTestId>>,
}

impl Catalogue {
    /// Reads the catalogue, with retired tests: results refer to them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(tx: &mut Tx) -> Result<Self> {
        let mut catalogue = Self {
            tests: store::tests(tx).await?,
            panels: store::panels(tx).await?,
            containers: store::containers(tx).await?,
            ..Self::default()
        };
        for (panel, test) in store::contents(tx).await? {
            catalogue.contents.entry(panel).or_default().push(test);
        }
        for choice in store::choices(tx).await? {
            catalogue.choices.entry(choice.test_id).or_default().push(choice);
        }
        for (test, range) in store::ranges(tx).await? {
            catalogue.ranges.entry(test).or_default().push(range);
        }
        for (test, rule) in store::deltas(tx).await? {
            catalogue.deltas.entry(test).or_default().push(rule);
        }
        for (test, input) in store::inputs(tx).await? {
            catalogue.inputs.entry(test).or_default().push(input);
        }
        Ok(catalogue)
    }

    /// Returns the test, also a retired one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn test(&self, id: LabTestId) -> Result<&LabTest> {
        self.tests.iter().find(|test| test.id == id).ok_or(Error::NotFound)
    }

    pub fn panel(&self, id: LabPanelId) -> Option<&LabPanel> {
        self.panels.iter().find(|panel| panel.id == id)
    }

    pub fn container(&self, id: LabContainerId) -> Option<&Container> {
        self.containers.iter().find(|container| container.id == id)
    }

    /// The tests in use, in the order of bench and name.
    pub fn in_use(&self) -> impl Iterator<Item = &LabTest> {
        self.tests.iter().filter(|test| !test.is_retired())
    }

    /// The panels in use.
    pub fn panels_in_use(&self) -> impl Iterator<Item = &LabPanel> {
        self.panels.iter().filter(|panel| panel.retired_at.is_none())
    }

    /// The tests of a panel, in their order, with retired ones.
    pub fn content_of(&self, panel: LabPanelId) -> &[LabTestId] {
        self.contents.get(&panel).map_or(&[], Vec::as_slice)
    }

    /// The tests of a panel that are in use, in their order.
    pub fn tests_of(&self, panel: LabPanelId) -> Vec<&LabTest> {
        self.content_of(panel).iter().filter_map(|id| self.test(*id).ok()).filter(|test| !test.is_retired()).collect()
    }

    pub fn choices_of(&self, test: LabTestId) -> &[LabChoice] {
        self.choices.get(&test).map_or(&[], Vec::as_slice)
    }

    pub fn choice(&self, id: LabChoiceId) -> Option<&LabChoice> {
        self.choices.values().flatten().find(|choice| choice.id == id)
    }

    /// The ranges of a test that are not retired.
    pub fn ranges_of(&self, test: LabTestId) -> &[ReferenceRange] {
        self.ranges.get(&test).map_or(&[], Vec::as_slice)
    }

    pub fn deltas_of(&self, test: LabTestId) -> &[DeltaRule] {
        self.deltas.get(&test).map_or(&[], Vec::as_slice)
    }

    /// The inputs of a calculated test, in the order of its formula.
    pub fn inputs_of(&self, test: LabTestId) -> &[LabTestId] {
        self.inputs.get(&test).map_or(&[], Vec::as_slice)
    }

    /// The calculated tests that follow from this one.
    pub fn follows_from(&self, input: LabTestId) -> Vec<LabTestId> {
        self.inputs.iter().filter(|(_, inputs)| inputs.contains(&input)).map(|(test, _)| *test).collect()
    }

    /// The ranges that hold on a day, for a list.
    pub fn ranges_on(&self, test: LabTestId, day: NaiveDate) -> Vec<&ReferenceRange> {
        let holds = |range: &&ReferenceRange| range.valid_to.is_none_or(|to| to >= day);
        self.ranges_of(test).iter().filter(holds).collect()
    }
}
