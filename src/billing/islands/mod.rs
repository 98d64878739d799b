//! What lives in the browser: the change while cash is counted, the desk's keys, the print button.

mod cash_tendered;
mod desk_keys;
mod print_button;

pub use cash_tendered::CashTendered;
pub use desk_keys::DeskKeys;
pub use print_button::PrintButton;
