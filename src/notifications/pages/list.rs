//! The page `/notifications`.

use leptos::prelude::*;
use serde::Deserialize;

use crate::{
    core::{
        Permission, Result,
        list::{self, PAGE_SIZE, Slice},
    },
    notifications::{Line, api},
    server::{Ctx, Page, Query},
    tr,
    ui::{Column, DataTable, EmptyState, Glyph, ListUrl, PageHeader, Paging, PostButton, Row, StatusBadge, Tone},
};

/// The query parameters: the page of the list.
#[derive(Debug, Deserialize)]
pub struct NotificationsQuery {
    #[serde(default)]
    page: Option<i64>,
}

/// Shows all notifications of the user, newest first.
///
/// # Errors
/// When no user is signed in.
pub async fn list_page(Query(NotificationsQuery { page }): Query<NotificationsQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::OwnAccount).await?;
    let (page, offset) = list::offset(page);
    let slice = Slice::from_surplus(api::lines(&mut ctx, PAGE_SIZE + 1, offset).await?, page);
    Ok(Page::new(tr!(notifications.title), move || {
        let paging = Paging::of(&slice);
        let some_unread = slice.rows.iter().any(|line| line.unread);
        let rows = slice.rows.into_iter().map(row).collect::<Vec<_>>();
        let clear = some_unread.then(|| {
            view! { <PostButton action="/api/notifications/read_all" label=tr!(notifications.read_all) glyph=Glyph::Check/> }.into_any()
        });
        let columns = vec![
            Column::new(tr!(notifications.what)),
            Column::new(tr!(notifications.when)).numeric(),
            Column::new(tr!(notifications.state)).secondary(),
            Column::new(tr!(ui.show)).label_hidden(),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Bell title=tr!(notifications.none) text=tr!(notifications.none_text)>""</EmptyState> }
            .into_any();
        view! {
            <PageHeader title=tr!(notifications.title) actions=clear/>
            <DataTable
                caption=tr!(notifications.title)
                columns
                rows
                url=ListUrl::new("/notifications").with("page", page)
                paging=Some(paging)
                empty=Some(empty)
                stacked=true
            />
        }
    }))
}

fn row(line: Line) -> Row {
    let Line { id, text, when, unread } = line;
    let about = text.clone();
    let state = if unread {
        view! { <StatusBadge tone=Tone::Waiting label=tr!(notifications.new) glyph=Glyph::Bell/> }.into_any()
    } else {
        view! { <StatusBadge tone=Tone::Inactive label=tr!(notifications.read) glyph=Glyph::Check/> }.into_any()
    };
    let open = view! {
        <PostButton action="/api/notifications/open" label=tr!(ui.show) hidden=vec![("notification_id", id)] about/>
    };
    Row::new(vec![text.into_any(), when.into_any(), state, open.into_any()])
}
