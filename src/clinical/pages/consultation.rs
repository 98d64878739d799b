//! `/consultation/{visit}`: the queue, the note and the patient's data at a glance, on one page.

use leptos::prelude::*;

use super::{
    ConsultationQuery, entry,
    glance::{Glance, glance},
    told,
};
use crate::{
    appointments,
    clinical::{
        EncounterState, Summary, chart,
        holds::holds_panel,
        islands::{Diagnoses, NoteEditor, Place, Prescriptions},
        workflow,
        worksheet::{NoteView, Refused, Worksheet},
    },
    core::{Permission, Result, VisitId, form::FormState},
    opd::{
        self, PanelState, QueueState, Step, Visit,
        pages::{QueueList, Said, toast},
    },
    orders::pages::{OrderPanel, order_panel},
    patients,
    server::{Ctx, Page, Part, Path, Query, Request},
    tr,
    ui::{BannerInfo, Button, ButtonTone, Form, Glyph, Icon, KeyHint, NoticeBox, PatientBanner, StatusBadge, Tone},
};

/// The actions that the doctor can take here now.
enum Standing {
    /// In the queue, and not called yet or not at the doctor's step.
    Waiting { callable: bool },
    /// Called, or in the room: the doctor writes the note.
    Open,
    /// A colleague is writing the note.
    Colleague(String),
    /// Signed, or over.
    Over,
}

struct Consultation {
    visit: Visit,
    /// Those that were told with the appointment; empty without any.
    symptoms: String,
    standing: Standing,
    summary: Option<Summary>,
    note: NoteView,
    place: Place,
    worksheet: Worksheet,
    glance: Glance,
    orders: OrderPanel,
    queue: (QueueList, PanelState),
    refused: RefusedForms,
    told: Option<Said>,
}

/// The refused form of this page, for the island that it belongs to.
#[derive(Default)]
struct RefusedForms {
    note: Option<Refused>,
    diagnosis: Option<Refused>,
    prescription: Option<Refused>,
    /// The message of a form without fields.
    message: Option<String>,
}

impl RefusedForms {
    fn of(form: Option<&FormState>, visit: VisitId) -> Self {
        let Some(form) = form.filter(|form| form.value("visit_id").is_none_or(|id| id == visit.to_string())) else {
            return Self::default();
        };
        let message = form.message.clone().unwrap_or_default();
        let refused = || Some(Refused { values: form.values.clone(), errors: form.errors.clone(), message: message.clone() });
        match form.action.as_str() {
            "/api/clinical/save_note" | "/api/clinical/sign" => Self { note: refused(), ..Self::default() },
            "/api/clinical/add_diagnosis" => Self { diagnosis: refused(), ..Self::default() },
            "/api/clinical/prescribe" => Self { prescription: refused(), ..Self::default() },
            // These forms show their own messages.
            "/api/clinical/add_addendum" | "/api/clinical/hold_note_part" | "/api/clinical/order" | "/api/orders/withdraw" => {
                Self::default()
            }
            _ => Self { message: Some(message), ..Self::default() },
        }
    }
}

/// Serves the page.
pub async fn consultation_page(Path(id): Path<VisitId>, Query(done): Query<ConsultationQuery>) -> Result<Page> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::WriteNotes, visit.clinic_id)?;
    ctx.saw(visit.patient_id, "consultation").await?;
    let today = ctx.today();
    let mut banner = patients::banner(&mut ctx.tx, visit.patient_id, today).await?;
    opd::vitals::mark_vitals(&mut ctx.tx, id, &mut banner).await?;
    let summary = chart::visit_summary(&mut ctx.tx, id).await?;
    let standing = standing(&mut ctx, &visit, summary.as_ref()).await?;
    let queue = queue_beside(&mut ctx, &visit).await?;
    let here = queue.0.back.clone();
    let symptoms = match visit.appointment_id {
        Some(appointment) => appointments::symptoms_of(&mut ctx.tx, appointment).await?,
        None => String::new(),
    };
    let consultation = Consultation {
        symptoms,
        standing,
        summary,
        note: workflow::note_view(&mut ctx, id).await?,
        place: workflow::kept_place(&ctx, &visit)?,
        worksheet: workflow::worksheet_of(&mut ctx, id).await?,
        glance: glance(&mut ctx, visit.patient_id, Some(id)).await?,
        orders: OrderPanel::of(&mut ctx, id).await?,
        queue,
        refused: RefusedForms::of(Request::current().and_then(|request| request.form.clone()).as_ref(), id),
        told: told(&mut ctx, done, &here).await?,
        visit,
    };
    let title = format!("{} {}", consultation.visit.token, tr!(clinical.consultation));
    let actions = banner_actions(&consultation);
    Ok(Page::new(title, move || page(consultation))
        .banner(move || banner_view(banner, actions))
        .keys(vec![
            KeyHint::new("Alt + n", tr!(clinical.call_next)),
            KeyHint::new("w", tr!(clinical.note)),
            KeyHint::new("d", tr!(clinical.diagnosis)),
            KeyHint::new("m", tr!(clinical.medicine)),
            KeyHint::new("o", tr!(orders.order)),
            KeyHint::new("Ctrl + Enter", tr!(clinical.sign_and_finish)),
        ])
        .class("main--full"))
}

/// Serves the queue of the page alone, after a change.
pub async fn queue_part(Path(id): Path<VisitId>) -> Result<Part> {
    let mut ctx = Ctx::read(Permission::WriteNotes).await?;
    let visit = opd::visit(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::WriteNotes, visit.clinic_id)?;
    let (list, state) = queue_beside(&mut ctx, &visit).await?;
    Ok(Part::new(move || list.part(state)))
}

/// Returns the doctors' queue of the service where the patient is.
async fn queue_beside(ctx: &mut Ctx, visit: &Visit) -> Result<(QueueList, PanelState)> {
    let service = match visit.ended_at {
        None => opd::open_entry(&mut ctx.tx, visit.id).await?.service_id,
        Some(_) => visit.service_id,
    };
    let doctor = ctx.who.staff;
    let list = QueueList {
        step: Step::Doctor,
        service: service.to_string(),
        doctor: doctor.map(|doctor| doctor.to_string()).unwrap_or_default(),
        link: "/consultation/{visit}".to_owned(),
        link_words: tr!(clinical.open_note).to_owned(),
        back: format!("/consultation/{}", visit.id),
        call_action: "/api/clinical/call_next".to_owned(),
        from: format!("/consultation/{}/queue", visit.id),
    };
    Ok((list, super::queue(ctx, service, doctor).await?))
}

async fn standing(ctx: &mut Ctx, visit: &Visit, summary: Option<&Summary>) -> Result<Standing> {
    if let Some(summary) = summary {
        return Ok(match summary.encounter.state {
            EncounterState::InProgress if summary.encounter.doctor == ctx.who.staff => Standing::Open,
            EncounterState::InProgress => Standing::Colleague(summary.encounter.doctor_name.clone()),
            EncounterState::Finished | EncounterState::EnteredInError => Standing::Over,
        });
    }
    if visit.ended_at.is_some() {
        return Ok(Standing::Over);
    }
    let entry = opd::open_entry(&mut ctx.tx, visit.id).await?;
    Ok(match (entry.step, entry.state) {
        (Step::Doctor, QueueState::Called | QueueState::Serving) => Standing::Open,
        (step, state) => Standing::Waiting { callable: step == Step::Doctor && state == QueueState::Waiting },
    })
}

/// The visit's token and state, at the banner's right end.
fn banner_actions(consultation: &Consultation) -> (String, Tone, String) {
    let (tone, words) = match &consultation.standing {
        Standing::Waiting { .. } => (Tone::Waiting, tr!(clinical.state_waiting).to_owned()),
        Standing::Open => (Tone::Progress, tr!(clinical.state_open).to_owned()),
        Standing::Colleague(name) => (Tone::Reserved, tr!(clinical.state_colleague, doctor = name.clone())),
        Standing::Over => (Tone::Done, tr!(clinical.state_over).to_owned()),
    };
    (consultation.visit.token.clone(), tone, words)
}

fn banner_view(info: BannerInfo, (token, tone, words): (String, Tone, String)) -> impl IntoView {
    let actions = view! { <span class="queue__token">{token}</span><StatusBadge tone label=words/> }.into_any();
    view! { <PatientBanner info actions=Some(actions)/> }
}

fn page(consultation: Consultation) -> impl IntoView {
    let Consultation { visit, symptoms, standing, summary, note, place, worksheet, glance, orders, queue: (list, queue), refused, told } =
        consultation;
    let id = visit.id.to_string();
    let reason = (!visit.reason.is_empty())
        .then(|| view! { <p class="consultation__reason"><strong>{tr!(clinical.reason)}": "</strong>{visit.reason.clone()}</p> });
    let symptoms = (!symptoms.is_empty())
        .then(|| view! { <p class="consultation__reason"><strong>{tr!(appointments.symptoms)}": "</strong><span class="prose">{symptoms}</span></p> });
    let message = refused.message.clone().map(|message| view! { <NoticeBox tone=Tone::Warning><p role="alert">{message}</p></NoticeBox> });
    let (zone, occupant) = (glance.measured.zone, queue.occupant.clone());
    let orders = order_panel(visit.id, orders, matches!(standing, Standing::Open));
    let plan = format!("/consultation/{}/plan", visit.id);
    let next = format!("/consultation/{}/follow-up", visit.id);
    let links =
        view! { <p class="cluster"><a href=plan>{tr!(clinical.treatment_plan)}</a><a href=next>{tr!(clinical.propose_follow_up)}</a></p> };
    let orders = Some(view! { {orders}{links} }.into_any());
    let middle = match standing {
        Standing::Waiting { callable } => view! { {waiting(&id, callable, &occupant)}{orders} }.into_any(),
        Standing::Open => {
            let held = summary.as_ref().map(|summary| holds_panel(summary, zone, true, ""));
            let orders = Some(view! { {orders}{held} }.into_any());
            desk(&id, visit.patient_id.to_string(), place, note, worksheet, refused, orders)
        }
        Standing::Colleague(name) => view! { {colleague(&id, &name, summary.as_ref(), zone)}{orders} }.into_any(),
        Standing::Over => view! { {over(summary.as_ref(), zone)}{orders} }.into_any(),
    };
    view! {
        <h1 class="visually-hidden">{tr!(clinical.consultation)}</h1>
        {toast(told)}
        // The note is the main task, so it comes first; a wide screen has room for the queue at its left.
        <div class="consultation">
            <div class="consultation__note">{message}{reason}{symptoms}{middle}</div>
            {glance.panel()}
            <section class="panel consultation__queue" aria-label=tr!(clinical.queue)>
                <div class="panel__head"><h2>{tr!(clinical.queue)}</h2><a href="/consultation">{tr!(clinical.my_day)}</a></div>
                {list.live(queue)}
            </section>
        </div>
    }
}

/// Shows the note editor with the diagnoses, the prescriptions and the signature.
fn desk(
    id: &str,
    patient: String,
    place: Place,
    note: NoteView,
    worksheet: Worksheet,
    refused: RefusedForms,
    orders: Option<AnyView>,
) -> AnyView {
    let Worksheet { diagnoses, prescriptions, repeatable, fresh: _ } = worksheet;
    let errors = refused.note.as_ref().map(|note| note.errors.as_slice()).unwrap_or_default();
    let password = errors.iter().find(|error| error.field == "password").map(|error| error.message.clone()).unwrap_or_default();
    view! {
        <NoteEditor visit=id.to_owned() place note refused=refused.note/>
        <noscript><p class="muted">{tr!(clinical.without_scripts)}</p></noscript>
        <section class="panel" aria-labelledby="diagnoses-heading">
            <div class="panel__head"><h2 id="diagnoses-heading">{tr!(clinical.diagnoses)}</h2></div>
            <Diagnoses visit=id.to_owned() lines=diagnoses refused=refused.diagnosis/>
        </section>
        <section class="panel" aria-labelledby="prescriptions-heading">
            <div class="panel__head"><h2 id="prescriptions-heading">{tr!(clinical.prescriptions)}</h2></div>
            <Prescriptions visit=id.to_owned() patient lines=prescriptions repeatable refused=refused.prescription/>
        </section>
        {orders}
        <p class="muted small">{tr!(clinical.signing_freezes)}</p>
        <div class="note__sign">
            <label class="note__password">
                <span>{tr!(accounts.own_password)}</span>
                <input
                    id="sign-password"
                    aria-label=tr!(clinical.password_to_sign)
                    class="input"
                    type="password"
                    name="password"
                    form="note"
                    autocomplete="current-password"
                    maxlength="200"
                    aria-describedby="sign-password-error"
                />
                <span class="field__error" id="sign-password-error" role="alert">{password}</span>
            </label>
            <button
                id="sign-note"
                class="button button--primary"
                type="submit"
                form="note"
                formaction="/api/clinical/sign"
                aria-keyshortcuts="Control+Enter"
            >
                <Icon glyph=Glyph::Sign/>
                {tr!(clinical.sign_and_finish)}
                <kbd aria-hidden="true">"Ctrl+Enter"</kbd>
            </button>
        </div>
    }
    .into_any()
}

fn waiting(id: &str, callable: bool, occupant: &str) -> AnyView {
    // The call was refused because a patient is still in the room: the same button again means that this patient may
    // stay.
    let refused = use_context::<FormState>().is_some_and(|form| form.action == "/api/clinical/call");
    let ask = if refused && !occupant.is_empty() { occupant.to_owned() } else { "1".to_owned() };
    let hidden = vec![("visit_id", id.to_owned()), ("ask", ask)];
    let call = callable.then(|| {
        view! {
            <Form action="/api/clinical/call" hidden>
                <div class="form__actions"><Button label=tr!(clinical.call_this) tone=ButtonTone::Primary glyph=Glyph::CallNext/></div>
            </Form>
        }
    });
    let words = if callable { tr!(clinical.waiting_text) } else { tr!(clinical.not_in_queue) };
    view! { <NoticeBox tone=Tone::Waiting title=tr!(clinical.state_waiting)><p>{words}</p>{call}</NoticeBox> }.into_any()
}

fn colleague(id: &str, name: &str, summary: Option<&Summary>, zone: crate::core::time::Zone) -> AnyView {
    let hidden = vec![("visit_id", id.to_owned())];
    view! {
        <NoticeBox tone=Tone::Reserved title=tr!(clinical.state_colleague, doctor = name.to_owned())>
            <p>{tr!(clinical.colleague_text)}</p>
            <Form action="/api/clinical/take_over" hidden>
                <div class="form__actions"><Button label=tr!(clinical.take_over) glyph=Glyph::Transfer/></div>
            </Form>
        </NoticeBox>
        {summary.map(|summary| written(summary, zone))}
    }
    .into_any()
}

fn over(summary: Option<&Summary>, zone: crate::core::time::Zone) -> AnyView {
    match summary {
        Some(summary) => view! {
            {written(summary, zone)}
            {holds_panel(summary, zone, true, "")}
            <div class="cluster">{entry::addendum_form(summary, "")}{entry::papers(summary)}</div>
        }
        .into_any(),
        None => {
            view! { <NoticeBox tone=Tone::Inactive title=tr!(clinical.visit_over)><p>{tr!(clinical.nothing_was_written)}</p></NoticeBox> }
                .into_any()
        }
    }
}

/// Shows the finished note for reading.
fn written(summary: &Summary, zone: crate::core::time::Zone) -> AnyView {
    let note = summary.note.as_ref().map(|note| view! { <h3 class="visually-hidden">{tr!(clinical.note)}</h3>{entry::note(note, zone)} });
    let diagnoses = entry::diagnoses(&summary.diagnoses).map(|list| view! { <div><h3>{tr!(clinical.diagnoses)}</h3>{list}</div> });
    let prescriptions =
        entry::prescriptions(&summary.prescriptions, false).map(|list| view! { <div><h3>{tr!(clinical.prescriptions)}</h3>{list}</div> });
    view! {
        <section class="panel" aria-label=tr!(clinical.note)>
            <div class="panel__head"><h2>{tr!(clinical.note)}</h2></div>
            <div class="panel__body stack">{note}{entry::addenda(&summary.addenda, zone)}{diagnoses}{prescriptions}</div>
        </section>
    }
    .into_any()
}
