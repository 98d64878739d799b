//! The facts of a stay that change while it lasts: isolation, doctor, expected discharge, needs, and whether the name is hidden. The history keeps each
//! change with what was before.

use chrono::NaiveDate;

use super::{ActTurn, Admission, AdmissionState, StayAct, record, store};
use crate::{
    core::{
        Error, Result, StaffId,
        error::FieldErrors,
        time::{parse_date, show_date},
    },
    organisation::{self, Isolation, Typed},
    server::Ctx,
    tr,
    wards::{
        equipment::{Equipment, Feature},
        uses::refused,
    },
};

/// The most signs of the reason; the words in the history have 500.
const REASON: usize = 150;

/// The typed facts.
#[derive(Clone, Debug)]
pub struct FactsForm {
    pub isolation: Isolation,
    pub organism: String,
    /// The doctor and the name.
    pub doctor: Option<(StaffId, String)>,
    pub expected_on: Option<NaiveDate>,
    pub equipment: Equipment,
    pub private: bool,
    pub reason: String,
}

impl FactsForm {
    /// Reads the form. A doctor or a day that stays as it is may be one that could not be chosen any more.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub async fn read(ctx: &mut Ctx, admission: &Admission, fields: &Typed) -> Result<Self> {
        let today = ctx.today();
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let ticked = |name: &str| !value(name).is_empty();
        let mut errors = FieldErrors::new();
        let isolation = errors.chosen::<Isolation>("isolation", value("isolation"));
        let organism = errors.line("organism", value("organism"), 100);
        if !organism.is_empty() && isolation == Some(Isolation::None) {
            errors.add("isolation", tr!(wards.organism_without_isolation));
        }
        let chosen = if value("doctor_id").is_empty() { None } else { errors.chosen::<StaffId>("doctor_id", value("doctor_id")) };
        let doctor = match chosen {
            Some(id) if admission.doctor_id == Some(id) => Some((id, admission.doctor.clone().unwrap_or_default())),
            Some(id) => {
                let known = organisation::doctors(&mut ctx.tx, admission.clinic_id).await?.into_iter().find(|known| known.id == id);
                if known.is_none() {
                    errors.add("doctor_id", tr!(errors.choose));
                }
                known.map(|known| (id, known.name))
            }
            None => None,
        };
        let expected_on =
            if value("expected_on").is_empty() { None } else { errors.check(parse_date("expected_on", value("expected_on"))) };
        if expected_on.is_some_and(|day| day < today && admission.expected_on != Some(day)) {
            errors.add("expected_on", tr!(wards.day_wrong, today = show_date(today)));
        }
        let reason = errors.required_line("reason", value("reason"), REASON);
        errors.finish()?;
        let Some(isolation) = isolation else { return Err(Error::NotFound) };
        let (equipment, private) = (Equipment::ticked(ticked), ticked("private"));
        Ok(Self { isolation, organism, doctor, expected_on, equipment, private, reason })
    }

    /// Returns what changes, each fact with what was before.
    fn changes(&self, before: &Admission) -> Vec<String> {
        let isolated = |kind: Isolation, organism: &str| match (kind, organism) {
            (Isolation::None, _) => tr!(wards.not_isolated).to_owned(),
            (kind, "") => kind.words(),
            (kind, organism) => format!("{} ({organism})", kind.words()),
        };
        let day = |day: Option<NaiveDate>| day.map_or_else(|| "–".to_owned(), show_date);
        let name = |name: Option<&String>| name.cloned().unwrap_or_else(|| "–".to_owned());
        let said = |yes: bool| if yes { tr!(audit.yes) } else { tr!(audit.no) };
        let facts = [
            (tr!(wards.isolation), isolated(before.isolation, &before.organism), isolated(self.isolation, &self.organism)),
            (tr!(wards.doctor), name(before.doctor.as_ref()), name(self.doctor.as_ref().map(|(_, name)| name))),
            (tr!(wards.expected_on), day(before.expected_on), day(self.expected_on)),
            (tr!(wards.private), said(before.private).to_owned(), said(self.private).to_owned()),
        ];
        let needed = Feature::ALL.iter().map(|one| {
            let said = |equipment: Equipment| said(equipment.has(*one)).to_owned();
            (one.words(), said(before.equipment), said(self.equipment))
        });
        let changed = facts.into_iter().chain(needed).filter(|(_, before, after)| before != after);
        changed.map(|(label, before, after)| format!("{label}: {before} → {after}")).collect()
    }
}

/// Changes facts of a stay, or of a request. `seen` is the version that the form showed.
///
/// # Errors
/// [`Error::Conflict`] when the stay is over or somebody changed it meanwhile; [`Error::Invalid`] when nothing changes.
pub async fn change_facts(ctx: &mut Ctx, turn: &ActTurn, form: &FactsForm, seen: i64) -> Result<()> {
    turn.must_be(&[AdmissionState::Requested, AdmissionState::Accepted, AdmissionState::Admitted])?;
    if turn.admission.version != seen {
        return Err(Error::conflict(tr!(wards.admission_changed)));
    }
    let changes = form.changes(&turn.admission);
    if changes.is_empty() {
        return Err(Error::invalid("reason", tr!(wards.nothing_changed)));
    }
    let stamp = ctx.stamp();
    store::set_facts(&mut ctx.tx, turn.locked, form, stamp).await.map_err(refused)?;
    let words: String = changes.into_iter().chain([form.reason.clone()]).collect::<Vec<_>>().join(" · ").chars().take(500).collect();
    record(ctx, turn, StayAct::FactsChanged, (Some(turn.admission.ward()), None), &words).await
}
