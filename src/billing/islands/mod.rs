//! The cashier's island: the change while cash is counted.

mod cash_tendered;

pub use cash_tendered::CashTendered;
