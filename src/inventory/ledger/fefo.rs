//! The choice of batches: first expired, first out.

use super::UsableLine;
use crate::core::StockBatchId;

/// A quantity to take from a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Take {
    pub batch: StockBatchId,
    pub quantity: i64,
}

/// Takes a quantity from lines in their order, each as far as it goes. Returns no part of zero.
///
/// # Errors
/// The quantity of all lines, when it is less than the wanted one.
pub fn take(lines: &[UsableLine], wanted: i64) -> Result<Vec<Take>, i64> {
    let mut takes = Vec::new();
    let mut open = wanted;
    for line in lines {
        let quantity = line.on_hand.min(open);
        if quantity > 0 {
            takes.push(Take { batch: line.batch_id, quantity });
            open -= quantity;
        }
    }
    if open == 0 { Ok(takes) } else { Err(wanted - open) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::StockLineId;

    fn line(on_hand: i64) -> UsableLine {
        let (id, batch_id) = (StockLineId::new(), StockBatchId::new());
        UsableLine { id, batch_id, batch_no: "A".to_owned(), batch_key: "A".to_owned(), expires_on: None, on_hand }
    }

    #[test]
    fn the_quantity_comes_from_as_few_lines_as_their_order_allows() {
        let lines = [line(3), line(0), line(5)];
        let taken = |wanted| take(&lines, wanted).map(|takes| takes.iter().map(|take| take.quantity).collect::<Vec<_>>());
        assert_eq!(taken(2), Ok(vec![2]));
        assert_eq!(taken(3), Ok(vec![3]));
        assert_eq!(taken(8), Ok(vec![3, 5]));
        assert_eq!(taken(9), Err(8));
        assert_eq!(take(&[], 1), Err(0));
    }
}
