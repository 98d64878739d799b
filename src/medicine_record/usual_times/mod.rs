//! The usual dose times of a ward: three times a day is 08:00 14:00 20:00, or what the ward wrote instead. A new order takes them over, so that a
//! change does not move the doses of older orders.

mod store;

use chrono::NaiveTime;

use super::{schedule::stored_times, vocabulary::DoseTiming};
use crate::{
    audit::Action,
    core::{
        Error, Permission, Result, WardId,
        error::FieldErrors,
        time::{parse_time, show_time},
    },
    db::Tx,
    organisation::Typed,
    server::Ctx,
    tr, wards,
};

/// The times that a ward gives otherwise than usual, with the version of its list; 0 for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsualTimes {
    own: Vec<(DoseTiming, String)>,
    pub version: i64,
}

impl UsualTimes {
    /// The timings that have times on the clock.
    pub fn timings() -> impl Iterator<Item = DoseTiming> {
        DoseTiming::ALL.iter().copied().filter(|timing| !timing.times().is_empty())
    }

    /// Returns the times of a timing, as orders store them: `08:00 14:00 20:00`.
    pub fn of(&self, timing: DoseTiming) -> &str {
        self.own.iter().find(|(own, _)| *own == timing).map_or(timing.times(), |(_, times)| times)
    }

    /// Reads the typed form: a field for each timing, empty for the usual times. A timing keeps its number of doses, and one that is counted in
    /// hours its interval.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed, version: i64) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let mut own = Vec::new();
        for timing in Self::timings() {
            let field = timing.as_str();
            let typed = fields.get(field).map_or("", String::as_str).trim();
            if typed.is_empty() {
                continue;
            }
            let times = typed.split([' ', ',', ';']).filter(|word| !word.is_empty()).map(|word| parse_time(field, word));
            let Ok(mut times) = times.collect::<Result<Vec<NaiveTime>>>() else {
                errors.add(field, tr!(medicine_record.times_wrong));
                continue;
            };
            times.sort_unstable();
            times.dedup();
            let count = stored_times(timing.times()).len();
            if times.len() != count {
                errors.add(field, tr!(medicine_record.usual_times_count, count = count));
            } else if let Some(hours) = timing.hours().filter(|hours| !are_apart(&times, *hours)) {
                errors.add(field, tr!(medicine_record.usual_times_apart, hours = hours));
            } else {
                let times = times.into_iter().map(show_time).collect::<Vec<_>>().join(" ");
                if times != timing.times() {
                    own.push((timing, times));
                }
            }
        }
        errors.finish()?;
        Ok(Self { own, version })
    }
}

/// Whether sorted times of a day follow each other after these hours.
fn are_apart(times: &[NaiveTime], hours: i64) -> bool {
    times.windows(2).all(|pair| (pair[1] - pair[0]).num_minutes() == hours * 60)
}

/// Returns the usual times of a ward.
///
/// # Errors
/// When the database refuses.
pub async fn of_ward(tx: &mut Tx, ward: WardId) -> Result<UsualTimes> {
    Ok(UsualTimes { own: store::times(tx, ward).await?, version: store::version(tx, ward).await? })
}

/// Writes the usual times of a ward, or of all wards of its clinic: they hold for orders from now on.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's ward; [`Error::Conflict`] when somebody wrote them meanwhile.
pub async fn write(ctx: &mut Ctx, ward: WardId, new: &UsualTimes, for_all: bool) -> Result<()> {
    let ward = wards::find_ward(&mut ctx.tx, ward).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let stamp = ctx.stamp();
    let mut others = if for_all { wards::wards_of(&mut ctx.tx, ward.clinic_id).await? } else { Vec::new() };
    others.retain(|other| other.id != ward.id);
    let mut lists = vec![(ward.id, new.version)];
    for other in others {
        lists.push((other.id, store::version(&mut ctx.tx, other.id).await?));
    }
    for (ward, version) in lists {
        if !store::set_version(&mut ctx.tx, ward, version, stamp).await? {
            return Err(Error::conflict(tr!(errors.newer_version)));
        }
        store::replace(&mut ctx.tx, ward, &new.own).await?;
        ctx.did(Action::Update, "ward_dose_times", ward, None);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timing_keeps_its_doses_and_its_interval() {
        let read = |field: &str, typed: &str| UsualTimes::read(&[(field.to_owned(), typed.to_owned())].into_iter().collect(), 0);
        let own = read("three", "13:00, 07:00 19:00").expect("three times");
        assert_eq!((own.of(DoseTiming::Three), own.of(DoseTiming::Twice)), ("07:00 13:00 19:00", "08:00 20:00"));
        assert_eq!(read("q8h", "07:00 15:00 23:00").expect("8 hours apart").of(DoseTiming::Q8h), "07:00 15:00 23:00");
        assert_eq!(read("three", "08:00 14:00 20:00").expect("as usual"), UsualTimes::default());
        for (field, typed) in [("three", "07:00 13:00"), ("three", "07:00 07:00 13:00"), ("q8h", "06:00 14:00 23:00"), ("daily", "25:00")] {
            let Err(Error::Invalid(errors)) = read(field, typed) else { panic!("{field} {typed}") };
            assert_eq!(errors[0].field, field, "{typed}");
        }
    }
}
