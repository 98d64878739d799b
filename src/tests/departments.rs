//! Tests that the departments fit together: no entry occurs twice, and each link opens a page.

use std::{collections::BTreeSet, fmt::Debug};

use super::permissions::routes_in_source;
use crate::{app::DEPARTMENTS, core::PatientId};

fn assert_distinct<T: Ord + Debug>(what: &str, all: impl IntoIterator<Item = T>) {
    let mut seen = BTreeSet::new();
    for one in all {
        assert!(!seen.contains(&one), "{what}: {one:?} comes twice");
        seen.insert(one);
    }
}

#[test]
fn no_two_departments_want_the_same() {
    let (all, rail, bar) = (DEPARTMENTS.0, DEPARTMENTS.places(), DEPARTMENTS.portal_places());
    assert_distinct("departments", all.iter().map(|department| department.name));
    assert_distinct("topics", all.iter().flat_map(|department| department.topics).map(|topic| topic.name));
    assert_distinct("words of the audit log", all.iter().flat_map(|department| department.audited).map(|(what, _)| *what));
    assert_distinct("lists of the audit log", DEPARTMENTS.lists());
    let wordless: Vec<_> = DEPARTMENTS.lists().filter(|what| DEPARTMENTS.audited(what).is_none()).collect();
    assert!(wordless.is_empty(), "a list is in `audited` too: {wordless:?}");
    assert_distinct("sources of charges", all.iter().flat_map(|department| department.charge_sources).map(|source| source.kind));
    assert_distinct("rules", all.iter().flat_map(|department| department.rules).map(|rule| rule.holds));
    assert_distinct("keys of the rail", rail.iter().filter_map(|place| place.key));
    assert_distinct("beginnings of a day", rail.iter().chain(&bar).filter_map(|place| place.begins));
    assert_distinct("places of the rail", rail.iter().map(|place| place.order));
    assert_distinct("places of the portal", bar.iter().map(|place| place.order));
    assert_distinct("tabs of a record", DEPARTMENTS.record_tabs().iter().map(|tab| tab.order));
    assert_distinct("panels of a record", DEPARTMENTS.record_panels().iter().map(|panel| panel.order));
    assert_distinct("sources of the chart", DEPARTMENTS.chart().iter().map(|source| source.order));
    assert_distinct("names of the chart's sources", DEPARTMENTS.chart().iter().map(|source| source.name));
    assert_distinct("panels of the portal", DEPARTMENTS.portal_panels().iter().map(|panel| panel.order));
    assert_eq!(all.iter().filter(|department| department.care_page.is_some()).count(), 1, "one page for records that are not in care");
    assert!(DEPARTMENTS.record_tabs().iter().filter(|tab| tab.sought).count() <= 1, "a search leads to one tab");
}

#[test]
fn every_link_leads_to_a_page() {
    let routes = routes_in_source();
    let places = DEPARTMENTS.places().into_iter().chain(DEPARTMENTS.portal_places()).map(|place| place.href.to_owned());
    let tabs = DEPARTMENTS.record_tabs().into_iter().map(|tab| format!("/patients/{{id}}{}", tab.path));
    let lost: Vec<String> = places.chain(tabs).filter(|href| !routes.contains(href)).collect();
    assert!(lost.is_empty(), "no page is there: {lost:?}");
    let patient = PatientId::new();
    let care = DEPARTMENTS.care_page(patient).expect("a page");
    assert!(routes.contains(&care.replace(&patient.to_string(), "{id}")), "{care}");
}
