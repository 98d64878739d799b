//! The value of stock: a moving average, in thousandths of a minor unit of the currency.

/// The part of a value that belongs to some of a quantity, rounded half to even; all of it for the whole quantity.
pub fn share(value: i64, some: i64, quantity: i64) -> i64 {
    if quantity <= some || quantity <= 0 {
        return value;
    }
    let (above, below) = (i128::from(value) * i128::from(some), i128::from(quantity));
    let (whole, rest) = (above.div_euclid(below), above.rem_euclid(below));
    let rounded = match (rest * 2).cmp(&below) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Greater => whole + 1,
        std::cmp::Ordering::Equal => whole + whole.rem_euclid(2),
    };
    i64::try_from(rounded).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_rounded_half_to_even_and_the_last_takes_the_rest() {
        for (value, some, quantity, part) in
            [(1_000, 1, 3, 333), (667, 1, 2, 334), (5, 1, 2, 2), (7, 1, 2, 4), (1_000, 3, 3, 1_000), (0, 1, 5, 0), (9, 0, 3, 0)]
        {
            assert_eq!(share(value, some, quantity), part, "{some} of {quantity} at {value}");
        }
        let (mut value, mut left, mut taken) = (10_001, 7, 0);
        while left > 0 {
            let part = share(value, 1, left);
            (value, left, taken) = (value - part, left - 1, taken + part);
        }
        assert_eq!((value, taken), (0, 10_001));
    }
}
