//! The note editor saves by itself: two seconds after the first unsaved letter, and again while the doctor writes.
//!
//! No typed text is lost: until the server has it, the browser also keeps the text. A page that closes sends the text last;
//! a page that could not save tries again, and does so at once when the connection is back or the user returns to the page.
//! The server refuses to save over a newer text of another person; then the editor shows both texts, and the user chooses
//! one.

mod parts;

use core::time::Duration;

use leptos::{
    ev,
    leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle},
    prelude::*,
    task::spawn_local,
    web_sys::{Element, HtmlElement},
};
use wasm_bindgen::JsCast as _;

use super::{
    around::{PASSWORD, SIGN_BUTTON, begun_in_another_form, left_over, password, password_complaint, press, value_of},
    fields::{Complaint, Complaints},
    kept::{self, Found, Kept, Place},
};
use crate::{
    clinical::{
        NoteText, api, section_heading,
        worksheet::{NoteView, Refused},
    },
    core::Error,
    tr,
    ui::{Button, TextArea},
};
use parts::{FieldComplaints, both, standing};

/// The time from the first unsaved letter to the save.
const PAUSE: Duration = Duration::from_secs(2);
/// The time from a failed save to the next attempt.
const AGAIN: Duration = Duration::from_secs(6);
/// The fields of the note.
const SECTIONS: [&str; 4] = ["history", "examination", "assessment", "plan"];
/// The state of the text on the screen compared with the stored text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Saved(String),
    Unsaved,
    Saving,
    Failed,
}

#[derive(Clone, Copy)]
struct Editor {
    visit: StoredValue<String>,
    place: StoredValue<Place>,
    sections: [(&'static str, RwSignal<String>); 4],
    version: RwSignal<i64>,
    /// The text that the server has.
    on_record: StoredValue<NoteText>,
    standing: RwSignal<Standing>,
    /// The other person's text, while the user has to choose one, and the reason for the choice.
    theirs: RwSignal<Option<NoteView>>,
    why: StoredValue<String>,
    complaints: Complaints,
    /// The reason for signing in spite of warnings that came up after the prescriptions were written, and the digest of
    /// these warnings.
    reason: RwSignal<String>,
    seen: RwSignal<String>,
    timer: StoredValue<Option<TimeoutHandle>>,
    saving: StoredValue<bool>,
    /// Signing waits for the current save to end.
    then_sign: StoredValue<bool>,
    leaving: StoredValue<bool>,
}

impl Editor {
    fn new(visit: String, place: Place, note: &NoteView, refused: Option<Refused>) -> Self {
        let typed = refused.as_ref().map(|refused| NoteText {
            history: refused.value("history"),
            examination: refused.value("examination"),
            assessment: refused.value("assessment"),
            plan: refused.value("plan"),
        });
        // A text that was refused because another text was saved meanwhile is shown beside that text.
        let conflict = refused.as_ref().zip(typed.as_ref()).is_some_and(|(refused, typed)| {
            *typed != note.text && refused.value("version").parse::<i64>().is_ok_and(|version| version != note.version)
        });
        let shown = typed.unwrap_or_else(|| note.text.clone());
        let reason = refused.as_ref().map(|refused| refused.value("sign_reason")).unwrap_or_default();
        let (errors, message) = refused.map(|refused| (refused.errors, refused.message)).unwrap_or_default();
        let standing = if shown == note.text { Standing::Saved(note.saved.clone()) } else { Standing::Unsaved };
        let NoteText { history, examination, assessment, plan } = shown;
        Self {
            visit: StoredValue::new(visit),
            place: StoredValue::new(place),
            sections: [
                ("history", RwSignal::new(history)),
                ("examination", RwSignal::new(examination)),
                ("assessment", RwSignal::new(assessment)),
                ("plan", RwSignal::new(plan)),
            ],
            version: RwSignal::new(note.version),
            on_record: StoredValue::new(note.text.clone()),
            standing: RwSignal::new(standing),
            theirs: RwSignal::new(conflict.then(|| note.clone())),
            why: StoredValue::new(tr!(clinical.two_versions_text).to_owned()),
            reason: RwSignal::new(reason),
            seen: RwSignal::new(errors.iter().find(|error| error.field == "seen").map(|error| error.message.clone()).unwrap_or_default()),
            complaints: Complaints::new(errors, message),
            timer: StoredValue::new(None),
            saving: StoredValue::new(false),
            then_sign: StoredValue::new(false),
            leaving: StoredValue::new(false),
        }
    }

    fn text(self) -> NoteText {
        let [history, examination, assessment, plan] = self.sections.map(|(_, section)| section.get_untracked().replace("\r\n", "\n"));
        NoteText { history, examination, assessment, plan }
    }

    fn write(self, text: &NoteText) {
        for ((_, signal), (_, text)) in self.sections.iter().zip(text.sections()) {
            signal.set(text.to_owned());
        }
    }

    fn is_unsaved(self) -> bool {
        self.on_record.with_value(|on_record| *on_record != self.text())
    }

    fn kept(self) -> Kept {
        Kept { version: self.version.get_untracked(), text: self.text() }
    }

    fn stop_timer(self) {
        if let Some(Some(handle)) = self.timer.try_update_value(Option::take) {
            handle.clear();
        }
    }

    fn save_in(self, pause: Duration) {
        if self.timer.with_value(Option::is_none) {
            let save = move || {
                self.timer.set_value(None);
                self.save();
            };
            self.timer.set_value(set_timeout_with_handle(save, pause).ok());
        }
    }

    /// Handles a typed letter or a restored text.
    fn touched(self) {
        if !self.is_unsaved() {
            return;
        }
        if self.standing.get_untracked() != Standing::Saving {
            self.standing.set(Standing::Unsaved);
        }
        self.place.with_value(|place| kept::keep(place, &self.kept()));
        if self.theirs.with_untracked(Option::is_none) {
            self.save_in(PAUSE);
        }
    }

    fn save(self) {
        if self.saving.get_value() || self.leaving.get_value() || self.theirs.with_untracked(Option::is_some) {
            return;
        }
        self.stop_timer();
        let text = self.text();
        let Ok(visit) = self.visit.get_value().parse() else { return };
        self.saving.set_value(true);
        self.standing.set(Standing::Saving);
        spawn_local(async move {
            let NoteText { history, examination, assessment, plan } = text.clone();
            let answer = api::save_note(visit, self.version.get_untracked(), history, examination, assessment, plan).await;
            self.saving.set_value(false);
            match answer {
                Ok(saved) => self.saved(text, saved.version, saved.at),
                Err(Error::Conflict(message)) => {
                    let now = api::note(visit).await;
                    self.conflict(&text, now, message);
                }
                Err(error) => self.failed(&error),
            }
        });
    }

    /// Handles a failed save; the browser keeps the text. Errors that may pass by themselves lead to another attempt.
    fn failed(self, error: &Error) {
        self.then_sign.set_value(false);
        self.standing.set(Standing::Failed);
        match error {
            // The status next to the heading says enough.
            Error::Busy => self.complaints.clear(),
            Error::SignedOut => {
                self.complaints.clear();
                self.complaints.message.set(tr!(clinical.signed_out_kept).to_owned());
            }
            other => self.complaints.note(other),
        }
        if matches!(error, Error::Busy | Error::SignedOut | Error::Internal { .. }) {
            self.save_in(AGAIN);
        }
    }

    fn saved(self, text: NoteText, version: i64, at: String) {
        self.version.set(version);
        self.on_record.set_value(text);
        // An entry that was typed but not yet added is unrelated to saving, so its message stays.
        if left_over().is_none_or(|(_, words)| self.complaints.message.with_untracked(|said| said != words)) {
            self.complaints.clear();
        }
        self.standing.set(Standing::Saved(at));
        if self.is_unsaved() {
            self.touched();
        } else {
            self.place.with_value(kept::forget);
        }
        if self.then_sign.get_value() {
            self.then_sign.set_value(false);
            press(SIGN_BUTTON);
        }
    }

    /// Handles a conflict: another person saved first, or this tab's own last request did, or the note is signed.
    fn conflict(self, sent: &NoteText, now: Result<NoteView, Error>, message: String) {
        match now {
            Ok(now) if now.text == *sent && now.signed => self.signed(),
            Ok(now) if now.text == *sent => self.saved(now.text, now.version, now.saved),
            Ok(now) if !now.signed => {
                self.then_sign.set_value(false);
                self.standing.set(Standing::Failed);
                self.complaints.clear();
                self.why.set_value(message);
                self.theirs.set(Some(now));
            }
            Ok(_) | Err(_) => {
                self.then_sign.set_value(false);
                self.standing.set(Standing::Failed);
                self.complaints.message.set(message);
            }
        }
    }

    fn keep_mine(self) {
        if let Some(theirs) = self.theirs.get_untracked() {
            self.version.set(theirs.version);
            self.on_record.set_value(theirs.text);
        }
        self.theirs.set(None);
        self.save();
    }

    fn take_theirs(self) {
        if let Some(theirs) = self.theirs.get_untracked() {
            self.on_record.set_value(theirs.text.clone());
            self.write(&theirs.text);
            self.saved(theirs.text, theirs.version, theirs.saved);
        }
        self.complaints.clear();
        self.theirs.set(None);
    }

    fn submitted(self, event: &ev::SubmitEvent) {
        let signs = event.submitter().is_some_and(|button| button.id() == SIGN_BUTTON);
        if self.leaving.get_value() {
            // The user pressed twice: the first request is still running.
            event.prevent_default();
        } else if let Some((field, words)) = left_over().filter(|_| signs) {
            event.prevent_default();
            self.complaints.message.set(words.to_owned());
            let _ = field.focus();
        } else if !signs {
            event.prevent_default();
            self.save();
        } else if let Some(field) = password().filter(|field| value_of(field).is_empty()) {
            event.prevent_default();
            password_complaint(tr!(clinical.enter_password));
            let _ = field.focus();
        } else if self.saving.get_value() {
            event.prevent_default();
            self.then_sign.set_value(true);
        } else {
            event.prevent_default();
            self.sign();
        }
    }

    /// Signs the text on the screen with a call, without leaving the page: the text stays on the screen until the
    /// server has answered.
    fn sign(self) {
        let text = self.text();
        let Ok(visit) = self.visit.get_value().parse() else { return };
        let typed = password().map(|field| value_of(&field)).unwrap_or_default();
        let before = self.standing.get_untracked();
        let (reason, seen) = (self.reason.get_untracked(), self.seen.get_untracked());
        password_complaint("");
        self.stop_timer();
        self.leaving.set_value(true);
        self.standing.set(Standing::Saving);
        spawn_local(async move {
            let NoteText { history, examination, assessment, plan } = text.clone();
            let answer = api::sign(visit, self.version.get_untracked(), history, examination, assessment, plan, typed, reason, seen).await;
            self.leaving.set_value(false);
            match answer {
                Ok(()) => self.signed(),
                Err(Error::Conflict(message)) => {
                    let now = api::note(visit).await;
                    self.conflict(&text, now, message);
                }
                Err(error) => self.not_signed(&error, before),
            }
        });
    }

    /// Handles a refused signature. The text keeps its state of saving; the error is shown at the field that needs
    /// correction.
    fn not_signed(self, error: &Error, before: Standing) {
        let of_password = match error {
            Error::Invalid(fields) => fields.iter().find(|error| error.field == "password").map(|error| error.message.clone()),
            _ => None,
        };
        if of_password.is_some() {
            self.then_sign.set_value(false);
            self.complaints.clear();
        } else {
            self.failed(error);
        }
        if self.is_unsaved() {
            self.standing.set(Standing::Unsaved);
            // A wrong password does not stop the text from being saved.
            self.save_in(PAUSE);
        } else if matches!(before, Standing::Saved(_)) {
            self.standing.set(before);
        }
        if let Some(words) = of_password {
            password_complaint(&words);
            if let Some(field) = password() {
                let _ = field.focus();
            }
            return;
        }
        if let Some(seen) = self.complaints.of_now("seen") {
            self.seen.set(seen);
        }
        // Waits until the question is drawn.
        request_animation_frame(|| {
            if let Some(note) = document().get_element_by_id("note") {
                note.scroll_into_view();
            }
            if let Some(field) = document().get_element_by_id("sign-reason") {
                let _ = field.unchecked_into::<HtmlElement>().focus();
            }
        });
    }

    fn signed(self) {
        self.leaving.set_value(true);
        self.place.with_value(kept::forget);
        if let Err(error) = window().location().set_href("/consultation?done=signed") {
            leptos::logging::warn!("{error:?}");
        }
    }

    /// Restores a text that an earlier page could not send; if the stored note has changed since, both are shown.
    fn give_back(self, kept: &Kept) {
        if self.on_record.with_value(|on_record| *on_record == kept.text) {
            self.place.with_value(kept::forget);
        } else if !self.is_unsaved() {
            self.write(&kept.text);
            if kept.version != self.version.get_untracked() {
                let theirs = NoteView { version: self.version.get_untracked(), text: self.on_record.get_value(), ..NoteView::default() };
                self.theirs.set(Some(theirs));
            }
        }
    }

    /// Runs once in the browser: restores text that an earlier page could not send, and registers what to do when this
    /// page closes.
    fn come_alive(self) {
        spawn_local(async move {
            match kept::find(&self.place.get_value()).await {
                Found::Text(kept) => self.give_back(&kept),
                Found::Unreadable => self.complaints.message.set(tr!(clinical.kept_unreadable).to_owned()),
                Found::Nothing => (),
            }
        });
        let back = ["online", "visibilitychange"].map(|event| {
            window_event_listener_untyped(event, move |_| {
                if !document().hidden() && self.standing.get_untracked() == Standing::Failed {
                    self.save();
                }
            })
        });
        let going = window_event_listener(ev::pagehide, move |_| {
            if !self.leaving.get_value() && self.theirs.with_untracked(Option::is_none) && self.is_unsaved() {
                self.visit.with_value(|visit| kept::send(visit, &self.kept()));
            }
        });
        let closing = window_event_listener(ev::beforeunload, move |event| {
            // The browser asks before it leaves only when the text cannot be saved by itself.
            if !self.leaving.get_value() && self.theirs.with_untracked(Option::is_some) {
                event.prevent_default();
            }
        });
        let keys = window_event_listener(ev::keydown, move |event| {
            let proving = event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|field| field.id() == PASSWORD);
            if event.key() == "Enter"
                && (event.ctrl_key() || event.meta_key() || proving)
                && !event.repeat()
                && !begun_in_another_form(&event)
            {
                event.prevent_default();
                press(SIGN_BUTTON);
            }
        });
        on_cleanup(move || {
            going.remove();
            closing.remove();
            for handle in back {
                handle.remove();
            }
            keys.remove();
        });
    }
}

/// The note of a visit's consultation.
#[island(lazy)]
pub fn NoteEditor(visit: String, place: Place, note: NoteView, refused: Option<Refused>) -> impl IntoView {
    let action = "/api/clinical/save_note";
    let editor = Editor::new(visit.clone(), place, &note, refused);
    let sections = editor
        .sections
        .map(|(name, signal)| {
            let area = match name {
                "history" => view! { <TextArea name label=section_heading(name) bind=signal rows=2 key="w" autofocus=true/> }.into_any(),
                _ => view! { <TextArea name label=section_heading(name) bind=signal rows=2/> }.into_any(),
            };
            view! { <div class="note__section">{area}</div> }
        })
        .collect_view();
    // Runs after the text areas are there: their current content counts, and a restored text replaces it.
    Effect::new(move || untrack(|| editor.come_alive()));
    Effect::new(move || {
        for (_, section) in editor.sections {
            section.track();
        }
        untrack(|| editor.touched());
    });
    view! {
        <form id="note" class="panel" method="post" action=action on:submit=move |event| editor.submitted(&event)>
            <input type="hidden" name="visit_id" value=visit.clone()/>
            <input type="hidden" name="version" value=note.version.to_string() prop:value=move || editor.version.get().to_string()/>
            <div class="panel__head">
                <h2>{tr!(clinical.note)}</h2>
                <span class=move || if editor.standing.get() == Standing::Failed { "note__saved is-warning" } else { "note__saved" } role="status">
                    {move || standing(&editor.standing.get())}
                </span>
            </div>
            <div class="panel__body note">
                <Complaint complaints=editor.complaints/>
                <FieldComplaints editor/>
                {move || editor.theirs.get().map(|theirs| both(editor, &theirs, &visit))}
                {sections}
                <div class="form__actions"><Button label=tr!(clinical.save_draft)/></div>
            </div>
        </form>
    }
}
