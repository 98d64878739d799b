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
        Other = "other" => tr!(nursing.task_other),
    }
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
    /// A shift of a ward.
    pub enum WardShift("shift") {
        Day = "day" => tr!(nursing.shift_day),
        Night = "night" => tr!(nursing.shift_night),
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
