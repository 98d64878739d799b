//! Printed pages. The hospital's head and the patient's identity are on every page: the browser repeats a table's head.

use leptos::prelude::*;

use super::{HospitalLogo, LinkButton, PrintButton, tr};

/// The page around a sheet: the print button, the link back, and links to other paper formats.
#[component]
pub fn PaperPage(
    #[prop(into)] back: String,
    #[prop(into)] back_words: String,
    /// Opens the print window as soon as the page is loaded.
    #[prop(optional)]
    at_once: bool,
    /// Address and label of the other formats.
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
    /// The patient's name, birth date and MRN, on every page.
    #[prop(optional)]
    patient: Vec<String>,
    /// The document's number, the time of printing, and the user who printed it.
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
    // A label and a slip have no room for it.
    let has_room = class.is_empty() || class == "sheet--roll";
    let logo = use_context::<HospitalLogo>().filter(|_| has_room).map(|logo| logo.show("sheet__logo"));
    view! {
        <article class=format!("sheet {class}")>
            <table class="sheet__table" role="presentation">
                <thead>
                    <tr>
                        <td>
                            <div class="sheet__head">
                                <div class="sheet__hospital">{logo}<strong>{hospital}</strong>{lines}</div>
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
