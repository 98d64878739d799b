//! The head of a page: the page above it, its title, its actions.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// Title, an optional link back, a line of explanation, and the page's actions at the right.
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    /// Address and label of the page above.
    #[prop(optional)]
    back: Option<(String, String)>,
    #[prop(optional, into)] detail: Option<String>,
    #[prop(optional_no_strip)] actions: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="page-header">
            <div class="page-header__words">
                {back.map(|(href, label)| view! {
                    <a class="page-header__back" href=href><Icon glyph=Glyph::ChevronLeft/>{label}</a>
                })}
                <h1 class="page-header__title">{title}</h1>
                {detail.filter(|detail| !detail.is_empty()).map(|detail| view! { <p class="page-header__detail">{detail}</p> })}
            </div>
            {actions.map(|actions| view! { <div class="page-header__actions">{actions}</div> })}
        </div>
    }
}
