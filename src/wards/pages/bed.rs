//! `/beds/{id}`: one bed with its uses, and the acts on it.

use leptos::prelude::*;

use crate::{
    core::{
        BedId, Permission, Result,
        time::{Instant, Zone, show_date_time},
    },
    organisation, patients,
    server::{Ctx, Page, Path},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Column, DataTable, DateField, Form, LinkButton, PageHeader, PostButton, Row, StatusBadge,
        TextField, Tone,
    },
    wards::{
        plan::{self, Bed},
        uses::{self, BedUse, UseKind},
    },
};

/// Uses that the page shows.
const SHOWN: i64 = 30;

#[derive(Clone, Copy)]
struct May {
    close: bool,
    clean: bool,
}

/// Shows the bed.
///
/// # Errors
/// Not allowed, another clinic's bed, or when the database refuses.
pub async fn bed_page(Path(id): Path<BedId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::ViewWard).await?;
    let bed = plan::bed(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ViewWard, bed.clinic_id)?;
    let ward = plan::ward(&mut ctx.tx, bed.ward_id).await?;
    let used = uses::of_bed(&mut ctx.tx, id, SHOWN).await?;
    let ids: Vec<_> = used.iter().filter_map(|one| one.patient_id).collect();
    let people = patients::names(&mut ctx.tx, &ids).await?;
    ctx.saw_live(ids, "ward_board").await?;
    let zone = organisation::clinic(&mut ctx.tx, bed.clinic_id).await?.zone;
    let today = ctx.today();
    let may =
        May { close: ctx.who.may_at(Permission::ManageWards, bed.clinic_id), clean: ctx.who.may_at(Permission::CleanBeds, bed.clinic_id) };
    Ok(Page::new(bed.place(), move || {
        let open = used.iter().find(|one| one.ended_at.is_none()).cloned();
        let rows = used
            .iter()
            .map(|one| {
                let name = one.patient_id.and_then(|id| people.get(&id)).map(|line| line.name.listed()).unwrap_or_default();
                use_row(one, name, zone)
            })
            .collect();
        let columns = vec![
            Column::new(tr!(wards.use_of_bed)),
            Column::new(tr!(ui.patient)),
            Column::new(tr!(wards.from)),
            Column::new(tr!(wards.to)),
            Column::new(tr!(wards.reason)),
        ];
        let state = open.as_ref().map_or_else(
            || view! { <StatusBadge tone=Tone::Done label=tr!(wards.available)/> },
            |open| view! { <StatusBadge tone=Tone::Progress label=open.kind.words()/> },
        );
        let detail = format!("{} · {} · {}", ward.name, bed.kind.words(), bed.class_name);
        let back = (format!("/wards/{}", ward.id), ward.name.clone());
        view! {
            <PageHeader title=bed.place() back detail/>
            <p>{state}</p>
            {acts(&bed, open.as_ref(), may, today.to_string())}
            <section class="panel">
                <div class="panel__head"><h2>{tr!(wards.uses)}</h2></div>
                <DataTable caption=tr!(wards.uses) columns rows/>
            </section>
        }
    }))
}

fn use_row(one: &BedUse, name: String, zone: Zone) -> Row {
    let at = |at: Instant| show_date_time(zone.local(at));
    Row::new(vec![
        one.kind.words().into_any(),
        match one.admission_id {
            Some(id) => view! { <a href=format!("/admissions/{id}")>{name}</a> }.into_any(),
            None => name.into_any(),
        },
        at(one.began_at).into_any(),
        one.ended_at.map(at).unwrap_or_default().into_any(),
        one.reason.clone().into_any(),
    ])
}

fn acts(bed: &Bed, open: Option<&BedUse>, may: May, today: String) -> AnyView {
    let id = bed.id.to_string();
    let seen = |open: &BedUse| vec![("bed_id", id.clone()), ("seen", open.id.to_string())];
    match open {
        Some(open) if open.kind == UseKind::Cleaning && may.clean && open.terminal => view! {
            <Form action="/api/wards/clean_bed" hidden=seen(open)>
                <CheckboxField name="steps" label=tr!(wards.terminal_steps)/>
                <div class="form__actions"><Button label=tr!(wards.cleaned) tone=ButtonTone::Primary/></div>
            </Form>
        }
        .into_any(),
        Some(open) if open.kind == UseKind::Cleaning && may.clean => {
            view! { <PostButton action="/api/wards/clean_bed" label=tr!(wards.cleaned) hidden=seen(open) tone=ButtonTone::Primary/> }
                .into_any()
        }
        Some(open) if open.kind == UseKind::OutOfService && may.close => {
            view! { <PostButton action="/api/wards/reopen_bed" label=tr!(wards.reopen_bed) hidden=seen(open) tone=ButtonTone::Primary/> }
                .into_any()
        }
        Some(BedUse { admission_id: Some(admission), .. }) => {
            view! { <p><LinkButton href=format!("/admissions/{admission}") label=tr!(wards.open_admission)/></p> }.into_any()
        }
        None if may.close => view! {
            <Form action="/api/wards/close_bed" hidden=vec![("bed_id", id)]>
                <TextField name="reason" label=tr!(wards.close_reason) required=true maxlength=500 autocomplete="off"/>
                <DateField name="until" label=tr!(wards.close_until) min=today required=true/>
                <div class="form__actions"><Button label=tr!(wards.close_bed)/></div>
            </Form>
        }
        .into_any(),
        _ => ().into_any(),
    }
}
