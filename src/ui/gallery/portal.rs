//! Screens of patients and the public, and paper.

use leptos::prelude::*;

use crate::ui::*;

fn shell(current: &'static str, class: &'static str, content: AnyView) -> AnyView {
    let nav = [("Home", Glyph::Home), ("Appointments", Glyph::Calendar), ("Records", Glyph::Note), ("Account", Glyph::User)]
        .map(|(label, glyph)| NavItem::new("#", label, glyph, label == current))
        .to_vec();
    let user = UserMenu {
        name: "Theresa Adams".into(),
        detail: "theresa@example.org".into(),
        links: vec![("#".into(), "Account".into())],
        sign_out: "/api/accounts/sign_out".into(),
    };
    view! { <PortalShell nav hospital="Northtown Hospital" user class demo=true>{content}</PortalShell> }.into_any()
}

pub(super) fn home() -> AnyView {
    let todo = [
        (Glyph::Money, "Pay for 24 November", "36.00"),
        (Glyph::Calendar, "Book the follow-up Dr Costa asked for", ""),
        (Glyph::Flask, "Read your new result", "1"),
    ]
    .map(|(glyph, words, side)| view! {
        <li><a class="todo__item" href="#"><Icon glyph/><span>{words}</span><span class="todo__side">{side}</span><Icon glyph=Glyph::ChevronRight/></a></li>
    })
    .collect_view();
    let content = view! {
        <PageHeader title="Good morning, Theresa"/>
        <div class="portal">
            <section class="place is-waiting" aria-label="Your place in the queue">
                <strong class="place__token">"A-017"</strong>
                <div class="place__words"><strong>"3 before you"</strong><br/>"about 25 minutes, room 3"</div>
                <progress class="place__bar" max="6" value="3"></progress>
            </section>
            <section class="portal-card portal-card--main">
                <h2 class="portal-card__head">"Next appointment"</h2>
                <p class="portal-card__title">"Tue 24 Nov, 09:20"</p>
                <div class="portal-card__lines">
                    <p><Icon glyph=Glyph::Stethoscope/>"Dr Ana Costa, general medicine"</p>
                    <p><Icon glyph=Glyph::Pin/>"North Clinic, 2nd floor"</p>
                </div>
                <div class="portal-card__actions">
                    <PostButton action="/api/opd/arrive" label="I am here" tone=ButtonTone::Primary glyph=Glyph::Arrive/>
                    <LinkButton href="#" label="Reschedule"/>
                    <LinkButton href="#" label="Add to calendar" tone=ButtonTone::Quiet glyph=Glyph::Calendar/>
                </div>
            </section>
            <h2>"To do"</h2>
            <ul class="todo">{todo}</ul>
        </div>
    }
    .into_any();
    shell("Home", "", content)
}

pub(super) fn booking() -> AnyView {
    let days: [(&str, &[&str]); 5] = [
        ("Mon 23", &[]),
        ("Tue 24", &["09:20", "09:40", "11:00"]),
        ("Wed 25", &["08:40", "09:00"]),
        ("Thu 26", &[]),
        ("Fri 27", &["10:00", "10:20", "14:40", "15:00"]),
    ];
    let days = days
        .map(|(date, times)| {
            let slots = times
                .iter()
                .map(|time| {
                    let class = if *time == "09:00" { "slots__slot is-selected" } else { "slots__slot" };
                    view! { <a class=class href="#">{*time}<span class="slots__by">"Dr Costa"</span></a> }
                })
                .collect_view();
            let none = times.is_empty().then(|| view! { <p class="slots__none">"No free time"</p> });
            view! { <div class="slots__day"><h2 class="slots__date">{date}</h2>{slots}{none}</div> }
        })
        .collect_view();
    let steps = [("Who is it for?", Some("#")), ("What do you need?", Some("#")), ("With whom, where, when", None), ("Confirm", None)]
        .map(|(label, href)| (label.to_owned(), href.map(ToOwned::to_owned)))
        .into();
    let content = view! {
        <Steps steps current=3/>
        <PageHeader title="When suits you?"/>
        <div class="earliest">
            <p>"Earliest"<strong>"Tomorrow 09:20"</strong>"Dr Costa, North Clinic"</p>
            <PostButton action="/api/appointments/hold" label="Take it" tone=ButtonTone::Primary/>
        </div>
        <div class="booking">
            <div class="slots">{days}</div>
            <aside class="stack">
                <div class="hold"><span>"Held for you "<span class="hold__time">"09:47"</span></span></div>
                <div class="portal-card">
                    <h2 class="portal-card__head">"So far"</h2>
                    <DescriptionList details=vec![Detail::new("For", "Theresa Adams"), Detail::new("What", "General medicine"), Detail::new("You pay", "36.00 of 120.00")]/>
                </div>
            </aside>
        </div>
    }
    .into_any();
    shell("Appointments", "main--wide", content)
}

pub(super) fn board() -> AnyView {
    let next = [("A-018", "Room 3"), ("B-004", "Room 5"), ("A-019", "Room 4"), ("A-020", "Room 3"), ("B-005", "Room 5")]
        .map(|(token, room)| view! { <li><span class="board__token">{token}</span><span class="board__room">{room}</span></li> })
        .collect_view();
    view! {
        <PlainShell hospital="Northtown Hospital" bare=true>
            <div class="board">
                <header class="board__head"><h1>"North Clinic, 2nd floor"</h1><time>"09:31"</time></header>
                <section class="board__called">
                    <p class="board__label">"Now serving"</p>
                    <p class="board__token">"A-017"</p>
                    <p class="board__room"><Icon glyph=Glyph::ArrowRight/>"Room 3"</p>
                </section>
                <ol class="board__next">{next}</ol>
            </div>
        </PlainShell>
    }
    .into_any()
}

pub(super) fn paper() -> AnyView {
    let hospital_lines = || vec!["12 Hospital Road, Northtown".to_owned(), "Phone 555 0100, licence H-2201".to_owned()];
    let patient = || vec!["Adams, Theresa".to_owned(), "born 12 Mar 1984".to_owned(), "MRN NC-004 217-3".to_owned()];
    view! {
        <PlainShell hospital="Northtown Hospital" class="main--wide">
            <PrintSheet hospital="Northtown Hospital" hospital_lines=hospital_lines() title="Prescription" patient=patient() facts=vec!["24 Nov 2026".into(), "Dr Ana Costa".into()]>
                <div class="rx__item"><p class="rx__drug">"Amlodipine 10 mg, 30 tablets"</p><p>"1 tablet by mouth each morning for 30 days"</p></div>
                <div class="rx__item"><p class="rx__drug">"Metformin 500 mg, 60 tablets"</p><p>"1 tablet with breakfast and supper for 30 days"</p></div>
                <p class="signature">"Dr Ana Costa, licence M-10442"</p>
            </PrintSheet>
            <br/>
            <PrintSheet hospital="Northtown Hospital" hospital_lines=hospital_lines() title="Receipt R-000 918" class="sheet--roll" facts=vec!["24 Nov 2026, 09:58".into()]>
                <table class="sheet__lines">
                    <tbody>
                        <tr><td>"Consultation"</td><td class="is-numeric">"120.00"</td></tr>
                        <tr><td>"Meridian Basic"</td><td class="is-numeric">"−84.00"</td></tr>
                    </tbody>
                </table>
                <p class="sheet__due"><span>"Paid, cash"</span><span>"36.00"</span></p>
            </PrintSheet>
        </PlainShell>
    }
    .into_any()
}
