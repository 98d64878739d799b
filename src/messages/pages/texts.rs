//! `/messages/texts`: the sentences of messages, for the administrator.

use axum::extract::Path;
use leptos::prelude::*;
use serde::Deserialize;

use super::toast;
use crate::{
    core::{
        Error, Permission, Result,
        locale::{Locale, code, current},
        time::Instant,
    },
    messages::{
        MessageKind, MessageText, Placeholder,
        delivery::{Facts, letter, short_message},
        texts::{self, LONGEST},
    },
    organisation::{Clinic, manages_hospital},
    server::{Ctx, Page, Query},
    tr,
    ui::{Button, ButtonTone, Column, DataTable, Form, PageHeader, Row, StatusBadge, TextArea, Tone},
};

const LANGUAGES: [(Locale, &str); 2] = [(Locale::en, "English"), (Locale::es, "Español")];

/// Shows a sentence as a reader would get it, with the facts of an example.
struct Example {
    hospital: String,
    site: String,
    clinic: Clinic,
}

impl Example {
    fn read(ctx: &Ctx) -> Self {
        Self { hospital: ctx.state().hospital().name.clone(), site: ctx.state().config.site_address(), clinic: ctx.clinic.clone() }
    }

    /// The letter and the short message.
    fn of(&self, kind: MessageKind, text: &MessageText, language: Locale, at: Instant) -> (String, String) {
        let facts = Facts {
            hospital: self.hospital.clone(),
            site: self.site.clone(),
            clinic: &self.clinic,
            kind,
            about_at: Some(at),
            link: "/portal",
            for_another: false,
            code: "123456",
            written: text.written(language),
            price: None,
        };
        (letter(&facts, String::new(), language).body, short_message(&facts, language))
    }

    /// The sentence alone, in the language of the reader of the page.
    fn sentence(&self, kind: MessageKind, text: &MessageText, at: Instant) -> String {
        self.of(kind, text, current(), at).1
    }
}

async fn managing() -> Result<Ctx> {
    let ctx = Ctx::read(Permission::ManageHospital).await?;
    if manages_hospital(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// Shows the kinds of messages with their sentences.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn message_texts_page() -> Result<Page> {
    let mut ctx = managing().await?;
    let example = Example::read(&ctx);
    let now = ctx.now;
    let mut all = Vec::new();
    for kind in MessageKind::ALL {
        all.push((*kind, texts::text(&mut ctx.tx, *kind).await?));
    }
    Ok(Page::new(tr!(messages.texts), move || {
        let rows = all
            .iter()
            .map(|(kind, text)| {
                let (tone, label) = if text.english.is_empty() {
                    (Tone::Inactive, tr!(messages.programs_sentence))
                } else {
                    (Tone::Done, tr!(messages.own_sentence))
                };
                Row::new(vec![
                    view! { <a href=format!("/messages/texts/{kind}")>{kind.words()}</a> }.into_any(),
                    example.sentence(*kind, text, now).into_any(),
                    view! { <StatusBadge tone label/> }.into_any(),
                ])
            })
            .collect();
        let columns = vec![Column::new(tr!(messages.kind)), Column::new(tr!(messages.sentence)), Column::new(tr!(messages.state))];
        let back = ("/messages".to_owned(), tr!(messages.title).to_owned());
        view! {
            <PageHeader title=tr!(messages.texts) back detail=tr!(messages.texts_text)/>
            <DataTable caption=tr!(messages.texts) columns rows stacked=true/>
        }
    }))
}

/// The query parameters: a text to preview, or the note that one was saved.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MessageTextQuery {
    english: Option<String>,
    spanish: Option<String>,
    done: String,
}

/// Shows the form of one kind and the messages that it makes.
///
/// # Errors
/// Not allowed, [`Error::NotFound`], or when the database refuses.
pub async fn message_text_page(Path(kind): Path<String>, Query(query): Query<MessageTextQuery>) -> Result<Page> {
    let mut ctx = managing().await?;
    let kind: MessageKind = kind.parse().map_err(|_| Error::NotFound)?;
    let example = Example::read(&ctx);
    let kept = texts::text(&mut ctx.tx, kind).await?;
    let (now, version) = (ctx.now, kept.version);
    let typed = MessageText {
        english: query.english.unwrap_or_else(|| kept.english.clone()),
        spanish: query.spanish.unwrap_or_else(|| kept.spanish.clone()),
        version,
    };
    // A text that would be refused is shown in the fields; its preview would mislead.
    let problem = MessageText::read(kind, &typed.english, &typed.spanish, version).err();
    Ok(Page::new(kind.words(), move || {
        let back = ("/messages/texts".to_owned(), tr!(messages.texts).to_owned());
        let hidden = vec![("kind", kind.to_string()), ("version", version.to_string())];
        let (english, spanish) = (typed.english.clone(), typed.spanish.clone());
        let hint = tr!(messages.placeholders, words = Placeholder::words(kind));
        let most = u32::try_from(LONGEST).ok();
        let previews = if let Some(problem) = &problem {
            view! { <p class="field__error" role="alert">{problem.to_string()}</p> }.into_any()
        } else {
            LANGUAGES
                .iter()
                .map(|(language, name)| {
                    let (letter, short) = example.of(kind, &typed, *language, now);
                    view! {
                        <section class="panel">
                            <h2 class="panel__head">{tr!(messages.preview_letter, language = (*name).to_owned())}</h2>
                            <div class="panel__body"><p class="prose" lang=code(*language)>{letter}</p></div>
                        </section>
                        <section class="panel">
                            <h2 class="panel__head">{tr!(messages.preview_short, language = (*name).to_owned())}</h2>
                            <div class="panel__body"><p class="prose" lang=code(*language)>{short}</p></div>
                        </section>
                    }
                })
                .collect_view()
                .into_any()
        };
        view! {
            {toast(&query.done)}
            <PageHeader title=kind.words() back detail=hint/>
            <div class="stack">
                <Form action="/api/messages/write_text" hidden>
                    <TextArea name="english" label=tr!(messages.in_english) value=english.clone() maxlength=most.unwrap_or(200)/>
                    <TextArea name="spanish" label=tr!(messages.in_spanish) value=spanish.clone() maxlength=most.unwrap_or(200)/>
                    <div class="form__actions">
                        <Button label=tr!(ui.save) tone=ButtonTone::Primary/>
                        <Button label=tr!(messages.preview) previews=format!("/messages/texts/{kind}")/>
                    </div>
                </Form>
                {previews}
            </div>
        }
    }))
}
