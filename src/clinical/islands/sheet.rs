//! What is coded and prescribed in the consultation of the page: asked for once after a hint, for the diagnoses and the prescriptions together.

use leptos::prelude::*;

use crate::{
    clinical::worksheet::Worksheet,
    core::{Error, Result, VisitId},
    ui::live::Turns,
};

/// The worksheet as both islands of the page show it.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    visit: StoredValue<String>,
    turns: Turns,
    /// Nothing until the server told more than the page did.
    told: RwSignal<Option<Worksheet>>,
}

impl Sheet {
    fn new(visit: String) -> Self {
        Self { visit: StoredValue::new(visit), turns: Turns::default(), told: RwSignal::new(None) }
    }

    /// The sheet of the page. The first island that asks for it follows the chart for both.
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

    /// The sheet of the page.
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

    /// Lines of the worksheet: those that the page has, then as the server tells.
    pub(super) fn lines<T>(self, first: Vec<T>, part: fn(&Worksheet) -> &Vec<T>) -> Memo<Vec<T>>
    where
        T: Clone + PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.told.with(|told| told.as_ref().map_or_else(|| first.clone(), |told| part(told).clone())))
    }

    /// An act of one's own begins; its number is given to [`Sheet::answered`].
    pub(super) fn begin(self) -> u64 {
        self.turns.ask()
    }

    /// Shows the answer to an act, unless the answer to a later question is shown already.
    pub(super) fn answered(self, number: u64, answer: Result<Worksheet, Error>) -> Result<(), Error> {
        let worksheet = answer?;
        if self.turns.is_newest(number) {
            self.told.set(Some(worksheet));
        }
        Ok(())
    }
}
