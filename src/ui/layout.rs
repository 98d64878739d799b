//! The shells around every page: staff (rail and top bar), portal (four links), plain (sign-in, public pages).
//!
//! On a phone the rail and the portal's links become a bar at the bottom.

use leptos::prelude::*;

use super::form::hidden_inputs;
use super::{Glyph, Icon, tr};

/// A link in the rail.
#[derive(Clone, Debug)]
pub struct NavItem {
    pub href: String,
    pub label: String,
    pub glyph: Glyph,
    /// The number of entries that wait on that page.
    pub count: Option<i64>,
    pub current: bool,
    /// The keys `g` and this letter open it.
    pub key: Option<char>,
}

impl NavItem {
    /// Creates a link without a counter; `current` marks the present page.
    pub fn new(href: impl Into<String>, label: impl Into<String>, glyph: Glyph, current: bool) -> Self {
        Self { href: href.into(), label: label.into(), glyph, count: None, current, key: None }
    }

    /// Adds a counter; zero is not shown.
    #[must_use]
    pub fn count(mut self, count: i64) -> Self {
        self.count = (count > 0).then_some(count);
        self
    }
}

/// The signed-in user, and the entries of the menu behind the name.
#[derive(Clone, Debug, Default)]
pub struct UserMenu {
    pub name: String,
    /// The role, or the e-mail address of a patient.
    pub detail: String,
    /// Address and label of each link.
    pub links: Vec<(String, String)>,
    /// The address to which signing out posts.
    pub sign_out: String,
}

/// A keyboard shortcut of this page and its meaning, for the list that `?` opens.
#[derive(Clone, Debug)]
pub struct KeyHint {
    pub keys: String,
    pub meaning: String,
}

impl KeyHint {
    /// Creates a shortcut: `KeyHint::new("n", "Call the next patient")`
    pub fn new(keys: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { keys: keys.into(), meaning: meaning.into() }
    }
}

/// The shell of staff pages. Its slots take finished views: the search box and the bell are islands of other modules.
#[component]
pub fn StaffShell(
    nav: Vec<NavItem>,
    /// The hospital's name, printed at the top of the page on paper.
    #[prop(into)]
    hospital: String,
    #[prop(into)] clinic: String,
    /// The page for choosing another clinic; without it, the name is not a link.
    #[prop(optional, into)]
    clinic_href: Option<String>,
    #[prop(into)] date: String,
    /// The clinic's time zone and the present in milliseconds since 1970, for the clock beside the date.
    #[prop(optional_no_strip)]
    clock: Option<(String, i64)>,
    user: UserMenu,
    #[prop(optional_no_strip)] search: Option<AnyView>,
    #[prop(optional_no_strip)] bell: Option<AnyView>,
    /// The patient banner; it stays visible under the top bar.
    #[prop(optional_no_strip)]
    banner: Option<AnyView>,
    /// The keyboard shortcuts of this page, shown by `?`.
    #[prop(optional)]
    keys: Vec<KeyHint>,
    /// Whether every page states that this is a demonstration.
    #[prop(optional)]
    demo: bool,
    /// Extra class of `<main>`: `main--full` lets a board use the whole height.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let place = [clinic.as_str(), &date].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    let clinic = match clinic_href {
        Some(href) => view! {
            <a class="topbar__clinic" href=href>
                <Icon glyph=Glyph::Building/>
                {clinic}
                <span class="visually-hidden">", "{tr!(ui.change_clinic)}</span>
            </a>
        }
        .into_any(),
        None => view! { <span class="topbar__clinic"><Icon glyph=Glyph::Building/>{clinic}</span> }.into_any(),
    };
    // A stopped clock would be worse than none: it is shown only when it runs (boot.js).
    let clock = clock.map(|(zone, now)| view! { <time data-clock=zone data-now=now.to_string() hidden></time> });
    view! {
        <div class="shell shell--staff">
            {skip_link()}
            {demo_line(demo)}
            <div class="shell__rail">
                {bar(nav, true)}
            </div>
            <header class="topbar">
                <div class="topbar__place">{clinic}<span class="topbar__date">{date}"\u{a0} "{clock}</span></div>
                {search.map(|search| view! { <div class="topbar__search" role="search" aria-label=tr!(ui.search)>{search}</div> })}
                <div class="topbar__tools">
                    {key_list(keys)}
                    {bell}
                    {user_menu(user)}
                </div>
            </header>
            <div class="shell__head">
                <p class="shell__letterhead"><strong>{hospital}</strong><span>{place}</span></p>
                {banner}
            </div>
            <main id="main" class=format!("main {class}") tabindex="-1">{children()}</main>
        </div>
    }
}

/// The shell of the patients' portal: large, calm, one column.
#[component]
pub fn PortalShell(
    /// The links: home, appointments, records, account.
    nav: Vec<NavItem>,
    #[prop(into)] hospital: String,
    user: UserMenu,
    #[prop(optional_no_strip)] bell: Option<AnyView>,
    #[prop(optional)] demo: bool,
    /// Extra class of `<main>`: `main--wide` for booking.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="shell shell--portal">
            {skip_link()}
            {demo_line(demo)}
            <header class="portal-head">
                <a class="portal-head__name" href="/portal">{logo_or_mark()}{hospital}</a>
                <div class="portal-head__nav">{bar(nav, false)}</div>
                <div class="portal-head__tools">{bell}{user_menu(user)}</div>
            </header>
            <main id="main" class=format!("main {class}") tabindex="-1">{children()}</main>
        </div>
    }
}

/// The shell of pages before sign-in and public pages: only a name and a card. `bare` omits the name too (the
/// television).
#[component]
pub fn PlainShell(
    #[prop(into)] hospital: String,
    #[prop(optional)] bare: bool,
    /// The view at the foot of the page: language, help.
    #[prop(optional_no_strip)]
    foot: Option<AnyView>,
    #[prop(optional)] demo: bool,
    /// Extra class of `<main>`.
    #[prop(optional)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let head = (!bare).then(|| {
        view! { <header class="plain-head"><a class="plain-head__name" href="/">{logo_or_mark()}{hospital}</a></header> }
    });
    let foot = foot.map(|foot| view! { <footer class="plain-foot">{foot}</footer> });
    view! {
        <div class=if bare { "shell shell--bare" } else { "shell shell--plain" }>
            {skip_link()}
            {demo_line(demo)}
            {head}
            <main id="main" class=format!("main {class}") tabindex="-1">{children()}</main>
            {foot}
        </div>
    }
}

/// The hospital's logo, which the server provides as context while it renders.
#[derive(Clone, Debug)]
pub struct HospitalLogo {
    pub href: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

impl HospitalLogo {
    /// Shows the logo; the hospital's name stands beside it.
    pub(super) fn show(self, class: &'static str) -> impl IntoView + use<> {
        view! { <img class=class src=self.href width=self.width.to_string() height=self.height.to_string() alt=""/> }
    }
}

/// The hospital's logo or, without one, the product's.
fn logo_or_mark() -> AnyView {
    match use_context::<HospitalLogo>() {
        Some(logo) => logo.show("logo logo--head").into_any(),
        None => mark().into_any(),
    }
}

/// The product's logo, a bed under a roof; it is also the favicon.
fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <rect class="mark__ground" width="32" height="32" rx="8"/>
            <path class="mark__line" d="M7 23V13.5L16 7l9 6.5V23M7 19h18M16 11.5v5M13.5 14h5"/>
        </svg>
    }
}

fn skip_link() -> impl IntoView {
    view! { <a class="skip-link" href="#main">{tr!(ui.skip_to_content)}</a> }
}

fn demo_line(demo: bool) -> impl IntoView {
    demo.then(|| view! { <aside class="demo-line" aria-label=tr!(ui.demonstration)><Icon glyph=Glyph::Info/>{tr!(ui.demo_notice)}</aside> })
}

/// The number of links in the bottom bar of a phone; the others are behind "More".
const ON_PHONE: usize = 4;

fn bar(nav: Vec<NavItem>, brand: bool) -> impl IntoView {
    let beyond = if nav.len() > ON_PHONE + 1 { nav[ON_PHONE..].to_vec() } else { Vec::new() };
    let hides = !beyond.is_empty();
    let current_beyond = beyond.iter().any(|item| item.current);
    let items = nav
        .into_iter()
        .enumerate()
        .map(|(index, item)| {
            let class = if hides && index >= ON_PHONE { "bar__item bar__item--beyond" } else { "bar__item" };
            view! { <li class=class>{bar_link(item)}</li> }
        })
        .collect_view();
    let more = hides.then(|| {
        let links = beyond.into_iter().map(|item| view! { <li>{bar_link(item)}</li> }).collect_view();
        view! {
            <li class="bar__item bar__more">
                <details name="menu">
                    <summary class=if current_beyond { "bar__link is-current" } else { "bar__link" }>
                        <Icon glyph=Glyph::Menu/><span>{tr!(ui.more)}</span>
                    </summary>
                    <ul class="bar__sheet">{links}</ul>
                </details>
            </li>
        }
    });
    let brand = brand.then(|| view! { <a class="brand" href="/" aria-label=tr!(ui.home)>{mark()}</a> });
    view! {
        <nav class="bar" aria-label=tr!(ui.main_navigation)>
            {brand}
            <ul class="bar__list">{items}{more}</ul>
        </nav>
    }
}

fn bar_link(item: NavItem) -> impl IntoView {
    let NavItem { href, label, glyph, count, current, key } = item;
    view! {
        <a class="bar__link" data-go=key.map(|key| key.to_string()) href=href aria-current=current.then_some("page")>
            <Icon glyph/>
            <span class="bar__word">{label}</span>
            {count.map(|count| view! {
                <span class="bar__count">
                    <span aria-hidden="true">{if count > 99 { "99+".to_owned() } else { count.to_string() }}</span>
                    <span class="visually-hidden">" ("{count}")"</span>
                </span>
            })}
        </a>
    }
}

fn initials(name: &str) -> String {
    // A title is not part of the initials: "Dr. Willie Lucas" is WL.
    let mut words = name
        .split_whitespace()
        .filter(|word| !word.ends_with('.') || word.chars().count() < 3)
        .filter_map(|word| word.chars().find(|letter| letter.is_alphabetic()));
    words.next().into_iter().chain(words.next_back()).collect::<String>().to_uppercase()
}

fn user_menu(user: UserMenu) -> impl IntoView {
    let UserMenu { name, detail, links, sign_out } = user;
    let links = links.into_iter().map(|(href, label)| view! { <li><a class="menu__item" href=href>{label}</a></li> }).collect_view();
    view! {
        <details class="menu" name="menu">
            <summary class="menu__button user">
                <span class="visually-hidden">{tr!(ui.account_menu)}" "</span>
                <span class="user__initials" aria-hidden="true">{initials(&name)}</span>
                <span class="user__name">{name.clone()}</span>
                <Icon glyph=Glyph::ChevronDown/>
            </summary>
            <div class="menu__panel">
                <p class="menu__head"><strong>{name.clone()}</strong><span>{detail}</span></p>
                <ul>{links}</ul>
                <form method="post" action=sign_out>
                    {hidden_inputs(Vec::new())}
                    <button class="menu__item" type="submit"><Icon glyph=Glyph::SignOut/>{tr!(ui.sign_out)}</button>
                </form>
            </div>
        </details>
    }
}

/// Renders the list of the page's shortcuts. A popover opens without scripts; the shortcut `?` clicks its button.
fn key_list(keys: Vec<KeyHint>) -> impl IntoView {
    let always = [
        KeyHint::new("/", tr!(ui.key_search)),
        KeyHint::new("?", tr!(ui.key_help)),
        KeyHint::new("Esc", tr!(ui.key_close)),
        KeyHint::new("Ctrl + Enter", tr!(ui.key_save)),
    ];
    // A shortcut that the page defines itself is listed once.
    let name = |hint: &KeyHint| hint.keys.replace(' ', "").to_lowercase();
    let always = always.into_iter().filter(|one| keys.iter().all(|own| name(own) != name(one))).collect::<Vec<_>>();
    let rows = keys
        .into_iter()
        .chain(always)
        .map(|KeyHint { keys, meaning }| {
            let keys = keys
                .split(' ')
                .map(|key| if key == "+" { key.to_owned().into_any() } else { view! { <kbd>{key.to_owned()}</kbd> }.into_any() })
                .collect_view();
            view! { <div><dt>{keys}</dt><dd>{meaning}</dd></div> }
        })
        .collect_view();
    view! {
        <button class="button button--quiet button--icon keys-button" type="button" popovertarget="keys" aria-keyshortcuts="?" title=tr!(ui.keys_of_this_page)>
            <Icon glyph=Glyph::Keyboard label=tr!(ui.keys_of_this_page)/>
        </button>
        <div class="dialog keys" id="keys" popover="auto" role="dialog" aria-label=tr!(ui.keys_of_this_page)>
            <h2 class="dialog__title">{tr!(ui.keys_of_this_page)}</h2>
            <dl class="keys__list">{rows}</dl>
            <p class="muted small">{tr!(ui.keys_need_a_choice)}</p>
        </div>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::initials;

    #[test]
    fn initials_of_all_kinds_of_names() {
        assert_eq!(initials("Theresa Adams"), "TA");
        assert_eq!(initials("Ana María de la Cruz"), "AC");
        assert_eq!(initials("Ólafur"), "Ó");
        assert_eq!(initials("Dr. Willie Lucas"), "WL");
        assert_eq!(initials(""), "");
    }
}
