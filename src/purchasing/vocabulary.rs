//! The words of buying: the states of requests, orders and invoices.

use crate::{tr, ui::Tone};

crate::text_enum! {
    /// The state of a purchase request.
    pub enum PurchaseRequestState("state") {
        /// Waits for another person.
        Submitted = "submitted" => tr!(purchasing.request_submitted),
        Approved = "approved" => tr!(purchasing.request_approved),
        /// It is on a purchase order.
        Ordered = "ordered" => tr!(purchasing.request_ordered),
        Rejected = "rejected" => tr!(purchasing.request_rejected),
        Cancelled = "cancelled" => tr!(purchasing.request_cancelled),
    }
}

crate::text_enum! {
    /// The state of a purchase order.
    pub enum PurchaseOrderState("state") {
        Draft = "draft" => tr!(purchasing.order_draft),
        /// By another person than its writer.
        Approved = "approved" => tr!(purchasing.order_approved),
        Sent = "sent" => tr!(purchasing.order_sent),
        PartReceived = "part_received" => tr!(purchasing.order_part_received),
        Received = "received" => tr!(purchasing.order_received),
        /// The rest is not wanted any more.
        Cancelled = "cancelled" => tr!(purchasing.order_cancelled),
    }
}

crate::text_enum! {
    /// The state of a supplier's invoice.
    pub enum SupplierInvoiceState("state") {
        /// Waits for goods.
        Entered = "entered" => tr!(purchasing.invoice_entered),
        Matched = "matched" => tr!(purchasing.invoice_matched),
        Difference = "difference" => tr!(purchasing.invoice_difference),
        /// In spite of a difference, which is explained.
        Approved = "approved" => tr!(purchasing.invoice_approved),
    }
}

crate::text_enum! {
    /// The state of goods that went back to a supplier.
    pub enum SupplierReturnState("state") {
        /// Waits for the credit note.
        Sent = "sent" => tr!(supplier_returns.state_sent),
        /// The credit is the one that was due.
        Credited = "credited" => tr!(supplier_returns.state_credited),
        Difference = "difference" => tr!(purchasing.invoice_difference),
        /// In spite of a difference, which is explained.
        Approved = "approved" => tr!(purchasing.invoice_approved),
    }
}

crate::text_enum! {
    /// The reason for sending goods back.
    pub enum ReturnCause("reason") {
        Damaged = "damaged" => tr!(inventory.reason_damaged),
        Expired = "expired" => tr!(inventory.reason_expired),
        ShortDated = "short_dated" => tr!(supplier_returns.cause_short_dated),
        Recalled = "recalled" => tr!(inventory.batch_recalled),
        WrongItem = "wrong_item" => tr!(supplier_returns.cause_wrong_item),
        Surplus = "surplus" => tr!(supplier_returns.cause_surplus),
        /// Needs a note.
        Other = "other" => tr!(inventory.goods_other),
    }
}

impl SupplierReturnState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Sent => Tone::Waiting,
            Self::Credited | Self::Approved => Tone::Done,
            Self::Difference => Tone::Critical,
        }
    }
}

impl PurchaseRequestState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Submitted => Tone::Waiting,
            Self::Approved | Self::Ordered => Tone::Done,
            Self::Rejected | Self::Cancelled => Tone::Inactive,
        }
    }
}

impl PurchaseOrderState {
    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Draft | Self::Cancelled => Tone::Inactive,
            Self::Approved | Self::Sent => Tone::Waiting,
            Self::PartReceived => Tone::Warning,
            Self::Received => Tone::Done,
        }
    }

    /// Whether the order may go to the state. The database has the same table (`purchase_orders_moves`).
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Draft => matches!(next, Self::Approved | Self::Cancelled),
            Self::Approved => matches!(next, Self::Draft | Self::Sent | Self::Cancelled),
            Self::Sent => matches!(next, Self::PartReceived | Self::Received | Self::Cancelled),
            Self::PartReceived => matches!(next, Self::Received | Self::Cancelled),
            Self::Received | Self::Cancelled => false,
        }
    }

    /// Whether goods are expected.
    pub const fn is_open_for_goods(self) -> bool {
        matches!(self, Self::Sent | Self::PartReceived)
    }
}

impl SupplierInvoiceState {
    /// Whether the invoice is to be paid as it is.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Matched | Self::Approved)
    }

    /// The colour of the state.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Entered => Tone::Waiting,
            Self::Matched | Self::Approved => Tone::Done,
            Self::Difference => Tone::Critical,
        }
    }
}
