//! The parts of pages that ask: the values that hold-if rules look at, the review of an order, and the effect of a dose.

use leptos::prelude::*;

use super::parts::key;
use crate::{
    core::{
        CareOrderId, DoseId,
        time::{Instant, Zone, show_date_time, show_time},
    },
    medicine_record::{
        effects::{DoseEffect, ToldEffect},
        holds::{HoldMeasure, HoldReading, HoldReason, HoldSide, RULES, rules_words, sides},
        orders::CareOrder,
    },
    tr,
    ui::{
        Button, ButtonTone, Choice, DateField, Dialog, Fieldset, Form, Glyph, NoticeBox, NumberField, RadioField, SelectField, TimeField,
        Tone,
    },
};

/// The values that an order's hold-if rules look at, with their age, and the nurse's decision; `None` for an order without a rule.
pub(super) fn hold_fields(readings: &[HoldReading], (now, zone): (Instant, Zone)) -> Option<AnyView> {
    if readings.is_empty() {
        return None;
    }
    let notices = readings
        .iter()
        .map(|reading| {
            let (tone, title) = match (reading.is_met(), reading.recent) {
                (true, _) => (Tone::Critical, tr!(medicine_record.hold_is_met)),
                (false, false) => (Tone::Warning, tr!(medicine_record.hold_not_recent)),
                (false, true) => (Tone::Done, tr!(medicine_record.hold_is_not_met)),
            };
            let (rules, value) = (rules_words(&reading.rules), reading.words(now, zone));
            view! { <NoticeBox tone title><p>{rules}</p><p><strong>{value}</strong></p></NoticeBox> }
        })
        .collect_view();
    let glucose = readings.iter().any(|reading| reading.measure == HoldMeasure::Glucose).then(|| {
        let measure = HoldMeasure::Glucose.measure();
        view! { <NumberField name="glucose" label=tr!(medicine_record.hold_glucose_now) unit=measure.unit() decimal=true optional=true/> }
    });
    let free = !readings.iter().any(HoldReading::asks);
    let choices = HoldReason::ALL.iter().map(|reason| Choice::new(reason.as_str(), reason.words())).collect::<Vec<_>>();
    Some(
        view! {
            {notices}
            {glucose}
            <SelectField name="hold_reason" label=tr!(medicine_record.hold_reason) hint=tr!(medicine_record.hold_reason_hint) choices prompt=tr!(medicine_record.choose) optional=free/>
        }
        .into_any(),
    )
}

/// The fields of an order's hold-if rules.
pub(super) fn rule_fields(old: Option<&CareOrder>) -> AnyView {
    let rules = old.map(|old| old.hold_if.clone()).unwrap_or_default();
    let fields = (1..=RULES)
        .map(|nth| {
            let rule = rules.get(nth - 1);
            let choices = sides()
                .into_iter()
                .map(|(measure, side)| {
                    let (words, unit) = (measure.measure().words(), measure.measure().unit());
                    let label = match side {
                        HoldSide::Below => tr!(medicine_record.hold_choice_below, measure = words, unit = unit),
                        HoldSide::Above => tr!(medicine_record.hold_choice_above, measure = words, unit = unit),
                    };
                    Choice::new(format!("{measure}_{side}"), label)
                })
                .collect::<Vec<_>>();
            let chosen = rule.map(|rule| format!("{}_{}", rule.measure, rule.comparator)).unwrap_or_default();
            let limit = rule.map(|rule| rule.measure.measure().exact(rule.bound)).unwrap_or_default();
            view! {
                <SelectField name=format!("hold_{nth}") label=tr!(medicine_record.hold_value_n, nth = nth) choices value=chosen prompt=tr!(medicine_record.hold_none) optional=true/>
                <NumberField name=format!("hold_{nth}_limit") label=tr!(medicine_record.hold_limit_n, nth = nth) value=limit decimal=true optional=true/>
            }
        })
        .collect_view();
    view! { <Fieldset legend=tr!(medicine_record.hold_legend) hint=tr!(medicine_record.hold_hint)>{fields}</Fieldset> }.into_any()
}

/// The fields of the time at which a doctor looks at an order again.
pub(super) fn review_fields(at: Option<Instant>, zone: Zone) -> AnyView {
    let local = at.map(|at| zone.local(at));
    let day = local.map(|local| local.date().to_string()).unwrap_or_default();
    let time = local.map(|local| show_time(local.time())).unwrap_or_default();
    view! {
        <DateField name="review_day" label=tr!(medicine_record.review_day) hint=tr!(medicine_record.review_hint) value=day optional=true/>
        <TimeField name="review_time" label=tr!(medicine_record.review_time) value=time optional=true/>
    }
    .into_any()
}

/// The window in which a doctor continues an order until another review.
pub(super) fn continue_order(id: CareOrderId, due: Option<Instant>, zone: Zone) -> AnyView {
    const CONTINUE: &str = "/api/medicine_record/continue_order";
    let hidden = vec![("care_order_id", id.to_string()), key()];
    let due = due.map(|at| view! { <p>{tr!(medicine_record.review_due, at = show_date_time(zone.local(at)))}</p> });
    view! {
        <Dialog id="continue" opens=tr!(medicine_record.continue_order) title=tr!(medicine_record.continue_title) action=CONTINUE glyph=Glyph::Check>
            <Form action=CONTINUE id="continue-form" hidden>
                {due}
                {review_fields(None, zone)}
                <div class="form__actions"><Button label=tr!(medicine_record.continue_order) tone=ButtonTone::Primary/></div>
            </Form>
        </Dialog>
    }
    .into_any()
}

/// The effects of a dose that was given as needed, and the form that asks for one.
pub(super) fn effect_panel(id: DoseId, told: &[ToldEffect], may_tell: bool, zone: Zone) -> AnyView {
    let rows =
        told.iter().rev().map(|one| view! { <li class="rows__row"><div class="rows__main">{one.words(zone)}</div></li> }).collect_view();
    let form = may_tell.then(|| {
        let choices = DoseEffect::ALL.iter().map(|effect| Choice::new(effect.as_str(), effect.words())).collect::<Vec<_>>();
        let hidden = vec![("dose_id", id.to_string()), key()];
        view! {
            <div class="panel__body">
                <Form action="/api/medicine_record/effect" id="effect-form" hidden>
                    <RadioField name="effect" label=tr!(medicine_record.effect_question) choices inline=true/>
                    <NumberField name="pain" label=tr!(opd.pain) unit="0-10" optional=true/>
                    <div class="form__actions"><Button label=tr!(medicine_record.effect_record) tone=ButtonTone::Primary/></div>
                </Form>
            </div>
        }
    });
    let none = (told.is_empty() && !may_tell)
        .then(|| view! { <div class="panel__body"><p class="muted">{tr!(medicine_record.effect_open)}</p></div> });
    view! {
        <section class="panel" aria-labelledby="effect">
            <div class="panel__head"><h2 id="effect">{tr!(medicine_record.effect)}</h2></div>
            <ul class="rows">{rows}</ul>
            {none}
            {form}
        </section>
    }
    .into_any()
}
