//! `/point`: the room or counter at which the user works; the board shows it with the user's calls.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Permission, Result, ServicePointId},
    opd::{self, QueueRow, QueueState},
    organisation::{self, PointKind},
    server::{Ctx, Page, Query, is_own_page},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, Icon, PageHeader, PostButton},
};

/// The page to go to afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PointQuery {
    back: String,
}

/// Serves the page.
pub async fn point_page(Query(PointQuery { back }): Query<PointQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ServeQueue).await?;
    let clinic = ctx.clinic.clone();
    let mut points = organisation::service_points(&mut ctx.tx, clinic.id).await?;
    points.sort_by_cached_key(|point| in_order(&point.name));
    let queue = opd::queue(&mut ctx.tx, clinic.id, &opd::QueueFilter::default()).await?;
    let chosen = opd::point_of(&mut ctx).await?.map(|point| point.id);
    let back = if is_own_page(&back) { back } else { "/".to_owned() };
    Ok(Page::new(tr!(opd.choose_point), move || {
        let groups = PointKind::ALL
            .iter()
            .filter_map(|kind| {
                let of_kind: Vec<_> = points.iter().filter(|point| point.kind == *kind).collect();
                (!of_kind.is_empty()).then(|| {
                    let buttons = of_kind
                        .into_iter()
                        .map(|point| {
                            let tone = if Some(point.id) == chosen { ButtonTone::Primary } else { ButtonTone::Secondary };
                            view! {
                                <PostButton
                                    action="/api/opd/choose_point"
                                    label=with_who_is_in(&point.name, &queue, point.id)
                                    hidden=vec![("point", point.id.to_string()), ("back", back.clone())]
                                    tone=tone
                                />
                            }
                        })
                        .collect_view();
                    view! { <section class="stack"><h2>{kind_words(*kind)}</h2><div class="cluster">{buttons}</div></section> }
                })
            })
            .collect_view();
        view! {
            <PageHeader title=tr!(opd.choose_point) detail=tr!(opd.choose_point_detail)/>
            {if points.is_empty() {
                view! { <EmptyState glyph=Glyph::Pin title=tr!(opd.no_points) text=tr!(opd.no_points_text)/> }.into_any()
            } else {
                view! { <div class="stack stack--loose">{groups}</div> }.into_any()
            }}
            {chosen.is_some().then(|| view! {
                <p class="stack">
                    <PostButton action="/api/opd/choose_point" label=tr!(opd.no_point) hidden=vec![("point", String::new()), ("back", back)] tone=ButtonTone::Quiet/>
                </p>
            })}
        }
    }))
}

/// Sorts Room 2 before Room 10: by the text before the number, then by the number.
fn in_order(name: &str) -> (String, u64, String) {
    let start = name.find(|letter: char| letter.is_ascii_digit()).unwrap_or(name.len());
    let (text, rest) = name.split_at(start);
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (number, after) = rest.split_at(end);
    (text.to_owned(), number.parse().unwrap_or(0), after.to_owned())
}

/// Returns "Room 3 · A-015, Dr. Costa": the token of the patient who is there or on the way, and the doctor.
fn with_who_is_in(name: &str, queue: &[QueueRow], point: ServicePointId) -> String {
    let inside = queue.iter().filter(|row| row.point == Some(point) && row.state != QueueState::Waiting);
    let who = inside.map(|row| row.doctor_name.iter().fold(row.token.clone(), |token, doctor| format!("{token}, {doctor}")));
    let who = who.collect::<Vec<_>>();
    if who.is_empty() { name.to_owned() } else { format!("{name} · {}", who.join(" · ")) }
}

fn kind_words(kind: PointKind) -> &'static str {
    match kind {
        PointKind::Reception => tr!(opd.kind_reception),
        PointKind::Triage => tr!(opd.kind_triage),
        PointKind::ConsultingRoom => tr!(opd.kind_consulting_room),
        PointKind::Cashier => tr!(opd.kind_cashier),
    }
}

/// Shows the user's room with a link to change it, for the head of a page. `here` is that page.
pub fn point_line(point: &str, here: &str) -> AnyView {
    let href = opd::choose_place(here);
    let words = if point.is_empty() { tr!(opd.choose_point).to_owned() } else { point.to_owned() };
    view! { <a class="button button--quiet" href=href title=tr!(opd.choose_point)><Icon glyph=Glyph::Pin/>{words}</a> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn rooms_stand_in_the_order_of_their_numbers() {
        let mut rooms = ["Room 1", "Room 10", "Room 2", "Room 3", "Triage 1", "Cashier"];
        rooms.sort_by_cached_key(|name| in_order(name));
        assert_eq!(rooms, ["Cashier", "Room 1", "Room 2", "Room 3", "Room 10", "Triage 1"]);
    }
}
