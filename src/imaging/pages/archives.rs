//! `/imaging/archives`: the archives of images (PACS) that are asked for studies.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{
        ImagingArchiveId, Permission, Result,
        time::{Zone, show_date_time},
    },
    imaging::archives::{self, ImageArchive},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, Dialog, EmptyState, Form, Glyph, NoticeBox, PageHeader, PasswordField, PostButton, StatusBadge, TextField,
        Tone, refused_for,
    },
};

const SAVE: &str = "/api/imaging/save_archive";

/// Shows the archives.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn archives_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkImaging).await?;
    let clinic = ctx.clinic.id;
    let found = archives::archives(&mut ctx.tx, clinic).await?;
    let manages = ctx.who.may_at(Permission::ManageImaging, clinic);
    let zone = ctx.zone();
    let allowed = ctx.state().config.image_archives.clone();
    let named: Vec<bool> = found.iter().map(|archive| archives::is_allowed(&ctx.state().config, &archive.base_url)).collect();
    Ok(Page::new(tr!(imaging.archives), move || {
        let back = ("/imaging/unmatched".to_owned(), tr!(imaging.unmatched).to_owned());
        let empty = found
            .is_empty()
            .then(|| view! { <EmptyState glyph=Glyph::Board title=tr!(imaging.no_archives) text=tr!(imaging.no_archives_text)/> });
        let setting = match allowed.trim() {
            "" => view! { <NoticeBox tone=Tone::Inactive><p>{tr!(imaging.archives_off)}</p></NoticeBox> }.into_any(),
            names => {
                let words = tr!(imaging.archives_named, names = names.to_owned());
                view! { <NoticeBox tone=Tone::Done><p>{words}</p></NoticeBox> }.into_any()
            }
        };
        let panels = found.iter().zip(named).map(|(archive, named)| panel(archive, named, manages, zone)).collect_view();
        let actions = manages.then(new_archive).into_any();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(imaging.archives) back detail=tr!(imaging.archives_text) actions=Some(actions)/>
            <div class="stack">{setting}{empty}{panels}</div>
        }
    }))
}

fn new_archive() -> AnyView {
    let hidden = vec![("key", ImagingArchiveId::new().to_string()), ("version", "0".to_owned())];
    view! {
        <Dialog id="new-archive" opens=tr!(imaging.new_archive) title=tr!(imaging.new_archive) action=SAVE glyph=Glyph::Plus>
            <Form action=SAVE id="archive-form" hidden>
                <TextField name="name" label=tr!(imaging.archive_name) required=true maxlength=80/>
                <TextField name="base_url" label=tr!(imaging.base_url) hint=tr!(imaging.base_url_hint) required=true maxlength=300 class="input--code"/>
                <TextField name="archive_login" label=tr!(imaging.archive_login) optional=true maxlength=100 autocomplete="off"/>
                <PasswordField name="archive_password" label=tr!(imaging.archive_password) autocomplete="new-password" required=false/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

fn panel(archive: &ImageArchive, named: bool, manages: bool, zone: Zone) -> AnyView {
    let retired = archive.retired_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(imaging.retired)/> });
    let asked = archive.asked_at.map_or_else(
        || tr!(imaging.archive_never_asked).to_owned(),
        |at| tr!(imaging.archive_answered, when = show_date_time(zone.local(at))),
    );
    let facts = format!("{} · {asked}", archive.base_url);
    let failure = archive.failed_at.map(|at| {
        let (words, when) = (archive.failure.clone(), show_date_time(zone.local(at)));
        view! { <NoticeBox tone=Tone::Warning title=tr!(imaging.archive_fails)><p>{tr!(imaging.archive_failed, when = when, words = words)}</p></NoticeBox> }
    });
    let unnamed = (!named).then(|| view! { <p class="is-warning">{tr!(imaging.archive_not_named)}</p> });
    view! {
        <section class="panel" data-key=archive.id.to_string()>
            <div class="panel__head"><h2>{archive.name.clone()}</h2><div class="cluster">{retired}{manages.then(|| acts(archive))}</div></div>
            <div class="panel__body stack"><p class="muted">{facts}</p>{unnamed}{failure}</div>
        </section>
    }
    .into_any()
}

fn acts(archive: &ImageArchive) -> AnyView {
    let id = archive.id.to_string();
    let mut retire = vec![("imaging_archive_id", id.clone()), ("version", archive.version.to_string())];
    let words = if archive.retired_at.is_some() { tr!(imaging.bring_back) } else { tr!(imaging.retire) };
    if archive.retired_at.is_none() {
        retire.push(("retired", "true".to_owned()));
    }
    let hidden = vec![("key", id.clone()), ("version", archive.version.to_string())];
    let open = if refused_for(SAVE, "key", &id) { SAVE } else { "" };
    let (dialog, form, title, about) = (format!("archive-{id}"), format!("archive-{id}-form"), archive.name.clone(), archive.name.clone());
    let (name, base_url, login) = (archive.name.clone(), archive.base_url.clone(), archive.login.clone());
    view! {
        <Dialog id=dialog opens=tr!(imaging.change) title action=open tone=ButtonTone::Quiet>
            <Form action=SAVE id=form hidden>
                <TextField name="name" label=tr!(imaging.archive_name) value=name required=true maxlength=80/>
                <TextField name="base_url" label=tr!(imaging.base_url) value=base_url hint=tr!(imaging.base_url_hint) required=true maxlength=300 class="input--code"/>
                <TextField name="archive_login" label=tr!(imaging.archive_login) value=login optional=true maxlength=100 autocomplete="off"/>
                <PasswordField name="archive_password" label=tr!(imaging.archive_password) hint=tr!(imaging.archive_password_hint) autocomplete="new-password" required=false/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
        <PostButton action="/api/imaging/retire_archive" label=words hidden=retire tone=ButtonTone::Quiet about/>
    }
    .into_any()
}
