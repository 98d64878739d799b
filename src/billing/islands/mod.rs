//! What lives in the browser: the change while cash is counted, the desk's keys.

mod cash_tendered;
mod desk_keys;

pub use cash_tendered::CashTendered;
pub use desk_keys::DeskKeys;
