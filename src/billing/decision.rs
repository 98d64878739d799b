//! The decision on what one person asked for: a discount, a credit note, a refund, a bounced payment or a write-off.

use crate::core::Permission;

/// A decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// By a supervisor of the till, who is not the person that asked.
    Approve,
    Reject,
    /// It is taken back by those who may ask for it.
    Withdraw,
}

impl Decision {
    /// Returns the decision of a form with the buttons to approve and to refuse.
    pub fn of(approve: &str) -> Self {
        if approve.is_empty() { Self::Reject } else { Self::Approve }
    }

    /// Returns the right that it takes, where asking takes the right `asks`.
    pub const fn right(self, asks: Permission) -> Permission {
        match self {
            Self::Approve | Self::Reject => Permission::ApproveMoney,
            Self::Withdraw => asks,
        }
    }
}
