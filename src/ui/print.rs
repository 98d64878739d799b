//! Paper. The hospital's head and the patient's id stand on every page: a table's head is repeated by the browser.

use leptos::prelude::*;

use super::{LinkButton, PrintButton, tr};

/// The page around a sheet: to print it, the way back, and other shapes of the paper as links.
#[component]
pub fn PaperPage(
    #[prop(into)] back: String,
    #[prop(into)] back_words: String,
    /// Opens the print window as soon as the page is there.
    #[prop(optional)]
    at_once: bool,
    /// Address and words.
    #[prop(optional)]
    others: Vec<(String, String)>,
    children: Children,
) -> impl IntoView {
    let others = others.into_iter().map(|(href, label)| view! { <LinkButton href label/> }).collect_view();
    view! {
        <main class="paper" id="main">
            <div class="no-print cluster paper__tools">
                <PrintButton at_once/>
                {others}
                <LinkButton href=back label=back_words/>
            </div>
            {children()}
        </main>
    }
}

/// A printable sheet, A4 or Letter, in black and white, with page numbers. On the screen it looks like paper.
#[component]
pub fn PrintSheet(
    #[prop(into)] hospital: String,
    /// Address and phone, one line each.
    #[prop(optional)]
    hospital_lines: Vec<String>,
    #[prop(into)] title: String,
    /// Name, birth date, MRN, on every page.
    #[prop(optional)]
    patient: Vec<String>,
    /// Number of the document, when printed, by whom.
    #[prop(optional)]
    facts: Vec<String>,
    /// `sheet--roll` (80 mm; with `sheet--slip` a short piece of it), `sheet--label`.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let lines = hospital_lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view();
    let facts = facts.into_iter().map(|fact| view! { <p>{fact}</p> }).collect_view();
    let patient = (!patient.is_empty()).then(|| {
        let parts = patient.into_iter().map(|part| view! { <span>{part}</span> }).collect_view();
        view! { <div class="sheet__patient" aria-label=tr!(ui.patient)>{parts}</div> }
    });
    view! {
        <article class=format!("sheet {class}")>
            <table class="sheet__table" role="presentation">
                <thead>
                    <tr>
                        <td>
                            <div class="sheet__head">
                                <div class="sheet__hospital"><strong>{hospital}</strong>{lines}</div>
                                <div class="sheet__facts">{facts}</div>
                            </div>
                            {patient}
                        </td>
                    </tr>
                </thead>
                <tbody>
                    <tr><td><h1 class="sheet__title">{title}</h1>{children()}</td></tr>
                </tbody>
            </table>
        </article>
    }
}
