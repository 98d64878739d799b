//! The program as the server sees it: its departments, and the views that stand around all of their pages. `app::PROGRAM` is the
//! one value; the server gets it when it starts, so that it names neither `app` nor a later department.

use axum::Router;
use leptos::prelude::*;

use crate::{
    core::FieldError,
    server::{
        AppState, Departments, Request,
        page::{Frame, Layout},
    },
};

/// What the server is started with.
#[derive(Debug)]
pub struct Program {
    /// The departments, each after those that it uses.
    pub departments: Departments,
    /// All pages.
    pub pages: fn() -> Router<AppState>,
    /// The whole document around a page's view, as HTML.
    pub document: fn(&Request, &str, Layout, Frame, AnyView) -> String,
    /// The page that says what went wrong, and in which fields.
    pub problem: fn(String, Vec<FieldError>) -> AnyView,
    /// The page that holds a form's action and values until it can be sent again.
    pub send_again: fn(First, String, Vec<(String, String)>) -> AnyView,
}

/// What comes before a form can be sent again.
#[derive(Clone, Copy, Debug)]
pub enum First {
    SignIn,
    SecondFactor,
}
