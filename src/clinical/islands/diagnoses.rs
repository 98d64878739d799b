//! The diagnoses of a consultation: the doctor finds them by code or words and each is added at once; the first one
//! becomes the primary one.

use leptos::{
    ev,
    prelude::*,
    task::spawn_local,
    web_sys::{HtmlElement, HtmlInputElement},
};
use wasm_bindgen::JsCast as _;

use super::{
    fields::{Complaint, Complaints, FieldComplaint, Pick},
    sheet::Sheet,
};
use crate::{
    clinical::{
        Certainty, api,
        worksheet::{DiagnosisLine, Refused, Worksheet},
    },
    core::{Error, Result, VisitId},
    tr,
    ui::{Button, Choice, Combobox, Glyph, StatusBadge, Suggestion, Tone},
};

#[derive(Clone, Copy)]
struct Panel {
    sheet: Sheet,
    lines: Memo<Vec<DiagnosisLine>>,
    certainty: RwSignal<String>,
    complaints: Complaints,
}

impl Panel {
    fn visit(self) -> Option<VisitId> {
        self.sheet.visit()
    }

    fn answered(self, number: u64, answer: Result<Worksheet, Error>) {
        match self.sheet.answered(number, answer) {
            Ok(()) => self.complaints.clear(),
            Err(error) => self.complaints.note(&error),
        }
    }

    fn add(self, code: String) {
        let Some(visit) = self.visit() else { return };
        let certainty = self.certainty.get_untracked();
        let number = self.sheet.begin();
        spawn_local(async move { self.answered(number, api::add_diagnosis(visit, String::new(), code, certainty).await) });
    }

    /// Handles a form that contains only text: a code, or words that describe one.
    fn submitted(self, event: &ev::SubmitEvent) {
        event.prevent_default();
        let Some(visit) = self.visit() else { return };
        let Some(field) = document().query_selector("main input[name=diagnosis]").ok().flatten() else { return };
        let (field, certainty) = (field.unchecked_into::<HtmlInputElement>(), self.certainty.get_untracked());
        let number = self.sheet.begin();
        spawn_local(async move {
            let answer = api::add_diagnosis(visit, field.value(), String::new(), certainty).await;
            if answer.is_ok() {
                field.set_value("");
            }
            self.answered(number, answer);
        });
    }

    fn make_primary(self, id: &str) {
        let (Some(visit), Ok(id)) = (self.visit(), id.parse()) else { return };
        let number = self.sheet.begin();
        spawn_local(async move { self.answered(number, api::primary_diagnosis(visit, id).await) });
    }

    fn remove(self, id: &str) {
        let (Some(visit), Ok(id)) = (self.visit(), id.parse()) else { return };
        let number = self.sheet.begin();
        spawn_local(async move {
            self.answered(number, api::remove_diagnosis(visit, id, String::new()).await);
            // The row's button was removed while it had the focus.
            if let Some(field) = document().query_selector("main input[name=diagnosis]").ok().flatten() {
                let _ = field.unchecked_into::<HtmlElement>().focus();
            }
        });
    }
}

async fn fetch(text: String) -> Result<Vec<Suggestion>> {
    let found = api::find_diagnoses(text).await?;
    Ok(found.into_iter().map(|code| Suggestion { value: code.id, label: code.name, detail: code.detail }).collect())
}

/// The diagnoses of a visit's consultation, and the field that adds one.
#[island]
pub fn Diagnoses(visit: String, lines: Vec<DiagnosisLine>, refused: Option<Refused>) -> impl IntoView {
    let refused = refused.unwrap_or_default();
    let typed = Suggestion { label: refused.value("diagnosis"), ..Suggestion::default() };
    let certainty =
        Some(refused.value("certainty")).filter(|word| !word.is_empty()).unwrap_or_else(|| Certainty::Confirmed.as_str().to_owned());
    let sheet = Sheet::of_page(visit.clone());
    let panel = Panel {
        sheet,
        lines: sheet.lines(lines, |worksheet| &worksheet.diagnoses),
        certainty: RwSignal::new(certainty),
        complaints: Complaints::new(refused.errors, refused.message),
    };
    let choices = Certainty::ALL.iter().map(|certainty| Choice::new(certainty.as_str(), certainty.words())).collect::<Vec<_>>();
    let form_visit = visit.clone();
    view! {
        <ul class="rows">
            <For each=move || panel.lines.get() key=DiagnosisLine::clone children=move |line| row(panel, line, &visit)/>
        </ul>
        <form method="post" action="/api/clinical/add_diagnosis" class="panel__body diagnose" on:submit=move |event| panel.submitted(&event)>
            <input type="hidden" name="visit_id" value=form_visit/>
            // Choosing a diagnosis adds it, so the field for the certainty comes first.
            <Pick name="certainty" label=tr!(clinical.certainty) value=panel.certainty choices complaints=panel.complaints/>
            <div class="grow">
                <Combobox
                    name="diagnosis"
                    label=tr!(clinical.diagnosis)
                    placeholder=tr!(clinical.diagnosis_hint)
                    fetch
                    initial=typed
                    keeps_nothing=true
                    key="d"
                    on_select=Callback::new(move |chosen: Suggestion| panel.add(chosen.value))
                    complaint="diagnosis-complaint"
                />
                <FieldComplaint complaints=panel.complaints name="diagnosis" id="diagnosis-complaint".to_owned()/>
            </div>
            <Button label=tr!(clinical.add) glyph=Glyph::Plus/>
            <Complaint complaints=panel.complaints/>
        </form>
    }
}

fn row(panel: Panel, line: DiagnosisLine, visit: &str) -> AnyView {
    let DiagnosisLine { id, code, description, certainty, primary } = line;
    let (to_promote, to_remove, promoted) = (id.clone(), id.clone(), id.clone());
    let promote = (!primary).then(|| {
        view! {
            <form method="post" action="/api/clinical/primary_diagnosis" class="post-button" on:submit=move |event| { event.prevent_default(); panel.make_primary(&to_promote); }>
                <input type="hidden" name="visit_id" value=visit.to_owned()/>
                <input type="hidden" name="diagnosis_id" value=promoted/>
                <button class="button button--quiet" type="submit">{tr!(clinical.make_primary)}<span class="visually-hidden">" "{code.clone()}</span></button>
            </form>
        }
    });
    view! {
        <li class="rows__row">
            <span class="code">{code.clone()}</span>
            <div class="rows__main">{description}" "<span class="muted small">{certainty}</span></div>
            <div class="rows__side">
                {primary.then(|| view! { <StatusBadge tone=Tone::Progress label=tr!(clinical.primary)/> })}
                {promote}
                <form method="post" action="/api/clinical/remove_diagnosis" class="post-button" on:submit=move |event| { event.prevent_default(); panel.remove(&to_remove); }>
                    <input type="hidden" name="visit_id" value=visit.to_owned()/>
                    <input type="hidden" name="diagnosis_id" value=id/>
                    <button class="button button--quiet button--icon" type="submit" title=tr!(clinical.remove)>
                        <crate::ui::Icon glyph=Glyph::Close/>
                        <span class="visually-hidden">{tr!(clinical.remove)}" "{code}</span>
                    </button>
                </form>
            </div>
        </li>
    }
    .into_any()
}
