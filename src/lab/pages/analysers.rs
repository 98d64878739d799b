//! `/lab/analysers`: the analysers of the clinic, with their last message and their errors.

use chrono::Duration;
use leptos::prelude::*;

use super::parts::{DoneQuery, toast};
use crate::{
    core::{LabAnalyserId, Permission, Result, time::show_minutes},
    lab::analysers::{self, Analyser, AnalyserHealth, AnalyserProtocol, Charset, CsvDecimal, CsvSeparator, SampleField},
    server::{Ctx, Page, Query},
    tr,
    ui::{
        Button, ButtonTone, CheckboxField, Choice, Column, DataTable, Dialog, EmptyState, Fieldset, Form, Glyph, LinkButton, PageHeader,
        Row, SelectField, StatusBadge, TextField, Tone,
    },
};

pub const SAVE: &str = "/api/lab/save_analyser";
/// The days in which refused messages are counted.
const DAYS: i64 = 7;

/// Shows the list.
///
/// # Errors
/// Not allowed, or when the database refuses.
pub async fn analysers_page(Query(DoneQuery { done }): Query<DoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WorkLab).await?;
    let (clinic, now) = (ctx.clinic.id, ctx.now);
    let found = analysers::analysers(&mut ctx.tx, clinic).await?;
    let health = analysers::health(&mut ctx.tx, clinic, now - Duration::days(DAYS)).await?;
    let manages = ctx.who.may_at(Permission::ManageCatalogue, clinic);
    Ok(Page::new(tr!(lab.analysers), move || {
        let rows: Vec<Row> = found
            .iter()
            .map(|one| {
                let health = health.iter().find(|health| health.analyser_id == one.id);
                let age = health.and_then(|health| health.last_at).map(|at| (now - at).num_minutes());
                let cells = vec![
                    one.name.clone().into_any(),
                    one.bench.clone().into_any(),
                    one.protocol.words().into_any(),
                    age.map_or_else(|| tr!(lab.never).to_owned(), |age| tr!(lab.ago, time = show_minutes(age))).into_any(),
                    marks(one, health),
                ];
                Row::new(cells).href(format!("/lab/analysers/{}", one.id)).key(one.id.to_string())
            })
            .collect();
        let columns = vec![
            Column::new(tr!(lab.analyser)),
            Column::new(tr!(lab.bench)),
            Column::new(tr!(lab.protocol)).secondary(),
            Column::new(tr!(lab.last_message)),
            Column::new(tr!(lab.state)),
        ];
        let empty = view! { <EmptyState glyph=Glyph::Flask title=tr!(lab.no_analysers) text=tr!(lab.no_analysers_text)/> }.into_any();
        let new = manages.then(|| {
            view! {
                <Dialog id="new-analyser" opens=tr!(lab.new_analyser) title=tr!(lab.new_analyser) action=SAVE glyph=Glyph::Plus>
                    {settings_form(None)}
                </Dialog>
            }
        });
        let actions = view! { <LinkButton href="/lab/unmatched" label=tr!(lab.unmatched)/>{new} }.into_any();
        view! {
            {toast(&done)}
            <PageHeader title=tr!(lab.analysers) detail=tr!(lab.analysers_text) actions=Some(actions)/>
            <DataTable caption=tr!(lab.analysers) columns rows empty=Some(empty) stacked=true/>
        }
    }))
}

/// The errors of an analyser as badges.
fn marks(analyser: &Analyser, health: Option<&AnalyserHealth>) -> AnyView {
    let retired = analyser.retired_at.map(|_| view! { <StatusBadge tone=Tone::Inactive label=tr!(lab.retired)/> });
    let (refused, unmatched) = health.map_or((0, 0), |health| (health.refused, health.unmatched));
    let refused = (refused > 0).then(|| view! { <StatusBadge tone=Tone::Critical label=tr!(lab.refused_messages, count = refused)/> });
    let unmatched = (unmatched > 0).then(|| view! { <StatusBadge tone=Tone::Warning label=tr!(lab.unmatched_values, count = unmatched)/> });
    view! { <div class="cluster">{retired}{refused}{unmatched}</div> }.into_any()
}

/// The form of a new analyser, or of its settings.
pub fn settings_form(analyser: Option<&Analyser>) -> AnyView {
    let id = analyser.map_or_else(LabAnalyserId::new, |one| one.id);
    let version = analyser.map_or(0, |one| one.version);
    let hidden = vec![("key", id.to_string()), ("version", version.to_string())];
    let text = |of: fn(&Analyser) -> &String| analyser.map(|one| of(one).clone()).unwrap_or_default();
    let (name, bench, peers) = (text(|one| &one.name), text(|one| &one.bench), text(|one| &one.peers));
    let (application, facility) = (text(|one| &one.application), text(|one| &one.facility));
    let columns = [text(|one| &one.csv_sample), text(|one| &one.csv_code), text(|one| &one.csv_value), text(|one| &one.csv_unit)];
    let [csv_sample, csv_code, csv_value, csv_unit] = columns;
    let chosen = |of: fn(&Analyser) -> &'static str| analyser.map(of).unwrap_or_default();
    let (protocol, charset) = (chosen(|one| one.protocol.as_str()), chosen(|one| one.charset.as_str()));
    let sample_field = chosen(|one| one.sample_field.as_str());
    let (separator, decimal) = (chosen(|one| one.csv_separator.as_str()), chosen(|one| one.csv_decimal.as_str()));
    let protocols: Vec<Choice> = AnalyserProtocol::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let charsets: Vec<Choice> = Charset::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let fields: Vec<Choice> = SampleField::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let separators: Vec<Choice> = CsvSeparator::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let decimals: Vec<Choice> = CsvDecimal::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let checked = analyser.is_none_or(|one| one.checks_patient);
    view! {
        <Form action=SAVE id="analyser-form" hidden>
            <TextField name="name" label=tr!(lab.analyser_name) value=name required=true maxlength=80/>
            <TextField name="bench" label=tr!(lab.bench) value=bench required=true maxlength=40/>
            <SelectField name="protocol" label=tr!(lab.protocol) choices=protocols value=protocol prompt=tr!(errors.choose) required=true/>
            <Fieldset legend=tr!(lab.protocol_hl7)>
                <TextField name="peers" label=tr!(lab.peers) value=peers hint=tr!(lab.peers_hint) maxlength=300 optional=true/>
                <TextField name="application" label=tr!(lab.msh_3) value=application hint=tr!(lab.msh_hint) maxlength=180 optional=true/>
                <TextField name="facility" label=tr!(lab.msh_4) value=facility maxlength=180 optional=true/>
                <SelectField name="charset" label=tr!(lab.usual_charset) choices=charsets value=charset prompt=tr!(errors.choose) optional=true/>
                <SelectField name="sample_field" label=tr!(lab.sample_field) choices=fields value=sample_field prompt=tr!(errors.choose) optional=true/>
                <CheckboxField name="checks_patient" label=tr!(lab.checks_patient) checked/>
            </Fieldset>
            <Fieldset legend=tr!(lab.protocol_csv)>
                <SelectField name="csv_separator" label=tr!(lab.csv_separator) choices=separators value=separator prompt=tr!(errors.choose) optional=true/>
                <SelectField name="csv_decimal" label=tr!(lab.csv_decimal) choices=decimals value=decimal prompt=tr!(errors.choose) optional=true/>
                <TextField name="csv_sample" label=tr!(lab.csv_sample) value=csv_sample maxlength=60 optional=true/>
                <TextField name="csv_code" label=tr!(lab.csv_code) value=csv_code maxlength=60 optional=true/>
                <TextField name="csv_value" label=tr!(lab.csv_value) value=csv_value maxlength=60 optional=true/>
                <TextField name="csv_unit" label=tr!(lab.csv_unit) value=csv_unit maxlength=60 optional=true/>
            </Fieldset>
            <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
        </Form>
    }
    .into_any()
}
