//! The consumption of items, and what follows from it: when an item must be ordered, how much of it, and what will expire before it is used.

mod formula;
mod store;

use crate::{
    audit::Action,
    core::{Error, Result, StockItemId},
    server::Ctx,
};

pub use formula::{Forecast, Needs, forecast, losses};
pub use store::{
    Consumption, ItemLevel, consumption_of, expiring_value, levels, set_levels, set_supplier, stock_of_items, supplied_by, usable_of,
    usage_list,
};

/// Sets how much it matters that an item is there.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_need(ctx: &mut Ctx, item: StockItemId, need: ItemNeed) -> Result<()> {
    let (supplier, _) = supplied_by(&mut ctx.tx, item).await?.ok_or(Error::NotFound)?;
    set_supplier(&mut ctx.tx, item, supplier, need).await?;
    ctx.did(Action::Update, "stock_item", item, None);
    Ok(())
}

/// The days of consumption that a forecast reads.
pub const WINDOW: i64 = 90;

crate::text_enum! {
    /// How much it matters that an item is there.
    pub enum ItemNeed("need") {
        Vital = "vital" => crate::tr!(inventory.need_vital),
        Essential = "essential" => crate::tr!(inventory.need_essential),
        Desirable = "desirable" => crate::tr!(inventory.need_desirable),
    }
}

impl ItemNeed {
    /// The factor of the safety stock, in hundredths: the quantile of the normal distribution for 98, 95 and 90 percent.
    pub const fn z_hundredths(self) -> i64 {
        match self {
            Self::Vital => 205,
            Self::Essential => 165,
            Self::Desirable => 128,
        }
    }
}
