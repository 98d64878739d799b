//! The words of messages: kinds, channels, states, and the outcomes of calls.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The subject of a message.
    pub enum MessageKind("kind") {
        /// The code that confirms an address.
        Code = "code" => tr!(messages.kind_code),
        Booked = "booked" => tr!(messages.kind_booked),
        Moved = "moved" => tr!(messages.kind_moved),
        Cancelled = "cancelled" => tr!(messages.kind_cancelled),
        /// The first reminder, two days before or as the clinic sets.
        Reminder = "reminder" => tr!(messages.kind_reminder),
        /// The reminder of two hours before.
        ReminderSoon = "reminder_soon" => tr!(messages.kind_reminder_soon),
        /// A freed time is held for somebody on the waitlist.
        Offer = "offer" => tr!(messages.kind_offer),
        Results = "results" => tr!(messages.kind_results),
        Document = "document" => tr!(messages.kind_document),
        Receipt = "receipt" => tr!(messages.kind_receipt),
        /// An invoice or an instalment is to be paid.
        InvoiceDue = "invoice_due" => tr!(messages.kind_invoice_due),
        /// Access to the record or its contact data changed, and the person has no address for a letter. It is only called.
        Access = "access" => tr!(messages.kind_access),
    }
}

impl MessageKind {
    /// Whether the patient cannot choose against it: who does not hear of it comes for nothing.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::Code | Self::Moved | Self::Cancelled | Self::Access)
    }

    /// Whether the desk calls a person who has no address for messages.
    pub const fn asks_for_call(self) -> bool {
        matches!(self, Self::Moved | Self::Cancelled | Self::Offer | Self::Access)
    }

    /// Whether it does not wait for the end of the quiet hours: an answer is expected at once.
    pub const fn ignores_quiet_hours(self) -> bool {
        matches!(self, Self::Code | Self::Offer)
    }

    /// Whether a job writes it: a row records too that nobody is told, and why, so that the job does not come back to it.
    pub const fn is_by_job(self) -> bool {
        matches!(self, Self::Reminder | Self::ReminderSoon | Self::InvoiceDue)
    }
}

crate::text_enum! {
    /// The way on which a message goes.
    pub enum MessageChannel("channel") {
        Email = "email" => tr!(messages.channel_email),
        Sms = "sms" => tr!(messages.channel_sms),
        /// A person at the desk calls.
        Call = "call" => tr!(messages.channel_call),
    }
}

crate::text_enum! {
    /// The kind of an address.
    pub enum AddressKind("kind") {
        Email = "email" => tr!(messages.channel_email),
        Sms = "sms" => tr!(messages.channel_sms),
    }
}

impl From<AddressKind> for MessageChannel {
    fn from(kind: AddressKind) -> Self {
        match kind {
            AddressKind::Email => Self::Email,
            AddressKind::Sms => Self::Sms,
        }
    }
}

crate::text_enum! {
    /// The state of a message.
    pub enum MessageState("state") {
        Due = "due" => tr!(messages.state_due),
        Sending = "sending" => tr!(messages.state_sending),
        Sent = "sent" => tr!(messages.state_sent),
        /// It is tried again.
        Failed = "failed" => tr!(messages.state_failed),
        /// It is not tried again.
        Dead = "dead" => tr!(messages.state_dead),
        /// It is of no use any more.
        Dropped = "dropped" => tr!(messages.state_dropped),
    }
}

impl MessageState {
    /// The tone of its badge.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Due => Tone::Waiting,
            Self::Sending => Tone::Progress,
            Self::Sent => Tone::Done,
            Self::Failed => Tone::Warning,
            Self::Dead => Tone::Critical,
            Self::Dropped => Tone::Inactive,
        }
    }
}

crate::text_enum! {
    /// The outcome of a call by the desk.
    pub enum DeskOutcome("outcome") {
        Reached = "reached" => tr!(messages.outcome_reached),
        MessageLeft = "message_left" => tr!(messages.outcome_message_left),
        NotReached = "not_reached" => tr!(messages.outcome_not_reached),
        WrongNumber = "wrong_number" => tr!(messages.outcome_wrong_number),
    }
}

impl DeskOutcome {
    /// Whether the person knows now.
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Reached | Self::MessageLeft)
    }
}

/// The words for the cause of a failure. Those that the program writes are fixed words; others are sentences of a mail server or a gateway.
pub fn cause_words(cause: &str) -> String {
    match cause {
        "overtaken" => tr!(messages.cause_overtaken).to_owned(),
        "no_address" => tr!(messages.cause_no_address).to_owned(),
        "not_wanted" => tr!(messages.cause_not_wanted).to_owned(),
        "too_late" => tr!(messages.cause_too_late).to_owned(),
        "address_gone" => tr!(messages.cause_address_gone).to_owned(),
        "dead" => tr!(messages.cause_dead).to_owned(),
        "no_gateway" => tr!(messages.cause_no_gateway).to_owned(),
        "waited" => tr!(messages.cause_waited).to_owned(),
        "by_hand" => tr!(messages.cause_by_hand).to_owned(),
        "not_reached" => tr!(messages.outcome_not_reached).to_owned(),
        "wrong_number" => tr!(messages.outcome_wrong_number).to_owned(),
        other => other.to_owned(),
    }
}
