//! The statement of a pregnancy: its fields at the bedside and at the bench, and what a sample says.

use leptos::prelude::*;

use crate::{
    lab::{
        catalogue::Catalogue,
        samples::{Analysis, AnalysisState, Sample, SampleState},
        vocabulary::{PregnancySource, Trimester},
    },
    patients::Sex,
    tr,
    ui::{Button, ButtonTone, Choice, Dialog, Form, NoticeBox, SelectField, Tone},
};

const STATE: &str = "/api/lab/state_pregnancy";

/// The two fields; they stand inside of a form. Nothing is chosen before.
pub fn pregnancy_fields(sample: Option<&Sample>) -> AnyView {
    let trimesters: Vec<Choice> = Trimester::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let sources: Vec<Choice> = PregnancySource::ALL.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let pregnancy = sample.and_then(|sample| sample.pregnancy).map(|one| one.to_string()).unwrap_or_default();
    let source = sample.and_then(|sample| sample.pregnancy_source).map(|one| one.to_string()).unwrap_or_default();
    view! {
        <SelectField name="pregnancy" label=tr!(lab.pregnancy) hint=tr!(lab.pregnancy_hint) choices=trimesters value=pregnancy prompt=tr!(lab.pregnancy_none)/>
        <SelectField name="pregnancy_source" label=tr!(lab.pregnancy_source) choices=sources value=source prompt=tr!(lab.choose)/>
    }
    .into_any()
}

/// The pregnancy that the sample says: "Pregnant, first trimester (ultrasound)".
pub fn pregnancy_words(sample: &Sample) -> String {
    match sample.pregnancy.zip(sample.pregnancy_source) {
        Some((trimester, source)) => format!("{} ({})", trimester.words(), source.words().to_lowercase()),
        None => String::new(),
    }
}

/// The act at the bench, until a value is entered.
pub fn pregnancy_act(sample: &Sample, analyses: &[&Analysis]) -> Option<AnyView> {
    let is_here = matches!(sample.state, SampleState::Collected | SampleState::Sent | SampleState::Received | SampleState::Stored);
    let waits = |state| matches!(state, AnalysisState::Waiting | AnalysisState::Ready | AnalysisState::SentOut | AnalysisState::Cancelled);
    if sample.sex == Sex::Male || !is_here || !analyses.iter().all(|analysis| waits(analysis.state)) {
        return None;
    }
    let (hidden, sample) = (vec![("lab_sample_id", sample.id.to_string())], sample.clone());
    Some(
        view! {
            <Dialog id="pregnancy" opens=tr!(lab.state_pregnancy) title=tr!(lab.state_pregnancy) action=STATE tone=ButtonTone::Quiet>
                <Form action=STATE hidden>
                    {pregnancy_fields(Some(&sample))}
                    <div class="form__actions"><Button label=tr!(ui.save) tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
        }
        .into_any(),
    )
}

/// Says which tests have ranges of pregnancy, while the sample says nothing.
pub fn pregnancy_notice(all: &Catalogue, sample: &Sample, analyses: &[&Analysis]) -> Option<AnyView> {
    if sample.sex == Sex::Male || sample.pregnancy.is_some() {
        return None;
    }
    let open = analyses.iter().filter(|analysis| !matches!(analysis.state, AnalysisState::Released | AnalysisState::Cancelled));
    let tests = open.filter_map(|analysis| all.test(analysis.test_id).ok());
    let own = |ranges: &[crate::lab::range::ReferenceRange]| ranges.iter().any(|range| range.condition.is_pregnancy());
    let names: Vec<&str> = tests.filter(|test| own(all.ranges_of(test.id))).map(crate::lab::catalogue::LabTest::name).collect();
    if names.is_empty() {
        return None;
    }
    let words = tr!(lab.pregnancy_unsaid, tests = names.join(", "));
    Some(view! { <NoticeBox tone=Tone::Waiting><p>{words}</p></NoticeBox> }.into_any())
}
