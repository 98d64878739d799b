//! The note that saves itself: two seconds after the first unsaved letter, and again as long as one writes.
//!
//! Nothing typed is lost: until the server has it, the text is also kept by the browser; a closing page sends it as its last
//! act, and one that could not save tries again, at once when the connection is back or somebody comes back to the page.
//! Saving over somebody's newer text is refused by the server; then both texts are shown, and a person chooses.

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

/// From the first unsaved letter to the save.
const PAUSE: Duration = Duration::from_secs(2);
/// From a failed save to the next try.
const AGAIN: Duration = Duration::from_secs(6);
/// The fields of the note.
const SECTIONS: [&str; 4] = ["history", "examination", "assessment", "plan"];
/// How the text on the screen stands to the text on record.
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
    /// What the server has.
    on_record: StoredValue<NoteText>,
    standing: RwSignal<Standing>,
    /// The other text, while a person has to choose, and why.
    theirs: RwSignal<Option<NoteView>>,
    why: StoredValue<String>,
    complaints: Complaints,
    /// Why it is signed in spite of warnings that came after the prescriptions, and the digest of these.
    reason: RwSignal<String>,
    seen: RwSignal<String>,
    timer: StoredValue<Option<TimeoutHandle>>,
    saving: StoredValue<bool>,
    /// Signing waits for the save under way.
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
        // A text refused because another one was saved meanwhile stands beside that one.
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

    /// A letter was typed, or a text put back.
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

    /// Not saved, and kept by the browser. What may pass by itself is tried again.
    fn failed(self, error: &Error) {
        self.then_sign.set_value(false);
        self.standing.set(Standing::Failed);
        match error {
            // The words beside the heading say enough.
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
        // What still waits to be taken over is no matter of saving.
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

    /// Somebody else saved first, or this tab's own last act did, or the note is signed.
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
            // Pressed twice: the first one is on its way.
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

    /// Signs what is on the screen. Not by leaving the page: until the server has answered, the text stays where it is.
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

    /// The note is not signed. Its text is as saved as it was: what is wrong is said where it can be mended.
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
            // A wrong password is no reason not to keep what was written.
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
        // Once the question is drawn.
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

    /// Puts a text back that an earlier page could not send, beside what is on record if that has changed since.
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

    /// In the browser, once: what an earlier page of this tab could not send, and what to do when this one goes away.
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
            // Only what cannot be saved by itself is worth a question.
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
#[island]
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
    // After the text areas: what they hold by then counts, and a kept text comes over it.
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
