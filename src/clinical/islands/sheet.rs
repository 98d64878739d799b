//! The diagnoses and prescriptions of the page's consultation: one request after an event loads both together.

use leptos::prelude::*;

use crate::{
    clinical::worksheet::Worksheet,
    core::{Error, Result, VisitId},
    ui::live::Turns,
};

/// The worksheet that both islands of the page show.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    visit: StoredValue<String>,
    turns: Turns,
    /// `None` until the server has sent a newer worksheet than the page had.
    told: RwSignal<Option<Worksheet>>,
}

impl Sheet {
    fn new(visit: String) -> Self {
        Self { visit: StoredValue::new(visit), turns: Turns::default(), told: RwSignal::new(None) }
    }

    /// Returns the sheet of the page. The first island that calls this reloads it for both when the chart changes.
    #[cfg(feature = "hydrate")]
    pub(super) fn of_page(visit: String) -> Self {
        use std::cell::Cell;

        thread_local! {
            static SHEET: Cell<Option<Sheet>> = const { Cell::new(None) };
        }
        if let Some(sheet) = SHEET.get() {
            return sheet;
        }
        let sheet = Self::new(visit);
        SHEET.set(Some(sheet));
        sheet.follow();
        sheet
    }

    /// Returns the sheet of the page.
    #[cfg(not(feature = "hydrate"))]
    pub(super) fn of_page(visit: String) -> Self {
        Self::new(visit)
    }

    #[cfg(feature = "hydrate")]
    fn follow(self) {
        use crate::{clinical::api, ui::live};

        let Some(visit) = self.visit() else { return };
        live::follow(
            &["chart"],
            self.turns,
            move || api::read_worksheet(visit),
            move |worksheet: Worksheet| {
                worksheet.fresh.iter().for_each(|(place, html)| live::show_again(place, html));
                self.told.set(Some(worksheet));
            },
        );
    }

    pub(super) fn visit(self) -> Option<VisitId> {
        self.visit.with_value(|visit| visit.parse().ok())
    }

    pub(super) fn visit_text(self) -> String {
        self.visit.get_value()
    }

    /// Returns lines of the worksheet: first those that the page has, then those of the server's last answer.
    pub(super) fn lines<T>(self, first: Vec<T>, part: fn(&Worksheet) -> &Vec<T>) -> Memo<Vec<T>>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.told.with(|told| told.as_ref().map_or_else(|| first.clone(), |told| part(told).clone())))
    }

    /// Begins an action of this page; returns its number for [`Sheet::answered`].
    pub(super) fn begin(self) -> u64 {
        self.turns.ask()
    }

    /// Shows the answer to an action, unless the answer to a later request is already shown.
    pub(super) fn answered(self, number: u64, answer: Result<Worksheet, Error>) -> Result<(), Error> {
        let worksheet = answer?;
        if self.turns.is_newest(number) {
            self.told.set(Some(worksheet));
        }
        Ok(())
    }
}
