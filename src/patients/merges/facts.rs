//! The facts of the surviving record: which of the two records each group of them is taken from, and what they were before.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    core::{UserId, time::Instant},
    patients::{AllergyStatus, Birth, BirthPrecision, Facts, Particulars, PatientName, Sex, words},
    tr,
};

crate::text_enum! {
    /// The facts that are taken together from one of the two records.
    pub enum FactGroup("group") {
        Name = "name" => tr!(patients.name),
        Birth = "birth" => tr!(patients.birth_date),
        Sex = "sex" => tr!(patients.sex),
        NationalId = "national_id" => tr!(patients.national_id),
        Phone = "phone" => tr!(patients.phone),
        Email = "email" => tr!(patients.email),
        Address = "address" => tr!(patients.address),
        Other = "other" => tr!(merges.other_facts),
        Description = "description" => tr!(patients.description),
    }
}

impl FactGroup {
    /// Returns the facts of the group in words.
    pub fn shown(self, facts: &Facts) -> String {
        let more = &facts.more;
        let parts: Vec<String> = match self {
            Self::Name => vec![facts.name.listed(), facts.name.preferred_name.clone()],
            Self::Birth => vec![facts.birth.shown()],
            Self::Sex => vec![facts.sex.words().to_owned(), more.gender.clone()],
            Self::NationalId => vec![more.national_id.clone()],
            Self::Phone => vec![more.phone.clone()],
            Self::Email => vec![more.email.clone()],
            Self::Address => vec![more.address_line()],
            Self::Other => vec![words::language(&more.language), words::marital(&more.marital_status), more.blood_group.clone()],
            Self::Description => vec![more.description.clone()],
        };
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    /// Copies the facts of the group.
    pub(super) fn take(self, from: &Facts, to: &mut Facts) {
        let (theirs, ours) = (&from.more, &mut to.more);
        match self {
            Self::Name => to.name.clone_from(&from.name),
            Self::Birth => to.birth = from.birth,
            Self::Sex => {
                to.sex = from.sex;
                ours.gender.clone_from(&theirs.gender);
            }
            Self::NationalId => ours.national_id.clone_from(&theirs.national_id),
            Self::Phone => ours.phone.clone_from(&theirs.phone),
            Self::Email => ours.email.clone_from(&theirs.email),
            Self::Address => {
                ours.address.clone_from(&theirs.address);
                ours.city.clone_from(&theirs.city);
                ours.region.clone_from(&theirs.region);
                ours.postal_code.clone_from(&theirs.postal_code);
                ours.country.clone_from(&theirs.country);
            }
            Self::Other => {
                ours.language.clone_from(&theirs.language);
                ours.marital_status.clone_from(&theirs.marital_status);
                ours.blood_group.clone_from(&theirs.blood_group);
            }
            Self::Description => ours.description.clone_from(&theirs.description),
        }
    }

    /// Whether two records agree in the group.
    pub(super) fn agrees(self, one: &Facts, other: &Facts) -> bool {
        let mut same = one.clone();
        self.take(other, &mut same);
        same == *one
    }
}

/// The facts of a record as they are kept with the merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct KeptFacts {
    given_names: String,
    family_name: String,
    preferred_name: String,
    birth_date: Option<NaiveDate>,
    birth_precision: BirthPrecision,
    sex: Sex,
    more: Particulars,
}

impl KeptFacts {
    fn of(facts: &Facts) -> Self {
        let PatientName { given_names, family_name, preferred_name } = facts.name.clone();
        let Birth { date, precision } = facts.birth;
        let more = facts.more.clone();
        Self { given_names, family_name, preferred_name, birth_date: date, birth_precision: precision, sex: facts.sex, more }
    }

    fn facts(self) -> Facts {
        Facts {
            name: PatientName { given_names: self.given_names, family_name: self.family_name, preferred_name: self.preferred_name },
            birth: Birth { date: self.birth_date, precision: self.birth_precision },
            sex: self.sex,
            more: self.more,
        }
    }
}

/// The state of both records before a merge, sealed with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "before and after are what it holds; the names are in the database")]
pub(super) struct Before {
    before: KeptFacts,
    after: KeptFacts,
    /// The version of the surviving record before and after.
    pub version: i64,
    pub version_after: i64,
    pub updated_at: Instant,
    /// The id as text: the program's own user has an id that no request may send.
    updated_by: String,
    pub survivor_status: AllergyStatus,
    pub merged_status: AllergyStatus,
}

impl Before {
    /// Keeps the facts of the surviving record and its version, and the allergy status of both.
    pub fn new(
        (before, after): (&Facts, &Facts),
        (version, version_after): (i64, i64),
        (updated_at, updated_by): (Instant, UserId),
        (survivor_status, merged_status): (AllergyStatus, AllergyStatus),
    ) -> Self {
        let (before, after) = (KeptFacts::of(before), KeptFacts::of(after));
        let updated_by = Uuid::from(updated_by).to_string();
        Self { before, after, version, version_after, updated_at, updated_by, survivor_status, merged_status }
    }

    /// Returns the user who saved the surviving record before the merge.
    pub fn saved_by(&self) -> Option<UserId> {
        Uuid::parse_str(&self.updated_by).ok().map(UserId)
    }

    /// Returns the facts to go back to: what the merge changed, and nobody since.
    pub fn restored(&self, now: &Facts) -> Facts {
        let (before, after) = (self.before.clone().facts(), self.after.clone().facts());
        let mut restored = now.clone();
        for group in FactGroup::ALL {
            if group.agrees(now, &after) {
                group.take(&before, &mut restored);
            }
        }
        restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(given: &str, phone: &str) -> Facts {
        let more = Particulars { phone: phone.into(), ..Particulars::default() };
        Facts { more, ..Facts::new(PatientName::new(given, "Adams"), Birth::UNKNOWN, Sex::Female) }
    }

    #[test]
    fn what_was_corrected_since_the_merge_is_not_taken_back() {
        let (before, merged) = (facts("Unknown", ""), facts("Theresa", "555 0100"));
        let mut after = before.clone();
        FactGroup::Name.take(&merged, &mut after);
        FactGroup::Phone.take(&merged, &mut after);
        let now: Instant = "2026-11-21T10:00:00Z".parse().expect("an instant");
        let status = (AllergyStatus::NotRecorded, AllergyStatus::NotRecorded);
        let kept = Before::new((&before, &after), (1, 2), (now, UserId::SYSTEM), status);
        let text = serde_json::to_string(&kept).expect("written");
        let kept: Before = serde_json::from_str(&text).expect("read");
        assert_eq!(kept.saved_by(), Some(UserId::SYSTEM), "also the program's own user");
        assert_eq!(kept.restored(&after), before);
        let corrected = facts("Theresa", "555 0199");
        assert_eq!(kept.restored(&corrected), facts("Unknown", "555 0199"));
    }
}
