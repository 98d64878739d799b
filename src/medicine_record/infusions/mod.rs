//! Infusions: what is ordered, what runs, and the volume that was given.
//!
//! An infusion is ordered as a medicine that is given once. Its dose is given when the infusion starts; what follows are events.
//!
//! | infusion | becomes | by |
//! |---|---|---|
//! | | `running` | a nurse, who gives the dose of the order; of a high-alert medicine with a second person |
//! | `running` | `paused` | a nurse, with a reason; the hold of its order |
//! | `paused` | `running` | a nurse |
//! | `running`, `paused` | `stopped` | a nurse, with a reason, which completes the order; the end of its order |
//! | `running`, `paused`, `stopped` | `voided` | the correction of its dose: it was entered in error |

mod acts;
mod rate;
mod store;
mod typed;

use crate::{
    core::{AdmissionId, CareOrderId, ClinicId, InfusionId, PatientId, Result, time::Instant},
    db::Tx,
    tr,
    ui::Tone,
};

pub use acts::{EventTyped, add, begin, record, void};
pub use rate::{DoseRate, Step, drops_in_minute, empty_at, given_between, given_tenths, hung_tenths, show_milli, show_tenths};
pub use store::{RunningRow, events_of, find, insert_order, of_admission, running_on_ward, steps_of_admission};
pub use typed::{decimal, read as read_order};

crate::text_enum! {
    /// The unit of a dose rate.
    pub enum RateUnit("dose_unit") {
        MicrogramKgMin = "microgram/kg/min" => tr!(medicine_record.rate_microgram_kg_min),
        MicrogramKgHour = "microgram/kg/h" => tr!(medicine_record.rate_microgram_kg_h),
        MgKgHour = "mg/kg/h" => tr!(medicine_record.rate_mg_kg_h),
        UnitsKgHour = "units/kg/h" => tr!(medicine_record.rate_units_kg_h),
        MicrogramMin = "microgram/min" => tr!(medicine_record.rate_microgram_min),
        MicrogramHour = "microgram/h" => tr!(medicine_record.rate_microgram_h),
        MgHour = "mg/h" => tr!(medicine_record.rate_mg_h),
        UnitsHour = "units/h" => tr!(medicine_record.rate_units_h),
    }
}

impl RateUnit {
    /// Returns the micrograms (or thousandths of a unit) in its amount, and the times that it occurs in an hour.
    const fn factors(self) -> (i128, i128) {
        match self {
            Self::MicrogramKgMin | Self::MicrogramMin => (1, 60),
            Self::MicrogramKgHour | Self::MicrogramHour => (1, 1),
            Self::MgKgHour | Self::MgHour | Self::UnitsKgHour | Self::UnitsHour => (1_000, 1),
        }
    }

    /// Whether it counts the patient's weight.
    pub const fn is_by_weight(self) -> bool {
        matches!(self, Self::MicrogramKgMin | Self::MicrogramKgHour | Self::MgKgHour | Self::UnitsKgHour)
    }

    /// Whether it counts international units, and not a mass.
    pub const fn is_of_units(self) -> bool {
        matches!(self, Self::UnitsKgHour | Self::UnitsHour)
    }
}

crate::text_enum! {
    /// The state of an infusion.
    pub enum InfusionState("state") {
        Running = "running" => tr!(medicine_record.infusion_running),
        Paused = "paused" => tr!(medicine_record.infusion_paused),
        Stopped = "stopped" => tr!(medicine_record.infusion_stopped),
        Voided = "voided" => tr!(medicine_record.infusion_voided),
    }
}

impl InfusionState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Running => Tone::Progress,
            Self::Paused => Tone::Warning,
            Self::Stopped => Tone::Done,
            Self::Voided => Tone::Inactive,
        }
    }

    /// Whether it runs, or can run again.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

crate::text_enum! {
    /// An event of an infusion.
    pub enum InfusionEventKind("kind") {
        Start = "start" => tr!(medicine_record.event_start),
        Rate = "rate" => tr!(medicine_record.event_rate),
        Pause = "pause" => tr!(medicine_record.event_pause),
        Resume = "resume" => tr!(medicine_record.event_resume),
        Bag = "bag" => tr!(medicine_record.event_bag),
        Bolus = "bolus" => tr!(medicine_record.event_bolus),
        Stop = "stop" => tr!(medicine_record.event_stop),
        Void = "void" => tr!(medicine_record.event_void),
    }
}

impl InfusionEventKind {
    /// Whether a nurse needs the second person for it, for a high-alert medicine.
    pub const fn is_checked(self) -> bool {
        matches!(self, Self::Start | Self::Rate | Self::Bag | Self::Bolus)
    }
}

crate::text_enum! {
    /// The reason for which a rate was changed, or an infusion paused or stopped.
    pub enum InfusionReason("reason") {
        Finished = "finished" => tr!(medicine_record.because_finished),
        Titration = "titration" => tr!(medicine_record.because_titration),
        SideEffect = "side_effect" => tr!(medicine_record.because_side_effect),
        Line = "line" => tr!(medicine_record.because_line),
        Procedure = "procedure" => tr!(medicine_record.because_procedure),
        ChangedPlan = "changed_plan" => tr!(medicine_record.because_changed_plan),
        OrderHeld = "order_held" => tr!(medicine_record.because_order_held),
        OrderEnded = "order_ended" => tr!(medicine_record.because_order_ended),
        Error = "error" => tr!(medicine_record.because_error),
    }
}

impl InfusionReason {
    /// The reasons that a nurse may give for an event.
    pub const fn for_event(kind: InfusionEventKind) -> &'static [Self] {
        match kind {
            InfusionEventKind::Rate => &[Self::Titration, Self::SideEffect, Self::Line, Self::ChangedPlan],
            InfusionEventKind::Pause => &[Self::Procedure, Self::Line, Self::SideEffect, Self::ChangedPlan],
            InfusionEventKind::Stop => &[Self::Finished, Self::SideEffect, Self::Line, Self::ChangedPlan],
            _ => &[],
        }
    }
}

/// The part of an order that makes it an infusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InfusionOrder {
    /// Thousandths of a millilitre.
    pub volume_ul: i64,
    pub rate_ul_h: i64,
    /// The rate up to which a nurse may set it; the rate itself without one.
    pub most_ul_h: Option<i64>,
    pub dose: Option<DoseRate>,
}

impl InfusionOrder {
    /// The highest rate within the order.
    pub fn highest(&self) -> i64 {
        self.most_ul_h.unwrap_or(self.rate_ul_h)
    }

    /// Returns the order in words: `250 mL at 13.1 mL/h (5 microgram/kg/min, 70 kg), up to 20 mL/h`.
    pub fn words(&self) -> String {
        let dose = self.dose.map(|dose| {
            let weight = dose.weight_g.map(|grams| format!(", {} kg", show_milli(grams))).unwrap_or_default();
            format!(" ({} {}{weight})", show_milli(dose.milli), dose.unit.words())
        });
        let most = self.most_ul_h.map(|most| tr!(medicine_record.up_to_rate, rate = show_milli(most))).unwrap_or_default();
        let at = tr!(medicine_record.volume_at_rate, volume = show_milli(self.volume_ul), rate = show_milli(self.rate_ul_h));
        format!("{at}{}{most}", dose.unwrap_or_default())
    }
}

/// An infusion.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Infusion {
    pub id: InfusionId,
    pub order_id: CareOrderId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub state: InfusionState,
    pub rate_ul_h: i64,
    pub started_at: Instant,
    pub last_at: Instant,
    pub seq: i64,
    pub ended_at: Option<Instant>,
}

/// An event of an infusion, as its page shows it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InfusionEvent {
    pub kind: InfusionEventKind,
    pub at: Instant,
    pub recorded_at: Instant,
    pub recorder: String,
    pub checker: Option<String>,
    pub rate_ul_h: Option<i64>,
    pub volume_ul: Option<i64>,
    pub reason: Option<InfusionReason>,
}

impl InfusionEvent {
    /// Returns the event as the volume counts it.
    pub const fn step(&self) -> Step {
        Step { kind: self.kind, at: self.at, rate_ul_h: self.rate_ul_h, volume_ul: self.volume_ul }
    }
}

/// Returns the millilitres that infusions gave a patient in a period: the fluid balance adds them.
///
/// # Errors
/// When the database refuses.
pub async fn infused_ml(tx: &mut Tx, admission: AdmissionId, (from, until): (Instant, Instant)) -> Result<i64> {
    let all = steps_of_admission(tx, admission).await?;
    let tenths: i64 = all.iter().map(|(_, steps)| given_between(steps, from, until)).sum();
    Ok((tenths + 5) / 10)
}

/// An infusion that runs or is paused, in words for paper.
#[derive(Clone, Debug)]
pub struct GivenVolume {
    pub title: String,
    pub rate: String,
    pub given: String,
    pub left: String,
}

/// Returns the infusions of an admission that run or are paused, with the volume given until a time.
///
/// # Errors
/// When the database refuses.
pub async fn running_volumes(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<Vec<GivenVolume>> {
    let mut volumes = Vec::new();
    let all = of_admission(tx, admission).await?;
    for infusion in all.into_iter().filter(|infusion| infusion.state.is_open()) {
        let order = super::orders::find(tx, infusion.order_id).await?;
        let steps: Vec<Step> = events_of(tx, infusion.id).await?.iter().map(InfusionEvent::step).collect();
        let given = given_tenths(&steps, now);
        volumes.push(GivenVolume {
            title: format!("{}, {}", order.title, order.dose),
            rate: format!("{} mL/h ({})", show_milli(infusion.rate_ul_h), infusion.state.words()),
            given: format!("{} mL", show_tenths(given)),
            left: format!("{} mL", show_tenths((hung_tenths(&steps) - given).max(0))),
        });
    }
    Ok(volumes)
}
