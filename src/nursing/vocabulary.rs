//! The words of nursing, as they stand in the database.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The kind of a version of a set of observations.
    pub enum SetKind("kind") {
        Values = "values",
        /// The patient refused.
        Refused = "refused",
        /// The set was entered in error.
        Error = "error",
    }
}

crate::text_enum! {
    /// The reason why a set has no early-warning score.
    pub enum Unscored("unscored") {
        Child = "child" => tr!(nursing.unscored_child),
        Pregnant = "pregnant" => tr!(nursing.unscored_pregnant),
        Partial = "partial" => tr!(nursing.unscored_partial),
        Refused = "refused" => tr!(nursing.unscored_refused),
        Error = "error" => tr!(nursing.unscored_error),
    }
}

crate::text_enum! {
    /// The cause of an escalation.
    pub enum EscalationCause("because") {
        /// One value scores 3.
        Single = "single" => tr!(nursing.cause_single),
        Score = "score" => tr!(nursing.cause_score),
        /// Staff or the family worry.
        Worry = "worry" => tr!(nursing.cause_worry),
    }
}

crate::text_enum! {
    /// The state of an escalation.
    pub enum EscalationState("state") {
        Open = "open" => tr!(nursing.escalation_open),
        Told = "told" => tr!(nursing.escalation_told),
        Attended = "attended" => tr!(nursing.escalation_attended),
        Closed = "closed" => tr!(nursing.escalation_closed),
    }
}

crate::text_enum! {
    /// A step of an escalation.
    pub enum EscalationStep("step") {
        Opened = "opened" => tr!(nursing.step_opened),
        /// A higher level: the patient got worse, or nobody came in time.
        Raised = "raised" => tr!(nursing.step_raised),
        Told = "told" => tr!(nursing.step_told),
        Attended = "attended" => tr!(nursing.step_attended),
        Closed = "closed" => tr!(nursing.step_closed),
        Withdrawn = "withdrawn" => tr!(nursing.step_withdrawn),
    }
}

impl EscalationState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Open => Tone::Critical,
            Self::Told => Tone::Warning,
            Self::Attended => Tone::Progress,
            Self::Closed => Tone::Done,
        }
    }
}

crate::text_enum! {
    /// Whether a fluid was taken in or lost.
    pub enum FluidDirection("direction") {
        In = "in" => tr!(nursing.fluid_in),
        Out = "out" => tr!(nursing.fluid_out),
    }
}

crate::text_enum! {
    /// The kind of a fluid.
    pub enum FluidKind("kind") {
        Oral = "oral" => tr!(nursing.fluid_oral),
        Iv = "iv" => tr!(nursing.fluid_iv),
        Tube = "tube" => tr!(nursing.fluid_tube),
        Blood = "blood" => tr!(nursing.fluid_blood),
        Urine = "urine" => tr!(nursing.fluid_urine),
        Vomit = "vomit" => tr!(nursing.fluid_vomit),
        Drain = "drain" => tr!(nursing.fluid_drain),
        Stool = "stool" => tr!(nursing.fluid_stool),
        Aspirate = "aspirate" => tr!(nursing.fluid_aspirate),
        BloodLoss = "blood_loss" => tr!(nursing.fluid_blood_loss),
    }
}

impl FluidKind {
    /// Returns whether it is taken in or lost.
    pub const fn direction(self) -> FluidDirection {
        match self {
            Self::Oral | Self::Iv | Self::Tube | Self::Blood => FluidDirection::In,
            Self::Urine | Self::Vomit | Self::Drain | Self::Stool | Self::Aspirate | Self::BloodLoss => FluidDirection::Out,
        }
    }
}

crate::text_enum! {
    /// The kind of a nurse's task.
    pub enum NursingTaskKind("kind") {
        Turning = "turning" => tr!(nursing.task_turning),
        Washing = "washing" => tr!(nursing.task_washing),
        Walking = "walking" => tr!(nursing.task_walking),
        Wound = "wound" => tr!(nursing.task_wound),
        Line = "line" => tr!(nursing.task_line),
        Weight = "weight" => tr!(nursing.task_weight),
        Teaching = "teaching" => tr!(nursing.task_teaching),
        /// Made by an assessment: the next one.
        Assessment = "assessment" => tr!(nursing.task_assessment),
        /// Made by a care plan.
        Care = "care" => tr!(nursing.task_care),
        Other = "other" => tr!(nursing.task_other),
    }
}

impl NursingTaskKind {
    /// The kinds that a nurse plans; the others are made by assessments and care plans.
    pub const PLANNED: [Self; 8] =
        [Self::Turning, Self::Washing, Self::Walking, Self::Wound, Self::Line, Self::Weight, Self::Teaching, Self::Other];
}

crate::text_enum! {
    /// How often a task repeats.
    pub enum TaskRepeat("repeats") {
        Once = "once" => tr!(nursing.repeat_once),
        TwoHours = "q2h" => tr!(nursing.repeat_q2h),
        FourHours = "q4h" => tr!(nursing.repeat_q4h),
        SixHours = "q6h" => tr!(nursing.repeat_q6h),
        Shift = "shift" => tr!(nursing.repeat_shift),
        Daily = "daily" => tr!(nursing.repeat_daily),
    }
}

crate::text_enum! {
    /// The state of a task.
    pub enum NursingTaskState("state") {
        Due = "due" => tr!(nursing.task_due),
        Done = "done" => tr!(nursing.task_done),
        NotDone = "not_done" => tr!(nursing.task_not_done),
        Cancelled = "cancelled" => tr!(nursing.task_cancelled),
    }
}

impl NursingTaskState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Due => Tone::Waiting,
            Self::Done => Tone::Done,
            Self::NotDone => Tone::Warning,
            Self::Cancelled => Tone::Inactive,
        }
    }
}

crate::text_enum! {
    /// The state of a handover.
    pub enum HandoverState("state") {
        Preparing = "preparing" => tr!(nursing.handover_preparing),
        Offered = "offered" => tr!(nursing.handover_offered),
        Taken = "taken" => tr!(nursing.handover_taken),
    }
}

impl HandoverState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Preparing => Tone::Waiting,
            Self::Offered => Tone::Reserved,
            Self::Taken => Tone::Done,
        }
    }
}

crate::text_enum! {
    /// The cause of an assessment.
    pub enum AssessmentCause("because") {
        Admission = "admission" => tr!(nursing.because_admission),
        /// The patient fell.
        Fall = "fall" => tr!(nursing.because_fall),
        Transfer = "transfer" => tr!(nursing.because_transfer),
        Change = "change" => tr!(nursing.because_change),
        Routine = "routine" => tr!(nursing.because_routine),
    }
}

crate::text_enum! {
    /// The state of an assessment.
    pub enum AssessmentState("state") {
        /// Its answers are being written.
        Open = "open",
        Final = "final",
        Error = "error",
    }
}

crate::text_enum! {
    /// The risk of a band.
    pub enum AssessmentRisk("risk") {
        None = "none" => tr!(nursing.risk_none),
        Low = "low" => tr!(nursing.risk_low),
        Medium = "medium" => tr!(nursing.risk_medium),
        High = "high" => tr!(nursing.risk_high),
        Severe = "severe" => tr!(nursing.risk_severe),
    }
}

impl AssessmentRisk {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::None => Tone::Done,
            Self::Low => Tone::Waiting,
            Self::Medium => Tone::Warning,
            Self::High | Self::Severe => Tone::Critical,
        }
    }
}

crate::text_enum! {
    /// The state of a care plan.
    pub enum CarePlanState("state") {
        Open = "open" => tr!(nursing.care_open),
        Met = "met" => tr!(nursing.care_met),
        NotMet = "not_met" => tr!(nursing.care_not_met),
        /// The stay ended.
        Ended = "ended" => tr!(nursing.care_ended),
    }
}

impl CarePlanState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Open => Tone::Progress,
            Self::Met => Tone::Done,
            Self::NotMet => Tone::Warning,
            Self::Ended => Tone::Inactive,
        }
    }
}

crate::text_enum! {
    /// The outcome of an evaluation of a care plan.
    pub enum CareOutcome("outcome") {
        Better = "better" => tr!(nursing.outcome_better),
        Same = "same" => tr!(nursing.outcome_same),
        Worse = "worse" => tr!(nursing.outcome_worse),
        Met = "met" => tr!(nursing.care_met),
        NotMet = "not_met" => tr!(nursing.care_not_met),
    }
}

impl CareOutcome {
    /// Returns the state in which the outcome closes a plan.
    pub const fn closes(self) -> Option<CarePlanState> {
        match self {
            Self::Met => Some(CarePlanState::Met),
            Self::NotMet => Some(CarePlanState::NotMet),
            Self::Better | Self::Same | Self::Worse => None,
        }
    }
}

crate::text_enum! {
    /// The kind of a line or another device.
    pub enum DeviceKind("kind") {
        Cannula = "cannula" => tr!(nursing.device_cannula),
        CentralLine = "central_line" => tr!(nursing.device_central_line),
        Picc = "picc" => tr!(nursing.device_picc),
        ArterialLine = "arterial_line" => tr!(nursing.device_arterial_line),
        UrinaryCatheter = "urinary_catheter" => tr!(nursing.device_urinary_catheter),
        FeedingTube = "feeding_tube" => tr!(nursing.device_feeding_tube),
        Drain = "drain" => tr!(nursing.device_drain),
        Tracheostomy = "tracheostomy" => tr!(nursing.device_tracheostomy),
        Other = "other" => tr!(nursing.device_other),
    }
}

impl DeviceKind {
    /// Returns the words of its repeated check.
    pub fn check_words(self) -> &'static str {
        match self {
            Self::Cannula => tr!(nursing.check_vip),
            Self::CentralLine | Self::Picc | Self::ArterialLine | Self::UrinaryCatheter => tr!(nursing.check_needed),
            Self::FeedingTube => tr!(nursing.check_ph),
            Self::Drain | Self::Tracheostomy | Self::Other => tr!(nursing.check_device),
        }
    }

    /// Returns how often it is checked: a cannula in each shift, the others daily.
    pub const fn check_every(self) -> TaskRepeat {
        match self {
            Self::Cannula | Self::ArterialLine | Self::FeedingTube | Self::Tracheostomy => TaskRepeat::Shift,
            Self::CentralLine | Self::Picc | Self::UrinaryCatheter | Self::Drain | Self::Other => TaskRepeat::Daily,
        }
    }

    /// Returns the days after which a dressing is due: 7 for a transparent dressing of a central line (CDC, guidelines for the prevention of
    /// intravascular catheter-related infections, 2011). The others have none.
    pub const fn dressing_days(self) -> Option<i64> {
        match self {
            Self::CentralLine | Self::Picc => Some(7),
            _ => None,
        }
    }
}

crate::text_enum! {
    /// The side of a device.
    pub enum DeviceSide("side") {
        None = "none" => tr!(nursing.side_none),
        Left = "left" => tr!(nursing.side_left),
        Right = "right" => tr!(nursing.side_right),
    }
}

crate::text_enum! {
    /// An act at a device.
    pub enum DeviceAct("act") {
        Check = "check" => tr!(nursing.act_check),
        Dressing = "dressing" => tr!(nursing.act_dressing),
    }
}

crate::text_enum! {
    /// The reason of a removal.
    pub enum DeviceRemoval("removal") {
        NotNeeded = "not_needed" => tr!(nursing.removal_not_needed),
        Infection = "infection" => tr!(nursing.removal_infection),
        Blocked = "blocked" => tr!(nursing.removal_blocked),
        FellOut = "fell_out" => tr!(nursing.removal_fell_out),
        Replaced = "replaced" => tr!(nursing.removal_replaced),
        Patient = "patient" => tr!(nursing.removal_patient),
        /// The patient goes home with it.
        LeftWith = "left_with" => tr!(nursing.removal_left_with),
        Other = "other" => tr!(nursing.removal_other),
    }
}
