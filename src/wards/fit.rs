//! How well a bed fits a patient. A rule that is broken (sex, age, airborne isolation) needs a reason; a wish that is not met only lowers
//! the bed's rank.

use crate::{
    core::BedClassId,
    organisation::{BedKind, Isolation, RoomRule, SexRule, WardKind},
    patients::Sex,
    tr,
};

use super::{
    admission::AdmissionClass,
    equipment::{Equipment, Feature},
    plan::{Bed, Ward},
};

/// The needs of a patient.
#[derive(Clone, Debug)]
pub struct Need {
    pub sex: Sex,
    /// Full years, if the birth date is known.
    pub age: Option<i64>,
    pub class: AdmissionClass,
    pub bed_class: Option<BedClassId>,
    pub isolation: Isolation,
    pub equipment: Equipment,
}

/// One way in which a bed does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misfit {
    WardSex,
    RoomSex,
    Age,
    Airborne,
    AgeUnknown,
    Shared,
    KeptForIsolation,
    KeptForBariatric,
    BedClass,
    BedKind,
    /// The bed lacks equipment that the patient needs.
    Lacks(Feature),
}

impl Misfit {
    /// Whether it breaks a rule, so that a person must give a reason.
    pub const fn breaks_a_rule(self) -> bool {
        matches!(self, Self::WardSex | Self::RoomSex | Self::Age | Self::Airborne)
    }

    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::WardSex => tr!(wards.misfit_ward_sex),
            Self::RoomSex => tr!(wards.misfit_room_sex),
            Self::Age => tr!(wards.misfit_age),
            Self::Airborne => tr!(wards.misfit_airborne),
            Self::AgeUnknown => tr!(wards.misfit_age_unknown),
            Self::Shared => tr!(wards.misfit_shared),
            Self::KeptForIsolation => tr!(wards.misfit_kept),
            Self::KeptForBariatric => tr!(wards.misfit_kept_bariatric),
            Self::BedClass => tr!(wards.misfit_class),
            Self::BedKind => tr!(wards.misfit_kind),
            Self::Lacks(feature) => feature.lacking(),
        }
    }
}

/// Whether a bed of this kind is for somebody of this age, in full years.
const fn is_for_age(kind: BedKind, age: i64) -> bool {
    match kind {
        BedKind::Adult | BedKind::Chair | BedKind::Trolley => age >= 12,
        BedKind::Child => age >= 1 && age < 16,
        BedKind::Cot => age < 2,
        BedKind::Incubator => age < 1,
        BedKind::Companion => false,
    }
}

/// Returns the ways in which the bed does not fit. `others` are the sexes of the patients in the other beds of the room.
pub fn misfits(need: &Need, ward: &Ward, bed: &Bed, others: &[Sex]) -> Vec<Misfit> {
    let mut found = Vec::new();
    let mut add = |wrong: bool, misfit: Misfit| {
        if wrong {
            found.push(misfit);
        }
    };
    // A small child lies in a cot beside anybody.
    let is_infant = need.age.is_some_and(|age| age < 2);
    let wrong_for = |sex: Sex| need.sex != sex && !is_infant;
    add(
        match ward.sex_rule {
            SexRule::Female => wrong_for(Sex::Female),
            SexRule::Male => wrong_for(Sex::Male),
            SexRule::Any | SexRule::ByRoom => false,
        },
        Misfit::WardSex,
    );
    add(
        match bed.room_rule {
            RoomRule::Female => wrong_for(Sex::Female),
            RoomRule::Male => wrong_for(Sex::Male),
            RoomRule::FirstOccupant => others.iter().any(|other| wrong_for(*other)),
            RoomRule::Any => false,
        },
        Misfit::RoomSex,
    );
    let limited = ward.age_from.is_some() || ward.age_to.is_some();
    let beyond = |age: i64| ward.age_from.is_some_and(|from| age < from) || ward.age_to.is_some_and(|to| age > to);
    // A newborn stays with the mother, whatever ages the maternity ward takes.
    let with_mother = is_infant && ward.kind == WardKind::Maternity && matches!(bed.kind, BedKind::Cot | BedKind::Incubator);
    add(need.age.is_some_and(beyond) && !with_mother, Misfit::Age);
    add(need.isolation == Isolation::Airborne && bed.room_isolation != Isolation::Airborne, Misfit::Airborne);
    add(limited && need.age.is_none(), Misfit::AgeUnknown);
    let isolated = !matches!(need.isolation, Isolation::None | Isolation::Airborne);
    add(isolated && !bed.single && bed.room_isolation != need.isolation, Misfit::Shared);
    add(need.isolation == Isolation::None && bed.room_isolation != Isolation::None, Misfit::KeptForIsolation);
    add(need.bed_class.is_some_and(|class| class != bed.class_id), Misfit::BedClass);
    let by_day = need.class == AdmissionClass::DayCase;
    let makeshift = bed.kind == BedKind::Trolley || (bed.kind == BedKind::Chair && !by_day);
    add(makeshift || need.age.is_some_and(|age| !is_for_age(bed.kind, age)), Misfit::BedKind);
    // A bed for heavy patients is kept for them while another one is free.
    add(bed.equipment.bariatric && !need.equipment.bariatric, Misfit::KeptForBariatric);
    for feature in need.equipment.features().filter(|feature| !bed.equipment.has(*feature)) {
        add(true, Misfit::Lacks(feature));
    }
    found
}

/// The rank of a bed: broken rules first, then unmet wishes; the smaller, the better.
pub fn rank(misfits: &[Misfit]) -> (usize, usize) {
    let broken = misfits.iter().filter(|misfit| misfit.breaks_a_rule()).count();
    (broken, misfits.len() - broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{BedId, ClinicId, WardId};

    fn ward() -> Ward {
        Ward {
            id: WardId::new(),
            clinic_id: ClinicId::new(),
            name: "Medical".to_owned(),
            code: "MED".to_owned(),
            kind: WardKind::Medical,
            sex_rule: SexRule::Any,
            age_from: Some(16),
            age_to: None,
            reservation_min: 240,
            clean_min: 45,
            terminal_min: 90,
        }
    }

    fn bed() -> Bed {
        Bed {
            id: BedId::new(),
            name: "1A".to_owned(),
            kind: BedKind::Adult,
            class_id: BedClassId::new(),
            class_name: "General".to_owned(),
            position: 1,
            equipment: Equipment::default(),
            beside_id: None,
            overflow: false,
            temporary_until: None,
            ward_id: WardId::new(),
            clinic_id: ClinicId::new(),
            room: "Room 1".to_owned(),
            room_rule: RoomRule::FirstOccupant,
            single: false,
            room_isolation: Isolation::None,
            retired: false,
        }
    }

    fn woman() -> Need {
        Need {
            sex: Sex::Female,
            age: Some(46),
            class: AdmissionClass::Inpatient,
            bed_class: None,
            isolation: Isolation::None,
            equipment: Equipment::default(),
        }
    }

    /// A patient's needs, the ward, the bed, the sexes of the others in the room, and the ways in which the bed does not fit.
    type Row<'a> = (Need, &'a Ward, &'a Bed, Vec<Sex>, Vec<Misfit>);

    #[test]
    fn a_bed_fits_or_says_why_not() {
        use Misfit as M;
        let (ward, bed) = (ward(), bed());
        let female = Ward { sex_rule: SexRule::Female, ..ward.clone() };
        let single = Bed { single: true, ..bed.clone() };
        let airborne = Bed { room_isolation: Isolation::Airborne, single: true, ..bed.clone() };
        let chair = Bed { kind: BedKind::Chair, ..bed.clone() };
        let man = Need { sex: Sex::Male, ..woman() };
        let isolated = |isolation| Need { isolation, ..woman() };
        let low = Equipment { low_bed: true, ..Equipment::default() };
        let every = Equipment { oxygen: true, suction: true, monitor: true, ventilator: true, bariatric: true, low_bed: true };
        let wide = Bed { equipment: Equipment { bariatric: true, ..low }, ..bed.clone() };
        let rows: [Row<'_>; 21] = [
            (woman(), &ward, &bed, vec![], vec![]),
            (woman(), &ward, &bed, vec![Sex::Female], vec![]),
            (woman(), &ward, &bed, vec![Sex::Male], vec![M::RoomSex]),
            (man.clone(), &female, &bed, vec![], vec![M::WardSex]),
            (Need { sex: Sex::Unknown, ..woman() }, &female, &bed, vec![], vec![M::WardSex]),
            (Need { age: Some(15), ..woman() }, &ward, &bed, vec![], vec![M::Age]),
            (Need { age: Some(16), ..woman() }, &ward, &bed, vec![], vec![]),
            (Need { age: None, ..woman() }, &ward, &bed, vec![], vec![M::AgeUnknown]),
            (Need { age: Some(8), ..woman() }, &ward, &bed, vec![], vec![M::Age, M::BedKind]),
            (isolated(Isolation::Contact), &ward, &bed, vec![], vec![M::Shared]),
            (isolated(Isolation::Contact), &ward, &single, vec![], vec![]),
            (isolated(Isolation::Airborne), &ward, &single, vec![], vec![M::Airborne]),
            (isolated(Isolation::Airborne), &ward, &airborne, vec![], vec![]),
            (woman(), &ward, &airborne, vec![], vec![M::KeptForIsolation]),
            (woman(), &ward, &chair, vec![], vec![M::BedKind]),
            (Need { class: AdmissionClass::DayCase, ..woman() }, &ward, &chair, vec![], vec![]),
            (Need { equipment: every, ..woman() }, &ward, &bed, vec![], Feature::ALL.iter().map(|one| M::Lacks(*one)).collect()),
            (Need { equipment: low, ..woman() }, &ward, &wide, vec![], vec![M::KeptForBariatric]),
            (Need { equipment: wide.equipment, ..woman() }, &ward, &wide, vec![], vec![]),
            (
                Need { equipment: Equipment { suction: true, ..low }, ..woman() },
                &ward,
                &bed,
                vec![],
                vec![M::Lacks(Feature::Suction), M::Lacks(Feature::LowBed)],
            ),
            (Need { bed_class: Some(BedClassId::new()), ..woman() }, &ward, &bed, vec![], vec![M::BedClass]),
        ];
        for (at, (need, ward, bed, others, expected)) in rows.into_iter().enumerate() {
            assert_eq!(misfits(&need, ward, bed, &others), expected, "row {at}");
        }
    }

    #[test]
    fn a_newborn_lies_beside_the_mother() {
        let baby = Need { sex: Sex::Male, age: Some(0), ..woman() };
        let ward = Ward { age_from: None, sex_rule: SexRule::Female, ..ward() };
        let cot = Bed { kind: BedKind::Cot, room_rule: RoomRule::Female, ..bed() };
        assert_eq!(misfits(&baby, &ward, &cot, &[Sex::Female]), []);
        let adults = Ward { age_from: Some(12), ..ward };
        assert_eq!(misfits(&baby, &adults, &cot, &[Sex::Female]), [Misfit::Age]);
        let maternity = Ward { kind: WardKind::Maternity, ..adults };
        assert_eq!(misfits(&baby, &maternity, &cot, &[Sex::Female]), []);
        let bed = Bed { kind: BedKind::Adult, ..cot };
        assert_eq!(misfits(&baby, &maternity, &bed, &[Sex::Female]), [Misfit::Age, Misfit::BedKind]);
    }

    #[test]
    fn a_broken_rule_ranks_after_any_wish() {
        assert!(rank(&[Misfit::Lacks(Feature::Oxygen), Misfit::Lacks(Feature::Monitor), Misfit::BedClass]) < rank(&[Misfit::RoomSex]));
        assert!(rank(&[]) < rank(&[Misfit::Lacks(Feature::Oxygen)]));
    }
}
