//! `/point`: the room or counter one works at; it stands on the board when one calls.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{Permission, Result},
    opd,
    organisation::{self, PointKind},
    server::{Ctx, Page, Query, is_own_page},
    tr,
    ui::{ButtonTone, EmptyState, Glyph, Icon, PageHeader, PostButton},
};

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Back {
    back: String,
}

/// The page.
pub async fn point_page(Query(Back { back }): Query<Back>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ServeQueue).await?;
    let clinic = ctx.clinic.clone();
    let points = organisation::service_points(&mut ctx.tx, clinic.id).await?;
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
                                    label=point.name.clone()
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

fn kind_words(kind: PointKind) -> &'static str {
    match kind {
        PointKind::Reception => tr!(opd.kind_reception),
        PointKind::Triage => tr!(opd.kind_triage),
        PointKind::ConsultingRoom => tr!(opd.kind_consulting_room),
        PointKind::Cashier => tr!(opd.kind_cashier),
    }
}

/// The room one works at, with the way to change it; for the head of a page. `here` is that page.
pub fn point_line(point: &str, here: &str) -> AnyView {
    let href = format!("/point?back={}", here.replace('?', "%3F").replace('&', "%26").replace('=', "%3D"));
    let words = if point.is_empty() { tr!(opd.choose_point).to_owned() } else { point.to_owned() };
    view! { <a class="button button--quiet" href=href title=tr!(opd.choose_point)><Icon glyph=Glyph::Pin/>{words}</a> }.into_any()
}
