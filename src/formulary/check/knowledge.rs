//! The part of the formulary that a check needs, read once for all medicines of a patient.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    core::{Result, SubstanceGroupId, SubstanceId, locale},
    db::Tx,
    formulary::{
        Advice, GroupKind,
        rule::{DoseRule, Interaction, Limit, Side, Washout},
        store,
    },
};

/// A substance as a check knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub shown_name: String,
    pub pregnancy: Advice,
    pub confirmed: bool,
}

/// The rules that concern some substances.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    substances: BTreeMap<SubstanceId, Known>,
    groups: BTreeMap<SubstanceId, BTreeSet<SubstanceGroupId>>,
    pub interactions: Vec<Interaction>,
    pub doses: Vec<DoseRule>,
    pub limits: Vec<Limit>,
    pub washouts: Vec<Washout>,
    /// The allergy groups.
    pub allergy: BTreeSet<SubstanceGroupId>,
    /// The therapeutic groups: id, name in the reader's language, code.
    pub therapeutic: Vec<(SubstanceGroupId, String, String)>,
}

impl Knowledge {
    /// Reads the rules that concern these substances.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn load(tx: &mut Tx, ids: &BTreeSet<SubstanceId>) -> Result<Self> {
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let all: Vec<SubstanceId> = ids.iter().copied().collect();
        let spanish = locale::current() == locale::Locale::es;
        let mut knowledge = Self::default();
        for one in store::substances::some(tx, &all).await? {
            let known = Known { shown_name: one.shown_name().to_owned(), pregnancy: one.pregnancy, confirmed: one.confirmed_at.is_some() };
            knowledge.substances.insert(one.id, known);
        }
        for (substance, group) in store::substances::groups_of_some(tx, &all).await? {
            knowledge.groups.entry(substance).or_default().insert(group);
        }
        let concerns = |side: Side| match side {
            Side::Substance(id) => ids.contains(&id),
            Side::Group(id) => knowledge.groups.values().any(|groups| groups.contains(&id)),
        };
        let interactions = store::rules::interactions(tx, spanish).await?;
        let interactions =
            interactions.into_iter().filter(|rule| !rule.state.retired && concerns(rule.one) && concerns(rule.other)).collect();
        let doses = store::rules::doses_of(tx, &all).await?.into_iter().filter(|rule| !rule.state.retired).collect();
        let limits = store::rules::limits_of(tx, &all).await?.into_iter().filter(|rule| !rule.state.retired).collect();
        let washouts = store::rules::washouts_of(tx, &all, spanish).await?;
        let (mut allergy, mut therapeutic) = (BTreeSet::new(), Vec::new());
        for group in store::substances::groups(tx).await? {
            match group.kind {
                GroupKind::Allergy => {
                    allergy.insert(group.id);
                }
                GroupKind::Therapeutic => therapeutic.push((group.id, group.shown_name().to_owned(), group.code)),
                GroupKind::Interaction => {}
            }
        }
        Ok(Self { interactions, doses, limits, washouts, allergy, therapeutic, ..knowledge })
    }

    /// Returns what is known of a substance.
    pub fn substance(&self, id: SubstanceId) -> Option<&Known> {
        self.substances.get(&id)
    }

    /// Returns the name of a substance in the reader's language.
    pub fn name_of(&self, id: SubstanceId) -> String {
        self.substances.get(&id).map(|known| known.shown_name.clone()).unwrap_or_default()
    }

    /// Whether two substances are in one allergy group.
    pub fn shares_allergy_group(&self, one: SubstanceId, other: SubstanceId) -> bool {
        let others = self.groups_of(other);
        self.groups_of(one).iter().any(|group| self.allergy.contains(group) && others.contains(group))
    }

    /// Returns the groups of a substance.
    pub fn groups_of(&self, id: SubstanceId) -> &BTreeSet<SubstanceGroupId> {
        static NONE: BTreeSet<SubstanceGroupId> = BTreeSet::new();
        self.groups.get(&id).unwrap_or(&NONE)
    }

    #[cfg(test)]
    pub(super) fn add(&mut self, id: SubstanceId, name: &str, pregnancy: Advice, groups: &[SubstanceGroupId]) {
        self.substances.insert(id, Known { shown_name: name.to_owned(), pregnancy, confirmed: true });
        self.groups.insert(id, groups.iter().copied().collect());
    }
}
