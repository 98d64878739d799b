//! Screens of the staff, with invented people.

use leptos::prelude::*;

use super::{panel, staff_shell, theresa};
use crate::ui::*;

const WAITING: [(&str, &str, &str, &str, Tone); 5] = [
    ("A-016", "Beck, Omar", "General, Dr Costa", "14 min", Tone::Waiting),
    ("A-017", "Adams, Theresa", "Priority: pregnant", "3 min", Tone::Reserved),
    ("A-018", "Núñez de la Peña, María José", "General, any doctor", "41 min", Tone::Warning),
    ("A-019", "Okafor, Chidi", "General, Dr Ruiz", "67 min", Tone::Critical),
    ("A-020", "Lindqvist, Åsa", "Walk-in", "1 min", Tone::Waiting),
];

fn queue() -> AnyView {
    let rows = WAITING
        .map(|(token, name, detail, wait, tone)| view! {
            <li class=format!("queue__row {}", tone.class())>
                <span class="queue__token">{token}</span>
                <div class="queue__who"><a class="row-link" href="#">{name}</a><small>{detail}</small></div>
                <div class="queue__side">
                    <span class="queue__wait"><Icon glyph=tone.glyph()/>{wait}</span>
                    <div class="queue__actions">
                        <PostButton action="/api/opd/call" label="Call" about=name glyph=Glyph::CallNext icon_only=true tone=ButtonTone::Quiet/>
                    </div>
                </div>
            </li>
        })
        .collect_view();
    view! {
        <div class="queue__now">
            <span class="queue__token">"A-015"</span>
            <div class="queue__who grow"><strong>"Moreau, Louis"</strong><small>"Room 3, since 09:02"</small></div>
            <PostButton action="/api/opd/call_next" label="Call next" glyph=Glyph::CallNext key="n" tone=ButtonTone::Primary/>
        </div>
        <ol class="queue">{rows}</ol>
        <div class="panel__foot queue__keys"><span><kbd>"n"</kbd>" next"</span><span><kbd>"r"</kbd>" again"</span><span><kbd>"s"</kbd>" skip"</span></div>
    }
    .into_any()
}

pub(super) fn reception() -> AnyView {
    let arrivals = [
        ("09:20", "Adams, Theresa", "Dr Costa", "", "is-selected"),
        ("09:20", "Beck, Omar", "Dr Ruiz", "", ""),
        ("09:40", "Haddad, Layla", "Dr Costa", "late 12 min", "is-warning"),
        ("10:00", "Schmidt, Jonas", "Dr Costa", "", ""),
        ("10:00", "Tanaka, Yuki", "Dr Ruiz", "", ""),
    ]
    .map(|(time, name, doctor, late, class)| {
        view! {
            <li class=format!("rows__row {class}")>
                <span class="arrivals__time">{time}</span>
                <div class="rows__main"><a class="row-link" href="#">{name}</a></div>
                <div class="rows__side">
                    {(!late.is_empty()).then(|| view! { <StatusBadge tone=Tone::Warning label=late/> })}
                    {doctor}
                </div>
            </li>
        }
    })
    .collect_view();
    let stats = vec![
        Stat::new("today", 128),
        Stat::new("arrived", 41),
        Stat::new("waiting", 12).tone(Tone::Waiting),
        Stat::new("done", 33),
        Stat::new("no-show", 2),
    ];
    let checks =
        [(Tone::Done, "Phone confirmed"), (Tone::Done, "Coverage valid"), (Tone::Warning, "Owes 36.00"), (Tone::Done, "Consent signed")]
            .map(|(tone, words)| view! { <li class=tone.class()><Icon glyph=tone.glyph()/>{words}</li> })
            .collect_view();
    let selected = view! {
        <PatientBanner info=theresa()/>
        <div class="panel__body stack">
            <ul class="checks">{checks}</ul>
            <DescriptionList details=vec![
                Detail::new("Appointment", "09:20, Dr Costa, follow-up"),
                Detail::new("Room", "3, second floor"),
                Detail::new("Reason", "Blood pressure, new tablets"),
            ]/>
            <div class="reception__actions">
                <PostButton action="/api/opd/check_in" label="Check in" tone=ButtonTone::Primary glyph=Glyph::Arrive key="Enter"/>
                <LinkButton href="#" label="Walk-in" key="w"/>
                <LinkButton href="#" label="Take payment" glyph=Glyph::Money key="p"/>
            </div>
        </div>
    }
    .into_any();
    let content = view! {
        <h1 class="visually-hidden">"Reception"</h1>
        <div class="reception__top">
            <TextField kind="search" name="find" label="Name, MRN, phone or birth date"/>
            <StatStrip stats/>
        </div>
        <div class="columns-3">
            {panel("Arrivals, next 2 hours", view! { <span class="muted">"23"</span> }.into_any(), view! { <ul class="rows">{arrivals}</ul> }.into_any())}
            {panel("Selected patient", ().into_any(), selected)}
            {panel("Queue: General medicine", view! { <span class="muted">"5 waiting"</span> }.into_any(), queue())}
        </div>
    }
    .into_any();
    staff_shell("Reception", false, content)
}

pub(super) fn consultation() -> AnyView {
    let section = |name: &'static str, label: &'static str, text: &'static str| {
        view! {
            <div class="note__section"><TextArea name label value=text rows=3/></div>
        }
    };
    let note = view! {
        <div class="consultation__note">
            <div class="panel">
                <div class="panel__head">
                    <h2>"Note"</h2>
                    <span class="note__saved"><Icon glyph=Glyph::Done/>"Saved 09:31, draft"</span>
                </div>
                <div class="panel__body note">
                    {section("history", "History", "Headaches in the morning for two weeks. Takes amlodipine 5 mg irregularly.")}
                    {section("examination", "Examination", "Regular rhythm, no oedema.")}
                    {section("assessment", "Assessment", "")}
                    {section("plan", "Plan", "")}
                </div>
            </div>
            <div class="panel">
                <div class="panel__head"><h2>"Prescription"</h2></div>
                <ul class="rows">
                    <li class="rows__row">
                        <Icon glyph=Glyph::Pill/>
                        <div class="rows__main"><strong>"Amlodipine 10 mg"</strong>" 1 tablet, by mouth, each morning, 30 days"</div>
                        <PostButton action="/api/clinical/stop" label="Remove" about="Amlodipine" glyph=Glyph::Close icon_only=true tone=ButtonTone::Quiet/>
                    </li>
                </ul>
                <div class="panel__body">
                    <Form action="/api/clinical/prescribe" class="prescribe">
                        <TextField name="drug" label="Drug"/>
                        <TextField name="dose" label="Dose"/>
                        <SelectField name="route" label="Route" choices=vec![Choice::new("po", "By mouth"), Choice::new("iv", "Into a vein")]/>
                        <TextField name="frequency" label="How often"/>
                        <NumberField name="days" label="For" unit="days"/>
                        <Button label="Add" glyph=Glyph::Plus/>
                    </Form>
                </div>
            </div>
            <div class="note__sign">
                <span class="muted">"Signing freezes the note. Later changes are addenda."</span>
                <Button label="Sign and finish" tone=ButtonTone::Primary glyph=Glyph::Sign key="Ctrl+Enter"/>
            </div>
        </div>
    };
    let glance = view! {
        <div class="glance__group"><h3><Icon glyph=Glyph::Vitals/>"Vitals"</h3>{super::parts::trends()}</div>
        <div class="glance__group"><h3><Icon glyph=Glyph::Note/>"Problems"</h3><p>"Essential hypertension, since 2019"</p><p>"Type 2 diabetes, since 2022"</p></div>
        <div class="glance__group"><h3><Icon glyph=Glyph::Clock/>"Last visits"</h3><p><a href="#">"2 Oct, Dr Costa"</a></p></div>
    }
    .into_any();
    let content = view! {
        <h1 class="visually-hidden">"Consultation"</h1>
        <div class="consultation">
            {note}
            {panel("At a glance", view! { <span class="score is-warning">"NEWS2 3"</span> }.into_any(), glance)}
            <div class="consultation__queue">{panel("Queue", ().into_any(), queue())}</div>
        </div>
    }
    .into_any();
    staff_shell("Queue", true, content)
}

pub(super) fn schedule() -> AnyView {
    let times =
        (8..18).map(|hour| view! { <span class=format!("from-{}", (hour - 8) * 6)>{format!("{hour:02}:00")}</span> }).collect_view();
    let card = |place: &str, tone: Tone, time: &'static str, name: &'static str, word: &'static str| {
        view! {
            <a class=format!("slot-card {} {place}", tone.class()) href="#"><Icon glyph=tone.glyph()/>" "{time}" "<strong>{name}</strong><small>{word}</small></a>
        }
    };
    let column =
        |name: &'static str, cards: AnyView| view! { <div class="schedule__column"><h2 class="schedule__name">{name}</h2>{cards}</div> };
    let costa = view! {
        {card("from-3 for-2", Tone::Done, "08:30", "Moreau, Louis", "Fulfilled")}
        {card("from-8 for-2", Tone::Progress, "09:20", "Adams, Theresa", "In consultation")}
        <div class="schedule__now from-9"></div>
        {card("from-10 for-3 is-half-1", Tone::Waiting, "09:40", "Haddad, Layla", "Waiting")}
        {card("from-10 for-3 is-half-2", Tone::Reserved, "09:40", "Okafor, Chidi", "Overbooked")}
        <a class="slot-free from-13 for-2" href="#">"10:10"</a>
        {card("from-15 for-2", Tone::Warning, "10:30", "Schmidt, Jonas", "Not arrived")}
    }
    .into_any();
    let ruiz = view! {
        {card("from-6 for-3", Tone::Inactive, "09:00", "Tanaka, Yuki", "Cancelled")}
        <a class="slot-free from-9 for-2" href="#">"09:30"</a>
        <a class="slot-free from-11 for-2" href="#">"09:50"</a>
        {card("from-13 for-4", Tone::Waiting, "10:10", "Beck, Omar", "Booked")}
    }
    .into_any();
    let content = view! {
        <PageHeader
            title="Tuesday 24 November"
            actions=Some(view! { <LinkButton href="#" label="Day"/><LinkButton href="#" label="Week"/><LinkButton href="#" label="Book" tone=ButtonTone::Primary glyph=Glyph::Plus/> }.into_any())
        />
        <div class="schedule">
            <div class="schedule__times"><span class="schedule__name"></span>{times}</div>
            {column("Dr Costa, room 3", costa)}
            {column("Dr Ruiz, room 4", ruiz)}
            {column("Dr Lind, room 5", ().into_any())}
        </div>
    }
    .into_any();
    staff_shell("Schedule", false, content)
}

pub(super) fn cashier() -> AnyView {
    let line = |what: &'static str, price: &'static str, plan: &'static str, patient: &'static str| {
        Row::new(vec![what.into_any(), price.into_any(), plan.into_any(), patient.into_any()])
    };
    let rows = vec![line("Consultation, Dr Costa", "120.00", "84.00", "36.00"), line("Full blood count", "18.50", "18.50", "0.00")];
    let columns = vec![
        Column::new("Service"),
        Column::new("Price").numeric(),
        Column::new("Plan").numeric().secondary(),
        Column::new("Patient").numeric(),
    ];
    let invoice = view! {
        <DataTable caption="Lines" columns rows/>
        <div class="invoice__totals">
            <dl class="details details--figures">
                <div class="details__row"><dt>"Total"</dt><dd>"138.50"</dd></div>
                <div class="details__row"><dt>"Meridian Basic"</dt><dd>"102.50"</dd></div>
                <div class="details__row invoice__due"><dt>"To pay"</dt><dd>"36.00"</dd></div>
            </dl>
        </div>
    }
    .into_any();
    let methods =
        [("Cash", Glyph::Money, "1"), ("Card", Glyph::Receipt, "2"), ("Transfer", Glyph::Transfer, "3"), ("Insurance", Glyph::Shield, "4")]
            .map(|(label, glyph, key)| view! { <Button label glyph key name="method" value=label/> })
            .collect_view();
    let pay = view! {
        <div class="panel__body">
            <Form action="/api/billing/pay" class="pay">
                <NumberField name="tendered" label="Amount tendered" value="50.00" decimal=true/>
                <div class="pay__methods">{methods}</div>
                <p class="pay__change"><small>"Change"</small>"14.00"</p>
            </Form>
        </div>
    }
    .into_any();
    let account = view! {
        <ul class="rows">
            <li class="rows__row is-selected"><div class="rows__main"><a class="row-link" href="#">"INV-2026-000 412"</a><br/><span class="muted small">"today, 2 lines"</span></div><div class="rows__side">"36.00"</div></li>
            <li class="rows__row"><div class="rows__main"><a class="row-link" href="#">"INV-2026-000 288"</a><br/><span class="muted small">"2 October"</span></div><div class="rows__side"><StatusBadge tone=Tone::Done label="Paid"/></div></li>
        </ul>
    }
    .into_any();
    let content = view! {
        <h1 class="visually-hidden">"Cashier"</h1>
        <div class="cashier__shift"><span>"Shift since 08:00, Ana Costa"</span><span>"Float 100.00 · cash 412.50 · card 380.00 · "<strong>"total 892.50"</strong></span></div>
        <div class="cashier">
            {panel("Account", ().into_any(), account)}
            {panel("Invoice INV-2026-000 412", view! { <StatusBadge tone=Tone::Waiting label="Issued"/> }.into_any(), invoice)}
            {panel("Payment", ().into_any(), pay)}
        </div>
    }
    .into_any();
    staff_shell("Cashier", true, content)
}

pub(super) fn ward() -> AnyView {
    let bed = |label: &'static str, tone: Tone, word: &'static str, name: &'static str, facts: &'static str| {
        view! {
            <div class=format!("bed {}", tone.class())>
                <p class="bed__label"><span>{label}</span><StatusBadge tone label=word/></p>
                <p class="bed__name">{name}</p>
                <p class="bed__facts">{facts}</p>
            </div>
        }
    };
    let first = view! {
        <div class="ward__beds">
            {bed("A1", Tone::Progress, "Occupied", "Okafor, Chidi", "61, day 3, NEWS2 2")}
            {bed("A2", Tone::Critical, "NEWS2 7", "Lindqvist, Åsa", "48, day 1, 2 doses due")}
            {bed("A3", Tone::Warning, "Cleaning", "", "12 min")}
            {bed("A4", Tone::Done, "Available", "", "")}
        </div>
    }
    .into_any();
    let second = view! {
        <div class="ward__beds">
            {bed("B1", Tone::Reserved, "Reserved", "Haddad, Layla", "arrives 11:00")}
            {bed("B2", Tone::Inactive, "Out of service", "", "bed rail broken")}
        </div>
    }
    .into_any();
    let stats = vec![
        Stat::new("occupied", "41/60"),
        Stat::new("arriving", 3),
        Stat::new("leaving", 5),
        Stat::new("cleaning", 2).tone(Tone::Warning),
    ];
    let content = view! {
        <PageHeader title="Ward 2 West" actions=Some(view! { <StatStrip stats/> }.into_any())/>
        <div class="ward">{panel("Room A", ().into_any(), first)}{panel("Room B", ().into_any(), second)}</div>
    }
    .into_any();
    staff_shell("Wards", false, content)
}
