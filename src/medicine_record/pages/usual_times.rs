//! `/wards/{id}/dose-times`: the usual dose times of a ward.

use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{Permission, Result, WardId},
    medicine_record::usual_times::{self, UsualTimes},
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Form, PageHeader, TextField},
    wards,
};

/// Shows the form.
///
/// # Errors
/// Not allowed, another clinic's ward, or when the database refuses.
pub async fn usual_times_page(Path(id): Path<WardId>, Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ManageWards).await?;
    let ward = wards::find_ward(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let usual = usual_times::of_ward(&mut ctx.tx, id).await?;
    let page = Page::new(tr!(medicine_record.usual_times), move || {
        let back = (format!("/wards/{id}"), ward.name.clone());
        let hidden = vec![("ward_id", id.to_string()), ("version", usual.version.to_string())];
        view! {
            {toast(&done)}
            <PageHeader title=tr!(medicine_record.usual_times) back detail=tr!(medicine_record.usual_times_text)/>
            <Form action="/api/medicine_record/write_usual_times" hidden>
                {UsualTimes::timings().map(|timing| {
                    let hint = tr!(medicine_record.usual_times_hint, times = timing.times());
                    let value = usual.of(timing).to_owned();
                    view! { <TextField name=timing.as_str() label=timing.words() value hint maxlength=60 autocomplete="off"/> }
                }).collect_view()}
                <CheckboxField name="for_all" label=tr!(wards.for_all_wards)/>
                <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary key="Ctrl+Enter"/></div>
            </Form>
        }
    });
    Ok(page.class("main--narrow"))
}
