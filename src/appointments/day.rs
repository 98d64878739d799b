//! Builds the schedule from doctors' hours, booked appointments and free times.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, Duration, NaiveDate, Timelike};
use uuid::Uuid;

use crate::{
    core::{
        AppointmentId, Permission, Result, StaffId,
        time::{self, show_minutes, show_time},
    },
    organisation::{self, Service},
    server::Ctx,
    tr,
};

use super::{
    Act, AppointmentState, Arrival, BOOKED_AHEAD, Slot, SlotQuery, VisitTypeFilter, exceptions,
    hours::{self, Away, Coming, Off, Placed, Presence},
    rooms::{self, Room, Rooms},
    schedule::{AwayTime, FreeTime, Place, ROW_MINUTES, ScheduleAsk, ScheduleCard, ScheduleColumn, ScheduleView, side_by_side},
    search,
    store::{self, Whose},
};

/// The schedule with the choices for the page around it.
pub(super) struct Schedule {
    pub view: ScheduleView,
    pub services: Vec<Service>,
    pub doctors: Vec<(StaffId, String)>,
    /// The query with defaults for the choices that were missing.
    pub ask: ScheduleAsk,
}

/// Builds the schedule. When the reader chose no doctor or service, a doctor sees their own day, and other users see
/// the first service with hours on the day; by rooms it is the whole clinic's.
pub(super) async fn schedule(ctx: &mut Ctx, mut ask: ScheduleAsk) -> Result<Schedule> {
    let clinic = ctx.clinic.id;
    let services = organisation::services(&mut ctx.tx, clinic).await?;
    ask.service = ask.service.filter(|id| services.iter().any(|service| service.id == *id));
    let (first, last) = days(ask);
    let hours = store::hours(&mut ctx.tx, clinic, Whose::Anybody, first, last, false).await?;
    let by_doctor = !ask.rooms;
    if by_doctor && ask.doctor.is_none() && ask.service.is_none() {
        ask.doctor = ctx.who.staff.filter(|own| hours.iter().any(|stretch| stretch.doctor_id == *own));
    }
    if by_doctor && ask.service.is_none() && ask.doctor.is_none() {
        let with_hours =
            services.iter().find(|service| hours.iter().any(|stretch| stretch.service_id == service.id && stretch.hold_on(ask.day)));
        ask.service = with_hours.or(services.first()).map(|service| service.id);
    }
    let mut doctors: Vec<StaffId> = hours
        .iter()
        .filter(|stretch| ask.service.is_none_or(|service| stretch.service_id == service))
        .map(|stretch| stretch.doctor_id)
        .collect();
    doctors.dedup();
    let mut doctors = store::doctor_names(&mut ctx.tx, &doctors).await?;
    if let Some(chosen) = ask.doctor
        && !doctors.iter().any(|(id, _)| *id == chosen)
    {
        let name = organisation::doctor(&mut ctx.tx, chosen).await?.name;
        doctors.push((chosen, name));
    }
    if ask.week && ask.doctor.is_none() {
        ask.doctor = doctors.first().map(|(id, _)| *id);
    }
    let chosen = ask.rooms || ask.doctor.is_some() || ask.service.is_some();
    let booked = if chosen { booked(ctx, ask).await? } else { Vec::new() };
    // The grid also shows bookings outside of hours, and those with a doctor who left.
    for one in &booked {
        if !doctors.iter().any(|(id, _)| *id == one.doctor_id) {
            doctors.push((one.doctor_id, one.doctor.clone()));
        }
    }
    let view = view(ctx, ask, &doctors, booked).await?;
    Ok(Schedule { view, services, doctors, ask })
}

/// Returns the first and last day shown.
pub(super) fn days(ask: ScheduleAsk) -> (NaiveDate, NaiveDate) {
    if ask.week {
        let monday = ask.day - Duration::days(i64::from(ask.day.weekday().num_days_from_monday()));
        (monday, monday + Duration::days(6))
    } else {
        (ask.day, ask.day)
    }
}

/// Returns the appointments booked on the days of the query; of the whole clinic, where neither doctor nor service is chosen. The
/// audit log records their patients as seen, and those outside the reader's own work today as found.
pub(super) async fn booked(ctx: &mut Ctx, ask: ScheduleAsk) -> Result<Vec<Arrival>> {
    let (clinic, zone, (first, last)) = (ctx.clinic.id, ctx.zone(), days(ask));
    let whose = match (ask.doctor, ask.service) {
        (Some(doctor), _) => Whose::Doctor(doctor),
        (None, Some(service)) => Whose::Service(service),
        (None, None) => Whose::Anybody,
    };
    let booked = store::booked(&mut ctx.tx, clinic, whose, zone.day_bounds(first).0, zone.day_bounds(last).1).await?;
    let mut seen: Vec<_> = booked.iter().map(|one| one.patient_id).collect();
    seen.sort_unstable();
    seen.dedup();
    let beyond = booked.iter().filter(|one| !is_work_of_today(ctx, one)).map(|one| one.patient_id).collect::<Vec<_>>();
    ctx.saw_beyond(seen, beyond, "schedule").await?;
    Ok(booked)
}

/// Whether the appointment belongs to the reader's own work today: it is today's, and for a reader who is a doctor, it is
/// the doctor's own.
fn is_work_of_today(ctx: &Ctx, one: &Arrival) -> bool {
    ctx.zone().day(one.starts_at) == ctx.today() && (!ctx.has_own_list() || ctx.who.staff == Some(one.doctor_id))
}

/// The appointments that do not stand in their doctors' hours.
fn outside_hours(ctx: &Ctx, booked: &[Arrival], there: &Presence) -> HashSet<AppointmentId> {
    let coming = booked.iter().map(|one| Coming {
        id: one.appointment_id,
        clinic_id: ctx.clinic.id,
        service_id: one.service_id,
        doctor_id: one.doctor_id,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        state: one.state,
        placed: Placed::Unchecked,
    });
    coming.filter(|one| !there.holds(one)).map(|one| one.id).collect()
}

async fn view(ctx: &mut Ctx, ask: ScheduleAsk, doctors: &[(StaffId, String)], booked: Vec<Arrival>) -> Result<ScheduleView> {
    let (clinic, zone, now) = (ctx.clinic.id, ctx.zone(), ctx.now);
    let (first, last) = days(ask);
    let (begin, _) = zone.day_bounds(first);
    let ids: Vec<StaffId> = doctors.iter().map(|(id, _)| *id).collect();
    let there = hours::presence(&mut ctx.tx, &ids, first, begin).await?;
    let outside = outside_hours(ctx, &booked, &there);
    let query = SlotQuery {
        clinic,
        zone,
        service: ask.service,
        specialty: None,
        doctor: ask.doctor,
        from: first,
        to: last,
        open: false,
        visit_type: VisitTypeFilter::Any,
        now,
    };
    let slots = search::slots(&mut ctx.tx, query).await?;
    let minutes = |at| i64::from(zone.local(at).time().num_seconds_from_midnight() / 60);
    let starts = booked.iter().map(|one| minutes(one.starts_at)).chain(slots.iter().map(|slot| minutes(slot.starts_at)));
    let first_hour = starts.min().map_or(8, |minute| minute / 60).min(8);
    // The end of a day is its last minute, not the next day's first.
    let ends = booked.iter().map(|one| minutes(one.ends_at - Duration::minutes(1)));
    let ends = ends.chain(slots.iter().map(|slot| minutes(slot.ends_at - Duration::minutes(1))));
    let last_hour = ends.max().map_or(17, |minute| minute / 60 + 1).max(17);
    let hours = (first_hour..=last_hour).map(|hour| ((hour - first_hour) * 60 / ROW_MINUTES, format!("{hour:02}:00"))).collect();

    let (begin, end) = (begin, zone.day_bounds(last).1);
    let blocked = exceptions::blocks(&mut ctx.tx, &ids, begin, end).await?;
    let rooms = if ask.rooms { Some(rooms::rooms_of(&mut ctx.tx, &there.hours).await?) } else { None };
    let drawing = Drawing { ctx, first_hour, today: ctx.today(), outside, off: there.off, blocked };
    if let Some(rooms) = rooms {
        let columns = by_rooms(&drawing, ask, (&rooms, doctors), &booked, &slots);
        return Ok(ScheduleView { hours, columns, week: false });
    }
    let columns: Vec<ScheduleColumn> = if ask.week {
        first
            .iter_days()
            .take(7)
            .map(|day| {
                let name = time::show_day(day, drawing.today);
                let href = address(ScheduleAsk { day, week: false, ..ask });
                let of_day = booked.iter().filter(|one| zone.day(one.starts_at) == day);
                drawing.column((name, href), (day, ask.doctor.as_slice()), of_day, slots.iter().filter(|slot| slot.local.date() == day))
            })
            .collect()
    } else {
        let here = |id: StaffId| {
            ask.doctor.map_or_else(
                || slots.iter().any(|slot| slot.doctor_id == id) || booked.iter().any(|one| one.doctor_id == id),
                |chosen| chosen == id,
            )
        };
        doctors
            .iter()
            .filter(|(id, _)| here(*id))
            .map(|(id, name)| {
                let href = address(ScheduleAsk { doctor: Some(*id), week: ask.doctor.is_some(), ..ask });
                let of_doctor = booked.iter().filter(|one| one.doctor_id == *id);
                let slots = slots.iter().filter(|slot| slot.doctor_id == *id);
                drawing.column((name.clone(), href), (ask.day, &[*id]), of_doctor, slots)
            })
            .collect()
    };
    Ok(ScheduleView { hours, columns, week: ask.week })
}

/// The columns of the rooms, by name, and one for those without a room. A card and a free time name their doctor.
fn by_rooms(
    drawing: &Drawing<'_>,
    ask: ScheduleAsk,
    (rooms, doctors): (&Rooms<'_>, &[(StaffId, String)]),
    booked: &[Arrival],
    slots: &[Slot],
) -> Vec<ScheduleColumn> {
    let zone = drawing.ctx.zone();
    let of_card = |one: &Arrival| rooms.at(one.doctor_id, one.service_id, zone.local(one.starts_at)).cloned();
    let of_slot = |slot: &Slot| rooms.at(slot.doctor_id, slot.service_id, slot.local).cloned();
    let mut all: Vec<Option<Room>> = booked.iter().map(of_card).chain(slots.iter().map(of_slot)).collect();
    // The rooms by name; what has no room stands last.
    all.sort_by(|one, other| {
        let key = |room: &Option<Room>| room.as_ref().map(|(id, name)| (name.clone(), *id));
        (one.is_none(), key(one)).cmp(&(other.is_none(), key(other)))
    });
    all.dedup();
    all.retain(|room| ask.room.is_none_or(|chosen| room.as_ref().is_some_and(|(id, _)| *id == chosen)));
    let name_of = |id: StaffId| doctors.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone()).unwrap_or_default();
    let column = |room: Option<Room>| {
        let cards: Vec<Arrival> = booked.iter().filter(|one| of_card(one) == room).cloned().collect();
        let times: Vec<Slot> = slots.iter().filter(|slot| of_slot(slot) == room).cloned().collect();
        let mut here: Vec<StaffId> = cards.iter().map(|one| one.doctor_id).chain(times.iter().map(|slot| slot.doctor_id)).collect();
        here.sort_unstable();
        here.dedup();
        let (name, href) = match room {
            Some((id, name)) => (name, address(ScheduleAsk { room: Some(id), ..ask })),
            None => (tr!(hours.no_room).to_owned(), address(ScheduleAsk { room: None, ..ask })),
        };
        let mut column = drawing.column((name, href), (ask.day, &here), cards.iter(), times.iter());
        for (card, one) in column.cards.iter_mut().zip(&cards) {
            card.word = format!("{}, {}", one.doctor, card.word);
        }
        let free = times.iter().filter(|slot| drawing.is_offered(slot));
        for (time, slot) in column.free.iter_mut().zip(free) {
            time.time = format!("{} {}", time.time, name_of(slot.doctor_id));
        }
        column
    };
    all.into_iter().map(column).collect()
}

struct Drawing<'a> {
    ctx: &'a Ctx,
    first_hour: i64,
    today: NaiveDate,
    outside: HashSet<AppointmentId>,
    /// Leave, blocked and closed times.
    off: Vec<Off>,
    /// The reasons of the blocked ones.
    blocked: HashMap<Uuid, String>,
}

impl Drawing<'_> {
    fn minute(&self, at: time::Instant) -> i64 {
        i64::from(self.ctx.zone().local(at).time().num_seconds_from_midnight() / 60) - self.first_hour * 60
    }

    fn place(&self, from: time::Instant, to: time::Instant) -> Place {
        let start = self.minute(from);
        Place::of(start, start + (to - from).num_minutes())
    }

    fn column<'s>(
        &self,
        (name, href): (String, String),
        (day, doctors): (NaiveDate, &[StaffId]),
        booked: impl Iterator<Item = &'s Arrival>,
        slots: impl Iterator<Item = &'s Slot>,
    ) -> ScheduleColumn {
        let booked: Vec<&Arrival> = booked.collect();
        let added = booked.iter().filter(|one| one.overbooked).count();
        let mut cards: Vec<ScheduleCard> = booked.into_iter().map(|one| self.card(one)).collect();
        let mut free: Vec<FreeTime> = slots.filter(|slot| self.is_offered(slot)).map(|slot| self.free(slot)).collect();
        let mut away = self.away(day, doctors);
        let mut places: Vec<&mut Place> = cards.iter_mut().map(|card| &mut card.place).collect();
        places.extend(free.iter_mut().map(|time| &mut time.place));
        places.extend(away.iter_mut().map(|time| &mut time.place));
        side_by_side(&mut places);
        let today = day == self.today;
        let now = self.minute(self.ctx.now) / ROW_MINUTES;
        let count = match added {
            0 => tr!(appointments.booked_count, count = cards.len()),
            added => tr!(appointments.booked_and_added, count = cards.len(), added = added),
        };
        ScheduleColumn { name, href, count, cards, free, away, now: (today && (0..=144).contains(&now)).then_some(now), today }
    }

    fn is_offered(&self, slot: &Slot) -> bool {
        slot.is_free() && slot.ends_at > self.ctx.now
    }

    /// The leave and blocked times of the doctors and the closed times of the clinic on the day, as far as they are after the grid's first
    /// hour.
    fn away(&self, day: NaiveDate, doctors: &[StaffId]) -> Vec<AwayTime> {
        let (zone, clinic) = (self.ctx.zone(), self.ctx.clinic.id);
        let (begin, end) = zone.day_bounds(day);
        let concerned = |off: &&Off| match off.of {
            Away::Doctor(away) => doctors.contains(&away),
            Away::Clinic(closed) => closed == clinic,
        };
        let may = self.ctx.who.may_at(Permission::KeepAbsences, clinic);
        let shown = |off: &Off| {
            let (from, to) = (off.starts_at.max(begin), off.ends_at.min(end));
            let start = self.minute(from);
            let last = start + (to - from).num_minutes();
            if from >= to || last <= 0 {
                return None;
            }
            let what = match (self.blocked.get(&off.id), off.of) {
                (Some(reason), _) => tr!(hours.blocked_because, reason = reason.clone()),
                (None, Away::Doctor(_)) => tr!(hours.because_absence).to_owned(),
                (None, Away::Clinic(_)) => tr!(hours.because_closure).to_owned(),
            };
            let words = match (from, to) == (begin, end) {
                true => what,
                false => format!("{what}, {}–{}", show_time(zone.local(from).time()), show_time(zone.local(to).time())),
            };
            Some(AwayTime { place: Place::of(start.max(0), last), words, href: may.then(|| "/absences".to_owned()) })
        };
        self.off.iter().filter(concerned).filter_map(shown).collect()
    }

    fn card(&self, one: &Arrival) -> ScheduleCard {
        let late = (self.ctx.now - one.starts_at).num_minutes();
        let is_late = one.state == AppointmentState::Booked && late > 0;
        let word = if is_late { tr!(appointments.late_by, minutes = show_minutes(late)) } else { one.state.word().to_owned() };
        let word = match self.outside.contains(&one.appointment_id) {
            true => format!("{word} · {}", tr!(hours.outside_hours)),
            false => word,
        };
        let sought = self.ctx.state().departments.sought_tab(|right| self.ctx.who.may_at(right, self.ctx.clinic.id));
        let href = if let Some(tab) = sought {
            format!("/patients/{}{}", one.patient_id, tab.path)
        } else if self.ctx.who.may_at(Permission::BookAppointments, self.ctx.clinic.id) {
            format!("/appointments/{}", one.appointment_id)
        } else {
            String::new()
        };
        let may_move = one.state.allows(Act::Reschedule) && self.ctx.who.may_at(Permission::BookAppointments, self.ctx.clinic.id);
        let moves = format!("patient={}&replaces={}&back=schedule", one.patient_id, one.appointment_id);
        let word = if one.overbooked { format!("{word}, {}", tr!(appointments.overbooked).to_lowercase()) } else { word };
        ScheduleCard {
            place: self.place(one.starts_at, one.ends_at),
            state: one.state,
            late: is_late,
            time: show_time(self.ctx.zone().local(one.starts_at).time()),
            name: one.patient_name.clone(),
            word,
            reason: one.reason.clone(),
            remark: one.remark.clone(),
            href,
            choose: may_move.then(|| format!("{}&{moves}", self.free_times(one))),
            moves: may_move.then_some(moves),
        }
    }

    /// Returns the address of the free times of the appointment's service and doctor, from its own day on.
    fn free_times(&self, one: &Arrival) -> String {
        let day = self.ctx.zone().day(one.starts_at).max(self.today);
        format!("/appointments/new?service={}&doctor={}&from={day}", one.service_id, one.doctor_id)
    }

    fn free(&self, slot: &Slot) -> FreeTime {
        let may = self.ctx.who.may_at(Permission::BookAppointments, self.ctx.clinic.id) && slot.local.date() <= self.today + BOOKED_AHEAD;
        FreeTime {
            place: self.place(slot.starts_at, slot.ends_at),
            time: show_time(slot.local.time()),
            href: may.then(|| {
                format!("/appointments/new?service={}&doctor={}&at={}", slot.service_id, slot.doctor_id, slot.starts_at.timestamp())
            }),
        }
    }
}

/// Returns the address of the page that shows this schedule.
pub(super) fn address(ask: ScheduleAsk) -> String {
    let url = crate::ui::ListUrl::new("/schedules").with("day", ask.day);
    let url = ask.service.into_iter().fold(url, |url, id| url.with("service", id));
    let url = ask.doctor.into_iter().fold(url, |url, id| url.with("doctor", id));
    let url = if ask.rooms { url.with("view", "rooms") } else { url };
    let url = ask.room.into_iter().fold(url, |url, id| url.with("room", id));
    if ask.week { url.with("view", "week").href() } else { url.href() }
}
