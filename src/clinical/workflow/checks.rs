//! Checks a medicine by its substances: reads the facts about the patient and the other medicines, and asks the formulary.

use std::collections::{BTreeSet, HashMap};

use chrono::Duration;

use super::{
    super::{
        Dosage, Frequency, Prescription,
        medicines::store::{self, Ended},
    },
    warnings::Named,
};
use crate::{
    core::{PatientId, PrescriptionId, Result, SubstanceId},
    formulary::{
        CheckLevel, CrossReaction,
        check::{self, Knowledge, Medicine, Medicines, Other, Person, Warning},
        cross_reactions, washout_days,
    },
    opd, patients,
    server::Ctx,
    tr,
};

/// The ages in years at which a pregnancy is possible.
const PREGNANCY: std::ops::RangeInclusive<i64> = 12..=55;

/// A medicine with all that its check needs.
pub(super) struct Checked {
    pub medicine: Medicine,
    knowledge: Knowledge,
    person: Person,
    others: Vec<Other>,
    /// The substances of each allergy, by its words.
    allergies: HashMap<String, Vec<SubstanceId>>,
    cross: Vec<CrossReaction>,
}

/// The meaning of an allergy for a medicine, by their substances.
pub(super) enum AllergyMatch {
    /// It is an allergy to one of the substances, or to their group.
    Concerns,
    /// It may be one: the groups of both are known to react alike.
    MayConcern(CheckLevel, String),
    No,
}

impl Checked {
    /// Reads the facts. `open` are the other medicines of the patient.
    pub(super) async fn load(
        ctx: &mut Ctx,
        patient: PatientId,
        named: &Named<'_>,
        dosage: Option<&Dosage>,
        open: &[Prescription],
    ) -> Result<Self> {
        let mut medicines = Medicines::load(&mut ctx.tx).await?;
        let plain = medicines.find(&mut ctx.tx, named.drug, named.name).await?;
        let medicine = match dosage {
            Some(dosage) => with_dosage(plain, dosage),
            None => plain,
        };
        let mut others = Vec::new();
        for known in open {
            let plain = medicines.find(&mut ctx.tx, known.drug_id, &known.drug).await?;
            others.push(Other { id: known.id, medicine: with_dosage(plain, &known.dosage.clone().structured()), ended: None });
        }
        let washouts = washout_days(&mut ctx.tx).await?;
        if let Some(longest) = washouts.values().max() {
            for known in ended(ctx, patient, *longest).await? {
                let medicine = medicines.find(&mut ctx.tx, known.drug, &known.name).await?;
                if medicine.substances().iter().any(|id| washouts.contains_key(id)) {
                    others.push(Other { id: known.id, medicine, ended: Some((ctx.now - known.at).num_days().max(0)) });
                }
            }
        }
        let mut allergies = HashMap::new();
        let mut all: BTreeSet<SubstanceId> =
            others.iter().map(|other| &other.medicine).chain([&medicine]).flat_map(Medicine::substances).collect();
        for allergy in patients::allergies(&mut ctx.tx, patient).await? {
            let substances: Vec<SubstanceId> =
                medicines.find(&mut ctx.tx, None, &allergy.substance).await?.substances().into_iter().collect();
            all.extend(&substances);
            allergies.insert(allergy.substance, substances);
        }
        let knowledge = Knowledge::load(&mut ctx.tx, &all).await?;
        let cross = if allergies.is_empty() { Vec::new() } else { cross_reactions(&mut ctx.tx).await? };
        let person = person(ctx, patient).await?;
        Ok(Self { medicine, knowledge, person, others, allergies, cross })
    }

    /// Returns the warnings of the formulary's rules.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        check::check(&self.knowledge, &self.medicine, &self.person, &self.others)
    }

    /// Whether another medicine has one of the substances.
    pub(super) fn shares_substance(&self, other: PrescriptionId) -> bool {
        let own = self.medicine.substances();
        self.others.iter().any(|known| known.id == other && !known.medicine.substances().is_disjoint(&own))
    }

    /// Returns the meaning of an allergy for the medicine. Its groups count only where the formulary knows both sides.
    pub(super) fn allergy(&self, words: &str) -> AllergyMatch {
        let Some(substances) = self.allergies.get(words) else { return AllergyMatch::No };
        let own = self.medicine.substances();
        if substances.iter().any(|id| own.contains(id)) {
            return AllergyMatch::Concerns;
        }
        for (one, two) in substances.iter().flat_map(|one| own.iter().map(move |two| (*one, *two))) {
            if self.knowledge.shares_allergy_group(one, two) {
                return AllergyMatch::Concerns;
            }
            let of = |rule: &&CrossReaction| {
                let (a, b) = (self.knowledge.groups_of(one), self.knowledge.groups_of(two));
                (a.contains(&rule.one) && b.contains(&rule.other)) || (a.contains(&rule.other) && b.contains(&rule.one))
            };
            if let Some(rule) = self.cross.iter().find(of) {
                let sentence = tr!(clinical.allergy_may_cross, substance = words.to_owned(), group = rule.names());
                return AllergyMatch::MayConcern(rule.level, sentence);
            }
        }
        AllergyMatch::No
    }
}

/// Reads the medicines that ended within these days, prescribed ones and those of a ward.
async fn ended(ctx: &mut Ctx, patient: PatientId, days: i64) -> Result<Vec<Ended>> {
    let (now, since) = (ctx.now, ctx.now - Duration::days(days));
    let mut all = store::ended_of_patient(&mut ctx.tx, patient, since).await?;
    all.retain(|known| known.at <= now && known.at >= since);
    let departments = ctx.state().departments;
    let on_ward = departments.ended_on_ward(ctx, patient, since).await?;
    all.extend(on_ward.into_iter().map(|(id, drug, name, at)| Ended { id: PrescriptionId(id), drug: Some(drug), name, at }));
    Ok(all)
}

fn with_dosage(medicine: Medicine, dosage: &Dosage) -> Medicine {
    let once = dosage.frequency == Frequency::Once.as_str();
    medicine.taken(dosage.amount.clone(), dosage.route.parse().ok(), (dosage.often, dosage.most_a_day()), once)
}

/// Reads the patient's age, last weight, kidney function as the laboratory knows it, and whether a pregnancy is possible.
async fn person(ctx: &mut Ctx, patient: PatientId) -> Result<Person> {
    let (now, today) = (ctx.now, ctx.today());
    let known = patients::find(&mut ctx.tx, patient).await?;
    let age_days = known.facts.birth.date.map(|born| (today - born).num_days());
    let weighed = opd::vitals::newest_weight(&mut ctx.tx, patient).await?;
    let weight = weighed.map(|(grams, at)| (grams, (now - at).max(Duration::zero()).num_days()));
    let years = age_days.map(|days| days * 4 / 1461);
    let may_be_pregnant = known.facts.sex == patients::Sex::Female && years.is_none_or(|years| PREGNANCY.contains(&years));
    let emergency = match opd::open_visit_of(&mut ctx.tx, patient).await? {
        Some(visit) => opd::open_entry(&mut ctx.tx, visit.id).await.is_ok_and(|entry| entry.priority == opd::Priority::Emergency),
        None => false,
    };
    let departments = ctx.state().departments;
    let (clearance, kidney) = departments.kidney(ctx, patient).await?.map(|figure| (figure.clearance, figure.words)).unzip();
    Ok(Person { age_days, weight, clearance, kidney: kidney.unwrap_or_default(), may_be_pregnant, emergency })
}
