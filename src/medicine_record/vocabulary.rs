//! The words of orders and doses.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The kind of an order.
    pub enum CareKind("kind") {
        Medicine = "medicine" => tr!(medicine_record.kind_medicine),
        Oxygen = "oxygen" => tr!(medicine_record.kind_oxygen),
        Diet = "diet" => tr!(medicine_record.kind_diet),
        Monitoring = "monitoring" => tr!(medicine_record.kind_monitoring),
        Nursing = "nursing" => tr!(medicine_record.kind_nursing),
        Activity = "activity" => tr!(medicine_record.kind_activity),
    }
}

crate::text_enum! {
    /// The way in which an order was given.
    pub enum CareMode("mode") {
        Written = "written" => tr!(medicine_record.mode_written),
        Verbal = "verbal" => tr!(medicine_record.mode_verbal),
    }
}

crate::text_enum! {
    /// The state of an order.
    pub enum CareOrderState("state") {
        Active = "active" => tr!(medicine_record.state_active),
        OnHold = "on_hold" => tr!(medicine_record.state_on_hold),
        Stopped = "stopped" => tr!(medicine_record.state_stopped),
        Completed = "completed" => tr!(medicine_record.state_completed),
    }
}

crate::text_enum! {
    /// An act on an order.
    pub enum CareAct("act") {
        Signed = "signed" => tr!(medicine_record.act_signed),
        Held = "held" => tr!(medicine_record.act_held),
        Resumed = "resumed" => tr!(medicine_record.act_resumed),
        Stopped = "stopped" => tr!(medicine_record.act_stopped),
        Changed = "changed" => tr!(medicine_record.act_changed),
        Completed = "completed" => tr!(medicine_record.act_completed),
    }
}

crate::text_enum! {
    /// The reason for which an order is held, stopped or changed.
    pub enum CareReason("reason") {
        CourseDone = "course_done" => tr!(medicine_record.reason_course_done),
        NotNeeded = "not_needed" => tr!(medicine_record.reason_not_needed),
        SideEffect = "side_effect" => tr!(medicine_record.reason_side_effect),
        NoEffect = "no_effect" => tr!(medicine_record.reason_no_effect),
        ChangedPlan = "changed_plan" => tr!(medicine_record.reason_changed_plan),
        Procedure = "procedure" => tr!(medicine_record.reason_procedure),
        Error = "error" => tr!(medicine_record.reason_error),
        Other = "other" => tr!(medicine_record.reason_other),
    }
}

crate::text_enum! {
    /// The times at which a medicine is given.
    pub enum DoseTiming("timing") {
        Stat = "stat" => tr!(medicine_record.timing_stat),
        Once = "once" => tr!(medicine_record.timing_once),
        Daily = "daily" => tr!(medicine_record.timing_daily),
        Morning = "morning" => tr!(medicine_record.timing_morning),
        Bedtime = "bedtime" => tr!(medicine_record.timing_bedtime),
        Twice = "twice" => tr!(medicine_record.timing_twice),
        Three = "three" => tr!(medicine_record.timing_three),
        Four = "four" => tr!(medicine_record.timing_four),
        Five = "five" => tr!(medicine_record.timing_five),
        Meals = "meals" => tr!(medicine_record.timing_meals),
        Q12h = "q12h" => tr!(medicine_record.timing_q12h),
        Q8h = "q8h" => tr!(medicine_record.timing_q8h),
        Q6h = "q6h" => tr!(medicine_record.timing_q6h),
        Q4h = "q4h" => tr!(medicine_record.timing_q4h),
        Q3h = "q3h" => tr!(medicine_record.timing_q3h),
        Q2h = "q2h" => tr!(medicine_record.timing_q2h),
        Q1h = "q1h" => tr!(medicine_record.timing_q1h),
        Alternate = "alternate" => tr!(medicine_record.timing_alternate),
        Weekly = "weekly" => tr!(medicine_record.timing_weekly),
        AsNeeded = "as_needed" => tr!(medicine_record.timing_as_needed),
    }
}

crate::text_enum! {
    /// The state of a dose.
    pub enum DoseState("state") {
        Due = "due" => tr!(medicine_record.dose_due),
        Given = "given" => tr!(medicine_record.dose_given),
        Held = "held" => tr!(medicine_record.dose_held),
        Refused = "refused" => tr!(medicine_record.dose_refused),
        NotAvailable = "not_available" => tr!(medicine_record.dose_not_available),
        Missed = "missed" => tr!(medicine_record.dose_missed),
        Cancelled = "cancelled" => tr!(medicine_record.dose_cancelled),
    }
}

crate::text_enum! {
    /// The outcome of a dose.
    pub enum DoseOutcome("outcome") {
        Given = "given",
        Held = "held",
        Refused = "refused",
        NotAvailable = "not_available",
    }
}

crate::text_enum! {
    /// The reason for which a dose was not given, or was given outside its window.
    pub enum DoseReason("reason") {
        Refused = "refused" => tr!(medicine_record.why_refused),
        NilByMouth = "nil_by_mouth" => tr!(medicine_record.why_nil_by_mouth),
        Vomiting = "vomiting" => tr!(medicine_record.why_vomiting),
        Asleep = "asleep" => tr!(medicine_record.why_asleep),
        Away = "away" => tr!(medicine_record.why_away),
        Clinical = "clinical" => tr!(medicine_record.why_clinical),
        NotAvailable = "not_available" => tr!(medicine_record.why_not_available),
        Workload = "workload" => tr!(medicine_record.why_workload),
        Other = "other" => tr!(medicine_record.why_other),
    }
}

impl CareOrderState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Active => Tone::Progress,
            Self::OnHold => Tone::Warning,
            Self::Stopped => Tone::Inactive,
            Self::Completed => Tone::Done,
        }
    }

    /// Whether doses may still follow.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::OnHold)
    }
}

impl DoseState {
    /// Returns the tone of the badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Due => Tone::Waiting,
            Self::Given => Tone::Done,
            Self::Held | Self::Refused | Self::NotAvailable => Tone::Warning,
            Self::Missed => Tone::Critical,
            Self::Cancelled => Tone::Inactive,
        }
    }

    /// Whether the dose can be given now: it is due, or its outcome was that it was not given.
    pub const fn is_givable(self) -> bool {
        matches!(self, Self::Due | Self::Held | Self::Refused | Self::NotAvailable | Self::Missed)
    }
}

impl DoseOutcome {
    /// Returns the state of the dose.
    pub const fn state(self) -> DoseState {
        match self {
            Self::Given => DoseState::Given,
            Self::Held => DoseState::Held,
            Self::Refused => DoseState::Refused,
            Self::NotAvailable => DoseState::NotAvailable,
        }
    }
}

impl DoseReason {
    /// The reasons for which a dose is not given.
    pub const NOT_GIVEN: [Self; 7] =
        [Self::Refused, Self::NilByMouth, Self::Vomiting, Self::Asleep, Self::Away, Self::Clinical, Self::NotAvailable];

    /// The reasons for which a dose is given outside its window.
    pub const OFF_TIME: [Self; 6] = [Self::Away, Self::NotAvailable, Self::Asleep, Self::Clinical, Self::Workload, Self::Other];

    /// Returns the outcome of a dose that is not given for this reason.
    pub const fn outcome(self) -> DoseOutcome {
        match self {
            Self::Refused => DoseOutcome::Refused,
            Self::NotAvailable => DoseOutcome::NotAvailable,
            _ => DoseOutcome::Held,
        }
    }
}

impl DoseTiming {
    /// The times on the clinic's clock: the codes of FHIR's `GTSAbbreviation` and of timing in hospitals, with the hours of the wards'
    /// specification.
    pub const fn times(self) -> &'static str {
        match self {
            Self::Daily | Self::Morning | Self::Alternate | Self::Weekly => "08:00",
            Self::Bedtime => "22:00",
            Self::Twice | Self::Q12h => "08:00 20:00",
            Self::Three => "08:00 14:00 20:00",
            Self::Four => "08:00 12:00 18:00 22:00",
            Self::Five => "06:00 10:00 14:00 18:00 22:00",
            Self::Meals => "07:30 11:30 17:30",
            Self::Q8h => "06:00 14:00 22:00",
            Self::Q6h => "00:00 06:00 12:00 18:00",
            Self::Q4h => "02:00 06:00 10:00 14:00 18:00 22:00",
            Self::Stat | Self::Once | Self::Q3h | Self::Q2h | Self::Q1h | Self::AsNeeded => "",
        }
    }

    /// Returns the hours between two doses, for timings that are counted in hours.
    pub const fn hours(self) -> Option<i64> {
        match self {
            Self::Q12h => Some(12),
            Self::Q8h => Some(8),
            Self::Q6h => Some(6),
            Self::Q4h => Some(4),
            Self::Q3h => Some(3),
            Self::Q2h => Some(2),
            Self::Q1h => Some(1),
            _ => None,
        }
    }

    /// Returns the number of days from one day with doses to the next.
    pub const fn days(self) -> i64 {
        match self {
            Self::Alternate => 2,
            Self::Weekly => 7,
            _ => 1,
        }
    }

    /// Whether there is one dose only.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::Stat | Self::Once)
    }

    /// Returns the minutes before and after the due time within which a dose is on time: 30 for a dose at once and for those that follow
    /// each other in less than 4 hours, 60 up to daily, 120 for longer intervals. Source: ISMP, Acute care guidelines for timely
    /// administration of scheduled medications, 2011.
    pub const fn window_minutes(self) -> i64 {
        match self {
            Self::Stat | Self::Q1h | Self::Q2h | Self::Q3h => 30,
            Self::Alternate | Self::Weekly => 120,
            _ => 60,
        }
    }
}
