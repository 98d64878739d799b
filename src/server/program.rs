//! The departments, and the views around all of their pages, as the server gets them. `app::PROGRAM` is the one value; the
//! server receives it at the start, so that it names neither `app` nor a later department.

use axum::Router;
use futures::future::BoxFuture;
use leptos::prelude::*;

use crate::{
    core::FieldError,
    db::Database,
    server::{
        AppState, Departments, Request,
        config::Config,
        department::Checks,
        metrics::Figure,
        page::{Frame, Layout},
    },
};

/// The value that the server is started with.
#[derive(Debug)]
pub struct Program {
    /// The departments, each after those that it uses.
    pub departments: Departments,
    /// The routes of all pages.
    pub pages: fn() -> Router<AppState>,
    /// Opens a database and brings it up to date, with the keys of these settings.
    pub open: fn(Config) -> BoxFuture<'static, Result<Database, String>>,
    /// Checks all rules of the database.
    pub checks: Checks,
    /// Reads the departments' figures for `/metrics`.
    pub figures: fn(AppState) -> BoxFuture<'static, crate::core::Result<Vec<Figure>>>,
    /// Renders the whole document around a page's view, as HTML.
    pub document: fn(&Request, &str, Layout, Frame, AnyView) -> String,
    /// The page that explains an error and names its fields.
    pub problem: fn(String, Vec<FieldError>) -> AnyView,
    /// The page that holds a form's action and values until the user can send it again.
    pub send_again: fn(First, String, Vec<(String, String)>) -> AnyView,
}

/// The step that a user must take before a form can be sent again.
#[derive(Clone, Copy, Debug)]
pub enum First {
    SignIn,
    SecondFactor,
}
