//! The components, one after the other.

use leptos::context::Provider;
use leptos::prelude::*;

use crate::core::FieldError;
use crate::core::form::FormState;
use crate::ui::*;

pub(super) fn all() -> impl IntoView {
    let parts = [
        ("Status", status()),
        ("Buttons", buttons()),
        ("Over the page", over()),
        ("Form", form()),
        ("Refused form", refused()),
        ("Table", table()),
        ("Banners", banners()),
        ("Figures, tabs, steps", figures()),
        ("Trends", trends()),
        ("Empty and loading", empty()),
        ("Icons", icons()),
    ];
    parts.map(|(title, part)| view! { <section class="gallery__part"><h2>{title}</h2>{part}</section> }).collect_view()
}

fn status() -> AnyView {
    let words = ["Severe", "Late 12 min", "Waiting", "In room 3", "Done", "Held", "Cancelled"];
    let badges = Tone::ALL.iter().zip(words).map(|(tone, word)| view! { <StatusBadge tone=*tone label=word/> }).collect_view();
    let notices = [
        (Tone::Critical, "Potassium 6.8 mmol/l", "Call the doctor on duty now."),
        (Tone::Warning, "Coverage ended on 31 October", "Ask for the new card before check-in."),
        (Tone::Waiting, "The sample is on its way", "Results are expected at 11:30."),
        (Tone::Done, "Saved 09:31", "The note is a draft until you sign it."),
    ]
    .map(|(tone, title, text)| view! { <NoticeBox tone title><p>{text}</p></NoticeBox> })
    .collect_view();
    view! { <div class="cluster">{badges}</div><div class="columns-2">{notices}</div> }.into_any()
}

fn buttons() -> AnyView {
    view! {
        <div class="cluster">
            <Button label="Check in" tone=ButtonTone::Primary glyph=Glyph::Arrive key="Enter"/>
            <Button label="Walk-in"/>
            <Button label="Cancel appointment" tone=ButtonTone::Danger/>
            <Button label="Skip" tone=ButtonTone::Quiet glyph=Glyph::Skip/>
            <Button label="Not now" disabled=true/>
            <LinkButton href="#" label="Print" glyph=Glyph::Print/>
            <PostButton action="/api/opd/call_next" label="Call next" glyph=Glyph::CallNext key="n"/>
            <PostButton action="/api/opd/skip" label="Skip" about="Adams, Theresa" glyph=Glyph::Skip icon_only=true tone=ButtonTone::Quiet/>
        </div>
    }
    .into_any()
}

fn over() -> AnyView {
    view! {
        <div class="cluster">
            <Dialog id="transfer" opens="Transfer" glyph=Glyph::Transfer title="Transfer to another queue">
                <Form action="/api/opd/transfer">
                    <SelectField name="queue" label="Queue" choices=vec![Choice::new("1", "Radiology"), Choice::new("2", "Laboratory")]/>
                    <TextField name="reason" label="Reason" optional=true/>
                    <div class="form__actions"><Button label="Transfer" tone=ButtonTone::Primary/></div>
                </Form>
            </Dialog>
            <Confirm label="Cancel appointment" tone=ButtonTone::Danger text="Theresa Adams is told at once, and the slot becomes free.">
                <PostButton action="/api/appointments/cancel" label="Cancel it" tone=ButtonTone::Danger/>
            </Confirm>
        </div>
        <Toast text="A-017 called to room 3" undo=Some(("/api/opd/undo".into(), vec![("entry", "17".into())]))/>
    }
    .into_any()
}

fn fields() -> impl IntoView {
    let sexes = || vec![Choice::new("f", "Female"), Choice::new("m", "Male"), Choice::new("u", "Unknown")];
    view! {
        <TextField name="family_name" label="Family name" value="Adams" required=true/>
        <DateField name="birth_date" label="Birth date" value="1984-03-12" hint="An estimated year is enough"/>
        <TelField name="phone" label="Phone" value="555 0199"/>
        <EmailField name="email" label="E-mail" optional=true/>
        <SelectField name="clinic" label="Clinic" choices=vec![Choice::new("n", "North Clinic"), Choice::new("s", "South Clinic")] value="s"/>
        <RadioField name="sex" label="Sex" choices=sexes() value="f" inline=true/>
        <NumberField name="systolic" label="Systolic" value="128" unit="mmHg"/>
        <TimeField name="at" label="At" value="09:20"/>
        <CheckboxField name="sms" label="Remind by SMS" checked=true hint="The day before, at 17:00"/>
        <PasswordField name="password" label="Password"/>
        <div class="field--wide"><TextArea name="reason" label="Reason" value="Cough for three weeks.\nWorse at night."/></div>
    }
}

fn form() -> AnyView {
    view! {
        <Form action="/api/patients/save" class="form--grid">
            {fields()}
            <Fieldset legend="Emergency contact" hint="Called only when it matters">
                <TextField name="contact" label="Name"/>
                <TelField name="contact_phone" label="Phone"/>
            </Fieldset>
            <div class="form__actions"><Button label="Save" tone=ButtonTone::Primary key="Ctrl+Enter"/><LinkButton href="#" label="Leave" tone=ButtonTone::Quiet/></div>
        </Form>
        <RadioField
            name="whom"
            label="Who is it for?"
            cards=true
            value="1"
            choices=vec![Choice::new("1", "Me").hint("Theresa Adams, 42"), Choice::new("2", "Noah").hint("Your child, 7")]
        />
    }
    .into_any()
}

fn refused() -> AnyView {
    let error = |field: &str, message: &str| FieldError { field: field.into(), message: message.into() };
    let state = FormState {
        shown: crate::core::form::Shown::default(),
        action: "/api/patients/refused".into(),
        values: [("family_name", ""), ("phone", "12 ab"), ("sex", "m"), ("reason", "What was typed stays.")]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        errors: vec![
            error("family_name", "Enter the family name"),
            error("phone", "Enter a phone number of at least six digits"),
            error("sex", "Say the sex as on the identity card"),
            error("sms", "There is no phone number to send an SMS to"),
        ],
        message: None,
    };
    view! {
        <Provider value=state>
            <Form action="/api/patients/refused" class="form--grid">{fields()}</Form>
        </Provider>
    }
    .into_any()
}

fn table() -> AnyView {
    let people = [
        ("Adams, Theresa", "NC-004 217-3", "12 Mar 1984", "36.00", Tone::Waiting, "Waiting"),
        ("Beck, Omar", "NC-001 882-0", "2 Jan 1951", "0.00", Tone::Done, "Done"),
        ("Núñez de la Peña, María José", "NC-010 006-9", "30 Sep 2019", "1,204.50", Tone::Warning, "Late 12 min"),
    ];
    let rows = people
        .map(|(name, mrn, born, owed, tone, word)| {
            let cells = vec![
                name.into_any(),
                mrn.into_any(),
                born.into_any(),
                owed.into_any(),
                view! { <StatusBadge tone label=word/> }.into_any(),
                view! { <PostButton action="/api/opd/check_in" label="Check in" about=name tone=ButtonTone::Quiet/> }.into_any(),
            ];
            Row::new(cells).href("/patients/1").class(tone.class())
        })
        .into_iter()
        .collect();
    let columns = vec![
        Column::new("Name").sorted_by("name"),
        Column::new("MRN"),
        Column::new("Born").sorted_by("born").secondary(),
        Column::new("Owed").sorted_by("owed").numeric(),
        Column::new("State"),
        Column::new("Actions").label_hidden(),
    ];
    let url = ListUrl::new("/patients").with("q", "a").with("sort", "name").with("page", 2);
    let filter = view! {
        <TextField kind="search" name="q" label="Search" value="a"/>
        <SelectField name="state" label="State" prompt="All" choices=vec![Choice::new("w", "Waiting"), Choice::new("d", "Done")]/>
    }
    .into_any();
    let paging = Paging { page: 2, more: true, total: Some(128) };
    view! { <DataTable caption="Patients" columns rows url filter=Some(filter) paging=Some(paging)/> }.into_any()
}

fn banners() -> AnyView {
    let plain = |name: &str, allergies| BannerInfo { name: name.into(), allergies, alerts: Vec::new(), coverage: None, ..super::theresa() };
    view! {
        <div class="panel"><PatientBanner info=super::theresa()/></div>
        <div class="panel"><PatientBanner info=plain("Beck, Omar", Allergies::NoneKnown)/></div>
        <div class="panel"><PatientBanner info=plain("Unknown man, about 60", Allergies::NotRecorded)/></div>
    }
    .into_any()
}

fn figures() -> AnyView {
    let stats = vec![
        Stat::new("Today", 128).href("/today"),
        Stat::new("Arrived", 41),
        Stat::new("Waiting", 12).tone(Tone::Waiting),
        Stat::new("Done", 33),
        Stat::new("No-show", 2).tone(Tone::Warning),
    ];
    let tabs = vec![Tab::new("#", "Summary", true), Tab::new("#", "Visits", false).count(14), Tab::new("#", "Documents", false)];
    let steps = [("Who", Some("#")), ("What", Some("#")), ("When", None), ("Confirm", None)]
        .map(|(label, href)| (label.to_owned(), href.map(ToOwned::to_owned)))
        .into();
    let details = || {
        vec![
            Detail::new("Phone", "555 0199"),
            Detail::new("Address", "12 Orchard Road, Northtown"),
            Detail::new("Insurer", "Meridian Basic"),
        ]
    };
    view! {
        <StatStrip stats/>
        <Tabs label="Chart" tabs/>
        <Steps steps current=3/>
        <div class="columns-2">
            <DescriptionList details=details()/>
            <DescriptionList details=details() class="details--stacked"/>
        </div>
    }
    .into_any()
}

fn readings(values: &[(&str, f64)]) -> Vec<Reading> {
    values.iter().map(|(when, value)| Reading { when: (*when).into(), text: value.to_string(), value: *value }).collect()
}

pub(super) fn trends() -> AnyView {
    let pulse = readings(&[("Mon", 72.0), ("Tue", 78.0), ("Wed", 74.0), ("Thu", 88.0), ("09:12", 84.0)]);
    let pressure = readings(&[("Mon", 132.0), ("Tue", 141.0), ("Wed", 138.0), ("Thu", 152.0), ("09:12", 158.0)]);
    view! {
        <div class="trends">
            <Sparkline label="Systolic pressure" unit="mmHg" readings=pressure band=Some((100.0, 140.0)) tone=Some(Tone::Warning)/>
            <Sparkline label="Pulse" unit="/min" readings=pulse band=Some((60.0, 100.0))/>
            <Sparkline label="Temperature" unit="°C" readings=Vec::new()/>
        </div>
    }
    .into_any()
}

fn empty() -> AnyView {
    view! {
        <div class="columns-2">
            <div class="panel">
                <EmptyState glyph=Glyph::Queue title="Nobody is waiting" text="Patients appear here as soon as reception checks them in.">
                    <LinkButton href="#" label="Check someone in" tone=ButtonTone::Primary/>
                </EmptyState>
            </div>
        </div>
    }
    .into_any()
}

fn icons() -> AnyView {
    let icons = Glyph::ALL.iter().map(|glyph| view! { <li><Icon glyph=*glyph/><span>{format!("{glyph:?}")}</span></li> }).collect_view();
    view! { <ul class="gallery__icons">{icons}</ul> }.into_any()
}
