//! Parts that several pages of the formulary show: tabs, badges, the confirmation of a row.

use leptos::prelude::*;

use crate::{
    core::{
        list::{self, PAGE_SIZE, Slice},
        time::{Instant, Zone, show_date},
    },
    formulary::{
        Advice, CheckLevel, InteractionLevel,
        rule::{RuleKind, RuleState},
    },
    tr,
    ui::{ButtonTone, Confirm, PostButton, StatusBadge, Tab, Tabs, Tone},
};

/// Shows the tabs over the lists of the formulary.
pub(super) fn tabs(current: &str, manages: bool) -> impl IntoView + use<> {
    let tab = |href: &'static str, label: &'static str| Tab::new(href, label, href == current);
    let mut tabs = vec![
        tab("/formulary", tr!(formulary.drugs)),
        tab("/formulary/substances", tr!(formulary.substances)),
        tab("/formulary/interactions", tr!(formulary.interactions)),
        tab("/formulary/look-alikes", tr!(formulary.look_alikes)),
    ];
    if manages {
        tabs.push(tab("/formulary/mapping", tr!(formulary.mapping)));
    }
    view! { <Tabs label=tr!(formulary.title) tabs/> }
}

/// Returns the rows of the requested page, and the number of rows on all pages.
pub(super) fn page_of<T>(rows: Vec<T>, page: Option<i64>) -> (Slice<T>, Option<i64>) {
    let total = i64::try_from(rows.len()).ok();
    let (page, offset) = list::offset(page);
    let (skip, take) = (usize::try_from(offset).unwrap_or_default(), usize::try_from(PAGE_SIZE + 1).unwrap_or_default());
    (Slice::from_surplus(rows.into_iter().skip(skip).take(take).collect(), page), total)
}

/// Shows whether a row is retired, confirmed or not yet confirmed.
pub(super) fn state_badge(retired: bool, confirmed: bool) -> AnyView {
    let (tone, label) = match (retired, confirmed) {
        (true, _) => (Tone::Inactive, tr!(formulary.retired)),
        (false, true) => (Tone::Done, tr!(formulary.confirmed)),
        (false, false) => (Tone::Warning, tr!(formulary.unconfirmed)),
    };
    view! { <StatusBadge tone label/> }.into_any()
}

/// Returns who confirmed a row, and when.
pub(super) fn confirmed_words(at: Option<Instant>, by: Option<&str>, zone: Zone) -> String {
    match at {
        Some(at) => tr!(formulary.confirmed_by, name = by.unwrap_or_default().to_owned(), day = show_date(zone.day(at))),
        None => tr!(formulary.unconfirmed_text).to_owned(),
    }
}

/// Shows the level of an interaction.
pub(super) fn interaction_badge(level: InteractionLevel) -> AnyView {
    let tone = match level {
        InteractionLevel::Contraindicated => Tone::Critical,
        InteractionLevel::Severe => Tone::Warning,
    };
    view! { <StatusBadge tone label=level.words()/> }.into_any()
}

/// Shows the level of a warning.
pub(super) fn level_badge(level: CheckLevel) -> AnyView {
    let tone = match level {
        CheckLevel::Block | CheckLevel::Strong => Tone::Critical,
        CheckLevel::Warn => Tone::Warning,
        CheckLevel::Info => Tone::Waiting,
    };
    view! { <StatusBadge tone label=level.words()/> }.into_any()
}

/// Shows the advice in pregnancy or lactation.
pub(super) fn advice_badge(advice: Advice) -> AnyView {
    let tone = match advice {
        Advice::Safe => Tone::Done,
        Advice::Avoid => Tone::Warning,
        Advice::Contraindicated => Tone::Critical,
        Advice::Unknown => Tone::Inactive,
    };
    view! { <StatusBadge tone label=advice.words()/> }.into_any()
}

/// Shows the buttons with which a pharmacist confirms or retires a rule.
pub(super) fn rule_acts(kind: RuleKind, id: String, state: &RuleState, back: &str, about: &str) -> AnyView {
    if state.retired {
        return ().into_any();
    }
    let hidden = vec![("rule", kind.as_str().to_owned()), ("id", id), ("version", state.version.to_string()), ("back", back.to_owned())];
    let retire = hidden.clone();
    let about = about.to_owned();
    let confirm = state.confirmed_at.is_none().then(|| {
        let about = about.clone();
        view! { <PostButton action="/api/formulary/confirm_rule" label=tr!(formulary.confirm) hidden about/> }
    });
    view! {
        <div class="cluster">
            {confirm}
            <Confirm label=tr!(formulary.retire) text=tr!(formulary.retire_rule_question)>
                <PostButton action="/api/formulary/retire_rule" label=tr!(formulary.retire) tone=ButtonTone::Danger hidden=retire about/>
            </Confirm>
        </div>
    }
    .into_any()
}
