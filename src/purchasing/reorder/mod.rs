//! The proposal of what to order for a storeroom, each item with its reason.

mod store;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    core::{Result, StockItemId, StoreroomId, SupplierId},
    db::Tx,
    inventory::{self, Forecast, ItemLevel, Needs, forecast},
    purchasing::suppliers,
    tr,
};

/// The lead time in days of an item without a supplier.
const LEAD: i64 = 7;

/// An item that should be ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub level: ItemLevel,
    pub usable: i64,
    pub ordered: i64,
    pub lead_days: i64,
    pub forecast: Forecast,
}

impl Proposal {
    /// Why the item should be ordered.
    pub fn reason(&self) -> String {
        let tenths = (self.forecast.adu + 50).div_euclid(100);
        let adu = format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10));
        if self.forecast.is_manual {
            return tr!(purchasing.why_manual, have = self.usable, ordered = self.ordered, low = self.forecast.point);
        }
        tr!(
            purchasing.why_forecast,
            have = self.usable,
            ordered = self.ordered,
            point = self.forecast.point,
            adu = adu,
            lead = self.lead_days,
            safety = self.forecast.safety
        )
    }
}

/// The mean of some lead times in days, and their variance in thousandths of a square day. One delivery alone has no variance.
fn lead_of(days: &[i64]) -> Option<(i64, i64)> {
    let count = i64::try_from(days.len()).ok().filter(|count| *count > 0)?;
    let sum: i64 = days.iter().sum();
    let mean = -((-sum).div_euclid(count));
    let spread: i64 = days.iter().map(|day| (day * count - sum).pow(2)).sum();
    let variance = if count > 1 { spread.saturating_mul(1_000) / (count * count * (count - 1)) } else { 0 };
    Some((mean, variance))
}

/// Works out what to order for a storeroom. An item for which a request is open is left out.
///
/// # Errors
/// When the database refuses.
pub async fn proposals(tx: &mut Tx, room: StoreroomId, today: NaiveDate) -> Result<Vec<Proposal>> {
    let levels = inventory::levels(tx, room, today).await?;
    let requested = store::requested(tx, room).await?;
    let levels: Vec<ItemLevel> = levels.into_iter().filter(|level| !requested.contains(&level.item_id)).collect();
    if levels.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<StockItemId> = levels.iter().map(|level| level.item_id).collect();
    let used = inventory::consumption_of(tx, room, &ids, today).await?;
    let usable = inventory::usable_of(tx, room, &ids, today).await?;
    let ordered = store::ordered(tx, room).await?;
    let mut leads: BTreeMap<SupplierId, (i64, i64)> = BTreeMap::new();
    for supplier in suppliers::list(tx, true).await? {
        let lead = lead_of(&store::lead_times(tx, supplier.id).await?);
        leads.insert(supplier.id, lead.unwrap_or((supplier.lead_days, 0)));
    }
    let of = |level: ItemLevel| {
        let (lead_days, lead_variance) = level.supplier_id.and_then(|id| leads.get(&id).copied()).unwrap_or((LEAD, 0));
        let needs = Needs {
            need: level.need,
            daily: used.get(&level.item_id).cloned().unwrap_or_default(),
            lead_days,
            lead_variance,
            usable: usable.get(&level.item_id).copied().unwrap_or_default(),
            ordered: ordered.get(&level.item_id).copied().unwrap_or_default(),
            low_at: level.low_at,
            max_at: level.max_at,
            pack_size: level.pack_size,
        };
        Proposal { forecast: forecast(&needs), usable: needs.usable, ordered: needs.ordered, lead_days, level }
    };
    Ok(levels.into_iter().map(of).filter(|proposal| proposal.forecast.order > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lead_times_have_a_mean_and_a_variance() {
        for (days, lead) in [
            (&[][..], None),
            (&[5], Some((5, 0))),
            (&[5, 5, 5], Some((5, 0))),
            (&[4, 6], Some((5, 2_000))),
            (&[4, 5], Some((5, 500))),
            (&[2, 4, 9], Some((5, 13_000))),
        ] {
            assert_eq!(lead_of(days), lead, "{days:?}");
        }
    }
}
