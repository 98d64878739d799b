//! The equipment of a bed: that which it has, and that which a patient needs at it.

use crate::tr;

crate::text_enum! {
    /// A piece of equipment.
    pub enum Feature("feature") {
        Oxygen = "oxygen" => tr!(wards.oxygen),
        Suction = "suction" => tr!(wards.suction),
        Monitor = "monitor" => tr!(wards.monitor),
        Ventilator = "ventilator" => tr!(wards.ventilator),
        Bariatric = "bariatric" => tr!(wards.bariatric),
        LowBed = "low_bed" => tr!(wards.low_bed),
    }
}

impl Feature {
    /// Returns the words for a bed without it.
    pub fn lacking(self) -> &'static str {
        match self {
            Self::Oxygen => tr!(wards.misfit_oxygen),
            Self::Suction => tr!(wards.misfit_suction),
            Self::Monitor => tr!(wards.misfit_monitor),
            Self::Ventilator => tr!(wards.misfit_ventilator),
            Self::Bariatric => tr!(wards.misfit_bariatric),
            Self::LowBed => tr!(wards.misfit_low_bed),
        }
    }
}

/// The equipment that a bed has, or that a patient needs; the columns of beds, admissions and transfers have these names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of a row")]
pub struct Equipment {
    pub oxygen: bool,
    pub suction: bool,
    pub monitor: bool,
    pub ventilator: bool,
    /// A bed for patients whose weight a usual bed does not bear.
    pub bariatric: bool,
    /// A bed that goes down to the floor.
    pub low_bed: bool,
}

impl Equipment {
    /// Reads the ticks of a form, which have the features' names.
    pub fn ticked(mut ticked: impl FnMut(&str) -> bool) -> Self {
        let mut is = |feature: Feature| ticked(feature.as_str());
        Self {
            oxygen: is(Feature::Oxygen),
            suction: is(Feature::Suction),
            monitor: is(Feature::Monitor),
            ventilator: is(Feature::Ventilator),
            bariatric: is(Feature::Bariatric),
            low_bed: is(Feature::LowBed),
        }
    }

    /// Whether the feature is one of these.
    pub const fn has(self, feature: Feature) -> bool {
        match feature {
            Feature::Oxygen => self.oxygen,
            Feature::Suction => self.suction,
            Feature::Monitor => self.monitor,
            Feature::Ventilator => self.ventilator,
            Feature::Bariatric => self.bariatric,
            Feature::LowBed => self.low_bed,
        }
    }

    /// Returns the features in their order.
    pub fn features(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.iter().copied().filter(move |feature| self.has(*feature))
    }

    /// Returns the features in words.
    pub fn words(self) -> Vec<&'static str> {
        self.features().map(Feature::words).collect()
    }

    /// Returns what either of the two says.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::ticked(|name| name.parse::<Feature>().is_ok_and(|feature| self.has(feature) || other.has(feature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_ticks() {
        for feature in Feature::ALL {
            let one = Equipment::ticked(|name| name == feature.as_str());
            assert_eq!(one.features().collect::<Vec<_>>(), [*feature]);
            assert_eq!(one.and(Equipment::default()), one);
        }
        let all = Feature::ALL.iter().fold(Equipment::default(), |all, one| all.and(Equipment::ticked(|name| name == one.as_str())));
        assert_eq!(all.features().count(), Feature::ALL.len());
    }
}
