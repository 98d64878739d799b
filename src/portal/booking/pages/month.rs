//! The month above the free times: each day with the word and the colour of how much is free, and the way to its times.

use chrono::{Datelike as _, Duration, Months, NaiveDate};
use leptos::prelude::*;

use super::times::Wish;
use crate::{
    appointments::{self, SlotQuery, waitlist::WEEKDAYS},
    core::{Result, time::Instant},
    server::{Ctx, Remembered},
    tr,
    ui::{ButtonTone, LinkButton, ListUrl, Tone},
};

/// A day with so many free times or less has few.
const FEW: usize = 3;

/// A month with the number of free times of each day that can be booked.
#[derive(Clone, Debug)]
pub(super) struct Month {
    first: NaiveDate,
    /// The days that can be booked.
    from: NaiveDate,
    to: NaiveDate,
    free: Vec<(NaiveDate, usize)>,
    today: NaiveDate,
}

/// Counts the free times of the month that the day is in, once for all who ask within a minute.
pub(super) async fn month(ctx: &mut Ctx, query: SlotQuery, wish: Wish, (day, after): (NaiveDate, Instant)) -> Result<Month> {
    static FREE: Remembered<(Wish, NaiveDate), Vec<(NaiveDate, usize)>> = Remembered::new();
    let today = query.zone.day(query.now);
    let first = day.with_day(1).unwrap_or(day);
    let last = first + Months::new(1) - Duration::days(1);
    let (from, to) = (first.max(today), last.min(query.to));
    let mark = format!("{}-{}", ctx.state().hub.mark(), ctx.now.timestamp() / 60);
    let count = async {
        if from > to {
            return Ok(Vec::new());
        }
        let mut slots = appointments::free_slots(&mut ctx.tx, SlotQuery { from, to, ..query }).await?;
        slots.retain(|slot| slot.starts_at >= after);
        Ok(from.iter_days().take_while(|day| *day <= to).map(|day| (day, appointments::one_per_time(&slots, day).len())).collect())
    };
    let free = FREE.at(mark, (wish, first), count).await?;
    Ok(Month { first, from: today, to: query.to, free, today })
}

impl Month {
    /// The patient holds a time of the day, which is free for the patient alone.
    pub(super) fn free_also_on(&mut self, day: NaiveDate) {
        if let Some((_, free)) = self.free.iter_mut().find(|(known, _)| *known == day) {
            *free = (*free).max(1);
        }
    }

    fn cell(&self, day: NaiveDate, url: &ListUrl) -> AnyView {
        let number = day.day();
        if day < self.from || day > self.to {
            return view! { <td><span class="month__day is-off">{number}</span></td> }.into_any();
        }
        let free = self.free.iter().find(|(known, _)| *known == day).map_or(0, |(_, free)| *free);
        let (tone, word) = match free {
            0 => (Tone::Inactive, tr!(booking.day_none)),
            1..=FEW => (Tone::Warning, tr!(booking.day_few)),
            _ => (Tone::Done, tr!(booking.day_free)),
        };
        let class = format!("month__day {}", tone.class());
        let current = (day == self.today).then_some("date");
        match free {
            0 => view! { <td><span class=class aria-current=current>{number}<small>{word}</small></span></td> }.into_any(),
            _ => {
                let href = format!("{}#day-{day}", url.clone().with("from", day).href());
                view! { <td><a class=class href=href aria-current=current>{number}" "<small>{word}</small></a></td> }.into_any()
            }
        }
    }
}

/// The month as a table of weeks, with the way to the months before and after.
pub(super) fn month_view(month: &Month, url: &ListUrl) -> impl IntoView + use<> {
    let first = month.first;
    let monday = first - Duration::days(i64::from(first.weekday().num_days_from_monday()));
    let next = first + Months::new(1);
    let weeks = monday
        .iter_weeks()
        .take_while(|week| *week < next)
        .map(|week| {
            let days = week
                .iter_days()
                .take(7)
                .map(|day| if day.month() == first.month() { month.cell(day, url) } else { view! { <td></td> }.into_any() })
                .collect_view();
            view! { <tr>{days}</tr> }
        })
        .collect_view();
    let heads = WEEKDAYS.iter().map(|day| view! { <th scope="col">{day()}</th> }).collect_view();
    let title = format!("{} {}", month_words(first), first.year());
    let before = (first > month.from).then(|| (first - Months::new(1)).max(month.from));
    let step = |day: NaiveDate| url.clone().with("from", day).href();
    let before = before.map(|day| view! { <LinkButton href=step(day) label=tr!(booking.month_before) tone=ButtonTone::Quiet/> });
    let after = (next <= month.to).then(|| view! { <LinkButton href=step(next) label=tr!(booking.month_after) tone=ButtonTone::Quiet/> });
    view! {
        <details class="month" open=true>
            <summary>{title.clone()}</summary>
            <table>
                <caption class="visually-hidden">{title}</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{weeks}</tbody>
            </table>
            <div class="cluster">{before}{after}</div>
        </details>
    }
}

fn month_words(day: NaiveDate) -> &'static str {
    match day.month() {
        1 => tr!(booking.january),
        2 => tr!(booking.february),
        3 => tr!(booking.march),
        4 => tr!(booking.april),
        5 => tr!(booking.may),
        6 => tr!(booking.june),
        7 => tr!(booking.july),
        8 => tr!(booking.august),
        9 => tr!(booking.september),
        10 => tr!(booking.october),
        11 => tr!(booking.november),
        _ => tr!(booking.december),
    }
}
