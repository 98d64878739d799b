//! The panel of an admission about the treatment when the heart stops.

use leptos::prelude::*;

use super::admission::hidden;
use crate::{
    core::{
        AdmissionId, Permission, Result,
        time::{Zone, show_date, show_date_time},
    },
    server::Ctx,
    tr,
    ui::{Button, ButtonTone, Choice, DateField, Form, SelectField, StatusBadge, Tone},
    wards::{
        AdmissionState,
        admission::Admission,
        resuscitation::{CareDecision, CareLevel, LevelGround, decided},
    },
};

/// The data of the panel.
pub(super) struct LevelPanel {
    id: AdmissionId,
    decided: Option<CareDecision>,
    may_decide: bool,
    zone: Zone,
}

/// Reads the decision; `None` before the patient is on a ward.
pub(super) async fn read(ctx: &mut Ctx, admission: &Admission, zone: Zone) -> Result<Option<LevelPanel>> {
    if !matches!(admission.state, AdmissionState::Admitted | AdmissionState::Discharged) {
        return Ok(None);
    }
    let may = ctx.who.may_at(Permission::DischargeClinical, admission.clinic_id);
    let decided = decided(&mut ctx.tx, admission.id).await?;
    Ok(Some(LevelPanel { id: admission.id, decided, may_decide: may && admission.state == AdmissionState::Admitted, zone }))
}

/// Returns the decision in one line.
pub(super) fn words(decided: &CareDecision, zone: Zone) -> String {
    let review = decided.review_on.map(|day| tr!(wards.review_by, day = show_date(day)));
    let parts = [
        decided.level.words().to_owned(),
        decided.ground.words().to_owned(),
        format!("{}, {}", decided.decided_by, show_date_time(zone.local(decided.decided_at))),
    ];
    parts.into_iter().chain(review).collect::<Vec<_>>().join(" · ")
}

/// Shows the panel.
pub(super) fn view(panel: &LevelPanel) -> AnyView {
    let LevelPanel { id, decided, may_decide, zone } = panel;
    let said = match decided {
        Some(decided) => {
            let tone = if decided.level == CareLevel::Full { Tone::Done } else { Tone::Critical };
            view! { <p><StatusBadge tone label=decided.level.words()/></p><p>{words(decided, *zone)}</p> }.into_any()
        }
        None => view! { <p>{tr!(wards.level_none)}</p> }.into_any(),
    };
    let form = may_decide.then(|| {
        let mut hidden = hidden(*id);
        hidden.push(("seen", decided.as_ref().map(|decided| decided.id.to_string()).unwrap_or_default()));
        let levels: Vec<Choice> = CareLevel::ALL.iter().map(|level| Choice::new(level.as_str(), level.words())).collect();
        let grounds: Vec<Choice> = LevelGround::ALL.iter().map(|ground| Choice::new(ground.as_str(), ground.words())).collect();
        view! {
            <details>
                <summary>{tr!(wards.level_decide)}</summary>
                <Form action="/api/wards/decide_level" hidden>
                    <SelectField name="level" label=tr!(wards.level) choices=levels prompt=tr!(errors.choose) required=true/>
                    <SelectField name="ground" label=tr!(wards.level_ground) choices=grounds prompt=tr!(errors.choose) required=true/>
                    <DateField name="review_on" label=tr!(wards.review_on) optional=true/>
                    <div class="form__actions"><Button label=tr!(wards.level_record) tone=ButtonTone::Primary/></div>
                </Form>
            </details>
        }
    });
    view! {
        <section class="panel" aria-labelledby="level">
            <div class="panel__head"><h2 id="level">{tr!(wards.level)}</h2></div>
            <div class="panel__body stack">{said}{form}</div>
        </section>
    }
    .into_any()
}
