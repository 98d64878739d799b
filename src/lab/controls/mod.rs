//! Quality control: lots of control material, runs, and the hold that a rejected run puts on the results of its test.
//!
//! | lot | becomes | by |
//! |---|---|---|
//! | | `establishing`, `active` | a new lot; the maker's target counts at once, the laboratory's own is worked out from its first points |
//! | `establishing` | `active` | 20 points on 10 days: their mean and standard deviation are the target |
//! | `establishing`, `active` | `closed` | it is used up |
//!
//! The state of a test at a clinic is `rejected` while the last judged run of one of its levels was rejected: a run of another level does not end
//! it. Otherwise it is the verdict of the last run. While it is `rejected`, no result of the test is released, unless the head of the laboratory
//! takes responsibility for that one result with a reason (`rejected_holds`).

mod acts;
mod store;
mod westgard;

use std::collections::HashSet;

use chrono::NaiveDate;

use super::catalogue::Catalogue;
use crate::{
    core::{ClinicId, LabControlLotId, LabControlPointId, LabControlRunId, LabResultId, LabTestId, PatientId, Result, time::Instant},
    db::Tx,
    tr,
    ui::Tone,
};

pub use acts::{LotForm, activate_lot, add_lot, close_lot, exclude_point, override_hold, run};
pub use store::{lots_of, overridden, points_of, released_since, states};
pub use westgard::Deviation;

crate::text_enum! {
    /// The origin of a lot's mean and standard deviation.
    pub enum LotTarget("target") {
        Maker = "maker" => tr!(lab.target_maker),
        Own = "own" => tr!(lab.target_own),
    }
}

crate::text_enum! {
    /// The state of a lot of control material.
    pub enum LotState("state") {
        Establishing = "establishing" => tr!(lab.lot_establishing),
        Active = "active" => tr!(lab.lot_active),
        Closed = "closed" => tr!(lab.lot_closed),
    }
}

crate::text_enum! {
    /// The verdict on a run.
    pub enum ControlVerdict("verdict") {
        Establishing = "establishing" => tr!(lab.lot_establishing),
        InControl = "in_control" => tr!(lab.in_control),
        Warning = "warning" => tr!(lab.control_warning),
        Rejected = "rejected" => tr!(lab.control_rejected),
    }
}

crate::text_enum! {
    /// The rule that a run broke.
    pub enum ControlRule("rule") {
        OneTwo = "1_2s" => tr!(lab.rule_1_2s),
        OneThree = "1_3s" => tr!(lab.rule_1_3s),
        TwoTwo = "2_2s" => tr!(lab.rule_2_2s),
        RangeFour = "r_4s" => tr!(lab.rule_r_4s),
        FourOne = "4_1s" => tr!(lab.rule_4_1s),
        TenMean = "10x" => tr!(lab.rule_10x),
    }
}

impl ControlVerdict {
    pub const fn tone(self) -> Tone {
        match self {
            Self::Establishing => Tone::Progress,
            Self::InControl => Tone::Done,
            Self::Warning => Tone::Warning,
            Self::Rejected => Tone::Critical,
        }
    }
}

/// A lot of control material, at one level, for one test.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ControlLot {
    pub id: LabControlLotId,
    pub test_id: LabTestId,
    pub clinic_id: ClinicId,
    pub material: String,
    pub level: i64,
    pub lot: String,
    pub expires_on: NaiveDate,
    pub target: LotTarget,
    pub mean: Option<i64>,
    pub sd: Option<i64>,
    pub state: LotState,
}

/// A measured control with its run.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ControlPoint {
    pub id: LabControlPointId,
    pub run_id: LabControlRunId,
    pub nth: i64,
    pub at: Instant,
    pub by_name: String,
    pub verdict: ControlVerdict,
    pub rule: Option<ControlRule>,
    pub action: String,
    pub lot_id: LabControlLotId,
    pub level: i64,
    pub lot: String,
    pub value_text: String,
    pub millionths: i64,
    pub mean: Option<i64>,
    pub sd: Option<i64>,
    pub excluded_at: Option<Instant>,
    pub excluded_reason: String,
}

impl ControlPoint {
    /// The deviation from the target; `None` while the lot has none.
    pub fn deviation(&self) -> Option<Deviation> {
        Some(Deviation { level: self.level, distance: self.millionths - self.mean?, sd: self.sd? })
    }
}

/// The run that decides on a test at a clinic: the first whose rejection stands, otherwise the last that was judged.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ControlState {
    pub test_id: LabTestId,
    pub verdict: ControlVerdict,
    pub rule: Option<ControlRule>,
    pub at: Instant,
    /// The levels that must pass again.
    #[sqlx(skip)]
    pub rejected: Vec<i64>,
}

/// Returns the words of the rule that was broken: `1-3s: a point beyond 3 SD`.
pub fn rule_words(rule: Option<ControlRule>) -> &'static str {
    rule.map_or("", ControlRule::words)
}

/// A released result that was measured after the last run in control.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReleasedSince {
    pub result_id: LabResultId,
    pub patient_id: PatientId,
    pub mrn: String,
    pub value_text: String,
    pub unit: String,
    pub released_at: Instant,
}

/// The tests of a clinic whose controls hold their results, or forbid that they are released by themselves.
#[derive(Clone, Debug, Default)]
pub struct Holds {
    rejected: HashSet<LabTestId>,
    warned: HashSet<LabTestId>,
}

impl Holds {
    /// Reads the state of all tests of a clinic.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(tx: &mut Tx, clinic: ClinicId) -> Result<Self> {
        let mut holds = Self::default();
        for state in store::states(tx, clinic).await? {
            match state.verdict {
                ControlVerdict::Rejected => holds.rejected.insert(state.test_id),
                ControlVerdict::Warning => holds.warned.insert(state.test_id),
                ControlVerdict::InControl | ControlVerdict::Establishing => false,
            };
        }
        Ok(holds)
    }

    /// Whether the results of a test are held: its own controls are rejected, or those of an input from which it is calculated.
    pub fn hold(&self, catalogue: &Catalogue, test: LabTestId) -> bool {
        self.rejected.contains(&test) || catalogue.inputs_of(test).iter().any(|input| self.rejected.contains(input))
    }

    /// Whether a normal result of the test may be released by itself: no control warns or is rejected.
    pub fn allow_autorelease(&self, catalogue: &Catalogue, test: LabTestId) -> bool {
        let warned = |id: &LabTestId| self.warned.contains(id);
        !self.hold(catalogue, test) && !warned(&test) && !catalogue.inputs_of(test).iter().any(warned)
    }
}
