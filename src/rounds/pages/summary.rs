//! `/admissions/{id}/stay-summary`: the summary of a stay: composed from the record, edited, signed, amended.

use leptos::prelude::*;

use super::parts::{self, FollowUpChoices, StayDoneQuery, follow_up_form, lines, toast, when};
use crate::{
    accounts,
    core::{AdmissionId, Permission, Result},
    rounds::{
        stay::{self, ShownStay},
        summaries::{self, DischargeMedicine, NEW_ROWS, SECTIONS, StaySummary, SummaryText},
        vocabulary::MedicineDecision,
    },
    server::{Ctx, Page, Path, Query},
    tr,
    ui::{
        Button, ButtonTone, Choice, Fieldset, Form, LinkButton, NoticeBox, PageHeader, PatientBanner, PostButton, SelectField, TextArea,
        TextField, Tone,
    },
};

struct SummarySheet {
    stay: ShownStay,
    current: Option<StaySummary>,
    verified: bool,
    /// The draft that is edited: a saved one, or one that was composed just now.
    draft: Option<(SummaryText, Vec<DischargeMedicine>, i64, i64)>,
    /// Active medicine orders that the signed version does not decide on.
    since: Vec<DischargeMedicine>,
    choices: FollowUpChoices,
}

/// The headings of the sections.
pub(super) fn headings() -> [&'static str; 5] {
    [tr!(rounds.diagnoses), tr!(rounds.course), tr!(rounds.results), tr!(rounds.instructions), tr!(rounds.pending)]
}

/// Shows the summary.
///
/// # Errors
/// Not allowed, another clinic's patient, or when the database refuses.
pub async fn summary_page(Path(id): Path<AdmissionId>, Query(StayDoneQuery { done }): Query<StayDoneQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let stay = stay::open(&mut ctx, Permission::WriteNotes, id).await?;
    let versions = summaries::of_stay(&mut ctx.tx, id).await?;
    let current = versions.iter().find(|version| version.is_current()).cloned();
    let saved = versions.into_iter().find(|version| !version.is_final());
    let (admission, zone) = (stay.admission.clone(), stay.zone);
    let draft = match (saved, &current) {
        (Some(saved), _) => {
            let mut medicines = saved.medicines.clone();
            medicines.extend(summaries::undecided(&mut ctx, &admission, &saved.medicines, zone).await?);
            Some((saved.text, medicines, saved.saved, saved.version))
        }
        (None, Some(_)) => None,
        (None, None) => {
            let (text, medicines) = summaries::compose(&mut ctx, &admission, zone).await?;
            Some((text, medicines, 0, 1))
        }
    };
    let (verified, since) = match &current {
        Some(current) => (
            summaries::is_verified(&mut ctx.tx, current).await?,
            summaries::undecided(&mut ctx, &admission, &current.medicines, zone).await?,
        ),
        None => (true, Vec::new()),
    };
    let sheet = SummarySheet { stay, current, verified, draft, since, choices: FollowUpChoices::read(&mut ctx).await? };
    let banner = sheet.stay.banner.clone();
    let page = Page::new(tr!(rounds.summary), move || content(&sheet, &done));
    Ok(page.banner(move || view! { <PatientBanner info=banner/> }))
}

fn content(sheet: &SummarySheet, done: &str) -> AnyView {
    let id = sheet.stay.admission.id;
    let back = (format!("/admissions/{id}"), tr!(rounds.stay).to_owned());
    let broken = (!sheet.verified).then(|| {
        view! { <NoticeBox tone=Tone::Critical title=tr!(rounds.broken)><p>{tr!(rounds.broken_text)}</p></NoticeBox> }
    });
    let since = (!sheet.since.is_empty()).then(|| {
        let names = sheet.since.iter().map(|row| row.medicine.clone()).collect::<Vec<_>>().join(", ");
        view! { <NoticeBox tone=Tone::Warning><p>{tr!(rounds.ordered_since, medicines = names)}</p></NoticeBox> }
    });
    let signed = sheet.current.as_ref().map(|current| signed(sheet, current));
    let form = sheet.draft.as_ref().map(|(text, medicines, saved, version)| form(id, text, medicines, (*saved, *version)));
    let follow_up = follow_up_form(sheet.stay.admission.patient_id, Some(id), &sheet.choices, format!("/admissions/{id}/stay-summary"));
    view! {
        {toast(done)}
        <PageHeader title=tr!(rounds.summary) detail=tr!(rounds.summary_text) back/>
        {parts::tabs(id, "stay-summary")}
        <div class="stack">{broken}{since}{signed}{form}{follow_up}</div>
    }
    .into_any()
}

fn signed(sheet: &SummarySheet, current: &StaySummary) -> AnyView {
    let id = sheet.stay.admission.id;
    let at = current.signed_at.map(|at| when(at, sheet.stay.zone)).unwrap_or_default();
    let by = tr!(rounds.signed_by, name = current.signer_name.clone(), at = at);
    let sections = headings()
        .into_iter()
        .zip(current.text.sections.iter())
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(heading, text)| {
            let text = lines(text);
            view! { <p><strong>{heading}</strong><br/>{text}</p> }
        })
        .collect_view();
    let medicines = current.medicines.iter().map(medicine_line).map(|line| view! { <li>{line}</li> }).collect_view();
    let amend = sheet.draft.is_none().then(|| {
        let hidden = vec![("admission_id", id.to_string())];
        view! { <PostButton action="/api/rounds/amend_summary" label=tr!(rounds.amend) hidden tone=ButtonTone::Quiet/> }
    });
    view! {
        <section class="panel" aria-labelledby="signed-summary">
            <div class="panel__head">
                <h2 id="signed-summary">{tr!(rounds.version_n, version = current.version)}</h2>
                <div class="cluster"><LinkButton href=format!("/admissions/{id}/stay-summary/paper") label=tr!(rounds.on_paper)/>{amend}</div>
            </div>
            <div class="panel__body stack stack--tight">
                <p class="muted small">{by}</p>
                {sections}
                <p><strong>{tr!(rounds.medicines)}</strong></p>
                <ul>{medicines}</ul>
            </div>
        </section>
    }
    .into_any()
}

/// A medicine in one line: `Continue: Paracetamol 500 mg, by mouth`.
pub(super) fn medicine_line(row: &DischargeMedicine) -> String {
    let decision = row.decision.map(MedicineDecision::words).unwrap_or_default();
    let dosage = if row.decision == Some(MedicineDecision::Stopped) { String::new() } else { format!(" {}", row.dosage) };
    let reason = if row.reason.is_empty() { String::new() } else { format!(" ({})", row.reason) };
    format!("{decision}: {}{dosage}{reason}", row.medicine)
}

fn form(id: AdmissionId, text: &SummaryText, medicines: &[DischargeMedicine], (saved, version): (i64, i64)) -> AnyView {
    let hidden = vec![("admission_id", id.to_string()), ("saved", saved.to_string())];
    let mut rows: Vec<(String, DischargeMedicine)> = Vec::new();
    let mut new = 0;
    for row in medicines {
        let name = match row.order_id {
            Some(order) => order.to_string(),
            None => {
                new += 1;
                format!("new{new}")
            }
        };
        rows.push((name, row.clone()));
    }
    for more in new..new + NEW_ROWS {
        let empty =
            DischargeMedicine { order_id: None, decision: None, medicine: String::new(), dosage: String::new(), reason: String::new() };
        rows.push((format!("new{}", more + 1), empty));
    }
    let amendment = text.amendment.clone();
    let sections: Vec<(&'static str, &'static str, String)> =
        SECTIONS.iter().zip(headings()).zip(text.sections.iter()).map(|((name, label), text)| (*name, label, text.clone())).collect();
    view! {
        <section class="panel" aria-labelledby="draft-summary">
            <div class="panel__head"><h2 id="draft-summary">{tr!(rounds.draft_summary)}</h2></div>
            <div class="panel__body">
                <Form action="/api/rounds/sign_summary" id="summary-form" hidden>
                    {(version > 1).then(|| view! { <TextField name="amendment" label=tr!(rounds.why_amended) value=amendment maxlength=500 required=true/> })}
                    {sections
                        .into_iter()
                        .map(|(name, label, value)| view! { <TextArea name label value rows=4 maxlength=20_000 optional=true/> })
                        .collect_view()}
                    <h3>{tr!(rounds.medicines)}</h3>
                    <p class="muted">{tr!(rounds.medicines_text)}</p>
                    {rows.into_iter().map(|(name, row)| medicine_fields(&name, row)).collect_view()}
                    {accounts::proof_field()}
                    <div class="form__actions">
                        <Button label=tr!(rounds.sign_summary) tone=ButtonTone::Primary key="Ctrl+Enter"/>
                        <button class="button" type="submit" formaction="/api/rounds/save_summary" formnovalidate=true>{tr!(rounds.save_draft)}</button>
                    </div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}

/// The fields of a medicine. A row of an order asks for a decision; a row for a new medicine may stay empty.
fn medicine_fields(name: &str, row: DischargeMedicine) -> AnyView {
    let of_order = row.order_id.is_some();
    let legend = if of_order { row.medicine.clone() } else { tr!(rounds.new_medicine).to_owned() };
    let choices: Vec<Choice> = MedicineDecision::OF_ORDERS.iter().map(|one| Choice::new(one.as_str(), one.words())).collect();
    let decision = row.decision.map_or("", MedicineDecision::as_str);
    let field = |part: &str| format!("{part}-{name}");
    let (medicine, dosage, reason, decided) = (field("medicine"), field("dosage"), field("reason"), field("decision"));
    view! {
        <Fieldset legend>
            {of_order.then(|| view! { <SelectField name=decided label=tr!(rounds.decision) choices value=decision prompt=tr!(errors.choose)/> })}
            <TextField name=medicine label=tr!(rounds.medicine) value=row.medicine.clone() maxlength=500 autocomplete="off"/>
            <TextField name=dosage label=tr!(rounds.dosage) value=row.dosage.clone() maxlength=500 autocomplete="off"/>
            <TextField name=reason label=tr!(rounds.medicine_reason) value=row.reason.clone() maxlength=500 autocomplete="off"/>
        </Fieldset>
    }
    .into_any()
}
