//! `/messages`: for the administrator, the messages that fail, wait or left. It shows no patient, no address and no text.

use leptos::prelude::*;
use serde::Deserialize;

use super::toast;
use crate::{
    core::{
        Error, Permission, Result,
        list::{self, PAGE_SIZE, Slice},
        time::{Zone, show_date_time},
    },
    messages::{
        MessageState, cause_words,
        outbox::{self, Listed, MessageFilter},
    },
    organisation::manages_hospital,
    server::{Ctx, Page, Query},
    tr,
    ui::{
        ButtonTone, Column, DataTable, EmptyState, Glyph, LinkButton, ListUrl, NoticeBox, PageHeader, Paging, PostButton, Row, StatusBadge,
        Tab, Tabs, Tone,
    },
};

/// The query parameters: which messages, and the page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessagesQuery {
    show: String,
    page: Option<i64>,
    done: String,
}

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn messages_page(Query(query): Query<MessagesQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageHospital).await?;
    if !manages_hospital(&ctx.who) {
        return Err(Error::Forbidden);
    }
    let filter = match query.show.as_str() {
        "waiting" => MessageFilter::Waiting,
        "all" => MessageFilter::All,
        _ => MessageFilter::Dead,
    };
    let (page, offset) = list::offset(query.page);
    let slice = Slice::from_surplus(outbox::list(&mut ctx.tx, filter, PAGE_SIZE + 1, offset).await?, page);
    let (zone, has_gateway) = (ctx.zone(), !ctx.state().config.sms_url.is_empty());
    let mail = ctx.state().config.mail.clone();
    Ok(Page::new(tr!(messages.title), move || {
        let tab = |show: &'static str, label: &'static str, is: MessageFilter| {
            let url = if show.is_empty() { "/messages".to_owned() } else { format!("/messages?show={show}") };
            Tab::new(url, label, filter == is)
        };
        let tabs = vec![
            tab("", tr!(messages.dead), MessageFilter::Dead),
            tab("waiting", tr!(messages.waiting), MessageFilter::Waiting),
            tab("all", tr!(messages.all), MessageFilter::All),
        ];
        let columns = vec![
            Column::new(tr!(messages.when)),
            Column::new(tr!(messages.kind)),
            Column::new(tr!(messages.channel)),
            Column::new(tr!(messages.state)),
            Column::new(tr!(messages.cause)).secondary(),
            Column::new(tr!(messages.acts)).label_hidden(),
        ];
        let paging = Paging::of(&slice);
        let rows = slice.rows.into_iter().map(|message| row(message, zone)).collect::<Vec<_>>();
        let empty =
            view! { <EmptyState glyph=Glyph::Done title=tr!(messages.none) text=tr!(messages.none_text)>""</EmptyState> }.into_any();
        // A letter that is written to a folder reaches nobody.
        let to_folder = (mail.starts_with("file:") || mail == "log")
            .then(|| view! { <NoticeBox tone=Tone::Warning title=tr!(messages.no_mail_server)><p>{tr!(messages.no_mail_server_text)}</p></NoticeBox> });
        let actions = view! {
            <PostButton action="/api/messages/try_mail" label=tr!(messages.try_mail)/>
            <LinkButton href="/messages/texts" label=tr!(messages.texts)/>
        }
        .into_any();
        let no_gateway = (!has_gateway).then(|| view! { <p class="muted">{tr!(messages.no_gateway_text)}</p> });
        view! {
            {toast(&query.done)}
            <PageHeader title=tr!(messages.title) detail=tr!(messages.text) actions=Some(actions)/>
            <div class="stack">
                {to_folder}
                {no_gateway}
                <Tabs label=tr!(messages.title) tabs/>
                <DataTable
                    caption=tr!(messages.title)
                    columns
                    rows
                    url=ListUrl::new("/messages").with("show", query.show.clone()).with("page", page)
                    paging=Some(paging)
                    empty=Some(empty)
                    stacked=true
                />
            </div>
        }
    }))
}

fn row(message: Listed, zone: Zone) -> Row {
    let at = show_date_time(zone.local(message.created_at));
    let mut about = cause_words(&message.cause);
    if message.state == MessageState::Failed {
        let again = show_date_time(zone.local(message.due_at));
        about = format!("{about} · {}", tr!(messages.again_at, count = message.attempts, when = again));
    }
    if message.repeats > 0 {
        about = format!("{about} {}", tr!(messages.repeated, count = message.repeats));
    }
    let id = || vec![("message_id", message.id.to_string())];
    let again = (message.state == MessageState::Dead)
        .then(|| view! { <PostButton action="/api/messages/send_again" label=tr!(messages.send_again) hidden=id() about=at.clone()/> });
    let can_drop = matches!(message.state, MessageState::Dead | MessageState::Failed | MessageState::Due);
    let drop = can_drop.then(|| {
        view! { <PostButton action="/api/messages/drop" label=tr!(messages.drop) hidden=id() about=at.clone() tone=ButtonTone::Quiet/> }
    });
    let acts = view! { <div class="cluster">{again}{drop}</div> };
    let badge = view! { <StatusBadge tone=message.state.tone() label=message.state.words()/> };
    Row::new(vec![
        at.clone().into_any(),
        message.kind.words().into_any(),
        message.channel.words().into_any(),
        badge.into_any(),
        about.into_any(),
        acts.into_any(),
    ])
}
