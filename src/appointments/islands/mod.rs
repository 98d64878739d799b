//! What lives in the browser.
