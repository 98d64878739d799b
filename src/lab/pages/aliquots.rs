//! The tubes of a sample: the form that divides it, the list of its tubes, and their labels.

use leptos::prelude::*;

use super::collect::tube_label;
use crate::{
    core::{Error, LabSampleId, Permission, Result},
    lab::{
        catalogue::Catalogue,
        samples::{self, Analysis, AnalysisState, Sample},
    },
    server::{Ctx, Page, Path, page::Layout},
    tr,
    ui::{Button, ButtonTone, CheckboxField, Choice, Dialog, Form, Glyph, PaperPage, PostButton, SelectField, StatusBadge},
};

const DIVIDE: &str = "/api/lab/divide";

/// The benches that have tests of the sample without a value, each with the names of these tests.
fn benches(all: &Catalogue, analyses: &[&Analysis]) -> Vec<(String, String)> {
    let waits = |state| matches!(state, AnalysisState::Waiting | AnalysisState::Ready);
    let open: Vec<&&Analysis> = analyses.iter().filter(|analysis| waits(analysis.state)).collect();
    let mut benches: Vec<&str> = open.iter().map(|analysis| analysis.bench.as_str()).collect();
    benches.sort_unstable();
    benches.dedup();
    let names = |bench: &str| {
        let own = open.iter().filter(|analysis| analysis.bench == bench).filter_map(|analysis| all.test(analysis.test_id).ok());
        own.map(|test| test.name().to_owned()).collect::<Vec<_>>().join(", ")
    };
    benches.into_iter().map(|bench| (bench.to_owned(), names(bench))).collect()
}

/// The form that divides a sample into tubes.
pub fn divide_act(all: &Catalogue, sample: &Sample, analyses: &[&Analysis]) -> Option<AnyView> {
    let benches = benches(all, analyses);
    if benches.is_empty() || !samples::is_divisible(sample) {
        return None;
    }
    let hidden = vec![("lab_sample_id", sample.id.to_string()), ("version", sample.version.to_string())];
    let containers: Vec<Choice> = all.containers.iter().map(|one| Choice::new(one.id.to_string(), one.name().to_owned())).collect();
    let rows = benches.into_iter().enumerate().map(|(at, (bench, tests))| (at, format!("{bench}: {tests}"), bench)).collect::<Vec<_>>();
    let row = move |(at, label, bench): (usize, String, String)| {
        let choices = containers.clone();
        view! {
            <div class="fieldset">
                <CheckboxField name=format!("bench-{at}") value=bench label/>
                <SelectField name=format!("container-{at}") label=tr!(lab.container) choices prompt=tr!(lab.choose)/>
            </div>
        }
    };
    let fields = move || rows.into_iter().map(row).collect_view();
    let shown = view! {
        <Dialog id="divide" opens=tr!(lab.divide) title=tr!(lab.divide) action=DIVIDE tone=ButtonTone::Quiet>
            <Form action=DIVIDE id="divide-form" hidden>
                <p>{tr!(lab.divide_text)}</p>
                {fields()}
                <div class="form__actions"><Button label=tr!(lab.divide)/></div>
            </Form>
        </Dialog>
    };
    Some(shown.into_any())
}

/// The tubes that were filled from the sample, each with its state.
pub fn tubes_panel(all: &Catalogue, sample: &Sample, tubes: &[(Sample, String)]) -> AnyView {
    let parent = sample.parent_id.zip(sample.parent.clone()).map(|(id, number)| {
        view! { <p><a href=format!("/lab/samples/{id}")>{tr!(lab.tube_of, number = number)}</a></p> }
    });
    let print = (parent.is_some() || !tubes.is_empty()).then(|| {
        let hidden = vec![("lab_sample_id", sample.id.to_string())];
        view! { <PostButton action="/api/lab/print_tubes" label=tr!(lab.print_labels) hidden glyph=Glyph::Print/> }
    });
    if print.is_none() {
        return ().into_any();
    }
    let rows = tubes
        .iter()
        .map(|(tube, tests)| {
            let container = all.container(tube.container_id).map(|one| one.name().to_owned()).unwrap_or_default();
            view! {
                <li class="rows__row">
                    <div class="rows__main">
                        <a href=format!("/lab/samples/{}", tube.id)><span class="code">{tube.number.clone()}</span></a>" · "{tests.clone()}<br/>
                        <span class="muted small">{container}</span>
                    </div>
                    <div class="rows__side"><StatusBadge tone=tube.state.tone() label=tube.state.words()/></div>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <div class="panel__head"><h2>{tr!(lab.tubes)}</h2>{print}</div>
            <div class="panel__body">{parent}</div>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}

/// Shows the labels of the tubes of a sample on paper; that of a tube alone.
///
/// # Errors
/// Not allowed, no tube, or when the database refuses.
pub async fn tube_labels_page(Path(id): Path<LabSampleId>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::CollectSamples).await?;
    let sample = samples::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::CollectSamples, sample.clinic_id)?;
    ctx.saw(sample.patient_id, "lab_record").await?;
    let tubes = samples::tubes_to_label(&mut ctx.tx, sample).await?;
    if tubes.is_empty() {
        return Err(Error::NotFound);
    }
    let ids: Vec<_> = tubes.iter().map(|tube| tube.id).collect();
    let analyses = samples::analyses_of_samples(&mut ctx.tx, &ids).await?;
    let all = Catalogue::read(&mut ctx.tx).await?;
    let hospital = ctx.state().hospital();
    Ok(Page::new(tr!(lab.labels), move || {
        let labels = tubes.iter().map(|tube| tube_label(&hospital.name, &all, tube, &analyses)).collect_view();
        view! { <PaperPage back=format!("/lab/samples/{id}") back_words=tr!(lab.sample) at_once=true>{labels}</PaperPage> }
    })
    .layout(Layout::Print))
}
